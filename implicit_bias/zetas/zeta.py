"""ζ, the inverse curvature penalty that an initialisation of (W, B) implies, and its moments against hat functions.

ζ(x) = E[W² | C = x] p_C(x) = ∫ |W|³ p_{W,B}(W, -W x) dW with C = -B/W (Jin and Montúfar, Proposition 7). Everything
that a spline needs of ζ are three moments over intervals [a, b], with the hats R = (t - a)/(b - a) and L = 1 - R:

    LL = ∫ ζ L² dt      LR = ∫ ζ L R dt      RR = ∫ ζ R² dt.

For the initialisations of Theorem 9 they have closed forms that do not cancel: t ↦ 1/t turns ∫ (t-a)² t⁻⁴ dt into a cube,
and t = s tan θ turns ∫ (t-a)² (s²+t²)⁻² dt into that of a squared sine.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import OptionError
from implicit_bias.numerics.arrays import FloatArray, chunks
from implicit_bias.numerics.checks import check_positive

CHUNK = 1 << 14
"""How many intervals are handled at once: temporaries stay in the processor's cache."""


class Moments(NamedTuple):
    """∫ ζ L², ∫ ζ L R and ∫ ζ R² over intervals; each has the intervals' shape."""

    left: FloatArray
    cross: FloatArray
    right: FloatArray


class Zeta(ABC):
    """An inverse curvature penalty: callable, smooth between its breakpoints, with moments of relative accuracy 1e-12.

    ``piecewise_constant`` says whether it is constant between breakpoints, so that splines are polynomials there; ``name`` is the word
    for it in tables and JSON.
    """

    name: ClassVar[str] = "function"
    piecewise_constant: ClassVar[bool] = False

    @abstractmethod
    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return ζ(x), at least 0, in the shape of x."""

    @property
    def breakpoints(self) -> FloatArray:
        """Where it is not smooth, increasing."""
        return np.empty(0)

    @abstractmethod
    def _smooth_moments(self, a: FloatArray, b: FloatArray) -> Moments:
        """Return the moments over intervals without a breakpoint inside."""

    def moments(self, a: FloatArray, b: FloatArray) -> Moments:
        """Return the moments over intervals [a_i, b_i], a ≤ b, shape (n,), in O(n)."""
        if a.size <= CHUNK:
            return self._chunk_moments(a, b)
        found = Moments(np.empty(a.size), np.empty(a.size), np.empty(a.size))
        for part in chunks(a.size, CHUNK):
            for whole, piece in zip(found, self._chunk_moments(a[part], b[part]), strict=True):
                whole[part] = piece
        return found

    def _chunk_moments(self, a: FloatArray, b: FloatArray) -> Moments:
        pieces = self._smooth_moments(a, b)
        breaks = self.breakpoints
        if not breaks.size or not ((breaks > a.min(initial=np.inf)) & (breaks < b.max(initial=-np.inf))).any():
            return pieces
        cut = np.searchsorted(breaks, a, "right") < np.searchsorted(breaks, b, "left")
        if cut.any():
            for whole, mended in zip(pieces, self._cut_moments(a[cut], b[cut]), strict=True):
                whole[cut] = mended
        return pieces

    def _cut_moments(self, a: FloatArray, b: FloatArray) -> Moments:
        """Return the moments over intervals with breakpoints inside: sums over pieces, of nothing but positive terms."""
        edges = np.concatenate([[-np.inf], self.breakpoints, [np.inf]])
        total = [np.zeros(a.size) for _ in range(3)]
        for first, last in pairwise(edges):
            lo, hi = np.clip(first, a, b), np.clip(last, a, b)
            piece = self._smooth_moments(lo, hi)
            # the hats of [a, b] in terms of those of [lo, hi]
            hats = [((b - lo) / (b - a), (b - hi) / (b - a)), ((lo - a) / (b - a), (hi - a) / (b - a))]
            for k, ((p, q), (r, s)) in enumerate([(hats[0], hats[0]), (hats[0], hats[1]), (hats[1], hats[1])]):
                total[k] += p * r * piece.left + (p * s + q * r) * piece.cross + q * s * piece.right
        return Moments(*total)


@dataclass(frozen=True)
class ConstantZeta(Zeta):
    """ζ = value everywhere: natural cubic splines."""

    name: ClassVar[str] = "constant"
    value: float = 1.0
    piecewise_constant: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", check_positive("value", self.value))

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return ζ(x)."""
        return np.full(np.shape(x), float(self.value))

    def _smooth_moments(self, a: FloatArray, b: FloatArray) -> Moments:
        cross = (b - a) * (self.value / 6)
        return Moments(2 * cross, cross, 2 * cross)


