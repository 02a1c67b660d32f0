"""What the pictures of experiments share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.plots.drawing import INK, LEGEND, make_plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FIRST, SECOND, THIRD = "#0072B2", "#D55E00", "#009E73"
"""Of Okabe and Ito's palette."""


def panels(rows: int, columns: int, size: tuple[float, float], **options: Any) -> tuple[Figure, Any]:
    """Return a figure and an array of plain panels, (rows, columns)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, **options)
    for axes in grid.flat:
        make_plain(axes)
    return figure, grid


def named(axes: Axes, x: str, y: str, title: str = "") -> None:
    """Name the axes and the panel."""
    axes.set_xlabel(x, fontsize=9, color=INK)
    axes.set_ylabel(y, fontsize=9, color=INK)
    axes.set_title(title, loc="left", fontsize=9.5, color=INK)


def legend(axes: Axes, **where: Any) -> None:
    """Name what is drawn, inside the panel where there is room."""
    axes.legend(**(LEGEND | {"loc": "best"} | where))


def stems(axes: Axes, places: Any, heights: Any, colour: str, **style: Any) -> None:
    """Draw stems with a small head."""
    axes.vlines(places, 0, heights, color=colour, linewidth=0.8, zorder=2)
    axes.plot(places, heights, linestyle="none", marker="o", color=colour, markersize=2.2, zorder=3, **style)


def rate(axes: Axes, widths: Any, values: Any, exponent: float, label: str) -> None:
    """Draw a line of a power through the middle of the points, in a log-log panel."""
    x, y = np.asarray(widths, dtype=np.float64), np.asarray(values, dtype=np.float64)
    level = np.exp(np.mean(np.log(y) - exponent * np.log(x)))
    axes.plot(x, level * x**exponent, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), label=label, zorder=1)
