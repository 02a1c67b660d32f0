"""Pictures of solutions: the fit, the measure and the certificate, one above the other.

Only this file knows matplotlib, and it imports it when something is drawn. It uses figures as objects, never pyplot, so
that a picture neither needs a display nor leaves anything behind in the program that draws it.
"""

from __future__ import annotations

import math
import os
import secrets
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from implicit_bias.arrays import FloatArray
from implicit_bias.errors import OptionError, OutputError
from implicit_bias.line import LineCertificate
from implicit_bias.measures import FALLING, RISING, Measure
from implicit_bias.problems import MeasureProblem
from implicit_bias.solution import Solution
from implicit_bias.theory import regression_kinks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

SUFFIXES = (".pdf", ".png", ".svg")
"""The formats of pictures, by the suffix of their path."""

# of Okabe and Ito's palette, which colour-blind readers can tell apart; rising and falling differ in marker and dash too
_COLOURS = {RISING: "#0072B2", FALLING: "#D55E00"}
_MARKERS = {RISING: "^", FALLING: "v"}
_NAMES = {RISING: "rising", FALLING: "falling"}
_INK, _GREY, _PALE = "#222222", "#767676", "#A8A8A8"
_SIZE = (7.0, 6.6)  # inches: as wide as a page of text
_COLUMNS = 1400  # as many as a good printer can tell apart over that width
_MANY = 2500  # marks beyond which they are stored as pixels, to keep vector files small
_TOUCHING = 1e-6  # how far from 1 a certificate may be where it is said to touch
_DECADES = 2.5  # between the largest and the median weight, beyond which a linear scale would hide most stems
# without dates and versions, so that equal solutions give equal files
_METADATA: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
}


def plot_regression(solution: Solution, path: str | os.PathLike[str]) -> None:
    """Save :func:`regression_figure` under a path; equal solutions give equal files.

    Parameters
    ----------
    solution : of a regression problem, with a measure
    path : its suffix chooses the format: .pdf, .png or .svg

    Raises
    ------
    OptionError
        If the suffix is another one, or if the solution has no measure.
    OutputError
        If the path cannot be written. Whatever was there before is left as it was.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise OptionError(f"{os.fspath(path)} should end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}, to say which picture to draw.")
    figure = regression_figure(solution)
    _settle(figure)
    import matplotlib

    picture = BytesIO()
    # what savefig cannot be told otherwise: names of SVG elements that do not change, and fonts that journals accept
    with matplotlib.rc_context({"svg.hashsalt": "implicit-bias", "pdf.fonttype": 42}):
        figure.savefig(picture, format=suffix[1:], dpi=200, metadata=_METADATA[suffix])
    try:
        _replace(Path(os.path.realpath(path)), picture.getvalue(), suffix)
    except (OSError, ValueError) as error:
        raise OutputError(f"{os.fspath(path)} cannot be written: {getattr(error, 'strerror', None) or error}.") from error


def _settle(figure: Figure) -> None:
    """Fix the panels where the layout puts them, less its last digits, which differ from one run to the next."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        axes.set_position(tuple(round(length, 4) for length in axes.get_position().bounds))


