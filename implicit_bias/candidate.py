"""What a method hands to the judge."""

from __future__ import annotations

from dataclasses import dataclass

from implicit_bias.arcs import BentInterpolant
from implicit_bias.arrays import FloatArray
from implicit_bias.certificate import Certificate
from implicit_bias.line import SplitInterpolant
from implicit_bias.measures import AnyMeasure


@dataclass(frozen=True, eq=False)
class Candidate:
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
