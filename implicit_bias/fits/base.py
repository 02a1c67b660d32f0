"""What a function has to do at the data: be in convex sets C_i, or fit at a small loss.

A target knows itself from three sides: the function's values, the dual variables α with η(u) = Σ α_i φ_u(x_i), and how to say
both to CVXPY. What is asked of a target from outside is a fact or a method here, so that a further kind is a file of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from implicit_bias.numerics.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    import cvxpy

Index = npt.NDArray[np.intp] | npt.NDArray[np.bool_]


class Target(ABC):
    """Sets or a loss; arrays of values and of dual variables have the target's shape.

    Attributes
    ----------
    kind : str
        The word for such problems in tables and JSON.
    is_loss : bool
        Whether missing it costs, instead of being forbidden.
    homogeneous : bool
        Whether c f does to c times the targets what f does to them, so that targets may be divided by their size.
    signs : bool
        Whether ``targets`` are the signs ±1 of two classes.
    cone : str
        What a backend must accept for it, features apart: "LP", "QP", "SOCP" or "EXP".
    least_level : float
        Below this λ, in units of the cost, a program need not go.
    """

    kind: ClassVar[str]
    is_loss: ClassVar[bool] = False
    homogeneous: ClassVar[bool] = False
    signs: ClassVar[bool] = False
    cone: ClassVar[str] = "LP"
    least_level: ClassVar[float] = 0.0

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """(n,) for one output without an axis of its own, (n, k) otherwise."""

    @property
    @abstractmethod
    def scale(self) -> float:
        """Size of what is asked for: violations count relative to it."""

    @property
    def targets(self) -> FloatArray | None:
        """The real targets y in the target's shape, or None if it has none."""
        return None

    @property
    def class_labels(self) -> IntArray | None:
        """The label of each point, (n,), or None if there are no classes."""
        return None

    def smallest_margin(self, values: FloatArray) -> float | None:
        """Return what values are to be divided by to meet every margin, if it is positive; None if there are no margins."""
        return None

    @abstractmethod
    def project_dual(self, alpha: FloatArray) -> FloatArray:
        """Return dual variables near α with a finite dual value."""

    @abstractmethod
    def dual_value(self, alpha: FloatArray) -> float:
        """Return the dual value of an α that :meth:`project_dual` leaves as it is."""

    @abstractmethod
    def divided(self, height: float) -> Self:
        """Return the target for f / height; itself if it is not homogeneous."""

    @abstractmethod
    def tie(self, made: cvxpy.Expression, rows: cvxpy.Expression, level: float) -> tuple[Any, Any, list[Any]]:
        """Say the target to CVXPY.

        Parameters
        ----------
        made : expression
            R F, what features make of the values F, in the target's shape.
        rows : (n, n) matrix or None
            R; None for the identity.
        level : float
            λ in units of the cost, of a loss.

        Returns
        -------
        tuple
            An equality whose multiplier is -α (with R on its left), what is added to the cost, and further constraints.
        """

    @abstractmethod
    def dual_program(self, beta: cvxpy.Expression, level: float = 1.0) -> tuple[Any, list[Any]]:
        """Return the dual value of α = level · β over level, as a concave CVXPY expression of β, and the constraints it needs."""


def times(rows: Any, values: Any) -> Any:
    """Return R v; v itself where R is None."""
    return values if rows is None else rows @ values


class Fit(Target):
    """Sets C_i in R^k, one a point (Stewart et al., eq. 15)."""

    @abstractmethod
    def violation(self, values: FloatArray) -> float:
        """Return how far the worst point is from its set."""

    @abstractmethod
    def project(self, values: FloatArray) -> FloatArray:
        """Return values in the sets, near the given ones."""

    @abstractmethod
    def dual_value(self, alpha: FloatArray) -> float:
        """Return Σ_i inf over C_i of α_i·z."""

    @abstractmethod
    def constraints(self, values: cvxpy.Expression) -> list[Any]:
        """Return CVXPY constraints that put an expression of shape (n, k) into the sets."""

    @abstractmethod
    def at(self, rows: Index) -> Self:
        """Return the fit of some of the points."""

    def contradiction(self, i: int, j: int) -> tuple[str, FloatArray] | None:
        """Return why no value suits both points i and j, and a dual whose value is positive where they are one point; None if one may."""
        return None

    def tie(self, made: cvxpy.Expression, rows: cvxpy.Expression, level: float) -> tuple[Any, Any, list[Any]]:
        """Tie what is made to values in the sets."""
        import cvxpy as cp

        values = cp.Variable(self.shape, name="values")
        return made == times(rows, values), 0.0, self.constraints(values)


class Loss(Target):
    """A convex loss L of values F; its dual variables are α = -∇L(F), worth -L*(-α).

    Scaling α to the largest dual value below a bound is each loss's own: only a constraint's dual is homogeneous.

    Attributes
    ----------
    name : str
        The word for it in options.
    """

    name: ClassVar[str]
    kind: ClassVar[str] = "regularized"
    is_loss: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def of_targets(cls, y: FloatArray) -> Self:
        """State the loss for targets y, (n,) or (n, k); raises DataError for targets that do not suit it."""

    @abstractmethod
    def value(self, values: FloatArray) -> float:
        """Return L(F)."""

    @abstractmethod
    def negative_gradient(self, values: FloatArray) -> FloatArray:
        """Return an α = -∇L(F), one of them where L has a kink."""

    @abstractmethod
    def best_dual_value(self, alpha: FloatArray, most: float) -> float:
        """Return the largest dual value of c α with 0 ≤ c ≤ most."""

    @abstractmethod
    def objective(self, values: cvxpy.Expression) -> Any:
        """Return L of a CVXPY expression."""

    def divided(self, height: float) -> Self:
        """Return the loss itself: its values have no unit."""
        return self

    def tie(self, made: cvxpy.Expression, rows: cvxpy.Expression, level: float) -> tuple[Any, Any, list[Any]]:
        """Tie what is made to values that cost their loss over λ."""
        import cvxpy as cp

        values = cp.Variable(self.shape, name="values")
        return made == times(rows, values), self.objective(values) / level, []
