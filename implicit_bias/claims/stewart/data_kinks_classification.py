"""Theorem 6.1 read for problem (5), of which (14) is the simplified form: on the sphere, kinks at the data do not suffice.

Two classes are scalar classification, divided by sqrt(2): the least cost of g with ± g(x_i) ≥ 1. For one label on {-2, 2} the cheapest
such g on the data's kinks and the constants is 1, of cost 1, while kinks at ± 1/2 make it 1 at both points for 2/sqrt(5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng
from implicit_bias.claims.instances import combine, margins, ramps
from implicit_bias.data import Dataset
from implicit_bias.measures import FALLING, RISING, Measure
from implicit_bias.numerics.arrays import FloatArray, IntArray
from implicit_bias.problems import MaxMarginProblem
from implicit_bias.solve import solve


@dataclass(frozen=True, eq=False)
class Case:
    """Data of problem (5) with two classes."""

    x: FloatArray
    labels: IntArray


def fixed() -> tuple[Case, ...]:
    """Return the two points above, and an island between two others."""
    return Case(np.array([-2.0, 2.0]), np.zeros(2, dtype=np.int64)), Case(np.array([-3.0, -1.0, 1.0, 3.0]), np.array([0, 1, 1, 0]))


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a few points; the sphere has a scale of its own, so the user's data are not used."""
    x = np.cumsum(rng.uniform(0.3, 1.5, int(rng.integers(2, 6))))
    return Case(x - x.mean(), rng.integers(0, 2, x.size))


def check(case: Case) -> Outcome:
    """Return which part of the cost on the data's kinks another measure saves, its values, margins and cost computed anew."""
    measure = solve(MaxMarginProblem(case.x, case.labels, 2, weight="sphere")).measure
    if not isinstance(measure, Measure) or measure.affine is not None:
        return Outcome(0.0)
    values = combine(ramps(case.x, measure.kinks, measure.directions), measure.weights) + measure.constant
    smallest = float(margins(values, case.labels).min())
    if not smallest > 0:
        return Outcome(0.0)
    lengths = np.linalg.norm(measure.weights, axis=1) * np.hypot(1, measure.kinks)
    cost = float(lengths.sum() + np.linalg.norm(measure.constant)) / smallest
    restricted = on_data_kinks(case.x, case.labels)
    return Outcome(max(0.0, (restricted - cost) / restricted))


def on_data_kinks(x: FloatArray, labels: IntArray) -> float:
    """Return the least cost on the data's kinks and the constants, of scalar classification divided by sqrt(2), by SciPy's HiGHS."""
    from scipy.optimize import linprog

    kinks, directions = np.concatenate([x, x]), np.repeat([RISING, FALLING], x.size)
    signs = np.where(labels == 0, 1.0, -1.0)
    matrix = signs[:, None] * np.column_stack([ramps(x, kinks, directions), np.ones_like(x)])
    costs = np.append(np.hypot(1, kinks), 1.0)
    found: Any = linprog(
        np.concatenate([costs, costs]), A_ub=np.hstack([-matrix, matrix]), b_ub=-np.ones(x.size), bounds=(0, None), method="highs"
    )
    return float(found.fun) / math.sqrt(2)


def control(rng: Rng) -> Case:
    """Take two classes that one kink parts, at a point that is close to its neighbour: it is cheapest where it is."""
    x = np.cumsum(rng.uniform(0.3, 0.8, 2))
    return Case(x - x.mean(), np.array([0, 1]))


CLAIM = Claim(
    name="data-kinks-classification",
    title="Kinks at the data do not suffice for classification on the sphere",
    source="Stewart et al., section 5 (Theorem 6.1 read for problem (5))",
    statement="There is an optimum of problem (5) whose kinks all lie at data points, as there is for problem (14).",
    kind="support",
    expected="fails-as-stated",
    assumption="Every feature costs the same, as in problem (14); in problem (5) a kink t costs sqrt(1 + t²).",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
