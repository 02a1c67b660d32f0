"""What a method for problems over measures hands to the judge."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from implicit_bias.certificates.bounds import Answer
from implicit_bias.certificates.certificate import Certificate
from implicit_bias.measures import AnyMeasure
from implicit_bias.measures.circle import BentInterpolant
from implicit_bias.measures.node_values import SplitInterpolant
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.solution import Solution


@dataclass(frozen=True, eq=False)
class Candidate(Answer):
    """What a method found, before anybody judged it.

    Attributes
    ----------
    measure, dual : the primal and the dual answer, None where there is none
    interpolant, certificate : the same in node values, from methods that know them better than atoms and α can tell
    word : the backend's own word, for the record only
    stopped : whether a limit ended the method
    """

    measure: AnyMeasure | None
    dual: FloatArray | None
    interpolant: SplitInterpolant | BentInterpolant | None = None
    certificate: Certificate | None = None
    word: str | None = None
    stopped: bool = False

    def with_word(self, word: str, stopped: bool) -> Candidate:
        """Return what was found, as far as it is made of numbers, with the backend's word."""
        arrays = [self.dual] + ([] if self.measure is None else [self.measure.weights])
        if all(part is None or np.isfinite(part).all() for part in arrays):
            return replace(self, word=word, stopped=stopped)
        return Candidate(None, None, self.interpolant, word=word, stopped=stopped)

    @property
    def found(self) -> bool:
        """Whether there is a measure or a dual."""
        return self.measure is not None or self.dual is not None

    @property
    def complete(self) -> bool:
        """Whether there is a dual: without one there is no lower bound."""
        return self.dual is not None

    def completed(self, best: Solution) -> Candidate:
        """Return the measure with the optimum's dual and certificate."""
        return replace(self, dual=best.dual, certificate=best.certificate)

    def origin(self, best: Solution | None) -> str:
        """Say where the measure and the dual came from."""
        if best is None:
            return "Both the measure and the dual were brought by the user."
        return f"The measure was brought by the user; the dual is that of the {best.method} method."
