"""Jin and Montúfar, Figure 1: trained networks come within n^(-1/2) of a spline, and ζ shapes it.

Each network is trained to the end, on the data less the u x + v of Theorem 1, on the data less their least-squares line (which the
paper suggests), and on the data as they are. With the line added back, all three are held against the same spline g*: the largest
distance on the data's range. Theorem 1's exact u and v are those of problem (17).

With κ the least eigenvalue of the output weights' mean kernel at the data, n κ is what their training has against the inner weights',
whose kernel does not grow with n. Theorem 1 is about n that are large against 1/κ: exponents are given from there on, and from the
narrowest network on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from implicit_bias.analysis.adjustment import exact_adjustment, least_squares_adjustment
from implicit_bias.experiments.base import Experiment, Job, Json, Options, seeds_of
from implicit_bias.experiments.wide import (
    DATA,
    REGIMES,
    digits,
    drawing,
    jacobian,
    largest_rate,
    limit_values,
    plain,
    rate,
    said,
    spline_values,
    trained_network,
)
from implicit_bias.numerics.arrays import FloatArray

TREATMENTS = ("exact", "least-squares", "raw")
"""What the data lose before training: u x + v of (17), their least-squares line, nothing."""

CURVES = ("all exact", "output exact", "end exact", "all least-squares", "all raw")
"""What is trained, on which data; "end" is the limit of training the output weights, in closed form."""

_COMPARED = 201
_GOAL = 1e-10
_FIGURE = ("uniform", "gaussian", "gaussian-thin")
_WIDEST = 10_240


def _jobs(options: Options) -> list[Job]:
    powers = range(7) if options.quick else range(11)
    even: Json = {"part": "width", "data": "even", "widths": [10 * 2**k for k in powers], "epochs": 200_000, "pace": 1.0}
    jobs = [
        Job(f"even-{start}-{seed:02d}", even | {"start": start, "seed": seed, "goal": _GOAL, "closed": False})
        for start in ("uniform", "gaussian")
        for seed in seeds_of(options, 10, 4)
    ]
    # the uneven data's kernel has a condition number of 2·10⁵ and more: to the end by descent up to some width, in closed form beyond
    powers = range(3, 5) if options.quick else range(3, 7)
    uneven: Json = {"part": "width", "data": "uneven", "widths": [10 * 2**k for k in powers], "epochs": 4_000_000, "pace": 1.6}
    jobs += [
        Job(f"uneven-uniform-{seed:02d}", uneven | {"start": "uniform", "seed": seed, "goal": 1e-8, "closed": False})
        for seed in seeds_of(options, 3, 1)
    ]
    closed: Json = {"part": "width", "data": "uneven", "widths": [10 * 2**k for k in range(3, 11)], "epochs": 0, "pace": 1.0}
    jobs += [
        Job(f"uneven-closed-{start}-{seed:02d}", closed | {"start": start, "seed": seed, "goal": 0.0, "closed": True})
        for start in ("uniform", "gaussian")
        for seed in seeds_of(options, 10, 4)
    ]
    width = _WIDEST // 16 if options.quick else _WIDEST
    shapes: Json = {"part": "zeta", "data": "even", "width": width, "seed": 0, "epochs": 400_000, "pace": 1.0, "goal": _GOAL}
    return [*jobs, *(Job(f"zeta-{start}", shapes | {"start": start}) for start in _FIGURE)]


def grid(settings: Json) -> FloatArray:
    """Return the places where functions are compared: evenly over the data's range; every other one is drawn."""
    x = DATA[settings["data"]]().x
    return np.linspace(x[0], x[-1], _COMPARED)


def removed(settings: Json, treatment: str, at: FloatArray) -> FloatArray:
    """Return what the data lose, at places."""
    sample = DATA[settings["data"]]()
    if treatment == "raw":
        return np.zeros(at.size)
    line = (
        exact_adjustment(sample.x, sample.y, REGIMES[settings["start"]].kernel)
        if treatment == "exact"
        else least_squares_adjustment(sample.x, sample.y)
    )
    return line(at[:, None])


