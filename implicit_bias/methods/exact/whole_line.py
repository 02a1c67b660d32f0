"""Exact methods for kinks on the whole line: free affine part, and problem (4) where it costs nothing extra.

With a free affine part only the slope changes of the interpolant have to be made: with unit weight the interpolant itself is
optimal, on the sphere :mod:`implicit_bias.methods.exact.angle_programme` gives the dual and the gaps that hold a kink. If the kinks of that
optimum can be split between rising and falling features so that they make the affine part as well, the split costs nothing, and it is
optimal for problem (4), of which the free problem is a relaxation.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from implicit_bias.certificates.certificate import ArcCertificate
from implicit_bias.errors import DataError
from implicit_bias.measures import RISING, Measure
from implicit_bias.measures.circle import BentInterpolant, Shares
from implicit_bias.measures.node_values import NodeWeights, SplitInterpolant
from implicit_bias.methods.base import Found, Method, Options
from implicit_bias.methods.exact.angle_programme import best_angles
from implicit_bias.methods.exact.splitting import EndMoments, rising_branch, splitting
from implicit_bias.numerics import double_double
from implicit_bias.numerics.arrays import FloatArray, freeze, in_units
from implicit_bias.problems import WholeLineProblem
from implicit_bias.problems.candidate import Candidate
from implicit_bias.solution import Timings

SHORT = 1e-5
"""Angle of a gap below which a kink inside is not told from two at its ends: they cost at most Δ²/8 more."""

_ROUNDING, _ALIKE = 1e-15, 1e-10  # of an angle near π; of one angle computed twice

JOINED = 1e-11
"""A kink at a node this small, relative to the slopes around it, next to a gap with a kink, is rounding."""


class ExactWholeLine(Method[WholeLineProblem]):
    """The interpolant for unit weight, a dynamic programme in angles on the sphere."""

    name, title, suits = "exact", "The exact method", (WholeLineProblem,)
    cost = "nearly linear: a dynamic programme of a few pieces a point"
    proved = "the gap, from node values"
    gives_up = (
        "The exact method does not apply to these data: the kinks of the optimum with a free affine part cannot be split between "
        "rising and falling features so that they make the affine part."
    )

    def may_give_up(self, problem: WholeLineProblem) -> bool:
        """Whether the kinks have to make the affine part too."""
        return not problem.free

    def solve(self, problem: WholeLineProblem, options: Options) -> Found | None:
        """Solve with a free affine part, and split the kinks if it is not free."""
        began = time.perf_counter()
        candidate = solve_whole_line(problem)
        if candidate is None:
            return None
        split = " It applies, because the kinks of the optimum with a free affine part can be split so that they make the affine part."
        return Found(candidate, Timings(solve=time.perf_counter() - began), notes="" if problem.free else split)


def solve_whole_line(problem: WholeLineProblem) -> Candidate | None:
    """Return the optimum, or None for a problem (4) whose affine part the kinks of the free optimum cannot make."""
    shares, certificate = _free_optimum(problem)
    bent = problem.bent(shares, Shares.none(len(problem)), problem.bends - shares.inner)
    atoms = _Atoms.of(problem, bent)
    dual = freeze(certificate.dual())
    if problem.free:
        return Candidate(atoms.free_measure(problem), dual, interpolant=bent, certificate=certificate)
    found = atoms.split(problem)
    if found is None:
        return None
    parts, measure = found
    of_gaps, of_nodes = parts[::2], parts[1::2]
    rising = shares.scaled(of_gaps)
    pair = problem.bent(rising, shares.minus(rising), bent.at_nodes * of_nodes)
    return Candidate(measure, dual, interpolant=pair, certificate=certificate)


def _free_optimum(problem: WholeLineProblem) -> tuple[Shares, ArcCertificate]:
    """Return the kinks inside gaps and the certificate of the optimum with a free affine part."""
    arcs, n = problem.arcs, len(problem)
    if not arcs.curved or n == 2:
        rising = rising_branch(problem.x, problem.changes, 0.0, 0.0)
        return Shares.none(n), ArcCertificate.of_nodes(arcs, freeze(rising), 0.0, 0.0, problem.free)
    angles, touching = best_angles(problem.bends, 2 * arcs.halves)
    rising = arcs.sizes * np.cos(angles)
    rising[[0, -1]] = 0.0
    certificate = ArcCertificate.of_nodes(arcs, freeze(rising), 0.0, 0.0, problem.free)
    return _kinks_in_gaps(problem.bends, _sines(problem, angles), touching, arcs.halves), certificate


def _sines(problem: WholeLineProblem, angles: FloatArray) -> FloatArray:
    """Return sin θ_i to all digits near 0 and near π, 0 where η touches the weight at a node.

    Near π the angles themselves have lost what matters; those of the mirrored problem, for -y, are π - θ without that loss.
    """
    sine = np.sin(angles)
    obtuse = angles > np.pi / 2
    sine[obtuse & (sine < _ROUNDING)] = 0.0
    if obtuse.any():
        mirrored = best_angles(-problem.bends, 2 * problem.arcs.halves)[0]
        same = obtuse & (np.abs(angles + mirrored - np.pi) <= _ALIKE)
        sine[same] = np.sin(mirrored[same])
    return sine


def _kinks_in_gaps(bends: FloatArray, sine: FloatArray, touching: npt.NDArray[np.int8], halves: FloatArray) -> Shares:
    """Return the kinks inside the gaps where the certificate touches the weight.

    Inside a gap the kink is where η touches, so that its shares are in the ratio U : V = sin θ_{i+1} : sin θ_i, and along a run of
    such gaps each node's shares make its slope change. A node where η itself touches ends a run and keeps its slope change.
    """
    n = sine.size
    live = (touching != 0) & (sine[1:] > 0) & (sine[:-1] > 0)
    left, right, size, need = np.zeros(n - 1), np.zeros(n - 1), sine.tolist(), [0.0, *bends.tolist(), 0.0]
    first = 0
    if live[0] and not live.all():  # nothing is needed at the first node: its run is known from the other end
        first = int(np.argmin(live))
        share = 0.0
        for i in range(first - 1, -1, -1):
            right[i] = _signed(need[i + 1] - share, touching[i])
            left[i] = share = right[i] * size[i + 1] / size[i]
    share = 0.0
    for i in range(first, n - 1):
        if not live[i]:
            share = 0.0
            continue
        left[i] = _signed(need[i] - share, touching[i])
        right[i] = share = left[i] * size[i] / size[i + 1]
    short = 2 * halves < SHORT
    left[short] = right[short] = 0.0
    return Shares(left, right)


def _signed(share: float, sign: int) -> float:
    return share if share * sign > 0 else 0.0


@dataclass(frozen=True, eq=False)
class _Atoms:
    """Kinks and weights in float64, in the order gap, node, gap, …, gap; weights of 0 where there is none.

    They come from the slopes before and after each kink, rounded so that the errors do not add up along the line. In units of
    ``y_unit``.
    """

    kinks: FloatArray
    weights: FloatArray
    slope: float

    @classmethod
    def of(cls, problem: WholeLineProblem, bent: BentInterpolant) -> _Atoms:
        """Return the atoms of a function."""
        x, y, sizes = problem.x, problem.values, problem.arcs.sizes
        gaps, chords = np.diff(x), np.diff(y) / np.diff(x)
        before, after = chords - bent.rising.left / sizes[:-1], chords + bent.rising.right / sizes[1:]
        kinked = bent.rising.left * bent.rising.right > 0
        # a node between two kinked gaps has no kink of its own but by rounding
        joined = np.abs(before[1:] - after[:-1]) <= JOINED * np.maximum(np.abs(chords[1:]), np.abs(chords[:-1]))
        forth, back = joined & kinked[1:], joined & ~kinked[1:] & kinked[:-1]
        before[1:][forth] = after[:-1][forth]
        after[:-1][back] = before[1:][back]
        places = np.divide(after - chords, after - before, out=np.zeros_like(gaps), where=kinked & (after != before))
        inside = x[:-1] + gaps * places
        kinked &= (inside > x[:-1]) & (inside < x[1:])
        before, after = np.where(kinked, before, chords), np.where(kinked, after, chords)
        if not problem.changes.any():
            before = after = np.full_like(chords, (y[-1] - y[0]) / (x[-1] - x[0]))
        slopes = np.stack([before, after], axis=1).ravel()
        kinks = np.append(np.stack([np.where(kinked, inside, x[:-1])[:-1], x[1:-1]], axis=1).ravel(), inside[-1:])
        if not np.isfinite(slopes).all():
            raise DataError("The weights overflow float64: rescale x or y.")
        return cls(kinks, double_double.differences(slopes), float(slopes[0]))

    def free_measure(self, problem: WholeLineProblem) -> Measure:
        """Return the measure of rising features and an affine part."""
        live, unit = self.weights != 0, problem.y_unit
        intercept = float(problem.values[0]) - self.slope * float(problem.x[0])
        with np.errstate(over="ignore"):
            weights, affine = in_units(self.weights[live], 1 / unit), np.array([self.slope, intercept]) * unit
        if not (np.isfinite(weights).all() and np.isfinite(affine).all()):
            raise DataError("The weights overflow float64: rescale x or y.")
        return Measure(self.kinks[live], np.full(weights.size, RISING), weights, affine=(float(affine[0]), float(affine[1])))

    def split(self, problem: WholeLineProblem) -> tuple[FloatArray, Measure] | None:
        """Split the atoms between facings so that they make the affine part too; return the rising parts and the measure.

        None if that cannot be. It is the split of problem (13), whose end features must vanish (max H = 0).
        """
        live = self.weights != 0
        x, y, changes = problem.x, problem.values, self.weights[live]
        kinks = np.concatenate([x[:1], self.kinks[live], x[-1:]])
        from_first, to_last = changes * (kinks[1:-1] - x[0]), changes * (x[-1] - kinks[1:-1])
        ends = np.zeros_like(kinks)
        ends[[0, -1]] = y[[0, -1]]
        rising = splitting(EndMoments(kinks, ends, changes, from_first, to_last))
        if rising is None:
            return None
        parts = np.zeros_like(self.weights)
        parts[live] = rising / changes
        if not changes.size:
            return parts, Measure.zero()
        slopes = np.append(self.slope, self.slope + np.cumsum(changes))
        heights = np.append(y[0], y[0] + np.cumsum(slopes * np.diff(kinks)))
        heights[-1] = y[-1]
        t, s, w = NodeWeights.of_optimum(SplitInterpolant(kinks, heights, changes, rising)).atoms()
        return parts, Measure(t, s, in_units(w, 1 / problem.y_unit))
