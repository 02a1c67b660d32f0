"""Regression as classification: real targets to bins, and back by the expectation over bins (Stewart et al., section 2)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError, OptionError
from implicit_bias.numerics.arrays import LARGEST, FloatArray, IntArray, as_floats

MOST_BINS = 10_000
"""Largest number of bins."""

MIDPOINTS = ("interior", "ends")


def bin_targets(
    y: npt.ArrayLike,
    n_bins: int,
    range: npt.ArrayLike | None = None,  # noqa: A002  (the name that users of NumPy's histogram know)
    midpoints: Literal["interior", "ends"] = "interior",
) -> tuple[IntArray, FloatArray]:
    """Return the bin of every target, and the bins' midpoints.

    With "interior" midpoints, [lo, hi] is cut into ``n_bins`` bins of equal width, midpoints lo + (i + ½)(hi - lo)/n_bins. With
    "ends", the first and the last midpoint are lo and hi themselves (the paper's experiment), midpoints
    lo + i (hi - lo)/(n_bins - 1). A target on the border of two bins belongs to the left one.

    Parameters
    ----------
    y : (n,) array-like
    n_bins : from 2 to 10,000
    range : (lo, hi) that contains y; by default the smallest and largest y
    midpoints : "interior" or "ends"

    Returns
    -------
    labels : (n,) int64, from 0 to n_bins - 1
    midpoints : (n_bins,) float64

    Raises
    ------
    DataError, OptionError
    """
    targets = as_floats(y, "y")
    if not isinstance(n_bins, (int, np.integer)) or isinstance(n_bins, bool) or not 2 <= n_bins <= MOST_BINS:
        raise OptionError(f"n_bins must be a whole number from 2 to {MOST_BINS}, not {n_bins!r}.")
    if midpoints not in MIDPOINTS:
        raise OptionError(f"midpoints must be 'interior' or 'ends', not {midpoints!r}.")
    if not targets.size:
        raise DataError("y is empty.")
    lo, hi = (float(targets.min()), float(targets.max())) if range is None else (float(v) for v in as_floats(range, "range", (2,)))
    if max(abs(lo), abs(hi)) > LARGEST:
        raise DataError(f"The range of y, [{lo:g}, {hi:g}], reaches beyond {LARGEST:g}. Rescale y.")
    if not lo < hi:
        raise DataError(f"The range of y, [{lo:.17g}, {hi:.17g}], is empty or a point; bins need a range: give one that contains y.")
    outside = np.flatnonzero((targets < lo) | (targets > hi))
    if outside.size:
        raise DataError(f"y[{outside[0]}] = {targets[outside[0]]:.17g} is outside the range [{lo:.17g}, {hi:.17g}].")
    # borders and midpoints in half-steps: 2i and 2i + 1 of 2 n_bins, or 2i - 1 and 2i of 2 (n_bins - 1)
    halves = 2 * n_bins if midpoints == "interior" else 2 * (n_bins - 1)
    first = 0 if midpoints == "interior" else -1
    whole = np.arange(n_bins)
    borders = _fractions(lo, hi, 2 * whole[1:] + first, halves)
    labels: IntArray = np.searchsorted(borders, targets, side="left").astype(np.int64)
    return labels, _fractions(lo, hi, 2 * whole + 1 + first, halves)


def _fractions(lo: float, hi: float, parts: IntArray, whole: int) -> FloatArray:
    """Return lo + (hi - lo) · parts/whole, multiplied before divided: a border that float64 holds comes out exactly.

    Fractions are reduced first, so that equal ones are equal bit for bit whatever the number of bins.
    """
    common = np.gcd(parts, whole)
    places: FloatArray = lo + (hi - lo) * (parts // common) / (whole // common)
    return places


def expected_targets(scores: npt.ArrayLike, midpoints: npt.ArrayLike) -> FloatArray:
    """Return real predictions from class scores: the expectation of the midpoints under the softmax of the scores.

    Parameters
    ----------
    scores : (..., k) array-like
    midpoints : (k,) array-like
    """
    centres = as_floats(midpoints, "midpoints")
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim == 0 or values.shape[-1] != centres.size:
        raise DataError(f"scores have shape {values.shape}, but there are {centres.size} midpoints.")
    shares = np.exp(values - values.max(axis=-1, keepdims=True))
    expected: FloatArray = (shares @ centres) / shares.sum(axis=-1)
    return expected
