"""What a two-layer network of one input can reach at best under the square loss, certified by the convex problem.

A network ρ f with two layers of unit Frobenius norm, inputs (x, 1), has the convex cost c = ρ Σ_h |a_h| ‖w_h‖ ≤ ρ (Cauchy and
Schwarz). So an interpolant has ρ ≥ V, the optimum of problem (4), and the margin of its normalised function is at most 1/V. With F = ρ f
and any r ≥ 0

    Σ (F - y)² + λ ρ² ≥ Σ (F - y)² + λ c² ≥ 2 [½ Σ (F - y)² + r c] - r²/λ ≥ 2 LB(r) - r²/λ,

LB(r) being the certified lower bound of ``RegularizedProblem(x, y, r)``; the best r is λ c(r). The right-hand side is concave in r. Without
normalisation Σ ‖W_k‖² ≥ 2 ρ, and Σ (F - y)² + λ Σ ‖W_k‖² ≥ 2 LB(λ).
"""

from __future__ import annotations

from implicit_bias.measures import on_line
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import RegressionProblem, RegularizedProblem
from implicit_bias.solution import Solution
from implicit_bias.solve import solve

ROUNDS = 30
"""Bisections of r: each halves an interval on whose ends the sign of r - λ c(r) differs."""


def least_rho(x: FloatArray, y: FloatArray) -> float:
    """Return the certified least ρ of an interpolant, and the inverse of the largest margin where y is ±1."""
    solution = solve(RegressionProblem(x, y, weight="sphere"))
    assert isinstance(solution, Solution)
    return float(solution.lower_bound)


def least_objective(x: FloatArray, y: FloatArray, decay: float, normalized: bool = True) -> float:
    """Return a certified lower bound of Σ (ρ f - y)² + λ ρ², or of Σ (f - y)² + λ Σ ‖W_k‖², over all two-layer networks; 0 if λ is 0."""
    if decay == 0:
        return 0.0
    if not normalized:
        return 2 * _solved(x, y, decay)[0]
    # at r = λ c(0) ≥ λ c(r) the difference is not negative
    low, high, best = 0.0, decay * least_rho(x, y) * (1 + 1e-6), 0.0
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        bound, cost = _solved(x, y, middle)
        best = max(best, 2 * bound - middle**2 / decay)
        low, high = (low, middle) if middle > decay * cost else (middle, high)
    return best


def _solved(x: FloatArray, y: FloatArray, level: float) -> tuple[float, float]:
    problem = RegularizedProblem(x, y, level)
    solution = solve(problem)
    return float(solution.lower_bound), float(problem.cost(on_line(solution.measure)))
