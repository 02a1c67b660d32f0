"""Two classes are scalar max-margin classification, at 1/sqrt(2) of its cost.

With weights w_j = (a_j, b_j) and signs +1 for the first class, -1 for the second, problem (14) minimises Σ‖w_j‖ subject to
±(f_1 - f_2) ≥ 1. Replacing each w_j by ½(a_j - b_j)(1, -1) does not change f_1 - f_2 and costs no more, so g = f_1 - f_2 with
weights v_j = a_j - b_j is all that matters: ± g ≥ 1 and ‖w_j‖ = |v_j|/sqrt(2). Hence the value is the scalar problem's,
min Σ|v_j| subject to ± g(x_i) ≥ 1, over sqrt(2).

Labels 0, 0, 0, 1, 1, 1 on six evenly spaced points of [-1, 1]: g = -5 x has cost 5, and the value is 5/sqrt(2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from implicit_bias.claims import linear
from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, equal, together
from implicit_bias.claims.instances import Labelled, data_kinks, labelled
from implicit_bias.data import Dataset
from implicit_bias.problems import MaxMarginProblem
from implicit_bias.solve import solve


@dataclass(frozen=True, eq=False)
class Case:
    """Points of two classes, by what the scalar cost is to be divided, and the scalar cost where it is known."""

    points: Labelled
    divisor: float = math.sqrt(2)
    scalar: float | None = None


def fixed() -> tuple[Case, ...]:
    """Return the example above, and one label everywhere: g = ±1 costs 1 on [-1, 1]."""
    x = np.linspace(-1, 1, 6)
    return Case(Labelled(x, np.repeat([0, 1], 3), 2), scalar=5.0), Case(Labelled(x, np.ones(6, dtype=np.int64), 2), scalar=1.0)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw labels, of which the odd ones become 1 and the even ones 0."""
    points = labelled(rng, data)
    return Case(Labelled(points.x, points.labels % 2, 2))


def check(case: Case) -> Outcome:
    """Compare both bounds of the value with the scalar problem's linear program, and with what is known."""
    points = case.points
    found = solve(MaxMarginProblem(points.x, points.labels, 2))
    scalar = linear.separating(points.x, np.where(points.labels == 0, 1.0, -1.0), *data_kinks(points.x))
    expected = scalar / case.divisor
    return together(
        equal(found.upper_bound, expected),
        equal(found.lower_bound, expected),
        equal(scalar, scalar if case.scalar is None else case.scalar),
    )


def control(rng: Rng) -> Case:
    """Forget the square root of two."""
    return replace(draw(rng, None), divisor=1.0)


CLAIM = Claim(
    name="two-classes-scalar",
    title="Two classes are scalar classification",
    source="Stewart et al., problem (14) with k = 2 (not stated there)",
    statement="For two classes the value of problem (14) is that of min ∫ d|μ| subject to ± g(x_i) ≥ 1, divided by sqrt(2).",
    kind="equality",
    expected="holds",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="one instance",
)
