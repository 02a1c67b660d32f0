"""All optima with a free affine part: between which values they lie, and which of them has the fewest kinks.

Let s_i be the slope of the data's chord on the gap [x_i, x_{i+1}] and c_j = s_j - s_{j-1} its change at an interior point. With unit
weight the cost is the total variation of f', and f' has the mean s_i on every gap: the optimum is V = Σ|c_j|, and any η that is linear
on the gaps, 0 at both ends and beyond, at most 1 in size, and sign(c_j) where c_j ≠ 0 proves it. An interpolant is optimal iff, for
every such η, f'' is supported where η = ±1 and has its sign there. Take 0 for η where c_j = 0: that leaves the points with c_j ≠ 0 and
the gaps between two neighbours of equal signs, c_j c_{j+1} > 0. Hence (Hanin; derived here anew) an interpolant is optimal iff

- it is the chord on every other gap, on the first and the last gap and beyond them, and at points with c_j = 0 it has no kink;
- along every run of neighbouring points with c_j > 0 it is convex, with c_j < 0 concave, both gaps around the run included.

On a gap inside a convex run it therefore lies below the chord and above the extended chords of both neighbouring gaps. Their maximum, with
chords everywhere else, is optimal itself, and mixtures of optima are: every value in between is taken, though not in all gaps at once.

A run of k points needs ⌈k/2⌉ kinks: the slopes of the chords left and right of x_j differ, so that there is a kink inside
(x_{j-1}, x_{j+1}); for every second point of the run these intervals are disjoint, and runs share no kinks. Two neighbours' kinks are
replaced by one where the chords before and after them meet, which is inside their gap (Debarre, Denoyelle, Unser and Fageot). There is no
other kink, so that ⌈k/2⌉ suffices: pairs, and one point by itself if k is odd.

On the sphere with a free affine part the optimum is unique (Boursier and Flammarion).

References
----------
B. Hanin, Ridgeless interpolation with shallow ReLU networks in 1D is nearest neighbor curvature extrapolation and provably generalizes on
Lipschitz functions (2021). T. Debarre, Q. Denoyelle, M. Unser, J. Fageot, Sparsest piecewise-linear regression of one-dimensional data,
J. Comput. Appl. Math. 406 (2022). E. Boursier, N. Flammarion, Penalising the biases in norm regularisation enforces sparsity (2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError, OptionError
from implicit_bias.measures import RISING, Measure, on_line
from implicit_bias.measures.node_values import slope_changes, true_kinks
from implicit_bias.methods.exact.whole_line import solve_whole_line
from implicit_bias.numerics import double_double, tolerances
from implicit_bias.numerics.arrays import FloatArray, as_floats, in_units
from implicit_bias.problems import WholeLineProblem
from implicit_bias.problems.base import AnyProblem
from implicit_bias.solution import Solution

BoolArray = npt.NDArray[np.bool_]


def value_ranges(target: AnyProblem | Solution, q: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the least and the largest value at q that any optimum takes.

    Each value in between is taken by some optimum, too. At the data both are the target, beyond the data both are the chord of the
    outermost gap: with unit weight only gaps between two slope changes of equal signs leave a choice, on the sphere none does.

    Parameters
    ----------
    target : a problem of regression with a free affine part, or a Solution of one
    q : array-like of finite numbers, of any shape, in units of x

    Returns
    -------
    lower, upper : float64 arrays of the shape of q, in units of y

    Raises
    ------
    OptionError
        On another problem.
    DataError
        If q is not finite, or a value beyond the data overflows.
    """
    problem = _free_problem(target, "value_ranges")
    try:
        shape = np.shape(q)
    except ValueError as error:
        raise DataError(f"q must be an array of real numbers ({error}).") from error
    points = as_floats(np.ravel(q), "q")
    with np.errstate(over="ignore", invalid="ignore"):
        if problem.arcs.curved:
            lower = upper = _unique(problem, target)(points)
        else:
            lower, upper = _ranges(problem, points)
    if not (np.isfinite(lower).all() and np.isfinite(upper).all()):
        raise DataError("The values at q overflow float64: rescale x or y, or take q nearer to the data.")
    return lower.reshape(shape), upper.reshape(shape)


