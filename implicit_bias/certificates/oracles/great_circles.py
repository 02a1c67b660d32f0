"""Certificates along great circles: sorted events, running sums, and the exact largest ‖η‖ of every arc.

On a circle spanned by orthonormal p, q the feature u(θ) = p cos θ + q sin θ is active at data row r iff r·u(θ) > 0, half of the circle.
Between the events where that changes η(u) = uᵀ M with M = Σ_active r αᵀ fixed, and ‖η‖² is a quadratic form on the plane. Antipodes
have complementary active rows, so events of half a turn serve the whole one: there η(-u) = uᵀ (M - Σ r αᵀ).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from implicit_bias.numerics.arrays import FloatArray, IntArray

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Sweep:
    """Where rows become active or inactive along half turns of S circles, n events each.

    Attributes
    ----------
    order : (S, n) rows in the order of their events
    angles : (S, n) where these happen, in [0, π), increasing
    signs : (S, n) +1 where the row becomes active, -1 where it stops, 0 for rows that are skipped
    start : (S, n) 1 for rows that are active just after θ = 0
    """

    order: IntArray
    angles: FloatArray
    signs: FloatArray
    start: FloatArray

    @classmethod
    def of(cls, planar: FloatArray, skip: BoolArray | None = None) -> Sweep:
        """Sort the events of rows with coordinates (r·p, r·q), (S, n, 2), but for those that lie across the plane."""
        across, along = planar[..., 0], planar[..., 1]
        angles = np.mod(np.arctan2(along, across) + np.pi / 2, np.pi)
        angles[angles >= np.pi] = 0.0
        # an event at 0 leaves the row active iff it is so at π/2
        start = np.where(angles == 0, along <= 0, across > 0)
        active = start.astype(np.float64)
        signs = 1 - 2 * active
        if skip is not None:
            active[skip] = signs[skip] = 0.0
        order = np.argsort(angles, axis=1, kind="stable")
        return cls(order, np.take_along_axis(angles, order, 1), np.take_along_axis(signs, order, 1), active)

    def running(self, parts: FloatArray) -> FloatArray:
        """Return the sum of (n, p) parts over the active rows of each of the n+1 arcs, (S, n+1, p)."""
        steps = parts[self.order]
        steps *= self.signs[..., None]
        out = np.empty((*self.order.shape[:1], self.order.shape[1] + 1, parts.shape[1]))
        out[:, 0] = self.start @ parts
        np.cumsum(steps, axis=1, out=out[:, 1:])
        out[:, 1:] += out[:, :1]
        return out

    @property
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Both ends of the arcs, (S, n+1) each."""
        count = len(self.angles)
        low = np.concatenate([np.zeros((count, 1)), self.angles], axis=1)
        return low, np.concatenate([self.angles, np.full((count, 1), np.pi)], axis=1)


def largest_on_arcs(moments: FloatArray, low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the angle in [low, high] where ‖u(θ)ᵀ M‖ is largest, and the norm there.

    Parameters
    ----------
    moments : (..., 2, k) M;  low, high : (...), within [0, π]
    """
    first, second = moments[..., 0, :], moments[..., 1, :]
    a, b, c = (first**2).sum(-1), (second**2).sum(-1), (first * second).sum(-1)
    top = np.mod(np.arctan2(2 * c, a - b) / 2, np.pi)
    inside = (top > low) & (top < high)

    def square(angle: FloatArray) -> FloatArray:
        cosine, sine = np.cos(angle), np.sin(angle)
        vector = first * cosine[..., None] + second * sine[..., None]
        return (vector**2).sum(-1)  # type: ignore[no-any-return]

    at_low, at_high = square(low), square(high)
    angle = np.where(inside, top, np.where(at_low >= at_high, low, high))
    return angle, np.sqrt(np.where(inside, square(top), np.maximum(at_low, at_high)))


def best_on_circles(planar: FloatArray, alpha: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the angle θ in [0, 2π) where ‖η‖ is largest on each circle, and that norm.

    Parameters
    ----------
    planar : (S, n, 2), coordinates of the rows on each circle's plane;  alpha : (n, k)
    """
    sweep = Sweep.of(planar)
    circles, n, k = len(planar), *alpha.shape
    moments = np.empty((circles, n + 1, 2, k))
    whole = np.einsum("snc,nk->sck", planar, alpha)
    for s in range(circles):
        one = Sweep(sweep.order[s : s + 1], sweep.angles[s : s + 1], sweep.signs[s : s + 1], sweep.start[s : s + 1])
        moments[s] = one.running((planar[s, :, :, None] * alpha[:, None, :]).reshape(n, -1)).reshape(n + 1, 2, k)
    low, high = sweep.bounds
    here, there = largest_on_arcs(moments, low, high), largest_on_arcs(moments - whole[:, None], low, high)
    values = np.concatenate([here[1], there[1]], axis=1)
    angles = np.concatenate([here[0], there[0] + np.pi], axis=1)
    best = values.argmax(axis=1)
    rows = np.arange(circles)
    return angles[rows, best], values[rows, best]
