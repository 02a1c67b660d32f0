"""What a claim is, how its error is measured, and what a verdict says.

An equality is held to |a - b| ≤ tolerance × scale both ways, a bound a ≤ b to (a - b) ≤ tolerance × scale one way, with its
slack reported: how close to equality it came. Errors are relative, hence free of the data's units.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from implicit_bias.data import Dataset

Rng = np.random.Generator
Kind = Literal["equality", "bound", "rate", "support", "experiment"]
Expected = Literal["holds", "holds-with-assumption", "fails-as-stated"]
DataUse = Literal["every instance", "one instance", "never"]

ROUNDING = 1e-10
"""Tolerance where both sides are computed in closed form: only float64 stands between them."""

PROGRAM = 1e-8
"""Tolerance where one side is the optimum of a linear program."""

UNAVAILABLE = "unavailable"
"""The verdict on a claim whose check needs what is not installed: neither for it nor against it."""

CLEAR = 1e3
"""A counterexample must exceed its tolerance this many times: what looks like an error of rounding refutes nothing."""


@dataclass(frozen=True)
class Outcome:
    """What a check found on one instance.

    Attributes
    ----------
    error : relative error of the statement, 0 if it is true and infinite if it makes no sense
    slack : for bounds, the relative distance from equality
    """

    error: float
    slack: float | None = None


def equal(left: npt.ArrayLike, right: npt.ArrayLike, scale: float | None = None) -> Outcome:
    """Compare both sides of an equality, relative to ``scale`` or else to the larger side."""
    a, b = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if scale is None:
        scale = float(max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0)))
    with np.errstate(invalid="ignore"):  # inf - inf is no equality: NaN counts as an error
        return Outcome(_relative(float(np.abs(a - b).max(initial=0.0)), scale))


def at_most(smaller: npt.ArrayLike, larger: float, scale: float | None = None) -> Outcome:
    """Compare a bound, relative to ``scale`` or else to the larger side; both error and slack are at least 0."""
    excess = _relative(float(np.max(smaller)) - larger, abs(larger) if scale is None else scale)
    return Outcome(excess if math.isnan(excess) else max(0.0, excess), max(0.0, -excess))


def true(fact: bool) -> Outcome:
    """Turn a yes or no into an error of 0 or infinity."""
    return Outcome(0.0 if fact else math.inf)


def together(*outcomes: Outcome) -> Outcome:
    """Join the parts of a statement: the largest error (NaN, if there is one) and the smallest slack."""
    errors = [part.error for part in outcomes]
    slacks = [part.slack for part in outcomes if part.slack is not None]
    return Outcome(math.nan if any(math.isnan(e) for e in errors) else max(errors), min(slacks, default=None))


def _relative(difference: float, scale: float) -> float:
    if difference == 0:
        return 0.0
    if not math.isfinite(difference):
        return difference
    if math.isinf(scale):
        return math.nan
    return difference / scale if scale > 0 else math.copysign(math.inf, difference)


def _no_cases() -> tuple[Any, ...]:
    return ()


@dataclass(frozen=True)
class Claim:
    """A statement of the literature with its check, and a control that shows that the check can tell.

    Attributes
    ----------
    name : what the user types
    title, source, statement : for people; ``statement`` is as the literature has it
    kind : what sort of statement it is
    expected : the verdict to expect
    assumption : what the statement needs and the literature does not ask for, or asks for elsewhere
    tolerance : largest relative error that rounding or a linear program may account for
    draw : (generator, user's data or None) -> case; makes one instance
    check : case -> Outcome; the only judge, of instances and of controls
    control : generator -> case on which ``check`` must come to the opposite finding: one with something broken, or for a
        statement that fails, one on which it is true
    fixed : cases that are always checked, before those drawn
    data_use : whether the user's data make the instances ("one instance" if they leave nothing to chance)
    requires : extras of the package that the check needs: "networks"
    """

    name: str
    title: str
    source: str
    statement: str
    kind: Kind
    expected: Expected
    tolerance: float
    draw: Callable[[Rng, Dataset | None], Any]
    check: Callable[[Any], Outcome]
    control: Callable[[Rng], Any]
    assumption: str | None = None
    fixed: Callable[[], tuple[Any, ...]] = _no_cases
    data_use: DataUse = "every instance"
    requires: tuple[str, ...] = ()

    @property
    def false(self) -> bool:
        """Whether the literature gets it wrong."""
        return self.expected == "fails-as-stated"

    def refuted(self, error: float) -> bool:
        """Whether an error speaks against the statement; where that is what is claimed, it must do so clearly."""
        return error > CLEAR * self.tolerance if self.false else not error <= self.tolerance

    def rejects(self, error: float) -> bool:
        """Whether the control's error is as it must be: too large, or no sign of a counterexample."""
        return error <= self.tolerance if self.false else not error <= self.tolerance

    def word(self, refuted: bool) -> str:
        """Return the verdict."""
        if refuted:
            return "fails-as-stated" if self.false else "fails"
        return "holds-with-assumption" if self.expected == "holds-with-assumption" else "holds"


@dataclass(frozen=True)
class Verdict:
    """What became of a claim.

    Attributes
    ----------
    claim : what was checked
    verdict : "holds", "holds-with-assumption", "fails-as-stated", "unavailable" or, a surprise, "fails"
    instances : how many were checked
    refuted : on how many of them the statement is false
    worst : largest relative error; for bounds, the largest violation; for a statement that fails, by how much it does
    slack : for bounds, the smallest relative distance from equality: 0 is a bound that is attained
    control_rejected : whether the check rejected every control; None if it could not run
    seconds : wall time
    reason : why it is unavailable, and what to do
    """

    claim: Claim
    verdict: str
    instances: int
    refuted: int
    worst: float
    slack: float | None
    control_rejected: bool | None
    seconds: float
    reason: str = ""

    @property
    def available(self) -> bool:
        """Whether the check could run."""
        return self.verdict != UNAVAILABLE

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the expected one and the check proved able to tell."""
        return self.verdict == self.claim.expected and self.control_rejected is True

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, None in place of what JSON has no number for."""
        return {
            "claim": self.claim.name,
            "source": self.claim.source,
            "kind": self.claim.kind,
            "verdict": self.verdict,
            "expected": self.claim.expected,
            "assumption": self.claim.assumption,
            "instances": self.instances,
            "worst": self.worst if math.isfinite(self.worst) else None,
            "tolerance": self.claim.tolerance,
            "control": {"rejected": self.control_rejected},
            "seconds": self.seconds,
        }
