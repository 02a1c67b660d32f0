"""Stewart's appendix G: Table 1's regression with two hidden layers, where the paper saw no under-fitting.

The paper's widths are lost. Taken here are 100 and 100: a third of the parameters of Table 1's regression, and each layer wider than what
the target needs. Ten starts of up to 2,000,000 epochs are more than a dense network is worth on a laptop, so there are two kinds of runs:
with the paper's rule to stop, when nothing improves for 1000 epochs, from several starts; and without it, for long, from one or two.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from implicit_bias.data.papers import triangle_target
from implicit_bias.experiments.appendix_f import flat, route
from implicit_bias.experiments.base import Experiment, Job, Json, Options, seeds_of
from implicit_bias.experiments.table1 import PAPER, data
from implicit_bias.networks import train

KINDS = ("stopped", "long", "angles")

_WIDTHS, _STEP = (100, 100), 0.04
_EPOCHS = {"stopped": 60_000, "long": 250_000, "angles": 1000}
_QUICK = {"stopped": 3000, "long": 4000, "angles": 100}
_PATIENCE = 1000
_DRAWN, _ANGLES = 201, 60


def _jobs(options: Options) -> list[Job]:
    epochs = _QUICK if options.quick else _EPOCHS
    starts = {"long": range(1), "stopped": seeds_of(options, 5, 2), "angles": range(1)}
    return [
        Job(
            f"{kind}-{seed:02d}",
            {
                "kind": kind,
                "protocol": "paper",
                "seed": seed,
                "hidden": list(_WIDTHS),
                "step": _STEP,
                "epochs": epochs[kind],
                "patience": _PATIENCE if kind == "stopped" else 0,
                "precision": "float32",
                "data_seeds": [0, 1],
            },
        )
        for kind, seeds in starts.items()
        for seed in seeds
    ]


def _work(settings: Json, folder: Path) -> Json:
    angles = settings["kind"] == "angles"
    sample, other = data(settings)
    [trained] = train(
        sample.x,
        sample.y,
        hidden=tuple(settings["hidden"]),
        step=settings["step"],
        epochs=settings["epochs"],
        seeds=[settings["seed"]],
        # of gradients in single precision the differences of parameters keep few digits
        precision="float64" if angles else settings["precision"],
        validation=None if angles else (other.x, other.y),
        patience=settings["patience"],
        every=max(1, settings["epochs"] // 100),
        snapshots=range(settings["epochs"] + 1) if angles else (),
        checkpoint=folder,
    )
    if angles:
        found = route(np.array([flat(network) for _, network in sorted(trained.history.snapshots.items())]), _ANGLES)
        whole = np.round(found.angles).astype(int).tolist()
        facts = {"largest": float(found.angles.max()), "turn": found.turn, "straightness": found.straightness}
        return facts | {"angles": [row[i:] for i, row in enumerate(whole)]}
    history = trained.history
    assert history.validation is not None  # there were points
    return {
        "rmse": float(np.sqrt(np.mean((trained.network(other.x) - other.y) ** 2))),
        "loss": trained.loss,
        "epoch": trained.epoch,
        "epochs": trained.epochs,
        "stopped": trained.stopped,
        "curve": np.round(trained.network(np.linspace(-1, 1, _DRAWN)), 5).tolist(),
        "along": [[int(epoch), round(float(error), 5)] for epoch, error in zip(history.epochs, np.sqrt(history.validation), strict=True)],
    }


def _summarise(results: list[Json]) -> Json:
    grid = np.linspace(-1, 1, _DRAWN)
    summary: Json = {"target": np.round(triangle_target(grid), 5).tolist(), "paper": PAPER["regression"], "kinds": {}}
    for kind in ("stopped", "long"):
        runs = [found["result"] for found in results if found["settings"]["kind"] == kind]
        errors = np.array([run["rmse"] for run in runs])
        worst = runs[int(errors.argmax())]
        summary["kinds"][kind] = {
            "rmse": errors.tolist(),
            "best": float(errors.min()),
            "worst": float(errors.max()),
            "mean": float(errors.mean()),
            "sd": float(errors.std(ddof=1)) if errors.size > 1 else None,
            "epochs": [run["epochs"] for run in runs],
            "stopped": [run["stopped"] for run in runs],
            "worst_curve": worst["curve"],
            "along": worst["along"],
        }
    [angles] = [found["result"] for found in results if found["settings"]["kind"] == "angles"]
    summary["angles"] = angles
    return summary


def falling(along: list[list[float]]) -> float:
    """Return by what share an error has gone down in the last fifth of (epoch, error)."""
    epochs, errors = np.array(along).T
    before = errors[epochs <= 0.8 * epochs[-1]][-1]
    return float(1 - errors[-1] / before)


def _describe(summary: Json) -> list[str]:
    lines = [f"{'validation RMSE / 100':<36}{'best':>7}{'worst':>7}{'mean':>7}{'sd':>7}{'runs':>6}{'epochs':>9}"]
    for kind, name in (("stopped", "two hidden layers, stopping rule"), ("long", "two hidden layers, without it")):
        found = summary["kinds"][kind]
        ours = [f"{100 * found[key]:7.2f}" if found[key] is not None else f"{'-':>7}" for key in ("best", "worst", "mean", "sd")]
        lines.append(f"{name:<36}" + "".join(ours) + f"{len(found['rmse']):6d}{np.mean(found['epochs']):9.0f}")
    lines.append(f"{'one hidden layer, in the paper':<36}" + "".join(f"{value:7.2f}" for value in summary["paper"]) + f"{30:6d}")
    stopped, long = summary["kinds"]["stopped"], summary["kinds"]["long"]
    ended = sum(word == "patience" for word in stopped["stopped"])
    lines.append(f"the stopping rule ended {ended} of {len(stopped['stopped'])} runs, the others the number of epochs")
    state = "is below" if long["worst"] < summary["paper"][0] / 100 else "is not below"
    lines.append(f"without the rule the error {state} the paper's best of one hidden layer")
    lines.append(f"and it was still falling: {falling(long['along']):.0%} of it went in the last fifth of the epochs")
    lines.append("the paper has ten starts of up to 2,000,000 epochs; its widths are lost, and are 100 and 100 here")
    angles = summary["angles"]
    lines.append(f"largest angle between gradients {angles['largest']:.0f}°, straightness {angles['straightness']:.3f} (1: a line)")
    return lines


EXPERIMENT = Experiment(
    "appendix-g",
    "Two hidden layers on Stewart's triangles",
    "Stewart et al., appendix G, Figures 10 and 11",
    "From ten starts, networks with two hidden layers did not under-fit as those with one did.",
    _jobs,
    _work,
    _summarise,
    _describe,
    figure="implicit_bias.plots.experiments.trained:appendix_g_figure",
)
