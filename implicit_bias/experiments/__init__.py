"""The papers' experiments: each a file with jobs that can be cut off and resumed, and a report that can be shipped and drawn.

An experiment of one's own, registered by ``experiments.EXPERIMENTS.register(experiment)``, is found, run and drawn like the others.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial

from implicit_bias.experiments.base import PROTOCOLS, Experiment, Job, Options
from implicit_bias.experiments.running import kept, run
from implicit_bias.registry import Registry

MODULES = {
    "table1": "table1",
    "appendix-f": "appendix_f",
    "appendix-g": "appendix_g",
    "appendix-h": "appendix_h",
    "figure1": "figure1",
    "theorem4": "theorem4",
    "trajectories": "trajectories",
    "max-margin": "max_margin",
    "weight-decay": "weight_decay",
    "network-size": "network_size",
    "square-loss": "normalized",
    "neural-collapse": "neural_collapse",
}
"""The file that has each experiment, as ``EXPERIMENT``."""


def _read(module: str) -> Experiment:
    experiment: Experiment = importlib.import_module(f"{__name__}.{module}").EXPERIMENT
    return experiment


_LATER: dict[str, Callable[[], Experiment]] = {name: partial(_read, module) for name, module in MODULES.items()}
EXPERIMENTS: Registry[Experiment] = Registry("experiment", lambda experiment: experiment.name, later=_LATER)
"""Every experiment; the file of one is imported when it is first asked for."""

__all__ = ["EXPERIMENTS", "PROTOCOLS", "Experiment", "Job", "Options", "find", "kept", "run"]


def find(name: str) -> Experiment:
    """Return the experiment of a name; raises OptionError if there is none."""
    return EXPERIMENTS.find(name)
