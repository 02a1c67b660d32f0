"""The exact method of quadratic problems: one banded or dense system."""

from __future__ import annotations

import time

import numpy as np

from implicit_bias.errors import DataError
from implicit_bias.methods.base import Found, Method, Options
from implicit_bias.numerics.arrays import freeze
from implicit_bias.problems.splines.quadratic import RoughnessProblem
from implicit_bias.problems.splines.quadratic_bounds import QuadraticCandidate
from implicit_bias.solution import Timings


class ExactQuadratic(Method[RoughnessProblem]):
    """Solve A c = D y, or the equations of smoothing."""

    name, title, suits = "exact", "The exact method", (RoughnessProblem,)
    cost = "O(n) for splines of higher order; O(n³) for several inputs"
    because = "because it is the only one for this problem"

    def asked(self, options: Options) -> str:
        """Say that there is no other."""
        return f"{self.title}, {self.because}."

    def solve(self, problem: RoughnessProblem, options: Options) -> Found:
        """Solve the problem's equations; λ = 0 is the limit, in which merged targets are met.

        Raises
        ------
        DataError
            If A is singular, so that the data cannot be interpolated, or if something overflows.
        """
        began = time.perf_counter()
        with np.errstate(over="ignore", invalid="ignore"):  # refused below
            if not problem.smoothing:
                coefficients, residuals = problem.unapply(problem.targets), np.zeros_like(problem.columns)
            else:
                coefficients, residuals = problem.smoothed()
        if not (np.isfinite(coefficients).all() and np.isfinite(residuals).all()):
            raise DataError("The cost overflows float64: rescale x or y.")
        found = QuadraticCandidate(freeze(coefficients), freeze(residuals))
        return Found(found, Timings(solve=time.perf_counter() - began), notes=f" {problem.notes}")
