"""The pictures of curvature splines: one fit with its curvature, the effect of ζ, and a path of smoothing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.errors import OptionError
from implicit_bias.measures import FALLING, RISING
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.plots.drawing import (
    COLOURS,
    COLUMNS,
    GREY,
    INK,
    LEGEND,
    MANY,
    PALE,
    SIZE,
    draw_legend,
    draw_line,
    draw_marks,
    make_plain,
    mark_size,
    name_axis,
    number,
    thinned,
    title,
)
from implicit_bias.plots.saving import save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from implicit_bias.problems.splines.curvature import SplineProblem
    from implicit_bias.problems.splines.solution import SplineSolution
    from implicit_bias.problems.splines.spline import Spline
    from implicit_bias.solution import Judged

# of Tol's muted palette, in an order in which neighbours differ in lightness, too
_PALETTE = ("#332288", "#CC6677", "#44AA99", "#DDAA33", "#882255", "#88CCEE")
_DASHES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (4, 2, 1, 2)), (0, (2, 1.5)))
_MAP, _FIRST, _LAST = "viridis", 0.9, 0.0
_SHADE = "#E4E4E4"
_FEW = 40
_MARGIN, _BEYOND = 0.015, 0.04  # of the range; beyond the data the spline is a line


def is_spline(solution: Judged[Any, Any, Any]) -> bool:
    """Whether a solution is of a spline problem, whether or not a spline was found."""
    return bool(solution.problem.kind == "spline")


def plot_spline(solution: SplineSolution, path: str | os.PathLike[str]) -> None:
    """Save :func:`spline_figure` under a path; equal solutions give equal files.

    Parameters
    ----------
    solution : of a spline problem, with a spline
    path : its suffix chooses the format: .pdf, .png or .svg

    Raises
    ------
    OptionError
        If the suffix is another one, or if there is no spline.
    OutputError
        If the path cannot be written. Whatever was there before is left as it was.
    """
    save(lambda: spline_figure(solution), path)


def plot_effect_of_zeta(solutions: Mapping[str, SplineSolution], path: str | os.PathLike[str]) -> None:
    """Save :func:`effect_of_zeta_figure` under a path, as :func:`plot_spline` does."""
    save(lambda: effect_of_zeta_figure(solutions), path)


def plot_spline_path(
    solutions: Sequence[SplineSolution], path: str | os.PathLike[str], rows: tuple[FloatArray, FloatArray] | None = None
) -> None:
    """Save :func:`spline_path_figure` under a path, as :func:`plot_spline` does."""
    save(lambda: spline_path_figure(solutions, rows), path)


def spline_figure(solution: SplineSolution) -> Figure:
    """Draw a spline in three panels over one axis of x.

    Above, the data, larger where one mark stands for several rows, and the fit g. In the middle, its curvature g'', which
    cannot leave the shaded band ±ζ·max|g''/ζ| and is zero beyond the data: it bends most where ζ is large. Below, for
    interpolation, g''/ζ, a line between neighbouring points; for smoothing, the residuals y - g(x).

    Parameters
    ----------
    solution : of a spline problem, with a spline

    Returns
    -------
    matplotlib.figure.Figure, which belongs to the caller and to no window

    Raises
    ------
    OptionError
        If there is no spline.
    """
    problem, spline = solution.problem, _spline_of(solution)
    figure, (fit, curvature, last) = panels_over(problem, (3, 2, 1.8))
    _draw_data(fit, problem)
    places = places_of(problem)
    draw_line(fit, places, spline(places), color=INK, linewidth=1.1, label="fit $g$", zorder=3)
    draw_legend(fit)
    name_axis(fit.yaxis, "$g(x)$", 6)
    _draw_curvature(curvature, spline, places)
    if problem.interpolates:
        draw_line(last, problem.x, spline.bending, color=INK, linewidth=1.1, label=r"$g''/\zeta$", zorder=3)
        draw_marks(last, problem.x, spline.bending, "o", INK, INK, mark_size(len(problem), 1.2, 3.5), zorder=4)
        _finish(last, r"$g''/\zeta$")
    else:
        _draw_residuals(last, problem, problem.y - spline.values)
        _finish(last, "residual")
    figure.align_ylabels()
    fit.set_title(title(solution, _amount(solution)), loc="left", pad=24, fontsize=10.5, color=INK)
    return figure


def effect_of_zeta_figure(solutions: Mapping[str, SplineSolution]) -> Figure:
    """Draw splines of the same data with different ζ, by name: the fits above, and below each ζ over its largest value.

    It is what Figure 1 of Jin and Montúfar shows on its right-hand side.

    Raises
    ------
    OptionError
        If there are none, more than six, if one has no spline, or if their data differ.
    """
    problem = _common(list(solutions.values()))
    if len(solutions) > len(_PALETTE):
        raise OptionError(f"This picture has colours for {len(_PALETTE)} splines, not {len(solutions)}.")
    figure, (fits, zetas) = panels_over(problem, (3.2, 1.6))
    places = places_of(problem)
    looks = [{"color": colour, "linestyle": _DASHES[k % len(_DASHES)], "linewidth": 1.5} for k, colour in enumerate(_PALETTE)]
    for (name, solution), look in zip(solutions.items(), looks, strict=False):
        draw_line(fits, places, _spline_of(solution)(places), label=name, zorder=3, **look)
        heights = solution.problem.zeta(places)
        draw_line(zetas, places, heights / (heights.max() or 1.0), zorder=3, **look)
    draw_marks(fits, problem.x, problem.y, "o", INK, "white", mark_size(len(problem), 2.6, 6), label="data", zorder=4)
    name_axis(fits.yaxis, "$g(x)$", 6)
    name_axis(zetas.yaxis, r"$\zeta(x)\,/\,\max\,\zeta$", 3)
    zetas.set_ylim(0, 1.08)
    _name_above(fits, min(3, len(solutions) + 1))
    figure.align_ylabels()
    return figure


def spline_path_figure(solutions: Sequence[SplineSolution], rows: tuple[FloatArray, FloatArray] | None = None) -> Figure:
    """Draw splines of the same data smoothed by different amounts, from much (light) to little (dark).

    Above, the data, or all their rows if given, and the fits. Below, the curvature of each over the largest of its own.

    Parameters
    ----------
    solutions : from :func:`implicit_bias.path`
    rows : x and y as they were before rows of equal x were merged; drawn behind

    Raises
    ------
    OptionError
        If there are none, if one has no spline, or if their data differ.
    """
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    problem = _common(solutions)
    order = sorted(solutions, key=lambda solution: -(solution.regularization or 0.0))
    figure, (fits, curvatures) = panels_over(problem, (3.2, 1.6))
    if rows is None:
        _draw_data(fits, problem)
    else:
        draw_marks(fits, rows[0], rows[1], "o", PALE, PALE, mark_size(rows[0].size, 3, 5), label="data", markeredgewidth=0, alpha=0.7)
    places = places_of(problem)
    for solution, shade in zip(order, colormaps[_MAP](np.linspace(_FIRST, _LAST, len(order))), strict=True):
        look: dict[str, Any] = {"color": to_hex(shade), "linewidth": 1.4, "zorder": 3}
        spline = _spline_of(solution)
        draw_line(fits, places, spline(places), label=_amount(solution), **look)
        heights = spline(places, 2)
        draw_line(curvatures, places, heights / (np.abs(heights).max() or 1.0), **look)
    curvatures.axhline(0, color=GREY, linewidth=0.6, zorder=1)
    name_axis(fits.yaxis, "$g(x)$", 6)
    name_axis(curvatures.yaxis, r"$g''(x)\,/\,\max|g''|$", 4)
    _name_above(fits, 4)
    figure.align_ylabels()
    return figure


def _spline_of(solution: SplineSolution) -> Spline:
    if solution.spline is None:
        raise OptionError(f"There is nothing to draw: the solution has no spline. {solution.status.advice}")
    return solution.spline


def _common(solutions: Sequence[SplineSolution]) -> SplineProblem:
    """Return the problem of the first; raises OptionError unless all have its data."""
    if not solutions:
        raise OptionError("There is nothing to draw: no solutions were given.")
    first = solutions[0].problem
    for other in solutions[1:]:
        if not (np.array_equal(other.problem.x, first.x) and np.array_equal(other.problem.y, first.y)):
            raise OptionError("Splines in one picture must be of the same data.")
    return first


def panels_over(problem: Any, heights: tuple[float, ...]) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels over the range of the data and a little beyond."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIZE[0], SIZE[1] if len(heights) > 2 else 5.2), layout="constrained")
    panels = list(figure.subplots(len(heights), 1, sharex=True, height_ratios=heights))
    for axes in panels:
        make_plain(axes)
    first, last = _ends(problem, _MARGIN)
    panels[-1].set_xlim(first, last)
    name_axis(panels[-1].xaxis, "$x$", 8)
    return figure, panels


def _ends(problem: Any, margin: float = 0.0) -> tuple[float, float]:
    """Return up to where the spline is drawn: a mean gap beyond the data, and not much or less than a margin of the range."""
    first, last = float(problem.x[0]), float(problem.x[-1])
    beyond = max(margin, min(_BEYOND, 1 / (len(problem) - 1))) * (last - first)
    return first - beyond, last + beyond


def places_of(problem: Any) -> FloatArray:
    """Return where to evaluate: the data, where ζ is not smooth, both sides of its jumps, and a fine grid."""
    first, last = _ends(problem)
    breaks = problem.zeta.breakpoints
    breaks = breaks[(breaks > first) & (breaks < last)]
    jumps = [np.nextafter(breaks, -np.inf), breaks, np.nextafter(breaks, np.inf)]
    return np.unique(np.concatenate([problem.x, np.linspace(first, last, COLUMNS), *jumps]))


def _draw_data(axes: Axes, problem: SplineProblem) -> None:
    """Draw the data; the area of a mark grows with the number of rows it stands for."""
    shown = thinned(problem.x, problem.y)
    few = shown.size <= _FEW  # marks on the line, with a rim; many would hide it
    areas = mark_size(shown.size, 2.6, 6 if few else 5) ** 2 * np.minimum(problem.counts[shown] / problem.counts.min(), 9.0)
    look: dict[str, Any] = {"color": INK, "edgecolors": "white", "linewidths": 0.8} if few else {"color": PALE, "linewidths": 0}
    look |= {"zorder": 4 if few else 2, "rasterized": shown.size > MANY}
    axes.scatter(problem.x[shown], problem.y[shown], s=areas, label="data", **look)


def _draw_curvature(axes: Axes, spline: Spline, places: FloatArray) -> None:
    """Draw g'' inside the band that ζ leaves it, in the colours of rising and falling features."""
    curvature = spline(places, 2)
    shown = thinned(places, curvature)
    x, heights = places[shown], curvature[shown]
    zeta, bending = spline.zeta(x), np.interp(x, spline.knots, spline.bending)  # which may be anything where ζ = 0
    band = zeta * np.abs(bending[zeta > 0]).max(initial=0.0)
    pixels = x.size > MANY
    axes.fill_between(x, -band, band, color=_SHADE, linewidth=0, zorder=1, label=r"$\pm\zeta\,\max|g''/\zeta|$", rasterized=pixels)
    for facing, part in ((RISING, np.maximum(heights, 0)), (FALLING, np.minimum(heights, 0))):
        axes.fill_between(x, 0, part, color=COLOURS[facing], alpha=0.45, linewidth=0, zorder=2, rasterized=pixels)
    draw_line(axes, places, curvature, color=INK, linewidth=0.9, label="$g''$", zorder=3)
    _finish(axes, "$g''(x)$")
    largest = float(np.abs(heights).max())
    if band.max() > 4 * largest > 0:  # the band would press the curve together
        axes.set_ylim(-2 * largest, 2 * largest)


def _draw_residuals(axes: Axes, problem: SplineProblem, residuals: FloatArray) -> None:
    """Draw the residuals of the means as stems."""
    shown = thinned(problem.x, residuals)
    x, tops = problem.x[shown], residuals[shown]
    size = mark_size(len(problem), 1.2, 4)
    axes.vlines(x, 0, tops, color=INK, linewidth=float(np.clip(0.2 * size, 0.3, 0.9)), zorder=2, rasterized=x.size > MANY)
    label = "residual $y - g(x)$" if problem.merged == 0 else r"residual $\bar{y} - g(x)$"
    draw_marks(axes, x, tops, "o", INK, INK, size, label=label, zorder=3)


def _finish(axes: Axes, name: str) -> None:
    axes.axhline(0, color=GREY, linewidth=0.6, zorder=1.5)
    name_axis(axes.yaxis, name, 5)
    draw_legend(axes)


def _name_above(axes: Axes, columns: int) -> None:
    """Name many lines in a block above the panel."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, columnspacing=1.8, **(LEGEND | {"handlelength": 2.6}))


def _amount(solution: SplineSolution) -> str:
    """Say how much was smoothed."""
    time, amount = getattr(solution.problem.smoothing, "time", None), solution.regularization
    if amount is None:
        return "interpolation"
    if time is not None:  # of early stopping
        return f"$t$ = {number(time, 3)}"
    return rf"$\lambda$ = {number(amount, 3)}"
