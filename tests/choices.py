"""Small problems of every kind, and what ``solve`` chooses for them; ``python tests/choices.py --write`` writes the tables anew.

``choices.json`` holds, for every problem, method and option, the method and the backend that were used and the reason, or the error.
``reports.json`` holds the numbers of the answers to some of the problems. Look at the difference before you keep what was written.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import implicit_bias as ib
from implicit_bias.methods import Options
from implicit_bias.methods.table import started
from implicit_bias.report import solution_report

HERE = Path(__file__).parent
CHOICES, REPORTS = HERE / "choices.json", HERE / "reports.json"

METHODS = ("auto", "exact", "sparse", "finite-difference", "dictionary", "column-generation", "patterns")
OPTIONS: dict[str, dict[str, Any]] = {
    "": {},
    "backend=CLARABEL": {"backend": "CLARABEL"},
    "backend=HIGHS": {"backend": "HIGHS"},
    "backend=NOPE": {"backend": "NOPE"},
    "backend_options={}": {"backend_options": {}},
    "form=dual": {"form": "dual"},
    "form=junk": {"form": "junk"},
    "grid=20": {"grid": 20},
    "time_limit=5": {"time_limit": 5},
    "warm_start": {},  # the problem's own solution
}


def line(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n increasing x that are not too close, and any y."""
    rng = np.random.default_rng(seed)
    return np.round(np.linspace(-2, 2, n) + rng.uniform(-0.15, 0.15, n), 3), np.round(rng.uniform(-2, 2, n), 3)


def plane(n: int, seed: int, outputs: tuple[int, ...] = ()) -> tuple[np.ndarray, np.ndarray]:
    """Return n points of two inputs, and any targets."""
    rng = np.random.default_rng(seed)
    return np.round(rng.uniform(-2, 2, (n, 2)), 3), np.round(rng.uniform(-2, 2, (n, *outputs)), 3)


