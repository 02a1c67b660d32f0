"""From an initialisation of (W, B) to ζ by quadrature (Proposition 7), and from ζ to an initialisation (Proposition 8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError, OptionError
from implicit_bias.numerics import quadrature
from implicit_bias.numerics.arrays import FloatArray, IntArray
from implicit_bias.numerics.checks import check_positive
from implicit_bias.zetas.function import FunctionZeta, as_zeta
from implicit_bias.zetas.zeta import Zeta


def DensityZeta(  # noqa: N802  (a constructor, named like the class of what it returns)
    density: Callable[[FloatArray, FloatArray], npt.ArrayLike], scale_w: float = 1.0, scale_b: float = 1.0
) -> FunctionZeta:
    """Return ζ(x) = ∫ |W|³ p(W, -W x) dW for a joint density of (W, B), by quadrature (Proposition 7).

    The line through the origin on which W and B = -W x lie is measured in multiples r of the two scales, so that
    the integrand is equally wide for every x: ζ(x) = (σ_w cos φ)⁴ ∫ |r|³ p dr, tan φ = x σ_w/σ_b.

    Parameters
    ----------
    density : p(w, b), for arrays of equal shape
    scale_w, scale_b : typical sizes of W and B
    """
    check_positive("scale_w", scale_w)
    check_positive("scale_b", scale_b)

    def zeta(x: FloatArray) -> FloatArray:
        flat = np.ravel(x)
        w_unit = scale_w / np.hypot(1.0, flat * (scale_w / scale_b))

        def along(z: FloatArray, owner: IntArray) -> FloatArray:
            z = np.minimum(z, 1 - 1e-12)
            r = z / (1 - z)
            w = r * w_unit[owner]
            b = w * flat[owner]
            both = np.asarray(density(w, -b), dtype=np.float64) + np.asarray(density(-w, b), dtype=np.float64)
            return np.asarray(r**3 * both / (1 - z) ** 2)[None]

        return np.asarray(quadrature.integrate(along, flat.size)[0] * w_unit**4).reshape(np.shape(x))

    return FunctionZeta(zeta)


_CELLS = 1024
_STEPS = 60
_EXACT = 1e-9
"""When to stop inverting, as a fraction of a cell."""
_END = 1e-9
"""How far from the ends of an infinite range the kinks stop, as a probability of a Cauchy variable."""


@dataclass(frozen=True)
class Initialization:
    """An initialisation whose curvature penalty is 1/ζ on an interval (Proposition 8).

    The kinks C = -B/W have the density ζ/Z on [lo, hi], where Z = ∫ ζ, and W = ±√Z with equal probabilities, independently
    of C: then E[W² | C = x] p_C(x) = ζ(x). For a penalty ρ of your own take ζ = 1/ρ.

    Parameters
    ----------
    zeta : Zeta or a function
    lo, hi : the interval; infinite ends need ζ to be integrable
    """

    zeta: Zeta
    lo: float = -np.inf
    hi: float = np.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "zeta", as_zeta(self.zeta))
        if not self.lo < self.hi:
            raise OptionError(f"lo must be less than hi, not {self.lo!r} and {self.hi!r}.")
        if not (np.isfinite(self.mass) and self.mass > 0):
            raise DataError(f"The integral of zeta over [{self.lo:.6g}, {self.hi:.6g}] is {self.mass:.6g}; it must be positive and finite.")

    @cached_property
    def mass(self) -> float:
        """The mass Z = ∫ ζ, the variance of W."""
        return float(self._cumulative[-1])

    def kink_density(self, c: npt.ArrayLike) -> FloatArray:
        """Return the density ζ/Z of the kinks."""
        at = np.asarray(c, dtype=np.float64)
        return np.where((at >= self.lo) & (at <= self.hi), self.zeta(at) / self.mass, 0.0)

    def sample(self, rng: np.random.Generator, size: int) -> tuple[FloatArray, FloatArray]:
        """Draw ``size`` pairs; returns the arrays (W, B)."""
        kinks = self._quantile(rng.random(size))
        weights = np.sqrt(self.mass) * rng.choice([-1.0, 1.0], size)
        return weights, -weights * kinks

    def _place(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Map [0, 1] to the interval; returns places and the derivative."""
        if np.isfinite(self.lo) and np.isfinite(self.hi):
            return self.lo + (self.hi - self.lo) * z, np.full(z.shape, self.hi - self.lo)
        low, high = (np.arctan(end) / np.pi + 0.5 for end in (self.lo, self.hi))
        angle = np.pi * (np.clip(low + (high - low) * z, _END, 1 - _END) - 0.5)
        return np.tan(angle), (high - low) * np.pi / np.cos(angle) ** 2

    def _mapped(self, z: FloatArray) -> FloatArray:
        places, stretch = self._place(z)
        return np.asarray(self.zeta(places) * stretch)

    @cached_property
    def _cumulative(self) -> FloatArray:
        """Integrals of ζ up to the ends of equal cells of [0, 1]."""
        masses = quadrature.integrate(lambda u, cell: self._mapped((cell + u) / _CELLS)[None] / _CELLS, _CELLS)[0]
        return np.concatenate(([0.0], np.cumsum(masses)))

    def _quantile(self, probability: FloatArray) -> FloatArray:
        """Invert the distribution of the kinks: Newton's steps within a cell, halving it where they lead outside."""
        target = probability * self.mass
        cell = np.clip(np.searchsorted(self._cumulative, target, side="right") - 1, 0, _CELLS - 1)
        start = cell / _CELLS
        target = target - self._cumulative[cell]
        low, high = np.zeros(cell.size), np.full(cell.size, 1 / _CELLS)
        step = high / 2
        points, weights = quadrature.gauss_lobatto()
        for _ in range(_STEPS):
            excess = (self._mapped(start[:, None] + step[:, None] * points) @ weights) * step - target
            low, high = np.where(excess < 0, step, low), np.where(excess < 0, high, step)
            with np.errstate(divide="ignore", invalid="ignore"):
                tried = step - excess / self._mapped(start + step)
            moved = np.where((tried >= low) & (tried <= high), tried, (low + high) / 2)
            if np.max(np.abs(moved - step), initial=0.0) < _EXACT / _CELLS:
                break
            step = moved
        return self._place(start + step)[0]
