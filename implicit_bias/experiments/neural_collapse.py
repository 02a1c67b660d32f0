"""Poggio and Liao on neural collapse (Papyan, Han and Donoho): whether features of real digits collapse, by depth, norms and decay.

Networks ρ f of L layers without biases (a constant is an input) go down (1/n) Σ ‖ρ f - y‖² + decay on one-hot targets by plain gradient
descent with one step: layers W_k as they are ("none"), of unit norm by a multiplier ("lagrange") or by division ("weight"), or batch
normalised ("batch"). NC1 to NC4 are those of the last hidden layer's activations; in the deepest networks also of every layer.

The decay λ Σ ‖W_k‖² of "none" is at rest with layers of equal norms, and then pulls ρ as λ ρ^(2/L - 2) times ρ² would. With the ρ that
"none" ends at this is the decay that "lagrange" and "weight" are given, so that all three can end at the same networks. "batch" has
it on the last layer, the only one whose norm its loss depends on.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from implicit_bias.data.images import digits
from implicit_bias.experiments.base import Experiment, Job, Json, Options, seeds_of
from implicit_bias.networks import NormalizedNetwork, NormalizedRun, neural_collapse, normalized_descent
from implicit_bias.numerics.arrays import FloatArray, IntArray

KINDS = ("nc1", "nc2_norms", "nc2_angles", "nc3", "nc3_centred", "nc4")
DRAWN, DRAWN_WAYS = ("nc1", "nc2_angles", "nc3_centred", "nc4"), ("none", "batch")
"""What the report keeps along the training: that is drawn of the runs with decay and three classes."""

DEPTHS = (2, 3, 4, 5)
WAYS = ("none", "lagrange", "weight", "batch")

NEAR = {"nc1": 0.01, "nc2_norms": 0.1, "nc2_angles": 0.05, "nc3_centred": 0.2, "nc4": 0.01}
"""What is called collapsed here, for want of a line that anybody has drawn: the numbers are there to be read."""

EQUAL = 1e-3
"""|ρ - ρ_eq|/ρ of a run that is called settled."""

_WIDTH, _EACH = 64, 60
_DECAY = {3: 3e-3, 5: 1e-3, 10: 1e-3}
"""λ of "none", by classes; with 10 classes 3e-3 costs training points."""

_RHO = {2: 7.5, 3: 13.3, 4: 22.4, 5: 38.0}
"""About where ρ ends with "none" and three classes, by depth."""

_BATCH_DECAY = 1e-2
_STEPS: dict[str, dict[int, float]] = {
    "none": dict.fromkeys(DEPTHS, 0.2),
    "lagrange": {2: 0.03, 3: 0.03, 4: 0.05, 5: 0.05},
    "weight": {2: 0.3, 3: 1.0, 4: 1.0, 5: 1.0},
    "batch": dict.fromkeys(DEPTHS, 0.05),
}
_SCALES = {"none": 4.0, "weight": 4.0, "batch": 1.0}
_LOOKS = 13
_LONGER = 4
"""Times as many epochs for what is slow to come to rest: deep networks of unit norms, and those of ten classes and five layers."""


def _jobs(options: Options) -> list[Job]:
    if options.quick:
        runs = [(3, depth, way, decays, 2_000) for depth in (2, 4) for way in ("none", "batch") for decays in (True, False)]
    else:
        runs = [
            (3, depth, way, decays, 20_000) for way in WAYS for decays in (True, False) for depth in DEPTHS if decays or way != "lagrange"
        ]
        runs += [(5, depth, way, True, 10_000) for way in ("none", "batch") for depth in DEPTHS]
        runs += [(10, depth, way, decays, 10_000) for way in ("none", "batch") for decays in (True, False) for depth in DEPTHS]
    jobs = []
    for classes, depth, way, decays, epochs in runs:
        settings = {
            "classes": classes,
            "each": _EACH // 2 if options.quick else _EACH,
            "depth": depth,
            "width": _WIDTH,
            "normalization": way,
            "weight_decay": _decay(classes, depth, way) if decays else 0.0,
            "scale": _SCALES.get(way, _RHO[depth]),
            "step": _STEPS[way][depth],
            "epochs": epochs * (_LONGER if _is_slow(classes, depth, way, decays) else 1),
        }
        for seed in seeds_of(options, 3 if classes == 3 else 1, 1):
            name = f"{classes}-{way}-{'decay' if decays else 'free'}-{depth}-{seed}"
            jobs.append(Job(name, settings | {"seed": seed}))
    return jobs


def _is_slow(classes: int, depth: int, way: str, decays: bool) -> bool:
    return decays and ((way in ("lagrange", "weight") and depth > 3) or (classes == 10 and way == "none" and depth > 4))


def _decay(classes: int, depth: int, way: str) -> float:
    if way == "batch":
        return _BATCH_DECAY
    factor = 1.0 if way == "none" else _RHO[depth] ** (2 / depth - 2)
    return float(f"{_DECAY[classes] * factor:.3g}")


@lru_cache(maxsize=4)
def data(classes: int, each: int) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
    """Return the first ``each`` images of every class and their labels, and the others: pixels and a constant, rows of unit length."""
    images = digits()
    places = [np.flatnonzero(images.labels == c) for c in range(classes)]
    x = np.column_stack([images.x, np.ones(len(images.x))])
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    train, test = np.concatenate([place[:each] for place in places]), np.concatenate([place[each:] for place in places])
    return x[train], images.labels[train], x[test], images.labels[test]


def trained(settings: Json) -> NormalizedRun:
    """Return one run. What is gone down is a mean over the points, and the toolkit's loss a sum: λ is multiplied, the step divided by n."""
    x, labels, _, _ = data(settings["classes"], settings["each"])
    n, epochs = len(x), settings["epochs"]
    return normalized_descent(
        x,
        np.eye(settings["classes"])[labels],
        hidden=[settings["width"]] * (settings["depth"] - 1),
        normalization=settings["normalization"],
        weight_decay=settings["weight_decay"] * n,
        scale=settings["scale"],
        seed=settings["seed"],
        step=settings["step"] / n,
        epochs=epochs,
        snapshots=[0, *np.unique(np.geomspace(min(30, epochs), epochs, _LOOKS).astype(int)).tolist()],
    )


