"""Solutions of spline problems."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy.typing as npt

from implicit_bias.errors import BackendError
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.splines import smoothing
from implicit_bias.problems.splines.spline import Spline
from implicit_bias.solution import Judged

if TYPE_CHECKING:
    from implicit_bias.problems.splines.bounds import NoSpline, SplineBounds, SplineCandidate
    from implicit_bias.problems.splines.curvature import SplineProblem

    _OfSplines = Judged[SplineProblem, SplineCandidate, SplineBounds | NoSpline]
else:
    _OfSplines = Judged  # the parameters are for type checkers


class Residuals(NamedTuple):
    """How far a spline is from what makes it optimal.

    Attributes
    ----------
    violation : the largest |g(x_i) - y_i| (interpolation only), or kink as a fraction of what meets there, times max|y|
    stationarity : for smoothing, how far λ ℓ is from what the residuals W (y - g) add up to, relative
    """

    violation: float
    stationarity: float


@dataclass(frozen=True, eq=False, repr=False)
class SplineSolution(_OfSplines):
    """A spline with bounds that are recomputed from it. Attributes are those of every solution, and what follows."""

    @property
    def spline(self) -> Spline | None:
        """What was found, None if a backend gave nothing."""
        return self.candidate.spline

    @property
    def regularization(self) -> float | None:
        """λ, given or chosen; None for interpolation."""
        return self.candidate.regularization

    @property
    def residuals(self) -> Residuals:
        """What is left of the conditions of optimality, recomputed."""
        return Residuals(self.constraint_violation, self.bounds.stationarity)

    @cached_property
    def degrees_of_freedom(self) -> float:
        """The trace of S, for S that maps the means of y to g at the data: from 2, a line, to the number of different x, interpolation."""
        return float(len(self.problem)) if self.regularization is None else smoothing.degrees_of_freedom(self.problem, self.regularization)

    def predict(self, x: npt.ArrayLike) -> FloatArray:
        """Return the function's values at x, of any shape; raises BackendError if there is no spline."""
        if self.spline is None:
            raise BackendError(f"There is no spline to predict with. {self.status.advice}")
        return self.spline(x)
