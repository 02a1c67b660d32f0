"""Stewart's appendix F: the angles between the first gradients of Table 1's models. On a straight way they would all be 0.

The gradients are differences of parameters between epochs over the step, of snapshots at every epoch; the last layer's bias is not trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from implicit_bias.data import bin_targets
from implicit_bias.errors import DataError
from implicit_bias.experiments.base import Experiment, Job, Json, Options, seeds_of
from implicit_bias.experiments.table1 import BINS, MODELS, SIZES, data
from implicit_bias.measures import Network
from implicit_bias.networks import DeepNetwork, LinearizedNetwork, train
from implicit_bias.numerics.arrays import FloatArray

_GRADIENTS, _DRAWN = 1000, 100
_QUICK_UNITS, _QUICK_GRADIENTS = 500, 200


def _jobs(options: Options) -> list[Job]:
    jobs = []
    for model in MODELS:
        hidden, step = SIZES[model]
        for seed in seeds_of(options, 3, 1):
            settings = {
                "model": model,
                "protocol": "paper",
                "seed": seed,
                "hidden": min(hidden, _QUICK_UNITS) if options.quick else hidden,
                "step": step,
                "gradients": _QUICK_GRADIENTS if options.quick else _GRADIENTS,
                "data_seeds": [0, 1],
            }
            jobs.append(Job(f"{model}-{seed}", settings))
    return jobs


def flat(network: Network | DeepNetwork | LinearizedNetwork) -> FloatArray:
    """Return all weights of a network in one vector, without the output bias."""
    if isinstance(network, Network):
        return np.concatenate([part.ravel() for part in (network.W, network.b, network.a)])
    assert isinstance(network, DeepNetwork)  # linearised ones are not asked for here
    *inner, (outer, _) = network.layers
    return np.concatenate([part.ravel() for layer in inner for part in layer] + [outer.ravel()])


def angles(steps: FloatArray) -> FloatArray:
    """Return the angles in degrees between all pairs of rows, (n, n).

    From the lengths of the sum and the difference of unit vectors, 2 atan2(‖u - v‖, ‖u + v‖): the arc cosine loses half of the digits of
    small angles. ‖u ± v‖² = 2 ± 2 u·v would lose them, too, so neighbours are subtracted.
    """
    units = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    found, room = np.zeros((len(units), len(units))), np.empty_like(units)
    for i in range(len(units) - 1):
        lengths = []
        for combine in (np.subtract, np.add):
            way = combine(units[i + 1 :], units[i], out=room[i + 1 :])  # most of the time would go into new arrays of that size
            lengths.append(np.sqrt(np.einsum("ij,ij->i", way, way)))
        found[i, i + 1 :] = found[i + 1 :, i] = np.degrees(2 * np.arctan2(*lengths))
    return found


@dataclass(frozen=True, eq=False)
class Route:
    """A beginning of gradient descent.

    Attributes
    ----------
    angles : (r, r) in degrees between gradients at some epochs
    turn : in degrees, of each gradient to the next, summed over all epochs
    straightness : distance between the ends over the length of the way: 1 if it is straight
    """

    angles: FloatArray
    turn: float
    straightness: float


def route(points: FloatArray, drawn: int = _DRAWN) -> Route:
    """Return what became of the direction along points of parameter space, (n + 1, p)."""
    steps = np.diff(points, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    if not (lengths > 0).all():
        raise DataError("Gradient descent stands still: a step of no length has no direction.")
    units = steps / lengths[:, None]
    apart, close = np.linalg.norm(np.diff(units, axis=0), axis=1), np.linalg.norm(units[1:] + units[:-1], axis=1)
    chosen = np.round(np.linspace(0, len(steps) - 1, min(drawn, len(steps)))).astype(int)
    straight = float(np.linalg.norm(points[-1] - points[0]) / lengths.sum())
    return Route(angles(steps[chosen]), float(np.degrees(2 * np.arctan2(apart, close)).sum()), straight)


def walked(settings: Json) -> Route:
    """Return the route of one of Table 1's models."""
    sample, _ = data(settings)
    labels, _ = bin_targets(sample.y, BINS, range=(0.0, 1.0), midpoints="ends")
    regression, count = settings["model"] == "regression", settings["gradients"]
    [trained] = train(
        sample.x,
        sample.y if regression else labels,
        hidden=settings["hidden"],
        loss="squared" if regression else "cross-entropy",
        step=settings["step"],
        epochs=count,
        seeds=[settings["seed"]],
        n_classes=None if regression else BINS,
        snapshots=range(count + 1),
    )
    networks = trained.history.snapshots
    return route(np.array([flat(networks[epoch]) for epoch in range(count + 1)]))


def _work(settings: Json, folder: Path) -> Json:
    found = walked(settings)
    return {
        "largest": float(found.angles.max()),
        "first_to_last": float(found.angles[0, -1]),
        "turn": found.turn,
        "straightness": found.straightness,
        "angles": np.round(found.angles).astype(int).tolist(),
    }


def _summarise(results: list[Json]) -> Json:
    summary: Json = {"models": {}}
    for model in MODELS:
        of_model = [found for found in results if found["settings"]["model"] == model]
        drawn = max(of_model, key=lambda found: found["result"]["largest"])
        summary["models"][model] = {
            name: [found["result"][name] for found in of_model] for name in ("largest", "first_to_last", "turn", "straightness")
        } | {"gradients": drawn["settings"]["gradients"], "seed": drawn["settings"]["seed"], "angles": _half(drawn["result"]["angles"])}
    return summary


def _half(rows: list[list[int]]) -> list[list[int]]:
    """Leave out what a symmetric picture has twice: row i from its diagonal on."""
    return [row[i:] for i, row in enumerate(rows)]


def _describe(summary: Json) -> list[str]:
    lines = [f"{'angles between gradients':<26}{'largest':>9}{'1st-last':>10}{'turned':>9}{'straight':>10}{'starts':>8}"]
    for model, found in summary["models"].items():
        mean = [float(np.mean(found[name])) for name in ("largest", "first_to_last", "turn", "straightness")]
        lines.append(f"{model:<26}{mean[0]:8.1f}°{mean[1]:9.1f}°{mean[2]:8.0f}°{mean[3]:10.3f}{len(found['turn']):8d}")
    lines.append(f"of the first {found['gradients']} gradients, means over starts")
    lines.append("turned: angles from each gradient to the next, summed; straight: distance between the ends over the way's length")
    return lines


EXPERIMENT = Experiment(
    "appendix-f",
    "Angles between the first gradients",
    "Stewart et al., appendix F, Figure 9",
    "For regression and for classification the way of the first 1000 gradients was not a straight line.",
    _jobs,
    _work,
    _summarise,
    _describe,
    figure="implicit_bias.plots.experiments.trained:appendix_f_figure",
)