def looked(network: NormalizedNetwork, x: FloatArray, labels: IntArray) -> Json:
    """Return the numbers of neural collapse, None for what is not defined or not finite."""
    found = neural_collapse(network.features(x)[-1], labels, network.layers[-1])
    return {kind: _plain(getattr(found, kind)) for kind in KINDS}


def _plain(value: float | None) -> float | None:
    return float(f"{value:.4g}") if value is not None and math.isfinite(value) else None


def _work(settings: Json, folder: Path) -> Json:
    x, labels, fresh, own = data(settings["classes"], settings["each"])
    run = trained(settings)
    end = run.network
    curve = [[epoch, *looked(run.snapshots[epoch], x, labels).values()] for epoch in sorted(run.snapshots)]
    layers = [neural_collapse(h, labels) for h in end.features(x)]
    values = looked(end, x, labels) | {
        "loss": _plain(float(run.loss[-1]) / len(x)),
        "train": _plain(float((end(x).argmax(axis=1) == labels).mean())),
        "test": _plain(float((end(fresh).argmax(axis=1) == own).mean())),
        "rho": _plain(float(run.rho[-1])),
        "mismatch": _plain(run.mismatch),
    }
    return {"ended": run.ended, "values": values, "curve": curve, "layers": [_plain(one.nc1) for one in layers]}


def _summarise(results: list[Json]) -> Json:
    groups: dict[tuple[Any, ...], list[Json]] = {}
    for found in results:
        settings = found["settings"]
        key = (settings["classes"], settings["normalization"], settings["weight_decay"] > 0, settings["depth"])
        groups.setdefault(key, []).append(found)
    return {"near": NEAR, "groups": [_group(key, members) for key, members in groups.items()]}


def _group(key: tuple[Any, ...], members: list[Json]) -> Json:
    """Put the runs that differ in their seeds alone together."""
    results = [found["result"] for found in members]
    group: Json = dict(zip(("classes", "normalization", "decays", "depth"), key, strict=True))
    group |= {"weight_decay": members[0]["settings"]["weight_decay"], "runs": len(results)}
    group["diverged"] = sum(result["ended"] == "diverged" for result in results)
    columns = {name: [result["values"][name] for result in results] for name in results[0]["values"]}
    group |= {kind: {"mean": _mean(columns[kind], kind)} | _ends(columns[kind]) for kind in KINDS}
    group |= {name: _mean(columns[name], name) for name in ("loss", "train", "test", "rho")}
    group["mismatch"] = _ends(columns["mismatch"])["most"]
    group["layers"] = [_mean(list(row), "nc1") for row in zip(*(result["layers"] for result in results), strict=True)]
    if group["classes"] == min(_DECAY) and group["decays"] and group["normalization"] in DRAWN_WAYS:
        epochs = [row[0] for row in min((result["curve"] for result in results), key=len)]
        rows = list(zip(*(result["curve"] for result in results), strict=False))
        group["curve"] = {"epochs": epochs} | {
            kind: [_mean([one[1 + KINDS.index(kind)] for one in row], kind) for row in rows] for kind in DRAWN
        }
    return group


