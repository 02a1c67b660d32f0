"""From a classification problem to points on [0, 1] and back."""

from __future__ import annotations

import numpy as np

from implicit_bias.measures import FALLING, RISING, Measure
from implicit_bias.methods.exact.max_margin.dense_features import Scattered, ScatteredLine
from implicit_bias.methods.exact.max_margin.interior import Interior
from implicit_bias.methods.exact.max_margin.operators import MarginPoints, Mask
from implicit_bias.numerics.arrays import FloatArray, IntArray, freeze
from implicit_bias.problems import MeasureProblem
from implicit_bias.problems.candidate import Candidate

AHEAD, CLOSEST = 0.1, 1e-12
"""The gap is driven to this fraction of the tolerance, but not below CLOSEST."""

TIGHT = 1.5
"""Margins below this in a solution given as a warm start are expected to matter."""


def solve_max_margin(problem: MeasureProblem, tolerance: float, warm: tuple[Measure, int] | None = None) -> Candidate:
    """Solve problem (14) with the 2-norm for the points of S_C; see the package.

    Parameters
    ----------
    problem : classification, with kinks in the data's range; best reduced to S_C
    tolerance : relative gap wanted
    warm : the measure of another solution and its number of classes; its smallest margins are taken in early
    """
    assert problem.fit.class_labels is not None
    x, labels, classes = problem.x, problem.fit.class_labels, problem.fit.shape[1]
    n, length = x.size, float(x[-1] - x[0])
    if classes == 1:
        return Candidate(Measure(np.empty(0), np.empty(0), np.empty((0, 1))), freeze(np.zeros((n, 1))))
    if (labels == labels[0]).all():
        return _one_label(x, int(labels[0]), classes)
    present, absent, index, scales = _classes(labels, classes)
    points = MarginPoints((x - x[0]) / length, index, scales)
    if not points.gaps[labels[1:] != labels[:-1]].all():
        return _closest_pair(x, labels, classes)
    hint = None if warm is None else _expected(points, x, present, classes, warm)
    found = Interior(points, max(CLOSEST, AHEAD * tolerance), hint).run()
    alpha = _spread(points.adjoint(found.multipliers), present, absent) / length
    return Candidate(_measure(x, _spread(found.weights, present, absent) / length), freeze(alpha))


def solve_over_features(
    rows: FloatArray, features: FloatArray, labels: IntArray, classes: int, goal: float, expected: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Solve problem (5) over a finite set of features; return weights (m, k) and α (n, k).

    Parameters
    ----------
    rows : (n, d+1) the points;  features : (m, d+1) unit rows
    goal : relative gap wanted
    expected : (n, k) values of an answer that is near: its small margins are taken in early
    """
    if classes == 1:
        return np.zeros((len(features), 1)), np.zeros((len(rows), 1))
    columns = np.maximum(rows @ features.T, 0.0)
    size = float(columns.max(initial=0.0)) or 1.0
    columns /= size
    present, absent, index, scales = _classes(labels, classes)
    points = Scattered(columns, rows, index, scales)
    if rows.shape[1] == 2:
        tilt = features[:, 0]
        kinks = -features[:, 1] / np.where(tilt != 0, tilt, np.nan)
        points = ScatteredLine(columns, rows, index, scales, rows[:, 0], kinks, tilt / size)
    hint = None
    if expected is not None:
        own = np.take_along_axis(expected, labels[:, None], axis=1)
        hint = np.zeros((points.n, points.k), bool)
        hint[:, : present.size] = (own - expected[:, present] < TIGHT) & points.rivals[:, : present.size]
        if absent.size:
            hint[:, -1] = own[:, 0] - expected[:, absent].max(axis=1) < TIGHT
    found = Interior(points, max(CLOSEST, goal), hint).run()
    return _spread(found.weights / size, present, absent), _spread(points.adjoint(found.multipliers) / size, present, absent)


def _classes(labels: IntArray, classes: int) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Return the classes that points have, those that none has, labels among the former, and scales, one for all of the latter."""
    present, index = np.unique(labels, return_inverse=True)
    absent = np.setdiff1d(np.arange(classes), present)
    scales = np.ones(present.size + (absent.size > 0))
    if absent.size:
        scales[-1] = 1 / np.sqrt(absent.size)
    return present, absent, index.astype(np.int64), scales


def _spread(values: FloatArray, present: IntArray, absent: IntArray) -> FloatArray:
    """Give every class its column: the last one is shared by the absent classes."""
    out = np.empty((len(values), present.size + absent.size))
    out[:, present] = values[:, : present.size]
    if absent.size:
        out[:, absent] = values[:, -1:] / np.sqrt(absent.size)
    return out


def _measure(x: FloatArray, weights: FloatArray) -> Measure:
    kinks, directions = np.concatenate([x[:-1], x[1:]]), np.repeat([RISING, FALLING], x.size - 1)
    return Measure(kinks, directions, weights)


def _one_label(x: FloatArray, label: int, classes: int) -> Candidate:
    """Return the constant scores e_c - 1/k, made of the two end features: they cost 2 sqrt((k-1)/k) / L, and no less will do."""
    length = x[-1] - x[0]
    scores = -np.full(classes, 1 / classes)
    scores[label] += 1
    alpha = np.zeros((x.size, classes))
    alpha[[0, -1]] = scores / (np.sqrt((classes - 1) / classes) * length)
    return Candidate(Measure(x[[0, -1]], np.array([RISING, FALLING]), np.tile(scores / length, (2, 1))), freeze(alpha))


def _closest_pair(x: FloatArray, labels: IntArray, classes: int) -> Candidate:
    """Bound the optimum from below where float64 features cannot tell two points apart: their scores differ by √2 within h."""
    gaps = np.where(labels[1:] != labels[:-1], np.diff(x), np.inf)
    i = int(np.argmin(gaps))
    alpha = np.zeros((x.size, classes))
    alpha[[i, i + 1], labels[[i, i + 1]]] = 1 / (np.sqrt(2) * gaps[i])
    alpha[[i, i + 1], labels[[i + 1, i]]] = -1 / (np.sqrt(2) * gaps[i])
    return Candidate(None, freeze(alpha))


def _expected(points: MarginPoints, x: FloatArray, present: IntArray, classes: int, warm: tuple[Measure, int]) -> Mask:
    """Mark the rivals that are close in another solution; with other bins, classes correspond by their place in the range."""
    measure, others = warm
    place = np.rint(present * ((others - 1) / max(classes - 1, 1))).astype(np.int64)
    scores = measure(x)[:, place]
    own = np.take_along_axis(scores, points.labels[:, None], axis=1)
    hint = np.zeros((points.n, points.k), bool)
    hint[:, : place.size] = (own - scores < TIGHT) & points.rivals[:, : place.size]
    return hint
