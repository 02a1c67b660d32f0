"""Chizat and Bach, and Stewart's appendix A: trained classifiers come near the largest margin that a sum of squares can buy.

A network of cost C = ½ Σ (‖(W, b)‖² + ‖a‖²) with margin γ costs at least Σ ‖a‖ ‖(W, b)‖ ≤ C, and divided by γ it is feasible for problem
(5). So γ/C ≤ 1/V with the optimum V of (5), and its *share* of the largest margin is V γ/C ≤ 1. Chizat and Bach divide by the whole sum of
squares, 2C: that is the half in their theorem. A scalar network with labels ±1 buys the margin of two outputs at sqrt(2) of the cost,
and V is then sqrt(2) times that of two classes. V here is the certified lower bound.

Gradient descent with one step for ever comes near like 1/log(epochs). A loss L of homogeneous networks falls at the same pace if
the step grows like 1/(L C): the same method with another clock. So most runs change their step every so many epochs.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from implicit_bias.experiments.base import Experiment, Job, Json, Options, seeds_of
from implicit_bias.measures import Network, on_line
from implicit_bias.networks import Given, Glorot, Scaled, Start, train
from implicit_bias.networks.losses import margins
from implicit_bias.numerics.arrays import FloatArray, IntArray
from implicit_bias.problems import MaxMarginProblem
from implicit_bias.solution import Solution
from implicit_bias.solve import solve

X = (-1.0, -0.75, -0.5, -0.1, 0.2, 0.35, 0.7, 1.0)
LABELS = {"two": (0, 0, 1, 1, 0, 0, 1, 1), "three": (0, 0, 1, 1, 2, 2, 0, 0)}
"""Labels of the points X, of two and of three classes."""

RUNS = (("two", "exponential"), ("two", "logistic"), ("two", "cross-entropy"), ("three", "cross-entropy"))
SCALAR = ("exponential", "logistic")
"""Losses of one output, and labels ±1."""

FLOOR = {"exponential": 1e-140, "logistic": 1e-140, "cross-entropy": 1e-12}
"""Losses to stop at: of one output before steps get larger than train takes, the cross-entropy where p - 1 has lost 12 of 16 digits."""

_FIRST_STEP = 0.05
_WIDTHS, _SCALES = (20, 100, 1000), (0.1, 1.0)
_SECTIONS, _SECTION, _PACE = 400, 500, 1.0
_FIXED = 2**20
_DRAWN = 201


def _jobs(options: Options) -> list[Job]:
    widths, sections, fixed = ((100,), 60, 2**15) if options.quick else (_WIDTHS, _SECTIONS, _FIXED)
    jobs = []
    for labels, loss in RUNS:
        for scale in _SCALES:
            common = {"labels": labels, "loss": loss, "scale": scale, "step": _FIRST_STEP}
            one = common | {"hidden": widths[-1], "seed": 0, "sections": 1, "section": fixed, "pace": 0.0}
            jobs.append(Job(f"fixed-{labels}-{loss}-{scale}", one))
            for hidden in widths:
                for seed in seeds_of(options, 3, 1):
                    settings = common | {"hidden": hidden, "seed": seed, "sections": sections, "section": _SECTION, "pace": _PACE}
                    jobs.append(Job(f"growing-{labels}-{loss}-{scale}-{hidden}-{seed}", settings))
    return jobs


def margin_of(values: FloatArray, labels: IntArray) -> float:
    """Return the least margin: of ±f for one output, else of a label's output over every other one."""
    if values.ndim == 1:
        return float((np.where(labels == 1, 1.0, -1.0) * values).min())
    return float(margins(values, labels).min())


