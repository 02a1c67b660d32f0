"""Regularised problems for several λ, and the largest that matters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from implicit_bias.methods import denoising
from implicit_bias.methods.solving import solve_measure
from implicit_bias.problems import DenoisingProblem, SphereProblem, StatedProblem
from implicit_bias.solution import Solution


def path_measures(problem: StatedProblem, regularizations: Iterable[Any], tolerance: float) -> list[Solution]:
    """Solve a regularised problem from the largest λ down, each from the one before; see :func:`implicit_bias.path`."""
    levels = list(regularizations)
    assert isinstance(problem, (DenoisingProblem, SphereProblem))
    stated = [problem.regularized(level) for level in levels]
    found: dict[int, Solution] = {}
    before: Solution | None = None
    for at in sorted(range(len(stated)), key=lambda i: -stated[i].level):
        found[at] = solve_measure(
            stated[at], "auto", None, tolerance, form="primal", grid=None, time_limit=None, warm_start=before, backend_options=None
        )
        before = found[at] if found[at].measure is not None and isinstance(problem, SphereProblem) else None
    return [found[at] for at in range(len(stated))]


def largest_regularization(problem: StatedProblem) -> float:
    """Return the smallest λ without atoms; see :func:`implicit_bias.lambda_max`."""
    if isinstance(problem, DenoisingProblem):
        return denoising.lambda_max(problem)
    assert isinstance(problem, SphereProblem)
    assert problem.loss is not None
    slope = problem.loss.slope(np.zeros(problem.fit.shape))
    return float(problem.certificate(slope).peak) * problem.level
