"""Rosset et al. as Neyshabur et al. cite them: n + 1 atoms suffice for one output; in fact n do.

From any discrete measure one gets one on at most n of its atoms, with the same values at the n data points and no higher cost: an
atom too many means a dependency of the features' values, and sizes can move along it, the way that does not cost, until an atom
vanishes. So there are optima of problem (8) with at most n atoms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together, true
from implicit_bias.data import Dataset
from implicit_bias.measures import AnyMeasure, Measure, RidgeMeasure
from implicit_bias.measures.pruning import prune
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Case:
    """Points (n, d), a measure, and one that is said to have the same values there, cost no more and have at most n atoms."""

    x: FloatArray
    given: AnyMeasure
    pruned: AnyMeasure


def random_measure(rng: Rng, x: FloatArray, atoms: int) -> AnyMeasure:
    """Draw atoms around the points, and a constant or none."""
    constant = rng.normal() * rng.integers(2)
    if x.shape[1] > 1:
        features = rng.normal(size=(atoms, x.shape[1] + 1))
        return RidgeMeasure(features / np.linalg.norm(features, axis=1)[:, None], rng.normal(size=atoms), constant)
    lo, hi = x.min(), x.max()
    kinks = rng.uniform(lo - (hi - lo) / 2, hi + (hi - lo) / 2, atoms)
    return Measure(kinks, rng.choice([-1.0, 1.0], atoms), rng.normal(size=atoms), constant)


def random_points(rng: Rng, data: Dataset | None) -> FloatArray:
    """Return the user's x, or random points of one to three inputs."""
    return rng.normal(size=(int(rng.integers(2, 15)), int(rng.integers(1, 4)))) if data is None else data.x[:, None]


def pruned_for(measure: AnyMeasure, x: FloatArray) -> AnyMeasure:
    """Prune with the costs of the sphere, for points (n, d)."""
    return prune(measure, x[:, 0] if isinstance(measure, Measure) else x, "sphere")


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Prune a random measure."""
    x = random_points(rng, data)
    given = random_measure(rng, x, int(rng.integers(1, 120)))
    return Case(x, given, pruned_for(given, x))


def units_and_sizes(measure: AnyMeasure) -> tuple[FloatArray, FloatArray]:
    """Return every atom, and a constant that is not 0, as a unit vector u and its weight: f(x) = Σ weight [u · (x, 1)]₊."""
    if isinstance(measure, RidgeMeasure):
        units, sizes = measure.features, measure.weights
    else:
        lengths = np.hypot(1.0, measure.kinks)
        units = np.column_stack([measure.directions, -measure.directions * measure.kinks]) / lengths[:, None]
        sizes = measure.weights * lengths
    pole = np.append(np.zeros(units.shape[1] - 1), 1.0)
    constant = np.atleast_1d(measure.constant)
    live = constant != 0
    return np.concatenate([units, np.tile(pole, (live.sum(), 1))]), np.concatenate([sizes, constant[live]])


def check(case: Case) -> Outcome:
    """Count the atoms, and compare values and costs, on the sphere and from the arrays alone."""
    rows = np.column_stack([case.x, np.ones(len(case.x))])
    (before, weights), (after, fewer) = units_and_sizes(case.given), units_and_sizes(case.pruned)
    cost = float(np.abs(weights).sum())
    scale = cost * float(np.linalg.norm(rows, axis=1).max())
    return together(
        true(fewer.size <= len(case.x)),
        equal(np.maximum(rows @ after.T, 0.0) @ fewer, np.maximum(rows @ before.T, 0.0) @ weights, scale),
        at_most(float(np.abs(fewer).sum()), cost),
    )


def control(rng: Rng) -> Case:
    """Keep the n largest atoms of many as they are."""
    x = rng.normal(size=(8, 1))
    given = Measure(rng.normal(size=60), rng.choice([-1.0, 1.0], 60), rng.normal(size=60))
    largest = np.argsort(np.abs(given.weights))[-8:]
    return Case(x, given, Measure(given.kinks[largest], given.directions[largest], given.weights[largest]))


CLAIM = Claim(
    name="rosset-support",
    title="As many atoms as points suffice for one output",
    source="Neyshabur, Tomioka and Srebro, section 4, after eq. (8), citing Rosset et al. (2007)",
    statement="Problem (8) always has an optimum which is a discrete measure with at most n + 1 atoms, even if the library is infinite.",
    kind="bound",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
)
