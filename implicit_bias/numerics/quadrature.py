"""Integrals of many functions at once, each over [0, 1], bisected where Gauss-Lobatto does not settle."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from implicit_bias.errors import DataError
from implicit_bias.numerics.arrays import FloatArray, IntArray, chunks, freeze

Integrand = Callable[[FloatArray, IntArray], FloatArray]
"""Maps u in [0, 1], shape (cells, nodes), and the number of each cell's function, (cells, 1), to values (k, cells, nodes)."""

NODES = 13
"""Points of the rule: it integrates polynomials of degree 23 exactly."""

SETTLED = 1e-13
"""A cell is done when halving it changes the integral by no more than this fraction of what is known of the whole."""

_DEPTH = 45
_MOST_CELLS = 1 << 20


@cache
def gauss_lobatto(nodes: int = NODES) -> tuple[FloatArray, FloatArray]:
    """Return the rule's nodes and weights on [0, 1]; both ends are nodes, so that no jump can hide beside them."""
    legendre = np.polynomial.Legendre.basis(nodes - 1)
    slope, bend = legendre.deriv(), legendre.deriv(2)
    inner = np.asarray(slope.roots(), dtype=np.float64)
    points = np.concatenate([[-1.0], inner - slope(inner) / bend(inner), [1.0]])
    weights = 1 / (nodes * (nodes - 1) * legendre(points) ** 2)
    return freeze((1 + points) / 2), freeze(weights)


def integrate(function: Integrand, count: int) -> FloatArray:
    """Integrate ``count`` functions with k values each over [0, 1]; returns (k, count).

    The relative accuracy of each integral is about :data:`SETTLED` where the function has one sign. Jumps cost time, not
    accuracy.

    Raises
    ------
    DataError
        If the functions are so rough that a million cells do not settle them.
    """
    return np.concatenate([_integrate(function, np.arange(part.start, part.stop)) for part in chunks(count, 1 << 12)], axis=1)


def _integrate(function: Integrand, numbers: IntArray) -> FloatArray:
    count = numbers.size
    owner: IntArray = np.arange(count)
    lo, width = np.zeros(count), 1.0
    whole = _rule(function, lo, width, numbers)
    done = np.zeros_like(whole)
    for _ in range(_DEPTH):
        width /= 2
        left, right = (_rule(function, start, width, numbers[owner]) for start in (lo, lo + width))
        halves = left + right
        known = np.abs(done + _by_owner(halves, owner, count))
        rough = (np.abs(halves - whole) > SETTLED * known[:, owner]).any(axis=0)
        done += _by_owner(halves[:, ~rough], owner[~rough], count)
        if not rough.any():
            return done
        if 2 * int(rough.sum()) > _MOST_CELLS:
            raise DataError("A function is too rough to be integrated: it must be piecewise smooth, and answer each number by itself.")
        whole = np.concatenate([left[:, rough], right[:, rough]], axis=1)
        lo = np.concatenate([lo[rough], lo[rough] + width])
        owner = np.tile(owner[rough], 2)
    return done  # what is left are cells so short that they no longer count


def _rule(function: Integrand, lo: FloatArray, width: float, numbers: IntArray) -> FloatArray:
    points, weights = gauss_lobatto()
    values = function(lo[:, None] + width * points, numbers[:, None])
    return np.asarray(values @ weights * width, dtype=np.float64)


def _by_owner(values: FloatArray, owner: IntArray, count: int) -> FloatArray:
    return np.stack([np.bincount(owner, row, count) for row in values])


def elementwise(function: Callable[[FloatArray], Any], at: FloatArray, name: str) -> FloatArray:
    """Call a user's function, which may answer with one number for all; raises :class:`DataError` for a wrong shape."""
    try:
        return np.broadcast_to(np.asarray(function(at), dtype=np.float64), at.shape)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must map an array to numbers in an array of the same shape ({error}).") from error