def descended(x: Any, labels: Any, settings: Json) -> tuple[list[tuple[int, Network]], float]:
    """Return networks along gradient descent, with their epochs, and the last training loss.

    Every ``section`` epochs the step becomes pace/(2 loss C), once all points are on their right sides; with pace 0 it stays, and
    networks are given at powers of 2.
    """
    classes = np.asarray(labels)
    y = np.where(classes == 1, 1.0, -1.0) if settings["loss"] in SCALAR else classes
    start: Start = Scaled(Glorot(), settings["scale"])
    step, section = settings["step"], settings["section"]
    powers = [2**k for k in range(section.bit_length()) if 2**k <= section] if settings["pace"] == 0 else []
    found: list[tuple[int, Network]] = []
    loss, done = math.inf, 0
    for _ in range(settings["sections"]):
        [trained] = train(
            x,
            y,
            hidden=settings["hidden"],
            loss=settings["loss"],
            initialization=start,
            step=step,
            epochs=section,
            seeds=[settings["seed"]],
            goal=FLOOR[settings["loss"]],
            every=section,
            snapshots=powers,
        )
        assert isinstance(trained.network, Network)  # one hidden layer
        found += [(epoch, network) for epoch, network in trained.history.snapshots.items() if isinstance(network, Network)]
        done, loss = done + trained.epochs, trained.loss
        if not powers:
            found.append((done, trained.network))
        if trained.stopped != "epochs":
            break
        start = Given(layers_of(trained.network))
        if margin_of(trained.network(x), classes) > 0:
            step = settings["pace"] / (2 * loss * trained.network.weight_decay())
    return found, loss


def layers_of(network: Network) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    """Return the layers that training goes on from, of a network without an output bias."""
    outer = network.a if network.a.ndim == 2 else network.a[None]
    inner = network.W if network.W.ndim == 2 else network.W[:, None]
    return (inner, network.b), (outer, np.zeros(outer.shape[0]))


def _work(settings: Json, folder: Path) -> Json:
    x, labels = np.array(X), np.array(LABELS[settings["labels"]])
    networks, loss = descended(x, labels, settings)
    thinned = np.unique(np.round(np.geomspace(1, len(networks), 40)).astype(int)) - 1
    curve = []
    for i in thinned:
        epoch, network = networks[i]
        margin, cost = margin_of(network(x), labels), network.weight_decay()
        curve.append([epoch, float(f"{margin:.6g}"), float(f"{cost:.6g}")])
    last = networks[-1][1]
    margin = margin_of(last(x), labels)
    values = last(np.linspace(-1, 1, _DRAWN))
    scores = np.stack([-values / 2, values / 2], axis=-1) if values.ndim == 1 else values
    return {
        "margin": margin,
        "cost": last.weight_decay(),
        "path_norm": last.path_norm(),
        "loss": loss,
        "epochs": networks[-1][0],
        "curve": curve,
        "scores": np.round(scores / margin, 5).tolist() if margin > 0 else [],
    }


def optimum(x: Any, labels: Any) -> Solution:
    """Return the solution of problem (5)."""
    solution = solve(MaxMarginProblem(x, labels, weight="sphere"))
    assert isinstance(solution, Solution)
    return solution


def largest(solution: Solution, loss: str) -> float:
    """Return a number that margin/cost cannot exceed: 1/V from the certified lower bound."""
    return 1 / (solution.lower_bound * (math.sqrt(2) if loss in SCALAR else 1.0))


def _summarise(results: list[Json]) -> Json:
    grid = np.linspace(-1, 1, _DRAWN)
    solutions = {labels: optimum(X, LABELS[labels]) for labels in LABELS}
    summary: Json = {"x": X, "labels": LABELS, "optima": {}, "groups": []}
    for labels, solution in solutions.items():
        kinks = on_line(solution.measure).prune(1e-6)
        summary["optima"][labels] = {
            "value": solution.value,
            "lower_bound": solution.lower_bound,
            "scores": np.round(solution.predict(grid), 5).tolist(),
            "atoms": [[round(float(t), 5), float(f"{s:.4g}")] for t, s in zip(kinks.kinks, kinks.sizes(), strict=True)],
        }
    names = ("labels", "loss", "scale", "hidden")
    groups: dict[tuple[Any, ...], list[Json]] = {}
    for found in results:
        key = (*(found["settings"][name] for name in names), found["settings"]["pace"] > 0)
        groups.setdefault(key, []).append(found)
    for key, members in groups.items():
        top = largest(solutions[key[0]], key[1])
        summary["groups"].append(dict(zip((*names, "growing"), key, strict=True)) | _group(members, top))
    drawn = {labels: max((g for g in summary["groups"] if g["labels"] == labels), key=lambda g: max(g["shares"])) for labels in LABELS}
    for group in summary["groups"]:
        if all(group is not chosen for chosen in drawn.values()):
            del group["scores"]  # one function of each data set is enough for a picture
    return summary


