"""Plain gradient descent on normalised networks: checks, and a run that is followed until it is at rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from implicit_bias.networks.extra import require
from implicit_bias.networks.normalized.task import BATCH, LAGRANGE, NONE, WEIGHT, normalized_task, starting_scale
from implicit_bias.networks.normalized.trajectory import NormalizedRun, Trajectory, record_times
from implicit_bias.networks.settings import positive, real, whole, wholes

_MOST_EPOCHS = 10**12


def normalized_descent(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    hidden: int | Sequence[int],
    normalization: str = LAGRANGE,
    weight_decay: float = 0.0,
    scale: float = 1.0,
    seed: int = 0,
    step: float,
    epochs: int,
    snapshots: Sequence[int] = (),
) -> NormalizedRun:
    """Go down Σ ‖ρ f - y‖² with weight decay by plain full-batch gradient descent; see :mod:`~implicit_bias.networks.normalized.steps`.

    Parameters
    ----------
    x, y : (n, d), and (n,) or (n, k)
    hidden : number of hidden units, or a sequence of them, one of each hidden layer
    normalization : "lagrange", "weight", "batch" or "none"
    weight_decay : λ, of λ ρ², or of λ Σ ‖W_k‖² with "none"; with "batch" ρ is the norm of the last layer
    scale : ρ at the start; with "weight" the norm of each v_k, too; with "batch" and "none" that of each W_k
    seed : of the Gaussian start, which is that of the flow
    step : of gradient descent on the loss, a sum over all points
    epochs : how many steps, unless it is at rest before
    snapshots : epochs whose networks to keep

    Returns
    -------
    NormalizedRun

    Raises
    ------
    DataError, OptionError
    """
    require()
    from implicit_bias.networks.normalized.steps import DescentRun  # imported here, so that importing the package does not need JAX

    decay, step = real("weight_decay", weight_decay, 0.0), positive("step", step)
    task = normalized_task(x, y, hidden, normalization, (LAGRANGE, WEIGHT, BATCH, NONE), decay)
    scale = starting_scale(task, scale)
    seed, epochs = whole("seed", seed, 0), whole("epochs", epochs, 1, _MOST_EPOCHS)
    wanted = {epoch for epoch in wholes("snapshots", snapshots, 0) if epoch <= epochs}
    marks = np.unique(np.concatenate([np.round(record_times(epochs)).astype(np.int64), np.array(sorted(wanted), dtype=np.int64)]))
    run, trajectory, kept = DescentRun(task, scale, seed, step), Trajectory(task), {}
    how, done = ("time", f"It ran all {epochs} epochs."), 0
    for mark in marks.tolist():
        if not run.advance(mark - done):
            how = (
                "diverged",
                f"A weight was no longer finite, or too large, or a layer zero, between the epochs {done} and {mark}; take a smaller step.",
            )
            break
        done = mark
        trajectory.add(step * done, *run.parted())
        if done in wanted:
            kept[done] = run.network()
        if trajectory.at_rest:
            how = ("stationary", f"From half of the {done} epochs on nothing moved.")
            break
    return trajectory.run(scale, seed, how, done, kept)
