"""The table of pictures: which figure suits a solution."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from implicit_bias.errors import OptionError
from implicit_bias.plots.classification import classification_figure
from implicit_bias.plots.plane import plane_figure
from implicit_bias.plots.regression import regression_figure
from implicit_bias.plots.saving import save
from implicit_bias.plots.spline import spline_figure
from implicit_bias.registry import Registry

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from implicit_bias.problems.base import Problem
    from implicit_bias.solution import Judged


@dataclass(frozen=True)
class Picture:
    """A figure and the problems whose solutions it shows.

    Attributes
    ----------
    name : str
    suits : callable
        problem -> whether the figure shows its solutions.
    figure : callable
        solution -> a matplotlib figure that belongs to the caller and to no window.
    """

    name: str
    suits: Callable[[Any], bool]
    figure: Callable[[Any], Figure]


def _on_a_line(problem: Any) -> bool:
    return bool(problem.answers == "measure" and problem.inputs == 1)


PICTURES: Registry[Picture] = Registry(
    "picture",
    lambda picture: picture.name,
    (
        Picture("classification", lambda problem: _on_a_line(problem) and problem.fit.class_labels is not None, classification_figure),
        Picture("regression", _on_a_line, regression_figure),
        Picture("plane", lambda problem: problem.answers == "measure" and problem.inputs == 2, plane_figure),
        Picture("spline", lambda problem: problem.answers == "spline", spline_figure),
    ),
)
"""Every picture, the first that suits is drawn. ``PICTURES.register(picture, first=True)`` puts one before the others."""


def check_drawable(problem: Problem[Any]) -> None:
    """Raise :class:`OptionError` if there is no picture of a problem's solutions."""
    _picture(problem)


def figure(solution: Judged[Any, Any, Any]) -> Figure:
    """Draw the figure that suits a solution.

    Parameters
    ----------
    solution : Solution, SplineSolution or another

    Returns
    -------
    matplotlib.figure.Figure
        It belongs to the caller and to no window.

    Raises
    ------
    OptionError
        If the solution has nothing to draw, or if there is no picture of its problem.
    """
    return _picture(solution.problem).figure(solution)


def plot(solution: Judged[Any, Any, Any], path: str | os.PathLike[str]) -> None:
    """Save the figure that suits a solution; equal solutions give equal files.

    Parameters
    ----------
    solution : Solution, SplineSolution or another
    path : str or path-like
        Its suffix chooses the format: .pdf, .png or .svg.

    Raises
    ------
    OptionError
        If the suffix is another one, if the solution has nothing to draw, or if there is no picture of its problem.
    OutputError
        If the path cannot be written. Whatever was there before is left as it was.
    """
    check_drawable(solution.problem)
    save(lambda: figure(solution), path)


def _picture(problem: Problem[Any]) -> Picture:
    found = next((picture for picture in PICTURES if picture.suits(problem)), None)
    if found is not None:
        return found
    if problem.answers == "measure":
        raise OptionError(f"There are pictures of one and of two inputs, not of {problem.inputs}; leave the picture out.")
    raise OptionError(f"There is no picture of a {problem.kind} problem; leave the picture out.")
