"""The exact methods, in O(n): interpolation by a tridiagonal system, smoothing by a banded one, and the choice of its λ."""

from __future__ import annotations

import time

import numpy as np

from implicit_bias.errors import DataError, OptionError
from implicit_bias.methods.base import Found, Method, Options
from implicit_bias.numerics.arrays import FloatArray, freeze
from implicit_bias.problems.splines import smoothing
from implicit_bias.problems.splines.bounds import SplineCandidate
from implicit_bias.problems.splines.curvature import GCV, SplineProblem
from implicit_bias.problems.splines.gaps import QUIET
from implicit_bias.problems.splines.spline import Spline
from implicit_bias.solution import Timings

_BEYOND = 6
"""How many decades beyond the range of the smoother's eigenvalues cross-validation looks for λ."""
_LEAST = -300
"""The decade where it stops looking in any case, and that of its inverse: float64 ends there."""


class ExactSpline(Method[SplineProblem]):
    """A tridiagonal system to interpolate, a banded one to smooth."""

    name, title, suits = "exact", "The exact method", (SplineProblem,)
    cost = "O(n)"

    def solve(self, problem: SplineProblem, options: Options) -> Found:
        """Choose λ if that is asked for, and solve in O(n)."""
        began = time.perf_counter()
        stated, remark = with_chosen_regularization(problem)
        weight = stated.regularization
        spline = interpolate(stated) if weight is None else smooth(stated, weight)
        return Found(SplineCandidate(spline, weight), Timings(solve=time.perf_counter() - began), notes=remark)


def with_chosen_regularization(problem: SplineProblem) -> tuple[SplineProblem, str]:
    """Return the problem with its λ, by cross-validation if it says so, and a sentence on that."""
    if problem.smoothing != GCV:
        return problem, ""
    regularization, remark = choose_regularization(problem)
    return problem.smoothed(regularization), f" {remark}"


def interpolate(problem: SplineProblem) -> Spline:
    """Solve A ℓ = Q y by LDLᵀ, which needs no scaling: it is the same to the last bit for any."""
    from scipy.linalg.lapack import dptsv

    bending = np.zeros(len(problem))
    if bending.size > 2:
        diagonal, inner, stiff = problem.gaps.diagonal, bending[1:-1], problem.gaps.stiff
        inner[:] = problem.changes
        diagonal[stiff], inner[stiff] = 1.0, 0.0  # a knot that cannot bend has no equation, and its neighbours do not see it
        # LAPACK's wrapper wants an entry beside the diagonal even for a single unknown
        off = problem.gaps.moments.cross[1 : max(2, inner.size)]
        _, _, inner[:], info = dptsv(diagonal, off, inner, overwrite_d=True, overwrite_b=True)
        if info != 0:
            raise DataError("The system for the spline's bending is singular to rounding: zeta is concentrated on too few places.")
    return Spline(problem.x, problem.y, _finite(bending), problem.zeta)


def smooth(problem: SplineProblem, regularization: float) -> Spline:
    """Minimise Σ (g(x_i) - y_i)² + λ ∫ (g'')²/ζ for a given λ > 0."""
    values, bending = smoothing.smooth(problem, regularization)
    return Spline(problem.x, _finite(values), _finite(bending), problem.zeta)


def _finite(values: FloatArray) -> FloatArray:
    if not np.isfinite(values).all():
        raise DataError("The spline overflows float64: rescale x, y or zeta.")
    return freeze(values)


@QUIET
def choose_regularization(problem: SplineProblem) -> tuple[float, str]:
    """Return the λ of least cross-validation score, and a sentence on it.

    Raises
    ------
    OptionError
        With fewer than three different x, where every λ gives the same line.
    """
    from scipy.optimize import minimize_scalar

    if len(problem) < 3:
        raise OptionError("Cross-validation needs three different x: with two, every regularization gives the same line.")
    gaps = problem.gaps
    roughest = float(np.sum((1 / gaps.widths[:-1] + 1 / gaps.widths[1:]) ** 2 / problem.counts[1:-1]))  # of the order of tr(Q W⁻¹ Qᵀ)
    centre = float(gaps.diagonal.sum()) / roughest
    if not 10.0**_LEAST < centre < 10.0**-_LEAST:
        raise OptionError("Cross-validation finds no scale for the regularization: zeta or x is too uneven. Give a number.")
    low = max(_LEAST, np.log10(centre) - _BEYOND)
    high = min(-_LEAST, np.log10(centre) + _BEYOND + 4 * np.log10(len(problem)))

    def score(exponent: float) -> float:
        found = smoothing.cross_validation(problem, 10.0**exponent)
        return found if np.isfinite(found) else np.inf

    grid = np.linspace(low, high, int(np.ceil(high - low)) + 1)
    scores = [score(exponent) for exponent in grid]
    best = int(np.argmin(scores))
    if scores[best] == np.inf:
        raise OptionError("Cross-validation overflows float64 for every regularization: rescale x, y or zeta, or give a number.")
    bracket = (grid[max(0, best - 1)], grid[min(grid.size - 1, best + 1)])
    found = minimize_scalar(score, bounds=bracket, method="bounded", options={"xatol": 1e-5})
    exponent = float(found.x) if found.fun <= scores[best] else float(grid[best])
    regularization = float(f"{10.0**exponent:.6g}")  # no more digits were searched for, and so what is said is what was used
    chosen = f"Cross-validation chose the regularization {regularization:.6g}"
    if best in (0, grid.size - 1):
        limit = "interpolation" if best == 0 else "a straight line"
        return regularization, f"{chosen}, at the end of what was searched: it prefers {limit}."
    return regularization, f"{chosen}."
