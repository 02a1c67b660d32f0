"""The appendix of Neyshabur et al.: an intersection of k half-spaces over {±1}^D is a network of 2 k hidden units.

f(x) = Σ_i ([w_i·x]₊ - [w_i·x - 1]₊) counts half-spaces: for an integer z, [z]₊ - [z - 1]₊ is 1 if z > 0 and 0 if z ≤ 0. So f = k on the
intersection and f ≤ k - 1 off it, and any threshold between the two tells them apart. The paper's text gives all output weights as 1;
those of the second units are -1, as in its formula. Integers this small are exact in float64.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, equal, together
from implicit_bias.data import Dataset
from implicit_bias.measures import Network
from implicit_bias.numerics.arrays import FloatArray

_LARGEST = 10
"""Dimensions drawn: 2^D corners are evaluated. The fixed case has 12."""


@dataclass(frozen=True, eq=False)
class Case:
    """Normals of half-spaces, (k, D), and the number that the network's output is held against."""

    normals: FloatArray
    threshold: float


def fixed() -> tuple[Case, ...]:
    """Return eight half-spaces in twelve dimensions, normals of the paper's kind, and one in one dimension."""
    return _case(np.random.default_rng(12).choice([-1.0, 1.0], (8, 12))), _case(np.ones((1, 1)))


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw normals in {±1}^D as in the paper, or other small integers."""
    shape = tuple(int(n) for n in rng.integers(1, (7, _LARGEST + 1)))
    return _case(rng.choice([-1.0, 1.0], shape) if rng.random() < 0.5 else rng.choice([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0], shape))


def _case(normals: FloatArray) -> Case:
    return Case(turned(normals), len(normals) - 0.5)


def turned(normals: FloatArray) -> FloatArray:
    """Return normals turned towards one corner, so that few intersections are empty (unavoidably, where w·x = 0)."""
    x = corners(normals.shape[1])
    here = x[np.abs(x @ normals.T).min(axis=1).argmax()]
    found: FloatArray = normals * np.where(normals @ here < 0, -1.0, 1.0)[:, None]
    return found


def corners(dimension: int) -> FloatArray:
    """Return {±1}^D, (2^D, D)."""
    bits = np.arange(2**dimension)[:, None] >> np.arange(dimension) & 1
    return np.where(bits == 1, 1.0, -1.0)


def network(normals: FloatArray, bias: float = 0.0) -> Network:
    """Return x ↦ Σ_i ([w_i·x]₊ - [w_i·x - 1]₊) + bias, of 2 k units."""
    ones = np.ones(len(normals))
    return Network(np.concatenate([normals, normals]), np.concatenate([0 * ones, -ones]), np.concatenate([ones, -ones]), bias)


def check(case: Case) -> Outcome:
    """Check at every corner that f counts half-spaces, and that the threshold, with room of a half, tells the intersection."""
    x = corners(case.normals.shape[1])
    held = x @ case.normals.T > 0
    f = network(case.normals)(x).reshape(len(x))  # of one input, a network takes points without an axis of their own
    side = np.where(held.all(axis=1), 1.0, -1.0)
    short = 0.5 - side * (f - case.threshold)
    return together(equal(f, held.sum(axis=1), 1.0), equal(np.maximum(short, 0.0), 0.0, 1.0))


def control(rng: Rng) -> Case:
    """Take the sign of f, with no threshold, or a normal so short that it has fractions between 0 and 1."""
    case = draw(rng, None)
    if rng.random() < 0.5:
        return replace(case, threshold=0.0)
    inner = corners(case.normals.shape[1]) @ case.normals[0]
    factors = np.ones(len(case.normals))
    factors[0] = 0.5 / inner[inner > 0].min()
    return replace(case, normals=case.normals * factors[:, None])


CLAIM = Claim(
    name="neyshabur-half-spaces",
    title="An intersection of k half-spaces is a network of 2 k units",
    source="Neyshabur, Tomioka and Srebro, appendix, proof of the hardness theorem",
    statement=(
        "Every intersection of k homogeneous half-spaces over {±1}^D with normals in {±1}^D can be realised with unit margin by a network "
        "with 2 k hidden units in a single hidden layer."
    ),
    kind="equality",
    expected="holds-with-assumption",
    assumption="Units have biases, and the output is held against a threshold, k - 1/2: the values of both sides are 1 apart.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
