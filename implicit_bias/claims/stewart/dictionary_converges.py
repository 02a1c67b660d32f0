"""Problems (4) and (5) on a grid of angles: the error falls with the square of the spacing, if the data's own kinks are in the grid.

A feature of angle θ between neighbours θ - a and θ + b in the grid, with no data kink between them, is on the data

    φ_θ = (sin b · φ_{θ-a} + sin a · φ_{θ+b}) / sin(a + b),   of cost   (sin a + sin b) / sin(a + b) = cos((a-b)/2) / cos((a+b)/2),

for features on the sphere are linear in the unit as long as no point changes sides. So moving every atom of an optimum onto the grid costs
at most a factor 1/cos(h/2) = 1 + h²/8 + ..., h being the spacing, for weights in R^k as for numbers. Across a data kink the two sides of
the equation differ at that point, by a multiple of h: without the data's kinks the error is of first order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from implicit_bias.claims.base import Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.data import Dataset
from implicit_bias.fits import Margins, Values
from implicit_bias.methods.programs.sphere import Columns
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import SphereProblem
from implicit_bias.problems.candidate import Candidate
from implicit_bias.solve import solve

CONIC = 1e-7
"""Tolerance where a conic program is solved, to 1e-10 by its solver's own measure."""

SPACINGS = (20, 160)
"""Angles in half a circle."""


@dataclass(frozen=True, eq=False)
class Case:
    """A problem (4) or (5) of one input, how many angles the grids have, and whether the data's kinks are added."""

    problem: SphereProblem
    counts: tuple[int, ...] = SPACINGS
    with_data: bool = True


def fixed() -> tuple[Case, ...]:
    """Return a constant on two points, whose kinks are at ± 1/2; and three classes on five points."""
    flat = SphereProblem(np.array([-2.0, 2.0]), Values(np.ones(2)))
    classes = SphereProblem(np.array([-2.0, -1.0, 0.5, 1.0, 3.0]), Margins(np.array([0, 1, 1, 2, 0]), 3))
    return Case(flat), Case(classes)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a few points with targets or labels; the sphere has a scale of its own, so the user's data are not used."""
    x = np.cumsum(rng.uniform(0.3, 1.5, int(rng.integers(2, 7))))
    x -= x.mean()
    if rng.integers(2):
        return Case(SphereProblem(x, Values(np.cumsum(rng.normal(size=x.size)))))
    return Case(SphereProblem(x, Margins(rng.integers(0, 3, x.size), 3)), SPACINGS[:1])


def features(case: Case, count: int) -> FloatArray:
    """Return units (s, -s t)/sqrt(1 + t²) at ``count`` spacings in half a circle, a pole among them, and those of the data's kinks."""
    angles = np.arange(2 * count) * (np.pi / count)
    grid = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    if not case.with_data:
        return grid
    x = case.problem.x
    own = np.stack([np.ones_like(x), -x], axis=1) / np.hypot(1, x)[:, None]
    return np.concatenate([grid, own, -own])


def check(case: Case) -> Outcome:
    """Hold the error of each grid against 1/cos(h/2) - 1, relative to the least cost of all, found off any grid and certified."""
    best = solve(case.problem, "column-generation")
    errors = [(on_grid(case, count) - best.lower_bound) / best.lower_bound for count in case.counts]
    rates = [at_most(error, 1 / np.cos(np.pi / count / 2) - 1, 1.0) for error, count in zip(errors, case.counts, strict=True)]
    return together(equal(best.lower_bound, best.upper_bound), *rates)


def on_grid(case: Case, count: int) -> float:
    """Return the least cost on a grid, by Clarabel, recomputed from the measure; its violation is of the size of the tolerance."""
    posed = Columns(case.problem, features(case, count), scaled=True).program("primal")
    posed.cvxpy.solve(solver="CLARABEL", tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
    found = posed.read()
    return case.problem.cost(found.measure) if isinstance(found, Candidate) and found.measure is not None else np.inf


def control(rng: Rng) -> Case:
    """Leave the data's kinks out of the finest grid, for a function that has one there and nowhere else."""
    x = np.cumsum(rng.uniform(0.3, 0.8, 4)) - 1.2
    place = np.arctan(x[1]) * (SPACINGS[-1] / np.pi)
    x[1] += 0.4 * (abs(place - np.rint(place)) < 0.2) * np.pi / SPACINGS[-1] * (1 + x[1] ** 2)
    return replace(Case(SphereProblem(x, Values(np.maximum(x - x[1], 0.0)))), counts=SPACINGS[-1:], with_data=False)


CLAIM = Claim(
    name="dictionary-converges",
    title="A grid of angles errs by the square of its spacing",
    source="Stewart et al., problems (4) and (5) with finitely many features (not stated there)",
    statement=(
        "With kinks on a grid of angles of spacing h, and at the data, the least costs of problems (4) and (5) are within a factor "
        "1/cos(h/2) of those over all kinks."
    ),
    kind="rate",
    expected="holds",
    tolerance=CONIC,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
