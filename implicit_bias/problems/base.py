"""What a problem is: what it says of itself, and how an answer to it is repaired and bounded.

Whoever solves, judges, reports or draws asks a problem for a fact or calls a method, so that a further kind of problem is a file
of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt

from implicit_bias.certificates.bounds import Answer, Bounds
from implicit_bias.certificates.certificate import Certificate
from implicit_bias.errors import DataError, OptionError
from implicit_bias.fits import Loss, Target
from implicit_bias.measures import AnyMeasure, Measure, Network, RidgeMeasure
from implicit_bias.numerics.arrays import FloatArray, as_floats, freeze
from implicit_bias.problems.bounds import MeasureBounds
from implicit_bias.problems.candidate import Candidate
from implicit_bias.solution import Judged, Refutation, Solution

if TYPE_CHECKING:
    import cvxpy

    from implicit_bias.measures.circle import BentInterpolant
    from implicit_bias.measures.node_values import SplitInterpolant
    from implicit_bias.problems.splines.curvature import Smoothing

S = TypeVar("S", bound=Judged[Any, Any, Any], covariant=True)


class Problem(ABC, Generic[S]):
    """A convex problem on data, whose solutions are of the class S.

    Attributes
    ----------
    noun : str
        What it is, in refusals: "There is no exact method for {noun}."
    x : FloatArray
        The points, (n,) or (n, d), sorted.
    merged : int
        How many repeated rows the data had.
    weight : str
        The cost of a feature: "unit", 1 for each, or "sphere", the norm of a unit's weights; of splines, the name of ζ.
    affine : str
        Whether a x + b costs: "penalized" or "free".
    regularization : float or None
        λ, or None without one.
    """

    noun: ClassVar[str] = "this problem"
    if TYPE_CHECKING:  # fields of some kinds, facts of others: a property here would be taken for a field's default

        @property
        @abstractmethod
        def x(self) -> FloatArray:
            """The points, (n,) or (n, d), sorted."""

        @property
        @abstractmethod
        def merged(self) -> int:
            """How many repeated rows the data had."""

        @property
        @abstractmethod
        def weight(self) -> str:
            """The cost of a feature, or the name of ζ."""

        @property
        @abstractmethod
        def affine(self) -> str:
            """Whether a x + b costs: "penalized" or "free"."""

        @property
        @abstractmethod
        def regularization(self) -> float | None:
            """λ, or None without one."""

    def __len__(self) -> int:
        return len(self.x)

    @property
    @abstractmethod
    def solution(self) -> type[S]:
        """The class of its solutions."""

    @property
    @abstractmethod
    def kind(self) -> str:
        """One word for tables and JSON."""

    @property
    @abstractmethod
    def scale(self) -> float:
        """Size of the targets: violations count relative to it."""

    @abstractmethod
    def bounds(self, candidate: Answer) -> Bounds:
        """Return what a candidate is worth."""

    @property
    def inputs(self) -> int:
        """How many inputs f has, d."""
        return 1 if self.x.ndim == 1 else int(self.x.shape[1])

    @property
    def outputs(self) -> int | None:
        """How many outputs f has; None for one without an axis of its own."""
        return None

    @property
    def loss(self) -> Loss | None:
        """The loss that is minimised with the cost, or None."""
        return None

    @property
    def plot_range(self) -> tuple[float, float]:
        """The part of the line that pictures show, for one input."""
        return float(self.x.min()), float(self.x.max())

    def facts(self) -> dict[str, Any]:
        """Return what JSON says of the problem."""
        return {"kind": self.kind, "n": len(self), "inputs": self.inputs, "outputs": self.outputs or 1}

    def with_regularization(self, regularization: Smoothing) -> Self:
        """Return the problem with another λ; raises :class:`OptionError` if it has none."""
        raise OptionError(f"A path needs a SplineProblem or a RegularizedProblem, not {self!r}.")

    def conflict(self) -> tuple[Answer, Refutation] | None:
        """Return a proof, with its dual, that no function suits the data; None if nothing speaks against there being one."""
        return None

    def predicted_kinks(self) -> FloatArray | None:
        """Return the support that theory predicts for an optimum, None where it has none to offer."""
        return None

    @abstractmethod
    def brought(self, answer: object, dual: object) -> Answer:
        """Return what a user brings to be judged as a candidate; raises :class:`DataError` if it does not suit the problem.

        Without a dual where one is needed, the candidate has none.
        """


AnyProblem = Problem[Any]
"""A problem of any kind: of what class its solutions are is not said."""


class OverMeasures(Problem[Solution]):
    """A problem over measures: minimise their cost, with values in sets or at a loss.

    Attributes
    ----------
    fit : Target
        The sets C_i, or the loss.
    norm : float
        The norm of a weight with several outputs: 1, 2 or inf.
    interpolates : bool
        Whether this is scalar regression, which is judged in node values.
    resolution : float
        Relative accuracy that atoms and dual variables in float64 can carry on this data.
    cone : str
        What a backend must accept for a program over a grid: "LP", "QP", "SOCP" or "EXP".
    """

    if TYPE_CHECKING:

        @property
        @abstractmethod
        def fit(self) -> Target:
            """The sets C_i, or the loss."""

        @property
        @abstractmethod
        def norm(self) -> float:
            """The norm of a weight with several outputs."""

        @property
        @abstractmethod
        def interpolates(self) -> bool:
            """Whether this is scalar regression, judged in node values."""

        @property
        @abstractmethod
        def resolution(self) -> float:
            """Relative accuracy that float64 atoms can carry on this data."""

        @property
        @abstractmethod
        def cone(self) -> str:
            """What a backend must accept for a program over a grid."""

    @property
    def solution(self) -> type[Solution]:
        """The class of its solutions."""
        return Solution

    @cached_property
    def smallest_gap(self) -> float:
        """The smallest distance of two points of a line; infinite for a single one, and of several inputs."""
        return float(np.diff(self.x).min(initial=np.inf)) if self.inputs == 1 else np.inf

    @property
    def dual_norm(self) -> float:
        """The norm of η that is dual to ``norm``."""
        return {1: np.inf, 2: 2, np.inf: 1}[self.norm]

    @property
    def free(self) -> bool:
        """Whether an affine part costs nothing."""
        return self.affine == "free"

    @property
    def kind(self) -> str:
        """The word for this problem in tables and JSON."""
        return self.fit.kind

    @property
    def outputs(self) -> int | None:
        """How many outputs f has; None for one without an axis of its own."""
        return self.fit.shape[1] if len(self.fit.shape) == 2 else None

    @property
    def loss(self) -> Loss | None:
        """The loss, or None."""
        return self.fit if isinstance(self.fit, Loss) else None

    @property
    def y(self) -> FloatArray:
        """The targets; raises :class:`OptionError` if there are none."""
        if self.fit.targets is None:
            raise OptionError(f"A {self.kind} problem has no targets y.")
        return self.fit.targets

    @property
    def scale(self) -> float:
        """Size of the targets: violations count relative to it."""
        return self.fit.scale

    @property
    @abstractmethod
    def cost_scale(self) -> float:
        """A lower estimate of the objective of targets of that size: costs below its rounding count as zero."""

    def facts(self) -> dict[str, Any]:
        """Return what JSON says of the problem."""
        given = super().facts()
        stated = {"kind": given.pop("kind"), "weight": self.weight, "affine": self.affine, **given}
        return stated if self.loss is None else stated | {"regularization": self.regularization, "loss": self.loss.name}

    def bounds(self, candidate: Answer) -> MeasureBounds:
        """Return what a candidate is worth."""
        assert isinstance(candidate, Candidate)
        return MeasureBounds(self, candidate)

    @abstractmethod
    def admissible(self, measure: AnyMeasure) -> AnyMeasure:
        """Return a measure of this problem's features with the same function on the data."""

    @abstractmethod
    def pruned(self, measure: AnyMeasure, tolerance: float) -> AnyMeasure:
        """Drop atoms that cost at most ``tolerance`` × the dearest one."""

    def atoms(self, measure: AnyMeasure | None, smallest: float) -> AnyMeasure:
        """Return a measure in the problem's features without atoms that cost next to nothing; an empty one for None."""
        if measure is None:
            return Measure.zero() if self.inputs == 1 else RidgeMeasure.zero(self.inputs)
        return self.pruned(self.admissible(measure), smallest)

    @abstractmethod
    def cost(self, measure: AnyMeasure) -> float:
        """Return ∫ w d‖μ‖ of a measure as it is."""

    @abstractmethod
    def objective(self, measure: cvxpy.Expression) -> float:
        """Return what is minimised: the cost, and the loss if there is one."""

    @abstractmethod
    def violation(self, measure: AnyMeasure) -> float:
        """Return the largest distance of f_μ(x_i) from its set; 0 with a loss in place of sets."""

    @abstractmethod
    def repaired_cost(self, measure: AnyMeasure) -> float:
        """Return the objective of a feasible measure made from this one: an upper bound of the optimum."""

    def interpolant_cost(self, pair: SplitInterpolant | BentInterpolant) -> float:
        """Return the cost, in the user's units, of a feasible function given in node values."""
        raise OptionError(f"A {self.kind} problem is judged by a measure, not by an interpolant.")

    @abstractmethod
    def certificate(self, dual: npt.ArrayLike) -> Certificate:
        """Return η of the dual variables nearest to α with a finite dual value, with its supremum."""

    @abstractmethod
    def dual_value(self, certificate: Certificate, dual: FloatArray | None) -> float:
        """Return the dual objective of a certificate as it is."""

    @abstractmethod
    def lower_bound(self, certificate: Certificate, dual: FloatArray | None) -> float:
        """Return the dual objective of the best multiple of the certificate that is feasible."""

    def brought(self, answer: object, dual: object) -> Candidate:
        """Return a measure or a network that a user brings as a candidate, with its dual if there is one."""
        measure = self._suited(answer.measure() if isinstance(answer, Network) else answer)
        alpha = None if dual is None else freeze(as_floats(dual, "dual", self.fit.shape).copy())
        return Candidate(measure, alpha)

    def _suited(self, measure: object) -> AnyMeasure:
        wanted = Measure if self.inputs == 1 else RidgeMeasure
        if not isinstance(measure, wanted):
            raise DataError(f"judge needs a {wanted.__name__} or a Network of as many inputs, not {type(measure).__name__}.")
        brought: AnyMeasure = measure
        if brought.weights.shape[1:] == self.fit.shape[1:]:
            return brought
        if len(brought) or np.any(brought.constant) or brought.affine is not None:
            raise DataError(f"The measure's weights have shape {brought.weights.shape}; the problem has {self.outputs or 1} outputs.")
        empty: AnyMeasure = replace(self.atoms(None, 0.0), weights=np.empty((0, *self.fit.shape[1:])), constant=0.0)
        return empty


class Constrained(OverMeasures):
    """Constraints: the objective is the cost, and multiples of a dual are worth as many times its value."""

    regularization = None

    def objective(self, measure: cvxpy.Expression) -> float:
        """Return the cost: there is no loss."""
        return self.cost(measure)

    def lower_bound(self, certificate: Certificate, dual: FloatArray | None) -> float:
        """Return the dual value divided by the certificate's supremum; 0 if it is not positive."""
        return max(0.0, self.dual_value(certificate, dual) / float(certificate.peak)) if certificate.peak > 0 else 0.0
