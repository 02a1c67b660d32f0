"""Atoms that stand together are made one, so that a trained network's units can be counted as kinks."""

from __future__ import annotations

import numpy as np

from implicit_bias.compare.reading import length, on_line
from implicit_bias.measures import FALLING, RISING, Measure, Network
from implicit_bias.numerics.arrays import FloatArray, IntArray


def clusters(measure: Measure | Network, width: float) -> Measure:
    """Join atoms of one direction whose kinks lie in a window of the given width, from left to right.

    A cluster starts at the leftmost atom that belongs to none and takes all of that direction within ``width`` of it. It becomes
    one atom with the sum W = Σ w_j of the weights, at the mean of the kinks weighted with ‖w_j‖. No atom moves by more than
    ``width``, so that the function changes by at most width · Σ‖w_j‖ anywhere; where all weights of a cluster agree in sign (or
    direction) the moment Σ w_j t_j is kept as well, and the function is the same outside the window. Atoms that cancel are dropped.

    Parameters
    ----------
    measure : Measure, or Network of one input
    width : at least 0, in units of x; 0 is :meth:`~implicit_bias.Measure.merge`

    Returns
    -------
    Measure, kinks in order, constant and affine part as they were

    Raises
    ------
    DataError, OptionError
        On something else than a measure on the line; on a width that is negative or not finite.
    """
    given, width = on_line(measure, "measure"), length(width, "width")
    merged = given.merge()
    rising, falling = (_joined(merged.where(merged.directions == s), width) for s in (RISING, FALLING))
    joined = rising.plus(falling)
    return Measure(joined.kinks, joined.directions, joined.weights, given.constant, given.affine).merge()


def _joined(measure: Measure, width: float) -> Measure:
    """Join the atoms, all of one direction and in order, without zeros."""
    if not len(measure):
        return measure
    starts = _starts(measure.kinks, width)
    first = measure.kinks[starts]
    size = measure.sizes()
    size = size / size.max()
    counts = np.diff(np.append(starts, len(measure)))
    # relative to a cluster's first kink, and never beyond its last: an atom alone stays where it is, to the last bit
    offsets = np.add.reduceat(size * (measure.kinks - np.repeat(first, counts)), starts)
    masses = np.add.reduceat(size, starts)
    means = np.minimum(first + offsets / np.where(masses > 0, masses, 1.0), measure.kinks[starts + counts - 1])
    return Measure(means, measure.directions[starts], np.add.reduceat(measure.weights, starts, axis=0))


def _starts(kinks: FloatArray, width: float) -> IntArray:
    """Return where clusters begin among increasing kinks."""
    starts = [0]
    while True:
        rest = kinks[starts[-1] :]
        # the first that is too far; differences decide, as rest[0] + width would be rounded
        step = int(np.searchsorted(rest, np.nextafter(rest[0] + width, np.inf), side="right"))
        while step > 1 and rest[step - 1] - rest[0] > width:
            step -= 1
        if step == rest.size:
            return np.asarray(starts, dtype=np.int64)
        starts.append(starts[-1] + step)
