"""Measures over features, and finite networks as plain arrays."""

from implicit_bias.errors import DataError
from implicit_bias.measures.measure import FALLING, RISING, Measure
from implicit_bias.measures.network import Network
from implicit_bias.measures.ridge import RidgeMeasure

AnyMeasure = Measure | RidgeMeasure
"""A measure over features of one input, or of several."""


def on_line(measure: AnyMeasure | None) -> Measure:
    """Return a measure of one input as the :class:`Measure` that it is; raises DataError for None and for several inputs."""
    if not isinstance(measure, Measure):
        raise DataError(f"A measure of one input is needed, not {'none' if measure is None else type(measure).__name__}.")
    return measure


__all__ = ["FALLING", "RISING", "AnyMeasure", "Measure", "Network", "RidgeMeasure", "on_line"]
