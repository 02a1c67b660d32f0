"""The picture of two inputs: the function over the plane with the lines where it bends, and the certificate over the sphere."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import OptionError
from implicit_bias.measures import RidgeMeasure
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.plots.classification import class_colours, name_classes
from implicit_bias.plots.drawing import (
    COLOURS,
    GREY,
    INK,
    LEGEND,
    make_plain,
    mark_size,
    measure_of,
    name_axis,
    on_sphere,
    target_of,
    title,
)
from implicit_bias.plots.features import NEGATIVE, POSITIVE, draw_sphere, signs_of
from implicit_bias.plots.regions import draw_regions
from implicit_bias.plots.saving import save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

    from implicit_bias.problems.base import OverMeasures
    from implicit_bias.solution import Judged, Solution

PLANE_SIZE = (7.0, 7.8)  # inches
GRID = 221  # points along each side of the function's panel
SHADES = 15  # levels of the function
MARGIN = 0.05  # of the data's box, on each side
_SIGNED: tuple[tuple[float, Any, str], ...] = ((POSITIVE, "-", ", $w$ > 0"), (NEGATIVE, (0, (4, 2)), ", $w$ < 0"))
_UNSIGNED: tuple[tuple[float, Any, str], ...] = ((0.0, "-", ""),)


def is_plane(solution: Judged[Any, Any, Any]) -> bool:
    """Whether a solution is of two inputs on the sphere, and its values are numbers, or classes."""
    problem, target = solution.problem, target_of(solution.problem)
    if target is None or problem.inputs != 2 or not on_sphere(problem):
        return False
    return target.class_labels is not None or (target.targets is not None and problem.outputs is None)


def plot_plane(solution: Solution, path: str | os.PathLike[str]) -> None:
    """Save :func:`plane_figure` under a path; equal solutions give equal files.

    Parameters
    ----------
    solution : of a problem of two inputs and one output, or of classification, with a measure
    path : its suffix chooses the format: .pdf, .png or .svg

    Raises
    ------
    OptionError
        If the suffix is another one, if the solution has no measure, or if it is of another problem.
    OutputError
        If the path cannot be written. Whatever was there before is left as it was.
    """
    save(lambda: plane_figure(solution), path)


def plane_figure(solution: Solution) -> Figure:
    """Draw a solution of a problem of two inputs: the plane above, the sphere of features below.

    Above, the function over the data's box in shades, or the class of the largest score, with the data on it in the same shades (of
    the hinge loss, dark points want f ≥ 1, white ones f ≤ -1, and a dark line is where f = 0), and for every atom the line
    u · (x, 1) = 0 on which f bends, the thicker the more it weighs. Atoms without a line in the box are affine on it.

    Below, the certificate η(u), over λ in regularised problems, on the sphere of features u = (cos β cos θ, cos β sin θ, sin β) in an
    equal-area map of azimuth θ and latitude β: a feature rises in the direction θ, from a line at distance -tan β from the origin. A
    feasible dual keeps |η|, or its norm, within 1. Atoms are marked there, upwards for positive weights: dark where η is ±1 with the
    sign of the weight, or of norm 1 and aligned with it, as it must be at an optimum, and white elsewhere.

    Atoms that are no part of the support (:attr:`Solution.atoms`) are left out.

    Parameters
    ----------
    solution : of a problem of two inputs and one output, or of classification, with a measure

    Returns
    -------
    matplotlib.figure.Figure, which belongs to the caller and to no window

    Raises
    ------
    OptionError
        If the solution has no measure, or is of another problem.
    """
    from matplotlib.figure import Figure

    problem, measure, atoms = solution.problem, measure_of(solution), solution.atoms
    if not is_plane(solution):
        raise OptionError(f"This picture is of two inputs and one output, or classes, not of {problem!r}.")
    figure = Figure(figsize=PLANE_SIZE, layout="constrained")
    grid = figure.add_gridspec(2, 1, height_ratios=(1.25, 1))
    plane = figure.add_subplot(grid[0])
    sphere = figure.add_subplot(grid[1], projection="mollweide")
    make_plain(plane)
    assert isinstance(atoms, RidgeMeasure)  # of two inputs
    _draw_function(plane, problem, measure)
    _draw_kinks(plane, atoms, problem.fit.signs)
    draw_sphere(sphere, solution, atoms)
    plane.set_title(title(solution, f"{len(atoms):,} atom{'' if len(atoms) == 1 else 's'}"), loc="left", pad=24, fontsize=10.5, color=INK)
    return figure


def _draw_function(axes: Axes, problem: OverMeasures, measure: RidgeMeasure) -> None:
    """Draw f, or the classes, over the data's box, and the data."""
    low, high = problem.x.min(axis=0), problem.x.max(axis=0)
    room = MARGIN * np.where(high > low, high - low, 1.0)
    low, high = low - room, high + room
    across, up = (np.linspace(a, b, GRID) for a, b in zip(low, high, strict=True))
    values = measure(np.stack(np.meshgrid(across, up), axis=-1))
    size = mark_size(len(problem), 3.0, 6.0) ** 2
    look: dict[str, Any] = {"s": size, "edgecolors": INK, "linewidths": 0.7, "zorder": 4, "gid": "data"}
    if (labels := problem.fit.class_labels) is not None:
        classes = problem.fit.shape[1]
        draw_regions(axes, across, up, values, classes)
        colours = np.array(class_colours(classes))
        axes.scatter(problem.x[:, 0], problem.x[:, 1], c=colours[labels], **look)
        name_classes(axes, list(colours), np.isin(np.arange(colours.size), labels))
        if (named := axes.get_legend()) is not None:  # many classes have a bar instead
            axes.add_artist(named)
    else:
        y, signs = problem.y, problem.fit.signs
        shade = _draw_shades(axes, across, up, values, values if signs else y, "$f(x)$" if signs else "$f(x)$ and data")
        if signs:
            axes.contour(across, up, values, levels=[0.0], colors=INK, linewidths=1.4, zorder=1.5)
        axes.scatter(problem.x[:, 0], problem.x[:, 1], c=[INK if sign > 0 else "white" for sign in y] if signs else shade(y), **look)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    name_axis(axes.xaxis, "$x_1$", 8)
    name_axis(axes.yaxis, "$x_2$", 6)


