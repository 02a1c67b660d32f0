"""The exact method of classification, stated on the points of S_C and judged on all."""

from __future__ import annotations

import time

import numpy as np

from implicit_bias.errors import OptionError
from implicit_bias.measures import Measure
from implicit_bias.methods.base import Found, Method, Options
from implicit_bias.methods.exact.regression import OFF_RANGE
from implicit_bias.numerics import tolerances
from implicit_bias.problems import MeasureProblem
from implicit_bias.solution import Timings


class ExactMaxMargin(Method[MeasureProblem]):
    """Problem (14) by an interior point method that knows its structure; see :mod:`implicit_bias.methods.exact.max_margin`."""

    name, title, suits = "exact", "The exact method", (MeasureProblem,)
    takes = frozenset({"warm_start"})
    cost = "O(n k³) an iteration with few classes, the cube of the margins in use with many; some 30 iterations"

    def objection(self, problem: MeasureProblem) -> str | None:
        """Return why it is not for a problem of other kinks, sets or norms."""
        if not problem.on_data_range:
            return OFF_RANGE
        if problem.fit.class_labels is None:
            return "The exact method is for regression with one output, and for classification."
        return None if problem.norm == 2 else "The exact method of classification is for the 2-norm."

    def check(self, problem: MeasureProblem, options: Options) -> None:
        """Refuse a warm start that is no classification of points on a line."""
        _warm(options)

    def solve(self, problem: MeasureProblem, options: Options) -> Found:
        """Solve on the points of S_C and lift the answer to all."""
        from implicit_bias.methods.exact.max_margin.solve import solve_max_margin  # imports SciPy

        began = time.perf_counter()
        reduced, lift = problem.reduced()
        candidate = lift(solve_max_margin(reduced, options.tolerance, _warm(options)))
        return Found(candidate, Timings(solve=time.perf_counter() - began), excuses=_too_close(problem, options.tolerance))


def _warm(options: Options) -> tuple[Measure, int] | None:
    """Return the measure of a warm start and its number of classes."""
    start = options.warm_start
    if start is None:
        return None
    labels = None if start.measure is None else start.problem.fit.class_labels
    if labels is None or not isinstance(start.measure, Measure):
        raise OptionError("warm_start must be a solution of a classification problem, with a measure.")
    return start.measure, start.problem.fit.shape[1]


def _too_close(problem: MeasureProblem, tolerance: float) -> tuple[str, ...]:
    """Say so if two points of different labels are too close for float64 weights to meet the tolerance."""
    assert problem.fit.class_labels is not None
    gap = np.diff(problem.x).min(where=np.diff(problem.fit.class_labels) != 0, initial=np.inf)
    if tolerances.EPS * (problem.x[-1] - problem.x[0]) <= tolerance * gap:
        return ()
    return (f"points of different labels are only {gap:.3g} apart: weights of that steepness are rounded too coarsely for the tolerance",)
