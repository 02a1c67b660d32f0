"""Losses of several outputs: their values, and their derivatives by the outputs, row by row of a batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from implicit_bias.networks.codes import BATCH_CROSS_ENTROPY, SQUARED
from implicit_bias.networks.compiled import compiled, exp, finding, summing


@finding
def _tops(f: Any, tops: Any) -> None:
    for j in range(f.shape[0]):
        top = f[j, 0]
        for c in range(f.shape[1]):
            top = max(top, f[j, c])
        tops[j] = top


@compiled
def _lower(f: Any, tops: Any) -> None:
    for j in range(f.shape[0]):
        for c in range(f.shape[1]):
            f[j, c] -= tops[j]


@compiled
def _exponentials(flat: Any) -> None:
    for i in range(flat.size):
        flat[i] = exp(flat[i])


@summing
def _totals(f: Any, totals: Any) -> None:
    for j in range(f.shape[0]):
        total = f.dtype.type(0)
        for c in range(f.shape[1]):
            total += f[j, c]
        totals[j] = total


@compiled
def _raise(f: Any, factors: Any) -> None:
    for j in range(f.shape[0]):
        for c in range(f.shape[1]):
            f[j, c] *= factors[j]


@summing
def _inner(row: Any, other: Any) -> Any:
    total = row.dtype.type(0)
    for c in range(row.size):
        total += row[c] * other[c]
    return total


@compiled
def _judge_squared(f: Any, task: Any) -> tuple[float, float, float]:
    train = validation = 0.0
    for j in range(f.shape[0]):
        share, loss = task.share[j], 0.0
        for c in range(f.shape[1]):
            miss = f[j, c] - task.y[j, c]
            loss += miss * miss
            f[j, c] = 2 * share * miss
        if share > 0:
            train += share * loss
        else:
            validation -= share * loss
    return train, validation, validation


@compiled
def _log_total(logs: Any, share: Any, train: bool) -> float:
    """Return the logarithm of the sum of the exponentials of all training, or of all other, rows."""
    top = -np.inf
    for j in range(logs.size):
        if (share[j] > 0) == train:
            top = max(top, logs[j])
    total = 0.0
    for j in range(logs.size):
        if (share[j] > 0) == train:
            total += np.exp(logs[j] - top)
    return top + np.log(total) if total > 0 else 0.0


@compiled
def _judge_classes(f: Any, task: Any, logs: Any) -> tuple[float, float, float]:
    real, n = f.dtype.type, f.shape[0]
    train = validation = chosen = 0.0
    tops, totals, factors, scores = np.empty(n, f.dtype), np.empty(n, f.dtype), np.ones(n, f.dtype), np.empty(n)
    # equation by equation for all rows: a row alone has too few entries for vector instructions to pay
    _tops(f, tops)
    _lower(f, tops)
    for j in range(n):
        scores[j] = f[j, task.label[j]]
    _exponentials(f.reshape(-1))
    _totals(f, totals)
    for j in range(n):
        share, log = task.share[j], np.log(np.float64(totals[j]))
        logs[j] = tops[j] + log
        loss = -(tops[j] + scores[j]) if task.loss == BATCH_CROSS_ENTROPY else log - scores[j]
        if share > 0:
            train += share * loss
            factors[j] = real(share / totals[j])
        else:
            validation -= share * loss
            if task.midpoints.size > 0:
                chosen -= share * (_inner(f[j], task.midpoints) / totals[j] - task.value[j]) ** 2
    _raise(f, factors)
    for j in range(n):
        if task.share[j] > 0:
            f[j, task.label[j]] -= real(task.share[j])
    if task.loss == BATCH_CROSS_ENTROPY:
        # the softmax over all entries of the batch is that of each row times the row's share of the sum
        all_of_train = _log_total(logs, task.share, True)
        train += all_of_train
        validation += _log_total(logs, task.share, False)
        for j in range(f.shape[0]):
            if task.share[j] > 0:
                share, label = real(task.share[j]), task.label[j]
                f[j, label] += share
                f[j] *= real(np.exp(logs[j] - all_of_train) / task.share[j])
                f[j, label] -= share
    return train, validation, chosen if task.midpoints.size > 0 else validation


@compiled
def vector_loss(f: Any, task: Any, logs: Any) -> tuple[float, float, float]:
    """Return the losses in training and validation, and what the best epoch is chosen by.

    The rows of ``f`` that are trained on are overwritten by the derivatives of the loss by them; ``logs`` is room for N numbers.
    """
    return _judge_squared(f, task) if task.loss == SQUARED else _judge_classes(f, task, logs)
