"""The energy of a spline as a quadratic form in its bending ℓ = g''/ζ, gap by gap.

With hats B_j at the knots, ℓ = Σ ℓ_j B_j and ℓ_1 = ℓ_n = 0:

    energy = ∫ (g'')²/ζ = ℓᵀ A ℓ,   A_jk = ∫ ζ B_j B_k,   (A ℓ)_j = change of g's mean slopes at knot j.

A is a sum of one positive semidefinite 2 × 2 block a gap, with entries LL, LR, RR.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from implicit_bias import tolerances
from implicit_bias.arrays import FloatArray
from implicit_bias.errors import DataError
from implicit_bias.splines.zeta import Moments, Zeta


@dataclass(frozen=True, eq=False)
class Gaps:
    """The gaps between n knots: their widths and the moments of ζ over them, n - 1 of each."""

    widths: FloatArray
    moments: Moments

    @classmethod
    def of(cls, x: FloatArray, zeta: Zeta) -> Gaps:
        """Integrate ζ over the gaps of increasing knots; raises :class:`DataError` if that overflows."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            moments = zeta.moments(x[:-1], x[1:])
            total = float(moments.left.sum() + moments.right.sum())
        if not np.isfinite(total):
            raise DataError(f"The integrals of zeta over [{x[0]:.6g}, {x[-1]:.6g}] overflow float64: rescale x or zeta.")
        return cls(np.diff(x), moments)

    @cached_property
    def diagonal(self) -> FloatArray:
        """A_jj for the n - 2 inner knots."""
        return self.moments.right[:-1] + self.moments.left[1:]

    @cached_property
    def floor(self) -> FloatArray:
        """A diagonal matrix below A, for the inner knots: A - diag(floor) is positive semidefinite.

        A block with entries LL, LR, RR and ρ = LR/√(LL RR) is at least (1 - ρ) diag(LL, RR), and 1 - ρ ≥ (1 - ρ²)/2.
        """
        left, cross, right = self.moments
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 0.5 - 0.5 * (cross / left) * (cross / right)
        share = np.fmax(share, 4 * tolerances.EPS)
        return np.asarray(share[:-1] * right[:-1] + share[1:] * left[1:])

    @cached_property
    def lever(self) -> FloatArray:
        """How far an inner knot's value moves, per unit of slope change there, its neighbours held fixed."""
        before, after = self.widths[:-1], self.widths[1:]
        return before * (after / (before + after))

    def energy(self, bending: FloatArray) -> float:
        """Return ℓᵀ A ℓ for ℓ at all n knots."""
        left, cross, right = self.moments
        a, b = bending[:-1], bending[1:]
        return float(np.sum(a * (left * a + 2 * cross * b) + right * b * b))

    def slope_changes(self, bending: FloatArray) -> FloatArray:
        """Return A ℓ at the inner knots."""
        left, cross, right = self.moments
        a, b = bending[:-1], bending[1:]
        return np.asarray((cross * a + right * b)[:-1] + (left * a + cross * b)[1:])

    def forces(self, bending: FloatArray) -> FloatArray:
        """Return Qᵀ ℓ at all knots, for Q that maps values to slope changes: the jumps of ℓ's slope, zero outside."""
        return np.diff(np.diff(bending) / self.widths, prepend=0.0, append=0.0)
