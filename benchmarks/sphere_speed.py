"""Measure the exact method on the sphere against a dictionary on a fine grid of angles, and how its cost grows.

    python benchmarks/sphere_speed.py            # everything, some minutes
    python benchmarks/sphere_speed.py growth     # the exact method up to a million points
    python benchmarks/sphere_speed.py dictionary # n = 1000 against 10,000 angles that contain the data

All times are wall seconds from arrays in to judged answer out; CVXPY's compilation counts for its side.
"""

from __future__ import annotations

import sys
import time
from statistics import median

import numpy as np

import implicit_bias as ib
from implicit_bias.backends import BACKENDS

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


if __name__ == "__main__":
    parts = {"growth": growth, "dictionary": dictionary}
    for part in sys.argv[1:] or parts:
        parts[part]()
