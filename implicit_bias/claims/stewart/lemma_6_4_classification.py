"""Lemma 6.4 for classification: there is a feasible measure with kinks in S_C, by a construction of our own.

Let s_1 < … < s_m be the points of S_C, and f the piecewise-linear function with knots there and f(s_j) = e_c, c the label of
s_j. It has margin 1 at every point. At the points of S_C that is clear. A point between s_j and s_{j+1} is not in S_C, so it
shares the label of both its neighbours; going from neighbour to neighbour, so do s_j and s_{j+1}. Both ends of the segment
therefore have the value e_c of the point's own label, and f is constant in between.

As a measure, with values F_j = f(s_j), slopes v_j and L = s_m - s_1: the falling feature of x_n with weight F_1/L, the rising
one of x_1 with weight v_1 + F_1/L, and the rising ones of s_2, …, s_{m-1} with the slope changes v_j - v_{j-1}.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from implicit_bias.analysis.theory import classification_kinks
from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together, true
from implicit_bias.claims.instances import Labelled, combine, labelled, margins, ramps, switching_points, with_island
from implicit_bias.data import Dataset
from implicit_bias.measures import FALLING, RISING, Measure
from implicit_bias.problems import MaxMarginProblem


@dataclass(frozen=True, eq=False)
class Case:
    """Labelled points, and a measure that is said to classify them from S_C."""

    points: Labelled
    measure: Measure


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Construct the measure on the toolkit's S_C."""
    points = labelled(rng, data, 40)
    return Case(points, _constructed(points, np.isin(points.x, classification_kinks(points.x, points.labels))))


def _constructed(points: Labelled, kept: npt.NDArray[np.bool_]) -> Measure:
    """Return the measure above for the points that are marked."""
    knots, values = points.x[kept], np.eye(points.classes)[points.labels[kept]]
    slopes = np.diff(values, axis=0) / np.diff(knots)[:, None]
    fall = values[:1] / (knots[-1] - knots[0])
    directions = np.append(np.full(knots.size - 1, RISING), FALLING)
    return Measure(knots, directions, np.concatenate([slopes[:1] + fall, np.diff(slopes, axis=0), fall]))


def check(case: Case) -> Outcome:
    """Evaluate the measure at all data, relative to its atoms' sizes there, and look each kink up in S_C.

    The toolkit's own violation must agree.
    """
    points, measure = case.points, case.measure
    matrix = ramps(points.x, measure.kinks, measure.directions)
    scale = max(float(combine(matrix, np.abs(measure.weights)).max()), 1.0)
    short = 1 - margins(combine(matrix, measure.weights), points.labels)
    problem = MaxMarginProblem(points.x, points.labels, points.classes)
    return together(
        at_most(short, 0.0, scale),
        equal(problem.violation(measure), max(0.0, float(short.max())), scale),
        true(set(measure.kinks.tolist()) <= set(points.x[switching_points(points.labels)].tolist())),
    )


def control(rng: Rng) -> Case:
    """Leave one switching point out before constructing."""
    points, at = with_island(rng)
    kept = np.isin(np.arange(points.x.size), switching_points(points.labels))
    kept[at] = False
    return Case(points, _constructed(points, kept))


CLAIM = Claim(
    name="lemma-6.4-classification",
    title="S_C carries a measure with margin 1",
    source="Stewart et al., Lemma 6.4 and appendix D.2",
    statement="There is a measure with f(x_i)_c - f(x_i)_j ≥ 1 for the label c of every point and all j ≠ c whose kinks all lie in S_C.",
    kind="support",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    data_use="one instance",
)
