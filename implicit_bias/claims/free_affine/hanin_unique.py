"""The interpolant of least TV(f') read as one function: with unit weight there are many, unless no neighbours bend the same way.

For y = x² on {0, 1, 2, 3} the total variation is 4 at least, and both

    x + 2 [x - 1]₊ + 2 [x - 2]₊      and      x + 4 [x - 3/2]₊

interpolate at that price. In general two neighbouring kinks of equal signs at x_j and x_{j+1}, of sizes c_j and c_{j+1}, are the same at
the data as one of size c_j + c_{j+1} at their centre of mass. The weight sqrt(1 + t²) makes one of all these the cheapest: see
:mod:`implicit_bias.claims.free_affine.boursier_flammarion_unique`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng
from implicit_bias.claims.instances import data_or_random
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray

Kinks = tuple[tuple[Fraction, Fraction], ...]
"""Places and slope changes."""


@dataclass(frozen=True, eq=False)
class Case:
    """Data, and the kinks of a function through the first two points, with its slope before them, said to be another minimiser."""

    x: FloatArray
    y: FloatArray
    slope: Fraction
    kinks: Kinks


def interpolant(x: FloatArray, y: FloatArray) -> tuple[Fraction, Kinks]:
    """Return the first slope and the kinks of the chords, in exact arithmetic."""
    points = [(Fraction(a), Fraction(b)) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    slopes = [(d - b) / (c - a) for (a, b), (c, d) in pairwise(points)]
    changes = [after - before for before, after in pairwise(slopes)]
    return slopes[0], tuple((a, change) for (a, _), change in zip(points[1:-1], changes, strict=True) if change)


def joined(x: FloatArray, y: FloatArray) -> Case:
    """Join the first two neighbouring kinks of equal signs, if there are any."""
    slope, kinks = interpolant(x, y)
    places = [Fraction(a) for a in x.tolist()]
    for k, ((s, c), (t, d)) in enumerate(pairwise(kinks)):
        if c * d > 0 and places.index(t) == places.index(s) + 1:
            return Case(x, y, slope, (*kinks[:k], ((c * s + d * t) / (c + d), c + d), *kinks[k + 2 :]))
    return Case(x, y, slope, kinks)


def fixed() -> tuple[Case, ...]:
    """Return the counterexample above, upright and upside down."""
    x = np.arange(4.0)
    return joined(x, x**2), joined(x, -(x**2))


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Join two kinks of random data."""
    points = data_or_random(rng, data)
    return joined(points.x, points.y)


def check(case: Case) -> Outcome:
    """Return how far the function is from the chords, relative to TV(f') times the range; 0 unless it is a minimiser, in rationals."""
    slope, chords = interpolant(case.x, case.y)
    first, last = Fraction(float(case.x[0])), Fraction(float(case.x[-1]))
    start = Fraction(float(case.y[0]))

    def value(t: Fraction, steep: Fraction, kinks: Kinks) -> Fraction:
        return start + steep * (t - first) + sum((c * max(t - s, Fraction(0)) for s, c in kinks), Fraction(0))

    misses = any(value(Fraction(a), case.slope, case.kinks) != Fraction(b) for a, b in zip(case.x.tolist(), case.y.tolist(), strict=True))
    variation = sum((abs(c) for _, c in chords), Fraction(0))
    if misses or variation == 0 or sum((abs(c) for _, c in case.kinks), Fraction(0)) > variation:
        return Outcome(0.0)
    apart = max((abs(value(t, case.slope, case.kinks) - value(t, slope, chords)) for t, _ in (*case.kinks, *chords)), default=Fraction(0))
    return Outcome(float(apart / (variation * (last - first))))


def control(rng: Rng) -> Case:
    """Take targets whose slope changes alternate in sign: the chords are the only minimiser."""
    n = int(rng.integers(3, 12))
    x = np.cumsum(rng.integers(1, 9, n)) / 4
    return joined(x, np.where(np.arange(n) % 2 == 0, 1.0, -1.0) * rng.integers(1, 9, n) / 8)


CLAIM = Claim(
    name="hanin-unique",
    title="With unit weight the optimum is not unique",
    source="Hanin, Ridgeless interpolation with shallow ReLU networks in 1D (read as if there were one such interpolant)",
    statement="With unit weight and a free affine part there is exactly one interpolant of least TV(f').",
    kind="support",
    expected="fails-as-stated",
    assumption="No two neighbouring slope changes of the data have equal signs; the chords are then the only one.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="one instance",
)
