"""Which places of a support were found: one-to-one, as many as possible, and then as close as possible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.compare.reading import in_reach, length
from implicit_bias.errors import DataError
from implicit_bias.measures import Measure, Network, RidgeMeasure
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.arrays import FloatArray, IntArray, as_floats, freeze

_ALONE, _MATCHED, _SKIPPED = 0, 1, 2
"""What the last of some found places does: nothing, a match with the last predicted place, or the latter does nothing."""


@dataclass(frozen=True, eq=False)
class Match:
    """A matching of found with predicted places; all arrays are frozen and in order.

    Attributes
    ----------
    matched : (p, 2), or (p, 2, D) for places of D coordinates: a found place, and the predicted one that it is matched with
    missed : predicted places without a found one, (m,) or (m, D)
    extra : found places without a predicted one, (e,) or (e, D)
    tolerance : the largest distance that was allowed
    """

    matched: FloatArray
    missed: FloatArray
    extra: FloatArray
    tolerance: float

    @property
    def complete(self) -> bool:
        """Whether every predicted place was found."""
        return not len(self.missed)

    @property
    def exact(self) -> bool:
        """Whether every predicted place was found, and nothing else."""
        return self.complete and not len(self.extra)

    @property
    def distances(self) -> FloatArray:
        """The distance of each matched pair, (p,)."""
        apart = self.matched[:, 0] - self.matched[:, 1]
        distances: FloatArray = np.abs(apart) if apart.ndim == 1 else np.linalg.norm(apart, axis=1)
        return distances


def match_supports(found: Measure | Network | npt.ArrayLike, predicted: Measure | Network | npt.ArrayLike, tolerance: float) -> Match:
    r"""Match found with predicted places, one-to-one and at distances of at most ``tolerance``.

    Of all such matchings one with the most pairs is taken, and of those one with the least sum of distances. On a line no two
    pairs of it need to cross: exchanging partners neither lengthens the longer distance nor the sum. So it is found by

        V(i, j) = min{ V(i-1, j), V(i, j-1), V(i-1, j-1) + (-1, |f_i - p_j|) if |f_i - p_j| ≤ tolerance }

    over pairs (-matches, distance) in lexicographic order, in time and bytes proportional to the number of pairs within the
    tolerance. Places of several coordinates go to SciPy's ``linear_sum_assignment``, which holds all m · q distances.

    Parameters
    ----------
    found, predicted : (m,) and (q,) places on a line, or a Measure or Network of one input, for its distinct kinks with a weight;
        or (m, D) and (q, D) places, or a RidgeMeasure or Network of d inputs, for its distinct features (D = d + 1), compared by
        their Euclidean distance. Equal places count once.
    tolerance : at least 0, absolute, in units of x

    Returns
    -------
    Match

    Raises
    ------
    DataError
        On places that are not finite numbers, or of different dimensions.
    OptionError
        On a tolerance that is negative or not finite.
    """
    tolerance = length(tolerance, "tolerance")
    ours, theirs = _places(found, "found"), _places(predicted, "predicted")
    if ours.shape[1:] != theirs.shape[1:]:
        raise DataError(f"found and predicted must be of one dimension, not of shapes {ours.shape} and {theirs.shape}.")
    pairs = _on_line(ours, theirs, tolerance) if ours.ndim == 1 else _in_space(ours, theirs, tolerance)
    matched = np.stack([ours[pairs[:, 0]], theirs[pairs[:, 1]]], axis=1)
    missed, extra = np.delete(theirs, pairs[:, 1], axis=0), np.delete(ours, pairs[:, 0], axis=0)
    return Match(freeze(matched), freeze(missed), freeze(extra), tolerance)


def _places(given: Any, name: str) -> FloatArray:
    """Return the distinct places, in order."""
    measure = given.measure() if isinstance(given, Network) else given
    if isinstance(measure, Measure):
        places = measure.merge().kinks
    elif isinstance(measure, RidgeMeasure):
        places = measure.merge().features
    else:
        places = as_floats(given, name, np.shape(given) if np.ndim(given) == 2 else None)
    return np.unique(in_reach(places, name), axis=0)


def _on_line(found: FloatArray, predicted: FloatArray, tolerance: float) -> IntArray:
    """Return the indices of matched pairs, (p, 2), both increasing.

    ``best[j]`` is V(i, j). Found place i reaches predicted[first[i] : last[i]] only, and both ends increase with i: before
    them V(i, ·) = V(i-1, ·), and after them it is constant.
    """
    reach = tolerance * (1 + 4 * tolerances.EPS)  # a little too far: the distances themselves decide
    first = np.searchsorted(predicted, np.nextafter(found - reach, -np.inf), side="left")
    last = np.searchsorted(predicted, np.nextafter(found + reach, np.inf), side="right")
    # NumPy compares complex numbers in lexicographic order, just what is wanted of (-matches, distance)
    best, known = np.zeros(predicted.size + 1, dtype=np.complex128), 0
    choices = []
    for place, start, stop in zip(found, first, last, strict=True):
        best[known + 1 : stop + 1] = best[known]
        known = max(known, int(stop))
        distance = np.abs(place - predicted[start:stop])
        gain = np.where(distance <= tolerance, -1 + 1j * distance, np.inf)
        paired = best[start:stop] + gain
        before = best[start + 1 : stop + 1]
        either = np.minimum(before, paired)
        after = np.minimum.accumulate(np.concatenate([best[start : start + 1], either]))[1:]
        choices.append(np.where(after < either, _SKIPPED, np.where(paired < before, _MATCHED, _ALONE)).astype(np.int8))
        best[start + 1 : stop + 1] = after
    return _traced(first, last, choices, predicted.size)


def _traced(first: IntArray, last: IntArray, choices: list[np.ndarray[Any, Any]], size: int) -> IntArray:
    """Go back through the choices made, from all places to none."""
    pairs, j = [], size
    for i in range(len(choices) - 1, -1, -1):
        j = min(j, int(last[i]))
        while j > first[i] and choices[i][j - first[i] - 1] == _SKIPPED:
            j -= 1
        if j > first[i] and choices[i][j - first[i] - 1] == _MATCHED:
            j -= 1
            pairs.append((i, j))
    return np.array(pairs[::-1], dtype=np.int64).reshape(-1, 2)


def _in_space(found: FloatArray, predicted: FloatArray, tolerance: float) -> IntArray:
    """Return the indices of matched pairs, (p, 2): the assignment of all in which a pair that is too far costs more than all others."""
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    distances = cdist(found, predicted)
    close = distances <= tolerance
    too_far = float(distances[close].max(initial=0.0)) * (1 + min(distances.shape)) or 1.0
    rows, columns = linear_sum_assignment(np.where(close, distances, too_far))
    kept = close[rows, columns]
    return np.stack([rows[kept], columns[kept]], axis=1).astype(np.int64)
