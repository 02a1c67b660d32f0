"""Networks linearised at their start, f(x, ω) = f(x, θ₀) + J(x) (ω - θ₀), and their training (Jin and Montúfar, equation 8).

Gradient descent leaves ω - θ₀ = -Jᵀ c in the span of the Jacobian's rows at the training points, with c the sum over the epochs
of step times the derivatives of the loss by the values. An epoch on c alone takes the kernel K = J Jᵀ and costs O((n k)²) for n
points and k outputs, whatever the width; on the squared loss its limit is the least change that fits (equation 10).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import OptionError
from implicit_bias.networks.codes import Record, Rules
from implicit_bias.networks.initializations import Layers
from implicit_bias.networks.settings import Settings
from implicit_bias.numerics.arrays import FloatArray


class Passed(NamedTuple):
    """What points leave behind on their way through a network.

    Attributes
    ----------
    values : (n, k)
    hidden : what each layer sees, (n, in)
    slopes : those of σ at each hidden layer, (n, out)
    """

    values: FloatArray
    hidden: tuple[FloatArray, ...]
    slopes: tuple[FloatArray, ...]


def passed(layers: Layers, leak: float, x: FloatArray) -> Passed:
    """Send points (n, d) through a plain network with σ(z) = max(z, leak z), whose slope at 0 is ``leak``."""
    hidden: list[FloatArray] = [x]
    slopes: list[FloatArray] = []
    for w, b in layers[:-1]:
        z = hidden[-1] @ w.T + b
        # the same test as in training, see networks.compiled.active
        active = x * w[:, 0] > -b if not slopes and x.shape[1] == 1 else z > 0
        slopes.append(np.where(active, 1.0, leak))
        hidden.append(slopes[-1] * z)
    w, b = layers[-1]
    return Passed(hidden[-1] @ w.T + b, tuple(hidden), tuple(slopes))


@dataclass(frozen=True, eq=False)
class LinearizedNetwork:
    """The function f(x, θ₀) + J(x) (ω - θ₀); no network with the parameters ω, whose kinks would have moved.

    Attributes
    ----------
    start : θ₀, pairs of weights (out, in) and biases (out,), inputs first
    change : ω - θ₀, of the same shapes
    leak : the slope of σ below 0
    """

    start: Layers
    change: Layers
    leak: float = 0.0

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return the outputs at points of shape (n,) or (n, d): (n,) for one output, else (n, k)."""
        points = np.asarray(x, dtype=np.float64)
        points = points[:, None] if points.ndim == 1 else points
        before = passed(self.start, self.leak, points)
        moved = np.zeros_like(points)
        for i, ((w, _), (dw, db)) in enumerate(zip(self.start, self.change, strict=True)):
            moved = before.hidden[i] @ dw.T + db + moved @ w.T
            moved = moved * before.slopes[i] if i < len(before.slopes) else moved
        out = before.values + moved
        return out[:, 0] if out.shape[1] == 1 else out


@dataclass(frozen=True, eq=False)
class Jacobian:
    """The derivatives J of a plain network's outputs at points by its parameters, layer by layer, never as one matrix.

    That of output c by a layer's weights is δ hᵀ with the hidden values h that the layer sees, and δ by its biases.

    Attributes
    ----------
    hidden : h, (n, in) of each layer
    signals : δ, (n, k, out) of each layer
    rates : of each layer's weights and biases: what their changes are multiplied by
    """

    hidden: tuple[FloatArray, ...]
    signals: tuple[FloatArray, ...]
    rates: tuple[tuple[float, float], ...]

    def kernel(self, other: Jacobian) -> FloatArray:
        """Return J diag(rates) Jᵀ between these points and others, (n k, n' k); the points' outputs are next to one another."""
        n, k = self.signals[0].shape[:2]
        found = np.zeros((n, k, *other.signals[0].shape[:2]))
        for i, (of_weights, of_bias) in enumerate(self.rates):
            seen = of_weights * (self.hidden[i] @ other.hidden[i].T) + of_bias
            found += np.tensordot(self.signals[i], other.signals[i], (2, 2)) * seen[:, None, :, None]
        return found.reshape(n * k, -1)

    def change(self, c: FloatArray) -> Layers:
        """Return -diag(rates) Jᵀ c for c (n, k), as layers."""
        layers = []
        for hidden, signals, (of_weights, of_bias) in zip(self.hidden, self.signals, self.rates, strict=True):
            sent = np.einsum("nk,nko->no", c, signals)
            layers.append((-of_weights * (sent.T @ hidden), -of_bias * sent.sum(axis=0)))
        return tuple(layers)


def jacobian(layers: Layers, settings: Settings, way: Passed) -> Jacobian:
    """Return the Jacobian of a plain network where points have passed; NTK factors s multiply the rates by s²."""
    signal = np.broadcast_to(np.eye(settings.outputs), (way.values.shape[0], settings.outputs, settings.outputs))
    signals = [signal]
    for (w, _), slope in zip(layers[:0:-1], way.slopes[::-1], strict=True):
        signals.append((signals[-1] @ w) * slope[:, None, :])
    rates = [(scale**2, scale**2) for scale in settings.scales]
    if not settings.output_bias:
        rates[-1] = (rates[-1][0], 0.0)
    return Jacobian(way.hidden, tuple(signals[::-1]), tuple(rates))


@dataclass(frozen=True)
class KernelModel:
    """Values f₀ - K c for the parameters c, which a step changes by its size times the derivatives by the values."""

    step: float

    def values(self, parameters: Any, given: Any) -> tuple[Any, Any]:
        """Return the values at the training points, and the step from here."""
        start, kernel = given[0]
        return start - (kernel @ parameters.ravel()).reshape(start.shape), lambda by_values: parameters + self.step * by_values

    def others(self, parameters: Any, given: Any) -> Any:
        """Return the values at the validation points."""
        start, kernel = given[1]
        return start - (kernel @ parameters.ravel()).reshape(start.shape)


class LinearizedRun:
    """A linearised network, in double precision; ``layers`` are those of a plain one, whatever the parametrisation.

    Raises
    ------
    OptionError
        For weight decay or single precision.
    """

    def __init__(self, settings: Settings, layers: Layers, rules: Rules, record: Record) -> None:
        if settings.weight_decay:
            raise OptionError("A linearized model is trained without weight decay; leave weight_decay out.")
        if settings.precision != "float64":
            raise OptionError("A linearized model is trained in float64; leave precision out.")
        from implicit_bias.networks.descent import targets_of

        way = passed(layers, settings.leak, settings.points.x)
        self._jacobian = jacobian(layers, settings, way)
        self._given = [(way.values, self._jacobian.kernel(self._jacobian))]
        if settings.validation is not None:
            way = passed(layers, settings.leak, settings.validation.x)
            self._given.append((way.values, jacobian(layers, settings, way).kernel(self._jacobian)))
        self._model, self._loss, self._targets = KernelModel(settings.step), settings.loss, targets_of(settings)
        self._c, self._best = np.zeros((2, *self._given[0][0].shape))
        self._rules, self.record = rules, record

    def advance(self, count: int) -> None:
        """Do up to ``count`` epochs."""
        from implicit_bias.networks.descent import descend

        descend(self._model, self._loss, self._given, self._targets, self._rules, self.record, self._c, self._best, count)

    def layers(self, best: bool) -> Layers:
        """Return the change from the start, now or at the best epoch, as layers of a plain network."""
        return self._jacobian.change(self._best if best else self._c)

    def arrays(self) -> dict[str, Any]:
        """Return everything that changes, by name, not copied."""
        return {"c": self._c, "best": self._best}
