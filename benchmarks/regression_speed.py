"""Measure how fast the exact method for regression is, and how its cost grows.

    python benchmarks/regression_speed.py            # everything, about ten minutes
    python benchmarks/regression_speed.py growth     # the exact method against argsort, its memory and its growth
    python benchmarks/regression_speed.py dictionary # n = 1000 against the dictionary on five backends
    python benchmarks/regression_speed.py sparse     # n = 100,000 against the sparse program on five backends
    python benchmarks/regression_speed.py import     # seconds to import the package

All times are wall seconds from arrays in to judged answer out; CVXPY's compilation counts for its side. Ratios are of medians
taken in turns within one run.
"""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from statistics import median

import numpy as np
from common import noisy_sine, seconds

import implicit_bias as ib
from implicit_bias.methods.programs.backends import BACKENDS

PATIENCE = 60.0
"""Seconds that a backend is given, where it can be told."""


def growth() -> None:
    """Time the exact method against argsort of the same x shuffled, and measure its memory."""
    rows = []
    for n in (10**4, 10**5, 10**6, 10**7):
        x, y = noisy_sine(n)
        shuffled = np.random.default_rng(1).permutation(x)
        turns = 11 if n <= 10**6 else 3
        pairs = [(seconds(lambda: ib.solve(ib.RegressionProblem(x, y))), seconds(lambda: np.argsort(shuffled))) for _ in range(turns)]  # noqa: B023
        exact, argsort = (median(column) for column in zip(*pairs, strict=True))
        tracemalloc.start()
        solution = ib.solve(ib.RegressionProblem(x, y))
        arrays = tracemalloc.get_traced_memory()[1] / (8 * n)
        tracemalloc.stop()
        rows.append((n, exact))
        print(
            f"n = {n:>8}: {exact:8.4f} s, {exact / argsort:5.2f} × argsort, peak {arrays:4.1f} arrays of n doubles, gap {solution.gap:.1e}"
        )
    log_n, log_t = np.log10(np.array(rows)).T
    print(f"log-log slope from 10^4 to 10^7: {np.polyfit(log_n, log_t, 1)[0]:.3f}")


def against(n: int, method: str, turns: int) -> None:
    """Time a program on every backend against the exact method."""
    rng = np.random.default_rng(0)
    x, y = np.linspace(-1, 1, n), rng.normal(size=n)
    problem = ib.RegressionProblem(x, y)
    ib.solve(ib.RegressionProblem([0, 1], [0, 1]), "sparse")  # the import of CVXPY is not timed
    exact = median(seconds(lambda: ib.solve(ib.RegressionProblem(x, y))) for _ in range(50))
    value = ib.solve(problem).value
    print(f"n = {n}, exact: {exact * 1e3:.3f} ms")
    fastest = float("inf")
    for name in BACKENDS:
        for form in ("primal", "dual"):
            times, solution = [], None
            for _ in range(turns):
                began = time.perf_counter()
                limit = PATIENCE if BACKENDS[name].time_option else None
                solution = ib.solve(ib.RegressionProblem(x, y), method, name, form=form, time_limit=limit)
                times.append(time.perf_counter() - began)
            again = seconds(lambda: ib.solve(ib.RegressionProblem(x, y)))
            fastest = min(fastest, median(times))
            ratio, error = median(times) / exact, abs(solution.value / value - 1)
            print(f"  {method} {form:6} {name:8} {median(times):9.3f} s, {ratio:9.0f} × exact ({again * 1e3:.2f} ms beside it)", end="")
            print(f", {solution.status}, gap {solution.gap:.1e}, value off by {error:.1e}", flush=True)
    print(f"fastest / exact: {fastest / exact:.0f}")


def import_time() -> None:
    """Time the import of the package in a fresh interpreter."""
    code = "import time; t = time.perf_counter(); import implicit_bias; print(time.perf_counter() - t)"
    times = [float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) for _ in range(5)]
    print(f"import implicit_bias: {median(times):.3f} s (median of 5)")


if __name__ == "__main__":
    parts = {
        "import": import_time,
        "growth": growth,
        "dictionary": lambda: against(1000, "dictionary", 1),
        "sparse": lambda: against(100_000, "sparse", 1),
    }
    for part in sys.argv[1:] or parts:
        parts[part]()
