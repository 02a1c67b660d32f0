"""What the runs of network-size come to: errors by size, and paired intervals of each step's increase past interpolation."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from implicit_bias.experiments.base import Json
from implicit_bias.numerics.arrays import FloatArray

LEVEL = 0.95
NEARLY = 0.01
"""Where no size fits all training points, steps are judged from the least size on at which so few errors are left."""

_TRAIN, _VALIDATION, _TEST = range(3)


def paired_interval(differences: FloatArray) -> tuple[float, float]:
    """Return Student's 95 % interval of the mean of differences, one a repetition; of a single one, all numbers.

    Equal differences have the interval of their one value.
    """
    n = differences.size
    if n < 2:
        return -np.inf, np.inf
    mean = float(differences.mean())
    half = float(stats.t.ppf((1 + LEVEL) / 2, n - 1)) * float(differences.std(ddof=1)) / np.sqrt(n)
    return mean - half, mean + half


def fitted_from(train: FloatArray, limit: float) -> int | None:
    """Return the place of the least H from which on every training error, (sizes, repetitions), is at most a limit, or None."""
    fits = np.asarray((train <= limit).all(axis=1))
    if not fits[-1]:
        return None
    return 0 if fits.all() else fits.size - int(np.argmin(fits[::-1]))


def interpolation(train: FloatArray) -> tuple[int | None, float]:
    """Return the place from which on all training errors are 0, or NEARLY if the largest networks leave some, and which of the two."""
    first = fitted_from(train, 0.0)
    return (fitted_from(train, NEARLY), NEARLY) if first is None else (first, 0.0)


def increase(sizes: list[int], i: int, j: int, test: FloatArray) -> Json:
    """Return the paired increase in test error, (sizes, repetitions), between two places; ``no_rise``: its interval contains 0 or less."""
    low, high = paired_interval(test[j] - test[i])
    interval = [round(low, 6), round(high, 6)] if np.isfinite(low) else None
    mean = round(float((test[j] - test[i]).mean()), 6)
    return {"from": sizes[i], "to": sizes[j], "mean": mean, "interval": interval, "no_rise": bool(low <= 0)}


def increases(sizes: list[int], first: int, test: FloatArray) -> list[Json]:
    """Return the increases between neighbours from the place ``first`` on, and, of several, that from it to the largest."""
    pairs = [(i, i + 1) for i in range(first, len(sizes) - 1)]
    if len(pairs) > 1:
        pairs.append((first, len(sizes) - 1))
    return [increase(sizes, i, j, test) for i, j in pairs]


def summarised(results: list[Json]) -> Json:
    """Return curves and steps of each data set and variant, and the plane's."""
    curves: dict[tuple[str, str], list[Json]] = {}
    plane = []
    for found in results:
        settings = found["settings"]
        if "level" in settings:
            plane.append({"hidden": settings["hidden"], "level": settings["level"]} | _rounded(found["result"]))
        else:
            curves.setdefault((settings["data"], settings["variant"]), []).append(found)
    return {"curves": [_curve(*key, group) for key, group in curves.items()], "plane": plane}


def _rounded(result: Json) -> Json:
    return {
        name: [float(f"{v:.7g}") for v in value]
        if isinstance(value, list)
        else float(f"{value:.10g}")
        if isinstance(value, float)
        else value
        for name, value in result.items()
    }


def _curve(data: str, variant: str, group: list[Json]) -> Json:
    plain = sorted((found for found in group if found["settings"]["weight_decay"] == 0), key=lambda found: found["settings"]["hidden"])
    sizes = [found["settings"]["hidden"] for found in plain]
    end, early = (np.array([found["result"][at] for found in plain]) for at in ("end", "early"))
    first, limit = interpolation(end[:, :, _TRAIN])
    nearly = fitted_from(end[:, :, _TRAIN], NEARLY)
    curve = {
        "data": data,
        "variant": variant,
        "sizes": sizes,
        "repetitions": len(plain[0]["settings"]["repetitions"]),
        "epochs": plain[0]["settings"]["epochs"],
        "train": _spread(end[:, :, _TRAIN]),
        "test": _spread(end[:, :, _TEST]),
        "early": _spread(early[:, :, _TEST]),
        "fits_from": None if first is None else sizes[first],
        "fits_to": limit,
        "overall": None if nearly is None else increase(sizes, nearly, len(sizes) - 1, end[:, :, _TEST]),
        "steps": [] if first is None else increases(sizes, first, end[:, :, _TEST]),
        "early_steps": [] if first is None else increases(sizes, first, early[:, :, _TEST]),
    }
    for name in ("path_norm", "weight_decay", "margin"):
        curve[name] = _spread(np.array([found["result"][name] for found in plain]))
    curve["norm_per_margin"] = [_norm_per_margin(found["result"]) for found in plain]
    decayed = [_chosen(size, [found for found in group if found["settings"]["hidden"] == size]) for size in sizes]
    if all(decayed):
        curve["decayed"] = {name: [one[name] for one in decayed] for name in decayed[0]}
    return curve


def _spread(values: FloatArray) -> Json:
    """Return mean and standard deviation over the repetitions, of each size."""
    sd = values.std(axis=1, ddof=1) if values.shape[1] > 1 else np.zeros(len(values))
    return {"mean": [float(f"{v:.5g}") for v in values.mean(axis=1)], "sd": [float(f"{v:.3g}") for v in sd]}