def _replace(path: Path, content: bytes, suffix: str) -> None:
    """Write a file that appears whole or not at all."""
    if path.is_dir():
        raise IsADirectoryError(0, "it is a directory")
    if not path.parent.is_dir():
        raise FileNotFoundError(0, "its folder does not exist")
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(0, "it is write-protected")
    temporary = path.with_name(f".implicit-bias-{secrets.token_hex(8)}{suffix}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def regression_figure(solution: Solution) -> Figure:
    """Draw a solution of problem (13) in three panels over one axis of x.

    Above, the data and the fit f, with ticks below for the kinks found and for those of Theorem 6.1 (S_R). In the middle,
    the measure: the weight of each feature at its kink, for features in the problem's domain (those beyond it, and a
    constant, count as what they are there). Below, the certificate η(t, ±1), which a feasible dual keeps within ±1, with
    a dot for each atom: filled where η touches the sign of its weight, as it must at an optimum, and open elsewhere.

    Atoms that are no part of the support (:attr:`Solution.atoms`) are left out. Of very many points, those that would be
    printed over each other are left out, too.

    Parameters
    ----------
    solution : of a regression problem, with a measure

    Returns
    -------
    matplotlib.figure.Figure, which belongs to the caller and to no window

    Raises
    ------
    OptionError
        If the solution has no measure.
    """
    problem, measure = solution.problem, solution.measure
    if measure is None:
        raise OptionError(f"There is nothing to draw: the solution has no measure. {solution.status.advice}")
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, layout="constrained")
    fit, weights, certificate = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2.2, 2.2))
    atoms = solution.atoms
    for axes in (fit, weights, certificate):
        _plain(axes)
    _draw_fit(fit, problem, measure, atoms)
    _draw_measure(weights, atoms)
    _draw_certificate(certificate, solution, atoms)
    lo, hi = problem.features.lo, problem.features.hi
    margin = 0.015 * (hi - lo)
    certificate.set_xlim(lo - margin, hi + margin)
    _name_axis(certificate.xaxis, "$x$ and kink $t$", 8)
    _name_axis(fit.yaxis, "$f(x)$", 6)
    if weights.get_yscale() == "linear":
        _name_axis(weights.yaxis, "weight", 5)
    figure.align_ylabels()
    fit.set_title(_title(solution), loc="left", pad=24, fontsize=10.5, color=_INK)
    return figure


