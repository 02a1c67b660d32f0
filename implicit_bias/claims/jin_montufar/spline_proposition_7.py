"""Proposition 7: ζ(x) = E[W² | C = x] p_C(x) = ∫ |W|³ p_{W,B}(W, -W x) dW.

Conditional expectations are what integrates to the right totals: ∫_lo^hi ζ = E[W² 1{lo ≤ C ≤ hi}] for every interval. The left side
is the toolkit's quadrature of the formula, the right side a quadrature over W of the probability that B is between -hi W and
-lo W. W and B are dependent: their density is a mixture of two Gaussians.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, equal, together
from implicit_bias.claims.jin_montufar.joint import rule, squares_between, two_sided
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.zetas.initialization import DensityZeta

_REACH = 9.0
"""No component goes farther from its mean than so many standard deviations, as far as float64 can tell."""


@dataclass(frozen=True)
class Component:
    """W ~ N(mean, deviation²), and B = tilt W + noise with noise ~ N(offset, spread²)."""

    weight: float
    mean: float
    deviation: float
    tilt: float
    offset: float
    spread: float

    def of_w(self, w: FloatArray) -> FloatArray:
        """Return the density of W, times the weight."""
        return self.weight * _bell((w - self.mean) / self.deviation) / self.deviation

    def of_b(self, b: FloatArray, w: FloatArray) -> FloatArray:
        """Return the density of B given W."""
        return _bell((b - self.tilt * w - self.offset) / self.spread) / self.spread

    def below(self, b: FloatArray, w: FloatArray) -> FloatArray:
        """Return P(B ≤ b | W = w)."""
        from scipy.special import ndtr

        found: FloatArray = ndtr((b - self.tilt * w - self.offset) / self.spread)
        return found


def _bell(z: FloatArray) -> FloatArray:
    found: FloatArray = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return found


@dataclass(frozen=True, eq=False)
class Case:
    """A mixture, the density that goes into the formula, and intervals of kinks."""

    mixture: tuple[Component, ...]
    density: Callable[[FloatArray, FloatArray], FloatArray]
    intervals: tuple[tuple[float, float], ...]


def _joint(mixture: tuple[Component, ...]) -> Callable[[FloatArray, FloatArray], FloatArray]:
    return lambda w, b: np.sum([part.of_w(w) * part.of_b(b, w) for part in mixture], axis=0)


def _mixture(rng: Rng) -> tuple[Component, ...]:
    share = rng.uniform(0.3, 0.7)
    lows, highs = [-0.5, 0.5, 0.2, -0.3, 0.5], [0.5, 1.5, 1.5, 0.3, 1.5]
    return tuple(Component(weight, *rng.uniform(lows, highs).tolist()) for weight in (share, 1 - share))


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a mixture in which W and B are correlated, and three intervals."""
    mixture = _mixture(rng)
    return Case(mixture, _joint(mixture), tuple((lo, lo + rng.uniform(0.2, 1)) for lo in rng.uniform(-2, 2, 3)))


def check(case: Case) -> Outcome:
    """Compare the integral of the formula over every interval with the expectation of W² over its kinks."""
    zeta = DensityZeta(case.density)
    parts = []
    for lo, hi in case.intervals:
        points, weights = rule(np.linspace(lo, hi, 5))
        expected = 0.0
        for part in case.mixture:
            w, mass = two_sided(abs(part.mean) + _REACH * part.deviation)
            expected += squares_between(w, mass * part.of_w(w), part.below, lo, hi)
        parts.append(equal(zeta(points) @ weights, expected))
    return together(*parts)


def control(rng: Rng) -> Case:
    """Put W x for B into the density in place of -W x."""
    case = draw(rng, None)
    density = _joint(case.mixture)
    return Case(case.mixture, lambda w, b: density(w, -b), case.intervals)


CLAIM = Claim(
    name="spline-proposition-7",
    title="ζ from the joint density of weights and biases",
    source="Jin and Montúfar, Proposition 7",
    statement="With C = -B/W, E[W² | C = x] p_C(x) = ∫ |W|³ p_{W,B}(W, -W x) dW.",
    kind="equality",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    data_use="never",
)
