"""One input: every place where ‖η‖ is largest on an arc between nodes, from node values."""

from __future__ import annotations

import numpy as np

from implicit_bias.measures.circle import Arcs, arc_tops
from implicit_bias.numerics.arrays import FloatArray


def line_peaks(arcs: Arcs, rising: FloatArray, falling: FloatArray, free: bool) -> tuple[FloatArray, FloatArray]:
    """Return the features (q, 2) at which ‖η‖ has its maxima on arcs, and the values of ‖η‖ there.

    Features are unit vectors (s, -s t) / sqrt(1 + t²); the constant 1 is (0, 1).

    Parameters
    ----------
    arcs : the nodes on the sphere
    rising, falling : (n,) or (n, k), η(x_i, +1) and η(x_i, -1)
    free : whether an affine part is free; then rising features inside the data are all there are
    """
    nodes = np.stack([np.ones_like(arcs.x), -arcs.x], axis=1) / arcs.sizes[:, None]
    sizes = arcs.sizes if rising.ndim == 1 else arcs.sizes[:, None]
    up, down = rising / sizes, falling / sizes
    parts = [_on_arcs(up[:-1], up[1:], nodes[:-1], nodes[1:], arcs.halves)]
    if not free:
        parts.append(_on_arcs(down[:-1], down[1:], -nodes[:-1], -nodes[1:], arcs.halves))
        parts.append(_on_arcs(up[:1], down[-1:], nodes[:1], -nodes[-1:], np.array([arcs.tail])))
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _on_arcs(left: FloatArray, right: FloatArray, first: FloatArray, last: FloatArray, halves: FloatArray) -> tuple[FloatArray, FloatArray]:
    values, turns = arc_tops(left, right, halves)
    # weights of both ends, up to a common factor; each is exact where the other is 0
    features = np.sin(halves - turns)[:, None] * first + np.sin(halves + turns)[:, None] * last
    flat = halves == 0
    features[flat] = first[flat]
    return features / np.linalg.norm(features, axis=1, keepdims=True), values
