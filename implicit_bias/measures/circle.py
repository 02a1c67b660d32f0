"""The line seen through the weight of its features: nodes are points on a circle, gaps are arcs.

A feature [s (x - t)]₊ costs w(t), 1 or sqrt(1 + t²). With x = tan φ and t = tan τ the rising feature of cost 1 is
sin(φ - τ) / cos φ for φ > τ, so that on the circle of all features certificates are sinusoids between nodes. A kink of cost c
inside an arc of length Δ is, at the data, the same as two kinks at its ends of costs U and V of equal sign, where

    c² = U² + V² + 2 U V cos Δ = ((U + V) cos Δ/2)² + ((U - V) sin Δ/2)².

Unit weight is the limit Δ = 0. The primal of the problems on the whole line is kept in these shares U and V: a
:class:`BentInterpolant` passes through the data by construction, hence it is an upper bound, however close points are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from implicit_bias.numerics.arrays import FloatArray


def sphere_weight(t: FloatArray) -> FloatArray:
    """Return sqrt(1 + t²), the cost of [± (x - t)]₊ on the sphere: the norm of the unit's inner weights."""
    return np.hypot(1.0, t)


@dataclass(frozen=True, eq=False)
class Arcs:
    """Nodes on the line with the weight of features.

    Attributes
    ----------
    x : (n,) increasing nodes
    sizes : (n,) weights w(x_i)
    halves : (n-1,) half the angle Δ_i of each gap; 0 for unit weight
    curved : whether the weight is that of the sphere
    """

    x: FloatArray
    sizes: FloatArray
    halves: FloatArray
    curved: bool

    @classmethod
    def unit(cls, x: FloatArray) -> Arcs:
        """Return nodes with unit weight."""
        return cls(x, np.ones_like(x), np.zeros(x.size - 1), False)

    @classmethod
    def sphere(cls, x: FloatArray) -> Arcs:
        """Return nodes with weight sqrt(1 + t²): each angle is accurate to rounding, however small."""
        return cls(x, sphere_weight(x), np.arctan2(np.diff(x), 1 + x[1:] * x[:-1]) / 2, True)

    def weight(self, t: FloatArray) -> FloatArray:
        """Return w(t)."""
        return sphere_weight(t) if self.curved else np.ones_like(t)

    @cached_property
    def whole(self) -> float:
        """The angle from the first node to the last; 0 for unit weight."""
        x = self.x
        return float(np.arctan2(x[-1] - x[0], 1 + x[0] * x[-1])) if self.curved else 0.0

    @cached_property
    def tail(self) -> float:
        """Half the angle of the arc of features that are affine on the data; on the sphere it holds the constants, too."""
        return (np.pi - self.whole) / 2

    @cached_property
    def reach(self) -> float:
        """The largest value of a feature of cost 1 at a node, relative to the node's weight: at most 1 on the sphere."""
        x, w = self.x, self.sizes
        return 1.0 if self.whole > np.pi / 2 else float((x[-1] - x[0]) / (w[0] * w[-1]))

    @cached_property
    def to_last(self) -> FloatArray:
        """sin(φ_n - φ_i), or x_n - x_i for unit weight: values at the last node of kinks of cost 1, relative to its weight."""
        values: FloatArray = (self.x[-1] - self.x) / (self.sizes * self.sizes[-1])
        return values

    @cached_property
    def from_first(self) -> FloatArray:
        """sin(φ_i - φ_1), or x_i - x_1 for unit weight."""
        values: FloatArray = (self.x - self.x[0]) / (self.sizes * self.sizes[0])
        return values


def arc_costs(left: FloatArray, right: FloatArray, halves: FloatArray | float) -> FloatArray:
    """Return the least cost that makes shares U and V at the ends of arcs: one kink inside if their signs agree, else two."""
    return _costs(left, right, np.cos(halves), np.sin(halves))


def tail_cost(arcs: Arcs, left: FloatArray, right: FloatArray) -> FloatArray:
    """Return the same for the arc of features that are affine on the data: its cosine is small where points are close."""
    return _costs(left, right, np.sin(arcs.whole / 2), np.cos(arcs.whole / 2))


def _costs(left: FloatArray, right: FloatArray, cosine: FloatArray | float, sine: FloatArray | float) -> FloatArray:
    bent = np.hypot((left + right) * cosine, (left - right) * sine)
    return np.where(left * right > 0, bent, np.abs(left) + np.abs(right))


def arc_peaks(left: FloatArray, right: FloatArray, halves: FloatArray | float) -> FloatArray:
    """Return the largest |A cos τ + B sin τ| on arcs from its values at both ends.

    It is the amplitude, if the sinusoid peaks inside, else the larger end. The difference of the ends loses digits on short
    arcs, but where the peak is inside it counts in second order only.
    """
    return _peaks(left, right, np.cos(halves), np.sin(halves))


def tail_peak(arcs: Arcs, left: FloatArray, right: FloatArray) -> FloatArray:
    """Return the same for the arc of features that are affine on the data."""
    return _peaks(left, right, np.sin(arcs.whole / 2), np.cos(arcs.whole / 2))


