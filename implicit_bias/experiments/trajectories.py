"""Jin and Montúfar, equation (7): stopping early against smoothing splines, epoch by epoch.

After t steps of η̄/n the network is held against, all with λ = 1/(η̄ t),

    literal     the smoothing spline of (7) on the data as they are, lines free
    squares     the same on the data less their least-squares line, on which another network is trained
    exact       the same on the data less the u x + v of Theorem 1, on which another network is trained
    ridge       kernel ridge regression with the full kernel: (7) with lines penalised as the network's kernel does
    flow        gradient flow with that kernel, which the network would follow if it were infinitely wide

Flow and ridge differ at the data by at most 0.2037 ‖y‖, at every t (:mod:`implicit_bias.analysis.gradient_flow`). Steps are small, so that
descent is near flow.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from implicit_bias.analysis.adjustment import exact_adjustment, least_squares_adjustment
from implicit_bias.analysis.gradient_flow import FILTER_GAP, flow_filter
from implicit_bias.experiments.base import Experiment, Job, Json, Options, seeds_of
from implicit_bias.experiments.wide import DATA, REGIMES, Regime, at_epoch, digits, spline_values, trained_network
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.splines.curvature import EarlyStopping

RIVALS = ("literal", "squares", "exact", "ridge", "flow")
_COMPARED = 81
_DRAWN = (10, 100, 1000, 10_000)


def _jobs(options: Options) -> list[Job]:
    width = 640 if options.quick else 5120
    shared: Json = {"data": "even", "width": width, "pace": 0.05, "epochs": 100_000 if options.quick else 400_000, "times": 31}
    return [
        Job(f"{start}-{trained}-{seed:02d}", shared | {"start": start, "trained": trained, "seed": seed})
        for start in ("uniform", "gaussian")
        for trained in ("all", "output")
        for seed in seeds_of(options, 2, 1)
    ]


def epochs_of(settings: Json) -> list[int]:
    """Return the epochs t that are looked at."""
    spread = np.geomspace(1, settings["epochs"], settings["times"]).round()
    return sorted({int(e) for e in spread} | {e for e in _DRAWN if e <= settings["epochs"]})


def places(settings: Json) -> tuple[FloatArray, FloatArray]:
    """Return the data's x, and where functions are compared; every other place is drawn."""
    x = DATA[settings["data"]]().x
    return x, np.linspace(x[0], x[-1], _COMPARED)


def rates_of(settings: Json) -> tuple[Regime, float]:
    """Return the start and its η̄, a share of what the infinitely wide network's kernel allows."""
    regime = REGIMES[settings["start"]]
    points = places(settings)[0][:, None]
    return regime, settings["pace"] / float(np.linalg.eigvalsh(regime.kernel.full(points, points))[-1])


def targets(settings: Json) -> dict[str, FloatArray]:
    """Return the data that networks are trained on: as they are, and less their lines."""
    sample = DATA[settings["data"]]()
    return {
        "literal": sample.y,
        "squares": least_squares_adjustment(sample.x, sample.y).adjusted(sample.x, sample.y),
        "exact": exact_adjustment(sample.x, sample.y, REGIMES[settings["start"]].kernel).adjusted(sample.x, sample.y),
    }


def rivals(settings: Json, time: float) -> dict[str, FloatArray]:
    """Return what the network is compared with at a time η̄ t, at the data and then at the places."""
    sample = DATA[settings["data"]]()
    regime, _ = rates_of(settings)
    x, at = places(settings)
    both = np.concatenate([x, at])
    splines = {name: spline_values(x, y, regime.zeta, both, EarlyStopping(time)) for name, y in targets(settings).items()}
    sizes, vectors = np.linalg.eigh(regime.kernel.full(x[:, None], x[:, None]))
    cross, along = regime.kernel.full(both[:, None], x[:, None]) @ vectors, vectors.T @ sample.y
    return {
        **splines,
        "ridge": cross @ (along / (sizes + 1 / time)),
        "flow": cross @ (flow_filter(sizes * time) / sizes * along),
    }


