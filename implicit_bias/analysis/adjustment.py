"""The affine adjustment of Theorem 1: the u·x + v that the data must lose before a network is trained on them.

Gradient descent on an infinitely wide network minimises ∫ γ² dν with an affine part made of units, as in problem (16); splines
have theirs for free, as in problem (17). For fixed u and v, (17) is (16) on the data y - u·x - v. So the u and v of
its solution are the adjustment that makes both the same: the network trained on adjusted data ends at g - u·x - v, where g
is the spline through the data as they were. As (16) costs (y - P z)ᵀ K⁻¹ (y - P z) with P = [x, 1], z = (u, v), they are

z = (Pᵀ K⁻¹ P)⁻¹ Pᵀ K⁻¹ y,

generalised least squares in the full kernel K. Without inverting K: with α from the spline, which needs the reduced kernel
only, y - K α = P z at every point.

The paper suggests least squares in place of it, K = I. That is an approximation; trained on data adjusted so, the network
still has to make the affine part that is left, u - u', v - v', out of units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError
from implicit_bias.numerics.arrays import FloatArray, frozen
from implicit_bias.problems.splines.curvature import EarlyStopping
from implicit_bias.problems.splines.kernel import SeveralInputsProblem
from implicit_bias.problems.splines.quadratic import as_array
from implicit_bias.solve import solve
from implicit_bias.zetas.kernels import Kernel


@dataclass(frozen=True, eq=False)
class Adjustment:
    """u·x + v, callable.

    Attributes
    ----------
    u : (d,) or (d, k), slopes in units of y over units of x
    v : () or (k,), the value at x = 0
    violation : how far y - K α is from affine at the data, in units of y; zero up to rounding
    """

    u: FloatArray
    v: FloatArray
    violation: float = 0.0

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return u·x + v at points (..., d)."""
        points = np.asarray(x, dtype=np.float64)
        if points.ndim == 0 or points.shape[-1] != self.u.shape[0]:
            raise DataError(f"x has shape {points.shape}; its last axis must have the {self.u.shape[0]} inputs.")
        return np.asarray(points @ self.u + self.v)

    def distance(self, other: Adjustment, x: npt.ArrayLike) -> float:
        """Return the largest difference of two adjustments at points (n,) or (n, d), in units of y."""
        points = as_array(x, "x")
        rows = points if points.ndim == 2 else points[:, None]
        return float(np.abs(self(rows) - other(rows)).max())

    def adjusted(self, x: npt.ArrayLike, y: npt.ArrayLike) -> FloatArray:
        """Return y - u·x - v."""
        points, values = as_array(x, "x"), as_array(y, "y")
        return values - self(points if points.ndim == 2 else points[:, None])


def exact_adjustment(x: npt.ArrayLike, y: npt.ArrayLike, kernel: Kernel, smoothing: float | EarlyStopping | None = None) -> Adjustment:
    """Return the u and v of problem (17), generalised least squares in the full kernel K, or K + λ I when smoothing.

    Parameters
    ----------
    x : (n,) or (n, d) array-like, not all in one plane
    y : (n,) or (n, k) array-like
    kernel : of the initialisation; its full kernel must exist, so that ζ must not be constant everywhere
    smoothing : λ, for training that stops early (problem (7)); None to the end

    Raises
    ------
    DataError, OptionError
    """
    points = as_array(x, "x")
    problem = SeveralInputsProblem(points if points.ndim == 2 else points[:, None], y, kernel=kernel, smoothing=smoothing)
    solution = solve(problem)
    alpha = problem.spread(solution.coefficients)
    precise = problem.x.astype(problem.precision)
    left = problem.columns - solution.residuals - kernel.full(precise, precise) @ alpha
    return _fitted(problem, left.astype(np.float64))


def least_squares_adjustment(x: npt.ArrayLike, y: npt.ArrayLike) -> Adjustment:
    """Return the u and v that the paper suggests in practice: the coefficients of linear regression of y on x and 1."""
    points = as_array(x, "x")
    problem = SeveralInputsProblem(points if points.ndim == 2 else points[:, None], y, smoothing=1.0)
    return _fitted(problem, problem.columns)


def _fitted(problem: SeveralInputsProblem, values: FloatArray) -> Adjustment:
    """Return the affine function nearest to values at the data."""
    d, root = problem.x.shape[1], np.sqrt(problem.weights)
    basis = problem.affine_columns(problem.x)
    found, _, rank, _ = np.linalg.lstsq(root * basis, root * values)
    if rank < d + 1:
        raise DataError(f"The points lie in a plane (or there are fewer than {d + 1}), so that u and v are not determined by them.")
    # the basis is 1 and (x - middle)/size: read off its slopes and its value at 0
    at_zero = problem.affine_columns(np.zeros((1, d))) @ found
    slopes = (problem.affine_columns(np.eye(d)) - problem.affine_columns(np.zeros((1, d)))) @ found
    missed = float(np.abs(values - basis @ found).max())
    u, v = (slopes[:, 0], at_zero[0, 0]) if problem.y.ndim == 1 else (slopes, at_zero[0])
    return Adjustment(frozen(u), frozen(np.asarray(v)), missed)