def _work(settings: Json, folder: Path) -> Json:
    return _shape(settings, folder) if settings["part"] == "zeta" else _widths(settings, folder)


def _widths(settings: Json, folder: Path) -> Json:
    found: Json = {key: {curve: [] for curve in CURVES} for key in ("distance", "loss", "epochs", "stopped")}
    found["curves"] = {}
    for width in settings["widths"]:
        for curve in ("end exact",) if settings["closed"] else CURVES:
            part, treatment = curve.split()
            values, facts = _ended(settings, part, treatment, width, folder / f"{part}-{treatment}-{width}")
            found["distance"][curve].append(digits(np.abs(values - target(settings)).max()))
            for key, fact in facts.items():
                found[key][curve].append(fact)
            if curve == "all exact":
                found["curves"][str(width)] = digits(values[::2])
    return found


def target(settings: Json) -> FloatArray:
    """Return g* on the grid."""
    sample = DATA[settings["data"]]()
    return spline_values(sample.x, sample.y, REGIMES[settings["start"]].zeta, grid(settings))


def _ended(settings: Json, part: str, treatment: str, width: int, folder: Path) -> tuple[FloatArray, Json]:
    """Train one network to the end; return its values on the grid, with what its data had lost, and how it ended."""
    sample, at = DATA[settings["data"]](), grid(settings)
    start, seed = REGIMES[settings["start"]].antisymmetric, drawing(settings["seed"], width)
    y = sample.y - removed(settings, treatment, sample.x)
    back = removed(settings, treatment, at)
    if part == "end":
        values, loss = _closed(start, seed, width, sample.x, y, at)
        return values + back, {"loss": digits(loss), "epochs": 0, "stopped": "goal" if loss < _GOAL else "closed"}
    trained = trained_network(
        sample.x,
        y,
        start,
        width=width,
        seed=seed,
        trained=part,
        step=settings["pace"] / largest_rate(start, seed, width, sample.x),
        epochs=settings["epochs"],
        goal=settings["goal"],
        folder=folder,
    )
    return plain(trained.network)(at) + back, {"loss": digits(trained.loss), "epochs": trained.epochs, "stopped": trained.stopped}


def _closed(start: Any, seed: int, width: int, x: FloatArray, y: FloatArray, at: FloatArray) -> tuple[FloatArray, float]:
    """Return what training the output weights ends at, problem (14); least squares where the units cannot fit the data."""
    features, places = (jacobian(start, seed, width, points, "output")["W2"] for points in (x, at))
    moved = np.asarray(np.linalg.lstsq(features, y)[0])
    return places @ moved, float(np.mean((features @ moved - y) ** 2))


def _shape(settings: Json, folder: Path) -> Json:
    """Train one wide network, to be drawn with g* and ζ."""
    values, facts = _ended(settings, "all", "exact", settings["width"], folder)
    wanted = target(settings)
    return {
        "curve": digits(values[::2]),
        "spline": digits(wanted[::2]),
        "zeta": digits(REGIMES[settings["start"]].zeta(grid(settings)[::2])),
        "distance": digits(np.abs(values - wanted).max()),
        **facts,
    }


def _summarise(results: list[Json]) -> Json:
    summary: Json = {"groups": {}, "shapes": {}}
    for result in results:
        settings = result["settings"]
        if settings["part"] == "zeta":
            summary["shapes"][settings["start"]] = result["result"] | {"x": digits(grid(settings)[::2]), "width": settings["width"]}
    parts = {(s["data"], s["start"], s["closed"]) for r in results if (s := r["settings"])["part"] == "width"}
    for data, start, closed in sorted(parts):
        name = f"{data} {start}{' in closed form' if closed else ''}"
        wanted = {"data": data, "start": start, "closed": closed}
        chosen = [r for r in results if r["settings"]["part"] == "width" and {k: r["settings"][k] for k in wanted} == wanted]
        summary["groups"][name] = _group(chosen)
    return summary


