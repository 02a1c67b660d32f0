"""S_C read as *the* support of the optimum: it is only an upper bound of one.

Labels 0, 0, 0, 1, 1, 1 at -1, -.6, -.2, .2, .6, 1 have S_C = {-1, -.2, .2, 1}. But the two end features suffice,

    f(x) = u (1 - x) + v (1 + x),   f_0 = p - q x,   f_1 = p + q x,   f_j = -r for classes that no point has,

with q = 5/2 (margin 1 between the two classes at ±.2), p = r = 0 for k = 2, at cost 5/sqrt(2), and for k = 4
p = r = 1/4 (margin p + q/5 + r = 1 against absent classes), at cost 2‖u‖ = sqrt(2 q² + 4 p²) = sqrt(12.75).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng
from implicit_bias.claims.instances import Labelled, labelled, margins, switching_points
from implicit_bias.data import Dataset
from implicit_bias.measures import FALLING, RISING, Measure, on_line
from implicit_bias.numerics.tolerances import SUPPORT
from implicit_bias.problems import MaxMarginProblem
from implicit_bias.solve import judge, solve


@dataclass(frozen=True, eq=False)
class Case:
    """Labelled points, and a measure that is said to be optimal for them."""

    points: Labelled
    measure: Measure


def fixed() -> tuple[Case, ...]:
    """Return the counterexamples above."""
    return _two_ends(2, 0.0), _two_ends(4, 0.25)


def _two_ends(classes: int, p: float) -> Case:
    q = 2.5
    u, v = np.full((2, classes), -p / 2)
    u[:2] = (p + q) / 2, (p - q) / 2
    v[:2] = (p - q) / 2, (p + q) / 2
    points = Labelled(np.linspace(-1, 1, 6), np.repeat([0, 1], 3), classes)
    return Case(points, Measure(np.array([1.0, -1.0]), np.array([FALLING, RISING]), np.stack([u, v])))


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Take the optimum of random data; it may be less than certified once small atoms are left out, and then shows nothing."""
    points = labelled(rng, data)
    return Case(points, _optimum(points))


def _optimum(points: Labelled) -> Measure:
    """Return what the solver finds, without atoms that may be its rounding, and with margin 1."""
    problem = MaxMarginProblem(points.x, points.labels, points.classes)
    found = solve(problem)
    if found.measure is None:
        return Measure.zero()
    kept = on_line(found.measure).prune(SUPPORT)
    return replace(kept, weights=kept.weights / float(margins(kept(points.x), points.labels).min()))


def check(case: Case) -> Outcome:
    """Return how many kinks of a measure and of S_C are not common to both, over the size of S_C.

    0 unless the measure is optimal: its margins hold at all data, and its cost is certified, both to the tolerance.
    """
    points = case.points
    problem = MaxMarginProblem(points.x, points.labels, points.classes)
    if case.measure.weights.ndim != 2:
        return Outcome(0.0)
    judged = judge(problem, case.measure)
    if not (judged.gap <= PROGRAM and judged.constraint_violation <= PROGRAM):
        return Outcome(0.0)
    predicted = set(points.x[switching_points(points.labels)].tolist())
    return Outcome(len(predicted ^ set(case.measure.kinks.tolist())) / len(predicted))


def control(rng: Rng) -> Case:
    """Take data whose only optimum uses every point of S_C: labels 0, 1, 1, 0 at 0, 1, 2, 3, in units drawn at random.

    The certificate has norm 1 at the four features of f_0 - f_1 = 2[x - 2]₊ + 2[1 - x]₊ - x/3 - (3 - x)/3 and nowhere else,
    and all four margins are active: they leave nothing to choose.
    """
    width = 2.0 ** int(rng.integers(-5, 6))
    scalar = np.array([-1 / 3, 2.0, 2.0, -1 / 3]) / width
    kinks, directions = np.array([0.0, 1.0, 2.0, 3.0]) * width, np.array([RISING, FALLING, RISING, FALLING])
    points = Labelled(kinks, np.array([0, 1, 1, 0]), 2)
    return Case(points, Measure(kinks, directions, scalar[:, None] * np.array([0.5, -0.5])))


CLAIM = Claim(
    name="support-classification-exact",
    title="S_C is not the support of every optimum",
    source="Stewart et al., section 6 (S_C read as the support of optimal measures)",
    statement="S_C is the support of the optimal measures of problem (14): their kinks are exactly its points.",
    kind="support",
    expected="fails-as-stated",
    assumption="Read as: there is an optimal measure whose support is contained in S_C.",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="one instance",
)
