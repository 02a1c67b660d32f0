"""The piecewise-linear view of a problem on the line: node values in place of atoms and dual variables.

With gaps far below the range, atoms and dual variables (second differences of order 1/gap) lose in float64 what the
values at the nodes keep. Both sides of the unit-weight problem are therefore judged in node values. Here is the primal:
a :class:`SplitInterpolant` is a feasible function by construction, hence an upper bound. The dual, values of η at the
nodes, is in :mod:`implicit_bias.certificates.certificate`.

Everything is + - × ÷ and comparisons, so the same code runs on float64 and on arrays of ``fractions.Fraction``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.measures.measure import row_norms
from implicit_bias.numerics import double_double, tolerances
from implicit_bias.numerics.arrays import FloatArray, chunks

Numbers = np.ndarray[Any, Any]
"""A float64 array, or an object array of Fractions."""


def slope_changes(x: Numbers, y: Numbers) -> Numbers:
    """Return the slope changes c_j, j = 2 … n-1, of the interpolant of n ≥ 2 points, each to a few roundings of its slopes."""
    return np.diff(np.diff(y) / np.diff(x))


def true_kinks(x: Numbers, y: Numbers, changes: Numbers) -> np.ndarray[Any, Any]:
    """Mark the interior nodes whose slope change exceeds the rounding of its two slopes."""
    rounding = np.abs(y[1:])
    rounding += np.abs(y[:-1])
    rounding /= np.diff(x)
    bound = rounding[1:] + rounding[:-1]
    bound *= tolerances.CURVATURE
    return np.abs(changes) > bound


@dataclass(frozen=True, eq=False)
class SplitInterpolant:
    """The interpolant of the data with each slope change c_j split between a rising and a falling feature.

    f = Σ_j r_j [x - x_j]₊ + (c_j - r_j) [x_j - x]₊ + rise · (x - x_1) + fall · (x_n - x): it passes through every point
    whatever ``rising`` is, because the two end weights are solved for.

    Attributes
    ----------
    x, y : (n,) nodes and values
    changes : (n-2,) slope changes c_j
    rising : (n-2,) the parts r_j, between 0 and c_j if they are to be optimal
    outer : values at x_1 and x_n of a further affine part, made by kinks beyond the nodes
    outer_cost : its cost
    """

    x: Numbers
    y: Numbers
    changes: Numbers
    rising: Numbers
    outer: tuple[Any, Any] = (0, 0)
    outer_cost: Any = 0

    @cached_property
    def ends(self) -> tuple[Any, Any]:
        """The weights (fall, rise) of x_n - x and of x - x_1."""
        x, y = self.x, self.y
        falling = self.changes - self.rising
        length = x[-1] - x[0]
        fall = (y[0] - self.outer[0] - (falling * (x[1:-1] - x[0])).sum()) / length
        rise = (y[-1] - self.outer[1] - (self.rising * (x[-1] - x[1:-1])).sum()) / length
        return fall, rise

    def cost(self) -> Any:
        """Return the cost of this measure: an upper bound of problem (13)."""
        fall, rise = self.ends
        inner = np.abs(self.rising).sum() + np.abs(self.changes - self.rising).sum()
        return inner + abs(fall) + abs(rise) + self.outer_cost


@dataclass(frozen=True, eq=False)
class NodeWeights:
    """A measure as seen by the data: atoms moved to the nodes around them, without changing any value at a node.

    A kink inside a gap is shared between both ends of the gap in proportion; between nodes the function changes, at nodes
    it does not, and the total variation does not grow (this is why kinks at the data suffice: Proposition 1).

    Attributes
    ----------
    x : (n,) nodes
    rising : (n,) weights of [x - x_j]₊; the last one has no effect
    falling : (n,) weights of [x_j - x]₊; the first one has no effect
    outer : values at x_1 and x_n of the affine part made by features with kinks beyond the nodes
    outer_cost : the cost of those
    """

    x: FloatArray
    rising: FloatArray
    falling: FloatArray
    outer: tuple[float, float] = (0.0, 0.0)
    outer_cost: float = 0.0

    @classmethod
    def of_atoms(cls, x: FloatArray, kinks: FloatArray, directions: FloatArray, weights: FloatArray) -> NodeWeights:
        """Move atoms to the nodes; those beyond the nodes become the affine part that they are there."""
        outer, outer_cost = (0.0, 0.0), 0.0
        if kinks.size and (kinks.min() < x[0] or kinks.max() > x[-1]):
            beyond = (kinks < x[0]) | (kinks > x[-1])
            reach = np.maximum(0.0, directions[beyond] * (x[[0, -1]][:, None] - kinks[beyond])) @ weights[beyond]
            outer_cost = float(np.abs(weights[beyond]) @ ((kinks[beyond] < x[0]) == (directions[beyond] > 0)))
            outer = (float(reach[0]), float(reach[1]))
            kinks, directions, weights = kinks[~beyond], directions[~beyond], weights[~beyond]
        after = np.searchsorted(x, kinks, side="left")
        between = x[after] != kinks
        if between.any():
            at, t, w = after[between], kinks[between], weights[between]
            share = (t - x[at - 1]) / (x[at] - x[at - 1])
            after = np.concatenate([after[~between], at, at - 1])
            directions = np.concatenate([directions[~between], directions[between], directions[between]])
            shares = share if w.ndim == 1 else share[:, None]
            weights = np.concatenate([weights[~between], w * shares, w * (1 - shares)])
        rising, falling = (_gathered(after, weights, directions == facing, x.size) for facing in (1.0, -1.0))
        return cls(x, rising, falling, outer, outer_cost)

    @classmethod
    def of_optimum(cls, pair: SplitInterpolant) -> NodeWeights:
        """Round a split interpolant to float64 atoms whose errors do not add up along the line."""
        x, n = pair.x, pair.x.size
        rising, falling = np.zeros(n), np.zeros(n)
        steady = double_double.Steady.for_size(pair.changes), double_double.Steady.for_size(pair.changes)
        for part in chunks(n - 2):
            slopes = np.diff(pair.y[part.start : part.stop + 2]) / np.diff(x[part.start : part.stop + 2])
            lost = double_double.two_sum(slopes[1:], -slopes[:-1]).low  # what ``slope_changes`` rounds away
            rest = pair.changes[part] - pair.rising[part]
            of_rising = np.where(rest == 0, lost, 0.0)
            rising[1:-1][part] = steady[0].rounded(pair.rising[part], of_rising)
            falling[1:-1][part] = steady[1].rounded(rest, lost - of_rising)
        left, right = pair.y[0] - double_double.moment(falling, x, x[0]), pair.y[-1] + double_double.moment(rising, x, x[-1])
        left, right = _absorb(pair, rising, falling, left, right)
        length = x[-1] - x[0]
        smallest = tolerances.EPS * max(np.abs(rising).max(), np.abs(falling).max())
        falling[-1] = left / length if abs(left) > smallest * length else 0.0
        rising[0] = right / length if abs(right) > smallest * length else 0.0
        return cls(x, rising, falling)

    def residuals(self, y: FloatArray) -> FloatArray:
        """Return f(x_i) - y_i, computed from slopes so that neither many atoms nor close nodes cost accuracy."""
        x, n = self.x, self.x.size
        found = np.empty(n)
        found[0] = miss = double_double.moment(self.falling, x, x[0]) + self.outer[0] - y[0]
        outer = (self.outer[1] - self.outer[0]) / (x[-1] - x[0])
        slope = double_double.negate(double_double.total(double_double.of(self.falling[1:])))
        for gap in chunks(n - 1):
            joined = double_double.two_sum(self.rising[gap], self.falling[gap] if gap.start else np.append(0.0, self.falling[1 : gap.stop]))
            running = double_double.add(double_double.cumulative(joined), slope)
            slope = running[-1:]
            steps = running.high + outer
            steps *= np.diff(x[gap.start : gap.stop + 1])
            steps -= np.diff(y[gap.start : gap.stop + 1])
            steps[0] += miss
            found[gap.start + 1 : gap.stop + 1] = np.cumsum(steps, out=steps)
            miss = steps[-1]
        return found

    def split(self, y: FloatArray, changes: FloatArray) -> SplitInterpolant:
        """Return a feasible function: the data's interpolant with this measure's rising parts.

        Parts beyond 0 and c_j are cut off: every unit beyond costs 2, and saves at most 1 at the ends.
        """
        rising = np.clip(self.rising[1:-1], np.minimum(changes, 0), np.maximum(changes, 0))
        return SplitInterpolant(self.x, y, changes, rising, self.outer, self.outer_cost)

    def interpolating_cost(self, values: FloatArray, norm: float) -> float:
        """Return the total variation of the function that has this measure's rising parts and takes given values, (n, k)."""
        x, rising = self.x, self.rising[1:-1]
        gaps = np.diff(x)[:, None]
        falling = np.diff(np.diff(values, axis=0) / gaps, axis=0) - rising
        length = x[-1] - x[0]
        fall = (values[0] - (falling * (x[1:-1] - x[0])[:, None]).sum(axis=0)) / length
        rise = (values[-1] - (rising * (x[-1] - x[1:-1])[:, None]).sum(axis=0)) / length
        return float(sum(row_norms(part, norm).sum() for part in (rising, falling, fall[None], rise[None])))

    def atoms(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return kinks, directions and weights of the atoms that act on the nodes, by increasing kink."""
        up, down = self.rising != 0, self.falling != 0
        up[-1] = down[0] = False
        live = up | down
        kinks, directions, weights = self.x[live], np.where(up[live], 1.0, -1.0), np.where(up, self.rising, self.falling)[live]
        both = np.flatnonzero(up & down)
        if not both.size:
            return kinks, directions, weights
        after = np.cumsum(live)[both]
        return np.insert(kinks, after, self.x[both]), np.insert(directions, after, -1.0), np.insert(weights, after, self.falling[both])


def _gathered(at: npt.NDArray[np.intp], weights: FloatArray, kept: npt.NDArray[np.bool_], size: int) -> FloatArray:
    """Sum the kept weights, (m,) or (m, k), by place."""
    if weights.ndim == 1:
        return np.bincount(at, np.where(kept, weights, 0.0), minlength=size).astype(np.float64, copy=False)
    total = np.zeros((size, weights.shape[1]))
    np.add.at(total, at[kept], weights[kept])
    return total


def _absorb(pair: SplitInterpolant, rising: FloatArray, falling: FloatArray, left: float, right: float) -> tuple[float, float]:
    """Shift the nodes that have both facings so that what misses at the ends is met without end atoms, where it can be."""
    x = pair.x
    cut = np.flatnonzero((rising != 0) & (falling != 0))
    if cut.size == 0:
        return left, right
    i, k = cut[0], cut[-1]
    if i != k:
        mass = (right - left) / (x[-1] - x[0])
        last = (-left - mass * (x[i] - x[0])) / (x[k] - x[i])
        shifts = [(k, last), (i, mass - last)]
    else:
        fall, rise = pair.ends
        shifts = [(i, right / (x[-1] - x[i]) if abs(rise) < abs(fall) else -left / (x[i] - x[0]))]
    for node, shift in shifts:
        before, whole = rising[node], rising[node] + falling[node]
        rising[node] = np.clip(before + shift, min(whole, 0.0), max(whole, 0.0))
        falling[node] -= rising[node] - before
        left += (rising[node] - before) * (x[node] - x[0])
        right -= (rising[node] - before) * (x[-1] - x[node])
    return left, right
