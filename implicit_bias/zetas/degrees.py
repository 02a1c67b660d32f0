"""ζ of Corollary 3, for activations of degree k, and of Theorem 2, for d inputs, of the named initialisations.

degree k : ζ(x) = E[|W|²ᵏ | C = x] p_C(x) = ∫ |W|²ᵏ⁺¹ p_{W,B}(W, -W x) dW
d inputs : ζ(c) = E[U² | C = c] p_C(c), W = U V with |V| = 1, C = -B/U; the direction V is uniform and independent

Both are those of :mod:`~implicit_bias.zetas.zeta` for k = 1 and d = 1. With W = ±1 the degree makes no difference.
"""

from __future__ import annotations

import math

import numpy as np

from implicit_bias.errors import OptionError
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.numerics.checks import check_positive
from implicit_bias.zetas.function import FunctionZeta


def gaussian_zeta_of_degree(degree: int, sigma_w: float, sigma_b: float) -> FunctionZeta:
    """Return ζ(x) = k! (2τ²)ᵏ⁺¹ / (2π σ_w σ_b), 1/τ² = 1/σ_w² + x²/σ_b², for W ~ N(0, σ_w²) and B ~ N(0, σ_b²)."""
    _check(degree, sigma_w, sigma_b)

    def zeta(x: FloatArray) -> FloatArray:
        return np.asarray(math.factorial(degree) * _two_variances(x, sigma_w, sigma_b) ** (degree + 1) / (2 * np.pi * sigma_w * sigma_b))

    return FunctionZeta(zeta)


def uniform_zeta_of_degree(degree: int, a_w: float, a_b: float) -> FunctionZeta:
    """Return ζ(x) = m²ᵏ⁺² / (4 (k + 1) a_w a_b), m = min(a_w, a_b/|x|), for W ~ U(-a_w, a_w) and B ~ U(-a_b, a_b)."""
    _check(degree, a_w, a_b)
    edge = a_b / a_w

    def zeta(x: FloatArray) -> FloatArray:
        reach = a_w * edge / np.maximum(np.abs(x), edge)
        return np.asarray(reach ** (2 * degree + 2) / (4 * (degree + 1) * a_w * a_b))

    return FunctionZeta(zeta, (-edge, edge))


def gaussian_zeta_of_inputs(inputs: int, sigma_w: float, sigma_b: float) -> FunctionZeta:
    """Return ζ(c) for W ~ N(0, σ_w² I) in d dimensions and B ~ N(0, σ_b²).

    ζ(c) = Γ((d+3)/2)/Γ(d/2) (2τ²)^((d+3)/2) / (√(2π) σ_b (√2 σ_w)ᵈ), 1/τ² = 1/σ_w² + c²/σ_b²: a Student distribution's shape.
    """
    _check(inputs, sigma_w, sigma_b)
    half = (inputs + 3) / 2
    factor = math.exp(math.lgamma(half) - math.lgamma(inputs / 2)) / (math.sqrt(2 * math.pi) * sigma_b * (math.sqrt(2) * sigma_w) ** inputs)

    def zeta(x: FloatArray) -> FloatArray:
        return np.asarray(factor * _two_variances(x, sigma_w, sigma_b) ** half)

    return FunctionZeta(zeta)


def _two_variances(x: FloatArray, sigma_w: float, sigma_b: float) -> FloatArray:
    """Return 2τ², the scale of W² given the kink x."""
    return np.asarray(2 / (1 / sigma_w**2 + np.square(x) / sigma_b**2))


def _check(count: int, first: float, second: float) -> None:
    if not (isinstance(count, (int, np.integer)) and not isinstance(count, bool) and count >= 0):
        raise OptionError(f"A degree or a number of inputs is a whole number, not {count!r}.")
    check_positive("The first scale", first)
    check_positive("The second scale", second)
