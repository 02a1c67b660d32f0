"""Lemma 6.2 for several outputs: every norm with every kind of set.

minimise  ∫ d‖μ‖   subject to  f_μ(x_i) ∈ C_i                                                          (eq. 15)
maximise  -Σ σ_{C_i}(-α_i)   subject to  ‖η(u)‖_* = ‖Σ_i α_i φ_u(x_i)‖_* ≤ 1 for every feature u       (eq. 16, α = -λ)

with ‖·‖ the 1-, 2- or ∞-norm and C_i a point, a margin set, a box, a ball or an intersection of half-spaces. Drawn dual
variables come with a dual value by construction: α·y; Σ μ for α = Σ μ_j (e_c - e_j); Σ a·lower - b·upper for α = a - b;
α·y - r‖α‖; b·μ for α = Aᵀμ, all multipliers ≥ 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.claims.instances import combine, data_kinks, ramps
from implicit_bias.data import Dataset
from implicit_bias.fits import Balls, Boxes, Fit, HalfSpaces, Margins, Values
from implicit_bias.measures.features import LineFeatures
from implicit_bias.measures.node_values import SplitInterpolant, slope_changes
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import MeasureProblem
from implicit_bias.solve import solve

_NORMS = (1.0, 2.0, np.inf)
_DUAL = {1.0: np.inf, 2.0: 2.0, np.inf: 1.0}


@dataclass(frozen=True, eq=False)
class Sets:
    """Sets, values in them, and dual variables with a dual value that is no larger than theirs."""

    fit: Fit
    inside: FloatArray
    alpha: FloatArray
    worth: float


@dataclass(frozen=True, eq=False)
class Case:
    """A problem, a feasible measure on the data's kinks, dual variables with a value, and the norm that is said to be dual."""

    problem: MeasureProblem
    weights: FloatArray
    sets: Sets
    dual_norm: float


def _values(rng: Rng, n: int, k: int) -> Sets:
    y, alpha = rng.normal(size=(2, n, k))
    return Sets(Values(y), y, alpha, float((alpha * y).sum()))


def _margins(rng: Rng, n: int, k: int) -> Sets:
    fit = Margins(rng.integers(0, k, n), k)
    mu = np.where(fit.own, 0.0, rng.exponential(size=(n, k)))
    inside = rng.normal(size=(n, k))
    inside[fit.own] = np.where(fit.own, -np.inf, inside).max(axis=1) + rng.uniform(1, 2, n)
    return Sets(fit, inside, np.where(fit.own, mu.sum(axis=1, keepdims=True), -mu), float(mu.sum()))


def _boxes(rng: Rng, n: int, k: int) -> Sets:
    y, a, b = rng.normal(size=(n, k)), *rng.exponential(size=(2, n, k))
    lower, upper = y - rng.uniform(0, 0.3, (n, k)), y + rng.uniform(0, 0.3, (n, k))
    open_below, open_above = rng.random((2, n, k)) < 0.2
    open_below[0], open_above[0], a[open_below], b[open_above] = False, False, 0.0, 0.0
    worth = float((a * lower - b * upper).sum())
    return Sets(Boxes(np.where(open_below, -np.inf, lower), np.where(open_above, np.inf, upper)), y, a - b, worth)


def _balls(rng: Rng, n: int, k: int) -> Sets:
    y, alpha = rng.normal(size=(2, n, k))
    radii, away = rng.uniform(0.1, 0.5, n) * np.linalg.norm(y, axis=1), rng.normal(size=(n, k))
    inside = y + away * (radii * rng.random(n) / np.linalg.norm(away, axis=1))[:, None]
    return Sets(Balls(y, radii), inside, alpha, float((alpha * y).sum() - (radii * np.linalg.norm(alpha, axis=1)).sum()))


