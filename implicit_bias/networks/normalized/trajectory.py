"""What normalised dynamics share: the loss with its decay, what is followed along a run, and how a run ends.

The loss is L = Σ_n ‖ρ f_n - y_n‖² + λ ρ². For given layers its least ρ is ρ_eq = Σ y·f / (λ + Σ ‖f‖²) (Poggio and Liao): where a run
is at rest, ρ = ρ_eq. Layers without normalisation carry the decay λ Σ ‖W_k‖²; at rest they have equal norms ρ^(1/L), so that
⟨W_k, ∂L/∂W_k⟩ = 0 says ρ = Σ y·f / (λ ρ^(2/L - 2) + Σ ‖f‖²), and this is what is meant by ρ_eq there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral
from types import MappingProxyType
from typing import Any

import numpy as np

from implicit_bias.arrays import FloatArray, as_floats, freeze
from implicit_bias.errors import DataError, OptionError
from implicit_bias.networks.losses import margins
from implicit_bias.networks.normalized.network import NormalizedNetwork, batch_statistics, forward, norms_of
from implicit_bias.networks.settings import positive, real, whole, wholes
from implicit_bias.networks.training import require

LAGRANGE, WEIGHT, BATCH, NONE = "lagrange", "weight", "batch", "none"

STILL = 1e-5
"""A run is at rest if in the second half of its time no layer has moved by more than this, relative to its norm."""

EQUAL = 1e-4
"""And if ρ is this close to ρ_eq, relative to ρ."""

RECORDS = 150
"""How often along a run it is written down, if not said otherwise; at times that grow like a power, because decay acts late."""

_FIRST = 1e-5
_UNITS, _MOST_EPOCHS = 10**6, 10**12

_FAR = 50
"""Powers of ten that a datum, and ρ at the start, may be away from 1, so that squares neither overflow nor vanish."""


@dataclass(frozen=True, eq=False)
class NormalizedRun:
    """A run with what was followed along it: arrays over its records, (m,), unless another shape is given.

    Attributes
    ----------
    times : of the records; of descent, step × epochs
    rho, rho_eq : ρ, and what it is at rest
    loss : Σ ‖ρ f - y‖²
    objective : the loss with its decay, which the run goes down
    margin : the smallest of ``margins`` at that time
    norms : (m, L) Frobenius norms of the layers as they were integrated: of V_k ("lagrange"), v_k ("weight"), W_k (the others)
    network : the last one, with layers of unit norm but for what the integration has added (``norms`` has it)
    margins : (n,) margins of all samples by the normalised network f: of one output sign(y) f, of several that of the largest target
        over the largest of the others
    values : (n,) or (n, k), f of the samples
    miss : the largest |ρ f - y| at the end, over the largest |y|; 0 of an interpolant
    snapshots : networks by epoch, where asked for
    normalization, weight_decay, seed, scale : as given
    ended : "stationary", "time", "evaluations" or "diverged"
    message : one sentence on how it ended
    evaluations : of the derivative
    """

    times: FloatArray
    rho: FloatArray
    rho_eq: FloatArray
    loss: FloatArray
    objective: FloatArray
    margin: FloatArray
    norms: FloatArray
    network: NormalizedNetwork
    margins: FloatArray
    values: FloatArray
    miss: float
    normalization: str
    weight_decay: float
    seed: int
    scale: float
    ended: str
    message: str
    evaluations: int
    snapshots: Mapping[int, NormalizedNetwork] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def mismatch(self) -> float:
        """|ρ - ρ_eq|/|ρ| at the end; infinite if ρ is 0 and ρ_eq is not."""
        off, rho = float(abs(self.rho[-1] - self.rho_eq[-1])), float(abs(self.rho[-1]))
        return off / rho if rho > 0 else np.inf if off > 0 else 0.0


@dataclass(frozen=True, eq=False)
class Task:
    """Data and what is minimised on them; made by :func:`checked`.

    Attributes
    ----------
    x, y : (n, d) and (n, k)
    """

    x: FloatArray
    y: FloatArray
    sizes: tuple[int, ...]
    normalization: str
    decay: float

    def start(self, seed: int) -> list[FloatArray]:
        """Draw Gaussian layers of unit norm; the sign of the last one is such that Σ y·f ≥ 0, and ρ grows from 0."""
        rng = np.random.default_rng(seed)
        drawn = [rng.normal(size=(out, into)) for into, out in zip(self.sizes, self.sizes[1:], strict=False)]
        layers = [layer / norm for layer, norm in zip(drawn, norms_of(drawn), strict=True)]
        values = self.network(1.0, layers).normalized(self.x).reshape(self.y.shape)
        return layers if float((values * self.y).sum()) >= 0 else [*layers[:-1], -layers[-1]]

    def network(self, rho: float, layers: list[FloatArray]) -> NormalizedNetwork:
        """Return the network of layers V_k, with the statistics of the points where batch normalisation asks for them."""
        statistics = batch_statistics(layers, self.x) if self.normalization == BATCH else ()
        return NormalizedNetwork(rho, tuple(layers), statistics)

    def equilibrium(self, rho: float, values: FloatArray) -> float:
        """Return ρ_eq for the values f, (n, k); 0 where they all vanish."""
        level = self.decay
        if self.normalization == NONE and level > 0:
            level *= abs(rho) ** (2 / (len(self.sizes) - 1) - 2) if rho else np.inf
        down = level + float((values**2).sum())
        return float((self.y * values).sum()) / down if down > 0 else 0.0

    def charged(self, rho: float, norms: FloatArray) -> float:
        """Return what the weight decay adds to the loss."""
        return self.decay * (float((norms**2).sum()) if self.normalization == NONE else rho**2)

    def margins(self, values: FloatArray) -> FloatArray:
        """Return the margins of all samples, from f, (n, k)."""
        if self.y.shape[1] == 1:
            signed: FloatArray = np.sign(self.y[:, 0]) * values[:, 0]
            return signed
        return margins(values, self.y.argmax(axis=1))


class Record:
    """What is followed along a run: a list of states at growing times."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.times: list[float] = []
        self._rows: list[tuple[float, ...]] = []
        self._norms: list[FloatArray] = []
        self._states: list[list[FloatArray]] = []
        self._rho = 0.0

    def add(self, time: float, rho: float, layers: list[FloatArray], norms: FloatArray) -> None:
        """Write down ρ and layers V_k at a time, with the norms of what is integrated."""
        task = self.task
        statistics = batch_statistics(layers, task.x) if task.normalization == BATCH else ()
        _, values = forward(layers, task.x, statistics)
        loss = float(((rho * values - task.y) ** 2).sum())
        self.times.append(time)
        self._rows.append((rho, task.equilibrium(rho, values), loss, loss + task.charged(rho, norms), float(task.margins(values).min())))
        self._norms.append(norms)
        self._states.append(layers)
        self._rho = rho

    @property
    def at_rest(self) -> bool:
        """Whether nothing has moved since half of the time, and ρ is ρ_eq."""
        rho, equal = self._rows[-1][:2]
        half = int(np.searchsorted(self.times, self.times[-1] / 2))
        if half in (0, len(self.times) - 1) or abs(rho - equal) > EQUAL * abs(rho):
            return False
        moved = norms_of([now - then for now, then in zip(self._states[-1], self._states[half], strict=True)])
        return bool(moved.max() <= STILL) and abs(rho - self._rows[half][0]) <= STILL * abs(rho)

    def run(self, scale: float, seed: int, how: tuple[str, str], evaluations: int, snapshots: Any = None) -> NormalizedRun:
        """Return the run."""
        task = self.task
        network = task.network(self._rho, self._states[-1])
        values = network.normalized(task.x)
        columns = values.reshape(task.y.shape)
        rho, rho_eq, loss, objective, margin = (freeze(column.copy()) for column in np.array(self._rows).T)
        miss = float(np.abs(self._rho * columns - task.y).max()) / float(np.abs(task.y).max())
        return NormalizedRun(
            times=freeze(np.array(self.times)),
            rho=rho,
            rho_eq=rho_eq,
            loss=loss,
            objective=objective,
            margin=margin,
            norms=freeze(np.array(self._norms)),
            network=network,
            margins=freeze(task.margins(columns)),
            values=freeze(values.copy()),
            miss=miss,
            normalization=task.normalization,
            weight_decay=task.decay,
            seed=seed,
            scale=scale,
            ended=how[0],
            message=how[1],
            evaluations=evaluations,
            snapshots=MappingProxyType(dict(snapshots or {})),
        )


