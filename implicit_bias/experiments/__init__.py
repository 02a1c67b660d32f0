"""The papers' experiments: each a file with jobs that can be cut off and resumed, and a report that can be shipped and drawn."""

from __future__ import annotations

import difflib

from implicit_bias.errors import OptionError
from implicit_bias.experiments.appendix_f import EXPERIMENT as APPENDIX_F
from implicit_bias.experiments.appendix_g import EXPERIMENT as APPENDIX_G
from implicit_bias.experiments.appendix_h import EXPERIMENT as APPENDIX_H
from implicit_bias.experiments.base import PROTOCOLS, Experiment, Job, Options
from implicit_bias.experiments.figure1 import EXPERIMENT as FIGURE1
from implicit_bias.experiments.max_margin import EXPERIMENT as MAX_MARGIN
from implicit_bias.experiments.network_size import EXPERIMENT as NETWORK_SIZE
from implicit_bias.experiments.neural_collapse import EXPERIMENT as NEURAL_COLLAPSE
from implicit_bias.experiments.normalized import EXPERIMENT as SQUARE_LOSS
from implicit_bias.experiments.running import kept, run
from implicit_bias.experiments.table1 import EXPERIMENT as TABLE1
from implicit_bias.experiments.theorem4 import EXPERIMENT as THEOREM4
from implicit_bias.experiments.trajectories import EXPERIMENT as TRAJECTORIES
from implicit_bias.experiments.weight_decay import EXPERIMENT as WEIGHT_DECAY

EXPERIMENTS = (
    TABLE1,
    APPENDIX_F,
    APPENDIX_G,
    APPENDIX_H,
    FIGURE1,
    THEOREM4,
    TRAJECTORIES,
    MAX_MARGIN,
    WEIGHT_DECAY,
    NETWORK_SIZE,
    SQUARE_LOSS,
    NEURAL_COLLAPSE,
)

__all__ = ["EXPERIMENTS", "PROTOCOLS", "Experiment", "Job", "Options", "find", "kept", "run"]


def find(name: str) -> Experiment:
    """Return the experiment of a name; raises OptionError if there is none."""
    names = [experiment.name for experiment in EXPERIMENTS]
    if name in names:
        return EXPERIMENTS[names.index(name)]
    close = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}."
    raise OptionError(f"There is no experiment {name!r}; {hint}")
