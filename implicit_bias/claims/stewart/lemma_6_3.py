"""Lemma 6.3: dual constraints need to be checked at the data only.

For fixed s, t ↦ Σ_i λ_i [s (x_i - t)]₊ is piecewise affine with breakpoints at the data, so its norm is convex between them
and on [x_1, x_n] the supremum is attained at some x_i. Beyond the data it is affine and unbounded unless Σ λ_i = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.certificates.certificate import LineCertificate
from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.claims.instances import combine, data_kinks, data_or_random, ramps
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray

_PER_GAP = 20


@dataclass(frozen=True, eq=False)
class Case:
    """Dual variables of shape (n, k), the order of the norm, and the kinks over which the supremum is said to range."""

    x: FloatArray
    dual: FloatArray
    order: float
    kinks: FloatArray


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw dual variables, and kinks in every gap: evenly spaced, at random, and close to both ends."""
    x = data_or_random(rng, data).x
    near = np.geomspace(1e-8, 0.1, 6)
    shares = np.concatenate([np.linspace(0, 1, _PER_GAP, endpoint=False)[1:], near, 1 - near, rng.random(_PER_GAP)])
    kinks = (x[:-1, None] + np.diff(x)[:, None] * shares).ravel()
    order = float(rng.choice([1.0, 2.0, np.inf]))
    return Case(x, rng.normal(size=(x.size, int(rng.integers(1, 4)))), order, np.clip(kinks, x[0], x[-1]))


def check(case: Case) -> Outcome:
    """Check that no kink exceeds the data's maximum; for one output the toolkit's supremum is that maximum."""
    at_data = _sizes(case, *data_kinks(case.x)).max()
    both = np.concatenate([case.kinks, case.kinks]), np.repeat([1.0, -1.0], case.kinks.size)
    bound = at_most(_sizes(case, *both), float(at_data))
    if case.dual.shape[1] > 1:
        return bound
    certificate = LineCertificate.of_dual(case.x, case.dual[:, 0], (case.x[0], case.x[-1]))
    return together(bound, equal(certificate.peak, at_data))


def _sizes(case: Case, kinks: FloatArray, directions: FloatArray) -> FloatArray:
    values = combine(ramps(case.x, kinks, directions).T, case.dual)
    sizes: FloatArray = np.linalg.norm(values, case.order, axis=1)
    return sizes


def control(rng: Rng) -> Case:
    """Let kinks lie outside [x_1, x_n]."""
    case = draw(rng, None)
    outside = case.x[0] - (case.x[-1] - case.x[0]) * np.geomspace(0.1, 1e4, 20)
    return Case(case.x, case.dual, case.order, np.concatenate([outside, case.kinks]))


CLAIM = Claim(
    name="lemma-6.3",
    title="The certificate peaks at a data point",
    source="Stewart et al., Lemma 6.3",
    statement="If ‖Σ λ_i [s (x_i - t)]₊‖_* ≤ 1 for every kink t at a data point, then for every kink t.",
    kind="bound",
    expected="holds-with-assumption",
    assumption="Kinks lie in [x_1, x_n].",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
)
