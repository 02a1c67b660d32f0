"""How long each method takes for one problem, and how good its answer is by the toolkit's own judgement."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import numpy as np

from implicit_bias.data import Dataset, Sample, bin_targets, triangle_target
from implicit_bias.errors import OptionError
from implicit_bias.methods.programs import backends
from implicit_bias.methods.table import rows_for, written_for
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import MeasureProblem, SphereProblem, unit_classification, unit_regression
from implicit_bias.problems.splines.curvature import SplineProblem
from implicit_bias.problems.splines.solution import SplineSolution
from implicit_bias.solution import Solution
from implicit_bias.solve import solve

SIZES = (100, 300)
"""Sizes of a regression benchmark unless others are asked for."""

CLASSIFICATION_SIZES = (50, 100)
"""Sizes of a classification benchmark unless others are asked for."""

BINS = 10
"""Classes of a classification benchmark unless another number is asked for."""

DICTIONARY_LIMIT = 1000
"""Largest size for the dictionary programs: their matrix has about 2 n² entries."""

CLASSIFICATION_DICTIONARY_LIMIT = 60
"""The same for classification: the matrix acts on every class."""

GRID_LIMIT = 10_000
"""Largest size for the finite-difference programs of splines."""

OWN = ("exact", "column-generation")
"""The toolkit's own methods: of their time are the ratios."""

SKIPPED = "skipped"
"""The status of a row that was not run."""

_REPEATS, _ENOUGH = 5, 0.2  # the fastest of up to 5 runs that together take 0.2 s: short runs are noisy
PROGRAMS = (("dictionary", "primal"), ("dictionary", "dual"), ("sparse", "primal"), ("sparse", "dual"))
_LIKE_OTHERS = {("dictionary", "primal"), ("dictionary", "dual"), ("sparse", "dual")}  # these import nothing of their own


@dataclass(frozen=True)
class Row:
    """One method on one size.

    Attributes
    ----------
    n : points
    method, form, backend : what ran; form and backend are None for the toolkit's own
    status : the solution's status, or "skipped"
    seconds : wall time from arrays in to judged answer out, compilation included; None if skipped
    gap : recomputed relative gap
    ratio : seconds over those of the toolkit's own method at the same size, the exact one or column generation
    reason : what was said of the answer, or why it was skipped
    value : the objective of the answer as it is; None if skipped, or without an answer
    """

    n: int
    method: str
    form: str | None
    backend: str | None
    status: str
    seconds: float | None
    gap: float | None
    ratio: float | None
    reason: str
    value: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, for JSON."""
        return asdict(self)


def bench_regression(
    sizes: Sequence[int] = SIZES,
    names: Sequence[str] | None = None,
    data: Dataset | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[Row]:
    """Time the exact method and every program of problem (13) on every backend.

    Parameters
    ----------
    sizes : numbers of points, at least 2
    names : backends; by default all that are installed and accept an LP
    data : points to take, see :func:`regression_sample`; by default Stewart's target on an even grid of [-1, 1]
    progress : called as progress(done, total, what) before every run

    Returns
    -------
    list of Row
        By size; the exact method first.

    Raises
    ------
    OptionError, BackendError
        Before anything runs.
    """
    check_sizes(sizes)
    runs = planned(names, "LP")

    def state(sample: Sample) -> MeasureProblem:
        return unit_regression(Dataset(sample.x, sample.y))

    return time_all(state, [regression_sample(n, data) for n in dict.fromkeys(sizes)], runs, DICTIONARY_LIMIT, progress)


def bench_classification(
    sizes: Sequence[int] = CLASSIFICATION_SIZES,
    names: Sequence[str] | None = None,
    data: Dataset | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    bins: int = BINS,
) -> list[Row]:
    """Time the exact method and every program of problem (14) on every backend.

    The sparse programs get the problem reduced to S_C, and their answer is lifted and judged on all the data: reduction,
    lift and judgement are part of the time. The dictionary programs get all the data.

    Parameters
    ----------
    sizes : numbers of points, at least 2
    names : backends; by default all that are installed and accept second-order cones
    data : points whose y to bin; by default Stewart's target on an even grid of [-1, 1]
    progress : called as progress(done, total, what) before every run
    bins : number of classes

    Returns
    -------
    list of Row
        By size; the exact method first.

    Raises
    ------
    OptionError, DataError, BackendError
        Before anything runs.
    """
    check_sizes(sizes)
    runs = planned(names, "SOCP")

    def state(sample: Sample) -> MeasureProblem:
        return unit_classification(sample.x, sample.y, bins)

    samples = [classification_sample(n, bins, data) for n in dict.fromkeys(sizes)]
    return time_all(state, samples, runs, CLASSIFICATION_DICTIONARY_LIMIT, progress)


def classification_sample(n: int, bins: int = BINS, data: Dataset | None = None) -> Sample:
    """Return the points of :func:`regression_sample` with their bins for y.

    First and last midpoint are the ends of the range: [0, 1] for Stewart's target, and that of all its y for a dataset.
    """
    sample = regression_sample(n, data)
    span = (0.0, 1.0) if data is None else (data.y.min(), data.y.max())
    labels, _ = bin_targets(sample.y, bins, span, "ends")
    return Sample(sample.x, labels.astype(np.float64))


def regression_sample(n: int, data: Dataset | None = None) -> Sample:
    """Return n points: Stewart's target on an even grid of [-1, 1], or a dataset thinned or repeated to that number.

    Fewer points than the dataset has are taken evenly by rank, both ends included. More are copies of it side by side,
    a mean spacing apart.
    """
    if data is None:
        grid = np.linspace(-1, 1, n)
        return Sample(grid, triangle_target(grid))
    if n <= len(data):
        ranks = np.linspace(0, len(data) - 1, n).round().astype(int)
        return Sample(data.x[ranks], data.y[ranks])
    copies, rank = np.divmod(np.arange(n), len(data))
    period = (data.x[-1] - data.x[0]) * len(data) / (len(data) - 1)
    x: FloatArray = data.x[rank] + copies * period
    return Sample(x, data.y[rank])


def check_sizes(sizes: Sequence[int]) -> None:
    """Raise :class:`OptionError` unless there are sizes, of two points or more each."""
    wrong = [n for n in sizes if n < 2]
    if wrong or not sizes:
        raise OptionError(f"sizes must be whole numbers of at least 2, not {wrong[0]}." if wrong else "sizes must name at least one size.")


P = TypeVar("P", MeasureProblem, SphereProblem, SplineProblem)


@dataclass(frozen=True)
class Run:
    """What to time: a method, and the program's form and backend."""

    method: str
    form: str | None = None
    backend: str | None = None

    def __str__(self) -> str:
        return " ".join(filter(None, (self.backend, self.method, self.form)))


