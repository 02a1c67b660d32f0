"""What normalised dynamics minimise, and on which data: the loss with its decay, and the ρ at which it is at rest.

The loss is L = Σ_n ‖ρ f_n - y_n‖² + λ ρ². For given layers its least ρ is ρ_eq = Σ y·f / (λ + Σ ‖f‖²) (Poggio and Liao): where a run
is at rest, ρ = ρ_eq. Layers without normalisation carry the decay λ Σ ‖W_k‖²; at rest they have equal norms ρ^(1/L), so that
⟨W_k, ∂L/∂W_k⟩ = 0 says ρ = Σ y·f / (λ ρ^(2/L - 2) + Σ ‖f‖²), and this is what is meant by ρ_eq there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from implicit_bias.errors import DataError, OptionError
from implicit_bias.networks.losses import margins
from implicit_bias.networks.normalized.network import NormalizedNetwork, batch_statistics, norms_of
from implicit_bias.networks.settings import positive, whole
from implicit_bias.numerics.arrays import FloatArray, as_floats, freeze

LAGRANGE, WEIGHT, BATCH, NONE = "lagrange", "weight", "batch", "none"

_UNITS = 10**6

_FAR = 50
"""Powers of ten that a datum, and ρ at the start, may be away from 1, so that squares neither overflow nor vanish."""


@dataclass(frozen=True, eq=False)
class NormalizedTask:
    """Data and what is minimised on them; made by :func:`normalized_task`.

    Attributes
    ----------
    x, y : (n, d) and (n, k)
    """

    x: FloatArray
    y: FloatArray
    sizes: tuple[int, ...]
    normalization: str
    decay: float

    def start(self, seed: int) -> list[FloatArray]:
        """Draw Gaussian layers of unit norm; the sign of the last one is such that Σ y·f ≥ 0, and ρ grows from 0."""
        rng = np.random.default_rng(seed)
        drawn = [rng.normal(size=(out, into)) for into, out in zip(self.sizes, self.sizes[1:], strict=False)]
        layers = [layer / norm for layer, norm in zip(drawn, norms_of(drawn), strict=True)]
        values = self.network(1.0, layers).normalized(self.x).reshape(self.y.shape)
        return layers if float((values * self.y).sum()) >= 0 else [*layers[:-1], -layers[-1]]

    def network(self, rho: float, layers: list[FloatArray]) -> NormalizedNetwork:
        """Return the network of layers V_k, with the statistics of the points where batch normalisation asks for them."""
        statistics = batch_statistics(layers, self.x) if self.normalization == BATCH else ()
        return NormalizedNetwork(rho, tuple(layers), statistics)

    def equilibrium(self, rho: float, values: FloatArray) -> float:
        """Return ρ_eq for the values f, (n, k); 0 where they all vanish."""
        level = self.decay
        if self.normalization == NONE and level > 0:
            level *= abs(rho) ** (2 / (len(self.sizes) - 1) - 2) if rho else np.inf
        down = level + float((values**2).sum())
        return float((self.y * values).sum()) / down if down > 0 else 0.0

    def charged(self, rho: float, norms: FloatArray) -> float:
        """Return what the weight decay adds to the loss."""
        return self.decay * (float((norms**2).sum()) if self.normalization == NONE else rho**2)

    def margins(self, values: FloatArray) -> FloatArray:
        """Return the margins of all samples, from f, (n, k)."""
        if self.y.shape[1] == 1:
            signed: FloatArray = np.sign(self.y[:, 0]) * values[:, 0]
            return signed
        return margins(values, self.y.argmax(axis=1))


def starting_scale(task: NormalizedTask, scale: Any) -> float:
    """Return the scale of a start; raises OptionError if it leaves no room to compute in."""
    found = positive("scale", scale)
    power = len(task.sizes) - 1 if task.normalization == NONE else 1
    if abs(math.log10(found)) * power > _FAR:
        raise OptionError(f"scale gives ρ = {found:g}^{power} at the start, too far from 1 to compute with.")
    return found


def normalized_task(x: Any, y: Any, hidden: Any, normalization: Any, allowed: tuple[str, ...], decay: float) -> NormalizedTask:
    """Return the task; raises DataError or OptionError."""
    points = as_floats(x, "x", ...)
    if points.ndim != 2 or points.size == 0:
        raise DataError(f"x must have the shape (n, d) and points, not {points.shape}; a constant is a column of ones.")
    targets = as_floats(y, "y", ...)
    if targets.ndim > 2 or len(targets) != len(points) or targets.size == 0:
        raise DataError(f"y must have the shape ({len(points)},) or ({len(points)}, k) like the points, not {targets.shape}.")
    if max(np.abs(points).max(), np.abs(targets).max()) > 10.0**_FAR:
        raise DataError(f"x and y must be at most 1e{_FAR}; rescale them.")
    if not targets.any():
        raise DataError("y is zero: no network has a direction then.")
    if not (isinstance(normalization, str) and normalization in allowed):
        raise OptionError(f"normalization must be one of {', '.join(allowed)}, not {normalization!r}.")
    widths = (hidden,) if isinstance(hidden, Integral) else tuple(hidden) if isinstance(hidden, (tuple, list)) else ()
    if not widths:
        raise OptionError(f"hidden must be the number of hidden units, or a sequence of them, one of each layer, not {hidden!r}.")
    columns = targets.reshape(len(points), -1)
    sizes = (points.shape[1], *(whole("hidden", width, 1, _UNITS) for width in widths), columns.shape[1])
    return NormalizedTask(freeze(points.copy()), freeze(columns.copy()), sizes, normalization, decay)
