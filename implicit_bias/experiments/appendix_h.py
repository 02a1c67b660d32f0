"""Stewart's appendix H: a teacher of three neurons on a grid in the plane, by regression and by classification, and the certified optimum.

A unit of two inputs bends along its critical line. The paper draws the lines of trained networks and sees few for regression and many
for classification. Here the certified optimum of problem (4) stands beside them, and that of (5) on a coarser grid.

The paper's teacher is one draw, and lost; drawn here is one whose three lines all cross the unit square. A line is (angle of its normal
in degrees, distance from the origin, weight ‖a‖‖W‖); those that do not cross the square only add affine functions, and are left out, as
in the paper.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from implicit_bias.data import bin_targets
from implicit_bias.data.papers import Sample, teacher_grid
from implicit_bias.experiments.base import Experiment, Job, Json, Options, seeds_of
from implicit_bias.measures import Network, RidgeMeasure
from implicit_bias.networks import train
from implicit_bias.networks.losses import softmax
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import MaxMarginProblem, RegressionProblem
from implicit_bias.solution import Solution
from implicit_bias.solve import solve

SIDE, BINS = 25, 25
LINES = 200
"""How many lines the summary keeps, the largest."""

_CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
_TEACHER = 1
"""Seed of the first teacher whose lines all cross the unit square."""

_CELLS = (36, 40)
_EPOCHS = {"regression": 50_000, "classification": 10_000}
"""As in the paper."""


def _jobs(options: Options) -> list[Job]:
    common = {"teacher": _TEACHER, "bins": BINS}
    quick = options.quick
    jobs = []
    for model, epochs in _EPOCHS.items():
        for seed in seeds_of(options, 2, 1):
            size = {"side": SIDE, "hidden": 50, "epochs": 300} if quick else {"side": SIDE, "hidden": 500, "epochs": epochs}
            settings = common | size | {"model": model, "step": 0.1, "seed": seed, "precision": "float32"}
            jobs.append(Job(f"{model}-{seed}", settings))
    jobs.append(Job("optimum-regression", common | {"model": "optimum-regression", "side": 7 if quick else SIDE}))
    jobs.append(Job("optimum-classification", common | {"model": "optimum-classification", "side": 5 if quick else 13}))
    return jobs


def data(settings: Json) -> tuple[Sample, Any, FloatArray]:
    """Return the grid with the teacher's values, their bins, and the bins' midpoints."""
    sample = teacher_grid(settings["teacher"], settings["side"])
    labels, midpoints = bin_targets(sample.y, settings["bins"])
    return sample, labels, midpoints


def _work(settings: Json, folder: Path) -> Json:
    return _certified(settings) if settings["model"].startswith("optimum") else _trained(settings, folder)


def _trained(settings: Json, folder: Path) -> Json:
    sample, labels, midpoints = data(settings)
    regression = settings["model"] == "regression"
    [trained] = train(
        sample.x,
        sample.y if regression else labels,
        hidden=settings["hidden"],
        loss="squared" if regression else "cross-entropy",
        step=settings["step"],
        epochs=settings["epochs"],
        seeds=[settings["seed"]],
        precision=settings["precision"],
        n_classes=None if regression else settings["bins"],
        checkpoint=folder,
    )
    network = trained.network
    assert isinstance(network, Network)  # one hidden layer
    fine = teacher_grid(settings["teacher"], 2 * settings["side"] - 1)

    def error(at: Sample) -> float:
        values = network(at.x)
        found = values if regression else softmax(values) @ midpoints
        return float(np.sqrt(np.mean((found - at.y) ** 2)))

    measure = network.measure()
    assert isinstance(measure, RidgeMeasure)  # two inputs
    return {"rmse": error(sample), "between": error(fine), "loss": trained.loss, "path_norm": network.path_norm()} | _lines(measure)


def _certified(settings: Json) -> Json:
    sample, labels, _ = data(settings)
    regression = settings["model"] == "optimum-regression"
    problem = RegressionProblem(sample.x, sample.y) if regression else MaxMarginProblem(sample.x, labels, settings["bins"])
    solution = solve(problem, tolerance=1e-4)
    assert isinstance(solution, Solution)
    assert isinstance(solution.measure, RidgeMeasure)  # two inputs
    facts = {"status": solution.status.value, "value": solution.value, "lower_bound": solution.lower_bound, "gap": solution.gap}
    return facts | _lines(solution.measure)


def lines(measure: RidgeMeasure) -> FloatArray:
    """Return (angle in degrees from 0 to 180, offset, weight) of the lines that cross the open unit square, the largest first.

    The line is { x : cos(angle) x_1 + sin(angle) x_2 = offset }.
    """
    ends = _CORNERS @ measure.features[:, :2].T + measure.features[:, 2]
    crossing = (ends.min(axis=0) < 0) & (ends.max(axis=0) > 0)
    normals, shift = measure.features[crossing, :2], measure.features[crossing, 2]
    lengths = np.hypot(*normals.T)
    weights = measure.weights[crossing]
    size = (np.abs(weights) if weights.ndim == 1 else np.linalg.norm(weights, axis=1)) * lengths
    angle, offset = np.arctan2(normals[:, 1], normals[:, 0]), -shift / lengths
    turned = (angle < 0) | (angle >= np.pi)  # a line has two normals: that in the upper half plane
    angle, offset = np.where(turned, angle - np.sign(angle) * np.pi, angle), np.where(turned, -offset, offset)
    found = np.column_stack([np.degrees(angle), offset, size])
    return found[np.argsort(-size, kind="stable")]


def spread(found: FloatArray) -> int:
    """Return the least number of cells, 5 degrees by 0.07 wide, whose lines have nine tenths of the weight."""
    if not len(found):
        return 0
    angles, offsets = _CELLS
    rows = np.minimum((found[:, 0] / 180 * angles).astype(int), angles - 1)
    columns = np.minimum(((found[:, 1] + np.sqrt(2)) / np.sqrt(8) * offsets).astype(int), offsets - 1)
    sums = np.sort(np.bincount(rows * offsets + columns, found[:, 2]))[::-1]
    return int(np.searchsorted(np.cumsum(sums), 0.9 * sums.sum())) + 1


def _lines(measure: RidgeMeasure) -> Json:
    found = lines(measure)
    return {
        "crossing": len(found),
        "cells": spread(found),
        "lines": [[round(float(a), 2), round(float(o), 4), float(f"{w:.4g}")] for a, o, w in found[:LINES]],
    }


def _summarise(results: list[Json]) -> Json:
    summary: Json = {"models": {}, "side": SIDE}
    for found in results:
        model = found["settings"]["model"]
        facts = (
            {name: found["settings"].get(name) for name in ("side", "hidden", "epochs")} | found["result"] | {"seconds": found["seconds"]}
        )
        summary["models"].setdefault(model, facts)  # of several starts the first
        summary["models"][model].setdefault("all_cells", []).append(found["result"]["cells"])
    return summary


def _describe(summary: Json) -> list[str]:
    lines = [f"{'':<24}{'grid':>7}{'epochs':>8}{'RMSE':>10}{'gap':>9}{'lines':>7}{'cells':>7}"]
    for model, found in summary["models"].items():
        error = f"{found['rmse']:.2e}" if "rmse" in found else "-"
        gap = f"{found['gap']:.1e}" if "gap" in found else "-"
        grid = f"{found['side']}²"
        lines.append(f"{model:<24}{grid:>7}{found['epochs'] or '-':>8}{error:>10}{gap:>9}{found['crossing']:7d}{found['cells']:7d}")
    lines.append("lines: critical lines that cross the unit square; cells: how many, 5° by 0.07, have 9/10 of their weight")
    trained, optimum = summary["models"]["regression"], summary["models"]["optimum-regression"]
    times = trained["path_norm"] / optimum["lower_bound"]
    lines.append(
        f"Σ ‖a‖ ‖(W, b)‖ of the trained regression is {times:.1f} times the least that fits; the optimum needs {optimum['cells']} cells"
    )
    few, many = (summary["models"][model]["all_cells"] for model in _EPOCHS)
    word = "as in the paper" if max(few) < min(many) else "not as in the paper"
    said = [", ".join(map(str, cells)) for cells in (few, many)]
    lines.append(f"regression gathers its lines in {said[0]} cells (of each start), classification in {said[1]}: {word}")
    return lines


EXPERIMENT = Experiment(
    "appendix-h",
    "Critical lines in the plane",
    "Stewart et al., section 8, appendix H and Figure 7",
    "Regression recovers a sparse support; the features of the classification are more evenly distributed over the unit square.",
    _jobs,
    _work,
    _summarise,
    _describe,
    figure="implicit_bias.plots.experiments.trained:appendix_h_figure",
)
