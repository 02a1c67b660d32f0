"""Several inputs: the function through data, or near it, of least energy in the kernel of the initialisation (Theorem 2).

minimise αᵀGα over g = Σ_j α_j G(·, x_j) + affine, where Σ α = 0 and Σ α x = 0 and G is the reduced kernel of
:mod:`~implicit_bias.zetas.kernels`. With the columns of N an orthonormal basis of the vectors with these sums zero, this is
the quadratic problem of :mod:`~implicit_bias.problems.splines.quadratic` for D = Nᵀ and A = NᵀGN, which is positive definite although G
is not. The energy is the smallest ∫ γ² dν of problem (17) with several inputs, in the units of ζ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError, OptionError
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.arrays import FloatArray, chunks
from implicit_bias.problems.splines.curvature import EarlyStopping
from implicit_bias.problems.splines.quadratic import RoughnessProblem
from implicit_bias.zetas.kernels import CubicKernel, Kernel

WELL_CONDITIONED = 1e5
"""Up to about this condition number, float64 leaves eleven digits."""


@dataclass(frozen=True, eq=False)
class Factor:
    """A Cholesky factor of a positive definite matrix, lower."""

    lower: FloatArray

    @classmethod
    def of(cls, matrix: FloatArray, failure: str) -> Factor:
        """Factor a matrix; raises :class:`DataError`, which begins with ``failure``, if it is not positive definite."""
        if not np.isfinite(matrix).all():
            raise DataError("The kernel overflows float64: rescale x.")
        try:
            return cls(np.asarray(np.linalg.cholesky(matrix), dtype=np.float64))
        except np.linalg.LinAlgError as error:
            raise DataError(f"{failure}: the kernel's matrix is singular there in float64 (points too close, or too few units).") from error

    @property
    def condition(self) -> float:
        """A lower bound of the condition number, and mostly a good one."""
        diagonal = np.diag(self.lower)
        return float(diagonal.max(initial=1.0) / diagonal.min(initial=np.inf)) ** 2 if diagonal.size else 1.0

    def refined(self, apply: Callable[[FloatArray], FloatArray], right: FloatArray) -> FloatArray:
        """Solve, and again for what that leaves, in the precision of ``apply``."""
        from scipy.linalg import cho_solve

        found: FloatArray = np.zeros(right.shape)
        for _ in range(ROUNDS if right.size else 0):
            residual = right - apply(found)
            found = found + cho_solve((self.lower, True), residual.astype(np.float64), check_finite=False).astype(residual.dtype)
        return found


ROUNDS = 4
"""Solutions of one system: each gains as many digits as its condition number leaves float64."""


@dataclass(frozen=True, eq=False, repr=False)
class SeveralInputsProblem(RoughnessProblem):
    """Interpolate, or smooth, with the least energy in the kernel of an initialisation and a free affine part.

    minimise  ∫ γ² dν  subject to  u·x_j + v + ∫ γ [W·x_j + B]₊ dν = y_j, or Σ (g - y)² + λ ∫ γ² dν.

    Parameters
    ----------
    x : (n, d) array-like
    y : (n,) or (n, k) array-like
    kernel : by default that of constant ζ, |r|³
    smoothing, counts, constant : see :class:`~implicit_bias.problems.splines.quadratic.RoughnessProblem`

    Raises
    ------
    DataError, OptionError
    """

    kernel: Kernel = field(default_factory=CubicKernel)

    if TYPE_CHECKING:  # arrays come in as anything that NumPy takes

        def __init__(
            self,
            x: npt.ArrayLike,
            y: npt.ArrayLike,
            kernel: Kernel = ...,
            *,
            smoothing: float | EarlyStopping | None = None,
            counts: npt.ArrayLike | None = None,
            constant: float = 0.0,
        ) -> None: ...

    def __post_init__(self) -> None:
        if not isinstance(self.kernel, Kernel):
            raise OptionError(f"kernel must be CubicKernel(), GaussianKernel() or another Kernel, not {type(self.kernel).__name__}.")
        super().__post_init__()
        if self.x.ndim != 2:
            raise DataError(f"x must have shape (n, d), not {self.x.shape}; for one input that is x[:, None].")
        if self.kernel.inputs not in (None, self.x.shape[1]):
            raise DataError(f"x has {self.x.shape[1]} inputs, but the kernel takes {self.kernel.inputs}.")

    def __repr__(self) -> str:
        n, d = self.x.shape
        return f"SeveralInputsProblem(n={n}, inputs={d}, kernel={self.kernel!r}, smoothing={self.smoothing})"

    @property
    def kind(self) -> str:
        """The word for this problem in tables and JSON."""
        return "several-inputs"

    def affine_columns(self, x: FloatArray) -> FloatArray:
        """Return a basis of the affine functions at points x, (n, d + 1): 1, and x centred and scaled as the data are."""
        middle = (self.x.max(axis=0) + self.x.min(axis=0)) / 2
        size = float(np.ptp(self.x, axis=0).max()) or 1.0
        return np.column_stack([np.ones(x.shape[0]), (x - middle) / size])

    @cached_property
    def _split(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Orthonormal columns of the affine functions at the data, of N, and the way back to affine coefficients."""
        basis, sizes, right = np.linalg.svd(self.affine_columns(self.x))
        rank = int((sizes > tolerances.EPS * max(self.x.shape) * sizes[0]).sum())
        return basis[:, :rank], basis[:, rank:], right[:rank].T / sizes[:rank]

    @cached_property
    def projected(self) -> FloatArray:
        """The matrix A = NᵀGN, in float64."""
        free = self._split[1]
        matrix = free.T @ self.kernel.reduced(self.x, self.x) @ free
        return np.asarray((matrix + matrix.T) / 2)

    @cached_property
    def _factor(self) -> Factor:
        return Factor.of(self.projected, "The points do not determine g")

    @cached_property
    def _smoothing_factor(self) -> Factor:
        free = self._split[1]
        ridge = (self.smoothing or 0.0) * (free.T @ (free / self.weights))
        return Factor.of(self.projected + ridge, "Rounding makes the smoothing problem singular; increase smoothing")

    @cached_property
    def precision(self) -> Any:
        """float64, or the platform's extended precision where float64 would leave g with few digits."""
        return np.longdouble if (self._smoothing_factor if self.smoothing else self._factor).condition > WELL_CONDITIONED else np.float64

    @cached_property
    def gram(self) -> FloatArray:
        """The reduced kernel G at the data, (n, n), in that precision."""
        x = self.x.astype(self.precision)
        return self.kernel.reduced(x, x)

    def differences(self, values: FloatArray) -> FloatArray:
        """Return Nᵀ v."""
        return np.asarray(self._split[1].T @ values)

    def spread(self, coefficients: FloatArray) -> FloatArray:
        """Return N c."""
        return np.asarray(self._split[1] @ coefficients)

    def apply(self, coefficients: FloatArray) -> FloatArray:
        """Return NᵀGN c."""
        return self.differences(self.gram @ self.spread(coefficients))

    def unapply(self, differences: FloatArray) -> FloatArray:
        """Return (NᵀGN)⁻¹ e."""
        return self._factor.refined(self.apply, differences)

    def smoothed(self) -> tuple[FloatArray, FloatArray]:
        """Solve (A + λ Nᵀ W⁻¹ N) c = Nᵀ y; the residuals are λ W⁻¹ N c."""
        weight = self.smoothing or 0.0

        def apply(c: FloatArray) -> FloatArray:
            return np.asarray(self.apply(c) + weight * self.differences(self.spread(c) / self.weights))

        c = self._smoothing_factor.refined(apply, self.targets)
        return c, np.asarray(weight * self.spread(c) / self.weights)

    def lift(self, differences: FloatArray) -> FloatArray:
        """Return N e."""
        return self.spread(differences)

    def unspread(self, values: FloatArray) -> FloatArray:
        """Return Nᵀ f."""
        return self.differences(values)

    def detrended(self, values: FloatArray) -> FloatArray:
        """Return values less their W-weighted affine fit."""
        basis, root = self._split[0], np.sqrt(self.weights)
        for _ in range(2):
            values = values - basis @ np.linalg.lstsq(root * basis, (root * values).astype(np.float64))[0]
        return values

    def heights(self, differences: FloatArray) -> FloatArray:
        """Return N e: the part of the misfit at the data that is not affine."""
        return self.spread(differences)

    def affine_part(self, values: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Return the coefficients of :meth:`affine_columns`, (d + 1, k): v - Gα is affine at the data.

        If the data lie in a plane, so that they do not determine the affine part, the one of least slope is taken.
        """
        span, _, back = self._split
        return np.asarray(back @ (span.T @ (values - self.gram @ self.spread(coefficients))), dtype=np.float64)

    def evaluate(self, x: npt.ArrayLike, values: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Return g at points x, (..., d) to (..., k)."""
        points = np.asarray(x, dtype=np.float64)
        if points.ndim == 0 or points.shape[-1] != self.x.shape[1]:
            raise DataError(f"x has shape {points.shape}; its last axis must have the {self.x.shape[1]} inputs.")
        flat, alpha, affine = points.reshape(-1, points.shape[-1]), self.spread(coefficients), self.affine_part(values, coefficients)
        found, known = self.affine_columns(flat) @ affine, self.x.astype(self.precision)
        for part in chunks(flat.shape[0], max(1, (1 << 21) // self.x.shape[0])):
            found[part] += self.kernel.reduced(flat[part].astype(self.precision), known) @ alpha
        return np.asarray(found.reshape(*points.shape[:-1], alpha.shape[1]))

    @property
    def notes(self) -> str:
        """What the user should know of how this is solved."""
        rank, full = self._split[0].shape[1], self.x.shape[1] + 1
        plane = "" if rank == full else " The points lie in a plane: of all affine parts that fit, the one of least slope was taken."
        wide = " Its matrix is ill-conditioned: extended precision was used." if self.precision is np.longdouble else ""
        return self.kernel.note + plane + wide