def _peaks(left: FloatArray, right: FloatArray, cosine: FloatArray | float, sine: FloatArray | float) -> FloatArray:
    inside = np.abs(left - right) * cosine**2 < np.abs(left + right) * sine**2
    with np.errstate(divide="ignore", invalid="ignore"):  # halves of 0 have no inside
        amplitude = np.hypot((left + right) / (2 * cosine), (left - right) / (2 * sine))
    return np.where(inside, amplitude, np.maximum(np.abs(left), np.abs(right)))


def arc_tops(left: FloatArray, right: FloatArray, halves: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the largest ‖C cos τ + S sin τ‖ for |τ| ≤ h on arcs from its values at τ = -h and h, and where it is.

    Parameters
    ----------
    left, right : (m,) or (m, k);  halves : (m,), h in [0, π/2)
    """
    first, last = (values if values.ndim == 2 else values[:, None] for values in (left, right))
    sine = np.sin(halves)
    even = (first + last) / (2 * np.cos(halves))[:, None]
    odd = (last - first) / np.where(sine > 0, 2 * sine, np.inf)[:, None]
    turns = np.arctan2(2 * (even * odd).sum(axis=1), (even**2).sum(axis=1) - (odd**2).sum(axis=1)) / 2
    inside = np.abs(turns) < halves
    at_ends = np.linalg.norm(first, axis=1), np.linalg.norm(last, axis=1)
    at_top = np.linalg.norm(even * np.cos(turns)[:, None] + odd * np.sin(turns)[:, None], axis=1)
    values = np.where(inside, np.maximum(at_top, np.maximum(*at_ends)), np.maximum(*at_ends))
    return values, np.where(inside, turns, np.where(at_ends[0] >= at_ends[1], -halves, halves))


@dataclass(frozen=True, eq=False)
class Shares:
    """Kinks inside the gaps, as the costs of kinks at both ends of the gap that equal them at the data.

    Attributes
    ----------
    left, right : (n-1,) U_i at x_i and V_i at x_{i+1}
    """

    left: FloatArray
    right: FloatArray

    @classmethod
    def none(cls, nodes: int) -> Shares:
        """Return no kinks."""
        return cls(np.zeros(nodes - 1), np.zeros(nodes - 1))

    def parted(self) -> tuple[Shares, FloatArray]:
        """Return the kinks inside gaps, and what interior nodes get from shares that make none: those of unlike sign, or of 0."""
        alike = self.left * self.right > 0
        inside = Shares(np.where(alike, self.left, 0.0), np.where(alike, self.right, 0.0))
        return inside, self.minus(inside).inner

    def scaled(self, parts: FloatArray) -> Shares:
        """Return a part of each kink."""
        return Shares(self.left * parts, self.right * parts)

    def minus(self, other: Shares) -> Shares:
        """Return the rest of each kink."""
        return Shares(self.left - other.left, self.right - other.right)

    @property
    def inner(self) -> FloatArray:
        """What the interior nodes get, (n-2,)."""
        return self.left[1:] + self.right[:-1]


@dataclass(frozen=True, eq=False)
class BentInterpolant:
    """A function through the data with kinks inside gaps and at nodes: a feasible measure in node values.

    Whatever the shares are, each interior node gets the rest of its slope change. With a free affine part any slope
    changes are feasible; without one, the two features at the ends, or one in the arc between them, make what is missing.

    Attributes
    ----------
    arcs : Arcs
    values : (n,) y_i / w(x_i)
    bends : (n-2,) k_j = w(x_j) c_j, c_j the slope changes of the interpolant
    rising, falling : Shares of the kinks inside gaps
    split : (n-2,) the rising part of what the interior nodes get besides
    free : whether an affine part is free
    """

    arcs: Arcs
    values: FloatArray
    bends: FloatArray
    rising: Shares
    falling: Shares
    split: FloatArray
    free: bool

    @cached_property
    def at_nodes(self) -> FloatArray:
        """Return what is left for kinks at the interior nodes, (n-2,)."""
        return self.bends - self.rising.inner - self.falling.inner

    @cached_property
    def ends(self) -> tuple[float, float]:
        """Costs (F, R) of x_n - x and x - x_1, features of cost 1, that the affine part is made of; 0 where it is free."""
        if self.free:
            return 0.0, 0.0
        arcs, y = self.arcs, self.values
        up, down = self.split + self.rising.inner, self.at_nodes - self.split + self.falling.inner
        reach = arcs.to_last[0]
        rise = (y[-1] - (up * arcs.to_last[1:-1]).sum()) / reach - self.rising.left[0]
        fall = (y[0] - (down * arcs.from_first[1:-1]).sum()) / reach - self.falling.right[-1]
        return float(fall), float(rise)

    def cost(self) -> float:
        """Return the cost of this measure."""
        halves, ends = self.arcs.halves, np.array(self.ends)
        inside = sum(float(arc_costs(part.left, part.right, halves).sum()) for part in (self.rising, self.falling))
        nodes = float(np.abs(self.split).sum() + np.abs(self.at_nodes - self.split).sum())
        return inside + nodes + float(tail_cost(self.arcs, ends[:1], ends[1:])[0])
