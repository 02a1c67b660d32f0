"""MarginPoints with labels, and the two linear maps of problem (14): weights to values at the points, multipliers to the certificate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from implicit_bias.numerics import double_double
from implicit_bias.numerics.arrays import FloatArray, IntArray

LAG_MARGINS = (1, 2)
"""MarginPoints this many places apart push against each other at the start, if margins are to be few."""

Mask = npt.NDArray[np.bool_]


class Labelled:
    """MarginPoints by their labels alone: margins of values, and multipliers' α.

    The margin of point i against class j is F_{i,c} - s_j F_{i,j}, with c its label. The s_j are 1, except that one class of
    s = 1/√m may stand for m classes that no point has: at an optimum those share one score v, and √m v is as long as all of them
    together.

    Attributes
    ----------
    labels : (n,) integers below k
    scales : (k,) the s_j
    """

    labels: IntArray
    scales: FloatArray

    @property
    def n(self) -> int:
        """How many points there are."""
        return self.labels.size

    @property
    def k(self) -> int:
        """How many classes there are."""
        return self.scales.size

    @cached_property
    def rivals(self) -> Mask:
        """(n, k): marks every class but a point's own."""
        mask: Mask = self.labels[:, None] != np.arange(self.k)
        return mask

    def margins(self, values: FloatArray) -> FloatArray:
        """Return B F: F_{i,c} - s_j F_{i,j}, (n, k); what stands at a point's own class means nothing."""
        own: FloatArray = np.take_along_axis(values, self.labels[:, None], axis=1)
        return own - self.scales * values

    def adjoint(self, multipliers: FloatArray) -> FloatArray:
        """Return α = Bᵀ μ for μ that is zero at each point's own class."""
        alpha = -self.scales * multipliers
        np.put_along_axis(alpha, self.labels[:, None], multipliers.sum(axis=1, keepdims=True), axis=1)
        return alpha


class OnLine(Labelled):
    """MarginPoints on a line with features of it: what the normal equations need besides.

    Attributes
    ----------
    x : (n,) float64, increasing
    """

    x: FloatArray

    def at(self, i: IntArray) -> FloatArray:
        """Return the features' values at some points, (q, m)."""
        raise NotImplementedError

    def between(self, before: IntArray, here: IntArray) -> FloatArray:
        """Return their divided differences from earlier points to later ones, without cancellation, (q, m)."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class MarginPoints(OnLine):
    """MarginPoints on [0, 1], the first at 0 and the last at 1, with labels among k classes.

    Features are numbered: rising ReLUs at x_1..x_{n-1}, then falling ones at x_2..x_n; weights and certificates have shape
    (2(n-1), k).

    Attributes
    ----------
    x : (n,) float64, increasing from 0 to 1
    labels, scales : as for all labelled points
    """

    x: FloatArray
    labels: IntArray
    scales: FloatArray

    @cached_property
    def gaps(self) -> FloatArray:
        """(n-1,) distances of neighbours."""
        return np.diff(self.x)

    def interpolant(self, values: FloatArray) -> FloatArray:
        """Return weights w with Φ w = F, where F is the same at points that are the same."""
        weights, h = np.zeros((2 * (self.n - 1), self.k)), self.gaps[:, None]
        slopes = np.divide(np.diff(values, axis=0), h, out=np.zeros((self.n - 1, self.k)), where=h > 0)
        weights[: self.n - 1] = np.diff(slopes, axis=0, prepend=0.0)
        weights[[0, -1]] += values[0]
        return weights

    def values(self, weights: FloatArray) -> FloatArray:
        """Return F = Φ w by sums that do not cancel: F is of order 1 where weights are of order 1/gap."""
        m, h = self.n - 1, double_double.two_sum(self.x[1:, None], -self.x[:-1, None])
        rising = double_double.cumulative(double_double.multiply(double_double.cumulative(double_double.of(weights[:m])), h))
        falling = double_double.cumulative(
            double_double.multiply(double_double.cumulative(double_double.of(weights[: m - 1 : -1])), h[::-1])
        )
        none = np.zeros((1, self.k))
        up = double_double.Pair(np.concatenate([none, rising.high]), np.concatenate([none, rising.low]))
        down = double_double.Pair(np.concatenate([falling.high[::-1], none]), np.concatenate([falling.low[::-1], none]))
        return double_double.add(up, down).high

    def certificate(self, alpha: FloatArray) -> FloatArray:
        """Return η = Φᵀ α at every feature, in O(nk)."""
        h = self.gaps[:, None]
        rising = np.cumsum((np.cumsum(alpha[:0:-1], axis=0)[::-1] * h)[::-1], axis=0)[::-1]
        return np.concatenate([rising, np.cumsum(np.cumsum(alpha[:-1], axis=0) * h, axis=0)])

    def at(self, i: IntArray) -> FloatArray:
        """Return the features' values at some points."""
        x = self.x[i][:, None]
        return np.hstack([np.maximum(x - self.x[:-1], 0.0), np.maximum(self.x[1:] - x, 0.0)])

    def between(self, before: IntArray, here: IntArray) -> FloatArray:
        """Return the features' divided differences."""
        first, last = self.x[before][:, None], self.x[here][:, None]
        step = last - first
        return np.hstack([np.clip((last - self.x[:-1]) / step, 0, 1), -np.clip((self.x[1:] - first) / step, 0, 1)])

    def start(self) -> FloatArray:
        """Return the weights that make the values 1 at each point's own class and 0 elsewhere."""
        return self.interpolant(np.eye(self.k)[self.labels])

    def pushes(self, few: bool) -> FloatArray:
        """Return multipliers r/h of points a distance h apart, against each other's label, whose certificate is below 1.

        They push the certificate by r along the way, and telescope along chains of points: no ‖η‖ exceeds r √2 for each chain.
        """
        mu = np.zeros((self.n, self.k))
        short = [lag for lag in (LAG_MARGINS if few else range(1, 3 * self.k)) if lag < self.n]
        for lag in short:
            at = np.flatnonzero(self.labels[lag:] != self.labels[:-lag])
            push = 0.5 / (len(short) * lag) / (self.x[at + lag] - self.x[at])
            np.add.at(mu, (at, self.labels[at + lag]), push)
            np.add.at(mu, (at + lag, self.labels[at]), push)
        return mu
