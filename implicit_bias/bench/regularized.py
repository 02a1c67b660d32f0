"""How long each method takes for a regularised problem, and how good its answer is by the toolkit's own judgement."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from implicit_bias.bench.base import Row, check_sizes, planned, regression_sample, time_all
from implicit_bias.data import Dataset, Sample
from implicit_bias.problems import RegularizedProblem, SphereProblem
from implicit_bias.solve import lambda_max

REGULARIZED_SIZES = (50, 200)
"""Sizes of a benchmark of regularised problems unless others are asked for."""

REGULARIZED_DICTIONARY_LIMIT = 300
"""Largest size for the dictionary programs: their matrix is dense, with 1000 columns and two for each point."""

SHARE = 0.01
"""λ as a share of the smallest one without atoms, unless another is asked for."""

_NOISE, _FREQUENCY = 0.3, 9.0
_PROGRAMS = (("dictionary", "primal"),)


def bench_regularized(
    sizes: Sequence[int] = REGULARIZED_SIZES,
    names: Sequence[str] | None = None,
    data: Dataset | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    regularization: float | None = None,
) -> list[Row]:
    """Time column generation and the dictionary programs on every backend: squared loss, features on the sphere, one input.

    Parameters
    ----------
    sizes : numbers of points, at least 2
    names : backends; by default all that are installed and accept a QP
    data : points to take, see :func:`~implicit_bias.bench.base.regression_sample`; by default a noisy sine on an even grid of [-1, 1]
    progress : called as progress(done, total, what) before every run
    regularization : λ > 0; by default a hundredth of :func:`~implicit_bias.lambda_max` of each size's own data, or 1 where that is 0

    Returns
    -------
    list of Row
        By size; column generation first.

    Raises
    ------
    OptionError, BackendError, DataError
        Before anything runs.
    """
    check_sizes(sizes)
    runs = planned(names, "QP", _PROGRAMS, own="column-generation")
    samples = [noisy_sample(n, data) for n in dict.fromkeys(sizes)]
    levels = [_level(sample) if regularization is None else regularization for sample in samples]
    found: list[Row] = []
    for level, sample in zip(levels, samples, strict=True):
        done = len(found)

        def state(given: Sample, level: float = level) -> SphereProblem:
            problem = RegularizedProblem(given.x, given.y, level)
            assert isinstance(problem, SphereProblem)  # the weight is the sphere's
            return problem

        def tell(at: int, _: int, what: str, done: int = done) -> None:
            if progress is not None:
                progress(done + at, len(samples) * len(runs), what)

        found += time_all(state, [sample], runs, REGULARIZED_DICTIONARY_LIMIT, tell)
    return found


def noisy_sample(n: int, data: Dataset | None = None) -> Sample:
    """Return n points: a noisy sine on an even grid of [-1, 1], or a dataset thinned or repeated to that number."""
    if data is not None:
        return regression_sample(n, data)
    grid = np.linspace(-1, 1, n)
    return Sample(grid, np.sin(_FREQUENCY * grid) + _NOISE * np.random.default_rng(n).normal(size=n))


def _level(sample: Sample) -> float:
    """Return the default λ of a sample."""
    return SHARE * lambda_max(RegularizedProblem(sample.x, sample.y, 1.0)) or 1.0
