"""Footnote 4: "considering [0, 1] is purely a syntactic preference; all results and proofs generalise to R". They do not.

Let y ≡ c ≠ 0. On the data's range [x_1, x_n] the optimal cost is 2|c| / (x_n - x_1). With kinks in [lo, hi] the function

    c = w [x - lo]₊ + w [hi - x]₊,   w = c / (hi - lo),    costs  2|c| / (hi - lo),

and the dual α_1 = α_n = ± 1 / (hi - lo) (data centred in the domain) proves that optimal. As the domain grows to the line the
cost tends to 0, which no interpolant attains: problem (13) over R has no optimal measure, let alone one supported on S_R.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, equal
from implicit_bias.claims.instances import generic
from implicit_bias.data import Dataset
from implicit_bias.measures import FALLING, RISING, Measure
from implicit_bias.methods.exact.rational import prove
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import RegressionProblem
from implicit_bias.solve import judge


@dataclass(frozen=True, eq=False)
class Case:
    """Points with one constant target, and the radius of the domain of kinks around their centre."""

    x: FloatArray
    target: float
    radius: float


def fixed() -> tuple[Case, ...]:
    """Return y ≡ 1 on {-1, 0, 1}, in domains up to a million."""
    return tuple(Case(np.array([-1.0, 0.0, 1.0]), 1.0, radius) for radius in (2.0, 1e3, 1e6))


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw points, a constant target and a larger domain; a user's targets are not constant, so they are not used."""
    x = generic(rng).x
    return Case(x, float(rng.normal()), float(x[-1] - x[0]) * 10 ** rng.uniform(0, 5))


def check(case: Case) -> Outcome:
    """Return by which part the cost with kinks in S_R is above a certified cost in the larger domain; 0 if not certified.

    The cost on S_R is that of the data's range (Theorem 6.1), proved in rationals.
    """
    x, radius = case.x, case.radius
    centre = (x[0] + x[-1]) / 2
    lo, hi = min(centre - radius, x[0]), max(centre + radius, x[-1])
    proof = prove(list(x), [case.target] * x.size)
    weight = case.target / (hi - lo)
    alpha = np.zeros(x.size)
    alpha[[0, -1]] = np.sign(case.target) / (hi - lo)
    problem = RegressionProblem(x, np.full(x.size, case.target), domain=(lo, hi))
    judged = judge(problem, Measure(np.array([lo, hi]), np.array([RISING, FALLING]), np.full(2, weight)), alpha)
    on_range = float(proof.value)
    certified = not proof.objections() and judged.lower_bound > 0 and equal(judged.lower_bound, judged.upper_bound).error <= ROUNDING
    return Outcome(max(0.0, (on_range - judged.upper_bound) / on_range) if certified else 0.0)


def control(rng: Rng) -> Case:
    """Let the domain be exactly the data's range, where the statement is true."""
    case = draw(rng, None)
    return Case(case.x, case.target, float(case.x[-1] - case.x[0]) / 2)


CLAIM = Claim(
    name="footnote-4",
    title="Kinks over the whole line are not a matter of syntax",
    source="Stewart et al., section 5.2, footnote 4",
    statement=(
        "Restricting kinks to the unit interval is purely syntactic: all results generalise to kinks over R, so that problem (13) "
        "has an optimum supported on S_R there too."
    ),
    kind="support",
    expected="fails-as-stated",
    assumption="Kinks are confined to exactly [x_1, x_n]; over R the infimum for y ≡ c is 0 and is not attained.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
