"""Distances between functions of one input, exact where both are piecewise linear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.compare.reading import alike, count_of, in_reach, on_line
from implicit_bias.errors import DataError, OptionError
from implicit_bias.measures import Measure, Network, RidgeMeasure
from implicit_bias.numerics.arrays import FloatArray, as_floats
from implicit_bias.problems.splines.spline import Spline

SAMPLES = 4096
"""How many steps the interval is cut into where a function is not known to be piecewise linear."""

STEPS = 8
"""The least number of steps between two neighbouring knots then."""


@dataclass(frozen=True)
class FunctionDistance:
    """How far two functions are apart on [lo, hi], with the Euclidean norm over several outputs.

    Attributes
    ----------
    sup : max ‖f(x) - g(x)‖, in units of y; a lower bound of it if not ``exact``
    where : the leftmost place at which ``sup`` is attained
    l2 : (∫ ‖f - g‖² dx)^½
    lo, hi : the interval
    exact : True if both functions are piecewise linear and the figures are right to rounding, False if they come from samples
    """

    sup: float
    where: float
    l2: float
    lo: float
    hi: float
    exact: bool

    @property
    def root_mean_square(self) -> float:
        """(∫ ‖f - g‖² dx / (hi - lo))^½, in units of y, at most ``sup``."""
        return self.l2 / float(np.sqrt(self.hi - self.lo))

    @property
    def mean_square(self) -> float:
        """∫ ‖f - g‖² dx / (hi - lo)."""
        return self.root_mean_square**2


Function = Callable[[FloatArray], npt.ArrayLike]


def function_distance(
    f: Function, g: Function, lo: float, hi: float, *, knots: npt.ArrayLike = (), samples: int = SAMPLES
) -> FunctionDistance:
    """Return the uniform and the mean-square distance of two functions of one input on an interval.

    Measures and networks are piecewise linear: ‖f - g‖ is convex between neighbouring kinks of both, so its maximum is at a kink or
    an end, and its square is a quadratic there, which Simpson's rule integrates exactly. Their difference is evaluated as ONE
    measure by long running sums, so that functions close to each other are told apart beyond the rounding of their values,
    in O(m log m). Anything else is sampled: each gap between the knots and kinks of both is cut into equal steps, of which
    there are at least ``samples`` in all and 8 in each gap, with Simpson's rule on every step.

    Parameters
    ----------
    f, g : Measure, Network of one input (by its measure's kinks), Spline (by its knots), or a function that maps x of shape (q,) to
        (q,) or (q, k)
    lo, hi : the interval's ends, finite
    knots : places where functions bend that do not say so themselves
    samples : how many steps to take at least, if anything is sampled

    Returns
    -------
    FunctionDistance

    Raises
    ------
    DataError
        On functions of several inputs, values that are not finite, or outputs that do not match.
    OptionError
        On lo ≥ hi, ends that are not finite, or samples below 1.
    """
    lo, hi = _interval(lo, hi)
    steps = _steps(samples)
    one, other = _function(f, "f"), _function(g, "g")
    bends = np.concatenate([_bends(one), _bends(other), in_reach(as_floats(knots, "knots"), "knots")])
    nodes = np.unique(np.concatenate([[lo], bends[(bends > lo) & (bends < hi)], [hi]]))
    exact = isinstance(one, Measure) and isinstance(other, Measure)
    if not exact:
        nodes = _refined(nodes, max(STEPS, -(-steps // (nodes.size - 1))))
    at = np.empty(2 * nodes.size - 1)
    at[::2], at[1::2] = nodes, nodes[:-1] + np.diff(nodes) / 2
    apart = _apart(one, other, at)
    # linear pieces have their maximum at an end; rounding must not move it to a middle
    candidates = apart[::2] if exact else apart
    top = int(np.argmax(candidates))
    sup = float(candidates[top])
    return FunctionDistance(sup, float((nodes if exact else at)[top]), _l2(nodes, apart, sup), lo, hi, exact)


def _interval(lo: Any, hi: Any) -> tuple[float, float]:
    ends = [float(end) if isinstance(end, Real) else np.nan for end in (lo, hi)]
    if not (np.isfinite(ends).all() and ends[0] < ends[1]):
        raise OptionError(f"lo and hi must be finite numbers with lo < hi, not {lo!r} and {hi!r}.")
    in_reach(np.array(ends), "lo and hi")
    return ends[0], ends[1]


def _steps(samples: Any) -> int:
    if not isinstance(samples, Integral) or int(samples) < 1:
        raise OptionError(f"samples must be an integer of at least 1, not {samples!r}.")
    return int(samples)


def _function(given: Any, name: str) -> Callable[[FloatArray], Any]:
    """Return a measure, a spline or a plain function."""
    if isinstance(given, (Measure, Network, RidgeMeasure)):
        return on_line(given, name)
    if not callable(given):
        raise DataError(f"{name} must be a Measure, a Network, a Spline or a function of x, not a {type(given).__name__}.")
    return given  # type: ignore[no-any-return]


def _bends(function: Callable[[FloatArray], Any]) -> FloatArray:
    """Return the places where a function is known to bend."""
    if isinstance(function, Measure):
        return function.kinks
    if isinstance(function, Spline):
        return np.concatenate([function.knots, np.asarray(function.zeta.breakpoints)])
    return np.empty(0)


def _refined(nodes: FloatArray, steps: int) -> FloatArray:
    """Cut every gap into so many equal steps, no more than there are numbers."""
    parts = nodes[:-1, None] + np.diff(nodes)[:, None] * (np.arange(steps) / steps)
    return np.unique(np.append(parts.ravel(), nodes[-1]))


def _apart(f: Callable[[FloatArray], Any], g: Callable[[FloatArray], Any], x: FloatArray) -> FloatArray:
    """Return ‖f(x) - g(x)‖, (q,)."""
    if isinstance(f, Measure) and isinstance(g, Measure):
        alike(f, g)
        affine = None if g.affine is None else (-g.affine[0], -g.affine[1])
        difference = f.plus(Measure(g.kinks, g.directions, -g.weights, -np.asarray(g.constant)[()], affine))(x)
    else:
        ours, theirs = _values(f, x, "f"), _values(g, x, "g")
        if ours.shape != theirs.shape:
            raise DataError(f"The outputs do not match: {count_of(ours.shape[1:])} and {count_of(theirs.shape[1:])}.")
        difference = ours - theirs
    lengths: FloatArray = np.abs(difference) if difference.ndim == 1 else np.linalg.norm(difference, axis=1)
    return lengths


def _values(function: Callable[[FloatArray], Any], x: FloatArray, name: str) -> FloatArray:
    """Return a function's values, checked."""
    values = function(x)
    if np.ndim(values) not in (1, 2) or np.shape(values)[0] != x.size:
        raise DataError(f"{name} must map x of shape ({x.size},) to that shape or to ({x.size}, k), not to {np.shape(values)}.")
    return as_floats(values, f"{name}(x)", np.shape(values))


def _l2(nodes: FloatArray, apart: FloatArray, sup: float) -> float:
    """Return (∫ ‖f - g‖² dx)^½ by Simpson's rule, from the values at nodes and middles in turn."""
    if sup == 0:
        return 0.0
    squares = (apart / sup) ** 2  # neither overflow nor underflow
    means = (squares[:-1:2] + 4 * squares[1::2] + squares[2::2]) / 6
    return sup * float(np.sqrt(means @ np.diff(nodes)))
