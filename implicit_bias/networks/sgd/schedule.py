"""How mini-batch descent steps from epoch to epoch; without JAX, which only runs need."""

from __future__ import annotations

from dataclasses import dataclass

from implicit_bias.errors import OptionError
from implicit_bias.networks.settings import positive, real, whole


@dataclass(frozen=True)
class Schedule:
    """Mini-batches, steps and momentum by the epoch t = 0, 1, …; the paper's are the default (caption of its Figure 1).

    Attributes
    ----------
    batch : points in a batch; an epoch's order is drawn anew, and what is left at its end is left out
    step, shrink : the step is step · shrinkᵗ
    momentum, gain, most : the momentum is min(most, momentum + gain t)
    """

    batch: int = 100
    step: float = 0.1
    shrink: float = 0.99
    momentum: float = 0.5
    gain: float = 0.02
    most: float = 0.9

    def __post_init__(self) -> None:
        whole("batch", self.batch, 1)
        positive("step", self.step)
        if positive("shrink", self.shrink) > 1:
            raise OptionError(f"shrink must be above 0 and at most 1, not {self.shrink!r}.")
        real("gain", self.gain, 0.0)
        if not real("momentum", self.momentum, 0.0) <= real("most", self.most, 0.0) < 1:
            raise OptionError("momentum must begin at 0 or above and grow (gain ≥ 0) to at most a number below 1.")
