"""The picture of classification: scores by class, the group norms and the certificate's norm."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from implicit_bias.certificates.certificate import ArcCertificate, LineCertificate
from implicit_bias.errors import OptionError
from implicit_bias.measures import FALLING, RISING, Measure
from implicit_bias.measures.measure import row_norms
from implicit_bias.numerics.arrays import FloatArray, IntArray
from implicit_bias.plots.drawing import (
    COLOURS,
    COLUMNS,
    GREY,
    INK,
    LEGEND,
    MANY,
    MARKERS,
    TOUCHING,
    beside,
    draw_legend,
    draw_line,
    draw_marks,
    draw_measure,
    draw_row,
    held_against,
    mark_size,
    measure_of,
    name_axis,
    over,
    say_peak,
    shown_atoms,
    target_of,
    thinned,
    three_panels,
    title,
)
from implicit_bias.plots.saving import save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from implicit_bias.problems.base import OverMeasures
    from implicit_bias.solution import Judged, Solution

# of Tol's muted palette, which colour-blind readers can tell apart, and none of which is a colour of rising or falling
_PALETTE = ("#332288", "#44AA99", "#CC6677", "#DDAA33", "#88CCEE", "#882255")
_MAP, _DARKEST, _LIGHTEST = "viridis", 0.0, 0.92  # of many classes; its yellow end is too pale for lines on white
_DASHES = (0, (3, 3))  # of classes that no point has
_STRIP = 7.0  # height in points of the ticks that show the labels
_NORMS = {1: "1", 2: "2", np.inf: r"\infty"}


def is_classification(solution: Judged[Any, Any, Any]) -> bool:
    """Whether a solution is of classes, on a line."""
    target = target_of(solution.problem)
    return target is not None and target.class_labels is not None and solution.problem.inputs == 1


def plot_classification(solution: Solution, path: str | os.PathLike[str]) -> None:
    """Save :func:`classification_figure` under a path; equal solutions give equal files.

    Parameters
    ----------
    solution : of a classification problem, with a measure
    path : its suffix chooses the format: .pdf, .png or .svg

    Raises
    ------
    OptionError
        If the suffix is another one, if the solution has no measure, or if it is of another problem.
    OutputError
        If the path cannot be written. Whatever was there before is left as it was.
    """
    save(lambda: classification_figure(solution), path)


def classification_figure(solution: Solution) -> Figure:
    """Draw a solution of problem (14) in three panels over one axis of x.

    Above, the score f_c of every class as a line of its colour (dashed for a class that no point has), thick where it is
    the largest; of many classes, those far below the largest leave the panel. Under it, a strip of the data coloured by
    label, and rows of the kinks found and of those of Theorem 6.1 (S_C). In the middle, the measure: the norm of each
    feature's weights at its kink. Below, the norm of the certificate η(t, ±1), which a feasible dual keeps within 1, with
    a mark for each atom: filled where η is of norm 1 and aligned with the atom's weights, as it must be at an optimum,
    and open elsewhere.

    Atoms that are no part of the support (:attr:`Solution.atoms`) are left out. Of very many points, those that would be
    printed over each other are left out, too.

    On the sphere, problem (5), the norm is that of η / w, and with the cross-entropy loss of η / (λ w); there kinks may lie anywhere,
    none are predicted, and those beyond the data are counted, but not shown.

    Parameters
    ----------
    solution : of a classification problem, or one regularised with the cross-entropy loss, of one input, with a measure

    Returns
    -------
    matplotlib.figure.Figure, which belongs to the caller and to no window

    Raises
    ------
    OptionError
        If the solution has no measure, or is of another problem.
    """
    problem, measure = solution.problem, measure_of(solution)
    labels, classes = problem.fit.class_labels, problem.outputs or 1
    if labels is None or problem.inputs > 1:
        raise OptionError(f"This picture is of classification with one input, not of {_told(problem)}.")
    atoms, elsewhere = shown_atoms(solution)
    figure, (scores, norms, certificate) = three_panels(solution, (3.2, 2, 2))
    _draw_scores(scores, problem, measure, labels, classes)
    _draw_under(scores, problem, atoms, elsewhere, labels)
    draw_measure(norms, atoms, atoms.sizes(float(problem.norm)), rf"$\|w_j\|_{{{_NORMS[float(problem.norm)]}}}$")
    norms.set_ylim(bottom=0)
    _draw_certificate(certificate, solution, atoms)
    name_axis(scores.yaxis, "scores $f_c(x)$", 6)
    figure.align_ylabels()
    absent = classes - np.unique(labels).size
    count = f"{classes:,} class{'es' if classes > 1 else ''}" + (f" ({absent:,} absent)" if absent else "")
    scores.set_title(title(solution, count), loc="left", pad=24, fontsize=10.5, color=INK)
    return figure


def _told(problem: OverMeasures) -> str:
    return f"{problem.kind}, {'several inputs' if problem.x.ndim > 1 else 'one input'}"


def class_colours(classes: int) -> list[str]:
    """Return a colour for each class: different ones for few, an ordered scale for many."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    if classes <= len(_PALETTE):
        return list(_PALETTE[:classes])
    return [to_hex(shade) for shade in colormaps[_MAP](np.linspace(_DARKEST, _LIGHTEST, classes))]


