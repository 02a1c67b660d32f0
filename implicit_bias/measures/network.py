"""Two-layer ReLU networks as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from implicit_bias.measures.measure import Measure
from implicit_bias.measures.ridge import RidgeMeasure, row_lengths
from implicit_bias.numerics.arrays import FloatArray, as_floats, freeze


@dataclass(frozen=True, eq=False)
class Network:
    """The network x ↦ Σ_h a_h [W_h · x + b_h]₊ + bias (Stewart et al., eq. 2).

    Attributes
    ----------
    W : (m,) float64 input weights of one input, also given as (m, 1); or (m, d) for d inputs
    b : (m,) float64 input biases
    a : (m,) float64 output weights, also given as (1, m); or (k, m) for k outputs. All are frozen.
    bias : float, or (k,)

    Raises
    ------
    DataError
        On numbers that are not finite or shapes that do not match.
    """

    W: FloatArray
    b: FloatArray
    a: FloatArray
    bias: float | FloatArray = 0.0

    if TYPE_CHECKING:  # arrays come in as anything that NumPy takes

        def __init__(self, W: npt.ArrayLike, b: npt.ArrayLike, a: npt.ArrayLike, bias: npt.ArrayLike = 0.0) -> None: ...

    def __post_init__(self) -> None:
        W = as_floats(self.W, "W", np.shape(self.W)) if np.ndim(self.W) == 2 else as_floats(self.W, "W")
        if W.ndim == 2 and W.shape[1] == 1:
            W = W.ravel()
        b = as_floats(self.b, "b", W.shape[:1])
        several = np.ndim(self.a) == 2 and np.shape(self.a)[0] != 1 and np.shape(self.a)[1] == b.size
        a = as_floats(self.a, "a", (np.shape(self.a)[0], b.size)) if several else as_floats(np.ravel(self.a), "a", b.shape)
        for name, array in (("W", W), ("b", b), ("a", a)):
            object.__setattr__(self, name, freeze(array.copy()))
        shape = a.shape[:-1] or (1,)
        bias = as_floats(np.broadcast_to(self.bias, shape), "bias", shape)
        object.__setattr__(self, "bias", freeze(bias.copy()) if several else float(bias[0]))

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return the outputs, unit by unit, O(m d) a point: for one input x of any shape, for d inputs of shape (..., d).

        With k outputs they are on a last axis of their own.
        """
        points = np.asarray(x, dtype=np.float64)
        inner = points[..., None] * self.W if self.W.ndim == 1 else points @ self.W.T
        hidden = np.maximum(0.0, inner + self.b)
        out: FloatArray = hidden @ self.a.T + self.bias
        return out

    def measure(self) -> Measure | RidgeMeasure:
        """Return the measure of the same function: atoms by kinks (weights a|W|), or for several inputs on the sphere."""
        return Measure.from_network(self.W, self.b, self.a, self.bias)

    @property
    def inner_norms(self) -> FloatArray:
        """Each unit's ‖(W, b)‖, (m,)."""
        return row_lengths(np.column_stack([self.W, self.b]))

    @property
    def outer_norms(self) -> FloatArray:
        """Each unit's ‖a‖₂ over the outputs, (m,)."""
        return np.abs(self.a) if self.a.ndim == 1 else row_lengths(self.a.T)

    def scaled(self, factors: FloatArray) -> Network:
        """Return the same function with each unit's (W, b) multiplied, and its a divided, by a positive factor."""
        inner = self.W * (factors if self.W.ndim == 1 else factors[:, None])
        return Network(inner, self.b * factors, self.a / factors, self.bias)

    def normalized(self) -> Network:
        """Return the same function with unit input weights ‖(W, b)‖ = 1: the normal form (Stewart, eq. 2).

        A unit with no input weights does nothing and cannot have unit ones; its output weights become 0.
        """
        norms = self.inner_norms
        live = norms > 0
        unit = self.scaled(1 / np.where(live, norms, 1.0))
        return Network(unit.W, unit.b, unit.a * live, self.bias)

    def balanced(self) -> Network:
        """Return the same function with ‖a_h‖ = ‖(W_h, b_h)‖, the least ½ Σ(‖(W, b)‖² + ‖a‖²); units that do nothing become 0."""
        inner, outer = self.inner_norms, self.outer_norms
        live = (inner > 0) & (outer > 0)
        factors = np.sqrt(np.where(live, outer, 1.0)) / np.sqrt(np.where(live, inner, 1.0))
        even = self.scaled(factors)
        W = even.W * (live if self.W.ndim == 1 else live[:, None])
        return Network(W, even.b * live, even.a * live, self.bias)

    def without_bias(self) -> Network:
        """Return the same function with the output bias made of one more unit a [0·x + 1]₊, balanced like those of :meth:`balanced`.

        Neyshabur et al. have no biases: their x carries a constant coordinate, and a constant is the unit that sees nothing
        else. Only so is it paid for, by |bias|, in :meth:`weight_decay` and :meth:`path_norm`, as measures pay for theirs.
        """
        bias = np.atleast_1d(np.asarray(self.bias))
        size = float(np.linalg.norm(bias))
        if size == 0:
            return self
        root = np.sqrt(size)
        column = bias / root if self.a.ndim == 2 else float(bias[0]) / root
        outer = np.column_stack([self.a, column]) if self.a.ndim == 2 else np.append(self.a, column)
        return Network(np.concatenate([self.W, np.zeros((1, *self.W.shape[1:]))]), np.append(self.b, root), outer)

    def path_norm(self) -> float:
        """Return Σ_h ‖a_h‖ ‖(W_h, b_h)‖, the cost of the units on the sphere; the output bias is left out."""
        return float(self.inner_norms @ self.outer_norms)

    def weight_decay(self) -> float:
        """Return ½ Σ_h (‖(W_h, b_h)‖² + ‖a_h‖²) (Neyshabur et al., Theorem 1); the output bias is left out."""
        return float((self.inner_norms**2).sum() + (self.outer_norms**2).sum()) / 2

    @classmethod
    def from_measure(cls, measure: Measure | RidgeMeasure) -> Network:
        """Return a balanced network, ‖a‖ = ‖(W, b)‖ for every unit, with one unit an atom.

        A constant becomes the output bias, and a unit of its own only in :meth:`without_bias`; an affine part becomes the bias
        and two more units of each slope's size. Without an affine part, ``from_measure(measure).without_bias()`` has the measure's
        cost on the sphere, Σ|w| sqrt(1 + t²) + |constant| or Σ‖w‖ + ‖constant‖, as its path norm and as its weight decay.
        """
        return _of_ridges(measure) if isinstance(measure, RidgeMeasure) else _of_kinks(measure)


