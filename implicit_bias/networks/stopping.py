"""When a run of a compiled loop ends: the same rules for one output and for several."""

from __future__ import annotations

from typing import Any

import numpy as np

from implicit_bias.networks.codes import BEST, CHOSEN, DIVERGED, ENDED, EPOCH, GOAL, IMPROVED, PATIENCE, STATUS, TRAIN, VALIDATION
from implicit_bias.networks.compiled import compiled


@compiled
def note(record: Any, rules: Any, train: float, validation: float, chosen: float) -> bool:
    """Write down the losses of this epoch, and whether it is the last; returns whether it is the best one."""
    counts, least = record.counts, record.least
    epoch = counts[EPOCH]
    if not (np.isfinite(train) and np.isfinite(validation) and np.isfinite(chosen)):
        counts[STATUS] = DIVERGED
        return False
    if epoch % rules.every == 0:
        record.train[epoch // rules.every] = train
        record.validation[epoch // rules.every] = validation
    if train < least[TRAIN]:
        least[TRAIN] = train
        counts[IMPROVED] = epoch
    if validation < least[VALIDATION]:
        least[VALIDATION] = validation
        counts[IMPROVED] = epoch
    best: bool = chosen < least[CHOSEN]
    if best:
        least[CHOSEN] = chosen
        counts[BEST] = counts[IMPROVED] = epoch
    if train <= rules.goal:
        counts[STATUS] = GOAL
    elif rules.patience > 0 and epoch - counts[IMPROVED] >= rules.patience:
        counts[STATUS] = PATIENCE
    elif epoch >= rules.epochs:
        counts[STATUS] = ENDED
    return best
