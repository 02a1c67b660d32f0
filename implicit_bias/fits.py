"""What a function has to do at each point: the convex sets C_i of the generalised problem (Stewart et al., eq. 15).

A fit knows its sets from three sides: membership (violation, projection), the dual (inf over C_i of α·z, which is
-σ_{C_i}(-α), and which α make it finite), and how to say both to CVXPY.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from implicit_bias.arrays import FloatArray, IntArray, as_floats, own
from implicit_bias.errors import DataError


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


@dataclass(frozen=True, eq=False)
class Values:
    """C_i = {y_i}: interpolation. ``y`` is (n,) or (n, k)."""

    y: FloatArray

    def __post_init__(self) -> None:
        given = np.asarray(self.y)
        y = as_floats(self.y, "y", given.shape if given.ndim == 2 else None)
        object.__setattr__(self, "y", own(y))

    @property
    def kind(self) -> str:
        """The word for such problems in tables and JSON."""
        return "regression"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of y."""
        return self.y.shape

    @property
    def scale(self) -> float:
        """The largest |y|, or 1 if all are zero."""
        return max(float(self.y.max()), -float(self.y.min())) or 1.0

    def violation(self, values: FloatArray) -> float:
        """Return max |f(x_i) - y_i|."""
        return float(np.abs(values - self.y).max())

    def project(self, values: FloatArray) -> FloatArray:
        """Return y."""
        return self.y

    def legal(self, alpha: FloatArray) -> FloatArray:
        """Every α is legal."""
        return alpha

    def lowest(self, alpha: FloatArray) -> float:
        """Return Σ α_i·y_i."""
        return float((alpha * self.y).sum())

    def constraints(self, values: Any) -> list[Any]:
        """F = y."""
        return [values == self.y]

    def dual_program(self, alpha: Any) -> tuple[Any, list[Any]]:
        """Σ α_i·y_i, for any α."""
        import cvxpy as cp

        return cp.sum(cp.multiply(alpha, self.y)), []

    def at(self, rows: npt.NDArray[Any]) -> Values:
        """Return the fit of some of the points."""
        return Values(self.y[rows])

    def divided(self, height: float) -> Values:
        """Return the fit for f / height."""
        return Values(self.y / height)


@dataclass(frozen=True, eq=False)
class Margins:
    """C_i = {z : z_c - z_j ≥ 1 for all j ≠ c}, with c the label of point i among k classes (Stewart et al., eqs. 5, 14).

    The dual variables are α_i = Σ_j μ_ij (e_c - e_j) with μ ≥ 0, worth Σ μ.
    """

    labels: IntArray
    classes: int

    @property
    def kind(self) -> str:
        """The word for such problems in tables and JSON."""
        return "classification"

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, k)."""
        return self.labels.size, self.classes

    @property
    def scale(self) -> float:
        """1, the margin."""
        return 1.0

    @property
    def own(self) -> npt.NDArray[np.bool_]:
        """(n, k): marks each point's own class."""
        mask: npt.NDArray[np.bool_] = self.labels[:, None] == np.arange(self.classes)
        return mask

    def margins(self, values: FloatArray) -> FloatArray:
        """Return each point's smallest margin: its own class's value minus the largest of the others."""
        others = np.where(self.own, -np.inf, values).max(axis=1)
        best: FloatArray = values[np.arange(self.labels.size), self.labels] - others
        return best

    def violation(self, values: FloatArray) -> float:
        """Return by how much the smallest margin falls short of 1."""
        return max(0.0, 1.0 - float(self.margins(values).min()))

    def project(self, values: FloatArray) -> FloatArray:
        """Return the values divided by the smallest margin: margins are homogeneous."""
        return values / float(self.margins(values).min())

    def legal(self, alpha: FloatArray) -> FloatArray:
        """Clip μ_ij = -α_ij at 0, and let each point's own class balance the others."""
        mu = np.where(self.own, 0.0, np.maximum(-alpha, 0.0))
        return np.where(self.own, mu.sum(axis=1, keepdims=True), -mu)

    def lowest(self, alpha: FloatArray) -> float:
        """Return Σ μ."""
        return float(alpha[self.own].sum())

    def constraints(self, values: Any) -> list[Any]:
        """One inequality for each point and other class."""
        import cvxpy as cp

        if self.classes == 1:
            return []
        rows, others = np.nonzero(~self.own)
        flat = cp.vec(values, order="C")
        return [flat[rows * self.classes + self.labels[rows]] - flat[rows * self.classes + others] >= 1]

    def dual_program(self, alpha: Any) -> tuple[Any, list[Any]]:
        """Σ of each point's own α, where the others are at most 0 and all sum to 0."""
        import cvxpy as cp

        own = self.own.astype(np.float64)
        return cp.sum(cp.multiply(alpha, own)), [cp.multiply(alpha, 1 - own) <= 0, cp.sum(alpha, axis=1) == 0]

    def at(self, rows: npt.NDArray[Any]) -> Margins:
        """Return the fit of some of the points."""
        return Margins(self.labels[rows], self.classes)

    def divided(self, height: float) -> Margins:
        """Return the same fit: the margin is 1, and so is the scale."""
        return self


