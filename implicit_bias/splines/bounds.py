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

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from implicit_bias import sums, tolerances
from implicit_bias.arrays import FloatArray
from implicit_bias.line import slope_changes
from implicit_bias.splines.problem import SplineProblem
from implicit_bias.splines.spline import Spline


@dataclass(frozen=True, eq=False)
class Dual:
    """A dual point α and its objective, base + 2 · linear - quadratic, which is homogeneous apart from the base."""

    alpha: FloatArray
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
class Bounds:
    """A spline held against a problem with a given λ, which is None for interpolation."""

    problem: SplineProblem
    spline: Spline
    regularization: float | None

    @cached_property
    def _energy(self) -> float:
        return self.problem.gaps.energy(self.spline.bending)

    @cached_property
    def _changes(self) -> FloatArray:
        return self.problem.gaps.slope_changes(self.spline.bending)

    @cached_property
    def _kinks(self) -> FloatArray:
        """Jumps of the spline's slope at the inner knots, which ought to be rounding."""
        through = self.spline.values is self.problem.y
        return np.asarray((self.problem.changes if through else slope_changes(self.problem.x, self.spline.values)) - self._changes)

    @cached_property
    def _misfit(self) -> FloatArray:
        return np.asarray(self.problem.y - self.spline.values)

    @cached_property
    def dual(self) -> Dual:
        """The dual point of the best bound; its α has Σ α_i y_i = the value at the optimum, less the squares at equal x."""
        bending, gaps = self.spline.bending, self.problem.gaps
        if self.regularization is None:
            return Dual(gaps.forces(bending), float(self.problem.changes @ bending[1:-1]), self._energy, 0.0)
        of_bending = self._penalized(self.regularization * gaps.forces(bending), self.regularization**2 * self._energy)
        alpha, moment = self._from_residuals
        of_residuals = self._penalized(alpha, gaps.energy(moment))
        return max(of_bending, of_residuals, key=lambda dual: dual.best)

    def _penalized(self, alpha: FloatArray, energy: float) -> Dual:
        assert self.regularization is not None
        quadratic = float(alpha @ (alpha / self.problem.counts)) + energy / self.regularization
        return Dual(alpha, float(alpha @ self.problem.y), quadratic, self.problem.within)

    @cached_property
    def _from_residuals(self) -> tuple[FloatArray, FloatArray]:
        """Return α = W (y - g) and m with Qᵀ m = α, both changed at the ends so that m is zero there."""
        alpha = self.problem.counts * self._misfit
        slopes = sums.cumulative(sums.of(alpha[:-1]))
        moment = sums.cumulative(sums.multiply(slopes, sums.two_sum(self.problem.x[1:], -self.problem.x[:-1])))
        reach = self.problem.x - self.problem.x[0]
        slope = float(moment.high[-1] / reach[-1])
        alpha[0] -= slope
        alpha[-1] = slope - float(slopes.high[-1])
        closed = np.concatenate(([0.0], moment.high)) - slope * reach
        closed[-1] = 0.0
        return alpha, closed

    @property
    def value(self) -> float:
        """The objective of the spline as it is."""
        return self._energy if self.regularization is None else self._fit + self.regularization * self._energy

    @cached_property
    def _fit(self) -> float:
        return float(self._misfit @ (self.problem.counts * self._misfit)) + self.problem.within

    @property
    def upper_bound(self) -> float:
        """A bound on the objective of the best function with the right values (interpolation), or with these (smoothing)."""
        if self.regularization is None:
            return max(self.value, self._least_energy(self.problem.changes - self._changes))
        # values that differ by their own rounding are not told apart: points close together would feign an energy
        rounding = tolerances.CURVATURE * self.problem.rounding(self.spline.values)
        kinks = np.sign(self._kinks) * np.maximum(0.0, np.abs(self._kinks) - rounding)
        return max(self.value, self._fit + self.regularization * self._least_energy(kinks))

    def _least_energy(self, kinks: FloatArray) -> float:
        return self._energy + 2 * float(self.spline.bending[1:-1] @ kinks) + self._repair(kinks)

    def _repair(self, kinks: FloatArray) -> float:
        """Return rᵀF⁻¹r over the knots that can bend; kinks of the others count as violations."""
        floor = self.problem.gaps.floor
        if not floor.min(initial=1.0) > 0:
            kinks, floor = kinks[floor > 0], floor[floor > 0]
        return float(kinks @ (kinks / floor))

    @property
    def negligible(self) -> float:
        """An objective that is nothing but rounding of the data."""
        if self.regularization is None:
            return self._repair(tolerances.CURVATURE * self.problem.rounding(self.problem.y))
        return float(self.problem.counts.sum()) * (tolerances.CURVATURE * self.problem.scale) ** 2

    @property
    def violation(self) -> float:
        """In units of y: the largest distance from a target, or kink as a fraction of what meets there, times max|y|."""
        sizes = self.problem.rounding(self.spline.values) + self.problem.gaps.slope_changes(np.abs(self.spline.bending))
        kinked = np.abs(self._kinks)
        worst = self.problem.scale * float(np.max(np.divide(kinked, sizes, out=kinked, where=sizes > 0), initial=0.0))
        misses = self.regularization is None and self.spline.values is not self.problem.y
        return max(worst, float(np.max(np.abs(self._misfit)))) if misses else worst

    @property
    def stationarity(self) -> float:
        """For smoothing, how far λ ℓ is from the m of the residuals, over the larger of the two; interpolation has no such condition."""
        if self.regularization is None:
            return 0.0
        bending, moment = self.regularization * self.spline.bending, self._from_residuals[1]
        size = max(float(np.max(np.abs(bending))), float(np.max(np.abs(moment))))
        return float(np.max(np.abs(bending - moment))) / size if size > 0 else 0.0
