"""The advice after Theorem 1: "in practice we can use the coefficients of linear regression" for u and v.

u and v of problem (17) are generalised least squares in the network's kernel, which has little to do with least squares. On
the data of the paper's figure, with each of its initialisations, the infinitely wide network is farther from the spline after
that adjustment than on raw labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.analysis.adjustment import exact_adjustment, least_squares_adjustment
from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng
from implicit_bias.claims.jin_montufar.units import points_and_targets
from implicit_bias.claims.jin_montufar.wide import EVEN, FAMILIES, Family, infinite
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.splines.curvature import SplineProblem
from implicit_bias.solve import solve


@dataclass(frozen=True, eq=False)
class Case:
    """Data, an initialisation, and whether the adjustment is that of problem (17)."""

    x: FloatArray
    y: FloatArray
    family: Family
    exact: bool


def fixed() -> tuple[Case, ...]:
    """Return the data of the paper's figure with every initialisation of Theorem 9."""
    return tuple(Case(*EVEN, family, False) for family in FAMILIES)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw data and an initialisation."""
    return Case(*points_and_targets(rng, data), FAMILIES[int(rng.integers(len(FAMILIES)))], False)


def check(case: Case) -> Outcome:
    """Return the distance to the spline that the adjustment leaves, as a multiple of that on raw labels: more than 1 is harm."""
    x, y, kernel = case.x, case.y, case.family.kernel
    at = np.linspace(x[0], x[-1], 201)
    spline = solve(SplineProblem(x, y, case.family.zeta)).predict(at)
    adjustment = exact_adjustment(x, y, kernel) if case.exact else least_squares_adjustment(x, y)
    raw = float(np.abs(infinite(kernel, x, y, at) - spline).max())
    trained = infinite(kernel, x, adjustment.adjusted(x, y), at) + adjustment(at[:, None])
    left = float(np.abs(trained - spline).max())
    # where nothing is wrong with raw labels, as on targets that are 0, nothing is to be gained
    return Outcome(left / raw if raw > PROGRAM * float(np.abs(y).max(initial=0.0)) else 0.0)


def control(rng: Rng) -> Case:
    """Adjust by u and v of problem (17), on targets with a line in them."""
    x, y = points_and_targets(rng, None, 5)
    return Case(x, y + rng.uniform(5, 10), FAMILIES[int(rng.integers(len(FAMILIES)))], True)


CLAIM = Claim(
    name="spline-least-squares-adjustment",
    title="Linear regression is no substitute for the adjustment of Theorem 1",
    source="Jin and Montúfar, section 3, after Theorem 1",
    statement="In practice the u and v of Theorem 1 can be taken as the coefficients of linear regression of y on x.",
    kind="equality",
    expected="fails-as-stated",
    assumption="u and v are those of problem (17): generalised least squares in the kernel of the network.",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
)
