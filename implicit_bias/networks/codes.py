"""What a run counts, how it stands, and when it ends; without JAX or Numba, which only runs need."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from implicit_bias.numerics.arrays import FloatArray, IntArray

EPOCH, IMPROVED, BEST, STATUS = 0, 1, 2, 3
"""Places in the array of counts: epochs done, epoch of the last improvement, epoch of the best state, and how the run stands."""

TRAIN, VALIDATION, CHOSEN = 0, 1, 2
"""Places in the array of least values: the losses in training and in validation, and what the best state is chosen by."""

RUNNING, ENDED, PATIENCE, GOAL, DIVERGED = 0, 1, 2, 3, 4
"""How a run stands."""

SQUARED, LOGISTIC, EXPONENTIAL, CROSS_ENTROPY, BATCH_CROSS_ENTROPY = 0, 1, 2, 3, 4
"""The losses; :mod:`~implicit_bias.networks.losses` says what one more needs."""

LOSSES = {
    "squared": SQUARED,
    "logistic": LOGISTIC,
    "exponential": EXPONENTIAL,
    "cross-entropy": CROSS_ENTROPY,
    "batch-cross-entropy": BATCH_CROSS_ENTROPY,
}

CLASSES = (CROSS_ENTROPY, BATCH_CROSS_ENTROPY)
"""Losses of labels 0 … k-1."""


class Record(NamedTuple):
    """How far a run has come, updated in place.

    Attributes
    ----------
    counts : (4,) at the places above
    least : (3,) the least values seen
    train, validation : losses at epochs 0, every, 2 every, …
    """

    counts: IntArray
    least: FloatArray
    train: FloatArray
    validation: FloatArray


class Rules(NamedTuple):
    """When to stop: after so many epochs, so many without an improvement (0: never), or at a training loss of at most ``goal``."""

    epochs: int
    patience: int
    goal: float
    every: int


def new_record(rules: Rules) -> Record:
    """Return the record of a run that has not begun."""
    size = rules.epochs // rules.every + 1
    return Record(np.zeros(4, dtype=np.int64), np.full(3, np.inf), np.full(size, np.nan), np.full(size, np.nan))
