"""Two-layer ReLU networks as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from implicit_bias.arrays import FloatArray, as_floats, freeze
from implicit_bias.errors import DataError
from implicit_bias.measures.measure import Measure


@dataclass(frozen=True, eq=False)
class Network:
    """The network x ↦ Σ_h a_h [W_h x + b_h]₊ + bias of one input and one output (Stewart et al., eq. 2).

    Attributes
    ----------
    W, b, a : (m,) float64
        Input weights, also given as (m, 1); input biases; output weights, also given as (1, m). Frozen.
    bias : float

    Raises
    ------
    DataError
        On numbers that are not finite or shapes that do not match.
    """

    W: FloatArray
    b: FloatArray
    a: FloatArray
    bias: float = 0.0

    def __post_init__(self) -> None:
        if np.ndim(self.W) == 2 and np.shape(self.W)[1] != 1:
            raise DataError(f"W has shape {np.shape(self.W)}; networks of one input have W of shape (m,) or (m, 1).")
        W = as_floats(np.ravel(self.W), "W")
        b = as_floats(self.b, "b", W.shape)
        a = as_floats(np.ravel(self.a), "a", W.shape)
        for name, array in (("W", W), ("b", b), ("a", a)):
            object.__setattr__(self, name, freeze(array.copy()))
        object.__setattr__(self, "bias", float(as_floats([self.bias], "bias")[0]))

    def __call__(self, x: Any) -> FloatArray:
        """Return the outputs for x of any shape, unit by unit: O(m) a point."""
        points = np.asarray(x, dtype=np.float64)
        hidden = np.maximum(0.0, points[..., None] * self.W + self.b)
        return hidden @ self.a + self.bias

    def measure(self) -> Measure:
        """Return the measure of the same function, atoms by kinks (weights a|W|)."""
        return Measure.from_network(self.W, self.b, self.a, self.bias)

    def normalized(self) -> Network:
        """Return the same function with unit input weights ‖(W, b)‖ = 1: the normal form (Stewart, eq. 2)."""
        norms = np.hypot(self.W, self.b)
        safe = np.where(norms > 0, norms, 1.0)
        return Network(self.W / safe, self.b / safe, self.a * norms, self.bias)

    @classmethod
    def from_measure(cls, measure: Measure) -> Network:
        """Return a network with one unit an atom, balanced: |a| = ‖(W, b)‖ for every unit.

        A constant becomes the output bias, an affine part (slope, intercept) the bias and two more units.
        """
        if measure.weights.ndim == 2:
            raise DataError("A network of this class has one output; take the measure's outputs one by one.")
        kinks, directions, weights, bias = measure.kinks, measure.directions, measure.weights, float(measure.constant)
        if measure.affine is not None:
            slope, intercept = measure.affine
            kinks, directions = np.append(kinks, [0.0, 0.0]), np.append(directions, [1.0, -1.0])
            weights, bias = np.append(weights, [slope, -slope]), bias + intercept
        length = np.sqrt(1 + kinks**2)
        scale = np.sqrt(np.abs(weights) / length)
        return cls(scale * directions, -scale * directions * kinks, np.sign(weights) * scale * length, bias)
