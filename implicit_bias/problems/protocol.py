"""What a problem has to know of itself to be solved and judged."""

from __future__ import annotations

from typing import Any, Protocol

from implicit_bias.arrays import FloatArray
from implicit_bias.certificate import Certificate


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

    def cost(self, measure: Any) -> float:
        """∫ w d‖μ‖ of a measure as it is."""
        ...

    def objective(self, measure: Any) -> float:
        """Cost, and the loss if there is one: what is minimised."""
        ...

    def violation(self, measure: Any) -> float:
        """Largest distance of f_μ(x_i) from its set; 0 with a loss in place of sets."""
        ...

    def repaired_cost(self, measure: Any) -> float:
        """Objective of a feasible measure made from this one: an upper bound of the optimum."""
        ...

    def certificate(self, dual: FloatArray) -> Certificate:
        """Return the certificate of dual variables."""
        ...

    def dual_value(self, certificate: Certificate, dual: FloatArray | None) -> float:
        """Dual objective of a certificate as it is."""
        ...

    def lower_bound(self, certificate: Certificate, dual: FloatArray | None) -> float:
        """Dual objective of the best multiple of the certificate that is feasible."""
        ...


class Homogeneous:
    """What constraints have in common: the objective is the cost, and multiples of a dual are worth as many times its value."""

    def objective(self: Problem, measure: Any) -> float:
        """Return the cost: there is no loss."""
        return self.cost(measure)

    def lower_bound(self: Problem, certificate: Certificate, dual: FloatArray | None) -> float:
        """Return the dual value divided by the certificate's supremum; 0 if it is not positive."""
        return max(0.0, self.dual_value(certificate, dual) / float(certificate.peak)) if certificate.peak > 0 else 0.0