def _mean(values: list[float | None], name: str) -> float | None:
    """Return the mean of what is defined, of NC1 and the loss that of the logarithms: they go over decades."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    if name in ("nc1", "loss"):
        return _plain(math.exp(float(np.mean(np.log(np.maximum(known, 1e-300))))))
    return _plain(float(np.mean(known)))


def _ends(values: list[float | None]) -> dict[str, float | None]:
    known = [value for value in values if value is not None]
    return {"least": min(known, default=None), "most": max(known, default=None)}


def collapsed(group: Json) -> bool:
    """Whether the worst run is below every one of ``NEAR``."""
    return all(group[kind]["most"] is not None and group[kind]["most"] <= limit for kind, limit in NEAR.items())


def _describe(summary: Json) -> list[str]:
    lines = ["NC1 to NC4 of the last hidden layer at the end (NC1: geometric mean over the seeds), and how far rho is from rho_eq"]
    lines.append(
        f"{'classes':>7} {'layers are':<9}{'decay':>6}{'depth':>6}{'runs':>5}{'NC1':>9}{'least':>9}{'most':>9}{'NC2 len':>8}{'cos':>7}"
        f"{'NC3':>7}{'centred':>8}{'NC4':>7}{'train':>7}{'test':>7}{'rho off':>9}"
    )
    for group in summary["groups"]:
        nc = {kind: group[kind]["mean"] for kind in KINDS}
        lines.append(
            f"{group['classes']:7d} {group['normalization']:<9}{'yes' if group['decays'] else 'no':>6}{group['depth']:6d}{group['runs']:5d}"
            + "".join(_shown(value, 9, ".1e") for value in (nc["nc1"], group["nc1"]["least"], group["nc1"]["most"]))
            + _shown(nc["nc2_norms"], 8, ".3f")
            + _shown(nc["nc2_angles"], 7, ".3f")
            + _shown(nc["nc3"], 7, ".3f")
            + _shown(nc["nc3_centred"], 8, ".3f")
            + _shown(nc["nc4"], 7, ".1%")
            + _shown(group["train"], 7, ".1%")
            + _shown(group["test"], 7, ".1%")
            + _shown(group["mismatch"], 9, ".0e")
        )
    return lines + _found(summary["groups"])


def _shown(value: float | None, width: int, form: str) -> str:
    return f"{'-' if value is None else format(value, form):>{width}}"


def _found(groups: list[Json]) -> list[str]:
    """Say in words what the table shows of what the paper predicts."""
    lines = []
    for key in dict.fromkeys((group["classes"], group["normalization"], group["decays"]) for group in groups):
        mine = [group for group in groups if (group["classes"], group["normalization"], group["decays"]) == key]
        name = f"{key[0]} classes, {key[1]}, {'with' if key[2] else 'without'} decay"
        spreads = [group["nc1"]["mean"] for group in mine]
        falls = None not in spreads and all(then < one for one, then in pairwise(spreads))
        depths = [str(group["depth"]) for group in mine if collapsed(group)]
        told = f"collapsed at depth {', '.join(depths)}" if depths else "NOT collapsed at any depth"
        lines.append(f"{name}: {told}; NC1 {'falls with every layer more' if falls else 'does NOT fall with every layer more'}")
    settled = [group for group in groups if group["decays"] and group["mismatch"] is not None]
    off = [group for group in settled if group["mismatch"] > EQUAL]
    lines.append(f"rho within {EQUAL:g} of rho_eq in all runs of {len(settled) - len(off)} of {len(settled)} settings with decay")
    return lines


EXPERIMENT = Experiment(
    "neural-collapse",
    "Neural collapse of normalised networks by depth",
    "Poggio and Liao; Papyan, Han and Donoho, NC1 to NC4",
    "Aspects of neural collapse are predicted where deep networks with normalisation and weight decay come to interpolate; no numbers.",
    _jobs,
    _work,
    _summarise,
    _describe,
    figure="implicit_bias.plots.experiments.collapse:neural_collapse_figure",
)
