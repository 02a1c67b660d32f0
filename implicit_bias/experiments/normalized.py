"""Poggio and Liao: square loss, normalised layers, weight decay. What ρ ends at, and what of that depends on the start.

On a line the certified bounds of :mod:`~implicit_bias.experiments.normalized_bounds` say how good a run is. There is a constant input,
but batch normalisation takes it away again, and puts every kink of the first layer at the mean of the points. On two of the digits
plain descent is run for networks of two to four layers, and the flow beside it. Every λ is that of a loss summed over the points.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from implicit_bias.data.images import digits
from implicit_bias.experiments.base import Experiment, Job, Json, Options, seeds_of
from implicit_bias.experiments.normalized_bounds import least_objective, least_rho
from implicit_bias.experiments.normalized_report import describe, summarise
from implicit_bias.networks import NormalizedRun, normalized_descent, normalized_flow
from implicit_bias.numerics.arrays import FloatArray

X, Y = (-2.0, -1.0, 0.0, 1.0, 2.0), (1.0, 1.0, -1.0, -1.0, 1.0)
"""Points on a line with labels: least norm V = 7.30 of an interpolant, so that starts lie below and above."""

PAIR, TRAINED_ON = (8, 9), 120
"""Digits to tell apart, and how many images to train on; the others are for testing."""

SCALES = (0.1, 1.0, 5.0)
"""Of the paper. On the line there is one above V, too."""

NORMALIZATIONS = ("lagrange", "weight", "none", "batch")
LINE_DECAY, DIGITS_DECAY = 0.01, 0.05
DEPTHS = (2, 3, 4)

_LINE_WIDTH, _DIGITS_WIDTH = 30, 20
_STEP = 2e-4
_FINE = 1e-4
_KEPT = 40
_RECORDS = 80


def two_digits() -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return images, scaled to norm 1, and labels ±1, to train on, and both to test on; OptionError without scikit-learn."""
    images = digits()
    chosen = np.random.default_rng(0).permutation(np.flatnonzero(np.isin(images.labels, PAIR)))
    x = images.x[chosen] / np.linalg.norm(images.x[chosen], axis=1)[:, None]
    y = np.where(images.labels[chosen] == PAIR[0], 1.0, -1.0)
    return x[:TRAINED_ON], y[:TRAINED_ON], x[TRAINED_ON:], y[TRAINED_ON:]


def _jobs(options: Options) -> list[Job]:
    quick = options.quick
    seeds = list(seeds_of(options, 3, 1))
    jobs = []
    for way in ("lagrange", "none") if quick else NORMALIZATIONS:
        for decay in (0.0, LINE_DECAY):
            for scale in (0.1, 10.0) if quick else (*SCALES, 10.0):
                settings = {"kind": "line", "way": way, "depth": 2, "decay": decay, "scale": scale, "seeds": seeds}
                jobs.append(Job(f"line-{way}-{decay:g}-{scale:g}", settings | {"time": 100.0 if quick else 1000.0}))
    for depth in (4,) if quick else DEPTHS:
        for way in ("batch", "none") if quick else NORMALIZATIONS:
            for decay in (0.0, DIGITS_DECAY):
                step, time = _paces(way, decay)
                for scale in SCALES:
                    settings = {"kind": "digits", "way": way, "depth": depth, "decay": decay, "scale": scale, "step": step}
                    settings |= {"seeds": seeds[:2] if decay == 0 else seeds[:1], "time": time / (10 if quick else 1)}
                    jobs.append(Job(f"digits-{way}-{depth}-{decay:g}-{scale:g}", settings))
        for way, scale in (("lagrange", 1.0), ("weight", 2.0)):
            settings = {"kind": "flow", "way": way, "depth": depth, "decay": DIGITS_DECAY, "scale": scale, "seeds": seeds[:1]}
            jobs.append(Job(f"flow-{way}-{depth}", settings | {"time": 0.3 if quick else 12.0}))
    return jobs


