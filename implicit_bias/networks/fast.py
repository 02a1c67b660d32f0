"""Runs of the compiled loops for one input: from settings to their arrays and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from implicit_bias.networks.codes import CLASSES, SQUARED, Record, Rules
from implicit_bias.networks.initializations import Layers
from implicit_bias.networks.scalar import Rates, ScalarTask, new_scalar_units, run_scalar
from implicit_bias.networks.settings import Settings
from implicit_bias.networks.vector import VectorTask, new_vector_units, run_vector
from implicit_bias.numerics.arrays import FloatArray


def rates(settings: Settings) -> Rates:
    """Return the steps and what decay leaves."""
    kept = 1 - settings.step * settings.weight_decay
    inner = settings.trained == "all"
    return Rates(
        settings.step if inner else 0.0,
        settings.step,
        settings.step if inner and settings.output_bias else 0.0,
        kept if inner else 1.0,
        kept,
    )


def sorted_places(settings: Settings) -> tuple[FloatArray, FloatArray, Any]:
    """Return all places in increasing order, their shares in the losses, and their order: training points come first at ties."""
    n = settings.points.x.shape[0]
    x, share = settings.points.x[:, 0], np.full(n, 1 / n)
    if settings.validation is not None:
        others = settings.validation.x[:, 0]
        x, share = np.concatenate([x, others]), np.concatenate([share, np.full(others.size, -1 / others.size)])
    order = np.argsort(x, kind="stable")
    return x[order].astype(settings.precision), share[order], order


def _targets(settings: Settings) -> FloatArray:
    parts = [settings.points.y] if settings.validation is None else [settings.points.y, settings.validation.y]
    return np.concatenate([np.asarray(part, dtype=np.float64).reshape(part.shape[0], -1) for part in parts])


class ScalarRun:
    """One output; see :mod:`~implicit_bias.networks.scalar`."""

    def __init__(self, settings: Settings, layers: Layers, rules: Rules, record: Record) -> None:
        x, share, order = sorted_places(settings)
        (w, b), (a, bias) = layers
        real = settings.precision
        self._task = ScalarTask(
            x, _targets(settings)[order, 0], share, settings.loss, settings.leak, settings.scales[-1], settings.validation is not None
        )
        self._units = new_scalar_units(w[:, 0].astype(real), b.astype(real), a[0].astype(real), x)
        self._bias = bias.copy()
        units = self._units
        self._best = (units.w.copy(), units.b.copy(), units.a.copy(), units.unit.copy(), bias.copy())
        self._rates, self._rules, self.record = rates(settings), rules, record

    def advance(self, count: int) -> None:
        """Do up to ``count`` epochs."""
        run_scalar(self._units, self._bias, self._best, self._task, self._rates, self._rules, self.record, count)

    def layers(self, best: bool) -> Layers:
        """Return the present layers, or those of the best epoch."""
        w, b, a, unit, bias = self._best if best else (self._units.w, self._units.b, self._units.a, self._units.unit, self._bias)
        back = np.empty(unit.size, dtype=np.int64)
        back[unit] = np.arange(unit.size)
        inner = w[back].astype(np.float64)[:, None], b[back].astype(np.float64)
        return inner, (a[back].astype(np.float64)[None], bias.copy())

    def arrays(self) -> dict[str, Any]:
        """Return everything that changes, by name, not copied."""
        best = {f"best_{i}": array for i, array in enumerate(self._best)}
        return self._units._asdict() | best | {"bias": self._bias}


class VectorRun:
    """Several outputs; see :mod:`~implicit_bias.networks.vector`."""

    def __init__(self, settings: Settings, layers: Layers, rules: Rules, record: Record) -> None:
        x, share, order = sorted_places(settings)
        (w, b), (a, bias) = layers
        real, k = settings.precision, settings.outputs
        targets = _targets(settings)[order]
        classes = settings.loss in CLASSES
        values = np.zeros(x.size)
        if settings.midpoints.size:
            values[settings.points.x.shape[0] :] = settings.values
        self._task = VectorTask(
            x,
            targets if settings.loss == SQUARED else np.empty((0, k)),
            targets[:, 0].astype(np.int64) if classes else np.empty(0, dtype=np.int64),
            share,
            values[order],
            settings.midpoints.astype(real),
            settings.loss,
            settings.leak,
            settings.scales[-1],
            settings.validation is not None,
        )
        self._units = new_vector_units(w[:, 0].astype(real), b.astype(real), np.ascontiguousarray(a.T).astype(real), x)
        self._bias = bias.copy()
        units = self._units
        self._best = (units.w.copy(), units.b.copy(), units.a.copy(), bias.copy())
        self._rates, self._rules, self.record = rates(settings), rules, record

    def advance(self, count: int) -> None:
        """Do up to ``count`` epochs."""
        run_vector(self._units, self._bias, self._best, self._task, self._rates, self._rules, self.record, count)

    def layers(self, best: bool) -> Layers:
        """Return the present layers, or those of the best epoch."""
        w, b, a, bias = self._best if best else (self._units.w, self._units.b, self._units.a, self._bias)
        return (w.astype(np.float64)[:, None], b.astype(np.float64)), (a.T.astype(np.float64), bias.copy())

    def arrays(self) -> dict[str, Any]:
        """Return everything that changes, by name, not copied."""
        best = {f"best_{i}": array for i, array in enumerate(self._best)}
        return self._units._asdict() | best | {"bias": self._bias}
