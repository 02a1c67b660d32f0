"""Corollary 1: for H > n, indeed for H ≥ n, the network (4) with weight decay is the convex network (8), one output.

Both ways, whatever the loss, with the same values at the data: a measure is pruned to at most n atoms, each a balanced unit whose
decay ½ (‖u‖² + v²) is its atom's cost; and the units of a network are atoms whose cost ‖u‖ |v| is at most their decay. So both
least values agree, and each optimum makes one of the other problem. That is about global optima. Descent at H = n or n + 1 may well
end in a local one, and does so in most of its random starts on the few points of the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together, true
from implicit_bias.claims.neyshabur.neyshabur_theorem_1 import random_network
from implicit_bias.claims.neyshabur.rosset_support import pruned_for, random_measure, random_points, units_and_sizes
from implicit_bias.data import Dataset
from implicit_bias.measures import AnyMeasure, Network
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Case:
    """Points (n, d); a measure with a network that is said to do as well, and a network with such a measure."""

    x: FloatArray
    measure: AnyMeasure
    narrow: Network
    network: Network
    spread: AnyMeasure


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a measure of up to many atoms and a network, and turn each into the other."""
    return _both_ways(rng, random_points(rng, data), int(rng.integers(1, 120)))


def _both_ways(rng: Rng, x: FloatArray, atoms: int) -> Case:
    measure = random_measure(rng, x, atoms)
    network = random_network(rng, x.shape[1], 1, int(rng.integers(1, 30)))
    return Case(x, measure, Network.from_measure(pruned_for(measure, x)).without_bias(), network, network.measure())


def check(case: Case) -> Outcome:
    """Check that the network is narrow, and each way that values agree and the regulariser does not grow.

    The values agree, so that it does not matter which loss and which λ the objectives have.
    """
    rows = np.column_stack([case.x, np.ones(len(case.x))])
    norm = float(np.linalg.norm(rows, axis=1).max())
    (atoms, weights), (others, sizes) = units_and_sizes(case.measure), units_and_sizes(case.spread)
    cost, spread = float(np.abs(weights).sum()), float(np.abs(sizes).sum())
    decay, narrow = _decay(case.network), _decay(case.narrow)
    return together(
        true(case.narrow.b.size <= len(case.x)),
        equal(_values(case.narrow, rows), np.maximum(rows @ atoms.T, 0.0) @ weights, cost * norm),
        at_most(narrow, cost),
        equal(_values(case.network, rows), np.maximum(rows @ others.T, 0.0) @ sizes, decay * norm),
        at_most(spread, decay),
    )


def _values(net: Network, rows: FloatArray) -> FloatArray:
    values: FloatArray = np.maximum(rows @ np.column_stack([net.W, net.b]).T, 0.0) @ net.a + net.bias
    return values


def _decay(net: Network) -> float:
    """Return ½ (‖U‖² + ‖v‖²), infinite with an output bias, which the paper's networks do not have."""
    return float((net.W**2).sum() + (net.b**2).sum() + (net.a**2).sum()) / 2 if net.bias == 0 else np.inf


def control(rng: Rng) -> Case:
    """Give one layer of the narrow network most of its size instead of balancing both."""
    case = _both_ways(rng, random_points(rng, None), 60)
    uneven = case.narrow.scaled(np.full(case.narrow.b.size, 1e3))
    return Case(case.x, case.measure, uneven, case.network, case.spread)


CLAIM = Claim(
    name="neyshabur-corollary-1",
    title="Weight decay at H > n is the convex network",
    source="Neyshabur, Tomioka and Srebro, Corollary 1, eqs. (4) and (8)",
    statement="As long as H > n, the weight-decay regularised network (4) is equivalent to the convex neural net (8), for one output.",
    kind="bound",
    expected="holds-with-assumption",
    assumption="Of global optima: local ones of (4) need not be optima of (8). H = n is enough.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
)
