"""Homogeneous ReLU networks ρ f(x), the layers of f of unit Frobenius norm: values, hidden activations, exact derivatives.

f(x) = V_L σ(V_{L-1} … σ(V_1 x)) with σ(z) = max(z, 0), slope 0 at 0, and no biases: a constant is a column of ones in x.
f is homogeneous of degree 1 in each layer, so that layers W_k of any norms are the same network with ρ = Π ‖W_k‖ and V_k = W_k/‖W_k‖,
and Euler's identity ⟨V_k, ∂f/∂V_k⟩ = f holds for every layer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError
from implicit_bias.numerics.arrays import FloatArray, as_floats, frozen

Statistics = tuple[tuple[FloatArray, FloatArray], ...]

SPREAD = 1e-12
"""Added to a variance before it divides: a unit that is constant over the batch becomes 0, and no other one notices."""

SHORT = 0.1
"""Of a row, or of what enters a layer, relative to the root mean square of all; see :func:`ramps`."""


@dataclass(frozen=True, eq=False)
class NormalizedNetwork:
    """The network ρ f of layers V_1, …, V_L.

    Attributes
    ----------
    rho : ρ, the scale
    layers : of shape (out, in), each meant to have unit Frobenius norm; see ``norms``
    statistics : (mean, deviation) of what enters each hidden layer's units, (units,) each, which batch normalisation subtracts and divides
        by; empty without it. With them f is homogeneous in the last layer only.

    Raises
    ------
    DataError
        If the layers do not fit each other, or are not finite.
    """

    rho: float
    layers: tuple[FloatArray, ...]
    statistics: Statistics = ()

    def __post_init__(self) -> None:
        layers = tuple(frozen(as_floats(layer, f"layers[{k}]", ...)) for k, layer in enumerate(self.layers))
        if not layers or any(layer.ndim != 2 or layer.size == 0 for layer in layers):
            raise DataError("layers must be matrices of shape (out, in), at least one.")
        for k, (first, then) in enumerate(pairwise(layers)):
            if then.shape[1] != first.shape[0]:
                raise DataError(f"layers[{k + 1}] has {then.shape[1]} inputs, and layers[{k}] has {first.shape[0]} outputs.")
        statistics = tuple((frozen(as_floats(m, "mean")), frozen(as_floats(s, "deviation"))) for m, s in self.statistics)
        if statistics and [(m.size, s.size) for m, s in statistics] != [(layer.shape[0],) * 2 for layer in layers[:-1]]:
            raise DataError("statistics must have a mean and a deviation of each hidden unit.")
        if any((s <= 0).any() for _, s in statistics):
            raise DataError("deviations must be above 0.")
        object.__setattr__(self, "rho", float(as_floats([self.rho], "rho")[0]))
        object.__setattr__(self, "layers", layers)
        object.__setattr__(self, "statistics", statistics)

    @classmethod
    def from_layers(cls, weights: Sequence[npt.ArrayLike]) -> NormalizedNetwork:
        """Return the network of layers W_k of any norms: ρ = Π ‖W_k‖, V_k = W_k/‖W_k‖; DataError if one of them is zero."""
        layers = [as_floats(w, f"weights[{k}]", ...) for k, w in enumerate(weights)]
        norms = norms_of(layers)
        if not (norms > 0).all():
            raise DataError(f"weights[{int(np.argmin(norms))}] is zero, and has no direction.")
        return cls(float(np.prod(norms)), tuple(w / norm for w, norm in zip(layers, norms, strict=True)))

    @property
    def depth(self) -> int:
        """Number of layers L."""
        return len(self.layers)

    @property
    def norms(self) -> FloatArray:
        """Frobenius norms of the layers, (L,)."""
        return norms_of(self.layers)

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return ρ f(x), (n,) or (n, k) with several outputs."""
        return self.rho * self.normalized(x)

    def normalized(self, x: npt.ArrayLike) -> FloatArray:
        """Return f(x), (n,) or (n, k) with several outputs."""
        values = self.features(x)[-1] @ self.layers[-1].T
        return values[:, 0] if values.shape[1] == 1 else values

    def features(self, x: npt.ArrayLike) -> list[FloatArray]:
        """Return the activations of the hidden layers, (n, units) each; of the input itself if there is none."""
        hidden, _ = forward(self.layers, self._points(x), self.statistics)
        return hidden[1:] or hidden

    def gradients(self, x: npt.ArrayLike) -> list[FloatArray]:
        """Return ∂f(x_n)/∂V_k for every layer, (n, out, in) each, or (n, k, out, in) with several outputs.

        Raises DataError for a network with statistics: a batch's derivatives are not those of its points.
        """
        if self.statistics:
            raise DataError("A network with batch statistics has no derivatives point by point.")
        hidden, values = forward(self.layers, self._points(x))
        each = []
        for output in np.eye(values.shape[1]):
            back = backward(self.layers, hidden, np.tile(output, (len(values), 1)))
            each.append([b[:, :, None] * h[:, None, :] for b, h in zip(back, hidden, strict=True)])
        stacked = [np.stack(layer, axis=1) for layer in zip(*each, strict=True)]
        return [layer[:, 0] for layer in stacked] if values.shape[1] == 1 else stacked

    def _points(self, x: Any) -> FloatArray:
        points = as_floats(x, "x", ...)
        if points.ndim != 2 or points.shape[1] != self.layers[0].shape[1]:
            raise DataError(f"x must have the shape (n, {self.layers[0].shape[1]}), not {points.shape}.")
        return points


