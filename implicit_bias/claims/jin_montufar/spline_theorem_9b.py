"""Theorem 9 (b): for W = ±1 and B ~ U(-a_b, a_b) with a_b ≥ L, ζ is constant on [-L, L]; it is 1/(2 a_b).

C = -B/W is uniform on [-a_b, a_b] and W² = 1. So ∫ ζ over an interval is the probability that C is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, equal, together
from implicit_bias.claims.jin_montufar.joint import squares_between
from implicit_bias.data import Dataset
from implicit_bias.zetas.zeta import BinaryUniformZeta

_INTERVALS = 16


@dataclass(frozen=True)
class Case:
    """The reach of B and the half-width L of the interval on which ζ is said to be constant."""

    a_b: float
    half: float


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a_b ≥ L, now and then with equality."""
    half = float(10 ** rng.uniform(-1, 1))
    return Case(half * float(rng.choice([1.0, rng.uniform(1, 5)])), half)


def check(case: Case) -> Outcome:
    """Compare E[W² 1{C in I}]/|I| for the parts I of [-L, L] with each other, with 1/(2 a_b), and with the toolkit's ζ."""
    edges = np.linspace(-case.half, case.half, _INTERVALS + 1)
    signs, mass = np.array([-1.0, 1.0]), np.array([0.5, 0.5])
    means = [
        squares_between(signs, mass, lambda b, w: np.clip((b + case.a_b) / (2 * case.a_b), 0, 1), lo, hi) / (hi - lo)
        for lo, hi in pairwise(edges.tolist())
    ]
    middles = (edges[:-1] + edges[1:]) / 2
    return together(equal(means, means[0]), equal(means, 1 / (2 * case.a_b)), equal(BinaryUniformZeta(case.a_b)(middles), means))


def control(rng: Rng) -> Case:
    """Let B not reach far enough: a_b < L."""
    half = draw(rng, None).half
    return Case(half * float(rng.uniform(0.2, 0.8)), half)


CLAIM = Claim(
    name="spline-theorem-9b",
    title="Binary weights and uniform biases give constant ζ",
    source="Jin and Montúfar, Theorem 9 (b)",
    statement="If W = ±1 and B ~ U(-a_b, a_b) are independent and a_b ≥ L, then ζ is constant on [-L, L].",
    kind="equality",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    data_use="never",
)
