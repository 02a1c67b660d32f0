"""The exact method for total-variation denoising of second order: an active set of knots, many exchanged at a time.

An answer is known once its knots and the signs of its kinks are: the spline with those knots that fits best is optimal if its kinks have
their signs and |η| ≤ λ everywhere. From a start, knots whose kinks have the wrong sign are dropped, and wherever |η| exceeds λ between
two knots the point where it does so most becomes one (``_exchanged``). That settles most problems in five to thirty fits of O(n)
operations, but it can run in circles. From then on the objective has to fall with every step (``_descended``), which ends after
finitely many: new knots whose kinks would have the wrong sign wait, and where others would change sign, either all of those are dropped,
if that lowers the objective, or the step is the best one along the line to the new fit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import OptionError
from implicit_bias.measures import RISING, Measure
from implicit_bias.methods.base import Found, Method, Options
from implicit_bias.methods.exact.knot_fit import Fitted, KnottedData
from implicit_bias.numerics import double_double, tolerances
from implicit_bias.numerics.arrays import FloatArray, IntArray, freeze
from implicit_bias.problems.candidate import Candidate
from implicit_bias.problems.denoising import DenoisingProblem
from implicit_bias.solution import Timings

PATIENCE = 10
"""Exchanges in a row that bring nothing, before the objective has to fall with every step; growth of the knots counts a quarter."""

IDLE = 12
"""Rounds in a row without a lower objective: what is left to gain is rounding."""

MOST_STEPS = 5000
"""Steps of the descent, each a fit."""

FALL = 1e-13
"""By this fraction an objective must fall to be called lower."""

FINISHED = 1e-4
"""Times the tolerance asked for: a gap small enough to stop at, though |η| still exceeds λ a little."""


class ExactDenoising(Method[DenoisingProblem]):
    """An active set of knots, many exchanged at a time."""

    name, title, suits = "exact", "The exact method", (DenoisingProblem,)
    takes = frozenset({"warm_start"})
    cost = "five to thirty fits of O(n)"
    proved = "the gap, in twice the precision"

    def check(self, problem: DenoisingProblem, options: Options) -> None:
        """Refuse a warm start without kinks on a line."""
        if options.warm_start is not None and not isinstance(options.warm_start.measure, Measure):
            raise OptionError("warm_start must be a solution of one input with a measure.")

    def solve(self, problem: DenoisingProblem, options: Options) -> Found:
        """Solve from the kinks of the warm start, if there is one."""
        began = time.perf_counter()
        start = None if options.warm_start is None else options.warm_start.candidate
        return Found(solve_denoising(problem, options.tolerance, start), Timings(solve=time.perf_counter() - began))

    def largest_regularization(self, problem: DenoisingProblem) -> float:
        """Return the least λ for which the least-squares line is optimal."""
        return least_straight_level(problem)


def solve_denoising(problem: DenoisingProblem, tolerance: float, start: Candidate | None = None) -> Candidate:
    """Return the optimum: its kinks, at points, its affine part, and its dual.

    Parameters
    ----------
    problem : DenoisingProblem
    tolerance : relative gap that is asked for; what is found is exact to rounding unless the exchange of knots does not end
    start : an answer for another λ or other targets at the same x, whose kinks are tried first
    """
    if len(problem) == 1:
        return Candidate(Measure(np.empty(0), np.empty(0), np.empty(0), affine=(0.0, float(problem.y[0]))), freeze(np.zeros(1)))
    points = KnottedData(problem.nodes, problem.values, problem.rows, problem.level)
    knots, signs = _tried(problem, start)
    finished = FINISHED * tolerance
    found, settled = _settled(points, knots, signs, finished)
    found, settled = _settled(points.precisely(), found.knots, found.signs, finished)
    unit = problem.y_unit
    _, alpha = _differences(double_double.of(np.concatenate([[0.0], found.eta_slopes, [0.0]])))
    return Candidate(_measure(problem, found), freeze(alpha * unit), stopped=not settled)


def least_straight_level(problem: DenoisingProblem) -> float:
    """Return the least λ for which the least-squares line is optimal: sup|η| of its residuals."""
    if len(problem) < 3:
        return 0.0
    points = KnottedData(problem.nodes, problem.values, problem.rows, 1.0, precise=True)
    line = points.fit(*_line(len(problem)))
    return problem.certificate(line.misfit * problem.y_unit).peak * problem.regularization


def _line(n: int) -> tuple[IntArray, FloatArray]:
    return np.array([0, n - 1]), np.zeros(2)


def _tried(problem: DenoisingProblem, start: Candidate | None) -> tuple[IntArray, FloatArray]:
    """Return the knots and signs of an answer to a similar problem; without one, of kinks that λ is small for."""
    n = len(problem)
    if start is None or not isinstance(start.measure, Measure) or not len(start.measure):
        return _likely(problem)
    atoms = start.measure.merge()
    place = np.searchsorted(problem.x, atoms.kinks).clip(1, n - 1)
    kept = (problem.x[place] == atoms.kinks) & (place < n - 1)
    place, first = np.unique(place[kept], return_index=True)
    return np.concatenate([[0], place, [n - 1]]), np.concatenate([[0.0], np.sign(atoms.weights[kept][first]), [0.0]])


def _likely(problem: DenoisingProblem) -> tuple[IntArray, FloatArray]:
    """Return the points where η would exceed λ if it were 0 at all others: for a small λ nearly all knots, for a large one none."""
    if len(problem) < 3:
        return _line(len(problem))
    steep, rows = 1 / np.diff(problem.nodes), problem.rows
    changes = np.diff(np.diff(problem.values) * steep)
    lengths = steep[:-1] ** 2 / rows[:-2] + (steep[:-1] + steep[1:]) ** 2 / rows[1:-1] + steep[1:] ** 2 / rows[2:]
    inner = np.flatnonzero(np.abs(changes) > problem.level * lengths)
    return np.concatenate([[0], inner + 1, [len(problem) - 1]]), np.concatenate([[0.0], np.sign(changes[inner]), [0.0]])


def _settled(points: KnottedData, knots: IntArray, signs: FloatArray, finished: float) -> tuple[Fitted, bool]:
    """Return the best fit found from some knots, and whether no step limit ended the search."""
    found, settled = _exchanged(points, knots, signs, finished)
    return (found, True) if settled else _descended(points, found, finished)


def _exchanged(points: KnottedData, knots: IntArray, signs: FloatArray, finished: float) -> tuple[Fitted, bool]:
    """Exchange knots until nothing is wrong, or nothing gets better: then return the fit with the lowest objective."""
    best: Fitted | None = None
    smallest, largest, stale = np.inf, knots.size, 0.0
    while True:
        found = points.fit(knots, signs)
        if _is_optimal(found, finished):
            return found, True
        if best is None or found.objective < best.objective:
            best = found
        if found.gap < 0.9 * smallest:
            smallest, stale = found.gap, 0.0
        else:
            stale += 0.25 if knots.size > 1.1 * largest else 1.0
        if stale >= PATIENCE:
            return best, False
        largest = max(largest, knots.size)
        right = ~found.wrong
        knots, signs, _ = _joined(knots[right], signs[right], *found.beyond())


def _is_optimal(found: Fitted, finished: float) -> bool:
    return not found.wrong.any() and (not found.beyond()[0].size or found.gap <= finished * found.objective)


def _joined(knots: IntArray, signs: FloatArray, more: IntArray, towards: FloatArray) -> tuple[IntArray, FloatArray, IntArray]:
    """Insert knots; also return the order that does it."""
    both = np.concatenate([knots, more])
    order = np.argsort(both, kind="stable")
    return both[order], np.concatenate([signs, towards])[order], order


@dataclass(frozen=True, eq=False)
class _Here:
    """A function on the way down: its kinks have the signs that they are priced at; new knots have no kink yet.

    Attributes
    ----------
    knots, signs, bends : (m,)
    misfit : (n,) α
    objective : float
    """

    knots: IntArray
    signs: FloatArray
    bends: FloatArray
    misfit: FloatArray
    objective: float

    @classmethod
    def at(cls, knots: IntArray, bends: FloatArray, misfit: FloatArray, points: KnottedData) -> _Here:
        """Keep the knots that have a kink."""
        live = bends != 0
        live[[0, -1]] = True
        objective = float((misfit**2 / points.rows).sum()) / 2 + points.level * float(np.abs(bends).sum())
        return cls(knots[live], np.sign(bends[live]), bends[live], misfit, objective)

    @property
    def fresh(self) -> npt.NDArray[np.bool_]:
        """Mark the knots that have no kink yet."""
        fresh: npt.NDArray[np.bool_] = self.bends == 0
        fresh[[0, -1]] = False
        return fresh

    def without(self, these: npt.NDArray[np.bool_]) -> _Here:
        """Leave out knots that have no kink yet."""
        return _Here(self.knots[~these], self.signs[~these], self.bends[~these], self.misfit, self.objective)

    def joined(self, more: IntArray, towards: FloatArray) -> _Here:
        """Add knots without a kink."""
        knots, signs, order = _joined(self.knots, self.signs, more, towards)
        return _Here(knots, signs, np.append(self.bends, np.zeros(more.size))[order], self.misfit, self.objective)

    def towards(self, found: Fitted) -> _Here:
        """Go to the lowest point of the line to a fit with the same knots."""
        points = found.points
        step, zero = _best_step(self, found)
        bends = self.bends + step * (found.bends - self.bends)
        bends[zero] = 0.0
        return _Here.at(self.knots, bends, self.misfit + step * (found.misfit - self.misfit), points)


def _best_step(here: _Here, found: Fitted) -> tuple[float, IntArray]:
    """Return the t in [0, 1] at which ½ Σ α(t)²/c + λ Σ |kinks(t)| is least, and the kinks that vanish there.

    Its slope grows steadily, and jumps by 2 λ |kinks'| where one changes sign; at least one does.
    """
    level, rows = found.points.level, found.points.rows
    away, turn = found.misfit - here.misfit, found.bends - here.bends
    growth = float((away * away / rows).sum())
    signs = np.where(here.bends != 0, here.signs, np.sign(turn))
    first = float((here.misfit * away / rows).sum()) + level * float((signs * turn).sum())
    crossing = np.flatnonzero(here.bends * found.bends < 0)
    times = here.bends[crossing] / (here.bends[crossing] - found.bends[crossing])
    order = np.argsort(times, kind="stable")
    crossing, times = crossing[order], times[order]
    jumps = np.append(0.0, np.cumsum(2 * level * np.abs(turn[crossing])))
    ends = np.append(times, 1.0)
    rising = np.flatnonzero(first + growth * ends + jumps >= 0)
    i = int(rising[0]) if rising.size else times.size
    if i == 0:
        return float(times[0]), crossing[:1]  # to rounding, the fit is no better: the first kink to vanish goes
    lowest = -(first + jumps[i]) / growth if growth > 0 else times[i - 1]
    step = float(min(max(lowest, times[i - 1]), ends[i]))
    return step, crossing[times == step]


def _thinned(found: Fitted, objective: float) -> Fitted | None:
    """Drop knots whose kinks have the wrong sign until none has; None if that does not lower the objective."""
    while found.wrong.any():
        right = ~found.wrong
        found = found.points.fit(found.knots[right], found.signs[right])
        if not found.objective < objective * (1 - FALL):
            return None
    return found


def _descended(points: KnottedData, start: Fitted, finished: float) -> tuple[Fitted, bool]:
    """Lower the objective from fit to fit until nothing is wrong; return the last fit, and whether the steps sufficed."""
    here, only_one, idle, last = _Here.at(start.knots, start.bends, start.misfit, points), False, 0, start
    for _ in range(MOST_STEPS):
        found = points.fit(here.knots, here.signs)
        against = here.fresh & found.wrong
        if against.any():
            only_one = only_one or int(against.sum()) == int(here.fresh.sum())
            here = here.without(against)
            continue
        if (here.bends * found.bends < 0).any():
            thinned = _thinned(found, here.objective)
            if thinned is None:
                here = here.towards(found)
                continue
            found = thinned
        idle = 0 if found.objective < here.objective * (1 - FALL / 100) else idle + 1
        here, last = _Here.at(found.knots, found.bends, found.misfit, points), found
        if found.wrong.any():  # a kink of exactly 0
            continue
        more, towards = found.beyond()
        if _is_optimal(found, finished) or idle >= IDLE:
            return found, True
        if only_one:
            worst = [int(np.abs(found.eta[more]).argmax())]
            more, towards, only_one = more[worst], towards[worst], False
        here = here.joined(more, towards)
    return last, False


def _measure(problem: DenoisingProblem, found: Fitted) -> Measure:
    """Return the spline as kinks at points, and the affine part that it has left of them."""
    tilt, weights = _differences(found.slopes)
    start = double_double.two_sum(problem.values[:1], found.delta[:1])
    level = double_double.add(start, double_double.negate(double_double.two_product(np.array([tilt]), problem.nodes[:1])))
    unit = problem.y_unit / problem.x_unit
    live = weights != 0
    kinks = problem.x[found.knots[1:-1]][live]
    affine = (tilt * unit, float(level.high[0] + level.low[0]) * problem.y_unit)
    return Measure(kinks, np.full(kinks.size, RISING), weights[live] * unit, affine=affine)


def _differences(values: double_double.Pair) -> tuple[float, FloatArray]:
    """Return the first value and the differences, rounded so that each running sum is right to an ulp of the differences beside it.

    Rounded on their own, the differences beside a tiny gap, which are huge, leave errors to all sums behind them. So the values are
    rounded first, each to a multiple of that ulp; then the differences are floats.
    """
    steps = np.abs(np.diff(values.high))
    beside = np.maximum(np.append(0.0, steps), np.append(steps, 0.0))
    ulp, own = np.spacing(2 * beside), np.spacing(np.abs(values.high))
    coarse = ulp > own
    ulp = np.maximum(ulp, own * tolerances.EPS)
    high = np.where(coarse, np.rint(values.high / ulp) * ulp, values.high)
    low = np.where(coarse, 0.0, np.rint(values.low / ulp) * ulp)
    low[0] = 0.0
    exact = double_double.two_sum(high[1:], -high[:-1])
    return float(high[0]), exact.high + (exact.low + np.diff(low))