def norms_of(layers: Sequence[FloatArray]) -> FloatArray:
    """Return the Frobenius norms of layers."""
    return np.array([math.sqrt(float((layer * layer).sum())) for layer in layers])


def forward(layers: Sequence[FloatArray], x: FloatArray, statistics: Statistics = ()) -> tuple[list[FloatArray], FloatArray]:
    """Return what enters each layer, the input first, and the values, (n, k)."""
    entering = [x]
    for k, layer in enumerate(layers[:-1]):
        z = entering[-1] @ layer.T
        if statistics:
            mean, deviation = statistics[k]
            z = (z - mean) / deviation
        entering.append(np.maximum(z, 0.0))
    return entering, entering[-1] @ layers[-1].T


def backward(
    layers: Sequence[FloatArray], entering: Sequence[FloatArray], by_values: FloatArray, slopes: Sequence[FloatArray] | None = None
) -> list[FloatArray]:
    """Return the derivatives by what leaves each layer, (n, out) each, from those by the values, (n, k).

    ``slopes`` of the units of each hidden layer, (n, units) each, take the place of 1 where a unit is active and 0 where not.
    """
    if slopes is None:
        slopes = [np.heaviside(h, 0.0) for h in entering[1:]]
    back = [by_values]
    for layer, slope in zip(layers[:0:-1], slopes[::-1], strict=True):
        back.append((back[-1] @ layer) * slope)
    return back[::-1]


def pulled(
    layers: Sequence[FloatArray], entering: Sequence[FloatArray], by_values: FloatArray, slopes: Sequence[FloatArray] | None = None
) -> list[FloatArray]:
    """Return Σ_n ⟨c_n, ∂f_n/∂V_k⟩ for every layer, with c = ``by_values`` (n, k)."""
    back = backward(layers, entering, by_values, slopes)
    return [b.T @ h for b, h in zip(back, entering, strict=True)]


def ramps(layers: Sequence[FloatArray], entering: Sequence[FloatArray], width: float) -> list[FloatArray]:
    """Return slopes of the units that rise from 0 to 1 while z = w·h goes from -width/2 to width/2 times ‖h‖ times the norm of the row w.

    ‖h‖ and ‖w‖ that are short of ``SHORT`` times the usual one are taken to be about as large as that: a unit may be pushed to w = 0, and a
    sample to h = 0, from all sides, and a ramp without width would be a jump again.
    """
    found = []
    for layer, h in zip(layers[:-1], entering, strict=False):
        size = np.outer(_lengths(h), _lengths(layer))
        # where nothing enters, the slope multiplies nothing
        found.append(np.clip((h @ layer.T) / (width * np.where(size > 0, size, 1.0)) + 0.5, 0.0, 1.0))
    return found


def _lengths(rows: FloatArray) -> FloatArray:
    squares = (rows * rows).sum(axis=1)
    lengths: FloatArray = np.sqrt(squares + SHORT**2 * squares.mean())
    return lengths


def batch_statistics(layers: Sequence[FloatArray], x: FloatArray) -> Statistics:
    """Return the statistics of a batch, layer by layer, each with those before it in use."""
    found: list[tuple[FloatArray, FloatArray]] = []
    h = x
    for layer in layers[:-1]:
        z = h @ layer.T
        found.append((z.mean(axis=0), np.sqrt(z.var(axis=0) + SPREAD)))
        h = np.maximum((z - found[-1][0]) / found[-1][1], 0.0)
    return tuple(found)
