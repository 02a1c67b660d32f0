"""Two inputs: the exact supremum of ‖η‖ over the sphere, from the arrangement of the data's great circles.

On each cell of the arrangement η(u) = uᵀ M is linear. A maximum of ‖η‖ inside a cell is at ± the top left singular vector of M; inside an
arc of a circle at that of M restricted to the circle's plane; else it is at a vertex. Walking along every circle visits every arc, and
with both sides every cell: O(n² log n) for one output. A cell's singular vector counts if it lies between the circles next to
it; what is left is evaluated by the definition of η, so that no candidate can say more than is true.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from implicit_bias.certificates.oracles.evaluate import eta, sizes
from implicit_bias.certificates.oracles.great_circles import BoolArray, Sweep, largest_on_arcs
from implicit_bias.numerics.arrays import FloatArray

CHUNK = 1 << 21
"""Entries of the running sums of the circles that are walked together."""

SLACK = 1e-9
"""Sine by which a cell's candidate may lie outside and still be evaluated; relative margin below the best value to do so."""

KEPT = 512
"""Candidates that are returned."""


def plane_peaks(rows: FloatArray, alpha: FloatArray, above: float) -> tuple[FloatArray, FloatArray]:
    """Return features (q, 3) with ‖η‖ > above that are maxima of arcs or cells, the best KEPT of them, and ‖η‖ there.

    The supremum is the largest of these values if there are any; otherwise it is at most ``above``, up to rounding.

    Parameters
    ----------
    rows : (n, 3) data with a last coordinate of 1, no two alike;  alpha : (n, k)
    """
    n, k = alpha.shape
    unit_rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    step = max(1, CHUNK // (3 * k * (n + 1)))
    best: tuple[FloatArray, FloatArray] = (np.empty((0, 3)), np.empty(0))
    for first in range(0, n, step):
        found = _walk(rows, unit_rows, alpha, np.arange(first, min(first + step, n)), above)
        values = sizes(eta(rows, alpha, found))
        live = values > above
        features, values = np.concatenate([best[0], found[live]]), np.concatenate([best[1], values[live]])
        order = np.argsort(-values, kind="stable")[:KEPT]
        best = features[order], values[order]
    return best


def _bases(normals: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return orthonormal pairs that span the planes across unit normals."""
    least = np.abs(normals).argmin(axis=1)
    p = np.cross(normals, np.eye(3)[least])
    p /= np.linalg.norm(p, axis=1, keepdims=True)
    return p, np.cross(normals, p)


def _walk(rows: FloatArray, unit_rows: FloatArray, alpha: FloatArray, circles: FloatArray, above: float) -> FloatArray:
    """Return candidates of the arcs and cells along some circles."""
    n, k = alpha.shape
    p, q = _bases(unit_rows[circles])
    skip = np.zeros((circles.size, n), dtype=bool)
    skip[np.arange(circles.size), circles] = True
    sweep = Sweep.of(np.stack([p @ rows.T, q @ rows.T], axis=-1), skip)
    parts = (rows[:, :, None] * alpha[:, None, :]).reshape(n, -1)
    moments = sweep.running(parts).reshape(circles.size, n + 1, 3, k)
    own = parts[circles].reshape(-1, 1, 3, k)
    antipodal = moments + own - parts.sum(axis=0).reshape(3, k)
    low, high = sweep.bounds
    middle = _on_circle(p, q, (low + high) / 2)
    found = []
    for sign, inactive in ((1.0, moments), (-1.0, antipodal - own)):
        planar = np.stack([np.einsum("sc,sack->sak", p, inactive), np.einsum("sc,sack->sak", q, inactive)], axis=2)
        angles, values = largest_on_arcs(planar, low, high)
        large = values > above * (1 - SLACK)
        found.append(sign * _on_circle(p, q, angles)[large])
    # the two sides at u, then those at -u: there a row that is active at u is not, and η(-u) = uᵀ (M - whole)
    for sign, cell, active in ((1.0, moments, False), (1.0, moments + own, True), (-1.0, antipodal, False), (-1.0, antipodal - own, True)):
        found.append(_cells(unit_rows, circles, sweep, middle, sign, cell, active, above))
    return np.concatenate(found)


def _on_circle(p: FloatArray, q: FloatArray, angles: FloatArray) -> FloatArray:
    """Return p cos θ + q sin θ for (S, a) angles: (S, a, 3)."""
    points: FloatArray = np.cos(angles)[..., None] * p[:, None] + np.sin(angles)[..., None] * q[:, None]
    return points


def _cells(
    unit_rows: FloatArray,
    circles: FloatArray,
    sweep: Sweep,
    middle: FloatArray,
    sign: float,
    moments: FloatArray,
    active: bool,
    above: float,
) -> FloatArray:
    """Return ± top singular vectors of the cells on one side of the arcs that lie between the circles around them."""
    if moments.shape[-1] == 1:
        lengths = np.sqrt((moments[..., 0] ** 2).sum(axis=-1))
        s, a = np.nonzero(lengths > above * (1 - SLACK))
        tops = moments[s, a, :, 0] / lengths[s, a, None]
    else:
        gram = moments @ np.swapaxes(moments, -1, -2)
        s, a = np.nonzero((gram**2).sum(axis=(-1, -2)) > (above * (1 - SLACK)) ** 4)
        values, vectors = np.linalg.eigh(gram[s, a])
        large = values[:, -1] > (above * (1 - SLACK)) ** 2
        s, a, tops = s[large], a[large], vectors[large, :, -1]
    own = unit_rows[circles[s]]
    side = (own * tops).sum(axis=1)
    tops = tops * np.where((side > 0) == active, 1.0, -1.0)[:, None]
    inside = _between(unit_rows, sweep, s, a, sign * middle[s, a], tops)
    candidates: FloatArray = tops[inside]
    return candidates


def _between(unit_rows: FloatArray, sweep: Sweep, s: Any, a: Any, near: FloatArray, tops: FloatArray) -> BoolArray:
    """Whether candidates lie on the same side as the arc's middle of the circles that cross at the arc's ends."""
    n = len(unit_rows)
    inside = np.ones(len(s), dtype=bool)
    for event in (np.maximum(a - 1, 0), np.minimum(a, n - 1)):
        crossing = unit_rows[sweep.order[s, event]]
        matters = sweep.signs[s, event] != 0
        here, there = (crossing * near).sum(axis=1), (crossing * tops).sum(axis=1)
        inside &= ~matters | (np.sign(here) * there > -SLACK)
    return inside
