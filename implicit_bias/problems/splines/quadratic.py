"""Quadratic problems in function space: the least roughness of a function through data, or near it.

minimise  ‖g‖²                      subject to  g(x_j) = y_j           (interpolation)
minimise  Σ_j (g(x_j) - y_j)² + λ ‖g‖²                                  (smoothing)

for a seminorm ‖·‖ whose null space costs nothing (affine functions, or polynomials). Among the functions with values v at
the data the least seminorm is (D v)ᵀ A⁻¹ (D v), where D removes the null space and A is symmetric positive definite, so that
everything is finite: with b = D y and coefficients c, one row for each row of D,

interpolation  A c = b                               dual  2 bᵀc - cᵀA c
smoothing      A c = D (y - r),   W r = λ Dᵀ c        dual  λ (2 bᵀc - cᵀA c - λ |W^(-1/2) Dᵀ c|²)

where r = y - g and W says how often each point was seen. Every c whatsoever gives a lower bound. Costs of several outputs are
added up (Jin and Montúfar, problems (4), (7), Corollary 3 and Theorem 2).
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.certificates.bounds import Answer
from implicit_bias.data.rows import Gathered, gathered
from implicit_bias.errors import DataError, OptionError
from implicit_bias.numerics.arrays import FloatArray, as_floats, frozen
from implicit_bias.problems.base import Problem
from implicit_bias.problems.splines.curvature import EarlyStopping, Smoothing
from implicit_bias.problems.splines.quadratic_bounds import QuadraticBounds, QuadraticCandidate
from implicit_bias.problems.splines.quadratic_solution import QuadraticSolution

LARGEST_X, LARGEST_Y = 1e30, 1e100
"""Largest magnitudes, and inverses of the smallest ones, that leave room for the products that are formed."""


@dataclass(frozen=True, eq=False, repr=False)
class RoughnessProblem(Problem[QuadraticSolution]):
    """Data and seminorm of one such problem; points are sorted and repeated ones merged when it is made.

    Parameters
    ----------
    x : (n,) or (n, d) array-like
    y : (n,) or (n, k) array-like
    smoothing : λ ≥ 0 of Σ (g - y)² + λ ‖g‖² (0 is the limit λ → 0), EarlyStopping(time), or None for interpolation
    counts : (n,) positive, how often each row was seen; by default once
    constant : a constant to add to the cost

    Attributes
    ----------
    x, y : distinct points, in increasing (lexicographic) order, and the means of y there; read-only
    counts : (n,) float64
    constant : Σ (y - mean)² over merged rows: no function can do better there
    """

    x: FloatArray
    y: FloatArray
    smoothing: float | None = field(default=None, kw_only=True)
    counts: FloatArray | None = field(default=None, kw_only=True)
    constant: float = field(default=0.0, kw_only=True)
    merged: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "smoothing", _checked_smoothing(self.smoothing))
        x, y = as_array(self.x, "x"), as_array(self.y, "y")
        if y.shape[0] != x.shape[0]:
            raise DataError(f"There are {x.shape[0]} points, but {y.shape[0]} targets.")
        if 0 in x.shape or 0 in y.shape:
            raise DataError(f"x has shape {x.shape} and y {y.shape}; neither may be empty.")
        counts = np.ones(x.shape[0]) if self.counts is None else as_floats(self.counts, "counts", (x.shape[0],))
        if not counts.min() > 0:
            raise DataError("counts must be positive.")
        self._check_scale(x, y)
        for name, value in zip(("x", "y", "counts"), self._sorted(x, y, counts), strict=True):
            object.__setattr__(self, name, frozen(value))

    @staticmethod
    def _check_scale(x: FloatArray, y: FloatArray) -> None:
        for name, values, most in (("x", x, LARGEST_X), ("y", y, LARGEST_Y)):
            size = float(np.abs(values).max())
            if size > most or 0 < size < 1 / most:
                raise DataError(f"{name} has magnitude {size:.3g}; only {1 / most:g} to {most:g} can be computed with. Rescale {name}.")

    def _sorted(self, x: FloatArray, y: FloatArray, counts: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Sort the rows and merge repeated points: equal targets when interpolating, any when smoothing."""
        rows = gathered(x, y, counts)
        if rows.merged:
            if self.smoothing is None:
                _refuse_contradictions(rows, y)
            object.__setattr__(self, "constant", self.constant + rows.squares)
            object.__setattr__(self, "merged", rows.merged)
        return rows.x, rows.means, rows.counts

    @property
    def solution(self) -> type[QuadraticSolution]:
        """The class of its solutions."""
        return QuadraticSolution

    def bounds(self, candidate: Answer) -> QuadraticBounds:
        """Return what a function is worth."""
        assert isinstance(candidate, QuadraticCandidate)
        return QuadraticBounds(self, candidate)

    def brought(self, answer: object, dual: object) -> QuadraticCandidate:
        """Raise :class:`OptionError`: a function of this problem is known by coefficients that only ``solve`` finds."""
        raise OptionError(f"judge takes a measure, a network or a spline; for a {self.kind} problem there is none: solve it.")

    @property
    def weight(self) -> str:
        """The name of what the roughness is weighed by."""
        return self.kind

    @property
    def affine(self) -> str:
        """The word for an affine part that costs nothing."""
        return "free"

    @property
    def regularization(self) -> float | None:
        """λ, or None for interpolation."""
        return self.smoothing or None

    def with_regularization(self, regularization: Smoothing) -> RoughnessProblem:
        """Return the smoothing problem with another λ."""
        other = replace(self, smoothing=_checked_smoothing(regularization))
        object.__setattr__(other, "merged", self.merged)
        return other

    @property
    def outputs(self) -> int | None:
        """How many outputs g has; None for one without an axis of its own."""
        return self.y.shape[1] if self.y.ndim == 2 else None

    @property
    def scale(self) -> float:
        """Size of the targets."""
        return float(np.abs(self.y).max())

    @cached_property
    def columns(self) -> FloatArray:
        """The targets as an (n, k) array, also for one output."""
        return self.y.reshape(self.y.shape[0], -1)

    @cached_property
    def weights(self) -> FloatArray:
        """W as a column."""
        assert self.counts is not None
        return self.counts[:, None]

    @cached_property
    def targets(self) -> FloatArray:
        """The right-hand sides b = D y, (m, k)."""
        return self.differences(self.columns)

    @abstractmethod
    def differences(self, values: FloatArray) -> FloatArray:
        """Return D v of values (n, k) at the data, free of the null space: (m, k)."""

    @abstractmethod
    def spread(self, coefficients: FloatArray) -> FloatArray:
        """Return Dᵀ c, (n, k)."""

    @abstractmethod
    def lift(self, differences: FloatArray) -> FloatArray:
        """Return values v with D v = e, (n, k)."""

    @abstractmethod
    def unspread(self, values: FloatArray) -> FloatArray:
        """Return c with Dᵀ c = f, for f orthogonal to the null space, (m, k)."""

    @abstractmethod
    def detrended(self, values: FloatArray) -> FloatArray:
        """Return values less their W-weighted best fit from the null space, (n, k)."""

    @abstractmethod
    def apply(self, coefficients: FloatArray) -> FloatArray:
        """Return A c, (m, k)."""

    @abstractmethod
    def unapply(self, differences: FloatArray) -> FloatArray:
        """Return A⁻¹ e, (m, k)."""

    @abstractmethod
    def smoothed(self) -> tuple[FloatArray, FloatArray]:
        """Return coefficients (m, k) and residuals (n, k) of the smoothing problem."""

    @abstractmethod
    def heights(self, differences: FloatArray) -> FloatArray:
        """Return by how much values at the data would have to change for D v to change by e, in units of y."""

    @abstractmethod
    def evaluate(self, x: npt.ArrayLike, values: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Return g at points x, in the shape of x (less the axis of inputs), followed by an axis of outputs."""

    @property
    @abstractmethod
    def notes(self) -> str:
        """What the user should know of how this is solved: one sentence or more."""


def _refuse_contradictions(rows: Gathered, y: FloatArray) -> None:
    """Raise :class:`DataError` if two rows of one point have different targets."""
    targets = y[rows.order].reshape(len(y), -1)
    same = rows.group[1:] == rows.group[:-1]
    clash = np.flatnonzero(same & (targets[1:] != targets[:-1]).any(axis=1))
    if clash.size:
        first, second = sorted(rows.order[clash[0] : clash[0] + 2].tolist())
        raise DataError(f"rows {first} and {second} have the same x but different y; no function interpolates both.")


def _checked_smoothing(smoothing: Any) -> float | None:
    """Return λ, or None."""
    if isinstance(smoothing, EarlyStopping):
        return smoothing.regularization
    number = isinstance(smoothing, (int, float, np.integer, np.floating)) and not isinstance(smoothing, bool)
    if smoothing is not None and not (number and (smoothing == 0 or 1 / LARGEST_Y <= smoothing <= LARGEST_Y)):
        raise OptionError(
            f"smoothing must be None, 0, a number from {1 / LARGEST_Y:g} to {LARGEST_Y:g}, or EarlyStopping(time), not {smoothing!r}."
        )
    return None if smoothing is None else float(smoothing)


def as_array(values: Any, name: str) -> FloatArray:
    """Convert to float64 with one axis or two, or raise :class:`DataError`."""
    try:
        shape = np.shape(values)
    except ValueError as error:
        raise DataError(f"{name} must be an array of real numbers ({error}).") from error
    if len(shape) not in (1, 2):
        raise DataError(f"{name} must have one dimension or two, not shape {shape}.")
    return as_floats(values, name, shape)
