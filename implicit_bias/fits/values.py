"""Interpolation: each value is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from implicit_bias.fits.base import Fit, Index, times
from implicit_bias.numerics.arrays import FloatArray, as_floats, freeze, frozen

if TYPE_CHECKING:
    import cvxpy


@dataclass(frozen=True, eq=False)
class Values(Fit):
    """C_i = {y_i}: interpolation. ``y`` is (n,) or (n, k)."""

    kind: ClassVar[str] = "regression"
    homogeneous: ClassVar[bool] = True

    y: FloatArray

    if TYPE_CHECKING:  # arrays come in as anything that NumPy takes

        def __init__(self, y: npt.ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        given = np.asarray(self.y)
        y = as_floats(self.y, "y", given.shape if given.ndim == 2 else None)
        object.__setattr__(self, "y", frozen(y))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of y."""
        return self.y.shape

    @property
    def targets(self) -> FloatArray:
        """The values."""
        return self.y

    @property
    def scale(self) -> float:
        """The largest |y|, or 1 if all are zero."""
        return max(float(self.y.max()), -float(self.y.min())) or 1.0

    def violation(self, values: FloatArray) -> float:
        """Return max |f(x_i) - y_i|."""
        return float(np.abs(values - self.y).max())

    def project(self, values: FloatArray) -> FloatArray:
        """Return y."""
        return self.y

    def project_dual(self, alpha: FloatArray) -> FloatArray:
        """Every α has a finite dual value."""
        return alpha

    def dual_value(self, alpha: FloatArray) -> float:
        """Return Σ α_i·y_i."""
        return float((alpha * self.y).sum())

    def constraints(self, values: cvxpy.Expression) -> list[Any]:
        """F = y."""
        return [values == self.y]

    def tie(self, made: cvxpy.Expression, rows: cvxpy.Expression, level: float) -> tuple[Any, Any, list[Any]]:
        """F = y."""
        return made == times(rows, self.y), 0.0, []

    def dual_program(self, beta: cvxpy.Expression, level: float = 1.0) -> tuple[Any, list[Any]]:
        """Σ β_i·y_i, for any β."""
        import cvxpy as cp

        return cp.sum(cp.multiply(beta, self.y)), []

    def contradiction(self, i: int, j: int) -> tuple[str, FloatArray] | None:
        """Return the difference of two targets: its multiples bound the cost of taking both from below."""
        if (self.y[i] == self.y[j]).all():
            return None
        dual = np.zeros(self.shape)
        dual[i], dual[j] = self.y[i] - self.y[j], self.y[j] - self.y[i]
        return "targets", freeze(dual)

    def at(self, rows: Index) -> Values:
        """Return the fit of some of the points."""
        return Values(self.y[rows])

    def divided(self, height: float) -> Values:
        """Return the fit for f / height."""
        return Values(self.y / height)