def _plain(axes: Axes) -> None:
    """Leave only the axes that carry numbers, thin and grey."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set(color=_GREY, linewidth=0.6)
    axes.tick_params(labelsize=8.5, color=_GREY, labelcolor=_INK, width=0.6, length=3)


def _draw_fit(axes: Axes, problem: MeasureProblem, measure: Measure, atoms: Measure) -> None:
    """Draw data and fit, and both sets of kinks as rows of marks under the panel."""
    nodes = np.unique(np.concatenate([problem.x, atoms.kinks, [problem.features.lo, problem.features.hi]]))
    _marks(axes, problem.x, problem.y, "o", _PALE, _PALE, _size(len(problem), 2.6, 5), label="data", markeredgewidth=0, zorder=2)
    _line(axes, nodes, measure(nodes), color=_INK, linewidth=0.8, label="fit $f$", zorder=3)
    found, predicted = atoms.support(0), regression_kinks(problem.x, problem.y)
    _draw_row(axes, found, -9, f"kinks found ({found.size:,})", _INK)
    _draw_row(axes, predicted, -17, f"predicted, $S_R$ ({predicted.size:,})", "white")
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(bottom=False)
    _legend(axes)


def _draw_row(axes: Axes, kinks: FloatArray, height: float, label: str, fill: str) -> None:
    """Draw kinks as a row of dots, ``height`` points above the lower edge of the panel."""
    from matplotlib.transforms import ScaledTranslation, blended_transform_factory

    figure = axes.get_figure(root=True)
    assert figure is not None
    place = blended_transform_factory(axes.transData, axes.transAxes) + ScaledTranslation(0, height / 72, figure.dpi_scale_trans)
    # an empty row has no place, which the layout would stumble over
    style = {"label": label, "transform": place, "clip_on": False, "in_layout": kinks.size > 0}
    _marks(axes, kinks, np.zeros(kinks.size), "o", fill, _INK, _size(kinks.size, 1.3, 4), **style)


def _draw_measure(axes: Axes, atoms: Measure) -> None:
    """Draw each atom as a stem."""
    axes.axhline(0, color=_GREY, linewidth=0.6, zorder=1)
    size = _size(len(atoms), 1.6, 5)
    for facing in (RISING, FALLING):
        mine = atoms.where(atoms.directions == facing)
        style = {"label": f"{_NAMES[facing]} ({len(mine):,})", "markeredgewidth": 0.4 if size > 3 else 0, "zorder": 3}
        _marks(axes, mine.kinks, mine.weights, _MARKERS[facing], _COLOURS[facing], "white", size, **style)
    _draw_stems(axes, atoms, float(np.clip(0.25 * size, 0.4, 1.1)))
    _scale_weights(axes, atoms.weights)
    _legend(axes)


def _draw_stems(axes: Axes, atoms: Measure, width: float) -> None:
    """Draw lines from zero to the weights, the short ones over the long ones: two atoms of one kink share a line."""
    from matplotlib.collections import LineCollection

    shown = _shown(atoms.kinks, atoms.weights)
    order = shown[np.argsort(-np.abs(atoms.weights[shown]), kind="stable")]
    kinks, weights = atoms.kinks[order], atoms.weights[order]
    stems = np.stack([np.stack([kinks, np.zeros_like(weights)], 1), np.stack([kinks, weights], 1)], 1)
    colours = [_COLOURS[facing] for facing in atoms.directions[order]]
    axes.add_collection(LineCollection(list(stems), colors=colours, linewidths=width, zorder=2, rasterized=order.size > _MANY))


def _scale_weights(axes: Axes, weights: FloatArray) -> None:
    """Choose a scale on which most stems can be seen."""
    from matplotlib.ticker import NullLocator

    sizes = np.abs(weights)
    if not sizes.size:
        axes.set_ylim(-1, 1)
        axes.text(0.5, 0.6, "no atoms", transform=axes.transAxes, ha="center", color=_GREY, fontsize=8.5)
    elif sizes.max() > 10**_DECADES * np.median(sizes):
        smallest = 10 ** math.floor(math.log10(np.quantile(sizes, 0.1)))
        axes.set_yscale("symlog", linthresh=smallest, linscale=0.5)
        axes.set_yticks([0, *_decades(weights, smallest)], minor=False)
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_ylabel("weight (symlog)", fontsize=9, color=_INK)


def _decades(weights: FloatArray, smallest: float) -> list[float]:
    """Return a few powers of ten, on the sides of zero where there are weights."""
    low, high = round(math.log10(smallest)), math.floor(math.log10(np.abs(weights).max()))
    step = max(1, math.ceil((high - low) / 3))
    powers = [10.0**power for power in range(high, low, -step)]
    sides = [side for side in (-1.0, 1.0) if (side * weights > smallest).any()]
    return [side * power for side in sides for power in powers if power <= (side * weights).max()]


def _draw_certificate(axes: Axes, solution: Solution, atoms: Measure) -> None:
    """Draw both branches of η and where the atoms lie on them."""
    certificate, problem = solution.certificate, solution.problem
    for level in (1, -1):
        axes.axhline(level, color=_GREY, linewidth=0.6, zorder=1)
    axes.set_ylabel(r"$\eta(t, \pm1)$", fontsize=9, color=_INK)
    if certificate is None:
        axes.set_ylim(-1.25, 1.25)
        axes.text(0.5, 0.5, "no dual", transform=axes.transAxes, ha="center", color=_GREY, fontsize=8.5)
        return
    nodes = np.unique(np.concatenate([problem.x, [problem.features.lo, problem.features.hi]]))
    dense = nodes.size > _COLUMNS
    width = 1.2 if nodes.size < 100 else 0.9
    # dashes show both branches where they coincide; where lines fill the panel, only transparency can
    for facing, style in ((RISING, "-"), (FALLING, "-" if dense else (0, (4, 3)))):
        look = {"color": _COLOURS[facing], "linestyle": style, "linewidth": width, "alpha": 0.45 if dense else 1}
        _line(axes, nodes, certificate(nodes, facing), label=rf"$\eta(t, {facing:+.0f})$", **look)
        _draw_touching(axes, certificate, atoms.where(atoms.directions == facing), facing)
    if certificate.peak < 1.5:
        axes.set_ylim(-1.25, 1.25)
        axes.set_yticks([-1, 0, 1])
    _legend(axes)


def _draw_touching(axes: Axes, certificate: LineCertificate, atoms: Measure, facing: float) -> None:
    eta = certificate(atoms.kinks, facing)
    touching = np.sign(atoms.weights) * eta >= 1 - _TOUCHING
    size = _size(len(atoms), 1.8, 5) * (1.3 if facing == RISING else 1)  # both can touch in one place
    for which, fill in ((touching, _COLOURS[facing]), (~touching, "white")):
        _marks(axes, atoms.kinks[which], eta[which], _MARKERS[facing], fill, _COLOURS[facing], size, zorder=3)


def _line(axes: Axes, x: FloatArray, y: FloatArray, **style: Any) -> None:
    shown = _shown(x, y)
    axes.plot(x[shown], y[shown], rasterized=shown.size > _MANY, **style)


def _marks(axes: Axes, x: FloatArray, y: FloatArray, marker: str, fill: str, edge: str, size: float, **style: Any) -> None:
    from matplotlib.markers import MarkerStyle

    shown = _shown(x, y)
    look: dict[str, Any] = {"color": fill, "markeredgecolor": edge, "markersize": size, "markeredgewidth": round(0.16 * size, 1)} | style
    shape = MarkerStyle(marker, joinstyle="round")
    axes.plot(x[shown], y[shown], linestyle="none", marker=shape, rasterized=shown.size > _MANY, **look)


def _shown(x: FloatArray, y: FloatArray) -> npt.NDArray[np.intp]:
    """Return which points to draw: all, or of very many the ends and the extremes of each column of dots on paper."""
    if x.size <= 4 * _COLUMNS:
        return np.arange(x.size)
    column = np.floor((x - x.min()) / (np.ptp(x) or 1.0) * _COLUMNS)
    orders = [np.lexsort((by, column)) for by in (x, y)]
    last = np.append(np.diff(column[orders[0]]) > 0, True)
    first = np.append(True, last[:-1])
    return np.unique(np.concatenate([order[edge] for order in orders for edge in (first, last)]))


def _size(count: int, least: float, most: float) -> float:
    """Return the size in points of marks of which so many stand side by side."""
    return float(np.clip(360 / max(count, 1), least, most))


def _legend(axes: Axes) -> None:
    """Name what is drawn above the panel, outside the data, with marks of a size that can be seen."""
    from matplotlib.lines import Line2D

    place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 4, "borderaxespad": 0.1, "borderpad": 0.3}
    look = {"frameon": False, "fontsize": 8.5, "labelcolor": _INK, "handlelength": 1.6, "handletextpad": 0.5, "columnspacing": 1.8}
    legend = axes.legend(**(place | look))
    for handle in legend.legend_handles:
        if isinstance(handle, Line2D):
            handle.set(markersize=4.5, linewidth=1.1, markeredgewidth=min(handle.get_markeredgewidth() * 5, 0.7))


def _name_axis(axis: Axis, name: str, intervals: int) -> None:
    """Label an axis; a power of ten or an offset that its numbers share goes with the label, where nothing overlaps it."""
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    formatter = ScalarFormatter(useMathText=True)
    formatter.set_powerlimits((-3, 5))
    axis.set_major_locator(MaxNLocator(intervals, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(formatter)
    formatter.format_ticks(list(axis.get_majorticklocs()))
    shared = formatter.get_offset()
    axis.get_offset_text().set_visible(False)
    axis.set_label_text(f"{name}  ({shared})" if shared else name, fontsize=9, color=_INK)


def _title(solution: Solution) -> str:
    facts = [f"{len(solution.problem):,} points", str(solution.status).replace("_", " ")]
    facts += [f"value {_number(solution.value, 7)}", f"gap {_number(solution.gap, 2)}"]
    return "  ·  ".join(facts)


def _number(value: float, digits: int) -> str:
    """Return a number for a title, with its power of ten set as one."""
    mantissa, _, power = f"{value:.{digits}g}".partition("e")
    return rf"${mantissa} \times 10^{{{int(power)}}}$" if power else mantissa
