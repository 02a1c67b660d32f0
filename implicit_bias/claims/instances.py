"""Instances to check claims on: random data of several characters, the user's own data made fit, and exact kinks."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from implicit_bias.arrays import FloatArray, binary_unit
from implicit_bias.claims.base import Rng
from implicit_bias.data import Dataset
from implicit_bias.measures import FALLING, RISING

MAX_POINTS = 40
"""Most points of the user's data that a check uses."""

MIN_GAP = 1e-4
"""Points closer than this fraction of the range are left out: they would defeat a linear program, not a theorem."""

Atom = tuple[Fraction, int, Fraction]
"""An atom over the rationals: kink, direction, weight."""


def thinned(data: Dataset) -> Dataset:
    """Return at most MAX_POINTS of the points, both ends among them, divided by powers of two near their range and size.

    Nothing is rounded: points that lie on a line still do.
    """
    x, y = data.x / binary_unit(data.x[-1:] - data.x[:1]), data.y / binary_unit(data.y)
    least = MIN_GAP * (x[-1] - x[0])
    kept = [0]
    for i in range(1, x.size - 1):
        if x[i] - x[kept[-1]] >= least and x[-1] - x[i] >= least:
            kept.append(i)
    kept.append(x.size - 1)
    even = np.unique(np.linspace(0, len(kept) - 1, min(MAX_POINTS, len(kept))).round().astype(int))
    some = np.array(kept)[even]
    return Dataset(x[some], y[some])


def data_or_random(rng: Rng, data: Dataset | None) -> Dataset:
    """Return the user's data, or random data of a character drawn at random."""
    if data is not None:
        return data
    return (generic, uneven, on_lattice, with_collinear, smooth)[rng.integers(5)](rng)


def generic(rng: Rng) -> Dataset:
    """Draw 4 to 12 points without structure, in random units."""
    n = int(rng.integers(4, 13))
    x = np.cumsum(rng.uniform(0.1, 1, n)) + rng.normal()
    return Dataset(x * 10 ** rng.uniform(-2, 2), rng.normal(size=n) * 10 ** rng.uniform(-2, 2))


def uneven(rng: Rng) -> Dataset:
    """Draw points whose gaps range over three decades."""
    n = int(rng.integers(4, 13))
    return Dataset(np.cumsum(10 ** rng.uniform(-3, 0, n)), rng.uniform(-1, 1, n))


def on_lattice(rng: Rng) -> Dataset:
    """Draw points with small dyadic coordinates: ties, flat pieces and points on a line occur, and exactly."""
    n = int(rng.integers(2, 13))
    return Dataset(rng.choice(np.arange(-12, 13), n, replace=False) / 8, rng.integers(-3, 4, n) / 4)


def with_collinear(rng: Rng) -> Dataset:
    """Draw a few segments with several points on each, exactly so in float64."""
    n = int(rng.integers(6, 16))
    slopes = np.repeat(rng.integers(-4, 5, n), rng.integers(1, 5, n))[: n - 1]
    gaps = rng.integers(1, 4, n - 1)
    start = rng.integers(-3, 4, 2)
    return Dataset(start[0] + np.append(0, np.cumsum(gaps)) / 4, start[1] + np.append(0, np.cumsum(slopes * gaps)) / 8)


def smooth(rng: Rng) -> Dataset:
    """Draw points of a smooth function, whose neighbouring slope changes have equal signs."""
    n = int(rng.integers(5, 20))
    x = np.sort(rng.choice(np.linspace(-1, 1, 41), n, replace=False))
    return Dataset(x, rng.normal() + np.sin(rng.uniform(1, 6) * x + rng.uniform(0, 6)))


def data_kinks(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return kinks and directions of the features at the data that are not zero on it: rising ones first."""
    directions = np.repeat([RISING, FALLING], x.size - 1)
    return np.concatenate([x[:-1], x[1:]]), directions


def ramps(x: FloatArray, kinks: FloatArray, directions: FloatArray) -> FloatArray:
    """Return [s_j (x_i - t_j)]₊, shape (n, m), written out anew: a check should not lean on what it checks."""
    reach = directions * (x[:, None] - kinks)
    return np.where(reach > 0, reach, 0.0)


def combine(matrix: FloatArray, weights: FloatArray) -> FloatArray:
    """Return matrix times weights by plain loops: threads of a BLAS could change the last digit with the load."""
    product: FloatArray = np.einsum("ij,j...->i...", matrix, weights)
    return product


def exact_kinks(x: FloatArray, y: FloatArray) -> set[Fraction]:
    """Return S_R of section 6 by its definition, in exact arithmetic: both ends, and where two segments meet at an angle."""
    points = [(Fraction(a), Fraction(b)) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    found = {points[0][0], points[-1][0]}
    for (x0, y0), (x1, y1), (x2, y2) in zip(points, points[1:], points[2:], strict=False):
        if (y1 - y0) * (x2 - x1) != (y2 - y1) * (x1 - x0):
            found.add(x1)
    return found
