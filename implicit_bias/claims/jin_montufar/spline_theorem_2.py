"""Theorem 2: several inputs. For constant ζ the bias is the cubic polyharmonic spline, |r|³ with a free affine part, in every d.

The units of direction v make the kernel ∫ ζ [v·x - c]₊ [v·x' - c]₊ dc, which is that of a line in v·x and v·x'. Up to functions
that are affine in x or in x' it is ζ |v·(x - x')|³/12, whose mean over directions is a multiple of |x - x'|³. In d = 1 this is the
natural cubic spline. For Gaussian W and B the same mean, with the ζ(c) of Gaussian units in the plane, is the arc-cosine kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, equal, together
from implicit_bias.claims.jin_montufar.joint import rule
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.splines.kernel import SeveralInputsProblem
from implicit_bias.solve import solve
from implicit_bias.zetas.degrees import gaussian_zeta_of_inputs
from implicit_bias.zetas.kernels import CubicKernel, GaussianKernel, Kernel, RidgeKernel
from implicit_bias.zetas.zeta import Zeta

_PLACES = 20
_FEW = 3
_NODES = 8
_PANELS = 13


@dataclass(frozen=True, eq=False)
class Case:
    """Points (n, d), targets, places, a kernel, and what it is compared with: a radial function of SciPy's, or ζ(c) in the plane."""

    x: FloatArray
    y: FloatArray
    at: FloatArray
    kernel: Kernel
    other: str | Zeta


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw points with 1, 2 or 3 inputs for constant ζ, or with 2 for a Gaussian initialisation."""
    d = int(rng.integers(0, 4))
    if d > 0:
        return Case(*_points(rng, d), CubicKernel(float(10 ** rng.uniform(-1, 1))), "cubic")
    sigma_w, sigma_b = rng.uniform(0.8, 1.2, 2).tolist()
    x, y, at = _points(rng, 2)
    return Case(x[1:], y[1:], at[:_FEW], GaussianKernel(sigma_w, sigma_b), gaussian_zeta_of_inputs(2, sigma_w, sigma_b))


def _points(rng: Rng, d: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return d + 4 points near a lattice about 0, so that no two are close, with targets, and places."""
    side = np.arange(-2.0, 3.0) if d == 1 else np.arange(-1.0, 2.0)
    lattice = np.stack(np.meshgrid(*[side] * d), axis=-1).reshape(-1, d)
    x = rng.permutation(lattice)[: d + 4] + rng.uniform(-0.3, 0.3, (d + 4, d))
    return x, rng.normal(size=d + 4), rng.uniform(side[0], side[-1], (_PLACES, d))


def check(case: Case) -> Outcome:
    """Compare values with SciPy's radial function, or values and costs with those of units in all directions of the plane."""
    problem = SeveralInputsProblem(case.x, case.y, kernel=case.kernel)
    solution = solve(problem)
    found = solution.predict(case.at)
    if isinstance(case.other, str):
        from scipy.interpolate import RBFInterpolator

        radial: Any = RBFInterpolator(case.x, case.y, kernel=case.other, degree=1)  # type: ignore[call-overload]
        return equal(found, radial(case.at))
    units = solve(SeveralInputsProblem(case.x, case.y, kernel=_all_directions(case.other, case.x, case.at)))
    return together(equal(found, units.predict(case.at)), equal(solution.value, units.value))


def _all_directions(zeta: Zeta, x: FloatArray, at: FloatArray) -> RidgeKernel:
    """Return a quadrature over the half circle with panels that end where a direction is square to x_i - x_j."""
    apart = (np.vstack([x, at])[:, None] - x).reshape(-1, 2)
    apart = apart[np.abs(apart).max(axis=1) > 0]
    square = np.arctan2(apart[:, 0], -apart[:, 1]) % np.pi
    angles, weights = rule(np.union1d(np.linspace(0, np.pi, _PANELS), square), _NODES)
    return RidgeKernel(zeta, np.column_stack([np.cos(angles), np.sin(angles)]), weights / np.pi)


def control(rng: Rng) -> Case:
    """Take the thin-plate spline, which has the least Laplacian in the plane, in place of |r|³."""
    return Case(*_points(rng, 2), CubicKernel(), "thin_plate_spline")


CLAIM = Claim(
    name="spline-theorem-2",
    title="Several inputs: the cubic polyharmonic spline and the arc-cosine kernel",
    source="Jin and Montúfar, Theorem 2",
    statement=(
        "For d inputs the bias is problem (5): the least square of the density of kinks over directions V and offsets C, weighted by "
        "1/ζ(V, C). For constant ζ that is the spline of |r|³."
    ),
    kind="equality",
    expected="holds",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    data_use="never",
)
