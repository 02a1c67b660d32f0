"""Equation (7) as a bound: training for a time t is ridge regression with λ = 1/t, up to a fifth of the targets.

On the loss ½ |f - y|², from f = 0, gradient flow of a network with kernel K on its output weights is at f_t = (I - e^{-K t}) y.
Ridge regression in the same kernel is at K (K + I/t)⁻¹ y. On an eigenvector of eigenvalue κ and with s = κ t the two multiply by

1 - e⁻ˢ  and  s/(1 + s),    which differ by at most  max_s 1/(1 + s) - e⁻ˢ = 0.2036…,  attained where 2 log(1 + s) = s.

So the distance is at most that times |y|, at every time and for every kernel. This is (7) without its free affine part, which
needs labels adjusted as in Theorem 1; see the claim spline-equation-7-early.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.analysis.gradient_flow import FILTER_GAP, KernelTraining, largest_filter_gap
from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.claims.jin_montufar.units import points_and_targets
from implicit_bias.claims.jin_montufar.wide import FAMILIES
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Case:
    """A kernel at the data, targets, a time, and whether ridge regression has a free affine part in the columns of ``affine``."""

    gram: FloatArray
    y: FloatArray
    time: float
    affine: FloatArray


def fixed() -> tuple[Case, ...]:
    """Return one point at the time at which the bound is attained."""
    return (Case(np.eye(1), np.ones(1), largest_filter_gap()[0], np.empty((1, 0))),)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw data, an initialisation, and a time on the scale of some eigenvalue."""
    x, y = points_and_targets(rng, data)
    gram = FAMILIES[int(rng.integers(len(FAMILIES)))].kernel.full(x[:, None], x[:, None])
    scale = float(rng.choice(np.linalg.eigvalsh(gram)))
    return Case(gram, y, float(10 ** rng.uniform(-1, 1)) / scale, np.empty((x.size, 0)))


def check(case: Case) -> Outcome:
    """Bound the distance of gradient flow and ridge regression; compare both with the toolkit's."""
    from scipy.linalg import expm

    n, k = case.affine.shape
    flow = case.y - expm(-case.gram * case.time) @ case.y
    ridge = case.gram + np.eye(n) / case.time
    matrix = np.block([[ridge, case.affine], [case.affine.T, np.zeros((k, k))]])
    alpha = np.linalg.solve(matrix, np.append(case.y, np.zeros(k)))[:n]
    regression = case.y - alpha / case.time
    size = float(np.linalg.norm(case.y))
    bound = at_most(float(np.linalg.norm(flow - regression)), FILTER_GAP * size, size)
    model = KernelTraining(case.gram, case.y)
    if k:
        return bound
    return together(bound, equal(model.flow(case.time), flow, size), equal(model.ridge(case.time), regression, size))


def control(rng: Rng) -> Case:
    """Leave affine functions free, at a time when the network has hardly moved, with targets close to a line."""
    x, y = points_and_targets(rng, None)
    gram = FAMILIES[int(rng.integers(len(FAMILIES)))].kernel.full(x[:, None], x[:, None])
    time = float(10 ** rng.uniform(-3, -2)) / float(np.linalg.eigvalsh(gram)[-1])
    return Case(gram, 0.1 * y + 2 * x + 1, time, np.column_stack([np.ones(x.size), x]))


CLAIM = Claim(
    name="spline-equation-7",
    title="Early stopping is smoothing, up to a fifth",
    source="Jin and Montúfar, equation (7)",
    statement=(
        "After t steps with learning rate η/n the network is approximated by smoothing with λ = 1/(η t): "
        "on the data they differ by at most 0.2037 ‖y‖."
    ),
    kind="bound",
    expected="holds-with-assumption",
    assumption="Smoothing has no free affine part, and steps are short. The bound is not in the paper, which gives none.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
)
