"""Theorem 9 (a): W ~ N(0, σ_w²) and B ~ N(0, σ_b²) give ζ(x) = 2 σ_w³ σ_b³ / (π (σ_b² + x² σ_w²)²).

By Proposition 7, ζ(x) = 2 ∫_0^∞ w³ exp(-q w²/2) dw / (2π σ_w σ_b) with q = 1/σ_w² + x²/σ_b², and the integral is 2/q².
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, equal
from implicit_bias.claims.jin_montufar.joint import cubes_on_line, two_sided
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.zetas.zeta import GaussianZeta

_REACH = 9.0
_PANELS = 40


@dataclass(frozen=True, eq=False)
class Case:
    """Standard deviations of W and B, places, and what ζ is said to be there."""

    sigma_w: float
    sigma_b: float
    x: FloatArray
    zeta: FloatArray


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw deviations over two decades, and places on the scale of their quotient."""
    sigma_w, sigma_b = (10 ** rng.uniform(-1, 1, 2)).tolist()
    x = sigma_b / sigma_w * rng.uniform(-3, 3, 20)
    return Case(sigma_w, sigma_b, x, GaussianZeta(sigma_w, sigma_b)(x))


def check(case: Case) -> Outcome:
    """Compare with Proposition 7's integral."""
    w, width = two_sided(_REACH * case.sigma_w, _PANELS)
    values = cubes_on_line(w, width * bell(w, case.sigma_w), lambda b: bell(b, case.sigma_b), case.x)
    return equal(case.zeta / values, 1.0)


def bell(z: FloatArray, deviation: float) -> FloatArray:
    """Return the density of N(0, deviation²)."""
    found: FloatArray = np.exp(-((z / deviation) ** 2) / 2) / (np.sqrt(2 * np.pi) * deviation)
    return found


def control(rng: Rng) -> Case:
    """Swap W and B, and stretch one of them, lest both be equal."""
    case = draw(rng, None)
    other = GaussianZeta(case.sigma_b, 1.2 * case.sigma_w)
    return Case(case.sigma_w, case.sigma_b, case.x, other(case.x))


CLAIM = Claim(
    name="spline-theorem-9a",
    title="ζ of the Gaussian initialisation",
    source="Jin and Montúfar, Theorem 9 (a)",
    statement="If W ~ N(0, σ_w²) and B ~ N(0, σ_b²) are independent, ζ(x) = 2 σ_w³ σ_b³ / (π (σ_b² + x² σ_w²)²).",
    kind="equality",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    data_use="never",
)
