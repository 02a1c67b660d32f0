"""Measure how fast and how accurate curvature splines are, beside SciPy's.

    python benchmarks/spline_speed.py                # everything, about ten minutes
    python benchmarks/spline_speed.py interpolation  # build and evaluate against CubicSpline, and the growth to 10^7
    python benchmarks/spline_speed.py smoothing      # given λ, against make_smoothing_spline, and the growth to 10^7
    python benchmarks/spline_speed.py accuracy       # both against sixty digits, ours and SciPy's
    python benchmarks/spline_speed.py authors        # the 101-point problem, against conjugate gradients

Set OPENBLAS_NUM_THREADS=1. Times are wall seconds from arrays in to values out; ours include the judgement (both bounds).
"build only" leaves the judgement out: SciPy makes none. Ratios are of medians taken in turns within one run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from decimal import Decimal, localcontext
from itertools import pairwise
from statistics import median

import numpy as np
from common import noisy_sine, seconds
from scipy.interpolate import CubicSpline, make_smoothing_spline
from scipy.optimize import minimize

import implicit_bias as ib
from implicit_bias.methods.exact import spline as exact

ZETAS = {
    "constant": ib.ConstantZeta(),
    "gaussian": ib.GaussianZeta(1.0, 0.3),
    "binary-uniform": ib.BinaryUniformZeta(1.2),
    "uniform": ib.UniformZeta(1.0, 0.5),
}


def solve(matrix: list[list[Decimal]], right: list[Decimal]) -> list[Decimal]:
    """Solve a symmetric system given by its main diagonal and two upper ones, in the digits of the context."""
    zero, n = Decimal(0), len(right)
    rows: list[tuple[Decimal, Decimal, Decimal, Decimal]] = []
    for i in range(n):
        pivot, above, far = (diagonal[i] if i < len(diagonal) else zero for diagonal in matrix)
        z = right[i]
        if i:
            d, first, second, before = rows[-1]
            pivot, above, z = pivot - first * first * d, above - first * d * second, z - first * before
        if i > 1:
            d, _, second, before = rows[-2]
            pivot, z = pivot - second * second * d, z - second * before
        rows.append((pivot, above / pivot, far / pivot, z))
    found = [zero] * (n + 2)
    for i in range(n - 1, -1, -1):
        pivot, first, second, z = rows[i]
        found[i] = z / pivot - first * found[i + 1] - second * found[i + 2]
    return found[:n]


def reference(x: np.ndarray, y: np.ndarray, regularization: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the cubic (smoothing) spline in sixty digits: its values at x and at the middles of the gaps."""
    with localcontext() as context:
        context.prec = 60
        xs, g, lam = [Decimal(float(v)) for v in x], [Decimal(float(v)) for v in y], Decimal(regularization)
        h = [b - a for a, b in pairwise(xs)]
        slopes = [(b - a) / w for (a, b), w in zip(pairwise(g), h, strict=True)]
        rows = [(1 / a, -1 / a - 1 / b, 1 / b) for a, b in pairwise(h)]
        main = [(a + b) / 3 + lam * (p * p + q * q + r * r) for (a, b), (p, q, r) in zip(pairwise(h), rows, strict=True)]
        above = [w / 6 + lam * (a[1] * b[0] + a[2] * b[1]) for w, (a, b) in zip(h[1:-1], pairwise(rows), strict=True)]
        far = [lam * a[2] * b[0] for a, b in zip(rows, rows[2:], strict=False)]
        bends = solve([main, above, far], [b - a for a, b in pairwise(slopes)])
        for i, (row, bend) in enumerate(zip(rows, bends, strict=True)):
            for k in range(3):
                g[i + k] -= lam * row[k] * bend
        ends = [Decimal(0), *bends, Decimal(0)]
        middles = [(a + b) / 2 - w * w * (p + q) / 16 for (a, b), (p, q), w in zip(pairwise(g), pairwise(ends), h, strict=True)]
        return np.array([float(v) for v in g]), np.array([float(v) for v in middles])


