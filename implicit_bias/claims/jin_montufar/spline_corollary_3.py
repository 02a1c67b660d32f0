"""Corollary 3: for an activation homogeneous of degree k the spline has order k + 1, and ζ(x) = p_C(x) E[|W|²ᵏ | C = x].

φ(z) = [z]₊ᵏ/k! is a Green's function of the derivative of order k + 1. A unit of negative W is φ(|W| (c - x)), which is
± |W|ᵏ φ(x - c) up to a polynomial of degree k, so that signs make no difference. As in Theorem 6, the minimum is over functions
with a square integrable derivative of order k + 1 (the corollary says C²), and the support of ζ must be an interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, equal, together
from implicit_bias.claims.jin_montufar.units import REACH, Joint, points_and_targets, trained, wavy
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.splines.homogeneous import HomogeneousSplineProblem
from implicit_bias.solve import solve
from implicit_bias.zetas.function import FunctionZeta

_PLACES = 8
_LARGEST = 3


@dataclass(frozen=True, eq=False)
class Case:
    """Data, a distribution of (W, C), a degree, and the ζ that its spline is said to have."""

    x: FloatArray
    y: FloatArray
    joint: Joint
    degree: int
    zeta: Callable[[FloatArray], FloatArray]
    at: FloatArray


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a degree that the number of points allows, a distribution, and places."""
    x, y = points_and_targets(rng, data)
    degree = int(rng.integers(0, min(_LARGEST, x.size - 1) + 1))
    joint = wavy(rng)
    return Case(x, y, joint, degree, joint.zeta(2 * degree), rng.uniform(-1, 1, _PLACES))


def check(case: Case) -> Outcome:
    """Compare values, derivatives of order k + 1 and costs of the units' solution with those of the spline."""
    network = trained(case.joint, case.x, case.y, case.at, case.degree)
    zeta = FunctionZeta(case.zeta, (-REACH, *case.joint.jumps, REACH))
    problem = HomogeneousSplineProblem(case.x, case.y, degree=case.degree, zeta=zeta)
    solution = solve(problem)
    bends = problem.leading(network.kinks, solution.coefficients)[:, 0]
    return together(
        equal(network.values, solution.predict(case.at), max(1.0, float(np.abs(network.values).max()))),
        equal(network.leading, bends, max(1.0, float(np.abs(bends).max()))),
        equal(network.cost, solution.value, max(1.0, solution.value)),
        equal(network.missed, 0.0, 1.0),
    )


def control(rng: Rng) -> Case:
    """Take Theorem 6's E[W² | C] in ζ for an activation of degree 2 or 3."""
    x, y = points_and_targets(rng, None)
    x, y = np.append(x, 1.2), np.append(y, 2.0)
    x, y = np.append(x, 1.4), np.append(y, -2.0)
    joint = wavy(rng)
    return Case(x, y, joint, int(rng.integers(2, 4)), joint.zeta(2), rng.uniform(-1, 1, _PLACES))


CLAIM = Claim(
    name="spline-corollary-3",
    title="Activations of degree k give splines of order k + 1",
    source="Jin and Montúfar, Corollary 3",
    statement=(
        "For a homogeneous activation of degree k that is a Green's function of L, the bias is ∫ (L g)²/ζ, "
        "ζ(x) = p_C(x) E[W²ᵏ | C = x], up to a function p with L p = 0."
    ),
    kind="equality",
    expected="holds-with-assumption",
    assumption="The support of ζ is an interval, and g has a square integrable L g where the corollary says C².",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
)
