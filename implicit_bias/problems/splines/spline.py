"""The answer: a spline with g'' = ζ ℓ, ℓ piecewise linear, evaluated in any gap from values and ℓ at its two ends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError, OptionError
from implicit_bias.numerics import quadrature
from implicit_bias.numerics.arrays import FloatArray, IntArray, as_floats, chunks, frozen
from implicit_bias.problems.splines.gaps import Gaps
from implicit_bias.zetas.zeta import Zeta

if TYPE_CHECKING:
    from scipy.interpolate import PPoly


@dataclass(frozen=True, eq=False)
class Spline:
    """A function g with given values at its knots and g'' = ζ ℓ between them, linear beyond them and where ζ = 0.

    On a gap [a, b] with u = (x - a)/(b - a), p = 1 - u and F₁ = ∫_a^x ζ ℓ (t-a)/(x-a) dt, F₂ = ∫_x^b ζ ℓ (b-t)/(b-x) dt,

        g = p g(a) + u g(b) - (b-a) p u (F₁ + F₂),    g' = (g(b) - g(a))/(b-a) + u F₁ - p F₂,    g'' = ζ ℓ:

    positive multiples of integrals of ζ ℓ, which cancel nowhere unless ℓ changes sign.

    Parameters
    ----------
    knots : (n,) increasing, n ≥ 2
    values : (n,) g at the knots
    bending : (n,) ℓ = g''/ζ at the knots, 0 at both ends
    zeta : Zeta
    """

    knots: FloatArray
    values: FloatArray
    bending: FloatArray
    zeta: Zeta

    if TYPE_CHECKING:  # arrays come in as anything that NumPy takes

        def __init__(self, knots: npt.ArrayLike, values: npt.ArrayLike, bending: npt.ArrayLike, zeta: Zeta) -> None: ...

    def __post_init__(self) -> None:
        knots = frozen(as_floats(self.knots, "knots"))
        if knots.size < 2 or not (knots[1:] > knots[:-1]).all():
            raise DataError("knots must be at least two, and increase.")
        object.__setattr__(self, "knots", knots)
        for name in ("values", "bending"):
            object.__setattr__(self, name, frozen(as_floats(getattr(self, name), name, knots.shape)))
        if self.bending[0] != 0 or self.bending[-1] != 0:
            raise DataError("bending must be 0 at the first and the last knot, where the spline becomes a line.")

    @cached_property
    def energy(self) -> float:
        """∫ (g'')²/ζ."""
        return Gaps.of(self.knots, self.zeta).energy(self.bending)

    @cached_property
    def second_derivatives(self) -> FloatArray:
        """The values of g'' at the knots."""
        return self(self.knots, 2)

    def __call__(self, x: npt.ArrayLike, nu: int = 0) -> FloatArray:
        """Return the derivative of order ``nu`` = 0, 1 or 2 at x, of any shape."""
        if nu not in (0, 1, 2):
            raise OptionError(f"nu must be 0, 1 or 2, not {nu!r}; ppoly() has all derivatives where zeta is piecewise constant.")
        at = np.asarray(x, dtype=np.float64)
        flat, found = at.ravel(), np.empty(at.size)
        for part in chunks(flat.size):
            found[part] = self._at(flat[part], nu)
        return found.reshape(at.shape)

    def derivative(self, nu: int = 1) -> SplineDerivative:
        """Return the derivative of order 1 or 2 as a function."""
        return SplineDerivative(self, nu)

    def integrate(self, a: float, b: float) -> float:
        """Return ∫_a^b g(x) dx."""
        if b < a:
            return -self.integrate(b, a)
        nodes = np.concatenate([[a], self.knots[(self.knots > a) & (self.knots < b)], [b]])
        values, bending = self(nodes), self._bending_at(nodes)
        widths = np.diff(nodes)
        first, second = self._sagging_moments(nodes)
        # ∫ over a gap: the trapezoid, less ½ ∫ (t-a)(b-t) g'' dt
        return float(np.sum(widths * (0.5 * (values[:-1] + values[1:])) - 0.5 * widths**2 * (first * bending[:-1] + second * bending[1:])))

    def ppoly(self) -> PPoly:
        """Return the same function as SciPy's piecewise polynomial, with a linear piece beyond either end.

        Raises
        ------
        OptionError
            If ζ is not piecewise constant: the spline is no polynomial then.
        """
        from scipy.interpolate import PPoly

        if not self.zeta.piecewise_constant:
            raise OptionError(f"With {type(self.zeta).__name__} the spline is not a piecewise polynomial; call it as it is.")
        first, last = self.knots[0], self.knots[-1]
        breaks = self.zeta.breakpoints
        inner = np.union1d(self.knots, breaks[(breaks > first) & (breaks < last)])
        x = np.concatenate([[2 * first - last], inner, [2 * last - first]])
        widths, values, bending = np.diff(x), self(x), self._bending_at(x)
        curvature = self.zeta((x[:-1] + x[1:]) / 2)
        rise = curvature * np.diff(bending) / widths
        bend = curvature * bending[:-1]
        slopes = np.diff(values) / widths - widths * (bend / 2 + widths * rise / 6)
        return PPoly(np.stack([rise / 6, bend / 2, slopes, values[:-1]]), x)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and numbers."""
        return {
            "knots": self.knots.tolist(),
            "values": self.values.tolist(),
            "second_derivatives": self.second_derivatives.tolist(),
            "energy": self.energy,
        }

    def to_json(self) -> str:
        """Return :meth:`to_dict` as a JSON text."""
        return json.dumps(self.to_dict(), allow_nan=False)

    def _gaps(self, x: FloatArray) -> tuple[IntArray, slice]:
        """Return the number of each place's gap, counted from the first knot of a slice, and that slice of knots around them."""
        # among increasing places NumPy is faster to interpolate than to search; the interpolated number may round up to the
        # next knot. Only the knots around are shown to it, because it copies what is read-only
        start, stop = np.searchsorted(self.knots, (x.min(initial=np.inf), x.max(initial=-np.inf)), side="right")
        around = slice(max(0, min(int(start), self.knots.size - 1) - 1), min(int(stop) + 1, self.knots.size))
        knots = self.knots[around]
        gap = np.interp(x, knots, np.arange(float(knots.size))).astype(np.int64)
        if gap.max() > knots.size - 2:
            np.minimum(gap, knots.size - 2, out=gap)
        early = knots[gap] > x
        if early.any():
            gap[early] -= 1
        return gap, around

    def _bending_at(self, x: FloatArray) -> FloatArray:
        return np.asarray(np.interp(x, self.knots, self.bending), dtype=np.float64)

    def _at(self, x: FloatArray, nu: int) -> FloatArray:
        first_knot, last_knot = self.knots[0], self.knots[-1]
        outside = not (x.min(initial=np.inf) >= first_knot and x.max(initial=-np.inf) <= last_knot)
        at = np.fmin(np.fmax(x, first_knot), last_knot) if outside else x
        gap, around = self._gaps(at)
        after_gap = gap + 1
        knots, bending, values = self.knots[around], self.bending[around], self.values[around]
        a, b, at_a, at_b = knots[gap], knots[after_gap], bending[gap], bending[after_gap]
        width = b - a
        u, p = (at - a) / width, (b - at) / width
        here = p * at_a + u * at_b
        if nu == 2:
            return self.zeta(at) * here if not outside else np.where(at == x, self.zeta(at) * here, 0 * x)
        before, after = self.zeta.moments(a, at), self.zeta.moments(at, b)
        first, second = before.right * here + before.cross * at_a, after.left * here + after.cross * at_b
        from_a, to_b = values[gap], values[after_gap]
        if nu == 1:
            slope = np.asarray((to_b - from_a) / width + u * first - p * second)
            return np.where(np.isnan(x), x, slope) if outside else slope
        found = p * from_a + u * to_b - width * p * u * (first + second)
        if outside:
            beyond = at != x
            found[beyond] += (x - at)[beyond] * self._at(at[beyond], 1)
        return np.asarray(found)

    def _sagging_moments(self, nodes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return ∫ ζ L² R and ∫ ζ L R² over the gaps of some nodes."""
        a, widths = nodes[:-1], np.diff(nodes)

        def weighted(u: FloatArray, owner: IntArray) -> FloatArray:
            values = self.zeta(a[owner] + widths[owner] * u) * (u * (1 - u) * widths[owner])
            return np.stack([values * (1 - u), values * u])

        first, second = quadrature.integrate(weighted, a.size)
        return first, second


@dataclass(frozen=True, eq=False)
class SplineDerivative:
    """A derivative of a spline: callable, with the same derivative and integrate."""

    spline: Spline
    order: int

    def __post_init__(self) -> None:
        if self.order not in (1, 2):
            raise OptionError(f"The order of a derivative must be 1 or 2, not {self.order!r}.")

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return the derivative at x."""
        return self.spline(x, self.order)

    def derivative(self, nu: int = 1) -> SplineDerivative:
        """Return the derivative's derivative."""
        return SplineDerivative(self.spline, self.order + nu)

    def integrate(self, a: float, b: float) -> float:
        """Return the integral from a to b."""
        lower, upper = self.spline(np.array([a, b]), self.order - 1)
        return float(upper - lower)
