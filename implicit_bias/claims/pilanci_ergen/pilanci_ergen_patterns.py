"""How many activation patterns there are: Cover's count of the cells of an arrangement of hyperplanes.

A unit u is active on the points with (x, 1)·u > 0. Two units are of one pattern iff no hyperplane {u : (x_i, 1)·u = 0} parts them (and
units on a hyperplane are of the pattern of those a little below, as (0, 1) lies above all of them). n hyperplanes through 0 in R^{d+1}
have at most 2 Σ_{j=0}^{d} C(n-1, j) cells, and as many in general position: if any d + 1 of the rows (x_i, 1) are independent, or all of
them where there are fewer. By deletion and restriction, cells(A) = cells(A less H) + cells(A within H).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.data import Dataset
from implicit_bias.methods.programs.activation_patterns import patterns
from implicit_bias.numerics.arrays import FloatArray

MOST = 12
"""Most points of the user's data that are taken: the count is exact, and takes its time."""

Row = tuple[Fraction, ...]


@dataclass(frozen=True, eq=False)
class Case:
    """Different points (n, d), how many patterns they are said to have at most, and whether they are said to have as many."""

    x: FloatArray
    stated: int
    attained: bool


def count(points: int, inputs: int) -> int:
    """Return 2 Σ_{j=0}^{d} C(n-1, j)."""
    return 2 * sum(math.comb(points - 1, j) for j in range(inputs + 1))


def fixed() -> tuple[Case, ...]:
    """Return points on a line, on a parabola, of a grid, and on a line in the plane."""
    line, grid = np.arange(7.0), np.array([(i, j) for i in range(3) for j in range(3)], dtype=np.float64)
    parabola = np.stack([line, line**2], axis=1)
    return (
        Case(line[:, None], 14, True),
        Case(parabola, 44, True),
        Case(grid, count(9, 2), False),
        Case(np.stack([line, 2 * line], axis=1), count(7, 2), False),
    )


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw points of one to three inputs, in general position or on a small lattice; take the user's points (x, y) in the plane."""
    if data is not None:
        x = np.stack([data.x, data.y], axis=1)[: len(data) : -(-len(data) // MOST)]
        return Case(x, count(len(x), 2), False)
    inputs = int(rng.integers(1, 4))
    n = int(rng.integers(1, (12, 9, 7)[inputs - 1]))
    if rng.integers(2):
        return Case(rng.normal(size=(n, inputs)), count(n, inputs), True)
    x = np.unique(rng.integers(0, 4, (n, inputs)).astype(np.float64), axis=0)
    return Case(x, count(len(x), inputs), False)


def check(case: Case) -> Outcome:
    """Compare the patterns that the toolkit lists with the cells counted by deletion and restriction, and both with what is stated."""
    rows = np.column_stack([case.x, np.ones(len(case.x))])
    listed = set(map(tuple, patterns(rows).tolist()))
    counted = cells([tuple(Fraction(value) for value in row) for row in rows.tolist()])
    exactly = [equal(counted, case.stated)] if case.attained else []
    return together(equal(len(listed), counted), at_most(counted, case.stated), *exactly)


def cells(rows: list[Row]) -> int:
    """Return how many cells the hyperplanes orthogonal to the rows leave."""
    rows = different(rows)
    if not rows:
        return 1
    *others, last = rows
    pivot = next(i for i, value in enumerate(last) if value != 0)
    return cells(others) + cells([restricted(row, last, pivot) for row in others])


def restricted(row: Row, last: Row, pivot: int) -> Row:
    """Return the row within the hyperplane orthogonal to the last one, without the coordinate that the others make there."""
    factor = row[pivot] / last[pivot]
    return tuple(v - factor * w for k, (v, w) in enumerate(zip(row, last, strict=True)) if k != pivot)


def different(rows: list[Row]) -> list[Row]:
    """Return one row for each hyperplane, its first entry that is not zero 1."""
    found: dict[Row, None] = {}
    for row in rows:
        head = next((value for value in row if value != 0), None)
        if head is not None:
            found[tuple(value / head for value in row)] = None
    return list(found)


def control(rng: Rng) -> Case:
    """Forget the bias: the count for points in one dimension less."""
    inputs = int(rng.integers(1, 4))
    n = int(rng.integers(inputs + 1, 8))
    return Case(rng.normal(size=(n, inputs)), count(n, inputs - 1), False)


CLAIM = Claim(
    name="pilanci-ergen-patterns",
    title="How many activation patterns there are",
    source="Pilanci and Ergen, Neural networks are convex regularizers, section 2, after Cover (recalled)",
    statement=(
        "n points of R^d have at most 2 Σ_{j=0}^{d} C(n-1, j) activation patterns of a unit with a bias, and as many in general position."
    ),
    kind="bound",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="one instance",
)
