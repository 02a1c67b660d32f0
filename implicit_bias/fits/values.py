"""Interpolation: each value is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.arrays import FloatArray, as_floats, own


@dataclass(frozen=True, eq=False)
class Values:
    """C_i = {y_i}: interpolation. ``y`` is (n,) or (n, k)."""

    y: FloatArray

    def __post_init__(self) -> None:
        given = np.asarray(self.y)
        y = as_floats(self.y, "y", given.shape if given.ndim == 2 else None)
        object.__setattr__(self, "y", own(y))

    @property
    def kind(self) -> str:
        """The word for such problems in tables and JSON."""
        return "regression"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of y."""
        return self.y.shape

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

    def legal(self, alpha: FloatArray) -> FloatArray:
        """Every α is legal."""
        return alpha

    def lowest(self, alpha: FloatArray) -> float:
        """Return Σ α_i·y_i."""
        return float((alpha * self.y).sum())

    def constraints(self, values: Any) -> list[Any]:
        """F = y."""
        return [values == self.y]

    def dual_program(self, alpha: Any) -> tuple[Any, list[Any]]:
        """Σ α_i·y_i, for any α."""
        import cvxpy as cp

        return cp.sum(cp.multiply(alpha, self.y)), []

    def at(self, rows: npt.NDArray[Any]) -> Values:
        """Return the fit of some of the points."""
        return Values(self.y[rows])

    def divided(self, height: float) -> Values:
        """Return the fit for f / height."""
        return Values(self.y / height)
