"""Scalar regression with kinks anywhere on the line: on the sphere, or with a free affine part."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from implicit_bias.certificates.certificate import ArcCertificate, Certificate
from implicit_bias.errors import DataError, OptionError
from implicit_bias.fits import Values
from implicit_bias.measures import FALLING, RISING, AnyMeasure, Measure, on_line
from implicit_bias.measures.circle import Arcs, BentInterpolant, Shares
from implicit_bias.measures.node_values import SplitInterpolant, slope_changes, true_kinks
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.arrays import FloatArray, as_floats, binary_unit, freeze, in_units
from implicit_bias.problems.on_line import Interpolation, increasing, interpolant_kinks

SPHERE: Final = "sphere"
UNIT: Final = "unit"
FREE: Final = "free"
PENALIZED: Final = "penalized"


@dataclass(frozen=True, eq=False, repr=False)
class WholeLineProblem(Interpolation):
    """Interpolate with the least cost ∫ w d|μ| of a measure whose kinks may lie anywhere on the line.

    On the sphere w(t) = sqrt(1 + t²), the norm of a unit's inner weights (1, -t), and the constants ±1, the poles, cost 1: problem
    (4) of Stewart et al. With a free affine part, a x + b costs nothing (Boursier and Flammarion; with unit weight Hanin, Debarre).

    Attributes
    ----------
    x : (n,) float64, strictly increasing
    fit : the targets, (n,)
    weight : "sphere" or "unit"
    affine : "penalized" or "free"; unit weight has no optimum on the whole line unless it is free
    merged : how many repeated rows the data had
    """

    noun = "interpolation with kinks on the whole line"
    cone = "LP"

    x: FloatArray
    fit: Values
    weight: str
    affine: str
    merged: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", increasing(self.x))
        self.check_shape()
        if self.weight not in (SPHERE, UNIT) or self.affine not in (FREE, PENALIZED):
            raise OptionError(
                f"weight must be 'sphere' or 'unit' and affine 'free' or 'penalized', not {self.weight!r} and {self.affine!r}."
            )
        if (self.weight, self.affine) == (UNIT, PENALIZED):
            raise OptionError("With unit weight and kinks over the whole line the problem is degenerate unless affine is 'free'.")

    def __repr__(self) -> str:
        return f"WholeLineProblem({self.kind}, n={len(self)}, weight={self.weight!r}, affine={self.affine!r})"

    @cached_property
    def arcs(self) -> Arcs:
        """The points seen through the weight."""
        return Arcs.sphere(self.x) if self.weight == SPHERE else Arcs.unit(self.x)

    @cached_property
    def y_unit(self) -> float:
        """A power of two by which targets are divided so that nothing overflows."""
        return binary_unit(self.y)

    @cached_property
    def values(self) -> FloatArray:
        """Targets in units of ``y_unit``, (n,)."""
        return in_units(self.y, self.y_unit)

    @cached_property
    def changes(self) -> FloatArray:
        """Slope changes of the interpolant in those units, (n-2,); all 0 if none exceeds the rounding of its slopes: y is affine."""
        changes = slope_changes(self.x, self.values)
        return freeze(changes if true_kinks(self.x, self.values, changes).any() else np.zeros_like(changes))

    @cached_property
    def bends(self) -> FloatArray:
        """What kinks at the interior points would cost, with the signs of the slope changes, (n-2,)."""
        with np.errstate(over="ignore"):
            bends = self.changes * self.arcs.sizes[1:-1]
        if not np.isfinite(bends).all():
            raise DataError("The cost overflows float64: rescale x or y.")
        return freeze(bends)

    @property
    def cost_scale(self) -> float:
        """The cost of a function of that size: a feature of cost 1 is at most ``arcs.reach`` times a point's weight there."""
        return float((np.abs(self.y) / self.arcs.sizes).max() or 1.0) / (self.arcs.reach if self.free else 1.0)

    def admissible(self, measure: AnyMeasure) -> Measure:
        """Return a measure of this problem's features with the same function on the data's range.

        A constant becomes part of a free affine part. A penalised affine part is made of the cheapest features that are affine on the
        data: one with its kink beyond them, a constant, or those with kinks at both ends.
        """
        measure = on_line(measure)
        if self.free:
            if not measure.constant:
                return measure
            slope, intercept = measure.affine or (0.0, 0.0)
            return replace(measure, constant=0.0, affine=(slope, intercept + float(measure.constant)))
        if measure.affine is None:
            return measure
        return replace(measure, affine=None).plus(self.affine_measure(*measure.affine))

    def affine_measure(self, slope: float, intercept: float) -> Measure:
        """Return the cheapest measure that is slope · x + intercept on the data's range."""
        first, last = float(self.x[0]), float(self.x[-1])
        left, right = slope * first + intercept, slope * last + intercept
        if left * right <= 0:
            ends = np.array([right, left]) / (last - first)
            return Measure(np.array([first, last]), np.array([RISING, FALLING]), ends).merge()
        if abs(slope) * max(abs(first), abs(last), 1.0) <= tolerances.EPS / 2 * abs(intercept):
            return replace(Measure.zero(), constant=intercept)
        kink = -intercept / slope
        facing = RISING if kink <= (first + last) / 2 else FALLING
        kink = min(kink, first) if facing == RISING else max(kink, last)
        return Measure(np.array([kink]), np.array([facing]), np.array([slope * facing]))

    def cost(self, measure: AnyMeasure) -> float:
        """Return ∫ w d|μ| of the measure, kinks beyond the data included, rewritten in this problem's features."""
        measure = on_line(measure)
        inside = self.admissible(measure)
        with np.errstate(over="ignore"):
            return float((np.abs(inside.weights) * self.arcs.weight(inside.kinks)).sum()) + abs(float(inside.constant))

    def pruned(self, measure: AnyMeasure, tolerance: float) -> Measure:
        """Drop atoms that cost at most ``tolerance`` × the dearest one."""
        measure = on_line(measure)
        costs = np.abs(measure.weights) * self.arcs.weight(measure.kinks)
        kept = measure.where(costs > tolerance * costs.max(initial=0.0))
        return replace(kept, constant=measure.constant, affine=measure.affine)

    def violation(self, measure: AnyMeasure) -> float:
        """Return how far the worst f(x_i) is from its target."""
        measure = on_line(measure)
        return self.fit.violation(measure(self.x))

    def bent(self, rising: Shares, falling: Shares, split: FloatArray) -> BentInterpolant:
        """Return the function through the data with these kinks."""
        return BentInterpolant(self.arcs, self.values / self.arcs.sizes, self.bends, rising, falling, split, self.free)

    def repaired(self, rising: Shares, falling: Shares) -> BentInterpolant:
        """Return the cheaper of two functions with these kinks: what they leave at the nodes is all rising, or all falling.

        Rising and falling kinks of opposite signs at a node are cut down to their sum.
        """
        (rising, up), (falling, down) = rising.parted(), falling.parted()
        at_nodes = self.bends - rising.inner - falling.inner
        low, high = np.minimum(at_nodes, 0.0), np.maximum(at_nodes, 0.0)
        parts = (at_nodes,) if self.free else (np.clip(up, low, high), np.clip(at_nodes - down, low, high))
        return min((self.bent(rising, falling, part) for part in parts), key=BentInterpolant.cost)

    def repaired_cost(self, measure: AnyMeasure) -> float:
        """Return the cost of a feasible measure made from this one: its kinks, and those of the interpolant of its residuals."""
        measure = on_line(measure)
        inside = self.admissible(measure)
        up = inside.directions > 0 if not self.free else np.ones(len(inside), dtype=bool)
        return self.interpolant_cost(self.repaired(self._shares(inside.where(up)), self._shares(inside.where(~up))))

    def _shares(self, measure: Measure) -> Shares:
        """Return the kinks strictly between the ends of the data, gap by gap."""
        x, sizes = self.x, self.arcs.sizes
        within = (measure.kinks > x[0]) & (measure.kinks < x[-1])
        t, w = measure.kinks[within], in_units(measure.weights[within], self.y_unit)
        gap = np.searchsorted(x, t, side="right") - 1
        length = x[gap + 1] - x[gap]
        left, right = w * ((x[gap + 1] - t) / length) * sizes[gap], w * ((t - x[gap]) / length) * sizes[gap + 1]
        shares = Shares.none(x.size)
        np.add.at(shares.left, gap, left)
        np.add.at(shares.right, gap, right)
        return shares

    def predicted_kinks(self) -> FloatArray | None:
        """Return the kinks of the interpolant for unit weight; on the sphere they may lie anywhere."""
        return None if self.arcs.curved else interpolant_kinks(self.x, self.y)

    def interpolant_cost(self, pair: SplitInterpolant | BentInterpolant) -> float:
        """Return the cost, in the user's units, of a feasible function given in node values."""
        with np.errstate(over="ignore"):
            return float(np.float64(pair.cost()) * self.y_unit)

    def certificate(self, dual: npt.ArrayLike) -> ArcCertificate:
        """Return η of the dual variables of finite value nearest to α, with its exact supremum."""
        return ArcCertificate.of_dual(self.arcs, as_floats(dual, "dual", self.fit.shape), self.free)

    def dual_value(self, certificate: Certificate, dual: FloatArray | None) -> float:
        """Return the dual objective from node values."""
        assert isinstance(certificate, ArcCertificate)
        return float(certificate.value(self.values, self.changes)) * self.y_unit
