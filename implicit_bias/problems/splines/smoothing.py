"""Smoothing for a given λ, in O(n), by a banded system that does not lose digits where the textbook's does.

(A + λ Q W⁻¹ Qᵀ) ℓ = Q y and g = y - λ W⁻¹ Qᵀ ℓ, with W the number of rows at each x. That pentadiagonal matrix squares the
condition of Q and loses all digits with many points. The values and the bending are therefore solved for together, taken
in turns along the line,

    [  W   λ Qᵀ ] [ g ]   [ W y ]
    [ -Q    A   ] [ ℓ ] = [  0  ],      rows and columns scaled,

seven diagonals, by LU with row exchanges. What is left over is computed as if in twice the precision and solved for again.

The determinant is det W · det(A + λ Q W⁻¹ Qᵀ), so the trace that cross-validation needs, tr(I - S) = λ d/dλ log det, is
the imaginary part of log det at λ(1 + iε), without any difference being taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.errors import DataError
from implicit_bias.numerics import double_double
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.splines.gaps import QUIET, precise_slopes

if TYPE_CHECKING:
    import numpy.typing as npt

    from implicit_bias.problems.splines.curvature import SplineProblem

_BAND = 3
_REFINEMENTS = 2
_STEP = 1e-40
"""Imaginary step: its square is far below rounding, and far above underflow."""


@QUIET
def smooth(problem: SplineProblem, regularization: float) -> tuple[FloatArray, FloatArray]:
    """Return g and ℓ at the data for a λ > 0."""
    from scipy.linalg.lapack import dgbtrf, dgbtrs

    system = _System.of(problem, regularization)
    factor, pivots, info = dgbtrf(system.matrix().T, _BAND, _BAND, overwrite_ab=True)
    if info != 0:
        raise DataError("The smoothing system is singular to rounding: rescale x, y or zeta, or change the regularization.")

    def solved(values: FloatArray, bending: FloatArray) -> tuple[FloatArray, FloatArray]:
        right, _ = dgbtrs(factor, _BAND, _BAND, system.scaled(values, bending), pivots, overwrite_b=True)
        return system.unscaled(right)

    # from the data themselves, of which a line leaves nothing over, not even rounding
    values, bending = problem.y, np.zeros(len(problem))
    for _ in range(1 + _REFINEMENTS):
        more_values, more_bending = solved(*_left_over(problem, regularization, values, bending))
        values, bending = values + more_values, bending + more_bending
    return values, bending


@QUIET
def cross_validation(problem: SplineProblem, regularization: float) -> float:
    """Return the score N · RSS / tr(I - S)² of a λ > 0, for all N rows (Craven and Wahba, 1979).

    RSS is the sum of squared residuals and S the smoother that maps y to g at the data.
    """
    trace, bending = _trace(problem, regularization)
    misfit = regularization * problem.gaps.forces(bending)
    rows = float(problem.counts.sum())
    return rows * (problem.constant + float(misfit @ (misfit / problem.counts))) / (rows - len(problem) + trace) ** 2


@QUIET
def degrees_of_freedom(problem: SplineProblem, regularization: float) -> float:
    """Return tr S for a λ > 0: from 2, a straight line, to the number of different x, interpolation of the means."""
    found = len(problem) - _trace(problem, regularization)[0]
    if not np.isfinite(found):
        raise DataError("The smoothing system overflows float64: rescale x, y or zeta, or change the regularization.")
    return found


def _trace(problem: SplineProblem, regularization: float) -> tuple[float, FloatArray]:
    """Return tr(I - S), S the smoother of the means, and ℓ."""
    from scipy.linalg.lapack import zgbsv

    system = _System.of(problem, regularization)
    right = system.scaled(problem.counts * problem.y, np.zeros(len(problem)))
    factor, _, found, info = zgbsv(_BAND, _BAND, system.matrix(_STEP).T, right, overwrite_ab=True)
    if info != 0:
        raise DataError("The smoothing system is singular to rounding: rescale x, y or zeta.")
    pivots = factor[2 * _BAND]
    _, bending = system.unscaled(found.real)
    return float(np.sum((pivots / pivots.real).imag)) / _STEP, bending


@dataclass(frozen=True, eq=False)
class _System:
    """The system with unknowns g_1, m_1, g_2, m_2, …, where ℓ = m · unit/√λ; m_1 and m_n are there but zero.

    Attributes
    ----------
    counts : (n,) the diagonal W
    diagonal, off : (n,), (n-1,) the matrix A, in units
    before, centre, after : (n,) the rows of √λ Q, in units
    unit : (n,) scale of the unknowns m
    value_scale, bend_scale : (n,) what the rows are multiplied with, for their largest entries to be 1
    root : √λ
    """

    counts: FloatArray
    diagonal: FloatArray
    off: FloatArray
    before: FloatArray
    centre: FloatArray
    after: FloatArray
    unit: FloatArray
    value_scale: FloatArray
    bend_scale: FloatArray
    root: float

    @classmethod
    def of(cls, problem: SplineProblem, regularization: float) -> _System:
        """State the system for a λ > 0."""
        n, gaps, root = len(problem), problem.gaps, float(np.sqrt(regularization))
        diagonal, unit, before, after, off = np.ones(n), np.ones(n), np.zeros(n), np.zeros(n), np.zeros(n - 1)
        before[1:-1], after[1:-1] = root / gaps.widths[:-1], root / gaps.widths[1:]
        diagonal[1:-1] = gaps.diagonal
        # A has unit diagonal then; a knot that cannot bend, where A has a zero, is measured by its row of Q
        unit[1:-1] = 1 / np.sqrt(np.where(gaps.diagonal > 0, gaps.diagonal, (before + after)[1:-1] ** 2))
        off[1:-1] = gaps.moments.cross[1:-1] * unit[1:-2] * unit[2:-1]
        before, after, diagonal = before * unit, after * unit, diagonal * unit * unit
        values, bends = np.maximum(problem.counts, before + after), np.maximum(diagonal, before + after)
        for row, left, right in ((values, before[1:], after[:-1]), (bends, off, off)):
            np.maximum(row[:-1], left, out=row[:-1])
            np.maximum(row[1:], right, out=row[1:])
        return cls(problem.counts, diagonal, off, before, -(before + after), after, unit, 1 / values, 1 / bends, root)

    def matrix(self, step: float = 0.0) -> npt.NDArray[Any]:
        """Return the scaled matrix at λ e^{i·step}, (2n, 10): columns in LAPACK's band storage, with room for fill-in."""
        n = self.counts.size
        matrix: npt.NDArray[Any] = np.zeros((2 * n, 10), dtype=np.complex128 if step else np.float64)
        turn = 1 + 0.5j * step if step else 1.0
        columns = matrix.reshape(n, 2, 10)
        value, bend = columns[:, 0], columns[:, 1]
        # entry (i, j) of the matrix is in column j at 6 + i - j
        value[:, 6] = self.counts * self.value_scale
        bend[:, 6] = self.diagonal * self.bend_scale
        bend[1:, 4], bend[:-1, 8] = self.off * self.bend_scale[:-1], self.off * self.bend_scale[1:]
        for entries, shift in ((self.before, -1), (self.centre, 0), (self.after, 1)):
            here = slice(max(0, -shift), n - max(0, shift))  # knots that have a neighbour so far away
            there = slice(max(0, shift), n - max(0, -shift))
            value[there, 7 - 2 * shift] = -entries[here] * self.bend_scale[here] * turn
            bend[here, 5 + 2 * shift] = entries[here] * self.value_scale[there] * turn
        return matrix

    def scaled(self, values: FloatArray, bending: FloatArray) -> FloatArray:
        """Interleave and scale right-hand sides of the two block rows."""
        right = np.empty(2 * values.size)
        right[::2] = values * self.value_scale
        right[1::2] = bending * (self.root * self.unit * self.bend_scale)
        return right

    def unscaled(self, found: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return g and ℓ."""
        bending = found[1::2] * (self.unit / self.root)
        bending[[0, -1]] = 0.0
        return np.ascontiguousarray(found[::2]), bending


def _left_over(problem: SplineProblem, regularization: float, values: FloatArray, bending: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return W (y - g) - λ Qᵀ ℓ and Q g - A ℓ, with errors far below the rounding of their terms."""
    widths = double_double.two_sum(problem.x[1:], -problem.x[:-1])
    forces = double_double.multiply(_jumps(_padded(_slopes(bending, widths))), double_double.of(np.array([regularization])))
    misfit = double_double.multiply(double_double.two_sum(problem.y, -values), double_double.of(problem.counts))
    left, cross, right = problem.gaps.moments
    at_left = double_double.add(double_double.two_product(left, bending[:-1]), double_double.two_product(cross, bending[1:]))
    at_right = double_double.add(double_double.two_product(cross, bending[:-1]), double_double.two_product(right, bending[1:]))
    changes = double_double.add(at_right[:-1], at_left[1:])
    kinks = np.zeros(len(problem))
    kinks[1:-1] = double_double.add(_jumps(_slopes(values, widths)), double_double.negate(changes)).high
    return double_double.add(misfit, double_double.negate(forces)).high, kinks


def _slopes(values: FloatArray, widths: double_double.Pair) -> double_double.Pair:
    return precise_slopes(values[:-1], values[1:], widths)


def _jumps(slopes: double_double.Pair) -> double_double.Pair:
    return double_double.add(slopes[1:], double_double.negate(slopes[:-1]))


def _padded(slopes: double_double.Pair) -> double_double.Pair:
    return double_double.Pair(np.pad(slopes.high, 1), np.pad(slopes.low, 1))
