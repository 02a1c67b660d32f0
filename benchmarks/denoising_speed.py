"""Measure total-variation denoising of second order: its growth, and beside CVXPY's backends and an outside library.

    python benchmarks/denoising_speed.py           # everything, some fifteen minutes
    python benchmarks/denoising_speed.py growth    # up to a million points and down to tiny λ, against argsort of the same x shuffled
    python benchmarks/denoising_speed.py programs  # n = 10,000 against the sparse quadratic program on five backends, both forms
    python benchmarks/denoising_speed.py path      # forty λ
    python benchmarks/denoising_speed.py peer      # n = 1000 and 10,000 against splineops, if it is installed

Set OPENBLAS_NUM_THREADS=1. All times are wall seconds from arrays in to judged answer out; CVXPY's compilation counts for its side. Ratios
are of medians within one run. λ are given as parts of λ_max, above which the least-squares line is optimal.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
from common import noisy_sine, seconds, yardstick

import implicit_bias as ib
from implicit_bias.methods.programs import backends

PATIENCE = 30.0
"""Seconds that a backend is given, where it can be told."""

PARTS = (1e-2, 1e-4, 1e-6, 1e-8, 1e-10)
"""λ over λ_max."""

ACCURATE = 1e-6
"""A relative gap up to which a backend counts as having solved the problem."""

Sample = tuple[np.ndarray, np.ndarray]


def evenly(n: int, seed: int = 0) -> Sample:
    """Return n evenly spaced points, and a noisy sine of them."""
    x = np.linspace(0, 1, n)
    return x, np.sin(9 * x) + 0.1 * np.random.default_rng(seed).normal(size=n)


DATA: dict[str, Callable[[int], Sample]] = {"random x": noisy_sine, "even x": evenly}


def stated(x: np.ndarray, y: np.ndarray, level: float = 1.0) -> ib.DenoisingProblem:
    """State the problem."""
    return ib.RegularizedProblem(x, y, level, weight="unit", affine="free")


def own(x: np.ndarray, y: np.ndarray, level: float) -> ib.Solution:
    """Solve and judge by the method of the toolkit."""
    return ib.solve(stated(x, y, level))


def growth() -> None:
    """Time the method for more and more points."""
    for part in PARTS:
        rows = []
        for n in (10**3, 10**4, 10**5, 10**6):
            x, y = noisy_sine(n)
            level = part * ib.lambda_max(stated(x, y))
            shuffled = np.random.default_rng(1).permutation(x)
            turns = 5 if n < 10**6 else 1
            taken = median(seconds(lambda: own(x, y, level)) for _ in range(turns))  # noqa: B023
            sorting = median(seconds(lambda: np.argsort(shuffled)) for _ in range(turns))  # noqa: B023
            solution = own(x, y, level)
            rows.append((n, taken))
            print(
                f"λ = {part:.0e} λ_max, n = {n:>8}: {taken:8.4f} s, {taken / sorting:6.1f} × argsort, "
                f"{len(solution.measure):>7} kinks, gap {solution.gap:.1e}",
                flush=True,
            )
        log_n, log_t = np.log10(np.array(rows)).T
        print(f"log-log slope: {np.polyfit(log_n, log_t, 1)[0]:.3f}", flush=True)


def programs(n: int = 10_000) -> None:
    """Time every backend, in both forms, against the method of the toolkit."""
    import cvxpy  # noqa: F401  (its import is not timed)

    for name, sample in DATA.items():
        for part in PARTS:
            x, y = sample(n)
            level = part * ib.lambda_max(stated(x, y))
            taken, best = median(seconds(lambda: own(x, y, level)) for _ in range(5)), own(x, y, level)  # noqa: B023
            print(f"{name}, n = {n}, λ = {part:.0e} λ_max, exact: {taken * 1e3:.1f} ms, gap {best.gap:.1e}", flush=True)
            fastest = float("inf")
            for row in backends.BACKENDS.values():
                for form in ("primal", "dual") if row.installed else ():
                    began = time.perf_counter()
                    limit = PATIENCE if row.time_option else None
                    found = ib.solve(best.problem, "sparse", row.name, form=form, time_limit=limit)
                    spent = time.perf_counter() - began
                    fastest = min(fastest, spent) if found.gap <= ACCURATE else fastest
                    print(
                        f"  {row.name:8} {form:6} {spent:8.3f} s, {spent / taken:7.0f} × exact, gap {found.gap:.1e}, {found.status}",
                        flush=True,
                    )
            print("  no backend solved it" if np.isinf(fastest) else f"  fastest with gap ≤ {ACCURATE:g} / exact: {fastest / taken:.1f}")


def path(n: int = 10_000) -> None:
    """Time a path of λ."""
    for name, sample in DATA.items():
        problem = stated(*sample(n))
        levels = ib.lambda_max(problem) * np.logspace(0, -10, 40)
        taken = seconds(lambda: ib.path(problem, levels))  # noqa: B023
        print(f"{name}, n = {n}, 40 λ from λ_max to 1e-10 λ_max: {taken:.3f} s")


def peer() -> None:
    """Time the ADMM of splineops with its own settings, and evaluate our objective of what it returns."""
    try:
        from splineops.adaptive_regression_splines.denoising import denoise_y
    except ImportError:
        print("splineops is missing (pip install splineops)")
        return
    for n in (1000, 10_000):
        for part in PARTS[:4]:
            x, y = evenly(n)
            level = part * ib.lambda_max(stated(x, y))
            taken, best = median(seconds(lambda: own(x, y, level)) for _ in range(5)), own(x, y, level)  # noqa: B023
            began = time.perf_counter()
            values = denoise_y(x, y, level)
            spent = time.perf_counter() - began
            value = ((values - y) ** 2).sum() / 2 + level * np.abs(np.diff(np.diff(values) / np.diff(x))).sum()
            print(
                f"n = {n}, λ = {part:.0e} λ_max: splineops {spent:.3f} s, {spent / taken:.0f} × exact ({taken * 1e3:.1f} ms), "
                f"its objective is off by {value / best.value - 1:.1e}",
                flush=True,
            )


if __name__ == "__main__":
    parts = {"growth": growth, "programs": programs, "path": path, "peer": peer}
    yardstick()
    for chosen in sys.argv[1:] or parts:
        parts[chosen]()
