"""What the claims about trained networks share: three points, whose kernel is so well conditioned that a few hundred steps are enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import Rng

X = np.array([-2.0, 0.0, 2.0])
WIDTHS = (64, 512, 4096)
"""Of 32 units, 16 pairs, one network in some thousands cannot fit three points: "sufficiently large" is more than that."""

SEEDS = 16
"""Networks of each width."""

CONFIDENCE = 1 - 1e-5
"""Of the interval of a fitted exponent. Logarithms of distances are not quite Gaussian: this leaves room for that."""

STARTS = ("uniform", "gaussian", "binary-uniform")


@dataclass(frozen=True)
class Case:
    """Targets at the three points, the name of a start, what networks are drawn from, and the exponents that are claimed."""

    y: tuple[float, ...]
    start: str
    seed: int
    exponents: tuple[float, ...]


def drawn(rng: Rng, exponents: tuple[float, ...]) -> Case:
    """Draw targets, a start and a seed."""
    return Case(tuple(rng.normal(size=X.size).tolist()), STARTS[int(rng.integers(len(STARTS)))], int(rng.integers(2**31)), exponents)


def networks(seed: int, count: int) -> list[tuple[int, int]]:
    """Return the width and the seed of each network: none is drawn with the seed of another."""
    return [(width, seed + count * j + i) for j, width in enumerate(WIDTHS) for i in range(count)]
