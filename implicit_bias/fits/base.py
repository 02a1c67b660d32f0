"""What a function has to do at each point: the convex sets C_i of the generalised problem (Stewart et al., eq. 15).

A fit knows its sets from three sides: membership (violation, projection), the dual (inf over C_i of α·z, which is
-σ_{C_i}(-α), and which α make it finite), and how to say both to CVXPY.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy.typing as npt

from implicit_bias.arrays import FloatArray


class Fit(Protocol):
    """Sets C_i in R^k, one a point. Arrays of values and of dual variables have shape (n, k)."""

    @property
    def kind(self) -> str:
        """The word for such problems in tables and JSON."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """(n,) for one output without an axis of its own, (n, k) otherwise."""
        ...

    @property
    def scale(self) -> float:
        """Size of what is asked for: violations count relative to it."""
        ...

    def violation(self, values: FloatArray) -> float:
        """Return how far the worst point is from its set."""
        ...

    def project(self, values: FloatArray) -> FloatArray:
        """Return values in the sets, near the given ones."""
        ...

    def legal(self, alpha: FloatArray) -> FloatArray:
        """Return dual variables near α with a finite dual value."""
        ...

    def lowest(self, alpha: FloatArray) -> float:
        """Return Σ_i inf over C_i of α_i·z, the dual value; α is legal."""
        ...

    def constraints(self, values: Any) -> list[Any]:
        """Return CVXPY constraints that put an expression of shape (n, k) into the sets."""
        ...

    def dual_program(self, alpha: Any) -> tuple[Any, list[Any]]:
        """Return the dual value of a CVXPY expression α as a concave expression, and the constraints that it needs."""
        ...

    def at(self, rows: npt.NDArray[Any]) -> Fit:
        """Return the fit of some of the points."""
        ...

    def divided(self, height: float) -> Fit:
        """Return the fit for f / height."""
        ...
