"""One entry to training: checks, chooses the path, runs in sittings that can be cut off anywhere, and returns plain networks."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError
from implicit_bias.networks import checkpoint as checkpoints
from implicit_bias.networks.codes import DIVERGED, EPOCH, RUNNING, STATUS, Rules, new_record
from implicit_bias.networks.extra import require
from implicit_bias.networks.initializations import Layers, Start
from implicit_bias.networks.results import TrainedNetwork, best_epoch, function_of, history, stopped
from implicit_bias.networks.settings import Settings, Validation, checked_settings, chosen_path, whole, wholes

Progress = Callable[[int, int, int], None]
"""Called with (seed, epochs done, epochs at most)."""

_FIRST = 64
_SITTING = 1.0
"""Epochs of the first stretch, and the seconds that one should last: between two, progress is shown."""

_SAVING = 20.0
"""Seconds between two checkpoints."""

_MOST_SEEDS = 10**6


class TrainingRun(Protocol):
    """A network being trained: what every path offers."""

    record: Any

    def advance(self, count: int) -> None:
        """Do up to ``count`` epochs."""

    def layers(self, best: bool) -> Layers:
        """Return the present layers, or those of the best epoch; of a linearised model, how far they are from the start."""

    def arrays(self) -> dict[str, Any]:
        """Return everything that changes, by name, not copied: to be saved, and written into to go back to what was saved."""


def train(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    hidden: int | tuple[int, int],
    loss: str = "squared",
    initialization: Start | str = "glorot",
    step: float,
    epochs: int,
    seeds: int | Sequence[int] = 1,
    weight_decay: float = 0.0,
    validation: Validation | tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    patience: int = 0,
    goal: float = 0.0,
    leak: float = 0.0,
    output_bias: bool = False,
    trained: str = "all",
    parametrization: str = "standard",
    precision: str = "float64",
    path: str = "auto",
    n_classes: int | None = None,
    every: int | None = None,
    snapshots: Sequence[int] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> list[TrainedNetwork]:
    """Train networks by full-batch gradient descent with a fixed step, one for each seed.

    The network is x ↦ Σ_h a_h σ(W_h·x + b_h) + bias with σ(z) = max(z, leak z), or has one more such layer. With one input and one
    hidden layer an epoch costs O(m + n) ("fast"), else O(m n) ("dense", on JAX and on a GPU if there is one). On both paths a unit
    is active iff the rounded w·x + b > 0, and has slope ``leak`` at 0.

    Parameters
    ----------
    x : (n,) or (n, d) points
    y : (n,) or (n, k) targets; (n,) labels ±1 (logistic, exponential) or 0 … k-1 (cross-entropy)
    hidden : number of hidden units, or a pair for two hidden layers
    loss : of n points, "squared" (1/n) Σ ‖f - y‖², "logistic" (1/n) Σ log(1 + e^(-y f)), "exponential" (1/n) Σ e^(-y f), "cross-entropy"
        -(1/n) Σ log softmax(f)_y, or "batch-cross-entropy", whose softmax is normalised over all scores of all points
    initialization : "glorot", "gaussian", "binary-uniform", "uniform", a start of :mod:`~implicit_bias.networks.initializations`, an
        :class:`~implicit_bias.Initialization` (Proposition 8) or a function (generator, m) -> (W, B)
    step : of every parameter
    epochs : how many steps at most
    seeds : how many networks (with seeds 0, 1, …), or the seeds
    weight_decay : λ of loss + (λ/2) Σ (‖W‖² + b² + ‖a‖²), over all weights but the output bias. On the squared loss,
        λ = 2 ρ/n has the minima of ½ Σ (f - y)² + ρ Σ ‖a_h‖ ‖(W_h, b_h)‖ (:func:`implicit_bias.RegularizedProblem`).
    validation : (x, y) or a :class:`~implicit_bias.networks.Validation`: the network of the best epoch is returned
    patience : stop when nothing has improved for so many epochs: neither loss, nor what the best epoch is chosen by; 0: never
    goal : stop at a training loss of at most this
    leak : slope of a unit that is not active, from 0 to 1
    output_bias : whether the output bias is trained
    trained : "all", "output" (the output weights alone), or "linearized" (all, of the model's linearisation at the start)
    parametrization : "standard" or "ntk": each layer is multiplied by sqrt(1/fan_in), and the start's weights by its inverse, so that
        the network starts the same
    precision : "float64" or "float32"
    path : "auto", "fast" or "dense"
    n_classes : default: largest label + 1
    every : how often losses are written down; default: about 1000 times
    snapshots : epochs whose networks go into the history
    checkpoint : folder, a file for each seed; a run that finds its own there goes on, and ends with the same bits on the same
        machine with the same number of threads
    jobs : processes to share the seeds
    progress : called now and then with (seed, epochs done, epochs at most); with several jobs, when a seed is done

    Returns
    -------
    list of TrainedNetwork, in the order of the seeds. One whose loss or weights ceased to be finite says so, and holds the last
    state in which they were.

    Raises
    ------
    DataError, OptionError
    """
    require()
    settings = checked_settings(
        x,
        y,
        hidden=hidden,
        loss=loss,
        initialization=initialization,
        step=step,
        epochs=epochs,
        weight_decay=weight_decay,
        validation=validation,
        patience=patience,
        goal=goal,
        leak=leak,
        output_bias=output_bias,
        trained=trained,
        parametrization=parametrization,
        precision=precision,
        n_classes=n_classes,
        every=every,
        snapshots=snapshots,
    )
    way = chosen_path(path, settings)
    wanted = list(range(whole("seeds", seeds, 1, _MOST_SEEDS))) if isinstance(seeds, Integral) else wholes("seeds", seeds, 0)
    where = None if checkpoint is None else checkpoints.folder(checkpoint)
    if whole("jobs", jobs, 1) == 1 or len(wanted) < 2:
        return [_run(settings, way, seed, where, progress) for seed in wanted]
    from joblib import Parallel, delayed

    results = []
    for result in Parallel(n_jobs=min(jobs, len(wanted)), return_as="generator")(
        delayed(_run)(settings, way, seed, where, None) for seed in wanted
    ):
        results.append(result)
        if progress is not None:
            progress(result.seed, result.epochs, settings.epochs)
    return results


def _new_run(settings: Settings, way: str, seed: int) -> TrainingRun:
    # imported here, so that importing the package needs neither JAX nor Numba
    rules = Rules(settings.epochs, settings.patience, settings.goal, settings.every)
    record = new_record(rules)
    drawn = settings.start.sample(np.random.default_rng(seed), settings.sizes)
    if way == "linearized":
        from implicit_bias.networks.linearized import LinearizedRun

        return LinearizedRun(settings, drawn, rules, record)
    layers = tuple((w / scale, b / scale) for (w, b), scale in zip(drawn, settings.scales, strict=True))
    if way == "fast":
        from implicit_bias.networks.fast import ScalarRun, VectorRun

        return (ScalarRun if settings.outputs == 1 else VectorRun)(settings, layers, rules, record)
    from implicit_bias.networks.dense import DenseRun

    return DenseRun(settings, layers, rules, record)


def _all_arrays(run: TrainingRun) -> dict[str, Any]:
    return run.arrays() | {f"record_{name}": array for name, array in run.record._asdict().items()}


def _copied(run: TrainingRun) -> dict[str, Any]:
    return {name: array.copy() for name, array in _all_arrays(run).items()}


def _restore(run: TrainingRun, saved: dict[str, Any]) -> None:
    for name, array in _all_arrays(run).items():
        array[...] = saved[name]


def _run(settings: Settings, way: str, seed: int, where: Path | None, progress: Progress | None) -> TrainedNetwork:
    """Train one network, in stretches; where they end makes no difference to the numbers."""
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused below
        run = _new_run(settings, way, seed)
    counts = run.record.counts
    snapshots: dict[int, Layers] = {}
    file = None if where is None else where / f"seed-{seed}.npz"
    fingerprint = "" if file is None else settings.fingerprint(seed) + way
    if file is not None:
        saved = checkpoints.load(file, fingerprint)
        if saved is not None:
            try:
                snapshots = checkpoints.snapshots_of(saved, len(settings.sizes) - 1)
                _restore(run, saved)
            except (KeyError, ValueError) as error:
                raise DataError(f"{file} lacks arrays of this run ({error}); delete it to start anew.") from error
    if not _finite(run):
        raise DataError(f"The weights that seed {seed} starts from are too large for {settings.precision}.")
    before = last = _copied(run)
    stretch, written = _FIRST, time.monotonic()
    while counts[STATUS] == RUNNING:
        epoch = int(counts[EPOCH])
        if epoch in settings.snapshots:
            snapshots[epoch] = run.layers(best=False)
        ahead = [wanted - epoch for wanted in settings.snapshots if wanted > epoch]
        began = time.monotonic()
        run.advance(min([stretch, *ahead]))
        spent = time.monotonic() - began
        if counts[STATUS] == DIVERGED or not _finite(run):
            _go_back(run, before if counts[EPOCH] == last["record_counts"][EPOCH] else last, settings.every)
            break
        before, last = last, _copied(run)
        if spent < _SITTING / 2:
            stretch = min(2 * stretch, max(1, settings.epochs))  # many snapshots make many short stretches
        elif spent > 2 * _SITTING:
            stretch = max(1, stretch // 2)
        if progress is not None:
            progress(seed, int(counts[EPOCH]), settings.epochs)
        if file is not None and (time.monotonic() - written > _SAVING or counts[STATUS] != RUNNING):
            # of a run that goes on, the state before the last stretch: its loss is known to be finite, should the next one not be
            checkpoints.save(file, fingerprint, (before if counts[STATUS] == RUNNING else last) | checkpoints.as_arrays(snapshots))
            written = time.monotonic()
    if int(counts[EPOCH]) in settings.snapshots:
        snapshots[int(counts[EPOCH])] = run.layers(best=False)
    return _result(run, settings, seed, snapshots)


def _finite(run: TrainingRun) -> bool:
    """Whether all weights are: a unit that is active nowhere can lose its own, and the loss does not see it."""
    with np.errstate(all="ignore"):
        return all(np.isfinite(part).all() for layer in run.layers(best=False) for part in layer)


def _go_back(run: TrainingRun, saved: dict[str, Any], every: int) -> None:
    """Go back to the last epoch at which loss and weights were finite, but keep what was written down up to there."""
    record = run.record
    written = {name: array.copy() for name, array in record._asdict().items()}
    start = int(saved["record_counts"][EPOCH])

    def fine_at(epoch: int) -> bool:
        _restore(run, saved)
        run.advance(epoch - start)
        return _finite(run)

    good, bad = start, max(start, int(record.counts[EPOCH]) - 1) + 1
    if fine_at(bad - 1):
        good = bad - 1
    while bad - good > 1:  # what is not finite never is again
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fine_at(middle) else (good, middle)
    fine_at(good)
    for name, array in record._asdict().items():
        array[...] = written[name]
    for losses in (record.train, record.validation):
        losses[good // every + 1 :] = np.nan
    record.counts[EPOCH], record.counts[STATUS] = good, DIVERGED


def _result(run: TrainingRun, settings: Settings, seed: int, snapshots: dict[int, Layers]) -> TrainedNetwork:
    from implicit_bias.networks.losses import loss_of

    record = run.record
    best = settings.validation is not None and record.counts[STATUS] != DIVERGED
    network = function_of(run.layers(best), settings, seed)
    word, message = stopped(record, settings)
    epochs = int(record.counts[EPOCH])
    return TrainedNetwork(
        network,
        seed,
        best_epoch(record, settings) if best else epochs,
        epochs,
        loss_of(network, settings.points, settings.loss),
        None if settings.validation is None else loss_of(network, settings.validation, settings.loss),
        word,
        message,
        history(record, settings, {epoch: function_of(snapshots[epoch], settings, seed) for epoch in snapshots if epoch <= epochs}),
    )
