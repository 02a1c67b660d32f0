"""Problem (13) over exact rationals: not a measurement of optimality but a proof of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np

from implicit_bias.errors import DataError
from implicit_bias.measures import Measure
from implicit_bias.measures.node_values import Numbers
from implicit_bias.methods.exact.splitting import solve_line
from implicit_bias.numerics.arrays import freeze


@dataclass(frozen=True, eq=False)
class Proof:
    """A feasible measure and a feasible dual of problem (13) with the same objective, over the rationals.

    Attributes
    ----------
    value, dual_value : Fraction
        Equal, which proves both optimal.
    atoms : tuple of (kink, direction, weight)
    dual : tuple of Fraction
        α in the order of the sorted, merged points.
    points : tuple of (x, y)
    """

    value: Fraction
    dual_value: Fraction
    atoms: tuple[tuple[Fraction, int, Fraction], ...]
    dual: tuple[Fraction, ...]
    points: tuple[tuple[Fraction, Fraction], ...]

    @property
    def measure(self) -> Measure:
        """The atoms rounded to float64."""
        if not self.atoms:
            return Measure.zero()
        kinks, directions, weights = zip(*self.atoms, strict=True)
        t, s, w = (np.array(part, dtype=np.float64) for part in (kinks, directions, weights))
        return Measure(t, s, w)

    def objections(self) -> list[str]:
        """Recompute feasibility and both values from atoms and α alone; empty if the proof holds."""
        found = []
        if any(_measure_at(self.atoms, x) != y for x, y in self.points):
            found.append("the measure misses a target")
        if any(abs(_certificate_at(self.points, self.dual, t, s)) > 1 for t, _ in self.points for s in (1, -1)):
            found.append("the certificate exceeds 1")
        if sum((abs(w) for _, _, w in self.atoms), Fraction(0)) != self.value:
            found.append("the measure does not cost what is said")
        if sum((a * y for a, (_, y) in zip(self.dual, self.points, strict=True)), Fraction(0)) != self.dual_value:
            found.append("the dual is not worth what is said")
        if self.value != self.dual_value:
            found.append("there is a gap")
        return found


def prove(x: Sequence[float | Fraction], y: Sequence[float | Fraction]) -> Proof:
    """Solve unit-weight regression, problem (13), in exact rational arithmetic.

    Parameters
    ----------
    x, y : sequences of int, float (taken exactly) or Fraction, of equal length
        At least two different x; sorted and merged here. Denominators grow with n: meant for n ≤ 300.

    Raises
    ------
    DataError
    """
    if not (np.iterable(x) and np.iterable(y)):
        raise DataError("x and y must be sequences of numbers.")
    xs, ys = _rationals(x, "x"), _rationals(y, "y")
    if len(xs) != len(ys):
        raise DataError(f"x has {len(xs)} values and y has {len(ys)}.")
    targets: dict[Fraction, Fraction] = {}
    for point, target in zip(xs, ys, strict=True):
        if targets.setdefault(point, target) != target:
            raise DataError(f"x = {point} has two targets, {targets[point]} and {target}; no function interpolates both.")
    if len(targets) < 2:
        raise DataError("At least two different x are needed.")
    points = tuple(sorted(targets.items()))
    nodes, values = (_column(column) for column in zip(*points, strict=True))
    pair = solve_line(nodes, values)
    fall, rise = pair.primal.ends
    falling = pair.primal.changes - pair.primal.rising
    listed = [(nodes[0], 1, rise), *zip(nodes[1:-1], [1] * falling.size, pair.primal.rising, strict=True)]
    listed += [*zip(nodes[1:-1], [-1] * falling.size, falling, strict=True), (nodes[-1], -1, fall)]
    atoms = tuple(atom for atom in listed if atom[2] != 0)
    dual_value = pair.dual.value(values, pair.primal.changes)
    return Proof(Fraction(pair.primal.cost()), Fraction(dual_value), atoms, tuple(pair.dual.dual()), points)


def _rationals(values: Sequence[Any], name: str) -> list[Fraction]:
    found = []
    for i, value in enumerate(values):
        number = value.item() if isinstance(value, np.generic) else value
        if not isinstance(number, (Rational, float)) or (isinstance(number, float) and not math.isfinite(number)):
            raise DataError(f"{name}[{i}] is {number!r}, not an int, a finite float or a Fraction.")
        found.append(Fraction(number))
    return found


def _column(values: Sequence[Fraction]) -> Numbers:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return freeze(column)


def _measure_at(atoms: Sequence[tuple[Fraction, int, Fraction]], x: Fraction) -> Fraction:
    return sum((w * max(s * (x - t), Fraction(0)) for t, s, w in atoms), Fraction(0))


def _certificate_at(points: Sequence[tuple[Fraction, Fraction]], dual: Sequence[Fraction], t: Fraction, s: int) -> Fraction:
    return sum((a * max(s * (x - t), Fraction(0)) for a, (x, _) in zip(dual, points, strict=True)), Fraction(0))