def labelled(n: int, seed: int, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return n increasing x with labels, each of which is there."""
    return line(n, seed)[0], np.random.default_rng(seed + 100).permutation(np.arange(n) % classes)


def boxed(n: int, seed: int) -> ib.MeasureProblem:
    x, y = line(n, seed)
    centre = np.column_stack([y, y[::-1]])
    return ib.MeasureProblem(x, ib.Boxes(centre - 0.25, centre + 0.5), ib.LineFeatures(float(x[0]), float(x[-1])))


PROBLEMS: dict[str, tuple[int, int, Callable[[int, int], Any]]] = {
    # name: usual size and seed, and the problem of a size and a seed
    "regression unit": (6, 0, lambda n, seed: ib.RegressionProblem(*line(n, seed))),
    "regression unit, wider domain": (6, 1, lambda n, seed: ib.RegressionProblem(*line(n, seed), domain=(-4, 3.5))),
    "regression unit, whole line": (6, 2, lambda n, seed: ib.RegressionProblem(*line(n, seed), domain=(-np.inf, np.inf))),
    "regression unit, free": (6, 3, lambda n, seed: ib.RegressionProblem(*line(n, seed), weight="unit", affine="free")),
    "regression sphere": (6, 4, lambda n, seed: ib.RegressionProblem(*line(n, seed), weight="sphere")),
    "regression sphere, no split": (5, 5, lambda n, seed: ib.RegressionProblem(*nearly_affine(n, seed), weight="sphere")),
    "regression sphere, free": (6, 6, lambda n, seed: ib.RegressionProblem(*line(n, seed), weight="sphere", affine="free")),
    "regression two outputs": (5, 7, lambda n, seed: ib.RegressionProblem(line(n, seed)[0], plane(n, seed)[0])),
    "regression two inputs": (4, 8, lambda n, seed: ib.RegressionProblem(*plane(n, seed))),
    "max-margin unit": (7, 9, lambda n, seed: ib.MaxMarginProblem(*labelled(n, seed))),
    "max-margin unit, norm 1": (7, 10, lambda n, seed: ib.MaxMarginProblem(*labelled(n, seed), norm=1)),
    "max-margin sphere": (5, 11, lambda n, seed: ib.MaxMarginProblem(*labelled(n, seed, 2), weight="sphere")),
    "boxes": (5, 12, boxed),
    "regularized squared": (6, 13, lambda n, seed: ib.RegularizedProblem(*line(n, seed), 0.3)),
    "regularized hinge": (6, 14, lambda n, seed: ib.RegularizedProblem(line(n, seed)[0], 2.0 * labelled(n, seed, 2)[1] - 1, 0.2, "hinge")),
    "regularized cross-entropy": (6, 15, lambda n, seed: ib.RegularizedProblem(*labelled(n, seed), 0.2, "cross-entropy")),
    "denoising": (7, 16, lambda n, seed: ib.RegularizedProblem(*line(n, seed), 0.3, weight="unit", affine="free")),
    "spline": (6, 17, lambda n, seed: ib.SplineProblem(*line(n, seed))),
    "spline, gcv": (8, 18, lambda n, seed: ib.SplineProblem(*line(n, seed), ib.GaussianZeta(1.5, 1.0), smoothing="gcv")),
    "spline of degree 2": (7, 19, lambda n, seed: ib.HomogeneousSplineProblem(*line(n, seed), degree=2)),
    "spline of several inputs": (7, 20, lambda n, seed: ib.SeveralInputsProblem(*plane(n, seed), smoothing=0.1)),
}


def nearly_affine(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return data whose affine part is too large to be made of the kinks of the rest."""
    x, y = line(n, seed)
    return x, np.round(4 + 0.05 * y, 4)


def problem_of(name: str, n: int | None = None, seed: int | None = None) -> Any:
    """Return a problem by name."""
    usual_n, usual_seed, make = PROBLEMS[name]
    return make(usual_n if n is None else n, usual_seed if seed is None else seed)


def choices(name: str) -> dict[str, str]:
    """Return what is chosen for a problem, for every method and option."""
    problem = problem_of(name)
    return {cell: choice(problem, method, given) for cell, method, given in calls(problem)}


def calls(problem: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the cells of a problem's table: their names, methods and options."""
    own = ib.solve(problem)
    for method in METHODS:
        for option, arguments in OPTIONS.items():
            given = arguments | ({"warm_start": own} if option == "warm_start" else {})
            if method == "column-generation" and option == "backend=HIGHS":
                given["backend_options"] = {"time_limit": 0.02}  # it may not end, and what is found is no matter here
            yield f"{method}; {option}" if option else method, method, given


def refusal(problem: Any, method: str, **options: Any) -> ib.ImplicitBiasError | None:
    """Return why nothing would start, None if something would; nothing is solved for that."""
    try:
        next(started(problem, method, Options(**options)))
    except ib.ImplicitBiasError as error:
        return error
    return None


def choice(problem: Any, method: str, given: dict[str, Any]) -> str:
    """Return the method, the backend and the reason, or the error."""
    try:
        solution = ib.solve(problem, method, **given)
    except ib.ImplicitBiasError as error:
        return without_numbers(f"{type(error).__name__}: {error}")
    return f"{solution.method}, {solution.backend}: {without_numbers(choosing(solution))}"


def choosing(solution: Any) -> str:
    """Return the reason without what speaks against the answer, which depends on the backend's version."""
    objections = "; ".join(solution.objections())
    cut = [solution.reason.find(f" {solution.backend} said "), solution.reason.find(objections[1:]) - 1 if objections else -1]
    return solution.reason[: min((at for at in cut if at >= 0), default=None)].strip()


def without_numbers(text: str) -> str:
    """Return a text with # for every number."""
    return re.sub(r"-?\d+(\.\d+)?(e[-+]?\d+)?", "#", text)


INSTANCES: list[tuple[str, int, int, str, dict[str, Any]]] = [
    # problem, size, seed, method and options
    *(("regression unit", n, seed, "exact", {}) for n, seed in ((2, 1), (6, 0), (9, 2))),
    ("regression unit", 6, 0, "sparse", {"form": "dual"}),
    ("regression unit", 6, 0, "dictionary", {"grid": 20, "backend": "HIGHS"}),
    ("regression unit, wider domain", 6, 1, "auto", {}),
    *(("regression unit, whole line", n, seed, "auto", {}) for n, seed in ((4, 3), (6, 2))),
    *(("regression unit, free", n, seed, "auto", {}) for n, seed in ((3, 4), (8, 5))),
    ("regression unit, free", 6, 3, "dictionary", {}),
    *(("regression sphere", n, seed, "exact", {}) for n, seed in ((6, 4), (8, 6))),
    *(("regression sphere", n, seed, "column-generation", {}) for n, seed in ((6, 4), (5, 9))),
    ("regression sphere", 6, 4, "dictionary", {}),
    ("regression sphere, no split", 5, 5, "auto", {}),
    ("regression sphere, no split", 5, 5, "column-generation", {}),
    *(("regression sphere, free", n, seed, "auto", {}) for n, seed in ((3, 1), (6, 6))),
    ("regression two outputs", 5, 7, "auto", {}),
    *(("regression two inputs", n, seed, "auto", {}) for n, seed in ((5, 8), (4, 1))),
    ("regression two inputs", 4, 1, "patterns", {}),
    *(("max-margin unit", n, seed, "exact", {}) for n, seed in ((3, 2), (7, 9), (12, 3))),
    ("max-margin unit", 7, 9, "sparse", {}),
    ("max-margin unit, norm 1", 7, 10, "auto", {}),
    ("max-margin sphere", 5, 11, "auto", {}),
    ("boxes", 5, 12, "auto", {}),
    *(("regularized squared", n, seed, "auto", {}) for n, seed in ((6, 13), (8, 1))),
    ("regularized hinge", 6, 14, "auto", {}),
    ("regularized cross-entropy", 6, 15, "auto", {}),
    *(("denoising", n, seed, "auto", {}) for n, seed in ((2, 1), (7, 16), (20, 2))),
    ("denoising", 7, 16, "sparse", {}),
    *(("spline", n, seed, "exact", {}) for n, seed in ((2, 1), (6, 17))),
    ("spline", 6, 17, "finite-difference", {}),
    *(("spline, gcv", n, seed, "auto", {}) for n, seed in ((8, 18), (15, 2))),
    *(("spline of degree 2", n, seed, "auto", {}) for n, seed in ((4, 1), (7, 19))),
    *(("spline of several inputs", n, seed, "auto", {}) for n, seed in ((5, 1), (7, 20))),
]


def title(name: str, n: int, seed: int, method: str, options: dict[str, Any]) -> str:
    """Return the name of an instance."""
    return "; ".join([f"{name} n={n} seed={seed}", method, *(f"{key}={value}" for key, value in options.items())])


def report(name: str, n: int, seed: int, method: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers of an answer, without times and versions."""
    problem = problem_of(name, n, seed)
    solution = ib.solve(problem, method, **options)
    if isinstance(problem, ib.SplineProblem):
        found = solution_report(solution)
    elif isinstance(problem, (ib.HomogeneousSplineProblem, ib.SeveralInputsProblem)):
        names = ("value", "dual_value", "lower_bound", "upper_bound", "gap", "constraint_violation")
        found = {"problem": {"kind": problem.kind}, "status": solution.status.value, "method": solution.method, "backend": solution.backend}
        found |= {key: float(getattr(solution, key)) for key in names} | {"dual": solution.dual.tolist()}
    else:
        found = solution_report(solution)
    return {key: value for key, value in found.items() if key not in ("timings", "versions", "reason")}


def written(table: dict[str, dict[str, Any]]) -> str:
    """Return a table of tables as JSON with sorted keys, one cell a line."""
    groups = []
    for name in sorted(table):
        cells = (f"  {json.dumps(key)}: {json.dumps(table[name][key], sort_keys=True)}" for key in sorted(table[name]))
        groups.append(f"{json.dumps(name)}: {{\n" + ",\n".join(cells) + "\n}")
    return "{\n" + ",\n".join(groups) + "\n}\n"


def main() -> None:
    """Write both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", required=True, help="write the tables anew")
    parser.parse_args()
    CHOICES.write_text(written({name: choices(name) for name in PROBLEMS}), encoding="utf-8")
    REPORTS.write_text(written({title(*one): report(*one) for one in INSTANCES}), encoding="utf-8")


if __name__ == "__main__":
    main()
