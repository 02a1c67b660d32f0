"""Large ‖η‖ on the sphere by ascent along great circles from many starts: no certificate, in any dimension.

Each step takes the exact maximum over a whole great circle, through the present feature in the direction of the gradient. η has
creases where a data row changes sides; gradients are taken along the creases that the feature lies on, every other time, so that
maxima on them are reached too.
"""

from __future__ import annotations

import numpy as np

from implicit_bias.certificates.oracles.evaluate import eta, sizes
from implicit_bias.certificates.oracles.great_circles import best_on_circles
from implicit_bias.numerics.arrays import FloatArray

STEPS, ON_CREASE, GAIN = 60, 1e-9, 1e-13
"""Most steps; a row counts as a crease within this sine; a smaller relative gain is rounding."""


def ascend(rows: FloatArray, alpha: FloatArray, starts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return where ascents from the starts end, (S, d+1), and ‖η‖ there.

    Parameters
    ----------
    rows : (n, d+1) data with a last coordinate of 1;  alpha : (n, k);  starts : (S, d+1), unit rows
    """
    features, lengths = starts.copy(), np.linalg.norm(rows, axis=1)
    values = sizes(eta(rows, alpha, features))
    stalled = np.zeros(len(features), dtype=np.int64)
    for step in range(STEPS):
        live = np.flatnonzero(stalled < 3)
        if not live.size:
            break
        u = features[live]
        directions = _directions(rows, alpha, lengths, u, along_creases=step % 2 == 0)
        moving = np.linalg.norm(directions, axis=1) > 0
        stalled[live[~moving]] += 1
        live, u, v = live[moving], u[moving], directions[moving]
        if not live.size:
            continue
        angles, _ = best_on_circles(np.stack([u @ rows.T, v @ rows.T], axis=-1), alpha)
        turned = u * np.cos(angles)[:, None] + v * np.sin(angles)[:, None]
        turned /= np.linalg.norm(turned, axis=1, keepdims=True)
        found = sizes(eta(rows, alpha, turned))
        better = found > values[live] * (1 + GAIN)
        features[live[better]], values[live[better]] = turned[better], found[better]
        stalled[live[better]] = 0
        stalled[live[~better]] += 1
    return features, values


def _directions(rows: FloatArray, alpha: FloatArray, lengths: FloatArray, u: FloatArray, along_creases: bool) -> FloatArray:
    """Return unit tangents of steepest ascent, 0 where there is none."""
    heights = u @ rows.T
    active = heights > 0
    values = np.maximum(heights, 0.0) @ alpha
    towards = values / np.maximum(np.sqrt((values**2).sum(axis=1, keepdims=True)), np.finfo(float).tiny)
    gradients = (active * (towards @ alpha.T)) @ rows
    tangents = gradients - (gradients * u).sum(axis=1, keepdims=True) * u
    if along_creases:
        creases = np.abs(heights) <= ON_CREASE * lengths
        for s in np.flatnonzero(creases.any(axis=1)):
            normals = rows[creases[s]] / lengths[creases[s], None]
            _, singular, right = np.linalg.svd(normals, full_matrices=False)
            spanned = right[singular > ON_CREASE]
            tangents[s] -= spanned.T @ (spanned @ tangents[s])
        tangents -= (tangents * u).sum(axis=1, keepdims=True) * u
    size = np.linalg.norm(tangents, axis=1, keepdims=True)
    still = size <= 1e-14 * np.maximum(np.linalg.norm(gradients, axis=1, keepdims=True), np.finfo(float).tiny)
    return np.where(still, 0.0, tangents / np.where(still, 1.0, size))
