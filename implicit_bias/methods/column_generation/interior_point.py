"""The restricted program of one output by an own interior point method: dense, primal-dual, from the dual's inside.

    min Σ |v_j| + (λ/2) ρᵀNρ   s.t.  Φ v + λ N ρ = y          max β·y - (λ/2) βᵀNβ   s.t.  |Φᵀβ| ≤ 1,   ρ = β,  λ ≥ 0.

N is 1, or TTᵀ where rows of the data were combined by T to suit float64. β = 0 is strictly feasible and every later β stays so. A
step is one Cholesky factorisation of Φ D Φᵀ + λ N, of the size of the data, where a general solver factors the matrix of all columns;
λ = 0 is interpolation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import blas, lapack

from implicit_bias.numerics.arrays import FloatArray

STEPS, SHORTEN = 100, 0.995
"""Most steps; fraction of the way to the boundary that is gone."""

STUCK, PATIENCE = 1e-8, 6
"""Steps this short, and as many without progress, lead nowhere."""

SHIFTS = (1e-15, 1e-13, 1e-11, 1e-9)
"""Tried on the diagonal until the matrix is positive definite."""

REFINED, REFINEMENTS = 1e-14, 8
"""Relative residual of a Newton system, and the most refinements for it."""

FITTED = 1e-3
"""How much a residual of interpolation counts."""

LEAST = 1e-13
"""A relative gap that float64 can tell from 0."""


@dataclass(frozen=True, eq=False)
class Restricted:
    """Weights of the columns, β, and how many steps it took."""

    weights: FloatArray
    beta: FloatArray
    steps: int


def solve_restricted(columns: FloatArray, y: FloatArray, level: float, tolerance: float, noise: FloatArray | None = None) -> Restricted:
    """Solve the program for columns Φ, (n, m), λ = ``level`` and N = ``noise``, (n, n), by default 1; to a relative gap and residual."""
    noise = level * (np.eye(len(y)) if noise is None else noise)
    n, m = columns.shape
    beta, slack = np.zeros(n), np.ones((2, m))
    dots = columns.T @ y
    unit = float(np.abs(y).max()) or 1.0
    weights = np.full((2, m), max(float(np.abs(dots).max()) / (float((columns**2).sum(axis=0).max()) + level), 1e-3 * unit))
    best = Restricted(np.zeros(m), beta, 0)
    if not np.any(y):
        return best
    least = np.inf
    for number in range(1, STEPS + 1):
        pull = noise @ beta
        residual = y - columns @ (weights[0] - weights[1]) - pull
        gap = float((weights * slack).sum())
        size = float(weights.sum()) + float(beta @ pull) / 2
        miss = float(np.abs(residual).max()) / unit
        # the residual of weights and β counts in the gap in second order; of interpolation, what is left is fitted in the end
        miss = min(miss, float(residual @ np.linalg.solve(noise, residual)) / (2 * size)) if level > 0 else FITTED * miss
        worst = max(gap / size, miss)
        if worst < least:
            least, best = worst, Restricted(weights[0] - weights[1], beta, number)
        if worst <= max(tolerance, LEAST) or number > best.steps + PATIENCE:
            break
        normal = Normal.of(columns, (weights / slack).sum(axis=0), noise)
        if normal is None:
            break
        mean = gap / (2 * m)
        _, d_slack, d_weights = _step(columns, normal, residual, slack, weights, -weights * slack)
        dual, primal = _longest(slack, d_slack), _longest(weights, d_weights)
        ahead = float(((slack + dual * d_slack) * (weights + primal * d_weights)).sum()) / (2 * m)
        target = mean * (ahead / mean) ** 3 - weights * slack - d_slack * d_weights
        turn, d_slack, d_weights = _step(columns, normal, residual, slack, weights, target)
        dual, primal = (min(1.0, SHORTEN * length) for length in (_longest(slack, d_slack), _longest(weights, d_weights)))
        beta = beta + dual * turn
        slack = slack + dual * d_slack
        weights = weights + primal * d_weights
        if max(dual, primal) < STUCK:
            break
    return best if level > 0 else _fitted(columns, y, noise, best)


def _fitted(columns: FloatArray, y: FloatArray, noise: FloatArray, found: Restricted) -> Restricted:
    """Take what is left of the residuals into the weights, in proportion to them."""
    weights = found.weights
    for _ in range(2):
        normal = Normal.of(columns, np.abs(weights), noise)
        if normal is None:
            break
        weights = weights + np.abs(weights) * (columns.T @ normal.solve(y - columns @ weights))
    return Restricted(weights, found.beta, found.steps)


@dataclass(frozen=True, eq=False)
class Normal:
    """H = Φ D Φᵀ + λ N with a Cholesky factor of S H S of unit diagonal."""

    columns: FloatArray
    diagonal: FloatArray
    noise: FloatArray
    scale: FloatArray
    factor: FloatArray

    @classmethod
    def of(cls, columns: FloatArray, diagonal: FloatArray, noise: FloatArray) -> Normal | None:
        """Factor H, with as small a shift as makes it positive definite in floating point; None if none does."""
        scaled = columns * np.sqrt(diagonal)
        sizes = (scaled**2).sum(axis=1) + np.diagonal(noise)
        if not (sizes > 0).all():  # a point that no column with a weight reaches
            return None
        scale = 1 / np.sqrt(sizes)
        scaled *= scale[:, None]
        matrix: FloatArray = blas.dsyrk(1.0, scaled, lower=1)
        matrix += np.tril(noise * scale[:, None] * scale)
        for shift in SHIFTS:
            shifted = matrix.copy(order="F")
            shifted[np.diag_indices_from(shifted)] += shift
            factor, info = lapack.dpotrf(shifted, lower=1, clean=0, overwrite_a=1)
            if info == 0:
                return cls(columns, diagonal, noise, scale, factor)
        return None

    def solve(self, right: FloatArray) -> FloatArray:
        """Return H⁻¹ r, refined by conjugate gradients with the factor as preconditioner."""
        out = np.zeros_like(right)
        rest, search, last = right.copy(), np.zeros_like(right), 1.0
        aim = REFINED * float(np.linalg.norm(self.scale * right))
        for _ in range(REFINEMENTS):
            near = self.scale * lapack.dpotrs(self.factor, self.scale * rest, lower=1)[0]
            product = float(rest @ near)
            if product <= 0:
                break
            search = near + product / last * search
            image = self.columns @ (self.diagonal * (self.columns.T @ search)) + self.noise @ search
            length = product / float(search @ image)
            out = out + length * search
            rest = rest - length * image
            last = product
            if float(np.linalg.norm(self.scale * rest)) <= aim:
                break
        return out


def _step(
    columns: FloatArray, normal: Normal, residual: FloatArray, slack: FloatArray, weights: FloatArray, target: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Solve the Newton system: return dβ, and the changes of slack and weights."""
    wanted = target / slack
    turn = normal.solve(residual - columns @ (wanted[0] - wanted[1]))
    change = columns.T @ turn
    d_slack = np.stack([-change, change])
    return turn, d_slack, wanted - weights / slack * d_slack


def _longest(value: FloatArray, change: FloatArray) -> float:
    """Return how far a step may go until an entry is 0, at most 1 beyond SHORTEN."""
    return float(1 / max(SHORTEN, (-change / value).max()))
