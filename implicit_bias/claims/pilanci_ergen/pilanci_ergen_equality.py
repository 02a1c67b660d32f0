"""Pilanci and Ergen: a finite convex program, with one cone for each activation pattern, has the value of the problem over measures.

On the units with one pattern D the feature [R u]₊ = D R u is linear in u, R having the rows (x, 1). So positive atoms of one pattern
merge into one, v = Σ v_h, without changing a value and at no cost, as ‖Σ v_h‖ ≤ Σ ‖v_h‖; negative ones likewise. Nothing is lost:

    min  L(Σ_i D_i R (v_i - w_i)) + λ Σ_i ‖v_i‖ + ‖w_i‖,   (2 D_i - 1) R v_i ≥ 0,  (2 D_i - 1) R w_i ≥ 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.claims.base import Claim, Outcome, Rng, equal
from implicit_bias.data import Dataset
from implicit_bias.fits import LOSSES
from implicit_bias.methods.programs.activation_patterns import patterns
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import RegressionProblem, RegularizedProblem, SphereProblem

CONIC = 1e-7
"""Tolerance where a conic program is solved, to 1e-10 by its solver's own measure."""


@dataclass(frozen=True, eq=False)
class Case:
    """Points and targets, the loss and λ (or "none" for interpolation), and the patterns of the program."""

    x: FloatArray
    y: FloatArray
    loss: str
    level: float
    active: npt.NDArray[np.bool_]


def stated(x: FloatArray, y: FloatArray, loss: str, level: float) -> Case:
    """Return the case with every pattern."""
    return Case(x, y, loss, level, patterns(with_ones(x)))


def with_ones(x: FloatArray) -> FloatArray:
    """Return the rows (x, 1)."""
    return np.column_stack([x, np.ones(len(x))])


def fixed() -> tuple[Case, ...]:
    """Return a zigzag through four points."""
    x, y = np.array([[-1.0], [-0.3], [0.4], [1.0]]), np.array([1.0, -1.0, 1.0, -0.5])
    return stated(x, y, "squared", 0.05), stated(x, y, "none", 1.0)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a few points of one or two inputs; the sphere has a scale of its own, so the user's data are not used."""
    inputs = int(rng.integers(1, 3))
    x = rng.normal(size=(int(rng.integers(3, 8 if inputs == 1 else 6)), inputs))
    loss = str(rng.choice(["squared", "hinge", "none"]))
    y = rng.normal(size=len(x))
    return stated(x, np.sign(y) if loss == "hinge" else y, loss, float(10 ** rng.uniform(-2, 0)) if loss != "none" else 1.0)


def check(case: Case) -> Outcome:
    """Compare the finite program's value with a bound that its dual gives for all measures, by an exact supremum over the sphere.

    The program's answer is a measure, so that its value is no less than the problem's; the bound is no more.
    """
    problem: Any = RegressionProblem(case.x, case.y, weight="sphere")
    if case.loss != "none":
        problem = RegularizedProblem(case.x, case.y, case.level, LOSSES.find(case.loss))
    on_sphere = problem if isinstance(problem, SphereProblem) else SphereProblem(problem.x, problem.fit)
    order = np.lexsort(case.x.T[::-1])
    value, dual = solved(case)
    certificate = on_sphere.certificate(dual[order])
    if not certificate.exact:
        return Outcome(np.inf)
    return equal(value, on_sphere.lower_bound(certificate, dual[order]))


def solved(case: Case) -> tuple[float, FloatArray]:
    """Return the value of the finite program and its dual α, in the order of the points, by Clarabel."""
    import cvxpy as cp

    rows, cost, inside = with_ones(case.x), 0.0, []
    made: Any = np.zeros(len(rows))
    for pattern in case.active:
        for sign in (1, -1):
            unit = cp.Variable(rows.shape[1])
            made = made + sign * (pattern[:, None] * rows) @ unit
            inside.append((2.0 * pattern - 1)[:, None] * rows @ unit >= 0)
            cost = cost + case.level * cp.norm(unit, 2)
    values = cp.Variable(len(rows))
    losses = {"squared": cp.sum_squares(values - case.y) / 2, "hinge": cp.sum(cp.pos(1 - cp.multiply(case.y, values)))}
    tie = made == values
    exact = [values == case.y] if case.loss == "none" else []
    program = cp.Problem(cp.Minimize(cost + losses.get(case.loss, 0.0)), [tie, *inside, *exact])
    value = program.solve(solver="CLARABEL", tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
    return float(value), -np.asarray(tie.dual_value, dtype=np.float64)


def control(rng: Rng) -> Case:
    """Leave out every pattern that is inactive on more than one point: zigzags need the others."""
    n = int(rng.integers(4, 7))
    x = (np.cumsum(rng.uniform(0.5, 1, n)) - n / 2)[:, None]
    case = stated(x, np.where(np.arange(n) % 2, 1.0, -1.0) * rng.uniform(0.5, 1, n), "squared", 0.01)
    return replace(case, active=case.active[case.active.sum(axis=1) >= n - 1])


CLAIM = Claim(
    name="pilanci-ergen-equality",
    title="A finite convex program is the problem over measures",
    source="Pilanci and Ergen, Neural networks are convex regularizers, Theorem 1 (with a bias, recalled)",
    statement=(
        "The convex program over the activation patterns of the data has the value of the problem of a wide enough two-layer network, of "
        "one output, with weight decay."
    ),
    kind="equality",
    expected="holds",
    tolerance=CONIC,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
