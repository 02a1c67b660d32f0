"""Solve, judge and sweep problems of every kind: the doors to the table of methods and to the one judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from implicit_bias.errors import OptionError
from implicit_bias.methods.base import AnyMethod, Found, Options
from implicit_bias.methods.programs.base import Program
from implicit_bias.methods.table import MethodName, advice, rows_for, started
from implicit_bias.numerics import tolerances
from implicit_bias.problems.base import AnyProblem, Problem
from implicit_bias.solution import AnySolution, judged, merged_note

if TYPE_CHECKING:
    import cvxpy
    import numpy.typing as npt

    from implicit_bias.problems.splines.curvature import Smoothing

S = TypeVar("S", bound=AnySolution)


def solve(
    problem: Problem[S],
    method: MethodName | AnyMethod = "auto",
    backend: str | None = None,
    tolerance: float = tolerances.SOLUTION,
    *,
    form: Literal["primal", "dual"] = "primal",
    grid: npt.ArrayLike | None = None,
    time_limit: float | None = None,
    warm_start: AnySolution | None = None,
    backend_options: Mapping[str, object] | None = None,
) -> S:
    """Solve a problem and judge the answer by bounds recomputed from it.

    Parameters
    ----------
    problem : Problem
        From RegressionProblem, MaxMarginProblem, RegularizedProblem, a MeasureProblem, a SplineProblem,
        HomogeneousSplineProblem or SeveralInputsProblem.
    method : str or Method
        "auto"; "exact", the toolkit's own; "sparse", "finite-difference" (splines) or "dictionary", CVXPY programs;
        "column-generation", off the grid; or "patterns", the finite program of Pilanci and Ergen, for small data. Or a method of
        yours; ``implicit-bias methods`` lists which problem has which.
    backend : str, optional
        CVXPY solver for the programs; naming one chooses the first program there is, unless the method says otherwise.
    tolerance : float
        Largest relative gap, and violation over the data's scale, to be called optimal.
    form : str
        "primal" or "dual", of a program.
    grid : int or array-like, optional
        For "dictionary", further kinks (or their number) besides the data; on the sphere they are 1000 evenly spaced angles unless
        given, and the gap contains what the grid misses. For splines, further places of the cells.
    time_limit : float, optional
        Seconds, for backends that have a limit, and for column generation.
    warm_start : solution, optional
        For "exact" classification, a solution of another classification of points in the same range, with any number of bins: the
        margins that are tight there are taken in early; for total-variation denoising a solution whose kinks are tried first; for
        "column-generation" a solution of another problem on the sphere, whose features are taken in.
    backend_options : mapping, optional
        Passed to the backend as they are, over the toolkit's own.

    Returns
    -------
    Solution, SplineSolution or QuadraticSolution

    Raises
    ------
    OptionError, BackendError
        Before anything runs. What happens after a backend has started is a status.

    Examples
    --------
    >>> import implicit_bias as ib
    >>> solution = ib.solve(ib.RegressionProblem([0, 1, 2], [0, 1, 0]))
    >>> print(solution.status, solution.value)
    optimal 3.0
    """
    check_problem(problem)
    options = Options(tolerance, backend, form, grid, time_limit, warm_start, backend_options)
    tried: AnyMethod | None = None
    for row, reason in started(problem, method, options):
        if (conflict := problem.conflict()) is not None:
            candidate, refuted = conflict
            return judged(problem, candidate, row.name, "", options.tolerance, refuted=refuted)
        found = Found.checked(row.solve(problem, options), row.title)
        if found is not None:
            text = f"{reason}{merged_note(problem.merged)}{found.notes}"
            return judged(
                problem,
                found.candidate,
                row.name,
                text,
                options.tolerance,
                backend=found.backend,
                timings=found.timings,
                refuted=found.refuted,
                excuses=found.excuses,
            )
        tried = row
    assert tried is not None  # choose yields or raises
    raise OptionError(f"{tried.gives_up} {advice(problem, options, tried.name)}")


def judge(problem: Problem[S], measure: object, dual: object = None, tolerance: float = tolerances.SOLUTION) -> S:
    """Judge a measure or a network that you bring, by its distance from the optimum.

    Without ``dual``, the toolkit finds one itself, so that the lower bound is as good as it can be; that takes as long as
    solving the problem.

    Parameters
    ----------
    problem : Problem
        What the measure is to solve.
    measure : Measure, RidgeMeasure, Network or Spline
        A network is made of plain arrays. For a SplineProblem a Spline, which brings its own dual.
    dual : (n,) array-like, optional
        α in the order of ``problem.x``.
    tolerance : float
        Largest relative gap, and violation over the data's scale, to be called optimal.

    Returns
    -------
    Solution or SplineSolution
        ``value`` is the cost as it is, ``constraint_violation`` how far it misses the data, and ``gap`` that of
        its repaired version, which interpolates.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import implicit_bias as ib
    >>> judged = ib.judge(ib.RegressionProblem([0, 1, 2], [0, 1, 0]), ib.Measure.zero())
    >>> print(judged.status, judged.constraint_violation)
    inaccurate 1.0
    """
    check_problem(problem)
    allowed = Options(tolerance).tolerance
    candidate = problem.brought(measure, dual)
    if candidate.complete:
        return judged(problem, candidate, "judge", candidate.origin(None), allowed)
    best = solve(problem, tolerance=allowed)
    whole = candidate.completed(best)
    return judged(problem, whole, "judge", candidate.origin(best), allowed, backend=best.backend, timings=best.timings)


def program(
    problem: AnyProblem,
    method: MethodName | AnyMethod,
    form: Literal["primal", "dual"] = "primal",
    grid: npt.ArrayLike | None = None,
) -> cvxpy.Problem:
    """Return the CVXPY program of a method such as "dictionary" or "sparse", in the problem's own units.

    ``solve`` builds the same program on data scaled to [0, 1] and max|y| = 1.

    Parameters
    ----------
    problem : Problem
        What the program states.
    method : str or Method
        A method that is a program.
    form : str
        "primal" or "dual".
    grid : int or array-like, optional
        Further kinks, features or cells, as in ``solve``.

    Returns
    -------
    cvxpy.Problem
        Not solved yet.

    Raises
    ------
    OptionError
        If the method has no program for the problem.

    Examples
    --------
    >>> import implicit_bias as ib
    >>> stated = ib.program(ib.RegressionProblem([0, 1, 2], [0, 1, 0]), "sparse")
    >>> print(round(stated.solve(solver="CLARABEL"), 6))
    3.0
    """
    check_problem(problem)
    options = Options(form=form, grid=grid)
    for row, _ in started(problem, method, options):
        if not isinstance(row, Program):
            there = ", ".join(repr(one.name) for one in rows_for(problem) if isinstance(one, Program))
            raise OptionError(f"{row.title} is no program. " + (f"There are {there}." if there else f"There is none for {problem.noun}."))
        return row.state(problem, form, grid, scaled=False).cvxpy
    raise AssertionError  # choose yields or raises


def path(problem: Problem[S], regularizations: Iterable[Smoothing], tolerance: float = tolerances.SOLUTION) -> list[S]:
    """Solve a problem for every regularization of a list, and return the solutions in its order.

    Problems are solved from the largest λ down, each from the answer before where the method can use one.

    Parameters
    ----------
    problem : SplineProblem, RegularizedProblem, or another with a regularization
        Its own regularization plays no part.
    regularizations : iterable
        λ ≥ 0, or EarlyStopping(time), for splines; λ > 0 for regularised problems.
    tolerance : float
        Of each solution.

    Returns
    -------
    list of solutions
        As ``solve`` returns them.

    Raises
    ------
    OptionError

    Examples
    --------
    >>> import implicit_bias as ib
    >>> problem = ib.RegularizedProblem([0, 1, 2], [0, 1, 0], 0.1)
    >>> [round(solution.value, 6) for solution in ib.path(problem, [0.1, 0.5])]
    [0.271053, 0.438407]
    """
    check_problem(problem)
    options = Options(tolerance)
    levels = _each(regularizations)
    if not levels:
        problem.with_regularization(1.0)  # a problem without a regularization is refused, also with nothing to solve
    stated = [problem.with_regularization(level) for level in levels]
    found: dict[int, S] = {}
    before: S | None = None
    for at in sorted(range(len(stated)), key=lambda i: -(stated[i].regularization or 0.0)):
        warm = None if before is None or not _continues(stated[at], before) else before
        found[at] = before = solve(stated[at], tolerance=options.tolerance, warm_start=warm)
    return [found[at] for at in range(len(stated))]


def _each(regularizations: Any) -> list[Any]:
    try:
        return list(regularizations)
    except TypeError as error:
        raise OptionError(f"regularizations must be a list of numbers, not {regularizations!r}.") from error


def _continues(problem: AnyProblem, before: AnySolution) -> bool:
    """Whether the method that "auto" chooses can go on from an answer."""
    row = rows_for(problem)[0]
    return "warm_start" in row.takes and before.measure is not None


def lambda_max(problem: AnyProblem) -> float:
    """Return the smallest λ for which the solution of a RegularizedProblem has no atoms: sup ‖η‖ for α = -∇L at the best affine part.

    Parameters
    ----------
    problem : RegularizedProblem
        Its own λ plays no part.

    Returns
    -------
    float

    Raises
    ------
    OptionError
        For a problem without such a λ.

    Examples
    --------
    >>> import implicit_bias as ib
    >>> round(ib.lambda_max(ib.RegularizedProblem([0, 1, 2], [0, 1, 0], 0.1)), 6)
    1.414214
    """
    check_problem(problem)
    found = (row.largest_regularization(problem) for row in rows_for(problem))
    level = next((one for one in found if one is not None), None)
    if level is None:
        raise OptionError(f"lambda_max needs a RegularizedProblem, not {problem!r}.")
    return level


def check_problem(problem: object) -> None:
    """Raise :class:`OptionError` unless this is a problem."""
    if not isinstance(problem, Problem):
        raise OptionError(f"A problem is needed, such as RegressionProblem(x, y), not {type(problem).__name__}.")
