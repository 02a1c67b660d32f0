"""Norms of normalised networks along their training, the margins that they end with, and what is certified about both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.plots.drawing import GREY, INK, PALE
from implicit_bias.plots.experiments.panels import FIRST, SECOND, THIRD, legend, named, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SCALES = {0.1: FIRST, 1.0: THIRD, 5.0: SECOND, 10.0: INK}
_MARKERS = {"lagrange": "o", "weight": "s", "none": "^"}


def square_loss_figure(summary: dict[str, Any]) -> Figure:
    """Draw ρ along the training from small to large starts, the margins of all samples, and margin against ρ."""
    figure, grid = panels(2, 3, (11.5, 6.6))
    line = [group for group in summary["groups"] if group["kind"] == "line"]
    digits = [group for group in summary["groups"] if group["kind"] == "digits" and "curve" in group]
    for axes, way, title in ((grid[0, 0], "lagrange", "unit norms"), (grid[0, 1], "none", "no normalisation")):
        _draw_runs(axes, [group for group in line if group["way"] == way], f"line, {title} (dashed: no decay)", summary.get("least_rho"))
    _draw_scatter(grid[0, 2], line, summary.get("least_rho"))
    for axes, decayed in ((grid[1, 0], True), (grid[1, 1], False)):
        mine = [group for group in digits if (group["decay"] > 0) == decayed]
        _draw_runs(axes, mine, f"digits, 4 layers, batch normalised, {'with' if decayed else 'no'} decay")
    _draw_margins(grid[1, 2], digits)
    return figure


def _draw_runs(axes: Axes, groups: list[dict[str, Any]], title: str, least: float | None = None) -> None:
    """Draw ρ over time, with decay solid, without dashed, and ρ_eq pale behind it."""
    for group in groups:
        times, rho, equal = np.array(group["curve"]).T
        known = times > 0
        decayed = group["decay"] > 0
        axes.plot(times[known], np.maximum(equal[known], 1e-3), color=PALE, linewidth=2.0, zorder=1)
        axes.plot(
            times[known],
            rho[known],
            color=_SCALES.get(group["scale"], GREY),
            linewidth=1.2,
            linestyle="-" if decayed else (0, (4, 2)),
            label=f"start {group['scale']:g}" if decayed or not any(other["decay"] > 0 for other in groups) else None,
            zorder=2,
        )
    if least is not None:
        axes.axhline(least, color=GREY, linewidth=0.8, linestyle=(0, (1, 2)))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.05)
    named(axes, "time", "ρ (pale: ρ_eq)", title)
    if groups:
        legend(axes)


def _draw_scatter(axes: Axes, groups: list[dict[str, Any]], least: float | None) -> None:
    """Draw the smallest margin against ρ, with what no network can exceed."""
    seen = set()
    for group in (group for group in groups if group["way"] in _MARKERS):
        decayed = group["decay"] > 0
        kind = (group["way"], decayed)
        told = {"lagrange": "unit norms", "weight": "weight norm.", "none": "none"}[group["way"]]
        axes.plot(
            group["rho"],
            group["margin"],
            linestyle="none",
            marker=_MARKERS[group["way"]],
            markersize=4.5,
            color=FIRST if decayed else SECOND,
            markerfacecolor="none",
            label=None if kind in seen else f"{told}, {'decay' if decayed else 'no decay'}",
        )
        seen.add(kind)
    rho = np.array([value for group in groups if group["way"] in _MARKERS for value in group["rho"]])
    ends = np.geomspace(max(least or 1.0, 1.0), rho.max(initial=10.0), 50)
    axes.plot(ends, 1 / ends, color=INK, linewidth=0.8, label="1/ρ")
    if least is not None:
        axes.axhline(1 / least, color=GREY, linewidth=0.8, linestyle=(0, (1, 2)), label="largest of an interpolant")
    axes.set_xscale("log")
    axes.set_yscale("log")
    named(axes, "ρ at the end", "smallest margin", "line: small ρ, large margin")
    legend(axes, loc="lower left")


def _draw_margins(axes: Axes, groups: list[dict[str, Any]]) -> None:
    """Draw the sorted margins of the samples."""
    for group in groups:
        margins = np.array(group["margins"])
        axes.plot(
            np.linspace(0, 1, margins.size),
            margins,
            color=_SCALES.get(group["scale"], GREY),
            linewidth=1.2,
            linestyle="-" if group["decay"] > 0 else (0, (4, 2)),
            label=f"start {group['scale']:g}" if group["decay"] > 0 else None,
        )
    named(axes, "share of the samples", "margin y f", "digits: margins (dashed: no decay)")
    if groups:
        legend(axes)
