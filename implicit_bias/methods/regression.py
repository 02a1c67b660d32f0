"""Problem (13) in closed form: unit-weight interpolation on the line, exact, in linear time.

With c_j the slope changes of the interpolant, A_j = c_j (x_j - x_1), B_j = c_j (x_n - x_j), L = x_n - x_1,

    value = Σ|c_j| + (1/L) max over (p, q) in [-1, 1]² of  H(p, q) = p y_1 + q y_n - Σ_j max(p A_j, q B_j).

H is concave and positively homogeneous, so its maximum is at 0 or on one of four faces, each of which is a
one-dimensional piecewise-linear problem whose breakpoints are sorted already. Every operation is + - × ÷ or a
comparison: on Fractions the result is exact.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import numpy as np

from implicit_bias import tolerances
from implicit_bias.line import LineCertificate, Numbers, SplitInterpolant, slope_changes


@dataclass(frozen=True, eq=False)
class LinePair:
    """An optimal primal-dual pair of problem (13) in node values."""

    primal: SplitInterpolant
    dual: LineCertificate


@dataclass(frozen=True, eq=False)
class _Moments:
    """The slope changes with their distances to both ends, and what the faces of H need of them."""

    changes: Numbers
    from_first: Numbers
    to_last: Numbers
    left: Numbers  # A_j
    right: Numbers  # B_j
    y_first: Any
    y_last: Any

    def height(self, p: Any, q: Any) -> Any:
        """H(p, q)."""
        return p * self.y_first + q * self.y_last - np.maximum(p * self.left, q * self.right).sum()


def solve_line(x: Numbers, y: Numbers, changes: Numbers | None = None) -> LinePair:
    """Solve problem (13) for n ≥ 2 increasing nodes x with values y.

    The gap of the pair, in node values, is a few roundings of float64, and zero on Fractions.
    """
    c = slope_changes(x, y) if changes is None else changes
    a, b = x[1:-1] - x[0], x[-1] - x[1:-1]
    moments = _Moments(c, a, b, c * a, c * b, y[0], y[-1])
    p, q, node = _best_face(moments)
    rising = _window(moments) if node == _INTERIOR else _threshold(moments, p, q, node)
    certificate = LineCertificate(x, _rising_branch(x, moments, p, q), p, q, (x[0], x[-1]))
    return LinePair(SplitInterpolant(x, y, c, rising), certificate)


_INTERIOR, _CORNER = -2, -1


def _best_face(m: _Moments) -> tuple[Any, Any, int]:
    """Maximise H: return (p, q) and the node at which it is tied, if any."""
    half = int(np.count_nonzero(m.from_first <= m.to_last))
    zero = m.y_first * 0
    one = zero + 1
    right_drop = np.cumsum(np.abs(m.right[:half]))
    left_drop = np.cumsum(np.abs(m.left[half:])[::-1])
    best = (zero, zero, zero, _INTERIOR)
    for sign in (one, -one):
        tied, q = _face(sign * m.y_last + _part(m.right, -sign), right_drop, one)
        if tied >= 0:
            q = min(m.from_first[tied] / m.to_last[tied], one)
        best = max(best, (m.height(sign, sign * q), sign, sign * q, tied), key=lambda item: item[0])
        tied, p = _face(sign * m.y_first + _part(m.left, -sign), left_drop, one)
        if tied >= 0:
            tied = m.changes.size - 1 - tied
            p = min(m.to_last[tied] / m.from_first[tied], one)
        best = max(best, (m.height(sign * p, sign), sign * p, sign, tied), key=lambda item: item[0])
    return best[1], best[2], best[3]


def _part(values: Numbers, sign: Any) -> Any:
    """Sum of |v| over the entries of the given sign."""
    return np.maximum(sign * values, 0 * sign).sum()


def _face(slope: Any, drops: Numbers, one: Any) -> tuple[int, Any]:
    """Maximise along a face: its slope at 0 falls by the given running sums at the breakpoints, which increase.

    Return the breakpoint that ends the climb, or none (-1) and the end of the face.
    """
    if slope <= 0:
        return _CORNER, -one
    at = bisect_left(drops, slope)
    return (at, one) if at < drops.size else (_CORNER, one)


def _threshold(m: _Moments, p: Any, q: Any, node: int) -> Numbers:
    """Rising parts by complementary slackness at a boundary (p, q): all or nothing, but for the tied node."""
    tilt = q * m.to_last
    tilt -= p * m.from_first
    tilt *= m.changes
    rising = np.where(tilt > 0, m.changes, 0 * m.changes)
    if node >= 0:
        rising[node] = 0 * rising[node]
        change = m.changes[node]
        if abs(p) == 1:  # q is free: the last value is met without the end feature
            part = (m.y_last - (rising * m.to_last).sum()) / m.to_last[node]
        else:
            falling = m.changes - rising
            falling[node] = 0 * falling[node]
            part = change - (m.y_first - (falling * m.from_first).sum()) / m.from_first[node]
        rising[node] = max(min(part, max(change, 0 * change)), min(change, 0 * change))
    return rising


def _window(m: _Moments) -> Numbers:
    """Rising parts r with Σ r (x - x_1) and Σ r (x_n - x) prescribed, so that no end feature is needed.

    Put z = r for c > 0 and z = r - c for c < 0, so that 0 ≤ z ≤ |c|. Then z has a prescribed mass and first moment, and
    among its solutions there is a window: z = |c| on an interval of mass, nothing outside. The moment of a window of
    fixed mass increases with its start, so bisection on running sums finds it; at most two nodes are cut.
    """
    size = np.abs(m.changes)
    running, moment = np.cumsum(size), np.cumsum(size * m.from_first)
    zero = m.y_first * 0
    length = m.from_first[0] + m.to_last[0]
    first = m.left.sum() - m.y_first
    mass = (first + m.y_last) / length + _part(m.changes, zero - 1)
    target = first + _part(m.left, zero - 1)
    total = running[-1]
    mass = max(min(mass, total), zero)

    def inside(position: Any) -> Any:
        """First moment of the leftmost ``position`` of mass."""
        i = min(bisect_left(running, position), running.size - 1)
        before = (running[i - 1], moment[i - 1]) if i else (zero, zero)
        return before[1] + (position - before[0]) * m.from_first[i]

    def excess(start: Any) -> Any:
        return inside(start + mass) - inside(start) - target

    low, high = zero, total - mass
    low, high = _bracket(lambda i: running[i], running.size, low, high, excess)
    low, high = _bracket(lambda i: running[i] - mass, running.size, low, high, excess)
    below, above = excess(low), excess(high)
    start = low if below >= 0 or above == below else min(low + (high - low) * (-below / (above - below)), high)
    end = start + mass
    i, k = (min(bisect_left(running, at), running.size - 1) for at in (start, end))
    z = 0 * size
    z[i + 1 : k] = size[i + 1 : k]
    z[i] = min(running[i], end) - start
    if k > i:
        z[k] = end - running[k - 1]
    z = np.minimum(np.maximum(z, zero), size)
    return _refine(m, np.where(m.changes > 0, z, m.changes + z), i, k)


def _refine(m: _Moments, rising: Numbers, i: int, k: int) -> Numbers:
    """Move the cut nodes so that both prescribed sums hold to the accuracy of pairwise, not running, sums."""
    rise = m.y_last - (rising * m.to_last).sum()
    fall = m.y_first - ((m.changes - rising) * m.from_first).sum()
    mass = (rise - fall) / (m.from_first[0] + m.to_last[0])
    spread = m.from_first[k] - m.from_first[i]
    moved = (-fall - mass * m.from_first[i]) / spread if i != k else mass
    for node, step in ((k, moved), (i, mass - moved)):
        change = m.changes[node]
        rising[node] = max(min(rising[node] + step, max(change, 0 * change)), min(change, 0 * change))
    return rising


def _bracket(breakpoint_at: Any, count: int, low: Any, high: Any, excess: Any) -> tuple[Any, Any]:
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


def _rising_branch(x: Numbers, m: _Moments, p: Any, q: Any) -> Numbers:
    """Values of η(·, +1) at the nodes: at a kink, η or its falling twin is the sign of c; linear where c = 0."""
    sign = np.sign(m.changes)
    tilt = (q * m.to_last - p * m.from_first) / (x[-1] - x[0])
    rising = np.empty_like(x)
    rising[0], rising[-1] = q, 0 * q
    rising[1:-1] = np.where(sign * tilt >= 0, sign, sign + tilt)
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


def true_kinks(x: Numbers, y: Numbers, changes: Numbers) -> np.ndarray[Any, Any]:
    """Mark the interior nodes whose slope change exceeds the rounding of its two slopes (MATH section 2)."""
    size = np.abs(y)
    rounding = (size[1:] + size[:-1]) / np.diff(x)
    return np.abs(changes) > tolerances.CURVATURE * (rounding[1:] + rounding[:-1])
