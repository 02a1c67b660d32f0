"""Sums that do not cancel: arithmetic on pairs (high, low) of float64, good to about 32 digits.

A number is represented by the unevaluated sum of two float64. Only what the judge needs is here: evaluating
a measure and a dual certificate at data points whose gaps are far below float64's reach of plain sums.

References
----------
T. J. Dekker, A floating-point technique for extending the available precision, Numer. Math. 18 (1971).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from implicit_bias.numerics.arrays import FloatArray, chunks

_SPLITTER = 2.0**27 + 1


@dataclass(frozen=True, slots=True)
class Pair:
    """Arrays that stand for ``high + low``, with |low| at most half a unit in the last place of high."""

    high: FloatArray
    low: FloatArray

    def __getitem__(self, index: Any) -> Pair:
        return Pair(self.high[index], self.low[index])


def of(high: FloatArray) -> Pair:
    """Lift float64 numbers."""
    high = np.asarray(high, dtype=np.float64)
    return Pair(high, np.zeros_like(high))


def two_sum(a: FloatArray, b: FloatArray) -> Pair:
    """Return a + b without error."""
    total = a + b
    part = total - a
    return Pair(total, (a - (total - part)) + (b - part))


def two_product(a: FloatArray, b: FloatArray) -> Pair:
    """Return a · b without error (magnitudes below 2^500)."""
    product = a * b
    a_big, b_big = _SPLITTER * a, _SPLITTER * b
    a_high, b_high = a_big - (a_big - a), b_big - (b_big - b)
    a_low, b_low = a - a_high, b - b_high
    return Pair(product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low)


def add(a: Pair, b: Pair) -> Pair:
    """Return a + b to about 2^-104."""
    head = two_sum(a.high, b.high)
    return _renormalize(head.high, head.low + (a.low + b.low))


def negate(a: Pair) -> Pair:
    """Return -a."""
    return Pair(-a.high, -a.low)


def scale(a: Pair, unit: float) -> Pair:
    """Return a times a power of two."""
    return Pair(a.high * unit, a.low * unit)


def multiply(a: Pair, b: Pair) -> Pair:
    """Return a · b to about 2^-104."""
    head = two_product(a.high, b.high)
    return _renormalize(head.high, head.low + (a.high * b.low + a.low * b.high))


def before(running: Pair, count: np.ndarray[Any, Any]) -> Pair:
    """Return the sums of the first ``count`` entries, for each count, given the running sums."""
    return Pair(np.concatenate(([0.0], running.high))[count], np.concatenate(([0.0], running.low))[count])


def cumulative(a: Pair) -> Pair:
    """Return the running sums along the first axis, in O(n).

    From every entry the leading bits on a common grid are taken, so coarse that float64 adds them up without error
    (S. M. Rump, T. Ogita, S. Oishi, Accurate floating-point summation, SIAM J. Sci. Comput. 31, 2008); what is left is added
    up plainly. The error is about 2^-100 n² of the largest entry.
    """
    leading, rest = _leading(a)
    return two_sum(np.cumsum(leading, axis=0), np.cumsum(rest, axis=0))


def total(a: Pair) -> Pair:
    """Return the sum of all entries, as a pair of arrays of length 1, as accurate as :func:`cumulative`."""
    leading, rest = _leading(a)
    return two_sum(leading.sum(keepdims=True), rest.sum(keepdims=True))


def moment(weights: FloatArray, x: FloatArray, origin: float) -> float:
    """Return Σ w_j (x_j - origin), computed as if in twice the precision."""
    result = of(np.zeros(1))
    for part in chunks(x.size):
        live = np.flatnonzero(weights[part])
        w = weights[part][live]
        distance = two_sum(x[part][live], np.full(1, -origin))
        product = two_product(w, distance.high)
        result = add(result, total(Pair(product.high, product.low + w * distance.low)))
    return float(result.high[0] + result.low[0])


def _leading(a: Pair) -> tuple[FloatArray, FloatArray]:
    """Split entries into multiples of a common power of two whose sums are exact in float64, and rests."""
    largest = max(a.high.max(initial=0.0), -a.high.min(initial=0.0))
    bits = int(np.ceil(np.log2(a.high.size + 2))) + 1
    anchor = 1.5 * np.ldexp(1.0, int(np.frexp(largest)[1]) + bits)
    leading = a.high + anchor
    leading -= anchor
    rest = a.high - leading
    rest += a.low
    return leading, rest


def differences(values: FloatArray) -> FloatArray:
    """Return np.diff(values), rounded so that its running sums stay within an ulp of its largest entry of the values.

    Rounding each difference on its own lets the error of the sums grow like sqrt(n).
    """
    out = np.diff(values)
    steady = Steady.for_size(out)
    for part in chunks(out.size):
        exact = two_sum(values[part.start + 1 : part.stop + 1], -values[part])
        out[part] = steady.rounded(exact.high, exact.low)
    return out


@dataclass
class Steady:
    """Rounds high + low to float64, part by part, so that running sums keep the low parts: whole ulps are passed on."""

    ulp: float
    lost: float = 0.0
    passed: float = 0.0

    @classmethod
    def for_size(cls, values: FloatArray) -> Steady:
        """Take the ulp of the largest entry."""
        largest = max(float(values.max(initial=0.0)), -float(values.min(initial=0.0)))
        return cls(float(np.spacing(largest)))

    def rounded(self, high: FloatArray, low: FloatArray) -> FloatArray:
        """Return the next part."""
        lost = np.cumsum(low)
        lost += self.lost
        self.lost = float(lost[-1])
        lost /= self.ulp
        np.rint(lost, out=lost)
        steps = np.diff(lost, prepend=self.passed)
        self.passed = float(lost[-1])
        steps *= self.ulp
        steps += high
        return steps


def _renormalize(high: FloatArray, low: FloatArray) -> Pair:
    head = high + low
    return Pair(head, low - (head - high))
