"""The picture of a comparison: data and functions above, then the supports of theory, optimum and networks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.compare import Comparison
from implicit_bias.compare.side_by_side import places
from implicit_bias.measures import Measure
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.plots.drawing import COLUMNS, GREY, INK, PALE, draw_legend, draw_line, draw_marks, draw_row, mark_size, name_axis
from implicit_bias.plots.experiments.panels import FIRST, SECOND, THIRD, named, panels, stems
from implicit_bias.plots.saving import save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FEW = 3
"""Networks that are drawn."""


def plot_comparison(comparison: Comparison, path: str | os.PathLike[str]) -> None:
    """Save :func:`comparison_figure` under a path; its suffix chooses the format: .pdf, .png or .svg.

    Raises
    ------
    OptionError, OutputError
    """
    save(lambda: comparison_figure(comparison), path)


def comparison_figure(comparison: Comparison) -> Figure:
    """Draw the data with the optimum and the networks as functions; under them the kinks of all three.

    For classes the functions are the numbers of the classes with the largest score. Stems are the sizes of slope changes, norms over
    several outputs: of the optimum, and of the first networks with units of theirs in small marks and clusters in stems.

    Returns
    -------
    matplotlib.figure.Figure, which belongs to the caller and to no window
    """
    networks = comparison.networks[:_FEW]
    figure, grid = panels(
        2 + len(networks), 1, (7.0, 3.4 + 1.25 * (1 + len(networks))), sharex=True, height_ratios=[2.6] + [1] * (1 + len(networks))
    )
    top, middle, *lower = grid[:, 0]
    _draw_functions(top, comparison)
    optimum = comparison.optimum
    stems(middle, optimum.kinks, optimum.sizes(), FIRST)
    named(middle, "", "optimum")
    for axes, held in zip(lower, networks, strict=True):
        stems(axes, held.support.kinks, held.support.sizes(), SECOND)
        matched = len(held.to_optimum.matched)
        told = f"matches {matched} of {places(optimum).size} optimal kinks; gap {held.judged.gap:.2g}; transport {held.transport:.2g}"
        named(axes, "", f"network {held.trained.seed}", told)
    for axes in (middle, *lower):
        axes.set_ylim(bottom=0)
        for kink in () if comparison.theory is None or comparison.theory.size > 60 else comparison.theory:
            axes.axvline(kink, color=PALE, linewidth=0.7, linestyle=(0, (2, 2)), zorder=1)
    grid[-1, 0].set_xlabel("x" if comparison.theory is None else "x (dashed: kinks that theory predicts)", fontsize=9, color=INK)
    figure.align_ylabels()
    return figure


def _draw_functions(axes: Axes, comparison: Comparison) -> None:
    problem = comparison.solution.problem
    lo, hi = float(problem.x[0]), float(problem.x[-1])
    labels = problem.fit.class_labels
    classes = labels is not None
    y = problem.y if labels is None else labels
    x = np.union1d(np.linspace(lo, hi, COLUMNS), problem.x)
    draw_marks(
        axes, problem.x, np.asarray(y, dtype=np.float64), "o", PALE, "white", mark_size(problem.x.size, 2.5, 6), label="data", zorder=2
    )
    for i, held in enumerate(comparison.networks[:_FEW]):
        draw_line(axes, x, _shown(held.network, x, classes), color=SECOND, linewidth=0.9, label="networks" if i == 0 else None, zorder=3)
    measure = comparison.solution.measure
    draw_line(axes, x, _shown(measure, x, classes), color=FIRST, linewidth=1.1, label="optimum", zorder=4)
    if comparison.theory is not None:
        draw_row(axes, comparison.theory, 4.0, f"theory ({comparison.theory.size})", THIRD)
    name_axis(axes.yaxis, "class" if classes else "f(x)", 5)
    axes.axhline(0, color=GREY, linewidth=0.4, zorder=1)
    draw_legend(axes)


def _shown(function: Measure | Any, x: FloatArray, classes: bool) -> FloatArray:
    values = np.asarray(function(x), dtype=np.float64)
    return values.argmax(axis=1).astype(np.float64) if classes else values