def _group(members: list[Json], top: float) -> Json:
    shares = np.array([found["result"]["margin"] / found["result"]["cost"] / top for found in members])
    balanced = [found["result"]["margin"] / found["result"]["path_norm"] / top for found in members]
    best = members[int(shares.argmax())]["result"]
    right = shares[shares > 0]
    return {
        "right": right.size,
        "shares": np.round(shares, 6).tolist(),
        "path_shares": np.round(balanced, 6).tolist(),
        "best": float(right.max()) if right.size else None,
        "mean": float(right.mean()) if right.size else None,
        "sd": float(right.std(ddof=1)) if right.size > 1 else None,
        "worst": float(right.min()) if right.size else None,
        "margin": best["margin"],
        "epochs": best["epochs"],
        "curve": [[epoch, round(margin / cost / top, 5), float(f"{margin:.4g}")] for epoch, margin, cost in _thinned(best["curve"])],
        "limit": extrapolated([(margin / cost / top, margin) for _, margin, cost in best["curve"]]),
        "scores": best["scores"],
    }


def _thinned(curve: list[list[float]]) -> list[list[float]]:
    """Leave out every other point, from the end."""
    return curve[::-2][::-1]


def extrapolated(curve: list[tuple[float, float]]) -> float | None:
    """Return where shares that fall short by something over the margin are going, from the last and one of half its margin."""
    share, margin = curve[-1]
    earlier = [(s, m) for s, m in curve if 0 < m <= margin / 2]
    if not earlier:
        return None
    other, half = earlier[-1]
    return (share * margin - other * half) / (margin - half)


def _describe(summary: Json) -> list[str]:
    lines = ["share of the largest margin that the sum of squares can buy (1: the optimum of problem (5))"]
    head = f"{'labels':<7}{'loss':<14}{'start':>6}{'units':>6}  {'steps':<8}{'right':>6}"
    lines.append(head + f"{'worst':>8}{'mean':>8}{'best':>8}{'margin':>8}{'limit':>8}")
    for group in summary["groups"]:
        limit = "-" if group["limit"] is None else f"{group['limit']:.4f}"
        steps, right = "growing" if group["growing"] else "fixed", f"{group['right']}/{len(group['shares'])}"
        worst, mean, best = ("-" if group[name] is None else f"{group[name]:.4f}" for name in ("worst", "mean", "best"))
        lines.append(
            f"{group['labels']:<7}{group['loss']:<14}{group['scale']:6g}{group['hidden']:6d}  {steps:<8}{right:>6}"
            f"{worst:>8}{mean:>8}{best:>8}{group['margin']:8.1f}{limit:>8}"
        )
    most = max(max(*group["shares"], *group["path_shares"]) for group in summary["groups"])
    lines.append(f"largest share of all: {most:.6f} ({'none' if most <= 1 else 'SOME'} above 1)")
    lines.append("right: runs with every point on its right side; worst, mean and best are theirs; margin and curve are the best run's")
    lines.append("limit: the best run's share if what is missing goes on falling like 1/margin")
    return lines


EXPERIMENT = Experiment(
    "max-margin",
    "Margins of trained classifiers and the largest margin",
    "Stewart et al., appendix A and problem (5); Chizat and Bach (2020), Theorems 3 and 5",
    "For infinitely many units the direction of gradient flow on the logistic loss, or the cross-entropy, converges to a solution of (5).",
    _jobs,
    _work,
    _summarise,
    _describe,
    figure="implicit_bias.plots.experiments.trained:max_margin_figure",
)
