"""Section 2: real targets to bins and back.

[lo, hi] is cut into K bins of equal width. By "interior" their midpoints are lo + (i + ½)(hi - lo)/K; by "ends", as in the
paper's experiment, lo + i (hi - lo)/(K - 1), so that the first and the last bin reach half a width beyond the range.
The bins are recomputed in rationals, and ties are targets that are borders exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together, true
from implicit_bias.data import Dataset
from implicit_bias.data.bins import bin_targets, expected_targets
from implicit_bias.numerics.arrays import FloatArray, IntArray
from implicit_bias.numerics.tolerances import EPS

_CERTAIN = 1e3
"""Scores so far apart that the softmax of one-hot ones is one-hot in float64."""


@dataclass(frozen=True, eq=False)
class Case:
    """Targets in [lo, hi], and the labels and midpoints that are said to be theirs."""

    y: FloatArray
    lo: float
    hi: float
    ends: bool
    labels: IntArray
    midpoints: FloatArray


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw the number and the kind of the bins, and targets, among them every border that float64 has exactly."""
    bins, ends = int(rng.choice([2, 3, 4, 5, 8, 10, 16, 17, 50])), bool(rng.integers(2))
    if data is not None and data.y.min() < data.y.max():
        return _binned(data.y, float(data.y.min()), float(data.y.max()), bins, ends)
    lo = float(rng.integers(-8, 9)) / 4
    hi = lo + 2.0 ** int(rng.integers(-3, 4))
    return _binned(np.concatenate([rng.uniform(lo, hi, 30), [lo, hi], _ties(lo, hi, bins, ends)]), lo, hi, bins, ends)


def _binned(y: FloatArray, lo: float, hi: float, bins: int, ends: bool) -> Case:
    return Case(y, lo, hi, ends, *bin_targets(y, bins, (lo, hi), "ends" if ends else "interior"))


def _ties(lo: float, hi: float, bins: int, ends: bool) -> FloatArray:
    """Return the interior borders that are float64 numbers."""
    left, width = _bins(lo, hi, bins, ends)
    borders = [left + i * width for i in range(1, bins)]
    return np.array([float(border) for border in borders if Fraction(float(border)) == border])


def _bins(lo: float, hi: float, bins: int, ends: bool) -> tuple[Fraction, Fraction]:
    """Return where the first bin begins, and the width of all."""
    width = (Fraction(hi) - Fraction(lo)) / (bins - ends)
    return Fraction(lo) - (width / 2 if ends else 0), width


def check(case: Case) -> Outcome:
    """Compare with bins in rationals: midpoints, the distance to them, the left bin on ties, and the way back.

    A target's own bin is the one of the claim unless a border is within the rounding of the range from it.
    """
    bins, size = case.midpoints.size, max(abs(case.lo), abs(case.hi))
    left, width = _bins(case.lo, case.hi, bins, case.ends)
    middles = [left + (i + Fraction(1, 2)) * width for i in range(bins)]
    allowed = Fraction(4 * EPS * size)
    one_hot = _CERTAIN * np.eye(bins)[case.labels]
    beyond, ties = [0.0], []
    for y, label in zip(case.y.tolist(), case.labels.tolist(), strict=True):
        beyond.append(float((abs(Fraction(y) - middles[label]) - width / 2 - allowed) / width))
        place = (Fraction(y) - left) / width
        if place.denominator == 1 and 0 < place < bins:
            ties.append(label == place - 1)
    back = expected_targets(one_hot, case.midpoints)
    return together(
        equal(case.midpoints, [float(middle) for middle in middles], size),
        at_most(beyond, 0.0, 1.0),
        true(all(ties)),
        equal(back, case.midpoints[case.labels], size),
        at_most(np.abs(back - case.y) / float(width), 0.5 + float(allowed / width), 1.0),
    )


def control(rng: Rng) -> Case:
    """Put ties into the right-most bin."""
    lo, bins = float(rng.integers(-8, 9)), int(rng.choice([2, 4, 8, 16]))
    ties = _ties(lo, lo + 2, bins, False)
    case = _binned(ties, lo, lo + 2, bins, False)
    return replace(case, labels=case.labels + 1)


CLAIM = Claim(
    name="binning",
    title="Regression becomes classification by bins",
    source="Stewart et al., section 2 and section 7 (midpoints at the ends)",
    statement=(
        "Targets are put into bins of equal width, into the left-most one on ties; the expectation over the bins returns the "
        "midpoint, which is within half a width of the target."
    ),
    kind="equality",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
)