def record_times(last: float, count: int = RECORDS) -> FloatArray:
    """Return the times to write down, 0 first."""
    return np.concatenate([[0.0], np.geomspace(_FIRST * last, last, count)])


def scaled(task: Task, scale: Any) -> float:
    """Return the scale of a start; raises OptionError if it leaves no room to compute in."""
    found = positive("scale", scale)
    power = len(task.sizes) - 1 if task.normalization == NONE else 1
    if abs(math.log10(found)) * power > _FAR:
        raise OptionError(f"scale gives ρ = {found:g}^{power} at the start, too far from 1 to compute with.")
    return found


def checked(x: Any, y: Any, hidden: Any, normalization: Any, allowed: tuple[str, ...], decay: float) -> Task:
    """Return the task; raises DataError or OptionError."""
    points = as_floats(x, "x", ...)
    if points.ndim != 2 or points.size == 0:
        raise DataError(f"x must have the shape (n, d) and points, not {points.shape}; a constant is a column of ones.")
    targets = as_floats(y, "y", ...)
    if targets.ndim > 2 or len(targets) != len(points) or targets.size == 0:
        raise DataError(f"y must have the shape ({len(points)},) or ({len(points)}, k) like the points, not {targets.shape}.")
    if max(np.abs(points).max(), np.abs(targets).max()) > 10.0**_FAR:
        raise DataError(f"x and y must be at most 1e{_FAR}; rescale them.")
    if not targets.any():
        raise DataError("y is zero: no network has a direction then.")
    if not (isinstance(normalization, str) and normalization in allowed):
        raise OptionError(f"normalization must be one of {', '.join(allowed)}, not {normalization!r}.")
    widths = (hidden,) if isinstance(hidden, Integral) else tuple(hidden) if isinstance(hidden, (tuple, list)) else ()
    if not widths:
        raise OptionError(f"hidden must be the number of hidden units, or a sequence of them, one of each layer, not {hidden!r}.")
    columns = targets.reshape(len(points), -1)
    sizes = (points.shape[1], *(whole("hidden", width, 1, _UNITS) for width in widths), columns.shape[1])
    return Task(freeze(points.copy()), freeze(columns.copy()), sizes, normalization, decay)


