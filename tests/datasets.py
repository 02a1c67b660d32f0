"""The data sets that every method runs on: generated ones of every awkward kind, and a few with known optima."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

# (x, y, optimal value of problem (13)), each by hand
KNOWN = {
    "constant": ([-1.0, 0.0, 1.0], [1.0, 1.0, 1.0], 1.0),
    "parabola": ([-1.0, -0.5, 0.0, 0.5, 1.0], [1.0, 0.25, 0.0, 0.25, 1.0], 3.0),
    "two points": ([0.0, 2.0], [3.0, -1.0], 2.0),
    "zero": ([0.0, 1.0, 3.0], [0.0, 0.0, 0.0], 0.0),
    "hat": ([0.0, 1.0, 2.0], [0.0, 1.0, 0.0], 3.0),
    "line through zero": ([0.0, 1.0, 2.0, 5.0], [0.0, 2.0, 4.0, 10.0], 2.0),
}

_values = st.floats(-10, 10, allow_subnormal=False).map(lambda v: 0.0 if abs(v) < 1e-6 else v)


@st.composite
def points(draw: st.DrawFn, largest: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Increasing x and y of 2 to ``largest`` points: integers, floats, near-duplicates; constant, affine and zero y."""
    n = draw(st.integers(2, largest))
    if draw(st.booleans()):
        x = np.array(sorted(draw(st.lists(st.integers(-50, 50), min_size=n, max_size=n, unique=True))), dtype=float)
    else:
        gaps = draw(st.lists(st.floats(1e-2, 1), min_size=n - 1, max_size=n - 1))
        for i in draw(st.lists(st.integers(0, n - 2), max_size=2)):
            gaps[i] = draw(st.sampled_from([1e-12, 1e-9, 1e-6, 1e-3]))
        x = np.concatenate(([0.0], np.cumsum(gaps)))
    x = np.unique(x)
    n = x.size
    kind = draw(st.sampled_from(["any", "integers", "constant", "affine", "zero"]))
    if kind == "any":
        y = np.array(draw(st.lists(_values, min_size=n, max_size=n)))
    elif kind == "integers":
        y = np.array(draw(st.lists(st.integers(-3, 3), min_size=n, max_size=n)), dtype=float)
    elif kind == "affine":
        y = draw(_values) * x + draw(_values)
    else:
        y = np.full(n, draw(_values) if kind == "constant" else 0.0)
    return x, y


def smallest_gap(x: np.ndarray) -> float:
    """The smallest gap over the range."""
    return float(np.diff(x).min() / (x[-1] - x[0]))


rationals = st.fractions(-5, 5, max_denominator=60)


@st.composite
def rational_points(draw: st.DrawFn) -> tuple[list[Fraction], list[Fraction]]:
    """Distinct rational x and any rational y, 2 to 12 of them."""
    x = draw(st.lists(rationals, min_size=2, max_size=12, unique=True))
    return x, draw(st.lists(rationals, min_size=len(x), max_size=len(x)))
