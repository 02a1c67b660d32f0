"""Theorem 9 (a) without its factor 2, as some copies of the paper have it.

∫ ζ = E[W²] = σ_w², and ∫ σ_w³ σ_b³ / (π (σ_b² + x² σ_w²)²) dx is half of that. Interpolation does not notice, because a
constant factor in ζ changes no minimiser; the λ of equation (7) and the distance of the weights from their start do.
"""

from __future__ import annotations

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng
from implicit_bias.claims.jin_montufar.spline_theorem_9a import Case
from implicit_bias.claims.jin_montufar.spline_theorem_9a import check as compare
from implicit_bias.claims.jin_montufar.spline_theorem_9a import draw as draw_right
from implicit_bias.data import Dataset


def fixed() -> tuple[Case, ...]:
    """Return standard Gaussians at x = 0, where ζ is 2/π."""
    return (Case(1.0, 1.0, np.zeros(1), np.array([1 / np.pi])),)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Halve ζ."""
    case = draw_right(rng, None)
    return Case(case.sigma_w, case.sigma_b, case.x, case.zeta / 2)


def check(case: Case) -> Outcome:
    """Compare with Proposition 7's integral."""
    return compare(case)


def control(rng: Rng) -> Case:
    """Leave the factor as it is."""
    return draw_right(rng, None)


CLAIM = Claim(
    name="spline-theorem-9a-factor",
    title="The factor 2 that is missing in some copies",
    source="Jin and Montúfar, Theorem 9 (a), in some copies",
    statement="If W ~ N(0, σ_w²) and B ~ N(0, σ_b²) are independent, ζ(x) = σ_w³ σ_b³ / (π (σ_b² + x² σ_w²)²).",
    kind="equality",
    expected="fails-as-stated",
    assumption="There is a factor 2.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
