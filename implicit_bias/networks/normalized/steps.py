"""Plain gradient descent on normalised networks, beside their flow: full batches, one step for ever, compiled by JAX.

"lagrange": a step along the equations of :mod:`~implicit_bias.networks.normalized.flow`, and the layers brought back to unit norm;
"weight": a step in (ρ, v_k), which lets ‖v_k‖ grow a little, because it is orthogonal to v_k; "none": a step in W_k; "batch": batch
normalisation without parameters of its own before each ReLU, Σ ‖W_L h - y‖² + λ ‖W_L‖² as the loss, ρ = ‖W_L‖, and V_L = W_L/ρ. The
loss does not change with the norms of its hidden layers, which bear no decay; f uses the statistics of the whole batch.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from implicit_bias.networks.normalized.network import SPREAD, NormalizedNetwork, norms_of
from implicit_bias.networks.normalized.task import BATCH, LAGRANGE, NONE, WEIGHT, NormalizedTask
from implicit_bias.numerics.arrays import FloatArray

LARGE = 1e100
"""A ρ or norm beyond this is on its way to overflow."""


class DescentRun:
    """The present ρ and layers, as they are stepped."""

    def __init__(self, task: NormalizedTask, scale: float, seed: int, step: float) -> None:
        layers = task.start(seed)
        self.task, self._step = task, step
        self._rho, self._layers = scale, tuple(layers if task.normalization == LAGRANGE else [scale * layer for layer in layers])

    def advance(self, count: int) -> bool:
        """Do so many steps; return whether all is of a size to compute with. If it is not, the layers stay as they were."""
        task = self.task
        with jax.enable_x64(True):
            rho, layers = _stepped(task.normalization, task.x, task.y, task.decay, self._step, (self._rho, self._layers), count)
            found = float(rho), tuple(np.array(layer) for layer in layers)
        with np.errstate(over="ignore", invalid="ignore"):
            norms = norms_of(found[1])
            # NaN is not below anything
            fit = abs(found[0]) < LARGE and ((norms > 0) & (norms < LARGE)).all() and np.prod(norms) < LARGE
        if fit:
            self._rho, self._layers = found
        return bool(fit)

    def parted(self) -> tuple[float, list[FloatArray], FloatArray]:
        """Return ρ, the layers V_k and the norms of those that are stepped."""
        norms, way = norms_of(self._layers), self.task.normalization
        rho = {NONE: float(np.prod(norms)), BATCH: float(norms[-1])}.get(way, self._rho)
        return rho, [layer / norm for layer, norm in zip(self._layers, norms, strict=True)], norms

    def network(self) -> NormalizedNetwork:
        """Return the present network."""
        rho, layers, _ = self.parted()
        return self.task.network(rho, layers)


@partial(jax.jit, static_argnums=0)
def _stepped(way: str, x: Any, y: Any, decay: Any, step: Any, state: Any, count: Any) -> Any:
    def once(_: Any, state: Any) -> Any:
        slopes = jax.grad(_objective, argnums=4)(way, x, y, decay, state)
        if way == LAGRANGE:
            # off the sphere's tangent there is only what the multiplier takes away
            slopes = (slopes[0], tuple(g - (g * v).sum() * v for g, v in zip(slopes[1], state[1], strict=True)))
        rho, layers = jax.tree.map(lambda old, slope: old - step * slope, state, slopes)
        return rho, tuple(_unit(v) for v in layers) if way == LAGRANGE else layers

    return jax.lax.fori_loop(0, count, once, jax.tree.map(lambda part: jnp.asarray(part, dtype=jnp.float64), state))


def _objective(way: str, x: Any, y: Any, decay: Any, state: Any) -> Any:
    rho, layers = state
    if way == WEIGHT:
        layers = tuple(_unit(v) for v in layers)
    h = x
    for layer in layers[:-1]:
        z = _product(h, layer)
        if way == BATCH:
            z = (z - z.mean(axis=0)) / jnp.sqrt(z.var(axis=0) + SPREAD)
        h = jax.nn.relu(z)
    values = _product(h, layers[-1])
    if way in (NONE, BATCH):
        charged = layers if way == NONE else layers[-1:]
        return ((values - y) ** 2).sum() + decay * sum((w * w).sum() for w in charged)
    return ((rho * values - y) ** 2).sum() + decay * rho**2


def _unit(v: Any) -> Any:
    return v / jnp.sqrt((v * v).sum())


def _product(h: Any, layer: Any) -> Any:
    # the default on a GPU rounds to fewer digits than the arrays have
    return jnp.matmul(h, layer.T, precision=jax.lax.Precision.HIGHEST)
