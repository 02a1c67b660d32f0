"""Jin and Montúfar, Theorem 4: training the output weights only, the linearised network, and the network itself, width by width.

All three take the same steps from the same start, and are compared at epochs from the first to the last. The two linear models have
closed forms: with J the Jacobian at the start and K = J Jᵀ, descent on ½ Σ (f - y)² with step η has moved the parameters by Jᵀ β
after t steps, β = K⁻¹ (I - (I - η K)ᵗ) y (equation 9). The network is trained, twice: with all its parameters, the output bias
included, and with its output weights only, which must agree with the closed form.

At widths beyond those that are trained there are the linear models alone: the kernel of the output weights grows with n, and outweighs
the others' in its smallest eigenvalue only when n is large against its condition number; until then differences fall faster.

The paper's norms are those of whole vectors: a unit's own weights move by n^(-1/2) less. Both are measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from implicit_bias.analysis.gradient_flow import descent_filter
from implicit_bias.experiments.base import Experiment, Job, Json, Options, seeds_of
from implicit_bias.experiments.wide import DATA, REGIMES, at_epoch, digits, drawing, jacobian, rate, said, tangent_kernel, trained_network
from implicit_bias.measures import Network
from implicit_bias.numerics.arrays import FloatArray

PARTS = ("W1", "b1", "W2", "b2")
LINEAR, NETWORK = "output - linearised", "output - network"
LINEARISATION = "linearised - network"

CLAIMED = {
    f"{LINEAR}: f": -1.0,
    f"{LINEAR}: W1": -1.0,
    f"{LINEAR}: b1": -1.0,
    f"{LINEAR}: W2": -1.5,
    f"{LINEAR}: b2": -1.0,
    f"{LINEARISATION}: f": -0.5,
}
"""Exponents in the width: Theorem 4's, and that of Lee et al. (2019, Theorem H.1), which the paper quotes."""

_NEAR = 0.05
"""Exponents so close are called equal: intervals know of chance, not of terms of lower order."""

_COMPARED = 41
_TIMES = 24


def _jobs(options: Options) -> list[Job]:
    powers, last = (range(2, 10), 640) if options.quick else (range(2, 14), 10_240)
    shared: Json = {"data": "even", "widths": [10 * 2**k for k in powers], "trained_to": last, "pace": 1.0, "epochs": 30_000}
    return [
        Job(f"{start}-{seed:02d}", shared | {"start": start, "seed": seed})
        for start in ("uniform", "gaussian")
        for seed in seeds_of(options, 10, 4)
    ]


def epochs_of(settings: Json) -> list[int]:
    """Return the epochs at which models are compared."""
    return sorted({int(e) for e in np.geomspace(1, settings["epochs"], _TIMES).round()})


def _work(settings: Json, folder: Path) -> Json:
    found: Json = {}
    for width in settings["widths"]:
        for name, value in differences(settings, width, folder / str(width)).items():
            found.setdefault(name, []).append(digits(value, 6))
    return found


def differences(settings: Json, width: int, folder: Path | None = None) -> dict[str, float]:
    """Return the largest differences over the epochs, and over places for functions, for one width; keys as in CLAIMED and more."""
    sample = DATA[settings["data"]]()
    x, y = sample.x, sample.y
    at = np.linspace(x[0], x[-1], _COMPARED)
    start, seed = REGIMES[settings["start"]].antisymmetric, drawing(settings["seed"], width)
    here, there = (jacobian(start, seed, width, points) for points in (x, at))
    linear = {"linearised": _Descent(here, y), "output": _Descent({"W2": here["W2"]}, y)}
    step, epochs = settings["pace"] / float(linear["linearised"].eigenvalues[-1]), epochs_of(settings)
    networks: dict[str, dict[int, Network]] = {}
    for trained in ("all", "output") if width <= settings["trained_to"] else ():
        run = trained_network(
            x,
            y,
            start,
            width=width,
            seed=seed,
            trained=trained,
            step=step,
            epochs=epochs[-1],
            snapshots=[0, *epochs],
            output_bias=trained == "all",
            folder=None if folder is None else folder / trained,
        )
        networks[trained] = {epoch: at_epoch(run, epoch) for epoch in (0, *epochs)}
    most: dict[str, float] = {}
    for epoch in epochs:
        whole, alone = (linear[name].moved(step, epoch) for name in ("linearised", "output"))
        changes = {LINEAR: {part: whole[part] - alone.get(part, 0.0) for part in PARTS}}
        tangent, outer = _values(there, whole), _values(there, alone)
        now = {f"{LINEAR}: f": _most(tangent - outer)}
        if networks:
            initial, ended, only = networks["all"][0], networks["all"][epoch], networks["output"][epoch]
            moved = {"W1": ended.W - initial.W, "b1": ended.b - initial.b, "W2": ended.a - only.a, "b2": np.array([ended.bias])}
            changes[NETWORK] = moved
            now |= {
                f"{NETWORK}: f": _most(ended(at) - only(at)),
                f"{LINEARISATION}: f": _most(ended(at) - tangent),
                "closed form: f": _most(outer - only(at)),
            }
        for model, parts in changes.items():
            now |= {f"{model}: {part}": float(np.linalg.norm(values)) for part, values in parts.items()}
            now |= {f"{model}: {part} of a unit": _most(values) for part, values in parts.items() if part != "b2"}
        most = {name: max(value, most.get(name, 0.0)) for name, value in now.items()}
    return most


