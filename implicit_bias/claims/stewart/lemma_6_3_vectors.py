"""Lemma 6.3 for several outputs, in every norm: on [x_1, x_n] the certificate's supremum is attained at a data point.

For fixed s, t ↦ η(s, t) = Σ_i α_i [s (x_i - t)]₊ is affine between neighbouring data, so any norm of it is convex there and
largest at one of them. Points with α_i = 0 are no nodes of η, and need not be looked at either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.claims.instances import combine, data_kinks, data_or_random, ramps
from implicit_bias.data import Dataset
from implicit_bias.fits import Values
from implicit_bias.measures.features import LineFeatures
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import MeasureProblem

_PER_GAP = 20
_DUAL = {1.0: np.inf, 2.0: 2.0, np.inf: 1.0}


@dataclass(frozen=True, eq=False)
class Case:
    """Dual variables of shape (n, k), and the kinks over which the supremum is said to range."""

    x: FloatArray
    dual: FloatArray
    kinks: FloatArray


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw dual variables, some of them zero, and kinks in every gap: at random, and close to both ends."""
    x = data_or_random(rng, data).x
    near = np.geomspace(1e-8, 0.1, 6)
    shares = np.concatenate([near, 1 - near, rng.random(_PER_GAP)])
    kinks = (x[:-1, None] + np.diff(x)[:, None] * shares).ravel()
    dual = rng.normal(size=(x.size, int(rng.integers(2, 6)))) * (rng.random(x.size) < 0.7)[:, None]
    dual[int(rng.integers(1, x.size))] = 1.0  # not all of η(s, ·) is zero
    return Case(x, dual, np.clip(kinks, x[0], x[-1]))


def check(case: Case) -> Outcome:
    """Check in every norm that no kink exceeds the data's maximum, and that this is the toolkit's supremum."""
    both = np.concatenate([case.kinks, case.kinks]), np.repeat([1.0, -1.0], case.kinks.size)
    at_data, between = (combine(ramps(case.x, *features).T, case.dual) for features in (data_kinks(case.x), both))
    parts = []
    for norm, dual_norm in _DUAL.items():
        most = float(np.linalg.norm(at_data, dual_norm, axis=1).max())
        problem = MeasureProblem(case.x, Values(np.zeros_like(case.dual)), LineFeatures.around(case.x), norm)
        parts.append(at_most(np.linalg.norm(between, dual_norm, axis=1), most))
        parts.append(equal(problem.certificate(case.dual).peak, most))
    return together(*parts)


def control(rng: Rng) -> Case:
    """Let kinks lie outside [x_1, x_n]."""
    case = draw(rng, None)
    outside = case.x[0] - (case.x[-1] - case.x[0]) * np.geomspace(0.1, 1e4, 20)
    return replace(case, kinks=np.concatenate([outside, case.kinks]))


CLAIM = Claim(
    name="lemma-6.3-vectors",
    title="The certificate of several outputs peaks at a data point",
    source="Stewart et al., Lemma 6.3",
    statement="If ‖Σ λ_i [s (x_i - t)]₊‖_* ≤ 1, in any norm, for every kink t at a data point, then for every kink t.",
    kind="bound",
    expected="holds-with-assumption",
    assumption="Kinks lie in [x_1, x_n].",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
)
