"""Problem (13) with kinks anywhere on the line: its infimum in closed form, and whether it is attained.

With c_j the slope changes of the interpolant, V = Σ|c_j|, S the sum of its first and last slopes, and constants for nothing in the limit,

    infimum = max(V, (V + |S|)/2) = max(Σ|c_j|, Σc⁺ + s_1, Σc⁻ - s_1):

the dual is that of (13) with Σ α = 0, that is -p = q = m in [-1, 1], worth V + max(m, 0) (s_1 - Σc⁻) + max(-m, 0) (-s_1 - Σc⁺).

- If |S| > V, then m = ±1, the certificate is ±1 beyond the data, and kinks out there make the slope that is wanted and with it any
  constant: attained.
- If |S| ≤ V, then m = 0 is optimal and its certificate is 0 from x_1 and x_n outwards. An optimal measure has its kinks where the
  certificate is ±1, hence strictly inside the data, and is one for problem (13), to which no kinks beyond are given. So the infimum V
  is attained iff V is the value of problem (13). Otherwise kinks that go to infinity come as close to it as is wanted. This holds for
  ties |S| = V too, where other m are optimal as well: one certificate is enough.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from implicit_bias.certificates.certificate import LineCertificate
from implicit_bias.errors import DataError
from implicit_bias.measures import Measure
from implicit_bias.measures.features import LineFeatures
from implicit_bias.measures.node_values import NodeWeights, SplitInterpolant
from implicit_bias.methods.base import Found, Method, Options
from implicit_bias.methods.exact.rational import prove
from implicit_bias.methods.exact.regression import solve_regression
from implicit_bias.methods.exact.splitting import rising_branch
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.arrays import FloatArray, freeze, in_units
from implicit_bias.problems import LimitLineProblem, MeasureProblem, Nodes
from implicit_bias.problems.candidate import Candidate
from implicit_bias.solution import Refutation, Status, Timings

SHARE = 0.1
"""Kinks go so far out that the constant costs this fraction of the tolerance."""

MOST_EXACT = 300
"""Most points for which what rounding leaves open is decided over the rationals."""


class ExactUnbounded(Method[LimitLineProblem]):
    """Problem (13) over the whole line; that its infimum is not attained is a proof with the dual."""

    name, title, suits = "exact", "The exact method", (LimitLineProblem,)
    cost = "O(n)"
    proved = "the gap, and whether the infimum is attained"

    def solve(self, problem: LimitLineProblem, options: Options) -> Found:
        """Find an optimum, or one of a minimising sequence with the proof that there is none."""
        began = time.perf_counter()
        found = solve_limit(problem, options.tolerance)
        refuted = None if found.proof is None else Refutation(Status.UNBOUNDED, found.proof)
        return Found(found.candidate, Timings(solve=time.perf_counter() - began), refuted=refuted)


@dataclass(frozen=True, eq=False)
class Limit:
    """What was found, and why the infimum is not attained, as a sentence; None if it is, or if rounding cannot tell."""

    candidate: Candidate
    proof: str | None


def solve_limit(problem: LimitLineProblem, tolerance: float) -> Limit:
    """Return a measure whose cost is the infimum, or within a part of the tolerance of one that no measure attains; O(n)."""
    nodes = problem.nodes
    slopes = np.diff(nodes.y[[0, 1, -2, -1]])[[0, 2]] / np.diff(nodes.x[[0, 1, -2, -1]])[[0, 2]]
    ends, variation = float(slopes.sum()), float(np.abs(nodes.changes).sum())
    if _exceeds(problem, abs(ends), variation):
        return Limit(_beyond(problem, 1.0 if ends > 0 else -1.0), None)
    confined = solve_regression(MeasureProblem(problem.x, problem.fit, LineFeatures.around(problem.x)))
    certificate = _certificate(nodes, problem, 0.0)
    assert isinstance(confined.interpolant, SplitInterpolant)
    assert confined.certificate is not None
    least = confined.interpolant.cost()
    if least <= variation * (1 + SHARE * tolerance):
        dual = freeze(in_units(certificate.dual(), 1.0))
        return Limit(Candidate(confined.measure, dual, interpolant=confined.interpolant, certificate=certificate), None)
    candidate = _towards_infinity(problem, float(slopes[0]), variation, tolerance, certificate)
    if not _surely_more(problem, least, variation):
        return Limit(candidate, None)
    unit = nodes.cost(1.0)
    return Limit(
        candidate,
        f"The infimum {variation * unit:.9g} is not attained: the dual, of that value, has a certificate that is zero beyond the data, so "
        f"that an optimal measure would have its kinks inside, where the least cost is that of problem (13), {least * unit:.9g}. "
        "The measure is one of a sequence whose outermost kinks go to infinity, and whose cost to the infimum.",
    )


def _exceeds(problem: LimitLineProblem, ends: float, variation: float) -> bool:
    """Whether |S| > V, decided over the rationals where rounding could turn it round."""
    margin = _rounding(problem) * (ends + variation)
    if abs(ends - variation) > margin or len(problem) > MOST_EXACT:
        return ends > variation
    exact_ends, exact_variation = _rational(problem)
    return exact_ends > exact_variation


def _surely_more(problem: LimitLineProblem, least: float, variation: float) -> bool:
    """Whether the value of problem (13) is certainly more than V, and |S| certainly not."""
    if len(problem) <= MOST_EXACT:
        ends, exact_variation = _rational(problem)
        return ends <= exact_variation < prove(problem.x.tolist(), problem.y.tolist()).value
    nodes = problem.nodes
    slopes = np.diff(nodes.y) / np.diff(nodes.x)
    margin = _rounding(problem) * (float(np.abs(slopes).sum()) + least)
    return least > variation + margin and abs(float(slopes[0] + slopes[-1])) <= variation - margin


def _rounding(problem: LimitLineProblem) -> float:
    """Relative rounding of V and S, of the size of their slopes."""
    return 4 * (len(problem) + 8) * tolerances.EPS


def _rational(problem: LimitLineProblem) -> tuple[Fraction, Fraction]:
    """Return |S| and V, exactly."""
    x, y = ([Fraction(value) for value in values.tolist()] for values in (problem.x, problem.y))
    slopes = [(y[i + 1] - y[i]) / (x[i + 1] - x[i]) for i in range(len(x) - 1)]
    return abs(slopes[0] + slopes[-1]), sum((abs(b - a) for a, b in pairwise(slopes)), Fraction(0))


def _certificate(nodes: Nodes, problem: LimitLineProblem, m: float) -> LineCertificate:
    """Return the certificate that is m beyond the data for rising features, and -m for falling ones."""
    rising = rising_branch(nodes.x, nodes.changes, -m, m)
    return LineCertificate(problem.x, freeze(rising), -m, m, (float(problem.x[0]), float(problem.x[-1])))


def _beyond(problem: LimitLineProblem, m: float) -> Candidate:
    """Return the optimum if |S| > V, m being the sign of S: slope changes of that sign rise, the others fall, and a line is left."""
    nodes = problem.nodes
    rising = np.maximum(nodes.changes, 0.0) if m > 0 else np.minimum(nodes.changes, 0.0)
    left, right = _left_over(nodes, rising)
    certificate = _certificate(nodes, problem, m)
    outer = SplitInterpolant(nodes.x, nodes.y, nodes.changes, rising, (left, right), abs(right - left) / float(nodes.x[-1] - nodes.x[0]))
    line = problem.line(left * nodes.y_unit, right * nodes.y_unit, np.inf)
    return Candidate(_measure(problem, outer, line), freeze(certificate.dual()), interpolant=outer, certificate=certificate)


def _towards_infinity(
    problem: LimitLineProblem, first: float, variation: float, tolerance: float, certificate: LineCertificate
) -> Candidate:
    """Return one of a minimising sequence if |S| ≤ V: kinks at the nodes that make all slopes, and a constant by kinks far out.

    Falling parts have to add up to minus the first slope: slope changes fall from one end on as long as they must.
    """
    nodes = problem.nodes
    mass = -first - float(np.minimum(nodes.changes, 0.0).sum())
    options = [_filled(nodes.changes, mass), _filled(nodes.changes[::-1], mass)[::-1]]
    rising = min(options, key=lambda parts: abs(sum(_left_over(nodes, parts))))
    constant = sum(_left_over(nodes, rising)) / 2
    length, scale = float(nodes.x[-1] - nodes.x[0]), float(np.abs(nodes.y).max())
    rounding = tolerances.EPS * scale / length
    allowed = SHARE * tolerance * variation if variation > rounding / 2 else rounding / 4
    reach = max(length, abs(constant) / allowed)
    outer = SplitInterpolant(nodes.x, nodes.y, nodes.changes, rising, (constant, constant), abs(constant) / reach)
    line = problem.line(constant * nodes.y_unit, constant * nodes.y_unit, reach * nodes.x_unit)
    return Candidate(_measure(problem, outer, line), freeze(certificate.dual()), interpolant=outer, certificate=certificate)


def _filled(changes: FloatArray, mass: float) -> FloatArray:
    """Return rising parts such that |c| is moved from rising to falling for c > 0, and back for c < 0, in order, up to a mass."""
    sizes = np.abs(changes)
    moved = np.clip(mass - (np.cumsum(sizes) - sizes), 0.0, sizes)
    return np.where(changes > 0, changes - moved, -moved)


def _left_over(nodes: Nodes, rising: FloatArray) -> tuple[float, float]:
    """Return what the kinks leave of the values at x_1 and at x_n."""
    x, y, falling = nodes.x, nodes.y, nodes.changes - rising
    return float(y[0] - (falling * (x[1:-1] - x[0])).sum()), float(y[-1] - (rising * (x[-1] - x[1:-1])).sum())


def _measure(problem: LimitLineProblem, pair: SplitInterpolant, line: Measure) -> Measure:
    """Return the atoms of an interpolant in the user's units, with its line."""
    nodes = problem.nodes
    share = (nodes.x - nodes.x[0]) / (nodes.x[-1] - nodes.x[0])
    rest = nodes.y - (pair.outer[0] * (1 - share) + pair.outer[1] * share)
    inner = NodeWeights.of_optimum(SplitInterpolant(nodes.x, rest, pair.changes, pair.rising))
    kinks, directions, weights = inner.atoms()
    with np.errstate(over="ignore"):
        weights = in_units(weights, nodes.x_unit / nodes.y_unit)
    if not np.isfinite(weights).all() or not np.isfinite(line.weights).all():
        raise DataError("The weights overflow float64: rescale x or y.")
    return Measure(in_units(kinks, 1 / nodes.x_unit), freeze(directions), weights).plus(line)