@dataclass(frozen=True)
class GaussianZeta(Zeta):
    """W ~ N(0, σ_w²), B ~ N(0, σ_b²), independent: ζ(x) = 2 σ_w³ σ_b³ / (π (σ_b² + x² σ_w²)²) (Theorem 9a).

    The factor 2 is missing in some copies of the paper.
    """

    name: ClassVar[str] = "gaussian"
    sigma_w: float
    sigma_b: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma_w", check_positive("sigma_w", self.sigma_w))
        object.__setattr__(self, "sigma_b", check_positive("sigma_b", self.sigma_b))
        _check_size(np.float64(self.sigma_b) / self.sigma_w, lambda s: s**3 * np.float64(self.sigma_w) ** 2, lambda s: s**4)

    @property
    def scale(self) -> float:
        """σ_b / σ_w: where ζ bends, and the scale of the Cauchy distribution of the kinks."""
        return self.sigma_b / self.sigma_w

    @property
    def _factor(self) -> float:
        """ζ(x) is this over (s² + x²)²."""
        return 2 * self.scale**3 * self.sigma_w**2 / np.pi

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return ζ(x)."""
        with np.errstate(over="ignore"):  # far away it is 0
            return np.asarray(self._factor / (self.scale**2 + np.square(np.asarray(x, dtype=np.float64))) ** 2)

    def _smooth_moments(self, a: FloatArray, b: FloatArray) -> Moments:
        # with v = s² + a b and Δ the angle from a to b seen from the pole i s: s (b - a) = R sin Δ and v = R cos Δ, hence
        # RR = K (s² + a²) (Δ - sin Δ cos Δ)/2 and LR = K R (sin Δ - Δ cos Δ)/2, where K = factor / (s³ (b - a)²)
        s = self.scale
        width, v = b - a, s * s + a * b
        at_a, at_b = s * s + a * a, s * s + b * b
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            tangent = s * width / v
            close = not a.size or (v.min() > 0 and tangent.max() < _SERIES)
            wide = np.zeros(0, dtype=bool) if close else ~((v > 0) & (tangent < _SERIES))
            squared, mixed = _sine_series(tangent * tangent if close else np.where(wide, 0.0, tangent * tangent))
            common = self._factor * width / (v * v)
            squared *= common / v
            mixed *= common
            left, right = at_b * squared, at_a * squared
        if not close:
            at_a, at_b, v, width = at_a[wide], at_b[wide], v[wide], width[wide]
            angle, weight = np.arctan2(s * width, v), self._factor / (2 * s**3 * width * width)
            left[wide] = weight * (at_b * angle - s * width * v / at_a)
            right[wide] = weight * (at_a * angle - s * width * v / at_b)
            mixed[wide] = weight * (s * width - angle * v)
        return Moments(left, mixed, right)


_SERIES = 0.25
"""Tangents below this go through the power series, which does not cancel; above it the closed form loses two digits."""


def _sine_series(square: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (Δ - sin Δ cos Δ)/(2 t³) and (t - Δ)/(2 t³) at t² = tan² Δ ≤ 1/16, to the last bit or two."""
    largest = float(square.max(initial=0.0))
    last = 1 if largest == 0 else min(15, 1 + int(np.log(1e-17) / np.log(largest)))
    squared, mixed = np.full_like(square, _term(last, last)), np.full_like(square, _term(last, 0.5))
    for k in range(last - 1, 0, -1):
        squared *= square
        squared += _term(k, k)
        mixed *= square
        mixed += _term(k, 0.5)
    return squared, mixed


