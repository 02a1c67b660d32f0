"""What a method hands to the judge, and what it turns out to be worth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from implicit_bias.numerics.arrays import FloatArray


class Answer(ABC):
    """What a method hands to the judge: numbers, before anybody judged them.

    Attributes
    ----------
    word : str or None
        The backend's own word, for the record only.
    stopped : bool
        Whether a limit ended the method.
    """

    if TYPE_CHECKING:

        @property
        @abstractmethod
        def word(self) -> str | None:
            """The backend's own word."""

        @property
        @abstractmethod
        def stopped(self) -> bool:
            """Whether a limit ended the method."""

    @abstractmethod
    def with_word(self, word: str, stopped: bool) -> Answer:
        """Return the answer, as far as it is made of numbers, with the backend's word."""

    @property
    @abstractmethod
    def found(self) -> bool:
        """Whether there are numbers to judge."""

    @property
    def complete(self) -> bool:
        """Whether it can be judged as it is; if not, the optimum has what it lacks."""
        return True

    def completed(self, best: Any) -> Answer:
        """Return the answer with what it lacks, from the optimum."""
        return self

    def origin(self, best: Any) -> str:
        """Say, of an answer that a user brings, what came from where."""
        return "The answer was brought by the user."


class Bounds(ABC):
    """What an answer is worth, recomputed from its problem: nothing here trusts the method that found it."""

    @property
    @abstractmethod
    def value(self) -> float:
        """The objective as it is; NaN without an answer."""

    @property
    @abstractmethod
    def dual_value(self) -> float:
        """The dual objective as it is; NaN without a dual."""

    @property
    @abstractmethod
    def lower_bound(self) -> float:
        """What no answer undercuts."""

    @property
    @abstractmethod
    def upper_bound(self) -> float:
        """The objective of an answer that satisfies every constraint."""

    @property
    @abstractmethod
    def gap(self) -> float:
        """What separates the two, relative to the upper bound."""

    @property
    @abstractmethod
    def violation(self) -> float:
        """How far the answer is from its constraints, in units of y; NaN without one."""

    @property
    @abstractmethod
    def dual(self) -> FloatArray | None:
        """The dual variables, in the order of ``problem.x``."""

    @abstractmethod
    def objections(self, tolerance: float) -> list[str]:
        """Return what speaks against calling the answer optimal; empty if nothing does."""

    @abstractmethod
    def refuse_overflow(self) -> None:
        """Raise :class:`DataError` if float64 could not hold what the answer costs."""

    def contradiction(self, word: str) -> str | None:
        """Return what is known to be wrong with a backend's word, or None."""
        return None
