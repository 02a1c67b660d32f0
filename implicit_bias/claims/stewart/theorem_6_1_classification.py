"""Theorem 6.1 for classification: problem (14) has an optimal measure with kinks in S_C.

The optimum of the problem on the points of S_C alone has its kinks there. Between two of them f is linear and all labels are
equal (see lemma-6.4-classification), so its margins, which are linear in f, are at least 1 at all data. And it costs no more
than the optimum on all data, which is bounded from below by a dual of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.analysis.theory import classification_kinks
from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, at_most, equal, together, true
from implicit_bias.claims.instances import Labelled, combine, labelled, margins, ramps, switching_points, with_island
from implicit_bias.data import Dataset
from implicit_bias.measures import Measure
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import MaxMarginProblem
from implicit_bias.solve import solve


@dataclass(frozen=True, eq=False)
class Case:
    """Labelled points, and those that are said to carry an optimum."""

    points: Labelled
    support: FloatArray


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Predict the support."""
    points = labelled(rng, data)
    return Case(points, classification_kinks(points.x, points.labels))


def check(case: Case) -> Outcome:
    """Solve on the support, and compare its measure, evaluated at all data, with bounds of the problem on all data.

    The support itself is held against the definition of S_C.
    """
    points = case.points
    kept = np.isin(points.x, case.support)
    reduced = solve(MaxMarginProblem(points.x[kept], points.labels[kept], points.classes))
    full = solve(MaxMarginProblem(points.x, points.labels, points.classes))
    measure = reduced.measure
    if not isinstance(measure, Measure):
        return true(False)
    weights = measure.weights
    values = combine(ramps(points.x, measure.kinks, measure.directions), weights)
    cost = float(np.linalg.norm(weights, axis=1).sum())
    return together(
        true(set(case.support.tolist()) <= set(points.x[switching_points(points.labels)].tolist())),
        true(bool(np.isin(measure.kinks, case.support).all())),
        at_most(1 - margins(values, points.labels), 0.0, 1.0),
        equal(cost, full.lower_bound),
        equal(reduced.lower_bound, full.upper_bound),
    )


def control(rng: Rng) -> Case:
    """Leave a switching point out whose neighbours both have the same other label: f is linear there, and gets it wrong."""
    points, at = with_island(rng)
    return Case(points, points.x[[i for i in switching_points(points.labels) if i != at]])


CLAIM = Claim(
    name="theorem-6.1-classification",
    title="S_C carries an optimum of classification",
    source="Stewart et al., Theorem 6.1 (classification) and appendix E.2",
    statement=(
        "Problem (14) has an optimal measure whose kinks all lie in S_C: x_1, x_n and the points whose label differs from a neighbour's."
    ),
    kind="support",
    expected="holds-with-assumption",
    assumption="Kinks are confined to exactly [x_1, x_n].",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    data_use="one instance",
)
