"""Activations that are homogeneous of degree k: weighted splines of order m = k + 1 on a line (Corollary 3).

For φ(z) = z₊ᵏ/k!, a Green's function of the derivative of order m, the implicit bias is

minimise  ∫ (g⁽ᵐ⁾)²/ζ,    ζ(x) = E[|W|²ᵏ | C = x] p_C(x) = ∫ |W|²ᵏ⁺¹ p_{W,B}(W, -W x) dW,

through the data or near it, with a polynomial of degree k that costs nothing. With the B-splines N_j of order m on the knots
x_j, …, x_{j+m}, which add up to 1, the solution has g⁽ᵐ⁾ = ζ Σ c_j N_j, and the conditions that g passes through the data are

A c = D y,   A_ij = ∫ ζ N_i N_j,   (D y)_j = (m - 1)! ([x_{j+1}, …, x_{j+m}] y - [x_j, …, x_{j+m-1}] y),

banded and positive definite, and well conditioned for every spacing of the data. k = 1 is the curvature spline, k = 0 is
that of a Heaviside activation. Outside the data g is a polynomial of degree k.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError, OptionError
from implicit_bias.numerics.arrays import FloatArray, chunks
from implicit_bias.numerics.banded import Bands
from implicit_bias.numerics.divided_differences import Chain
from implicit_bias.problems.splines.curvature import EarlyStopping
from implicit_bias.problems.splines.quadratic import RoughnessProblem
from implicit_bias.zetas.function import as_zeta
from implicit_bias.zetas.panels import Panels
from implicit_bias.zetas.zeta import ConstantZeta, Zeta, shifted

LARGEST_DEGREE = 6
"""Divided differences of higher order leave float64 nothing."""


@dataclass(frozen=True, eq=False, repr=False)
class HomogeneousSplineProblem(RoughnessProblem):
    """Interpolate, or smooth, with the least ∫ (g⁽ᵏ⁺¹⁾)²/ζ, where k is the degree of homogeneity of the activation.

    Parameters
    ----------
    x : (n,) array-like, at least k + 1 different points
    y : (n,) or (n, k) array-like
    degree : k, from 0 to 6
    zeta : a :class:`~implicit_bias.zetas.zeta.Zeta`, or a function of x
    smoothing, counts, constant : see :class:`~implicit_bias.problems.splines.quadratic.RoughnessProblem`

    Raises
    ------
    DataError, OptionError
    """

    degree: int = 1
    zeta: Zeta = field(default_factory=ConstantZeta)

    if TYPE_CHECKING:  # arrays come in as anything that NumPy takes

        def __init__(
            self,
            x: npt.ArrayLike,
            y: npt.ArrayLike,
            degree: int = 1,
            zeta: Zeta | Callable[[FloatArray], npt.ArrayLike] = ...,
            *,
            smoothing: float | EarlyStopping | None = None,
            counts: npt.ArrayLike | None = None,
            constant: float = 0.0,
        ) -> None: ...

    def __post_init__(self) -> None:
        whole = isinstance(self.degree, (int, np.integer)) and not isinstance(self.degree, bool)
        if not (whole and 0 <= self.degree <= LARGEST_DEGREE):
            raise OptionError(f"degree must be a whole number from 0 to {LARGEST_DEGREE}, not {self.degree!r}.")
        object.__setattr__(self, "zeta", as_zeta(self.zeta))
        super().__post_init__()
        if self.x.ndim != 1:
            raise DataError(f"x must have one dimension, not shape {self.x.shape}; SeveralInputsProblem is for several inputs.")
        if self.x.size < max(2, self.order):
            raise DataError(f"At least {max(2, self.order)} different points are needed for degree {self.degree}, not {self.x.size}.")

    def __repr__(self) -> str:
        return f"HomogeneousSplineProblem(n={self.x.size}, degree={self.degree}, zeta={self.zeta!r}, smoothing={self.smoothing})"

    @property
    def kind(self) -> str:
        """The word for this problem in tables and JSON."""
        return "homogeneous-spline"

    @property
    def order(self) -> int:
        """The order of the derivative that is penalised, m = k + 1."""
        return int(self.degree) + 1

    @property
    def notes(self) -> str:
        """What the user should know of how this is solved."""
        return f"Splines of order {self.order}: a banded system."

    @cached_property
    def origin(self) -> float:
        """Where places are counted from: 0, or a point of data that are further from 0 than they are wide.

        Seconds since 1970 leave a quadrature node one digit in ten million; counted from one of them it has all sixteen.
        """
        lo, hi = float(self.x[0]), float(self.x[-1])
        return float(self.x[self.x.size // 2]) if min(abs(lo), abs(hi)) > hi - lo and lo * hi > 0 else 0.0

    @cached_property
    def places(self) -> FloatArray:
        """The points counted from :attr:`origin`, (n,)."""
        return self.x - self.origin

    @cached_property
    def panels(self) -> Panels:
        """The gaps of the data, cut where ζ would not be resolved by quadrature."""
        return Panels.of(self.places, shifted(self.zeta, self.origin))

    @cached_property
    def band(self) -> Bands:
        """A, and its factors."""
        n, m = self.x.size, self.order
        upper = np.zeros((m, n - m))
        for part in chunks(len(self.panels), 1 << 12):
            gap, nodes, mass = self.panels.gaps[part], *self.panels.rule(part)
            splines = local_splines(self.places, m, gap[:, None], nodes)
            for r in range(m):
                for s in range(r, m):
                    first = gap - (m - 1) + r  # which spline it is
                    products = (mass * splines[r] * splines[s]).sum(axis=1)
                    inside = (first >= 0) & (first + s - r < n - m)
                    upper[m - 1 - (s - r)] += np.bincount((first + s - r)[inside], products[inside], n - m)
        flat = np.flatnonzero(~(upper[-1] > 0))
        if flat.size:
            lo, hi = self.x[flat[0]], self.x[flat[0] + m]
            raise DataError(f"zeta is zero between x = {lo:.6g} and {hi:.6g}: g cannot bend there to meet the {m + 1} points.")
        return Bands(upper[max(0, min(m - 1, 2 * m - n)) :])  # few splines have few diagonals

    @cached_property
    def chain(self) -> Chain:
        """D, its transpose and their inverses."""
        assert self.counts is not None
        return Chain(self.places, self.order, self.counts)

    def differences(self, values: FloatArray) -> FloatArray:
        """Return D v."""
        return self.chain.differences(values)

    def spread(self, coefficients: FloatArray) -> FloatArray:
        """Return Dᵀ c."""
        return self.chain.spread(coefficients)

    def lift(self, differences: FloatArray) -> FloatArray:
        """Return v with D v = e."""
        return self.chain.lift(differences)

    def unspread(self, values: FloatArray) -> FloatArray:
        """Return c with Dᵀ c = f."""
        return self.chain.unspread(values)

    def detrended(self, values: FloatArray) -> FloatArray:
        """Return values less their fit by polynomials of degree k."""
        return self.chain.detrended(values)

    def apply(self, coefficients: FloatArray) -> FloatArray:
        """Return A c."""
        return self.band.apply(coefficients)

    def unapply(self, differences: FloatArray) -> FloatArray:
        """Return A⁻¹ e."""
        return self.band.solve(differences)

    def smoothed(self) -> tuple[FloatArray, FloatArray]:
        """Solve W r = λ Dᵀ c, A c = D (y - r) for c and r together."""
        return self.chain.smoothed(self.columns, self.band, self.smoothing or 0.0)

    def heights(self, differences: FloatArray) -> FloatArray:
        """Return by how much the one value in x_j, …, x_{j+m} that decides most would have to change."""
        return np.asarray(differences / np.abs(self.chain.stencils).max(axis=0)[:, None])

    def evaluate(self, x: npt.ArrayLike, values: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Return g(x), x of any shape, followed by an axis of outputs.

        g is the polynomial through the m nearest data, plus its remainder ω(x)/m! ∫ M g⁽ᵐ⁾, where M is the B-spline of
        integral 1 on these data and x: nothing is accumulated from far away.
        """
        at = np.asarray(x, dtype=np.float64)
        flat, found = at.ravel() - self.origin, np.empty((at.size, values.shape[1]))
        for part in chunks(flat.size, 1 << 12):
            found[part] = self._evaluate(flat[part], values, coefficients)
        return found.reshape(*at.shape, values.shape[1])

    def _evaluate(self, at: FloatArray, values: FloatArray, coefficients: FloatArray) -> FloatArray:
        n, m = self.places.size, self.order
        gap = np.clip(np.searchsorted(self.places, at, "right") - 1, 0, n - 2)
        first = np.clip(gap - (m - 1) // 2, 0, n - m)
        stencil = first[:, None] + np.arange(m)
        away = at[:, None] - self.places[stencil]
        found = np.zeros((at.size, values.shape[1]))
        for s in range(m):
            others = [r for r in range(m) if r != s]
            lagrange = np.prod(away[:, others], axis=1) / np.prod(self.places[stencil[:, [s]]] - self.places[stencil[:, others]], axis=1)
            found += lagrange[:, None] * values[stencil[:, s]]
        knots = np.sort(np.concatenate([self.places[stencil], at[:, None]], axis=1), axis=1)
        # with M = m N / (t_m - t_0) the factor is ω/((m - 1)! (t_m - t_0)), and N does not see the scale of its knots
        length = knots[:, -1] - knots[:, 0]
        factor = np.divide(np.prod(away, axis=1), length, out=np.zeros_like(length), where=length > 0) / math.factorial(m - 1)
        return np.asarray(found + factor[:, None] * self._remainder(at, knots, coefficients))

    def _remainder(self, at: FloatArray, knots: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Return ∫ N g⁽ᵐ⁾ for the B-splines N on the rows of knots, each of which has x among them."""
        total = np.zeros((at.size, coefficients.shape[1]))
        edges = self.panels.edges
        panel = np.maximum(np.searchsorted(edges, knots[:, 0], "right") - 1, 0)
        last = np.minimum(np.searchsorted(edges, knots[:, -1], "left"), len(self.panels)) - 1
        rows = np.flatnonzero(panel <= last)
        while rows.size:
            for nodes, mass in self.panels.halves(panel[rows], at[rows], knots[rows]):
                gap = self.panels.gaps[panel[rows]]
                bends = self._combined(gap, nodes, coefficients)
                total[rows] += np.einsum("iq,iqk->ik", mass * one_spline(knots[rows], nodes), bends)
            panel[rows] += 1
            rows = rows[panel[rows] <= last[rows]]
        return total

    def _combined(self, gap: Any, nodes: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Return Σ c_j N_j at nodes (e, q) in the given gaps, (e, q, k)."""
        m, count = self.order, coefficients.shape[0]
        total = np.zeros((*nodes.shape, coefficients.shape[1]))
        for r, spline in enumerate(local_splines(self.places, m, gap[:, None], nodes)):
            j = gap - (m - 1) + r
            inside = (j >= 0) & (j < count)
            chosen = np.where(inside[:, None], coefficients[np.clip(j, 0, max(count - 1, 0))] if count else 0.0, 0.0)
            total += spline[:, :, None] * chosen[:, None, :]
        return total

    def leading(self, x: npt.ArrayLike, coefficients: FloatArray) -> FloatArray:
        """Return the derivative of order m, ζ Σ c_j N_j, at x of any shape, followed by an axis of outputs; 0 outside the data."""
        at = np.asarray(x, dtype=np.float64)
        flat = at.reshape(-1, 1)
        gap = np.clip(np.searchsorted(self.x, flat[:, 0], "right") - 1, 0, self.x.size - 2)
        inside = (flat >= self.x[0]) & (flat <= self.x[-1])
        found = (np.where(inside, self.zeta(flat), 0.0)[:, :, None] * self._combined(gap, flat - self.origin, coefficients))[:, 0]
        return np.asarray(found.reshape(*at.shape, coefficients.shape[1]))


def local_splines(x: FloatArray, m: int, gap: Any, at: FloatArray) -> list[FloatArray]:
    """Return the m B-splines of order m that live on gaps, at points in them: N_{gap-m+1}, …, N_gap (de Boor's recursion).

    Beyond the data the knots go on at the spacing of the last gap; splines that need those are of no use.
    """
    ahead = np.arange(1, m + 1)
    knots = np.concatenate([x[0] - ahead[::-1] * (x[1] - x[0]), x, x[-1] + ahead * (x[-1] - x[-2])])
    here = gap + m  # the index of the gap's left end among these
    splines = [np.ones(at.shape)]
    for order in range(1, m):
        raised = [np.zeros(at.shape) for _ in range(order + 1)]
        for r, spline in enumerate(splines):
            left, right = knots[here - order + 1 + r], knots[here + 1 + r]
            share = spline / (right - left)
            raised[r] += (right - at) * share
            raised[r + 1] += (at - left) * share
        splines = raised
    return splines


def one_spline(knots: FloatArray, at: FloatArray) -> FloatArray:
    """Return the B-spline on each row of m + 1 knots, at points (e, q) strictly inside one interval of that row's knots."""
    m = knots.shape[1] - 1
    splines = [((knots[:, [i]] <= at) & (at < knots[:, [i + 1]])).astype(np.float64) for i in range(m)]
    for order in range(1, m):
        splines = [
            _share(at - knots[:, [i]], knots[:, [i + order]] - knots[:, [i]]) * splines[i]
            + _share(knots[:, [i + order + 1]] - at, knots[:, [i + order + 1]] - knots[:, [i + 1]]) * splines[i + 1]
            for i in range(m - order)
        ]
    return splines[0]


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part / whole, and 0 where knots coincide."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
