"""Solutions of spline problems: they recompute their own residuals and bounds, and can refute themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from implicit_bias import tolerances
from implicit_bias.arrays import FloatArray
from implicit_bias.errors import BackendError
from implicit_bias.solution import Status, Timings
from implicit_bias.splines import smoothing
from implicit_bias.splines.bounds import Bounds
from implicit_bias.splines.problem import SplineProblem
from implicit_bias.splines.spline import Spline


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
class SplineSolution:
    """A spline with bounds that it recomputes from its problem. The bounds hold whatever the status is.

    Attributes
    ----------
    problem : what was asked
    spline : what was found, None if a backend gave nothing
    regularization : λ, given or chosen; None for interpolation
    status : Status
    method, backend : what was used; backend is None for the toolkit's own methods
    reason : what was chosen and why, and what the user should know of the answer
    tolerance : relative
    timings : Timings
    """

    problem: SplineProblem
    spline: Spline | None
    regularization: float | None
    status: Status
    method: str
    backend: str | None
    reason: str
    tolerance: float
    timings: Timings

    @cached_property
    def _bounds(self) -> Bounds | None:
        return None if self.spline is None else Bounds(self.problem, self.spline, self.regularization)

    @property
    def measure(self) -> None:
        """None: the answer is a function with a density of kinks."""
        return None

    @property
    def certificate(self) -> None:
        """None: optimality is measured by residuals and the gap."""
        return None

    @property
    def dual(self) -> FloatArray | None:
        """α in the order of ``problem.x``; at the optimum Σ α_i y_i is the value, less the squares at equal x."""
        return None if self._bounds is None else self._bounds.dual.alpha()

    @cached_property
    def value(self) -> float:
        """The objective of the spline, unrepaired; NaN without one."""
        return math.nan if self._bounds is None else self._bounds.value

    @cached_property
    def dual_value(self) -> float:
        """The dual objective of its bending g''/ζ, unrepaired; NaN without one."""
        return math.nan if self._bounds is None else self._bounds.dual.value

    @cached_property
    def upper_bound(self) -> float:
        """The objective of a spline repaired to be smooth and to fit, at least that of the spline itself; infinite without one."""
        return math.inf if self._bounds is None else self._bounds.upper_bound

    @cached_property
    def lower_bound(self) -> float:
        """The dual objective of the best multiple of the bending; 0 without one."""
        return 0.0 if self._bounds is None else self._bounds.dual.best

    @cached_property
    def gap(self) -> float:
        """|upper - lower| / upper; 0 when upper is rounding of the data.

        Bounds that rounding made cross say no more of the optimum than bounds that are as far apart.
        """
        upper = self.upper_bound
        if self._bounds is None or not math.isfinite(upper):
            return 1.0
        # what is negligible takes time to find out, and only matters if there is a gap
        difference = abs(upper - self.lower_bound)
        return 0.0 if difference <= tolerances.EPS * upper or upper <= self._bounds.negligible else difference / upper

    @cached_property
    def constraint_violation(self) -> float:
        """In units of y, how far the spline is from fitting and from being smooth; NaN without one."""
        return math.nan if self._bounds is None else self._bounds.violation

    @property
    def residuals(self) -> Residuals:
        """What is left of the conditions of optimality, recomputed."""
        return Residuals(self.constraint_violation, math.nan if self._bounds is None else self._bounds.stationarity)

    @cached_property
    def degrees_of_freedom(self) -> float:
        """The trace of S, for S that maps the means of y to g at the data: from 2, a line, to the number of different x, interpolation."""
        return float(len(self.problem)) if self.regularization is None else smoothing.degrees_of_freedom(self.problem, self.regularization)

    def predict(self, x: Any) -> FloatArray:
        """Return the function's values at x, of any shape; raises BackendError if there is no spline."""
        if self.spline is None:
            raise BackendError(f"There is no spline to predict with. {self.status.advice}")
        return self.spline(x)

    def __repr__(self) -> str:
        return (
            f"SplineSolution({self.status}, value={self.value:.9g}, gap={self.gap:.2g}, method={self.method!r}, backend={self.backend!r})"
        )

    def objections(self) -> list[str]:
        """Return what speaks against calling this optimal, recomputed now; empty if nothing does."""
        if self.spline is None:
            return ["there is no spline"]
        found = []
        if not self.gap <= self.tolerance:
            found.append(f"the gap is {self.gap:.2g}, above the tolerance {self.tolerance:.2g}")
        allowed = self.tolerance * self.problem.scale
        if not self.constraint_violation <= allowed:
            found.append(f"the spline misses the data or has kinks, by {self.constraint_violation:.2g}, more than {allowed:.2g}")
        return found
