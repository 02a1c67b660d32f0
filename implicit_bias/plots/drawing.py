"""What all pictures share: the look, thinning, stems, rows of kinks, legends and titles."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import OptionError
from implicit_bias.measures import FALLING, RISING, AnyMeasure, Measure, on_line
from implicit_bias.measures.circle import sphere_weight
from implicit_bias.numerics.arrays import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.transforms import Transform

    from implicit_bias.fits import Target
    from implicit_bias.problems.base import OverMeasures, Problem
    from implicit_bias.solution import Judged, Solution

# of Okabe and Ito's palette, which colour-blind readers can tell apart; rising and falling differ in marker and dash too
COLOURS = {RISING: "#0072B2", FALLING: "#D55E00"}
MARKERS = {RISING: "^", FALLING: "v"}
NAMES = {RISING: "rising", FALLING: "falling"}
INK, GREY, PALE = "#222222", "#767676", "#A8A8A8"
SIZE = (7.0, 6.6)  # inches: as wide as a page of text
COLUMNS = 1400  # as many as a good printer can tell apart over that width
MANY = 2500  # marks beyond which they are stored as pixels, to keep vector files small
TOUCHING = 1e-6  # how far from 1 a certificate may be where it is said to touch
LEGEND: dict[str, Any] = {
    "borderaxespad": 0.1,
    "borderpad": 0.3,
    "frameon": False,
    "fontsize": 8.5,
    "labelcolor": INK,
    "handlelength": 1.6,
    "handletextpad": 0.5,
}
_DECADES = 2.5  # between the largest and the median weight, beyond which a linear scale would hide most stems


def three_panels(solution: Solution, heights: tuple[float, float, float]) -> tuple[Figure, tuple[Axes, Axes, Axes]]:
    """Return a figure of three panels over the axis of x that the problem's domain spans."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    first, second, third = figure.subplots(3, 1, sharex=True, height_ratios=heights)
    for axes in (first, second, third):
        make_plain(axes)
    lo, hi = solution.problem.plot_range
    margin = 0.015 * (hi - lo)
    third.set_xlim(lo - margin, hi + margin)
    name_axis(third.xaxis, "$x$ and kink $t$", 8)
    return figure, (first, second, third)


def measure_of(solution: Solution) -> Any:
    """Return the measure of a solution that has one; OptionError otherwise."""
    measure: AnyMeasure | None = solution.measure
    if measure is None:
        raise OptionError(f"There is nothing to draw: the solution has no measure. {solution.status.advice}")
    return measure


def shown_atoms(solution: Solution) -> tuple[Measure, int]:
    """Return the atoms with kinks in the part of the line that is shown, and how many have them elsewhere."""
    atoms = on_line(solution.atoms)
    lo, hi = solution.problem.plot_range
    inside = (atoms.kinks >= lo) & (atoms.kinks <= hi)
    return atoms.where(inside), int(len(atoms) - inside.sum())


def target_of(problem: Problem[Any]) -> Target | None:
    """Return the sets or the loss of a problem over measures; None of a problem over other things."""
    target: Target | None = getattr(problem, "fit", None)
    return target


def on_sphere(problem: Problem[Any]) -> bool:
    """Whether a feature costs the norm of a unit's weights, so that what η is held against depends on the kink."""
    return problem.weight == "sphere"


def held_against(problem: OverMeasures) -> Callable[[FloatArray], FloatArray]:
    """Return what ‖η‖ may be at most, as a function of the kink: the feature's cost, times λ in a regularised problem."""
    level = level_of(problem)
    if on_sphere(problem):
        return lambda t: sphere_weight(t) * level
    return lambda t: np.full_like(t, level)


def level_of(problem: Any) -> float:
    """Return λ of a regularised problem, 1 for others."""
    return 1.0 if problem.regularization is None else float(problem.regularization)


def over(problem: OverMeasures) -> str:
    """Name what the certificate is divided by."""
    factors = (r"\lambda" if problem.loss is not None else "", "w(t)" if on_sphere(problem) else "")
    named = r"\,".join(filter(None, factors))
    return f" / ({named})" if all(factors) else f" / {named}" if named else ""


