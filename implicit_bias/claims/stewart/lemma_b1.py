"""Lemma B.1: the conjugate of the total variation is the indicator of a ball.

    sup over measures μ of  ∫ ⟨g, dμ⟩ - ∫ d‖μ‖   =   0 if sup_u ‖g(u)‖_* ≤ 1,  +∞ otherwise            (eq. 18)

Here g(u) = Σ_i λ_i φ_u(x_i), as in the dual. With r·v on the feature u* where ‖g‖_* peaks, v of norm 1 and aligned with
g(u*), the objective is exactly r (sup ‖g‖_* - 1): zero or unbounded, and no measure does better for its total variation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.claims.instances import combine, data_kinks, data_or_random, ramps
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray

DUAL_OF = {1.0: np.inf, 2.0: 2.0, np.inf: 1.0}
"""The order of the dual of each norm."""

_SIZES = (1.0, 1e3, 1e6)
_MEASURES = 20


@dataclass(frozen=True, eq=False)
class Case:
    """g by its coefficients, the norm of the measure's weights and what is said to be its dual, and some measures."""

    x: FloatArray
    coefficients: FloatArray
    norm: float
    dual: float
    kinks: FloatArray
    directions: FloatArray
    weights: FloatArray


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw g with a supremum on either side of 1, or 1, and measures with kinks anywhere in the data's range."""
    x, k = data_or_random(rng, data).x, int(rng.integers(1, 5))
    norm = float(rng.choice([1.0, 2.0, np.inf]))
    g = rng.normal(size=(x.size, k))
    g *= rng.choice([0.3, 0.9, 1.0, 1.1, 3.0]) / _sizes(x, g, DUAL_OF[norm]).max()
    atoms = int(rng.integers(1, 8))
    kinks = x[0] + (x[-1] - x[0]) * rng.random((_MEASURES, atoms))
    return Case(x, g, norm, DUAL_OF[norm], kinks, rng.choice([-1.0, 1.0], kinks.shape), rng.normal(size=(*kinks.shape, k)))


def check(case: Case) -> Outcome:
    """Compare the aligned measures at the peak with the prediction, and bound all others by it.

    The peak is sought at the data: between data ‖g‖_* is convex (Lemma 6.3). The prediction knows the dual norm, the
    measures know the norm only.
    """
    predicted = float(_sizes(case.x, case.coefficients, case.dual).max())
    values = _values(case.x, case.coefficients, *data_kinks(case.x))
    aligned = _aligned(values, case.norm)
    gains = (values * aligned).sum(axis=1)
    best = int(gains.argmax())
    size = float(np.linalg.norm(aligned[best], case.norm))
    parts = [equal(r * (gains[best] - size), r * (predicted - 1), r * max(1.0, predicted)) for r in _SIZES]
    for kinks, directions, weights in zip(case.kinks, case.directions, case.weights, strict=True):
        variation = float(np.linalg.norm(weights, case.norm, axis=1).sum())
        objective = (_values(case.x, case.coefficients, kinks, directions) * weights).sum() - variation
        parts.append(at_most(objective, max(0.0, predicted - 1) * variation, max(1.0, predicted) * variation))
    return together(*parts)


def control(rng: Rng) -> Case:
    """Take the norm for its own dual, which is right for l2 only."""
    case = draw(rng, None)
    coefficients = rng.normal(size=(case.x.size, 3))
    norm = float(rng.choice([1.0, np.inf]))
    return Case(case.x, coefficients, norm, norm, case.kinks, case.directions, rng.normal(size=(*case.kinks.shape, 3)))


def _values(x: FloatArray, coefficients: FloatArray, kinks: FloatArray, directions: FloatArray) -> FloatArray:
    return combine(ramps(x, kinks, directions).T, coefficients)


def _sizes(x: FloatArray, coefficients: FloatArray, order: float) -> FloatArray:
    sizes: FloatArray = np.linalg.norm(_values(x, coefficients, *data_kinks(x)), order, axis=1)
    return sizes


def _aligned(values: FloatArray, norm: float) -> FloatArray:
    """Return for each row g a vector v of norm 1 that maximises ⟨g, v⟩."""
    if norm == np.inf:
        return np.where(values < 0, -1.0, 1.0)
    if norm == 1:
        largest = np.abs(values).argmax(axis=1)
        return np.where(np.arange(values.shape[1]) == largest[:, None], np.where(values < 0, -1.0, 1.0), 0.0)
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return np.where(length > 0, values / np.where(length > 0, length, 1.0), 0.0)


CLAIM = Claim(
    name="lemma-b1",
    title="The conjugate of the total variation",
    source="Stewart et al., Lemma B.1, eq. (18)",
    statement="sup_μ ∫⟨g, dμ⟩ - ∫ d‖μ‖ is 0 if ‖g(u)‖_* ≤ 1 for every feature u, and +∞ otherwise.",
    kind="equality",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
)
