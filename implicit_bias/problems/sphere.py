"""Problems over features on the sphere, of one or several inputs and outputs, with constraints or a loss."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from implicit_bias.certificates.certificate import ArcCertificate, Certificate, SphereCertificate
from implicit_bias.certificates.oracles import sizes
from implicit_bias.errors import DataError, OptionError
from implicit_bias.fits import Fit, Loss, Squared, Target, Values
from implicit_bias.measures import AnyMeasure, Measure, RidgeMeasure
from implicit_bias.measures.circle import Arcs
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.arrays import LARGEST, FloatArray, IntArray, as_floats, frozen
from implicit_bias.numerics.checks import check_positive
from implicit_bias.problems.base import OverMeasures
from implicit_bias.problems.candidate import Candidate
from implicit_bias.problems.feasibility import interpolating_cost
from implicit_bias.problems.whole_line import FREE, PENALIZED, SPHERE
from implicit_bias.solution import Refutation, Status

if TYPE_CHECKING:
    from implicit_bias.problems.splines.curvature import Smoothing

_PROOF = (
    "Rows {i} and {j} of the sorted data are the same point with different {wanted}, which no function fits: the dual is the proof, "
    "its certificate is zero everywhere and its value is positive, so that every multiple bounds the optimum from below."
)

VERTICAL = 1e-12
"""A feature (s, b) of one input with |s| below this is a constant."""

SPREAD_KINKS = np.tan(np.pi / 6 * np.arange(-2, 3))
"""Kinks whose angles are π/6 apart."""


@dataclass(frozen=True, eq=False, repr=False)
class SphereProblem(OverMeasures):
    """Minimise ∫ ‖dμ(u)‖ over measures on the unit sphere of R^{d+1} subject to f_μ(x_i) ∈ C_i, or L(f_μ(x)) + λ ∫ ‖dμ(u)‖.

    f_μ(x) = ∫ [u · (x, 1)]₊ dμ(u): problems (4) and (5) of Stewart et al. in any dimension, and the convex network of Neyshabur et
    al. (6)-(9). With a free affine part a·x + b costs nothing.

    Attributes
    ----------
    x : (n,) increasing, or (n, d) in lexicographic order
    fit : the sets C_i, or a loss
    regularization : λ > 0 with a loss, else None
    affine : "penalized" or "free"
    merged : how many repeated rows the data had
    """

    noun = "this problem on the sphere"
    weight = SPHERE
    norm = 2
    interpolates = False
    resolution = 0.0  # atoms are judged as they are, not as rounded node values

    x: FloatArray
    fit: Fit | Loss
    regularization: float | None = None
    affine: str = PENALIZED
    merged: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        shape = np.shape(self.x)
        if len(shape) not in (1, 2) or 0 in shape:
            raise DataError(f"x must be an (n,) or an (n, d) array with n ≥ 1 and d ≥ 1, not of shape {shape}.")
        x = as_floats(self.x, "x", shape)
        if np.abs(x).max() > LARGEST:
            raise DataError(f"x reaches beyond {LARGEST:g}, the largest magnitude that can be computed with.")
        if x.ndim == 2 and x.shape[1] == 1:
            x = x[:, 0]
        if x.ndim == 1 and not (np.diff(x) >= 0).all():
            raise DataError("x must be increasing; RegressionProblem and RegularizedProblem sort it.")
        if x.ndim == 1 and x[0] == x[-1]:
            raise DataError("All points have the same x; at least two different ones are needed.")
        if self.fit.shape[0] != len(x):
            raise DataError(f"There are {len(x)} points, but the fit is for {self.fit.shape[0]}.")
        if self.fit.is_loss != (self.regularization is not None):
            raise OptionError("A loss goes with a regularization, and sets go without one.")
        if self.regularization is not None:
            object.__setattr__(self, "regularization", check_positive("regularization", self.regularization))
        if self.fit.homogeneous and 0 < self.scale < 1 / LARGEST:
            raise DataError(f"y has magnitude {self.scale:.6g}; only {1 / LARGEST:g} to {LARGEST:g} work. Rescale y.")
        if self.affine not in (FREE, PENALIZED):
            raise OptionError(f"affine must be 'penalized' or 'free', not {self.affine!r}.")
        if self.free and not (self.fit.homogeneous and self.outputs is None):
            raise OptionError("A free affine part goes with one output, and targets or the squared loss.")
        object.__setattr__(self, "x", frozen(x))

    def __repr__(self) -> str:
        more = "" if self.regularization is None else f", regularization={self.regularization:.9g}"
        outputs = "" if self.outputs is None else f", outputs={self.outputs}"
        return f"SphereProblem({self.kind}, n={len(self)}, inputs={self.inputs}{outputs}, affine={self.affine!r}{more})"

    @property
    def sets(self) -> Fit:
        """The sets C_i of a problem without a loss."""
        assert isinstance(self.fit, Fit)
        return self.fit

    @property
    def level(self) -> float:
        """What ‖η‖ may reach: λ, or 1 without a loss."""
        return 1.0 if self.regularization is None else self.regularization

    @property
    def cone(self) -> str:
        """What a backend must accept."""
        return "SOCP" if self.outputs is not None and self.fit.cone != "EXP" else self.fit.cone

    @cached_property
    def rows(self) -> FloatArray:
        """The points with a last coordinate of 1, (n, d+1)."""
        return np.column_stack([self.x, np.ones(len(self))])

    @cached_property
    def places(self) -> tuple[FloatArray, IntArray]:
        """The different points, (m, d+1), and for each row of the data its point."""
        points, place = np.unique(self.rows, axis=0, return_inverse=True)
        return points, place.ravel()

    @property
    def cost_scale(self) -> float:
        """A lower estimate of the objective of values of that size: a feature is at most ‖(x, 1)‖ at a point.

        With a loss, no more than that of the zero function: a huge λ makes measures dear, and the objective of none larger.
        """
        of_values = self.scale / float(np.linalg.norm(self.rows, axis=1).max()) * self.level
        return of_values if self.loss is None else min(of_values, self.loss.value(np.zeros(self.fit.shape)))

    def with_regularization(self, regularization: Smoothing) -> SphereProblem:
        """Return the same problem with another λ; raises :class:`OptionError` if it has none."""
        if self.loss is None:
            return super().with_regularization(regularization)
        return replace(self, regularization=check_positive("regularization", regularization))

    def columns(self, features: FloatArray) -> FloatArray:
        """Return the values of features, (m, d+1), at the points: (n, m)."""
        return np.maximum(self.rows @ features.T, 0.0)

    def measure(self, features: FloatArray, weights: FloatArray, affine: FloatArray | None = None) -> AnyMeasure:
        """Return the measure of atoms on the sphere; of one input, by kinks."""
        if self.inputs > 1:
            upright = features[:, -1] == 1.0
            live = ~upright & _nonzero(weights)
            return RidgeMeasure(features[live], weights[live], weights[upright].sum(axis=0), affine)
        steep = np.abs(features[:, 0]) > VERTICAL
        live = steep & _nonzero(weights)
        tilt, up = features[live, 0], weights[~steep] * _against(np.maximum(features[~steep, 1], 0.0), weights)
        line = None if affine is None else (float(affine[0]), float(affine[1]))
        return Measure(-features[live, 1] / tilt, np.sign(tilt), weights[live] * _against(np.abs(tilt), weights), up.sum(axis=0), line)

    def features_of(self, measure: AnyMeasure) -> tuple[FloatArray, FloatArray]:
        """Return the atoms of an admissible measure as unit vectors and weights, a constant as (0, 1)."""
        inside = self.admissible(measure)
        if isinstance(inside, RidgeMeasure):
            features, weights = inside.features, inside.weights
        else:
            w = np.hypot(1.0, inside.kinks)
            features = (inside.directions / w)[:, None] * np.column_stack([np.ones(len(inside)), -inside.kinks])
            weights = inside.weights * _against(w, inside.weights)
        if not np.any(inside.constant):
            return features, weights
        pole = np.zeros((1, features.shape[1]))
        pole[0, -1] = 1.0
        return np.concatenate([features, pole]), np.concatenate([weights, np.asarray(inside.constant)[None]])

    def admissible(self, measure: AnyMeasure) -> AnyMeasure:
        """Return a measure of this problem's features: a penalised affine part is made of ridges through the origin and a constant."""
        if measure.affine is None or self.free:
            return measure
        slope, intercept = np.asarray(measure.affine)[:-1], np.asarray(measure.affine)[-1]
        size = float(np.linalg.norm(slope)) if slope.ndim == 1 else 0.0
        if slope.ndim > 1:
            raise DataError("A penalised affine part goes with one output here; write it as features.")
        bare: Any = replace(measure, affine=None)
        up = np.append(slope / size, 0.0)[None] if size else np.empty((0, slope.size + 1))
        ridges = self.measure(np.concatenate([up, -up]), np.array([size, -size]) if size else np.empty(0))
        made: AnyMeasure = bare.plus(replace(ridges, constant=float(intercept)))
        return made

    def pruned(self, measure: AnyMeasure, tolerance: float) -> AnyMeasure:
        """Drop atoms that cost at most ``tolerance`` × the dearest one."""
        costs = measure.sizes() if isinstance(measure, RidgeMeasure) else measure.sizes() * np.hypot(1.0, measure.kinks)
        kept: Any = measure.where(costs > tolerance * costs.max(initial=0.0))
        return replace(kept, constant=measure.constant, affine=measure.affine)  # type: ignore[no-any-return]

    def cost(self, measure: AnyMeasure) -> float:
        """Return ∫ ‖dμ‖ on the sphere, without λ."""
        return float(sizes(self.features_of(measure)[1]).sum())

    def objective(self, measure: AnyMeasure) -> float:
        """Return L(f_μ(x)) + λ ∫ ‖dμ‖, or the cost alone without a loss."""
        return self.cost(measure) if self.loss is None else self.loss.value(measure(self.x)) + self.level * self.cost(measure)

    def violation(self, measure: AnyMeasure) -> float:
        """Return how far the worst f(x_i) is from its set; 0 with a loss."""
        return 0.0 if self.loss is not None else self.sets.violation(measure(self.x))

    def repaired_cost(self, measure: AnyMeasure) -> float:
        """Return the objective of a feasible measure made from this one.

        With a loss the measure is feasible. For margins it is divided by the smallest one, if that is positive. Otherwise weights are
        added that take the values into their sets, with least squares on its own features and on ridges that can make any values.
        """
        if self.loss is not None:
            return self.objective(measure)
        values = measure(self.x)
        if (smallest := self.fit.smallest_margin(values)) is not None:
            return self.cost(measure) / smallest if smallest > 0 else np.inf
        features, weights = self.features_of(measure)
        targets = self.sets.project(values)
        if not self.free:
            return interpolating_cost(self.rows, features, weights, targets, self.scale, np.empty((len(self), 0)))
        if measure.affine is not None:
            targets = targets - self.rows @ np.asarray(measure.affine)
        return interpolating_cost(self.rows, features, weights, targets, self.scale, self.rows)

    def project_dual(self, dual: npt.ArrayLike) -> FloatArray:
        """Return dual variables near the given ones with a finite dual value; with a free affine part those with Σ α_i (x_i, 1) = 0."""
        alpha = as_floats(dual, "dual", self.fit.shape)
        return self.fit.project_dual(self._without_affine(alpha) if self.free else alpha)

    @cached_property
    def _across(self) -> FloatArray:
        """An orthonormal basis of the values of affine functions, (n, p)."""
        return np.linalg.qr(self.rows)[0]

    def _without_affine(self, values: FloatArray) -> FloatArray:
        """Return values less their affine part, to rounding."""
        for _ in range(2):
            values = values - self._across @ (self._across.T @ values)
        return values

    def certificate(self, dual: npt.ArrayLike) -> Certificate:
        """Return η of the dual variables of finite value nearest to α, with its supremum: exact for one and for two inputs."""
        points, place = self.places
        alpha = self.project_dual(dual)
        gathered = np.zeros((len(points), *alpha.shape[1:]))
        np.add.at(gathered, place, alpha)
        if self.inputs == 1:
            nodes, values = _without_wide_arcs(np.ascontiguousarray(points[:, 0]), gathered, self.free)
            return ArcCertificate.of_dual(Arcs.sphere(nodes), values, self.free, self.level)
        return SphereCertificate(points, gathered, self.level)

    @cached_property
    def _bent(self) -> Target:
        """The fit for what an affine part leaves of the targets, if it is free: α·y without what cancels; zero if that is rounding."""
        if not self.free:
            return self.fit
        rest, size = self._without_affine(self.y), float(np.abs(self.y).max())
        rest = np.where(np.abs(rest).max() > tolerances.ATOMS * size, rest, 0.0)
        return Squared(rest) if self.loss is not None else Values(rest)

    def dual_value(self, certificate: Certificate, dual: FloatArray | None) -> float:
        """Return the dual objective of the α of finite value nearest to the given one."""
        return -np.inf if dual is None else self._bent.dual_value(self.project_dual(dual))

    def lower_bound(self, certificate: Certificate, dual: FloatArray | None) -> float:
        """Return the dual value of the best multiple of α that is feasible."""
        if dual is None:
            return 0.0
        peak = float(certificate.peak)
        if isinstance(bent := self._bent, Loss):
            return max(0.0, bent.best_dual_value(self.project_dual(dual), 1 / peak if peak > 0 else 1.0))
        value = self.dual_value(certificate, dual)
        if value <= 0:
            return 0.0
        return value / peak if peak > 0 else np.inf

    def conflict(self) -> tuple[Candidate, Refutation] | None:
        """Return a dual that proves that no function suits two rows with the same point, or None."""
        if self.loss is not None or len(self.places[0]) == len(self):
            return None
        order = np.argsort(self.places[1], kind="stable")
        same = np.flatnonzero(self.places[1][order[1:]] == self.places[1][order[:-1]])
        for i, j in zip(order[same].tolist(), order[same + 1].tolist(), strict=True):
            if (found := self.sets.contradiction(i, j)) is not None:
                wanted, dual = found
                return Candidate(None, dual), Refutation(Status.INFEASIBLE, _PROOF.format(i=i, j=j, wanted=wanted))
        return None


