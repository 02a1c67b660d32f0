"""η on the sphere by its definition, for checking and for choosing among candidates."""

from __future__ import annotations

import numpy as np

from implicit_bias.numerics.arrays import FloatArray, IntArray

BLOCK = 1 << 22
"""Entries of the largest temporary."""


def eta(rows: FloatArray, alpha: FloatArray, features: FloatArray) -> FloatArray:
    """Return η(u) = Σ_i α_i [u · r_i]₊ for features u, (m, d+1): (m,) or (m, k)."""
    out = np.empty((len(features), *alpha.shape[1:]))
    step = max(1, BLOCK // max(1, len(rows)))
    for first in range(0, len(features), step):
        part = features[first : first + step] @ rows.T
        np.maximum(part, 0.0, out=part)
        out[first : first + step] = part @ alpha
    return out


def sizes(values: FloatArray) -> FloatArray:
    """Return |η| or ‖η‖₂, (m,)."""
    if values.ndim == 1:
        return np.abs(values)
    lengths: FloatArray = np.sqrt((values**2).sum(axis=1))
    return lengths


def distinct(features: FloatArray, values: FloatArray, radius: float, most: int) -> tuple[FloatArray, IntArray]:
    """Return the features with the largest values, none within an angle of another that is kept, and their numbers."""
    kept: list[int] = []
    nearest = np.full(len(features), np.inf)
    for at in np.argsort(-values, kind="stable"):
        if len(kept) == most:
            break
        if nearest[at] >= 2 * np.sin(radius / 2):
            kept.append(int(at))
            np.minimum(nearest, np.linalg.norm(features - features[at], axis=1), out=nearest)
    return features[kept], np.array(kept, dtype=np.int64)
