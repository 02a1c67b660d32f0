"""Classification: the own class leads every other by a margin of 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError
from implicit_bias.fits.base import Fit, Index
from implicit_bias.numerics.arrays import FloatArray, IntArray, freeze

if TYPE_CHECKING:
    import cvxpy

MOST_CLASSES = 10_000
"""Largest number of classes."""


@dataclass(frozen=True, eq=False)
class Margins(Fit):
    """C_i = {z : z_c - z_j ≥ 1 for all j ≠ c}, with c the label of point i among k classes (Stewart et al., eqs. 5, 14).

    The dual variables are α_i = Σ_j μ_ij (e_c - e_j) with μ ≥ 0, worth Σ μ.
    """

    kind: ClassVar[str] = "classification"

    labels: IntArray
    classes: int

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

    def smallest_margin(self, values: FloatArray) -> float:
        """Return the smallest margin: margins are homogeneous."""
        return float(self.margins(values).min())

    def violation(self, values: FloatArray) -> float:
        """Return by how much the smallest margin falls short of 1."""
        return max(0.0, 1.0 - self.smallest_margin(values))

    def project(self, values: FloatArray) -> FloatArray:
        """Return the values divided by the smallest margin: margins are homogeneous."""
        return values / self.smallest_margin(values)

    def project_dual(self, alpha: FloatArray) -> FloatArray:
        """Clip μ_ij = -α_ij at 0, and let each point's own class balance the others."""
        mu = np.where(self.own, 0.0, np.maximum(-alpha, 0.0))
        return np.where(self.own, mu.sum(axis=1, keepdims=True), -mu)

    def dual_value(self, alpha: FloatArray) -> float:
        """Return Σ μ."""
        return float(alpha[self.own].sum())

    def constraints(self, values: cvxpy.Expression) -> list[Any]:
        """One inequality for each point and other class."""
        import cvxpy as cp

        if self.classes == 1:
            return []
        rows, others = np.nonzero(~self.own)
        flat = cp.vec(values, order="C")
        return [flat[rows * self.classes + self.labels[rows]] - flat[rows * self.classes + others] >= 1]

    def dual_program(self, beta: cvxpy.Expression, level: float = 1.0) -> tuple[Any, list[Any]]:
        """Σ of each point's own β, where the others are at most 0 and all sum to 0."""
        import cvxpy as cp

        own = self.own.astype(np.float64)
        return cp.sum(cp.multiply(beta, own)), [cp.multiply(beta, 1 - own) <= 0, cp.sum(beta, axis=1) == 0]

    def contradiction(self, i: int, j: int) -> tuple[str, FloatArray] | None:
        """Return the sum of both margins, which no scores of one point meet if the labels differ."""
        if self.labels[i] == self.labels[j]:
            return None
        dual = np.zeros(self.shape)
        for at, other in ((i, j), (j, i)):
            dual[at, self.labels[at]] += 1.0
            dual[at, self.labels[other]] -= 1.0
        return "labels", freeze(dual)

    def at(self, rows: Index) -> Margins:
        """Return the fit of some of the points."""
        return Margins(self.labels[rows], self.classes)

    def divided(self, height: float) -> Margins:
        """Return the same fit: the margin is 1, and so is the scale."""
        return self


def refuse_classes(labels: FloatArray) -> None:
    """Raise :class:`DataError` for labels beyond the number of classes that can be computed with."""
    if labels.max(initial=0.0) >= MOST_CLASSES:
        raise DataError(f"labels reach {labels.max():g}; at most {MOST_CLASSES} classes can be computed with.")


def switching(labels: IntArray) -> npt.NDArray[np.intp]:
    """Return the indices of S_C: both ends, and the points whose label differs from a neighbour's."""
    changes = labels[1:] != labels[:-1]
    return np.flatnonzero(np.concatenate(([True], changes)) | np.concatenate((changes, [True])))
