"""Panels: the gaps of the data, cut so that Gauss-Legendre quadrature resolves ζ on each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from implicit_bias.errors import DataError
from implicit_bias.numerics.arrays import FloatArray, IntArray, freeze
from implicit_bias.zetas.zeta import Zeta

NODES = 16
"""Nodes of the rule on a panel: exact for ζ times polynomials of degree 31."""

RESOLVED = 1e-12
"""A panel is short enough when its last Legendre coefficients of ζ are below this fraction of the largest value.

The rule is exact for twice their degree, so that integrals are right to rounding; less would see the rounding of ζ itself.
"""

NOTHING = 1e-290
"""Values below this have lost digits to underflow."""

_DEPTH = 48
_MOST = 1 << 20


@cache
def gauss_legendre() -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return freeze((1 + nodes) / 2), freeze(weights / 2)


@cache
def _to_tail() -> FloatArray:
    """Return the matrix from values at the nodes to the last three Legendre coefficients."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    degrees = np.arange(NODES - 3, NODES)
    values = np.polynomial.legendre.legvander(nodes, NODES - 1)[:, degrees]
    return freeze(values * weights[:, None] * (degrees + 0.5))


@dataclass(frozen=True, eq=False)
class Panels:
    """Intervals that cover the data's range.

    Attributes
    ----------
    edges : (p + 1,) increasing, with every point of the data among them
    gaps : (p,) the number of the gap that each lies in
    zeta : what they resolve
    """

    edges: FloatArray
    gaps: IntArray
    zeta: Zeta

    @classmethod
    def of(cls, x: FloatArray, zeta: Zeta) -> Panels:
        """Cut the gaps of x at the breakpoints of ζ, then in halves where it is not resolved.

        Raises
        ------
        DataError
            If ζ is so rough that a million panels do not resolve it.
        """
        breaks = zeta.breakpoints
        edges = np.union1d(x, breaks[(breaks > x[0]) & (breaks < x[-1])])
        lo, hi = edges[:-1], edges[1:]
        settled = [x]
        for _ in range(_DEPTH):
            middle = lo + (hi - lo) / 2
            values = _sample(zeta, lo, hi)
            allowed = np.maximum(RESOLVED * values.max(axis=1, initial=0.0), NOTHING)
            rough = np.abs(values @ _to_tail()).max(axis=1, initial=0.0) > allowed
            rough &= (lo < middle) & (middle < hi)
            settled.append(lo)
            if not rough.any():
                break
            if 2 * int(rough.sum()) > _MOST:
                raise DataError("zeta is too rough to be integrated: it must be piecewise smooth, and answer each number by itself.")
            settled.append(middle[rough])
            lo, hi = np.concatenate([lo[rough], middle[rough]]), np.concatenate([middle[rough], hi[rough]])
        edges = np.unique(np.concatenate(settled))
        return cls(freeze(edges), freeze(np.searchsorted(x, edges[:-1], "right") - 1), zeta)

    def __len__(self) -> int:
        return self.gaps.size

    def rule(self, part: slice) -> tuple[FloatArray, FloatArray]:
        """Return nodes and ζ times weights on some panels, (panels, NODES) each."""
        return self._rule(self.edges[:-1][part], self.edges[1:][part])

    def halves(self, panel: IntArray, at: FloatArray, knots: FloatArray) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Return the rules on both sides of one point in each panel, cut to the range of each row of knots."""
        lo = np.maximum(self.edges[panel], knots[:, 0])
        hi = np.maximum(np.minimum(self.edges[panel + 1], knots[:, -1]), lo)
        cut = np.clip(at, lo, hi)
        yield self._rule(lo, cut)
        yield self._rule(cut, hi)

    def _rule(self, lo: FloatArray, hi: FloatArray) -> tuple[FloatArray, FloatArray]:
        points, weights = gauss_legendre()
        width = (hi - lo)[:, None]
        return lo[:, None] + width * points, _sample(self.zeta, lo, hi) * width * weights


def _sample(zeta: Zeta, lo: FloatArray, hi: FloatArray) -> FloatArray:
    return np.asarray(zeta(lo[:, None] + (hi - lo)[:, None] * gauss_legendre()[0]), dtype=np.float64)
