"""The energy of a spline as a quadratic form in its bending ℓ = g''/ζ, gap by gap.

With hats B_j at the knots, ℓ = Σ ℓ_j B_j and ℓ_1 = ℓ_n = 0:

    energy = ∫ (g'')²/ζ = ℓᵀ A ℓ,   A_jk = ∫ ζ B_j B_k,   (A ℓ)_j = change of g's mean slopes at knot j.

A is a sum of one positive semidefinite 2 × 2 block a gap, with entries LL, LR, RR.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from implicit_bias.errors import DataError
from implicit_bias.numerics import double_double, tolerances
from implicit_bias.numerics.arrays import FloatArray, IntArray, chunks
from implicit_bias.zetas.zeta import Moments, Zeta

_TINY = float(np.finfo(np.float64).tiny)
"""So that nothing over nothing is nothing."""


QUIET = np.errstate(over="ignore", invalid="ignore")
"""Decorates what may overflow: whether a cost did is found out, and said, when the answer is judged."""

_CANCELLED = 2.0**-10
"""Slope changes below this fraction of the slopes beside them are formed again, in twice the precision."""


class Tally(NamedTuple):
    """What a spline's values and bending amount to, kinks r = changes - A ℓ included.

    Attributes
    ----------
    energy : ℓᵀ A ℓ
    least : a bound on the least energy of a function with these slope changes: ℓᵀ A ℓ + 2 ℓᵀ r + (a bound on rᵀ A⁻¹ r)
    kink : the largest |r_j|, as a fraction of the slopes and bends that meet at a knot
    """

    energy: float
    least: float
    kink: float


@dataclass(frozen=True, eq=False)
class Gaps:
    """The gaps between n knots: their widths and the moments of ζ over them, n - 1 of each."""

    widths: FloatArray
    moments: Moments

    @classmethod
    def of(cls, x: FloatArray, zeta: Zeta) -> Gaps:
        """Integrate ζ over the gaps of increasing knots; raises :class:`DataError` if that overflows."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            moments = zeta.moments(x[:-1], x[1:])
            total = float(moments.left.sum() + moments.right.sum())
        if not np.isfinite(total):
            raise DataError(f"The integrals of zeta over [{x[0]:.6g}, {x[-1]:.6g}] overflow float64: rescale x or zeta.")
        return cls(np.diff(x), moments)

    @property
    def diagonal(self) -> FloatArray:
        """A_jj for the n - 2 inner knots, made anew."""
        return self.moments.right[:-1] + self.moments.left[1:]

    @property
    def stiff(self) -> IntArray:
        """The inner knots with ζ = 0 on both sides, where no spline bends."""
        left, _, right = self.moments
        return np.flatnonzero(self.diagonal == 0) if left.min() == 0 or right.min() == 0 else np.empty(0, dtype=np.int64)

    def parts(self) -> Iterator[tuple[slice, Gaps, slice]]:
        """Cut the inner knots into slices short enough for the cache; yields each with its gaps, and the knots that it needs."""
        for part in chunks(self.widths.size - 1):
            around = slice(part.start, part.stop + 1)
            yield part, Gaps(self.widths[around], Moments(*(moment[around] for moment in self.moments))), slice(part.start, part.stop + 2)

    @QUIET
    def energy(self, bending: FloatArray) -> float:
        """Return ℓᵀ A ℓ for ℓ at all n knots."""
        total = 0.0
        for part in chunks(self.widths.size):
            left, cross, right = (moment[part] for moment in self.moments)
            a, b = bending[part], bending[part.start + 1 : part.stop + 1]
            total += float(a @ (left * a + 2 * cross * b)) + float(b @ (right * b))
        return total

    @QUIET
    def forces(self, bending: FloatArray) -> FloatArray:
        """Return Qᵀ ℓ at all knots, for Q that maps values to slope changes: the jumps of ℓ's slope, zero outside."""
        return np.diff(np.diff(bending) / self.widths, prepend=0.0, append=0.0)

    def rounding(self, values: FloatArray) -> FloatArray:
        """Return the sizes of the slopes beside the inner knots, in units that eps turns into rounding errors."""
        slopes = (np.abs(values[1:]) + np.abs(values[:-1])) / self.widths
        return np.asarray(slopes[1:] + slopes[:-1])

    def repair(self, kinks: FloatArray) -> float:
        """Return a bound on rᵀ A⁻¹ r, the energy that takes kinks r away, over the knots that can bend.

        A block with entries LL, LR, RR and ρ = LR/√(LL RR) is at least (1 - ρ) diag(LL, RR), and 1 - ρ ≥ (1 - ρ²)/2; so A is
        at least the diagonal matrix with the sums of these.
        """
        return sum(gaps._repair(kinks[part]) for part, gaps, _ in self.parts())

    @QUIET
    def _repair(self, kinks: FloatArray) -> float:
        left, cross, right = self.moments
        with np.errstate(divide="ignore"):
            share = np.fmax(0.5 - 0.5 * (cross / left) * (cross / right), 4 * tolerances.EPS)
        floor = share[:-1] * right[:-1] + share[1:] * left[1:]
        if not floor.min() > 0:
            kinks, floor = kinks[floor > 0], floor[floor > 0]
        return float(kinks @ (kinks / floor))

    @QUIET
    def tally(self, changes: FloatArray, values: FloatArray, bending: FloatArray, dead: float) -> Tally:
        """Hold values and bending against slope changes that the values are to have; see :class:`Tally`."""
        left, cross, right = (moment[-1:] for moment in self.moments)
        energy = float((right * bending[-1] ** 2 + bending[-2] * (left * bending[-2] + 2 * cross * bending[-1]))[0])
        coupling = repair = kink = 0.0
        for part, gaps, knots in self.parts():
            left, cross, right = gaps.moments
            all_bending = bending[knots]
            a, b = all_bending[:-1], all_bending[1:]
            to_left, to_right = left * a + cross * b, cross * a + right * b
            energy += float(a[:-1] @ to_left[:-1]) + float(b[:-1] @ to_right[:-1])
            kinks = changes[part] - (to_right[:-1] + to_left[1:])
            sizes = gaps.rounding(values[knots])
            size_a, size_b = np.abs(a), np.abs(b)
            met = sizes + (cross * size_a + right * size_b)[:-1] + (left * size_a + cross * size_b)[1:]
            kink = max(kink, float(np.max(np.abs(kinks) / (met + _TINY))))
            if dead > 0:
                kinks = np.sign(kinks) * np.maximum(0.0, np.abs(kinks) - dead * sizes)
            coupling += float(a[1:] @ kinks)
            repair += gaps._repair(kinks)
        return Tally(energy, energy + 2 * coupling + repair, kink)


