"""Theorem 6.1 for regression: problem (13) has an optimal measure with kinks in S_R.

The optimum of the problem on the points of S_R alone has its kinks there; it interpolates all data, because they lie on its
segments; and it costs no more than the optimum on all data, which a linear program over all data kinks computes apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from implicit_bias.analysis.theory import regression_kinks
from implicit_bias.claims import linear
from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, at_most, equal, together, true
from implicit_bias.claims.instances import data_kinks, data_or_random, exact_kinks, generic
from implicit_bias.data import Dataset
from implicit_bias.measures import on_line
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import RegressionProblem
from implicit_bias.solve import judge, solve


@dataclass(frozen=True, eq=False)
class Case:
    """Data, and the points that are said to carry an optimum."""

    x: FloatArray
    y: FloatArray
    support: FloatArray


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Predict the support."""
    points = data_or_random(rng, data)
    return Case(points.x, points.y, regression_kinks(points.x, points.y))


def check(case: Case) -> Outcome:
    """Solve on the support, judge on all data, and compare with a linear program on all data.

    The support itself is held against the definition of S_R, in exact arithmetic.
    """
    kept = np.isin(case.x, case.support)
    reduced = solve(RegressionProblem(case.x[kept], case.y[kept]))
    if reduced.measure is None:
        return true(False)
    full = RegressionProblem(case.x, case.y)
    judged = judge(full, reduced.measure)
    return together(
        true({Fraction(t) for t in case.support.tolist()} <= exact_kinks(case.x, case.y)),
        true(bool(np.isin(on_line(reduced.measure).kinks, case.support).all())),
        equal(judged.constraint_violation, 0.0, full.scale),
        at_most(judged.gap, 0.0, 1.0),
        equal(reduced.value, linear.cheapest(case.x, case.y, *data_kinks(case.x))),
    )


def control(rng: Rng) -> Case:
    """Leave one true kink out of the support."""
    points = generic(rng)
    return Case(points.x, points.y, np.delete(points.x, rng.integers(1, len(points) - 1)))


CLAIM = Claim(
    name="theorem-6.1-regression",
    title="S_R carries an optimum of regression",
    source="Stewart et al., Theorem 6.1 (regression) and appendix E.1",
    statement="Problem (13) has an optimal measure whose kinks all lie in S_R: x_1, x_n and the bends of the interpolant.",
    kind="support",
    expected="holds-with-assumption",
    assumption="Kinks are confined to exactly [x_1, x_n]; see theorem-6.1-larger-domain.",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    data_use="one instance",
)
