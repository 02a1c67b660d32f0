"""Hanin's description of all interpolants that minimise the total variation of f', held against linear programs.

With s_i the slopes of the chords and c_j = s_j - s_{j-1} an interpolant f minimises TV(f') iff it is the chord on every gap but those
between two points with c_j c_{j+1} > 0, and along runs of such points convex (c > 0) or concave (c < 0). The proof is in
:mod:`implicit_bias.analysis.optimal_sets`. At q in such a gap of a convex run the values of f are therefore those from the larger of the
extended chords of both neighbouring gaps up to the chord; elsewhere, and beyond the data, there is one value only.

The linear program writes f as the chords plus a function d that is 0 at the data, linear between the points of a grid, and free in
between and beyond: it maximises and minimises d(q) for a point q of the grid subject to TV(f') ≤ its minimum. A grid of q and the data is
enough for the extremes: up to q the one chord extended, then straight on to the next point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from implicit_bias.analysis.optimal_sets import value_ranges
from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, equal, together
from implicit_bias.claims.instances import data_or_random, smooth
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import RegressionProblem

_TRIED = 3  # points at which programs are solved
_SLACK = 1e-10  # of the least total variation, so that rounding leaves a program feasible
_OFFSET = 1e-6  # part of |y| below which its rounding is not looked for


@dataclass(frozen=True, eq=False)
class Case:
    """Data, some points, and between which values all minimisers are said to be there."""

    x: FloatArray
    y: FloatArray
    q: FloatArray
    lower: FloatArray
    upper: FloatArray


def fixed() -> tuple[Case, ...]:
    """Return runs of two and of three, both signs, and a point without a slope change between equal signs."""
    x = np.arange(8.0)
    targets = (x[:6] ** 2, -(x[:5] ** 2), np.array([0.0, 0, 1, 3, 5, 8, 12, 17]), np.array([0.0, 0, 1, 3, 3, 1, 1, 2]))
    return tuple(_stated(x[: y.size], y, np.arange(-0.4, y.size, 1.3)) for y in targets)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Take a few points q in gaps and beyond the data, and the toolkit's ranges."""
    points = data_or_random(rng, data)
    x = points.x
    edges = np.concatenate([x[:1] - (x[-1] - x[0]), x, x[-1:] + (x[-1] - x[0])])
    gap = rng.choice(edges.size - 1, min(_TRIED, edges.size - 1), replace=False)
    return _stated(x, points.y, edges[gap] + np.diff(edges)[gap] * rng.uniform(0.1, 0.9, gap.size))


def _stated(x: FloatArray, y: FloatArray, q: FloatArray) -> Case:
    return Case(x, y, q, *value_ranges(RegressionProblem(x, y, affine="free"), q))


def check(case: Case) -> Outcome:
    """Compare the ranges, as distances from the chords, with linear programs; and Σ|c_j| with the least total variation."""
    x, y = case.x, case.y
    length, slopes = x[-1] - x[0], np.diff(y) / np.diff(x)
    variation = float(np.abs(np.diff(slopes)).sum())
    chord = np.interp(case.q, x, y)
    chord += np.minimum(case.q - x[0], 0) * slopes[0] + np.maximum(case.q - x[-1], 0) * slopes[-1]
    least, low, high = by_programs(x, y, case.q, variation or 1.0)
    size = variation * length + _OFFSET * float(np.abs(y).max())
    below, above = (equal(found - chord, extreme, size) for found, extreme in ((case.lower, low), (case.upper, high)))
    return together(equal(least * length, variation * length, size), below, above)


def by_programs(x: FloatArray, y: FloatArray, q: FloatArray, unit: float) -> tuple[float, FloatArray, FloatArray]:
    """Return the least TV(f'), and the least and the largest f(q) - chord(q) at that price, by SciPy's HiGHS.

    Unknowns are d at the grid's points that are not data, and bounds of |f's slope changes| at the inner points of the grid; in units
    of the range of x, and of ``unit`` for slopes.
    """
    from scipy.optimize import linprog

    length = x[-1] - x[0]
    ends = np.array([min(x[0], q.min()), max(x[-1], q.max())]) + np.array([-0.5, 0.5]) * length
    grid = np.unique(np.concatenate([x, q, ends]))
    free = np.flatnonzero(~np.isin(grid, x))
    inner = grid.size - 2
    made = np.diff(np.diff(np.eye(grid.size), axis=0) * (length / np.diff(grid))[:, None], axis=0)[:, free]
    known = np.zeros(grid.size)
    known[np.isin(grid, x[1:-1])] = np.diff(np.diff(y) / np.diff(x)) / unit
    sides = np.concatenate([-known[1:-1], known[1:-1]])
    bounds = np.block([[made, -np.eye(inner)], [-made, -np.eye(inner)]])
    limits: list[tuple[float | None, float | None]] = [(None, None)] * free.size + [(0.0, None)] * inner
    price = np.repeat([0.0, 1.0], [free.size, inner])
    tight: Any = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}

    def solved(goal: FloatArray, rows: FloatArray, sides: FloatArray) -> float:
        found: Any = linprog(goal, rows, sides, bounds=limits, method="highs", options=tight)
        return float(found.fun) if found.status == 0 else np.nan

    least = solved(price, bounds, sides)
    rows_and_price, sides_and_least = np.vstack([bounds, price]), np.append(sides, least * (1 + _SLACK))
    goals = np.eye(price.size)[np.searchsorted(grid[free], q)]
    extremes = np.array([[sign * solved(sign * goal, rows_and_price, sides_and_least) for goal in goals] for sign in (1, -1)])
    return least * unit, extremes[0] * unit * length, extremes[1] * unit * length


def control(rng: Rng) -> Case:
    """Take the chords for the only minimiser, in the gap between the largest two slope changes of equal signs of a smooth function."""
    while True:
        points = smooth(rng)
        x, y = points.x, points.y
        changes = np.diff(np.diff(y) / np.diff(x))
        alike = np.minimum(np.abs(changes[1:]), np.abs(changes[:-1])) * (changes[1:] * changes[:-1] > 0)
        if alike.any():
            gap = int(alike.argmax()) + 1
            q = (x[gap : gap + 1] + x[gap + 1 : gap + 2]) / 2
            chord = np.interp(q, x, y)
            return Case(x, y, q, chord, chord)


CLAIM = Claim(
    name="hanin-optima",
    title="All optima with a free affine part",
    source="Hanin, Ridgeless interpolation with shallow ReLU networks in 1D (the characterisation, recalled)",
    statement=(
        "The interpolants of least TV(f') are those that are the chord on every gap but the ones between two slope changes of equal "
        "signs, and convex or concave, as the data are, along every run of such changes."
    ),
    kind="equality",
    expected="holds",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
)
