"""The table of pictures, and the one that suits a solution."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from implicit_bias.errors import OptionError
from implicit_bias.plots.classification import classification_figure, is_classification
from implicit_bias.plots.homogeneous import homogeneous_figure, is_homogeneous
from implicit_bias.plots.plane import is_plane, plane_figure
from implicit_bias.plots.regression import is_regression, regression_figure
from implicit_bias.plots.saving import save
from implicit_bias.plots.spline import is_spline, spline_figure
from implicit_bias.registry import Registry
from implicit_bias.solution import Judged

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from implicit_bias.problems.base import Problem

_WORDS = {1: "one", 2: "two"}


@dataclass(frozen=True)
class Picture:
    """A kind of picture, and the solutions that it is of.

    Attributes
    ----------
    name : str
    suits : callable
        solution -> whether it can show it, by what its problem says of itself; only asked for so many inputs.
    figure : callable
        solution -> a matplotlib Figure; matplotlib is imported in there.
    noun : str
        What it needs to be found: "measure", "spline".
    inputs : int or None
        How many inputs the function has; None for any number.
    """

    name: str
    suits: Callable[[Any], bool]
    figure: Callable[[Any], Figure]
    noun: str = "measure"
    inputs: int | None = 1

    def of_inputs(self, inputs: int) -> bool:
        """Whether it is of functions of so many inputs."""
        return self.inputs is None or self.inputs == inputs


PICTURES: Registry[Picture] = Registry(
    "picture",
    lambda picture: picture.name,
    (
        Picture("classification", is_classification, classification_figure),
        Picture("plane", is_plane, plane_figure, inputs=2),
        Picture("regression", is_regression, regression_figure),
        Picture("spline", is_spline, spline_figure, "spline"),
        Picture("homogeneous", is_homogeneous, homogeneous_figure, "function"),
    ),
)
"""Every picture, in the order in which they are asked. ``PICTURES.register(picture, first=True)`` adds one before all others."""


def picture_of(solution: Judged[Any, Any, Any]) -> Picture:
    """Return the first picture that suits a solution.

    Raises
    ------
    OptionError
        If there is none, or if this is no solution.
    """
    if not isinstance(solution, Judged):
        raise OptionError(f"A picture is of a solution, not of a {type(solution).__name__}.")
    problem = solution.problem
    check_drawable(problem)
    for picture in PICTURES:
        if picture.of_inputs(problem.inputs) and picture.suits(solution):
            return picture
    told = f"{problem.kind}, inputs: {problem.inputs}, outputs: {problem.outputs or 1}"
    raise OptionError(f"There is no picture of this solution ({told}); the pictures are {', '.join(PICTURES.names())}.")


def figure(solution: Judged[Any, Any, Any]) -> Figure:
    """Draw the picture that suits a solution: the first of :data:`PICTURES` that does.

    Parameters
    ----------
    solution : Judged
        What ``solve`` or ``judge`` returned.

    Returns
    -------
    matplotlib.figure.Figure
        It belongs to the caller and to no window.

    Raises
    ------
    OptionError
        If nothing was found that could be drawn, or if no picture suits.
    """
    return picture_of(solution).figure(solution)


def plot(solution: Judged[Any, Any, Any], path: str | os.PathLike[str]) -> None:
    """Save the picture that suits a solution; equal solutions give equal files.

    Parameters
    ----------
    solution : Judged
        What ``solve`` or ``judge`` returned.
    path : path
        Its suffix chooses the format: .pdf, .png or .svg.

    Raises
    ------
    OptionError
        If the suffix is another one, if nothing was found that could be drawn, or if no picture suits.
    OutputError
        If the path cannot be written. Whatever was there before is left as it was.
    """
    picture = picture_of(solution)
    save(lambda: picture.figure(solution), path)


plot_solution = plot
"""The name that :func:`plot` had before."""


def check_drawable(problem: Problem[Any]) -> None:
    """Raise :class:`OptionError` if there are no pictures of so many inputs, which is known before anything is solved."""
    if any(picture.of_inputs(problem.inputs) for picture in PICTURES):
        return
    counts = sorted({picture.inputs for picture in PICTURES if picture.inputs is not None})
    told = " and of ".join(_WORDS.get(count, str(count)) for count in counts)
    raise OptionError(f"There are pictures of {told} inputs, not of {problem.inputs}; leave the picture out.")