def _term(k: int, weight: float) -> float:
    """Return weight/(2k+1) with the sign of the k-th term."""
    return (weight if k % 2 else -weight) / (2 * k + 1)


@dataclass(frozen=True)
class BinaryUniformZeta(Zeta):
    """W = ±1, B ~ U(-a_b, a_b), independent: ζ = 1/(2 a_b) on [-a_b, a_b] and 0 outside (Theorem 9b)."""

    name: ClassVar[str] = "binary-uniform"
    a_b: float
    piecewise_constant: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "a_b", check_positive("a_b", self.a_b))
        _check_size(np.float64(self.a_b), lambda a: 0.5 / a)

    @property
    def breakpoints(self) -> FloatArray:
        """±a_b."""
        return np.array([-self.a_b, self.a_b], dtype=np.float64)

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return ζ(x)."""
        return np.where(np.abs(np.asarray(x, dtype=np.float64)) <= self.a_b, 0.5 / self.a_b, 0.0)

    def _smooth_moments(self, a: FloatArray, b: FloatArray) -> Moments:
        cross = self((a + b) / 2) * (b - a) / 6
        return Moments(2 * cross, cross, 2 * cross)


@dataclass(frozen=True)
class UniformZeta(Zeta):
    """W ~ U(-a_w, a_w), B ~ U(-a_b, a_b), independent: ζ(x) = m⁴ / (8 a_w a_b), m = min(a_w, a_b/|x|) (Theorem 9c).

    It is constant for |x| ≤ a_b/a_w and falls like x⁻⁴ beyond.
    """

    name: ClassVar[str] = "uniform"
    a_w: float
    a_b: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "a_w", check_positive("a_w", self.a_w))
        object.__setattr__(self, "a_b", check_positive("a_b", self.a_b))
        _check_size(np.float64(self.a_w), lambda a: a**3, lambda a: a**3 / self.a_b, lambda a: self.a_b / a)

    @property
    def breakpoints(self) -> FloatArray:
        """±a_b/a_w."""
        return np.array([-self.a_b / self.a_w, self.a_b / self.a_w])

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return ζ(x)."""
        edge = self.a_b / self.a_w
        return np.asarray(self._inside * (edge / np.maximum(np.abs(np.asarray(x, dtype=np.float64)), edge)) ** 4)

    @property
    def _inside(self) -> float:
        return self.a_w**3 / (8 * self.a_b)

    def _smooth_moments(self, a: FloatArray, b: FloatArray) -> Moments:
        edge = self.a_b / self.a_w
        cross = (b - a) * (self._inside / 6)
        far = np.abs(a + b) >= 2 * edge
        if not far.any():
            return Moments(2 * cross, cross, 2 * cross)
        p, q = edge / np.where(far & (a != 0), a, edge), edge / np.where(far & (b != 0), b, edge)  # 0 only if it will be cut
        cross = cross * p * q
        return Moments(2 * cross * p * p, cross * p * q, 2 * cross * q * q)


def _check_size(start: np.float64, *sizes: Callable[[np.float64], Any]) -> None:
    """Raise :class:`OptionError` if anything that ζ is made of leaves float64."""
    with np.errstate(all="ignore"):
        found = [float(size(start)) for size in sizes]
    if not all(0 < size < np.inf for size in found):
        raise OptionError("zeta with these parameters is beyond float64: rescale x, or the parameters.")


@dataclass(frozen=True)
class _ShiftedZeta(Zeta):
    """ζ(x + origin)."""

    zeta: Zeta
    origin: float

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return ζ(x + origin)."""
        return self.zeta(np.asarray(x, dtype=np.float64) + self.origin)

    @property
    def breakpoints(self) -> FloatArray:
        """Where it is not smooth, increasing."""
        return self.zeta.breakpoints - self.origin

    def _smooth_moments(self, a: FloatArray, b: FloatArray) -> Moments:
        return self.zeta._smooth_moments(a + self.origin, b + self.origin)


def shifted(zeta: Zeta, origin: float) -> Zeta:
    """Return x ↦ ζ(x + origin), ζ itself for an origin of 0."""
    return _ShiftedZeta(zeta, origin) if origin else zeta
