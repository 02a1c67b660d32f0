"""Theorem 6.1 read for problem (4), of which (13) is the simplified form: on the sphere, kinks at the data do not suffice.

A kink t costs sqrt(1 + t²) there, so that it can pay to move it off the data. For y ≡ 1 on {-2, 2} the cheapest measure on the data's
kinks and the constants is the constant, of cost 1, while a pair of kinks at ± 1/2,

    1 = (2/5) [x + 1/2]₊ + (2/5) [1/2 - x]₊  at both points,   costs  (4/5) sqrt(1 + 1/4) = 2/sqrt(5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng
from implicit_bias.claims.instances import combine, ramps
from implicit_bias.data import Dataset
from implicit_bias.measures import FALLING, RISING, Measure
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import RegressionProblem
from implicit_bias.solve import solve


@dataclass(frozen=True, eq=False)
class Case:
    """Data of problem (4)."""

    x: FloatArray
    y: FloatArray


def fixed() -> tuple[Case, ...]:
    """Return the two points above, and a parabola, for which the kinks lie inside the gaps."""
    x = np.array([-2.0, -1.0, 1.0, 2.0])
    return Case(np.array([-2.0, 2.0]), np.ones(2)), Case(x, x**2)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a few points; the sphere's weight has a scale of its own, so the user's data are not used."""
    x = np.cumsum(rng.uniform(0.3, 1.5, int(rng.integers(2, 7))))
    return Case(x - x.mean(), np.cumsum(rng.normal(size=x.size)))


def check(case: Case) -> Outcome:
    """Return which part of the cost on the data's kinks another measure saves; 0 if it does not interpolate.

    The measure is the toolkit's, but its values and its cost are computed anew.
    """
    measure = solve(RegressionProblem(case.x, case.y, weight="sphere")).measure
    if not isinstance(measure, Measure) or measure.affine is not None:
        return Outcome(0.0)
    values = combine(ramps(case.x, measure.kinks, measure.directions), measure.weights) + measure.constant
    cost = float((np.abs(measure.weights) * np.hypot(1, measure.kinks)).sum() + abs(float(measure.constant)))
    if np.abs(values - case.y).max() > PROGRAM * np.abs(case.y).max():
        return Outcome(0.0)
    restricted = on_data_kinks(case.x, case.y)
    return Outcome(max(0.0, (restricted - cost) / restricted))


def on_data_kinks(x: FloatArray, y: FloatArray) -> float:
    """Return the least cost of an interpolating measure on the data's kinks and the constants, by SciPy's HiGHS."""
    from scipy.optimize import linprog

    kinks, directions = np.concatenate([x, x]), np.repeat([RISING, FALLING], x.size)
    matrix = np.column_stack([ramps(x, kinks, directions), np.ones_like(x)])
    costs = np.append(np.hypot(1, kinks), 1.0)
    found: Any = linprog(np.concatenate([costs, costs]), A_eq=np.hstack([matrix, -matrix]), b_eq=y, bounds=(0, None), method="highs")
    return float(found.fun)


def control(rng: Rng) -> Case:
    """Take [x - x_2]₊ on four points, with gaps that are short on the sphere: its one kink is cheapest where it is."""
    x = np.cumsum(rng.uniform(0.3, 0.8, 4)) - 1.2
    return Case(x, np.maximum(x - x[1], 0.0))


CLAIM = Claim(
    name="data-kinks-sphere",
    title="Kinks at the data do not suffice on the sphere",
    source="Stewart et al., section 5 (Theorem 6.1 read for problem (4))",
    statement="There is an optimum of problem (4) whose kinks all lie at data points, as there is for problem (13).",
    kind="support",
    expected="fails-as-stated",
    assumption="Every feature costs the same, as in problem (13); in problem (4) a kink t costs sqrt(1 + t²).",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
