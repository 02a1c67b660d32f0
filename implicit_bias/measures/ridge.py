"""Discrete measures over ReLU features of several inputs, directions on the unit sphere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.arrays import FloatArray, as_floats, frozen

UNIT_LENGTH = 1e-6
"""How far from 1 the length of a feature may be when it is given; it is then made 1 to rounding."""

BLOCK = 1 << 22
"""Entries of the largest temporary in an evaluation."""


@dataclass(frozen=True, eq=False)
class RidgeMeasure:
    """The function f(x) = Σ_j weights_j [features_j · (x, 1)]₊ + constant + slope · x + intercept of d inputs.

    Attributes
    ----------
    features : (m, d+1) float64, rows u_j of unit length: a unit's input weights and bias
    weights : (m,) float64, or (m, k) for k outputs
    constant : float, or (k,) float64: the weight of the feature that is 1 everywhere, which costs
    affine : (d+1,) or (d+1, k) float64, slopes and intercept of a part that is free of cost in problems that have one; or None

    Raises
    ------
    DataError
        On numbers that are not finite, shapes that do not match, or rows that are not of unit length.
    """

    features: FloatArray
    weights: FloatArray
    constant: float | FloatArray = 0.0
    affine: FloatArray | None = None

    if TYPE_CHECKING:  # arrays come in as anything that NumPy takes

        def __init__(
            self, features: npt.ArrayLike, weights: npt.ArrayLike, constant: npt.ArrayLike = 0.0, affine: npt.ArrayLike | None = None
        ) -> None: ...

    def __post_init__(self) -> None:
        shape = np.shape(self.features)
        if len(shape) != 2 or shape[1] < 2:
            raise DataError(f"features must be an (m, d+1) array, not of shape {shape}.")
        features = as_floats(self.features, "features", shape)
        outputs = np.shape(self.weights)[1:] if np.ndim(self.weights) == 2 else ()
        weights = as_floats(self.weights, "weights", shape[:1] + outputs)
        lengths = np.linalg.norm(features, axis=1)
        if not (np.abs(lengths - 1) <= UNIT_LENGTH).all():
            raise DataError("features must be rows of unit length; RidgeMeasure.from_network normalises them.")
        constant = as_constant(self.constant, outputs)
        rounded = np.abs(lengths - 1) <= 4 * tolerances.EPS  # left as they are, so that every bit survives a round trip
        object.__setattr__(self, "features", frozen(features / np.where(rounded, 1.0, lengths)[:, None]))
        object.__setattr__(self, "weights", frozen(weights))
        object.__setattr__(self, "constant", frozen(constant) if outputs else float(constant[0]))
        if self.affine is not None:
            object.__setattr__(self, "affine", frozen(as_floats(self.affine, "affine", shape[1:] + outputs)))

    @classmethod
    def zero(cls, inputs: int, outputs: int | None = None) -> RidgeMeasure:
        """Return the measure without atoms."""
        return cls(np.empty((0, inputs + 1)), np.empty((0,) if outputs is None else (0, outputs)))

    @classmethod
    def from_network(cls, W: npt.ArrayLike, b: npt.ArrayLike, a: npt.ArrayLike, bias: npt.ArrayLike = 0.0) -> RidgeMeasure:
        """Return the measure of x ↦ Σ_h a_h [W_h · x + b_h]₊ + bias: a unit is an atom of weight a_h ‖(W_h, b_h)‖.

        Parameters
        ----------
        W : (m, d), input weights;  b : (m,), input biases;  a : (m,), or (k, m) for k outputs, output weights;  bias : float or (k,)
        """
        inner = as_floats(W, "W", np.shape(W))
        if inner.ndim != 2 or not inner.shape[1]:
            raise DataError(f"W must be an (m, d) array, not of shape {inner.shape}.")
        shift = as_floats(b, "b", inner.shape[:1])
        outer = as_floats(a, "a", (np.shape(a)[0], shift.size) if np.ndim(a) == 2 else shift.shape).T
        units = np.column_stack([inner, shift])
        flat = ~inner.any(axis=1)
        constant = np.asarray(bias, dtype=np.float64) + outer[flat].T @ np.maximum(shift[flat], 0.0)
        lengths = row_lengths(units[~flat])
        weights = outer[~flat] * (lengths if outer.ndim == 1 else lengths[:, None])
        return cls(units[~flat] / lengths[:, None], weights, constant if outer.ndim == 2 else float(constant))

    @property
    def inputs(self) -> int:
        """How many inputs f has, d."""
        return int(self.features.shape[1]) - 1

    def __len__(self) -> int:
        return len(self.features)

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return f(x) for x of shape (..., d): (...) or (..., k). O(m d) a point."""
        points = np.asarray(x, dtype=np.float64)
        if points.ndim == 0 or points.shape[-1] != self.inputs:
            raise DataError(f"x has shape {points.shape}; the last axis must hold {self.inputs} inputs.")
        rows = np.column_stack([points.reshape(-1, self.inputs), np.ones(points.size // self.inputs)])
        out = np.empty((len(rows), *self.weights.shape[1:]))
        step = max(1, BLOCK // max(1, len(self)))
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            out[start : start + step] = np.maximum(part @ self.features.T, 0.0) @ self.weights
        out += self.constant
        if self.affine is not None:
            out += rows @ self.affine
        return out.reshape((*points.shape[:-1], *self.weights.shape[1:]))

    def sizes(self, norm: float = 2) -> FloatArray:
        """Return the norm of each atom's weight: 1, 2 or inf over the outputs."""
        if self.weights.ndim == 1:
            return np.abs(self.weights)
        sizes: FloatArray = np.linalg.norm(self.weights, norm, axis=1)
        return sizes

    def total_variation(self, norm: float = 2) -> float:
        """Return Σ_j ‖weights_j‖ + ‖constant‖, in units of y."""
        constant = np.atleast_1d(np.asarray(self.constant, dtype=np.float64))
        return float(self.sizes(norm).sum()) + float(np.linalg.norm(constant, norm))

    def support(self, tolerance: float = tolerances.SUPPORT) -> FloatArray:
        """Return the features whose atoms exceed ``tolerance`` × the largest weight, (q, d+1)."""
        size = self.sizes()
        support: FloatArray = self.features[size > tolerance * size.max(initial=0.0)]
        return support

    def where(self, keep: npt.NDArray[np.bool_]) -> RidgeMeasure:
        """Return the atoms that are marked, without constant and affine part."""
        return RidgeMeasure(self.features[keep], self.weights[keep])

    def prune(self, tolerance: float = tolerances.SUPPORT) -> RidgeMeasure:
        """Drop atoms of at most ``tolerance`` × the largest weight; the function changes accordingly."""
        size = self.sizes()
        live = size > tolerance * size.max(initial=0.0)
        return RidgeMeasure(self.features[live], self.weights[live], self.constant, self.affine)

    def merge(self) -> RidgeMeasure:
        """Return the same function with equal features joined and zero atoms dropped."""
        keys, place = np.unique(self.features, axis=0, return_inverse=True)
        weights = np.zeros((len(keys), *self.weights.shape[1:]))
        np.add.at(weights, place.ravel(), self.weights)
        live = (weights != 0) if weights.ndim == 1 else (weights != 0).any(axis=1)
        return RidgeMeasure(keys[live], weights[live], self.constant, self.affine)

    def plus(self, other: RidgeMeasure) -> RidgeMeasure:
        """Return the measure of the sum of both functions (atoms are listed, not merged)."""
        parts = [m.affine for m in (self, other) if m.affine is not None]
        features = np.concatenate([self.features, other.features])
        weights = np.concatenate([self.weights, other.weights])
        return RidgeMeasure(features, weights, self.constant + other.constant, np.sum(parts, axis=0) if parts else None)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and numbers, for JSON."""
        return {
            "features": self.features.tolist(),
            "weights": self.weights.tolist(),
            "constant": np.asarray(self.constant).tolist(),
            "affine": None if self.affine is None else self.affine.tolist(),
        }

    def to_json(self) -> str:
        """Return a JSON text from which :meth:`Measure.from_json` restores every bit."""
        return json.dumps(self.to_dict() | {"inputs": self.inputs})  # without atoms nothing else would tell


def as_constant(constant: Any, outputs: tuple[int, ...]) -> FloatArray:
    """Return a constant as one number an output, given as that or as one for all; raises :class:`DataError` for other shapes."""
    shape = outputs or (1,)
    return as_floats(np.full(shape, constant) if np.ndim(constant) == 0 else constant, "constant", shape)


def row_lengths(rows: FloatArray) -> FloatArray:
    """Return every row's Euclidean length, without overflow or underflow on the way."""
    largest = np.abs(rows).max(axis=1, initial=0.0)
    safe = np.where(largest > 0, largest, 1.0)
    lengths: FloatArray = largest * np.linalg.norm(rows / safe[:, None], axis=1)
    return lengths
