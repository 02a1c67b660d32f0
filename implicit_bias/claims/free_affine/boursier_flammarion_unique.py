"""With the weight w(t) = sqrt(1 + t²) and a free affine part there is one optimum only, shown by the certificate of each instance.

Let η be optimal for the dual: Σ α = Σ α x = 0, |η| ≤ w and Σ α_i y_i = the cost of some interpolating measure. Every optimum is then
supported where |η| = w. On a gap η = A - B t, and (A - B t) / sqrt(1 + t²) is a sinusoid in atan t: it comes to ±1 at one point of the gap
at most, if its peak is inside and of that size, or else at an end. So there are finitely many places, and if their features and the
affine functions are linearly independent on the data, the data fix every weight.

That they always are: let g, with kinks at these places, vanish at the data. Next to a data point of the set the gaps have none inside, and
g is 0 there. If g is not 0 on some gap, the gap has a place inside, its ends are no places, so that g goes on with its slope: it is not 0
on the next gap either, up to both ends of the data. But η = 0 at x_1 and x_n: a peak inside the first gap needs an angle of more than π/2,
and so does one inside the last, while all angles together are less than π; and if they are one gap, η = 0 on it.
With w = 1 whole gaps have |η| = w, and nothing of this is true.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.claims.instances import combine, ramps
from implicit_bias.data import Dataset
from implicit_bias.measures import RISING, Measure
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import RegressionProblem
from implicit_bias.problems.constructors import Weight
from implicit_bias.solve import solve

_TOUCHES = 1e-7
"""Where |η| / w comes this near to 1 it may be 1: more places make independence harder, not easier."""

_INDEPENDENT = 1e-9
"""Least singular value, of columns of length 1."""


@dataclass(frozen=True, eq=False)
class Case:
    """Data and the weight of kinks, "sphere" for sqrt(1 + t²) or "unit" for 1."""

    x: FloatArray
    y: FloatArray
    weight: Weight = "sphere"


def fixed() -> tuple[Case, ...]:
    """Return a parabola, two points, and a first gap of more than a right angle."""
    x = np.linspace(-2.5, 2.5, 6)
    return Case(x, x**2), Case(x[:2], x[:2]), Case(np.array([-7.0, 1.2, 4.8, 8.6]), np.array([0.0, 0.0, 1.3, 2.8]))


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw up to a dozen points, bent at random or mostly to one side; the weight has a scale of its own: no user's data."""
    n = int(rng.integers(3, 13))
    x = np.cumsum(rng.uniform(0.1, 1.2, n))
    x = (x - rng.uniform(x[0], x[-1])) * rng.uniform(0.5, 2)
    bends = np.where(rng.random(n - 2) < rng.choice([0.5, 0.9]), 1.0, -1.0) * rng.exponential(size=n - 2)
    return Case(x, combine(np.maximum(x[:, None] - x[1:-1], 0.0), bends) + rng.normal() * x + rng.normal())


def check(case: Case) -> Outcome:
    """Check the certificate, and how far from one another the features are where it is as large as the weight.

    The measure and α are the toolkit's; values, costs and the certificate are computed anew.
    """
    x, y = case.x, case.y
    solution = solve(RegressionProblem(x, y, weight=case.weight, affine="free"))
    measure, alpha = solution.measure, solution.dual
    if not isinstance(measure, Measure) or alpha is None or measure.affine is None:
        return Outcome(math.inf)
    found = combine(ramps(x, measure.kinks, measure.directions), measure.weights) + measure.affine[0] * x + measure.affine[1]
    cost = float((np.abs(measure.weights) * _weight(case, measure.kinks)).sum())
    places, sizes = _touched(case, combine(ramps(x, x, np.full(x.size, RISING)).T, alpha))
    mass = float(np.abs(alpha).sum())
    return together(
        equal(found, y, float(np.abs(y).max())),
        at_most(sizes, 1.0),
        equal([alpha.sum(), (alpha * x).sum() / np.abs(x).max()], 0.0, mass),
        equal(float((alpha * y).sum()), cost, float((np.abs(alpha) * np.abs(y)).sum())),
        Outcome(0.0 if independent(x, places) else math.inf),
    )


def _weight(case: Case, t: FloatArray) -> FloatArray:
    return np.hypot(1.0, t) if case.weight == "sphere" else np.ones_like(t)


def _touched(case: Case, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the places where |η| / w is about 1, among the data and the peaks of gaps, and |η| / w at all of those.

    With unit weight η is largest at the data, or all over a gap: its middle stands for it.
    """
    x = case.x
    slopes = np.diff(eta) / np.diff(x)
    intercepts = eta[:-1] - slopes * x[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        peaks = slopes / intercepts if case.weight == "sphere" else (x[1:] + x[:-1]) / 2
    inside = (x[:-1] < peaks) & (peaks < x[1:])
    places = np.concatenate([x, peaks[inside]])
    values = np.concatenate([eta, (intercepts + slopes * peaks)[inside]])
    sizes = np.abs(values) / _weight(case, places)
    return np.sort(places[sizes >= 1 - _TOUCHES]), sizes


def independent(x: FloatArray, places: FloatArray) -> bool:
    """Whether no function with kinks at these places, but 0, vanishes at the data."""
    columns = np.column_stack([ramps(x, places, np.full(places.size, RISING)), np.ones_like(x), x / np.abs(x).max()])
    if columns.shape[1] > x.size:
        return False
    lengths = np.linalg.norm(columns, axis=0)
    return bool(np.linalg.svd(columns / lengths, compute_uv=False).min() > _INDEPENDENT)


def control(rng: Rng) -> Case:
    """Take unit weight and data that bend to one side: any kink between two of them is as good."""
    x = np.cumsum(rng.uniform(0.3, 1.2, int(rng.integers(4, 10)))) - 2
    return Case(x, np.exp(x / 2), "unit")


CLAIM = Claim(
    name="boursier-flammarion-unique",
    title="On the sphere with a free affine part the optimum is unique",
    source="Boursier and Flammarion, Penalising the biases in norm regularisation enforces sparsity (uniqueness, recalled)",
    statement="With the weight sqrt(1 + t²) and a free affine part there is exactly one optimal interpolant.",
    kind="support",
    expected="holds",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
