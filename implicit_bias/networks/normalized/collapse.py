"""Neural collapse after Papyan, Han and Donoho (2020): four numbers that are 0 where the features of every class have become one point.

Of features h_i of K classes, with class means μ_c, their mean μ_G, M the matrix of columns μ_c - μ_G, and the last layer's W:

    NC1   tr(Σ_W Σ_B⁺)/K              Σ_W the mean over classes of their covariances, Σ_B = M Mᵀ/K: spread within classes
    NC2   sd/mean of ‖μ_c - μ_G‖      and the mean of |cos(μ_c - μ_G, μ_c' - μ_G) + 1/(K - 1)|: the means are a regular simplex
    NC3   ‖W/‖W‖ - Mᵀ/‖M‖‖            Frobenius norms, from 0 to 2: the weights are the means
    NC4   share of the samples whose largest W h (+ bias) is not that of the nearest class mean

Only differences of W's rows decide. A last layer without a bias, as homogeneous networks have, may end at an orthogonal frame, W
and the means ∝ the first K unit vectors, whose M is a simplex and whose W is not: NC3 is then sqrt(2 - 2 sqrt(1 - 1/K)), while it is 0
with each row of W less their mean. Both are given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError
from implicit_bias.numerics.arrays import FloatArray, IntArray, as_floats

SAME = 1e-12
"""Class means that are closer than this, relative to the largest feature, are the same but for rounding."""

RANK = 1e-9
"""Directions in which the means differ less than this, relative to the most, are none of Σ_B's: Σ_B⁺ leaves them out, as it does
those past the K - 1 that K means can differ in, which only rounding fills."""


@dataclass(frozen=True)
class Collapse:
    """How far features are from neural collapse; every number is at least 0, and 0 where there is nothing missing.

    None is said of what is not defined: all but NC1 where all class means are the same, the angles where a class mean is the mean
    of them all, NC3 where W vanishes or was not given, NC4 where it was not given.

    Attributes
    ----------
    nc1 : variability within classes; infinite if all class means are the same, None if all features are, too
    nc2_norms, nc2_angles : of the class means; of two classes both are 0 whatever the features
    nc3 : weights and means
    nc3_centred : the same of the weights less the mean of their rows
    nc4 : decisions
    """

    nc1: float | None
    nc2_norms: float | None
    nc2_angles: float | None
    nc3: float | None
    nc3_centred: float | None
    nc4: float | None


def neural_collapse(
    features: npt.ArrayLike, labels: npt.ArrayLike, weights: npt.ArrayLike | None = None, bias: npt.ArrayLike | None = None
) -> Collapse:
    """Measure neural collapse.

    Parameters
    ----------
    features : (n, d), what enters the last layer; or any other layer's activations, without weights
    labels : (n,) classes 0 … K-1, each with a sample; classes count alike, however many samples they have
    weights : (K, d) of the last layer, optional
    bias : (K,) of the last layer, optional

    Raises
    ------
    DataError
        On shapes that do not fit, numbers that are not finite, labels that are no classes, fewer than two classes, and
        classes without samples.
    """
    h = as_floats(features, "features", ...)
    if h.ndim != 2 or h.size == 0:
        raise DataError(f"features must have the shape (n, d) and not be empty; their shape is {h.shape}.")
    w, b = _last_layer(weights, bias, h.shape[1])
    rows = None if w is None else _centred(w)
    own = _classes(labels, len(h), None if w is None else len(w))
    unit = float(np.abs(h).max()) or 1.0
    h = h / unit  # so that squares neither overflow nor vanish
    count = int(own.max()) + 1
    means = np.array([h[own == c].mean(axis=0) for c in range(count)])
    centred = means - means.mean(axis=0)
    within = h - means[own]
    if np.abs(centred).max() <= SAME:
        return Collapse(math.inf if np.abs(within).max() > SAME else None, None, None, None, None, None)
    lengths = np.sqrt((centred**2).sum(axis=1))
    return Collapse(
        _variability(within, own, centred),
        float(lengths.std() / lengths.mean()),
        _angles(centred, lengths),
        None if w is None else _unlike(w, centred),
        None if rows is None else _unlike(rows, centred),
        None if w is None else _disagreements(h @ w.T + b / unit, h, means),
    )


def _variability(within: FloatArray, own: IntArray, centred: FloatArray) -> float:
    """Return tr(Σ_W Σ_B⁺)/K by the singular values of M: Σ_B⁺ = K P S⁻² Pᵀ."""
    _, sizes, along = np.linalg.svd(centred, full_matrices=False)
    kept = (sizes > RANK * sizes[0]) & (np.arange(sizes.size) < len(centred) - 1)
    squares = ((within @ along[kept].T / sizes[kept]) ** 2).sum(axis=1)
    return float(np.mean([squares[own == c].mean() for c in range(len(centred))]))


def _angles(centred: FloatArray, lengths: FloatArray) -> float | None:
    """Return how far the cosines between the centred means are from those of a regular simplex, on average."""
    if lengths.min() <= SAME:
        return None
    cosines = (centred @ centred.T / np.outer(lengths, lengths))[~np.eye(len(centred), dtype=bool)]
    return float(np.abs(cosines + 1 / (len(centred) - 1)).mean())


def _centred(weights: FloatArray) -> FloatArray:
    """Return the rows, in some unit, less their mean; zero where they are the same but for rounding."""
    rows = weights / (float(np.abs(weights).max()) or 1.0)
    rows = rows - rows.mean(axis=0)
    return rows if np.abs(rows).max() > SAME else np.zeros_like(rows)


def _unlike(weights: FloatArray, centred: FloatArray) -> float | None:
    """Return the distance of two matrices, each divided by its norm; None if the weights vanish."""
    size = float(np.abs(weights).max())
    if size == 0:
        return None
    scaled = weights / size
    return float(np.linalg.norm(scaled / np.linalg.norm(scaled) - centred / np.linalg.norm(centred)))


def _disagreements(scores: FloatArray, h: FloatArray, means: FloatArray) -> float:
    """Return the share of samples whose largest score is not that of the nearest mean."""
    distances = ((h[:, None, :] - means) ** 2).sum(axis=2)
    return float((scores.argmax(axis=1) != distances.argmin(axis=1)).mean())


def _last_layer(weights: Any, bias: Any, units: int) -> tuple[FloatArray | None, FloatArray | float]:
    if weights is None:
        if bias is not None:
            raise DataError("A bias without weights has no meaning here.")
        return None, 0.0
    w = as_floats(weights, "weights", ...)
    if w.ndim != 2 or w.shape[1] != units:
        raise DataError(f"weights must have the shape (K, {units}), a row for each class, not {w.shape}.")
    return w, 0.0 if bias is None else as_floats(bias, "bias", w.shape[:1])


def _classes(labels: Any, n: int, count: int | None) -> IntArray:
    """Return labels as integers; each of the classes, K or those up to the largest, has a sample."""
    given = as_floats(labels, "labels", (n,))
    if (given != np.round(given)).any() or given.min() < 0:
        raise DataError("labels must be whole numbers from 0 on.")
    largest = int(given.max())
    known = largest + 1 if count is None else count
    if largest >= known:
        raise DataError(f"labels go up to {largest}, and weights have rows for {known} classes.")
    if known < 2 or known > n:
        raise DataError(f"There must be two classes and a sample of each; there are {known} classes and {n} samples.")
    own = given.astype(np.int64)
    there = np.bincount(own, minlength=known)
    if not there.all():
        raise DataError(f"No sample has the class {int(np.argmin(there))}.")
    return own
