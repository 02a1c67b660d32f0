"""The named problems of the papers: thin constructors of the one family."""

from __future__ import annotations

from typing import Any

import numpy as np

from implicit_bias.arrays import as_floats
from implicit_bias.data import Dataset
from implicit_bias.errors import DataError, OptionError
from implicit_bias.features import LineFeatures
from implicit_bias.fits import Margins, Values
from implicit_bias.problems.measure_problem import MeasureProblem
from implicit_bias.problems.whole_line import FREE, PENALIZED, SPHERE, UNIT, WholeLineProblem

MOST_CLASSES = 10_000
"""Largest number of classes."""


def RegressionProblem(  # noqa: N802  (a constructor, named like the class of what it returns)
    x: Any, y: Any, weight: str = "unit", affine: str = "penalized", domain: Any = None
) -> MeasureProblem | WholeLineProblem:
    """State a problem of interpolation at least total variation: (13) by default, (4) for weight "sphere".

    Parameters
    ----------
    x, y : (n,) array-like
        At least two different x; sorted here, and equal rows merged.
    weight : "unit" or "sphere"
        Cost of a feature [± (x - t)]₊ with kink t: 1, or sqrt(1 + t²), the norm of a unit's inner weights; then constants cost their
        size.
    affine : "penalized" or "free"
        Whether an affine part costs what the features that make it cost, or nothing.
    domain : (lo, hi), optional
        Where kinks may lie, containing the data, for unit weight with a penalised affine part; by default the data's range, as in
        the paper. In the other problems kinks may lie anywhere on the line.

    Raises
    ------
    DataError, OptionError
    """
    return problem_of(Dataset(x, y), weight, affine, domain)


def problem_of(data: Dataset, weight: str = "unit", affine: str = "penalized", domain: Any = None) -> MeasureProblem | WholeLineProblem:
    """State a problem of interpolation for a dataset that is validated already; see :func:`RegressionProblem`."""
    if weight not in (UNIT, SPHERE):
        raise OptionError(f"weight must be 'unit' or 'sphere', not {weight!r}.")
    if affine not in (PENALIZED, FREE):
        raise OptionError(f"affine must be 'penalized' or 'free', not {affine!r}.")
    if (weight, affine) == (UNIT, PENALIZED):
        return unit_regression(data, domain)
    if domain is not None:
        raise OptionError("domain goes with weight 'unit' and affine 'penalized'; in the other problems kinks lie anywhere on the line.")
    return WholeLineProblem(data.x, Values(data.y), weight, affine, merged=data.merged)


def unit_regression(data: Dataset, domain: Any = None) -> MeasureProblem:
    """State problem (13) for a dataset that is validated already."""
    return MeasureProblem(data.x, Values(data.y), LineFeatures.around(data.x, domain), merged=data.merged)


def MaxMarginProblem(  # noqa: N802  (a constructor, named like the class of what it returns)
    x: Any, labels: Any, n_classes: int | None = None, weight: str = "unit", norm: float = 2
) -> MeasureProblem:
    """State problem (14): the least group norm of a measure that classifies every point with margin 1.

    Minimise Σ_j ‖w_j‖ subject to f(x_i)_c - f(x_i)_j ≥ 1 for the label c of point i and every other class j.

    Parameters
    ----------
    x : (n,) array-like, at least two different points; sorted here, and equal rows merged
    labels : (n,) integers from 0 on
    n_classes : how many classes there are, also such that no point has; by default the largest label + 1
    weight : "unit"
    norm : 1, 2 or inf, of a weight vector

    Raises
    ------
    DataError, OptionError
    """
    if weight != "unit":
        raise OptionError(f"weight must be 'unit', not {weight!r}.")
    numbers = as_floats(labels, "labels")
    if numbers.size and ((numbers != np.rint(numbers)).any() or numbers.min() < 0):
        at = int(np.flatnonzero((numbers != np.rint(numbers)) | (numbers < 0))[0])
        raise DataError(f"labels[{at}] is {numbers[at]:g}; labels are whole numbers from 0 on.")
    if numbers.max(initial=0.0) >= MOST_CLASSES:
        raise DataError(f"labels reach {numbers.max():g}; at most {MOST_CLASSES} classes can be computed with.")
    most = int(numbers.max(initial=0.0)) + 1
    whole = isinstance(n_classes, (int, np.integer)) and not isinstance(n_classes, bool)
    if n_classes is not None and not (whole and most <= n_classes <= MOST_CLASSES):
        raise OptionError(
            f"n_classes must be a whole number of at least {most}, the largest label + 1, and at most {MOST_CLASSES}, not {n_classes!r}."
        )
    return classification_of(Dataset(x, numbers), most if n_classes is None else int(n_classes), norm)


def classification_of(data: Dataset, classes: int, norm: float = 2) -> MeasureProblem:
    """State problem (14) for a dataset whose targets are labels below ``classes``; see :func:`MaxMarginProblem`."""
    labels = data.y.astype(np.int64)
    return MeasureProblem(data.x, Margins(labels, classes), LineFeatures.around(data.x), norm, merged=data.merged)
