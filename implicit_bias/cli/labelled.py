"""Classification problems from tables: a column of labels, or a column of real targets cut into bins."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from implicit_bias.cli.columns import Columns, spelt
from implicit_bias.data import bin_targets
from implicit_bias.data.bins import MIDPOINTS, MOST_BINS
from implicit_bias.errors import DataError, OptionError
from implicit_bias.numerics.arrays import LARGEST, IntArray
from implicit_bias.problems import MaxMarginProblem, OverMeasures

CLASSES_TOO = "the column {} cannot be both the points and their classes; name another one"


def check_options(
    bins: int | None, labels: str | None, midpoints: str | None, bounds: str | None, y: str | None, classes: int | None
) -> tuple[float, float] | None:
    """Refuse options that do not go together, and return the range that ``--range`` gives, if any."""
    if (bins is None) == (labels is None):
        both = "not both" if bins is not None else "one of them is needed"
        raise OptionError(f"--bins K cuts the targets into classes, --labels COL names a column of classes: {both}.")
    without = {"--midpoints": midpoints, "--range": bounds, "--y": y} if bins is None else {"--classes": classes}
    for option, given in without.items():
        if given is not None:
            raise OptionError(f"{option} goes with {'--bins' if bins is None else '--labels'} only.")
    if midpoints is not None and midpoints not in MIDPOINTS:
        raise OptionError(f"--midpoints must be {' or '.join(MIDPOINTS)}, not {midpoints!r}.")
    return None if bounds is None else _range(bounds)


def _range(given: str) -> tuple[float, float]:
    try:
        lo, hi = (float(word) for word in given.split(","))
    except ValueError as error:
        raise OptionError(f"--range is two numbers with a comma, such as 0,1, not {given!r}.") from error
    if not -LARGEST <= lo < hi <= LARGEST:
        raise OptionError(f"--range must increase, with finite ends of at most {LARGEST:g} in size, not {given!r}.")
    return lo, hi


def labelled_problem(columns: Columns, classes: int | None, weight: str | None) -> OverMeasures:
    """State problem (14) or (5) for a column of labels, whole numbers from 0 on, of ``classes`` classes or as many as they need."""
    labels = labels_of(columns, classes)
    return _problem(columns, labels, classes, weight, "labels")


def labels_of(columns: Columns, classes: int | None = None) -> IntArray:
    """Return a column of labels, whole numbers from 0 on below ``classes``; raises :class:`DataError` by line otherwise."""
    numbers = columns.y
    most = MOST_BINS if classes is None else classes
    wrong = np.flatnonzero((numbers != np.rint(numbers)) | (numbers < 0) | (numbers >= most))
    if wrong.size:
        at = int(wrong[0])
        why = "" if classes is None else f", as --classes {classes} has it"
        raise columns.error(at, f"is {spelt(numbers[at])}, not a whole number from 0 to {most - 1}{why}")
    return numbers.astype(np.int64)


def binned_problem(
    columns: Columns, bins: int, bounds: tuple[float, float] | None, midpoints: str, weight: str | None
) -> tuple[OverMeasures, str]:
    """State problem (14) or (5) for a column of real targets, binned; return the problem and a phrase that tells the bins."""
    targets = columns.y
    lo, hi = (float(targets.min()), float(targets.max())) if bounds is None else bounds
    outside = np.flatnonzero((targets < lo) | (targets > hi) | (np.abs(targets) > LARGEST))
    if outside.size:
        at = int(outside[0])
        if abs(targets[at]) > LARGEST:
            raise columns.error(at, f"is {targets[at]:.6g}; magnitudes up to {LARGEST:g} can be computed with. Rescale y")
        raise columns.error(at, f"is {spelt(targets[at])}, outside the range [{spelt(lo)}, {spelt(hi)}]")
    if not lo < hi:
        raise DataError(f"{columns.table.source}: every y is {spelt(lo)}, and bins need a range: give one with --range LO,HI.")
    labels, _ = bin_targets(targets, bins, (lo, hi), cast(Any, midpoints))
    told = f"{bins} bins of y on [{lo:g}, {hi:g}], midpoints {midpoints}"
    return _problem(columns, labels, bins, weight, "bins"), told


def _problem(columns: Columns, labels: IntArray, classes: int | None, weight: str | None, noun: str) -> OverMeasures:
    columns.refuse_contradictions(labels, noun, "that is impossible: no function puts a point in two classes")
    problem: OverMeasures = columns.stated(lambda: MaxMarginProblem(columns.x, labels, classes, cast(Any, weight)))
    return problem
