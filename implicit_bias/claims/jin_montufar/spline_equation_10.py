"""Equation (10): gradient descent on the linearised model ends at the parameters closest to its start.

With the Jacobian J of the model at the start, step η and loss ½ |J (ω - ω₀) - y|², T steps change the parameters by
η Jᵀ Σ_{t<T} (I - η J Jᵀ)ᵗ y. The sum is formed by doubling T, which takes 2⁴⁰ steps of descent and nothing else; the closest
parameters come from least squares. All parameters of a ReLU network are trained.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.analysis.gradient_flow import closest_parameters, descended
from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, equal, together
from implicit_bias.claims.jin_montufar.units import points_and_targets
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray

_UNITS = 200
_DOUBLINGS = 40


@dataclass(frozen=True, eq=False)
class Case:
    """A Jacobian (n, p), targets less the model at its start, a step, and where descent starts, seen from ω₀."""

    jacobian: FloatArray
    y: FloatArray
    step: float
    start: FloatArray


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a network in the standard parametrisation (1), (2), and a step below 2/κ_max."""
    x, y = points_and_targets(rng, data)
    w, b = rng.normal(size=(2, _UNITS))
    a = rng.normal(size=_UNITS) / np.sqrt(_UNITS)
    reach = x[:, None] * w + b
    on = (reach > 0) * a
    jacobian = np.hstack([on * x[:, None], on, np.maximum(reach, 0.0), np.ones((x.size, 1))])
    largest = float(np.linalg.norm(jacobian, 2)) ** 2
    return Case(jacobian, y, float(rng.uniform(0.2, 1.8)) / largest, np.zeros(jacobian.shape[1]))


def check(case: Case) -> Outcome:
    """Compare the end of descent with the closest parameters, and with the toolkit's forms of both."""
    jacobian, y = case.jacobian, case.y
    left = y - jacobian @ case.start
    power = np.eye(y.size) - case.step * jacobian @ jacobian.T
    total = np.eye(y.size)
    for _ in range(_DOUBLINGS):
        total += power @ total
        power = power @ power
    end = case.start + case.step * jacobian.T @ (total @ left)
    closest = np.linalg.lstsq(jacobian, y, rcond=None)[0]
    size = max(float(np.abs(closest).max()), float(np.abs(y).max()))
    return together(
        equal(jacobian @ end, y, size),
        equal(end, closest, size),
        equal(closest_parameters(jacobian, y), closest, size),
        equal(descended(jacobian, y, case.step, 2**_DOUBLINGS), closest, size),
    )


def control(rng: Rng) -> Case:
    """Start elsewhere: descent then ends at parameters that fit as well, and are not closest to ω₀."""
    case = draw(rng, None)
    return Case(case.jacobian, case.y, case.step, 0.1 * rng.normal(size=case.start.size))


CLAIM = Claim(
    name="spline-equation-10",
    title="Gradient descent on the linearised model finds the closest solution",
    source="Jin and Montúfar, section 4.1, equations (9) and (10)",
    statement="If J has full row rank, gradient descent with a small step converges to the solution closest to the initial parameters.",
    kind="equality",
    expected="holds",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
)
