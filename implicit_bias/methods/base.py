"""What a method is: which problems it is for, which options it uses, and how it solves.

A method is a row of :data:`implicit_bias.methods.METHODS`. It proposes an answer; whatever it says, the answer is judged by bounds that
are recomputed from it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Generic, TypeVar

from implicit_bias.certificates.bounds import Answer
from implicit_bias.errors import OptionError
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.checks import is_number
from implicit_bias.problems.base import Problem
from implicit_bias.solution import AnySolution, Judged, Refutation, Timings

FORMS = ("primal", "dual")


@dataclass(frozen=True)
class Options:
    """What a user asks for besides a problem and a method; checked once, when it is made.

    Attributes
    ----------
    tolerance : float
        Largest relative gap, and violation over the data's scale, to be called optimal.
    backend : str, optional
        A CVXPY solver.
    form : str
        "primal" or "dual", of a program.
    grid : int or array-like, optional
        Further kinks or features, or their number, of a dictionary.
    time_limit : float, optional
        Seconds.
    warm_start : solution, optional
        The answer to a similar problem.
    backend_options : mapping, optional
        Passed to the backend as they are.

    Raises
    ------
    OptionError
    """

    tolerance: float = tolerances.SOLUTION
    backend: str | None = None
    form: str = "primal"
    grid: Any = None
    time_limit: float | None = None
    warm_start: AnySolution | None = None
    backend_options: Mapping[str, object] | None = None

    def __post_init__(self) -> None:
        if not (is_number(self.tolerance) and 0 < float(self.tolerance) < 1):
            raise OptionError(f"tolerance must be a number between 0 and 1, not {self.tolerance!r}.")
        if self.form not in FORMS:
            raise OptionError(f"form must be 'primal' or 'dual', not {self.form!r}.")
        if self.time_limit is not None and not (is_number(self.time_limit) and float(self.time_limit) > 0):
            raise OptionError(f"time_limit must be a positive number of seconds, not {self.time_limit!r}.")
        if self.backend_options is not None and not isinstance(self.backend_options, Mapping):
            raise OptionError(f"backend_options must map names to values, not be {type(self.backend_options).__name__}.")
        if self.warm_start is not None and not isinstance(self.warm_start, Judged):
            raise OptionError("warm_start must be a solution with a measure.")
        object.__setattr__(self, "tolerance", float(self.tolerance))

    def given(self) -> tuple[str, ...]:
        """Return the names of the options that differ from what they are by default, tolerance apart."""
        return tuple(one.name for one in fields(self)[1:] if not self._is_default(one.name))

    def _is_default(self, name: str) -> bool:
        value = getattr(self, name)
        return value is None or (name == "form" and value == FORMS[0]) or (name == "backend_options" and not value)


def listed(words: Sequence[str], last: str = "or") -> str:
    """Return words as they stand in a sentence: a, b or c."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


@dataclass(frozen=True, eq=False)
class Found:
    """What a method found, and what it says of it.

    Attributes
    ----------
    candidate : Answer
    timings : Timings, optional
        Seconds to state and to solve.
    backend : str, optional
        The backend that solved it.
    notes : str
        Sentences for the reason.
    refuted : Refutation, optional
        A proof that there is no optimum.
    excuses : tuple of str
        What the method says if something speaks against its answer.
    """

    candidate: Answer
    timings: Timings = field(default_factory=Timings)
    backend: str | None = None
    notes: str = ""
    refuted: Refutation | None = None
    excuses: tuple[str, ...] = ()

    @classmethod
    def checked(cls, returned: object, title: str) -> Found | None:
        """Return what a method returned; raises :class:`OptionError` if that is nothing to judge."""
        if returned is None:
            return None
        if not isinstance(returned, cls):
            raise OptionError(f"{title} must return Found(candidate) or None, not {type(returned).__name__}.")
        if not isinstance(returned.candidate, Answer):
            raise OptionError(f"{title} must find a candidate, an Answer, not {type(returned.candidate).__name__}.")
        return returned


P = TypeVar("P", bound=Problem[Any])


class Method(ABC, Generic[P]):
    """A way to solve some problems.

    Attributes
    ----------
    name : str
        What users call it; methods for different problems may share it.
    title : str
        What it is called in sentences: "The exact method".
    suits : tuple of types
        The kinds of problem that it is written for.
    takes : frozenset of str
        The options that it uses, tolerance apart.
    cost, proved : str
        For tables: how its cost grows, and what of its answers is proved.
    gives_up : str
        Why :meth:`solve` returned None, as a sentence.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    suits: ClassVar[tuple[type[Problem[Any]], ...]]
    takes: ClassVar[frozenset[str]] = frozenset()
    cost: ClassVar[str] = ""
    proved: ClassVar[str] = "the gap, recomputed"
    because: ClassVar[str] = "because it exists for this problem"
    gives_up: ClassVar[str] = "It does not apply to these data."

    def objection(self, problem: P) -> str | None:
        """Return why it is not for a problem of a kind that it suits, as a sentence; None if it is."""
        return None

    def may_give_up(self, problem: P) -> bool:
        """Whether only the work itself can tell if it is for these data."""
        return False

    def untaken(self, options: Options) -> str | None:
        """Return what is asked of it that it does not use, as a sentence; None if it uses everything."""
        unused = [name for name in options.given() if name not in self.takes]
        return f"{self.title} takes no {listed(unused)}." if unused else None

    def check(self, problem: P, options: Options) -> None:
        """Raise a typed error for options that it cannot work with, before anything runs."""

    @abstractmethod
    def solve(self, problem: P, options: Options) -> Found | None:
        """Return an answer; None if these data turn out not to be for this method, which only the work itself can tell."""

    def largest_regularization(self, problem: P) -> float | None:
        """Return the smallest λ for which an optimum has no atoms; None if it does not know."""
        return None

    def asked(self, options: Options) -> str:
        """Say that the user asked for it."""
        return f"{self.title} was asked for."

    def chosen(self, options: Options) -> str:
        """Name it as what is chosen where others are not for the problem."""
        return f"{self.title}."


AnyMethod = Method[Any]
"""A method of any kind: for which problems it is written is not said."""
