"""Jin and Montúfar's Figure 1, the rates of Theorem 4, and trajectories against smoothing splines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.plots.drawing import GREY, INK, PALE
from implicit_bias.plots.experiments.panels import FIRST, SECOND, THIRD, legend, named, panels, rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GROUPS = ("even uniform", "even gaussian")
_CURVES = {"all exact": FIRST, "output exact": SECOND, "all least-squares": THIRD, "all raw": GREY}
_SHAPES = (FIRST, SECOND, THIRD)


def figure1_figure(summary: dict[str, Any]) -> Figure:
    """Draw the distance from the spline against the width for both starts, and what ζ does to the function."""
    groups = [name for name in _GROUPS if name in summary["groups"]] or list(summary["groups"])[:2]
    figure, grid = panels(2, len(groups) + 1, (3.6 * (len(groups) + 1), 5.4), height_ratios=(1.2, 1))
    for column, name in enumerate(groups):
        _draw_widths(grid[0, column], summary["groups"][name], name)
        _draw_networks(grid[1, column], summary["groups"][name])
    above, below = grid[:, -1]
    for colour, (name, shape) in zip(_SHAPES, summary["shapes"].items(), strict=False):
        above.plot(shape["x"], np.array(shape["zeta"]) / max(shape["zeta"]), color=colour, linewidth=1.1, label=name)
        below.plot(shape["x"], shape["spline"], color=colour, linewidth=2.2, alpha=0.35)
        below.plot(shape["x"], shape["curve"], color=colour, linewidth=0.9)
    named(above, "", r"$\zeta / \max\,\zeta$", "effect of the start")
    named(below, "x", "f(x)", "spline (wide), network (thin)")
    legend(above)
    return figure


def _draw_widths(axes: Axes, group: dict[str, Any], name: str) -> None:
    widths = np.array(group["widths"])
    for label, colour in _CURVES.items():
        if label not in group["curves"]:
            continue
        curve = group["curves"][label]
        for distances in curve["distances"]:
            axes.plot(widths, _numbers(distances), linestyle="none", marker=".", markersize=2, color=colour, alpha=0.5)
        axes.plot(widths, _numbers(curve["mean"]), color=colour, linewidth=1.1, label=label)
    known = np.isfinite(means := _numbers(group["curves"]["all exact"]["mean"]))
    rate(axes, widths[known], means[known], -0.5, r"$n^{-1/2}$")
    axes.set_xscale("log")
    axes.set_yscale("log")
    named(axes, "hidden units n", "largest distance from the spline", name)
    legend(axes)


def _draw_networks(axes: Axes, group: dict[str, Any]) -> None:
    axes.plot(group["x"], group["spline"], color=SECOND, linewidth=2.2, alpha=0.6, label="spline")
    for shade, (width, values) in zip((0.35, 0.6, 1.0), group["drawn"].items(), strict=False):
        axes.plot(group["x"], values, color=FIRST, linewidth=0.9, alpha=shade, label=f"n = {int(width):,}")
    axes.plot(*group["points"], linestyle="none", marker="o", color=INK, markersize=3.5)
    named(axes, "x", "f(x)")
    legend(axes)


def _numbers(values: list[float | None]) -> Any:
    return np.array([np.nan if value is None else value for value in values])


def theorem4_figure(summary: dict[str, Any]) -> Figure:
    """Draw how far the model that trains its output weights only is from the linearised one and from the network."""
    groups = summary["groups"]
    figure, grid = panels(1, len(groups), (5.0 * len(groups), 3.8), sharey=True)
    for axes, (name, group) in zip(grid[0], groups.items(), strict=True):
        colours = iter((INK, FIRST, SECOND, THIRD, "#CC79A7"))
        for label, model in group["models"].items():
            if not label.startswith("output - linearised") or label.endswith("unit"):
                continue
            means, colour = np.array(model["mean"]), next(colours)
            widths = np.array(group["widths"][: means.size])
            slope = model["rate_of_widest"]["slope"]
            axes.plot(
                widths, means, marker="o", markersize=3, linewidth=1, color=colour, label=f"{label[20:].strip(': ')}: slope {slope:.2f}"
            )
            axes.plot(widths, means[-1] * (widths / widths[-1]) ** model["claimed"], color=colour, linewidth=0.7, linestyle=(0, (4, 3)))
        network = group["models"]["linearised - network: f"]
        means = np.array(network["mean"])
        axes.plot(
            group["widths"][: means.size], means, color=GREY, linewidth=1, marker="s", markersize=2.5, label="f, linearised - network"
        )
        axes.set_xscale("log")
        axes.set_yscale("log")
        named(axes, "hidden units n", "largest distance over time", f"{name} start (dashed: claimed rates)")
        legend(axes)
    return figure


def trajectories_figure(summary: dict[str, Any]) -> Figure:
    """Draw the distance of networks from smoothing splines and from ridge regression along the training, and some functions."""
    groups = {name: group for name, group in summary["groups"].items() if name.endswith("all")} or summary["groups"]
    figure, grid = panels(len(groups), 2, (9.5, 3.2 * len(groups)), width_ratios=(1, 1))
    epochs = np.array(summary["epochs"])
    for (left, right), (name, group) in zip(grid, groups.items(), strict=True):
        for label, colour in (("literal", SECOND), ("squares", THIRD), ("ridge", FIRST), ("flow", GREY)):
            left.plot(
                epochs, np.array(group["distances"][label]["data"]) / summary["size"], color=colour, linewidth=1.1, label=_RIVALS[label]
            )
        left.axhline(summary["gap"], color=INK, linewidth=0.8, linestyle=(0, (4, 3)), label=f"bound {summary['gap']:.4f}")
        left.set_xscale("log")
        left.set_yscale("log")
        named(left, "epochs", r"distance at the data / $\|y\|$", name)
        legend(left)
        for shade, (epoch, values) in zip(np.linspace(0.3, 1, len(group["curves"])), group["curves"].items(), strict=True):
            right.plot(summary["x"], values, color=FIRST, linewidth=1.2, alpha=shade, label=f"network, {int(epoch):,} epochs")
            right.plot(summary["x"], group["rivals"][epoch]["literal"], color=SECOND, linewidth=0.8, alpha=shade, linestyle=(0, (3, 2)))
        right.plot(*summary["points"], linestyle="none", marker="o", color=INK, markersize=3.5)
        right.axhline(0, color=PALE, linewidth=0.5)
        named(right, "x", "f(x)", "network (solid) and equation (7) (dashed)")
        legend(right)
    return figure


_RIVALS = {
    "literal": "equation (7)",
    "squares": "(7), least-squares line taken off",
    "ridge": "ridge without free affine part",
    "flow": "gradient flow",
}
