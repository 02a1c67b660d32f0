"""Convex losses in place of constraints: L(F) = Σ_i l_i(F_i), their conjugates, and how to say both to CVXPY.

For min L(F) + λ·cost the dual variables are α = -∇L(F), and the dual value is -L*(-α). Scaling α to the largest dual value
below a bound is each loss's own: only a constraint's dual is homogeneous.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError
from implicit_bias.fits.base import Loss, times
from implicit_bias.fits.margins import refuse_classes
from implicit_bias.numerics.arrays import FloatArray, IntArray, as_floats, frozen
from implicit_bias.registry import Registry, missing

if TYPE_CHECKING:
    import cvxpy


@dataclass(frozen=True, eq=False)
class Squared(Loss):
    """L(F) = ½ ‖F - y‖²; α = y - F, worth α·y - ½ ‖α‖². ``y`` is (n,) or (n, k)."""

    name: ClassVar[str] = "squared"
    homogeneous: ClassVar[bool] = True
    cone: ClassVar[str] = "QP"

    y: FloatArray

    if TYPE_CHECKING:  # arrays come in as anything that NumPy takes

        def __init__(self, y: npt.ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        if np.ndim(self.y) not in (1, 2):
            raise DataError(f"y must be an (n,) or an (n, k) array, not of shape {np.shape(self.y)}.")
        object.__setattr__(self, "y", frozen(as_floats(self.y, "y", np.shape(self.y))))

    @classmethod
    def of_targets(cls, y: FloatArray) -> Self:
        """State the loss for targets y."""
        return cls(y)

    @property
    def targets(self) -> FloatArray:
        """The targets y."""
        return self.y

    @property
    def shape(self) -> tuple[int, ...]:
        """(n,) or (n, k)."""
        return self.y.shape

    def divided(self, height: float) -> Squared:
        """Return the loss of f / height."""
        return Squared(self.y / height)

    @property
    def scale(self) -> float:
        """The largest |y|, or 1."""
        return float(np.abs(self.y).max(initial=0.0)) or 1.0

    def value(self, values: FloatArray) -> float:
        """Return ½ ‖F - y‖²."""
        return float(((values - self.y) ** 2).sum()) / 2

    def negative_gradient(self, values: FloatArray) -> FloatArray:
        """Return y - F."""
        return self.y - values

    def project_dual(self, alpha: FloatArray) -> FloatArray:
        """Every α has a finite dual value."""
        return alpha

    def dual_value(self, alpha: FloatArray) -> float:
        """Return α·y - ½ ‖α‖²."""
        return float((alpha * (self.y - alpha / 2)).sum())

    def best_dual_value(self, alpha: FloatArray, most: float) -> float:
        """Return the value at c = clip(y·α / ‖α‖², 0, most)."""
        size, fit = float((alpha**2).sum()), float((alpha * self.y).sum())
        return 0.0 if size == 0 else self.dual_value(alpha * min(max(fit / size, 0.0), most))

    def objective(self, values: cvxpy.Expression) -> Any:
        """½ ‖F - y‖²."""
        import cvxpy as cp

        return cp.sum_squares(values - self.y) / 2

    def tie(self, made: cvxpy.Expression, rows: cvxpy.Expression, level: float) -> tuple[Any, Any, list[Any]]:
        """F + λ ρ = y, so that a small λ costs the residuals λ ρ no accuracy."""
        import cvxpy as cp

        rest = cp.Variable(self.shape, name="residuals")
        return made + level * times(rows, rest) == times(rows, self.y), level / 2 * cp.sum_squares(rest), []

    def dual_program(self, beta: cvxpy.Expression, level: float = 1.0) -> tuple[Any, list[Any]]:
        """β·y - (λ/2) ‖β‖², for any β."""
        import cvxpy as cp

        return cp.sum(cp.multiply(beta, self.y)) - level / 2 * cp.sum_squares(beta), []


@dataclass(frozen=True, eq=False)
class CrossEntropy(Loss):
    """L(F) = Σ_i log Σ_j exp(F_ij) - F_ic for the label c of point i; α_i = e_c - p_i with probabilities p, worth Σ_i H(p_i)."""

    name: ClassVar[str] = "cross-entropy"
    cone: ClassVar[str] = "EXP"

    labels: IntArray
    classes: int

    @classmethod
    def of_targets(cls, y: FloatArray) -> Self:
        """State the loss for labels, whole numbers from 0 on; there are as many classes as the largest label needs."""
        refuse_classes(y)
        _refuse_columns(cls.name, y)
        if (y != np.rint(y)).any() or y.min(initial=0.0) < 0:
            raise DataError("The cross-entropy loss needs labels: whole numbers from 0 on.")
        return cls(y.astype(np.int64), int(y.max(initial=0.0)) + 1)

    @property
    def class_labels(self) -> IntArray:
        """The labels."""
        return self.labels

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, k)."""
        return self.labels.size, self.classes

    @property
    def scale(self) -> float:
        """1."""
        return 1.0

    @property
    def own(self) -> FloatArray:
        """e_c for each point, (n, k)."""
        marks: FloatArray = (self.labels[:, None] == np.arange(self.classes)).astype(np.float64)
        return marks

    def value(self, values: FloatArray) -> float:
        """Return Σ log(1 + Σ_{j ≠ c} exp(F_j - F_c)), by sums that do not cancel."""
        own_class = values[np.arange(self.labels.size), self.labels]
        ahead = np.where(self.own > 0, -np.inf, values - own_class[:, None])
        top = np.maximum(ahead.max(axis=1), 0.0)
        others = np.exp(ahead - top[:, None]).sum(axis=1)
        return float(np.where(top > 0, top + np.log(np.exp(-top) + others), np.log1p(others)).sum())

    def negative_gradient(self, values: FloatArray) -> FloatArray:
        """Return e_c - softmax(F)."""
        odds = np.exp(values - values.max(axis=1, keepdims=True))
        p = np.where(self.own > 0, 0.0, odds / odds.sum(axis=1, keepdims=True))
        return np.where(self.own > 0, p.sum(axis=1, keepdims=True), -p)

    def project_dual(self, alpha: FloatArray) -> FloatArray:
        """Clip the probabilities -α_ij of other classes at 0, make their sum at most 1, and let the own class balance them."""
        p = np.where(self.own > 0, 0.0, np.maximum(-alpha, 0.0))
        p /= np.maximum(p.sum(axis=1, keepdims=True), 1.0)
        return np.where(self.own > 0, p.sum(axis=1, keepdims=True), -p)

    def dual_value(self, alpha: FloatArray) -> float:
        """Return Σ_i H(e_c - α_i), the entropies."""
        from scipy.special import entr

        others = np.where(self.own > 0, 0.0, -alpha)
        mine = np.clip(1.0 - others.sum(axis=1), 0.0, 1.0)
        return float(entr(np.maximum(others, 0.0)).sum() + entr(mine).sum())

    def best_dual_value(self, alpha: FloatArray, most: float) -> float:
        """Return the largest value along the ray: it is concave there."""
        from scipy.optimize import minimize_scalar

        total = np.where(self.own > 0, alpha, 0.0).sum(axis=1).max(initial=0.0)
        end = most if total == 0 else min(most, 1.0 / float(total))
        found = minimize_scalar(lambda c: -self.dual_value(c * alpha), bounds=(0.0, end), method="bounded", options={"xatol": 1e-12 * end})
        return max(-float(found.fun), self.dual_value(end * alpha))

    def objective(self, values: cvxpy.Expression) -> Any:
        """Σ log-sum-exp(F_i) - F_ic."""
        import cvxpy as cp

        return cp.sum(cp.log_sum_exp(values, axis=1)) - cp.sum(cp.multiply(values, self.own))

    def dual_program(self, beta: cvxpy.Expression, level: float = 1.0) -> tuple[Any, list[Any]]:
        """Σ entropies of e_c - α_i, which are probabilities."""
        import cvxpy as cp

        alpha = level * beta
        return cp.sum(cp.entr(self.own - alpha)) / level, [cp.sum(alpha, axis=1) == 0]


