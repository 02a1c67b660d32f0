"""Measure the exact method on the sphere against a dictionary on a fine grid of angles, and how its cost grows.

    python benchmarks/sphere_speed.py            # everything, some minutes
    python benchmarks/sphere_speed.py growth     # the exact method up to a million points
    python benchmarks/sphere_speed.py dictionary # n = 1000 against 10,000 angles that contain the data
    python benchmarks/sphere_speed.py awkward    # the same where the exact method does not apply: an affine part dominates
    python benchmarks/sphere_speed.py grid       # how the error of a dictionary falls with its angles, with and without the data's kinks
    python benchmarks/sphere_speed.py plane      # two inputs: a teacher of three neurons on a 25 by 25 grid, its values and 25 bins of them

Set OPENBLAS_NUM_THREADS=1. All times are wall seconds from arrays in to judged answer out; CVXPY's compilation counts for its side.
"""

from __future__ import annotations

import sys
import time
from statistics import median

import numpy as np
from common import seconds, yardstick

import implicit_bias as ib
from implicit_bias.methods.programs.backends import BACKENDS

PATIENCE = 300.0
"""Seconds that a backend is given, where it can be told."""

ANGLES = 10_000


def noisy_sine(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return n evenly spaced points, and a noisy sine of them."""
    x = np.linspace(-1, 1, n)
    return x, np.sin(9 * x) + 0.1 * np.random.default_rng(seed).normal(size=n)


def solved(x: np.ndarray, y: np.ndarray, affine: str) -> tuple[float, ib.Solution]:
    """Return the seconds and the solution of the exact method."""
    began = time.perf_counter()
    solution = ib.solve(ib.RegressionProblem(x, y, weight="sphere", affine=affine))
    return time.perf_counter() - began, solution


def growth() -> None:
    """Time the exact method for a noisy and a smooth target: without and with kinks inside gaps."""
    for name in ("noisy", "smooth"):
        rows = []
        for n in (10**3, 10**4, 10**5, 10**6):
            x, y = noisy_sine(n)
            y = y if name == "noisy" else np.cos(3 * x)
            for affine in ("free", "penalized"):
                runs = [solved(x, y, affine) for _ in range(3 if n < 10**6 else 1)]
                taken, solution = median(seconds for seconds, _ in runs), runs[0][1]
                print(
                    f"{name} {affine:9} n = {n:>8}: {taken:8.4f} s, {solution.method}, gap {solution.gap:.1e}, {solution.status}",
                    flush=True,
                )
                if affine == "free":
                    rows.append((n, taken))
        log_n, log_t = np.log10(np.array(rows)).T
        print(f"log-log slope: {np.polyfit(log_n, log_t, 1)[0]:.3f}")


def dictionary(n: int = 1000, angles: int = ANGLES) -> None:
    """Time every backend on the grid of angles against the exact method."""
    x, y = noisy_sine(n)
    ib.solve(ib.RegressionProblem([0, 1], [0, 1]), "sparse")  # the import of CVXPY is not timed
    for affine in ("free", "penalized"):
        taken, exact = median(solved(x, y, affine)[0] for _ in range(20)), solved(x, y, affine)[1]
        print(f"{affine}, n = {n}, {exact.method}: {taken * 1e3:.2f} ms, gap {exact.gap:.1e}")
        fastest = float("inf")
        for name, row in BACKENDS.items():
            if not row.installed:
                continue
            began = time.perf_counter()
            limit = PATIENCE if row.time_option else None
            found = ib.solve(exact.problem, "dictionary", name, grid=angles, time_limit=limit)
            seconds = time.perf_counter() - began
            fastest = min(fastest, seconds)
            error = found.value / exact.value - 1
            print(
                f"  {name:8} {seconds:9.2f} s, {seconds / taken:9.0f} × exact, {found.status}, gap {found.gap:.1e}, value off {error:.1e}",
                flush=True,
            )
        print(f"fastest / exact: {fastest / taken:.0f}")


def awkward(n: int = 1000, angles: int = ANGLES) -> None:
    """Time the sparse program against backends on the grid of angles, for targets whose affine part no split of kinks can make."""
    ib.solve(ib.RegressionProblem([0, 1], [0, 1]), "sparse")  # the import of CVXPY is not timed
    x, noisy = noisy_sine(n)
    for name, y in (("smooth", np.cos(3 * x) + 20 * x), ("noisy", noisy + 1e5 * x)):
        problem = ib.RegressionProblem(x, y, weight="sphere")
        runs = [(seconds(lambda: ib.solve(problem)), ib.solve(problem)) for _ in range(3)]  # noqa: B023
        taken, best = median(spent for spent, _ in runs), runs[0][1]
        print(f"{name}, n = {n}, {best.method}: {taken:.3f} s, gap {best.gap:.1e}, {best.status}", flush=True)
        fastest = float("inf")
        for backend in ("HIGHS", "CLARABEL"):
            began = time.perf_counter()
            found = ib.solve(problem, "dictionary", backend, grid=angles, time_limit=PATIENCE)
            spent = time.perf_counter() - began
            fastest = min(fastest, spent)
            print(f"  {backend:8} {spent:9.2f} s, {spent / taken:6.0f} ×, {found.status}, gap {found.gap:.1e}", flush=True)
        print(f"fastest / own: {fastest / taken:.0f}")


def grid() -> None:
    """Print the error of dictionaries as they refine, for regression and classification."""
    rng = np.random.default_rng(0)
    x = np.sort(rng.normal(size=10))
    stated = {
        "regression": ib.RegressionProblem(x, rng.normal(size=10), weight="sphere"),
        "classification": ib.MaxMarginProblem(x, rng.integers(0, 3, 10), weight="sphere"),
        "regularized": ib.RegularizedProblem(x, rng.normal(size=10), 0.05),
    }
    for name, problem in stated.items():
        best = ib.solve(problem, tolerance=1e-9)
        errors = [ib.solve(problem, "dictionary", grid=count).value / best.value - 1 for count in (10, 30, 100, 300, 1000, 3000)]
        print(
            f"{name}: 10, 30, …, 3000 angles with the data's kinks are off by {', '.join(f'{error:.1e}' for error in errors)}", flush=True
        )


def plane() -> None:
    """Time column generation for two inputs: interpolation to 1e-6, and 25 bins to 1e-2 and to 1e-3."""
    rng = np.random.default_rng(3)
    ticks = np.linspace(-1, 1, 25)
    points = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    teacher = ib.Network(rng.normal(size=(3, 2)), 0.5 * rng.normal(size=3), rng.normal(size=3))
    y = teacher(points)
    labels, _ = ib.bin_targets(y, 25)
    print(f"teacher: {teacher.path_norm():.6f}")
    jobs = [("regression", ib.RegressionProblem(points, y), 1e-6)]
    jobs += [("25 bins", ib.MaxMarginProblem(points, labels, n_classes=25), tolerance) for tolerance in (1e-2, 1e-3)]
    for name, problem, tolerance in jobs:
        began = time.perf_counter()
        found = ib.solve(problem, tolerance=tolerance)
        spent = time.perf_counter() - began
        print(f"{name}: {spent:.1f} s, {found.status}, gap {found.gap:.1e}, value {found.value:.8g}, {len(found.atoms)} atoms", flush=True)


if __name__ == "__main__":
    parts = {"growth": growth, "dictionary": dictionary, "awkward": awkward, "grid": grid, "plane": plane}
    yardstick()
    for part in sys.argv[1:] or parts:
        parts[part]()
