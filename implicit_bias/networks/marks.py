"""What a run counts, and how it stands."""

EPOCH, IMPROVED, BEST, STATUS = 0, 1, 2, 3
"""Places in the array of counts: epochs done, epoch of the last improvement, epoch of the best state, and how the run stands."""

TRAIN, VALIDATION, CHOSEN = 0, 1, 2
"""Places in the array of least values: the losses in training and in validation, and what the best state is chosen by."""

RUNNING, ENDED, PATIENCE, GOAL, DIVERGED = 0, 1, 2, 3, 4
"""How a run stands."""

SQUARED, LOGISTIC, EXPONENTIAL, CROSS_ENTROPY, BATCH_CROSS_ENTROPY = 0, 1, 2, 3, 4
"""The losses."""
