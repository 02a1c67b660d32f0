"""Measure column generation on the regularised problem: its growth, a path, the finite convex program, and an outside library.

    python benchmarks/regularized_speed.py        # everything, some minutes
    python benchmarks/regularized_speed.py growth # one and two inputs, to a gap of 1e-8
    python benchmarks/regularized_speed.py path   # eight λ, each from the one before, against each from nothing
    python benchmarks/regularized_speed.py peer   # pyscnn, if it is installed, on its own problem: same objective, evaluated by us

Set OPENBLAS_NUM_THREADS=1. All times are wall seconds from arrays in to judged answer out. pyscnn (PyPI: pyscnn) takes the bias as an
input that is always 1, so that its group penalty is λ Σ ‖(w, b)‖ |a|, and divides the objective by n.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from common import seconds, yardstick

import implicit_bias as ib

LEVEL = 0.1
"""λ."""

CLOSER = 1e-9
"""How much an objective may exceed another's and still count as the same, relative to it."""


def sample(n: int, inputs: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return normal points, (n, d), and a noisy target that curves."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, inputs))
    return x, np.sin(2 * x[:, 0]) + (x[:, 1:] ** 2).sum(axis=1) + 0.1 * rng.normal(size=n)


def growth() -> None:
    """Time the default method."""
    for inputs, sizes in ((1, (30, 100, 300, 1000)), (2, (30, 100, 300)), (5, (30, 100))):
        rows = []
        for n in sizes:
            x, y = sample(n, inputs)
            began = time.perf_counter()
            found = ib.solve(ib.RegularizedProblem(x, y, LEVEL))
            rows.append((n, time.perf_counter() - began))
            certified = "" if found.certificate.exact else ", not certified"
            print(
                f"{inputs} inputs, n = {n:>4}: {rows[-1][1]:7.2f} s, {found.status}, gap {found.gap:.1e}{certified}, "
                f"{len(found.atoms)} atoms",
                flush=True,
            )
        log_n, log_t = np.log10(np.array(rows)).T
        print(f"log-log slope: {np.polyfit(log_n, log_t, 1)[0]:.2f}")


def path() -> None:
    """Time a path with warm starts against the same problems one by one."""
    x, y = sample(60, 2)
    problem = ib.RegularizedProblem(x, y, 1.0)
    levels = ib.lambda_max(problem) * 10.0 ** -np.arange(1, 9)
    warm, cold = seconds(lambda: ib.path(problem, levels)), seconds(lambda: [ib.solve(problem.regularized(level)) for level in levels])
    print(f"path of 8 λ down to 1e-8 λ_max: {warm:.1f} s, one by one {cold:.1f} s")
    for found in ib.path(problem, levels):
        print(f"  λ = {found.problem.level:.1e}: gap {found.gap:.1e}, {found.status}, {len(found.atoms)} atoms", flush=True)


def peer() -> None:
    """Time pyscnn with its default settings, and ourselves: to a gap of 1e-8, and until our objective is at most its own."""
    try:
        from scnn.optimize import optimize
        from scnn.regularizers import NeuronGL1
    except ImportError:
        print("pyscnn is missing (pip install pyscnn)")
        return
    for inputs, n in ((1, 50), (1, 200), (2, 50), (2, 200)):
        x, y = sample(n, inputs)
        problem = ib.RegularizedProblem(x, y, LEVEL)
        rows = np.column_stack([x, np.ones(n)])
        best_time, best = seconds(lambda: ib.solve(problem)), ib.solve(problem)  # noqa: B023
        for neurons in (100 * inputs, 400 * inputs):
            began = time.perf_counter()
            penalty = NeuronGL1(LEVEL / n)
            model, _ = optimize("relu", neurons, rows, y, regularizer=penalty, unitize_data=False, dtype="float64")
            spent = time.perf_counter() - began
            inner, outer = (np.asarray(part, dtype=np.float64) for part in model.parameters[:2])
            theirs = problem.objective(ib.Network(inner[:, :-1], inner[:, -1], outer).measure())
            tolerance = max(1e-8, 0.5 * (theirs - best.lower_bound) / theirs)
            same_time, same = seconds(lambda: ib.solve(problem, tolerance=tolerance)), ib.solve(problem, tolerance=tolerance)  # noqa: B023
            verdict = "as good or better" if same.upper_bound <= theirs * (1 + CLOSER) else "WORSE"
            print(
                f"{inputs} inputs, n = {n}, {neurons} neurons: pyscnn {spent:.2f} s, objective {theirs:.6g}; to a gap of 1e-8 "
                f"{best_time:.2f} s, {spent / best_time:.0f} times faster, objective {best.upper_bound:.6g}; "
                f"{verdict} in {same_time:.2f} s, {spent / same_time:.0f} times faster",
                flush=True,
            )


if __name__ == "__main__":
    parts = {"growth": growth, "path": path, "peer": peer}
    yardstick()
    for part in sys.argv[1:] or parts:
        parts[part]()
