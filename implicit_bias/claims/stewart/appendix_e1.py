"""Appendix E.1: the dual of the problem on S_R, extended by zeros, is optimal for all data (eqs. 33 and 34).

Feasible: η does not change, and neither do its nodes that matter. Optimal: the points left out have α_i = 0, so Σ α_i y_i is
the value of the problem on S_R, which is that on all data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.analysis.theory import extended_dual, regression_kinks
from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.claims.instances import combine, data_kinks, data_or_random, generic, ramps
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import RegressionProblem
from implicit_bias.solve import solve


@dataclass(frozen=True, eq=False)
class Case:
    """Data, and dual variables that are said to be optimal for them."""

    x: FloatArray
    y: FloatArray
    dual: FloatArray


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Add points on the interpolant, solve the dual on S_R, and extend it by zeros."""
    points = _with_more(data_or_random(rng, data))
    kinks, alpha = _dual_on_kinks(points)
    return Case(points.x, points.y, extended_dual(points.x, kinks, alpha))


def _with_more(data: Dataset) -> Dataset:
    """Add the middle of every gap, on the interpolant."""
    middles = data.x[:-1] + np.diff(data.x) / 2
    return Dataset(np.concatenate([data.x, middles]), np.concatenate([data.y, data.y[:-1] + np.diff(data.y) / 2]))


def _dual_on_kinks(data: Dataset) -> tuple[FloatArray, FloatArray]:
    kinks = regression_kinks(data.x, data.y)
    alpha = solve(RegressionProblem(kinks, data.y[np.isin(data.x, kinks)])).dual
    return kinks, np.zeros_like(kinks) if alpha is None else alpha


def check(case: Case) -> Outcome:
    """Bound the certificate by 1 at all data, and compare what the dual is worth with what a feasible measure costs.

    The worth counts relative to Σ|α_i y_i|, to which its rounding is proportional.
    """
    peak = np.abs(combine(ramps(case.x, *data_kinks(case.x)).T, case.dual)).max()
    terms = case.dual * case.y
    cost = solve(RegressionProblem(case.x, case.y)).upper_bound
    return together(at_most(peak, 1.0), equal(terms.sum(), cost, float(np.abs(terms).sum())))


def control(rng: Rng) -> Case:
    """Put the largest dual variable at the point beside its own."""
    points = _with_more(generic(rng))
    dual = extended_dual(points.x, *_dual_on_kinks(points))
    largest = 1 + int(np.abs(dual[1:-1]).argmax())
    dual[[largest, largest + 1]] = dual[[largest + 1, largest]]
    return Case(points.x, points.y, dual)


CLAIM = Claim(
    name="appendix-e1",
    title="The dual extended by zeros is optimal",
    source="Stewart et al., appendix E.1, eqs. (33) and (34)",
    statement=(
        "The optimal dual of regression on the points of S_R, extended by zero entries for all other data, is feasible and "
        "optimal for the dual of problem (13) on all data."
    ),
    kind="equality",
    expected="holds-with-assumption",
    assumption="Kinks are confined to exactly [x_1, x_n].",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    data_use="one instance",
)
