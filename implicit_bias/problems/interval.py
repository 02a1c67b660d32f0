"""Convex problems over measures: what they ask, what a measure costs, and how an answer is repaired and bounded.

minimise  ∫ w d‖μ‖   subject to  f_μ(x_i) ∈ C_i            (Stewart et al., eq. 15)
maximise  -Σ σ_{C_i}(-α_i)   subject to  ‖η(u)‖_* ≤ w(u)    (eq. 16, with α = -λ and η(u) = Σ α_i φ_u(x_i))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from implicit_bias.certificates.certificate import Certificate, LineCertificate
from implicit_bias.errors import DataError, OptionError
from implicit_bias.fits import Fit
from implicit_bias.fits.base import Index
from implicit_bias.fits.margins import switching
from implicit_bias.measures import FALLING, RISING, AnyMeasure, Measure, on_line
from implicit_bias.measures.circle import BentInterpolant
from implicit_bias.measures.features import LineFeatures
from implicit_bias.measures.node_values import NodeWeights, SplitInterpolant
from implicit_bias.numerics.arrays import FloatArray, as_floats, freeze, in_units
from implicit_bias.problems.base import Constrained
from implicit_bias.problems.candidate import Candidate
from implicit_bias.problems.on_line import Line, increasing, interpolant_kinks
from implicit_bias.problems.units import Nodes


@dataclass(frozen=True, eq=False, repr=False)
class MeasureProblem(Line, Constrained):
    """Minimise the total variation of a measure whose function takes values in given sets: problem (15), unit weight.

    Attributes
    ----------
    x : (n,) float64, strictly increasing
    fit : the sets C_i: Values, Margins, Boxes, Balls or HalfSpaces
    features : the ReLU features that the measure may use
    norm : 1, 2 or inf, of a weight with several outputs
    merged : how many repeated rows the data had
    """

    noun = "problems of unit weight, which have optima with kinks at the data"
    weight = "unit"
    affine = "penalized"

    x: FloatArray
    fit: Fit
    features: LineFeatures
    norm: float = 2
    merged: int = field(default=0, kw_only=True)

    if TYPE_CHECKING:  # arrays come in as anything that NumPy takes

        def __init__(self, x: npt.ArrayLike, fit: Fit, features: LineFeatures, norm: float = 2, *, merged: int = 0) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", increasing(self.x))
        if self.fit.is_loss:
            raise OptionError(f"{type(self.fit).__name__} is a loss, which goes with a regularization: use RegularizedProblem.")
        if self.fit.shape[0] != self.x.size:
            raise DataError(f"There are {self.x.size} points, but the fit is for {self.fit.shape[0]}.")
        if self.norm not in (1, 2, np.inf):
            raise OptionError(f"norm must be 1, 2 or inf, not {self.norm!r}.")

    def __repr__(self) -> str:
        shape = "" if self.outputs is None else f", outputs={self.outputs}, norm={self.norm:g}"
        return f"MeasureProblem({self.kind}, n={len(self)}{shape}, domain=[{self.features.lo:.9g}, {self.features.hi:.9g}])"

    @cached_property
    def nodes(self) -> Nodes:
        """The data of scalar regression in units that suit float64."""
        return Nodes.of(self.x, self.y)

    @property
    def on_data_range(self) -> bool:
        """Whether kinks are confined to [x_1, x_n], as problems (13) and (14) have it."""
        return self.features.lo == float(self.x[0]) and self.features.hi == float(self.x[-1])

    @property
    def plot_range(self) -> tuple[float, float]:
        """The part of the line that pictures show: where kinks may lie."""
        return self.features.lo, self.features.hi

    @property
    def cone(self) -> str:
        """What a backend must accept: "SOCP" for Euclidean norms of vectors, else "LP"."""
        return "SOCP" if self.outputs is not None and self.norm == 2 else self.fit.cone

    @property
    def interpolates(self) -> bool:
        """Whether this is scalar regression, which is judged in node values."""
        return self.outputs is None and self.fit.targets is not None

    @property
    def cost_scale(self) -> float:
        """The cost of a function of that size: a feature is at most the domain's length on the data."""
        return self.scale / (self.features.hi - self.features.lo)

    def admissible(self, measure: AnyMeasure) -> Measure:
        """Return a measure of this problem's features with the same function on the domain.

        Kinks beyond the domain, a constant and an affine part are affine there, and are made of the two features with
        kinks at the domain's ends.
        """
        measure = on_line(measure)
        lo, hi = self.features.lo, self.features.hi
        inside = lo <= measure.kinks.min(initial=lo) and measure.kinks.max(initial=hi) <= hi
        if inside and not np.any(measure.constant) and measure.affine is None:
            return measure
        outside = (measure.kinks < lo) | (measure.kinks > hi)
        far = replace(measure.where(outside), constant=measure.constant, affine=measure.affine)
        ends = far(np.array([hi, lo])) / (hi - lo)
        return measure.where(~outside).plus(Measure(np.array([lo, hi]), np.array([RISING, FALLING]), ends))

    def pruned(self, measure: AnyMeasure, tolerance: float) -> Measure:
        """Drop atoms of at most ``tolerance`` × the largest weight."""
        measure = on_line(measure)
        return measure.prune(tolerance)

    def cost(self, measure: AnyMeasure) -> float:
        """Return the total variation of the measure, rewritten in this problem's features."""
        measure = on_line(measure)
        return self.admissible(measure).total_variation(self.norm)

    def violation(self, measure: AnyMeasure) -> float:
        """Return how far the worst f(x_i) is from its set."""
        measure = on_line(measure)
        if not self.interpolates:
            return self.fit.violation(measure(self.x))
        weights, nodes = self.node_weights(measure), self.nodes
        return float(np.abs(weights.residuals(nodes.y)).max()) * nodes.y_unit

    def repaired_cost(self, measure: AnyMeasure) -> float:
        """Return the cost of a feasible measure made from this one.

        It keeps the rising parts at the nodes and interpolates values projected into the sets. For interpolation nothing
        is divided by a gap but the data; for margins the measure is divided by the smallest one, if it is positive.
        """
        measure = on_line(measure)
        if self.interpolates:
            nodes = self.nodes
            return nodes.cost(self.node_weights(measure).split(nodes.y, nodes.changes).cost())
        smallest = self.fit.smallest_margin(values := measure(self.x))
        if smallest is not None:
            return self.cost(measure) / smallest if smallest > 0 else np.inf
        inside = self.admissible(measure)
        moved = NodeWeights.of_atoms(self.x, inside.kinks, inside.directions, inside.weights)
        return moved.interpolating_cost(self.fit.project(values), self.norm)

    def node_weights(self, measure: Measure) -> NodeWeights:
        """Return the atoms moved to the nodes around them, in units of ``nodes``."""
        nodes, inside = self.nodes, self.admissible(measure)
        unit = nodes.x_unit / nodes.y_unit
        return NodeWeights.of_atoms(nodes.x, in_units(inside.kinks, nodes.x_unit), inside.directions, in_units(inside.weights, 1 / unit))

    def interpolant_cost(self, pair: SplitInterpolant | BentInterpolant) -> float:
        """Return the cost, in the user's units, of a feasible function given in node values."""
        return self.nodes.cost(pair.cost())

    def project_dual(self, dual: npt.ArrayLike) -> FloatArray:
        """Return dual variables near the given ones with a finite dual value."""
        return self.fit.project_dual(as_floats(dual, "dual", self.fit.shape))

    def certificate(self, dual: npt.ArrayLike) -> LineCertificate:
        """Return η of the dual variables of finite value nearest to α, with its exact supremum.

        η bends only where α is not zero, so with several outputs only those points, and the ends, are nodes.
        """
        alpha, domain = self.project_dual(dual), (self.features.lo, self.features.hi)
        if alpha.ndim == 1:
            return LineCertificate.of_dual(self.x, alpha, domain)
        bends: npt.NDArray[np.bool_] = np.any(alpha != 0, axis=1)
        bends[[0, -1]] = True
        return LineCertificate.of_dual(self.x[bends], alpha[bends], domain, self.dual_norm)

    def dual_value(self, certificate: Certificate, dual: FloatArray | None) -> float:
        """Return the dual objective: from node values for interpolation, of the projected α otherwise."""
        if not self.interpolates or not isinstance(certificate, LineCertificate):
            return -np.inf if dual is None else self.fit.dual_value(self.project_dual(dual))
        nodes = self.nodes
        scaled = LineCertificate(nodes.x, certificate.rising, certificate.p, certificate.q, certificate.domain)
        return nodes.cost(scaled.value(nodes.y, nodes.changes))

    def at(self, rows: Index) -> MeasureProblem:
        """Return the problem on some of the points, with the same domain of kinks."""
        return replace(self, x=self.x[rows], fit=self.fit.at(rows), merged=0)

    def predicted_kinks(self) -> FloatArray:
        """Return S_R or S_C of Theorem 6.1, all points for other sets."""
        if self.interpolates:
            return np.concatenate([self.x[:1], interpolant_kinks(self.x, self.y), self.x[-1:]])
        return self.switching_points()

    def switching_points(self) -> FloatArray:
        """Return S_C of a classification problem, all points of others."""
        labels = self.fit.class_labels
        return self.x if labels is None else self.x[switching(labels)]

    def reduced(self) -> tuple[MeasureProblem, Callable[[Candidate], Candidate]]:
        """Return an equivalent problem on the points of S_C, and the way back for its answers.

        Between two points of S_C all labels are equal and f is linear, so that margins hold in between if they hold at the
        points of S_C (Theorem 6.1 for classification). Lifted, the measure is the same and the dual is zero elsewhere
        (appendix E.2).
        """
        labels = self.fit.class_labels
        if labels is None:
            raise OptionError(f"Only classification problems can be reduced, not {self.kind}.")
        rows = switching(labels)

        def lift(found: Candidate) -> Candidate:
            if found.dual is None:
                return found
            dual = np.zeros(self.fit.shape)
            dual[rows] = found.dual
            return replace(found, dual=freeze(dual))

        return self.at(rows), lift
