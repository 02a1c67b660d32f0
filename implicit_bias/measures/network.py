"""Two-layer ReLU networks as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from implicit_bias.arrays import FloatArray, as_floats, freeze
from implicit_bias.measures.measure import Measure


@dataclass(frozen=True, eq=False)
class Network:
    """The network x ↦ Σ_h outer_h [inner_h x + shift_h]₊ + bias of one input and one output (Stewart et al., eq. 2).

    Attributes
    ----------
    inner, shift, outer : (m,) float64
        Input weights, input biases and output weights.
    bias : float
    """

    inner: FloatArray
    shift: FloatArray
    outer: FloatArray
    bias: float = 0.0

    @classmethod
    def of(cls, W: Any, b: Any, a: Any, bias: float = 0.0) -> Network:
        """Validate and freeze arrays: W (m,) or (m, 1), b (m,), a (m,) or (1, m); raises DataError."""
        inner = as_floats(np.ravel(W), "W")
        shift = as_floats(b, "b", inner.shape)
        outer = as_floats(np.ravel(a), "a", inner.shape)
        return cls(freeze(inner.copy()), freeze(shift.copy()), freeze(outer.copy()), float(as_floats([bias], "bias")[0]))

    def __call__(self, x: Any) -> FloatArray:
        """Return the outputs for x of any shape, unit by unit: O(m) a point."""
        points = np.asarray(x, dtype=np.float64)
        hidden = np.maximum(0.0, points[..., None] * self.inner + self.shift)
        return hidden @ self.outer + self.bias

    def measure(self) -> Measure:
        """Return the measure of the same function, atoms by kinks (weights a|W|)."""
        return Measure.from_network(self.inner, self.shift, self.outer, self.bias)

    def normalized(self) -> Network:
        """Return the same function with unit input weights ‖(W, b)‖ = 1: the normal form (Stewart, eq. 2)."""
        norms = np.hypot(self.inner, self.shift)
        safe = np.where(norms > 0, norms, 1.0)
        return Network.of(self.inner / safe, self.shift / safe, self.outer * norms, self.bias)

    @classmethod
    def from_measure(cls, measure: Measure) -> Network:
        """Return a network with one unit an atom, balanced: |outer| = ‖(inner, shift)‖ for every unit.

        A constant becomes the output bias, an affine part (slope, intercept) the bias and two more units.
        """
        kinks, directions, weights, bias = measure.kinks, measure.directions, measure.weights, measure.constant
        if measure.affine is not None:
            slope, intercept = measure.affine
            kinks, directions = np.append(kinks, [0.0, 0.0]), np.append(directions, [1.0, -1.0])
            weights, bias = np.append(weights, [slope, -slope]), bias + intercept
        length = np.sqrt(1 + kinks**2)
        scale = np.sqrt(np.abs(weights) / length)
        return cls.of(scale * directions, -scale * directions * kinks, np.sign(weights) * scale * length, bias)
