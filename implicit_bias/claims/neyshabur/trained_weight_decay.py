"""Weight decay λ = 2ρ/n on the mean squared loss trains towards ½ Σ (f - y)² + ρ ∫ ‖dμ‖: never below its optimum, and up to it.

The start is the optimum's own network, each parameter moved by a normal number of size 0.1: whether a random start finds the optimum
depends on its luck, and on the width (the experiment weight-decay). A random start is held to the bound alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, together
from implicit_bias.data import Dataset
from implicit_bias.data.papers import Sample, neyshabur_fixture
from implicit_bias.experiments.max_margin import layers_of
from implicit_bias.experiments.weight_decay import descended, moved, objective
from implicit_bias.networks import Given, Glorot
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import RegularizedProblem
from implicit_bias.solution import Solution
from implicit_bias.solve import solve

NEAR = 2e-3
"""Excess over the optimum that some 10⁴ steps may leave."""

_SIZE = 0.1
_SETTINGS: dict[str, Any] = {"step": 0.05, "halvings": 9, "epochs": [20_000, 4_000]}


@dataclass(frozen=True, eq=False)
class Case:
    """Points, the ρ of the problem, by what that of training is multiplied, and a seed."""

    x: FloatArray
    y: FloatArray
    level: float
    seed: int
    factor: float = 1.0


def fixed() -> tuple[Case, ...]:
    """Return Neyshabur's fixture."""
    sample = neyshabur_fixture()
    return (Case(sample.x, sample.y, 0.05, 0),)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw up to five points with targets of size 1."""
    n = int(rng.integers(3, 6))
    x = np.cumsum(rng.uniform(0.3, 0.6, n))
    y = rng.choice([-1.0, 1.0], n) * rng.uniform(0.5, 1, n)
    return Case(x - x.mean(), y, float(rng.uniform(0.04, 0.08)), int(rng.integers(2**31)))


def check(case: Case) -> Outcome:
    """Compare what training ends at with the certified optimum, from both starts."""
    sample = Sample(case.x, case.y)
    solution = solve(RegularizedProblem(case.x, case.y, case.level), tolerance=1e-9)
    assert isinstance(solution, Solution)
    near = moved(solution, _SIZE, case.seed)
    settings = _SETTINGS | {"level": case.factor * case.level}
    found, _ = descended(settings, Given(layers_of(near)), near.W.size, case.seed, sample)
    other, _ = descended(settings | {"halvings": 0}, Glorot(), 20, case.seed, sample)
    reached = objective(found, sample, case.level)
    least = solution.lower_bound
    return together(
        at_most(least, reached), at_most(least, objective(other, sample, case.level)), at_most(reached, (1 + NEAR) * solution.upper_bound)
    )


def control(rng: Rng) -> Case:
    """Train with five times the weight decay, or a fifth of it."""
    return replace(draw(rng, None), factor=float(rng.choice([0.2, 5.0])))


CLAIM = Claim(
    name="trained-weight-decay",
    title="Training with weight decay ends at the convex optimum",
    source="Neyshabur, Tomioka and Srebro, Theorem 1",
    statement="Networks regularised by the sum of squares of all weights minimise the convex problem (8): its optimum is theirs.",
    kind="experiment",
    expected="holds-with-assumption",
    assumption="Descent starts near the optimum, and its step goes down; from other starts it may end at a worse stationary point.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
    requires=("networks",),
)
