"""Networks of growing width whose output weights are trained to the end, and the rates at which they come near a function.

n units with equal weights fit f(x) = Σ_i a_i [W_i x + B_i]₊ to the data with the least Σ a_i² (problem (14)); what gradient
descent on the output weights ends at. Their kernel is a mean over the units, so that no network need be trained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import Outcome, Rng
from implicit_bias.numerics.arrays import FloatArray, chunks
from implicit_bias.zetas.kernels import GaussianKernel, Kernel, RidgeKernel
from implicit_bias.zetas.zeta import BinaryUniformZeta, GaussianZeta, UniformZeta, Zeta

WIDTHS = tuple(2**k for k in range(9, 15))
"""Widths of the sampled networks."""

SEEDS = 16
"""Networks of each width."""

CONFIDENCE = 1 - 1e-7
"""Of the interval of a fitted exponent. Logarithms of distances are not quite Gaussian: this leaves room for that."""

EVEN = (np.linspace(-2, 2, 5), np.array([1.5, 0.5, 1.5, 0.5, 1.5]))
"""The data of the paper's Figure 1."""


@dataclass(frozen=True, eq=False)
class Family:
    """An initialisation: how to sample it, its kernel in the limit of infinite width, and its ζ."""

    name: str
    sample: Callable[[Rng, int], tuple[FloatArray, FloatArray]]
    kernel: Kernel
    zeta: Zeta


def _gaussian(rng: Rng, n: int) -> tuple[FloatArray, FloatArray]:
    return rng.normal(size=n), rng.normal(size=n)


def _uniform(rng: Rng, n: int) -> tuple[FloatArray, FloatArray]:
    return rng.uniform(-1, 1, n), rng.uniform(-2, 2, n)


def _binary(rng: Rng, n: int) -> tuple[FloatArray, FloatArray]:
    return rng.choice([-1.0, 1.0], n), rng.uniform(-2, 2, n)


FAMILIES = (
    Family("gaussian", _gaussian, GaussianKernel(1.0, 1.0), GaussianZeta(1.0, 1.0)),
    Family("uniform", _uniform, RidgeKernel(UniformZeta(1.0, 2.0)), UniformZeta(1.0, 2.0)),
    Family("binary-uniform", _binary, RidgeKernel(BinaryUniformZeta(2.0)), BinaryUniformZeta(2.0)),
)
"""The initialisations of Theorem 9 with the constants of the paper's figures."""


def finite(w: FloatArray, b: FloatArray, x: FloatArray, y: FloatArray, at: FloatArray) -> FloatArray:
    """Return the trained network's values at places."""
    places = np.append(x, at)[:, None]
    kernel = np.zeros((places.size, x.size))
    for part in chunks(w.size, 1 << 11):  # small temporaries are quick
        units = np.maximum(places * w[part] + b[part], 0.0)
        kernel += units @ units[: x.size].T
    found: FloatArray = kernel[x.size :] @ np.linalg.solve(kernel[: x.size], y)
    return found


def infinite(kernel: Kernel, x: FloatArray, y: FloatArray, at: FloatArray) -> FloatArray:
    """Return the values of the infinitely wide network."""
    points = x[:, None]
    found: FloatArray = kernel.full(at[:, None], points) @ np.linalg.solve(kernel.full(points, points), y)
    return found


def distances(family: Family, x: FloatArray, y: FloatArray, at: FloatArray, target: FloatArray, seed: int) -> FloatArray:
    """Return the largest distance at places of sampled networks from a target there, (SEEDS, widths)."""
    found = np.empty((SEEDS, len(WIDTHS)))
    for i in range(SEEDS):
        for j, width in enumerate(WIDTHS):
            w, b = family.sample(np.random.default_rng([seed, i, width]), width)
            found[i, j] = np.abs(finite(w, b, x, y, at) - target).max()
    return found


def exponents(found: FloatArray) -> tuple[float, float]:
    """Return the ends of the confidence interval of the exponent in: distance ~ width^exponent."""
    from scipy.stats import linregress, t

    logs = np.broadcast_to(np.log(WIDTHS), found.shape).ravel()
    fit = linregress(logs, np.log(found.ravel()))
    half = float(t.ppf(0.5 + CONFIDENCE / 2, logs.size - 2) * fit.stderr)
    return float(fit.slope) - half, float(fit.slope) + half


def rate(found: FloatArray, exponent: float) -> Outcome:
    """Return how far an exponent is outside the confidence interval; 0 inside."""
    lo, hi = exponents(found)
    return Outcome(max(0.0, lo - exponent, exponent - hi))
