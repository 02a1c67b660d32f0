"""Measure an epoch of training: the running sums of one input against a dense epoch, jitted by JAX, and how both grow.

    python benchmarks/networks_speed.py          # everything, some two minutes
    python benchmarks/networks_speed.py paper    # the two models of Stewart's Table 1
    python benchmarks/networks_speed.py growth   # units and points

Times are medians of several stretches of epochs, taken in turns in one run; ratios are of those. The dense epoch is the shortest that
JAX needs: values, derivatives by hand in three matrix products, and the update, compiled into one loop over epochs in float32. Its
gradient is first held against that of the running sums.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median

import jax
import jax.numpy as jnp
import numpy as np
from common import yardstick

from implicit_bias import networks
from implicit_bias.data import bin_targets
from implicit_bias.data.papers import triangles

TURNS = 7
Epochs = Callable[[int], None]


def dense_epochs(x: np.ndarray, y: np.ndarray, hidden: int, classes: int, step: float) -> Epochs:
    """Return a function that does so many dense epochs; with one class it is regression."""
    (w, b), (a, _) = networks.Glorot().sample(np.random.default_rng(0), (1, hidden, classes))
    places, n = jnp.asarray(x, jnp.float32), x.size
    targets = jnp.asarray(y, jnp.float32)[:, None] if classes == 1 else jax.nn.one_hot(y, classes, dtype=jnp.float32)

    def epoch(_: int, state: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        w, b, a = state
        inner = places[:, None] * w + b
        active = inner > 0
        units = jnp.where(active, inner, 0.0)
        f = units @ a
        seen = (2 * (f - targets) if classes == 1 else jax.nn.softmax(f) - targets) / n
        back = jnp.where(active, seen @ a.T, 0.0)
        return w - step * (places @ back), b - step * back.sum(axis=0), a - step * (units.T @ seen)

    run = jax.jit(lambda state, count: jax.lax.fori_loop(0, count, epoch, state))
    state = tuple(jnp.asarray(part, jnp.float32) for part in (w[:, 0], b, a.T))
    _check(run(state, 1), x, y, hidden, classes, step)
    held = {"state": state}

    def epochs(count: int) -> None:
        held["state"] = jax.block_until_ready(run(held["state"], count))

    return epochs


def _check(after: tuple[jax.Array, ...], x: np.ndarray, y: np.ndarray, hidden: int, classes: int, step: float) -> None:
    [trained] = networks.train(x, y, **options(hidden, classes, step, 1))
    ours = (trained.network.W, trained.network.b, trained.network.a.T.reshape(hidden, classes))
    for one, other in zip(ours, after, strict=True):
        if not np.allclose(one, np.asarray(other), atol=1e-6):
            raise SystemExit("the dense epoch and the running sums disagree")


def options(hidden: int, classes: int, step: float, epochs: int) -> dict[str, object]:
    """Return the options of training; with one class it is regression."""
    kind = {} if classes == 1 else {"loss": "cross-entropy", "n_classes": classes}
    return {"hidden": hidden, "step": step, "epochs": epochs, "precision": "float32", **kind}


def running_epochs(x: np.ndarray, y: np.ndarray, hidden: int, classes: int, step: float) -> Epochs:
    """Return a function that does so many epochs by running sums, from a new start each time, with all that a run needs."""
    return lambda count: networks.train(x, y, **options(hidden, classes, step, count)) and None


def a_epoch(work: Epochs, count: int) -> Callable[[], float]:
    """Return a function that times so many epochs, in microseconds each."""

    def timed() -> float:
        began = time.perf_counter()
        work(count)
        return (time.perf_counter() - began) / count * 1e6

    return timed


def paired(x: np.ndarray, y: np.ndarray, hidden: int, classes: int, step: float, counts: tuple[int, int]) -> tuple[float, float]:
    """Return the medians of an epoch in microseconds, by running sums and dense, taken in turns."""
    ways = (running_epochs(x, y, hidden, classes, step), dense_epochs(x, y, hidden, classes, step))
    clocks = [a_epoch(way, count) for way, count in zip(ways, counts, strict=True)]
    for clock in clocks:
        clock()
    turns = [[clock() for clock in clocks] for _ in range(TURNS)]
    running, dense = (median(turn[i] for turn in turns) for i in (0, 1))
    return running, dense


def paper() -> None:
    """Time the models of Table 1."""
    sample = triangles(0)
    labels, _ = bin_targets(sample.y, 50, range=(0.0, 1.0), midpoints="ends")
    print(f"{'an epoch, float32':<44}{'running us':>12}{'dense us':>12}{'ratio':>8}")
    for name, y, hidden, classes, step, counts in (
        ("regression, m = 10,000, n = 250", sample.y, 10_000, 1, 0.04, (20_000, 100)),
        ("classification, m = 500, k = 50, n = 250", labels, 500, 50, 0.07, (10_000, 400)),
    ):
        running, dense = paired(sample.x, y, hidden, classes, step, counts)
        print(f"{name:<44}{running:12.1f}{dense:12.0f}{dense / running:8.1f}")


def growth() -> None:
    """Time regression with more units and with more points."""
    print(f"{'regression':<44}{'running us':>12}{'dense us':>12}{'ratio':>8}")
    for hidden, n in ((1000, 250), (10_000, 250), (100_000, 250), (1000, 2500), (1000, 25_000)):
        rng = np.random.default_rng(0)
        x = np.sort(rng.uniform(-1, 1, n))
        count = max(2, 4 * 10**6 // (hidden * n))
        running, dense = paired(x, np.sin(4 * x), hidden, 1, 0.04, (max(1000, 10**8 // (hidden + n)), count))
        print(f"{f'm = {hidden:,}, n = {n:,}':<44}{running:12.1f}{dense:12.0f}{dense / running:8.1f}")


if __name__ == "__main__":
    yardstick()
    chosen = sys.argv[1:] or ["paper", "growth"]
    for name in chosen:
        {"paper": paper, "growth": growth}[name]()
