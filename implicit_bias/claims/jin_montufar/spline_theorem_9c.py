"""Theorem 9 (c): for W ~ U(-a_w, a_w) and B ~ U(-a_b, a_b) with a_b/a_w ≥ L, ζ is constant on [-L, L]; it is a_w³/(8 a_b).

By Proposition 7, ζ(x) = 2 ∫_0^m w³ dw / (4 a_w a_b) = m⁴/(8 a_w a_b), where m = min(a_w, a_b/|x|) is as far as -W x stays in
the range of B. Beyond a_b/a_w it falls like x⁻⁴.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, equal, together
from implicit_bias.claims.jin_montufar.joint import rule, squares_between
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.zetas.zeta import UniformZeta

_INTERVALS = 16


@dataclass(frozen=True)
class Case:
    """The reaches of W and B, and the half-width L of the interval on which ζ is said to be constant."""

    a_w: float
    a_b: float
    half: float


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a_b/a_w ≥ L, now and then with equality."""
    half, a_w = (10 ** rng.uniform(-1, 1, 2)).tolist()
    return Case(a_w, a_w * half * float(rng.choice([1.0, rng.uniform(1, 5)])), half)


def check(case: Case) -> Outcome:
    """Compare E[W² 1{C in I}]/|I| for the parts I of [-L, L] with each other and with a_w³/(8 a_b); beyond, with the toolkit's ζ."""
    edges = np.linspace(-case.half, case.half, _INTERVALS + 1)
    means = [_squares(case, lo, hi) / (hi - lo) for lo, hi in pairwise(edges.tolist())]
    zeta, beyond = UniformZeta(case.a_w, case.a_b), 1.5 * case.a_b / case.a_w
    points, weights = rule(np.linspace(beyond, 2 * beyond, 5))
    return together(
        equal(means, means[0]),
        equal(means, case.a_w**3 / (8 * case.a_b)),
        equal(zeta((edges[:-1] + edges[1:]) / 2), means),
        equal(zeta(points) @ weights, _squares(case, beyond, 2 * beyond)),
    )


def _squares(case: Case, lo: float, hi: float) -> float:
    """Return E[W² 1{lo ≤ C ≤ hi}]; panels of W end where -W lo or -W hi leaves the range of B."""
    bends = [case.a_b / abs(end) for end in (lo, hi) if end != 0]
    edges = np.unique([0.0, *(bend for bend in bends if bend < case.a_w), case.a_w])
    w, width = rule(np.concatenate([-edges[:0:-1], edges]))

    def below(b: FloatArray, w: FloatArray) -> FloatArray:
        return np.clip((b + case.a_b) / (2 * case.a_b), 0, 1)

    return squares_between(w, width / (2 * case.a_w), below, lo, hi)


def control(rng: Rng) -> Case:
    """Let B not reach far enough: a_b/a_w < L."""
    case = draw(rng, None)
    return Case(case.a_w, case.a_w * case.half * float(rng.uniform(0.2, 0.8)), case.half)


CLAIM = Claim(
    name="spline-theorem-9c",
    title="Uniform weights and biases give constant ζ",
    source="Jin and Montúfar, Theorem 9 (c)",
    statement="If W ~ U(-a_w, a_w) and B ~ U(-a_b, a_b) are independent and a_b/a_w ≥ L, then ζ is constant on [-L, L].",
    kind="equality",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    data_use="never",
)