def _draw_scores(axes: Axes, problem: OverMeasures, measure: Measure, labels: IntArray, classes: int) -> None:
    """Draw the scores, and the largest of them again as a thick line."""
    ends = problem.plot_range
    nodes = np.unique(np.concatenate([np.clip(measure.kinks, ends[0], ends[1]), ends]))
    values = measure(nodes)
    present = np.isin(np.arange(classes), labels)
    look: dict[str, Any] = {
        "linewidth": 1.0 if classes < 12 else 0.7,
        "alpha": 0.85 if classes < 12 else 0.6,
        "rasterized": values.size > 8 * MANY,
    }
    for c, colour in enumerate(class_colours(classes)):
        dash = "-" if present[c] else _DASHES
        draw_line(axes, nodes, values[:, c], color=colour, linestyle=dash, zorder=2, gid=f"class-{c}", **look)
    _draw_largest(axes, nodes, values, class_colours(classes))
    top = values.max(axis=1)
    low, high = top.min(), top.max()
    spread = max(high - low, 2.0)  # twice the margin
    if classes > len(_PALETTE) and values.min() < low - spread:  # what is far below would press the rest together
        axes.set_ylim(low - spread, high + 0.08 * spread)


def _draw_largest(axes: Axes, nodes: FloatArray, values: FloatArray, colours: list[str]) -> None:
    """Draw the largest score, in the colour of its class."""
    from matplotlib.collections import LineCollection

    fine = _subdivided(nodes, COLUMNS)
    heights = np.stack([np.interp(fine, nodes, column) for column in values.T], axis=1)
    best = heights.argmax(axis=1)
    top = np.stack([fine, heights.max(axis=1)], axis=1)
    starts = np.flatnonzero(np.append(True, best[1:] != best[:-1]))
    pieces = [top[a : b + 1] for a, b in zip(starts, np.append(starts[1:], fine.size), strict=True)]
    look: dict[str, Any] = {"linewidths": 2.2, "capstyle": "butt", "joinstyle": "round", "zorder": 3, "rasterized": starts.size > MANY}
    axes.add_collection(LineCollection(pieces, colors=[colours[best[a]] for a in starts], **look), autolim=False)


def _subdivided(nodes: FloatArray, count: int) -> FloatArray:
    """Return the nodes and about so many points evenly between them."""
    return np.unique(np.concatenate([nodes, np.linspace(nodes[0], nodes[-1], count)]))


def _draw_under(axes: Axes, problem: OverMeasures, atoms: Measure, elsewhere: int, labels: IntArray) -> None:
    """Draw rows of marks under the panel: the data by label, the kinks found, the kinks predicted."""
    colours = class_colours(problem.outputs or 1)
    shown = thinned(problem.x, labels.astype(np.float64))
    x, zero = problem.x[shown], np.zeros(shown.size)
    width = mark_size(shown.size, 0.5, 2.2)
    look: dict[str, Any] = {"transform": beside(axes, -9), "clip_on": False, "rasterized": shown.size > MANY}
    axes.scatter(x, zero, s=_STRIP**2, marker="|", c=[colours[c] for c in labels[shown]], linewidths=width, gid="labels", **look)
    found = atoms.support(0)
    beyond = f", {elsewhere:,} more beyond the data" if elsewhere else ""
    draw_row(axes, found, -19, f"kinks found ({found.size:,}{beyond})", INK)
    if (predicted := problem.predicted_kinks()) is not None:
        draw_row(axes, predicted, -27, f"predicted, $S_C$ ({predicted.size:,})", "white")
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(bottom=False)
    axes.add_artist(draw_legend(axes))
    name_classes(axes, colours, np.isin(np.arange(len(colours)), labels))


