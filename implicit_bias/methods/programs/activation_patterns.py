"""The convex program of Pilanci and Ergen: one cone of units for every pattern of points that a unit can be active on.

On the units u with the activation pattern D_i = diag 1[(x, 1)·u > 0] the features [R u]₊ = D_i R u are linear, R having the rows (x, 1):

    min  L(Σ_i D_i R (v_i - w_i)) + λ Σ_i (‖v_i‖ + ‖w_i‖)   s.t.  (2 D_i - 1) R v_i ≥ 0,  (2 D_i - 1) R w_i ≥ 0.

There are finitely many patterns, so that this is the problem over measures off any grid, and shares nothing with column generation but
the problem: v_i is the atom v_i/‖v_i‖ with weight ‖v_i‖, w_i one with weight -‖w_i‖. Units of one cone with one sign merge at no cost.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError, OptionError
from implicit_bias.methods.lifting import AT_DATA, on_sphere
from implicit_bias.methods.programs.base import Program, Stated
from implicit_bias.methods.programs.sphere import stated_level
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import SphereProblem, WholeLineProblem
from implicit_bias.problems.candidate import Candidate
from implicit_bias.problems.whole_line import SPHERE

BoolArray = npt.NDArray[np.bool_]
Row = tuple[Fraction, ...]
Pattern = tuple[bool, ...]

MOST_PATTERNS = 1000
"""Most patterns that a program is stated for: each adds two cones and 2n inequalities."""

MOST_HYPERPLANES = 20_000
"""Most sets of rows whose common hyperplane is looked at."""

NOTHING = 1e-11
"""Units this small, relative to one that makes the largest target, are what an interior point method leaves of none."""


def patterns(rows: Any) -> BoolArray:
    """Return every activation pattern of a unit on the points, exactly.

    Parameters
    ----------
    rows : (n, d+1) array of finite numbers with a last column of 1, taken as the rationals they are; rows may repeat

    Returns
    -------
    (p, n) bool array, in lexicographic order, of all u ↦ 1[rows·u > 0]
        p = 2 Σ_{j=0}^{d} C(n-1, j) if any d + 1 rows are independent (Cover), fewer otherwise. Units with a point on their boundary
        have no pattern of their own: with -ε times the last coordinate they are strictly negative there and keep all other signs.

    Raises
    ------
    DataError
        If rows are no such array.
    OptionError
        If there are too many sets of rows to look at.
    """
    given = np.asarray(rows, dtype=np.float64)
    if given.ndim != 2 or 0 in given.shape or not np.isfinite(given).all() or (given[:, -1] != 1).any():
        raise DataError("rows must be an (n, d+1) array of finite numbers with a last column of 1.")
    points, place = np.unique(given, axis=0, return_inverse=True)
    if (objection := _too_many(len(points), given.shape[1] - 1)) is not None:
        raise OptionError(objection)
    found = _signs([tuple(Fraction(value) for value in row) for row in points.tolist()])
    every: BoolArray = np.unique(np.array(list(found), dtype=bool)[:, place.ravel()], axis=0)
    return every


def cover(points: int, inputs: int) -> int:
    """Return 2 Σ_{j=0}^{d} C(n-1, j): how many patterns different points have in general position, and at most."""
    return 2 * sum(math.comb(points - 1, j) for j in range(inputs + 1))


def _signs(rows: list[Row]) -> set[Pattern]:
    """Return the sign patterns of rows·u over all u that are orthogonal to no row: True is positive.

    The cells of the arrangement are cones. In the span of the rows each has an edge, on which rows of one rank less vanish; around
    that edge the signs of the other rows are fixed, and those of the vanishing ones are a smaller arrangement.
    """
    rows = _of_full_rank(rows)
    rank = len(rows[0])
    if rank == len(rows):
        return set(product((False, True), repeat=rank))
    found: set[Pattern] = set()
    seen: set[tuple[int, ...]] = set()
    for some in combinations(range(len(rows)), rank - 1):
        edge = _orthogonal([rows[i] for i in some], rank)
        if edge is None:
            continue
        heights = [sum(a * b for a, b in zip(row, edge, strict=True)) for row in rows]
        flat = tuple(i for i, height in enumerate(heights) if height == 0)
        if flat in seen:
            continue
        seen.add(flat)
        around = _signs([rows[i] for i in flat]) if flat else {()}
        for facing in (1, -1):
            signs = [height * facing > 0 for height in heights]
            for inner in around:
                for i, sign in zip(flat, inner, strict=True):
                    signs[i] = sign
                found.add(tuple(signs))
    return found


def _of_full_rank(rows: list[Row]) -> list[Row]:
    """Keep columns that are independent and span the others: the arrangement in the span of the rows is the same."""
    _, pivots = _eliminated(rows)
    return [tuple(row[column] for column in pivots) for row in rows]


def _orthogonal(rows: list[Row], size: int) -> Row | None:
    """Return the vector orthogonal to size - 1 independent rows, or None if they are dependent."""
    reduced, pivots = _eliminated(rows)
    if len(pivots) < size - 1:
        return None
    (free,) = set(range(size)) - set(pivots)
    vector = [Fraction(0)] * size
    vector[free] = Fraction(1)
    for row, column in zip(reduced, pivots, strict=True):
        vector[column] = -row[free]
    return tuple(vector)


def _eliminated(rows: list[Row]) -> tuple[list[list[Fraction]], list[int]]:
    """Return the reduced echelon form without its zero rows, and its pivot columns."""
    left = [list(row) for row in rows]
    done: list[list[Fraction]] = []
    pivots: list[int] = []
    for column in range(len(rows[0]) if rows else 0):
        at = next((i for i, row in enumerate(left) if row[column] != 0), None)
        if at is None:
            continue
        head = left.pop(at)
        head = [value / head[column] for value in head]
        done, left = ([_less(row, head, column) for row in group] for group in (done, left))
        done.append(head)
        pivots.append(column)
    return done, pivots


def _less(row: list[Fraction], head: list[Fraction], column: int) -> list[Fraction]:
    factor = row[column]
    return row if factor == 0 else [a - factor * b for a, b in zip(row, head, strict=True)]


class ActivationPatterns(Program[SphereProblem | WholeLineProblem]):
    """The program of Pilanci and Ergen, for small data and one output."""

    name, title, suits = "patterns", "The patterns program", (SphereProblem, WholeLineProblem)
    forms = ("primal",)
    cost = f"the backend's, two cones a pattern: at most {MOST_PATTERNS} patterns"

    def objection(self, problem: SphereProblem | WholeLineProblem) -> str | None:
        """Return that there are several outputs, or too many patterns."""
        if problem.outputs is not None:
            return "The patterns program is for one output."
        if problem.weight != SPHERE:
            return AT_DATA
        points = len(problem) if problem.inputs == 1 else len(np.unique(problem.x, axis=0))
        most = cover(points, problem.inputs)
        if most > MOST_PATTERNS:
            return (
                f"{points} points with {problem.inputs} inputs have up to {most} patterns; the program is stated for at most "
                f"{MOST_PATTERNS}."
            )
        return _too_many(points, problem.inputs)

    def cone(self, problem: SphereProblem | WholeLineProblem) -> str:
        """Return "SOCP", or what the loss needs."""
        return "EXP" if problem.fit.cone == "EXP" else "SOCP"

    def state(self, problem: SphereProblem | WholeLineProblem, form: str, grid: Any, scaled: bool) -> Stated:
        """Return the program over the patterns."""
        return _program(on_sphere(problem), scaled)


def _too_many(points: int, inputs: int) -> str | None:
    if math.comb(points, inputs) <= MOST_HYPERPLANES:
        return None
    return f"There are too many patterns of {points} points with {inputs} inputs to enumerate them."


def _program(problem: SphereProblem, scaled: bool) -> Stated:
    import cvxpy as cp

    active = patterns(problem.rows)
    active = active[active.any(axis=1)]  # a unit that is active nowhere does nothing
    size = float(np.linalg.norm(problem.rows, axis=1).max()) if scaled else 1.0
    height = float(problem.scale) if scaled and problem.fit.homogeneous else 1.0
    level, rows = stated_level(problem, problem.level / (size * height), scaled), problem.rows / size
    units = [cp.Variable((len(active), rows.shape[1]), name=name) for name in ("positive", "negative")]
    facing, heights = 2.0 * active.T - 1, [rows @ part.T for part in units]
    inside = [cp.multiply(facing, part) >= 0 for part in heights]
    cost = sum(cp.sum(cp.norm(part, 2, axis=1)) for part in units)
    made = cp.sum(cp.multiply(active.T.astype(np.float64), heights[0] - heights[1]), axis=1)
    line = cp.Variable(rows.shape[1], name="affine") if problem.free else None
    if line is not None:
        made = made + problem.rows @ line
    tie, more, constraints = problem.fit.divided(height).tie(made, None, level)
    unit = 1.0 if scaled else problem.level
    stated = cp.Problem(cp.Minimize(unit * (cost + more)), [tie, *inside, *constraints])

    def read() -> Candidate:
        if any(part.value is None for part in units):
            return Candidate(None, None)
        dual = None if tie.dual_value is None else -np.asarray(tie.dual_value, dtype=np.float64) * (problem.level / (size * unit))
        found = np.array([part.value for part in units], dtype=np.float64) * (height / size)
        found[np.linalg.norm(found, axis=2) <= NOTHING * height / size] = 0.0
        return Candidate(_measure(problem, found, None if line is None else line.value * height), dual)

    return Stated(stated, read)


def _measure(problem: SphereProblem, units: FloatArray, line: FloatArray | None) -> Any:
    """Return the measure of units v_i and w_i, (2, p, d+1)."""
    sizes = np.linalg.norm(units, axis=2)
    live = sizes > 0
    weights = (sizes * np.array([[1.0], [-1.0]]))[live]
    return problem.measure(units[live] / sizes[live][:, None], weights, line)
