"""Intervals, and boxes in several outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError
from implicit_bias.fits.base import Fit, Index
from implicit_bias.numerics.arrays import FloatArray, frozen

if TYPE_CHECKING:
    import cvxpy


@dataclass(frozen=True, eq=False)
class Boxes(Fit):
    """C_i = {z : lower_i ≤ z ≤ upper_i}, coordinate by coordinate; infinite bounds are allowed. Arrays are (n, k)."""

    kind: ClassVar[str] = "boxes"

    lower: FloatArray
    upper: FloatArray

    if TYPE_CHECKING:  # arrays come in as anything that NumPy takes

        def __init__(self, lower: npt.ArrayLike, upper: npt.ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        lower, upper = (np.array(side, dtype=np.float64) for side in (self.lower, self.upper))
        if lower.ndim != 2 or lower.shape != upper.shape:
            raise DataError(f"lower and upper must be (n, k) arrays of one shape, not {lower.shape} and {upper.shape}.")
        if not (lower <= upper).all():
            raise DataError("lower must not exceed upper, and neither may be NaN.")
        object.__setattr__(self, "lower", frozen(lower))
        object.__setattr__(self, "upper", frozen(upper))

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, k)."""
        return self.lower.shape

    @property
    def scale(self) -> float:
        """The largest finite bound in size, or 1."""
        ends = np.concatenate([self.lower.ravel(), self.upper.ravel()])
        return float(np.abs(ends[np.isfinite(ends)]).max(initial=0.0)) or 1.0

    def violation(self, values: FloatArray) -> float:
        """Return the largest excess over a bound."""
        return float(np.maximum(values - self.upper, self.lower - values).max(initial=0.0))

    def project(self, values: FloatArray) -> FloatArray:
        """Return the nearest values in the boxes."""
        return np.clip(values, self.lower, self.upper)

    def project_dual(self, alpha: FloatArray) -> FloatArray:
        """Zero the α that pull towards an infinite bound."""
        return np.where(np.isfinite(np.where(alpha > 0, self.lower, self.upper)), alpha, 0.0)

    def dual_value(self, alpha: FloatArray) -> float:
        """Return Σ α·lower where α > 0, α·upper where α < 0."""
        at = np.where(alpha > 0, self.lower, self.upper)
        return float(np.where(alpha == 0, 0.0, alpha * np.where(alpha == 0, 0.0, at)).sum())

    def constraints(self, values: cvxpy.Expression) -> list[Any]:
        """Two-sided bounds, where they are finite."""
        import cvxpy as cp

        flat, lower, upper = cp.vec(values, order="C"), self.lower.ravel(), self.upper.ravel()
        low, high = np.flatnonzero(np.isfinite(lower)), np.flatnonzero(np.isfinite(upper))
        return [flat[low] >= lower[low]] * bool(low.size) + [flat[high] <= upper[high]] * bool(high.size)

    def dual_program(self, beta: cvxpy.Expression, level: float = 1.0) -> tuple[Any, list[Any]]:
        """Σ lower·a - upper·b, where β = a - b with a, b ≥ 0."""
        import cvxpy as cp

        low, high = np.isfinite(self.lower), np.isfinite(self.upper)
        up, down = cp.Variable(self.shape, nonneg=True), cp.Variable(self.shape, nonneg=True)
        gain = cp.sum(cp.multiply(up, np.where(low, self.lower, 0)) - cp.multiply(down, np.where(high, self.upper, 0)))
        closed = [cp.multiply(up, (~low).astype(float)) == 0, cp.multiply(down, (~high).astype(float)) == 0]
        return gain, [beta == up - down, *closed]

    def at(self, rows: Index) -> Boxes:
        """Return the fit of some of the points."""
        return Boxes(self.lower[rows], self.upper[rows])

    def divided(self, height: float) -> Boxes:
        """Return the fit for f / height."""
        return Boxes(self.lower / height, self.upper / height)
