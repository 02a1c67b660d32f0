"""The picture of an experiment, from its report: like the figures of the paper that it is of."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from implicit_bias.errors import DataError
from implicit_bias.plots.experiments.collapse import neural_collapse_figure
from implicit_bias.plots.experiments.normalized import square_loss_figure
from implicit_bias.plots.experiments.sizes import network_size_figure
from implicit_bias.plots.experiments.table1 import table1_figure
from implicit_bias.plots.experiments.trained import (
    appendix_f_figure,
    appendix_g_figure,
    appendix_h_figure,
    max_margin_figure,
    weight_decay_figure,
)
from implicit_bias.plots.experiments.wide import figure1_figure, theorem4_figure, trajectories_figure
from implicit_bias.plots.saving import save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FIGURES: dict[str, Callable[[dict[str, Any]], Figure]] = {
    "appendix-f": appendix_f_figure,
    "appendix-g": appendix_g_figure,
    "appendix-h": appendix_h_figure,
    "figure1": figure1_figure,
    "max-margin": max_margin_figure,
    "neural-collapse": neural_collapse_figure,
    "network-size": network_size_figure,
    "square-loss": square_loss_figure,
    "table1": table1_figure,
    "theorem4": theorem4_figure,
    "trajectories": trajectories_figure,
    "weight-decay": weight_decay_figure,
}


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
    if name not in _FIGURES:
        raise DataError(f"There is no picture of {name!r}; there are pictures of {', '.join(_FIGURES)}.")
    save(lambda: _FIGURES[name](report["summary"]), path)