@dataclass(frozen=True, eq=False)
class Hinge(Loss):
    """L(f) = Σ_i max(0, 1 - y_i f_i) for y_i = ±1; α_i = y_i μ_i with 0 ≤ μ_i ≤ 1, worth Σ μ.

    Below some λ it is an exact penalty: a program to be solved need not go further.
    """

    name: ClassVar[str] = "hinge"
    signs: ClassVar[bool] = True
    least_level: ClassVar[float] = 1e-6

    y: FloatArray

    if TYPE_CHECKING:  # arrays come in as anything that NumPy takes

        def __init__(self, y: npt.ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        y = as_floats(self.y, "y")
        if not (np.abs(y) == 1).all():
            raise DataError("The hinge loss needs targets of +1 and -1.")
        object.__setattr__(self, "y", frozen(y))

    @classmethod
    def of_targets(cls, y: FloatArray) -> Self:
        """State the loss for signs, +1 and -1."""
        _refuse_columns(cls.name, y)
        return cls(y)

    @property
    def targets(self) -> FloatArray:
        """The signs."""
        return self.y

    @property
    def shape(self) -> tuple[int, ...]:
        """(n,)."""
        return self.y.shape

    def smallest_margin(self, values: FloatArray) -> float:
        """Return the smallest y f."""
        return float((self.y * values).min())

    @property
    def scale(self) -> float:
        """1."""
        return 1.0

    def value(self, values: FloatArray) -> float:
        """Return Σ max(0, 1 - y f)."""
        return float(np.maximum(0.0, 1.0 - self.y * values).sum())

    def negative_gradient(self, values: FloatArray) -> FloatArray:
        """Return y where y f < 1, and 0 elsewhere."""
        return np.where(self.y * values < 1, self.y, 0.0)

    def project_dual(self, alpha: FloatArray) -> FloatArray:
        """Clip μ = y α to [0, 1]."""
        return self.y * np.clip(self.y * alpha, 0.0, 1.0)

    def dual_value(self, alpha: FloatArray) -> float:
        """Return Σ μ."""
        return float((self.y * alpha).sum())

    def best_dual_value(self, alpha: FloatArray, most: float) -> float:
        """Return the value of the largest multiple of finite value."""
        top = float((self.y * alpha).max(initial=0.0))
        return 0.0 if top == 0 else self.dual_value(alpha * min(most, 1.0 / top))

    def objective(self, values: cvxpy.Expression) -> Any:
        """Σ max(0, 1 - y f)."""
        import cvxpy as cp

        return cp.sum(cp.pos(1 - cp.multiply(self.y, values)))

    def dual_program(self, beta: cvxpy.Expression, level: float = 1.0) -> tuple[Any, list[Any]]:
        """Σ μ over λ, 0 ≤ μ ≤ 1."""
        import cvxpy as cp

        mu = cp.multiply(self.y, level * beta)
        return cp.sum(mu) / level, [mu >= 0, mu <= 1]


def _refuse_columns(name: str, y: FloatArray) -> None:
    if y.ndim != 1:
        raise DataError(f"The {name} loss needs one target a point, not shape {y.shape}.")


def _name_of(loss: type[Loss]) -> str:
    return loss.name


def refusal(loss: object) -> str | None:
    """Return why something is no loss, as a sentence; None if it is one."""
    if not (isinstance(loss, type) and issubclass(loss, Loss)):
        return f"A loss of your own is a subclass of implicit_bias.fits.Loss, not {loss!r}."
    lacks = missing(loss, ("name",))
    return f"The loss {loss.__name__} lacks {', '.join(lacks)}." if lacks else None


LossName = Literal["squared", "cross-entropy", "hinge"]
LOSSES: Registry[type[Loss]] = Registry("loss", _name_of, (Squared, CrossEntropy, Hinge), refusal=refusal)
"""The losses by name. ``LOSSES.register(MyLoss)`` adds one: a subclass of :class:`Loss` with a name."""
