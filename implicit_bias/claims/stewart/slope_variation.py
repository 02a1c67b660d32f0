"""Problem (13) read as 'the interpolant of least total variation of f′': it adds a boundary cost, and may choose another function.

The least TV(f') of an interpolant is Σ|c_j|, over the slope changes c_j of the piecewise-linear one. Problem (13) has no constants and no
lines, so that what its kinks do not make at x_1 and x_n is paid for besides: with A_j = c_j (x_j - x_1), B_j = c_j (x_n - x_j),

    value (13) = Σ|c_j| + (1/L) max over |p|, |q| ≤ 1 of  p y_1 + q y_n - Σ_j max(p A_j, q B_j).

For y ≡ 1 on [-1, 1] the first is 0 and the second 1. They agree where kinks between the data make both end values, as for x² on
{-1, -1/2, 0, 1/2, 1}.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng
from implicit_bias.claims.instances import data_or_random
from implicit_bias.data import Dataset
from implicit_bias.methods.exact.rational import prove
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Case:
    """Data of problem (13)."""

    x: FloatArray
    y: FloatArray


def fixed() -> tuple[Case, ...]:
    """Return a constant, a line, and a hat: what its one kink makes at an end is taken back there."""
    x = np.array([-1.0, 0.0, 1.0])
    return Case(x, np.ones(3)), Case(x, x), Case(x, 1 - np.abs(x))


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Take the user's data or random data."""
    points = data_or_random(rng, data)
    return Case(points.x, points.y)


def check(case: Case) -> Outcome:
    """Return which part of the value of problem (13), proved in rationals, is not total variation of the interpolant's slope."""
    x, y = ([Fraction(value) for value in values.tolist()] for values in (case.x, case.y))
    proof = prove(x, y)
    if proof.objections() or proof.value == 0:
        return Outcome(0.0)
    slopes = [(y[i + 1] - y[i]) / (x[i + 1] - x[i]) for i in range(len(x) - 1)]
    variation = sum((abs(after - before) for before, after in pairwise(slopes)), Fraction(0))
    return Outcome(max(0.0, float((proof.value - variation) / proof.value)))


def control(rng: Rng) -> Case:
    """Take a sum of rising and falling ramps with kinks between the ends, those at one kink of one sign: its ends are paid for."""
    x = np.sort(rng.choice(np.arange(-12, 13), int(rng.integers(4, 10)), replace=False)) / 4
    signs = rng.choice([-1.0, 1.0], x.size - 2)
    rising, falling = signs * rng.integers(0, 4, (2, x.size - 2))
    inner = x[1:-1]
    y = np.maximum(x[:, None] - inner, 0) @ rising + np.maximum(inner - x[:, None], 0) @ falling
    return Case(x, y)


CLAIM = Claim(
    name="slope-variation",
    title="Problem (13) is not the least total variation of f'",
    source="Stewart et al., problem (13) (read as the problem of least total variation of f')",
    statement="The value of problem (13) is the least total variation of the derivative of an interpolant, Σ|c_j|.",
    kind="equality",
    expected="fails-as-stated",
    assumption="An affine part costs nothing; in problem (13) what the kinks do not make at both ends is paid for besides.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="one instance",
)
