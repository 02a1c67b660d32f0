"""Stochastic gradient descent with momentum, in mini-batches, as Neyshabur, Tomioka and Srebro train (section 2).

A network is the paper's eq. (1), x ↦ V [U x]₊ without biases. Whole runs are compiled loops on JAX, on a GPU if there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError, OptionError
from implicit_bias.measures import Network
from implicit_bias.networks.extra import require
from implicit_bias.networks.initializations import Gaussian, Start, as_start
from implicit_bias.networks.settings import real, whole
from implicit_bias.networks.sgd.schedule import Schedule
from implicit_bias.numerics.arrays import FloatArray, as_floats, freeze

PAPER_START = Gaussian(sigma_b=0.0)
"""N(0, 1/d) and N(0, 1/H): the paper says Gaussian, and no more."""

_MOST_CLASSES, _MOST_UNITS, _MOST_EPOCHS, _MOST_SEED = 10_000, 10**6, 10**7, 2**63 - 1
_KINDS = ("float32", "float64")


@dataclass(frozen=True, eq=False)
class BatchRun:
    """One network trained in mini-batches.

    Attributes
    ----------
    network : of the last epoch; if the run diverged, of the last look at which everything was finite
    best : of the epoch with the least validation error, the first of several; ``network`` if there are no validation points
    epoch, epochs : of ``best``, and how many were run: of ``network``, unless the run diverged
    loss : (r,) mean training loss at the start and after each ``every`` epochs, without the weight decay's part
    errors : (r, 3) shares of wrong decisions among training, validation and test points; NaN where there are none, and all three in
        the last row of a run that diverged
    """

    network: Network
    best: Network
    epoch: int
    epochs: int
    loss: FloatArray
    errors: FloatArray

    @property
    def diverged(self) -> bool:
        """Whether the loss or a weight ceased to be finite; the last loss is then NaN."""
        return not np.isfinite(self.loss[-1])


def train_in_batches(
    x: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    hidden: int,
    epochs: int,
    validation: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    test: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    n_classes: int | None = None,
    weight_decay: float = 0.0,
    schedule: Schedule | None = None,
    initialization: Start | None = None,
    seed: int = 0,
    every: int = 1,
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
    initialization : default: ``PAPER_START``. Biases that a start draws are left out.
    seed : of the start and of the batches
    every : epochs from one look at loss and errors to the next: ``best`` is one of these, and ``epochs`` a multiple
    precision : "float32" or "float64"

    Raises
    ------
    DataError, OptionError
    """
    require()
    schedule = Schedule() if schedule is None else schedule
    if not isinstance(schedule, Schedule):
        raise OptionError(f"schedule must be a Schedule, not {schedule!r}.")
    if precision not in _KINDS:
        raise OptionError(f"precision must be one of {', '.join(_KINDS)}, not {precision!r}.")
    sets = [
        _points(given, of, precision)
        for of, given in (("", (x, labels)), ("validation ", validation), ("test ", test))
        if given is not None
    ]
    if len({points.shape[1] for points, _ in sets}) > 1:
        raise DataError("All points must have the same number of inputs.")
    n, inputs = sets[0][0].shape
    if n < schedule.batch:
        raise OptionError(f"A batch of {schedule.batch} needs at least as many points, not {n}.")
    seen = 1 + max(int(y.max()) for _, y in sets)
    outputs = seen if n_classes is None else whole("n_classes", n_classes, seen, _MOST_CLASSES)
    sizes = (inputs, whole("hidden", hidden, 1, _MOST_UNITS), outputs)
    start = PAPER_START if initialization is None else as_start(initialization)
    seed = whole("seed", seed, 0, _MOST_SEED)
    (u, _), (v, _) = start.sample(np.random.default_rng(seed), sizes)
    present = (True, validation is not None, test is not None)
    stated = [(points.astype(precision), y) for points, y in sets]
    layers = (u.astype(precision), v.astype(precision))
    decay, most, rhythm = real("weight_decay", weight_decay, 0.0), whole("epochs", epochs, 1, _MOST_EPOCHS), whole("every", every, 1)
    if most % rhythm:
        raise OptionError(f"epochs must be a multiple of every, {rhythm}, not {most}.")
    from implicit_bias.networks.sgd.loop import descend_in_batches  # imported here, so that importing the package does not need JAX

    return _run(descend_in_batches(schedule, present, layers, stated, decay, seed, most, rhythm), validation is not None)


def _points(given: Any, of: str, precision: str) -> tuple[FloatArray, Any]:
    if not (isinstance(given, (tuple, list)) and len(given) == 2):
        raise DataError(f"The {of}points must be a pair (x, labels).")
    points, y = as_floats(given[0], f"{of}x", ...), as_floats(given[1], f"{of}labels", ...)
    if points.ndim != 2 or not points.size or y.shape != points.shape[:1]:
        raise DataError(f"The {of}points must have shape (n, d), n ≥ 1, and their labels (n,), not {points.shape} and {y.shape}.")
    if np.abs(points).max() > np.finfo(precision).max:
        raise DataError(f"The {of}points exceed {np.finfo(precision).max:g}, the largest number of {precision}; rescale them.")
    if (y != np.round(y)).any() or y.min() < 0 or y.max() >= _MOST_CLASSES:
        raise DataError(f"The {of}labels must be whole numbers from 0 to {_MOST_CLASSES - 1}.")
    return points, y.astype(np.int32)


def _run(found: Any, validated: bool) -> BatchRun:
    epochs = int(found.epoch)
    loss, errors = (np.array(part, dtype=np.float64) for part in (found.loss, found.errors))
    known = ~np.isnan(errors[:, 0])
    # scores that are not finite decide nothing, whatever their largest is said to be
    errors[known & np.isnan(loss)] = np.nan
    network = _network(found.sound)
    chosen = int(found.chosen) if validated else epochs
    best = _network(found.best) if validated else network
    return BatchRun(network, best, chosen, epochs, freeze(loss[known]), freeze(errors[known]))


def _network(layers: Any) -> Network:
    u, v = (np.asarray(part, dtype=np.float64) for part in layers)
    return Network(u, np.zeros(u.shape[0]), v if v.shape[0] > 1 else v[0])