def _paces(way: str, decay: float) -> tuple[float, float]:
    """Return the step of descent on digits, and until when: with decay rho comes to rest late, last of all with normalised layers."""
    if decay == 0 or way == "none":
        return _STEP, 25.0 if decay > 0 else 20.0
    # batch normalisation bears longer steps, and from large hidden layers it needs long
    return (1e-3, 200.0) if way == "batch" else (_FINE if way == "weight" else _STEP, 100.0)


def line() -> tuple[FloatArray, FloatArray]:
    """Return the points on the line with a constant input, and their labels."""
    return np.column_stack([X, np.ones(len(X))]), np.array(Y)


@lru_cache(maxsize=8)
def line_bounds(decay: float, normalized: bool) -> tuple[float, float]:
    """Return the least ρ of an interpolant on the line, and what no objective is below: the same from every start."""
    x, y = np.array(X), np.array(Y)
    return least_rho(x, y), least_objective(x, y, decay, normalized)


def followed(settings: Json, seed: int) -> NormalizedRun:
    """Return a run: the flow on the line and where it is asked for, else descent."""
    on_line = settings["kind"] == "line"
    x, y = line() if on_line else two_digits()[:2]
    options: dict[str, Any] = {
        "hidden": (_LINE_WIDTH if on_line else _DIGITS_WIDTH,) * (settings["depth"] - 1),
        "normalization": settings["way"],
        "weight_decay": settings["decay"],
        "scale": settings["scale"],
        "seed": seed,
    }
    if settings["kind"] == "flow":
        return normalized_flow(x, y, time=settings["time"], method="RK23", records=_RECORDS, **options)
    if on_line and settings["way"] != "batch":
        return normalized_flow(x, y, time=settings["time"], records=_RECORDS, **options)
    # on the line long, and with a step as large as five points allow
    step = 50 * _STEP if on_line else settings["step"]
    return normalized_descent(x, y, step=step, epochs=round(settings["time"] / step), **options)


def _told(run: NormalizedRun) -> Json:
    drift = float(np.abs(run.norms / run.norms[0] - 1).max()) if run.normalization in ("lagrange", "weight") else None
    return {
        "rho": float(run.rho[-1]),
        "rho_eq": float(run.rho_eq[-1]),
        "objective": float(run.objective[-1]),
        "miss": run.miss,
        "margin": float(run.margin[-1]),
        "drift": drift,
        "ended": run.ended,
    }


def _work(settings: Json, folder: Path) -> Json:
    runs = [followed(settings, seed) for seed in settings["seeds"]]
    told = [_told(run) for run in runs]
    if settings["kind"] != "line":
        _, _, x, y = two_digits()
        for one, run in zip(told, runs, strict=True):
            one["test_error"] = float((np.sign(run.network(x)) != y).mean())
    first = runs[0]
    kept = np.unique(np.linspace(0, first.times.size - 1, _KEPT).round().astype(int))
    result: Json = {
        "runs": told,
        "curve": [[float(f"{part:.5g}") for part in row] for row in np.stack([first.times, first.rho, first.rho_eq], axis=1)[kept]],
        "margins": [float(f"{margin:.4g}") for margin in np.sort(first.margins)],
    }
    if settings["kind"] == "line":
        result["least_rho"], result["least_objective"] = line_bounds(settings["decay"], settings["way"] != "none")
    if settings["kind"] == "flow":
        beside = followed(settings | {"kind": "digits", "step": _FINE}, settings["seeds"][0])
        result["descent_rho"] = float(beside.rho[-1])
        result["apart"] = float(np.abs(beside.rho[-1] * beside.values - first.rho[-1] * first.values).max())
    return result


EXPERIMENT = Experiment(
    "square-loss",
    "Square loss with normalised layers, with and without weight decay",
    "Poggio and Liao, Figures 1 to 5 and Lemma 1",
    "With normalisation and weight decay ρ ends at ρ_eq from starts of norm 0.1, 1 and 5 alike; without decay it depends on the start.",
    _jobs,
    _work,
    summarise,
    describe,
    figure="implicit_bias.plots.experiments.normalized:square_loss_figure",
)
