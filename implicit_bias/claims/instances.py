"""Instances to check claims on: random data of several characters, the user's own data made fit, and exact supports."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from implicit_bias.claims.base import Rng
from implicit_bias.data import Dataset
from implicit_bias.data.bins import bin_targets
from implicit_bias.measures import FALLING, RISING
from implicit_bias.numerics.arrays import FloatArray, IntArray, binary_unit

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


@dataclass(frozen=True, eq=False)
class Labelled:
    """Points with labels below ``classes``."""

    x: FloatArray
    labels: IntArray
    classes: int


def labelled(rng: Rng, data: Dataset | None, most: int = 8) -> Labelled:
    """Return the user's targets in three bins, or random labels in runs; classes that no point has may be among them.

    Of the user's data there are at most ``most`` points, no two closer than 1/20 of the range: conic programs are less
    accurate than linear ones.
    """
    if data is None:
        n, classes = int(rng.integers(3, most + 1)), int(rng.integers(2, 5))
        x = (np.cumsum(rng.uniform(0.1, 1, n)) + rng.normal()) * 10 ** rng.uniform(-2, 2)
        return Labelled(x, rng.integers(0, classes, n)[np.sort(rng.integers(0, n, n))], classes)
    kept = [0]
    for i in range(1, len(data)):
        if data.x[i] - data.x[kept[-1]] >= (data.x[-1] - data.x[0]) / 20:
            kept.append(i)
    some = np.array(kept)[np.unique(np.linspace(0, len(kept) - 1, min(most, len(kept))).round().astype(int))]
    y = data.y[some]
    return Labelled(data.x[some], bin_targets(y, 3)[0] if y.min() < y.max() else np.zeros(y.size, dtype=np.int64), 3)


def with_island(rng: Rng) -> tuple[Labelled, int]:
    """Return labelled points, and the place of one whose two neighbours have the same label, another than its own."""
    points = labelled(rng, None, 7)
    at = int(rng.integers(1, points.x.size - 1))
    labels = points.labels.copy()
    labels[at - 1] = labels[at + 1]
    labels[at] = (labels[at + 1] + 1) % points.classes
    return Labelled(points.x, labels, points.classes), at


def switching_points(labels: IntArray) -> list[int]:
    """Return the places of S_C of section 6 by its definition: both ends, and points labelled unlike a neighbour."""
    last = labels.size - 1
    return [i for i in range(last + 1) if i in (0, last) or labels[i] != labels[i - 1] or labels[i] != labels[i + 1]]


def margins(values: FloatArray, labels: IntArray) -> FloatArray:
    """Return z_c - z_j of every point for its own class c and every other class j, shape (n, k - 1)."""
    return np.stack([z[c] - np.delete(z, c) for z, c in zip(values, labels.tolist(), strict=True)])