def sparsest(target: AnyProblem | Solution) -> Measure:
    """Return an optimum with the fewest kinks, in linear time: its rising features, and its affine part.

    With unit weight it has ⌈k/2⌉ kinks for every run of k neighbouring slope changes of equal signs. Slope changes that are only
    the rounding of y count as none, unless leaving them out would move f or the cost, as in the exact method of problem (13). On
    the sphere the optimum is unique: it is returned without the atoms that are rounding.

    Kinks inside gaps are rounded to float64. That misses the data by about a kink's weight times the spacing of float64 at x, and
    costs that spacing over the gap: where gaps are that short, ``judge`` finds this measure less accurate than the chords.

    Parameters
    ----------
    target : a problem of regression with a free affine part, or a Solution of one

    Raises
    ------
    OptionError
        On another problem: its sparsest optimum is not known.
    DataError
        If weights overflow float64.
    """
    problem = _free_problem(target, "sparsest")
    if problem.arcs.curved:
        return _unique(problem, target)
    bends = _Bends.of(problem)
    kinks, slopes = bends.fewest()
    weights = double_double.differences(slopes)
    live = weights != 0
    first = slopes[0]
    line = np.array([first, bends.y[0] - first * bends.x[0]])
    with np.errstate(over="ignore"):
        weights, line = in_units(weights[live], 1 / problem.y_unit), line * problem.y_unit
    if not (np.isfinite(weights).all() and np.isfinite(line).all()):
        raise DataError("The weights overflow float64: rescale x or y.")
    return Measure(kinks[live], np.full(weights.size, RISING), weights, affine=(float(line[0]), float(line[1])))


def is_minimizer(target: AnyProblem | Solution, measure: Measure, tolerance: float = tolerances.SOLUTION) -> bool:
    """Whether a measure is optimal with unit weight and a free affine part: it interpolates, at the cost Σ|c_j|.

    Parameters
    ----------
    target : a problem of regression with unit weight and a free affine part, or a Solution of one
    measure : Measure
        Kinks of opposite signs that cancel in the function cost nonetheless.
    tolerance : of the misses relative to the largest target, and of the cost relative to the least one

    Raises
    ------
    OptionError
        On another problem: ``judge`` is for all.
    """
    problem = _free_problem(target, "is_minimizer")
    if problem.arcs.curved:
        raise OptionError("is_minimizer is for weight 'unit': on the sphere, use judge.")
    if not isinstance(measure, Measure) or measure.weights.ndim != 1:
        raise DataError("is_minimizer needs a Measure of one output.")
    least = float(np.abs(problem.changes).sum()) * problem.y_unit
    dearest = least * (1 + tolerance) + tolerances.EPS * problem.cost_scale
    return problem.violation(measure) <= tolerance * problem.scale and problem.cost(measure) <= dearest


def _free_problem(target: AnyProblem | Solution, name: str) -> WholeLineProblem:
    problem = target.problem if isinstance(target, Solution) else target
    if isinstance(problem, WholeLineProblem) and problem.free:
        return problem
    raise OptionError(
        f"{name} is for regression with a free affine part, RegressionProblem(x, y, weight, affine='free'): "
        "the set of all optima of other problems is not known to the toolkit."
    )


def _unique(problem: WholeLineProblem, target: Any) -> Measure:
    """Return the optimum on the sphere, that of the solution if it is the exact method's."""
    if isinstance(target, Solution) and target.method == "exact":
        return on_line(target.atoms)
    candidate = solve_whole_line(problem)
    assert candidate is not None  # the affine part is free
    assert isinstance(candidate.measure, Measure)
    return problem.pruned(problem.admissible(candidate.measure), tolerances.EXACT_SUPPORT)


