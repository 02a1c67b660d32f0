"""Savarese, Evron, Soudry and Srebro (recalled): what a function costs when kinks lie anywhere on the line and only the bias is free.

Let f have slope changes c_j at t_j, and slopes a before and b behind them all. Up to a constant f is Σ r_j [x - t_j]₊ + l_j [t_j - x]₊
with r_j + l_j = c_j everywhere, and with Σ r_j = b and Σ l_j = -a at both ends; of these b - a = Σ c_j follows, and Σ (r_j - l_j) = a + b
remains. As |r| + |l| = max(|r + l|, |r - l|), the cost is at least max(Σ|c_j|, |a + b|), and with

    r_j - l_j = |c_j| (a + b) / Σ|c|   (or a kink anywhere with r = -l = a, if f is a line)

it is exactly that. The second term is the price of slopes: it is why f(x) = x costs 2, though it has no kink.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, equal, together
from implicit_bias.claims.instances import data_or_random
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Case:
    """The slopes of f, from left to right, between kinks that may be none; what f is said to cost."""

    slopes: FloatArray
    stated: float


def formula(slopes: FloatArray) -> float:
    """Return max(∫ |f''|, |f'(-∞) + f'(∞)|)."""
    return max(float(np.abs(np.diff(slopes)).sum()), abs(float(slopes[0] + slopes[-1])))


def fixed() -> tuple[Case, ...]:
    """Return x, |x| and a zigzag, with kinks added that are none."""
    given = (([1.0, 1.0, 1.0], 2.0), ([-1.0, -1.0, 1.0], 2.0), ([0.0, 3.0, -1.0, -1.0, 0.0], 8.0), ([2.0, 1.0], 3.0))
    return tuple(Case(np.array(slopes), cost) for slopes, cost in given)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Take the interpolant of the data, with kinks that are none; drawn slopes lean to one side half of the time."""
    if data is None and rng.integers(2):
        slopes = rng.normal() * 2 + rng.normal(size=int(rng.integers(1, 12)))
    else:
        points = data_or_random(rng, data)
        slopes = np.diff(points.y) / np.diff(points.x)
    slopes = slopes[np.sort(rng.integers(0, slopes.size, slopes.size + 2))]
    return Case(slopes, formula(slopes))


def check(case: Case) -> Outcome:
    """Compare what is stated with the linear program over the kinks' weights, and with the cost of the measure above.

    The program asks for every slope: neither constants nor the places of kinks matter.
    """
    slopes, kinks = case.slopes, case.slopes.size - 1
    unit = float(np.abs(slopes).max()) or 1.0
    # between the kinks i - 1 and i, the rising features before and the falling ones behind are active
    before = (np.arange(kinks) < np.arange(kinks + 1)[:, None]).astype(np.float64)
    matrix = np.hstack([before, before - 1])
    rising, falling = parts(slopes / unit)
    missed = matrix @ np.concatenate([rising, falling]) - slopes / unit
    cost = float((np.abs(rising) + np.abs(falling)).sum()) * unit
    return together(
        equal(cheapest(matrix, slopes / unit) * unit, case.stated),
        equal(cost, case.stated),
        equal(missed, 0.0, 1.0),
    )


def cheapest(matrix: FloatArray, slopes: FloatArray) -> float:
    """Return the least Σ|w| of weights that make the slopes, by SciPy's HiGHS."""
    from scipy.optimize import linprog

    both = np.hstack([matrix, -matrix])
    found: Any = linprog(np.ones(both.shape[1]), A_eq=both, b_eq=slopes, bounds=(0, None), method="highs")
    return float(found.fun) if found.status == 0 else np.nan


def parts(slopes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return rising and falling parts of every slope change, as above."""
    changes, ends = np.diff(slopes), float(slopes[0] + slopes[-1])
    total = float(np.abs(changes).sum())
    shares = np.abs(changes) / total if total > 0 else np.eye(1, changes.size)[0]
    return (changes + shares * ends) / 2, (changes - shares * ends) / 2


def control(rng: Rng) -> Case:
    """Leave out the second term, for slopes that lean to one side."""
    slopes = rng.choice([-1, 1]) * rng.uniform(1, 2, int(rng.integers(2, 8)))
    slopes = np.sort(slopes)  # their changes add up to less than 1
    return replace(Case(slopes, 0.0), stated=float(np.abs(np.diff(slopes)).sum()))


CLAIM = Claim(
    name="savarese-formula",
    title="The cost of a function with a free bias and kinks anywhere",
    source="Savarese, Evron, Soudry and Srebro, How do infinite width bounded norm networks look in function space?, Theorem 3.1",
    statement="The least cost of representing f by features of unit weight, constants being free, is max(∫|f''|, |f'(-∞) + f'(∞)|).",
    kind="equality",
    expected="holds",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
)
