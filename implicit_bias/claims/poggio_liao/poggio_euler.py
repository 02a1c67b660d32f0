"""Euler's identity ⟨V_k, ∂f/∂V_k⟩ = f of every layer, which is all that the normalised flow knows of ReLUs.

It is checked in two ways: with the derivatives of :class:`~implicit_bias.networks.NormalizedNetwork`, and without them, by a layer
made longer by a small share, which must lengthen f by that share.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, equal, together
from implicit_bias.claims.poggio_liao.poggio_unit_norms import network_of
from implicit_bias.data import Dataset
from implicit_bias.networks import NormalizedNetwork
from implicit_bias.numerics.arrays import FloatArray

SHARE = 2.0**-10
"""By which a layer is made longer."""


@dataclass(frozen=True, eq=False)
class Case:
    """Points, a network, what is added to the hidden units before the ReLU, and the power to which they are raised behind it."""

    x: FloatArray
    network: NormalizedNetwork
    bias: float = 0.0
    power: float = 1.0


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw five points in four dimensions and a network of two to five layers."""
    return Case(rng.normal(size=(5, 4)), network_of(rng, 4, int(rng.integers(2, 6))))


def values(case: Case, layers: list[FloatArray]) -> FloatArray:
    """Return f at the points, written out anew."""
    h = case.x
    for layer in layers[:-1]:
        z = h @ layer.T + case.bias
        h = np.where(z > 0, z, 0.0) ** case.power
    found: FloatArray = (h @ layers[-1].T)[:, 0]
    return found


def check(case: Case) -> Outcome:
    """Compare both forms of ⟨V_k, ∂f/∂V_k⟩ with f, for every layer and point.

    The derivatives are those of the network as it is, so that a control has to be rejected by the layers made longer.
    """
    layers, own = list(case.network.layers), case.network.normalized(case.x)
    f = values(case, layers)
    outcomes = []
    for k, (layer, slopes) in enumerate(zip(layers, case.network.gradients(case.x), strict=True)):
        longer = values(case, [*layers[:k], (1 + SHARE) * layer, *layers[k + 1 :]])
        outcomes += [equal((longer - f) / SHARE, f), equal((slopes * layer).sum(axis=(1, 2)), own)]
    return together(*outcomes)


def control(rng: Rng) -> Case:
    """Give the units a bias, or square them, so that some unit is active: a function that is 0 is homogeneous."""
    bias, power = (0.1, 1.0) if rng.random() < 0.5 else (0.0, 2.0)
    while True:
        case = replace(draw(rng, None), bias=bias, power=power)
        if values(case, list(case.network.layers)).any():
            return case


CLAIM = Claim(
    name="poggio-euler",
    title="Euler's identity of homogeneous networks",
    source="Poggio and Liao, homogeneity of ReLU networks",
    statement="For a ReLU network without biases ⟨V_k, ∂f(x)/∂V_k⟩ = f(x) for each of its layers.",
    kind="equality",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    data_use="never",
)
