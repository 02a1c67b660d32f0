"""Problem (17) of Jin and Montúfar, solved as it stands: with units in place of functions, and no spline anywhere.

The distribution of (W, C), C = -B/W, is replaced by a quadrature with points (w_i, c_i) and probabilities p_i,

minimise  Σ p_i γ_i²  subject to  q(x_j) + Σ p_i γ_i φ(w_i (x_j - c_i)) = y_j,    φ(z) = [z]₊ᵏ/k!,

with q any polynomial of degree k. Panels of kinks end at the data and at the places where the answer is wanted, so that nothing
that is integrated has a bend inside a panel: only rounding stands between this and the continuous problem.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import Rng
from implicit_bias.claims.instances import thinned
from implicit_bias.claims.jin_montufar.joint import rule
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray

Function = Callable[[FloatArray], FloatArray]

REACH = 1.5
"""Kinks lie in [-REACH, REACH], the data in [-1, 1]."""

CLOSEST = 0.1
"""No two points are closer: the units' equations are less accurate than a banded system."""


def points_and_targets(rng: Rng, data: Dataset | None, most: int = 8) -> tuple[FloatArray, FloatArray]:
    """Return 3 to ``most`` points with ends -1 and 1, and targets of size 1; the user's are moved and scaled to be so."""
    if data is None:
        n = int(rng.integers(3, most + 1))
        gaps = rng.uniform(0.3, 1, n - 1)
        return np.append(-1.0, 2 * np.cumsum(gaps) / gaps.sum() - 1), rng.uniform(-1, 1, n)
    data = thinned(data)
    middle, height = (data.x[0] + data.x[-1]) / 2, (data.y.max() + data.y.min()) / 2
    x, y = 2 * (data.x - middle) / (data.x[-1] - data.x[0]), data.y - height
    kept = [0]
    for i in range(1, x.size):
        if x[i] - x[kept[-1]] >= CLOSEST and (x[-1] - x[i] >= CLOSEST or i == x.size - 1):
            kept.append(i)
    some = np.array(kept)[np.unique(np.linspace(0, len(kept) - 1, min(most, len(kept))).round().astype(int))]
    size = float(np.abs(y).max())
    return x[some], y[some] / (size if size > 0 else 1.0)


@dataclass(frozen=True, eq=False)
class Joint:
    """A distribution of (W, C): C has a density on [-REACH, REACH], and W given C takes two values of opposite sign.

    Attributes
    ----------
    kinks : p_C, up to a factor
    rising, falling : the positive value of W and the size of the negative one, as functions of C
    share : the probability of the positive one
    jumps : places where ``kinks`` is not smooth
    """

    kinks: Function
    rising: Function
    falling: Function
    share: float
    jumps: tuple[float, ...] = ()

    def zeta(self, power: int = 2) -> Function:
        """Return x ↦ p_C(x) E[|W|^power | C = x]."""

        def of(x: FloatArray) -> FloatArray:
            sizes: FloatArray = self.share * self.rising(x) ** power + (1 - self.share) * self.falling(x) ** power
            inside = np.abs(x) <= REACH
            return np.where(inside, self.kinks(x) * sizes, 0.0)

        return of


def wavy(rng: Rng) -> Joint:
    """Draw a smooth distribution in which E[W² | C] varies with C and signs are not equally likely."""
    a, b, c = (_wave(*row) for row in rng.uniform([0.2, 1, 0], [0.8, 3, 6], (3, 3)).tolist())
    return Joint(a, b, c, float(rng.uniform(0.2, 0.8)))


def _wave(depth: float, frequency: float, phase: float) -> Function:
    return lambda x: np.exp(depth * np.sin(frequency * x + phase))


@dataclass(frozen=True, eq=False)
class Answer:
    """The solution of problem (17).

    Attributes
    ----------
    values : g at the places asked for
    kinks : the quadrature's kinks
    leading : the derivative of order k + 1 at the kinks, p_C E[γ Wᵏ (sign W)ᵏ⁺¹ | C]
    cost : Σ p γ²
    missed : how far g is from the targets
    """

    values: FloatArray
    kinks: FloatArray
    leading: FloatArray
    cost: float
    missed: float


def trained(joint: Joint, x: FloatArray, y: FloatArray, at: FloatArray, degree: int = 1) -> Answer:
    """Solve problem (17), by projecting its units off the polynomials.

    Parameters
    ----------
    joint : of (W, C)
    x, y : (n,) data
    at : (p,) where to evaluate, within [-REACH, REACH]
    degree : k
    """
    edges = np.unique(np.concatenate([x, at, joint.jumps, np.linspace(-REACH, REACH, 7)]))
    c, width = rule(edges)
    w = np.stack([joint.rising(c), -joint.falling(c)])
    root = np.sqrt(joint.kinks(c) * width * np.array([[joint.share], [1 - joint.share]]))
    places = np.concatenate([x, at])
    reach = np.maximum(w * (places[:, None, None] - c), 0.0)
    units = (np.where(reach > 0, reach**degree, 0.0) * root / math.factorial(degree)).reshape(places.size, -1)
    seen = units[: x.size]
    basis = np.polynomial.legendre.legvander(places, degree)
    full, _ = np.linalg.qr(basis[: x.size], mode="complete")
    rest = full[:, basis.shape[1] :]
    scaled = np.linalg.lstsq(rest.T @ seen, rest.T @ y, rcond=None)[0]
    polynomial = np.linalg.lstsq(basis[: x.size], y - seen @ scaled, rcond=None)[0]
    found = units @ scaled + basis @ polynomial
    derivative = scaled.reshape(w.shape) * root / width * np.sign(w) ** (degree + 1) * np.abs(w) ** degree
    missed = float(np.abs(found[: x.size] - y).max())
    return Answer(found[x.size :], c, derivative.sum(axis=0), float(scaled @ scaled), missed)
