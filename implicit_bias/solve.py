"""Solve, judge, and state programs: the doors to every kind of problem. A status is given by the kinds' own modules only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from implicit_bias import tolerances
from implicit_bias.errors import OptionError
from implicit_bias.measures import Measure, Network
from implicit_bias.methods.levels import largest_regularization, path_measures
from implicit_bias.methods.solving import judge_measure, solve_measure
from implicit_bias.methods.stating import measure_program
from implicit_bias.problems import MeasureProblem, SphereProblem, StatedProblem
from implicit_bias.solution import Solution
from implicit_bias.splines import (
    EarlyStopping,
    RoughnessProblem,
    RoughnessSolution,
    Spline,
    SplineProblem,
    SplineSolution,
    judge_spline,
    path_splines,
    solve_roughness,
    solve_spline,
    spline_program,
)

if TYPE_CHECKING:
    import cvxpy


@overload
def solve(
    problem: SplineProblem,
    method: str = ...,
    backend: str | None = ...,
    tolerance: float = ...,
    *,
    form: str = ...,
    grid: Any = ...,
    time_limit: float | None = ...,
    warm_start: Solution | None = ...,
    backend_options: Mapping[str, Any] | None = ...,
) -> SplineSolution: ...
@overload
def solve(
    problem: RoughnessProblem,
    method: str = ...,
    backend: str | None = ...,
    tolerance: float = ...,
    *,
    form: str = ...,
    grid: Any = ...,
    time_limit: float | None = ...,
    warm_start: Solution | None = ...,
    backend_options: Mapping[str, Any] | None = ...,
) -> RoughnessSolution: ...
@overload
def solve(
    problem: StatedProblem,
    method: str = ...,
    backend: str | None = ...,
    tolerance: float = ...,
    *,
    form: str = ...,
    grid: Any = ...,
    time_limit: float | None = ...,
    warm_start: Solution | None = ...,
    backend_options: Mapping[str, Any] | None = ...,
) -> Solution: ...
def solve(
    problem: StatedProblem | SplineProblem | RoughnessProblem,
    method: str = "auto",
    backend: str | None = None,
    tolerance: float = tolerances.SOLUTION,
    *,
    form: str = "primal",
    grid: Any = None,
    time_limit: float | None = None,
    warm_start: Solution | None = None,
    backend_options: Mapping[str, Any] | None = None,
) -> Solution | SplineSolution | RoughnessSolution:
    """Solve a problem and judge the answer by bounds recomputed from it.

    Parameters
    ----------
    problem : from RegressionProblem, MaxMarginProblem, RegularizedProblem, a MeasureProblem, a SplineProblem,
        HomogeneousSplineProblem or SeveralInputsProblem
    method : "auto", "exact" (the toolkit's own), "sparse" or "dictionary" (CVXPY programs), "column-generation" (off the grid), or
        "patterns" (the finite program of Pilanci and Ergen, for small data)
        For a SplineProblem "finite-difference" takes the place of "sparse".
    backend : CVXPY solver for the programs; naming one chooses "sparse" where it exists, unless the method says otherwise
    tolerance : largest relative gap, and violation over the data's scale, to be called optimal
    form : "primal" or "dual", of a program
    grid : for "dictionary", further kinks (or their number) besides the data; on the sphere they are 1000 evenly spaced angles unless
        given, and the gap contains what the grid misses
    time_limit : seconds, for backends that have one
    warm_start : for "exact" classification, a solution of another classification of points in the same range, with any number of bins:
        the margins that are tight there are taken in early; for "column-generation" a solution of another problem on the sphere,
        whose features are taken in
    backend_options : passed to the backend as they are, over the toolkit's own

    Raises
    ------
    OptionError, BackendError
        Before anything runs. What happens after a backend has started is a status.
    """
    if not isinstance(problem, (SplineProblem, RoughnessProblem)):
        _check_problem(problem)
    _check_tolerance(tolerance)
    if time_limit is not None and not (isinstance(time_limit, (int, float)) and time_limit > 0):
        raise OptionError(f"time_limit must be a positive number of seconds, not {time_limit!r}.")
    if backend_options is not None and not isinstance(backend_options, Mapping):
        raise OptionError(f"backend_options must map names to values, not be {type(backend_options).__name__}.")
    if warm_start is not None and not isinstance(problem, (MeasureProblem, SphereProblem)):
        raise OptionError("Only the exact method of classification, and column generation, can use a warm start.")
    if isinstance(problem, SplineProblem):
        return solve_spline(
            problem, method, backend, tolerance, form=form, grid=grid, time_limit=time_limit, backend_options=backend_options
        )
    if isinstance(problem, RoughnessProblem):
        return solve_roughness(
            problem, method, backend, tolerance, form=form, grid=grid, time_limit=time_limit, backend_options=backend_options
        )
    return solve_measure(
        problem,
        method,
        backend,
        tolerance,
        form=form,
        grid=grid,
        time_limit=time_limit,
        warm_start=warm_start,
        backend_options=backend_options,
    )


@overload
def judge(problem: SplineProblem, measure: Spline, dual: None = ..., tolerance: float = ...) -> SplineSolution: ...
@overload
def judge(problem: StatedProblem, measure: Measure | Network, dual: Any = ..., tolerance: float = ...) -> Solution: ...
def judge(
    problem: StatedProblem | SplineProblem, measure: Measure | Network | Spline, dual: Any = None, tolerance: float = tolerances.SOLUTION
) -> Solution | SplineSolution:
    """Judge a measure or a network that you bring, by its distance from the optimum.

    Without ``dual``, the toolkit finds one itself, so that the lower bound is as good as it can be; that takes as long as
    solving the problem.

    Parameters
    ----------
    problem : what the measure is to solve
    measure : Measure, or Network of plain arrays; for a SplineProblem a Spline, which brings its own dual
    dual : (n,) array-like α in the order of ``problem.x``, optional

    Returns
    -------
    Solution
        ``value`` is the cost as it is, ``constraint_violation`` how far it misses the data, and ``gap`` that of
        its repaired version, which interpolates.
    """
    if isinstance(problem, SplineProblem):
        _check_tolerance(tolerance)
        if dual is not None:
            raise OptionError("A spline brings its own dual, its bending; leave dual out.")
        return judge_spline(problem, measure, tolerance)
    _check_problem(problem)
    _check_tolerance(tolerance)
    return judge_measure(problem, measure, dual, tolerance)


def program(problem: StatedProblem | SplineProblem, method: str, form: str = "primal", grid: Any = None) -> cvxpy.Problem:
    """Return the CVXPY program of method "dictionary" or "sparse" ("finite-difference" for splines), in the problem's own units.

    ``solve`` builds the same program on data scaled to [0, 1] and max|y| = 1.
    """
    if isinstance(problem, SplineProblem):
        return spline_program(problem, method, form, grid)
    _check_problem(problem)
    return measure_program(problem, method, form, grid)


@overload
def path(problem: SplineProblem, regularizations: Iterable[float | EarlyStopping], tolerance: float = ...) -> list[SplineSolution]: ...
@overload
def path(problem: StatedProblem, regularizations: Iterable[float | EarlyStopping], tolerance: float = ...) -> list[Solution]: ...
def path(
    problem: SplineProblem | StatedProblem, regularizations: Iterable[float | EarlyStopping], tolerance: float = tolerances.SOLUTION
) -> list[SplineSolution] | list[Solution]:
    """Solve a problem for every regularization of a list, and return the solutions in its order.

    Parameters
    ----------
    problem : SplineProblem or RegularizedProblem; its own regularization plays no part
    regularizations : λ ≥ 0, or EarlyStopping(time), for splines; λ > 0 for regularised problems, which are solved from the
        largest λ down, each from the one before
    tolerance : of each solution of a RegularizedProblem

    Raises
    ------
    OptionError
    """
    if isinstance(problem, SplineProblem):
        return path_splines(problem, regularizations)
    if problem.kind != "regularized":
        raise OptionError(f"A path needs a SplineProblem or a RegularizedProblem, not {problem!r}.")
    _check_tolerance(tolerance)
    return path_measures(problem, regularizations, float(tolerance))


def lambda_max(problem: StatedProblem) -> float:
    """Return the smallest λ for which the solution of a RegularizedProblem has no atoms: sup ‖η‖ for α = -∇L at the best affine part.

    Raises
    ------
    OptionError
        For a problem without a regularization.
    """
    _check_problem(problem)
    if problem.kind != "regularized":
        raise OptionError(f"lambda_max needs a RegularizedProblem, not {problem!r}.")
    return largest_regularization(problem)


def _check_problem(problem: StatedProblem) -> None:
    if not isinstance(problem, StatedProblem):
        raise OptionError(f"A problem is needed, such as RegressionProblem(x, y), not {type(problem).__name__}.")


def _check_tolerance(tolerance: float) -> None:
    if not (np.isscalar(tolerance) and np.isreal(tolerance) and 0 < float(tolerance) < 1):  # type: ignore[arg-type]
        raise OptionError(f"tolerance must be a number between 0 and 1, not {tolerance!r}.")
