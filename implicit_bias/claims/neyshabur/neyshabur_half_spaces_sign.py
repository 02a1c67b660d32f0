"""The question that the appendix of Neyshabur et al. asks is about y g(x) > 0, which no sum of the proof's kind attains.

f(x) = Σ_i ([w_i·x]₊ - [w_i·x - 1]₊) has terms of 0 or 1, so f ≥ 0 and y f ≤ 0 wherever y = -1; and that is at half of the corners at
least, as of x and -x not both are in a half-space. One more parameter mends it, an output bias from -k to 1 - k exclusive (or
one more unit that sees the constant input alone): the hardness of learning does not depend on this.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng
from implicit_bias.claims.neyshabur import neyshabur_half_spaces as counting
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Case:
    """Normals of half-spaces, (k, D), and the output bias of the network."""

    normals: FloatArray
    bias: float = 0.0


def fixed() -> tuple[Case, ...]:
    """Return one half-space of the line: f(-1) = 0 is not negative."""
    return (Case(np.ones((1, 1))),)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw half-spaces; the network is the proof's."""
    return Case(counting.draw(rng, data).normals)


def check(case: Case) -> Outcome:
    """Return the share of corners at which y f(x) is not positive."""
    x = counting.corners(case.normals.shape[1])
    y = np.where((x @ case.normals.T > 0).all(axis=1), 1.0, -1.0)
    return Outcome(float((y * counting.network(case.normals, case.bias)(x).reshape(len(x)) <= 0).mean()))


def control(rng: Rng) -> Case:
    """Give the network the output bias that it lacks."""
    case = draw(rng, None)
    return Case(case.normals, 0.5 - len(case.normals))


CLAIM = Claim(
    name="neyshabur-half-spaces-sign",
    title="The network of the half-spaces has the labels' signs",
    source="Neyshabur, Tomioka and Srebro, appendix, condition 1 of the question",
    statement=(
        "The labels of an intersection of k half-spaces are perfectly predicted, y g(x) > 0, by the network of 2 k units with "
        "g(x) = Σ_i ([w_i·x]₊ - [w_i·x - 1]₊)."
    ),
    kind="bound",
    expected="fails-as-stated",
    assumption="The network has an output bias, or one more unit for a constant; g itself is at least 0.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
