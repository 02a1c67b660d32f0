"""Theorem 6.1 for data strictly inside the range of kinks: an optimum on S_R need not exist.

Problem (13) has kinks in [0, 1] and data in [0, 1]; the theorem needs x_1 = 0 and x_n = 1. A counterexample in rationals:
x = (-1, 0, 1), y = (2, 1, 2), kinks in [-3, 3]. With kinks in S_R = {-1, 0, 1} the least cost is 3, but

    |x| + 1 = [x]₊ + [-x]₊ + (1/6) [x + 3]₊ + (1/6) [3 - x]₊   costs   7/3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng
from implicit_bias.claims.instances import data_or_random, generic
from implicit_bias.data import Dataset
from implicit_bias.methods.exact.rational import prove
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import RegressionProblem
from implicit_bias.solve import solve


@dataclass(frozen=True, eq=False)
class Case:
    """Data and a domain of kinks that contains them."""

    x: FloatArray
    y: FloatArray
    domain: tuple[float, float]


def fixed() -> tuple[Case, ...]:
    """Return the counterexample above."""
    return (Case(np.array([-1.0, 0.0, 1.0]), np.array([2.0, 1.0, 2.0]), (-3.0, 3.0)),)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Extend the range of random data at both ends; that of a user's data by half its length."""
    points = data_or_random(rng, data)
    length = float(points.x[-1] - points.x[0])
    left, right = (0.5, 0.5) if data is not None else rng.uniform(0.1, 1, 2).tolist()
    return Case(points.x, points.y, (float(points.x[0]) - left * length, float(points.x[-1]) + right * length))


def check(case: Case) -> Outcome:
    """Return by which part the least cost with kinks in S_R is above a certified cost in the domain.

    With kinks in S_R, which lie in the data's range, nothing is cheaper than the optimum on that range, proved in
    rationals. The cost in the domain is that of an interpolant made from a solver's answer, recomputed.
    """
    proof = prove(list(case.x), list(case.y))
    if proof.objections() or proof.value == 0:
        return Outcome(0.0)
    on_range = float(proof.value)
    upper = solve(RegressionProblem(case.x, case.y, domain=case.domain), "sparse").upper_bound
    return Outcome(max(0.0, (on_range - upper) / on_range))


def control(rng: Rng) -> Case:
    """Let the domain be exactly the data's range, where the theorem is true."""
    points = generic(rng)
    return Case(points.x, points.y, (float(points.x[0]), float(points.x[-1])))


CLAIM = Claim(
    name="theorem-6.1-larger-domain",
    title="S_R carries no optimum once kinks may leave the data's range",
    source="Stewart et al., Theorem 6.1 (regression), with kinks in [0, 1] and data inside",
    statement="Problem (13) has an optimal measure whose kinks all lie in S_R wherever in the kinks' domain the data lie.",
    kind="support",
    expected="fails-as-stated",
    assumption="The kinks' domain is exactly [x_1, x_n].",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="one instance",
)
