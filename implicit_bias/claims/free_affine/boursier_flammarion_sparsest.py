"""Penalised biases and sparsity: the optimum with weight sqrt(1 + t²) is a sparsest one of unit weight, for short runs.

Let no run of neighbouring slope changes of equal signs be longer than three, and neither the first nor the last gap take an angle of more
than π/2 (atan x_2 - atan x_1, likewise at the other end). Then the optimum on the sphere with a free affine part minimises TV(f') too,
and among those minimisers it has the fewest kinks. [derived] η is 0 at both ends, so that it cannot touch the weight inside the end gaps;
inside another gap it can only if the slope changes at both ends have its sign, and kinks are shares of these: f is convex or concave along
runs. Two neighbours cannot both have |η| = w, as η would exceed w in between. In a run of k ≤ 3 that leaves one kink for k = 1 and 2, and
for k = 3 two: in both gaps, or one in a gap and one at the point farther from it.

It is false beyond that: a run of four can have a kink in each of its three gaps where two suffice, and for
x = (-7, 1.2, 4.8, 8.6), y = (0, 0, 1.3, 2.8) the first kink lies in the first gap, of more than a right angle, and a second one is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, equal, together
from implicit_bias.claims.free_affine.debarre_sparsest import half_of_each, runs
from implicit_bias.claims.instances import combine, ramps
from implicit_bias.data import Dataset
from implicit_bias.measures import on_line
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import RegressionProblem
from implicit_bias.solve import solve

LONGEST = 3
"""Of the runs for which it holds."""


@dataclass(frozen=True, eq=False)
class Case:
    """Data."""

    x: FloatArray
    y: FloatArray


def fixed() -> tuple[Case, ...]:
    """Return runs of one, two and three on one parabola."""
    x = np.array([-1.5, -0.4, 0.3, 1.1, 2.0])
    return tuple(Case(x[:n], x[:n] ** 2) for n in (3, 4, 5))


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw runs of at most three on points with end gaps of at most a right angle; the weight's scale excludes the user's data."""
    lengths = rng.integers(1, LONGEST + 1, int(rng.integers(1, 5)))
    signs = np.repeat((-1.0) ** np.arange(lengths.size), lengths) * rng.choice([-1.0, 1.0])
    while True:
        x = np.cumsum(rng.uniform(0.1, 1.2, signs.size + 2))
        x = (x - rng.uniform(x[0], x[-1])) * rng.uniform(0.3, 3)
        if np.diff(np.arctan(x))[[0, -1]].max() <= np.pi / 2:
            return _bent(x, signs * rng.uniform(0.1, 1, signs.size))


def _bent(x: FloatArray, bends: FloatArray) -> Case:
    return Case(x, combine(np.maximum(x[:, None] - x[1:-1], 0.0), bends))


def check(case: Case) -> Outcome:
    """Compare the optimum's number of kinks with Σ ⌈k/2⌉ and its total variation with the least one; it must interpolate."""
    x, y = case.x, case.y
    measure = on_line(solve(RegressionProblem(x, y, weight="sphere", affine="free")).atoms)
    slope, intercept = measure.affine or (0.0, 0.0)
    found = combine(ramps(x, measure.kinks, measure.directions), measure.weights) + slope * x + intercept
    variation = float(np.abs(np.diff(np.diff(y) / np.diff(x))).sum())
    return together(
        equal(found, y, float(np.abs(y).max()) + variation * (x[-1] - x[0])),
        equal(measure.total_variation(), variation),
        equal(len(measure), half_of_each(runs(x, y))),
    )


def control(rng: Rng) -> Case:
    """Take six points of a parabola, evenly spaced about 0: a run of four, with a kink in each of its three gaps."""
    x = np.linspace(-2.5, 2.5, 6) * rng.uniform(0.9, 1.1)
    return Case(x, x**2 * float(rng.normal()))


CLAIM = Claim(
    name="boursier-flammarion-sparsest",
    title="Penalised biases choose a sparsest optimum",
    source="Boursier and Flammarion, Penalising the biases in norm regularisation enforces sparsity (sparsity, recalled)",
    statement=(
        "The optimum with the weight sqrt(1 + t²) and a free affine part is one of the interpolants of least TV(f'), and one with the "
        "fewest kinks among them."
    ),
    kind="support",
    expected="holds-with-assumption",
    assumption=(
        "No run of slope changes of equal signs is longer than three, and neither end gap takes more than a right angle; this is what was "
        "derived here, the paper's own condition was not at hand."
    ),
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
