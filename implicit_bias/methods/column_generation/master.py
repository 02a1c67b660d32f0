"""Restricted programs of column generation, by the toolkit's own interior point methods or by a backend."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from implicit_bias.methods.programs import backends
from implicit_bias.methods.programs.sphere import Columns, row_operations
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import SphereProblem
from implicit_bias.problems.candidate import Candidate

CLASSES_GOAL = 1e-11
"""The own method for classification is not asked for less."""

EXACTNESS = 0.02
"""Restricted programs are solved to this fraction of the tolerance."""

SHORTEST = 1.0
"""Seconds that a backend is given at least: the programs that end a run begin after its time limit."""

Runner = Callable[[SphereProblem, FloatArray, float, Candidate | None, float], tuple[Candidate, float, float]]
"""Solves the program over some features to a tolerance, given the answer over others, if there is one, and the seconds that are left.

Returns what was found, and the seconds it took to compile and to solve.
"""


def own_run(
    problem: SphereProblem, features: FloatArray, tolerance: float, before: Candidate | None, left: float
) -> tuple[Candidate, float, float]:
    """Solve the program by the toolkit's own method: of one output, with targets or the squared loss, or of classification.

    It is quick, and is not stopped.
    """
    began = time.perf_counter()
    fit = problem.fit
    if fit.class_labels is not None:
        from implicit_bias.methods.exact.max_margin.solve import solve_over_features  # imports SciPy

        expected = None if before is None or before.measure is None else before.measure(problem.x)
        goal = max(tolerance * EXACTNESS, CLASSES_GOAL)
        weights, alpha = solve_over_features(problem.rows, features, fit.class_labels, fit.shape[1], goal, expected)
        return Candidate(problem.measure(features, weights), alpha), 0.0, time.perf_counter() - began
    from implicit_bias.methods.column_generation.interior_point import solve_restricted  # imports SciPy

    columns, height = problem.columns(features), problem.scale
    size = float(columns.max(initial=0.0)) or 1.0
    level = 0.0 if problem.loss is None else problem.level / (size * height)
    if problem.inputs == 1 and len(problem.places[0]) == len(problem):  # close points do not make rows alike
        rows, columns = row_operations(problem, features)
        noise = (rows @ rows.T).toarray()
        found = solve_restricted(columns / size, rows @ problem.y / height, level, tolerance * EXACTNESS, noise)
        beta = rows.T @ found.beta
    else:
        found = solve_restricted(columns / size, problem.y / height, level, tolerance * EXACTNESS)
        beta = found.beta
    measure = problem.measure(features, found.weights * (height / size))
    return Candidate(measure, beta * (problem.level / size)), 0.0, time.perf_counter() - began


def own_objection(problem: SphereProblem) -> str | None:
    """Return why the toolkit's own method does not solve the restricted programs, or None."""
    if problem.loss is None and problem.fit.class_labels is not None:
        return None
    if problem.free or problem.outputs is not None or not problem.fit.homogeneous:
        return "the own method for restricted programs takes one output, targets or the squared loss, and no free affine part"
    return None


def backend_runner(row: backends.Backend, options: Mapping[str, Any], own: Mapping[str, Any] | None) -> Runner:
    """Return what solves restricted programs by a backend."""

    def run(
        problem: SphereProblem, features: Any, tolerance: float, before: Candidate | None, left: float
    ) -> tuple[Candidate, float, float]:
        began = time.perf_counter()
        stated = Columns(problem, features, scaled=True).program("primal")
        stating = time.perf_counter() - began
        limit = {} if math.isinf(left) else row.limited(max(left, SHORTEST))
        outcome = backends.run(row, stated.cvxpy, {**options, **limit, **(own or {})}, own)
        candidate = stated.read().with_word(outcome.word, outcome.stopped)
        assert isinstance(candidate, Candidate)
        return candidate, stating + outcome.build, outcome.solve

    return run