def _draw_shades(
    axes: Axes, across: FloatArray, up: FloatArray, values: FloatArray, y: FloatArray, name: str
) -> Callable[[FloatArray], Any]:
    """Draw a function in shades that suit targets too, and say what they mean; return the shade of a value."""
    from matplotlib.colors import Normalize
    from matplotlib.ticker import MaxNLocator

    bounds = min(values.min(), y.min()), max(values.max(), y.max())
    if not bounds[0] < bounds[1]:
        bounds = bounds[0] - 1.0, bounds[1] + 1.0
    levels = MaxNLocator(SHADES).tick_values(*bounds)
    norm, shades = Normalize(levels[0], levels[-1]), _shades()
    filled = axes.contourf(across, up, values, levels=levels, cmap=shades, norm=norm, zorder=1)
    axes.contour(across, up, values, levels=levels, colors="white", linestyles="solid", linewidths=0.4, zorder=1.2)
    bar = axes.figure.colorbar(filled, ax=axes, pad=0.015, aspect=30)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8.5, color=GREY, labelcolor=INK, width=0.6, length=2)
    bar.set_label(name, fontsize=9, color=INK)
    return lambda heights: shades(norm(heights))


def _shades() -> Colormap:
    """Return shades of grey that neither hide lines nor leave the paper white."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps["Greys"](np.linspace(0.06, 0.62, 256)))


def lines_in_box(features: FloatArray, low: FloatArray, high: FloatArray) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """Return the parts of the lines u · (x, 1) = 0 within a box, (q, 2, 2), and which features they belong to.

    Parameters
    ----------
    features : (m, 3);  low, high : (2,), corners of the box
    """
    found, owners = [], []
    for at, (a, b, c) in enumerate(features):
        size = np.hypot(a, b)
        if size == 0:
            continue
        foot, along = -c * np.array([a, b]) / size**2, np.array([-b, a]) / size
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = np.sort(np.stack([(low - foot) / along, (high - foot) / along]), axis=0)
        level = along == 0
        if (level & ((foot < low) | (foot > high))).any():
            continue
        first, last = ends[0][~level].max(), ends[1][~level].min()
        if first < last:
            found.append([foot + first * along, foot + last * along])
            owners.append(at)
    return np.array(found).reshape(-1, 2, 2), np.array(owners, dtype=np.intp)


def _draw_kinks(axes: Axes, atoms: RidgeMeasure, signs_of_data: bool) -> None:
    """Draw the lines on which atoms bend, and name what is in the panel."""
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    low, high = (np.array(ends) for ends in zip(axes.get_xlim(), axes.get_ylim(), strict=True))
    lines, owners = lines_in_box(atoms.features, low, high)
    widths = 0.5 + 1.7 * atoms.sizes()[owners] / atoms.sizes().max(initial=np.finfo(float).tiny)
    dots = [("y = 1", INK), ("y = -1", "white")] if signs_of_data else [("data", "white")]
    names = [Line2D([], [], marker="o", linestyle="none", color=fill, markeredgecolor=INK, markersize=4.5) for _, fill in dots]
    words = [word for word, _ in dots]
    signs = signs_of(atoms)
    for sign, style, word in _SIGNED if atoms.weights.ndim == 1 else _UNSIGNED:
        mine = signs[owners] == sign
        colour = COLOURS.get(sign, INK)
        look: dict[str, Any] = {"linewidths": widths[mine], "linestyles": [style], "colors": colour, "zorder": 3}
        axes.add_collection(LineCollection(list(lines[mine]), gid=f"kinks{word}", **look), autolim=False)
        names.append(Line2D([], [], color=colour, linestyle=style, linewidth=1.4))
        outside = int((signs == sign).sum() - mine.sum())
        words.append(f"kinks{word} ({mine.sum():,}{f' and {outside:,} outside' if outside else ''})")
    look = LEGEND | {"handlelength": 2.2}
    named = axes.legend(names, words, loc="lower left", bbox_to_anchor=(0, 1), ncols=4, columnspacing=1.8, **look)
    named.set_in_layout(False)  # it may be wider than the panel, which would be narrowed for it