def _ranges(problem: WholeLineProblem, q: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the ranges with unit weight: chord - c_i (q - x_i) and chord - c_{i+1} (x_{i+1} - q) are the neighbours' chords."""
    x, y, bends = problem.x, problem.values, _Bends.of(problem)
    chord = np.interp(q, x, y)
    for beyond, end in ((q < x[0], 0), (q > x[-1], -1)):
        chord[beyond] = y[end] + bends.slopes[end] * (q[beyond] - x[end])
    signs = np.zeros(x.size - 1)
    signs[bends.nodes[:-1]] = bends.signs  # a curved gap has no point left out inside
    gap = np.clip(np.searchsorted(x, q, side="right") - 1, 0, x.size - 2)
    sizes = np.abs(np.concatenate([[0.0], problem.changes, [0.0]]))
    depth = np.minimum(sizes[gap] * (q - x[gap]), sizes[gap + 1] * (x[gap + 1] - q))
    depth = np.where(signs[gap] != 0, depth, 0.0)
    lower, upper = np.where(signs[gap] > 0, chord - depth, chord), np.where(signs[gap] < 0, chord + depth, chord)
    return lower * problem.y_unit, upper * problem.y_unit


@dataclass(frozen=True, eq=False)
class _Bends:
    """The data without the points that have no kink, in units of ``y_unit``.

    Attributes
    ----------
    nodes : (m,) places of the points with a kink, and of both ends
    x, y : (m,) these points
    slopes, signs : (m-1,) of the chords between them; ±1 for gaps between points of equal signs next to each other, else 0
    """

    nodes: npt.NDArray[np.intp]
    x: FloatArray
    y: FloatArray
    slopes: FloatArray
    signs: FloatArray

    @classmethod
    def of(cls, problem: WholeLineProblem) -> _Bends:
        """Take out the points without a kink."""
        marked = _kinked(problem)
        nodes = np.flatnonzero(np.concatenate(([True], marked, [True])))
        x, y = problem.x[nodes], problem.values[nodes]
        sign = np.concatenate(([0.0], np.sign(problem.changes[marked]), [0.0]))
        alike = (sign[1:] == sign[:-1]) & (np.diff(nodes) == 1)
        return cls(nodes, x, y, np.diff(y) / np.diff(x), np.where(alike, sign[:-1], 0.0))

    def fewest(self) -> tuple[FloatArray, FloatArray]:
        """Return the kinks of a sparsest optimum, and the slopes before, between and after them.

        The place of a kink inside a gap is rounded. What that moves f by is taken back by the slope up to the next kink, so
        that it does not add up along the line.
        """
        count = self.x.size - 2
        if not count:
            return np.empty(0), self.slopes
        each = np.arange(count)
        starts = np.concatenate(([True], self.signs[1:-1] == 0))
        first = np.maximum.accumulate(np.where(starts, each, 0))
        lengths = np.diff(np.append(np.flatnonzero(starts), count))
        odd = np.repeat(lengths % 2 == 1, lengths)
        single = odd & starts
        paired = ~single & ((each - first - odd) % 2 == 0)  # the first of two
        taken = np.flatnonzero(single | paired)
        places = self._places(taken, paired[taken])
        slopes = self.slopes[np.where(paired, each + 2, each + 1)[taken]]
        moved = np.diff(slopes, prepend=self.slopes[0]) * places.low
        return places.high, np.append(self.slopes[0], slopes - moved / np.diff(places.high, append=self.x[-1]))

    def _places(self, taken: npt.NDArray[np.intp], paired: BoolArray) -> double_double.Pair:
        """Return the kinks and what their rounding left: points, or where the chords around two of them meet, from the nearer one."""
        changes, gaps = np.abs(np.diff(self.slopes)), np.diff(self.x)
        left = taken[paired]
        near, far = changes[left], changes[left + 1]
        share = np.minimum(near, far) / (near + far)
        forward = near >= far
        start, step = self.x[taken + 1], np.zeros(taken.size)
        start[paired] = np.where(forward, self.x[left + 1], self.x[left + 2])
        step[paired] = np.where(forward, 1.0, -1.0) * share * gaps[left + 1]
        return double_double.two_sum(start, step)


def _kinked(problem: WholeLineProblem) -> BoolArray:
    """Mark the interior points with a kink: where leaving out what is rounding would move f or the cost, all with a slope change."""
    x, y, changes = problem.x, problem.values, problem.changes
    real: BoolArray = true_kinks(x, y, changes)
    if not (changes[~real] != 0).any():
        return real
    marked = np.concatenate(([True], real, [True]))
    some_x, some_y = x[marked], y[marked]
    drift: FloatArray = np.interp(x[~marked], some_x, some_y) - y[~marked]
    cost, whole = np.abs(slope_changes(some_x, some_y)).sum(), np.abs(changes).sum()
    still = max(drift.max(), -drift.min()) <= tolerances.DRIFT * max(y.max(), -y.min())
    return real if still and abs(cost - whole) <= tolerances.PRUNING * whole else changes != 0
