"""Classification problems from tables: a column of labels, or a column of real targets cut into bins."""

from __future__ import annotations

import numpy as np

from implicit_bias.arrays import LARGEST, FloatArray, IntArray
from implicit_bias.data import Table, bin_targets
from implicit_bias.data.bins import MIDPOINTS, MOST_BINS
from implicit_bias.errors import DataError, OptionError
from implicit_bias.problems import MaxMarginProblem, StatedProblem


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


def labelled_problem(table: Table, x: str | None, labels: str, classes: int | None, weight: str) -> StatedProblem:
    """State problem (14) for a column of labels, whole numbers from 0 on, of ``classes`` classes or as many as they need."""
    points, numbers = _columns(table, x, labels, 1)
    most = MOST_BINS if classes is None else classes
    wrong = np.flatnonzero((numbers != np.rint(numbers)) | (numbers < 0) | (numbers >= most))
    if wrong.size:
        at = wrong[0]
        why = "" if classes is None else f", as --classes {classes} has it"
        raise _error(table, at, labels, 1, f"is {numbers[at]:.17g}, not a whole number from 0 to {most - 1}{why}")
    return _problem(table, points, numbers.astype(np.int64), classes, weight, "labels")


def binned_problem(
    table: Table, x: str | None, y: str | None, bins: int, bounds: tuple[float, float] | None, midpoints: str, weight: str
) -> tuple[StatedProblem, str]:
    """State problem (14) for a column of real targets, binned; return the problem and a phrase that tells the bins."""
    points, targets = _columns(table, x, y, 1)
    lo, hi = (float(targets.min()), float(targets.max())) if bounds is None else bounds
    outside = np.flatnonzero((targets < lo) | (targets > hi) | (np.abs(targets) > LARGEST))
    if outside.size:
        at = outside[0]
        if abs(targets[at]) > LARGEST:
            raise _error(table, at, y, 1, f"is {targets[at]:.6g}; magnitudes up to {LARGEST:g} can be computed with. Rescale y")
        raise _error(table, at, y, 1, f"is {targets[at]:.17g}, outside the range [{lo:.17g}, {hi:.17g}]")
    if not lo < hi:
        raise DataError(f"{table.source}: every y is {lo:.17g}, and bins need a range: give one with --range LO,HI.")
    labels, _ = bin_targets(targets, bins, (lo, hi), midpoints)
    told = f"{bins} bins of y on [{lo:g}, {hi:g}], midpoints {midpoints}"
    return _problem(table, points, labels, bins, weight, "bins"), told


def _columns(table: Table, x: str | None, other: str | None, default: int) -> tuple[FloatArray, FloatArray]:
    points, values = table.column(x, 0), table.column(other, default)
    if _name(table, x, 0) == _name(table, other, default):
        raise DataError(f"{table.source}: the column {_name(table, x, 0)!r} cannot be both the points and their classes; name another one.")
    return points, values


def _name(table: Table, given: str | None, default: int) -> str:
    return table.columns[default] if given is None else given.strip()


def _error(table: Table, row: int, given: str | None, default: int, what: str) -> DataError:
    return DataError(f"{table.source}: line {table.lines[row]}, column {_name(table, given, default)!r} {what}.")


def _problem(table: Table, x: FloatArray, labels: IntArray, classes: int | None, weight: str, noun: str) -> StatedProblem:
    order = np.lexsort((labels, x))
    clash = np.flatnonzero((np.diff(x[order]) == 0) & (np.diff(labels[order]) != 0))
    if clash.size:
        low, high = order[clash[0]], order[clash[0] + 1]
        first, second = sorted((int(table.lines[low]), int(table.lines[high])))
        raise DataError(
            f"{table.source}: line {first} and line {second} have the same x = {x[low]:.17g} but different {noun} "
            f"({labels[low]} and {labels[high]}); that is impossible: no function puts a point in two classes."
        )
    try:
        return MaxMarginProblem(x, labels, classes, weight)
    except DataError as error:
        raise DataError(f"{table.source}: {error}") from error
