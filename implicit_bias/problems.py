"""Convex problems over measures: what they ask, what a measure costs, and how an answer is repaired and bounded.

minimise  ∫ w d‖μ‖   subject to  f_μ(x_i) ∈ C_i            (Stewart et al., eq. 15)
maximise  -Σ σ_{C_i}(-α_i)   subject to  ‖η(u)‖_* ≤ w(u)    (eq. 16, with α = -λ and η(u) = Σ α_i φ_u(x_i))
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from implicit_bias import tolerances
from implicit_bias.arrays import FloatArray, as_floats, binary_unit, in_units
from implicit_bias.data import Dataset
from implicit_bias.errors import DataError, OptionError
from implicit_bias.features import LineFeatures
from implicit_bias.line import LineCertificate, NodeWeights, SplitInterpolant, slope_changes
from implicit_bias.measures import FALLING, RISING, Measure


class Problem(Protocol):
    """What ``solve`` and ``Solution`` need to know of a problem."""

    @property
    def kind(self) -> str:
        """One word for tables and JSON."""
        ...

    @property
    def scale(self) -> float:
        """Size of the targets: violations count relative to it."""
        ...

    @property
    def cost_scale(self) -> float:
        """A lower estimate of the cost of targets of that size: costs below its rounding count as zero."""
        ...

    @property
    def resolution(self) -> float:
        """Relative accuracy that atoms and dual variables in float64 can carry on this data."""
        ...

    def cost(self, measure: Measure) -> float:
        """Objective of a measure as it is."""
        ...

    def violation(self, measure: Measure) -> float:
        """Largest distance of f_μ(x_i) from its set."""
        ...

    def repaired_cost(self, measure: Measure) -> float:
        """Objective of a feasible measure made from this one: an upper bound of the optimum."""
        ...

    def certificate(self, dual: FloatArray) -> LineCertificate:
        """Return the certificate of dual variables."""
        ...

    def dual_value(self, certificate: LineCertificate) -> float:
        """Dual objective of a certificate as it is."""
        ...


@dataclass(frozen=True, eq=False)
class Nodes:
    """Data in units that are powers of two, so that nothing overflows and nothing is rounded; and its slope changes."""

    x: FloatArray
    y: FloatArray
    x_unit: float
    y_unit: float

    @classmethod
    def of(cls, x: FloatArray, y: FloatArray) -> Nodes:
        """Choose units of the size of the range of x and of the largest |y|."""
        x_unit, y_unit = binary_unit(x[-1:] - x[:1]), binary_unit(y)
        return cls(in_units(x, x_unit), in_units(y, y_unit), x_unit, y_unit)

    @cached_property
    def changes(self) -> FloatArray:
        """Slope changes of the interpolant at the interior nodes."""
        return slope_changes(self.x, self.y)

    def cost(self, scaled: float) -> float:
        """Convert a cost, a slope or a weight from these units to the user's."""
        with np.errstate(over="ignore"):
            return float(np.float64(scaled) * self.y_unit / self.x_unit)


