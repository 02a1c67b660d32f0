"""How unique is an optimum? The range of each weight over all optimal measures with kinks at the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from implicit_bias.certificates.certificate import LineCertificate
from implicit_bias.errors import OptionError
from implicit_bias.measures import FALLING, RISING
from implicit_bias.measures.node_values import SplitInterpolant
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import MeasureProblem
from implicit_bias.solution import Solution

_HALVINGS = 60
_TIED = 1e-14  # relative to the range: a node this near to where the dual leaves it free is free
_SLACK = 1e-14  # relative to the whole first moment: what rounding takes from or adds to a feasible split


@dataclass(frozen=True, eq=False, repr=False)
class WeightRanges:
    """For every feature with a kink at a data point: the least and the largest weight that it has in an optimum.

    Attributes
    ----------
    kinks, directions : (2n-2,) the features, rising ones first (x_1 … x_{n-1}), then falling ones (x_2 … x_n)
    lower, upper : (2n-2,) bounds of the weight over the optimal measures on those features, to about 1e-13 of Σ|weights|
    """

    kinks: FloatArray
    directions: FloatArray
    lower: FloatArray
    upper: FloatArray

    def __repr__(self) -> str:
        return f"WeightRanges({self.kinks.size} features, unique={self.unique})"

    @property
    def unique(self) -> bool:
        """Whether the optimum on the data's kinks is the only one, up to rounding; others may have kinks in between."""
        size = max(np.abs(self.lower).max(), np.abs(self.upper).max())
        return bool((self.upper - self.lower).max() <= 1e-12 * size)


def weight_ranges(solution: Solution) -> WeightRanges:
    """Return the range of each data kink's weight over the optimal measures of problem (13) on the data kinks.

    By strong duality the optimal measures are those that are feasible and complementary to one optimal dual. At a node with
    slope change c the rising and the falling part share c with equal signs; unless (p, q) = (0, 0) the dual fixes all but
    one node. If (p, q) = (0, 0) the end features vanish, and the parts z_j ∈ [0, |c_j|] (see the exact method) are free
    but for their mass and first moment; then z_j can be v iff the moment that the others must make up lies between
    those of the leftmost and the rightmost packing of their mass. Both conditions are convex in v: bisection.

    Raises
    ------
    OptionError
        If the solution is not one of the exact method for unit weight on the data's range.
    """
    if not isinstance(solution, Solution):
        raise OptionError(f"weight_ranges needs a Solution, not {type(solution).__name__}.")
    problem, pair, certificate = solution.problem, solution.candidate.interpolant, solution.candidate.certificate
    if not isinstance(problem, MeasureProblem):
        raise OptionError("weight_ranges is for unit weight and a penalised affine part.")
    if solution.method != "exact" or not isinstance(pair, SplitInterpolant) or not isinstance(certificate, LineCertificate):
        raise OptionError("weight_ranges needs a solution of the exact method: solve(problem) or solve(problem, 'exact').")
    lengths = (pair.x[1:-1] - pair.x[0], pair.x[-1] - pair.x[1:-1])
    if certificate.p == 0 and certificate.q == 0:
        low, high = _free(pair.changes, pair.rising, *lengths)
        fall_low = fall_high = rise_low = rise_high = 0.0
    else:
        low, high = pair.rising.copy(), pair.rising.copy()
        fall, rise = pair.ends
        fall_low = fall_high = fall
        rise_low = rise_high = rise
        length = pair.x[-1] - pair.x[0]
        tied = np.abs(certificate.q * lengths[1] - certificate.p * lengths[0]) <= _TIED * length
        tied |= (pair.rising != 0) & (pair.rising != pair.changes)
        tied &= pair.changes != 0
        if tied.any():
            j = int(np.flatnonzero(tied)[0])
            a, b = lengths[0][j], lengths[1][j]
            lowest, highest = _tied_range(
                pair.changes[j], pair.rising[j], (fall, a / length, certificate.p), (rise, -b / length, certificate.q)
            )
            low[j], high[j] = lowest, highest
            fall_low, fall_high = sorted(fall + (v - pair.rising[j]) * a / length for v in (lowest, highest))
            rise_low, rise_high = sorted(rise - (v - pair.rising[j]) * b / length for v in (lowest, highest))
    lower = np.concatenate([[rise_low], low, pair.changes - high, [fall_low]])
    upper = np.concatenate([[rise_high], high, pair.changes - low, [fall_high]])
    return _in_user_units(problem, lower, upper)


def _in_user_units(problem: MeasureProblem, lower: FloatArray, upper: FloatArray) -> WeightRanges:
    unit = problem.nodes.y_unit / problem.nodes.x_unit
    kinks = np.concatenate([problem.x[:-1], problem.x[1:]])
    directions = np.repeat([RISING, FALLING], len(problem) - 1)
    return WeightRanges(kinks, directions, lower * unit + 0.0, upper * unit + 0.0)  # no negative zeros


def _tied_range(change: float, now: float, *ends: tuple[float, float, float]) -> tuple[float, float]:
    """Range of the rising part of the one node that the dual leaves free.

    Each end weight is e + slope · (part - now); its sign must be that of its dual where that is ±1, and it must stay zero
    where the dual is inside (-1, 1).
    """
    low, high = min(change, 0.0), max(change, 0.0)
    for weight, slope, dual in ends:
        if abs(dual) < 1:
            return now, now
        root = now - weight / slope
        if (slope > 0) == (dual > 0):
            low = max(low, root)
        else:
            high = min(high, root)
    return min(low, now), max(high, now)


def _free(changes: FloatArray, rising: FloatArray, from_first: FloatArray, to_last: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Ranges of the rising parts under a given mass and first moment."""
    size = np.abs(changes)
    z = np.where(changes > 0, rising, rising - changes)
    mass, moment = z.sum(), (z * from_first).sum()
    running = np.concatenate(([0.0], np.cumsum(size)))
    packed = np.concatenate(([0.0], np.cumsum(size * from_first)))
    slack = _SLACK * packed[-1]
    length = from_first[:1] + to_last[:1]

    def leftmost(amount: FloatArray) -> FloatArray:
        """First moment of the leftmost mass of each amount, node j left out."""
        skipped = np.interp(amount + size, running, packed) - size * from_first
        return np.where(amount <= running[:-1], np.interp(amount, running, packed), skipped)

    def possible(v: FloatArray) -> npt.NDArray[np.bool_]:
        others, rest = mass - v, moment - v * from_first
        total, full = running[-1] - size, packed[-1] - size * from_first
        enough = (others >= -slack / length) & (others <= total + slack / length)
        rightmost = full - leftmost(np.clip(total - others, 0, total))
        within: npt.NDArray[np.bool_] = enough & (leftmost(np.clip(others, 0, total)) <= rest + slack) & (rest <= rightmost + slack)
        return within

    def farthest(end: FloatArray) -> FloatArray:
        good, bad = z.copy(), end.copy()
        reached = possible(bad)
        for _ in range(_HALVINGS):
            middle = (good + bad) / 2
            fits = possible(middle)
            good, bad = np.where(fits, middle, good), np.where(fits, bad, middle)
        return np.where(reached, end, good)

    least, most = farthest(np.zeros_like(size)), farthest(size)
    return np.where(changes > 0, least, changes + least), np.where(changes > 0, most, changes + most)
