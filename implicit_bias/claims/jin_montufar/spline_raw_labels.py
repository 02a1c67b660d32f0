"""Theorem 1 on labels as they are, without its u and v: the distance to the spline tends to a constant.

The network has no affine part of its own; the one that the spline has for free it makes out of units, at a cost, and trades
it against curvature. That is the reading of the paper's abstract, and of the text after the theorem, where the adjustment "simply
accounts for" linear terms. With u and v of problem (17) the distance falls like n^(-1/2), as Theorem 1 says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.analysis.adjustment import exact_adjustment
from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng
from implicit_bias.claims.jin_montufar.wide import EVEN, FAMILIES, Family, distances, exponents
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.splines.curvature import SplineProblem
from implicit_bias.solve import solve

_PLACES = np.linspace(-1.9, 1.9, 10)


@dataclass(frozen=True, eq=False)
class Case:
    """Data, an initialisation, what the networks are drawn from, and whether the labels are adjusted."""

    x: FloatArray
    y: FloatArray
    family: Family
    seed: int
    adjusted: bool


def fixed() -> tuple[Case, ...]:
    """Return the data of the paper's figure with W = ±1, whose network is the farthest from the spline."""
    return (Case(*EVEN, FAMILIES[2], 0, False),)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw targets about a line that is ten times their size, an initialisation and a seed."""
    x = EVEN[0]
    y = rng.normal(size=5) + rng.uniform(-10, 10) * x + rng.uniform(-10, 10)
    return Case(x, y, FAMILIES[int(rng.integers(len(FAMILIES)))], int(rng.integers(2**31)), False)


def check(case: Case) -> Outcome:
    """Return by how much the exponent of the distance to the spline is above -1/2, for certain."""
    target = solve(SplineProblem(case.x, case.y, case.family.zeta)).predict(_PLACES)
    y = case.y
    if case.adjusted:
        adjustment = exact_adjustment(case.x, case.y, case.family.kernel)
        y, target = adjustment.adjusted(case.x, y), target - adjustment(_PLACES[:, None])
    lo, _ = exponents(distances(case.family, case.x, y, _PLACES, target, case.seed))
    return Outcome(max(0.0, lo + 0.5))


def control(rng: Rng) -> Case:
    """Adjust the labels by u and v of problem (17)."""
    case = draw(rng, None)
    return Case(case.x, case.y, case.family, case.seed, True)


CLAIM = Claim(
    name="spline-raw-labels",
    title="On raw labels wide networks do not tend to the spline",
    source="Jin and Montúfar, abstract, and Theorem 1 without its adjustment",
    statement=(
        "The trained network of width n is within O(n^(-1/2)) of the function that fits the training data and has the least weighted "
        "curvature."
    ),
    kind="rate",
    expected="fails-as-stated",
    assumption="The labels lose u x + v, with u and v of the solution of problem (17), before the network is trained on them.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
