"""How long each method takes for a spline, beside SciPy's splines, and how good the answers are by the toolkit's own judgement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from implicit_bias.bench.base import Row, Run, check_sizes, planned, regression_sample, time_all
from implicit_bias.data import Dataset, Sample
from implicit_bias.errors import OptionError
from implicit_bias.numerics import tolerances
from implicit_bias.problems.splines.bounds import SplineCandidate
from implicit_bias.problems.splines.curvature import GCV, Smoothing, SplineProblem
from implicit_bias.problems.splines.solution import SplineSolution
from implicit_bias.problems.splines.spline import Spline
from implicit_bias.solution import Solution, judged
from implicit_bias.solve import judge, solve
from implicit_bias.zetas.zeta import ConstantZeta, Zeta

SPLINE_SIZES = (100, 1000)
"""Sizes of a spline benchmark unless others are asked for."""

SPLINE_DICTIONARY_LIMIT = 300
"""Largest size for the dictionary program: its matrix is dense."""

PROGRAMS = (("dictionary", "primal"), ("finite-difference", "primal"))

SCIPY = "scipy"
"""The method of the rows of SciPy's CubicSpline and make_smoothing_spline, which exist for constant ζ."""


def bench_splines(
    sizes: Sequence[int] = SPLINE_SIZES,
    names: Sequence[str] | None = None,
    data: Dataset | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    zeta: Zeta | None = None,
    smoothing: Smoothing = None,
) -> list[Row]:
    """Time the exact method, SciPy's where there is one, and every program on every backend.

    SciPy's spline is judged like one that a user brings, and the judgement is part of its time, as of everybody's.

    Parameters
    ----------
    sizes : numbers of points, at least 2
    names : backends; by default all that are installed and accept a QP
    data : points to take, see :func:`~implicit_bias.bench.base.regression_sample`; by default Stewart's target on an even grid
    progress : called as progress(done, total, what) before every run
    zeta : by default constant
    smoothing : None to interpolate, λ, or EarlyStopping(time)

    Returns
    -------
    list of Row
        By size; the exact method first, then SciPy's.

    Raises
    ------
    OptionError, BackendError, DataError
        Before anything runs.
    """
    check_sizes(sizes)
    if smoothing == GCV:
        raise OptionError("A benchmark needs the amount of smoothing: a number or EarlyStopping(time), not 'gcv'.")
    weight = ConstantZeta() if zeta is None else zeta

    def state(sample: Sample) -> SplineProblem:
        return SplineProblem(sample.x, sample.y, weight, smoothing)

    samples = [regression_sample(n, data) for n in dict.fromkeys(sizes)]
    for sample in samples:
        state(sample)  # which refuses what cannot be computed with
    runs = planned(names, "QP", PROGRAMS)
    if isinstance(weight, ConstantZeta):
        runs.insert(1, Run(SCIPY))
    return time_all(state, samples, runs, SPLINE_DICTIONARY_LIMIT, progress, _answer)


def _answer(problem: SplineProblem, run: Run) -> Solution | SplineSolution:
    if run.method == SCIPY:
        return scipy_solution(problem)
    return solve(problem, run.method, run.backend)  # type: ignore[arg-type]


def scipy_solution(problem: SplineProblem) -> SplineSolution:
    """Return SciPy's natural cubic spline, or its smoothing spline, as a judged solution, without a spline if SciPy fails.

    Raises
    ------
    OptionError
        If ζ is not constant.
    """
    from scipy.interpolate import CubicSpline, make_smoothing_spline

    if not isinstance(problem.zeta, ConstantZeta):
        raise OptionError(f"SciPy has splines for constant zeta only, not for {type(problem.zeta).__name__}.")
    amount = problem.regularization
    found: Any
    if amount is None or len(problem) < 5:  # fewer points are not smoothed by SciPy
        found = CubicSpline(problem.x, problem.y, bc_type="natural")
    else:
        try:
            found = make_smoothing_spline(problem.x, problem.y, w=problem.counts, lam=amount / problem.zeta.value)
        except (ValueError, np.linalg.LinAlgError) as error:
            reason = f"SciPy fails: {error}"
            return judged(problem, SplineCandidate(None, amount), SCIPY, reason, tolerances.SOLUTION)
    bending = found(problem.x, 2) / problem.zeta.value
    bending[[0, -1]] = 0.0
    return judge(problem, Spline(problem.x, found(problem.x), bending, problem.zeta))
