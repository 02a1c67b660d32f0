"""Mini-batch descent on JAX: the truncated cross-entropy, and a whole run as one compiled loop."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from implicit_bias.networks.sgd.schedule import Schedule

CAP, FLAT = 11.0, 13.0
"""The truncated loss is the cross-entropy up to a margin of 11, and 0 from 13 on."""


def truncated_cross_entropy(scores: Any, labels: Any) -> Any:
    """Return each point's truncated cross-entropy, (n,), of scores (n, k) and labels (n,) (Neyshabur et al., footnote 2).

    It is ln Σ_i f(s_i - s_c) for the label c, with f = exp above -11 and f(z) = e^(-11) [z + 13]₊²/4 below: once differentiable,
    exactly 0 from a margin of 13 on, so that a network can reach its least value, and within 3e-6 k of the cross-entropy.
    """
    ahead = scores - jnp.take_along_axis(scores, labels[:, None], axis=1)
    top = jax.lax.stop_gradient(jnp.maximum(ahead.max(axis=1, keepdims=True), 0.0))
    other = jnp.arange(scores.shape[1]) != labels[:, None]
    near = ahead >= -CAP
    # both branches are kept finite, as what is not chosen has a derivative, too; and jnp.maximum would halve it at -CAP
    powers = jnp.exp(jnp.where(near, ahead, -CAP) - top)
    tail = jnp.exp(-CAP - top) * jnp.maximum(jnp.where(near, -CAP, ahead) + FLAT, 0.0) ** 2 / 4
    rest = jnp.where(other, jnp.where(near, powers, tail), 0.0).sum(axis=1)
    # the label's own term is e^(-top): log1p keeps the digits of a loss that is almost 0
    return top[:, 0] + jnp.log1p(rest + jnp.expm1(-top[:, 0]))


class _State(NamedTuple):
    epoch: Any
    layers: Any
    momenta: Any
    best: Any
    sound: Any
    chosen: Any
    key: Any
    loss: Any
    errors: Any


def descend_in_batches(
    schedule: Schedule, present: tuple[bool, ...], layers: Any, sets: Any, decay: float, seed: int, most: int, every: int
) -> _State:
    """Return the end of a run.

    Parameters
    ----------
    schedule : of steps
    present : whether there are training (always), validation and test points
    layers : U (H, d) and V (k, H) to start from; their precision is the run's
    sets : points and labels of those that are present
    decay, seed : weight decay, and seed of the batches
    most, every : epochs at most, a multiple of ``every``; after so many, loss and errors are written down
    """
    with jax.enable_x64(layers[0].dtype == "float64"):
        # a whole run, with its end awaited while the precision is set
        found: _State = _trained(schedule, present, layers, sets, decay, jax.random.key(seed), most, every)
        found.loss.block_until_ready()
        return found


@partial(jax.jit, static_argnums=(0, 1, 6, 7))
def _trained(schedule: Schedule, present: tuple[bool, ...], layers: Any, sets: Any, decay: Any, key: Any, most: int, every: int) -> _State:
    (x, y), n = sets[0], sets[0][0].shape[0]
    batches = n // schedule.batch

    def mean_loss(layers: Any, x: Any, y: Any) -> Any:
        return truncated_cross_entropy(_scores(layers, x), y).mean()

    def judged(state: _State) -> _State:
        """Write down loss and errors of the present layers."""
        outcomes = iter([(_scores(state.layers, points).argmax(axis=1) != y).mean() for points, y in sets])
        errors = jnp.stack([next(outcomes) if there else jnp.nan for there in present]).astype(state.errors.dtype)
        at = state.epoch // every
        better = errors[1] < state.errors[state.chosen // every, 1]
        loss = mean_loss(state.layers, x, y)
        # a unit that is active nowhere can lose its weights, and the loss does not see it
        sound = jnp.isfinite(loss) & jnp.isfinite(sum(jnp.abs(part).sum() for part in state.layers))
        is_best = better | (state.epoch == 0) | ~jnp.asarray(present[1])
        return state._replace(
            loss=state.loss.at[at].set(jnp.where(sound, loss, jnp.nan)),
            errors=state.errors.at[at].set(errors),
            best=_where(is_best & sound, state.layers, state.best),
            sound=_where(sound, state.layers, state.sound),
            chosen=jnp.where(is_best & sound, state.epoch, state.chosen),
        )

    def epoch(_: Any, state: _State) -> _State:
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
        return state._replace(epoch=state.epoch + 1, layers=new, momenta=momenta, key=key)

    def goes_on(state: _State) -> Any:
        loss = state.loss[state.epoch // every]
        return (state.epoch < most) & (loss > 0) & jnp.isfinite(loss)

    sgd = optax.chain(optax.add_decayed_weights(decay), optax.trace(0.0), optax.scale(0.0))
    loss = jnp.full(most // every + 1, jnp.nan, dtype=x.dtype)
    errors = jnp.full((loss.size, len(present)), jnp.nan, dtype=x.dtype)
    zero = jnp.zeros((), dtype=jnp.int32)
    begin = _State(zero, layers, sgd.init(layers), layers, layers, zero, key, loss, errors)
    return jax.lax.while_loop(goes_on, lambda state: judged(jax.lax.fori_loop(0, every, epoch, state)), judged(begin))


def _where(condition: Any, yes: Any, no: Any) -> Any:
    return jax.tree.map(lambda one, other: jnp.where(condition, one, other), yes, no)


def _scores(layers: Any, x: Any) -> Any:
    u, v = layers
    # the default on a GPU rounds single precision to ten bits
    product = partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
    return product(jax.nn.relu(product(x, u.T)), v.T)
