"""The papers' experiments: each a file with jobs that can be cut off and resumed, and a report that can be shipped and drawn."""

from __future__ import annotations

import difflib

from implicit_bias.errors import OptionError
from implicit_bias.experiments.base import PROTOCOLS, Experiment, Job, Options
from implicit_bias.experiments.figure1 import EXPERIMENT as FIGURE1
from implicit_bias.experiments.running import kept, run
from implicit_bias.experiments.table1 import EXPERIMENT as TABLE1
from implicit_bias.experiments.theorem4 import EXPERIMENT as THEOREM4
from implicit_bias.experiments.trajectories import EXPERIMENT as TRAJECTORIES

EXPERIMENTS = (TABLE1, FIGURE1, THEOREM4, TRAJECTORIES)

__all__ = ["EXPERIMENTS", "PROTOCOLS", "Experiment", "Job", "Options", "find", "kept", "run"]


def find(name: str) -> Experiment:
    """Return the experiment of a name; raises OptionError if there is none."""
    names = [experiment.name for experiment in EXPERIMENTS]
    if name in names:
        return EXPERIMENTS[names.index(name)]
    close = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}."
    raise OptionError(f"There is no experiment {name!r}; {hint}")
