"""Problems without a feasible measure: the proof, as a solution."""

from __future__ import annotations

import numpy as np

from implicit_bias.arrays import freeze
from implicit_bias.candidate import Candidate
from implicit_bias.fits import Margins
from implicit_bias.problems import SphereProblem
from implicit_bias.solution import Solution, Status, Timings


def infeasible(problem: SphereProblem, rows: tuple[int, int], method: str, tolerance: float) -> Solution:
    """Return the proof that no function fits two rows with the same point: a dual whose certificate is zero and whose value is not."""
    i, j = rows
    dual = np.zeros(problem.fit.shape)
    if isinstance(problem.fit, Margins):
        for at, other in ((i, j), (j, i)):
            dual[at, problem.fit.labels[at]] += 1.0
            dual[at, problem.fit.labels[other]] -= 1.0
        wanted = "labels"
    else:
        difference = problem.y[i] - problem.y[j]
        dual[i], dual[j] = difference, -difference
        wanted = "targets"
    reason = (
        f"Rows {i} and {j} of the sorted data are the same point with different {wanted}, which no function fits: the dual is the proof, "
        "its certificate is zero everywhere and its value is positive, so that every multiple bounds the optimum from below."
    )
    return Solution(problem, Candidate(None, freeze(dual)), Status.INFEASIBLE, method, None, reason, float(tolerance), Timings())
