"""The flow with weight decay ends with ρ = ρ_eq = Σ y f/(λ + Σ f²), which is the best ρ for the layers that it ends with.

Along the way ρ' = 2 (λ + Σ f²) (ρ_eq - ρ): ρ runs after ρ_eq, and is behind by as much as ρ_eq still moves. The check has ρ_eq
from a least-squares program in one unknown, not from the formula.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.data import Dataset
from implicit_bias.networks import NormalizedRun, normalized_flow
from implicit_bias.networks.normalized.flow import EVALUATIONS
from implicit_bias.numerics.arrays import FloatArray

NEAR = 1e-3
"""|ρ - ρ_eq|/ρ that may be left when the time is over."""

_HIDDEN, _TIME, _RECORDS = 4, 1000.0, 10


@dataclass(frozen=True, eq=False)
class Case:
    """Points with a constant input, labels, λ of the flow, the scale and seed of its start, and the λ in the formula."""

    x: FloatArray
    y: FloatArray
    decay: float
    scale: float
    seed: int
    claimed: float


def points(rng: Rng) -> tuple[FloatArray, FloatArray]:
    """Draw three points on a line, with a constant input, and labels of both kinds."""
    places = np.cumsum(rng.uniform(0.5, 1.5, 3))
    y = rng.permutation([1.0, -1.0, float(rng.choice([-1.0, 1.0]))])
    return np.column_stack([places - places.mean(), np.ones(3)]), y


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw points, a decay, and a start of one of the paper's three scales, with a unit that is active somewhere.

    Where f is 0 for good, ρ falls to ρ_eq = 0 without an end, and relative to ρ it never arrives.
    """
    decay = float(rng.uniform(0.15, 0.4))
    case = Case(*points(rng), decay, float(rng.choice([0.1, 1.0, 5.0])), int(rng.integers(2**31)), decay)
    while not followed(case, evaluations=1).values.any():
        case = replace(case, seed=int(rng.integers(2**31)))
    return case


def followed(case: Case, evaluations: int = EVALUATIONS) -> NormalizedRun:
    """Return the run, or of one evaluation its start."""
    return normalized_flow(
        case.x,
        case.y,
        hidden=_HIDDEN,
        weight_decay=case.decay,
        scale=case.scale,
        seed=case.seed,
        time=_TIME,
        records=_RECORDS,
        evaluations=evaluations,
    )


def check(case: Case) -> Outcome:
    """Compare ρ at the end with the formula, and the formula with the least-squares solution."""
    run = followed(case)
    formula = float(case.y @ run.values) / (case.claimed + float(run.values @ run.values))
    column = np.append(run.values, np.sqrt(case.decay))
    best = np.linalg.lstsq(column[:, None], np.append(case.y, 0.0))[0][0]
    return together(equal(formula, best), at_most(abs(run.rho[-1] - formula), NEAR * run.rho[-1]))


def control(rng: Rng) -> Case:
    """Put another λ in the formula."""
    case = draw(rng, None)
    return replace(case, claimed=case.decay * float(rng.choice([0.5, 2.0])))


CLAIM = Claim(
    name="poggio-rho-eq",
    title="With weight decay ρ ends at ρ_eq",
    source="Poggio and Liao, the equation of ρ_eq",
    statement="The flow with normalisation and weight decay converges to ρ_eq = Σ y_n f_n / (λ + Σ f_n²).",
    kind="experiment",
    expected="holds-with-assumption",
    assumption="Some unit is active on some sample: else f = 0 for good, and ρ falls to ρ_eq = 0 for ever.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    data_use="never",
)
