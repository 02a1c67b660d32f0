"""When a free affine part changes nothing: problem (4) and its relaxation with a x + b for free.

The relaxation's optimum is unique; it has kinks t_j with slope changes m_j. An optimum of problem (4) of the same cost must have these
kinks, every m_j split between a rising part θ_j m_j and a falling one, 0 ≤ θ_j ≤ 1, and nothing else, no constant either: so both end
values have to be Σ (1 - θ_j) A_j = y_1 and Σ θ_j B_j = y_n, with A_j = m_j (t_j - x_1), B_j = m_j (x_n - t_j). By linear programming
duality there is such a θ iff

    H(p, q) = p y_1 + q y_n - Σ_j max(p A_j, q B_j) ≤ 0   for all p and q,

H being homogeneous, for those with max(|p|, |q|) = 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from implicit_bias.claims.base import CLEAR, PROGRAM, Claim, Outcome, Rng, equal, together, true
from implicit_bias.data import Dataset
from implicit_bias.measures import on_line
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import RegressionProblem
from implicit_bias.solve import solve

UNDECIDED = 1e-2
"""Data whose largest H on the boundary of the square is within this fraction of its terms are not drawn."""

OFF_GRID = 1e-7
"""Problem (4) is solved by column generation, to 1e-8."""


@dataclass(frozen=True, eq=False)
class Case:
    """Data of problem (4), and whether the relaxation is said to have its value."""

    x: FloatArray
    y: FloatArray
    same: bool


def fixed() -> tuple[Case, ...]:
    """Return a zigzag whose kinks make both ends, a constant, and a line: the last two have no kink, and cost something in problem (4)."""
    x = np.array([-2.0, -0.5, 0.5, 2.0])
    return Case(x, np.abs(x), True), Case(x, np.ones(4), False), Case(x, x, False)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw points for which the largest H is clear; the sphere has a scale of its own, so the user's data are not used."""
    while True:
        x = np.cumsum(rng.uniform(0.3, 1.5, int(rng.integers(3, 9))))
        x -= x.mean()
        y = rng.normal(size=x.size) + rng.normal() * 3 * rng.integers(2)
        most = largest(x, y)
        if abs(most) > UNDECIDED:
            return Case(x, y, most < 0)


def largest(x: FloatArray, y: FloatArray) -> float:
    """Return the maximum of H on the boundary of the square, relative to its terms, by SciPy's HiGHS on each of the four sides."""
    from scipy.optimize import linprog

    free = on_line(solve(RegressionProblem(x, y, weight="sphere", affine="free")).measure)
    changes, kinks = free.weights, free.kinks
    left, right = changes * (kinks - x[0]), changes * (x[-1] - kinks)
    count, gains = kinks.size, []
    ceilings = np.vstack([np.column_stack([left, 0 * left, -np.eye(count)]), np.column_stack([0 * right, right, -np.eye(count)])])
    gain = np.concatenate([[-y[0], -y[-1]], np.ones(count)])
    for place in range(2):
        for sign in (-1.0, 1.0):
            bounds = [(-1.0, 1.0), (-1.0, 1.0), *[(None, None)] * count]
            bounds[place] = (sign, sign)
            found: Any = linprog(gain, A_ub=ceilings, b_ub=np.zeros(2 * count), bounds=bounds, method="highs")
            gains.append(-float(found.fun))
    return max(gains) / float(np.abs(y).max() + np.abs(left).sum() + np.abs(right).sum())


def check(case: Case) -> Outcome:
    """Compare the value of problem (4), found off any grid, with that of the relaxation; both are certified."""
    free = solve(RegressionProblem(case.x, case.y, weight="sphere", affine="free"), "exact")
    full = solve(RegressionProblem(case.x, case.y, weight="sphere"), "column-generation")
    certified = together(equal(free.lower_bound, free.upper_bound), equal(full.lower_bound, full.upper_bound))
    if case.same:
        return together(certified, equal(full.value, free.value))
    return together(certified, true(full.lower_bound > free.upper_bound * (1 + CLEAR * PROGRAM)))


def control(rng: Rng) -> Case:
    """Say the contrary."""
    case = draw(rng, None)
    return replace(case, same=not case.same)


CLAIM = Claim(
    name="free-affine-relaxation",
    title="When a free affine part changes nothing",
    source="Stewart et al., problem (4) (its relaxation with a free affine part; not stated there)",
    statement=(
        "Problem (4) has the value of its relaxation with a free affine part iff the kinks of the relaxation's optimum can be split "
        "between rising and falling features so that they make both end values: iff max H ≤ 0."
    ),
    kind="equality",
    expected="holds",
    tolerance=OFF_GRID,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
