"""Distances between measures on a line: what it costs to make one of the other by moving mass."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from implicit_bias.compare.reading import alike, length, on_line
from implicit_bias.errors import DataError
from implicit_bias.measures import Measure, Network
from implicit_bias.numerics.arrays import FloatArray


def transport_distance(p: Measure | Network, q: Measure | Network) -> float:
    """Return how far apart two measures have their kinks: the Wasserstein distance W₁ of their weights' sizes.

    Either measure stands for the distribution P of a random kink, t_j with probability ‖w_j‖₂ / Σ‖w‖₂, whatever its sign and
    direction, and

        W₁(P, Q) = min over couplings of E|s - t| = ∫ |P(-∞, x] - Q(-∞, x]| dx.

    It says nothing of signs, sizes, constants or affine parts, and does not change if all weights of one measure are multiplied
    by a number other than zero; :func:`flat_distance` sees these. A pseudo-metric; O(m log m).

    Parameters
    ----------
    p, q : Measure, or Network of one input, with the same outputs and a weight that is not zero

    Returns
    -------
    float, in units of x

    Raises
    ------
    DataError
        On something else than measures on the line, on different outputs, or on a measure without weights.
    """
    ours, theirs = on_line(p, "p"), on_line(q, "q")
    alike(ours, theirs)
    places = np.union1d(ours.kinks, theirs.kinks)
    below = _shares(ours, "p", places) - _shares(theirs, "q", places)
    return float(np.abs(below[:-1]) @ np.diff(places))


def flat_distance(p: Measure | Network, q: Measure | Network, scale: float) -> float:
    """Return the flat (bounded-Lipschitz, Kantorovich-Rubinstein) norm of D = f_p'' - f_q'', the difference of second derivatives.

    An atom of weight w at t has [s (x - t)]₊'' = δ_t in either direction s, so D = Σ ± w_j δ_{t_j}, and

        ‖D‖ = sup { ∫ φ dD : |φ| ≤ scale, |φ'| ≤ 1 }
            = min over u of  Σ_i gap_i |u_i| + scale Σ_i |D_i + u_{i-1} - u_i|,    u_0 = u_m = 0,

    where u_i is the mass that is moved across the gap after place i (Kantorovich-Rubinstein duality): a unit of slope change is
    moved at a cost of 1 per unit of x, or made or destroyed at the cost ``scale``. So unit kinks a distance h apart differ by
    min(h, 2 scale). For several outputs the norms of the outputs are added up.

    A metric on functions up to an affine part, which is not seen: direction, constant and affine part of a measure play no part.
    ‖·‖ is monotone in the scale, at most scale · Σ|D_i|, and of degree 1 when x and scale are multiplied together with the weights
    held. The result is the cost of a plan u that is optimal to rounding. O(m log m) comparisons; inserting into a list moves O(m²)
    bytes at worst, which is felt from some 10⁵ kinks on.

    Parameters
    ----------
    p, q : Measure, or Network of one input, with the same outputs
    scale : above 0, in units of x

    Returns
    -------
    float, in units of y

    Raises
    ------
    DataError, OptionError
        On something else than measures on the line, or different outputs; on a scale that is not finite and positive.
    """
    ours, theirs, scale = on_line(p, "p"), on_line(q, "q"), length(scale, "scale", positive=True)
    alike(ours, theirs)
    kinks, place = np.unique(np.concatenate([ours.kinks, theirs.kinks]), return_inverse=True)
    bends = np.zeros((2, kinks.size, *ours.weights.shape[1:]))
    np.add.at(bends[0], place[: len(ours)], ours.weights)
    np.add.at(bends[1], place[len(ours) :], theirs.weights)
    difference = (bends[0] - bends[1]).reshape(kinks.size, -1)
    return float(sum(_flat_norm(kinks, column, scale) for column in difference.T))


def _shares(measure: Measure, name: str, places: FloatArray) -> FloatArray:
    """Return the share of a measure's weight at or left of each place."""
    size = measure.sizes()
    largest = size.max(initial=0.0)
    if largest == 0:
        raise DataError(f"{name} has no weight at any kink; there is nothing to transport.")
    masses = np.zeros(places.size)
    np.add.at(masses, np.searchsorted(places, measure.kinks), size / largest)
    shares = np.cumsum(masses)
    return np.asarray(shares / shares[-1])


def _flat_norm(places: FloatArray, masses: FloatArray, scale: float) -> float:
    """Return the flat norm of Σ masses_i δ_{places_i}, places increasing."""
    live = masses != 0
    unit = float(np.abs(masses).max(initial=0.0))
    if unit == 0:
        return 0.0
    masses = masses[live] / unit
    gaps = np.minimum(np.diff(places[live]), 2 * scale) / scale  # nothing moves further: destroying and making costs 2 scale
    moved = _plan(gaps, masses)
    left = masses + np.concatenate([[0.0], moved]) - np.concatenate([moved, [0.0]])
    return float(gaps @ np.abs(moved) + np.abs(left).sum()) * float(unit) * scale


def _plan(gaps: FloatArray, masses: FloatArray) -> FloatArray:
    """Return the optimal mass to move across every gap, if making and destroying costs 1.

    By dynamic programming over W_i(u), the least cost left of and on gap i if u is moved across it: convex, piecewise linear, and

        W_i(u) = gap_i |u| + G_i(u),    G_i(u) = min over v of W_{i-1}(v) + |masses_i + v - u|.

    G_i has slopes from -1 to 1. Adding gap_i |u| inserts a breakpoint at 0 where the slope jumps by 2 gap_i, and the minimum over
    v takes off the slopes beyond ±1, which is a jump of gap_i from either end, and shifts what is left by the mass. The best v
    is u - masses_i, clipped to where the slope of W_{i-1} is within ±1.
    """
    at, jump = [float(masses[0])], [2.0]  # G_1(u) = |masses_1 - u|; places are less ``shift``
    shift = 0.0
    low, high = np.empty(gaps.size), np.empty(gaps.size)
    for i, (gap, mass) in enumerate(zip(gaps.tolist(), masses[1:].tolist(), strict=True)):
        here = bisect_left(at, -shift)
        at.insert(here, -shift)
        jump.insert(here, 2 * gap)
        low[i] = _taken_off(at, jump, gap, 0) + shift
        high[i] = _taken_off(at, jump, gap, -1) + shift
        shift += mass
    moved, after = np.empty(gaps.size), 0.0
    for i in range(gaps.size - 1, -1, -1):
        after = min(max(after - masses[i + 1], low[i]), high[i])
        moved[i] = after
    return moved


def _taken_off(at: list[float], jump: list[float], amount: float, end: int) -> float:
    """Take slope jumps of some amount off one end, and return where the last of them was; one breakpoint always stays."""
    while len(at) > 1 and jump[end] <= amount:
        amount -= jump.pop(end)
        place = at.pop(end)
        if amount == 0:
            return place
    jump[end] -= amount
    return at[end]
