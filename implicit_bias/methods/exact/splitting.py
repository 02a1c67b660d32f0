"""Problem (13) in closed form: unit-weight interpolation on the line, exact, in linear time.

With c_j the slope changes of the interpolant, A_j = c_j (x_j - x_1), B_j = c_j (x_n - x_j), L = x_n - x_1,

    value = Σ|c_j| + (1/L) max over (p, q) in [-1, 1]² of  H(p, q) = p y_1 + q y_n - Σ_j max(p A_j, q B_j).

H is concave and positively homogeneous, so its maximum is at 0 or on one of four faces, each of which is a
one-dimensional piecewise-linear problem whose breakpoints are sorted already. Every operation is + - × ÷ or a
comparison: on Fractions the result is exact.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from implicit_bias.certificates.certificate import LineCertificate
from implicit_bias.measures.node_values import Numbers, SplitInterpolant, slope_changes
from implicit_bias.numerics.arrays import chunks


@dataclass(frozen=True, eq=False)
class LinePair:
    """An optimal primal-dual pair of problem (13) in node values."""

    primal: SplitInterpolant
    dual: LineCertificate


@dataclass(frozen=True, eq=False)
class EndMoments:
    """The slope changes and their first moments A_j and B_j about both ends."""

    x: Numbers
    y: Numbers
    changes: Numbers
    left: Numbers
    right: Numbers

    @property
    def zero(self) -> Any:
        """Zero, in the arithmetic of the data."""
        return self.y[0] * 0

    def from_first(self, j: Any) -> Any:
        """Distance of interior nodes j from x_1."""
        return self.x[1:-1][j] - self.x[0]

    def to_last(self, j: Any) -> Any:
        """Distance of interior nodes j from x_n."""
        return self.x[-1] - self.x[1:-1][j]

    def height(self, p: Any, q: Any) -> Any:
        """H(p, q)."""
        parts = (np.maximum(p * self.left[part], q * self.right[part]).sum() for part in chunks(self.left.size))
        return p * self.y[0] + q * self.y[-1] - sum(parts, self.zero)


def solve_line(x: Numbers, y: Numbers, changes: Numbers | None = None) -> LinePair:
    """Solve problem (13) for n ≥ 2 increasing nodes x with values y.

    The gap of the pair, in node values, is a few roundings of float64, and zero on Fractions.
    """
    c = slope_changes(x, y) if changes is None else changes
    moments = EndMoments(x, y, c, c * (x[1:-1] - x[0]), c * (x[-1] - x[1:-1]))
    rising = splitting(moments)
    p = q = moments.zero
    if rising is None:
        p, q, rising = _boundary(moments)
    certificate = LineCertificate(x, rising_branch(x, c, p, q), p, q, (x[0], x[-1]))
    return LinePair(SplitInterpolant(x, y, c, rising), certificate)


_NO_NODE = -1


def _boundary(m: EndMoments) -> tuple[Any, Any, Numbers]:
    """Maximise H over the boundary of the box: return (p, q) and the cheapest rising parts that go with it.

    Next to a corner two faces tie to rounding, and so do p A_j and q B_j at a node halfway between the ends. Every face
    therefore offers its own parts, a corner with either neighbour of the middle as the free node, and cost decides.
    """
    half = int(np.count_nonzero(m.x[1:-1] - m.x[0] <= m.x[-1] - m.x[1:-1]))
    one = m.zero + 1
    right_drop = np.cumsum(np.abs(m.right[:half]))
    left_drop = np.cumsum(np.abs(m.left[half:])[::-1])
    faces = []
    for sign in (one, -one):
        tied, q = _face(sign * m.y[-1] + _part(m.right, -sign), right_drop, one)
        if tied >= 0:
            q = min(m.from_first(tied) / m.to_last(tied), one)
        faces.append((sign, sign * q, tied))
        tied, p = _face(sign * m.y[0] + _part(m.left, -sign), left_drop, one)
        if tied >= 0:
            tied = m.changes.size - 1 - tied
            p = min(m.to_last(tied) / m.from_first(tied), one)
        faces.append((sign * p, sign, tied))
    p, q, _ = max(faces, key=lambda face: m.height(face[0], face[1]))
    middle = [j for j in (half - 1, half) if 0 <= j < m.changes.size]
    offers = []
    for face in dict.fromkeys(faces):
        for node in [face[2], *(middle if face[2] == _NO_NODE and face[0] == face[1] else [])]:
            offers.append(_threshold(m, face[0], face[1], node))
    return p, q, min(offers, key=lambda rising: SplitInterpolant(m.x, m.y, m.changes, rising).cost())


def _part(values: Numbers, sign: Any) -> Any:
    """Sum of |v| over the entries of the given sign."""
    part = np.maximum(values, 0 * sign) if sign > 0 else np.minimum(values, 0 * sign)
    return sign * part.sum()


def _face(slope: Any, drops: Numbers, one: Any) -> tuple[int, Any]:
    """Maximise along a face: its slope at 0 falls by the given running sums at the breakpoints, which increase.

    Return the breakpoint that ends the climb, or none (-1) and the end of the face.
    """
    if slope <= 0:
        return _NO_NODE, -one
    at = bisect_left(drops, slope)
    return (at, one) if at < drops.size else (_NO_NODE, one)


def _threshold(m: EndMoments, p: Any, q: Any, node: int) -> Numbers:
    """Rising parts by complementary slackness at a boundary (p, q): all or nothing, but for the tied node."""
    every = slice(None)
    rising = np.where(q * m.right > p * m.left, m.changes, m.zero)
    if node >= 0:
        rising[node] = m.zero
        change = m.changes[node]
        if abs(p) == 1:  # q is free: the last value is met without the end feature
            part = (m.y[-1] - (rising * m.to_last(every)).sum()) / m.to_last(node)
        else:
            falling = m.changes - rising
            falling[node] = m.zero
            part = change - (m.y[0] - (falling * m.from_first(every)).sum()) / m.from_first(node)
        rising[node] = _between(part, change)
    return rising


def _between(part: Any, change: Any) -> Any:
    """Clip to the interval between 0 and a slope change of either sign."""
    return max(min(part, max(change, 0 * change)), min(change, 0 * change))


def splitting(m: EndMoments) -> Numbers | None:
    """Rising parts r with Σ r (x - x_1) and Σ r (x_n - x) such that no end feature is needed, or None if there are none.

    They exist iff the maximum of H is 0. Put z = r for c > 0 and z = r - c for c < 0, so that 0 ≤ z ≤ |c|. Then z has a
    prescribed mass and first moment, and among its solutions there is a window: z = |c| on an interval of mass, nothing
    outside. The moment of a window of fixed mass increases with its start, so bisection on running sums finds it; at most
    two nodes are cut.
    """
    zero = m.zero
    if not m.changes.size:
        return m.changes if m.y[0] == zero and m.y[-1] == zero else None
    running, moment = np.cumsum(np.abs(m.changes)), np.cumsum(np.abs(m.left))
    total = running[-1]
    first = m.left.sum() - m.y[0]
    mass = (first + m.y[-1]) / (m.x[-1] - m.x[0]) + _part(m.changes, zero - 1)
    if not zero <= mass <= total:
        return None
    target = first + _part(m.left, zero - 1)

    def node_at(position: Any) -> int:
        return min(bisect_left(running, position), running.size - 1)

    def inside(position: Any) -> Any:
        """First moment of the leftmost ``position`` of mass."""
        i = node_at(position)
        before = (running[i - 1], moment[i - 1]) if i else (zero, zero)
        return before[1] + (position - before[0]) * m.from_first(i)

    def excess(start: Any) -> Any:
        return inside(start + mass) - inside(start) - target

    if excess(zero) > 0 or excess(total - mass) < 0:
        return None
    low, high = _bracket(lambda i: running[i], running.size, zero, total - mass, excess)
    low, high = _bracket(lambda i: running[i] - mass, running.size, low, high, excess)
    below, above = excess(low), excess(high)
    start = low if below >= 0 or above == below else min(low + (high - low) * (-below / (above - below)), high)
    end = start + mass
    i, k = node_at(start), node_at(end)
    rising = np.minimum(m.changes, zero)
    rising[i + 1 : k] = np.maximum(m.changes[i + 1 : k], zero)
    cuts = {i: min(running[i], end) - start} | ({k: end - running[k - 1]} if k > i else {})
    for node, z in cuts.items():
        rising[node] = _between(z if m.changes[node] > 0 else m.changes[node] + z, m.changes[node])
    return _refine(m, rising, i, k)


def _bracket(breakpoint_at: Callable[[int], Any], count: int, low: Any, high: Any, excess: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Narrow [low, high] around the root of an increasing function, to between two neighbouring breakpoints."""
    first, last = 0, count
    while first < last:
        middle = (first + last) // 2
        at = breakpoint_at(middle)
        if at <= low or (at < high and excess(at) <= 0):
            first, low = middle + 1, max(at, low)
        else:
            last, high = middle, min(at, high)
    return low, high


