"""The losses of a plain network, in float64.

A loss is written three times, because the compiled loops, JAX and NumPy each need it in their own terms; the tests hold the three
against each other and against finite differences. One more needs

- its code and its name in :mod:`~implicit_bias.networks.codes`, in ``CLASSES``, too, if its targets are labels 0 … k-1;
- its value below, in ``_loss``, and for JAX, which differentiates it, in ``_mean_loss`` of :mod:`~implicit_bias.networks.descent`;
- its value and derivative for the loops: of one output in :func:`~implicit_bias.networks.scalar.scalar_loss`, of several in
  :func:`~implicit_bias.networks.vector_losses.vector_loss`;
- what its targets may be, in ``_points`` of :mod:`~implicit_bias.networks.settings`, if they are none of those there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from implicit_bias.networks.codes import BATCH_CROSS_ENTROPY, CROSS_ENTROPY, EXPONENTIAL, LOGISTIC
from implicit_bias.networks.settings import Examples
from implicit_bias.numerics.arrays import FloatArray


def loss_of(network: Any, points: Examples, loss: int) -> float:
    """Return the mean loss at points, as :func:`~implicit_bias.networks.train` has it."""
    with np.errstate(over="ignore"):  # an infinite loss is one
        return float(_loss(scores(network, points.x), points.y, loss))


def scores(network: Any, x: FloatArray) -> FloatArray:
    """Return a network's outputs at points (n, d): (n, k)."""
    values = network(x[:, 0] if x.shape[1] == 1 else x)
    return np.asarray(values.reshape(x.shape[0], -1))


def _loss(f: FloatArray, y: Any, loss: int) -> Any:
    if loss in (CROSS_ENTROPY, BATCH_CROSS_ENTROPY):
        chosen = f[np.arange(f.shape[0]), y]
        return _log_sum(f.ravel()) - chosen.mean() if loss == BATCH_CROSS_ENTROPY else (_log_sum(f) - chosen).mean()
    if loss == LOGISTIC:
        return np.logaddexp(0.0, -y * f[:, 0]).mean()
    if loss == EXPONENTIAL:
        return np.exp(-y * f[:, 0]).mean()
    return ((f - y) ** 2).sum(axis=1).mean()


def _log_sum(f: FloatArray) -> FloatArray:
    top = f.max(axis=-1)
    return np.asarray(top + np.log(np.exp(f - top[..., None]).sum(axis=-1)))


def margins(f: FloatArray, labels: Any) -> FloatArray:
    """Return each point's score of its label less the largest of the others, (n,), from scores (n, k), k ≥ 2."""
    rows = np.arange(f.shape[0])
    others = f.copy()
    others[rows, labels] = -np.inf
    return np.asarray(f[rows, labels] - others.max(axis=1))


def softmax(f: FloatArray) -> FloatArray:
    """Return the softmax of scores (n, k), row by row."""
    powers = np.exp(f - f.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
