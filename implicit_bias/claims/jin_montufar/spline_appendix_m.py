"""Appendices M and O: the spline is the solution in the network's kernel, with an affine part that costs nothing.

K(x, x') = E[[W x + B]₊ [W x' + B]₊] is the kernel of a wide network whose output weights are trained. With P = [1, x],

[ K + λ I   P ] [ α ]   [ y ]
[   Pᵀ      0 ] [ z ] = [ 0 ]      g = Σ_j α_j K(·, x_j) + z_0 + z_1 x,     αᵀ K α = ∫ (g'')²/ζ,

interpolates for λ = 0 and minimises Σ (g - y)² + λ ∫ (g'')²/ζ otherwise. Without the affine part it is another function.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, equal, together
from implicit_bias.claims.jin_montufar.units import points_and_targets
from implicit_bias.claims.jin_montufar.wide import FAMILIES, Family
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.splines.curvature import SplineProblem
from implicit_bias.solve import solve

_PLACES = 30


@dataclass(frozen=True, eq=False)
class Case:
    """Data, an initialisation, λ, and whether the affine part is free."""

    x: FloatArray
    y: FloatArray
    family: Family
    regularization: float
    free: bool
    at: FloatArray


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw one of the initialisations of Theorem 9, and λ, or 0 for interpolation."""
    x, y = points_and_targets(rng, data)
    family = FAMILIES[int(rng.integers(len(FAMILIES)))]
    regularization = float(rng.choice([0.0, 10 ** rng.uniform(-4, 1)]))
    return Case(x, y, family, regularization, True, rng.uniform(-1.2, 1.2, _PLACES))


def check(case: Case) -> Outcome:
    """Compare the kernel's solution, its norm and its cost with those of the spline."""
    x, y, n = case.x[:, None], case.y, case.y.size
    affine = np.hstack([np.ones((n, 1)), x])[:, : 2 if case.free else 0]
    gram, corner = case.family.kernel.full(x, x), np.zeros((affine.shape[1],) * 2)
    matrix = np.block([[gram + case.regularization * np.eye(n), affine], [affine.T, corner]])
    solved = np.linalg.solve(matrix, np.append(y, np.zeros(affine.shape[1])))
    alpha, z = solved[:n], solved[n:]
    at = case.at[:, None]
    values = case.family.kernel.full(at, x) @ alpha + np.hstack([np.ones_like(at), at])[:, : z.size] @ z
    smoothing = case.regularization or None
    solution = solve(SplineProblem(case.x, case.y, case.family.zeta, smoothing))
    assert solution.spline is not None
    assert solution.dual is not None
    norm, energy = float(alpha @ gram @ alpha), solution.spline.energy
    return together(
        equal(values, solution.predict(case.at), max(1.0, float(np.abs(values).max()))),
        equal(norm, energy, max(1.0, energy)),
        equal(solution.dual, alpha, max(1.0, float(np.abs(alpha).max()))) if smoothing is None else Outcome(0.0),
    )


def control(rng: Rng) -> Case:
    """Leave the affine part out, with targets that are not symmetric about 0."""
    case = draw(rng, None)
    return Case(case.x, case.y + 2, case.family, case.regularization, False, case.at)


CLAIM = Claim(
    name="spline-appendix-m",
    title="Splines are kernel solutions with a free affine part",
    source="Jin and Montúfar, section 3 (related works) and appendices M and O",
    statement=(
        "Least norm in the kernel of the network and least weighted curvature are the same, for interpolation and for smoothing, "
        "and the norm is the curvature."
    ),
    kind="equality",
    expected="holds-with-assumption",
    assumption="The affine part of the kernel's solution costs nothing.",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
)
