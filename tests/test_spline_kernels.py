"""Kernels against their expectations, the adjustment of Theorem 1 against the network it is for, training in closed form."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp

import implicit_bias as ib
from implicit_bias.analysis.adjustment import exact_adjustment, least_squares_adjustment
from implicit_bias.analysis.gradient_flow import (
    FILTER_GAP,
    KernelTraining,
    closest_parameters,
    descended,
    flow_filter,
    largest_filter_gap,
    ridge_filter,
)
from implicit_bias.problems.splines.kernel import SeveralInputsProblem
from implicit_bias.solve import solve
from implicit_bias.zetas.degrees import gaussian_zeta_of_inputs
from implicit_bias.zetas.function import FunctionZeta
from implicit_bias.zetas.kernels import CubicKernel, FeatureKernel, GaussianKernel, RidgeKernel, line_kernel, second_moments
from implicit_bias.zetas.zeta import BinaryUniformZeta, ConstantZeta, GaussianZeta, UniformZeta

POINTS = np.array([-1.3, -0.4, -0.399, 0.2, 0.9, 1.6])


def column(values: object) -> np.ndarray:
    return np.asarray(values, dtype=float)[:, None]


def expectation(x: float, z: float, of_w: object, of_b: object, reach_w: float, reach_b: float) -> float:
    """E[(Wx + B)₊ (Wz + B)₊] by plain two-dimensional quadrature, cut where an activation begins."""

    def over_b(w: float) -> float:
        start = min(max(-w * x, -w * z, -reach_b), reach_b)
        return quad(lambda b: (w * x + b) * (w * z + b) * of_b(b), start, reach_b, epsrel=1e-11)[0] * of_w(w)

    pieces = sorted({-reach_w, 0.0, reach_w, *(s * reach_b / abs(c) for c in (x, z) for s in (-1, 1) if abs(c) * reach_w > reach_b)})
    return sum(quad(over_b, a, b, epsrel=1e-10)[0] for a, b in pairwise(pieces))


@pytest.mark.parametrize("z", [-0.4, 0.2, 1.6])
def test_full_kernels_are_their_expectations(z: float) -> None:
    x = 0.9
    box = expectation(x, z, lambda w: 0.25, lambda b: 0.5 / 1.5, 2.0, 1.5)
    kernel = RidgeKernel(UniformZeta(2.0, 1.5))
    assert kernel.full(column([x]), column([z]))[0, 0] == pytest.approx(box, rel=1e-9)
    bell = expectation(
        x, z, lambda w: math.exp(-(w**2) / 2) / math.sqrt(2 * math.pi), lambda b: math.exp(-2 * b * b) / math.sqrt(math.pi / 2), 12, 6
    )
    assert GaussianKernel(1.0, 0.5).full(column([x]), column([z]))[0, 0] == pytest.approx(bell, rel=1e-8)
    signs = [
        quad(lambda b, s=s: max(s * x + b, 0) * max(s * z + b, 0) / 3, -1.5, 1.5, points=[-x, -z, x, z][:4], epsrel=1e-11)[0]
        for s in (-1, 1)
    ]
    assert RidgeKernel(BinaryUniformZeta(1.5)).full(column([x]), column([z]))[0, 0] == pytest.approx(sum(signs) / 2, rel=1e-7)


@pytest.mark.parametrize(
    "zeta", [ConstantZeta(0.3), GaussianZeta(1.3, 0.4), UniformZeta(2, 1), BinaryUniformZeta(1.2), FunctionZeta(np.exp)]
)
def test_line_kernel_is_its_integral(zeta: object) -> None:
    found = line_kernel(zeta, POINTS, POINTS)
    for i, x in enumerate(POINTS):
        for j, z in enumerate(POINTS):
            lo, hi = min(x, z), max(x, z)
            nodes = [lo, *(b for b in zeta.breakpoints if lo < b < hi), hi]
            parts = [
                quad(lambda c, lo=lo, hi=hi: float(zeta(np.array(c))) * (c - lo) * (hi - c), a, b, epsabs=0, epsrel=1e-12)[0]
                for a, b in pairwise(nodes)
                if a < b
            ]
            assert found[i, j] == pytest.approx(sum(parts) / 2, rel=1e-10)
    np.testing.assert_array_equal(np.diag(found), 0)


def test_closed_forms_agree_on_a_line() -> None:
    x, kernel = column(POINTS), GaussianKernel(1.3, 0.4)
    np.testing.assert_allclose(kernel.reduced(x, x), line_kernel(GaussianZeta(1.3, 0.4), POINTS, POINTS), rtol=1e-11)
    np.testing.assert_allclose(kernel.full(x, x), RidgeKernel(GaussianZeta(1.3, 0.4)).full(x, x), rtol=1e-13)
    np.testing.assert_allclose(CubicKernel(0.3).reduced(x, x), line_kernel(ConstantZeta(0.3), POINTS, POINTS), rtol=1e-12)
    tiny = column([0.5, 0.5 + 1e-7])
    assert kernel.reduced(tiny, tiny)[0, 1] == pytest.approx(
        float(GaussianZeta(1.3, 0.4)(np.array(0.5))) * np.diff(tiny[:, 0])[0] ** 3 / 12, rel=1e-6
    )


@pytest.mark.parametrize("zeta", [GaussianZeta(1.3, 0.4), UniformZeta(2.0, 1.0), BinaryUniformZeta(1.2)])
def test_second_moments_are_integrals_of_zeta(zeta: object) -> None:
    by_quadrature = second_moments(FunctionZeta(zeta))
    np.testing.assert_allclose(second_moments(zeta), by_quadrature, rtol=1e-8, atol=1e-9)


def test_planes_and_closed_forms() -> None:
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(9, 2)), rng.normal(size=(7, 2))
    ridge = RidgeKernel.in_plane(gaussian_zeta_of_inputs(2, 1.3, 0.4))
    np.testing.assert_allclose(ridge.reduced(x, z), GaussianKernel(1.3, 0.4).reduced(x, z), rtol=1e-3)
    np.testing.assert_allclose(RidgeKernel.in_plane(ConstantZeta(2.0)).reduced(x, z), CubicKernel(2.0).reduced(x, z), rtol=1e-8)
    many = rng.normal(size=(5, 4))
    sampled = RidgeKernel.sampled(ConstantZeta(2.0), 4, 20_000, 1).reduced(many, many)
    np.testing.assert_allclose(sampled, CubicKernel(2.0).reduced(many, many), rtol=0.05)
    np.testing.assert_allclose(gaussian_zeta_of_inputs(1, 1.3, 0.4)(POINTS), GaussianZeta(1.3, 0.4)(POINTS), rtol=1e-13)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_sampled_units_approach_the_closed_form(d: int) -> None:
    rng = np.random.default_rng(d)
    x, units = rng.normal(size=(6, d)), 60_000
    sampled, exact = FeatureKernel(1.3 * rng.normal(size=(units, d)), 0.4 * rng.normal(size=units)), GaussianKernel(1.3, 0.4)
    # five standard errors, from the fourth moments
    size = np.outer(
        np.linalg.norm(np.column_stack([1.3 * x, np.full(6, 0.4)]), axis=1),
        np.linalg.norm(np.column_stack([1.3 * x, np.full(6, 0.4)]), axis=1),
    )
    allowed = 5 * math.sqrt(3 / units) * size
    assert (np.abs(sampled.full(x, x) - exact.full(x, x)) <= allowed).all()
    assert (np.abs(sampled.reduced(x, x) - exact.reduced(x, x)) <= allowed).all()
    assert not (np.abs(sampled.full(x, x) - GaussianKernel(1.4, 0.4).full(x, x)) <= allowed).all()


@pytest.mark.parametrize("kernel", [GaussianKernel(1.3, 0.4), FeatureKernel([[1.0, 2.0], [-1.0, 0.5], [0.3, -2.0]], [0.5, 0.1, -1.0])])
def test_full_and_reduced_differ_by_affine_functions(kernel: object) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(12, 2))
    difference = kernel.full(x, x) - kernel.reduced(x, x)
    affine = np.column_stack([np.ones(12), x])
    free = np.linalg.svd(affine)[0][:, 3:]
    np.testing.assert_allclose(free.T @ difference @ free, 0, atol=1e-12)
    assert np.linalg.eigvalsh(free.T @ kernel.reduced(x, x) @ free).min() >= -1e-13
    assert np.linalg.eigvalsh(kernel.reduced(x, x)).min() < -1e-3


def test_constant_zeta_has_no_full_kernel() -> None:
    x = column(POINTS)
    for kernel in (CubicKernel(), RidgeKernel(ConstantZeta())):
        with pytest.raises(ib.OptionError, match="Use the reduced kernel"):
            kernel.full(x, x)


@pytest.mark.parametrize("smoothing", [None, 0.01])
@pytest.mark.parametrize("kernel", [GaussianKernel(1.0, 0.7), RidgeKernel(UniformZeta(1.0, 2.0)), RidgeKernel(BinaryUniformZeta(2.0))])
def test_adjustment_makes_networks_and_splines_agree(kernel: object, smoothing: float | None) -> None:
    x, y, t = np.linspace(-1, 1, 7), np.array([1.0, 3, -2, 0, 0.5, 4, 2]), column(np.linspace(-1.2, 1.2, 41))
    adjustment = exact_adjustment(x, y, kernel, smoothing)
    spline = solve(SeveralInputsProblem(column(x), y, kernel=kernel, smoothing=smoothing))
    full = kernel.full(column(x), column(x)) + (smoothing or 0) * np.eye(7)
    # generalised least squares
    affine = np.column_stack([x, np.ones(7)])
    weighed = np.linalg.solve(affine.T @ np.linalg.solve(full, affine), affine.T @ np.linalg.solve(full, y))
    np.testing.assert_allclose([adjustment.u[0], adjustment.v], weighed, rtol=1e-6)
    assert adjustment.violation <= 1e-9

    def network(targets: np.ndarray) -> np.ndarray:
        return kernel.full(t, column(x)) @ np.linalg.solve(full, targets)

    np.testing.assert_allclose(network(adjustment.adjusted(x, y)), spline.predict(t) - adjustment(t), rtol=0, atol=1e-6)
    # the paper's least squares leave a difference, as raw targets do: measured, and not small
    least = least_squares_adjustment(x, y)
    np.testing.assert_allclose([least.u[0], least.v], np.linalg.lstsq(affine, y)[0], rtol=1e-10)
    assert adjustment.distance(least, x) == pytest.approx(np.abs((weighed - np.linalg.lstsq(affine, y)[0]) @ affine.T).max(), rel=1e-5)
    assert adjustment.distance(least, x) > 1e-2
    for wrong in (network(least.adjusted(x, y)) + least(t), network(y)):
        assert np.abs(wrong - spline.predict(t)).max() > 1e-3


@pytest.mark.parametrize("kernel", [GaussianKernel(1.0, 1.0), RidgeKernel(UniformZeta(1.0, 2.0)), RidgeKernel(BinaryUniformZeta(2.0))])
def test_least_squares_can_be_worse_than_no_adjustment(kernel: object) -> None:
    # the data of the paper's Figure 1: the exact adjustment is far from least squares, which leave more than raw targets do
    x, y, t = np.linspace(-2, 2, 5), np.array([1.5, 0.5, 1.5, 0.5, 1.5]), column(np.linspace(-2, 2, 401))
    spline = solve(SeveralInputsProblem(column(x), y, kernel=kernel)).predict(t)
    full = kernel.full(column(x), column(x))
    exact, least = exact_adjustment(x, y, kernel), least_squares_adjustment(x, y)
    networks = [y, least.adjusted(x, y), exact.adjusted(x, y)]
    added = [0.0, least(t), exact(t)]
    raw, after_least, after_exact = (
        float(np.abs(kernel.full(t, column(x)) @ np.linalg.solve(full, targets) + affine - spline).max())
        for targets, affine in zip(networks, added, strict=True)
    )
    assert after_exact <= 1e-9 < 1e-3 < raw < after_least
    assert exact.distance(least, x) > np.ptp(y)


def test_adjustment_of_a_finite_network() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (8, 2)), rng.normal(size=(8, 2))
    W, b = rng.normal(size=(500, 2)), rng.normal(size=500)
    kernel = FeatureKernel(W, b)
    adjustment = exact_adjustment(x, y, kernel)
    features = np.maximum(x @ W.T + b, 0) / math.sqrt(500)
    spline = solve(SeveralInputsProblem(x, y, kernel=kernel))
    at = rng.uniform(-1, 1, (20, 2))
    for k in range(2):
        weights = closest_parameters(features, adjustment.adjusted(x, y)[:, k])
        trained = np.maximum(at @ W.T + b, 0) / math.sqrt(500) @ weights
        np.testing.assert_allclose(trained + adjustment(at)[:, k], spline.predict(at)[:, k], atol=1e-8)
    costs = [
        closest_parameters(features, y[:, 0] - x @ (adjustment.u[:, 0] + step) - adjustment.v[0]) for step in (0, [1e-3, 0], [0, -1e-3])
    ]
    assert costs[0] @ costs[0] < min(costs[1] @ costs[1], costs[2] @ costs[2])


def test_least_squares_count_every_row() -> None:
    x, y = np.array([-1.0, 0, 0, 0, 2]), np.array([1.0, 5, 3, 4, 0])
    least = least_squares_adjustment(x, y)
    np.testing.assert_allclose([least.u[0], least.v], np.polyfit(x, y, 1), rtol=1e-10)


def test_adjustment_refuses_what_it_cannot_do() -> None:
    x = np.linspace(-1, 1, 5)
    with pytest.raises(ib.OptionError, match="Constant zeta"):
        exact_adjustment(x, x**2, CubicKernel())
    with pytest.raises(ib.DataError, match="lie in a plane"):
        least_squares_adjustment(np.column_stack([x, x]), x)
    with pytest.raises(ib.DataError, match="last axis"):
        least_squares_adjustment(x, x)(x)


def training(n: int = 8) -> KernelTraining:
    x = column(np.linspace(-1, 1, n))
    return KernelTraining(GaussianKernel(1.0, 0.5).full(x, x), np.sin(4 * x[:, 0]) + 1)


@pytest.mark.parametrize("time", [0.0, 1e-3, 0.7, 50.0])
def test_flow_solves_its_differential_equation(time: float) -> None:
    model = training()
    path = solve_ivp(lambda _, f: model.kernel @ (model.y - f), (0, max(time, 1e-9)), np.zeros(8), method="BDF", rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(model.flow(time), path.y[:, -1], atol=1e-6)
    np.testing.assert_allclose(model.descent(time / 20_000, 20_000) if time else 0, model.flow(time), atol=1e-3)


def test_descent_is_the_loop() -> None:
    model, rng = training(), np.random.default_rng(0)
    step = 1.6 / model.eigenvalues.max()
    f = np.zeros(8)
    for _ in range(7):
        f = f + step * model.kernel @ (model.y - f)
    np.testing.assert_allclose(model.descent(step, 7), f, atol=1e-12)
    features, y = rng.normal(size=(5, 30)), rng.normal(size=5)
    step = 1 / np.linalg.eigvalsh(features @ features.T).max()
    w = np.zeros(30)
    for _ in range(40):
        w = w - step * features.T @ (features @ w - y)
    np.testing.assert_allclose(descended(features, y, step, 40), w, atol=1e-12)
    np.testing.assert_allclose(KernelTraining(features @ features.T, y).descent(step, 40), features @ w, atol=1e-12)


def test_descent_ends_at_the_closest_parameters() -> None:
    rng = np.random.default_rng(1)
    features, y = rng.normal(size=(5, 30)), rng.normal(size=5)
    closest = closest_parameters(features, y)
    np.testing.assert_allclose(features @ closest, y, atol=1e-12)
    step = 1 / np.linalg.eigvalsh(features @ features.T).max()
    np.testing.assert_allclose(descended(features, y, step, 2000), closest, atol=1e-12)
    elsewhere = closest + (np.eye(30) - np.linalg.pinv(features) @ features) @ rng.normal(size=30)
    np.testing.assert_allclose(features @ elsewhere, y, atol=1e-12)
    assert elsewhere @ elsewhere > closest @ closest + 1
    assert np.abs(descended(features, y, step, 3) - closest).max() > 1e-3


def test_the_filters_differ_by_a_fifth() -> None:
    s = np.concatenate([np.linspace(0, 50, 200_001), np.logspace(-12, 12, 1001)])
    difference = flow_filter(s) - ridge_filter(s)
    assert (difference >= -1e-15).all()
    assert difference.max() <= FILTER_GAP + 1e-15
    assert difference.max() == pytest.approx(FILTER_GAP, rel=1e-8)
    at, height = largest_filter_gap()
    assert 2 * math.log1p(at) == pytest.approx(at, rel=1e-12)
    assert height == FILTER_GAP
    assert 0.2036 < FILTER_GAP < 0.2037


@given(st.floats(-6, 6), st.integers(0, 99))
def test_flow_and_ridge_differ_by_at_most_that(exponent: float, seed: int) -> None:
    model = training()
    y = np.random.default_rng(seed).normal(size=8)
    random = KernelTraining(model.kernel, y)
    difference = random.flow(10**exponent) - random.ridge(10**exponent)
    assert np.linalg.norm(difference) <= FILTER_GAP * np.linalg.norm(y) * (1 + 1e-12)


def test_ridge_is_kernel_ridge_regression() -> None:
    model = training()
    expected = model.kernel @ np.linalg.solve(model.kernel + np.eye(8) / 3, model.y)
    np.testing.assert_allclose(model.ridge(3.0), expected, atol=1e-12)
    several = KernelTraining(model.kernel, np.column_stack([model.y, -model.y]))
    np.testing.assert_allclose(several.flow(2.0)[:, 1], -model.flow(2.0), atol=1e-13)


def test_training_refuses_bad_input() -> None:
    model = training()
    with pytest.raises(ib.OptionError, match="time must be"):
        model.flow(-1)
    with pytest.raises(ib.OptionError, match="2 over the largest eigenvalue"):
        model.descent(2.1 / model.eigenvalues.max(), 3)
    with pytest.raises(ib.OptionError, match="whole number"):
        model.descent(1e-3, 1.5)
    with pytest.raises(ib.DataError, match="symmetric"):
        KernelTraining(np.triu(np.ones((2, 2))), [1, 2])
    with pytest.raises(ib.DataError, match="semidefinite"):
        KernelTraining(-np.eye(2), [1, 2]).flow(1)
    with pytest.raises(ib.DataError, match="do not span"):
        closest_parameters([[1.0, 0], [1.0, 0]], [1.0, 2.0])
