"""Runs of any network on JAX, O(n) times the number of parameters an epoch: any inputs and outputs, one or two hidden layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from implicit_bias.networks.codes import Record, Rules
from implicit_bias.networks.descent import Step, descend, targets_of
from implicit_bias.networks.initializations import Layers
from implicit_bias.networks.settings import Settings

_DECAYED, _PLAIN, _FIXED = "decayed", "plain", "fixed"
"""Parameters that are trained with weight decay, trained without, and not trained."""


@dataclass(frozen=True)
class DenseModel:
    """A network whose layers (W, b) map h to scale · (W h + b), the hidden ones followed by σ(z) = max(z, leak z).

    Attributes
    ----------
    scales : of each layer
    leak : the slope of σ at z ≤ 0, and at 0
    step, decay : of gradient descent
    roles : (of W, of b) of each layer
    """

    scales: tuple[float, ...]
    leak: float
    step: float
    decay: float
    roles: tuple[tuple[str, str], ...]

    def values(self, parameters: Any, given: Any) -> tuple[Any, Step]:
        """Return the values at the training points, and the step from here."""
        found, pull = jax.vjp(lambda layers: self._network(layers, given[0]), parameters)
        sgd = optax.sgd(self.step)
        rules = {_DECAYED: optax.chain(optax.add_decayed_weights(self.decay), sgd), _PLAIN: sgd, _FIXED: optax.set_to_zero()}
        optimizer = optax.partition(rules, self.roles)

        def stepped(by_values: Any) -> Any:
            # plain gradient descent remembers nothing from one step to the next
            updates, _ = optimizer.update(pull(by_values)[0], optimizer.init(parameters), parameters)
            return optax.apply_updates(parameters, updates)

        return found, stepped

    def others(self, parameters: Any, given: Any) -> Any:
        """Return the values at the validation points."""
        return self._network(parameters, given[1])

    def _network(self, layers: Any, x: Any) -> Any:
        hidden = x
        for (w, b), scale in zip(layers[:-1], self.scales[:-1], strict=True):
            z = _product(hidden, w) + b
            # of one number no sum is formed, so that no compiler can fuse it into another rounding
            active = x * w[:, 0] > -b if hidden.shape[1] == 1 and hidden is x else z > 0
            hidden = scale * jnp.where(active, z, self.leak * z)
        w, b = layers[-1]
        return self.scales[-1] * (_product(hidden, w) + b)


def _product(x: Any, w: Any) -> Any:
    # the default on a GPU rounds single precision to ten bits
    return jnp.matmul(x, w.T, precision=jax.lax.Precision.HIGHEST)


def model_of(settings: Settings) -> DenseModel:
    """Return the model of a run."""
    inner = settings.trained == "all"
    hidden = (_DECAYED, _DECAYED) if inner else (_FIXED, _FIXED)
    outer = (_DECAYED, _PLAIN if inner and settings.output_bias else _FIXED)
    roles = (hidden,) * (len(settings.sizes) - 2) + (outer,)
    return DenseModel(settings.scales, settings.leak, settings.step, settings.weight_decay, roles)


class DenseRun:
    """Any network; see :mod:`~implicit_bias.networks.descent`."""

    def __init__(self, settings: Settings, layers: Layers, rules: Rules, record: Record) -> None:
        real = settings.precision
        others = None if settings.validation is None else settings.validation.x.astype(real)
        self._given = (settings.points.x.astype(real), others)
        self._model, self._loss, self._targets = model_of(settings), settings.loss, targets_of(settings)
        self._layers = _copied(layers, real)
        self._best = _copied(layers, real)
        self._rules, self.record = rules, record

    def advance(self, count: int) -> None:
        """Do up to ``count`` epochs."""
        descend(self._model, self._loss, self._given, self._targets, self._rules, self.record, self._layers, self._best, count)

    def layers(self, best: bool) -> Layers:
        """Return the present layers, or those of the best epoch."""
        return _copied(self._best if best else self._layers, "float64")

    def arrays(self) -> dict[str, Any]:
        """Return everything that changes, by name, not copied."""
        kept = {"layer": self._layers, "best": self._best}
        return {
            f"{of}_{i}_{kind}": part
            for of, layers in kept.items()
            for i, layer in enumerate(layers)
            for kind, part in zip("wb", layer, strict=True)
        }


def _copied(layers: Layers, real: str) -> Layers:
    return tuple((np.array(w, dtype=real), np.array(b, dtype=real)) for w, b in layers)
