"""Section 5.1: from the circle of input weights to kinks and directions.

A unit (u, v) on the circle with u ≠ 0 and weight c is the feature with kink t = -v/u and direction s = sign u,

    c [u x + v]₊ = c |u| [s (x - t)]₊,        |u| = 1 / sqrt(1 + t²),

so weights pick up the factor |u| and Σ|c| = Σ|w| sqrt(1 + t²). The poles (0, 1) and (0, -1) are the constants c and 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.claims.stewart.normal_form import points, random_network
from implicit_bias.data import Dataset
from implicit_bias.measures import Measure
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Case:
    """A measure on the circle (units (u, v), weights c), its image over kinks and directions, and points."""

    u: FloatArray
    v: FloatArray
    c: FloatArray
    image: Measure
    x: FloatArray


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a measure with atoms on the circle, both poles among them, and map it."""
    unit = random_network(rng).normalized()
    u, v, c = (np.append(a, b) for a, b in ((unit.W, [0.0, 0.0]), (unit.b, [1.0, -1.0]), (unit.a, rng.normal(size=2))))
    whole = Measure.from_network(u, v, c)
    assert isinstance(whole, Measure)
    return Case(u, v, c, Measure(whole.kinks, whole.directions, whole.weights), points(rng, data))


def check(case: Case) -> Outcome:
    """Compare the functions, which may differ by the poles' constant only, and the costs, related by sqrt(1 + t²)."""
    x, bent, image = case.x, case.u != 0, case.image
    given = (np.maximum(0.0, x[:, None] * case.u + case.v) * case.c).sum(axis=1)
    constant = (case.c * np.maximum(0.0, case.v))[~bent].sum()
    scale = (np.abs(case.c) * (np.abs(x).max() * np.abs(case.u) + np.abs(case.v))).sum()
    cost = np.abs(case.c[bent]).sum()
    return together(
        equal(given - image(x), constant, float(scale)),
        equal((np.abs(image.weights) * np.hypot(1.0, image.kinks)).sum(), cost),
        at_most(np.abs(image.weights).sum(), float(cost)),
    )


def control(rng: Rng) -> Case:
    """Move the atoms and forget the factor |u|."""
    case = draw(rng, None)
    kept = Measure(case.image.kinks, case.image.directions, case.c[case.u != 0])
    return Case(case.u, case.v, case.c, kept, case.x)


CLAIM = Claim(
    name="change-of-variable",
    title="From the circle to kinks and directions",
    source="Stewart et al., section 5.1, eqs. (6) to (12)",
    statement=(
        "With t = -v/u, s = sign u and weights c |u|, a measure over the circle without its poles and its image over kinks and "
        "directions define the same function; the poles add a constant, and the cost Σ|c| becomes Σ|w| sqrt(1 + t²)."
    ),
    kind="equality",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
)
