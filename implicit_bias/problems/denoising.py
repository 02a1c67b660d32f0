"""Total-variation denoising of second order: squared loss, unit weight, kinks anywhere on the line, and a free affine part.

    minimise  ½ Σ c_i (f(x_i) - y_i)² + λ ∫ d|f''|                   over all continuous f whose slope has bounded variation
    maximise  Σ α_i y_i - ½ Σ α_i² / c_i   subject to   |η| ≤ λ,     η(t) = Σ α_i [x_i - t]₊,   Σ α_i = Σ α_i x_i = 0

c_i is the number of rows at x_i, y_i their mean: rows (x, y_1), …, (x, y_c) weigh ½ c (f(x) - mean)² and a constant. η is linear
between points, so that |η| ≤ λ has to be asked at points only, and an optimum has its kinks there.

References
----------
E. Mammen, S. van de Geer, Locally adaptive regression splines, Ann. Statist. 25 (1997).
S.-J. Kim, K. Koh, S. Boyd, D. Gorinevsky, l1 trend filtering, SIAM Review 51 (2009).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from implicit_bias.certificates.certificate import ArcCertificate, Certificate, LineCertificate
from implicit_bias.data.rows import gathered
from implicit_bias.errors import DataError, OptionError
from implicit_bias.fits.losses import Squared
from implicit_bias.measures import AnyMeasure, Measure, on_line
from implicit_bias.measures.circle import Arcs
from implicit_bias.numerics import double_double, tolerances
from implicit_bias.numerics.arrays import CLOSEST, LARGEST, FloatArray, as_floats, freeze, frozen
from implicit_bias.numerics.checks import check_positive
from implicit_bias.problems.base import OverMeasures

if TYPE_CHECKING:
    from implicit_bias.problems.splines.curvature import Smoothing

_LEGAL_PASSES = 3
"""Each pass leaves Σ α and Σ α x rounded at what it subtracted: three leave 32 digits of the sums."""


@dataclass(frozen=True, eq=False)
class DenoisingCertificate(ArcCertificate):
    """A certificate η, held against λ, with the two numbers that the dual value of c η needs: c · paired - ½ c² · size.

    Attributes
    ----------
    paired : Σ α_i y_i
    size : Σ α_i² / c_i
    bound : λ
    """

    paired: float = 0.0
    size: float = 0.0
    bound: float = 1.0

    @cached_property
    def peak(self) -> float:
        """The supremum of |η| / λ over every kink of the line: η is linear between points, and 0 beyond them."""
        return float(np.abs(self.line.rising).max()) / self.bound

    def worth(self, multiple: float) -> float:
        """Return the dual value of a multiple of the certificate, without the constant of repeated rows."""
        return multiple * (self.paired - multiple * self.size / 2)


@dataclass(frozen=True, eq=False, repr=False)
class DenoisingProblem(OverMeasures):
    """Fit values at the least ½ Σ c_i (f(x_i) - y_i)² + λ ∫ d|f''|; a x + b costs nothing.

    Attributes
    ----------
    x : (n,) float64, strictly increasing
    fit : Squared, the targets (n,): means of the rows at each x
    regularization : λ > 0, in units of y times x
    counts : (n,) float64, how many rows there are at each x; 1 if none are given
    constant : ½ Σ (y - mean)² over the rows at equal x, a part of every objective
    merged : how many rows the data had besides these
    """

    noun = "total-variation denoising"
    weight = "unit"
    affine = "free"
    norm = 2
    cone = "QP"
    interpolates = False

    x: FloatArray
    fit: Squared
    regularization: float
    counts: FloatArray | None = None
    constant: float = 0.0
    merged: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        x = as_floats(self.x, "x")
        if x.size < 1 or not (x[1:] > x[:-1]).all():
            raise DataError("x must be strictly increasing with at least one point; DenoisingProblem.of_rows sorts and merges.")
        if self.fit.shape != x.shape:
            raise DataError(f"There are {x.size} points, but the fit is of shape {self.fit.shape}: one output a point is needed.")
        counts = np.ones(x.size) if self.counts is None else as_floats(self.counts, "counts", x.shape)
        if not (counts > 0).all():
            raise DataError("counts must be positive.")
        object.__setattr__(self, "x", frozen(x))
        object.__setattr__(self, "counts", frozen(counts))
        object.__setattr__(self, "regularization", check_positive("regularization", self.regularization))
        _check_scale(x, self.fit.y, self.level)

    @classmethod
    def of_rows(cls, x: npt.ArrayLike, y: npt.ArrayLike, regularization: float) -> DenoisingProblem:
        """State the problem for rows in any order; rows of equal x count as many times as they occur, whatever their y."""
        xs = as_floats(x, "x")
        ys = as_floats(y, "y", xs.shape)
        if xs.size == 0:
            raise DataError("At least one point is needed.")
        rows = gathered(xs, ys)
        return cls(rows.x, Squared(rows.means), regularization, rows.counts, rows.squares / 2, merged=rows.merged)

    def with_regularization(self, regularization: Smoothing) -> DenoisingProblem:
        """Return the problem with another λ."""
        return replace(self, regularization=check_positive("regularization", regularization))

    def __repr__(self) -> str:
        return f"DenoisingProblem(n={len(self)}, regularization={self.regularization:.9g})"

    @property
    def rows(self) -> FloatArray:
        """The counts, (n,)."""
        assert self.counts is not None  # made in __post_init__
        return self.counts

    @property
    def cost_scale(self) -> float:
        """The objective of targets of that size: that of the zero function, or of a kink through them."""
        return min(self.scale**2 / 2, self.regularization * self.scale / (self.x_unit * float(np.ptp(self.nodes)) or 1.0))

    @cached_property
    def x_unit(self) -> float:
        """A power of two near the range of x, by which x is divided."""
        return _power(float(self.x[-1] - self.x[0]))

    @cached_property
    def y_unit(self) -> float:
        """A power of two near the largest target, by which targets are divided."""
        return _power(float(np.abs(self.y).max()))

    @cached_property
    def nodes(self) -> FloatArray:
        """Points in units of ``x_unit``, (n,)."""
        return freeze(self.x / self.x_unit)

    @cached_property
    def values(self) -> FloatArray:
        """Targets in units of ``y_unit``, (n,)."""
        return freeze(self.y / self.y_unit)

    @property
    def level(self) -> float:
        """λ in those units."""
        return self.regularization / self.x_unit / self.y_unit

    @cached_property
    def arcs(self) -> Arcs:
        """The points; a single one gets a neighbour, for η = 0 to be a function on a line."""
        x = self.x
        return Arcs.unit(x if x.size > 1 else np.array([x[0], x[0] + max(1.0, abs(x[0]))]))

    @cached_property
    def resolution(self) -> float:
        """64 ε L / (smallest gap): weights and α are second differences, rounded at the scale of the closest points."""
        return tolerances.ATOMS * float(self.x[-1] - self.x[0]) / self.smallest_gap if len(self) > 1 else tolerances.ATOMS

    def admissible(self, measure: AnyMeasure) -> Measure:
        """Return the same function with its constant as part of the free affine part."""
        measure = on_line(measure)
        if not measure.constant:
            return measure
        slope, intercept = measure.affine or (0.0, 0.0)
        return replace(measure, constant=0.0, affine=(slope, intercept + float(measure.constant)))

    def predicted_kinks(self) -> FloatArray:
        """Return the inner points: an optimum has its kinks among them."""
        return self.x[1:-1]

    def pruned(self, measure: AnyMeasure, tolerance: float) -> Measure:
        """Drop atoms of at most ``tolerance`` × the largest weight."""
        measure = on_line(measure)
        return measure.prune(tolerance)

    def cost(self, measure: AnyMeasure) -> float:
        """Return ∫ d|f''| of the measure: the sum of its weights' sizes."""
        measure = on_line(measure)
        with np.errstate(over="ignore"):
            return float(np.abs(measure.weights).sum())

    def misfit(self, measure: AnyMeasure) -> float:
        """Return ½ Σ (f(x_i) - y_i)² over all rows, from residuals as if in twice the precision."""
        measure = on_line(measure)
        residuals = double_double.add(measure.pair(self.x), double_double.of(-self.y)).high / self.y_unit
        with np.errstate(over="ignore"):
            return float(np.float64((self.rows * residuals**2).sum() / 2) * self.y_unit * self.y_unit) + self.constant

    def objective(self, measure: AnyMeasure) -> float:
        """Return the loss and λ times the cost."""
        return self.misfit(measure) + self.regularization * self.cost(measure)

    def violation(self, measure: AnyMeasure) -> float:
        """Return 0: every function is allowed."""
        return 0.0

    def repaired_cost(self, measure: AnyMeasure) -> float:
        """Return the objective: every function is feasible."""
        return self.objective(measure)

    def project_dual(self, dual: npt.ArrayLike) -> double_double.Pair:
        """Return the α nearest to the given one, in Σ α²/c and units of y, with Σ α = Σ α x = 0, to about 30 digits."""
        alpha, rows = double_double.of(as_floats(dual, "dual", self.fit.shape) / self.y_unit), self.rows
        away = double_double.two_sum(self.nodes, np.full(1, -float(np.average(self.nodes, weights=rows))))
        spread = float((rows * away.high**2).sum()) or 1.0
        for _ in range(_LEGAL_PASSES):
            level = double_double.total(alpha).high / rows.sum()
            slope = double_double.total(double_double.multiply(alpha, away)).high / spread
            alpha = double_double.add(alpha, double_double.of(-rows * (level + slope * away.high)))
        return alpha

    def certificate(self, dual: npt.ArrayLike) -> DenoisingCertificate:
        """Return η of the dual variables of finite value nearest to α, with its exact supremum over λ.

        Values at the points are running sums of its slopes, which are running sums of α; both as if in twice the precision.
        """
        alpha, n = self.project_dual(dual), len(self)
        eta = np.zeros(max(n, 2))
        if n > 2:
            slopes, widths = double_double.cumulative(alpha)[:-1], double_double.two_sum(self.nodes[1:], -self.nodes[:-1])
            eta[1:-1] = double_double.cumulative(double_double.multiply(slopes, widths)).high[:-1] * (self.x_unit * self.y_unit)
        line = LineCertificate(self.arcs.x, freeze(eta), 0.0, 0.0, (float(self.arcs.x[0]), float(self.arcs.x[-1])))
        paired = float(double_double.total(double_double.multiply(alpha, double_double.of(self.values))).high[0])
        size = float((alpha.high**2 / self.rows).sum())
        squared = self.y_unit * self.y_unit
        return DenoisingCertificate(line, self.arcs, True, paired=paired * squared, size=size * squared, bound=self.regularization)

    def dual_value(self, certificate: Certificate, dual: FloatArray | None) -> float:
        """Return Σ α y - ½ Σ α²/c of the projected α, and the constant of repeated rows."""
        return self._numbers(certificate, dual).worth(1.0) + self.constant

    def lower_bound(self, certificate: Certificate, dual: FloatArray | None) -> float:
        """Return the dual value at the best multiple c of α that is feasible: clip(Σ α y / (Σ α²/c), 0, 1 / peak)."""
        eta = self._numbers(certificate, dual)
        most = 1.0 / eta.peak if eta.peak > 0 else np.inf
        best = eta.paired / eta.size if eta.size > 0 else 0.0
        return eta.worth(min(max(best, 0.0), most)) + self.constant

    def _numbers(self, certificate: Certificate, dual: FloatArray | None) -> DenoisingCertificate:
        if isinstance(certificate, DenoisingCertificate):
            return certificate
        if dual is None:
            raise OptionError("The dual value of a regularized problem needs its dual variables.")
        return self.certificate(dual)


