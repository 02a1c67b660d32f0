"""Theorem 4 with networks that are trained: what the output weights alone do is what all parameters do, up to O(1/n).

The theorem is about the linearised network; the paper takes it (appendix G) for the network itself. Two networks from the same
antisymmetric start take the same steps, one with all its parameters and one with its output weights. O(·) is a bound: the interval
of a fitted exponent may lie below what is claimed, not above. The norms are those of whole vectors.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, together
from implicit_bias.claims.jin_montufar.trained import CONFIDENCE, Case, X, drawn, networks
from implicit_bias.data import Dataset
from implicit_bias.experiments.wide import REGIMES, at_epoch, largest_rate, rate, trained_network

_PLACES = np.linspace(-2, 2, 9)
_SEEDS = 6
_EPOCHS = (1, 3, 10, 30, 100, 300)
_EXPONENTS = (-1.0, -1.0, -1.0, -1.0, -1.5)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw targets, a start and a seed."""
    return drawn(rng, _EXPONENTS)


def check(case: Case) -> Outcome:
    """Fit the exponents of the largest differences over time of function, W⁽¹⁾, b⁽¹⁾, b⁽²⁾ and W⁽²⁾."""
    drawings = networks(case.seed, _SEEDS)
    found = np.array([differences(case, width, seed) for width, seed in drawings])
    widths = [width for width, _ in drawings]
    lows = [rate(widths, column, CONFIDENCE)["low"] for column in found.T]
    return together(*(Outcome(max(0.0, low - exponent)) for low, exponent in zip(lows, case.exponents, strict=True)))


def differences(case: Case, width: int, seed: int) -> tuple[float, ...]:
    """Return the largest differences over time for one start."""
    start = REGIMES[case.start].antisymmetric
    step = 1 / largest_rate(start, seed, width, X)
    whole, alone = (
        trained_network(
            X,
            np.array(case.y),
            start,
            width=width,
            seed=seed,
            trained=trained,
            step=step,
            epochs=_EPOCHS[-1],
            snapshots=(0, *_EPOCHS),
            output_bias=trained == "all",
        )
        for trained in ("all", "output")
    )
    initial, most = at_epoch(whole, 0), np.zeros(5)
    for epoch in _EPOCHS:
        mine, other = at_epoch(whole, epoch), at_epoch(alone, epoch)
        parts = (mine.W - initial.W, mine.b - initial.b, np.array([mine.bias]), mine.a - other.a)
        apart = float(np.abs(mine(_PLACES) - other(_PLACES)).max())
        most = np.maximum(most, [apart, *(float(np.linalg.norm(part)) for part in parts)])
    return tuple(most.tolist())


def control(rng: Rng) -> Case:
    """Claim O(n^(-2)) for W⁽¹⁾, b⁽¹⁾ or b⁽²⁾."""
    case = draw(rng, None)
    claimed = np.array(_EXPONENTS)
    claimed[1 + rng.integers(3)] = -2.0
    return replace(case, exponents=tuple(claimed.tolist()))


CLAIM = Claim(
    name="trained-theorem-4",
    title="Networks whose output weights alone are trained do as those trained whole",
    source="Jin and Montúfar, Theorem 4 and appendix G",
    statement=(
        "At every time the network with all parameters trained and that with output weights trained differ by O(1/n), W⁽¹⁾, b⁽¹⁾ and "
        "b⁽²⁾ by O(1/n), and W⁽²⁾ by O(n^(-3/2))."
    ),
    kind="rate",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    data_use="never",
    requires=("networks",),
)
