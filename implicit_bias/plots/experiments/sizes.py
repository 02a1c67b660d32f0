"""Errors and norms by the number of hidden units, like Neyshabur et al.'s Figure 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.plots.drawing import GREY, INK, PALE
from implicit_bias.plots.experiments.panels import FIRST, SECOND, THIRD, legend, named, panels

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ORIGINAL, _SMALL = "original", "small-start"
_COLOURS = (FIRST, SECOND, THIRD)


def network_size_figure(summary: dict[str, Any]) -> Figure:
    """Draw errors by H for each data set (rows) and variant (columns), below them norms, and the excess in the plane."""
    names = list(dict.fromkeys(curve["data"] for curve in summary["curves"]))
    figure, grid = panels(len(names) + 1, 3, (11.7, 3.1 * (len(names) + 1)))
    for row, name in zip(grid, names, strict=False):
        mine = [curve for curve in summary["curves"] if curve["data"] == name and curve["variant"] != _SMALL]
        for place, (axes, curve) in enumerate(zip(row, mine, strict=False)):
            lines = _draw_errors(axes, curve)
            legend(axes, handles=lines if place == 0 else [line for line in lines if "from here" in str(line.get_label())])
            named(axes, "hidden units H", "error / %", f"{name}: {curve['variant']} labels")
    _draw_norms(grid[-1, 0], [(curve, curve["path_norm"]["mean"]) for curve in summary["curves"]], "norm")
    _draw_norms(grid[-1, 1], [(curve, curve["norm_per_margin"]) for curve in summary["curves"]], "norm / median margin")
    if summary["plane"]:
        _draw_plane(grid[-1, 2], summary["plane"])
    else:
        grid[-1, 2].set_axis_off()
    return figure


def _draw_errors(axes: Axes, curve: dict[str, Any]) -> list[Artist]:
    """Draw one panel, and return what its legend names."""
    sizes = np.array(curve["sizes"], dtype=np.float64)
    lines = [("test, at the end", curve["test"], FIRST, "o"), ("test, early stopping", curve["early"], THIRD, "s")]
    for label, spread, colour, marker in lines:
        mean, sd = 100 * np.array(spread["mean"]), 100 * np.array(spread["sd"])
        error = sd / np.sqrt(curve["repetitions"])
        axes.errorbar(sizes, mean, error, color=colour, marker=marker, markersize=3, linewidth=1.2, elinewidth=0.7, label=label)
    if "decayed" in curve:
        decayed = 100 * np.array(curve["decayed"]["test"])
        axes.plot(sizes, decayed, color=SECOND, marker="^", markersize=3, linewidth=1.2, label="test, weight decay")
    axes.plot(sizes, 100 * np.array(curve["train"]["mean"]), color=INK, linewidth=1.0, linestyle=(0, (4, 2)), label="training")
    if curve["fits_from"] is not None:
        told = "from here all fit" if curve["fits_to"] == 0 else f"from here at most {curve['fits_to']:.0%} is left"
        axes.axvline(curve["fits_from"], color=GREY, linewidth=0.8, linestyle=":", label=told)
    axes.set_xscale("log", base=2)
    # the smallest networks err on more than half of the points: there is nothing to see in them
    top = 100 * np.max(np.array(curve["test"]["mean"])[sizes >= 2 * sizes[0]], initial=0.0)
    axes.set_ylim(0, 1.15 * top or None)
    return axes.get_legend_handles_labels()[0]


def _draw_norms(axes: Axes, curves: list[tuple[dict[str, Any], list[float | None]]], title: str) -> None:
    """Draw a norm by H: a colour for each data set, dashed from the small start."""
    names = list(dict.fromkeys(curve["data"] for curve, _ in curves))
    drawn = [(curve, norms) for curve, norms in curves if curve["variant"] in (_ORIGINAL, _SMALL)]
    for curve, norms in drawn:
        small = curve["variant"] == _SMALL
        colour, style = _COLOURS[names.index(curve["data"]) % len(_COLOURS)], (0, (4, 2)) if small else "-"
        label = f"{curve['data']}, small start" if small else curve["data"]
        places = np.array(norms, dtype=np.float64)
        axes.plot(
            curve["sizes"],
            np.where(places > 0, places, np.nan),  # networks may have died
            color=colour,
            marker="o",
            markersize=2.5,
            linewidth=1.2,
            linestyle=style,
            label=label,
        )
    axes.set_xscale("log", base=2)
    if any(norm is not None and norm > 0 for _, norms in drawn for norm in norms):  # else there is no logarithm to take
        axes.set_yscale("log", base=2)
    named(axes, "hidden units H", "Σ‖u‖‖v‖", f"original labels: {title}")
    legend(axes)


def _draw_plane(axes: Axes, plane: list[dict[str, Any]]) -> None:
    for row in plane:
        excess = np.array(row["excesses"])
        axes.plot(np.full(excess.size, row["hidden"]), excess, linestyle="none", marker="o", markersize=3.5, color=PALE)
    sizes = [row["hidden"] for row in plane]
    axes.plot(sizes, [np.median(row["excesses"]) for row in plane], color=FIRST, linewidth=1.2, label="median")
    axes.set_xscale("log")
    axes.set_yscale("log")
    named(axes, "hidden units H", "objective / bound - 1", "digits in a plane: above the convex optimum")
    legend(axes)
