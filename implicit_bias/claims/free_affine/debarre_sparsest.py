"""How many kinks the sparsest interpolants of least TV(f') have, held against a search over all.

A run of k neighbouring points at which the chords' slopes change by amounts of equal signs needs ⌈k/2⌉ kinks; points where the slope does
not change end a run (the proof is in :mod:`implicit_bias.analysis.optimal_sets`).

The search knows nothing of runs. A kink in the closed gap [x_i, x_{i+1}] is, at the data, a pair of shares of one sign of the slope
changes c_i and c_{i+1}, and every such pair is a kink. Σ|shares| is least iff no share has another sign than its slope change, and those
at x_1 and x_n are 0. From left to right it is then enough to know whether the share that a kink has left of a point is 0 or may be any
part of the point's slope change; what is left is for the next gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise

import numpy as np

from implicit_bias.analysis.optimal_sets import sparsest
from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, equal, together
from implicit_bias.claims.instances import combine, on_lattice, ramps, with_collinear
from implicit_bias.data import Dataset
from implicit_bias.measures import Measure
from implicit_bias.methods.exact.whole_line import solve_whole_line
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import RegressionProblem, WholeLineProblem


@dataclass(frozen=True, eq=False)
class Case:
    """Data, and a measure with an affine part that is said to be a sparsest minimiser."""

    x: FloatArray
    y: FloatArray
    measure: Measure


def slope_changes(x: FloatArray, y: FloatArray) -> list[Fraction]:
    """Return the slope changes at the interior points, in exact arithmetic."""
    points = [(Fraction(a), Fraction(b)) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    slopes = [(d - b) / (c - a) for (a, b), (c, d) in pairwise(points)]
    return [after - before for before, after in pairwise(slopes)]


def runs(x: FloatArray, y: FloatArray) -> list[int]:
    """Return the lengths of the runs of equal signs, in exact arithmetic."""
    signs = [(change > 0) - (change < 0) for change in slope_changes(x, y)]
    return [len(list(run)) for sign, run in groupby(signs) if sign]


def half_of_each(lengths: list[int]) -> int:
    """Return Σ ⌈k/2⌉."""
    return sum((k + 1) // 2 for k in lengths)


def fixed() -> tuple[Case, ...]:
    """Return runs of one to seven, and two runs parted by a point without a slope change."""
    x = np.arange(9.0)
    targets = [x[: k + 2] ** 2 for k in range(1, 8)] + [np.array([0.0, 0, 1, 3, 5, 8, 12, 17, 22])]
    return tuple(_stated(x[: y.size], y) for y in targets)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Take small dyadic numbers, with points on a line: there no slope change is rounding, which the toolkit would leave out."""
    points = (on_lattice, with_collinear)[rng.integers(2)](rng)
    return _stated(points.x, points.y)


def _stated(x: FloatArray, y: FloatArray) -> Case:
    return Case(x, y, sparsest(RegressionProblem(x, y, affine="free")))


def check(case: Case) -> Outcome:
    """Compare the number of kinks with Σ ⌈k/2⌉ and with the search; the measure must interpolate at the least cost."""
    x, y, measure = case.x, case.y, case.measure
    slope, intercept = measure.affine or (0.0, 0.0)
    found = combine(ramps(x, measure.kinks, measure.directions), measure.weights) + slope * x + intercept
    variation = float(np.abs(np.diff(np.diff(y) / np.diff(x))).sum())
    count = np.unique(measure.kinks).size
    return together(
        equal(found, y, float(np.abs(y).max()) + variation * (x[-1] - x[0])),
        equal(measure.total_variation(), variation),
        equal([count, count], [half_of_each(runs(x, y)), by_search(x, y)]),
    )


def by_search(x: FloatArray, y: FloatArray) -> int:
    """Return the least number of kinks of all minimisers, gap by gap, in exact arithmetic."""
    changes = [Fraction(0), *slope_changes(x, y), Fraction(0)]
    fewest = {False: 0}  # by whether the share left of the point may be any part of its slope change, or is 0
    for near, far in pairwise(changes):
        offers: list[tuple[bool, int]] = []
        for partly, count in fewest.items():
            done = partly or near == 0
            offers += [(False, count)] * done  # no kink
            offers += [(False, count + 1)]  # one at the nearer end, for what is left
            offers += [(True, count + 1)] * (done or near * far > 0)  # one at the other end, or in between
        fewest = {partly: min(count for other, count in offers if other == partly) for partly, _ in offers}
    return min(fewest.values())


def control(rng: Rng) -> Case:
    """Take the chords themselves, with a kink at every point, where two neighbours bend the same way."""
    while True:
        points = on_lattice(rng)
        if max(runs(points.x, points.y), default=0) >= 2:
            problem = RegressionProblem(points.x, points.y, affine="free")
            assert isinstance(problem, WholeLineProblem)
            chords = solve_whole_line(problem)
            assert chords is not None
            assert isinstance(chords.measure, Measure)
            return Case(points.x, points.y, chords.measure)


CLAIM = Claim(
    name="debarre-sparsest",
    title="Half as many kinks as equal slope changes, rounded up",
    source="Debarre, Denoyelle, Unser and Fageot, Sparsest piecewise-linear regression of one-dimensional data (recalled)",
    statement=(
        "Among the interpolants of least TV(f') the sparsest have Σ ⌈k/2⌉ kinks, the sum over all runs of k neighbouring slope changes "
        "of equal signs; points without a slope change end a run."
    ),
    kind="support",
    expected="holds",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
