"""Symmetric positive definite band matrices: products and solutions; and banded systems of other kinds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Bands:
    """A matrix A of m diagonals on and above the main one.

    Parameters
    ----------
    upper : (m, size), LAPACK's upper form: upper[m - 1 + i - j, j] = A_ij for i ≤ j; the main diagonal positive
    """

    upper: FloatArray

    @cached_property
    def scale(self) -> FloatArray:
        """s_i = A_ii^(-1/2), as a column: s A s has a unit diagonal."""
        return np.asarray(1 / np.sqrt(self.upper[-1]))[:, None]

    @cached_property
    def scaled(self) -> FloatArray:
        """The diagonals of s A s."""
        above, scaled, s = self.upper.shape[0] - 1, np.zeros_like(self.upper), self.scale[:, 0]
        for k in range(self.upper.shape[0]):
            off = above - k
            scaled[k, off:] = self.upper[k, off:] * s[off:] * s[: s.size - off]
        return scaled

    @cached_property
    def factor(self) -> FloatArray:
        """The Cholesky factor of s A s."""
        from scipy.linalg import cholesky_banded

        if not np.isfinite(self.scaled).all():
            raise DataError("The integrals of zeta overflow float64: rescale x or zeta.")
        try:
            return np.asarray(cholesky_banded(self.scaled))
        except np.linalg.LinAlgError as error:
            raise DataError("zeta is zero in so many places that no function bends enough to meet the points.") from error

    def apply(self, vectors: FloatArray) -> FloatArray:
        """Return A v, (size, k)."""
        above = self.upper.shape[0] - 1
        found = self.upper[above][:, None] * vectors
        for off in range(1, min(above, vectors.shape[0] - 1) + 1):
            band = self.upper[above - off, off:][:, None]
            found[:-off] += band * vectors[off:]
            found[off:] += band * vectors[:-off]
        return np.asarray(found)

    def solve(self, right: FloatArray) -> FloatArray:
        """Return A⁻¹ e, refined once."""
        from scipy.linalg import cho_solve_banded

        if right.size == 0:
            return np.zeros_like(right)

        def once(e: FloatArray) -> FloatArray:
            return np.asarray(self.scale * cho_solve_banded((self.factor, False), self.scale * e, check_finite=False))

        found = once(right)
        return np.asarray(found + once(right - self.apply(found)))


class BandedSystem:
    """A square system of equations, put together entry by entry, that is solved by LU with pivoting in a band.

    Rows and columns are scaled to largest entries near 1 by powers of two, which changes no digit.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._rows: list[npt.NDArray[np.int64]] = []
        self._columns: list[npt.NDArray[np.int64]] = []
        self._entries: list[FloatArray] = []

    def add(self, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], entries: FloatArray) -> None:
        """Add entries, one a row and column; no place may be named twice."""
        self._rows.append(rows)
        self._columns.append(columns)
        self._entries.append(entries)

    def solve(self, right: FloatArray) -> FloatArray:
        """Return the solution for right-hand sides (size, k)."""
        from scipy.linalg import solve_banded

        i, j, a = np.concatenate(self._rows), np.concatenate(self._columns), np.concatenate(self._entries)
        by_row, by_column = _equilibrated(i, j, np.abs(a), self.size)
        reach = int(np.abs(i - j).max())
        band = np.zeros((2 * reach + 1, self.size))
        band[reach + i - j, j] = a * by_row[i] * by_column[j]
        return by_column[:, None] * np.asarray(solve_banded((reach, reach), band, by_row[:, None] * right, check_finite=False))


def _equilibrated(i: npt.NDArray[np.int64], j: npt.NDArray[np.int64], a: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Return powers of two for rows and columns (Ruiz's iteration: both by the roots of their largest entries)."""
    by_row, by_column = np.ones(size), np.ones(size)
    for _ in range(8):
        scaled = a * by_row[i] * by_column[j]
        rows, columns = np.zeros(size), np.zeros(size)
        np.maximum.at(rows, i, scaled)
        np.maximum.at(columns, j, scaled)
        by_row /= np.sqrt(rows)
        by_column /= np.sqrt(columns)
    return np.exp2(np.rint(np.log2(by_row))), np.exp2(np.rint(np.log2(by_column)))
