"""Normal equations solved by a dense Cholesky factorisation on the margins in use, in O(m³ + n m²)."""

from __future__ import annotations

import numpy as np
from scipy.linalg import blas, lapack

from implicit_bias.methods.exact.max_margin.cones import Scaling, dot
from implicit_bias.methods.exact.max_margin.operators import Mask, OnLine
from implicit_bias.numerics.arrays import FloatArray


class Dense:
    """H⁻¹ for H = B Φ P Φᵀ Bᵀ + R on the margins of a mask, by a Cholesky factorisation of T H Tᵀ.

    T replaces a nearly tight margin by its divided difference with the nearly tight margin of the same two classes at the closest
    earlier point. Without it, points 1e-6 apart make rows that are equal to twelve digits.

    Raises
    ------
    numpy.linalg.LinAlgError
        If rounding has made the matrix indefinite.
    """

    def __init__(self, points: OnLine, scaling: Scaling, ratio: FloatArray, mask: Mask) -> None:
        """Factor H for the scaling's P and R = ratio."""
        self._shape = mask.shape
        i, j = np.nonzero(mask)
        self._where, ratio, c = (i, j), ratio[i, j], points.labels[i]
        rows = points.at(i)
        self._pair_up(points, ratio < (rows**2) @ scaling.square)
        rows[self._child] = points.between(i[self._parent], i[self._child])
        classes = np.zeros((i.size, points.k))
        classes[np.arange(i.size), c] = self._sign
        classes[np.arange(i.size), j] = -self._sign * points.scales[j]
        h: FloatArray = blas.dsyrk(1.0, (rows * np.sqrt(scaling.square)).T, trans=1, lower=1)
        h *= classes @ classes.T
        radial = (classes @ (scaling.axis.T * np.sqrt(2 * scaling.square))) * rows
        self._add_diagonal(h, ratio)
        self._scale = 1 / np.sqrt(np.diagonal(h) + dot(radial, radial))
        h *= self._scale[:, None]
        h *= self._scale
        h = blas.dsyrk(1.0, (radial * self._scale[:, None]).T, beta=1.0, c=h, trans=1, lower=1, overwrite_c=1)
        self._factor, info = lapack.dpotrf(h, lower=1, clean=0, overwrite_a=1)
        if info:
            raise np.linalg.LinAlgError("The normal equations are not positive definite.")

    def _pair_up(self, points: OnLine, tight: Mask) -> None:
        """Find the parents of nearly tight margins, and the signs that make margins of two classes alike."""
        i, j = self._where
        c = points.labels[i]
        self._sign = np.where(c < j, 1.0, -1.0)
        pair = np.minimum(c, j) * points.k + np.maximum(c, j)
        at = np.flatnonzero(tight)
        at = at[np.lexsort((i[at], pair[at]))]
        same = (pair[at[1:]] == pair[at[:-1]]) & (points.x[i[at[1:]]] > points.x[i[at[:-1]]])
        self._child, self._parent = at[1:][same], at[:-1][same]
        self._step = points.x[i[self._child]] - points.x[i[self._parent]]

    def _add_diagonal(self, h: FloatArray, ratio: FloatArray) -> None:
        """Add T R Tᵀ to the lower triangle."""
        child, parent, inverse = self._child, self._parent, 1 / self._step
        factor = np.ones(ratio.size)
        factor[child] = inverse
        diagonal = np.einsum("ii->i", h)
        diagonal += ratio * factor**2
        diagonal[child] += ratio[parent] * inverse**2
        np.add.at(h, (np.maximum(child, parent), np.minimum(child, parent)), -ratio[parent] * factor[parent] * inverse)

    def solve(self, right: FloatArray) -> FloatArray:
        """Return H⁻¹ r for r of shape (n, k)."""
        r = self._sign * right[self._where]
        t = r.copy()
        t[self._child] = (r[self._child] - r[self._parent]) / self._step
        y: FloatArray = lapack.dpotrs(self._factor, self._scale * t, lower=1)[0] * self._scale
        moved = y[self._child] / self._step
        y[self._child] = moved
        np.subtract.at(y, self._parent, moved)
        out = np.zeros(self._shape)
        out[self._where] = self._sign * y
        return out