def say_peak(axes: Axes, solution: Solution) -> None:
    """Say above the panel of the certificate what its supremum is, for problems whose atoms may lie anywhere."""
    certificate = solution.certificate
    if certificate is None or solution.problem.interpolates or not on_sphere(solution.problem):
        return
    kind = "exact" if certificate.exact else "largest found"
    text = f"peak {number(float(certificate.peak), 9)} ({kind})"
    axes.text(1, 1.02, text, transform=axes.transAxes, ha="right", va="bottom", color=INK, fontsize=8.5)


def make_plain(axes: Axes) -> None:
    """Leave only the axes that carry numbers, thin and grey."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set(color=GREY, linewidth=0.6)
    axes.tick_params(labelsize=8.5, color=GREY, labelcolor=INK, width=0.6, length=3)


def beside(axes: Axes, height: float) -> Transform:
    """Return where x is that of the data, and y = 0 is ``height`` points above the lower edge of the panel."""
    from matplotlib.transforms import ScaledTranslation, blended_transform_factory

    figure = axes.get_figure(root=True)
    assert figure is not None
    return blended_transform_factory(axes.transData, axes.transAxes) + ScaledTranslation(0, height / 72, figure.dpi_scale_trans)


def draw_row(axes: Axes, kinks: FloatArray, height: float, label: str, fill: str) -> None:
    """Draw kinks as a row of dots, ``height`` points above the lower edge of the panel."""
    # an empty row has no place, which the layout would stumble over
    style = {"label": label, "transform": beside(axes, height), "clip_on": False, "in_layout": kinks.size > 0}
    draw_marks(axes, kinks, np.zeros(kinks.size), "o", fill, INK, mark_size(kinks.size, 1.3, 4), **style)


def draw_measure(axes: Axes, atoms: Measure, heights: FloatArray, name: str) -> None:
    """Draw each atom as a stem of a height."""
    axes.axhline(0, color=GREY, linewidth=0.6, zorder=1)
    size = mark_size(len(atoms), 1.6, 5)
    for facing in (RISING, FALLING):
        mine = atoms.directions == facing
        style = {"label": f"{NAMES[facing]} ({mine.sum():,})", "markeredgewidth": 0.4 if size > 3 else 0, "zorder": 3}
        style["clip_on"] = not mine.any()  # marks may stand out of the panel; none at all, unclipped, would count as far outside
        draw_marks(axes, atoms.kinks[mine], heights[mine], MARKERS[facing], COLOURS[facing], "white", size, **style)
    _draw_stems(axes, atoms, heights, float(np.clip(0.25 * size, 0.4, 1.1)))
    _scale_heights(axes, heights, name)
    draw_legend(axes)


def _draw_stems(axes: Axes, atoms: Measure, heights: FloatArray, width: float) -> None:
    """Draw lines from zero to the heights, the short ones over the long ones: two atoms of one kink share a line."""
    from matplotlib.collections import LineCollection

    shown = thinned(atoms.kinks, heights)
    order = shown[np.argsort(-np.abs(heights[shown]), kind="stable")]
    kinks, tops = atoms.kinks[order], heights[order]
    stems = np.stack([np.stack([kinks, np.zeros_like(tops)], 1), np.stack([kinks, tops], 1)], 1)
    colours = [COLOURS[facing] for facing in atoms.directions[order]]
    axes.add_collection(LineCollection(list(stems), colors=colours, linewidths=width, zorder=2, rasterized=order.size > MANY))


def _scale_heights(axes: Axes, heights: FloatArray, name: str) -> None:
    """Choose a scale on which most stems can be seen."""
    from matplotlib.ticker import NullLocator

    sizes = np.abs(heights)
    if not sizes.size:
        axes.set_ylim(-1, 1)
        axes.text(0.5, 0.6, "no atoms", transform=axes.transAxes, ha="center", color=GREY, fontsize=8.5)
    elif sizes.max() > 10**_DECADES * np.median(sizes):
        smallest = 10 ** math.floor(math.log10(np.quantile(sizes, 0.1)))
        axes.set_yscale("symlog", linthresh=smallest, linscale=0.5)
        axes.set_yticks([0, *_decades(heights, smallest)], minor=False)
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_ylabel(f"{name} (symlog)", fontsize=9, color=INK)
        return
    name_axis(axes.yaxis, name, 5)


def _decades(weights: FloatArray, smallest: float) -> list[float]:
    """Return a few powers of ten, on the sides of zero where there are weights."""
    low, high = round(math.log10(smallest)), math.floor(math.log10(np.abs(weights).max()))
    step = max(1, math.ceil((high - low) / 3))
    powers = [10.0**power for power in range(high, low, -step)]
    sides = [side for side in (-1.0, 1.0) if (side * weights > smallest).any()]
    return [side * power for side in sides for power in powers if power <= (side * weights).max()]


def draw_line(axes: Axes, x: FloatArray, y: FloatArray, **style: Any) -> None:
    """Draw a polygonal line."""
    shown = thinned(x, y)
    axes.plot(x[shown], y[shown], **{"rasterized": shown.size > MANY} | style)


def draw_marks(axes: Axes, x: FloatArray, y: FloatArray, marker: str, fill: str, edge: str, size: float, **style: Any) -> None:
    """Draw marks of one kind, with a rim."""
    from matplotlib.markers import MarkerStyle

    shown = thinned(x, y)
    look: dict[str, Any] = {"color": fill, "markeredgecolor": edge, "markersize": size, "markeredgewidth": round(0.16 * size, 1)} | style
    shape = MarkerStyle(marker, joinstyle="round")
    axes.plot(x[shown], y[shown], linestyle="none", marker=shape, rasterized=shown.size > MANY, **look)


def thinned(x: FloatArray, y: FloatArray) -> npt.NDArray[np.intp]:
    """Return which points to draw: all, or of very many the ends and the extremes of each column of dots on paper."""
    if x.size <= 4 * COLUMNS:
        return np.arange(x.size)
    column = np.floor((x - x.min()) / (np.ptp(x) or 1.0) * COLUMNS)
    orders = [np.lexsort((by, column)) for by in (x, y)]
    last = np.append(np.diff(column[orders[0]]) > 0, True)
    first = np.append(True, last[:-1])
    return np.unique(np.concatenate([order[edge] for order in orders for edge in (first, last)]))


def mark_size(count: int, least: float, most: float) -> float:
    """Return the size in points of marks of which so many stand side by side."""
    return float(np.clip(360 / max(count, 1), least, most))


def draw_legend(axes: Axes) -> Legend:
    """Name what is drawn above the panel, outside the data, with marks of a size that can be seen."""
    from matplotlib.lines import Line2D

    legend = axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, columnspacing=1.8, **LEGEND)
    for handle in legend.legend_handles:
        if isinstance(handle, Line2D):
            handle.set(markersize=4.5, linewidth=1.1, markeredgewidth=min(handle.get_markeredgewidth() * 5, 0.7))
    return legend


def name_axis(axis: Axis, name: str, intervals: int) -> None:
    """Label an axis; a power of ten or an offset that its numbers share goes with the label, where nothing overlaps it."""
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    formatter = ScalarFormatter(useMathText=True)
    formatter.set_powerlimits((-3, 5))
    axis.set_major_locator(MaxNLocator(intervals, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(formatter)
    formatter.format_ticks(list(axis.get_majorticklocs()))
    shared = formatter.get_offset()
    axis.get_offset_text().set_visible(False)
    axis.set_label_text(f"{name}  ({shared})" if shared else name, fontsize=9, color=INK)


def title(solution: Judged[Any, Any, Any], *more: str) -> str:
    """Return the size of the problem, more facts about it, and how well it is solved."""
    facts = [f"{len(solution.problem):,} points", *more, str(solution.status).replace("_", " ")]
    if solution.problem.loss is not None:
        facts.insert(1, rf"$\lambda$ = {number(level_of(solution.problem), 4)}")
    facts += [f"value {number(solution.value, 7)}", f"gap {number(solution.gap, 2)}"]
    return "  ·  ".join(facts)


def number(value: float, digits: int) -> str:
    """Return a number for a title, with its power of ten set as one."""
    mantissa, _, power = f"{value:.{digits}g}".partition("e")
    return rf"${mantissa} \times 10^{{{int(power)}}}$" if power else mantissa
