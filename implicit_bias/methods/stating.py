"""From a problem and a method to a CVXPY program, and through a backend to an answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias import backends
from implicit_bias.candidate import Candidate
from implicit_bias.errors import OptionError
from implicit_bias.methods import arc_programs, patterns, programs, sphere_programs
from implicit_bias.methods.denoising_programs import denoising_program
from implicit_bias.methods.own_programs import Runner
from implicit_bias.methods.posed import Program
from implicit_bias.problems import DenoisingProblem, LimitLineProblem, SphereProblem, StatedProblem, WholeLineProblem
from implicit_bias.problems.whole_line import SPHERE
from implicit_bias.solution import Timings

if TYPE_CHECKING:
    import cvxpy


def measure_program(problem: StatedProblem, method: str, form: str, grid: Any) -> cvxpy.Problem:
    """Return the CVXPY program in the problem's own units; see :func:`implicit_bias.program`."""
    return posed(problem, method, form, grid, scaled=False).cvxpy


def run_program(
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
    stated = posed(problem, method, form, grid, scaled=True)
    stating = time.perf_counter() - began
    outcome = backends.run(row, stated.cvxpy, options, own)
    began = time.perf_counter()
    candidate = with_word(stated.read(), outcome)
    return candidate, Timings(stating + outcome.build, outcome.solve + time.perf_counter() - began)


def posed(problem: StatedProblem, method: str, form: str, grid: Any, scaled: bool) -> Program:
    """Return the program of a method for a problem of any kind, for scaled data or as they are."""
    if isinstance(problem, DenoisingProblem):
        if method != "sparse" or grid is not None:
            raise OptionError("For unit weight and a free affine part there is a program for 'sparse', without a grid.")
        return denoising_program(problem, form, scaled)
    if method == "patterns" and not isinstance(problem, LimitLineProblem):
        return patterns.build(on_sphere(problem), form, grid, scaled)
    if isinstance(problem, LimitLineProblem):
        raise OptionError("With unit weight and kinks over the whole line there is no program: its optimum need not exist.")
    if isinstance(problem, SphereProblem):
        return sphere_programs.build(problem, method, form, grid, scaled)
    if isinstance(problem, WholeLineProblem):
        return arc_programs.build(problem, method, form, grid, scaled)
    return programs.build(programs.Scaled.unit(problem) if scaled else programs.Scaled.none(problem), method, form, grid)


def cone_of(problem: StatedProblem, method: str) -> str:
    """Return what a backend must accept to solve the program of a method."""
    return "SOCP" if method == "patterns" else programs.cone(problem, method)


def on_sphere(problem: StatedProblem) -> SphereProblem:
    """Return the problem as one of features on the sphere."""
    if isinstance(problem, SphereProblem):
        return problem
    if isinstance(problem, WholeLineProblem) and problem.weight == SPHERE:
        return SphereProblem(problem.x, problem.fit, None, problem.affine, merged=problem.merged)
    raise OptionError("With unit weight an optimum has its kinks at the data: use 'exact', 'sparse' or 'dictionary'.")


def runner(row: backends.Backend, options: Mapping[str, Any], own: Mapping[str, Any] | None) -> Runner:
    """Return what solves restricted programs by a backend."""

    def run(problem: SphereProblem, features: Any, tolerance: float, before: Candidate | None) -> tuple[Candidate, float, float]:
        began = time.perf_counter()
        stated = sphere_programs.Columns(problem, features, scaled=True).program("primal")
        stating = time.perf_counter() - began
        outcome = backends.run(row, stated.cvxpy, options, own)
        return with_word(stated.read(), outcome), stating + outcome.build, outcome.solve

    return run


def with_word(candidate: Candidate, outcome: backends.Outcome) -> Candidate:
    """Return what was found, as far as it is made of numbers, with the backend's word."""
    arrays = [candidate.dual] + ([] if candidate.measure is None else [candidate.measure.weights])
    usable = all(part is None or np.isfinite(part).all() for part in arrays)
    measure, dual = (candidate.measure, candidate.dual) if usable else (None, None)
    certificate = candidate.certificate if usable else None
    return Candidate(measure, dual, candidate.interpolant, certificate, outcome.word, outcome.stopped)
