"""Theorem 6: the function of problem (17) is the spline with curvature penalty 1/ζ, ζ(x) = p_C(x) E[W² | C = x].

For given g'' the cheapest γ is proportional to |W| at every kink, so that ∫ γ² dν = ∫ (g'')²/ζ; and g'' = ζ ℓ with ℓ piecewise
linear, since γ = Σ_j β_j [W (x_j - C)]₊. Here (17) is solved with units, and the spline by the toolkit's banded system.

The theorem says h ∈ C²(S). Where ζ jumps the solution has g'' = ζ ℓ with a jump, so that the minimum is over functions with
a square integrable second derivative, and is not attained in C². It also needs S to be an interval; see the claim
spline-theorem-6-gap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, equal, together
from implicit_bias.claims.jin_montufar.units import REACH, Joint, points_and_targets, trained, wavy
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.splines.curvature import SplineProblem
from implicit_bias.solve import solve
from implicit_bias.zetas.function import FunctionZeta

_PLACES = 12


@dataclass(frozen=True, eq=False)
class Case:
    """Data, a distribution of (W, C), and the ζ that its spline is said to have."""

    x: FloatArray
    y: FloatArray
    joint: Joint
    zeta: Callable[[FloatArray], FloatArray]
    at: FloatArray


def fixed() -> tuple[Case, ...]:
    """Return a density of kinks that jumps inside the data, where the spline is not in C²."""
    joint = Joint(lambda c: np.where(c < 0.1, 1.0, 0.2), lambda c: 1 + c**2, np.ones_like, 0.5, (0.1,))
    return (Case(np.array([-1.0, -0.2, 0.5, 1.0]), np.array([0.0, 1.0, -1.0, 0.5]), joint, joint.zeta(), np.linspace(-1.1, 1.1, _PLACES)),)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a distribution, and places inside and outside the data."""
    x, y = points_and_targets(rng, data)
    joint = wavy(rng)
    return Case(x, y, joint, joint.zeta(), rng.uniform(-1.2, 1.2, _PLACES))


def check(case: Case) -> Outcome:
    """Compare values, second derivatives and costs of the units' solution with those of the spline, relative to their sizes."""
    network = trained(case.joint, case.x, case.y, case.at)
    breaks = (-REACH, *case.joint.jumps, REACH)
    solution = solve(SplineProblem(case.x, case.y, FunctionZeta(case.zeta, breaks)))
    assert solution.spline is not None
    bends, size = solution.spline(network.kinks, 2), max(1.0, solution.value)
    return together(
        equal(network.values, solution.predict(case.at), max(1.0, float(np.abs(network.values).max()))),
        equal(network.leading, bends, max(1.0, float(np.abs(bends).max()))),
        equal(network.cost, solution.value, size),
        equal(network.missed, 0.0, 1.0),
    )


def control(rng: Rng) -> Case:
    """Take E[|W| | C] for E[W² | C] in ζ."""
    case = draw(rng, None)
    return Case(case.x, case.y, case.joint, case.joint.zeta(1), case.at)


CLAIM = Claim(
    name="spline-theorem-6",
    title="The bias of wide networks in function space is a weighted curvature",
    source="Jin and Montúfar, Theorem 6",
    statement=(
        "The function of the solution of problem (17) has g'' = 0 outside the support S of ζ, and on S it minimises ∫ (h'')²/ζ "
        "over interpolants h, with ζ(x) = p_C(x) E[W² | C = x]."
    ),
    kind="equality",
    expected="holds-with-assumption",
    assumption="S is an interval, and h has a square integrable second derivative where the theorem says C².",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
)