@QUIET
def slope_changes(x: FloatArray, values: FloatArray) -> FloatArray:
    """Return Q y, the slope changes at the inner points of the chords between some values, right to a relative 1e-12.

    Plain differences of slopes keep nothing of data that are nearly straight, and both bounds of the optimum would share
    that error without knowing it.
    """
    found = np.empty(max(0, x.size - 2))
    for part in chunks(found.size):
        knots = slice(part.start, part.stop + 2)
        at, here = x[knots], values[knots]
        slopes = np.diff(here) / np.diff(at)
        found[part] = np.diff(slopes)
        sizes = np.abs(slopes)
        cancelled = np.flatnonzero(np.abs(found[part]) < _CANCELLED * (sizes[1:] + sizes[:-1]))
        if cancelled.size:
            before, after = (_chords(at, here, cancelled + side) for side in (0, 1))
            found[part.start + cancelled] = double_double.add(after, double_double.negate(before)).high
    return found


def _chords(x: FloatArray, values: FloatArray, first: IntArray) -> double_double.Pair:
    return precise_slopes(values[first], values[first + 1], double_double.two_sum(x[first + 1], -x[first]))


def precise_slopes(before: FloatArray, after: FloatArray, widths: double_double.Pair) -> double_double.Pair:
    """Return the slopes from values to values, to about twice the precision."""
    rise = double_double.two_sum(after, -before)
    leading = rise.high / widths.high
    rest = double_double.add(rise, double_double.negate(double_double.multiply(widths, double_double.of(leading))))
    return double_double.two_sum(leading, rest.high / widths.high)