def _without_wide_arcs(x: FloatArray, alpha: FloatArray, free: bool) -> tuple[FloatArray, FloatArray]:
    """Return nodes and dual variables with more nodes, whose dual variables are 0, in the one arc that may be longer than π/2.

    What η is inside an arc follows from its ends, but not in float64 where they are nearly opposite: between two far points, and
    for points close to each other in the arc of the constants. With a free affine part only kinks between points count.
    """
    more = np.setdiff1d(SPREAD_KINKS, x)
    inside = (more > x[0]) & (more < x[-1])
    wide = np.arctan2(np.diff(x), 1 + x[1:] * x[:-1]) > np.pi / 2
    if wide.any():
        at = int(wide.argmax())
        more = more[(more > x[at]) & (more < x[at + 1])]
    elif not free and np.arctan2(x[-1] - x[0], 1 + x[-1] * x[0]) < np.pi / 2:
        more = more[~inside]
    else:
        return x, alpha
    nodes = np.concatenate([x, more])
    order = np.argsort(nodes, kind="stable")
    return nodes[order], np.concatenate([alpha, np.zeros((more.size, *alpha.shape[1:]))])[order]


def _nonzero(weights: FloatArray) -> npt.NDArray[np.bool_]:
    """Mark the weights, numbers or rows, that are not zero."""
    marks: npt.NDArray[np.bool_] = weights != 0
    if weights.ndim == 2:
        marks = np.any(marks, axis=1)
    return marks


def _against(factors: FloatArray, weights: FloatArray) -> FloatArray:
    """Shape one factor an atom so that it multiplies weights."""
    return factors if weights.ndim == 1 else factors[:, None]
