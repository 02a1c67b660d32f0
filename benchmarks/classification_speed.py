"""Measure how fast max-margin classification is, and how its cost grows.

    python benchmarks/classification_speed.py            # everything
    python benchmarks/classification_speed.py paper      # 250 points, 50 bins, against the backends on the reduced sparse form
    python benchmarks/classification_speed.py even       # the triangles at n = 10,000 and 50 bins
    python benchmarks/classification_speed.py hard       # 2,000 points, 10 classes, labels at random
    python benchmarks/classification_speed.py growth     # in |S_C| and in k
    python benchmarks/classification_speed.py reduction  # 100,000 points with |S_C| about 50

Wall seconds from arrays in to judged answer out; CVXPY's compilation counts for its side. Beside them a yardstick of the machine.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from common import yardstick

import implicit_bias as ib
from implicit_bias import data


def report(name: str, x: np.ndarray, labels: np.ndarray, k: int, **options: object) -> float:
    """Solve, print and return the seconds."""
    began = time.perf_counter()
    solution = ib.solve(ib.MaxMarginProblem(x, labels, k), **options)
    taken = time.perf_counter() - began
    kinks = ib.classification_kinks(x, labels).size
    print(
        f"{name}: n {len(x)}, |S_C| {kinks}, k {k}: {taken:.2f} s, {solution.method}, {solution.status}, gap {solution.gap:.1e}, ", end=""
    )
    print(f"bounds [{solution.lower_bound:.12g}, {solution.upper_bound:.12g}]", flush=True)
    return taken


def paper() -> None:
    """Compare with every backend on the same reduced instance."""
    sample = data.triangles(seed=0)
    labels, _ = ib.bin_targets(sample.y, 50, range=(0, 1), midpoints="ends")
    exact = report("paper size", sample.x, labels, 50)
    for backend in ("CLARABEL", "ECOS", "SCS"):
        began = time.perf_counter()
        problem = ib.MaxMarginProblem(sample.x, labels, 50)
        reduced, lift = problem.reduced()
        found = lift(ib.solve(reduced, "sparse", backend).candidate)
        taken = time.perf_counter() - began
        gap = float("nan") if found.measure is None else ib.judge(problem, found.measure, found.dual).gap
        print(f"  reduced sparse on {backend}: {taken:.1f} s, {taken / exact:.1f} × exact, gap {gap:.1e}", flush=True)


def even() -> None:
    """Take the triangles on an even grid of 10,000 points."""
    x = np.linspace(-1, 1, 10_000)
    labels, _ = ib.bin_targets(data.triangle_target(x), 50, range=(0, 1), midpoints="ends")
    report("even grid", x, labels, 50)


def hard() -> None:
    """Take labels at random: nearly every point switches."""
    rng = np.random.default_rng(0)
    report("random labels", np.sort(rng.random(2000)), rng.integers(0, 10, 2000), 10, tolerance=1e-6)


def growth() -> None:
    """Vary |S_C| at 10 classes, and the classes at about 100 points of S_C."""
    for size in (30, 100, 300, 1000):
        rng = np.random.default_rng(1)
        report("growth in |S_C|", np.sort(rng.random(size)), rng.integers(0, 10, size), 10, tolerance=1e-6)
    for k in (4, 8, 16, 32, 64):
        rng = np.random.default_rng(2)
        report("growth in k", np.sort(rng.random(110)), rng.integers(0, k, 110), k, tolerance=1e-6)


def reduction() -> None:
    """Compare 100,000 points with the problem of their S_C alone."""
    rng = np.random.default_rng(3)
    x = np.sort(rng.random(100_000))
    labels = np.repeat(np.arange(25) % 4, 4000)
    kinks = np.isin(x, ib.classification_kinks(x, labels))
    small = report("S_C alone", x[kinks], labels[kinks], 4)
    large = report("all points", x, labels, 4)
    print(f"  ratio {large / small:.2f}")


if __name__ == "__main__":
    yardstick()
    ib.solve(ib.MaxMarginProblem([0, 1], [0, 1]), "sparse")  # imports are not timed
    parts = {"paper": paper, "even": even, "hard": hard, "growth": growth, "reduction": reduction}
    for part in sys.argv[1:] or parts:
        parts[part]()
