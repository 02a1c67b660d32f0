"""Measures over features, and finite networks as plain arrays."""

from implicit_bias.measures.measure import FALLING, RISING, Measure
from implicit_bias.measures.network import Network
from implicit_bias.measures.ridge import RidgeMeasure

AnyMeasure = Measure | RidgeMeasure
"""A measure over features of one input, or of several."""

__all__ = ["FALLING", "RISING", "AnyMeasure", "Measure", "Network", "RidgeMeasure"]
