"""Normal equations solved by a square-root Kalman filter along the line, in O(n k³).

H = B Φ P Φᵀ Bᵀ + R is the covariance of the measurements y = B F + noise, where F = Φ w is a random function: w has
covariance P and the noise of margin (i, j) the variance R_ij. So H⁻¹ r is what a Kalman filter and its adjoint compute.

The rising part of F is Markov from left to right, with state (F, F') and a kink of covariance P at every point. The falling part
is Markov from right to left; its reversal in time is found by a first pass of orthogonal transformations, whose state is the
whitened ξ in z = Rᵀξ, z = (F, F'). Both parts together have a state of 4k numbers, and only a square root of its covariance is
kept: sums of both parts are measured, which are far smaller than each, and nothing else keeps their digits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack

from implicit_bias.methods.exact.max_margin.cones import Scaling
from implicit_bias.methods.exact.max_margin.operators import MarginPoints, Mask
from implicit_bias.numerics.arrays import FloatArray

_BLOCK = 64  # columns that LAPACK treats at a time


class Filter:
    """H⁻¹ on the margins of a mask, zero elsewhere."""

    def __init__(self, points: MarginPoints, scaling: Scaling, ratio: FloatArray, mask: Mask) -> None:
        """Factor H for the scaling's P and R = ratio."""
        self._points = points
        roots, n, k = scaling.roots(), points.n, points.k
        rising, falling = roots[: n - 1], roots[n - 1 :]
        self._turns, priors = _reversed(points.gaps, falling)
        self._steps: list[tuple[npt.NDArray[np.intp], FloatArray, FloatArray, FloatArray]] = []
        spread = np.hstack([np.zeros((2 * k, 2 * k)), np.eye(2 * k)])
        for j in range(n):
            others = np.flatnonzero(mask[j])
            measured = np.zeros((4 * k, others.size))
            measured[points.labels[j]] = 1.0
            measured[others, np.arange(others.size)] = -points.scales[others]
            measured[2 * k :] = priors[j] @ measured[:k]
            joint = np.zeros((others.size + len(spread), others.size + 4 * k), order="F")
            np.fill_diagonal(joint[: others.size], np.sqrt(ratio[j, others]))
            joint[others.size :, : others.size] = spread @ measured
            joint[others.size :, others.size :] = spread
            joint = _triangle(joint)
            q = others.size
            self._steps.append((others, measured, np.asfortranarray(joint[:q, :q].T), np.ascontiguousarray(joint[:q, q:].T)))
            if j < n - 1:
                spread = self._moved(joint[q:, q:], j, rising[j])

    def _moved(self, spread: FloatArray, j: int, kink: FloatArray) -> FloatArray:
        """Take a square root of the covariance from point j to the next one; rows are independent, of unit variance."""
        k, rows = self._points.k, len(spread)
        new = np.zeros((rows + 2 * k, 4 * k), order="F")
        new[:rows, : 2 * k] = spread[:, : 2 * k]
        new[rows : rows + k, k : 2 * k] = kink
        new[:, :k] += self._points.gaps[j] * new[:, k : 2 * k]
        turn = self._turns[j]
        new[:rows, 2 * k :] = spread[:, 2 * k :] @ turn[:, : 2 * k].T
        new[rows + k :, 2 * k :] = turn[:, 2 * k :].T
        return new

    def solve(self, right: FloatArray) -> FloatArray:
        """Return H⁻¹ r for r of shape (n, k)."""
        k, n, gaps = self._points.k, self._points.n, self._points.gaps
        state, innovations = np.zeros(4 * k), []
        for j, (others, measured, root, gain) in enumerate(self._steps):
            innovation = lapack.dtrtrs(root, right[j, others] - measured.T @ state, lower=1)[0] if others.size else right[j, others]
            innovations.append(innovation)
            state += gain @ innovation
            if j < n - 1:
                state[:k] += gaps[j] * state[k : 2 * k]
                state[2 * k :] = self._turns[j][:, : 2 * k] @ state[2 * k :]
        out, state = np.zeros((n, k)), np.zeros(4 * k)
        for j in range(n - 1, -1, -1):
            if j < n - 1:
                state[k : 2 * k] += gaps[j] * state[:k]
                state[2 * k :] = self._turns[j][:, : 2 * k].T @ state[2 * k :]
            others, measured, root, gain = self._steps[j]
            if others.size:
                out[j, others] = lapack.dtrtrs(root, innovations[j] - gain.T @ state, lower=1, trans=1)[0]
                state += measured @ out[j, others]
        return out


def _reversed(gaps: FloatArray, kinks: FloatArray) -> tuple[list[FloatArray], list[FloatArray]]:
    """Reverse the falling part in time: turns T with ξ_{j+1} = T (ξ_j, ν_j), ν_j of unit variance; and how F follows from ξ.

    From right to left, z_j = A z_{j+1} + (h, -1) w with w of root ``kinks``; a QR factorisation of the stacked roots separates
    what z_j tells of (ξ_{j+1}, w) from what it does not.
    """
    k = kinks.shape[1]
    prior = np.zeros((2 * k, 2 * k))
    turns, values = [], [prior[:, :k]]
    unit = np.eye(3 * k)
    for j in range(len(gaps) - 1, -1, -1):
        stack = np.zeros((3 * k, 2 * k), order="F")
        stack[: 2 * k] = prior
        stack[: 2 * k, :k] -= gaps[j] * prior[:, k:]
        stack[2 * k :, :k] = gaps[j] * kinks[j]
        stack[2 * k :, k:] = -kinks[j]
        factor, tau, _, _ = lapack.dgeqrf(stack, lwork=2 * k * _BLOCK, overwrite_a=1)
        turns.append(lapack.dormqr("L", "N", factor, tau, unit, 3 * k * _BLOCK)[0][: 2 * k])
        prior = np.triu(factor[: 2 * k])
        values.append(prior[:, :k])
    return turns[::-1], values[::-1]


def _triangle(a: FloatArray) -> FloatArray:
    """Return the triangular factor of a = Q R."""
    factor = lapack.dgeqrf(a, lwork=a.shape[1] * _BLOCK, overwrite_a=1)[0]
    return np.triu(factor[: a.shape[1]])
