"""How long each method takes for one problem, and how good its answer is by the toolkit's own judgement."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from implicit_bias import backends
from implicit_bias.arrays import FloatArray
from implicit_bias.data import Dataset, Sample, triangle_target
from implicit_bias.errors import OptionError
from implicit_bias.problems import RegressionProblem
from implicit_bias.solution import Solution
from implicit_bias.solve import solve

SIZES = (100, 300)
"""Sizes of a benchmark unless others are asked for."""

DICTIONARY_LIMIT = 1000
"""Largest size for the dictionary programs: their matrix has about 2 n² entries."""

SKIPPED = "skipped"
"""The status of a row that was not run."""

_REPEATS, _ENOUGH = 5, 0.2  # the fastest of up to 5 runs that together take 0.2 s: short runs are noisy
_PROGRAMS = (("dictionary", "primal"), ("dictionary", "dual"), ("sparse", "primal"), ("sparse", "dual"))


@dataclass(frozen=True)
class Row:
    """One method on one size.

    Attributes
    ----------
    n : points
    method, form, backend : what ran; form and backend are None for the exact method
    status : the solution's status, or "skipped"
    seconds : wall time from arrays in to judged answer out, compilation included; None if skipped
    gap : recomputed relative gap
    ratio : seconds over those of the exact method at the same size
    reason : what was said of the answer, or why it was skipped
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
    wrong = [n for n in sizes if n < 2]
    if wrong or not sizes:
        raise OptionError(f"sizes must be whole numbers of at least 2, not {wrong[0]}." if wrong else "sizes must name at least one size.")
    rows = [row for row in backends.BACKENDS.values() if row.objection("LP") is None]
    chosen = [row.name for row in rows] if names is None else [backends.find_backend(name, "LP").name for name in names]
    runs = [("exact", None, None), *((m, f, b) for b in dict.fromkeys(chosen) for m, f in _PROGRAMS)]
    samples = [regression_sample(n, data) for n in dict.fromkeys(sizes)]
    for _, _, name in runs[:1] + runs[4::4]:  # what is imported on first use is not timed
        _solve(regression_sample(3), "exact" if name is None else "sparse", "primal", name)
    found: list[Row] = []
    for at, sample in enumerate(samples):
        exact: float | None = None
        for i, (method, form, name) in enumerate(runs):
            if progress is not None:
                progress(at * len(runs) + i, len(samples) * len(runs), f"n = {sample.x.size}, {name or ''} {method} {form or ''}")
            found.append(_row(sample, method, form, name, exact))
            exact = found[-1].seconds if name is None else exact
    return found


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


def _row(sample: Sample, method: str, form: str | None, name: str | None, exact: float | None) -> Row:
    n = sample.x.size
    if method == "dictionary" and n > DICTIONARY_LIMIT:
        return Row(n, method, form, name, SKIPPED, None, None, None, f"The dictionary is dense: run up to n = {DICTIONARY_LIMIT} only.")
    fastest, total = np.inf, 0.0
    for _ in range(_REPEATS):
        began = time.perf_counter()
        solution = _solve(sample, method, form, name)
        seconds = time.perf_counter() - began
        fastest, total = min(fastest, seconds), total + seconds
        if total >= _ENOUGH:
            break
    ratio = 1.0 if exact is None else fastest / exact
    return Row(n, method, form, name, solution.status.value, fastest, solution.gap, ratio, solution.reason)


def _solve(sample: Sample, method: str, form: str | None, name: str | None) -> Solution:
    solution = solve(RegressionProblem(sample.x, sample.y), method, name, form=form or "primal")
    _ = solution.gap  # part of the judgement
    return solution