def normalized_descent(
    x: Any,
    y: Any,
    *,
    hidden: Any,
    normalization: str = LAGRANGE,
    weight_decay: float = 0.0,
    scale: float = 1.0,
    seed: int = 0,
    step: float,
    epochs: int,
    snapshots: Any = (),
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
    from implicit_bias.networks.normalized.steps import DescentRun

    decay, step = real("weight_decay", weight_decay, 0.0), positive("step", step)
    task = checked(x, y, hidden, normalization, (LAGRANGE, WEIGHT, BATCH, NONE), decay)
    scale = scaled(task, scale)
    seed, epochs = whole("seed", seed, 0), whole("epochs", epochs, 1, _MOST_EPOCHS)
    wanted = {epoch for epoch in wholes("snapshots", snapshots, 0) if epoch <= epochs}
    marks = np.unique(np.concatenate([np.round(record_times(epochs)).astype(np.int64), np.array(sorted(wanted), dtype=np.int64)]))
    run, record, kept = DescentRun(task, scale, seed, step), Record(task), {}
    how, done = ("time", f"It ran all {epochs} epochs."), 0
    for mark in marks.tolist():
        if not run.advance(mark - done):
            how = (
                "diverged",
                f"A weight was no longer finite, or too large, or a layer zero, between the epochs {done} and {mark}; take a smaller step.",
            )
            break
        done = mark
        record.add(step * done, *run.parted())
        if done in wanted:
            kept[done] = run.network()
        if record.at_rest:
            how = ("stationary", f"From half of the {done} epochs on nothing moved.")
            break
    return record.run(scale, seed, how, done, kept)
