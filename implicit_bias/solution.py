"""Solutions: they carry their problem, recompute their own bounds, and can refute themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from implicit_bias import tolerances
from implicit_bias.arrays import FloatArray
from implicit_bias.candidate import Candidate
from implicit_bias.certificate import Certificate
from implicit_bias.errors import BackendError
from implicit_bias.measures import Measure, RidgeMeasure
from implicit_bias.problems import SphereProblem, StatedProblem

_Judged = TypeVar("_Judged")


class Status(StrEnum):
    """What became of a problem; the value is the word used everywhere, ``advice`` says what to do next."""

    OPTIMAL = "optimal"
    INACCURATE = "inaccurate"
    LIMIT = "limit"
    BACKEND_FAILED = "backend_failed"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"

    @property
    def advice(self) -> str:
        """One sentence on what to do next."""
        return _ADVICE[self]


_GOALS = {"regression": "a target", "classification": "a margin"}
_ADVICE = {
    Status.OPTIMAL: "The recomputed gap and violation are within the tolerance.",
    Status.INACCURATE: "The bounds hold, but the answer is not within the tolerance: use another method or backend, or a larger tolerance.",
    Status.LIMIT: "A time or iteration limit stopped the backend: raise it, or use the exact method.",
    Status.BACKEND_FAILED: "The backend gave no usable answer: use another backend, or the exact method.",
    Status.INFEASIBLE: "No measure satisfies the constraints, which the toolkit has proved: change the data.",
    Status.UNBOUNDED: "The infimum is not attained, which the toolkit has proved: change the problem.",
}


@dataclass(frozen=True)
class Timings:
    """Seconds of wall time: stating the program, solving it, and checking the answer."""

    build: float = 0.0
    solve: float = 0.0
    check: float = 0.0


@dataclass(frozen=True, eq=False, repr=False)
class Solution:
    """An answer with bounds that it recomputes from its problem, its measure and its dual.

    Values are costs: units of y over units of x. The bounds hold whatever the status is.

    Attributes
    ----------
    problem, candidate : what was asked and what was found
    status : Status
    method, backend : what was used; backend is None for the toolkit's own methods
    reason : what was chosen and why, and what the user should know of the answer
    tolerance : relative
    timings : Timings
    """

    problem: StatedProblem
    candidate: Candidate
    status: Status
    method: str
    backend: str | None
    reason: str
    tolerance: float
    timings: Timings

    @property
    def measure(self) -> Any:
        """The measure found, as it is: a Measure, of several inputs a RidgeMeasure, or None."""
        return self.candidate.measure

    @property
    def dual(self) -> FloatArray | None:
        """The dual variables α found, as they are, in the order of ``problem.x``."""
        return self.candidate.dual

    @cached_property
    def certificate(self) -> Certificate | None:
        """η(t, s), callable; ``.peak`` is its supremum, at most 1 for a feasible dual."""
        if self.candidate.certificate is not None:
            return self.candidate.certificate
        return None if self.dual is None else self.problem.certificate(self.dual)

    @cached_property
    def value(self) -> float:
        """Objective of the measure, unrepaired: its cost, and the loss if there is one; NaN without a measure."""
        return math.nan if self.measure is None else self.problem.objective(self.measure)

    @cached_property
    def dual_value(self) -> float:
        """Dual objective, unrepaired; NaN without a dual."""
        return math.nan if self.certificate is None else self.problem.dual_value(self.certificate, self.dual)

    @cached_property
    def upper_bound(self) -> float:
        """Cost of a feasible measure made from the one found, at least that measure's own cost; infinite without one."""
        if self.candidate.interpolant is not None:
            assert not isinstance(self.problem, SphereProblem)
            return self.problem.interpolant_cost(self.candidate.interpolant)
        return math.inf if self.measure is None else max(self.value, self.problem.repaired_cost(self.measure))

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
    def constraint_violation(self) -> float:
        """Largest |f(x_i) - y_i| of the measure found, in units of y; NaN without one."""
        return math.nan if self.measure is None else self.problem.violation(self.measure)

    @property
    def atoms(self) -> Any:
        """The measure in the problem's features, without atoms so small that they are rounding; empty without one."""
        asked: Any = self.problem
        if self.measure is None:
            inputs = asked.inputs if isinstance(asked, SphereProblem) else 1
            return Measure.zero() if inputs == 1 else RidgeMeasure.zero(inputs)
        smallest = tolerances.EXACT_SUPPORT if self.backend is None else tolerances.SUPPORT
        return asked.pruned(asked.admissible(self.measure), smallest)

    def predict(self, x: Any) -> FloatArray:
        """Return the function's values at x, of any shape; raises BackendError if there is no measure."""
        if self.measure is None:
            raise BackendError(f"There is no measure to predict with. {self.status.advice}")
        values: FloatArray = self.measure(x)
        return values

    def __repr__(self) -> str:
        return f"Solution({self.status}, value={self.value:.9g}, gap={self.gap:.2g}, method={self.method!r}, backend={self.backend!r})"

    def objections(self) -> list[str]:
        """Return what speaks against calling this optimal, recomputed now; empty if nothing does."""
        found = []
        if not self.gap <= self.tolerance:
            found.append(f"the gap is {self.gap:.2g}, above the tolerance {self.tolerance:.2g}")
        allowed = self.tolerance * self.problem.scale
        if not self.constraint_violation <= allowed:
            miss = self.constraint_violation
            found.append(
                "there is no measure"
                if self.measure is None
                else f"the measure misses {_GOALS.get(self.problem.kind, 'a set')} by {miss:.2g}, more than {allowed:.2g}"
            )
        if self.value < self.lower_bound * (1 - self.tolerance):
            found.append(f"the measure costs {self.value:.9g}, less than any that fits ({self.lower_bound:.9g}): it misses close points")
        in_nodes = self.candidate.interpolant is not None
        if in_nodes and not isinstance(self.problem, SphereProblem) and self.problem.resolution > self.tolerance:
            found.append(
                f"the smallest gap of x, {self.problem.smallest_gap:.3g}, leaves float64 atoms and dual variables right to "
                f"{self.problem.resolution:.1g} only (the bounds do not suffer)"
            )
        return found


def concluded(judged: _Judged, status: Status, timings: Timings, said: Sequence[str], objections: Sequence[str]) -> _Judged:
    """Return a solution of any kind with its status, its timings, and in its reason what was said and what speaks against it.

    What was computed for the judgement is kept: cached properties live in the instance's dictionary.
    """
    solution: Any = judged
    text = "; ".join([*said, *objections])
    reason = f"{solution.reason} {text[0].upper()}{text[1:]}." if objections else solution.reason
    answer: Any = replace(solution, status=status, reason=reason, timings=timings)
    own = {field.name for field in fields(solution)}
    answer.__dict__.update({name: value for name, value in solution.__dict__.items() if name not in own})
    return answer  # type: ignore[no-any-return]


def merged_note(merged: int) -> str:
    """Say how many repeated rows were merged, as a further sentence of a reason; nothing if none were."""
    return f" {merged} repeated row{'s were' if merged > 1 else ' was'} merged." if merged else ""
