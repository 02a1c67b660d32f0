"""Training in the kernel regime, in closed form: gradient flow, gradient descent, and what ridge regression says of them.

On the loss ½ Σ (f(x_j) - y_j)², from f = 0, gradient flow of a model with kernel K multiplies the component of y along an
eigenvector of K of eigenvalue κ by the filter 1 - exp(-κ t); gradient descent of step η by 1 - (1 - η κ)ᵗ; kernel ridge
regression with λ by κ/(κ + λ). With λ = 1/t the last is s/(1 + s) at s = κ t, as in equation (7) of Jin and Montúfar. Filters
of flow and ridge differ by at most :data:`FILTER_GAP`, at any time and for any kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from implicit_bias.errors import DataError, OptionError
from implicit_bias.numerics.arrays import FloatArray, as_floats, frozen
from implicit_bias.problems.splines.quadratic import as_array


def flow_filter(s: Any) -> FloatArray:
    """Return 1 - e⁻ˢ, s ≥ 0."""
    return np.asarray(-np.expm1(-np.asarray(s, dtype=np.float64)))


def ridge_filter(s: Any) -> FloatArray:
    """Return s/(1 + s), s ≥ 0."""
    values = np.asarray(s, dtype=np.float64)
    return np.asarray(values / (1 + values))


def largest_filter_gap() -> tuple[float, float]:
    """Return the s > 0 where 1 - e⁻ˢ - s/(1 + s) is largest, and its value there.

    It is 1/(1 + s) - e⁻ˢ, never negative, and stationary where 2 log(1 + s) = s.
    """
    s = 2.5
    for _ in range(60):
        s = 2 * np.log1p(s)  # a contraction there: its slope is 2/(1 + s) = 0.57
    return float(s), float(flow_filter(s) - ridge_filter(s))


FILTER_GAP = largest_filter_gap()[1]
"""The largest difference of the two filters: 0.2036…"""


@dataclass(frozen=True, eq=False)
class KernelTraining:
    """The values at the data, as a function of time, of a model with a kernel matrix.

    Parameters
    ----------
    kernel : (n, n), symmetric and positive semidefinite: full kernels of :mod:`~implicit_bias.zetas.kernels` at the data, or
        J Jᵀ for a model with Jacobian J
    y : (n,) or (n, k) targets, less what the model is at the start
    """

    kernel: FloatArray
    y: FloatArray

    def __post_init__(self) -> None:
        y = as_array(self.y, "y")
        kernel = as_floats(self.kernel, "kernel", (y.shape[0], y.shape[0]))
        if np.abs(kernel - kernel.T).max() > 1e-8 * np.abs(kernel).max():
            raise DataError("kernel must be symmetric.")
        object.__setattr__(self, "kernel", frozen(kernel))
        object.__setattr__(self, "y", frozen(y))

    @cached_property
    def _spectrum(self) -> tuple[FloatArray, FloatArray]:
        values, vectors = np.linalg.eigh((self.kernel + self.kernel.T) / 2)
        if values[0] < -1e-8 * max(values[-1], 0.0):
            raise DataError(f"kernel must be positive semidefinite; it has the eigenvalue {values[0]:.3g}.")
        return np.maximum(values, 0.0), vectors

    @property
    def eigenvalues(self) -> FloatArray:
        """κ, increasing."""
        return self._spectrum[0]

    def _filtered(self, factors: FloatArray) -> FloatArray:
        vectors = self._spectrum[1]
        columns = self.y.reshape(self.y.shape[0], -1)
        return np.asarray((vectors @ (factors[:, None] * (vectors.T @ columns))).reshape(self.y.shape))

    def flow(self, time: float) -> FloatArray:
        """Return f_t at the data after gradient flow for a time t ≥ 0: Σ (1 - exp(-κ t)) (vᵀy) v."""
        return self._filtered(flow_filter(self.eigenvalues * _checked_time(time)))

    def ridge(self, time: float) -> FloatArray:
        """Return kernel ridge regression with λ = 1/t at the data: K (K + λ I)⁻¹ y."""
        return self._filtered(ridge_filter(self.eigenvalues * _checked_time(time)))

    def descent(self, step: float, steps: int) -> FloatArray:
        """Return f at the data after gradient descent: Σ (1 - (1 - η κ)ᵗ) (vᵀy) v.

        Raises
        ------
        OptionError
            If η is at least 2/κ_max: it diverges.
        """
        return self._filtered(descent_filter(self.eigenvalues, step, steps))


def descent_filter(eigenvalues: FloatArray, step: float, steps: int) -> FloatArray:
    """Return 1 - (1 - η κ)ᵗ; raises OptionError for a step that diverges."""
    if not (step > 0 and step * float(eigenvalues.max(initial=0.0)) < 2):
        raise OptionError(f"step must be positive and less than 2/{eigenvalues.max():.6g}, 2 over the largest eigenvalue, not {step!r}.")
    if not (isinstance(steps, (int, np.integer)) and steps >= 0):
        raise OptionError(f"steps must be a whole number, not {steps!r}.")
    rate = step * eigenvalues
    stable = rate < 1
    quick = -np.expm1(steps * np.log1p(-np.where(stable, rate, 0.0)))
    return np.where(stable, quick, 1 - (1 - rate) ** steps)


def descended(features: Any, y: Any, step: float, steps: int) -> FloatArray:
    """Return the change of parameters ω - ω₀ after gradient descent on the linearised model, in closed form (equation 9).

    Parameters
    ----------
    features : (n, p), the Jacobian J of the model at the start
    y : (n,), targets less the model's values at the start
    step, steps : η of the loss ½ Σ (f - y)², and how many
    """
    left, sizes, right = _svd(features)
    coordinates = left.T @ as_floats(y, "y", (left.shape[0],))
    shares = np.divide(descent_filter(sizes**2, step, steps), sizes, out=np.zeros_like(sizes), where=sizes > 0)
    return np.asarray(right.T @ (shares * coordinates))


def closest_parameters(features: Any, y: Any) -> FloatArray:
    """Return the least change of parameters with J (ω - ω₀) = y (problem 10), the limit of :func:`descended`.

    Raises
    ------
    DataError
        If the rows of J do not reach y.
    """
    left, sizes, right = _svd(features)
    targets = as_floats(y, "y", (left.shape[0],))
    kept = sizes > 1e-13 * sizes.max(initial=0.0)
    found = np.asarray(right[kept].T @ ((left[:, kept].T @ targets) / sizes[kept]))
    if np.abs(left[:, kept] @ (left[:, kept].T @ targets) - targets).max() > 1e-8 * np.abs(targets).max():
        raise DataError("No parameters of the linearised model fit y: its features do not span it.")
    return found


def _svd(features: Any) -> tuple[FloatArray, FloatArray, FloatArray]:
    matrix = as_array(features, "features")
    if matrix.ndim != 2:
        raise DataError("features must have shape (n, p).")
    left, sizes, right = np.linalg.svd(matrix, full_matrices=False)
    return left, sizes, right


def _checked_time(time: Any) -> float:
    if not (np.isscalar(time) and np.isreal(time) and 0 <= float(time) < np.inf):  # type: ignore[arg-type]
        raise OptionError(f"time must be a finite number, at least 0, not {time!r}.")
    return float(time)  # type: ignore[arg-type]
