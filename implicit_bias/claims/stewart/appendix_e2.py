"""Appendix E.2: the dual of the problem on S_C, extended by zeros, is optimal for all data.

Feasible: η does not change, and neither do its nodes that matter; a zero row is in the cone of every label. Optimal: the
points left out add nothing to Σ μ, so it is the value of the problem on S_C, which is that on all data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.claims.instances import Labelled, combine, data_kinks, labelled, ramps, with_island
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import unit_classification
from implicit_bias.problems.candidate import Candidate
from implicit_bias.solve import solve


@dataclass(frozen=True, eq=False)
class Case:
    """Labelled points, and dual variables that are said to be optimal for them."""

    points: Labelled
    dual: FloatArray


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Add points of the same label in some gaps, solve the dual on S_C, and lift it."""
    points = _with_more(labelled(rng, data, 6))
    return Case(points, _lifted(points))


def _with_more(points: Labelled) -> Labelled:
    """Add a point inside every gap, with the label of its left neighbour."""
    middles = points.x[:-1] + np.diff(points.x) / 2
    x, labels = np.empty(points.x.size + middles.size), np.repeat(points.labels, 2)[:-1]
    x[::2], x[1::2] = points.x, middles
    return Labelled(x, labels, points.classes)


def _lifted(points: Labelled) -> FloatArray:
    """Return the optimal dual of the reduced problem, made feasible for it, and lifted."""
    reduced, lift = unit_classification(points.x, points.labels, points.classes).reduced()
    found = solve(reduced)
    if found.dual is None:
        return np.zeros((points.x.size, points.classes))
    alpha = reduced.project_dual(found.dual)
    dual = lift(Candidate(None, alpha / float(reduced.certificate(alpha).peak))).dual
    return np.zeros((points.x.size, points.classes)) if dual is None else dual


def check(case: Case) -> Outcome:
    """Bound the certificate by 1 at all data, look for signs and sums of μ, and compare the dual's worth with the optimum."""
    points, dual = case.points, case.dual
    own = np.eye(points.classes, dtype=bool)[points.labels]
    size = float(np.abs(dual).max())
    sizes = np.linalg.norm(combine(ramps(points.x, *data_kinks(points.x)).T, dual), axis=1)
    full = solve(unit_classification(points.x, points.labels, points.classes))
    return together(
        at_most(sizes, 1.0),
        at_most(dual[~own], 0.0, size),
        equal(dual.sum(axis=1), 0.0, size),
        equal(dual[own].sum(), full.upper_bound),
    )


def control(rng: Rng) -> Case:
    """Swap the row of a point between others of another label with that of the point beside it, of its own label."""
    island, at = with_island(rng)
    points = _with_more(island)
    dual = _lifted(points).copy()
    dual[[2 * at, 2 * at + 1]] = dual[[2 * at + 1, 2 * at]]
    return Case(points, dual)


CLAIM = Claim(
    name="appendix-e2",
    title="The dual of classification extended by zeros is optimal",
    source="Stewart et al., appendix E.2",
    statement=(
        "The optimal dual of classification on the points of S_C, extended by zero rows for all other data, is feasible and "
        "optimal for the dual of problem (14) on all data."
    ),
    kind="equality",
    expected="holds-with-assumption",
    assumption="Kinks are confined to exactly [x_1, x_n].",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    data_use="one instance",
)