def name_classes(axes: Axes, colours: list[str], present: npt.NDArray[np.bool_]) -> None:
    """Say which colour is which class: by name if they are few, else by a bar."""
    from matplotlib.colors import ListedColormap
    from matplotlib.lines import Line2D

    if len(colours) <= len(_PALETTE):
        styles: list[dict[str, Any]] = [{"linewidth": 2.2} if there else {"linewidth": 1.0, "linestyle": _DASHES} for there in present]
        lines = [Line2D([], [], color=colour, **style) for colour, style in zip(colours, styles, strict=True)]
        names = [f"{c}" for c in range(len(colours))]
        names[0] = "class 0"
        axes.legend(lines, names, loc="lower right", bbox_to_anchor=(1, 1), ncols=len(lines), columnspacing=1.2, **LEGEND)
        return
    bar = axes.inset_axes((0.7, 1.035, 0.27, 0.045))
    bar.imshow(np.arange(len(colours))[None], cmap=ListedColormap(colours), aspect="auto", interpolation="nearest")
    bar.set(xticks=[], yticks=[])
    bar.spines[:].set_visible(False)
    for side, align, text in ((-0.02, "right", "class 0"), (1.02, "left", f"{len(colours) - 1:,}")):
        bar.text(side, 0.45, text, transform=bar.transAxes, ha=align, va="center", fontsize=8.5, color=INK)


def _draw_certificate(axes: Axes, solution: Solution, atoms: Measure) -> None:
    """Draw the norms of both branches of η, which are curved between nodes, and where the atoms lie on them."""
    certificate, problem = solution.certificate, solution.problem
    norm, most = float(problem.dual_norm), held_against(problem)
    axes.axhline(1, color=GREY, linewidth=0.6, zorder=1)
    axes.set_ylabel(rf"$\|\eta(t, \pm1)\|_{{{_NORMS[norm]}}}{over(problem)}$", fontsize=9, color=INK)
    axes.set_ylim(0, 1.15)
    axes.set_yticks([0, 0.5, 1])
    if not isinstance(certificate, (ArcCertificate, LineCertificate)):
        axes.text(0.5, 0.5, "no dual", transform=axes.transAxes, ha="center", color=GREY, fontsize=8.5)
        return
    nodes = _subdivided(np.unique(np.concatenate([problem.x, problem.plot_range])), COLUMNS)
    for facing, style in ((RISING, "-"), (FALLING, (0, (4, 3)))):
        look: dict[str, Any] = {"color": COLOURS[facing], "linestyle": style, "linewidth": 1.2, "zorder": 2}
        heights = row_norms(certificate(nodes, facing), norm) / most(nodes)
        draw_line(axes, nodes, heights, label=rf"$\|\eta(t, {facing:+.0f})\|{over(problem)}$", **look)
        _draw_touching(axes, certificate, atoms.where(atoms.directions == facing), facing, problem)
    if certificate.peak > 1.1:
        axes.autoscale(axis="y")
        axes.set_ylim(bottom=0)
    draw_legend(axes)
    say_peak(axes, solution)


def _draw_touching(axes: Axes, certificate: ArcCertificate | LineCertificate, atoms: Measure, facing: float, problem: OverMeasures) -> None:
    eta = certificate(atoms.kinks, facing) / held_against(problem)(atoms.kinks)[:, None]
    aligned = (eta * atoms.weights).sum(axis=1) >= (1 - TOUCHING) * atoms.sizes(float(problem.norm))
    size = mark_size(len(atoms), 1.8, 5) * (1.3 if facing == RISING else 1)  # both can touch in one place
    for which, fill in ((aligned, COLOURS[facing]), (~aligned, "white")):
        heights = row_norms(eta[which], float(problem.dual_norm))
        draw_marks(axes, atoms.kinks[which], heights, MARKERS[facing], fill, COLOURS[facing], size, zorder=3)
