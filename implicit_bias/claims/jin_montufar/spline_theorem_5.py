"""Theorem 5: networks of width n, output weights trained, come within n^(-1/2) of the infinitely wide one.

The kernel of n sampled units is a mean of n independent terms, so that the central limit theorem gives the rate, and gives it
exactly: the interval of the fitted exponent must contain -1/2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng
from implicit_bias.claims.jin_montufar.wide import EVEN, FAMILIES, Family, distances, infinite, rate
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray

_PLACES = np.linspace(-2.5, 2.5, 11)


@dataclass(frozen=True, eq=False)
class Case:
    """Data, an initialisation, what the networks are drawn from, and the exponent that is claimed."""

    x: FloatArray
    y: FloatArray
    family: Family
    seed: int
    exponent: float


def fixed() -> tuple[Case, ...]:
    """Return the data of the paper's figure with every initialisation of Theorem 9."""
    return tuple(Case(*EVEN, family, 0, -0.5) for family in FAMILIES)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw targets at the places of the paper's figure, an initialisation and a seed."""
    return Case(EVEN[0], rng.normal(size=5), FAMILIES[int(rng.integers(len(FAMILIES)))], int(rng.integers(2**31)), -0.5)


def check(case: Case) -> Outcome:
    """Fit the exponent of the largest distance to the infinitely wide network on [-2.5, 2.5]."""
    target = infinite(case.family.kernel, case.x, case.y, _PLACES)
    return rate(distances(case.family, case.x, case.y, _PLACES, target, case.seed), case.exponent)


def control(rng: Rng) -> Case:
    """Claim the exponent -1 instead."""
    case = draw(rng, None)
    return Case(case.x, case.y, case.family, case.seed, -1.0)


CLAIM = Claim(
    name="spline-theorem-5",
    title="Width n is within n^(-1/2) of infinite width",
    source="Jin and Montúfar, Theorem 5",
    statement=(
        "If W and B have fourth moments, the trained network of width n is uniformly within O(n^(-1/2)) of the infinitely wide one "
        "on every bounded interval, with high probability."
    ),
    kind="rate",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
