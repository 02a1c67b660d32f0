"""Several inputs: ascents from many starts, and for two inputs the exact supremum on top of them."""

from __future__ import annotations

import numpy as np

from implicit_bias.certificates.oracles.ascent import ascend
from implicit_bias.certificates.oracles.evaluate import distinct, eta, sizes
from implicit_bias.certificates.oracles.plane_peaks import plane_peaks
from implicit_bias.numerics.arrays import FloatArray

LOOKS, STARTS = 1000, 24
"""Features that are looked at, and ascents from the best of them, for each coordinate of the sphere."""

APART = 1e-6
"""Angle within which two ends of ascents are the same maximum."""

EXACT = 1e-13
"""Relative margin by which the exact search looks below the best ascent."""


def spread_features(coordinates: int, count: int) -> FloatArray:
    """Return directions spread over the sphere, always the same: evenly for three coordinates, else random."""
    if coordinates == 3:
        height = 1 - (2 * np.arange(count) + 1) / count
        turn = np.pi * (3 - np.sqrt(5)) * np.arange(count)
        ring = np.sqrt(1 - height**2)
        return np.stack([ring * np.cos(turn), ring * np.sin(turn), height], axis=1)
    draws = np.random.default_rng(0).normal(size=(count, coordinates))
    features: FloatArray = draws / np.linalg.norm(draws, axis=1, keepdims=True)
    return features


def climbed_peaks(rows: FloatArray, alpha: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return features where ascents from many starts end, the largest ‖η‖ first, and ‖η‖ there.

    Parameters
    ----------
    rows : (n, d+1) data with a last coordinate of 1, no two alike;  alpha : (n, k)
    """
    coordinates = rows.shape[1]
    looks = spread_features(coordinates, LOOKS * coordinates)
    count = STARTS * coordinates
    starts, _ = distinct(looks, sizes(eta(rows, alpha, looks)), np.sqrt(2 / count), count)
    return _apart(*ascend(rows, alpha, starts))


def proved_peaks(rows: FloatArray, alpha: FloatArray, climbed: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return the ends of ascents with what the exact search for two inputs finds besides: the first is the supremum."""
    features, values = climbed
    more = plane_peaks(rows, alpha, float(values.max()) * (1 - EXACT))
    return _apart(np.concatenate([features, more[0]]), np.concatenate([values, more[1]]))


def _apart(features: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    kept, at = distinct(features, values, APART, len(features))
    return kept, values[at]