def grown(sizes: tuple[int, ...], work: Callable[[int], float]) -> None:
    """Print seconds at growing sizes, and the slope."""
    times = [median(work(n) for _ in range(5 if n < 10**7 else 1)) for n in sizes]
    slope = np.polyfit(np.log(sizes), np.log(times), 1)[0]
    print(
        "  growth: " + ", ".join(f"{n:.0e} {t:.4f} s" for n, t in zip(sizes, times, strict=True)) + f"; log-log slope {slope:.3f}",
        flush=True,
    )


def window_error(x: np.ndarray, y: np.ndarray, spline: Callable[[np.ndarray], np.ndarray]) -> float:
    """Return the largest error of an interpolant between 2000 points amid the data, against sixty digits.

    A point's influence falls by a factor of about 3.7 a knot, so that what is 200 knots from the window's ends is right.
    """
    around = slice(x.size // 2 - 1200, x.size // 2 + 1200)
    x, y = x[around], y[around]
    _, between = reference(x, y, 0.0)
    inner = slice(200, -200)
    error = np.abs(spline(x[:-1] + np.diff(x) / 2) - between)[inner]
    return float(error.max() / np.abs(between[inner]).max())


def interpolation() -> None:
    """Time building and evaluating at 10^6 points."""
    x, y = noisy_sine(10**6)
    at = np.linspace(0, 1, x.size)

    def judged(zeta: ib.ConstantZeta) -> object:
        return ib.solve(ib.SplineProblem(x, y, zeta)).predict(at)

    def built(zeta: ib.ConstantZeta) -> object:
        return exact.interpolate(ib.SplineProblem(x, y, zeta))(at)

    for name, zeta in ZETAS.items():
        turns = [
            (seconds(lambda: judged(zeta)), seconds(lambda: built(zeta)), seconds(lambda: CubicSpline(x, y, bc_type="natural")(at)))  # noqa: B023
            for _ in range(11)
        ]
        ours, bare, scipy = (median(column) for column in zip(*turns, strict=True))
        solution = ib.solve(ib.SplineProblem(x, y, zeta))
        print(f"interpolation n = 10^6, {name:14}: {ours:.3f} s judged, {bare:.3f} s build only, SciPy {scipy:.3f} s; ", end="")
        print(f"ratios {ours / scipy:.2f} and {bare / scipy:.2f}; gap {solution.gap:.1e}", end="")
        if name in ("constant", "binary-uniform"):  # constant on [0, 1]: the same cubic spline, whose sixty digits are known
            error, theirs = (window_error(x, y, found) for found in (solution.spline, CubicSpline(x, y, bc_type="natural")))
            print(f"; error {error:.0e}, SciPy {theirs:.0e}", end="")
        print(flush=True)

    def grow(n: int) -> float:
        x, y = noisy_sine(n)
        at = np.linspace(0, 1, n)
        return seconds(lambda: ib.solve(ib.SplineProblem(x, y, ZETAS["gaussian"])).predict(at))

    grown((10**4, 10**5, 10**6, 10**7), grow)


def smoothing() -> None:
    """Time smoothing at a given λ."""
    for n, turns in ((10**5, 3), (10**6, 1)):
        x, y = noisy_sine(n)
        for regularization in (1e-8, 1e-4, 1.0):
            ours = median(seconds(lambda: ib.solve(ib.SplineProblem(x, y, smoothing=regularization))) for _ in range(3))  # noqa: B023
            gap = ib.solve(ib.SplineProblem(x, y, smoothing=regularization)).gap
            print(f"smoothing n = {n:.0e}, λ = {regularization:g}: {ours:.3f} s, gap {gap:.1e}; ", end="")
            try:
                scipy = median(seconds(lambda: make_smoothing_spline(x, y, lam=regularization)) for _ in range(turns))  # noqa: B023
                print(f"SciPy {scipy:.3f} s, ratio {ours / scipy:.3f}", end="")
                if n == 10**5:
                    values, _ = reference(x, y, regularization)
                    found = ib.solve(ib.SplineProblem(x, y, smoothing=regularization)).spline.values
                    theirs = make_smoothing_spline(x, y, lam=regularization)(x)
                    print(f"; error {np.abs(found - values).max():.0e}, SciPy {np.abs(theirs - values).max():.0e}", end="")
                print(flush=True)
            except (ValueError, np.linalg.LinAlgError) as error:
                print(f"SciPy fails: {error}", flush=True)

    def grow(n: int) -> float:
        x, y = noisy_sine(n)
        return seconds(lambda: ib.solve(ib.SplineProblem(x, y, ZETAS["gaussian"], 1e-4)))

    grown((10**4, 10**5, 10**6, 10**7), grow)


def accuracy() -> None:
    """Compare with sixty digits."""
    for n in (10**2, 10**3, 10**4):
        for spread in ("even", "random"):
            x, y = noisy_sine(n)
            x = np.linspace(0, 1, n) if spread == "even" else x
            middles = x[:-1] + np.diff(x) / 2
            for regularization in (0.0, 1e-8, 1e-4, 1e-2, 1.0):
                values, between = reference(x, y, regularization)
                spline = ib.solve(ib.SplineProblem(x, y, smoothing=regularization or None)).spline
                line = f"n = {n:>5} {spread:6} λ = {regularization:<6g}"
                try:
                    other = make_smoothing_spline(x, y, lam=regularization) if regularization else CubicSpline(x, y, bc_type="natural")
                    theirs = f"{max(np.abs(other(x) - values).max(), np.abs(other(middles) - between).max() / np.abs(between).max()):.0e}"
                except (ValueError, np.linalg.LinAlgError) as error:
                    theirs = f"fails ({error})"
                error = max(np.abs(spline(x) - values).max(), np.abs(spline(middles) - between).max() / np.abs(between).max())
                print(f"{line}: ours {error:.0e}, SciPy {theirs}", flush=True)


def authors() -> None:
    """Solve Jin and Montúfar's five points on 101 places by conjugate gradients, as they did, and exactly."""
    x, y, places = np.arange(-2.0, 3.0), np.array([1.5, 0.5, 1.5, 0.5, 1.5]), np.linspace(-2, 2, 101)
    free = np.ones(101, dtype=bool)
    free[::25] = False
    width = places[1] - places[0]
    for name, zeta in (("uniform(1, 2)", ib.UniformZeta(1, 2)), ("gaussian(1, √0.1)", ib.GaussianZeta(1, np.sqrt(0.1)))):
        weight = 1 / (zeta(places[1:-1]) * width**3)

        def whole(inner: np.ndarray) -> np.ndarray:
            values = np.empty(101)
            values[free], values[~free] = inner, y
            return values

        def objective(inner: np.ndarray, weight: np.ndarray = weight) -> tuple[float, np.ndarray]:
            bends = np.diff(whole(inner), 2)
            pull = 2 * weight * bends
            gradient = np.zeros(101)
            gradient[:-2] += pull
            gradient[1:-1] -= 2 * pull
            gradient[2:] += pull
            return float(weight @ bends**2), gradient[free]

        start = np.interp(places, x, y)[free]
        began = time.perf_counter()
        found = minimize(objective, start, jac=True, method="CG", options={"maxiter": 100_000, "gtol": 1e-6})
        slow = time.perf_counter() - began
        spline = ib.solve(ib.SplineProblem(x, y, zeta)).spline
        quick = median(seconds(lambda: ib.solve(ib.SplineProblem(x, y, zeta)).predict(places)) for _ in range(101))  # noqa: B023
        best = objective(spline(places)[free])[0]
        print(f"authors' problem, {name}: exact {quick * 1e3:.3f} ms, conjugate gradients {slow:.3f} s with the gradient given, ", end="")
        print(
            f"{found.nfev} evaluations, ratio {slow / quick:.0f}; they end {np.abs(spline(places)[free] - found.x).max():.1e} away, ",
            end="",
        )
        print(f"at {found.fun / best - 1:+.1e} of the exact spline's discrete objective, {found.message}", flush=True)


if __name__ == "__main__":
    parts = {"interpolation": interpolation, "smoothing": smoothing, "accuracy": accuracy, "authors": authors}
    for part in sys.argv[1:] or parts:
        parts[part]()
