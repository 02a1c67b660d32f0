"""Closed forms from the papers: kink sets, and the measures and duals that their proofs construct."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from implicit_bias.data import Dataset
from implicit_bias.errors import DataError
from implicit_bias.measures import Measure
from implicit_bias.numerics.arrays import FloatArray, as_floats
from implicit_bias.problems import unit_classification, unit_regression


def regression_kinks(x: npt.ArrayLike, y: npt.ArrayLike) -> FloatArray:
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
    return unit_regression(Dataset(x, y)).predicted_kinks()


def classification_kinks(x: npt.ArrayLike, labels: npt.ArrayLike) -> FloatArray:
    """Return S_C of Theorem 6.1: x_1, x_n and the points whose label differs from a neighbour's.

    There is an optimum of problem (14) whose kinks all lie here; it may well use fewer.

    Parameters
    ----------
    x : (n,) array-like; labels : (n,) integers; sorted and merged as in MaxMarginProblem

    Returns
    -------
    (m,) float64, increasing
    """
    return unit_classification(x, labels).switching_points()


def contained(found: FloatArray, predicted: FloatArray) -> bool:
    """Whether every found kink is one of the predicted ones, bit for bit."""
    return bool(np.isin(found, predicted).all())


def constructed_measure(x: npt.ArrayLike, y: npt.ArrayLike) -> Measure:
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


def extended_dual(x: npt.ArrayLike, some_x: npt.ArrayLike, some_dual: npt.ArrayLike) -> FloatArray:
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
