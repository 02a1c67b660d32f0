"""The multiplier ρ Σ (y - ρ f) f of V_k keeps ‖V_k‖ = 1 along the flow: the derivative is orthogonal to V_k, by Euler's identity.

Held against it are the derivative at a random network, from its derivatives point by point, and the norms at the end of an integration, in
which nothing brings them back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, together
from implicit_bias.data import Dataset
from implicit_bias.networks import NormalizedNetwork, normalized_flow
from implicit_bias.numerics.arrays import FloatArray

DRIFT = 1e-5
"""Of a norm, in an integration with a relative tolerance of 1e-6 a step."""

_TIME = 0.5
_RECORDS, _EVALUATIONS = 3, 5_000


@dataclass(frozen=True, eq=False)
class Case:
    """Points, targets, a network, and the multiplier's share in the flow."""

    x: FloatArray
    y: FloatArray
    network: NormalizedNetwork
    decay: float
    seed: int
    share: float = 1.0


def network_of(rng: Rng, inputs: int, depth: int) -> NormalizedNetwork:
    """Draw a network of Gaussian layers of three to five units."""
    sizes = [inputs, *rng.integers(3, 6, depth - 1).tolist(), 1]
    return NormalizedNetwork.from_layers([rng.normal(size=(out, into)) for into, out in pairwise(sizes)])


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw six points in the plane with a constant, targets, and a network of two to four layers."""
    x = np.column_stack([rng.normal(size=(6, 2)), np.ones(6)])
    network = network_of(rng, 3, int(rng.integers(2, 5)))
    return Case(x, rng.normal(size=6), network, float(rng.uniform(0, 0.3)), int(rng.integers(2**31)))


def check(case: Case) -> Outcome:
    """Return how far the derivative is from orthogonal, and how far the norms are from 1 after some time."""
    network, f = case.network, case.network.normalized(case.x)
    residuals = case.y - network.rho * f
    outcomes = []
    for layer, slopes in zip(network.layers, network.gradients(case.x), strict=True):
        move = np.tensordot(residuals, slopes, 1)
        size = float(np.linalg.norm(move))
        move -= case.share * multiplier(case) * layer
        outcomes.append(at_most(abs(float((layer * move).sum())), ROUNDING * size, size))
    hidden = tuple(layer.shape[0] for layer in network.layers[:-1])
    run = normalized_flow(
        case.x,
        case.y,
        hidden=hidden,
        weight_decay=case.decay,
        seed=case.seed,
        time=_TIME,
        records=_RECORDS,
        evaluations=_EVALUATIONS,
    )
    return together(*outcomes, at_most(np.abs(run.norms - 1), DRIFT))


def control(rng: Rng) -> Case:
    """Leave the multiplier out, or take half of it, where it is not small: a network without active units needs none."""
    case = draw(rng, None)
    while not abs(multiplier(case)) > 0.01 * float(case.y @ case.y):
        case = draw(rng, None)
    return replace(case, share=float(rng.choice([0.0, 0.5])))


def multiplier(case: Case) -> float:
    """Return Σ (y - ρ f) f."""
    f = case.network.normalized(case.x)
    return float((case.y - case.network.rho * f) @ f)


CLAIM = Claim(
    name="poggio-unit-norms",
    title="Lagrange multipliers conserve the norms of the layers",
    source="Poggio and Liao, the flow with Lagrange multipliers",
    statement="Along V_k' = 2 ρ Σ (y_n - ρ f_n) (∂f_n/∂V_k - f_n V_k) the Frobenius norm of every layer stays 1.",
    kind="equality",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    data_use="never",
)
