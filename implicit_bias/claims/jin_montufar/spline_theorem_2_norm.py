"""Theorem 2 measures its distance over all of R^d, where it is infinite at every width.

Far from the data the trained network is Σ a_i [W_i·x]₊ up to a constant, and g* is such a sum over infinitely many units. Along a
ray the two have slopes that differ by about n^(-1/2), and that is not 0: the difference grows like the distance from the
data, and its square is not integrable over R^d. Theorem 1 takes the norm over the data's range, and Theorem 5 over a bounded set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.analysis.adjustment import exact_adjustment
from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.zetas.kernels import FeatureKernel, GaussianKernel, Kernel

_POINTS = np.array([[-1.0, -1.0], [1.0, 1.0], [0.0, 0.0], [-1.0, 1.0], [1.0, -1.0]])
_RADII = np.array([1e3, 2e3])
_WIDTH = 1 << 12


@dataclass(frozen=True, eq=False)
class Case:
    """Adjusted targets at the five points of the paper, a network's units, the kernel of g*, and a direction."""

    y: FloatArray
    units: FeatureKernel
    limit: Kernel
    ray: FloatArray


def fixed() -> tuple[Case, ...]:
    """Return the paper's data in the plane."""
    return (_case(np.random.default_rng(0), np.array([1.5, 1.5, 0.5, -0.5, -0.5])),)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw targets, Gaussian units and a direction."""
    return _case(rng, rng.normal(size=5))


def _case(rng: Rng, y: FloatArray) -> Case:
    kernel, angle = GaussianKernel(1.0, 1.0), rng.uniform(0, 2 * np.pi)
    units = FeatureKernel(rng.normal(size=(_WIDTH, 2)), rng.normal(size=_WIDTH))
    adjusted = exact_adjustment(_POINTS, y, kernel).adjusted(_POINTS, y)
    return Case(adjusted, units, kernel, np.array([np.cos(angle), np.sin(angle)]))


def check(case: Case) -> Outcome:
    """Return the slope of the difference along the ray, relative to the targets: unless it is 0, the norm is infinite."""
    at = _RADII[:, None] * case.ray
    network, limit = (
        kernel.full(at, _POINTS) @ np.linalg.solve(kernel.full(_POINTS, _POINTS), case.y) for kernel in (case.units, case.limit)
    )
    slope = float(np.diff(network - limit)[0] / np.diff(_RADII)[0])
    return Outcome(abs(slope) / float(np.abs(case.y).max()))


def control(rng: Rng) -> Case:
    """Let g* be made of the network's own units, so that there is no difference."""
    case = draw(rng, None)
    again = FeatureKernel(case.units.W[::-1], case.units.b[::-1])
    return Case(case.y, case.units, again, case.ray)


CLAIM = Claim(
    name="spline-theorem-2-norm",
    title="Over all of space, wide networks are infinitely far from their limit",
    source="Jin and Montúfar, Theorem 2",
    statement="The 2-norm over R^d of the difference of the network of width n and g* is O(n^(-1/2)).",
    kind="rate",
    expected="fails-as-stated",
    assumption="The norm is taken over a bounded set.",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