def _power(size: float) -> float:
    """Return the power of two just above a size, or 1 for 0."""
    return float(np.ldexp(1.0, int(np.frexp(size)[1]))) if size > 0 else 1.0


def _check_scale(x: FloatArray, y: FloatArray, level: float) -> None:
    """Refuse magnitudes that products of x, y and λ in float64 do not bear."""
    size, height, length = float(np.abs(x).max()), float(np.abs(y).max()), float(x[-1] - x[0])
    if size > LARGEST or (x.size > 1 and length < 1 / LARGEST):
        raise DataError(f"x spans [{x[0]:.6g}, {x[-1]:.6g}]; magnitudes in [{1 / LARGEST:g}, {LARGEST:g}] work. Rescale x.")
    if x.size > 1 and np.diff(x).min() < CLOSEST * length:
        raise DataError(f"x has points only {np.diff(x).min():.3g} apart; gaps down to {CLOSEST:g} of the range work. Merge them.")
    if height > LARGEST or 0 < height < 1 / LARGEST:
        raise DataError(f"y has magnitude {height:.6g}; only {1 / LARGEST:g} to {LARGEST:g} work. Rescale y.")
    if not 1 / LARGEST <= level <= LARGEST:
        raise OptionError(f"regularization is {level:.3g} times the range of x times the size of y: beyond what can be computed with.")
