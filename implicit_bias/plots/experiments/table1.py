"""Stewart's Figures 4, 5 and 6: the target, the errors of all starts, and the worst models with their supports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.data.papers import TEACHER_KINKS
from implicit_bias.experiments.table1 import MODELS, PAPER
from implicit_bias.plots.drawing import GREY, INK, PALE
from implicit_bias.plots.experiments.panels import FIRST, SECOND, legend, named, panels, stems

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = dict(zip(MODELS, (FIRST, SECOND), strict=True))


def table1_figure(summary: dict[str, Any]) -> Figure:
    """Draw the worst network of each model over the target, its kinks under it, and the errors of all starts beside them."""
    figure, grid = panels(2, 3, (10.5, 5.2), width_ratios=(1.0, 1.0, 0.75), height_ratios=(3, 2))
    target = np.array(summary["target"])
    x = np.linspace(-1, 1, target.size)
    for (above, below), model in zip(grid[:, :2].T, MODELS, strict=True):
        found = summary["models"][model]
        above.plot(x, target, color=PALE, linewidth=2.2, label="target")
        above.plot(x, found["worst_curve"], color=_COLOURS[model], linewidth=1.1, label=f"worst {model}, seed {found['worst_seed']}")
        named(above, "", "f(x)", f"{model}: RMSE {100 * found['worst']:.2f}e-2")
        above.set_ylim(-0.12, 1.28)
        legend(above, loc="upper center", ncols=2)
        places, sizes = np.array(found["worst_support"]).reshape(-1, 2).T
        stems(below, places, sizes, _COLOURS[model])
        for kink in TEACHER_KINKS:
            below.axvline(kink, color=PALE, linewidth=0.7, linestyle=(0, (2, 2)), zorder=1)
        named(below, "kink", r"$\|a\|\,|W|$")
        below.set_ylim(bottom=0)
        for axes in (above, below):
            axes.set_xticks([-1, -0.5, 0, 0.5, 1])
    _draw_errors(grid[0, 2], summary)
    _draw_epochs(grid[1, 2], summary)
    return figure


def _draw_errors(axes: Axes, summary: dict[str, Any]) -> None:
    """Draw the errors of all starts, and the range, mean and best of the paper's."""
    for place, model in enumerate(MODELS):
        errors = 100 * np.array(summary["models"][model]["rmse"])
        spread = np.linspace(-0.15, 0.05, errors.size) if errors.size > 1 else np.zeros(1)
        axes.plot(place + spread, errors, linestyle="none", marker="o", markersize=3.2, color=_COLOURS[model], markeredgewidth=0)
        best, worst, mean, _ = PAPER[model]
        axes.plot([place + 0.2] * 2, [best, worst], color=GREY, linewidth=1.2, label="paper: best, mean, worst" if place == 0 else None)
        axes.plot([place + 0.2] * 3, [best, mean, worst], linestyle="none", marker="_", color=INK, markersize=7)
    axes.set_xticks(range(len(MODELS)), MODELS)
    axes.set_xlim(-0.5, len(MODELS) - 0.5)
    axes.set_ylim(0, 1.2 * axes.get_ylim()[1])
    named(axes, "", "validation RMSE / 0.01")
    legend(axes, loc="upper right")


def _draw_epochs(axes: Axes, summary: dict[str, Any]) -> None:
    """Draw when each run stopped against its error."""
    for model in MODELS:
        found = summary["models"][model]
        axes.plot(
            found["epochs"], 100 * np.array(found["rmse"]), linestyle="none", marker="o", markersize=3, color=_COLOURS[model], label=model
        )
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.locator_params(axis="x", nbins=4)
    named(axes, "epochs until it stopped", "RMSE / 0.01")
