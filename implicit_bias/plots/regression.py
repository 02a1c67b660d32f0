"""The picture of scalar regression: the fit, the weights and the certificate."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.certificates.certificate import Certificate, SphereCertificate
from implicit_bias.errors import OptionError
from implicit_bias.measures import FALLING, RISING, Measure
from implicit_bias.plots.drawing import (
    COLOURS,
    COLUMNS,
    GREY,
    INK,
    MARKERS,
    PALE,
    TOUCHING,
    draw_legend,
    draw_line,
    draw_marks,
    draw_measure,
    draw_row,
    held_against,
    mark_size,
    measure_of,
    name_axis,
    on_sphere,
    over,
    say_peak,
    shown_atoms,
    target_of,
    three_panels,
    title,
)
from implicit_bias.plots.saving import save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from implicit_bias.problems.base import OverMeasures
    from implicit_bias.solution import Judged, Solution


def is_regression(solution: Judged[Any, Any, Any]) -> bool:
    """Whether a solution is of one input and one output, with targets or a loss of them."""
    problem, target = solution.problem, target_of(solution.problem)
    return target is not None and target.targets is not None and problem.inputs == 1 and problem.outputs is None


def plot_regression(solution: Solution, path: str | os.PathLike[str]) -> None:
    """Save :func:`regression_figure` under a path; equal solutions give equal files.

    Parameters
    ----------
    solution : of a regression problem, or a regularised one with the squared or the hinge loss, of one input, with a measure
    path : its suffix chooses the format: .pdf, .png or .svg

    Raises
    ------
    OptionError
        If the suffix is another one, if the solution has no measure, or if it is of another problem.
    OutputError
        If the path cannot be written. Whatever was there before is left as it was.
    """
    save(lambda: regression_figure(solution), path)


def regression_figure(solution: Solution) -> Figure:
    """Draw a solution of a regression problem in three panels over one axis of x.

    Above, the data and the fit f, with ticks below for the kinks found and for those of Theorem 6.1 (S_R). In the middle,
    the measure: the weight of each feature at its kink, for features in the problem's domain (those beyond it, and a
    constant, count as what they are there). Below, the certificate η(t, ±1), which a feasible dual keeps within ±1, with
    a dot for each atom: filled where η touches the sign of its weight, as it must at an optimum, and open elsewhere. On the
    sphere it is η / w, and η / (λ w) in regularised problems; kinks beyond the data are counted, but not shown there, and none are
    predicted.

    Atoms that are no part of the support (:attr:`Solution.atoms`) are left out. Of very many points, those that would be
    printed over each other are left out, too.

    Parameters
    ----------
    solution : of a regression problem, or a regularised one with the squared or the hinge loss, of one input, with a measure

    Returns
    -------
    matplotlib.figure.Figure, which belongs to the caller and to no window

    Raises
    ------
    OptionError
        If the solution has no measure, or is of another problem.
    """
    problem, measure = solution.problem, measure_of(solution)
    if not is_regression(solution):
        raise OptionError(f"This picture is of regression with one output, not of {problem.kind} with {problem.outputs} outputs.")
    atoms, elsewhere = shown_atoms(solution)
    figure, (fit, weights, certificate) = three_panels(solution, (3, 2.2, 2.2))
    _draw_fit(fit, problem, measure, atoms, elsewhere)
    draw_measure(weights, atoms, atoms.weights, "weight")
    _draw_certificate(certificate, solution, atoms)
    name_axis(fit.yaxis, "$f(x)$", 6)
    figure.align_ylabels()
    fit.set_title(title(solution), loc="left", pad=24, fontsize=10.5, color=INK)
    return figure


def _draw_fit(axes: Axes, problem: OverMeasures, measure: Measure, atoms: Measure, elsewhere: int) -> None:
    """Draw data and fit, and both sets of kinks as rows of marks under the panel."""
    y = problem.y
    nodes = np.unique(np.concatenate([problem.x, atoms.kinks, problem.plot_range]))
    draw_marks(axes, problem.x, y, "o", PALE, PALE, mark_size(len(problem), 2.6, 5), label="data", markeredgewidth=0, zorder=2)
    draw_line(axes, nodes, measure(nodes), color=INK, linewidth=0.8, label="fit $f$", zorder=3)
    found, predicted = atoms.support(0), problem.predicted_kinks()
    beyond = f", {elsewhere:,} more beyond the data" if elsewhere else ""
    draw_row(axes, found, -9, f"kinks found ({found.size:,}{beyond})", INK)
    if predicted is not None:
        free = "the interpolant's" if problem.interpolates else "inner points"
        name = "$S_R$" if problem.affine == "penalized" else free
        draw_row(axes, predicted, -17, f"predicted, {name} ({predicted.size:,})", "white")
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(bottom=False)
    draw_legend(axes)


def _draw_certificate(axes: Axes, solution: Solution, atoms: Measure) -> None:
    """Draw both branches of η and where the atoms lie on them."""
    certificate, problem = solution.certificate, solution.problem
    for level in (1, -1):
        axes.axhline(level, color=GREY, linewidth=0.6, zorder=1)
    axes.set_ylabel(_name(problem, r"\pm1"), fontsize=9, color=INK)
    assert not isinstance(certificate, SphereCertificate)  # of several inputs
    if certificate is None:
        axes.set_ylim(-1.25, 1.25)
        axes.text(0.5, 0.5, "no dual", transform=axes.transAxes, ha="center", color=GREY, fontsize=8.5)
        return
    nodes = np.unique(np.concatenate([problem.x, problem.plot_range]))
    if on_sphere(problem):  # η / w bends between nodes
        nodes = np.unique(np.concatenate([nodes, np.linspace(nodes[0], nodes[-1], COLUMNS)]))
    most = held_against(problem)
    dense = len(problem) > COLUMNS
    width = 1.2 if len(problem) < 100 else 0.9
    # dashes show both branches where they coincide; where lines fill the panel, only transparency can
    for facing, style in ((RISING, "-"), (FALLING, "-" if dense else (0, (4, 3)))):
        look = {"color": COLOURS[facing], "linestyle": style, "linewidth": width, "alpha": 0.45 if dense else 1}
        draw_line(axes, nodes, certificate(nodes, facing) / most(nodes), label=_name(problem, f"{facing:+.0f}"), **look)
        _draw_touching(axes, certificate, atoms.where(atoms.directions == facing), facing, problem)
    if certificate.peak < 1.5:
        axes.set_ylim(-1.25, 1.25)
        axes.set_yticks([-1, 0, 1])
    draw_legend(axes)
    say_peak(axes, solution)


def _name(problem: OverMeasures, facing: str) -> str:
    return rf"$\eta(t, {facing}){over(problem)}$"


def _draw_touching(axes: Axes, certificate: Certificate, atoms: Measure, facing: float, problem: OverMeasures) -> None:
    eta = certificate(atoms.kinks, facing) / held_against(problem)(atoms.kinks)
    touching = np.sign(atoms.weights) * eta >= 1 - TOUCHING
    size = mark_size(len(atoms), 1.8, 5) * (1.3 if facing == RISING else 1)  # both can touch in one place
    for which, fill in ((touching, COLOURS[facing]), (~touching, "white")):
        draw_marks(axes, atoms.kinks[which], eta[which], MARKERS[facing], fill, COLOURS[facing], size, zorder=3)