class _Descent:
    """A linear model under gradient descent, at any epoch."""

    def __init__(self, parts: Mapping[str, FloatArray], y: FloatArray) -> None:
        self._parts, self._y = parts, y
        self.eigenvalues, self._vectors = np.linalg.eigh(tangent_kernel(parts))

    def moved(self, step: float, epoch: int) -> dict[str, FloatArray]:
        """Return the change of each group of parameters."""
        shares = descent_filter(self.eigenvalues, step, epoch) / self.eigenvalues
        beta = self._vectors @ (shares * (self._vectors.T @ self._y))
        return {name: part.T @ beta for name, part in self._parts.items()}


def _values(parts: Mapping[str, FloatArray], moved: Mapping[str, FloatArray]) -> FloatArray:
    total: FloatArray = sum((parts[name] @ change for name, change in moved.items()), np.zeros(1))
    return total


def _most(values: FloatArray) -> float:
    return float(np.abs(values).max())


def _summarise(results: list[Json]) -> Json:
    summary: Json = {"groups": {}}
    for start in dict.fromkeys(r["settings"]["start"] for r in results):
        chosen = [r for r in results if r["settings"]["start"] == start]
        widths = chosen[0]["settings"]["widths"]
        group: Json = {"widths": widths, "seeds": len(chosen), "models": {}}
        group |= {key: chosen[0]["settings"][key] for key in ("epochs", "trained_to")}
        group["closed_form"] = max(max(r["result"]["closed form: f"]) for r in chosen)
        for name in chosen[0]["result"].keys() - {"closed form: f"}:
            found = np.array([r["result"][name] for r in chosen])
            places = np.broadcast_to(np.array(widths[: found.shape[1]]), found.shape)
            fit, late = rate(places, found), rate(places[:, -4:], found[:, -4:])
            group["models"][name] = {
                "mean": digits(found.mean(axis=0)),
                "sd": digits(found.std(axis=0, ddof=1)) if len(chosen) > 1 else None,
                "rate": fit,
                "rate_of_widest": late,
                "claimed": CLAIMED.get(name),
            }
        summary["groups"][start] = group
    return summary


def _describe(summary: Json) -> list[str]:
    lines = ["largest difference over all epochs; exponents in the width with 95 % intervals, of all widths and of the four widest"]
    for start, group in summary["groups"].items():
        widths = f"widths {group['widths'][0]} to {group['widths'][-1]}, networks to {group['trained_to']}"
        lines.append(f"{start}: {widths}, {group['seeds']} seeds, {group['epochs']} epochs")
        for name, found in sorted(group["models"].items()):
            claimed = "" if found["claimed"] is None else f"in the paper {found['claimed']:g}: {_word(found)}"
            lines.append(f"  {name:<34}{said(found['rate']):<24}{said(found['rate_of_widest']):<24}{claimed}")
        lines.append(f"  output weights, trained and in closed form, are at most {group['closed_form']:.1e} apart")
    return lines


def _word(found: Json) -> str:
    """Say what the widest networks have to do with a bound O(n^claimed)."""
    late, claimed = found["rate_of_widest"], found["claimed"]
    if late["slope"] is None:
        return "too few networks"
    if late["low"] > claimed + _NEAR:
        return "exceeded"
    return "kept, and steeper" if late["high"] < claimed - _NEAR else "kept, and sharp"


EXPERIMENT = Experiment(
    "theorem4",
    "Output weights only, linearised and whole: how far training differs",
    "Jin and Montúfar, Theorem 4 and equation (9)",
    "Over all times the linearised network with all parameters trained and that with output weights trained differ by O(1/n), W1, b1 and "
    "b2 by O(1/n), W2 by O(n^(-3/2)); network and linearised network by O(n^(-1/2)).",
    _jobs,
    _work,
    _summarise,
    _describe,
    figure="implicit_bias.plots.experiments.wide:theorem4_figure",
)
