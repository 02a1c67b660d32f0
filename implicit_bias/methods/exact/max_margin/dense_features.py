"""Classification over any finite set of features: their values at the points as a dense matrix, and its normal equations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import blas, lapack

from implicit_bias.methods.exact.max_margin.cones import Scaling, dot
from implicit_bias.methods.exact.max_margin.operators import Labelled, Mask, OnLine
from implicit_bias.numerics.arrays import FloatArray, IntArray

NEIGHBOURS = 3
"""MarginPoints of other labels that a point pushes against at the start."""

BELOW = 0.5
"""Largest ‖η‖ of the multipliers at the start."""


@dataclass(frozen=True, eq=False)
class Scattered(Labelled):
    """MarginPoints of any dimension with the values of features at them.

    Attributes
    ----------
    columns : (n, m) Φ
    rows : (n, d+1) the points, to tell which are close
    labels, scales : as for all labelled points
    """

    columns: FloatArray
    rows: FloatArray
    labels: IntArray
    scales: FloatArray

    def values(self, weights: FloatArray) -> FloatArray:
        """Return F = Φ w."""
        return self.columns @ weights

    def certificate(self, alpha: FloatArray) -> FloatArray:
        """Return η = Φᵀ α."""
        return self.columns.T @ alpha

    def start(self) -> FloatArray:
        """Return the least weights that make the values 1 at each point's own class and 0 elsewhere, as far as features can."""
        return np.asarray(np.linalg.lstsq(self.columns, np.eye(self.k)[self.labels], rcond=None)[0], dtype=np.float64)

    def pushes(self, few: bool) -> FloatArray:
        """Return multipliers of close points against each other's label, whose certificate is below 1."""
        mu = np.zeros((self.n, self.k))
        for i in range(self.n):
            others = np.flatnonzero(self.labels != self.labels[i])
            away = np.linalg.norm(self.rows[others] - self.rows[i], axis=1)
            for near in np.argsort(away, kind="stable")[:NEIGHBOURS]:
                j, push = others[near], 1.0 / away[near]
                mu[i, self.labels[j]] += push
                mu[j, self.labels[i]] += push
        if not mu.any():  # one label only: against the classes that no point has
            mu[:, -1] = 1.0
        eta = self.certificate(self.adjoint(mu))
        return mu * (BELOW / float(np.sqrt(dot(eta, eta).max())))


@dataclass(frozen=True, eq=False)
class ScatteredLine(Scattered, OnLine):
    """MarginPoints of one input with features anywhere: their differences are known without cancellation.

    Attributes
    ----------
    x : (n,) float64, increasing
    kinks, slopes : (m,) of the features slope · [± (x - t)]₊; NaN and 0 for a constant
    """

    x: FloatArray
    kinks: FloatArray
    slopes: FloatArray

    def values(self, weights: FloatArray) -> FloatArray:
        """Return F = Φ w by long sums: F is of order 1 where weights are of order 1/gap."""
        return np.asarray(self.columns.astype(np.longdouble) @ weights.astype(np.longdouble), dtype=np.float64)

    def at(self, i: IntArray) -> FloatArray:
        """Return the features' values at some points."""
        rows: FloatArray = self.columns[i]
        return rows

    def between(self, before: IntArray, here: IntArray) -> FloatArray:
        """Return the features' divided differences."""
        first, last = self.x[before][:, None], self.x[here][:, None]
        step = last - first
        flat = self.slopes == 0
        kinks = np.where(flat, 0.0, self.kinks)
        parts = np.where(self.slopes > 0, np.clip((last - kinks) / step, 0, 1), np.clip((kinks - first) / step, 0, 1))
        return self.slopes * parts


class ScatteredDense:
    """H⁻¹ for H = B Φ P Φᵀ Bᵀ + R on the margins of a mask, by a dense Cholesky factorisation.

    Raises
    ------
    numpy.linalg.LinAlgError
        If rounding has made the matrix indefinite.
    """

    def __init__(self, points: Scattered, scaling: Scaling, ratio: FloatArray, mask: Mask) -> None:
        """Factor H for the scaling's P and R = ratio."""
        i, j = np.nonzero(mask)
        self._shape, self._where = mask.shape, (i, j)
        c, s = points.labels[i], points.scales
        gram: FloatArray = blas.dsyrk(1.0, points.columns * np.sqrt(scaling.square), lower=1)
        gram += np.tril(gram, -1).T
        alike = (c[:, None] == c) - s[j] * (c[:, None] == j) - s[j][:, None] * (j[:, None] == c)
        alike += np.where(j[:, None] == j, s[j] * s[j][:, None], 0.0)
        h = gram[np.ix_(i, i)] * alike
        axis = scaling.axis * np.sqrt(2 * scaling.square)[:, None]
        radial = (axis[:, c] - s[j] * axis[:, j]).T * points.columns[i]
        h[np.diag_indices_from(h)] += ratio[i, j]
        self._scale = 1 / np.sqrt(np.diagonal(h) + dot(radial, radial))
        h *= self._scale[:, None]
        h *= self._scale
        h = blas.dsyrk(1.0, (radial * self._scale[:, None]).T, trans=1, beta=1.0, c=np.asfortranarray(h), lower=1, overwrite_c=1)
        self._factor, info = lapack.dpotrf(h, lower=1, clean=0, overwrite_a=1)
        if info:
            raise np.linalg.LinAlgError("The normal equations are not positive definite.")

    def solve(self, right: FloatArray) -> FloatArray:
        """Return H⁻¹ r for r of shape (n, k)."""
        solved = lapack.dpotrs(self._factor, self._scale * right[self._where], lower=1)[0] * self._scale
        out = np.zeros(self._shape)
        out[self._where] = solved
        return out
