"""Solve and judge problems over measures: a method proposes a candidate, and its recomputed bounds give the status."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from implicit_bias import backends, tolerances
from implicit_bias.arrays import as_floats, freeze
from implicit_bias.candidate import Candidate
from implicit_bias.errors import DataError, OptionError
from implicit_bias.fits import Margins
from implicit_bias.measures import AnyMeasure, Measure, Network, RidgeMeasure
from implicit_bias.methods import columns, own_programs
from implicit_bias.methods.exact import exact_objection, solve_exact
from implicit_bias.methods.limit_line import solve_limit
from implicit_bias.methods.refuting import infeasible
from implicit_bias.methods.stating import cone_of, on_sphere, run_program, runner
from implicit_bias.problems import LimitLineProblem, MeasureProblem, SphereProblem, StatedProblem, WholeLineProblem
from implicit_bias.solution import Solution, Status, Timings, concluded, merged_note

METHODS = ("auto", "exact", "sparse", "dictionary", "column-generation", "patterns")

_EXISTS = "The exact method, because it exists for this problem."
_PROGRAM = f"The sparse program with {backends.DEFAULT}."
_NO_SPLIT = (
    "The exact method does not apply to these data: the kinks of the optimum with a free affine part cannot be split between "
    "rising and falling features so that they make the affine part."
)


def solve_measure(
    problem: StatedProblem,
    method: str,
    backend: str | None,
    tolerance: float,
    *,
    form: str,
    grid: Any,
    time_limit: float | None,
    warm_start: Solution | None,
    backend_options: Mapping[str, Any] | None,
) -> Solution:
    """Solve a problem over measures and judge the answer; see :func:`implicit_bias.solve`."""
    warm, start = _warm(problem, warm_start)
    chosen, reason = _choose(problem, method, backend)
    reason += merged_note(problem.merged)
    if isinstance(problem, LimitLineProblem):
        backends.refuse_options(form, grid, time_limit, backend_options)
        return _limit(problem, reason, float(tolerance))
    if isinstance(problem, SphereProblem) and (rows := problem.conflict()) is not None:
        return infeasible(problem, rows, chosen, tolerance)
    if chosen == "exact":
        backends.refuse_options(form, grid, time_limit, backend_options)
        began = time.perf_counter()
        candidate = solve_exact(problem, float(tolerance), warm)
        if candidate is not None:
            seconds = Timings(solve=time.perf_counter() - began)
            return _judged(problem, candidate, chosen, None, reason + _split(problem), tolerance, seconds)
        if method == "exact":
            raise OptionError(f"{_NO_SPLIT} Use 'sparse' or 'dictionary'.")
        chosen, reason = "sparse", f"{reason.replace(_EXISTS, _PROGRAM)} {_NO_SPLIT}"
    if warm is not None:
        raise OptionError("Only the exact method of classification, and column generation, can use a warm start.")
    if chosen == "column-generation":
        return _generated(problem, reason, backend, tolerance, form, grid, time_limit, start, backend_options)
    if start is not None:
        raise OptionError("Only the exact method of classification, and column generation, can use a warm start.")
    row = backends.find_backend(backends.DEFAULT if backend is None else backend, cone_of(problem, chosen))
    options = backends.options_for(row, tolerance * tolerances.BACKEND_MARGIN, time_limit, backend_options)
    stated = problem
    lift: Callable[[Candidate], Candidate] = _unchanged
    if chosen == "sparse" and isinstance(problem, MeasureProblem) and isinstance(problem.fit, Margins) and problem.on_data_range:
        stated, lift = problem.reduced()
        reason += f" It was stated for the {len(stated)} points of S_C, and is judged on all."
    found, timings = run_program(stated, chosen, form, grid, row, options, backend_options)
    return _judged(problem, lift(found), chosen, row.name, reason, tolerance, timings)


def _limit(problem: LimitLineProblem, reason: str, tolerance: float) -> Solution:
    """Solve problem (13) over the whole line; that its infimum is not attained is a status with the dual as its proof."""
    began = time.perf_counter()
    found = solve_limit(problem, tolerance)
    judged = _judged(problem, found.candidate, "exact", None, reason, tolerance, Timings(solve=time.perf_counter() - began))
    if found.proof is None:
        return judged
    return concluded(replace(judged, reason=f"{judged.reason} {found.proof}"), Status.UNBOUNDED, judged.timings, [], [])


def _generated(
    problem: StatedProblem,
    reason: str,
    backend: str | None,
    tolerance: float,
    form: str,
    grid: Any,
    time_limit: float | None,
    start: Solution | None,
    own: Mapping[str, Any] | None,
) -> Solution:
    """Solve by column generation, with the toolkit's own restricted programs or a backend's."""
    if form != "primal" or grid is not None:
        raise OptionError("Column generation takes no form and no grid.")
    stated = on_sphere(problem)
    objection = own_programs.own_objection(stated)
    run: own_programs.Runner = own_programs.own_run
    name = None
    if backend is not None or objection is not None or own:
        row = backends.find_backend(backends.DEFAULT if backend is None else backend, stated.cone)
        options = backends.options_for(row, tolerance * tolerances.BACKEND_MARGIN, None, own)
        run, name = runner(row, options, own), row.name
    features = None if start is None else stated.features_of(_measure_of(start))[0]
    found = columns.generate(stated, float(tolerance), run, time_limit, features)
    work = found.work
    if work.rounds:
        reason += "" if backend is not None or name is None else f" Its programs are solved by {name}."
        reason += f" It took {work.rounds} rounds, the last with {work.columns} features."
    else:
        reason, name = f"{reason} Nothing had to be solved: an answer without atoms is optimal.", None
    if stated.inputs > 2:
        reason += " Not certified: for more than two inputs the certificate's supremum is searched for, not proved."
    return _judged(problem, found.candidate, "column-generation", name, reason, tolerance, Timings(work.build, work.solve))


def judge_measure(problem: StatedProblem, measure: object, dual: Any, tolerance: float) -> Solution:
    """Judge a measure or a network that the user brings; see :func:`implicit_bias.judge`."""
    brought = measure.measure() if isinstance(measure, Network) else measure
    wanted = RidgeMeasure if isinstance(problem, SphereProblem) and problem.inputs > 1 else Measure
    if not isinstance(brought, wanted):
        raise DataError(f"judge needs a {wanted.__name__} or a Network of as many inputs, not {type(brought).__name__}.")
    if brought.weights.shape[1:] != problem.fit.shape[1:]:
        if len(brought) or np.any(brought.constant) or brought.affine is not None:
            raise DataError(f"The measure's weights have shape {brought.weights.shape}; the problem has {problem.outputs or 1} outputs.")
        none = np.empty((0, *problem.fit.shape[1:]))
        brought = RidgeMeasure(brought.features, none) if isinstance(brought, RidgeMeasure) else Measure(np.empty(0), np.empty(0), none)
    if dual is None:
        best = solve_measure(
            problem, "auto", None, tolerance, form="primal", grid=None, time_limit=None, warm_start=None, backend_options=None
        )
        candidate = Candidate(brought, best.dual, certificate=best.certificate)
        reason = f"The measure was brought by the user; the dual is that of the {best.method} method."
        return _judged(problem, candidate, "judge", best.backend, reason, tolerance, best.timings)
    alpha = freeze(as_floats(dual, "dual", problem.fit.shape).copy())
    candidate = Candidate(brought, alpha)
    return _judged(problem, candidate, "judge", None, "Both the measure and the dual were brought by the user.", tolerance, Timings())


def _warm(problem: StatedProblem, start: Solution | None) -> tuple[tuple[Measure, int] | None, Solution | None]:
    """Return the measure and the number of classes of a warm start for the exact method, or the one for column generation."""
    if start is None:
        return None, None
    if not isinstance(start, Solution) or start.measure is None:
        raise OptionError("warm_start must be a solution with a measure.")
    if isinstance(problem, SphereProblem):
        if not isinstance(start.problem, SphereProblem) or start.problem.inputs != problem.inputs:
            raise OptionError("warm_start must be a solution of another problem on the sphere with as many inputs.")
        return None, start
    if not isinstance(problem.fit, Margins):
        raise OptionError("Only the exact method of classification, and column generation, can use a warm start.")
    if not isinstance(start.problem.fit, Margins) or not isinstance(start.measure, Measure):
        raise OptionError("warm_start must be a solution of a classification problem, with a measure.")
    return (start.measure, start.problem.fit.classes), None


def _measure_of(start: Solution) -> AnyMeasure:
    measure: AnyMeasure = start.measure
    return measure


def _choose(problem: StatedProblem, method: str, backend: str | None) -> tuple[str, str]:
    """Return the method to use and the reason, as a sentence."""
    if method not in METHODS:
        raise OptionError(f"There is no method {method!r}; there are {', '.join(METHODS)}.")
    objection = exact_objection(problem)
    if isinstance(problem, LimitLineProblem) and (backend is not None or method not in ("auto", "exact")):
        raise OptionError("With unit weight and kinks over the whole line there is the exact method only, without a backend.")
    if method == "exact":
        if backend is not None:
            raise OptionError("The exact method uses no backend; leave backend out, or choose 'sparse' or 'dictionary'.")
        if objection is not None:
            others = "'column-generation' or 'dictionary'" if isinstance(problem, SphereProblem) else "'sparse' or 'dictionary'"
            raise OptionError(f"{objection} Use {others}.")
        return method, "The exact method was asked for."
    if method != "auto":
        which = "" if backend is not None else f" with {backends.DEFAULT}, the default backend"
        if method == "column-generation":
            return method, "Column generation was asked for."
        return method, f"The {method} program was asked for{which}."
    if backend is not None:
        if isinstance(problem, SphereProblem) or (isinstance(problem, WholeLineProblem) and problem.free):
            return "dictionary", f"The dictionary program, because backend {str(backend).upper()} was named and there is no sparse one."
        return "sparse", f"The sparse program, because backend {str(backend).upper()} was named."
    if objection is None:
        return "exact", _EXISTS
    if isinstance(problem, SphereProblem):
        return "column-generation", f"Column generation. {objection}"
    return "sparse", f"{_PROGRAM} {objection}"


def _split(problem: StatedProblem) -> str:
    """Say why the exact method applied to a problem (4)."""
    if not isinstance(problem, WholeLineProblem) or problem.free:
        return ""
    return " It applies, because the kinks of the optimum with a free affine part can be split so that they make the affine part."


def _unchanged(candidate: Candidate) -> Candidate:
    return candidate


def _judged(
    problem: StatedProblem, candidate: Candidate, method: str, backend: str | None, reason: str, tolerance: float, timings: Timings
) -> Solution:
    """Recompute the bounds of a candidate and give it a status."""
    began = time.perf_counter()
    judged = Solution(problem, candidate, Status.OPTIMAL, method, backend, reason, float(tolerance), timings)
    # without a positive margin the upper bound is infinite in earnest; an infinite cost is overflow
    with np.errstate(over="ignore"):
        overflows = np.isinf(judged.value) or (problem.interpolates and candidate.measure is not None and np.isinf(judged.upper_bound))
    if overflows:
        raise DataError("The cost overflows float64: rescale x or y.")
    objections = judged.objections()
    if objections and method == "exact":
        objections += _too_close(problem, tolerance)
    if not objections:
        status = Status.OPTIMAL
    elif candidate.stopped:
        status = Status.LIMIT
    elif candidate.measure is None and candidate.dual is None:
        status = Status.BACKEND_FAILED
    else:
        status = Status.INACCURATE
    said = [] if candidate.word is None else [f"{backend} said {candidate.word!r}"]
    if candidate.word is not None and "infeasible" in candidate.word:
        said.append("but the problem is feasible, because its features interpolate any values")
    return concluded(judged, status, Timings(timings.build, timings.solve, time.perf_counter() - began), said, objections)


def _too_close(problem: StatedProblem, tolerance: float) -> list[str]:
    """Say so if two points of different labels are too close for float64 weights to meet the tolerance."""
    if not isinstance(problem.fit, Margins):
        return []
    gap = np.diff(problem.x).min(where=np.diff(problem.fit.labels) != 0, initial=np.inf)
    if tolerances.EPS * (problem.x[-1] - problem.x[0]) <= tolerance * gap:
        return []
    return [f"points of different labels are only {gap:.3g} apart: weights of that steepness are rounded too coarsely for the tolerance"]