def _of_kinks(measure: Measure) -> Network:
    kinks, directions, weights, bias = measure.kinks, measure.directions, measure.weights, np.asarray(measure.constant)
    if measure.affine is not None:
        slope, intercept = measure.affine
        kinks, directions = np.append(kinks, [0.0, 0.0]), np.append(directions, [1.0, -1.0])
        weights, bias = np.append(weights, [slope, -slope]), bias + intercept
    length = np.hypot(1.0, kinks)
    size = measure.sizes() if measure.affine is None else np.abs(weights)
    scale = np.sqrt(size) / np.sqrt(length)
    outer = _directions(weights, size) * (scale * length if weights.ndim == 1 else (scale * length)[:, None])
    return Network(scale * directions, -scale * directions * kinks, outer.T, bias)


def _of_ridges(measure: RidgeMeasure) -> Network:
    features, weights, bias = measure.features, measure.weights, np.asarray(measure.constant)
    if measure.affine is not None:
        slopes = measure.affine[:-1]
        inputs = np.column_stack([np.eye(measure.inputs), np.zeros(measure.inputs)])
        features = np.concatenate([features, inputs, -inputs])
        weights, bias = np.concatenate([weights, slopes, -slopes]), bias + measure.affine[-1]
    size = np.abs(weights) if weights.ndim == 1 else row_lengths(weights)
    scale = np.sqrt(size)
    outer = _directions(weights, size) * (scale if weights.ndim == 1 else scale[:, None])
    return Network(features[:, :-1] * scale[:, None], features[:, -1] * scale, outer.T, bias)


def _directions(weights: FloatArray, size: FloatArray) -> FloatArray:
    """Return weights of unit length, 0 where they are 0."""
    safe = np.where(size > 0, size, 1.0)
    return weights / (safe if weights.ndim == 1 else safe[:, None])
