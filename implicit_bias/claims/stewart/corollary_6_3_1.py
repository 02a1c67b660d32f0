"""Corollary 6.3.1: an optimum with kinks at the data is an optimum among all.

Both values are linear programs, one on the kinks at the data (problem 17), one on those and a grid between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims import linear
from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, equal
from implicit_bias.claims.instances import data_kinks, data_or_random, generic
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray

_PER_GAP = 5


@dataclass(frozen=True, eq=False)
class Case:
    """Data, the kinks that are said to suffice, and a finer grid of kinks that contains the data."""

    x: FloatArray
    y: FloatArray
    few: FloatArray
    many: FloatArray


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Put the middle of every gap and random kinks on the grid."""
    points = data_or_random(rng, data)
    x = points.x
    shares = np.concatenate([np.full((x.size - 1, 1), 0.5), rng.random((x.size - 1, _PER_GAP - 1))], axis=1)
    between = np.clip((x[:-1, None] + np.diff(x)[:, None] * shares).ravel(), x[0], x[-1])
    return Case(x, points.y, x, np.unique(np.concatenate([x, between])))


def check(case: Case) -> Outcome:
    """Compare the two optimal costs."""
    few, many = (linear.cheapest(case.x, case.y, *data_kinks(kinks)) for kinks in (case.few, case.many))
    return equal(few, many)


def control(rng: Rng) -> Case:
    """Put the kinks at the middles of the gaps, and at both ends, instead of at the data."""
    case = draw(rng, generic(rng))
    middles = (case.x[1:] + case.x[:-1]) / 2
    return Case(case.x, case.y, np.concatenate([case.x[:1], middles, case.x[-1:]]), case.many)


CLAIM = Claim(
    name="corollary-6.3.1",
    title="Kinks at the data suffice for the value",
    source="Stewart et al., Corollary 6.3.1, eq. (17)",
    statement="A measure that is optimal among those with kinks at the data is optimal among all: the two values are equal.",
    kind="equality",
    expected="holds-with-assumption",
    assumption="Kinks lie in [x_1, x_n].",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
)
