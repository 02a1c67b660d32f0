"""The picture that suits a solution."""

from __future__ import annotations

import os

from implicit_bias.errors import OptionError
from implicit_bias.plots.classification import plot_classification
from implicit_bias.plots.plane import plot_plane
from implicit_bias.plots.regression import plot_regression
from implicit_bias.problems import OverMeasures
from implicit_bias.solution import Solution

MOST_INPUTS = 2
"""Inputs that a picture can show."""


def plot_solution(solution: Solution, path: str | os.PathLike[str]) -> None:
    """Save the picture that suits a solution: of classes, of a function of one input, or of two.

    Parameters
    ----------
    solution : of a problem over measures of one or two inputs, with a measure
    path : its suffix chooses the format: .pdf, .png or .svg

    Raises
    ------
    OptionError
        If the suffix is another one, if the solution has no measure, or if there is no picture of its problem.
    OutputError
        If the path cannot be written.
    """
    problem = solution.problem
    check_drawable(problem)
    if problem.x.ndim > 1:
        plot_plane(solution, path)
    elif problem.fit.class_labels is not None:
        plot_classification(solution, path)
    else:
        plot_regression(solution, path)


def check_drawable(problem: OverMeasures) -> None:
    """Raise :class:`OptionError` for more inputs than a picture can show."""
    if problem.inputs > MOST_INPUTS:
        raise OptionError(f"There are pictures of one and of two inputs, not of {problem.inputs}; leave the picture out.")
