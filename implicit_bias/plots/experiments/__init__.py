"""The picture of an experiment, from its report: like the figures of the paper that it is of."""

from __future__ import annotations

import os
from typing import Any

from implicit_bias.errors import DataError
from implicit_bias.experiments import EXPERIMENTS
from implicit_bias.plots.saving import save


def plot_experiment(report: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """Save the picture of an experiment.

    Parameters
    ----------
    report : from :func:`implicit_bias.experiments.run`, or read from the JSON file that it wrote
    path : its suffix chooses the format: .pdf, .png or .svg

    Raises
    ------
    DataError
        If there is no picture of such a report.
    OptionError, OutputError
    """
    name = report.get("experiment")
    if not isinstance(name, str) or name not in EXPERIMENTS:
        raise DataError(f"There is no picture of {name!r}; there are pictures of {', '.join(EXPERIMENTS.names())}.")
    experiment = EXPERIMENTS.find(name)
    if experiment.figure is None:  # before the path is looked at
        raise DataError(f"The experiment {name!r} has no picture.")
    save(lambda: experiment.draw(report["summary"]), path)
