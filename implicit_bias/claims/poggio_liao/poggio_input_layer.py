"""At a critical point ∂f_n/∂V_k = f_n V_k need not hold for each sample: at the input layer of two layers it is impossible as a rule.

What vanishes is the sum Σ_n r_n (∂f_n/∂V_k - f_n V_k) with the residuals r_n = y_n - ρ f_n. In the row of a unit w_h with outer weight a_h
the derivative by V_1 is a_h x_n where the unit is active, so the identity would make all inputs on which a unit acts parallel to
w_h.

*Counterexample.* Take inputs within less than 45° of a vector u for label 1, and others about -u for label -1, and residuals r_n with the
sign of the labels, of sizes such that g_± = Σ_± |r_n| x_n have equal norms. The units w_h = α_h g_±/‖g_±‖ with outer weights ±α_h,
Σ α_h² = 1, have two layers of norm 1; each acts on its own label alone, Σ_n r_n ∂f_n/∂V_k = ‖g_±‖ V_k for both layers, and
‖g_±‖ = Σ r_n f_n. With y_n = ρ f_n + r_n and λ = Σ r_n f_n/ρ this is a point at rest of the flow, ρ = ρ_eq included; the residuals
are not zero, because λ is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng
from implicit_bias.data import Dataset
from implicit_bias.networks import NormalizedNetwork
from implicit_bias.numerics.arrays import FloatArray

STRICT = 1e-3
"""What has to be other than zero is so by this, relative: the residuals, and the distance of units from their kinks."""


@dataclass(frozen=True, eq=False)
class Case:
    """Inputs, targets, λ, and a network that is said to be at rest."""

    x: FloatArray
    y: FloatArray
    decay: float
    network: NormalizedNetwork


def at_rest(groups: list[tuple[FloatArray, FloatArray]], sizes: list[FloatArray], rho: float) -> Case:
    """Return the data of the module's docstring: inputs and |r| of each label, the sizes α of its units, and ρ."""
    rows, outer, residuals = [], [], []
    whole = np.sqrt(sum(float(alpha @ alpha) for alpha in sizes))
    for sign, (inputs, weights), alpha in zip((1.0, -1.0), groups, sizes, strict=False):
        sums = weights @ inputs
        length = np.linalg.norm(sums)
        rows.append(np.outer(alpha / whole, sums / length))
        outer.append(sign * alpha / whole)
        residuals.append(sign * weights / length)
    x, r = np.concatenate([inputs for inputs, _ in groups]), np.concatenate(residuals)
    network = NormalizedNetwork(rho, (np.concatenate(rows), np.concatenate(outer)[None]))
    f = network.normalized(x)
    return Case(x, rho * f + r, float(r @ f) / rho, network)


def fixed() -> tuple[Case, ...]:
    """Return one unit, and two inputs at a right angle."""
    return (at_rest([(np.eye(2), np.ones(2))], [np.ones(1)], 1.0),)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw two to four inputs of each label about opposite directions, and one to three units for each."""
    axis = rng.normal(size=4)
    axis /= np.linalg.norm(axis)
    groups, sizes = [], []
    for sign in (1.0, -1.0):
        sideways = rng.normal(size=(int(rng.integers(2, 5)), 4))
        sideways -= np.outer(sideways @ axis, axis)
        sideways *= rng.uniform(0.3, 0.9, (len(sideways), 1)) / np.linalg.norm(sideways, axis=1)[:, None]
        groups.append(((sign * axis + sideways) * rng.uniform(0.5, 2, (len(sideways), 1)), rng.uniform(0.5, 2, len(sideways))))
        sizes.append(rng.uniform(0.5, 2, int(rng.integers(1, 4))))
    return at_rest(groups, sizes, float(10 ** rng.uniform(-1, 1)))


def check(case: Case) -> Outcome:
    """Return by how much the identity fails at the input layer, relative to the derivative; 0 unless the point is certainly at rest."""
    network = case.network
    f, slopes = network.normalized(case.x), network.gradients(case.x)
    r = case.y - network.rho * f
    off = [s - f[:, None, None] * layer for s, layer in zip(slopes, network.layers, strict=True)]
    scale = float(np.abs(r) @ np.linalg.norm(case.x, axis=1))
    sums = max(float(np.abs(np.tensordot(r, one, 1)).max()) for one in off)
    moves = abs(float(r @ f) - case.decay * network.rho)
    z = case.x @ network.layers[0].T
    lengths = np.outer(np.linalg.norm(case.x, axis=1), np.linalg.norm(network.layers[0], axis=1))
    smooth = (np.abs(z) > STRICT * lengths).all() and (np.abs(r) > STRICT * np.abs(case.y)).all()
    normed = np.abs(network.norms - 1).max() <= ROUNDING
    if not (max(sums, moves) <= ROUNDING * scale and smooth and normed and case.decay > 0):
        return Outcome(0.0)
    sizes = np.linalg.norm(slopes[0], axis=(1, 2))
    return Outcome(float((np.linalg.norm(off[0], axis=(1, 2)) / np.where(sizes > 0, sizes, 1.0)).max()))


def control(rng: Rng) -> Case:
    """Take parallel inputs of one label, for which the identity is true."""
    direction = rng.normal(size=4)
    inputs = np.outer(rng.uniform(0.5, 2, 3), direction)
    return at_rest([(inputs, rng.uniform(0.5, 2, 3))], [rng.uniform(0.5, 2, int(rng.integers(1, 4)))], 1.0)


CLAIM = Claim(
    name="poggio-input-layer",
    title="No identity sample by sample at the input layer",
    source="Poggio and Liao, constraints on the layers at critical points (the basis of its prediction of neural collapse)",
    statement="At critical points ∂f_n/∂V_k = f_n V_k for every sample n and every layer k.",
    kind="equality",
    expected="fails-as-stated",
    assumption="All inputs on which a unit acts are parallel; in general only the sum over samples, weighted by their residuals, vanishes.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
