"""What a spline costs, and certified bounds of the optimum made from it: nothing here trusts the method that found it.

With d = Q y the data's slope changes, W the number of rows at each x, and any ℓ with ℓ_1 = ℓ_n = 0, the optimum is at least

    interpolation   (dᵀℓ)² / ℓᵀAℓ                        (the dual 2 dᵀℓ - ℓᵀAℓ, at its best multiple of ℓ)
    smoothing       (αᵀy)² / (αᵀW⁻¹α + mᵀAm/λ)           (the same of 2 αᵀy - αᵀW⁻¹α - mᵀAm/λ, where α = Qᵀm)

and the least energy of a function with values g at the data is, with the kinks r = Q g - A ℓ and any diagonal F ≤ A,

    (Q g)ᵀ A⁻¹ (Q g) = ℓᵀAℓ + 2 ℓᵀr + rᵀA⁻¹r ≤ ℓᵀAℓ + 2 ℓᵀr + rᵀF⁻¹r.

So wrong ℓ or wrong values open a gap, and no linear system is solved to find that out. For smoothing two duals are tried,
m = λ ℓ and the m that the residuals α = W (y - g) add up to: rounding spoils the first one where points are close, and the
second one where λ is tiny.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from implicit_bias.certificates.bounds import Answer, Bounds
from implicit_bias.errors import DataError
from implicit_bias.numerics import double_double, tolerances
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.splines.gaps import QUIET, Tally, slope_changes
from implicit_bias.problems.splines.spline import Spline

if TYPE_CHECKING:
    from implicit_bias.problems.splines.curvature import SplineProblem
    from implicit_bias.problems.splines.solution import SplineSolution


@dataclass(frozen=True, eq=False)
class Dual:
    """A dual point α, made when asked for, and its objective, base + 2 · linear - quadratic, which is homogeneous apart from the base."""

    alpha: Callable[[], FloatArray]
    linear: float
    quadratic: float
    base: float

    @property
    def value(self) -> float:
        """The objective as it is."""
        return self.base + 2 * self.linear - self.quadratic

    @property
    def best(self) -> float:
        """The objective of the best positive multiple."""
        return self.base + (self.linear * (self.linear / self.quadratic) if self.linear > 0 and self.quadratic > 0 else 0.0)


@dataclass(frozen=True, eq=False)
class SplineCandidate(Answer):
    """What a method for splines found.

    Attributes
    ----------
    spline : what was found, None if a backend gave nothing
    regularization : λ, given or chosen; None for interpolation
    word : the backend's own word, for the record only
    stopped : whether a limit ended the method
    undecided : whether λ is still to be chosen by cross-validation
    """

    spline: Spline | None
    regularization: float | None
    word: str | None = None
    stopped: bool = False
    undecided: bool = False

    def with_word(self, word: str, stopped: bool) -> SplineCandidate:
        """Return what was found with the backend's word."""
        return replace(self, word=word, stopped=stopped)

    @property
    def found(self) -> bool:
        """Whether there is a spline."""
        return self.spline is not None

    @property
    def complete(self) -> bool:
        """Whether λ is known, if there is one."""
        return not self.undecided

    def completed(self, best: SplineSolution) -> SplineCandidate:
        """Return the spline with the λ that cross-validation chose."""
        return replace(self, regularization=best.regularization, undecided=False)

    def origin(self, best: SplineSolution | None) -> str:
        """Say where the spline and λ came from."""
        chosen = "" if best is None else f" Cross-validation chose the regularization {best.regularization:.6g}."
        return f"The spline was brought by the user.{chosen}"


@dataclass(frozen=True, eq=False)
class NoSpline(Bounds):
    """What is known of the optimum without a spline: nothing."""

    value = dual_value = violation = stationarity = math.nan
    lower_bound, upper_bound, gap, dual = 0.0, math.inf, 1.0, None

    def objections(self, tolerance: float) -> list[str]:
        """Return that there is no spline."""
        return ["there is no spline"]

    def refuse_overflow(self) -> None:
        """Do nothing: there are no numbers."""