def _norm_per_margin(result: Json) -> float | None:
    """Return the mean of norm over median margin, None where half of some network's points have no margin."""
    norms, margins = np.array(result["path_norm"]), np.array(result["margin"])
    return float(f"{(norms / margins).mean():.5g}") if (margins > 0).all() else None


def _chosen(size: int, group: list[Json]) -> Json:
    """Return what the weight decay of least validation error gives, chosen anew in each repetition; the smaller of two equals."""
    some = sorted((found for found in group if found["settings"]["weight_decay"] > 0), key=lambda found: found["settings"]["weight_decay"])
    if not some:
        return {}
    end = np.array([found["result"]["end"] for found in some])
    norms = np.array([found["result"]["path_norm"] for found in some])
    best = end[:, :, _VALIDATION].argmin(axis=0)
    each = np.arange(end.shape[1])
    test, train = end[best, each, _TEST], end[best, each, _TRAIN]
    return {
        "test": float(f"{test.mean():.5g}"),
        "test_sd": float(f"{test.std(ddof=1) if test.size > 1 else 0.0:.3g}"),
        "train": float(f"{train.mean():.5g}"),
        "path_norm": float(f"{norms[best, each].mean():.5g}"),
        "chosen": [some[i]["settings"]["weight_decay"] for i in best],
    }


def described(summary: Json) -> list[str]:
    """Return the lines of a table."""
    lines = []
    for curve in summary["curves"]:
        lines += _table(curve)
    if summary["plane"]:
        lines += _plane(summary["plane"])
    return lines


def _table(curve: Json) -> list[str]:
    decayed = curve.get("decayed")
    lines = [f"{curve['data']}, {curve['variant']}, {curve['repetitions']} repetitions: errors in %, norm Σ‖u‖‖v‖, median margin"]
    head = f"{'H':>6}{'train':>8}{'test':>8}{'sd':>6}{'early':>8}{'norm':>9}{'margin':>8}{'ratio':>8}"
    lines.append(head + (f"{'decayed':>9}{'norm':>8}" if decayed else ""))
    for i, size in enumerate(curve["sizes"]):
        errors = f"{100 * curve['train']['mean'][i]:8.2f}{100 * curve['test']['mean'][i]:8.2f}{100 * curve['test']['sd'][i]:6.2f}"
        norms = f"{curve['path_norm']['mean'][i]:9.1f}{curve['margin']['mean'][i]:8.2f}"
        ratio = curve["norm_per_margin"][i]
        norms += f"{'-':>8}" if ratio is None else f"{ratio:8.2f}"
        end = f"{100 * decayed['test'][i]:9.2f}{decayed['path_norm'][i]:8.1f}" if decayed else ""
        lines.append(f"{size:>6}{errors}{100 * curve['early']['mean'][i]:8.2f}{norms}{end}")
    means = curve["test"]["mean"]
    least = int(np.argmin(means))
    lines.append(f"least test error {100 * means[least]:.2f} % at H = {curve['sizes'][least]}, {100 * means[-1]:.2f} % at the largest")
    return [*lines, *_verdict(curve), ""]


def _verdict(curve: Json) -> list[str]:
    """Say where the test error rises past interpolation, and where it does not."""
    if curve["fits_from"] is None:
        return [f"even the largest networks leave more than {NEARLY:.0%} of their training points wrong: no step to judge"]
    overall = [f"from where at most {NEARLY:.0%} is left to the largest, increase in test error:", _told(curve["overall"])]
    fit = "all fit" if curve["fits_to"] == 0 else f"no size fits all; at most {NEARLY:.0%} is left"
    if not curve["steps"]:
        return [*overall, f"{fit} from H = {curve['fits_from']}, the largest size: no step to judge"]
    lines = []
    for name, steps in (("test", curve["steps"]), ("early-stopped test", curve["early_steps"])):
        lines.append(f"{fit} from H = {curve['fits_from']}; increase in {name} error of each step since, 95 % interval in %:")
        lines += [_told(step) for step in steps]
        rises = sum(not step["no_rise"] for step in steps)
        lines.append("  every interval contains 0 or less" if rises == 0 else f"  {rises} of {len(steps)} intervals are above 0: it rises")
    return [*overall, *lines]


def _told(step: Json) -> str:
    low, high = step["interval"] or (-np.inf, np.inf)
    word = "falls" if high < 0 else "no rise shown" if step["no_rise"] else "RISES"
    return f"  {step['from']:>5} to {step['to']:<5} {100 * step['mean']:+6.2f}  [{100 * low:+.2f}, {100 * high:+.2f}]  {word}"


def _plane(plane: list[Any]) -> list[str]:
    one = plane[0]
    lines = [
        "digits 0-2 in a plane, weight decay: excess over the certified lower bound of the convex network "
        f"({one['lower_bound']:.6f}, {one['status']}; norm {one['optimum_norm']:.3f}, {one['optimum_atoms']} atoms, "
        f"test error {100 * one['optimum_error']:.2f} %)"
    ]
    lines.append(f"{'H':>6}{'best':>10}{'median':>10}{'worst':>10}{'norm':>9}{'test':>8}")
    for row in plane:
        excess, norms, errors = (np.array(row[name]) for name in ("excesses", "path_norms", "errors"))
        spread = f"{excess.min():10.1e}{np.median(excess):10.1e}{excess.max():10.1e}"
        lines.append(f"{row['hidden']:>6}{spread}{np.median(norms):9.3f}{100 * errors.mean():8.2f}")
    least = min(min(row["excesses"]) for row in plane)
    return [*lines, f"least excess: {least:.1e} ({'none' if least >= 0 else 'SOME'} below the bound)"]
