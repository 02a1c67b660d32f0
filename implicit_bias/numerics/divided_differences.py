"""Divided differences of order m as a chain of m simple steps, their inverses, and smoothing in a stable form.

D v = (m - 1)! Δ H_{m-1}⁻¹ Δ … H_1⁻¹ Δ v with Δ the differences of neighbours and H_s = diag(x_{j+s} - x_j). Both D and Dᵀ lose
m powers of the gaps when they are formed; their steps lose one each, so that smoothing is solved for all steps at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.numerics.banded import BandedSystem, Bands


@dataclass(frozen=True, eq=False)
class Chain:
    """The differences D of order m on increasing points x; values are (n, k), differences (n - m, k).

    Attributes
    ----------
    x : (n,) increasing, n ≥ m
    order : m ≥ 1
    counts : (n,) positive weights W
    """

    x: FloatArray
    order: int
    counts: FloatArray

    @cached_property
    def _factor(self) -> int:
        return math.factorial(self.order - 1)

    def _lengths(self, step: int) -> FloatArray:
        """H_s as a column."""
        return np.asarray(self.x[step:] - self.x[:-step])[:, None]

    def differences(self, values: FloatArray) -> FloatArray:
        """Return D v."""
        table = values
        for step in range(1, self.order):
            table = np.diff(table, axis=0) / self._lengths(step)
        return np.asarray(self._factor * np.diff(table, axis=0))

    def spread(self, coefficients: FloatArray) -> FloatArray:
        """Return Dᵀ c."""
        table = self._factor * _undiff(coefficients)
        for step in range(self.order - 1, 0, -1):
            table = _undiff(table / self._lengths(step))
        return table

    def lift(self, differences: FloatArray) -> FloatArray:
        """Return values v with D v = e, without a polynomial part."""
        table = _sums(differences / self._factor)
        for step in range(self.order - 1, 0, -1):
            table = _sums(table * self._lengths(step))
        return self.detrended(table)

    def unspread(self, values: FloatArray) -> FloatArray:
        """Return c with Dᵀ c = f, for f orthogonal to the polynomials."""
        table = values
        for step in range(1, self.order):
            table = -np.cumsum(table, axis=0)[:-1] * self._lengths(step)
        return np.asarray(-np.cumsum(table, axis=0)[:-1] / self._factor)

    @cached_property
    def _polynomials(self) -> FloatArray:
        """Polynomials of degree below m, W-orthonormal, times W^(1/2)."""
        unit = 2 * (self.x - self.x[0]) / (self.x[-1] - self.x[0]) - 1
        basis = np.polynomial.legendre.legvander(unit, self.order - 1) * np.sqrt(self.counts)[:, None]
        return np.asarray(np.linalg.qr(basis)[0])

    def detrended(self, values: FloatArray) -> FloatArray:
        """Return values less their W-weighted fit by polynomials of degree below m."""
        root = np.sqrt(self.counts)[:, None]
        for _ in range(2):
            values = values - self._polynomials @ (self._polynomials.T @ (root * values)) / root
        return np.asarray(values)

    @cached_property
    def stencils(self) -> FloatArray:
        """Row s: the factor of v_{j+s} in (D v)_j, by Lagrange's form of divided differences, (m + 1, n - m)."""
        m, count = self.order, self.x.size - self.order
        knots = np.stack([self.x[s : s + count] for s in range(m + 1)])
        others = [[r for r in range(m + 1) if r != s] for s in range(m + 1)]
        factors = np.stack([np.prod(knots[s] - knots[others[s]], axis=0) for s in range(m + 1)])
        return np.asarray(self._factor * (knots[m] - knots[0]) / factors)

    def smoothed(self, y: FloatArray, bands: Bands, weight: float) -> tuple[FloatArray, FloatArray]:
        """Solve W r = λ Dᵀ c, A c = D (y - r); return c and r.

        The unknowns are r, the divided differences v_s of y - r for s = 1, …, m - 1, and their multipliers w_1, …, w_m with
        w_m = (m - 1)! λ c. Each equation joins two neighbours:

        W r = Δᵀ w_1,  H_s w_s = Δᵀ w_{s+1},  H_1 v_1 + Δ r = Δ y,  H_s v_s = Δ v_{s-1},  (m - 1)! Δ v_{m-1} = A c.
        """
        m, n, places = self.order, self.x.size, _places(self.x.size, self.order)
        if n == m:  # a polynomial meets every target
            return np.zeros((0, y.shape[1])), np.zeros_like(y)
        system = BandedSystem(int(sum(place.size for place in places)))
        v, w = places[:m], (np.empty(0, dtype=np.int64), *places[m:])  # v[0] is r; w[0] is not used
        ones = np.ones(n)
        right = np.zeros((system.size, y.shape[1]))
        for s in range(m):
            system.add(v[s], v[s] if s == 0 else w[s], self.counts if s == 0 else self._lengths(s)[:, 0])
            system.add(v[s][1:], w[s + 1], -ones[: n - s - 1])
            system.add(v[s][:-1], w[s + 1], ones[: n - s - 1])
            if s:
                system.add(w[s], v[s], self._lengths(s)[:, 0])
            sign = 1.0 if s == 0 else -1.0  # r is y less a function, v_s that function's differences
            system.add(w[s + 1], v[s][1:], sign * ones[: n - s - 1])
            system.add(w[s + 1], v[s][:-1], -sign * ones[: n - s - 1])
        right[w[1]] = np.diff(y, axis=0)
        above, scale = bands.upper.shape[0] - 1, 1 / (weight * self._factor**2)
        for off in range(min(above, n - m - 1) + 1):
            entries = bands.upper[above - off, off:] * scale
            system.add(w[m][: n - m - off], w[m][off:], entries)
            if off:
                system.add(w[m][off:], w[m][: n - m - off], entries)
        found = system.solve(right)
        return found[w[m]] / (weight * self._factor), found[v[0]]


def _places(n: int, m: int) -> list[npt.NDArray[np.int64]]:
    """Interleave v_0, …, v_{m-1}, w_1, …, w_m, so that what an equation joins is close."""
    sizes = [n - s for s in range(m)] + [n - s for s in range(1, m + 1)]
    starts = [s / 2 for s in range(m)] + [s / 2 + 0.25 for s in range(1, m + 1)]
    keys = np.concatenate([np.arange(size) + start for size, start in zip(sizes, starts, strict=True)])
    place = np.empty(keys.size, dtype=np.int64)
    place[np.argsort(keys, kind="stable")] = np.arange(keys.size)
    return np.split(place, np.cumsum(sizes)[:-1])


def _undiff(rows: FloatArray) -> FloatArray:
    """Return Δᵀ of rows."""
    empty = np.zeros((1, rows.shape[1]))
    return np.asarray(np.concatenate([empty, rows]) - np.concatenate([rows, empty]))


def _sums(rows: FloatArray) -> FloatArray:
    """Return running sums from 0, which Δ undoes."""
    return np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