@dataclass(frozen=True, eq=False)
class Boxes:
    """C_i = {z : lower_i ≤ z ≤ upper_i}, coordinate by coordinate; infinite bounds are allowed. Arrays are (n, k)."""

    lower: FloatArray
    upper: FloatArray

    def __post_init__(self) -> None:
        lower, upper = (np.array(side, dtype=np.float64) for side in (self.lower, self.upper))
        if lower.ndim != 2 or lower.shape != upper.shape:
            raise DataError(f"lower and upper must be (n, k) arrays of one shape, not {lower.shape} and {upper.shape}.")
        if not (lower <= upper).all():
            raise DataError("lower must not exceed upper, and neither may be NaN.")
        object.__setattr__(self, "lower", own(lower))
        object.__setattr__(self, "upper", own(upper))

    @property
    def kind(self) -> str:
        """The word for such problems in tables and JSON."""
        return "boxes"

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, k)."""
        return self.lower.shape

    @property
    def scale(self) -> float:
        """The largest finite bound in size, or 1."""
        ends = np.concatenate([self.lower.ravel(), self.upper.ravel()])
        return float(np.abs(ends[np.isfinite(ends)]).max(initial=0.0)) or 1.0

    def violation(self, values: FloatArray) -> float:
        """Return the largest excess over a bound."""
        return float(np.maximum(values - self.upper, self.lower - values).max(initial=0.0))

    def project(self, values: FloatArray) -> FloatArray:
        """Return the nearest values in the boxes."""
        return np.clip(values, self.lower, self.upper)

    def legal(self, alpha: FloatArray) -> FloatArray:
        """Zero the α that pull towards an infinite bound."""
        return np.where(np.isfinite(np.where(alpha > 0, self.lower, self.upper)), alpha, 0.0)

    def lowest(self, alpha: FloatArray) -> float:
        """Return Σ α·lower where α > 0, α·upper where α < 0."""
        at = np.where(alpha > 0, self.lower, self.upper)
        return float(np.where(alpha == 0, 0.0, alpha * np.where(alpha == 0, 0.0, at)).sum())

    def constraints(self, values: Any) -> list[Any]:
        """Two-sided bounds, where they are finite."""
        import cvxpy as cp

        flat, lower, upper = cp.vec(values, order="C"), self.lower.ravel(), self.upper.ravel()
        low, high = np.flatnonzero(np.isfinite(lower)), np.flatnonzero(np.isfinite(upper))
        return [flat[low] >= lower[low]] * bool(low.size) + [flat[high] <= upper[high]] * bool(high.size)

    def dual_program(self, alpha: Any) -> tuple[Any, list[Any]]:
        """Σ lower·a - upper·b, where α = a - b with a, b ≥ 0."""
        import cvxpy as cp

        low, high = np.isfinite(self.lower), np.isfinite(self.upper)
        up, down = cp.Variable(self.shape, nonneg=True), cp.Variable(self.shape, nonneg=True)
        gain = cp.sum(cp.multiply(up, np.where(low, self.lower, 0)) - cp.multiply(down, np.where(high, self.upper, 0)))
        closed = [cp.multiply(up, (~low).astype(float)) == 0, cp.multiply(down, (~high).astype(float)) == 0]
        return gain, [alpha == up - down, *closed]

    def at(self, rows: npt.NDArray[Any]) -> Boxes:
        """Return the fit of some of the points."""
        return Boxes(self.lower[rows], self.upper[rows])

    def divided(self, height: float) -> Boxes:
        """Return the fit for f / height."""
        return Boxes(self.lower / height, self.upper / height)


@dataclass(frozen=True, eq=False)
class Balls:
    """C_i = {z : ‖z - y_i‖₂ ≤ r_i}. ``y`` is (n, k), ``radii`` (n,) and not negative."""

    y: FloatArray
    radii: FloatArray

    def __post_init__(self) -> None:
        shape = np.shape(self.y)
        if len(shape) != 2:
            raise DataError(f"y must be an (n, k) array, not of shape {shape}.")
        y, radii = as_floats(self.y, "y", shape), as_floats(self.radii, "radii", shape[:1])
        if radii.size and radii.min() < 0:
            raise DataError("radii must not be negative.")
        object.__setattr__(self, "y", own(y))
        object.__setattr__(self, "radii", own(radii))

    @property
    def kind(self) -> str:
        """The word for such problems in tables and JSON."""
        return "balls"

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, k)."""
        return self.y.shape

    @property
    def scale(self) -> float:
        """The largest |y| or radius, or 1."""
        return max(float(np.abs(self.y).max(initial=0.0)), float(self.radii.max(initial=0.0))) or 1.0

    def violation(self, values: FloatArray) -> float:
        """Return the largest distance beyond a radius."""
        return max(0.0, float((np.linalg.norm(values - self.y, axis=1) - self.radii).max(initial=0.0)))

    def project(self, values: FloatArray) -> FloatArray:
        """Return the nearest values in the balls."""
        away = values - self.y
        distance = np.linalg.norm(away, axis=1)
        share = np.where(distance > self.radii, self.radii / np.where(distance > 0, distance, 1.0), 1.0)
        return self.y + away * share[:, None]

    def legal(self, alpha: FloatArray) -> FloatArray:
        """Every α is legal."""
        return alpha

    def lowest(self, alpha: FloatArray) -> float:
        """Return Σ α_i·y_i - r_i ‖α_i‖."""
        return float((alpha * self.y).sum() - self.radii @ np.linalg.norm(alpha, axis=1))

    def constraints(self, values: Any) -> list[Any]:
        """One second-order cone a point."""
        import cvxpy as cp

        return [cp.norm(values - self.y, 2, axis=1) <= self.radii]

    def dual_program(self, alpha: Any) -> tuple[Any, list[Any]]:
        """Σ α_i·y_i - r_i ‖α_i‖, for any α."""
        import cvxpy as cp

        return cp.sum(cp.multiply(alpha, self.y)) - self.radii @ cp.norm(alpha, 2, axis=1), []

    def at(self, rows: npt.NDArray[Any]) -> Balls:
        """Return the fit of some of the points."""
        return Balls(self.y[rows], self.radii[rows])

    def divided(self, height: float) -> Balls:
        """Return the fit for f / height."""
        return Balls(self.y / height, self.radii / height)


