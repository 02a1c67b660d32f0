"""Gradients turn in training: the way of neither of Table 1's models is a straight line, not even in its first 100 steps."""

from __future__ import annotations

from dataclasses import dataclass

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, together
from implicit_bias.data import Dataset
from implicit_bias.experiments.appendix_f import walked
from implicit_bias.experiments.table1 import MODELS

ANGLE = 15.0
"""Degrees that some two gradients are apart at least."""

STRAIGHT = 0.999
"""Distance between the ends over the length of the way, at most."""

_STEPS = {"regression": 0.04, "classification": 0.07}


@dataclass(frozen=True)
class Case:
    """A model of Table 1 in small, its step, and the seeds of its start and of its data."""

    model: str
    step: float
    seed: int
    drawn: int


def fixed() -> tuple[Case, ...]:
    """Return one of either model."""
    return tuple(Case(model, _STEPS[model], 0, 0) for model in MODELS)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a model and both seeds."""
    model = MODELS[int(rng.integers(len(MODELS)))]
    return Case(model, _STEPS[model], int(rng.integers(2**31)), int(rng.integers(2**31)))


def check(case: Case) -> Outcome:
    """Compare the largest angle between gradients, and how straight the way is."""
    found = walked(
        {
            "model": case.model,
            "protocol": "paper",
            "seed": case.seed,
            "hidden": 200,
            "step": case.step,
            "gradients": 100,
            "data_seeds": [case.drawn, case.drawn + 1],
        }
    )
    return together(at_most(ANGLE, float(found.angles.max())), at_most(found.straightness, STRAIGHT))


def control(rng: Rng) -> Case:
    """Take steps so short that the way is straight."""
    case = draw(rng, None)
    return Case(case.model, 1e-6, case.seed, case.drawn)


CLAIM = Claim(
    name="trained-gradient-angles",
    title="The way of gradient descent is not straight",
    source="Stewart et al., appendix F, Figure 9",
    statement="The directions of the first gradients show that the route of either model was not a straight line.",
    kind="experiment",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
    requires=("networks",),
)