@dataclass(frozen=True, eq=False, repr=False)
class MeasureProblem:
    """Minimise the total variation of a measure whose function takes given values: problem (15) with C_i = {y_i}.

    Attributes
    ----------
    x : (n,) float64, strictly increasing
    y : (n,) float64
    features : the ReLU features that the measure may use
    merged : how many repeated rows the data had
    """

    x: FloatArray
    y: FloatArray
    features: LineFeatures
    merged: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        x = as_floats(self.x, "x")
        as_floats(self.y, "y", x.shape)
        if x.size < 2 or not (x[1:] > x[:-1]).all():
            raise DataError("x must be strictly increasing with at least two points; RegressionProblem sorts and merges.")

    def __repr__(self) -> str:
        return f"MeasureProblem({self.kind}, n={len(self)}, domain=[{self.features.lo:.9g}, {self.features.hi:.9g}])"

    @property
    def kind(self) -> str:
        """The word for this problem in tables and JSON."""
        return "regression"

    @property
    def weight(self) -> str:
        """The cost of a feature: "unit", 1 for each."""
        return "unit"

    @property
    def affine(self) -> str:
        """Whether a x + b costs: "penalized", it is made of features."""
        return "penalized"

    def __len__(self) -> int:
        return self.x.size

    @cached_property
    def nodes(self) -> Nodes:
        """The data in units that suit float64."""
        return Nodes.of(self.x, self.y)

    @property
    def on_data_range(self) -> bool:
        """Whether kinks are confined to [x_1, x_n], as problem (13) has it."""
        return self.features.lo == float(self.x[0]) and self.features.hi == float(self.x[-1])

    @property
    def scale(self) -> float:
        """The largest |y|, or 1 if all are zero."""
        return max(float(self.y.max()), -float(self.y.min())) or 1.0

    @property
    def cost_scale(self) -> float:
        """A lower bound of every interpolant's cost: a feature is at most the domain's length on the data."""
        return self.scale / (self.features.hi - self.features.lo)

    @cached_property
    def resolution(self) -> float:
        """64 ε L / (smallest gap): weights and α are second differences, rounded at the scale of the closest points."""
        return tolerances.ATOMS * float(self.x[-1] - self.x[0]) / self.smallest_gap

    @cached_property
    def smallest_gap(self) -> float:
        """The smallest distance of two points."""
        return float(np.diff(self.x).min())

    def admissible(self, measure: Measure) -> Measure:
        """Return a measure of this problem's features with the same function on the domain.

        Kinks beyond the domain, a constant and an affine part are affine there, and are made of the two features with
        kinks at the domain's ends.
        """
        lo, hi = self.features.lo, self.features.hi
        outside = (measure.kinks < lo) | (measure.kinks > hi)
        if not outside.any() and measure.constant == 0 and measure.affine is None:
            return measure
        far = replace(measure.where(outside), constant=measure.constant, affine=measure.affine)
        at_lo, at_hi = far(np.array([lo, hi])) / (hi - lo)
        return measure.where(~outside).plus(Measure(np.array([lo, hi]), np.array([RISING, FALLING]), np.array([at_hi, at_lo])))

    def cost(self, measure: Measure) -> float:
        """Return the total variation of the measure, rewritten in this problem's features."""
        return self.admissible(measure).total_variation()

    def violation(self, measure: Measure) -> float:
        """Return max |f(x_i) - y_i|."""
        weights, nodes = self.node_weights(measure), self.nodes
        return float(np.abs(weights.residuals(nodes.y)).max()) * nodes.y_unit

    def repaired_cost(self, measure: Measure) -> float:
        """Return the cost of the interpolant that keeps the measure's rising parts at the nodes: it is feasible.

        Nothing is divided by a gap but the data, so close points do not blow up the measure's residuals.
        """
        nodes = self.nodes
        return nodes.cost(self.node_weights(measure).split(nodes.y, nodes.changes).cost())

    def node_weights(self, measure: Measure) -> NodeWeights:
        """Return the atoms moved to the nodes around them, in units of ``nodes``."""
        nodes, inside = self.nodes, self.admissible(measure)
        unit = nodes.x_unit / nodes.y_unit
        return NodeWeights.of_atoms(nodes.x, in_units(inside.kinks, nodes.x_unit), inside.directions, in_units(inside.weights, 1 / unit))

    def interpolant_cost(self, pair: SplitInterpolant) -> float:
        """Return the cost, in the user's units, of a feasible function given in node values."""
        return self.nodes.cost(pair.cost())

    def certificate(self, dual: FloatArray) -> LineCertificate:
        """Return η of the dual variables α, with its exact supremum."""
        alpha = as_floats(dual, "dual", self.x.shape)
        return LineCertificate.of_dual(self.x, alpha, (self.features.lo, self.features.hi))

    def dual_value(self, certificate: LineCertificate) -> float:
        """Return Σ α_i y_i, from node values."""
        nodes = self.nodes
        scaled = LineCertificate(nodes.x, certificate.rising, certificate.p, certificate.q, certificate.domain)
        return nodes.cost(scaled.value(nodes.y, nodes.changes))


def RegressionProblem(  # noqa: N802  (a constructor, named like the class of what it returns)
    x: Any, y: Any, weight: str = "unit", affine: str = "penalized", domain: Any = None
) -> MeasureProblem:
    """State problem (13): interpolate with the least total variation of a measure over unit-slope features.

    Parameters
    ----------
    x, y : (n,) array-like
        At least two different x; sorted here, and equal rows merged.
    weight : "unit"
        Cost of a feature with kink t; 1 for "unit".
    affine : "penalized"
        An affine part costs what the features that make it cost.
    domain : (lo, hi), optional
        Where kinks may lie, containing the data; by default the data's range, as in the paper.

    Raises
    ------
    DataError, OptionError
    """
    return problem_of(Dataset(x, y), weight, affine, domain)


def problem_of(data: Dataset, weight: str = "unit", affine: str = "penalized", domain: Any = None) -> MeasureProblem:
    """State problem (13) for a dataset that is validated already; see :func:`RegressionProblem`."""
    if weight != "unit":
        raise OptionError(f"weight must be 'unit', not {weight!r}.")
    if affine != "penalized":
        raise OptionError(f"affine must be 'penalized', not {affine!r}.")
    return MeasureProblem(data.x, data.y, LineFeatures.around(data.x, domain), merged=data.merged)
