"""Solutions: they carry their problem and what was found, and their bounds are recomputed by the problem itself.

A status is given in one place, :func:`judged`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy.typing as npt

from implicit_bias.certificates.bounds import Answer, Bounds
from implicit_bias.errors import BackendError
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.arrays import FloatArray

if TYPE_CHECKING:
    from implicit_bias.certificates.certificate import Certificate
    from implicit_bias.measures import AnyMeasure
    from implicit_bias.problems.base import OverMeasures, Problem
    from implicit_bias.problems.bounds import MeasureBounds
    from implicit_bias.problems.candidate import Candidate
    from implicit_bias.problems.splines.spline import Spline


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


P = TypeVar("P", bound="Problem[Any]", covariant=True)
A = TypeVar("A", bound=Answer, covariant=True)
B = TypeVar("B", bound=Bounds, covariant=True)


@dataclass(frozen=True, eq=False, repr=False)
class Judged(Generic[P, A, B]):
    """An answer with bounds that are recomputed from it. The bounds hold whatever the status is.

    Attributes
    ----------
    problem : Problem
        What was asked.
    candidate : Answer
        What was found.
    status : Status
    method : str
    backend : str or None
        None for the toolkit's own methods.
    reason : str
        What was chosen and why, and what the user should know of the answer.
    tolerance : float
        Relative.
    timings : Timings
    """

    problem: P
    candidate: A
    status: Status
    method: str
    backend: str | None
    reason: str
    tolerance: float
    timings: Timings

    @cached_property
    def bounds(self) -> B:
        """The bounds of the candidate, by the problem's own rules."""
        found: Any = self.problem.bounds(self.candidate)
        return found  # type: ignore[no-any-return]

    @property
    def value(self) -> float:
        """The objective of what was found, unrepaired; NaN if nothing was."""
        return self.bounds.value

    @property
    def dual_value(self) -> float:
        """The dual objective, unrepaired; NaN without a dual."""
        return self.bounds.dual_value

    @property
    def upper_bound(self) -> float:
        """The objective of a feasible answer made from the one found, at least its own objective; infinite without one."""
        return self.bounds.upper_bound

    @property
    def lower_bound(self) -> float:
        """The dual objective of the best feasible multiple of the dual; 0 without one."""
        return self.bounds.lower_bound

    @property
    def gap(self) -> float:
        """(upper - lower) / upper; 0 when upper is below the rounding of the data's own cost."""
        return self.bounds.gap

    @property
    def constraint_violation(self) -> float:
        """How far what was found is from its constraints, in units of y; NaN if nothing was found."""
        return self.bounds.violation

    @property
    def dual(self) -> FloatArray | None:
        """The dual variables α, in the order of ``problem.x``."""
        return self.bounds.dual

    @property
    def measure(self) -> AnyMeasure | None:
        """The measure found, as it is: a Measure, of several inputs a RidgeMeasure, or None."""
        return None

    @property
    def spline(self) -> Spline | None:
        """The spline found, of a spline problem."""
        return None

    @property
    def atoms(self) -> AnyMeasure | None:
        """The measure without atoms so small that they are rounding; None where the answer is no measure."""
        return None

    @property
    def certificate(self) -> Certificate | None:
        """η(t, s), callable; ``.peak`` is its supremum, at most 1 for a feasible dual. None where residuals and the gap take its place."""
        return None

    def objections(self) -> list[str]:
        """Return what speaks against calling this optimal, recomputed now; empty if nothing does."""
        return self.bounds.objections(self.tolerance)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.status}, value={self.value:.9g}, gap={self.gap:.2g}, method={self.method!r}, "
            f"backend={self.backend!r})"
        )


if TYPE_CHECKING:
    _OfMeasures = Judged[OverMeasures, Candidate, MeasureBounds]
else:
    _OfMeasures = Judged  # the parameters are for type checkers


@dataclass(frozen=True, eq=False, repr=False)
class Solution(_OfMeasures):
    """An answer to a problem over measures, with bounds that it recomputes from its measure and its dual.

    Values are costs: units of y over units of x. The bounds hold whatever the status is. Attributes are those of :class:`Judged`.
    """

    @property
    def measure(self) -> AnyMeasure | None:
        """The measure found, as it is: a Measure, of several inputs a RidgeMeasure, or None."""
        return self.candidate.measure

    @property
    def certificate(self) -> Certificate | None:
        """η(t, s), callable; ``.peak`` is its supremum, at most 1 for a feasible dual."""
        return self.bounds.certificate

    @property
    def atoms(self) -> AnyMeasure:
        """The measure in the problem's features, without atoms so small that they are rounding; empty without one."""
        smallest = tolerances.EXACT_SUPPORT if self.backend is None else tolerances.SUPPORT
        return self.problem.atoms(self.measure, smallest)

    def predict(self, x: npt.ArrayLike) -> FloatArray:
        """Return the function's values at x, of any shape; raises BackendError if there is no measure."""
        if self.measure is None:
            raise BackendError(f"There is no measure to predict with. {self.status.advice}")
        values: FloatArray = self.measure(x)
        return values


AnySolution = Judged[Any, Any, Any]
"""A solution of any kind: what its problem and its candidate are is not said."""


@dataclass(frozen=True)
class Refutation:
    """A proof that a problem has no optimum: what it is, and why, as a sentence."""

    status: Status
    proof: str


S = TypeVar("S", bound=Judged[Any, Any, Any])


def judged(
    problem: Problem[S],
    candidate: Answer,
    method: str,
    reason: str,
    tolerance: float,
    *,
    backend: str | None = None,
    timings: Timings | None = None,
    refuted: Refutation | None = None,
    excuses: Sequence[str] = (),
) -> S:
    """Recompute the bounds of a candidate and give it a status: the one place where that is done.

    ``refuted`` is a proof that there is no optimum, and ``excuses`` what the method says if something speaks against its answer.
    """
    began, spent = time.perf_counter(), timings or Timings()
    tried = problem.solution(problem, candidate, Status.OPTIMAL, method, backend, reason, float(tolerance), spent)
    tried.bounds.refuse_overflow()
    objections = tried.objections() if candidate.found or refuted is None else []
    if refuted is not None:
        status = refuted.status
    elif not objections:
        status = Status.OPTIMAL
    elif candidate.stopped:
        status = Status.LIMIT
    else:
        status = Status.INACCURATE if candidate.found else Status.BACKEND_FAILED
    said = _said(tried, objections, excuses, refuted)
    checked = Timings(spent.build, spent.solve, time.perf_counter() - began)
    answer = replace(tried, status=status, reason=" ".join([reason, *said]).strip(), timings=checked)
    answer.__dict__["bounds"] = tried.bounds  # what was computed for the judgement is kept
    return answer


def _said(tried: Judged[Any, Any, Any], objections: Sequence[str], excuses: Sequence[str], refuted: Refutation | None) -> list[str]:
    """Return the sentences that end a reason: what speaks against the answer, and what proves that there is no optimum."""
    parts: list[str] = []
    word = tried.candidate.word
    if word is not None:
        parts.append(f"{tried.backend} said {word!r}")
        parts += [wrong] if (wrong := tried.bounds.contradiction(word)) else []
    text = "; ".join([*parts, *objections, *excuses])
    proof = [] if refuted is None else [refuted.proof]
    return [f"{text[0].upper()}{text[1:]}.", *proof] if objections else proof


def merged_note(merged: int) -> str:
    """Say how many repeated rows were merged, as a further sentence of a reason; nothing if none were."""
    return f" {merged} repeated row{'s were' if merged > 1 else ' was'} merged." if merged else ""
