"""Proposition 8: kinks with a density proportional to 1/ρ, and W independent of them, give the curvature penalty ρ.

Let Z = ∫ 1/ρ be finite. With p_C = 1/(ρ Z) and E[W²] = Z, E[W² | C = x] p_C(x) = 1/ρ(x). The toolkit's sampler is held to that:
W² has to be Z, and the fraction of kinks up to x may be away from ∫ 1/ρ / Z by no more than chance allows. For N samples
the chance that it is anywhere farther than ε away is at most 2 exp(-2 N ε²) (Dvoretzky, Kiefer, Wolfowitz).

B = -W C is as heavy-tailed as 1/ρ. Theorem 1 asks for sub-Gaussian (W, B), and Theorem 5 for fourth moments, so that on the
whole line not every ρ can be had with them; on an interval every ρ that is bounded below can.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.claims.jin_montufar.joint import rule
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.zetas.function import FunctionZeta
from implicit_bias.zetas.initialization import Initialization

_SAMPLES = 5000
_CHANCE = 1e-9
_AWAY = float(np.sqrt(np.log(2 / _CHANCE) / (2 * _SAMPLES)))


@dataclass(frozen=True, eq=False)
class Case:
    """A penalty on [lo, hi], samples (W, B) that are said to have it, and the density that their kinks are said to have."""

    penalty: Callable[[FloatArray], FloatArray]
    lo: float
    hi: float
    w: FloatArray
    b: FloatArray
    density: Callable[[FloatArray], FloatArray]


def _penalty(rng: Rng) -> Callable[[FloatArray], FloatArray]:
    depth, frequency, phase = rng.uniform([1, 2, 0], [2, 5, 6]).tolist()
    return lambda x: np.exp(depth * np.sin(frequency * x + phase))


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a penalty that varies by a factor of e² to e⁴, an interval, and samples of the toolkit's initialisation."""
    penalty, lo = _penalty(rng), float(rng.uniform(-3, 0))
    hi = lo + float(rng.uniform(3, 5))
    made = Initialization(FunctionZeta(lambda x: 1 / penalty(x)), lo, hi)
    return Case(penalty, lo, hi, *made.sample(rng, _SAMPLES), made.kink_density)


def check(case: Case) -> Outcome:
    """Compare E[W²] p_C with 1/ρ, and the fractions of kinks with integrals of 1/ρ."""
    edges = np.linspace(case.lo, case.hi, 201)
    points, weights = rule(edges)
    integrals = np.append(0.0, np.cumsum((weights / case.penalty(points)).reshape(200, -1).sum(axis=1)))
    total, kinks = integrals[-1], np.sort(-case.b / case.w)
    fractions = np.searchsorted(kinks, edges, "right") / kinks.size
    return together(
        equal(case.w**2, total),
        equal(total * case.density(points) * case.penalty(points), 1.0),
        at_most(np.abs(fractions - integrals / total), _AWAY),
    )


def control(rng: Rng) -> Case:
    """Take ρ for 1/ρ in the density of the kinks, with the right E[W²]."""
    case = draw(rng, None)
    inverse = Initialization(FunctionZeta(lambda x: 1 / case.penalty(x)), case.lo, case.hi)
    other = Initialization(FunctionZeta(case.penalty), case.lo, case.hi)
    w, b = other.sample(rng, _SAMPLES)
    size = np.sqrt(inverse.mass / other.mass)
    return Case(case.penalty, case.lo, case.hi, size * w, size * b, case.density)


CLAIM = Claim(
    name="spline-proposition-8",
    title="Every curvature penalty belongs to an initialisation",
    source="Jin and Montúfar, Proposition 8",
    statement="If p_C = 1/(ρ Z), Z = ∫ 1/ρ, and W is independent of C with E[W²] > 0, then E[W² | C = x] p_C(x) is proportional to 1/ρ(x).",
    kind="equality",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    data_use="never",
)
