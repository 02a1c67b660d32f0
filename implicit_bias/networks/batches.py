"""Stochastic gradient descent with momentum, in mini-batches, as Neyshabur, Tomioka and Srebro train (section 2).

A network is the paper's eq. (1), x ↦ V [U x]₊ without biases. Whole runs are compiled loops on JAX, on a GPU if there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from implicit_bias.arrays import FloatArray, freeze
from implicit_bias.errors import DataError, OptionError
from implicit_bias.measures import Network
from implicit_bias.networks.settings import positive, real, whole
from implicit_bias.networks.starts import Gaussian, Start

CAP, FLAT = 11.0, 13.0
"""The truncated loss is the cross-entropy up to a margin of 11, and 0 from 13 on."""

_MOST_CLASSES = 10_000
_LEAST_EPOCHS = 1
_KINDS = {"float32", "float64"}


@dataclass(frozen=True)
class Schedule:
    """Mini-batches, steps and momentum by the epoch t = 0, 1, …; the paper's are the default (caption of its Figure 1).

    Attributes
    ----------
    batch : points in a batch; an epoch's order is drawn anew, and what is left at its end is left out
    step, shrink : the step is step · shrinkᵗ
    momentum, gain, most : the momentum is min(most, momentum + gain t)
    """

    batch: int = 100
    step: float = 0.1
    shrink: float = 0.99
    momentum: float = 0.5
    gain: float = 0.02
    most: float = 0.9

    def __post_init__(self) -> None:
        whole("batch", self.batch, 1)
        positive("step", self.step)
        if not 0 < self.shrink <= 1:
            raise OptionError(f"shrink must be above 0 and at most 1, not {self.shrink!r}.")
        if not 0 <= self.momentum <= self.most < 1 or not self.gain >= 0:
            raise OptionError("momentum must begin at 0 or above and grow (gain ≥ 0) to at most a number below 1.")


@dataclass(frozen=True, eq=False)
class BatchRun:
    """One network trained in mini-batches.

    Attributes
    ----------
    network : of the last epoch
    best : of the epoch with the least validation error, the first of several; ``network`` if there are no validation points
    epoch, epochs : of ``best``, and of ``network``
    loss : (epochs + 1,) mean training loss before the first and after every epoch, without the weight decay's part
    errors : (epochs + 1, 3) shares of wrong decisions among training, validation and test points; NaN where there are none
    """

    network: Network
    best: Network
    epoch: int
    epochs: int
    loss: FloatArray
    errors: FloatArray

    @property
    def diverged(self) -> bool:
        """Whether the loss ceased to be finite, at the last epoch."""
        return not np.isfinite(self.loss[-1])


def truncated_cross_entropy(scores: Any, labels: Any) -> Any:
    """Return each point's truncated cross-entropy, (n,), of scores (n, k) and labels (n,) (Neyshabur et al., footnote 2).

    It is ln Σ_i f(s_i - s_c) for the label c, with f = exp above -11 and f(z) = e^(-11) [z + 13]₊²/4 below: once differentiable,
    exactly 0 from a margin of 13 on, so that a network can reach its least value, and within 3e-6 k of the cross-entropy.
    """
    ahead = scores - jnp.take_along_axis(scores, labels[:, None], axis=1)
    top = jax.lax.stop_gradient(jnp.maximum(ahead.max(axis=1, keepdims=True), 0.0))
    other = jnp.arange(scores.shape[1]) != labels[:, None]
    # both branches are kept finite: what is not chosen has a derivative, too
    powers = jnp.exp(jnp.maximum(ahead, -CAP) - top)
    tail = jnp.exp(-CAP - top) * jnp.maximum(jnp.minimum(ahead, -CAP) + FLAT, 0.0) ** 2 / 4
    rest = jnp.where(other, jnp.where(ahead >= -CAP, powers, tail), 0.0).sum(axis=1)
    # the label's own term is e^(-top): log1p keeps the digits of a loss that is almost 0
    return top[:, 0] + jnp.log1p(rest + jnp.expm1(-top[:, 0]))


def train_in_batches(
    x: Any,
    labels: Any,
    *,
    hidden: int,
    epochs: int,
    validation: Any = None,
    test: Any = None,
    n_classes: int | None = None,
    weight_decay: float = 0.0,
    schedule: Schedule | None = None,
    initialization: Start | None = None,
    seed: int = 0,
    precision: str = "float32",
) -> BatchRun:
    """Train x ↦ V [U x]₊ on the truncated cross-entropy, until it is exactly 0 or for so many epochs.

    Parameters
    ----------
    x, labels : (n, d) points and (n,) labels 0 … k-1
    hidden : H
    epochs : at most
    validation, test : (x, labels) whose errors are followed; the validation error chooses ``best``
    n_classes : k; default: the largest label of all points + 1
    weight_decay : λ of loss + (λ/2) (‖U‖² + ‖V‖²)
    schedule : of steps; default: the paper's
    initialization : default: Gaussian, N(0, 1/d) and N(0, 1/H). Biases that a start draws are left out.
    seed : of the start and of the batches
    precision : "float32" or "float64"

    Raises
    ------
    DataError, OptionError
    """
    schedule = Schedule() if schedule is None else schedule
    if precision not in _KINDS:
        raise OptionError(f"precision must be one of {', '.join(sorted(_KINDS))}, not {precision!r}.")
    sets = [_points(*given, of=of) for of, given in (("", (x, labels)), ("validation ", validation), ("test ", test)) if given is not None]
    if len({points.shape[1] for points, _ in sets}) > 1:
        raise DataError("All points must have the same number of inputs.")
    n, inputs = sets[0][0].shape
    if n < schedule.batch:
        raise OptionError(f"A batch of {schedule.batch} needs at least as many points, not {n}.")
    seen = 1 + max(int(y.max()) for _, y in sets)
    outputs = seen if n_classes is None else whole("n_classes", n_classes, seen, _MOST_CLASSES)
    sizes = (inputs, whole("hidden", hidden, 1), outputs)
    start = Gaussian(sigma_b=0.0) if initialization is None else initialization
    (u, _), (v, _) = start.sample(np.random.default_rng(seed), sizes)
    present = (True, validation is not None, test is not None)
    with jax.enable_x64(precision == "float64"):
        layers = (jnp.asarray(u, precision), jnp.asarray(v, precision))
        stated = tuple((jnp.asarray(points, precision), jnp.asarray(y)) for points, y in sets)
        most = whole("epochs", epochs, _LEAST_EPOCHS)
        found = _trained(schedule, present, layers, stated, real("weight_decay", weight_decay, 0.0), jax.random.key(seed), most)
        return _run(found, validation is not None)


def _points(x: Any, labels: Any, of: str) -> tuple[FloatArray, Any]:
    points, y = np.asarray(x, dtype=np.float64), np.asarray(labels)
    if points.ndim != 2 or not points.size or y.shape != points.shape[:1]:
        raise DataError(f"The {of}points must have shape (n, d), n ≥ 1, and their labels (n,), not {points.shape} and {y.shape}.")
    if not np.isfinite(points).all():
        raise DataError(f"The {of}points must be finite numbers.")
    if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= _MOST_CLASSES:
        raise DataError(f"The {of}labels must be whole numbers from 0 to {_MOST_CLASSES - 1}.")
    return points, y.astype(np.int32)


class _State(NamedTuple):
    epoch: Any
    layers: Any
    momenta: Any
    best: Any
    chosen: Any
    key: Any
    loss: Any
    errors: Any


@partial(jax.jit, static_argnums=(0, 1, 6))
def _trained(schedule: Schedule, present: tuple[bool, ...], layers: Any, sets: Any, decay: Any, key: Any, most: int) -> _State:
    (x, y), n = sets[0], sets[0][0].shape[0]
    batches = n // schedule.batch

    def mean_loss(layers: Any, x: Any, y: Any) -> Any:
        return truncated_cross_entropy(_scores(layers, x), y).mean()

    def judged(state: _State) -> _State:
        """Write down loss and errors of the present layers."""
        outcomes = iter([(_scores(state.layers, points).argmax(axis=1) != y).mean() for points, y in sets])
        errors = jnp.stack([next(outcomes) if there else jnp.nan for there in present]).astype(state.errors.dtype)
        better = errors[1] < state.errors[state.chosen, 1]
        is_best = better | (state.epoch == 0) | ~jnp.asarray(present[1])
        return state._replace(
            loss=state.loss.at[state.epoch].set(mean_loss(state.layers, x, y)),
            errors=state.errors.at[state.epoch].set(errors),
            best=jax.tree.map(lambda new, old: jnp.where(is_best, new, old), state.layers, state.best),
            chosen=jnp.where(is_best, state.epoch, state.chosen),
        )

    def epoch(state: _State) -> _State:
        key, drawn = jax.random.split(state.key)
        order = jax.random.permutation(drawn, n)[: batches * schedule.batch].reshape(batches, schedule.batch)
        t = state.epoch.astype(x.dtype)
        size = schedule.step * schedule.shrink**t
        momentum = jnp.minimum(schedule.most, schedule.momentum + schedule.gain * t)
        sgd = optax.chain(optax.add_decayed_weights(decay), optax.trace(momentum), optax.scale(-size))

        def step(carry: Any, batch: Any) -> tuple[Any, None]:
            layers, momenta = carry
            slopes = jax.grad(mean_loss)(layers, x[batch], y[batch])
            updates, momenta = sgd.update(slopes, momenta, layers)
            return (optax.apply_updates(layers, updates), momenta), None

        (new, momenta), _ = jax.lax.scan(step, (state.layers, state.momenta), order)
        return judged(state._replace(epoch=state.epoch + 1, layers=new, momenta=momenta, key=key))

    def goes_on(state: _State) -> Any:
        loss = state.loss[state.epoch]
        return (state.epoch < most) & (loss > 0) & jnp.isfinite(loss)

    sgd = optax.chain(optax.add_decayed_weights(decay), optax.trace(0.0), optax.scale(0.0))
    room = jnp.full(most + 1, jnp.nan, dtype=x.dtype)
    zero = jnp.zeros((), dtype=jnp.int32)
    begin = _State(zero, layers, sgd.init(layers), layers, zero, key, room, jnp.full((most + 1, len(present)), jnp.nan, dtype=x.dtype))
    return jax.lax.while_loop(goes_on, epoch, judged(begin))


def _scores(layers: Any, x: Any) -> Any:
    u, v = layers
    # the default on a GPU rounds single precision to ten bits
    product = partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
    return product(jax.nn.relu(product(x, u.T)), v.T)


def _run(found: _State, validated: bool) -> BatchRun:
    epochs = int(found.epoch)
    loss, errors = (np.asarray(part, dtype=np.float64)[: epochs + 1] for part in (found.loss, found.errors))
    network = _network(found.layers)
    chosen = int(found.chosen) if validated else epochs
    return BatchRun(network, _network(found.best) if validated else network, chosen, epochs, freeze(loss), freeze(errors))


def _network(layers: Any) -> Network:
    u, v = (np.asarray(part, dtype=np.float64) for part in layers)
    return Network(u, np.zeros(u.shape[0]), v if v.shape[0] > 1 else v[0])
