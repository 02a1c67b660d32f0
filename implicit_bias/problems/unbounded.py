"""Scalar regression of unit weight with kinks anywhere on the line: problem (13) over R, whose infimum need not be attained."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from implicit_bias.certificates.certificate import Certificate, LineCertificate
from implicit_bias.fits import Values
from implicit_bias.measures import FALLING, RISING, AnyMeasure, Measure, on_line
from implicit_bias.measures.circle import BentInterpolant
from implicit_bias.measures.node_values import NodeWeights, SplitInterpolant
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.arrays import LARGEST, FloatArray, as_floats, in_units
from implicit_bias.problems.on_line import Interpolation, increasing
from implicit_bias.problems.units import Nodes

FAR = 4 / tolerances.EPS
"""Kinks this many ranges away make a constant for less than the rounding of its cost on the data's range."""


@dataclass(frozen=True, eq=False, repr=False)
class LimitLineProblem(Interpolation):
    """Interpolate with the least total variation of a measure with unit weight whose kinks may lie anywhere on the line.

    A constant b is b [x + T]₊/(2T) + b [T - x]₊/(2T) on the data, of cost |b|/T: nothing, in the limit. So duals need Σ α = 0, and an
    infimum need not be attained (Stewart et al., footnote 4); :mod:`implicit_bias.methods.exact.unbounded` says when it is.

    Attributes
    ----------
    x : (n,) float64, strictly increasing
    fit : the targets, (n,)
    merged : how many repeated rows the data had
    """

    noun = "unit weight and kinks over the whole line, where an optimum need not exist"
    weight = "unit"
    affine = "penalized"
    cone = "LP"

    x: FloatArray
    fit: Values
    merged: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", increasing(self.x))
        self.check_shape()

    def __repr__(self) -> str:
        return f"LimitLineProblem({self.kind}, n={len(self)}, domain=[-inf, inf])"

    @cached_property
    def nodes(self) -> Nodes:
        """The data in units that suit float64."""
        return Nodes.of(self.x, self.y)

    @property
    def cost_scale(self) -> float:
        """The cost of a slope that makes targets of that size over the data's range."""
        return self.scale / float(self.x[-1] - self.x[0])

    def admissible(self, measure: AnyMeasure) -> Measure:
        """Return a measure of this problem's features with the same function on the data's range, a constant by kinks far out."""
        measure = on_line(measure)
        if not np.any(measure.constant) and measure.affine is None:
            return measure
        slope, intercept = measure.affine or (0.0, 0.0)
        left, right = (slope * float(end) + intercept + float(measure.constant) for end in (self.x[0], self.x[-1]))
        return replace(measure, affine=None, constant=0.0).plus(self.line(left, right, FAR * float(self.x[-1] - self.x[0])))

    def line(self, left: float, right: float, reach: float) -> Measure:
        """Return the cheapest measure that is affine on the data, with these values at its ends.

        It costs the slope: one kink where the line is zero if that is beyond the data, both ends of it otherwise. A constant, and what
        is zero too far out, is made by kinks ``reach`` away from the data's middle.
        """
        first, last = float(self.x[0]), float(self.x[-1])
        if left * right <= 0:
            ends = np.array([right, left]) / (last - first)
            return Measure(np.array([first, last]), np.array([RISING, FALLING]), ends).where(ends != 0)
        slope, middle = (right - left) / (last - first), (first + last) / 2
        if abs(slope) * min(max(reach, FAR * (last - first)), LARGEST) <= abs(left):
            lo, hi = min(middle - reach, first), max(middle + reach, last)
            return Measure(np.array([lo, hi]), np.array([RISING, FALLING]), np.full(2, (left + right) / 2 / (hi - lo)))
        if abs(left) < abs(right):
            return Measure(np.array([first - left / slope]), np.array([RISING]), np.array([slope]))
        return Measure(np.array([last - right / slope]), np.array([FALLING]), np.array([-slope]))

    def pruned(self, measure: AnyMeasure, tolerance: float) -> Measure:
        """Drop atoms of at most ``tolerance`` × the largest weight."""
        measure = on_line(measure)
        return measure.prune(tolerance)

    def cost(self, measure: AnyMeasure) -> float:
        """Return the total variation of the measure, rewritten in this problem's features."""
        measure = on_line(measure)
        return self.admissible(measure).total_variation()

    def violation(self, measure: AnyMeasure) -> float:
        """Return how far the worst f(x_i) is from its target."""
        measure = on_line(measure)
        return float(np.abs(self.node_weights(measure).residuals(self.nodes.y)).max()) * self.nodes.y_unit

    def repaired_cost(self, measure: AnyMeasure) -> float:
        """Return the cost of a feasible measure made from this one: its kinks beyond the data, its rising parts at the nodes."""
        measure = on_line(measure)
        return self.nodes.cost(self.node_weights(measure).split(self.nodes.y, self.nodes.changes).cost())

    def node_weights(self, measure: Measure) -> NodeWeights:
        """Return the atoms moved to the nodes around them, those beyond the data as an affine part, in units of ``nodes``."""
        nodes, inside = self.nodes, self.admissible(measure)
        unit = nodes.x_unit / nodes.y_unit
        return NodeWeights.of_atoms(nodes.x, in_units(inside.kinks, nodes.x_unit), inside.directions, in_units(inside.weights, 1 / unit))

    def interpolant_cost(self, pair: SplitInterpolant | BentInterpolant) -> float:
        """Return the cost, in the user's units, of a feasible function given in node values."""
        return self.nodes.cost(pair.cost())

    def certificate(self, dual: npt.ArrayLike) -> LineCertificate:
        """Return η of the dual variables of finite value nearest to α: those with Σ α = 0, for which η is constant beyond the data.

        Without that η grows beyond all bounds. What is taken off is shared by both ends.
        """
        x = self.x
        given = LineCertificate.of_dual(x, as_floats(dual, "dual", self.fit.shape), (float(x[0]), float(x[-1])))
        half = (given.p + given.q) / 2
        rising = given.rising - half * ((x[-1] - x) / (x[-1] - x[0]))
        rising[0] = given.q - half
        return LineCertificate(x, rising, half - given.q, given.q - half, given.domain)

    def dual_value(self, certificate: Certificate, dual: FloatArray | None) -> float:
        """Return the dual objective from node values."""
        assert isinstance(certificate, LineCertificate)
        nodes = self.nodes
        scaled = LineCertificate(nodes.x, certificate.rising, certificate.p, certificate.q, certificate.domain)
        return nodes.cost(scaled.value(nodes.y, nodes.changes))
