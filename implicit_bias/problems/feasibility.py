"""Feasible measures from nearly feasible ones, in any dimension."""

from __future__ import annotations

import numpy as np

from implicit_bias.certificates.oracles import sizes
from implicit_bias.numerics.arrays import FloatArray

DIRECTIONS = 64
"""Directions that are tried for the ridges."""

REMAINS, FITS = 1e-11, 3
"""What may remain of the residuals, relative to the targets, after as many least-squares fits."""


def ridge_features(rows: FloatArray) -> FloatArray:
    """Return features that make any values at different points, (n, d+1): ridges along the direction that keeps points most apart.

    The first is the constant, the others begin at each point but the last; in the order of the points along the direction their
    values are triangular.
    """
    coordinates = rows.shape[1] - 1
    draws = np.random.default_rng(0).normal(size=(DIRECTIONS, coordinates)) if coordinates > 1 else np.ones((1, 1))
    draws /= np.linalg.norm(draws, axis=1, keepdims=True)
    places = np.sort(rows[:, :-1] @ draws.T, axis=0)
    best = int(np.diff(places, axis=0).min(axis=0, initial=np.inf).argmax())
    features = np.concatenate([np.zeros((1, coordinates)), np.repeat(draws[best : best + 1], len(rows) - 1, axis=0)])
    features = np.column_stack([features, np.concatenate([[1.0], -places[:-1, best]])])
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    return features


def interpolating_cost(
    rows: FloatArray, features: FloatArray, weights: FloatArray, targets: FloatArray, scale: float, free: FloatArray
) -> float:
    """Return the cost of weights near the given ones that make the targets, infinite if rounding does not allow them.

    Parameters
    ----------
    rows : (n, d+1) different points;  features : (m, d+1);  weights : (m,) or (m, k);  targets : (n,) or (n, k)
    free : (n, p) columns that cost nothing
    """
    columns, allowed = np.maximum(rows @ features.T, 0.0), REMAINS * scale
    if np.abs(targets - columns @ weights).max(initial=0.0) <= allowed:
        return float(sizes(weights).sum())
    more = ridge_features(np.unique(rows, axis=0))
    count = len(features) + len(more)
    columns = np.column_stack([columns, np.maximum(rows @ more.T, 0.0), free])
    total = np.concatenate([weights, np.zeros((columns.shape[1] - len(weights), *weights.shape[1:]))])
    for _ in range(FITS):
        total = total + np.linalg.lstsq(columns, targets - columns @ total, rcond=None)[0]
        if np.abs(targets - columns @ total).max(initial=0.0) <= allowed:
            return float(sizes(total[:count]).sum())
    return np.inf
