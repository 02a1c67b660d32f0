"""Theorem 1 with networks that are trained: their distance from the spline falls like n^(-1/2).

All parameters are trained by gradient descent until the loss is negligible, from an antisymmetric start, on data less the u x + v of
problem (17). The central limit theorem gives the rate, and gives it exactly: the interval of the fitted exponent must contain -1/2.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from implicit_bias.analysis.adjustment import exact_adjustment
from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, together
from implicit_bias.claims.jin_montufar.trained import CONFIDENCE, SEEDS, Case, X, drawn, networks
from implicit_bias.data import Dataset
from implicit_bias.experiments.wide import REGIMES, largest_rate, plain, rate, spline_values, trained_network
from implicit_bias.numerics.arrays import FloatArray

_PLACES = np.linspace(-2, 2, 21)
_GOAL = 1e-10
"""A loss whose residual is far below the distances of the widest networks."""

_EPOCHS = 50_000


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw targets, a start and a seed."""
    return drawn(rng, (-0.5,))


def check(case: Case) -> Outcome:
    """Fit the exponent of the largest distance from the spline within the data; every network must fit them."""
    widths, distances, losses = measured(case, target(case))
    found = rate(widths, distances, CONFIDENCE)
    [exponent] = case.exponents
    missed = 0.0 if max(losses) <= _GOAL else max(losses)
    return together(Outcome(max(0.0, found["low"] - exponent, exponent - found["high"])), Outcome(missed))


def target(case: Case) -> FloatArray:
    """Return the spline's values at the places, less the adjustment."""
    regime, y = REGIMES[case.start], np.array(case.y)
    return spline_values(X, y, regime.zeta, _PLACES) - exact_adjustment(X, y, regime.kernel)(_PLACES[:, None])


def measured(case: Case, values: FloatArray) -> tuple[list[int], list[float], list[float]]:
    """Return widths, largest distances from values at the places, and losses of trained networks."""
    regime = REGIMES[case.start]
    y = exact_adjustment(X, np.array(case.y), regime.kernel).adjusted(X, np.array(case.y))
    widths, distances, losses = [], [], []
    for width, seed in networks(case.seed, SEEDS):
        step = 1 / largest_rate(regime.antisymmetric, seed, width, X)
        found = trained_network(X, y, regime.antisymmetric, width=width, seed=seed, trained="all", step=step, epochs=_EPOCHS, goal=_GOAL)
        widths.append(width)
        distances.append(float(np.abs(plain(found.network)(_PLACES) - values).max()))
        losses.append(found.loss)
    return widths, distances, losses


def control(rng: Rng) -> Case:
    """Claim a distance that stays, or that falls like 1/n."""
    return replace(draw(rng, None), exponents=(float(rng.choice([-1.0, 0.0])),))


CLAIM = Claim(
    name="trained-width-rate",
    title="Trained networks come near the spline like n^(-1/2)",
    source="Jin and Montúfar, Theorem 1 and Figure 1",
    statement=(
        "Gradient descent on all parameters of a network of width n, on data less u x + v, ends within O(n^(-1/2)) of the spline, "
        "with high probability."
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
