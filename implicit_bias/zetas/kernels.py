"""Kernels of infinitely wide ReLU networks whose output weights are trained, in closed form where there is one.

full      K(x, x') = E[(W·x + B)₊ (W·x' + B)₊]
reduced   G(x, x') = ½ E[max(0, -(W·x + B)(W·x' + B))]

Only units whose kink separates x from x' count in G. K - G is affine in x times a function of x', plus the same with
the two exchanged, so that with a free affine part both kernels have the same interpolants (Jin and Montúfar, problem (17);
appendices M and O). G vanishes where x = x', never cancels, and exists also where K does not: for constant ζ. It is
conditionally positive definite: αᵀGα ≥ 0 where Σ α = 0 and Σ α x = 0, and that is then the energy ∫ (g'')²/ζ.

If (W, B) and (-W, -B) are equally likely, as in every named initialisation, then K = G + ½ E[(W·x + B)(W·x' + B)]. On a line

G(x, x') = ½ ∫ ζ(c) (c - x)(x' - c) dc over [x, x'].
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError, OptionError
from implicit_bias.numerics import quadrature
from implicit_bias.numerics.arrays import FloatArray, IntArray, as_floats, chunks, frozen
from implicit_bias.numerics.checks import check_positive
from implicit_bias.zetas.function import as_zeta
from implicit_bias.zetas.zeta import BinaryUniformZeta, ConstantZeta, GaussianZeta, UniformZeta, Zeta


class Kernel(ABC):
    """A kernel of points with d inputs, x of shape (n, d) and z of shape (p, d), to matrices (n, p).

    Given extended precision, closed forms return it.
    """

    @abstractmethod
    def reduced(self, x: FloatArray, z: FloatArray) -> FloatArray:
        """Return G(x_i, z_j)."""

    @abstractmethod
    def full(self, x: FloatArray, z: FloatArray) -> FloatArray:
        """Return K(x_i, z_j); raises :class:`OptionError` where it is infinite."""

    @property
    def inputs(self) -> int | None:
        """How many inputs it takes; None for any number."""
        return None

    @property
    @abstractmethod
    def note(self) -> str:
        """How the expectation is computed: one sentence."""


@dataclass(frozen=True)
class GaussianKernel(Kernel):
    """W ~ N(0, σ_w² I), B ~ N(0, σ_b²), independent: the arc-cosine kernel of degree 1, in any number of inputs.

    With z = (σ_w x, σ_b), θ the angle of z and z', s = |z||z'| sin θ and p = z·z': 2π G = s - θ p and K = G + p/2.
    """

    sigma_w: float = 1.0
    sigma_b: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma_w", check_positive("sigma_w", self.sigma_w))
        object.__setattr__(self, "sigma_b", check_positive("sigma_b", self.sigma_b))

    def reduced(self, x: FloatArray, z: FloatArray) -> FloatArray:
        """Return G(x_i, z_j), with a small relative error also for close points."""
        # |x ∧ z| = |m ∧ r| for the midpoint m and the difference r, which cancels less
        m_square, r_square, m_r = np.zeros((3, x.shape[0], z.shape[0]), dtype=x.dtype)
        for a, b in zip(x.T, z.T, strict=True):
            m, r = (a[:, None] + b) / 2, a[:, None] - b
            m_square += m * m
            r_square += r * r
            m_r += m * r
        wedge = np.zeros_like(r_square) if x.shape[1] == 1 else np.maximum(m_square * r_square - m_r**2, 0)
        sine = self.sigma_w * np.sqrt(self.sigma_b**2 * r_square + self.sigma_w**2 * wedge)
        return np.asarray(_angle_excess(sine, self._product(x, z)) / (2 * np.pi))

    def full(self, x: FloatArray, z: FloatArray) -> FloatArray:
        """Return K(x_i, z_j)."""
        return self.reduced(x, z) + self._product(x, z) / 2

    def _product(self, x: FloatArray, z: FloatArray) -> FloatArray:
        return np.asarray(self.sigma_w**2 * (x @ z.T) + self.sigma_b**2)

    @property
    def note(self) -> str:
        """How the expectation is computed."""
        return "The kernel is the arc-cosine kernel, in closed form."


def _angle_excess(sine: FloatArray, cosine: FloatArray) -> FloatArray:
    """Return s - θ p for tan θ = s/p, by its power series where that is a small difference."""
    near = (cosine > 0) & (sine < 0.25 * cosine)
    t = np.divide(sine, cosine, out=np.zeros_like(sine), where=near)
    series = np.zeros_like(t)
    for k in range(17, 0, -1):
        series = series * -(t * t) + t.dtype.type(1) / (2 * k + 1)
    return np.where(near, sine * t * t * series, sine - np.arctan2(sine, cosine) * cosine)


@dataclass(frozen=True)
class CubicKernel(Kernel):
    """Constant ζ: the cubic polyharmonic spline, G = value |r|³ E|v_1|³ / 12 for v uniform on the unit sphere.

    ``value`` is ζ(c) averaged over the directions, so that one input gives back ConstantZeta(value). K is infinite.
    """

    value: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", check_positive("value", self.value))

    def reduced(self, x: FloatArray, z: FloatArray) -> FloatArray:
        """Return G(x_i, z_j)."""
        d, square = x.shape[1], np.zeros((x.shape[0], z.shape[0]), dtype=x.dtype)
        for a, b in zip(x.T, z.T, strict=True):
            square += (a[:, None] - b) ** 2
        mean = math.exp(math.lgamma(d / 2) - math.lgamma((d + 3) / 2)) / math.sqrt(math.pi)
        return np.asarray(square * np.sqrt(square) * (self.value * mean / 12))

    def full(self, x: FloatArray, z: FloatArray) -> FloatArray:
        """Raise OptionError."""
        raise OptionError("Constant zeta on all of space has no kernel of its own: E[W²] is infinite. Use the reduced kernel.")

    @property
    def note(self) -> str:
        """How the expectation is computed."""
        return "The kernel is the cubic polyharmonic spline, in closed form."


@dataclass(frozen=True, eq=False)
class RidgeKernel(Kernel):
    """Directions V independent of C, ζ(V, c) = ζ(c): the mean of the kernel on a line over given directions.

    Parameters
    ----------
    zeta : ζ(c), a :class:`Zeta` or a function
    directions : (q, d), unit rows; by default the one direction of a line
    weights : (q,), that sum to 1; by default equal
    """

    zeta: Zeta
    directions: FloatArray | None = None
    weights: FloatArray | None = None

    def __post_init__(self) -> None:
        rows = np.ones((1, 1)) if self.directions is None else as_floats(self.directions, "directions", np.shape(self.directions))
        if rows.ndim != 2 or 0 in rows.shape or np.abs((rows**2).sum(axis=1) - 1).max() > 1e-12:
            raise DataError("directions must be unit rows of an array with two dimensions.")
        equal = np.full(rows.shape[0], 1 / rows.shape[0])
        weights = equal if self.weights is None else as_floats(self.weights, "weights", (rows.shape[0],))
        for name, value in (("zeta", as_zeta(self.zeta)), ("directions", frozen(rows)), ("weights", frozen(weights))):
            object.__setattr__(self, name, value)

    @classmethod
    def in_plane(cls, zeta: Zeta | Callable[[FloatArray], npt.ArrayLike], count: int = 720) -> RidgeKernel:
        """Return the quadrature with ``count`` equally spaced directions of the half circle, for d = 2."""
        angles = (np.arange(count) + 0.5) * (np.pi / count)
        return cls(as_zeta(zeta), np.column_stack([np.cos(angles), np.sin(angles)]))

    @classmethod
    def sampled(cls, zeta: Zeta | Callable[[FloatArray], npt.ArrayLike], inputs: int, count: int, seed: int) -> RidgeKernel:
        """Return the mean over ``count`` random directions."""
        rows = np.random.default_rng(seed).normal(size=(count, inputs))
        return cls(as_zeta(zeta), rows / np.sqrt((rows**2).sum(axis=1, keepdims=True)))

    @property
    def inputs(self) -> int:
        """How many inputs it takes."""
        assert self.directions is not None
        return int(self.directions.shape[1])

    def reduced(self, x: FloatArray, z: FloatArray) -> FloatArray:
        """Return G(x_i, z_j)."""
        assert self.directions is not None
        assert self.weights is not None
        total = np.zeros((x.shape[0], z.shape[0]))
        for row, weight in zip(self.directions, self.weights, strict=True):
            total += weight * line_kernel(self.zeta, x @ row, z @ row)
        return total

    def full(self, x: FloatArray, z: FloatArray) -> FloatArray:
        """Return K(x_i, z_j) of an initialisation with (W, B) and (-W, -B) equally likely."""
        assert self.directions is not None
        assert self.weights is not None
        of_w, of_wb, of_b = second_moments(self.zeta)
        a, b, w = x @ self.directions.T, z @ self.directions.T, self.weights
        affine = of_w * ((a * w) @ b.T) + of_wb * ((a @ w)[:, None] + b @ w) + of_b * w.sum()
        return np.asarray(self.reduced(x, z) + affine / 2)

    @property
    def note(self) -> str:
        """How the expectation is computed."""
        assert self.directions is not None
        q, d = self.directions.shape
        return "The kernel is that of a line." if d == 1 else f"The kernel is a mean over {q} directions, not a closed form."


@dataclass(frozen=True, eq=False)
class FeatureKernel(Kernel):
    """Finitely many hidden units: sampled ones, or a quadrature of the distribution of (W, B).

    With equal weights this is the kernel of one finite network.

    Parameters
    ----------
    W : (N, d), hidden weights
    b : (N,), hidden biases
    weights : (N,) positive; by default 1/N
    """

    W: FloatArray
    b: FloatArray
    weights: FloatArray | None = None

    def __post_init__(self) -> None:
        W, b = as_floats(self.W, "W", np.shape(self.W)), as_floats(self.b, "b")
        if W.ndim != 2 or W.shape[0] != b.size or 0 in W.shape:
            raise DataError(f"W must have one row and b one number for each hidden unit, not shapes {W.shape} and {b.shape}.")
        weights = np.full(b.size, 1 / b.size) if self.weights is None else as_floats(self.weights, "weights", b.shape)
        if not weights.min() > 0:
            raise DataError("weights must be positive.")
        for name, value in (("W", W), ("b", b), ("weights", weights)):
            object.__setattr__(self, name, frozen(value))

    @property
    def inputs(self) -> int:
        """How many inputs it takes."""
        return int(self.W.shape[1])

    def _activations(self, x: FloatArray) -> FloatArray:
        return np.asarray(x, dtype=np.float64) @ self.W.T + self.b

    def reduced(self, x: FloatArray, z: FloatArray) -> FloatArray:
        """Return G(x_i, z_j): u₊ v₋ + u₋ v₊ in place of max(0, -u v), positive terms only."""
        total = np.zeros((x.shape[0], z.shape[0]))
        assert self.weights is not None
        for part in chunks(z.shape[0], max(1, (1 << 22) // self.b.size)):
            u, v = self._activations(x), self._activations(z[part])
            above, below = np.maximum(u, 0) * self.weights, np.maximum(-u, 0) * self.weights
            total[:, part] = above @ np.maximum(-v, 0).T + below @ np.maximum(v, 0).T
        return total / 2

    def full(self, x: FloatArray, z: FloatArray) -> FloatArray:
        """Return K(x_i, z_j)."""
        return np.asarray((np.maximum(self._activations(x), 0) * self.weights) @ np.maximum(self._activations(z), 0).T)

    @property
    def note(self) -> str:
        """How the expectation is computed."""
        return f"The kernel is a sum over {self.b.size} hidden units, not a closed form."


def line_kernel(zeta: Zeta | Callable[[FloatArray], npt.ArrayLike], x: Any, z: Any) -> FloatArray:
    """Return G(x_i, z_j) = ½ ∫ ζ(c) (c - x)(z - c) dc over [x, z] on a line, (n,) and (p,) to (n, p)."""
    a, b = np.asarray(x, dtype=np.float64)[:, None], np.asarray(z, dtype=np.float64)
    lo, hi = np.minimum(a, b).ravel(), np.maximum(a, b).ravel()
    apart, found = hi > lo, np.zeros(lo.size)
    lo, hi = lo[apart], hi[apart]
    found[apart] = (hi - lo) ** 2 / 2 * as_zeta(zeta).moments(lo, hi).cross
    return found.reshape(a.size, b.size)


def second_moments(zeta: Zeta) -> tuple[float, float, float]:
    """Return E[W²], E[W B] and E[B²] of an initialisation with this ζ: ∫ ζ, -∫ c ζ and ∫ c² ζ.

    Raises
    ------
    OptionError
        If they are infinite: for constant ζ.
    """
    match zeta:
        case ConstantZeta():
            raise OptionError("Constant zeta on all of the line has no kernel of its own: E[W²] is infinite. Use the reduced kernel.")
        case GaussianZeta():
            return float(zeta.sigma_w) ** 2, 0.0, float(zeta.sigma_b) ** 2
        case BinaryUniformZeta():
            return 1.0, 0.0, zeta.a_b**2 / 3
        case UniformZeta():
            return zeta.a_w**2 / 3, 0.0, zeta.a_b**2 / 3

    def powers(u: FloatArray, owner: IntArray) -> FloatArray:
        inside = np.minimum(u, 1 - 1e-12)
        c = inside / (1 - inside)
        right, left = (zeta(c) / (1 - inside) ** 2, zeta(-c) / (1 - inside) ** 2)
        return np.stack([right + left, c * (left - right), c * c * (right + left)])

    of_w, of_wb, of_b = quadrature.integrate(powers, 1)[:, 0]
    return float(of_w), float(of_wb), float(of_b)