@dataclass(frozen=True, eq=False)
class SplineBounds(Bounds):
    """A spline held against a problem with a given λ, which is None for interpolation."""

    problem: SplineProblem
    spline: Spline
    regularization: float | None

    @property
    def _fits(self) -> bool:
        """Whether the values are the targets themselves: then their slope changes are known."""
        return self.spline.values is self.problem.y

    @cached_property
    def _tally(self) -> Tally:
        """The spline's energy and kinks; for smoothing, values that differ by their own rounding are not told apart.

        (Rounded values at points close together would feign an energy; targets are exact.)
        """
        spline = self.spline
        changes = self.problem.changes if self._fits else slope_changes(self.problem.x, spline.values)
        dead = 0.0 if self.regularization is None else tolerances.CURVATURE
        return self.problem.gaps.tally(changes, spline.values, spline.bending, dead)

    @property
    def _energy(self) -> float:
        return self._tally.energy

    @cached_property
    def _misfit(self) -> FloatArray:
        return np.asarray(self.problem.y - self.spline.values)

    @property
    def dual(self) -> FloatArray:
        """α in the order of ``problem.x``; at the optimum Σ α_i y_i is the value, less the squares at equal x."""
        return self.best_dual.alpha()

    @property
    def dual_value(self) -> float:
        """The dual objective of the bending g''/ζ, as it is."""
        return self.best_dual.value

    @property
    def lower_bound(self) -> float:
        """The dual objective of the best multiple of the bending."""
        return self.best_dual.best

    @cached_property
    def best_dual(self) -> Dual:
        """The dual point of the best bound; its α has Σ α_i y_i = the value at the optimum, less the squares at equal x."""
        bending, gaps = self.spline.bending, self.problem.gaps
        if self.regularization is None:
            return Dual(partial(gaps.forces, bending), float(self.problem.changes @ bending[1:-1]), self._energy, 0.0)
        weight = self.regularization
        of_bending = self._penalized(weight * gaps.forces(bending), weight * bending, weight * self._energy)
        alpha, moment = self._from_residuals
        of_residuals = self._penalized(alpha, moment, gaps.energy(moment) / self.regularization)
        return max(of_bending, of_residuals, key=lambda dual: dual.best)

    def _penalized(self, alpha: FloatArray, moment: FloatArray, price: float) -> Dual:
        """Return the dual point α = Qᵀm, whose mᵀAm/λ is the price.

        αᵀy = mᵀQy. The second loses nothing where y is nearly straight, the first one where points are close: the sum of the
        smaller terms is taken.
        """
        terms = min(alpha * self.problem.y, self.problem.changes * moment[1:-1], key=lambda parts: float(np.abs(parts).sum()))
        quadratic = float(alpha @ (alpha / self.problem.counts)) + price
        return Dual(partial(np.asarray, alpha), float(terms.sum()), quadratic, self.problem.constant)

    @cached_property
    def _from_residuals(self) -> tuple[FloatArray, FloatArray]:
        """Return α = W (y - g) and m with Qᵀ m = α, both changed at the ends so that m is zero there."""
        alpha = self.problem.counts * self._misfit
        slopes = double_double.cumulative(double_double.of(alpha[:-1]))
        moment = double_double.cumulative(double_double.multiply(slopes, double_double.two_sum(self.problem.x[1:], -self.problem.x[:-1])))
        reach = self.problem.x - self.problem.x[0]
        slope = float(moment.high[-1] / reach[-1])
        alpha[0] -= slope
        alpha[-1] = slope - float(slopes.high[-1])
        closed = np.concatenate(([0.0], moment.high)) - slope * reach
        closed[-1] = 0.0
        return alpha, closed

    @cached_property
    def value(self) -> float:
        """The objective of the spline as it is."""
        return self._energy if self.regularization is None else self._fit + self.regularization * self._energy

    @cached_property
    def _fit(self) -> float:
        return float(self._misfit @ (self.problem.counts * self._misfit)) + self.problem.constant

    @cached_property
    def upper_bound(self) -> float:
        """A bound on the objective of the best function with the right values (interpolation), or with these (smoothing)."""
        if self.regularization is None:
            repaired = self._tally
            if not self._fits:
                repaired = self.problem.gaps.tally(self.problem.changes, self.problem.y, self.spline.bending, 0.0)
            return max(self.value, repaired.least)
        return max(self.value, self._fit + self.regularization * self._tally.least)

    @property
    @QUIET
    def negligible(self) -> float:
        """An objective that is nothing but rounding of the data."""
        if self.regularization is None:
            return self.problem.gaps.repair(tolerances.CURVATURE * self.problem.gaps.rounding(self.problem.y))
        return float(self.problem.counts.sum()) * (tolerances.CURVATURE * self.problem.scale) ** 2

    @cached_property
    def gap(self) -> float:
        """|upper - lower| / upper; 0 when upper is rounding of the data.

        Bounds that rounding made cross say no more of the optimum than bounds that are as far apart.
        """
        upper = self.upper_bound
        if not math.isfinite(upper):
            return 1.0
        # what is negligible takes time to find out, and only matters if there is a gap
        difference = abs(upper - self.lower_bound)
        return 0.0 if difference <= tolerances.EPS * upper or upper <= self.negligible else difference / upper

    def objections(self, tolerance: float) -> list[str]:
        """Return what speaks against calling the spline optimal."""
        found = []
        if not self.gap <= tolerance:
            found.append(f"the gap is {self.gap:.2g}, above the tolerance {tolerance:.2g}")
        allowed = tolerance * self.problem.scale
        if not self.violation <= allowed:
            found.append(f"the spline misses the data or has kinks, by {self.violation:.2g}, more than {allowed:.2g}")
        return found

    def refuse_overflow(self) -> None:
        """Raise :class:`DataError` unless every number is finite."""
        with np.errstate(over="ignore", invalid="ignore"):
            costs = (self.value, self.dual_value, self.lower_bound, self.upper_bound, self.violation)
        if not np.isfinite(costs).all():
            raise DataError("The cost overflows float64: rescale x, y or zeta.")

    @cached_property
    def violation(self) -> float:
        """In units of y: the largest distance from a target, or kink as a fraction of what meets there, times max|y|."""
        worst = self.problem.scale * self._tally.kink
        misses = self.regularization is None and not self._fits
        return max(worst, float(np.max(np.abs(self._misfit)))) if misses else worst

    @property
    @QUIET
    def stationarity(self) -> float:
        """For smoothing, how far λ ℓ is from the m of the residuals, over the larger of the two; interpolation has no such condition."""
        if self.regularization is None:
            return 0.0
        bending, moment = self.regularization * self.spline.bending, self._from_residuals[1]
        size = max(float(np.max(np.abs(bending))), float(np.max(np.abs(moment))))
        return float(np.max(np.abs(bending - moment))) / size if size > 0 else 0.0
