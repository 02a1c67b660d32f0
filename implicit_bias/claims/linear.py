"""Problem (15) on a finite set of features as a linear program, and its dual (16), each formed on its own for SciPy's HiGHS.

They share no code with the toolkit's methods and backends, which the claims are to be checked against.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from implicit_bias.claims.instances import ramps
from implicit_bias.numerics.arrays import FloatArray

_OPTIONS: Any = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
_OPTIMAL, _INFEASIBLE, _UNBOUNDED = 0, 2, 3


def cheapest(x: FloatArray, y: FloatArray, kinks: FloatArray, directions: FloatArray, radius: float = 0.0) -> float:
    """Return min Σ|w_j| subject to |Σ_j w_j [s_j (x_i - t_j)]₊ - y_i| ≤ radius.

    Infinite if nothing is feasible; NaN if the solver gives no answer.
    """
    from scipy.optimize import linprog

    matrix, targets, slack, unit = _scaled(x, y, kinks, directions, radius)
    split = np.hstack([matrix, -matrix])
    cost = np.ones(split.shape[1])
    found: Any
    if radius == 0:
        found = linprog(cost, A_eq=split, b_eq=targets, bounds=(0, None), method="highs", options=_OPTIONS)
    else:
        both = np.vstack([split, -split])
        limits = np.concatenate([targets + slack, slack - targets])
        found = linprog(cost, A_ub=both, b_ub=limits, bounds=(0, None), method="highs", options=_OPTIONS)
    if found.status == _INFEASIBLE:
        return math.inf
    return float(found.fun) * unit if found.status == _OPTIMAL else math.nan


def highest(x: FloatArray, y: FloatArray, kinks: FloatArray, directions: FloatArray, radius: float = 0.0) -> float:
    """Return max Σ α_i y_i - radius Σ|α_i| subject to |Σ_i α_i [s_j (x_i - t_j)]₊| ≤ 1.

    Infinite if it is unbounded; NaN if the solver gives no answer.
    """
    from scipy.optimize import linprog

    matrix, targets, slack, unit = _scaled(x, y, kinks, directions, radius)
    split = np.hstack([matrix.T, -matrix.T])
    gain = np.concatenate([targets - slack, -targets - slack])
    both = np.vstack([split, -split])
    found: Any = linprog(-gain, A_ub=both, b_ub=np.ones(both.shape[0]), bounds=(0, None), method="highs", options=_OPTIONS)
    if found.status == _UNBOUNDED:
        return math.inf
    return -float(found.fun) * unit if found.status == _OPTIMAL else math.nan


def separating(x: FloatArray, signs: FloatArray, kinks: FloatArray, directions: FloatArray) -> float:
    """Return min Σ|w_j| subject to signs_i Σ_j w_j [s_j (x_i - t_j)]₊ ≥ 1.

    Infinite if nothing is feasible; NaN if the solver gives no answer.
    """
    from scipy.optimize import linprog

    matrix, _, _, unit = _scaled(x, signs, kinks, directions, 0.0)
    one_sided = -signs[:, None] * np.hstack([matrix, -matrix])
    cost = np.ones(one_sided.shape[1])
    found: Any = linprog(cost, A_ub=one_sided, b_ub=-np.ones(x.size), bounds=(0, None), method="highs", options=_OPTIONS)
    if found.status == _INFEASIBLE:
        return math.inf
    return float(found.fun) * unit if found.status == _OPTIMAL else math.nan


def _scaled(
    x: FloatArray, y: FloatArray, kinks: FloatArray, directions: FloatArray, radius: float
) -> tuple[FloatArray, FloatArray, float, float]:
    """Return the features on [0, 1], the targets with max|y| = 1, the radius with them, and the unit of a cost."""
    length, height = float(x[-1] - x[0]), float(np.abs(y).max()) or 1.0
    matrix = ramps((x - x[0]) / length, (kinks - x[0]) / length, directions)
    return matrix, y / height, radius / height, height / length
