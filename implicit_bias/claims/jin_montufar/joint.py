"""What Jin and Montúfar's ζ means, by plain quadrature of the distribution of (W, B).

For every interval, ∫_lo^hi ζ(x) dx = ∫_lo^hi E[W² | C = x] p_C(x) dx = E[W² 1{lo ≤ C ≤ hi}], C = -B/W, and C is in the interval
when B is between -hi W and -lo W. The right side needs neither the density of C nor a change of variables, and it shares
no code with the toolkit's ζ.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from implicit_bias.numerics.arrays import FloatArray

NODES = 12
"""Points of the Gauss-Legendre rule on every panel."""


def rule(edges: FloatArray, nodes: int = NODES) -> tuple[FloatArray, FloatArray]:
    """Return points and weights of Gauss-Legendre on the panels between increasing edges, each (panels · nodes,)."""
    points, weights = np.polynomial.legendre.leggauss(nodes)
    half = np.diff(edges)[:, None] / 2
    return (edges[:-1, None] + half * (1 + points)).ravel(), (half * weights).ravel()


def two_sided(reach: float, panels: int = 40) -> tuple[FloatArray, FloatArray]:
    """Return a rule on [-reach, reach] with a panel's edge at 0, where the integrands that are meant have a kink."""
    return rule(np.linspace(-reach, reach, 2 * panels + 1))


def squares_between(
    w: FloatArray, mass: FloatArray, distribution: Callable[[FloatArray, FloatArray], FloatArray], lo: float, hi: float
) -> float:
    """Return E[W² 1{lo ≤ -B/W ≤ hi}].

    Parameters
    ----------
    w, mass : values of W and their probabilities, or a rule's points with weights times density
    distribution : (b, w) -> P(B ≤ b | W = w)
    """
    between = np.abs(distribution(-lo * w, w) - distribution(-hi * w, w))
    return float((mass * w**2 * between).sum())


def cubes_on_line(w: FloatArray, mass: FloatArray, density: Callable[[FloatArray], FloatArray], x: FloatArray) -> FloatArray:
    """Return ∫ |W|³ p_W(W) p_B(-W x) dW for independent W and B: Proposition 7's formula as it stands."""
    found: FloatArray = density(-x[:, None] * w) @ (mass * np.abs(w) ** 3)
    return found
