"""At an interpolant of labels ±1 all margins y_n f_n of the normalised network are 1/ρ: the smaller ρ, the larger the margin.

Two layers on a line have a least ρ, the optimum V of problem (4), because the convex cost of a network is at most ρ; so no margin is
above 1/V. Interpolants here have random hidden layers, and the last one by least squares.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.data import Dataset
from implicit_bias.networks import NormalizedNetwork
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import RegressionProblem
from implicit_bias.solution import Solution
from implicit_bias.solve import solve

_UNITS = 40


@dataclass(frozen=True, eq=False)
class Case:
    """Points with a constant input, labels, and two networks through them, the first with two layers."""

    x: FloatArray
    y: FloatArray
    networks: tuple[NormalizedNetwork, NormalizedNetwork]


def interpolant(rng: Rng, x: FloatArray, y: FloatArray, depth: int) -> NormalizedNetwork:
    """Return a network with random hidden layers and the least last one."""
    layers, h = [], x
    for _ in range(depth - 1):
        layers.append(rng.normal(size=(_UNITS, h.shape[1])))
        h = np.maximum(h @ layers[-1].T, 0.0)
    return NormalizedNetwork.from_layers([*layers, np.linalg.lstsq(h, y)[0][None]])


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw three to five points with labels of both kinds, and two networks through them."""
    n = int(rng.integers(3, 6))
    places = np.cumsum(rng.uniform(0.5, 1.5, n))
    x = np.column_stack([places - places.mean(), np.ones(n)])
    y = rng.permutation([1.0, -1.0, *rng.choice([-1.0, 1.0], n - 2)])
    return Case(x, y, (interpolant(rng, x, y, 2), interpolant(rng, x, y, int(rng.integers(2, 5)))))


def check(case: Case) -> Outcome:
    """Compare every margin with 1/ρ, the order of margins with that of ρ, and the first ρ with the certified least one."""
    margins = [case.y * network.normalized(case.x) for network in case.networks]
    rho = [network.rho for network in case.networks]
    equals = [equal(margin, np.full(margin.size, 1 / scale)) for margin, scale in zip(margins, rho, strict=True)]
    larger = int(np.argmin(rho))
    solution = solve(RegressionProblem(case.x[:, 0], case.y, weight="sphere"))
    assert isinstance(solution, Solution)
    # the slack that is reported is that of the last bound, the one that could be attained
    return together(
        *equals,
        Outcome(at_most(margins[1 - larger].min(), float(margins[larger].min())).error),
        at_most(margins[0].min(), 1 / solution.lower_bound),
    )


def control(rng: Rng) -> Case:
    """Take targets of size 0.9 at one of the points for labels."""
    case = draw(rng, None)
    y = case.y.copy()
    y[int(rng.integers(y.size))] *= 0.9
    return replace(case, networks=(interpolant(rng, case.x, y, 2), case.networks[1]))


CLAIM = Claim(
    name="poggio-margin",
    title="Among interpolants the least norm has the largest margin",
    source="Poggio and Liao, margins of interpolating solutions",
    statement="Where ρ f_n = y_n = ±1 for all n, every margin is 1/ρ; the least ρ has the largest margin.",
    kind="equality",
    expected="holds",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    data_use="never",
)
