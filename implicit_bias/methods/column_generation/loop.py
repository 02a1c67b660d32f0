"""Column generation: a program over a few features, to which those where the certificate is too large are added until it is not.

The restricted program is solved by an own method or by a backend; its dual says where on the sphere ‖η‖ exceeds its level, the maxima
are found by the oracle of the problem's dimension, off any grid, and the answer is right to the last violation: the bound is the value
divided by the peak.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from implicit_bias.certificates.certificate import ArcCertificate, SphereCertificate
from implicit_bias.certificates.oracles import distinct, sizes, spread_features
from implicit_bias.fits import Squared
from implicit_bias.measures import AnyMeasure
from implicit_bias.measures.pruning import prune
from implicit_bias.methods.column_generation.master import Runner
from implicit_bias.methods.column_generation.merging import merged_atoms, tidied
from implicit_bias.methods.programs.sphere import first_features, useful_features
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.arrays import FloatArray, freeze
from implicit_bias.problems import SphereProblem
from implicit_bias.problems.candidate import Candidate

ROUNDS = 80
"""Most restricted programs."""

ENOUGH = 0.2
"""The certificate may exceed its level by this fraction of the tolerance."""

SPREAD = 24
"""Features to begin with, for each coordinate of the sphere."""

MOST_NEW = 400
"""Most features that are added in a round."""

SAME = 1e-7
"""Features within this angle are one column."""

STEP, ROUGH, BIAS = 10.0, 0.2, 0.2
"""λ falls by this factor, with programs of this tolerance, until it moves the value by this fraction of the tolerance."""

FITS = 4
"""Times the rounding of its terms: by this much an affine function may miss targets that it fits."""

MOST_PRUNED = 1e9
"""Atoms are pruned if that takes about this many operations at most."""

SLACK, LIGHT = 0.05, 1e-9
"""Features are kept while ‖η‖ is within this much of its level, or their weight above this fraction of the largest."""


@dataclass(frozen=True, eq=False)
class Generated:
    """How column generation ended: the answer, and what it took."""

    candidate: Candidate
    work: Generation


@dataclass(eq=False)
class Generation:
    """A run of column generation: how programs are solved, what they took, and when to stop.

    Attributes
    ----------
    run : solves the program over some features
    deadline : no round begins after this value of ``time.perf_counter``, and a backend that can stop then does
    rounds, columns : programs solved, and features of the last one
    build, solve : seconds
    stopped : whether the deadline came
    """

    run: Runner
    deadline: float = np.inf
    rounds: int = 0
    columns: int = 0
    build: float = 0.0
    solve: float = 0.0
    stopped: bool = False

    def restricted(self, problem: SphereProblem, features: FloatArray, tolerance: float, before: Candidate | None = None) -> Candidate:
        """Solve the program over some features."""
        candidate, building, solving = self.run(problem, features, tolerance, before, self.deadline - time.perf_counter())
        self.rounds, self.columns = self.rounds + 1, len(features)
        self.build, self.solve = self.build + building, self.solve + solving
        return candidate

    def generate(self, problem: SphereProblem, features: FloatArray, tolerance: float, exact: bool) -> tuple[Candidate, FloatArray]:
        """Add features until the certificate exceeds its level by a fraction of the tolerance; return the answer and the features.

        ``exact`` says whether the last search has to be sure of the supremum, where that can be.
        """
        enough = ENOUGH * tolerance
        best: Candidate | None = None
        for _ in range(ROUNDS):
            candidate = self.restricted(problem, features, tolerance, best)
            if candidate.dual is None or candidate.measure is None or not np.isfinite(candidate.dual).all():
                self.stopped |= time.perf_counter() > self.deadline
                return candidate if best is None else replace(best, word=candidate.word, stopped=candidate.stopped), features
            best = candidate
            tops, values = _tops(problem, candidate.dual, enough, exact)
            violating = values > 1 + enough
            if not violating.any():
                candidate = replace(candidate, dual=freeze(candidate.dual / max(1.0, float(values[0]))))
                break
            if time.perf_counter() > self.deadline:
                self.stopped = True
                break
            excess = float(values[0]) - 1
            radius = min(0.05, max(1e-7, np.sqrt(excess) / 8))
            new, _ = distinct(tops[violating], values[violating], radius, MOST_NEW)
            kept = _worth_keeping(problem, features, candidate, excess)
            both = np.concatenate([_joined(problem, candidate), new])
            fresh, _ = distinct(both, np.arange(len(both), 0.0, -1.0), SAME, len(both))
            features = np.concatenate([kept, fresh[_distances(fresh, kept) > SAME]])
        return candidate, features


def generate(problem: SphereProblem, tolerance: float, run: Runner, time_limit: float | None, start: FloatArray | None = None) -> Generated:
    """Solve a problem on the sphere off the grid.

    A small λ, or none, is come down to in steps: with a larger one the dual is unique and the certificate smooth, and few
    features matter. Interpolation ends at a λ that is too small to tell, with the values fitted anew.

    Parameters
    ----------
    tolerance : relative gap wanted
    run : solves the program over some features
    time_limit : seconds after which no further round begins, and a backend that has a limit is stopped
    start : (m, d+1) further features to begin with
    """
    work = Generation(run, np.inf if time_limit is None else time.perf_counter() + time_limit)
    if (nothing := without_atoms(problem)) is not None:
        return Generated(nothing, work)
    features = _first(problem, start)
    if problem.fit.homogeneous:
        candidate, features = _descend(work, problem, features, tolerance, start is not None)
    else:
        candidate, features = work.generate(problem, features, tolerance, exact=True)
    if candidate.measure is not None and candidate.dual is not None:
        fewest = _with_margins(problem, _fewest(work, problem, candidate, tolerance))
        candidate = replace(candidate, measure=fewest, stopped=work.stopped or candidate.stopped)
    return Generated(candidate, work)


def _descend(work: Generation, problem: SphereProblem, features: FloatArray, tolerance: float, warm: bool) -> tuple[Candidate, FloatArray]:
    """Solve problems of the squared loss with falling λ, down to the one asked for, at once from a warm start; or to interpolation."""
    fit = Squared(problem.y)
    level = largest_level(problem) / STEP
    least = 0.0 if problem.regularization is None else problem.regularization
    while level > least * STEP and not work.stopped and not (warm and least > 0):
        softened = SphereProblem(problem.x, fit, level, problem.affine)
        candidate, features = work.generate(softened, features, ROUGH, exact=False)
        if problem.regularization is None and candidate.dual is not None and candidate.measure is not None:
            rest = float((candidate.dual**2).sum()) / (2 * level)
            if rest <= BIAS * tolerance * softened.cost(candidate.measure):
                break
        level /= STEP
    if problem.regularization is not None:
        return work.generate(problem, features, tolerance, exact=True)
    softened = SphereProblem(problem.x, fit, level, problem.affine)
    candidate, features = work.generate(softened, features, tolerance, exact=True)
    if candidate.dual is None:
        return candidate, features
    fitted = work.restricted(problem, features, tolerance)
    return replace(fitted, dual=candidate.dual / level), features


def without_atoms(problem: SphereProblem) -> Candidate | None:
    """Return the best answer without atoms if it is optimal, else None.

    With a loss it is if λ is so large that its certificate is below it; without one if it fits, targets being 0, or affine where
    that is free.
    """
    if problem.loss is None and not problem.fit.homogeneous:
        return None
    affine = _best_affine(problem) if problem.free else None
    dual = np.zeros(problem.fit.shape)
    if problem.loss is not None:
        dual = problem.project_dual(problem.loss.negative_gradient(dual))
        if problem.certificate(dual).peak > 1:
            return None
    else:
        made = 0.0 if affine is None else problem.rows @ affine
        terms = 0.0 if affine is None else np.abs(problem.rows) @ np.abs(affine)
        if (np.abs(problem.y - made) > FITS * tolerances.EPS * (terms + np.abs(problem.y))).any():
            return None
    empty = np.empty((0, problem.inputs + 1)), np.empty((0, *problem.fit.shape[1:]))
    return Candidate(problem.measure(*empty, affine), freeze(dual))


def _best_affine(problem: SphereProblem) -> FloatArray:
    """Return slopes and intercept of the affine function that fits best, (d+1,): of centred and scaled inputs, refined once."""
    points = problem.rows[:, :-1]
    middle = points.mean(axis=0)
    size = np.abs(points - middle).max(axis=0)
    size[size == 0] = 1.0
    rows = np.column_stack([(points - middle) / size, np.ones(len(points))])
    found = np.linalg.lstsq(rows, problem.y, rcond=None)[0]
    found = found + np.linalg.lstsq(rows, problem.y - rows @ found, rcond=None)[0]
    slopes = found[:-1] / size
    return np.append(slopes, found[-1] - slopes @ middle)


def largest_level(problem: SphereProblem) -> float:
    """Return the supremum of ‖η‖ for α = y, less its affine part if that is free: from this λ of the squared loss on f has no atoms."""
    stated = SphereProblem(problem.x, Squared(problem.y), 1.0, problem.affine)
    return float(stated.certificate(problem.y).peak)


def _with_margins(problem: SphereProblem, measure: AnyMeasure | None) -> AnyMeasure | None:
    """Return the measure divided by its smallest margin if a loss of margins is the better for it: a small λ sees every rounding."""
    if problem.loss is None or measure is None:
        return measure
    smallest = problem.fit.smallest_margin(measure(problem.x))
    if smallest is None or not 0 < smallest < 1:
        return measure
    scaled: AnyMeasure = replace(measure, weights=measure.weights / smallest, constant=measure.constant / smallest)
    return scaled if problem.objective(scaled) < problem.objective(measure) else measure


def _fewest(work: Generation, problem: SphereProblem, candidate: Candidate, tolerance: float) -> AnyMeasure | None:
    """Return a measure as good as the one found, if possible with its atoms merged_atoms, and no more of them than values at the points.

    With several outputs gathering moves values a little; then the weights of the merged_atoms atoms are found anew.
    """
    measure = candidate.measure
    assert measure is not None
    fewer = tidied(problem, measure, measure, tolerance)
    if fewer is None and problem.outputs is not None:
        features = np.concatenate([_joined(problem, candidate), first_features(problem)])
        again = work.restricted(problem, np.unique(features, axis=0), tolerance)
        if again.measure is not None and np.isfinite(again.measure.weights).all():
            fewer = tidied(problem, again.measure, measure, tolerance)
    measure = measure if fewer is None else fewer
    values = len(problem) * (problem.outputs or 1)
    if not values < len(measure) <= MOST_PRUNED / values**2:
        return measure
    pruned = tidied(problem, prune(measure, problem.x, "sphere"), measure, tolerance)
    return measure if pruned is None else pruned


def _first(problem: SphereProblem, start: FloatArray | None) -> FloatArray:
    """Return features that can make any values, and a few spread over the sphere."""
    coordinates = problem.inputs + 1
    features = np.concatenate([first_features(problem), spread_features(coordinates, SPREAD * coordinates)])
    return useful_features(problem, features if start is None else np.concatenate([features, start]))


def _tops(problem: SphereProblem, dual: FloatArray, enough: float, exact: bool) -> tuple[FloatArray, FloatArray]:
    """Return features where ‖η‖ is locally largest, the largest first, and ‖η‖ over its level there.

    For two inputs the exact search, which is dear, is made only when the ascents find nothing.
    """
    certificate = problem.certificate(dual)
    if isinstance(certificate, SphereCertificate):
        features, values = certificate.climbed
        if exact and values[0] <= problem.level * (1 + enough):
            features, values = certificate.tops
    else:
        assert isinstance(certificate, ArcCertificate)
        features, values = certificate.tops
    order = np.argsort(-values, kind="stable")
    return features[order], values[order] / problem.level


def _joined(problem: SphereProblem, candidate: Candidate) -> FloatArray:
    """Return the atoms found, merged_atoms: where the program mixes features around a maximum, their mean is next to it.

    The values at the data fix that mean, so that it is nearer by an order than the maxima of the certificate are.
    """
    if candidate.measure is None:
        return np.empty((0, problem.inputs + 1))
    features, weights = problem.features_of(candidate.measure)
    size = sizes(weights)
    live = size > LIGHT * size.max(initial=0.0)
    return merged_atoms(problem, features[live], weights[live])[0]


def _distances(fresh: FloatArray, kept: FloatArray) -> FloatArray:
    """Return each fresh feature's distance from the nearest kept one."""
    return np.array([np.linalg.norm(kept - feature, axis=1).min(initial=np.inf) for feature in fresh])


def _worth_keeping(problem: SphereProblem, features: FloatArray, candidate: Candidate, excess: float) -> FloatArray:
    """Drop features that neither carry weight nor are near to: but never those that can make any values."""
    if len(features) < 4 * len(problem):
        return features
    assert candidate.dual is not None
    dual = problem.project_dual(candidate.dual)
    heights = sizes(problem.columns(features).T @ dual) / problem.level
    needed = heights >= 1 - max(SLACK, 10 * excess)
    return np.unique(np.concatenate([first_features(problem), features[needed]]), axis=0)
