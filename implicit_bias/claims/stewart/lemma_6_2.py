"""Lemma 6.2: the dual of the generalised problem, for one output.

minimise  ∫ d|μ|   subject to  f_μ(x_i) ∈ C_i                                                          (eq. 15)
maximise  -Σ σ_{C_i}(-α_i)   subject to  |η(u)| = |Σ_i α_i φ_u(x_i)| ≤ 1 for every feature u           (eq. 16, α = -λ)

With C_i = [y_i - r, y_i + r] (r = 0 is regression) the dual objective is Σ α_i y_i - r Σ|α_i|.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims import linear
from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.claims.instances import combine, data_kinks, data_or_random, generic, ramps
from implicit_bias.data import Dataset
from implicit_bias.measures.node_values import SplitInterpolant, slope_changes
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Case:
    """A problem, a feasible measure on the data's kinks, a raw dual, and how many features the dual heeds."""

    x: FloatArray
    y: FloatArray
    radius: float
    weights: FloatArray
    alpha: FloatArray
    heeded: int


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a feasible measure (any split of the slope changes of targets in the sets) and dual variables."""
    points = data_or_random(rng, data)
    x, y, n = points.x, points.y, len(points)
    radius = float(np.abs(y).max()) * float(rng.choice([0.0, 0.0, rng.uniform(0, 0.5)]))
    return Case(x, y, radius, _feasible(rng, x, y + radius * rng.uniform(-1, 1, n)), rng.normal(size=n), 2 * n - 2)


def _feasible(rng: Rng, x: FloatArray, y: FloatArray) -> FloatArray:
    """Return weights of the data's features for a random interpolating measure."""
    changes = slope_changes(x, y)
    pair = SplitInterpolant(x, y, changes, changes * rng.uniform(-0.2, 1.2, changes.size))
    fall, rise = pair.ends
    return np.concatenate([[rise], pair.rising, changes - pair.rising, [fall]])


def check(case: Case) -> Outcome:
    """Check that every feasible dual is worth no more than any feasible measure costs, and the two optima agree."""
    kinks, directions = data_kinks(case.x)
    kept = slice(0, case.heeded)
    peak = np.abs(combine(ramps(case.x, kinks, directions).T, case.alpha)).max()
    alpha = case.alpha / peak
    worth = combine(alpha[None], case.y)[0] - case.radius * np.abs(alpha).sum()
    cost = float(np.abs(case.weights).sum())
    primal = linear.cheapest(case.x, case.y, kinks, directions, case.radius)
    dual = linear.highest(case.x, case.y, kinks[kept], directions[kept], case.radius)
    return together(at_most([worth, -np.inf if np.isinf(dual) else dual], cost), equal(primal, dual))


def control(rng: Rng) -> Case:
    """Forget the falling features in the dual."""
    points = generic(rng)
    n = len(points)
    return Case(points.x, points.y, 0.0, _feasible(rng, points.x, points.y), rng.normal(size=n), n - 1)


CLAIM = Claim(
    name="lemma-6.2",
    title="The dual of the generalised problem",
    source="Stewart et al., Lemma 6.2 (B.2), eqs. (15) and (16)",
    statement=(
        "The dual of minimising the total variation subject to f(x_i) ∈ C_i is to maximise -Σ σ_{C_i}(λ_i) subject to "
        "|Σ λ_i φ_u(x_i)| ≤ 1 for every feature u; there is no gap."
    ),
    kind="equality",
    expected="holds",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
)
