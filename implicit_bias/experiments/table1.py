"""Stewart et al., section 7: the same target by regression and by classification, over thirty random starts.

Both protocols leave something open, and this is how it is read. Losses are means over the points. Training stops when nothing has
improved for the given number of epochs: neither loss, nor the validation error that the best epoch is chosen by. The data are one
draw for all starts.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from implicit_bias.data import bin_targets
from implicit_bias.data.papers import Sample, triangle_target, triangles
from implicit_bias.experiments.base import PROTOCOLS, Experiment, Job, Json, Options, seeds_of
from implicit_bias.measures import Network
from implicit_bias.networks import TrainedNetwork, Validation, train
from implicit_bias.networks.losses import softmax
from implicit_bias.numerics.arrays import FloatArray

BINS = 50
MODELS = ("regression", "classification")
PAPER = {"regression": (3.70, 6.85, 4.55, 1.38), "classification": (0.86, 1.54, 1.21, 0.19)}
"""Best, worst, mean and standard deviation of the validation error in Table 1, in hundredths."""

_DRAWN = 401
_CELLS = 400
_POOL = 23
"""Points a bin from which the released code draws five with replacement: 229 of 250 are then distinct, as there."""

SIZES = {"regression": (10_000, 0.04), "classification": (500, 0.07)}
_EPOCHS, _PATIENCE = 2_000_000, {"paper": 1000, "released-code": 10_000}
_QUICK_EPOCHS, _QUICK_SHARE = 40_000, 10


def _jobs(options: Options) -> list[Job]:
    jobs = []
    for model in reversed(MODELS):  # the longer ones first
        hidden, step = SIZES[model]
        for seed in seeds_of(options, 30, 2):
            settings = {
                "model": model,
                "protocol": options.protocol,
                "seed": seed,
                "hidden": hidden // _QUICK_SHARE if options.quick and model == "regression" else hidden,
                "step": step,
                "epochs": _QUICK_EPOCHS if options.quick else _EPOCHS,
                "patience": _PATIENCE[options.protocol],
                "precision": "float32",
                "data_seeds": [0, 1],
            }
            jobs.append(Job(f"{options.protocol}-{model}-{seed:02d}", settings))
    return jobs


def data(settings: Json) -> tuple[Sample, Sample]:
    """Return the points for training and for validation."""
    pool = _POOL if settings["protocol"] == "released-code" else None
    first, second = settings["data_seeds"]
    return triangles(first, BINS, pool=pool), triangles(second, BINS, pool=pool)


_TIMED = 400


def _project(options: Options, jobs: int) -> list[str]:
    """Time some epochs of both models."""
    lines, total = [], 0.0
    runs = _jobs(options)
    for model in MODELS:
        of_model = [job.settings for job in runs if job.settings["model"] == model]
        fitted(of_model[0] | {"epochs": 1}, None)  # compiles, or loads, the loops
        began = time.perf_counter()
        fitted(of_model[0] | {"epochs": _TIMED}, None)
        each = (time.perf_counter() - began) / _TIMED * of_model[0]["epochs"]
        total += each * len(of_model)
        seeds = f"{len(of_model)} seed{'' if len(of_model) == 1 else 's'}"
        lines.append(f"{model}: at most {each:.0f} s a seed ({of_model[0]['epochs']} epochs), {seeds}")
    return [*lines, f"all of it: at most {total / min(jobs, os.cpu_count() or 1) / 60:.0f} min on {jobs} process{'es' if jobs > 1 else ''}"]


def _work(settings: Json, folder: Path) -> Json:
    trained = fitted(settings, folder)
    grid = np.linspace(-1, 1, _DRAWN)
    _, midpoints = bin_targets([0.0, 1.0], BINS, range=(0.0, 1.0), midpoints="ends")
    _, validation = data(settings)

    def predict(x: FloatArray) -> FloatArray:
        values = trained.network(x)
        return values if settings["model"] == "regression" else softmax(values) @ midpoints

    assert isinstance(trained.network, Network)
    return {
        "rmse": float(np.sqrt(np.mean((predict(validation.x) - validation.y) ** 2))),
        "loss": trained.loss,
        "epoch": trained.epoch,
        "epochs": trained.epochs,
        "stopped": trained.stopped,
        "path_norm": trained.network.path_norm(),
        "curve": np.round(predict(grid), 5).tolist(),
        "support": support(trained.network),
    }


def fitted(settings: Json, folder: Path | None) -> TrainedNetwork:
    """Return the network that the settings make."""
    sample, other = data(settings)
    regression, leaky = settings["model"] == "regression", settings["protocol"] == "released-code"
    labels, midpoints = bin_targets(sample.y, BINS, range=(0.0, 1.0), midpoints="ends")
    others, _ = bin_targets(other.y, BINS, range=(0.0, 1.0), midpoints="ends")
    [trained] = train(
        sample.x,
        sample.y if regression else labels,
        hidden=settings["hidden"],
        loss="squared" if regression else "batch-cross-entropy" if leaky else "cross-entropy",
        step=settings["step"],
        epochs=settings["epochs"],
        seeds=[settings["seed"]],
        validation=(other.x, other.y) if regression else Validation(other.x, others, other.y, midpoints),
        patience=settings["patience"],
        leak=0.01 if leaky else 0.0,
        precision=settings["precision"],
        n_classes=None if regression else BINS,
        checkpoint=folder,
    )
    return trained


def support(network: Network) -> list[list[float]]:
    """Return kinks within the data and their ‖a‖|W|, those in the same of 400 cells put together."""
    live = network.W != 0
    kinks = -network.b[live] / network.W[live]
    sizes = network.outer_norms[live] * np.abs(network.W[live])
    inside = np.abs(kinks) <= 1
    cells = np.minimum(((kinks[inside] + 1) / 2 * _CELLS).astype(np.int64), _CELLS - 1)
    total = np.bincount(cells, sizes[inside], _CELLS)
    place = np.bincount(cells, sizes[inside] * kinks[inside], _CELLS) / np.where(total > 0, total, 1.0)
    kept = total > 1e-6 * total.max(initial=0.0)
    return [[round(float(t), 5), float(f"{s:.4g}")] for t, s in zip(place[kept], total[kept], strict=True)]


def _summarise(results: list[Json]) -> Json:
    summary: Json = {"target": np.round(triangle_target(np.linspace(-1, 1, _DRAWN)), 5).tolist(), "models": {}}
    for model in MODELS:
        of_model = [found for found in results if found["settings"]["model"] == model]
        errors = np.array([found["result"]["rmse"] for found in of_model])
        worst = of_model[int(errors.argmax())]
        summary["models"][model] = {
            "best": float(errors.min()),
            "worst": float(errors.max()),
            "mean": float(errors.mean()),
            "sd": float(errors.std(ddof=1)) if errors.size > 1 else 0.0,
            "rmse": errors.tolist(),
            "epochs": [found["result"]["epochs"] for found in of_model],
            "stopped": [found["result"]["stopped"] for found in of_model],
            "seconds": float(np.mean([found["seconds"] for found in of_model])),
            "worst_seed": worst["settings"]["seed"],
            "worst_curve": worst["result"]["curve"],
            "worst_support": worst["result"]["support"],
        }
    return summary


def _describe(summary: Json) -> list[str]:
    lines = [f"{'validation RMSE / 100':<32}{'best':>7}{'worst':>7}{'mean':>7}{'sd':>7}{'runs':>6}{'s a run':>9}"]
    for model in MODELS:
        found: Any = summary["models"][model]
        ours = [100 * found[key] for key in ("best", "worst", "mean", "sd")]
        lines.append(f"{model:<32}" + "".join(f"{v:7.2f}" for v in ours) + f"{len(found['rmse']):6d}{found['seconds']:9.1f}")
        lines.append(f"{'  in the paper':<32}" + "".join(f"{v:7.2f}" for v in PAPER[model]) + f"{30:6d}")
    worst, best = summary["models"]["classification"]["worst"], summary["models"]["regression"]["best"]
    better = "every" if worst < best else "not every"
    lines.append(f"{better} classification is better than the best regression")
    return lines


EXPERIMENT = Experiment(
    "table1",
    "Regression and classification of Stewart's triangles",
    "Stewart et al., section 7, Table 1 and Figures 4 to 6",
    "In hundredths, best, worst, mean and standard deviation of the validation RMSE over 30 starts: regression 3.70, 6.85, 4.55, "
    "1.38; classification 0.86, 1.54, 1.21, 0.19.",
    _jobs,
    _work,
    _summarise,
    _describe,
    PROTOCOLS,
    _project,
    figure="implicit_bias.plots.experiments.table1:table1_figure",
)
