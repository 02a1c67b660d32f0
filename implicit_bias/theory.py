"""Closed forms from the papers: kink sets, and the measures and duals that their proofs construct."""

from __future__ import annotations

from typing import Any

import numpy as np

from implicit_bias.arrays import FloatArray, as_floats
from implicit_bias.data import Dataset
from implicit_bias.errors import DataError
from implicit_bias.fits import Margins
from implicit_bias.line import true_kinks
from implicit_bias.measures import Measure
from implicit_bias.problems import (
    DenoisingProblem,
    LimitLineProblem,
    MeasureProblem,
    SphereProblem,
    StatedProblem,
    WholeLineProblem,
    unit_classification,
    unit_regression,
)


def regression_kinks(x: Any, y: Any) -> FloatArray:
    """Return S_R of Theorem 6.1: x_1, x_n and the points where two segments of the interpolant meet at an angle.

    There is an optimum of problem (13) whose kinks all lie here; others may have kinks elsewhere. A slope change counts
    as none if it does not exceed the rounding of its two slopes,
    4 ε [(|y_{j-1}| + |y_j|)/h_j + (|y_j| + |y_{j+1}|)/h_{j+1}].

    Parameters
    ----------
    x, y : (n,) array-like; sorted and merged as in RegressionProblem

    Returns
    -------
    (m,) float64, increasing
    """
    problem = unit_regression(Dataset(x, y))
    nodes = problem.nodes
    real = true_kinks(nodes.x, nodes.y, nodes.changes)
    return problem.x[np.concatenate(([True], real, [True]))]


def classification_kinks(x: Any, labels: Any) -> FloatArray:
    """Return S_C of Theorem 6.1: x_1, x_n and the points whose label differs from a neighbour's.

    There is an optimum of problem (14) whose kinks all lie here; it may well use fewer.

    Parameters
    ----------
    x : (n,) array-like; labels : (n,) integers; sorted and merged as in MaxMarginProblem

    Returns
    -------
    (m,) float64, increasing
    """
    problem = unit_classification(x, labels)
    return problem.reduced()[0].x


def predicted_kinks(problem: StatedProblem) -> FloatArray | None:
    """Return the support that theory predicts for a problem, None where it has none to offer.

    Theorem 6.1 predicts S_R and S_C (else all points); with unit weight and a free affine part the kinks are those of the
    interpolant, or with a loss some of the inner points, and on the sphere they may lie anywhere.
    """
    if isinstance(problem, WholeLineProblem):
        return None if problem.arcs.curved else regression_kinks(problem.x, problem.y)[1:-1]
    if isinstance(problem, (SphereProblem, LimitLineProblem)):
        return None
    if isinstance(problem, DenoisingProblem):
        return problem.x[1:-1]
    if problem.interpolates:
        return regression_kinks(problem.x, problem.y)
    return switching_points(problem)


def switching_points(problem: MeasureProblem) -> FloatArray:
    """Return S_C of a classification problem, all points of others."""
    return problem.reduced()[0].x if isinstance(problem.fit, Margins) else problem.x


def within(found: FloatArray, predicted: FloatArray) -> bool:
    """Whether every found kink is one of the predicted ones, bit for bit."""
    return bool(np.isin(found, predicted).all())


def constructed_measure(x: Any, y: Any) -> Measure:
    """Return the interpolating measure of appendix D.1, with kinks in S_R only.

    It takes the two end features to make the first segment, then one rising feature at each kink of the interpolant with
    its slope change. It is feasible for problem (13), and in general not optimal.
    """
    problem = unit_regression(Dataset(x, y))
    x, y = problem.x, problem.y
    keep = np.isin(x, regression_kinks(x, y))
    kinks, values = x[keep], y[keep]
    slopes = np.diff(values) / np.diff(kinks)
    length = kinks[-1] - kinks[0]
    fall = values[0] / length
    rise = slopes[0] + fall
    return Measure(
        np.concatenate([kinks[:-1], kinks[-1:]]),
        np.concatenate([np.ones(kinks.size - 1), [-1.0]]),
        np.concatenate([[rise], np.diff(slopes), [fall]]),
    )


def extended_dual(x: Any, some_x: Any, some_dual: Any) -> FloatArray:
    """Return the dual of appendix E: that of a problem on some of the points, and zero at all others (eq. 34).

    Parameters
    ----------
    x : (n,) increasing points
    some_x : (m,) points among them
    some_dual : (m,) dual variables of the problem on those
    """
    points, some = as_floats(x, "x"), as_floats(some_x, "some_x")
    if not (points[1:] > points[:-1]).all():
        raise DataError("x must be strictly increasing.")
    if not np.isin(some, points).all():
        raise DataError("some_x has points that are not among x.")
    dual = np.zeros(points.size)
    dual[np.searchsorted(points, some)] = as_floats(some_dual, "some_dual", some.shape)
    return dual