def _group(results: list[Json]) -> Json:
    settings = results[0]["settings"]
    sample, at, widths = DATA[settings["data"]](), grid(settings), settings["widths"]
    wanted, kernel = target(settings), REGIMES[settings["start"]].kernel
    group: Json = {"widths": widths, "seeds": len(results), "x": digits(at[::2]), "spline": digits(wanted[::2])}
    group |= {"points": digits(np.stack([sample.x, sample.y])), "curves": {}, "limits": {}}
    group["smallest"] = digits(np.linalg.eigvalsh(kernel.full(sample.x[:, None], sample.x[:, None]))[0])
    for treatment in TREATMENTS:
        values = limit_values(kernel, sample.x, sample.y - removed(settings, treatment, sample.x), at) + removed(settings, treatment, at)
        group["limits"][treatment] = digits(np.abs(values - wanted).max())
    for curve in CURVES:
        if results[0]["result"]["distance"][curve]:
            group["curves"][curve] = _curve(curve, widths, results, 1 / group["smallest"])
    drawn = results[0]["result"]["curves"]
    group["drawn"] = {str(width): drawn[str(width)] for width in widths[2::4] if str(width) in drawn}
    return group


def _curve(curve: str, widths: list[int], results: list[Json], least: float) -> Json:
    """Return what became of one way of training: means over the networks that fit their data, and exponents from widths on."""
    distances = np.array([r["result"]["distance"][curve] for r in results], dtype=np.float64)
    fits = np.array([r["result"]["stopped"][curve] for r in results]) == "goal"
    epochs = np.array([r["result"]["epochs"][curve] for r in results])
    places = np.broadcast_to(widths, fits.shape)
    chosen = {lo: fits & (places >= lo) for lo in (widths[0], *[width for width in widths if width >= least][:1])}
    rates = {f"from {lo}": rate(places[m], distances[m]) for lo, m in chosen.items()}
    columns = [distances[fits[:, j], j] for j in range(len(widths))]
    return {
        "mean": [digits(column.mean()) if column.size else None for column in columns],
        "sd": [digits(column.std(ddof=1)) if column.size > 1 else None for column in columns],
        "distances": digits(np.where(fits, distances, np.nan), 4),
        "unfinished": int((~fits).sum()),
        "most_epochs": int(epochs.max()),
        "rates": rates,
    }


def _describe(summary: Json) -> list[str]:
    lines = ["largest distance from g*, and its exponent in the width (Theorem 1: -0.5), with 95 % intervals"]
    for name, group in summary["groups"].items():
        lines.append(f"{name}: widths {group['widths'][0]} to {group['widths'][-1]}, {group['seeds']} seeds")
        for curve, found in group["curves"].items():
            last = found["mean"][-1]
            widest = "unfinished" if last is None else f"{last:.3g} at the widest"
            exponents = "; ".join(f"{which}: {said(r)}" for which, r in found["rates"].items())
            left = f"; {found['unfinished']} did not fit their data" if found["unfinished"] else ""
            lines.append(f"  {curve:<18} {widest:<24} {exponents}{left}")
        limits = ", ".join(f"{treatment} {distance:.2g}" for treatment, distance in group["limits"].items())
        least = 1 / group["smallest"]
        beyond = "" if least <= group["widths"][-1] else ": no network here is so wide"
        lines.append(f"  inner weights cease to matter when n is large against {least:.0f}, 1 over the least eigenvalue{beyond}")
        lines.append(f"  infinitely wide networks end this far from g*: {limits}")
    for name, shape in summary["shapes"].items():
        lines.append(f"ζ of {name}: width {shape['width']} is {shape['distance']:.3g} from g*")
    return lines


EXPERIMENT = Experiment(
    "figure1",
    "Trained networks and splines, width by width",
    "Jin and Montúfar, Figure 1 and Theorem 1",
    "The uniform error between trained networks and the spline g* is of order n^(-1/2) up to 10,240 units.",
    _jobs,
    _work,
    _summarise,
    _describe,
    figure="implicit_bias.plots.experiments.wide:figure1_figure",
)
