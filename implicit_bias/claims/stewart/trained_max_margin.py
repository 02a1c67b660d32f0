"""A wide classifier that is trained for long comes near the largest margin of problem (5), and no network comes above it.

V γ ≤ C for the margin γ of a network of cost C = ½ Σ (‖(W, b)‖² + ‖a‖²) and the optimum V of (5), times sqrt(2) for one output and
labels ±1 (see :mod:`implicit_bias.experiments.max_margin`). The bound is asked for to rounding. That it is attained is a limit of
infinite width and time: of 100 units and 60,000 steps the best of three random starts is asked for nine tenths.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, together
from implicit_bias.data import Dataset
from implicit_bias.experiments.max_margin import LABELS, X, descended, largest, margin_of, optimum
from implicit_bias.numerics.arrays import FloatArray, IntArray

ENOUGH = 0.9
"""Share of the largest margin that is asked for."""

_STARTS = 3
LOSS = "exponential"
_SETTINGS = {"loss": LOSS, "hidden": 100, "scale": 1.0, "step": 0.05, "sections": 300, "section": 200, "pace": 1.0}


@dataclass(frozen=True, eq=False)
class Case:
    """Points of two classes, the seed of the first start, and the factor of the bound."""

    x: FloatArray
    labels: IntArray
    seed: int
    factor: float = 1.0


def fixed() -> tuple[Case, ...]:
    """Return the data of the experiment."""
    return (Case(np.array(X), np.array(LABELS["two"]), 0),)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw up to six points, not close together, of both classes."""
    n = int(rng.integers(3, 7))
    x = np.cumsum(rng.uniform(0.2, 0.5, n))
    labels = rng.integers(0, 2, n)
    labels[rng.integers(n)] = 1 - labels[0]
    labels[0] = 1 - labels[-1] if (labels == labels[0]).all() else labels[0]
    return Case(x - x.mean(), labels, int(rng.integers(2**31)))


def check(case: Case) -> Outcome:
    """Compare the shares of some trained networks with 1, and the best of them with ENOUGH."""
    top = case.factor * largest(optimum(case.x, case.labels), LOSS)
    shares = []
    for seed in range(case.seed, case.seed + _STARTS):
        networks, _ = descended(case.x, case.labels, _SETTINGS | {"seed": seed})
        last = networks[-1][1]
        shares.append(margin_of(last(case.x), case.labels) / last.weight_decay() / top)
        if shares[-1] >= ENOUGH:  # another start could only add to it
            break
    return together(at_most(shares, 1.0), at_most(ENOUGH, max(shares)))


def control(rng: Rng) -> Case:
    """Forget that the margin is divided by half the sum of squares: the bound is then half as large."""
    return replace(draw(rng, None), factor=0.5)


CLAIM = Claim(
    name="trained-max-margin",
    title="Trained classifiers come near the largest margin",
    source="Stewart et al., appendix A and problem (5); Chizat and Bach, Theorem 3",
    statement="Gradient flow of an infinitely wide network on the logistic loss converges in direction to a solution of problem (5).",
    kind="experiment",
    expected="holds-with-assumption",
    assumption="Finite networks stay below the largest margin; that they reach 90 % of it takes enough units, starts and steps that grow.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
    requires=("networks",),
)
