"""The interior point method: primal and dual, Nesterov-Todd scaling, predictor and corrector, on a growing set of margins.

    minimise Σ_f ‖w_f‖  subject to  B Φ w - slack = 1, slack ≥ 0       (primal, Stewart et al., eq. 14)
    maximise Σ μ        subject to  ζ = -Φᵀ Bᵀ μ, ‖ζ_f‖ ≤ 1, μ ≥ 0      (dual; -ζ is the certificate)

A Newton step needs H = B Φ P Φᵀ Bᵀ + diag(slack/μ) inverted. The factorisation is a preconditioner only: conjugate gradients on
the margins that the step itself leaves make up for its rounding. The distances of (t, w) and (1, ζ) to their cones' boundaries
are carried along in scaled variables, where they do not cancel as they would if computed from w and ζ.

References
----------
S. Mehrotra, On the implementation of a primal-dual interior point method, SIAM J. Optim. 2 (1992).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.methods.exact.max_margin import cones
from implicit_bias.methods.exact.max_margin.cholesky import Dense
from implicit_bias.methods.exact.max_margin.dense_features import Scattered, ScatteredDense, ScatteredLine
from implicit_bias.methods.exact.max_margin.kalman import Filter
from implicit_bias.methods.exact.max_margin.operators import MarginPoints, Mask
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.numerics.tolerances import EPS

Normal = Filter | Dense | ScatteredDense
Engine = type[Filter] | type[Dense] | type[ScatteredDense]

LIMIT = 150
"""Most iterations."""

HEIGHT = 30.0
"""The first barrier parameter, over the mean multiplier of the start."""

SHARE = 0.15
"""Sum of the multipliers at the start, all margins' that no push reaches, if the filter does the work: it takes them all."""

TRIED, PROMISING = 0.05, 0.05
"""Margins are added once the barrier parameter, or else the gap on the margins in use, is this small."""

NEAR, AT_ONCE = 0.3, 2
"""Added are margins below 1 + NEAR, at most the AT_ONCE smallest of a point at a time."""

ROOM = 3.0
"""Slack of an added margin: its multiplier must not push the certificate far out."""

KEEP_OFF = 0.99
"""Fraction of the way to the boundary that a step goes."""

REFINEMENTS = 10
"""Most steps of conjugate gradients for one direction."""

RESIDUAL, GUESS, COARSE = 1e-10, 1e-4, 1e-7
"""Residual margins at which refinement is done, of a step and of its prediction; missing the third, the filter takes over."""

PATIENCE = 5
"""Iterations without progress after which no more is expected."""


@dataclass(frozen=True, eq=False)
class Solved:
    """Weights with margins of at least 1, legal multipliers, and how the search went."""

    weights: FloatArray
    multipliers: FloatArray
    gap: float
    iterations: int


@dataclass(frozen=True, eq=False)
class _Step:
    """A direction, in user's and in scaled variables."""

    w: FloatArray
    zeta: FloatArray
    s: FloatArray
    z: FloatArray
    slack: FloatArray
    mu: FloatArray


