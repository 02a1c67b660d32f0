"""Section 3.1: a two-layer network may be assumed to have unit-norm input weights.

[·]₊ is positively homogeneous, so for ρ_h = ‖(W_h, b_h)‖

    Σ_h a_h [W_h x + b_h]₊ = Σ_h (a_h ρ_h) [(W_h x + b_h) / ρ_h]₊,

and the l1 norm of the new output layer is Σ_h |a_h| ρ_h: the total variation of the network's measure on the sphere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, equal, together
from implicit_bias.data import Dataset
from implicit_bias.measures import Network
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Case:
    """A network, what is said to be its normal form, and where to compare them."""

    network: Network
    normal: Network
    x: FloatArray


def random_network(rng: Rng) -> Network:
    """Draw a network whose units differ widely in size; some may be constants, and one is dead."""
    m = int(rng.integers(5, 30))
    inner, shift, outer = rng.normal(size=(3, m)) * 10 ** rng.uniform(-2, 2, (3, m))
    inner[4:][rng.random(m - 4) < 0.2] = 0.0
    return Network(np.append(inner, 0.0), np.append(shift, 0.0), np.append(outer, 1.0))


def points(rng: Rng, data: Dataset | None) -> FloatArray:
    """Return the user's x, or random ones."""
    return rng.normal(size=50) * 10 ** rng.uniform(-1, 1) if data is None else data.x


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Normalise a random network."""
    network = random_network(rng)
    return Case(network, network.normalized(), points(rng, data))


def check(case: Case) -> Outcome:
    """Compare function, input norms and output norm with what they should be, from the arrays alone."""
    given, normal = case.network, case.normal
    norms = np.hypot(given.W, given.b)
    reach = np.abs(case.x).max() * np.abs(given.W) + np.abs(given.b)
    return together(
        equal(given(case.x), normal(case.x), float((np.abs(given.a) * reach).sum())),
        equal(np.hypot(normal.W, normal.b)[norms > 0], 1.0),
        equal(np.abs(normal.a).sum(), (np.abs(given.a) * norms).sum()),
    )


def control(rng: Rng) -> Case:
    """Normalise the input layer and forget to rescale the output layer."""
    case = draw(rng, None)
    normal = case.normal
    return Case(case.network, Network(normal.W, normal.b, case.network.a), case.x)


CLAIM = Claim(
    name="normal-form",
    title="Input weights may be normalised",
    source="Stewart et al., section 3.1, eqs. (1) and (2)",
    statement=(
        "A two-layer ReLU network can be rewritten with ‖(W_h, b_h)‖ = 1 for every unit without changing f; "
        "its output layer then has the l1 norm Σ|a_h| ‖(W_h, b_h)‖."
    ),
    kind="equality",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
)
