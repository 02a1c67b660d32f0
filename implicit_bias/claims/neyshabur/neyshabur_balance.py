"""½ Σ (‖u_h‖² + v_h²) = Σ ‖u_h‖ |v_h|: rescaling of units attains it, and so does weight decay by itself, whatever the start.

Along the gradient flow of a loss plus λ/2 Σ (‖u‖² + v²), homogeneity of a unit, ⟨u, ∂/∂u⟩ = v ∂/∂v, leaves

    d/dt (‖u_h‖² - v_h²) = -2 λ (‖u_h‖² - v_h²),

so that units are balanced in the end, and without decay never become so if they were not. Descent by steps of size s moves
‖u‖² - v² by s² (‖∂/∂u‖² - (∂/∂v)²) besides, which where units jump across the data leaves a share of some 1e-6; the step is
shortened twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, together
from implicit_bias.data import Dataset
from implicit_bias.data.papers import neyshabur_fixture
from implicit_bias.experiments.max_margin import layers_of
from implicit_bias.measures import Network
from implicit_bias.networks import Given, train
from implicit_bias.numerics.arrays import FloatArray

NEAR = 1e-5
"""Excess of ½ Σ (‖u‖² + v²) over Σ ‖u‖ |v|, as a share, that the steps may leave."""

_DECAY, _UNITS = 0.05, 12
_STEPS = ((0.02, 10_000), (0.005, 4_000), (0.00125, 4_000))
"""Of training: step and epochs. The first leaves e^(-2 · 0.05 · 0.02 · 10000) = e^(-20) of the start's imbalance. With longer ones, or
starts of larger weights, the loss goes up and down, which brings units out of balance anew."""


@dataclass(frozen=True, eq=False)
class Case:
    """Points, the weight decay, and a seed of the start, whose units' inner weights are ``factor`` times as long as drawn."""

    x: FloatArray
    y: FloatArray
    factor: float
    seed: int
    decay: float = _DECAY


def fixed() -> tuple[Case, ...]:
    """Return Neyshabur's fixture, from starts unbalanced both ways."""
    sample = neyshabur_fixture()
    return tuple(Case(sample.x, sample.y, factor, 0) for factor in (1 / 3, 3.0))


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw up to five points with targets of about 1, and a start."""
    n = int(rng.integers(3, 6))
    x = np.cumsum(rng.uniform(0.3, 0.6, n))
    y = rng.choice([-1.0, 1.0], n) * rng.uniform(0.5, 1, n)
    return Case(x - x.mean(), y, float(rng.choice([1 / 3, 3.0])), int(rng.integers(2**31)))


def check(case: Case) -> Outcome:
    """Train, and compare both sides at the end."""
    network = _start(case)
    for step, epochs in _STEPS:
        [trained] = train(
            case.x,
            case.y,
            hidden=_UNITS,
            initialization=Given(layers_of(network)),
            step=step,
            epochs=epochs,
            weight_decay=case.decay,
            every=epochs,
        )
        assert isinstance(trained.network, Network)  # one hidden layer
        network = trained.network
    product, decay = network.path_norm(), network.weight_decay()
    return together(at_most(product, decay), at_most(decay, (1 + NEAR) * product))


def _start(case: Case) -> Network:
    rng = np.random.default_rng(case.seed)
    inner, outer = 0.5 * rng.normal(size=(2, _UNITS)), 0.5 * rng.normal(size=_UNITS)
    return Network(inner[0], inner[1], outer).scaled(np.full(_UNITS, case.factor))


def control(rng: Rng) -> Case:
    """Train without weight decay."""
    case = draw(rng, None)
    return Case(case.x, case.y, case.factor, case.seed, 0.0)


CLAIM = Claim(
    name="neyshabur-balance",
    title="Weight decay balances the layers by itself",
    source="Neyshabur, Tomioka and Srebro, proof of Theorem 1",
    statement="½ Σ (‖u_h‖² + v_h²) ≥ Σ ‖u_h‖ |v_h|, with equality for the networks that regularised training ends at.",
    kind="experiment",
    expected="holds-with-assumption",
    assumption="Steps are so short that the loss does not go up and down: the identity is that of the flow.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
    requires=("networks",),
)
