"""Euclidean balls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError
from implicit_bias.fits.base import Fit, Index
from implicit_bias.numerics.arrays import FloatArray, as_floats, frozen

if TYPE_CHECKING:
    import cvxpy


@dataclass(frozen=True, eq=False)
class Balls(Fit):
    """C_i = {z : ‖z - y_i‖₂ ≤ r_i}. ``y`` is (n, k), ``radii`` (n,) and not negative."""

    kind: ClassVar[str] = "balls"
    cone: ClassVar[str] = "SOCP"

    y: FloatArray
    radii: FloatArray

    if TYPE_CHECKING:  # arrays come in as anything that NumPy takes

        def __init__(self, y: npt.ArrayLike, radii: npt.ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        shape = np.shape(self.y)
        if len(shape) != 2:
            raise DataError(f"y must be an (n, k) array, not of shape {shape}.")
        y, radii = as_floats(self.y, "y", shape), as_floats(self.radii, "radii", shape[:1])
        if radii.size and radii.min() < 0:
            raise DataError("radii must not be negative.")
        object.__setattr__(self, "y", frozen(y))
        object.__setattr__(self, "radii", frozen(radii))

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, k)."""
        return self.y.shape

    @property
    def scale(self) -> float:
        """The largest |y| or radius, or 1."""
        return max(float(np.abs(self.y).max(initial=0.0)), float(self.radii.max(initial=0.0))) or 1.0

    def violation(self, values: FloatArray) -> float:
        """Return the largest distance beyond a radius."""
        return max(0.0, float((np.linalg.norm(values - self.y, axis=1) - self.radii).max(initial=0.0)))

    def project(self, values: FloatArray) -> FloatArray:
        """Return the nearest values in the balls."""
        away = values - self.y
        distance = np.linalg.norm(away, axis=1)
        share = np.where(distance > self.radii, self.radii / np.where(distance > 0, distance, 1.0), 1.0)
        return self.y + away * share[:, None]

    def project_dual(self, alpha: FloatArray) -> FloatArray:
        """Every α has a finite dual value."""
        return alpha

    def dual_value(self, alpha: FloatArray) -> float:
        """Return Σ α_i·y_i - r_i ‖α_i‖."""
        return float((alpha * self.y).sum() - self.radii @ np.linalg.norm(alpha, axis=1))

    def constraints(self, values: cvxpy.Expression) -> list[Any]:
        """One second-order cone a point."""
        import cvxpy as cp

        return [cp.norm(values - self.y, 2, axis=1) <= self.radii]

    def dual_program(self, beta: cvxpy.Expression, level: float = 1.0) -> tuple[Any, list[Any]]:
        """Σ β_i·y_i - r_i ‖β_i‖, for any β."""
        import cvxpy as cp

        return cp.sum(cp.multiply(beta, self.y)) - self.radii @ cp.norm(beta, 2, axis=1), []

    def at(self, rows: Index) -> Balls:
        """Return the fit of some of the points."""
        return Balls(self.y[rows], self.radii[rows])

    def divided(self, height: float) -> Balls:
        """Return the fit for f / height."""
        return Balls(self.y / height, self.radii / height)
