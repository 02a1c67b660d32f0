"""Proposition 1: there is an optimal measure with kinks at the data.

A kink in a gap can be shared between both ends of the gap in proportion: [s (x - t)]₊ with t = (1 - θ) x_j + θ x_{j+1} has at
every data point the value of (1 - θ) [s (x - x_j)]₊ + θ [s (x - x_{j+1})]₊. No value f(x_i) changes and no cost is added, so
from any feasible measure, an optimal one too, one gets a feasible measure with kinks at the data that costs no more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together, true
from implicit_bias.claims.instances import combine, data_kinks, data_or_random, generic, ramps
from implicit_bias.data import Dataset
from implicit_bias.measures import Measure
from implicit_bias.measures.node_values import NodeWeights, SplitInterpolant, slope_changes
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Case:
    """Data, a feasible measure, and one with kinks at the data that is said to do as well."""

    x: FloatArray
    y: FloatArray
    given: Measure
    moved: Measure


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw atoms anywhere in the range, make them interpolate the data, and move them to the data."""
    points = data_or_random(rng, data)
    given = _feasible(rng, points)
    shared = NodeWeights.of_atoms(points.x, given.kinks, given.directions, given.weights)
    moved = Measure(*data_kinks(points.x), np.concatenate([shared.rising[:-1], shared.falling[1:]]))
    return Case(points.x, points.y, given, moved)


def _feasible(rng: Rng, data: Dataset) -> Measure:
    x, y, m = data.x, data.y, int(rng.integers(1, 20))
    size = (np.abs(y).max() or 1.0) / (x[-1] - x[0])
    kinks = np.clip(x[0] + (x[-1] - x[0]) * rng.random(m), x[0], x[-1])
    directions, weights = rng.choice([-1.0, 1.0], m), size * (rng.choice([-1.0, 1.0]) + rng.normal(size=m))
    rest = y - combine(ramps(x, kinks, directions), weights)
    changes = slope_changes(x, rest)
    pair = SplitInterpolant(x, rest, changes, changes * rng.random(changes.size))
    fall, rise = pair.ends
    at_data = Measure(*data_kinks(x), np.concatenate([[rise], pair.rising, changes - pair.rising, [fall]]))
    return Measure(kinks, directions, weights).plus(at_data)


def check(case: Case) -> Outcome:
    """Check that both measures interpolate, the second has its kinks at the data, and it costs no more."""
    cost = case.given.total_variation()
    scale = (cost or 1.0) * float(case.x[-1] - case.x[0])
    before, after = (combine(ramps(case.x, m.kinks, m.directions), m.weights) for m in (case.given, case.moved))
    return together(
        equal(before, case.y, scale),
        equal(after, case.y, scale),
        true(bool(np.isin(case.moved.kinks, case.x).all())),
        at_most(case.moved.total_variation(), cost),
    )


def control(rng: Rng) -> Case:
    """Move each atom, whole, to the nearest data point."""
    points = generic(rng)
    given = _feasible(rng, points)
    nearest = points.x[np.abs(given.kinks[:, None] - points.x).argmin(axis=1)]
    return Case(points.x, points.y, given, Measure(nearest, given.directions, given.weights))


CLAIM = Claim(
    name="proposition-1",
    title="There is an optimum with kinks at the data",
    source="Stewart et al., Proposition 1",
    statement=(
        "Problem (15) has an optimal measure whose kinks are data points: from any feasible measure one gets a feasible one with "
        "kinks at the data that costs no more."
    ),
    kind="bound",
    expected="holds-with-assumption",
    assumption="Kinks lie in [x_1, x_n].",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
)
