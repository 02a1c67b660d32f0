"""Measures over features, and finite networks as plain arrays."""

from implicit_bias.measures.measure import FALLING, RISING, Measure
from implicit_bias.measures.network import Network

__all__ = ["FALLING", "RISING", "Measure", "Network"]
