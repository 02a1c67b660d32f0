"""Theorem 6 where the support S of ζ has a gap: on S the network does not solve problem (19) as it is stated.

In (19) h is a function on S only. If S is two intervals nothing ties what h does on one of them to the other, and the least
cost is the sum of two splines' costs. The network's function is one line across the gap, with one slope at both of its sides.
For x = (-2, -1, 1, 2)/2, y = (0, 0, 1, 0) and no kinks in (-1/4, 1/4) the two lines of slopes 0 and -2 cost nothing on S; the
network has to turn from one into the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, equal
from implicit_bias.claims.jin_montufar.units import REACH, Joint, points_and_targets, trained, wavy
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.splines.curvature import SplineProblem
from implicit_bias.solve import solve
from implicit_bias.zetas.function import FunctionZeta


@dataclass(frozen=True, eq=False)
class Case:
    """Data, a distribution of (W, C), the ends of a gap in it, and the places of the data at which S is cut."""

    x: FloatArray
    y: FloatArray
    joint: Joint
    cuts: tuple[int, ...]


def _with_gap(joint: Joint, lo: float, hi: float) -> Joint:
    return Joint(lambda c: np.where((c > lo) & (c < hi), 0.0, joint.kinks(c)), joint.rising, joint.falling, joint.share, (lo, hi))


def fixed() -> tuple[Case, ...]:
    """Return the counterexample above."""
    joint = _with_gap(Joint(np.ones_like, np.ones_like, np.ones_like, 0.5), -0.25, 0.25)
    return (Case(np.array([-1.0, -0.5, 0.5, 1.0]), np.array([0.0, 0.0, 1.0, 0.0]), joint, (2,)),)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a distribution without kinks in the middle third between the two middle points."""
    x, y = points_and_targets(rng, data)
    middle = x.size // 2
    lo, hi = x[middle - 1], x[middle]
    return Case(x, y, _with_gap(wavy(rng), float(2 * lo + hi) / 3, float(lo + 2 * hi) / 3), (middle,))


def check(case: Case) -> Outcome:
    """Return by which part the network's function costs more than (19) on the intervals of S; 0 if it is no spline at all."""
    network = trained(case.joint, case.x, case.y, np.zeros(1))
    zeta = FunctionZeta(case.joint.zeta(), (-REACH, *case.joint.jumps, REACH))
    whole = solve(SplineProblem(case.x, case.y, zeta)).value
    ends = (0, *case.cuts, case.x.size)
    parts = [slice(a, b) for a, b in pairwise(ends) if b - a > 2]
    literal = sum(solve(SplineProblem(case.x[part], case.y[part], zeta)).value for part in parts)
    size = max(1.0, whole)
    certified = equal(network.cost, whole, size).error <= PROGRAM and network.missed <= PROGRAM
    return Outcome(max(0.0, network.cost - literal) / size if certified else 0.0)


def control(rng: Rng) -> Case:
    """Leave no gap, so that S is an interval."""
    x, y = points_and_targets(rng, None)
    return Case(x, y, wavy(rng), ())


CLAIM = Claim(
    name="spline-theorem-6-gap",
    title="A gap in the support of ζ does not separate the two sides",
    source="Jin and Montúfar, Theorem 6",
    statement="Whatever the support S of ζ, the function of problem (17) minimises ∫ (h'')²/ζ over interpolants h in C²(S).",
    kind="equality",
    expected="fails-as-stated",
    assumption="S is an interval, or h is required to go on as one line across every gap of S.",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
)
