"""Equation (7) with networks that are trained: stopping after t steps is ridge regression with λ = 1/(η t), up to 0.2037 ‖y‖.

The output weights are trained. With the network's own kernel K of all its units, at the data, descent has the filter 1 - (1 - η κ)ᵗ
and ridge regression κ/(κ + 1/(η t)). For r = η κ_max ≤ 1/2, (1 - η κ)ᵗ ≥ e^(-s - r s) at s = η κ t, and e^(-s) (1 - e^(-r s)) ≤ r/e, so
that the two differ by at most 0.2037 + r/e. The network must also be where the filter of descent says, up to rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from implicit_bias.analysis.gradient_flow import FILTER_GAP, KernelTraining
from implicit_bias.claims.base import PROGRAM, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.claims.jin_montufar.trained import STARTS
from implicit_bias.claims.jin_montufar.units import points_and_targets
from implicit_bias.data import Dataset
from implicit_bias.experiments.wide import REGIMES, jacobian, plain, spline_values, tangent_kernel, trained_network
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.splines.curvature import EarlyStopping

_MARGIN = 0.1
"""By how much of the targets' size a control is wrong at least."""


@dataclass(frozen=True, eq=False)
class Case:
    """Data, a start, a width and a seed, a share r of κ_max that makes the step, when to stop, and whether lines are free as in (7)."""

    x: FloatArray
    y: FloatArray
    start: str
    width: int
    seed: int
    pace: float
    epochs: int
    free: bool = False


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw data, a start, a network and a time."""
    x, y = points_and_targets(rng, data)
    return Case(
        x,
        y,
        STARTS[int(rng.integers(len(STARTS)))],
        2 * int(rng.integers(10, 200)),
        int(rng.integers(2**31)),
        float(rng.uniform(0.01, 0.5)),
        round(10 ** rng.uniform(0, 3.5)),
    )


def check(case: Case) -> Outcome:
    """Compare the network at the data with ridge regression, or with the smoothing spline of (7), and with descent in closed form."""
    size = float(np.linalg.norm(case.y))
    if size == 0:
        return Outcome(0.0)
    regime = REGIMES[case.start]
    start = regime.antisymmetric
    kernel = tangent_kernel(jacobian(start, case.seed, case.width, case.x, "output"))
    closed = KernelTraining(kernel, case.y)
    step = case.pace / float(closed.eigenvalues[-1])
    trained = trained_network(case.x, case.y, start, width=case.width, seed=case.seed, trained="output", step=step, epochs=case.epochs)
    values, time = plain(trained.network)(case.x), step * case.epochs
    rival = spline_values(case.x, case.y, regime.zeta, case.x, EarlyStopping(case.width * time)) if case.free else closed.ridge(time)
    bound = FILTER_GAP + case.pace / math.e
    return together(
        at_most(float(np.linalg.norm(values - rival)) / size, bound),
        equal(values, closed.descent(step, case.epochs), scale=size),
    )


def control(rng: Rng) -> Case:
    """Leave lines free, as (7) does, on data far from zero, after the first step."""
    case = draw(rng, None)
    return Case(case.x, case.y + 10, case.start, case.width, case.seed, _MARGIN, 1, True)


CLAIM = Claim(
    name="trained-early-stopping",
    title="A network that stops early is near a ridge regression",
    source="Jin and Montúfar, equation (7)",
    statement="The minimiser of (7) approximates the network's output after training for t steps, for every t.",
    kind="bound",
    expected="holds-with-assumption",
    assumption="Lines are penalised as the network's own kernel does. Then it is within 0.2037 + r/e of |y| for steps of r/κ_max.",
    tolerance=PROGRAM,
    draw=draw,
    check=check,
    control=control,
    requires=("networks",),
)
