"""Lemma 6.4 for regression: there is a feasible measure with kinks in S_R (the construction of appendix D.1, eqs. 21 to 29)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from implicit_bias.analysis.theory import constructed_measure
from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, equal, together, true
from implicit_bias.claims.instances import combine, data_or_random, exact_kinks, generic, ramps
from implicit_bias.data import Dataset
from implicit_bias.measures import Measure
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Case:
    """Data, and a measure that is said to interpolate them from S_R."""

    x: FloatArray
    y: FloatArray
    measure: Measure


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Construct the measure."""
    points = data_or_random(rng, data)
    return Case(points.x, points.y, constructed_measure(points.x, points.y))


def check(case: Case) -> Outcome:
    """Evaluate the measure at the data, relative to its atoms' sizes there, and look each kink up in S_R."""
    measure = case.measure
    matrix = ramps(case.x, measure.kinks, measure.directions)
    scale = max(float(combine(matrix, np.abs(measure.weights)).max()), float(np.abs(case.y).max()))
    allowed = exact_kinks(case.x, case.y)
    return together(
        equal(combine(matrix, measure.weights), case.y, scale),
        true(all(Fraction(t) in allowed for t in measure.kinks.tolist())),
    )


def control(rng: Rng) -> Case:
    """Drop one interior point of S_R before constructing."""
    points = generic(rng)
    kept = np.delete(np.arange(len(points)), rng.integers(1, len(points) - 1))
    return Case(points.x, points.y, constructed_measure(points.x[kept], points.y[kept]))


CLAIM = Claim(
    name="lemma-6.4-regression",
    title="S_R carries an interpolating measure",
    source="Stewart et al., Lemma 6.4 and appendix D.1",
    statement="There is a measure with f(x_i) = y_i for every i whose kinks all lie in S_R.",
    kind="support",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    data_use="one instance",
)
