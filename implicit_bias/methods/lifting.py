"""Problems of one input on the whole line as problems of features on the sphere."""

from __future__ import annotations

from implicit_bias.errors import OptionError
from implicit_bias.problems import SphereProblem, WholeLineProblem
from implicit_bias.problems.whole_line import SPHERE

AT_DATA = "With unit weight an optimum has its kinks at the data."


def on_sphere(problem: SphereProblem | WholeLineProblem) -> SphereProblem:
    """Return the problem as one of features on the sphere; raises :class:`OptionError` for unit weight."""
    if problem.weight != SPHERE:
        raise OptionError(AT_DATA)
    if isinstance(problem, SphereProblem):
        return problem
    return SphereProblem(problem.x, problem.fit, None, problem.affine, merged=problem.merged)