def _refine(m: EndMoments, rising: Numbers, i: int, k: int) -> Numbers:
    """Move the cut nodes so that both prescribed sums hold to the accuracy of pairwise, not running, sums."""
    every = slice(None)
    rise = m.y[-1] - (rising * m.to_last(every)).sum()
    fall = m.y[0] - ((m.changes - rising) * m.from_first(every)).sum()
    mass = (rise - fall) / (m.x[-1] - m.x[0])
    moved = (-fall - mass * m.from_first(i)) / (m.x[k + 1] - m.x[i + 1]) if i != k else mass
    for node, step in ((k, moved), (i, None), (k, None)):  # what a node cannot take, the other one is offered
        before = rising[node]
        rising[node] = _between(before + (mass if step is None else step), m.changes[node])
        mass -= rising[node] - before
    return rising


def rising_branch(x: Numbers, changes: Numbers, p: Any, q: Any) -> Numbers:
    """Values of η(·, +1) at the nodes: at a kink, η or its falling twin is the sign of c; linear where c = 0."""
    sign = np.sign(changes)
    rising = np.empty_like(x)
    rising[0], rising[-1] = q, 0 * q
    rising[1:-1] = sign if p == q == 0 else _tilted(x, sign, p, q)
    flat = sign == 0
    if flat.any():
        known = np.concatenate(([True], ~flat, [True]))
        nodes = np.flatnonzero(known)
        at = np.flatnonzero(~known)
        right = np.searchsorted(nodes, at)
        before, after = nodes[right - 1], nodes[right]
        share = (x[at] - x[before]) / (x[after] - x[before])
        rising[at] = rising[before] + (rising[after] - rising[before]) * share
    return rising


def _tilted(x: Numbers, sign: Numbers, p: Any, q: Any) -> Numbers:
    """Values of the rising branch at kinks of the given signs: the larger of both branches in size is the sign."""
    tilt = q * (x[-1] - x[1:-1])
    tilt -= p * (x[1:-1] - x[0])
    tilt /= x[-1] - x[0]
    return np.where(sign * tilt >= 0, sign, sign + tilt)
