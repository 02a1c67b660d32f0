"""Margins and weight decay of trained networks beside their optima, gradients' angles, deeper networks, and lines in the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.plots.drawing import GREY, INK, PALE
from implicit_bias.plots.experiments.panels import FIRST, SECOND, THIRD, legend, named, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOSSES = {"exponential": FIRST, "logistic": THIRD, "cross-entropy": SECOND}
_WIDTHS = {10: PALE, 30: GREY, 100: FIRST}


def max_margin_figure(summary: dict[str, Any]) -> Figure:
    """Draw the share of the largest margin along the training, against the margin, for each set of labels."""
    figure, grid = panels(1, len(summary["labels"]), (5.0 * len(summary["labels"]), 3.6), sharey=True)
    for axes, labels in zip(grid[0], summary["labels"], strict=True):
        mine = [group for group in summary["groups"] if group["labels"] == labels and group["growing"] and group["hidden"] == 1000]
        for group in mine:
            curve = np.array(group["curve"], dtype=np.float64)
            known = (curve[:, 1] > 0) & (curve[:, 2] > 0)
            small = group["scale"] < 1
            axes.plot(
                curve[known, 2],
                1 - curve[known, 1],
                color=_LOSSES[group["loss"]],
                linewidth=1.2,
                linestyle="-" if small else (0, (4, 2)),
                label=f"{group['loss']}, start × {group['scale']:g}",
            )
        axes.set_xscale("log")
        axes.set_yscale("log")
        named(axes, "margin", "1 - share of the largest margin", f"{labels} classes: what is missing to the optimum")
        legend(axes)
    return figure


def weight_decay_figure(summary: dict[str, Any]) -> Figure:
    """Draw the excess of every run's objective over the certified bound, and the worst functions beside the optimum."""
    names = list(summary["data"])
    figure, grid = panels(2, len(names), (3.8 * len(names), 5.6), height_ratios=(1.2, 1))
    for (above, below), name in zip(grid.T, names, strict=True):
        data = summary["data"][name]
        groups = [group for group in summary["groups"] if group["data"] == name]
        for place, group in enumerate(groups):
            excess = np.maximum(np.array(group["excesses"]), 1e-13)
            colour = SECOND if group["start"] == "optimum" else _WIDTHS.get(group["hidden"], FIRST)
            above.plot(np.full(excess.size, place), excess, linestyle="none", marker="o", markersize=3.5, color=colour, alpha=0.7)
        above.set_xticks(range(len(groups)), [_told(group) for group in groups], fontsize=7)
        above.set_yscale("log")
        named(above, "", "excess over the bound", f"{name}: λ = {data['level']:g}")
        x = np.linspace(min(data["x"]), max(data["x"]), len(data["optimum_curve"]))
        for group in (group for group in groups if "worst_curve" in group):
            below.plot(x, group["worst_curve"], color=SECOND if group["start"] == "optimum" else PALE, linewidth=0.8)
        below.plot(x, data["optimum_curve"], color=FIRST, linewidth=1.5, label="optimum; pale: worst of each kind")
        below.plot(data["x"], data["y"], linestyle="none", marker="o", color=INK, markersize=3.5)
        named(below, "x", "f(x)")
        legend(below)
    return figure


def _told(group: dict[str, Any]) -> str:
    return "from the\noptimum" if group["start"] == "optimum" else f"{group['hidden']} units\n× {group['scale']:g}"


def appendix_f_figure(summary: dict[str, Any]) -> Figure:
    """Draw the angles between the first gradients as maps."""
    models = summary["models"]
    figure, grid = panels(1, len(models), (4.4 * len(models), 3.8))
    for axes, (name, model) in zip(grid[0], models.items(), strict=True):
        _draw_angles(axes, model["angles"], model["gradients"])
        named(axes, "gradient", "gradient", f"{name}: angles between gradients")
    return figure


def appendix_g_figure(summary: dict[str, Any]) -> Figure:
    """Draw the functions of two hidden layers over the target, their errors along the training, and the angles of their gradients."""
    figure, (row,) = panels(1, 3, (11.5, 3.6))
    target = np.array(summary["target"])
    x = np.linspace(-1, 1, target.size)
    row[0].plot(x, target, color=PALE, linewidth=2.2, label="target")
    for (name, kind), colour in zip(summary["kinds"].items(), (FIRST, SECOND), strict=True):
        told = "stopping rule" if name == "stopped" else "without it"
        row[0].plot(x, kind["worst_curve"], color=colour, linewidth=1.0, label=f"{told}: worst, {100 * kind['worst']:.2f}e-2")
        epochs, errors = np.array(kind["along"], dtype=np.float64).T
        row[1].plot(np.maximum(epochs, 1), 100 * errors, color=colour, linewidth=1.0, label=told)
    for value, label in zip(summary["paper"][:2], ("best", "worst"), strict=True):
        row[1].axhline(value, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), label=f"one hidden layer, paper's {label}")
    named(row[0], "x", "f(x)", "two hidden layers")
    row[1].set_ylim(0, 10)
    named(row[1], "epochs", "validation RMSE / 0.01")
    _draw_angles(row[2], summary["angles"]["angles"], 1000)
    named(row[2], "gradient", "gradient", "angles between gradients")
    for axes in row[:2]:
        legend(axes)
    return figure


def appendix_h_figure(summary: dict[str, Any]) -> Figure:
    """Draw the lines along which networks and optima bend, over the unit square."""
    figure, grid = panels(2, 2, (7.4, 7.4))
    for axes, (name, model) in zip(grid.flat, summary["models"].items(), strict=False):
        lines = np.array(model["lines"], dtype=np.float64).reshape(-1, 3)
        most = lines[:, 2].max(initial=0.0) or 1.0
        for angle, offset, weight in lines[np.argsort(lines[:, 2])]:
            normal = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
            foot, along = offset * normal, 2 * np.array([-normal[1], normal[0]])
            share = float(weight / most)
            colour = FIRST if name.startswith("optimum") else SECOND
            axes.plot(*np.stack([foot - along, foot + along]).T, color=colour, linewidth=0.4 + 1.4 * share, alpha=0.15 + 0.85 * share)
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        axes.spines[["top", "right"]].set_visible(True)
        named(axes, "$x_1$", "$x_2$", f"{name.replace('-', ', ')} ({model['crossing']} lines)")
    return figure


def _draw_angles(axes: Axes, upper: list[list[float]], count: int) -> None:
    """Draw a symmetric map of which the rows are given from the diagonal on."""
    angles = np.zeros((len(upper), len(upper)))
    for i, row in enumerate(upper):
        angles[i, i:] = angles[i:, i] = row
    image = axes.imshow(angles, origin="lower", extent=(0, count, 0, count), cmap="viridis", vmin=0, interpolation="nearest")
    figure = axes.get_figure(root=True)
    assert figure is not None
    bar = figure.colorbar(image, ax=axes, shrink=0.85)
    bar.ax.tick_params(labelsize=8)
    bar.set_label("degrees", fontsize=8)
