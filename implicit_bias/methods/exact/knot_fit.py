"""Least-squares fits of linear splines with given knots and given signs of kinks: what the method for denoising is made of.

Given knots x_j, j ∈ S, and signs s_j, ½ Σ c_i (F_i - y_i)² + λ Σ_S s_j (kink at x_j) is least at a tridiagonal system for the values of F
at the knots, in hat functions: a well-conditioned system, whatever the number of points, where second differences have condition n⁴.
Unknown is δ = F - y at the knots, so that nothing cancels as λ → 0. Between two knots η is the double running sum of α = c (y - F), and
takes the values λ s_j at the knots: no sum runs further than from knot to knot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError
from implicit_bias.numerics import double_double
from implicit_bias.numerics.arrays import FloatArray, IntArray
from implicit_bias.problems.splines.gaps import precise_slopes

TOUCHING = 1e-12
"""|η| may exceed λ by this fraction, which is rounding."""

_SHORT_RUNS = 0.1
"""Runs of ten points or fewer are faster summed one by one."""


@dataclass(frozen=True, eq=False)
class KnottedData:
    """The data of a denoising problem, in units that suit float64.

    Attributes
    ----------
    x, y, rows : (n,) points, targets, and how many rows each stands for
    level : λ
    precise : whether the targets' distances from chords are computed as if in twice the precision; it takes thrice the time, and
        is needed where the data are nearly linear between knots, and λ small
    """

    x: FloatArray
    y: FloatArray
    rows: FloatArray
    level: float
    precise: bool = False

    @cached_property
    def widths(self) -> FloatArray:
        """Distances of neighbours, (n-1,)."""
        return np.diff(self.x)

    def precisely(self) -> KnottedData:
        """Return the same points, to be fitted more accurately."""
        return replace(self, precise=True)

    def fit(self, knots: IntArray, signs: FloatArray) -> Fitted:
        """Return the best spline with knots at some points, the first and the last among them, its kinks priced at λ × signs.

        Parameters
        ----------
        knots : (m,) increasing indices;  signs : (m,), 0 at both ends
        """
        from scipy.linalg.lapack import dptsv

        starts, lengths = knots[:-1], np.diff(self.x[knots])
        run = np.repeat(np.arange(starts.size), np.diff(knots))
        run = np.append(run, starts.size - 1)
        right = (self.x - self.x[knots].take(run)) / lengths.take(run)
        left = 1.0 - right
        off = self._off_chords(knots, run, right)
        force = self.rows * off
        pull = np.zeros(knots.size)
        pull[:-1] += sums_by_run(force * left, run, starts)
        pull[1:] += sums_by_run(force * right, run, starts)
        price = self.level * np.diff(signs) / lengths
        pull[:-1] -= price
        pull[1:] += price
        weighted = self.rows * left
        diagonal = np.zeros(knots.size)
        diagonal[:-1] += sums_by_run(weighted * left, run, starts)
        diagonal[1:] += sums_by_run(self.rows * right * right, run, starts)
        *_, delta, info = dptsv(diagonal, sums_by_run(weighted * right, run, starts), pull)
        if info != 0:
            raise DataError("The fit of a spline is singular to rounding: rescale x or y, or merge close points.")
        misfit = self.rows * (off - (left * delta.take(run) + right * delta[1:].take(run)))
        return Fitted(self, knots, signs, run, lengths, delta, misfit)

    def _off_chords(self, knots: IntArray, run: IntArray, right: FloatArray) -> FloatArray:
        """Return how far targets are from the chords between those at the knots, (n,)."""
        at = self.y[knots]
        if not self.precise:
            off = self.y - (at.take(run) + right * np.diff(at).take(run))
            off[knots] = 0.0
            return off
        inner = np.delete(np.arange(self.x.size), knots)
        off = np.zeros(self.x.size)
        x, y, gap = self.x[inner], self.y[inner], run[inner]
        (x0, x1), (y0, y1) = ((ends[:-1][gap], ends[1:][gap]) for ends in (self.x[knots], at))
        rise = double_double.multiply(double_double.two_sum(y, -y0), double_double.two_sum(x1, -x0))
        chord = double_double.multiply(double_double.two_sum(y1, -y0), double_double.two_sum(x, -x0))
        off[inner] = double_double.add(rise, double_double.negate(chord)).high / (x1 - x0)
        return off


@dataclass(frozen=True, eq=False)
class Fitted:
    """A spline that is best among those with its knots, if its kinks have the signs that they are priced at.

    Attributes
    ----------
    points : KnottedData
    knots, signs : (m,)
    run : (n,) the gap between knots that each point is in
    lengths : (m-1,) of those gaps
    delta : (m,) F - y at the knots
    misfit : (n,) α = c (y - F)
    """

    points: KnottedData
    knots: IntArray
    signs: FloatArray
    run: IntArray
    lengths: FloatArray
    delta: FloatArray
    misfit: FloatArray

    @cached_property
    def bends(self) -> FloatArray:
        """Slope changes at the knots, 0 at both ends, (m,)."""
        bends, at = np.zeros(self.knots.size), self.points.y[self.knots]
        if self.points.precise:
            slopes = self.slopes
            bends[1:-1] = double_double.add(slopes[1:], double_double.negate(slopes[:-1])).high
        else:
            bends[1:-1] = np.diff(np.diff(at) / self.lengths) + np.diff(np.diff(self.delta) / self.lengths)
        return bends

    @property
    def slopes(self) -> double_double.Pair:
        """Slopes between knots, as if in twice the precision, (m-1,)."""
        at, x = self.points.y[self.knots], self.points.x[self.knots]
        chords = precise_slopes(at[:-1], at[1:], double_double.two_sum(x[1:], -x[:-1]))
        return double_double.add(chords, double_double.of(np.diff(self.delta) / self.lengths))

    @cached_property
    def eta_slopes(self) -> FloatArray:
        """Slopes of η between points, (n-1,): running sums of α, shifted for η to take its values at the knots."""
        running, run = np.cumsum(self.misfit)[:-1], self.run[:-1]
        rise = sums_by_run(running * self.points.widths, run, self.knots[:-1])
        return running - ((rise - self.points.level * np.diff(self.signs)) / self.lengths).take(run)

    @cached_property
    def eta(self) -> FloatArray:
        """η at the points, (n,)."""
        eta = np.append(0.0, np.cumsum(self.eta_slopes * self.points.widths))
        eta -= (eta[self.knots] - self.points.level * self.signs).take(self.run)
        eta[-1] = 0.0
        return eta

    @cached_property
    def wrong(self) -> npt.NDArray[np.bool_]:
        """Mark the knots whose kink does not have the sign it is priced at, (m,); never the ends."""
        wrong: npt.NDArray[np.bool_] = self.bends * self.signs <= 0
        wrong[[0, -1]] = False
        return wrong

    @cached_property
    def squares(self) -> float:
        """Σ α² / c, twice the loss."""
        return float((self.misfit**2 / self.points.rows).sum())

    @cached_property
    def objective(self) -> float:
        """½ Σ c (F - y)² + λ Σ |kinks|."""
        return self.squares / 2 + self.points.level * float(np.abs(self.bends).sum())

    @cached_property
    def gap(self) -> float:
        """The objective minus the dual value of t α, t = min(1, λ / sup|η|), by sums that do not cancel.

        Σ α_i y_i is Σ α²/c + λ Σ s_j (kink at j), so the gap is ½ (1-t)² Σ α²/c + λ Σ (|kink| - t s_j kink).
        """
        level = self.points.level
        scaled = min(1.0, level / (float(np.abs(self.eta).max()) or level))
        priced = np.abs(self.bends) - scaled * self.signs * self.bends
        return (1 - scaled) ** 2 * self.squares / 2 + level * float(priced.sum())

    def beyond(self) -> tuple[IntArray, FloatArray]:
        """Return where |η| exceeds λ most, at most one point between two knots, and the signs of η there."""
        size = np.abs(self.eta)
        size[self.knots] = 0.0
        hits = np.flatnonzero(size > self.points.level * (1 + TOUCHING))
        if not hits.size:
            return hits, np.empty(0)
        size, run = size[hits], self.run[hits]
        firsts = np.flatnonzero(np.diff(run, prepend=-1))
        tops = np.maximum.reduceat(size, firsts).repeat(np.diff(np.append(firsts, hits.size)))
        hits, run = hits[size == tops], run[size == tops]
        hits = hits[np.diff(run, prepend=-1) > 0]
        return hits, np.sign(self.eta[hits])


def sums_by_run(values: FloatArray, run: IntArray, starts: IntArray) -> FloatArray:
    """Return the sums of values over runs of neighbours, all of them from ``starts`` on: pairwise where the runs are long."""
    if starts.size < _SHORT_RUNS * values.size:
        return np.add.reduceat(values, starts)
    return np.bincount(run, values, starts.size).astype(np.float64, copy=False)
