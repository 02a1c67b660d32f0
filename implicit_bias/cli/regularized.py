"""Problems of interpolation and regularised ones from tables, of one or several inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from implicit_bias.cli import labelled
from implicit_bias.cli.columns import Columns, spelt
from implicit_bias.data import Table
from implicit_bias.errors import OptionError
from implicit_bias.fits import LOSSES
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import OverMeasures, RegressionProblem, RegularizedProblem, problem_of

CROSS_ENTROPY, HINGE = "cross-entropy", "hinge"


def interpolation(
    table: Table, xs: Sequence[str] | None, y: str | None, weight: str | None, affine: str
) -> tuple[OverMeasures, tuple[str, ...]]:
    """State a problem of interpolation; return it and the names of its inputs."""
    if xs is None or len(xs) == 1:
        dataset = table.dataset(xs[0] if xs else None, y)
        return problem_of(dataset, "unit" if weight is None else weight, affine), ()
    columns = Columns.of(table, xs, y)
    columns.refuse_large()
    columns.refuse_contradictions(columns.y, "y", "no function interpolates both")
    return columns.stated(lambda: RegressionProblem(columns.x, columns.y, cast(Any, weight), cast(Any, affine))), columns.names


def check_options(regularization: float, loss: str) -> None:
    """Refuse a λ that is none, and losses that there are not."""
    check_regularization(regularization)
    if loss not in LOSSES:
        *some, last = LOSSES.names()
        raise OptionError(f"--loss must be {', '.join(some)} or {last}, not {loss!r}.")


def check_regularization(regularization: float) -> None:
    """Refuse a λ that is none."""
    if not 0 < regularization < math.inf:
        raise OptionError(f"--regularization must be a positive number, not {regularization:g}.")


def regularized_problem(columns: Columns, regularization: float, loss: str, weight: str, affine: str) -> OverMeasures:
    """State a regularised problem; rows may share their point, whatever their targets."""
    columns.refuse_large()
    if loss == CROSS_ENTROPY:
        labelled.labels_of(columns)
    if loss == HINGE:
        wrong = np.flatnonzero(np.abs(columns.y) != 1)
        if wrong.size:
            raise columns.error(int(wrong[0]), f"is {spelt(columns.y[wrong[0]])}, but the hinge loss needs labels of 1 and -1")
    words: Any = {"loss": loss, "weight": weight, "affine": affine}  # checked by the constructor
    problem: OverMeasures = columns.stated(lambda: RegularizedProblem(columns.x, columns.y, regularization, **words))
    return problem


def values(problem: OverMeasures, columns: Columns) -> str:
    """Say what is to be fitted."""
    return span(columns.y) if problem.outputs is None else count(problem.outputs)


def span(y: FloatArray) -> str:
    """Say where the targets are."""
    return f"y from {y.min():g} to {y.max():g}"


def count(classes: int) -> str:
    """Say how many classes there are."""
    return f"{classes} class{'es' if classes > 1 else ''}"
