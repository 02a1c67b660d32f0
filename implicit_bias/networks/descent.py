"""Full-batch gradient descent on JAX, for any model: whole stretches of epochs in one compiled loop, with the record in it.

What the loop does to the record is what :func:`~implicit_bias.networks.stopping.note` does, so that runs end alike on all paths.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from implicit_bias.networks.codes import (
    BATCH_CROSS_ENTROPY,
    BEST,
    CHOSEN,
    CROSS_ENTROPY,
    DIVERGED,
    ENDED,
    EPOCH,
    EXPONENTIAL,
    GOAL,
    IMPROVED,
    LOGISTIC,
    PATIENCE,
    RUNNING,
    STATUS,
    TRAIN,
    VALIDATION,
    Record,
    Rules,
)
from implicit_bias.networks.settings import Settings

Step = Callable[[Any], Any]
"""From the derivatives of the loss by the values, (n, k), to the parameters after one step."""


class Model(Protocol):
    """What is trained; hashable, because a loop is compiled for each."""

    def values(self, parameters: Any, given: Any) -> tuple[Any, Step]:
        """Return the values at the training points, (n, k), and the step from here."""

    def others(self, parameters: Any, given: Any) -> Any:
        """Return the values at the validation points."""


class Targets(NamedTuple):
    """What the values are held against.

    Attributes
    ----------
    y : (n, k) targets, (n, 1) labels ±1, or (n,) classes
    validation : the same at the validation points, or None
    midpoints, values : (k,) and (n',), to choose the best epoch by, or None
    """

    y: Any
    validation: Any
    midpoints: Any
    values: Any


def targets_of(settings: Settings) -> Targets:
    """Return the targets of a run."""
    expected = (settings.midpoints, settings.values) if settings.midpoints.size else (None, None)
    validation = None if settings.validation is None else _columns(settings.validation.y)
    return Targets(_columns(settings.points.y), validation, *expected)


def _columns(y: Any) -> Any:
    return y[:, None] if y.ndim == 1 and y.dtype.kind == "f" else y


def descend(
    model: Model, loss: int, given: Any, targets: Targets, rules: Rules, record: Record, parameters: Any, best: Any, count: int
) -> None:
    """Do up to ``count`` epochs; ``record``, ``parameters`` and ``best`` (those of the best epoch) are NumPy arrays, updated in place."""
    state = (record, parameters, best)
    with jax.enable_x64(True):
        found = _descended(model, loss, given, targets, rules, state, count)
        for array, new in zip(jax.tree.leaves(state), jax.tree.leaves(found), strict=True):
            array[...] = np.asarray(new)


@partial(jax.jit, static_argnums=(0, 1))
def _descended(model: Model, loss: int, given: Any, targets: Targets, rules: Rules, state: Any, count: Any) -> Any:
    def unfinished(carry: Any) -> Any:
        done, (record, _, _) = carry
        return (done < count) & (record.counts[STATUS] == RUNNING)

    def epoch(carry: Any) -> Any:
        done, (record, parameters, best) = carry
        values, step = model.values(parameters, given)
        train, by_values = jax.value_and_grad(_mean_loss)(values.astype(jnp.float64), targets.y, loss)
        validation = chosen = jnp.zeros(())
        if targets.validation is not None:
            others = model.others(parameters, given).astype(jnp.float64)
            validation = _mean_loss(others, targets.validation, loss)
            chosen = validation if targets.midpoints is None else _miss(others, targets)
        record, is_best = _noted(record, rules, train, validation, chosen)
        if targets.validation is not None:
            best = _where(is_best, parameters, best)
        goes_on = record.counts[STATUS] == RUNNING
        parameters = _where(goes_on, step(by_values.astype(values.dtype)), parameters)
        return done + 1, (record._replace(counts=record.counts.at[EPOCH].add(goes_on)), parameters, best)

    return jax.lax.while_loop(unfinished, epoch, (0, state))[1]


def _where(condition: Any, yes: Any, no: Any) -> Any:
    return jax.tree.map(lambda one, other: jnp.where(condition, one, other), yes, no)


def _mean_loss(f: Any, y: Any, loss: int) -> Any:
    if loss in (CROSS_ENTROPY, BATCH_CROSS_ENTROPY):
        logs = f - jax.nn.logsumexp(f, axis=None if loss == BATCH_CROSS_ENTROPY else 1, keepdims=True)
        # no gather: what undoes it adds into an array, on a GPU in no particular order
        return -jnp.where(y[:, None] == jnp.arange(f.shape[1]), logs, 0.0).sum() / f.shape[0]
    if loss == LOGISTIC:
        return jax.nn.softplus(-y * f).mean()
    if loss == EXPONENTIAL:
        return jnp.exp(-y * f).mean()
    return ((f - y) ** 2).sum() / f.shape[0]


def _miss(f: Any, targets: Targets) -> Any:
    """Return the mean squared error of the expectation over the bins."""
    expected = (jax.nn.softmax(f, axis=1) * targets.midpoints).sum(axis=1)
    return ((expected - targets.values) ** 2).mean()


def _noted(record: Any, rules: Any, train: Any, validation: Any, chosen: Any) -> tuple[Any, Any]:
    """Return the record with the losses of this epoch, and whether it is the best one."""
    counts, least, epoch = record.counts, record.least, record.counts[EPOCH]
    finite = jnp.isfinite(train) & jnp.isfinite(validation) & jnp.isfinite(chosen)
    losses = {TRAIN: train, VALIDATION: validation, CHOSEN: chosen}
    found = jnp.stack([losses[place] for place in sorted(losses)])
    lower = finite & (found < least)
    improved = jnp.where(lower.any(), epoch, counts[IMPROVED])
    tired = (rules.patience > 0) & (epoch - improved >= rules.patience)
    status = jnp.where(tired, PATIENCE, jnp.where(epoch >= rules.epochs, ENDED, RUNNING))
    status = jnp.where(finite, jnp.where(train <= rules.goal, GOAL, status), DIVERGED)
    counts = counts.at[IMPROVED].set(improved).at[BEST].set(jnp.where(lower[CHOSEN], epoch, counts[BEST])).at[STATUS].set(status)
    new_least: Any = jnp.where(lower, found, least)
    at = epoch // rules.every
    due = finite & (epoch % rules.every == 0)
    kept: list[Any] = [
        past.at[at].set(jnp.where(due, new, past[at])) for past, new in ((record.train, train), (record.validation, validation))
    ]
    return Record(counts, new_least, *kept), lower[CHOSEN]
