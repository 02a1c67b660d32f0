"""Total-variation denoising as a sparse quadratic program in CVXPY, for every backend that takes one.

``primal``  min ½ Σ c (F - y)² + λ Σ |b|   subject to   R F = h ∘ b
``dual``    max yᵀRᵀm - ½ Σ (Rᵀm)²/c       subject to   |h ∘ m| ≤ λ

R F are the slope changes of the interpolant of F at inner points, each times the smaller gap h beside it, so that no entry of R exceeds 2.
h ∘ m are the values of η, Rᵀm = α, and the multipliers of either program are the unknowns of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.measures import RISING, Measure
from implicit_bias.methods.programs.base import Program, Stated
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.numerics.differences import second_differences
from implicit_bias.problems.candidate import Candidate
from implicit_bias.problems.denoising import DenoisingProblem

if TYPE_CHECKING:
    import scipy.sparse as sp


class SparseDenoising(Program[DenoisingProblem]):
    """Second differences: a quadratic program in values and slope changes."""

    name, title, suits = "sparse", "The sparse program", (DenoisingProblem,)
    cost = "the backend's, sparse"

    def objection(self, problem: DenoisingProblem) -> str | None:
        """Return that two points have no kink between them."""
        return "With fewer than three points there is no kink to price." if len(problem) < 3 else None

    def cone(self, problem: DenoisingProblem) -> str:
        """Return "QP"."""
        return problem.cone

    def state(self, problem: DenoisingProblem, form: str, grid: Any, scaled: bool) -> Stated:
        """Return the program in a form, on data as they are or with mean gap 1 and max|y| = 1."""
        stated = _Stated.of(problem, scaled)
        return stated.primal() if form == "primal" else stated.dual()


@dataclass(frozen=True, eq=False)
class _Stated:
    """The data of a program, and the way back.

    Attributes
    ----------
    problem : DenoisingProblem
    length, height : the units of x and y in the program
    differences : R, (n-2, n)
    smaller : h, (n-2,)
    """

    problem: DenoisingProblem
    length: float
    height: float
    differences: sp.csr_array
    smaller: FloatArray

    @classmethod
    def of(cls, problem: DenoisingProblem, scaled: bool) -> _Stated:
        """Scale x to mean gap 1, and y to 1, or neither."""
        length, height = (float(problem.x[-1] - problem.x[0]) / (len(problem) - 1), problem.scale) if scaled else (1.0, 1.0)
        rows, smaller = second_differences(np.diff(problem.x) / length)
        return cls(problem, length, height, rows, smaller)

    @property
    def y(self) -> FloatArray:
        """The targets in the program's units."""
        return self.problem.y / self.height

    @property
    def level(self) -> float:
        """λ in the program's units."""
        return self.problem.regularization / self.length / self.height

    def primal(self) -> Stated:
        """Return the program in values and slope changes."""
        import cvxpy as cp

        n, weights = len(self.problem), np.sqrt(self.problem.rows)
        values, bends = cp.Variable(n, name="values"), cp.Variable(n - 2, name="bends")
        tie = self.differences @ values == cp.multiply(self.smaller, bends)
        loss = cp.sum_squares(cp.multiply(weights, values - self.y)) / 2
        program = cp.Problem(cp.Minimize(loss + self.level * cp.sum(cp.abs(bends))), [tie])

        def read() -> Candidate:
            if values.value is None:
                return Candidate(None, None)
            misfit = self.problem.rows * (self.y - values.value)
            if tie.dual_value is None:
                return Candidate(self._measure(bends.value), misfit * self.height)
            alpha = self._alpha(tie.dual_value)
            # the sign of an equality's multiplier depends on how CVXPY states the program to the backend; α's is that of y - F
            return Candidate(self._measure(bends.value), alpha if alpha @ misfit >= 0 else -alpha)

        return Stated(program, read)

    def dual(self) -> Stated:
        """Return the program in values of η, over h."""
        import cvxpy as cp

        weights = np.sqrt(self.problem.rows)
        eta = cp.Variable(len(self.problem) - 2, name="eta")
        most = self.level / self.smaller
        bounds: list[Any] = [eta <= most, eta >= -most]
        alpha = self.differences.T @ eta
        gain = (self.differences @ self.y) @ eta - cp.sum_squares(cp.multiply(1 / weights, alpha)) / 2
        program = cp.Problem(cp.Maximize(gain), bounds)

        def read() -> Candidate:
            if eta.value is None:
                return Candidate(None, None)
            up, down = (bound.dual_value for bound in bounds)
            measure = None if up is None or down is None else self._measure((up - down) / self.smaller)
            return Candidate(measure, self._alpha(eta.value))

        return Stated(program, read)

    def _alpha(self, eta: Any) -> FloatArray:
        """Return α, in the user's units, of values of η over h: those beyond λ are cut off."""
        most = self.level / self.smaller
        alpha: FloatArray = self.differences.T @ np.clip(np.asarray(eta, dtype=np.float64), -most, most)
        return alpha * self.height

    def _measure(self, bends: Any) -> Measure:
        """Return the kinks at inner points with the affine part that fits best beside them, in the user's units."""
        problem, rows = self.problem, self.problem.rows
        weights = np.asarray(bends, dtype=np.float64) * (self.height / self.length)
        live = weights != 0
        kinked = Measure(problem.x[1:-1][live], np.full(int(live.sum()), RISING), weights[live])
        rest = problem.y - kinked(problem.x)
        middle = float(np.average(problem.x, weights=rows))
        away = (problem.x - middle) / self.length
        slope = float((rows * away * rest).sum() / (rows * away**2).sum()) / self.length
        return Measure(
            kinked.kinks, kinked.directions, kinked.weights, affine=(slope, float(np.average(rest, weights=rows)) - slope * middle)
        )
