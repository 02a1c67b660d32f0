"""The dual of interpolation on the sphere with a free affine part: a dynamic programme in angles, nearly linear.

With x_i = tan φ_i, Δ_i = φ_{i+1} - φ_i, k_j = c_j sqrt(1 + x_j²) and η(x_i) = sqrt(1 + x_i²) cos θ_i the dual is

    maximise Σ k_j cos θ_j   subject to   θ_1 = θ_n = π/2,   Δ_i ≤ θ_i + θ_{i+1} ≤ 2π - Δ_i,   0 ≤ θ_i ≤ π,

because η stays below +w between two nodes iff θ_i + θ_{i+1} ≥ Δ_i, and above -w iff θ_i + θ_{i+1} ≤ 2π - Δ_i. The value of the
first i nodes as a function of θ_i is concave in cos θ_i and made of few pieces P cos θ + Q sin θ + const:

    V_{i+1}(θ') = k_{i+1} cos θ' + V_i(clip(θ*_i, Δ_i - θ', 2π - Δ_i - θ')),   θ*_i the maximiser of V_i.
"""

from __future__ import annotations

from math import atan2, cos, pi, sin

import numpy as np
import numpy.typing as npt

from implicit_bias.numerics.arrays import FloatArray

Piece = tuple[float, float, float]
"""Where it starts, P and Q."""


def best_angles(bends: FloatArray, turns: FloatArray) -> tuple[FloatArray, npt.NDArray[np.int8]]:
    """Solve the dual.

    Parameters
    ----------
    bends : (n-2,) k_j, n ≥ 3
    turns : (n-1,) Δ_i in (0, π), with a sum below π

    Returns
    -------
    angles : (n,) θ_i in [0, π], π/2 at both ends
    touching : (n-1,) +1 where η touches +w inside the gap, -1 where it touches -w, else 0
    """
    k, arc = bends.tolist(), turns.tolist()
    n = len(arc) + 1
    low, high = max(0.0, arc[0] - pi / 2), min(pi, 1.5 * pi - arc[0])
    pieces: list[Piece] = [(low, k[0], 0.0)]
    peaks = [pi / 2, _peak(pieces, high)]
    for i in range(1, n - 2):
        pieces, high = _next(pieces, high, peaks[i], arc[i])
        pieces = [(start, p + k[i], q) for start, p, q in pieces]
        peaks.append(_peak(pieces, high))
    angles, touching = np.full(n, pi / 2), np.zeros(n - 1, dtype=np.int8)
    theta = pi / 2
    for i in range(n - 2, 0, -1):
        at_least, at_most, theta = arc[i] - theta, 2 * pi - arc[i] - theta, peaks[i]
        if theta < at_least:
            theta, touching[i] = at_least, 1
        elif theta > at_most:
            theta, touching[i] = at_most, -1
        angles[i] = theta = min(max(theta, 0.0), pi)
    touching[0] = 1 if theta <= arc[0] - pi / 2 else -1 if theta >= 1.5 * pi - arc[0] else 0
    return angles, touching


def _peak(pieces: list[Piece], high: float) -> float:
    """Return where the function is largest: it rises, then falls."""
    last = len(pieces) - 1
    for at, (start, p, q) in enumerate(pieces):
        end = pieces[at + 1][0] if at < last else high
        if q * cos(end) - p * sin(end) > 0:
            continue
        if q * cos(start) - p * sin(start) <= 0:
            return start
        return min(max(atan2(q, p), start), end)
    return high


def _next(pieces: list[Piece], high: float, peak: float, turn: float) -> tuple[list[Piece], float]:
    """Return max over θ of V(θ), given Δ ≤ θ + θ' ≤ 2π - Δ, as pieces in θ', and the end of its domain.

    Below Δ - θ* it is the falling side of V, reflected, above 2π - Δ - θ* the rising one, and constant in between.
    """
    low, cosine, sine = pieces[0][0], cos(turn), sin(turn)
    made: list[Piece] = []
    if peak < turn:
        end = high
        for start, p, q in reversed(pieces):
            if turn - max(start, peak) > 0 and end > peak:
                made.append((max(turn - end, 0.0), p * cosine + q * sine, p * sine - q * cosine))
            end = start
            if start <= peak:
                break
    made.append((max(turn - peak, 0.0), 0.0, 0.0))
    if peak > pi - turn:
        for at in range(len(pieces) - 1, -1, -1):
            start, p, q = pieces[at]
            if start >= peak:
                continue
            end = min(peak, pieces[at + 1][0] if at + 1 < len(pieces) else high)
            if 2 * pi - turn - end >= pi:
                break
            made.append((2 * pi - turn - end, p * cosine - q * sine, -p * sine - q * cosine))
    return made, max(made[-1][0], min(pi, 2 * pi - turn - low))
