"""Choose a method, run it, judge what it found: the only place where a status is given."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias import backends, tolerances
from implicit_bias.arrays import as_floats, freeze
from implicit_bias.candidate import Candidate
from implicit_bias.errors import DataError, OptionError
from implicit_bias.fits import Margins
from implicit_bias.measures import Measure, Network
from implicit_bias.methods import arc_programs, programs
from implicit_bias.methods.exact import exact_objection, solve_exact
from implicit_bias.methods.posed import Program
from implicit_bias.problems import MeasureProblem, StatedProblem, WholeLineProblem
from implicit_bias.solution import Solution, Status, Timings

if TYPE_CHECKING:
    import cvxpy

METHODS = ("auto", "exact", "sparse", "dictionary")
DEFAULT_BACKEND = "CLARABEL"

_EXISTS = "The exact method, because it exists for this problem."
_PROGRAM = f"The sparse program with {DEFAULT_BACKEND}."
_NO_SPLIT = (
    "The exact method does not apply to these data: the kinks of the optimum with a free affine part cannot be split between "
    "rising and falling features so that they make the affine part."
)


def solve(
    problem: StatedProblem,
    method: str = "auto",
    backend: str | None = None,
    tolerance: float = tolerances.SOLUTION,
    *,
    form: str = "primal",
    grid: Any = None,
    time_limit: float | None = None,
    warm_start: Solution | None = None,
    backend_options: Mapping[str, Any] | None = None,
) -> Solution:
    """Solve a problem and judge the answer by bounds recomputed from it.

    Parameters
    ----------
    problem : from RegressionProblem, MaxMarginProblem, or a MeasureProblem
    method : "auto", "exact" (the toolkit's own), "sparse" or "dictionary" (CVXPY programs)
    backend : CVXPY solver for the programs; naming one chooses "sparse" where it exists, unless the method says otherwise
    tolerance : largest relative gap, and violation over the data's scale, to be called optimal
    form : "primal" or "dual", of a program
    grid : for "dictionary", further kinks (or their number) besides the data; on the sphere they are 1000 evenly spaced angles unless
        given, and the gap contains what the grid misses
    time_limit : seconds, for backends that have one
    warm_start : for "exact" classification, a solution of another classification of points in the same range, with any number of bins:
        the margins that are tight there are taken in early
    backend_options : passed to the backend as they are, over the toolkit's own

    Raises
    ------
    OptionError, BackendError
        Before anything runs. What happens after a backend has started is a status.
    """
    _check_problem(problem)
    _check_tolerance(tolerance)
    warm = _warm(problem, warm_start)
    if time_limit is not None and not (isinstance(time_limit, (int, float)) and time_limit > 0):
        raise OptionError(f"time_limit must be a positive number of seconds, not {time_limit!r}.")
    if backend_options is not None and not isinstance(backend_options, Mapping):
        raise OptionError(f"backend_options must map names to values, not be {type(backend_options).__name__}.")
    chosen, reason = _choose(problem, method, backend)
    if problem.merged:
        reason += f" {problem.merged} repeated row{'s were' if problem.merged > 1 else ' was'} merged."
    if chosen == "exact":
        given = {
            "form": form != "primal",
            "grid": grid is not None,
            "time_limit": time_limit is not None,
            "backend_options": bool(backend_options),
        }
        unused = [name for name, used in given.items() if used]
        if unused:
            raise OptionError(f"The exact method takes no {' or '.join(unused)}.")
        began = time.perf_counter()
        candidate = solve_exact(problem, float(tolerance), warm)
        if candidate is not None:
            return _judged(
                problem, candidate, chosen, None, reason + _split(problem), tolerance, Timings(solve=time.perf_counter() - began)
            )
        if method == "exact":
            raise OptionError(f"{_NO_SPLIT} Use 'sparse' or 'dictionary'.")
        chosen, reason = "sparse", f"{reason.replace(_EXISTS, _PROGRAM)} {_NO_SPLIT}"
    if warm is not None:
        raise OptionError("Only the exact method of classification can use a warm start.")
    row = backends.find_backend(DEFAULT_BACKEND if backend is None else backend, programs.cone(problem, chosen))
    options = backends.options_for(row, tolerance * tolerances.BACKEND_MARGIN, time_limit, backend_options)
    stated = problem
    lift: Callable[[Candidate], Candidate] = _unchanged
    if chosen == "sparse" and isinstance(problem, MeasureProblem) and isinstance(problem.fit, Margins) and problem.on_data_range:
        stated, lift = problem.reduced()
        reason += f" It was stated for the {len(stated)} points of S_C, and is judged on all."
    found, timings = _run_program(stated, chosen, form, grid, row, options, backend_options)
    return _judged(problem, lift(found), chosen, row.name, reason, tolerance, timings)


def _run_program(
    problem: StatedProblem,
    method: str,
    form: str,
    grid: Any,
    row: backends.Backend,
    options: Mapping[str, Any],
    own: Mapping[str, Any] | None,
) -> tuple[Candidate, Timings]:
    """State a program for scaled data, run it, and read the answer."""
    import cvxpy  # noqa: F401  (so that its import, a second, counts as nobody's time)

    began = time.perf_counter()
    posed = _posed(problem, method, form, grid, scaled=True)
    stating = time.perf_counter() - began
    outcome = backends.run(row, posed.cvxpy, options, own)
    began = time.perf_counter()
    candidate = _with_word(posed.read(), outcome)
    return candidate, Timings(stating + outcome.build, outcome.solve + time.perf_counter() - began)


def judge(problem: StatedProblem, measure: Measure | Network, dual: Any = None, tolerance: float = tolerances.SOLUTION) -> Solution:
    """Judge a measure or a network that you bring, by its distance from the optimum.

    Without ``dual``, the toolkit finds one itself, so that the lower bound is as good as it can be; that takes as long as
    solving the problem.

    Parameters
    ----------
    problem : what the measure is to solve
    measure : Measure, or Network of plain arrays
    dual : (n,) array-like α in the order of ``problem.x``, optional

    Returns
    -------
    Solution
        ``value`` is the cost as it is, ``constraint_violation`` how far it misses the data, and ``gap`` that of
        its repaired version, which interpolates.
    """
    _check_problem(problem)
    _check_tolerance(tolerance)
    brought = measure.measure() if isinstance(measure, Network) else measure
    if not isinstance(brought, Measure):
        raise DataError(f"judge needs a Measure or a Network, not {type(measure).__name__}.")
    if brought.weights.shape[1:] != problem.fit.shape[1:]:
        if len(brought) or np.any(brought.constant) or brought.affine is not None:
            raise DataError(f"The measure's weights have shape {brought.weights.shape}; the problem has {problem.outputs or 1} outputs.")
        brought = Measure(np.empty(0), np.empty(0), np.empty((0, *problem.fit.shape[1:])))
    if dual is None:
        best = solve(problem, tolerance=tolerance)
        candidate = Candidate(brought, best.dual, certificate=best.certificate)
        reason = f"The measure was brought by the user; the dual is that of the {best.method} method."
        return _judged(problem, candidate, "judge", best.backend, reason, tolerance, best.timings)
    alpha = freeze(as_floats(dual, "dual", problem.fit.shape).copy())
    candidate = Candidate(brought, alpha)
    return _judged(problem, candidate, "judge", None, "Both the measure and the dual were brought by the user.", tolerance, Timings())


def program(problem: StatedProblem, method: str, form: str = "primal", grid: Any = None) -> cvxpy.Problem:
    """Return the CVXPY program of method "dictionary" or "sparse", in the problem's own units.

    ``solve`` builds the same program on data scaled to [0, 1] and max|y| = 1.
    """
    _check_problem(problem)
    return _posed(problem, method, form, grid, scaled=False).cvxpy


def _posed(problem: StatedProblem, method: str, form: str, grid: Any, scaled: bool) -> Program:
    if isinstance(problem, WholeLineProblem):
        return arc_programs.build(problem, method, form, grid, scaled)
    return programs.build(programs.Scaled.unit(problem) if scaled else programs.Scaled.none(problem), method, form, grid)


def _check_problem(problem: StatedProblem) -> None:
    if not isinstance(problem, StatedProblem):
        raise OptionError(f"A problem is needed, such as RegressionProblem(x, y), not {type(problem).__name__}.")


def _warm(problem: StatedProblem, start: Solution | None) -> tuple[Measure, int] | None:
    """Return the measure and the number of classes of a warm start."""
    if start is None:
        return None
    if not isinstance(start, Solution) or not isinstance(start.problem.fit, Margins) or start.measure is None:
        raise OptionError("warm_start must be a solution of a classification problem, with a measure.")
    if not isinstance(problem.fit, Margins):
        raise OptionError("Only the exact method of classification can use a warm start.")
    return start.measure, start.problem.fit.classes


def _check_tolerance(tolerance: float) -> None:
    if not (np.isscalar(tolerance) and np.isreal(tolerance) and 0 < float(tolerance) < 1):  # type: ignore[arg-type]
        raise OptionError(f"tolerance must be a number between 0 and 1, not {tolerance!r}.")


def _choose(problem: StatedProblem, method: str, backend: str | None) -> tuple[str, str]:
    """Return the method to use and the reason, as a sentence."""
    if method not in METHODS:
        raise OptionError(f"There is no method {method!r}; there are {', '.join(METHODS)}.")
    objection = exact_objection(problem)
    if method == "exact":
        if backend is not None:
            raise OptionError("The exact method uses no backend; leave backend out, or choose 'sparse' or 'dictionary'.")
        if objection is not None:
            raise OptionError(f"{objection} Use 'sparse' or 'dictionary'.")
        return method, "The exact method was asked for."
    if method != "auto":
        which = "" if backend is not None else f" with {DEFAULT_BACKEND}, the default backend"
        return method, f"The {method} program was asked for{which}."
    if backend is not None:
        if isinstance(problem, WholeLineProblem) and problem.free:
            return "dictionary", f"The dictionary program, because backend {str(backend).upper()} was named and there is no sparse one."
        return "sparse", f"The sparse program, because backend {str(backend).upper()} was named."
    if objection is None:
        return "exact", _EXISTS
    return "sparse", f"{_PROGRAM} {objection}"


def _split(problem: StatedProblem) -> str:
    """Say why the exact method applied to a problem (4)."""
    if not isinstance(problem, WholeLineProblem) or problem.free:
        return ""
    return " It applies, because the kinks of the optimum with a free affine part can be split so that they make the affine part."


def _unchanged(candidate: Candidate) -> Candidate:
    return candidate


def _with_word(candidate: Candidate, outcome: backends.Outcome) -> Candidate:
    arrays = [candidate.dual] + ([] if candidate.measure is None else [candidate.measure.weights])
    usable = all(part is None or np.isfinite(part).all() for part in arrays)
    measure, dual = (candidate.measure, candidate.dual) if usable else (None, None)
    certificate = candidate.certificate if usable else None
    return Candidate(measure, dual, candidate.interpolant, certificate, outcome.word, outcome.stopped)


def _judged(
    problem: StatedProblem, candidate: Candidate, method: str, backend: str | None, reason: str, tolerance: float, timings: Timings
) -> Solution:
    """Recompute the bounds of a candidate and give it a status."""
    began = time.perf_counter()
    judged = Solution(problem, candidate, Status.OPTIMAL, method, backend, reason, float(tolerance), timings)
    # without a positive margin the upper bound is infinite in earnest; an infinite cost is overflow
    if np.isinf(judged.value) or (problem.interpolates and candidate.measure is not None and np.isinf(judged.upper_bound)):
        raise DataError("The cost overflows float64: rescale x or y.")
    objections = judged.objections()
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
    text = "; ".join([*said, *objections])
    full = f"{reason} {text[0].upper()}{text[1:]}." if objections else reason
    seconds = Timings(timings.build, timings.solve, time.perf_counter() - began)
    answer = Solution(problem, candidate, status, method, backend, full, float(tolerance), seconds)
    # what was just computed need not be computed again: cached properties live in the instance's dictionary
    answer.__dict__.update({k: v for k, v in judged.__dict__.items() if k in _CACHED})
    return answer


_CACHED = ("certificate", "value", "dual_value", "upper_bound", "lower_bound", "constraint_violation")
