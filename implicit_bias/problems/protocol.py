"""What a problem has to know of itself to be solved and judged."""

from __future__ import annotations

from typing import Protocol

from implicit_bias.arrays import FloatArray
from implicit_bias.certificate import Certificate
from implicit_bias.measures import Measure


class Problem(Protocol):
    """What ``solve`` and ``Solution`` need to know of a problem."""

    @property
    def kind(self) -> str:
        """One word for tables and JSON."""
        ...

    @property
    def scale(self) -> float:
        """Size of the targets: violations count relative to it."""
        ...

    @property
    def cost_scale(self) -> float:
        """A lower estimate of the cost of targets of that size: costs below its rounding count as zero."""
        ...

    @property
    def resolution(self) -> float:
        """Relative accuracy that atoms and dual variables in float64 can carry on this data."""
        ...

    def cost(self, measure: Measure) -> float:
        """Objective of a measure as it is."""
        ...

    def violation(self, measure: Measure) -> float:
        """Largest distance of f_μ(x_i) from its set."""
        ...

    def repaired_cost(self, measure: Measure) -> float:
        """Objective of a feasible measure made from this one: an upper bound of the optimum."""
        ...

    def certificate(self, dual: FloatArray) -> Certificate:
        """Return the certificate of dual variables."""
        ...

    def dual_value(self, certificate: Certificate, dual: FloatArray | None) -> float:
        """Dual objective of a certificate as it is."""
        ...
