"""|S_C| grows with the number of bins, if the new bins are parts of the old ones.

Cut each of K bins of equal width into m. A target in the new bin i, from 0, is in the old bin ⌊i/m⌋, also on ties: the old
borders are borders still, and either way a border belongs to the bin on its left. So neighbours that differ in their old
label differ in the new one, S_C with K bins is contained in S_C with m K bins, and its size does not shrink.

It may shrink where K does not divide the new number: six targets .4, .4, .4, .6, .6, .6 in [0, 1] have |S_C| = 4 with two bins
and |S_C| = 2 with three, one of which contains them all. And it stays as it is where no two neighbours are parted ("trivial
problems" in the paper), at the latest when all points are in S_C. For the paper's triangles it grows strictly over the range
that the fixed cases check.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.analysis.theory import classification_kinks
from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, together, true
from implicit_bias.claims.instances import data_or_random, switching_points
from implicit_bias.data import Dataset
from implicit_bias.data.bins import bin_targets
from implicit_bias.data.papers import triangles
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Case:
    """Data with targets in [lo, hi], two numbers of bins, and by how many points S_C is said to grow at least."""

    x: FloatArray
    y: FloatArray
    lo: float
    hi: float
    few: int
    many: int
    growth: int = 0


def fixed() -> tuple[Case, ...]:
    """Return the paper's triangles with bins halved and halved again."""
    data = triangles()
    return tuple(Case(data.x, data.y, 0.0, 1.0, few, 2 * few, 1) for few in (2, 4, 8, 16, 32))


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a continuous target (linear between a few values) at random points, a number of bins, and how to cut them."""
    few = int(rng.integers(2, 30))
    many = few * int(rng.integers(2, 5))
    if data is None or not data.y.min() < data.y.max():
        data = data_or_random(rng, None)
        x = np.sort(rng.uniform(data.x[0], data.x[-1], int(rng.integers(10, 100))))
        data = Dataset(x, np.interp(x, data.x, data.y + 1e-3 * rng.normal(size=len(data)) * np.ptp(data.x)))
    return Case(data.x, data.y, float(data.y.min()), float(data.y.max()), few, many)


def check(case: Case) -> Outcome:
    """Compare the sizes of S_C, and look the points of the smaller up in the larger; the toolkit's S_C must be the definition's."""
    found = []
    for bins in (case.few, case.many):
        labels, _ = bin_targets(case.y, bins, (case.lo, case.hi))
        by_definition = case.x[switching_points(labels)]
        found.append((set(by_definition.tolist()), by_definition, classification_kinks(case.x, labels)))
    (some, defined, kinks), (more, defined_more, kinks_more) = found
    return together(
        at_most(len(some) + case.growth, len(more), len(case.x)),
        true(some <= more),
        true(np.array_equal(kinks, defined) and np.array_equal(kinks_more, defined_more)),
    )


def control(rng: Rng) -> Case:
    """Join bins, or cut the range anew into bins that are not parts of the old ones (the example above, in random units)."""
    if rng.integers(2):
        data = triangles(int(rng.integers(100)))
        few = int(rng.choice([2, 4, 8, 16]))
        return Case(data.x, data.y, 0.0, 1.0, 2 * few, few)
    width = float(rng.uniform(0.5, 2))
    return Case(width * np.arange(6.0), np.repeat([0.4, 0.6], 3), 0.0, 1.0, 2, 3)


CLAIM = Claim(
    name="bins-grow-support",
    title="More bins, more kinks",
    source="Stewart et al., section 6 (remark after Theorem 6.1 and footnote 5)",
    statement="Increasing the number of bins increases |S_C|.",
    kind="bound",
    expected="holds-with-assumption",
    assumption="The new bins are parts of the old ones, and the increase may be none.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
)
