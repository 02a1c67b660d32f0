"""The named problems of the papers: thin constructors of the one family."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from implicit_bias.data import Dataset
from implicit_bias.data.points import flattened, is_several, sorted_points
from implicit_bias.errors import DataError, OptionError
from implicit_bias.fits import LOSSES, Loss, LossName, Margins, Values
from implicit_bias.fits.losses import refusal
from implicit_bias.fits.margins import MOST_CLASSES, refuse_classes
from implicit_bias.measures.features import LineFeatures
from implicit_bias.numerics.arrays import as_floats
from implicit_bias.numerics.checks import check_positive
from implicit_bias.problems.denoising import DenoisingProblem
from implicit_bias.problems.interval import MeasureProblem
from implicit_bias.problems.sphere import SphereProblem
from implicit_bias.problems.unbounded import LimitLineProblem
from implicit_bias.problems.whole_line import FREE, PENALIZED, SPHERE, UNIT, WholeLineProblem

Weight = Literal["unit", "sphere"]
Affine = Literal["penalized", "free"]


def RegressionProblem(  # noqa: N802  (a constructor, named like the class of what it returns)
    x: npt.ArrayLike, y: npt.ArrayLike, weight: Weight | None = None, affine: Affine = "penalized", domain: npt.ArrayLike | None = None
) -> MeasureProblem | WholeLineProblem | LimitLineProblem | SphereProblem:
    """State a problem of interpolation at least total variation: (13) by default, (4) for weight "sphere".

    Parameters
    ----------
    x : (n,) array-like, or (n, d) for several inputs
    y : (n,) array-like, or (n, k) for several outputs
        At least two different x of one input; sorted here, and equal rows merged.
    weight : "unit" or "sphere"
        Cost of a feature [± (x - t)]₊ with kink t: 1, or sqrt(1 + t²), the norm of a unit's inner weights; then constants cost their
        size. One input and output have both, by default "unit"; several have "sphere", the norm of a unit's weights and bias.
    affine : "penalized" or "free"
        Whether an affine part costs what the features that make it cost, or nothing; for one output.
    domain : (lo, hi), optional
        Where kinks may lie, containing the data, for unit weight with a penalised affine part; by default the data's range, as in
        the paper. Over (-inf, inf) the infimum need not be attained: then the status is "unbounded". In the other problems kinks may
        lie anywhere.

    Raises
    ------
    DataError, OptionError
    """
    if not is_several(x) and np.ndim(y) != 2:
        return problem_of(Dataset(flattened(x), y), UNIT if weight is None else weight, affine, domain)
    _only_sphere(weight, "of several inputs or outputs")
    if domain is not None:
        raise OptionError("domain goes with one input and output, weight 'unit' and affine 'penalized'.")
    points, targets, merged = sorted_points(x, y, merge=True)
    return SphereProblem(points, Values(targets), affine=affine, merged=merged)


def RegularizedProblem(  # noqa: N802  (a constructor, named like the class of what it returns)
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    regularization: float,
    loss: LossName | type[Loss] = "squared",
    weight: Weight = "sphere",
    affine: Affine = "penalized",
) -> SphereProblem | DenoisingProblem:
    """State the problem min L(f) + λ ∫ ‖dμ‖: the convex network of Neyshabur et al. (6)-(9), or total-variation denoising.

    Parameters
    ----------
    x : (n,) or (n, d) array-like; equal points may have different targets
    y : (n,) or (n, k) targets for "squared"; (n,) labels 0, 1, … for "cross-entropy"; (n,) of +1 and -1 for "hinge"
    regularization : λ > 0
    loss : "squared", ½ Σ (f - y)²; "cross-entropy", softmax; or "hinge", Σ max(0, 1 - y f)
    weight : "sphere", the norm of a unit's inner weights and bias; or "unit", ∫ |f''|, for one input and output, the squared loss and a
        free affine part
    affine : "penalized" or "free"; free goes with the squared loss and one output

    Raises
    ------
    DataError, OptionError
    """
    if not isinstance(loss, type) and loss not in LOSSES:
        raise OptionError(f"loss must be one of {', '.join(LOSSES.names())}, not {loss!r}.")
    if isinstance(loss, type) and (why := refusal(loss)) is not None:
        raise OptionError(why)
    level = check_positive("regularization", regularization)
    if (weight, affine) == (UNIT, FREE):
        if is_several(x) or np.ndim(y) == 2 or loss != "squared":
            raise OptionError("With weight 'unit' there is one input, one output and the squared loss.")
        return DenoisingProblem.of_rows(flattened(x), y, level)
    if weight == UNIT:
        raise OptionError("With weight 'unit' affine must be 'free': constants cost nothing in the limit of far kinks.")
    _only_sphere(weight, "that are regularised")
    points, targets, merged = sorted_points(x, y, merge=False)
    return SphereProblem(points, (loss if isinstance(loss, type) else LOSSES.find(loss)).of_targets(targets), level, affine, merged=merged)


def _only_sphere(weight: str | None, which: str) -> None:
    if weight not in (None, SPHERE):
        raise OptionError(f"Problems {which} have weight 'sphere', not {weight!r}.")


def problem_of(
    data: Dataset, weight: str = "unit", affine: str = "penalized", domain: Any = None
) -> MeasureProblem | WholeLineProblem | LimitLineProblem:
    """State a problem of interpolation for a dataset that is validated already; see :func:`RegressionProblem`."""
    if weight not in (UNIT, SPHERE):
        raise OptionError(f"weight must be 'unit' or 'sphere', not {weight!r}.")
    if affine not in (PENALIZED, FREE):
        raise OptionError(f"affine must be 'penalized' or 'free', not {affine!r}.")
    if (weight, affine) == (UNIT, PENALIZED):
        return LimitLineProblem(data.x, Values(data.y), merged=data.merged) if _everywhere(domain) else unit_regression(data, domain)
    if domain is not None:
        raise OptionError("domain goes with weight 'unit' and affine 'penalized'; in the other problems kinks lie anywhere on the line.")
    return WholeLineProblem(data.x, Values(data.y), weight, affine, merged=data.merged)


def _everywhere(domain: Any) -> bool:
    """Whether a domain is (-inf, inf); with one end at infinity other functions have no optimum, and it is refused with the rest."""
    ends = np.asarray(domain, dtype=object)
    numbers = ends.shape == (2,) and all(isinstance(end, (float, np.floating)) for end in ends)
    return bool(numbers and ends[0] == -np.inf and ends[1] == np.inf)


def unit_regression(data: Dataset, domain: Any = None) -> MeasureProblem:
    """State problem (13) for a dataset that is validated already."""
    return MeasureProblem(data.x, Values(data.y), LineFeatures.around(data.x, domain), merged=data.merged)


def MaxMarginProblem(  # noqa: N802  (a constructor, named like the class of what it returns)
    x: npt.ArrayLike, labels: npt.ArrayLike, n_classes: int | None = None, weight: Weight | None = None, norm: float = 2
) -> MeasureProblem | SphereProblem:
    """State problem (14), or (5) for weight "sphere": the least group norm of a measure that classifies every point with margin 1.

    Minimise Σ_j ‖w_j‖ subject to f(x_i)_c - f(x_i)_j ≥ 1 for the label c of point i and every other class j.

    Parameters
    ----------
    x : (n,) array-like, at least two different points, or (n, d) for several inputs; sorted here, and equal rows merged
    labels : (n,) integers from 0 on
    n_classes : how many classes there are, also such that no point has; by default the largest label + 1
    weight : "unit" or "sphere", as for :func:`RegressionProblem`; several inputs have "sphere"
    norm : 1, 2 or inf, of a weight vector; 2 on the sphere

    Raises
    ------
    DataError, OptionError
    """
    if weight not in (None, UNIT, SPHERE):
        raise OptionError(f"weight must be 'unit' or 'sphere', not {weight!r}.")
    if is_several(x):
        _only_sphere(weight, "of several inputs")
        weight = SPHERE
    if weight == SPHERE and norm != 2:
        raise OptionError(f"On the sphere norm must be 2, not {norm!r}.")
    numbers = as_floats(labels, "labels")
    if numbers.size and ((numbers != np.rint(numbers)).any() or numbers.min() < 0):
        at = int(np.flatnonzero((numbers != np.rint(numbers)) | (numbers < 0))[0])
        raise DataError(f"labels[{at}] is {numbers[at]:g}; labels are whole numbers from 0 on.")
    refuse_classes(numbers)
    most = int(numbers.max(initial=0.0)) + 1
    whole = isinstance(n_classes, (int, np.integer)) and not isinstance(n_classes, bool)
    if n_classes is not None and not (whole and most <= n_classes <= MOST_CLASSES):
        raise OptionError(
            f"n_classes must be a whole number of at least {most}, the largest label + 1, and at most {MOST_CLASSES}, not {n_classes!r}."
        )
    classes = most if n_classes is None else int(n_classes)
    if is_several(x):
        points, targets, merged = sorted_points(x, numbers, merge=True)
        return SphereProblem(points, Margins(targets.astype(np.int64), classes), merged=merged)
    data = Dataset(flattened(x), numbers)
    if weight == SPHERE:
        return SphereProblem(data.x, Margins(data.y.astype(np.int64), classes), merged=data.merged)
    return classification_of(data, classes, norm)


def unit_classification(x: Any, labels: Any, n_classes: int | None = None) -> MeasureProblem:
    """State problem (14), with unit weight; see :func:`MaxMarginProblem`."""
    problem = MaxMarginProblem(x, labels, n_classes, UNIT)
    assert isinstance(problem, MeasureProblem)  # weight is "unit"
    return problem


def classification_of(data: Dataset, classes: int, norm: float = 2) -> MeasureProblem:
    """State problem (14) for a dataset whose targets are labels below ``classes``; see :func:`MaxMarginProblem`."""
    labels = data.y.astype(np.int64)
    return MeasureProblem(data.x, Margins(labels, classes), LineFeatures.around(data.x), norm, merged=data.merged)