class Interior:
    """One run of the method; ``hint`` marks margins to take in early."""

    def __init__(self, points: MarginPoints | Scattered, goal: float, hint: Mask | None = None) -> None:
        self._points, self._goal = points, goal
        self._hint = np.zeros((points.n, points.k), bool) if hint is None else hint
        self._engine: Engine = Dense if isinstance(points, ScatteredLine) else ScatteredDense
        if isinstance(points, MarginPoints):
            self._engine = Filter if _filter_is_cheaper(points) else Dense
        self._weights = points.start()
        self._multipliers = np.zeros((points.n, points.k))
        self._lower, self._upper = 0.0, float(np.sqrt(cones.dot(self._weights, self._weights)).sum())
        self._start()

    def run(self) -> Solved:
        """Iterate until the gap is at most the goal, or no progress is made."""
        gaps: list[float] = []
        barriers: list[float] = []
        for iteration in range(LIMIT + 1):
            gaps.append(self._assess())
            barriers.append(self._barrier())
            stuck = min(gaps) < 1e-3 and not (_falls(gaps) or _falls(barriers))
            if gaps[-1] <= self._goal or stuck or self._is_spent() or iteration == LIMIT:
                break
            self._revise()
            if not self._advance():
                break
        return Solved(self._weights, self._multipliers, min(gaps), iteration)

    def _is_spent(self) -> bool:
        """Whether complementarity is below rounding: weights and multipliers then only shrink, whatever margins still miss."""
        return self._barrier() * self._degree <= EPS * self._lower

    def _start(self) -> None:
        """Take a centred point in closed form."""
        points = self._points
        mu = points.pushes(few=self._engine is not Filter)
        self._unit = 2 * float(mu[mu > 0].mean())
        if self._engine is Filter:
            rest = points.rivals & (mu == 0)
            mu[rest] = SHARE / max(1, rest.sum())
        self._mask = mu > 0
        height = HEIGHT * self._unit
        self._mu, self._slack = mu, np.divide(height, mu, out=np.zeros_like(mu), where=self._mask)
        self._zeta = -points.certificate(points.adjoint(mu))
        self._det_z = 1 - cones.dot(self._zeta, self._zeta)
        first = height / self._det_z
        self._w, self._det_s = -self._zeta * first[:, None], first**2 * self._det_z
        self._half = np.ones(first.size)

    def _assess(self) -> float:
        """Bound the optimum from both sides by the present point, keep the best of each, and return the gap."""
        points = self._points
        self._values = points.values(self._w)
        self._margins = np.where(points.rivals, points.margins(self._values), np.inf)
        eta = points.certificate(points.adjoint(self._mu))
        smallest, peak = float(self._margins.min()), float(np.sqrt(cones.dot(eta, eta).max()))
        self._cost = float(np.sqrt(cones.dot(self._w, self._w)).sum())
        if smallest > 0 and self._cost / smallest < self._upper:
            self._upper, self._weights = self._cost / smallest, self._w / smallest
        if self._mu.sum() / peak > self._lower:
            self._lower, self._multipliers = float(self._mu.sum()) / peak, self._mu / peak
        return 1 - self._lower / self._upper

    def _barrier(self) -> float:
        """Return the mean complementarity."""
        inner = np.sqrt(self._det_s * self._det_z) * (2 * self._half**2 - 1)
        return float(inner.sum() + (self._slack * self._mu).sum()) / self._degree

    @property
    def _degree(self) -> int:
        return self._half.size + int(self._mask.sum())

    def _revise(self) -> None:
        """Take in margins that are violated, or nearly."""
        barrier, smallest = self._barrier(), float(self._margins[self._mask].min())
        if barrier > TRIED * self._unit and (smallest <= 0 or 1 - self._lower * smallest / self._cost > PROMISING):
            return
        outside = np.where(self._mask, np.inf, self._margins)
        most = min(AT_ONCE, self._points.k) - 1
        wanted = (outside < 1 + NEAR) & (outside <= np.partition(outside, most, axis=1)[:, [most]])
        wanted |= self._hint & ~self._mask
        self._hint = np.zeros_like(self._hint)  # the caller keeps its own
        slack = np.maximum(outside[wanted] - 1, ROOM)
        self._slack[wanted], self._mu[wanted] = slack, barrier / slack
        self._mask |= wanted

    def _advance(self) -> bool:
        """Take a step of predictor and corrector; return False when precision has run out."""
        self._missing = np.where(self._mask, 1 + self._slack - self._points.margins(self._values), 0.0)
        self._apart = -self._points.certificate(self._points.adjoint(self._mu)) - self._zeta
        scaling = cones.Scaling(self._w, self._zeta, self._det_s, self._det_z, self._half)
        ratio = np.divide(self._slack, self._mu, out=np.zeros_like(self._mu), where=self._mask)
        try:
            normal = self._factor(scaling, ratio)
        except np.linalg.LinAlgError:
            return False
        barrier, point = self._barrier(), scaling.point
        ahead = self._direction(normal, scaling, ratio, -point, -self._slack, GUESS)
        centring = (1 - min(self._lengths(point, ahead))) ** 3
        target = -cones.product(ahead.s, ahead.z)
        target[:, 0] += centring * barrier
        offset = np.divide(centring * barrier - ahead.slack * ahead.mu, self._mu, out=np.zeros_like(self._mu), where=self._mask)
        step = self._direction(normal, scaling, ratio, cones.quotient(point, target) - point, offset - self._slack, RESIDUAL)
        primal, dual = (KEEP_OFF * length for length in self._lengths(point, step))
        s, z = point + primal * step.s, point + dual * step.z
        det_s, det_z = cones.determinant(s), cones.determinant(z)
        if not (max(primal, dual) > 1e-6 and det_s.min() > 0 and det_z.min() > 0):
            return False
        self._half = np.sqrt(np.maximum(1.0, (1 + cones.dot(s, z) / np.sqrt(det_s * det_z)) / 2))
        self._det_s, self._det_z = det_s * scaling.square, det_z / scaling.square
        self._w, self._zeta = self._w + primal * step.w, self._zeta + dual * step.zeta
        self._slack, self._mu = self._slack + primal * step.slack, self._mu + dual * step.mu
        return True

    def _lengths(self, point: FloatArray, step: _Step) -> tuple[float, float]:
        """Return the longest primal and dual steps."""
        on = self._mask
        return (
            min(cones.longest_step(point, step.s), cones.longest_positive_step(self._slack[on], step.slack[on])),
            min(cones.longest_step(point, step.z), cones.longest_positive_step(self._mu[on], step.mu[on])),
        )

    def _factor(self, scaling: cones.Scaling, ratio: FloatArray) -> Normal:
        """Factor the normal equations; on a line the filter takes over for good where rounding defeats the dense factorisation."""
        if isinstance(self._points, ScatteredLine):
            return Dense(self._points, scaling, ratio, self._mask)
        if isinstance(self._points, Scattered):
            return ScatteredDense(self._points, scaling, ratio, self._mask)
        if self._engine is Dense:
            try:
                return Dense(self._points, scaling, ratio, self._mask)
            except np.linalg.LinAlgError:
                self._engine = Filter
        return Filter(self._points, scaling, ratio, self._mask)

    def _direction(
        self, normal: Normal, scaling: cones.Scaling, ratio: FloatArray, cone: FloatArray, slack: FloatArray, enough: float
    ) -> _Step:
        """Solve the Newton equations for targets of complementarity: of the scaled cones, and of slack over multipliers."""
        points = self._points
        w = scaling.apply(cone)[:, 1:] - scaling.times_p(self._apart)
        mu, zeta, wanted = np.zeros_like(self._mu), self._apart, self._missing + slack
        best, smallest = (mu, zeta, w), np.inf
        along, before, energy = np.zeros_like(mu), np.zeros_like(mu), np.inf
        for _ in range(REFINEMENTS):
            rest = np.where(self._mask, wanted - ratio * mu - points.margins(points.values(w)), 0.0)
            size = float(np.abs(rest).max())
            done = size < enough or size > 1e3 * smallest or (smallest < COARSE and size > smallest / 2)
            if size < smallest:
                best, smallest = (mu, zeta, w), size
            if done:
                break
            solved = normal.solve(rest)
            along = solved + max(0.0, float((solved * (rest - before)).sum()) / energy) * along
            before, energy = rest, float((rest * solved).sum())
            eta = points.certificate(points.adjoint(along))
            moved = scaling.times_p(eta)
            curvature = float((eta * moved).sum() + (ratio * along**2).sum())
            if not (energy > 0 and curvature > 0):
                break
            length = float((along * rest).sum()) / curvature
            mu, zeta, w = mu + length * along, zeta - length * eta, w + length * moved
        if smallest > max(COARSE, enough) and isinstance(self._points, MarginPoints):
            self._engine = Filter
        mu, zeta, w = best
        z = scaling.apply(np.hstack([np.zeros((len(zeta), 1)), zeta]))
        return _Step(w, zeta, cone - z, z, np.where(self._mask, slack - ratio * mu, 0.0), mu)


def _falls(history: list[float]) -> bool:
    """Whether the last PATIENCE entries brought the smallest one down by a tenth."""
    return len(history) <= PATIENCE or min(history[-PATIENCE:]) <= 0.9 * min(history[:-PATIENCE])


def _filter_is_cheaper(points: MarginPoints) -> bool:
    """Compare rough counts of seconds: the filter goes through small dense matrices, the other through one of the margins in use."""
    n, k = points.n, points.k
    margins = 4 * n
    filtering = n * (3e-4 + 50e-9 * k**3)
    dense = (margins**3 / 3 + 4 * n * margins**2) / 1.5e10
    return filtering < max(0.05, dense)