def _work(settings: Json, folder: Path) -> Json:
    regime, pace = rates_of(settings)
    x, at = places(settings)
    epochs, snapshots = epochs_of(settings), {}
    for name, y in targets(settings).items():
        run = trained_network(
            x,
            y,
            regime.antisymmetric,
            width=settings["width"],
            seed=settings["seed"],
            trained=settings["trained"],
            step=pace / settings["width"],
            epochs=settings["epochs"],
            snapshots=epochs,
            folder=folder / name,
        )
        snapshots[name] = {epoch: at_epoch(run, epoch) for epoch in epochs}
    found: Json = {"data": {name: [] for name in RIVALS}, "sup": {name: [] for name in RIVALS}, "curves": {}}
    for epoch in epochs:
        values = {name: networks[epoch](np.concatenate([x, at])) for name, networks in snapshots.items()}
        for name, rival in rivals(settings, pace * epoch).items():
            apart = values.get(name, values["literal"]) - rival
            found["data"][name].append(digits(np.linalg.norm(apart[: x.size])))
            found["sup"][name].append(digits(np.abs(apart).max()))
        if epoch in _DRAWN:
            found["curves"][str(epoch)] = digits(values["literal"][x.size :])
    return found


def _summarise(results: list[Json]) -> Json:
    settings = results[0]["settings"]
    sample, (_, at) = DATA[settings["data"]](), places(settings)
    summary: Json = {
        "epochs": epochs_of(settings),
        "width": settings["width"],
        "size": digits(np.linalg.norm(sample.y)),
        "gap": digits(FILTER_GAP),
        "x": digits(at[::2]),
        "points": digits(np.stack([sample.x, sample.y])),
        "groups": {},
    }
    for start, trained in dict.fromkeys((r["settings"]["start"], r["settings"]["trained"]) for r in results):
        chosen = [r for r in results if (r["settings"]["start"], r["settings"]["trained"]) == (start, trained)]
        summary["groups"][f"{start} {trained}"] = _group(chosen)
    return summary


def _group(results: list[Json]) -> Json:
    settings = results[0]["settings"]
    sample = DATA[settings["data"]]()
    pace, n = rates_of(settings)[1], sample.x.size
    epochs = epochs_of(settings)
    limits = [rivals(settings, pace * epoch) for epoch in epochs]
    apart = np.array([limit["flow"][:n] - limit["ridge"][:n] for limit in limits])
    group: Json = {
        "rate": digits(pace),
        "seeds": len(results),
        "flow_to_ridge": digits(np.linalg.norm(apart, axis=1)),
        "distances": {},
        "curves": {epoch: values[::2] for epoch, values in results[0]["result"]["curves"].items()},
        "rivals": {},
    }
    for name in RIVALS:
        of = {where: np.array([r["result"][where][name] for r in results]) for where in ("data", "sup")}
        group["distances"][name] = {
            "data": digits(of["data"].mean(axis=0)),
            "data_most": digits(of["data"].max(axis=0)),
            "sup": digits(of["sup"].mean(axis=0)),
            "sup_most": digits(of["sup"].max(axis=0)),
        }
    for epoch in map(int, group["curves"]):
        shown = rivals(settings, pace * epoch)
        group["rivals"][str(epoch)] = {name: digits(shown[name][n::2]) for name in ("literal", "ridge")}
    return group


def _describe(summary: Json) -> list[str]:
    size, gap = summary["size"], summary["gap"]
    lines = [
        f"width {summary['width']}: distance at the data of the network from each rival, over ‖y‖ = {size:.4g}",
        f"{'':<20}{'':<10}{'first':>9}{'largest':>9}{'at epoch':>10}{'last':>9}",
    ]
    for name, group in summary["groups"].items():
        for rival, found in group["distances"].items():
            values = np.array(found["data"]) / size
            most = int(values.argmax())
            lines.append(f"{name:<20}{rival:<10}{values[0]:9.4f}{values[most]:9.4f}{summary['epochs'][most]:10d}{values[-1]:9.1e}")
        ridge = np.array(group["distances"]["ridge"]["data_most"]) / size
        flow = np.array(group["distances"]["flow"]["data_most"]) / size
        kept = "kept at every epoch" if ridge.max() <= gap else f"exceeded by {ridge.max() - gap:.4f}"
        lines.append(f"{'':<20}the bound {gap:.4f} on the distance from ridge is {kept}")
        limit = max(group["flow_to_ridge"]) / size
        lines.append(f"{'':<20}network from flow at most {flow.max():.4f}; flow from ridge at most {limit:.4f}")
    lines.append("literal: (7) begins at the least-squares line, the network at 0; squares: data without that line, where both begin at 0")
    lines.append("exact: data less the u x + v of Theorem 1, which are right at the end and may leave a longer line at the beginning")
    return lines


EXPERIMENT = Experiment(
    "trajectories",
    "Stopping early and smoothing splines",
    "Jin and Montúfar, equation (7)",
    "The smoothing spline with λ = 1/(η̄ t) approximates the network after t steps of η̄/n.",
    _jobs,
    _work,
    _summarise,
    _describe,
    figure="implicit_bias.plots.experiments.wide:trajectories_figure",
)
