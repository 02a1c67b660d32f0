"""Any function as ζ: values are checked, and moments come from quadrature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError, OptionError
from implicit_bias.numerics import quadrature
from implicit_bias.numerics.arrays import FloatArray, IntArray
from implicit_bias.zetas.zeta import Moments, Zeta


@dataclass(frozen=True)
class FunctionZeta(Zeta):
    """Any function as ζ.

    Parameters
    ----------
    function : maps an array to an array of its shape, finite and at least 0
    breaks : places where it is not smooth; optional, they only save time
    """

    function: Callable[[FloatArray], npt.ArrayLike]
    breaks: tuple[float, ...] = ()

    @property
    def breakpoints(self) -> FloatArray:
        """The breaks, increasing."""
        return np.unique(np.asarray(self.breaks, dtype=np.float64))

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return ζ(x); raises :class:`DataError` where it is negative or not finite."""
        at = np.asarray(x, dtype=np.float64)
        return _checked(quadrature.elementwise(self.function, at, "zeta"), at, at, at)

    def _smooth_moments(self, a: FloatArray, b: FloatArray) -> Moments:
        def weighted(u: FloatArray, owner: IntArray) -> FloatArray:
            lo, hi = a[owner], b[owner]
            at = lo + (hi - lo) * u
            values = _checked(quadrature.elementwise(self.function, at, "zeta"), at, lo, hi) * (hi - lo)
            return np.stack([values * (1 - u) ** 2, values * (u * (1 - u)), values * u**2])

        return Moments(*quadrature.integrate(weighted, a.size))


def as_zeta(zeta: Any) -> Zeta:
    """Return a Zeta as it is, and any other callable as a :class:`FunctionZeta`."""
    if isinstance(zeta, Zeta):
        return zeta
    if not callable(zeta):
        raise OptionError(f"zeta must be ConstantZeta(), another Zeta, or a function of x, not {type(zeta).__name__}.")
    return FunctionZeta(zeta)


def _checked(values: FloatArray, at: FloatArray, lo: FloatArray, hi: FloatArray) -> FloatArray:
    """Refuse values that are negative or not finite, naming the interval."""
    low, high = values.min(initial=0.0), values.max(initial=0.0)
    if low >= 0 and np.isfinite(high):
        return values
    bad = int(np.argmax(~(np.isfinite(values) & (values >= 0))))
    value, place, first, last = (float(np.broadcast_to(part, values.shape).flat[bad]) for part in (values, at, lo, hi))
    where = "" if first == last else f", in the gap from {first:.6g} to {last:.6g}"
    raise DataError(f"zeta is {value:.6g} at x = {place:.6g}{where}; it must be finite and at least 0.")