def planned(names: Sequence[str] | None, cone: str, programs: Sequence[tuple[str, str]] = PROGRAMS, own: str = "exact") -> list[Run]:
    """Return the toolkit's own method and every program on every backend, by default on those that accept a problem class."""
    usable = [row.name for row in backends.BACKENDS if row.objection(cone) is None]
    chosen = usable if names is None else [backends.find_backend(name, cone).name for name in names]
    return [Run(own), *(Run(method, form, name) for name in dict.fromkeys(chosen) for method, form in programs)]


def time_all(
    state: Callable[[Sample], P],
    samples: Sequence[Sample],
    runs: Sequence[Run],
    dictionary_limit: int,
    progress: Callable[[int, int, str], None] | None,
    answer: Callable[[P, Run], Solution | SplineSolution] | None = None,
) -> list[Row]:
    """Time every run on every sample; ``answer`` makes the answer where :func:`~implicit_bias.solve` does not."""
    answer = answer or _solve
    first = state(Sample(samples[0].x[:2], samples[0].y[:2]))
    others = {run.backend for run in runs if (run.method, run.form) not in _LIKE_OTHERS}
    for run in runs:  # what is imported on first use is not timed
        alike = (run.method, run.form) in _LIKE_OTHERS and run.backend in others
        if not alike and _objection(first, run, dictionary_limit) is None:
            answer(first, run)
    found: list[Row] = []
    for at, sample in enumerate(samples):
        rows = []
        for i, run in enumerate(runs):
            if progress is not None:
                progress(at * len(runs) + i, len(samples) * len(runs), f"n = {sample.x.size}, {run}")
            rows.append(_row(state, sample, run, dictionary_limit, answer))
        found += _with_ratios(rows)
    return found


def _objection(problem: MeasureProblem | SphereProblem | SplineProblem, run: Run, dictionary_limit: int) -> str | None:
    if run.method == "dictionary" and len(problem) > dictionary_limit:
        return f"The dictionary is dense: run up to n = {dictionary_limit} only."
    if run.method == "finite-difference" and len(problem) > GRID_LIMIT:
        return f"Backends take minutes for long grids: run up to n = {GRID_LIMIT} only."
    if run.method in {row.name for row in rows_for(problem)}:
        return None
    objections = [row.objection(problem) for row in written_for(problem) if row.name == run.method]
    return next((text for text in objections if text is not None), None)


def _row(
    state: Callable[[Sample], P], sample: Sample, run: Run, dictionary_limit: int, answer: Callable[[P, Run], Solution | SplineSolution]
) -> Row:
    n = sample.x.size
    objection = _objection(state(sample), run, dictionary_limit)
    if objection is not None:
        return Row(n, run.method, run.form, run.backend, SKIPPED, None, None, None, objection)
    fastest, total = np.inf, 0.0
    for _ in range(_REPEATS):
        began = time.perf_counter()
        solution = answer(state(sample), run)
        _ = solution.gap  # part of the judgement
        seconds = time.perf_counter() - began
        fastest, total = min(fastest, seconds), total + seconds
        if total >= _ENOUGH:
            break
    value = solution.value if np.isfinite(solution.value) else None
    return Row(n, run.method, run.form, run.backend, solution.status.value, fastest, solution.gap, None, solution.reason, value)


def _with_ratios(rows: Sequence[Row]) -> list[Row]:
    """Fill in the ratios of the rows of one size."""
    timed = [row for row in rows if row.seconds is not None]
    unit = min((row.seconds or 0.0 for row in timed if row.method in OWN), default=1.0)
    return [row if row.seconds is None else replace(row, ratio=row.seconds / unit) for row in rows]


def _solve(problem: MeasureProblem | SphereProblem | SplineProblem, run: Run) -> Solution | SplineSolution:
    return solve(problem, run.method, run.backend, form=run.form or "primal")  # type: ignore[arg-type, return-value]
