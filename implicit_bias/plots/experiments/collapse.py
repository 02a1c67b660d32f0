"""Neural collapse along the training and by depth, like the figures of Papyan, Han and Donoho."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.plots.drawing import GREY, INK
from implicit_bias.plots.experiments.panels import FIRST, SECOND, THIRD, legend, named, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KINDS = {
    "nc1": "NC1: spread within classes",
    "nc2_angles": "NC2: angles of the means",
    "nc3_centred": "NC3: weights, centred, and means",
    "nc4": "NC4: nearest mean decides else",
}
_DEPTHS = {2: GREY, 3: SECOND, 4: THIRD, 5: FIRST}
_WAYS = {"none": INK, "lagrange": THIRD, "weight": SECOND, "batch": FIRST}
_TOLD = {"none": "layers as they are", "batch": "batch normalised"}
_CLASSES = 3


def neural_collapse_figure(summary: dict[str, Any]) -> Figure:
    """Draw NC1 to NC4 against epochs by depth, for two kinds of layers with decay; below, the ends by depth, and NC1 by layer."""
    groups = [group for group in summary["groups"] if group["classes"] == _CLASSES]
    figure, grid = panels(3, 4, (12.4, 8.6))
    for row, way in zip(grid, _TOLD, strict=False):
        mine = [group for group in groups if group["normalization"] == way and group["decays"]]
        for axes, (kind, told) in zip(row, _KINDS.items(), strict=True):
            _draw_along(axes, mine, kind)
            named(axes, "epochs", "", told)
        row[0].set_ylabel(f"{_TOLD[way]}, with decay", fontsize=9, color=INK)
    legend(grid[0, 0])
    for axes, kind in zip(grid[2], ("nc1", "nc2_angles", "nc3_centred"), strict=False):
        _draw_ends(axes, groups, kind)
        named(axes, "depth", "", f"{_KINDS[kind].split(':')[0]} at the end")
    grid[2, 0].set_ylabel("dashed: without decay", fontsize=9, color=INK)
    _draw_layers(grid[2, 3], groups)
    legend(grid[2, 0], loc="lower left")
    return figure


def _draw_along(axes: Axes, groups: list[dict[str, Any]], kind: str) -> None:
    for group in groups:
        epochs = np.maximum(np.array(group["curve"]["epochs"], dtype=np.float64), 10.0)  # the start, at the left of a log axis
        values = np.array(group["curve"][kind], dtype=np.float64)
        axes.plot(epochs, values, color=_DEPTHS[group["depth"]], linewidth=1.2, label=f"depth {group['depth']}")
    axes.set_xscale("log")
    _scale(axes, kind)


def _draw_ends(axes: Axes, groups: list[dict[str, Any]], kind: str) -> None:
    """Draw the means over seeds, with bars from the least to the most."""
    for place, (way, colour) in enumerate(_WAYS.items()):
        for decays in (True, False):
            mine = [
                group for group in groups if group["normalization"] == way and group["decays"] is decays and group[kind]["mean"] is not None
            ]
            if not mine:
                continue
            middle, least, most = (np.array([group[kind][which] for group in mine]) for which in ("mean", "least", "most"))
            axes.errorbar(
                [group["depth"] + 0.05 * (place - 1.5) for group in mine],  # side by side, so that bars can be told apart
                middle,
                yerr=np.maximum([middle - least, most - middle], 0.0),
                color=colour,
                linewidth=1.2,
                linestyle="-" if decays else (0, (4, 2)),
                marker="o" if decays else "s",
                markersize=3.5,
                capsize=2,
                label=way if decays else None,
            )
    axes.set_xticks(sorted({group["depth"] for group in groups}))
    _scale(axes, kind)


def _draw_layers(axes: Axes, groups: list[dict[str, Any]]) -> None:
    deepest = max(group["depth"] for group in groups)
    for group in (group for group in groups if group["depth"] == deepest):
        values = np.array(group["layers"], dtype=np.float64)
        axes.plot(
            np.arange(1, values.size + 1),
            values,
            color=_WAYS[group["normalization"]],
            linewidth=1.2,
            linestyle="-" if group["decays"] else (0, (4, 2)),
            marker="o" if group["decays"] else "s",
            markersize=3.5,
        )
        axes.set_xticks(range(1, values.size + 1))
    axes.set_yscale("log")
    named(axes, "hidden layer", "", f"NC1 of every layer, depth {deepest}")


def _scale(axes: Axes, kind: str) -> None:
    if kind == "nc1":
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