@dataclass(frozen=True, eq=False)
class HalfSpaces:
    """C_i = {z : A_i z ≥ b_i}, not empty. ``normals`` is (n, r, k), ``offsets`` (n, r)."""

    normals: FloatArray
    offsets: FloatArray

    def __post_init__(self) -> None:
        shape = np.shape(self.normals)
        if len(shape) != 3:
            raise DataError(f"normals must be an (n, r, k) array, not of shape {shape}.")
        object.__setattr__(self, "normals", own(as_floats(self.normals, "normals", shape)))
        object.__setattr__(self, "offsets", own(as_floats(self.offsets, "offsets", shape[:2])))

    @property
    def kind(self) -> str:
        """The word for such problems in tables and JSON."""
        return "half-spaces"

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, k)."""
        return self.normals.shape[0], self.normals.shape[2]

    @property
    def scale(self) -> float:
        """The largest |b|, or 1."""
        return float(np.abs(self.offsets).max(initial=0.0)) or 1.0

    def violation(self, values: FloatArray) -> float:
        """Return the largest shortfall b - A z."""
        return max(0.0, float((self.offsets - np.einsum("irk,ik->ir", self.normals, values)).max(initial=0.0)))

    def project(self, values: FloatArray) -> FloatArray:
        """Return the nearest values in the sets: least distance programming by non-negative least squares (Lawson and Hanson)."""
        from scipy.optimize import nnls

        nearest = values.copy()
        for i, (normals, offsets) in enumerate(zip(self.normals, self.offsets, strict=True)):
            short = offsets - normals @ values[i]
            if short.max() <= 0:
                continue
            target = np.append(np.zeros(values.shape[1]), 1.0)
            stacked = np.vstack([normals.T, short])
            rest = stacked @ nnls(stacked, target)[0] - target
            nearest[i] = values[i] - rest[:-1] / rest[-1]
        return nearest

    def legal(self, alpha: FloatArray) -> FloatArray:
        """Return the nearest α_i = A_iᵀ μ with μ ≥ 0."""
        from scipy.optimize import nnls

        return np.stack([normals.T @ nnls(normals.T, a)[0] for normals, a in zip(self.normals, alpha, strict=True)])

    def lowest(self, alpha: FloatArray) -> float:
        """Return Σ max b_i·μ over μ ≥ 0 with A_iᵀ μ = α_i, a small linear program a point."""
        from scipy.optimize import linprog

        total = 0.0
        for normals, offsets, a in zip(self.normals, self.offsets, alpha, strict=True):
            size = np.abs(a).max() or 1.0
            found = linprog(-offsets, A_eq=normals.T, b_eq=a / size, method="highs")
            if found.status != 0:
                return -np.inf
            total -= float(found.fun or 0.0) * size
        return total

    def constraints(self, values: Any) -> list[Any]:
        """One inequality for each half-space."""
        return [self.normals[i] @ values[i] >= self.offsets[i] for i in range(self.shape[0])]

    def dual_program(self, alpha: Any) -> tuple[Any, list[Any]]:
        """Σ b·μ, where α_i = A_iᵀ μ_i and μ ≥ 0."""
        import cvxpy as cp

        mu = cp.Variable(self.offsets.shape, nonneg=True)
        tied = [alpha[i] == self.normals[i].T @ mu[i] for i in range(self.shape[0])]
        return cp.sum(cp.multiply(mu, self.offsets)), tied

    def at(self, rows: npt.NDArray[Any]) -> HalfSpaces:
        """Return the fit of some of the points."""
        return HalfSpaces(self.normals[rows], self.offsets[rows])

    def divided(self, height: float) -> HalfSpaces:
        """Return the fit for f / height."""
        return HalfSpaces(self.normals, self.offsets / height)
