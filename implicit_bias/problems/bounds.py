"""What a measure and its dual are worth: certified bounds of the optimum, by the problem's own repairs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from implicit_bias.certificates.bounds import Bounds
from implicit_bias.certificates.certificate import Certificate
from implicit_bias.errors import DataError
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.candidate import Candidate

if TYPE_CHECKING:
    from implicit_bias.problems.base import OverMeasures

_GOALS = {"regression": "a target", "classification": "a margin"}


@dataclass(frozen=True, eq=False)
class MeasureBounds(Bounds):
    """A candidate held against a problem over measures."""

    problem: OverMeasures
    candidate: Candidate

    @property
    def dual(self) -> FloatArray | None:
        """The dual variables α found, as they are."""
        return self.candidate.dual

    @cached_property
    def certificate(self) -> Certificate | None:
        """The certificate of the dual, from node values where the method knows them."""
        if self.candidate.certificate is not None:
            return self.candidate.certificate
        return None if self.dual is None else self.problem.certificate(self.dual)

    @cached_property
    def value(self) -> float:
        """Objective of the measure, unrepaired: its cost, and the loss if there is one; NaN without a measure."""
        return math.nan if self.candidate.measure is None else self.problem.objective(self.candidate.measure)

    @cached_property
    def dual_value(self) -> float:
        """Dual objective, unrepaired; NaN without a dual."""
        return math.nan if self.certificate is None else self.problem.dual_value(self.certificate, self.dual)

    @cached_property
    def upper_bound(self) -> float:
        """Cost of a feasible measure made from the one found, at least that measure's own cost; infinite without one."""
        if self.candidate.interpolant is not None:
            return self.problem.interpolant_cost(self.candidate.interpolant)
        measure = self.candidate.measure
        return math.inf if measure is None else max(self.value, self.problem.repaired_cost(measure))

    @cached_property
    def lower_bound(self) -> float:
        """Dual objective of the certificate's best feasible multiple, divided by its supremum for constraints; 0 without one."""
        return 0.0 if self.certificate is None else self.problem.lower_bound(self.certificate, self.dual)

    @property
    def gap(self) -> float:
        """(upper - lower) / upper; 0 when upper is below the rounding of the data's own cost."""
        upper = self.upper_bound
        if upper <= tolerances.EPS * self.problem.cost_scale:
            return 0.0
        return 1.0 if math.isinf(upper) else max(0.0, (upper - self.lower_bound) / upper)

    @cached_property
    def violation(self) -> float:
        """Largest distance of a value from its set, in units of y; NaN without a measure."""
        return math.nan if self.candidate.measure is None else self.problem.violation(self.candidate.measure)

    def objections(self, tolerance: float) -> list[str]:
        """Return what speaks against calling the candidate optimal."""
        found, problem = [], self.problem
        if not self.gap <= tolerance:
            found.append(f"the gap is {self.gap:.2g}, above the tolerance {tolerance:.2g}")
        allowed = tolerance * problem.scale
        if not self.violation <= allowed:
            found.append(
                "there is no measure"
                if self.candidate.measure is None
                else f"the measure misses {_GOALS.get(problem.kind, 'a set')} by {self.violation:.2g}, more than {allowed:.2g}"
            )
        if self.value < self.lower_bound * (1 - tolerance):
            found.append(f"the measure costs {self.value:.9g}, less than any that fits ({self.lower_bound:.9g}): it misses close points")
        if self.candidate.interpolant is not None and problem.resolution > tolerance:
            found.append(
                f"the smallest gap of x, {problem.smallest_gap:.3g}, leaves float64 atoms and dual variables right to "
                f"{problem.resolution:.1g} only (the bounds do not suffer)"
            )
        return found

    def refuse_overflow(self) -> None:
        """Raise :class:`DataError` for an infinite cost; without a positive margin the upper bound is infinite in earnest."""
        interpolates = self.problem.interpolates and self.candidate.measure is not None
        with np.errstate(over="ignore"):
            if np.isinf(self.value) or (interpolates and np.isinf(self.upper_bound)):
                raise DataError("The cost overflows float64: rescale x or y.")

    def contradiction(self, word: str) -> str | None:
        """Say that a problem that a backend calls infeasible is not."""
        return "but the problem is feasible, because its features interpolate any values" if "infeasible" in word else None
