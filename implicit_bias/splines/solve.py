"""Solve, judge and sweep spline problems: a method proposes a spline, and its recomputed bounds give the status."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias import backends, tolerances
from implicit_bias.errors import DataError, OptionError
from implicit_bias.solution import Status, Timings, concluded, merged_note
from implicit_bias.splines import exact, programs
from implicit_bias.splines.problem import GCV, EarlyStopping, SplineProblem
from implicit_bias.splines.solution import SplineSolution
from implicit_bias.splines.spline import Spline

if TYPE_CHECKING:
    import cvxpy

METHODS = ("auto", "exact", *programs.METHODS)


def solve_spline(
    problem: SplineProblem,
    method: str = "auto",
    backend: str | None = None,
    tolerance: float = tolerances.SOLUTION,
    *,
    form: str = "primal",
    grid: Any = None,
    time_limit: float | None = None,
    backend_options: Mapping[str, Any] | None = None,
) -> SplineSolution:
    """Solve a spline problem and judge the answer; see :func:`implicit_bias.solve`.

    Methods are "exact" (linear time), and the programs "dictionary" and "finite-difference", which approximate the
    integral on a grid: ``grid`` is the number of further places besides the data, or their array.
    """
    chosen, reason = _choose(method, backend)
    reason += merged_note(problem.merged)
    if chosen == "exact":
        backends.refuse_options(form, grid, time_limit, backend_options)
    began = time.perf_counter()
    regularization = problem.regularization
    if problem.smoothing == GCV:
        regularization, remark = exact.choose_regularization(problem)
        reason += f" {remark}"
    choosing = time.perf_counter() - began
    if chosen == "exact":
        spline = exact.interpolate(problem) if regularization is None else exact.smooth(problem, regularization)
        return _judged(problem, spline, regularization, chosen, None, reason, tolerance, Timings(solve=time.perf_counter() - began))
    row = backends.find_backend(backends.DEFAULT if backend is None else backend, "QP")
    options = backends.options_for(row, tolerance * tolerances.BACKEND_MARGIN, time_limit, backend_options)
    import cvxpy  # noqa: F401  (so that its import, a second, counts as nobody's time)

    began = time.perf_counter()
    posed = programs.build(programs.Scaled.unit(problem, regularization), chosen, form, grid)
    stating = time.perf_counter() - began
    outcome = backends.run(row, posed.cvxpy, options, backend_options)
    timings = Timings(stating + outcome.build, outcome.solve + choosing)
    return _judged(problem, posed.read(), regularization, chosen, row.name, reason, tolerance, timings, outcome)


def judge_spline(problem: SplineProblem, spline: object, tolerance: float = tolerances.SOLUTION) -> SplineSolution:
    """Judge a spline that the user brings, by bounds made from it alone; raises :class:`DataError` for other knots or another ζ."""
    if not isinstance(spline, Spline):
        raise DataError(f"judge needs a Spline for this problem, not {type(spline).__name__}.")
    if not np.array_equal(spline.knots, problem.x) or spline.zeta != problem.zeta:
        raise DataError("The spline's knots must be the problem's x (sorted and merged), and its zeta the problem's.")
    regularization, reason = problem.regularization, "The spline was brought by the user."
    if problem.smoothing == GCV:
        regularization, remark = exact.choose_regularization(problem)
        reason += f" {remark}"
    return _judged(problem, spline, regularization, "judge", None, reason, tolerance, Timings())


def path_splines(problem: SplineProblem, regularizations: Iterable[float | EarlyStopping]) -> list[SplineSolution]:
    """Solve for every λ ≥ 0 or EarlyStopping(time) of a list, in its order; the data are prepared once."""
    return [solve_spline(problem.smoothed(one)) for one in regularizations]


def spline_program(problem: SplineProblem, method: str, form: str = "primal", grid: Any = None) -> cvxpy.Problem:
    """Return the CVXPY program of method "dictionary" or "finite-difference", in the problem's own units."""
    regularization = problem.regularization
    if problem.smoothing == GCV:
        regularization, _ = exact.choose_regularization(problem)
    return programs.build(programs.Scaled.none(problem, regularization), method, form, grid).cvxpy


def _choose(method: str, backend: str | None) -> tuple[str, str]:
    """Return the method to use and the reason, as a sentence."""
    if method not in METHODS:
        raise OptionError(f"There is no method {method!r}; for splines there are {', '.join(METHODS)}.")
    if method == "exact" and backend is not None:
        raise OptionError(f"The exact method uses no backend; leave backend out, or choose {' or '.join(map(repr, programs.METHODS))}.")
    if method == "exact":
        return method, "The exact method was asked for."
    if method == "auto" and backend is None:
        return "exact", "The exact method, because it exists for this problem."
    if method == "auto":
        return "finite-difference", f"The finite-difference program, because backend {str(backend).upper()} was named."
    which = "" if backend is not None else f" with {backends.DEFAULT}, the default backend"
    return method, f"The {method} program was asked for{which}."


def _judged(
    problem: SplineProblem,
    spline: Spline | None,
    regularization: float | None,
    method: str,
    backend: str | None,
    reason: str,
    tolerance: float,
    timings: Timings,
    outcome: backends.Outcome | None = None,
) -> SplineSolution:
    """Recompute the bounds of a spline and give it a status."""
    began = time.perf_counter()
    judged = SplineSolution(problem, spline, regularization, Status.OPTIMAL, method, backend, reason, float(tolerance), timings)
    if spline is not None:
        with np.errstate(over="ignore", invalid="ignore"):  # refused below
            costs = (judged.value, judged.dual_value, judged.lower_bound, judged.upper_bound, judged.constraint_violation)
        if not np.isfinite(costs).all():
            raise DataError("The cost overflows float64: rescale x, y or zeta.")
    objections = judged.objections()
    if not objections:
        status = Status.OPTIMAL
    elif outcome is not None and outcome.stopped:
        status = Status.LIMIT
    else:
        status = Status.BACKEND_FAILED if spline is None else Status.INACCURATE
    said = [] if outcome is None else [f"{backend} said {outcome.word!r}"]
    return concluded(judged, status, Timings(timings.build, timings.solve, time.perf_counter() - began), said, objections)