def _half_spaces(rng: Rng, n: int, k: int) -> Sets:
    inside, normals, mu = rng.normal(size=(n, k)), rng.normal(size=(n, 2, k)), rng.exponential(size=(n, 2))
    reach = np.einsum("irk,ik->ir", normals, inside)
    normals *= np.sign(reach)[:, :, None]
    offsets = np.abs(reach) * rng.uniform(0.5, 1, (n, 2))
    return Sets(HalfSpaces(normals, offsets), inside, np.einsum("irk,ir->ik", normals, mu), float((offsets * mu).sum()))


_SETS: tuple[Callable[[Rng, int, int], Sets], ...] = (_values, _margins, _boxes, _balls, _half_spaces)


def fixed() -> tuple[Case, ...]:
    """Return one case for every norm with every kind of set."""
    rng = np.random.default_rng(62)
    return tuple(_case(rng, norm, sets) for norm in _NORMS for sets in _SETS)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a norm and sets."""
    return _case(rng, _NORMS[rng.integers(3)], _SETS[rng.integers(5)])


def _case(rng: Rng, norm: float, sets: Callable[[Rng, int, int], Sets]) -> Case:
    """Draw points, sets, and a measure by a random split of the slope changes of values in the sets."""
    n, k = int(rng.integers(3, 7)), int(rng.integers(2, 4))
    x, drawn = np.cumsum(rng.uniform(0.2, 1, n)) + rng.normal(), sets(rng, n, k)
    columns = []
    for y in drawn.inside.T:
        changes = slope_changes(x, y)
        pair = SplitInterpolant(x, y, changes, changes * rng.uniform(-0.2, 1.2, n - 2))
        fall, rise = pair.ends
        columns.append(np.concatenate([[rise], pair.rising, changes - pair.rising, [fall]]))
    problem = MeasureProblem(x, drawn.fit, LineFeatures.around(x), norm)
    return Case(problem, np.stack(columns, axis=1), drawn, _DUAL[norm])


def check(case: Case) -> Outcome:
    """Check that every feasible dual is worth no more than any feasible measure costs, and that the two optima agree.

    Measures and duals are the drawn ones and those that the primal and the dual program find; each dual is divided by the
    largest ‖η‖_*, evaluated here.
    """
    problem, fit = case.problem, case.sets.fit
    matrix = ramps(problem.x, *data_kinks(problem.x))
    cost = float(np.linalg.norm(case.weights, problem.norm, axis=1).sum())
    primal, dual = (solve(problem, "dictionary", form=form) for form in ("primal", "dual"))
    found = [problem.project_dual(one.dual) for one in (primal, dual) if one.dual is not None]
    worths = [case.sets.worth, *(fit.dual_value(alpha) for alpha in found)]
    lower = [
        worth / float(np.linalg.norm(combine(matrix.T, alpha), case.dual_norm, axis=1).max())
        for worth, alpha in zip(worths, [case.sets.alpha, *found], strict=True)
    ]
    least = min(primal.upper_bound, dual.upper_bound)
    return together(
        equal(fit.violation(combine(matrix, case.weights)), 0.0, problem.scale),
        at_most(case.sets.worth, fit.dual_value(case.sets.alpha), float(np.abs(case.sets.alpha).sum()) * problem.scale),
        at_most(lower, least),
        at_most(least, cost),
        equal(least, lower[-1]),
        equal(primal.upper_bound, dual.upper_bound),
    )


def control(rng: Rng) -> Case:
    """Take a norm that is not the dual one: the 1-norm for the Euclidean norm."""
    return replace(_case(rng, 2.0, _SETS[rng.integers(5)]), dual_norm=1.0)


CLAIM = Claim(
    name="lemma-6.2-sets",
    title="The dual for every norm and every kind of set",
    source="Stewart et al., Lemma 6.2 (appendix B), eqs. (15) and (16)",
    statement=(
        "For any norm and non-empty closed convex sets C_i the dual of minimising the total variation subject to f(x_i) ∈ C_i "
        "is to maximise -Σ σ_{C_i}(λ_i) subject to ‖Σ λ_i φ_u(x_i)‖_* ≤ 1 for every feature u; there is no gap."
    ),
    kind="equality",
    expected="holds",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
