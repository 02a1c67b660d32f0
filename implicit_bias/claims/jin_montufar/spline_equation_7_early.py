"""Equation (7) early in training: the smoothing spline is the least-squares line, the network is still at 0.

As t → 0, λ = 1/(η t) → ∞, and the minimiser of (7), in which lines cost nothing, tends to the line of least squares. The network
starts at f ≡ 0 and has moved by at most t κ_max |y|. So (7) is wrong by about the size of that line. Late in training both
interpolate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng
from implicit_bias.claims.jin_montufar.units import points_and_targets
from implicit_bias.claims.jin_montufar.wide import EVEN, FAMILIES, Family
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.splines.curvature import EarlyStopping, SplineProblem
from implicit_bias.solve import solve


@dataclass(frozen=True, eq=False)
class Case:
    """Data, an initialisation, and a time as a multiple of 1/κ: of the largest eigenvalue if early, of the smallest if late."""

    x: FloatArray
    y: FloatArray
    family: Family
    multiple: float
    late: bool = False


def fixed() -> tuple[Case, ...]:
    """Return the data of the paper's figure with every initialisation of Theorem 9, at a time of 1/1000."""
    return tuple(Case(*EVEN, family, 1e-3) for family in FAMILIES)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw data, an initialisation and an early time."""
    x, y = points_and_targets(rng, data)
    return Case(x, y, FAMILIES[int(rng.integers(len(FAMILIES)))], float(10 ** rng.uniform(-6, -2)))


def check(case: Case) -> Outcome:
    """Return the largest distance at the data of the minimiser of (7) from gradient flow, relative to the targets."""
    from scipy.linalg import expm

    points = case.x[:, None]
    gram = case.family.kernel.full(points, points)
    time = case.multiple / float(np.linalg.eigvalsh(gram)[0 if case.late else -1])
    flow = case.y - expm(-gram * time) @ case.y
    spline = solve(SplineProblem(case.x, case.y, case.family.zeta, EarlyStopping(time))).predict(case.x)
    size = float(np.abs(case.y).max())
    return Outcome(float(np.abs(spline - flow).max()) / size if size > 0 else 0.0)


def control(rng: Rng) -> Case:
    """Choose a time at which even the slowest component has arrived."""
    case = draw(rng, None)
    return Case(case.x, case.y, case.family, float(10 ** rng.uniform(10, 11)), True)


CLAIM = Claim(
    name="spline-equation-7-early",
    title="Early in training a smoothing spline is a line, and a network is zero",
    source="Jin and Montúfar, equation (7)",
    statement="The minimiser of (7) approximates the network's output after training for t steps, for every t.",
    kind="bound",
    expected="fails-as-stated",
    assumption="Lines are penalised as the network's kernel does, or labels have lost u x + v.",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
)
