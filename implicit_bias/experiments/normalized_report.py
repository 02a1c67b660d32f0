"""What came out of the runs with normalised layers: ρ beside ρ_eq, what depends on the start, bounds, margins, test errors."""

from __future__ import annotations

from typing import Any

import numpy as np

from implicit_bias.experiments.base import Json

EQUAL = 1e-3
"""How close to ρ_eq, relatively, ρ is meant to be at the end of a regularised run."""

ZERO = 1e-6
"""A ρ below this is zero: without normalisation weight decay may end there, where ρ_eq is 0, too."""

INTERPOLATES = {"line": 1e-3, "digits": 0.2}
"""Largest |ρ f - y| of a run that is said to interpolate: on the digits nothing is quite at its end."""

SAME = 1.02
"""Largest over smallest ρ up to which starts are said to end alike."""

_DRAWS = 2000


def summarise(results: list[Json]) -> Json:
    """Return what came out, and the curves of the picture."""
    summary: Json = {"groups": [], "flows": []}
    for found in results:
        settings, result = found["settings"], found["result"]
        group = {name: settings[name] for name in ("kind", "way", "depth", "decay", "scale")}
        group |= _numbers(result["runs"], settings["kind"])
        if settings["kind"] == "flow":
            summary["flows"].append(group | {name: result[name] for name in ("descent_rho", "apart")})
            continue
        if settings["kind"] == "line":
            summary["least_rho"] = result["least_rho"]
            group["least_objective"] = result["least_objective"]
        shown = settings["kind"] == "line" and settings["way"] in ("lagrange", "none")
        if shown or (settings["way"] == "batch" and settings["depth"] == 4):
            group["curve"] = [[_short(part, 4) for part in row] for row in result["curve"][1::2]]
            group["margins"] = result["margins"][:: max(1, len(result["margins"]) // 20)]
        summary["groups"].append(group)
    summary["spreads"] = _spreads(summary["groups"])
    summary["regularised"] = _regularised(summary["groups"] + summary["flows"])
    summary["test_errors"] = _test_errors(summary["groups"])
    return summary


def _numbers(runs: list[Json], kind: str) -> Json:
    rho = np.array([run["rho"] for run in runs])
    drifts = [run["drift"] for run in runs if run["drift"] is not None]
    numbers: Json = {
        "rho": [_short(value) for value in rho],
        "mean": _short(rho.mean()),
        "sd": _short(rho.std(ddof=1)) if rho.size > 1 else None,
        "mismatch": [_short(abs(run["rho"] - run["rho_eq"]) / max(abs(run["rho"]), ZERO), 4) for run in runs],
        "miss": [_short(run["miss"], 2) for run in runs],
        "ended": sorted({run["ended"] for run in runs}),
    }
    if drifts:
        numbers["drift"] = _short(max(drifts), 2)
    if kind == "line":
        numbers["margin"] = [_short(run["margin"]) for run in runs]
        return numbers | {"objective": [_short(run["objective"], 8) for run in runs]}
    return numbers | {"test_error": [_short(run["test_error"], 4) for run in runs]}


def _short(value: float, digits: int = 5) -> float:
    """Return a number rounded to so many digits: a report is to be shipped."""
    return float(f"{value:.{digits}g}")


def _spreads(groups: list[Json]) -> list[Json]:
    """Return for every way, depth and decay how far apart the ends from all starts are."""
    spreads = []
    keys = dict.fromkeys((group["kind"], group["way"], group["depth"], group["decay"]) for group in groups)
    for key in keys:
        mine = [group for group in groups if (group["kind"], group["way"], group["depth"], group["decay"]) == key]
        rho = np.array([value for group in mine for value in group["rho"]])
        alive = rho[rho > ZERO]
        known = dict(zip(("kind", "way", "depth", "decay"), key, strict=True))
        spreads.append(
            known
            | {
                "means": [group["mean"] for group in mine],
                "ratio": _short(alive.max() / alive.min()) if alive.size else None,
                "by_scale": _by_scale(mine),
                "zeros": int((rho <= ZERO).sum()),
                "runs": int(rho.size),
                "miss": float(max(max(group["miss"]) for group in mine)),
            }
        )
    return spreads


def _by_scale(groups: list[Json]) -> float | None:
    """Return the largest over the smallest ρ of starts in the same direction, for the seed for which that is largest."""
    runs = np.array([group["rho"] for group in groups])
    alive = runs[:, (runs > ZERO).all(axis=0)]
    return _short((alive.max(axis=0) / alive.min(axis=0)).max()) if alive.size else None


def _regularised(groups: list[Json]) -> Json:
    """Return how many runs with decay ended with ρ at ρ_eq, and which did not."""
    off, zeros, count, worst = [], 0, 0, 0.0
    for group in (group for group in groups if group["decay"] > 0):
        for rho, mismatch in zip(group["rho"], group["mismatch"], strict=True):
            count += 1
            if abs(rho) <= ZERO and mismatch <= 1:  # ρ_eq is as small
                zeros += 1
                continue
            worst = max(worst, mismatch)
            if not mismatch <= EQUAL:
                off.append(f"{group['kind']} {group['way']} depth {group['depth']} scale {group['scale']:g}: {mismatch:.1e}")
    return {"runs": count, "zeros": zeros, "worst": worst, "off": off}


def _test_errors(groups: list[Json]) -> list[Json]:
    """Return per depth the rank correlation of ρ = 1/margin and test error over the interpolants of homogeneous networks."""
    from scipy.stats import rankdata

    found = []
    for depth in dict.fromkeys(group["depth"] for group in groups if group["kind"] == "digits"):
        pairs = np.array(
            [
                (rho, error)
                for group in groups
                if group["kind"] == "digits" and group["depth"] == depth and group["way"] != "batch"
                for rho, error, miss in zip(group["rho"], group["test_error"], group["miss"], strict=True)
                if miss <= INTERPOLATES["digits"]
            ]
        ).reshape(-1, 2)
        one: Json = {"depth": depth, "runs": len(pairs), "correlation": None, "interval": None}
        if len(pairs) > 3 and (np.ptp(pairs, axis=0) > 0).all():
            rng = np.random.default_rng(0)

            def ranked(some: Any) -> float:
                ranks = np.stack([rankdata(column) for column in some.T])
                return float(np.corrcoef(ranks)[0, 1]) if (np.ptp(ranks, axis=1) > 0).all() else 0.0

            draws = [ranked(pairs[rng.integers(len(pairs), size=len(pairs))]) for _ in range(_DRAWS)]
            one |= {"correlation": ranked(pairs), "interval": np.quantile(draws, [0.025, 0.975]).tolist()}
        found.append(one)
    return found


def describe(summary: Json) -> list[str]:
    """Return the lines of the table."""
    lines = ["mean of ρ at the end by the start's scale; largest over smallest ρ among the scales of one seed, and among all starts"]
    head = f"{'data':<8}{'layers':>7}{'normalised':>12}{'λ':>7}   {'ρ from small to large starts':<40}"
    lines.append(head + f"{'scales':>8}{'all':>8}{'zero':>6}{'misses':>9}")
    for one in summary["spreads"]:
        means = " ".join(f"{mean:9.4g}" for mean in one["means"])
        ratios = "".join(f"{'-':>8}" if value is None else f"{value:8.4g}" for value in (one["by_scale"], one["ratio"]))
        lines.append(
            f"{one['kind']:<8}{one['depth']:7d}{one['way']:>12}{one['decay']:7g}   {means:<40}{ratios}{one['zeros']:6d}{one['miss']:9.1e}"
        )
    return lines + _said_of_starts(summary["spreads"]) + _said_of_bounds(summary) + _said_of_the_rest(summary)


def _said_of_starts(spreads: list[Json]) -> list[str]:
    def names(some: list[Json]) -> str:
        return ", ".join(f"{one['kind']} {one['depth']} {one['way']}" for one in some) or "none"

    lines = []
    for word, normalised in (("normalised", True), ("not normalised", False)):
        for told, decayed in (("with decay", True), ("without", False)):
            mine = [one for one in spreads if (one["way"] != "none") == normalised and (one["decay"] > 0) == decayed]
            alike = [one for one in mine if one["by_scale"] is not None and one["by_scale"] <= SAME and one["zeros"] == 0]
            paper = "in all" if normalised and decayed else "in none" if not decayed else "nothing"
            count = f"in {len(alike)} of {len(mine)}: {names(alike)}"
            lines.append(f"{word}, {told} (the paper says: {paper}): ρ does not depend on the scale (≤ {SAME:g}) {count}")
    return lines


def _said_of_bounds(summary: Json) -> list[str]:
    groups = [group for group in summary["groups"] if group["kind"] == "line" and group["way"] != "batch"]
    if not groups:
        return []
    least = summary["least_rho"]
    ends = [
        (rho, margin)
        for group in groups
        for rho, margin, miss in zip(group["rho"], group["margin"], group["miss"], strict=True)
        if miss <= INTERPOLATES["line"]
    ]
    excesses = [value / group["least_objective"] - 1 for group in groups if group["decay"] > 0 for value in group["objective"]]
    lines = [f"line: least ρ of an interpolant {least:.5f}, certified; {len(ends)} runs interpolate"]
    if ends:
        rho, margin = np.array(ends).T
        # a run that misses by so much may have a ρ smaller by about as much
        beyond = "none" if (rho >= least * (1 - INTERPOLATES["line"])).all() else "SOME"
        off = np.abs(rho * margin - 1).max()
        lines.append(f"  their ρ: {rho.min():.5f} to {rho.max():.5f} ({beyond} below); ρ × margin is 1 but for {off:.1e}")
    if excesses:
        beyond = "none" if min(excesses) >= -1e-7 else "SOME"
        lines.append(f"  objective over its certified bound: {min(excesses):.1e} to {max(excesses):.1e} ({beyond} below)")
    return lines


def _said_of_the_rest(summary: Json) -> list[str]:
    regularised = summary["regularised"]
    close = regularised["runs"] - regularised["zeros"] - len(regularised["off"])
    lines = [
        f"regularised runs with |ρ - ρ_eq|/ρ ≤ {EQUAL:g}: {close} of {regularised['runs'] - regularised['zeros']}, worst"
        f" {regularised['worst']:.1e}; {regularised['zeros']} others ended at ρ = ρ_eq = 0"
    ]
    lines += [f"  not so: {one}" for one in regularised["off"]]
    for flow in summary["flows"]:
        lines.append(
            f"digits, {flow['depth']} layers, {flow['way']}: flow ρ {flow['rho'][0]:.4f}, descent {flow['descent_rho']:.4f};"
            f" |ρ f| apart by {flow['apart']:.1e} at most; norms drift by {flow['drift']:.1e}"
        )
    for one in summary["test_errors"]:
        told = "too few, or all alike"
        if one["correlation"] is not None:
            low, high = one["interval"]
            word = "as the paper says" if low > 0 else "AGAINST the paper" if high < 0 else "no sign of it here"
            told = f"{one['correlation']:+.2f} [{low:+.2f}, {high:+.2f}], {word}"
        lines.append(f"digits, {one['depth']} layers, {one['runs']} interpolants: rank correlation of ρ and test error {told}")
    return lines
