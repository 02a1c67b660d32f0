"""What is followed along a run of normalised dynamics, when it is at rest, and what is returned of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from implicit_bias.networks.normalized.network import NormalizedNetwork, batch_statistics, forward, norms_of
from implicit_bias.networks.normalized.task import BATCH, NormalizedTask
from implicit_bias.numerics.arrays import FloatArray, freeze

STILL = 1e-5
"""A run is at rest if in the second half of its time no layer has moved by more than this, relative to its norm."""

EQUAL = 1e-4
"""And if ρ is this close to ρ_eq, relative to ρ."""

RECORDS = 150
"""How often along a run it is written down, if not said otherwise; at times that grow like a power, because decay acts late."""

_FIRST = 1e-5


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


class Trajectory:
    """What is followed along a run: a list of states at growing times."""

    def __init__(self, task: NormalizedTask) -> None:
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
