"""S_R read as *the* support of the optimum: optima may miss points of S_R, and may have kinks elsewhere.

For y = x² on {-1, -1/2, 0, 1/2, 1} the value is 3, S_R is all five points, and both

    ½[x]₊ + [x - ½]₊ + ½[-x]₊ + [-½ - x]₊      and      (3/2) [x - 1/3]₊ + (3/2) [-1/3 - x]₊

interpolate at cost 3: the first has no kink at the ends, the second none in S_R. For y = (2, 1, 2) on {-1, 0, 1}, value 3,
even the weights at the data are free: 2[x]₊ + [1 - x]₊ and its mirror image are optimal, each without one end of S_R.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng
from implicit_bias.claims.instances import Atom, data_or_random, exact_kinks
from implicit_bias.data import Dataset
from implicit_bias.methods.exact.rational import prove
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Case:
    """Data, and a measure over the rationals that is said to be optimal for them."""

    x: FloatArray
    y: FloatArray
    atoms: tuple[Atom, ...]


def fixed() -> tuple[Case, ...]:
    """Return the counterexamples above."""
    one, half, third = Fraction(1), Fraction(1, 2), Fraction(1, 3)
    x = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    at_data = ((0 * one, 1, half), (half, 1, one), (0 * one, -1, half), (-half, -1, one))
    between = ((third, 1, 3 * half), (-third, -1, 3 * half))
    three, vee = np.array([-1.0, 0.0, 1.0]), np.array([2.0, 1.0, 2.0])
    right, left = ((0 * one, 1, 2 * one), (one, -1, one)), ((0 * one, -1, 2 * one), (-one, 1, one))
    return Case(x, x**2, at_data), Case(x, x**2, between), Case(three, vee, right), Case(three, vee, left)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Take the exact optimum of random data."""
    points = data_or_random(rng, data)
    return Case(points.x, points.y, prove(list(points.x), list(points.y)).atoms)


def check(case: Case) -> Outcome:
    """Return how many kinks of a measure and of S_R are not common to both, over the size of S_R.

    0 unless the measure is optimal, which is decided in rationals: it interpolates, and costs what a proved optimum does.
    """
    proof = prove(list(case.x), list(case.y))
    misses = any(sum((w * max(s * (x - t), Fraction(0)) for t, s, w in case.atoms), Fraction(0)) != y for x, y in proof.points)
    if misses or proof.objections() or sum((abs(w) for _, _, w in case.atoms), Fraction(0)) != proof.value:
        return Outcome(0.0)
    predicted = exact_kinks(case.x, case.y)
    return Outcome(len(predicted ^ {t for t, _, w in case.atoms if w != 0}) / len(predicted))


def control(rng: Rng) -> Case:
    """Take data whose only optimum uses every point of S_R: y = (4, 4, 2) at x = (0, 3, 4), in units drawn at random.

    The certificate is ±1 at the three features of [x]₊ - 2[x - 3]₊ + [4 - x]₊ and nowhere else: unlike signs on the same
    side keep their kinks from being merged into one in the gap between them.
    """
    width, height = (Fraction(2) ** int(rng.integers(-5, 6)) for _ in range(2))
    slope = height / width
    atoms = ((Fraction(0), 1, slope), (3 * width, 1, -2 * slope), (4 * width, -1, slope))
    return Case(np.array([0.0, 3.0, 4.0]) * float(width), np.array([4.0, 4.0, 2.0]) * float(height), atoms)


CLAIM = Claim(
    name="support-unique",
    title="S_R is not the support of every optimum",
    source="Stewart et al., section 6 (S_R read as the support of optimal measures)",
    statement="S_R is the support of the optimal measures of problem (13): their kinks are exactly its points.",
    kind="support",
    expected="fails-as-stated",
    assumption="Read as: there is an optimal measure whose support is contained in S_R.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="one instance",
)
