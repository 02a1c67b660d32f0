"""The answer to a quadratic problem: a function with its bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy.typing as npt

from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.solution import Judged

if TYPE_CHECKING:
    from implicit_bias.problems.splines.quadratic import RoughnessProblem
    from implicit_bias.problems.splines.quadratic_bounds import QuadraticBounds, QuadraticCandidate

    _OfRoughness = Judged[RoughnessProblem, QuadraticCandidate, QuadraticBounds]
else:
    _OfRoughness = Judged  # the parameters are for type checkers


@dataclass(frozen=True, eq=False, repr=False)
class QuadraticSolution(_OfRoughness):
    """A function with bounds on its cost that are recomputed from the problem, its coefficients and its residuals.

    Attributes are those of every solution, and what follows.
    """

    @property
    def coefficients(self) -> FloatArray:
        """(m, k), c of the equations of :mod:`~implicit_bias.problems.splines.quadratic`."""
        return self.candidate.coefficients

    @property
    def residuals(self) -> FloatArray:
        """(n, k), y - g at the data; zero for interpolation."""
        return self.candidate.residuals

    @property
    def values(self) -> FloatArray:
        """The values of g at the data, (n,) or (n, k), in the order of ``problem.x``."""
        return (self.problem.columns - self.residuals).reshape(self.problem.y.shape)

    @property
    def energy(self) -> float:
        """‖g‖² = cᵀ A c, added up over the outputs."""
        return self.bounds.energy

    @property
    def misfit(self) -> float:
        """Σ (g - y)² over all given rows, merged ones too."""
        return self.bounds.misfit

    @property
    def mismatch(self) -> FloatArray:
        """D (y - r) - A c, (m, k): zero where coefficients and values belong to one function."""
        return self.bounds.mismatch

    def predict(self, x: npt.ArrayLike) -> FloatArray:
        """Return g at points x; several outputs come on a last axis."""
        found = self.problem.evaluate(x, self.problem.columns - self.residuals, self.coefficients)
        return found if self.problem.y.ndim == 2 else found[..., 0]


RoughnessSolution = QuadraticSolution
"""The name that :class:`QuadraticSolution` had before."""
