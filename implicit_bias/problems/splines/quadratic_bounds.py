"""What a function of least roughness is worth: bounds made from its coefficients and its residuals alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from implicit_bias.certificates.bounds import Answer, Bounds
from implicit_bias.errors import DataError
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.splines.gaps import QUIET

if TYPE_CHECKING:
    from implicit_bias.problems.splines.quadratic import RoughnessProblem


@dataclass(frozen=True, eq=False)
class QuadraticCandidate(Answer):
    """What a method for a quadratic problem found.

    Attributes
    ----------
    coefficients : (m, k), c of the equations of :mod:`~implicit_bias.problems.splines.quadratic`
    residuals : (n, k), y - g at the data; zero for interpolation
    word : the backend's own word, for the record only
    stopped : whether a limit ended the method
    """

    coefficients: FloatArray
    residuals: FloatArray
    word: str | None = None
    stopped: bool = False

    def with_word(self, word: str, stopped: bool) -> QuadraticCandidate:
        """Return what was found with the backend's word."""
        return replace(self, word=word, stopped=stopped)

    @property
    def found(self) -> bool:
        """Whether there is a function: always."""
        return True


@dataclass(frozen=True, eq=False)
class QuadraticBounds(Bounds):
    """A candidate held against a quadratic problem. Costs are in units of y² over units of the seminorm's."""

    problem: RoughnessProblem
    candidate: QuadraticCandidate

    @property
    def coefficients(self) -> FloatArray:
        """The candidate's, c."""
        return self.candidate.coefficients

    @property
    def residuals(self) -> FloatArray:
        """The candidate's, y - g at the data."""
        return self.candidate.residuals

    @cached_property
    def energy(self) -> float:
        """‖g‖² = cᵀ A c, added up over the outputs."""
        return float((self.coefficients * self.problem.apply(self.coefficients)).sum())

    @cached_property
    def misfit(self) -> float:
        """Σ (g - y)² over all given rows, merged ones too."""
        return self._squares(self.residuals) + self.problem.constant

    @cached_property
    def value(self) -> float:
        """The objective of the pair (coefficients, residuals) as it is."""
        weight = self.problem.smoothing
        return self.energy + self.problem.constant if weight is None else self.misfit + weight * self.energy

    @cached_property
    def mismatch(self) -> FloatArray:
        """D (y - r) - A c, (m, k): zero where coefficients and values belong to one function."""
        problem = self.problem
        return problem.targets - problem.differences(self._allowed) - problem.apply(self.coefficients)

    @property
    def _allowed(self) -> FloatArray:
        """The residuals that the problem allows: none when interpolating."""
        return np.zeros_like(self.residuals) if self.problem.smoothing is None else self.residuals

    @cached_property
    @QUIET
    def _bounds(self) -> list[tuple[float, float]]:
        """Pairs of an upper bound and what it exceeds a lower bound by, for coefficients and residuals whatsoever.

        First the smoothest function with the values y - r, of energy cᵀA c + 2 cᵀe + eᵀA⁻¹ e, against the dual at c:
        they differ by eᵀA⁻¹ e when interpolating, by Σ W (r - λ W⁻¹ Dᵀ c)² + λ eᵀA⁻¹ e when smoothing. In exact arithmetic that
        is upper bound less dual value; but no difference of large numbers is formed.

        When smoothing, also the function of the coefficients c, which misses by r - d with D d = -e, against the dual at
        c + δ with λ Dᵀ (c + δ) = W ρ and ρ the part of r that the null space does not fit. They differ by
        Σ W (r - d - ρ)² + λ δᵀA δ. This serves where λ is large: there rounding of the values alone has much energy.
        """
        problem, c, e, weight = self.problem, self.coefficients, self.mismatch, self.problem.smoothing
        mended = problem.unapply(e)
        energy, excess = self.energy + float((e * (2 * c + mended)).sum()), float((e * mended).sum())
        if weight is None:
            return [(energy + problem.constant, excess)]
        force = weight * problem.spread(c)
        slack = self.residuals - force / problem.weights
        pairs = [(self.misfit + weight * energy, self._squares(slack) + weight * excess)]
        missed, fitted = self.residuals + problem.lift(e), problem.detrended(self.residuals)
        if weight > 0:
            change = problem.unspread(problem.weights * fitted - force) / weight
            excess = self._squares(missed - fitted) + weight * float((change * problem.apply(change)).sum())
            pairs.append((self._squares(missed) + problem.constant + weight * self.energy, excess))
        return pairs

    def _squares(self, values: FloatArray) -> float:
        return float((self.problem.weights * values**2).sum())

    @cached_property
    def upper_bound(self) -> float:
        """The cost of a function made from the one found, which satisfies every constraint."""
        return min(upper for upper, _ in self._bounds)

    @cached_property
    def lower_bound(self) -> float:
        """What no function undercuts: the better of the dual objectives of two repaired duals."""
        return max(self.problem.constant, *(upper - excess for upper, excess in self._bounds))

    @cached_property
    def dual_value(self) -> float:
        """The dual objective of the coefficients as they are: 2 bᵀc - cᵀA c when interpolating."""
        problem, c, weight = self.problem, self.coefficients, self.problem.smoothing
        gain = 2 * float((problem.targets * c).sum()) - self.energy
        if weight is None:
            return problem.constant + gain
        return problem.constant + float(weight) * (gain - float(weight) * float((problem.spread(c) ** 2 / problem.weights).sum()))

    @property
    def dual(self) -> FloatArray:
        """α = Dᵀ c, in the shape of y: g = Σ α_j G(·, x_j) + null space, and bᵀc = Σ α_j y_j."""
        return np.asarray(self.problem.spread(self.coefficients), dtype=np.float64).reshape(self.problem.y.shape)

    @property
    def gap(self) -> float:
        """|upper - lower| / upper, also where rounding made them cross; 0 when upper is below the rounding of the targets."""
        upper, problem = self.upper_bound, self.problem
        if upper == 0 or (problem.smoothing is not None and upper <= float(problem.weights.sum()) * (tolerances.EPS * problem.scale) ** 2):
            return 0.0
        return abs(upper - self.lower_bound) / upper

    @cached_property
    def violation(self) -> float:
        """By how much values at the data would have to change to be those of one function, in units of y.

        When interpolating, residuals count too.
        """
        missed = float(np.abs(self.problem.heights(self.mismatch)).max(initial=0.0))
        return missed if self.problem.smoothing is not None else max(missed, float(np.abs(self.residuals).max()))

    def objections(self, tolerance: float) -> list[str]:
        """Return what speaks against calling the function optimal."""
        found = []
        if not self.gap <= tolerance:
            found.append(f"the gap is {self.gap:.2g}, above the tolerance {tolerance:.2g}")
        if not self.violation <= tolerance * self.problem.scale:
            found.append(f"values and coefficients differ by {self.violation:.2g}")
        return found

    def refuse_overflow(self) -> None:
        """Raise :class:`DataError` unless every number is finite."""
        with np.errstate(over="ignore", invalid="ignore"):
            costs = (self.value, self.upper_bound, self.lower_bound, self.dual_value)
        if not np.isfinite(costs).all():
            raise DataError("The cost overflows float64: rescale x or y.")
