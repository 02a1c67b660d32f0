"""Intersections of half-spaces."""

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
class HalfSpaces(Fit):
    """C_i = {z : A_i z ≥ b_i}, not empty. ``normals`` is (n, r, k), ``offsets`` (n, r)."""

    kind: ClassVar[str] = "half-spaces"

    normals: FloatArray
    offsets: FloatArray

    if TYPE_CHECKING:  # arrays come in as anything that NumPy takes

        def __init__(self, normals: npt.ArrayLike, offsets: npt.ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        shape = np.shape(self.normals)
        if len(shape) != 3:
            raise DataError(f"normals must be an (n, r, k) array, not of shape {shape}.")
        object.__setattr__(self, "normals", frozen(as_floats(self.normals, "normals", shape)))
        object.__setattr__(self, "offsets", frozen(as_floats(self.offsets, "offsets", shape[:2])))

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, k)."""
        return self.normals.shape[0], self.normals.shape[2]

    @property
    def scale(self) -> float:
        """The largest |b|, or 1."""
        return float(np.abs(self.offsets).max(initial=0.0)) or 1.0

    def violation(self, values: FloatArray) -> float:
        """Return the largest shortfall b - A z."""
        return max(0.0, float((self.offsets - np.einsum("irk,ik->ir", self.normals, values)).max(initial=0.0)))

    def project(self, values: FloatArray) -> FloatArray:
        """Return the nearest values in the sets: least distance programming by non-negative least squares (Lawson and Hanson)."""
        from scipy.optimize import nnls

        nearest = values.copy()
        for i, (normals, offsets) in enumerate(zip(self.normals, self.offsets, strict=True)):
            short = offsets - normals @ values[i]
            if short.max() <= 0:
                continue
            target = np.append(np.zeros(values.shape[1]), 1.0)
            stacked = np.vstack([normals.T, short])
            rest = stacked @ nnls(stacked, target)[0] - target
            nearest[i] = values[i] - rest[:-1] / rest[-1]
        return nearest

    def project_dual(self, alpha: FloatArray) -> FloatArray:
        """Return the nearest α_i = A_iᵀ μ with μ ≥ 0."""
        from scipy.optimize import nnls

        return np.stack([normals.T @ nnls(normals.T, a)[0] for normals, a in zip(self.normals, alpha, strict=True)])

    def dual_value(self, alpha: FloatArray) -> float:
        """Return Σ max b_i·μ over μ ≥ 0 with A_iᵀ μ = α_i, a small linear program a point."""
        from scipy.optimize import linprog

        total = 0.0
        for normals, offsets, a in zip(self.normals, self.offsets, alpha, strict=True):
            size = np.abs(a).max() or 1.0
            found = linprog(-offsets, A_eq=normals.T, b_eq=a / size, method="highs")
            if found.status != 0:
                return -np.inf
            total -= float(found.fun or 0.0) * size
        return total

    def constraints(self, values: cvxpy.Expression) -> list[Any]:
        """One inequality for each half-space."""
        return [self.normals[i] @ values[i] >= self.offsets[i] for i in range(self.shape[0])]

    def dual_program(self, beta: cvxpy.Expression, level: float = 1.0) -> tuple[Any, list[Any]]:
        """Σ b·μ, where β_i = A_iᵀ μ_i and μ ≥ 0."""
        import cvxpy as cp

        mu = cp.Variable(self.offsets.shape, nonneg=True)
        tied = [beta[i] == self.normals[i].T @ mu[i] for i in range(self.shape[0])]
        return cp.sum(cp.multiply(mu, self.offsets)), tied

    def at(self, rows: Index) -> HalfSpaces:
        """Return the fit of some of the points."""
        return HalfSpaces(self.normals[rows], self.offsets[rows])

    def divided(self, height: float) -> HalfSpaces:
        """Return the fit for f / height."""
        return HalfSpaces(self.normals, self.offsets / height)
