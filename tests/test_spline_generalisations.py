"""Splines of any order and several inputs: optimality conditions, rational and dense references, special cases, invariances."""

import math
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.interpolate import CubicSpline, RBFInterpolator, make_interp_spline

import implicit_bias as ib
from implicit_bias.numerics.divided_differences import Chain
from implicit_bias.problems.splines.curvature import EarlyStopping, SplineProblem
from implicit_bias.problems.splines.homogeneous import HomogeneousSplineProblem
from implicit_bias.problems.splines.kernel import SeveralInputsProblem
from implicit_bias.problems.splines.quadratic_solution import QuadraticSolution
from implicit_bias.zetas.degrees import gaussian_zeta_of_degree, uniform_zeta_of_degree
from implicit_bias.zetas.kernels import CubicKernel, FeatureKernel, GaussianKernel, RidgeKernel
from implicit_bias.zetas.panels import Panels
from implicit_bias.zetas.zeta import BinaryUniformZeta, ConstantZeta, GaussianZeta, UniformZeta

ZETAS = [ConstantZeta(0.7), GaussianZeta(1.3, 0.4), BinaryUniformZeta(2.0), UniformZeta(2.0, 1.0), lambda x: 1 + x**2]
DEGREES = [0, 1, 2, 3, 4]
KERNELS = [CubicKernel(2.0), GaussianKernel(1.3, 0.4)]


def line(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points of [-1, 1] no closer than a fifth of their mean distance, and values that are not smooth."""
    rng = np.random.default_rng(seed)
    gaps = 0.2 + rng.random(n)
    x = np.cumsum(gaps)
    return 2 * (x - x[0]) / np.ptp(x) - 1, rng.normal(size=n)


def cloud(n: int, d: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (n, d)), rng.normal(size=n)


def check_optimal(solution: QuadraticSolution) -> None:
    """Assert what makes it optimal: values from evaluation alone, forces from the residuals, free of the null space."""
    problem = solution.problem
    assert solution.status is ib.Status.OPTIMAL
    assert solution.gap <= 1e-9
    assert solution.lower_bound <= solution.value * (1 + 1e-9) + 1e-300
    assert solution.value <= solution.upper_bound * (1 + 1e-9)
    assert solution.constraint_violation <= 1e-9 * problem.scale
    np.testing.assert_allclose(solution.predict(problem.x), solution.values, rtol=0, atol=1e-8 * problem.scale)
    alpha = solution.dual.reshape(problem.columns.shape)
    points = problem.x.reshape(problem.x.shape[0], -1)
    points = points / max(1e-300, np.abs(points).max())
    powers = np.column_stack([np.ones(len(points)), points])
    if isinstance(problem, HomogeneousSplineProblem):
        powers = points ** np.arange(problem.order)
    np.testing.assert_allclose(powers.T @ alpha, 0, atol=1e-8 * max(1e-300, np.abs(alpha).max()))
    if problem.smoothing is None:
        assert not solution.residuals.any()
    else:
        forces = problem.smoothing * alpha
        np.testing.assert_allclose(problem.weights * solution.residuals, forces, rtol=1e-5, atol=1e-7 * np.abs(forces).max())


def energy_by_quadrature(solution: QuadraticSolution, zeta: object) -> float:
    """Integrate (g^(m))²/ζ gap by gap, outside of the solver's own quadrature."""
    problem = solution.problem
    breaks = getattr(zeta, "breakpoints", np.empty(0))
    nodes = np.union1d(problem.x, breaks[(breaks > problem.x[0]) & (breaks < problem.x[-1])])

    def integrand(x: float) -> float:
        return float((problem.leading(np.array(x), solution.coefficients) ** 2).sum() / zeta(np.array(x)))

    return sum(quad(integrand, a, b, epsabs=0, epsrel=1e-11)[0] for a, b in pairwise(nodes))


@pytest.mark.parametrize("smoothing", [None, 0.0, 1e-6, 1e-2, 1.0, 1e4])
@pytest.mark.parametrize("degree", DEGREES)
@pytest.mark.parametrize("zeta", ZETAS)
def test_conditions_of_splines(zeta: object, degree: int, smoothing: float | None) -> None:
    x, y = line(14, degree)
    check_optimal(ib.solve(HomogeneousSplineProblem(x, np.column_stack([y, x**2]), degree=degree, zeta=zeta, smoothing=smoothing)))


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_differences_and_their_inverses(order: int) -> None:
    rng = np.random.default_rng(order)
    x = line(12)[0]
    chain = Chain(x, order, 1 + rng.random(12))
    v, c = rng.normal(size=(12, 2)), rng.normal(size=(12 - order, 2))
    np.testing.assert_allclose((chain.differences(v) * c).sum(), (v * chain.spread(c)).sum(), rtol=1e-9)
    np.testing.assert_allclose(chain.differences(x[:, None] ** np.arange(order)), 0, atol=1e-9)
    np.testing.assert_allclose(
        chain.differences(x[:, None] ** order)[:, 0], (x[order:] - x[:-order]) * math.factorial(order - 1), rtol=1e-9
    )
    rows = [sum(chain.stencils[s, j] * v[j + s] for s in range(order + 1)) for j in range(12 - order)]
    np.testing.assert_allclose(chain.differences(v), rows, rtol=1e-9)
    np.testing.assert_allclose(chain.differences(chain.lift(c)), c, atol=1e-9)
    np.testing.assert_allclose((x[:, None] ** np.arange(order)).T @ (chain.counts[:, None] * chain.lift(c)), 0, atol=1e-9)
    np.testing.assert_allclose(chain.unspread(chain.spread(c)), c, atol=1e-8)


def test_panels_resolve_zeta() -> None:
    x = np.linspace(-1, 1, 6)
    narrow = Panels.of(x, GaussianZeta(1.0, 0.003))
    assert len(narrow) > 20
    assert np.isin(x, narrow.edges).all()
    assert len(Panels.of(x, UniformZeta(2.0, 1.0))) < 30
    assert len(Panels.of(x, BinaryUniformZeta(0.3))) == 7
    mass = sum(narrow.rule(slice(i, i + 1))[1].sum() for i in range(len(narrow)))
    assert mass == pytest.approx(quad(GaussianZeta(1.0, 0.003), -1, 1, points=[-0.01, 0, 0.01], epsrel=1e-12)[0], rel=1e-11)


@pytest.mark.parametrize(
    "zeta", [GaussianZeta(1.0, 0.003), GaussianZeta(1.0, 200.0), lambda x: np.exp(-((12 * x) ** 2)), lambda x: np.exp(-((30 * x) ** 2))]
)
def test_zeta_of_another_scale_than_the_data(zeta: object) -> None:
    x, y = line(6)
    t = np.linspace(-1.1, 1.1, 400)
    ours, theirs = ib.solve(HomogeneousSplineProblem(x, y, zeta=zeta)), ib.solve(SplineProblem(x, y, zeta))
    np.testing.assert_allclose(ours.predict(t), theirs.predict(t), rtol=0, atol=1e-9 * np.abs(ours.predict(t)).max())
    assert ours.value == pytest.approx(theirs.value, rel=1e-11)


def test_a_kernel_of_close_points_is_as_good_as_the_banded_system() -> None:
    rng = np.random.default_rng(4)
    x, y, t = rng.uniform(-1, 1, 60), rng.normal(size=60), np.linspace(-1, 1, 400)
    banded = ib.solve(HomogeneousSplineProblem(x, y, zeta=ConstantZeta(2.0)))
    dense = ib.solve(SeveralInputsProblem(x[:, None], y, kernel=CubicKernel(2.0)))
    if np.finfo(np.longdouble).eps < 1e-18:
        assert dense.value == pytest.approx(banded.value, rel=1e-9)
        np.testing.assert_allclose(dense.predict(t[:, None]), banded.predict(t), rtol=0, atol=1e-8 * np.abs(banded.predict(t)).max())


@pytest.mark.parametrize("smoothing", [None, 1e-3])
@pytest.mark.parametrize("degree", [0, 1, 3])
@pytest.mark.parametrize("zeta", [*ZETAS[:2], UniformZeta(2.0, 0.7)])
def test_energy_is_the_integral(zeta: object, degree: int, smoothing: float | None) -> None:
    x, y = line(9)
    solution = ib.solve(HomogeneousSplineProblem(x, y, degree=degree, zeta=zeta, smoothing=smoothing))
    assert energy_by_quadrature(solution, zeta) == pytest.approx(solution.energy, rel=1e-9)


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_leading_derivative_is_that_of_the_function(degree: int) -> None:
    x, y = line(9)
    problem = HomogeneousSplineProblem(x, y, degree=degree, zeta=GaussianZeta(1, 0.5))
    solution, m = ib.solve(problem), degree + 1
    for at in (x[2:-2] + x[3:-1]) / 2:
        h = 1e-2 / 2**degree
        nodes = at + h * np.polynomial.chebyshev.chebpts1(m + 5)
        fitted = np.polynomial.Polynomial.fit(nodes, solution.predict(nodes), m + 4)
        assert fitted.deriv(m)(at) == pytest.approx(float(problem.leading(np.array(at), solution.coefficients)[0]), rel=1e-4, abs=1e-3)


def solved_in_fractions(x: list[Fraction], y: list[Fraction], m: int, smoothing: Fraction) -> tuple[list[Fraction], Fraction]:
    """Return values at x and the cost for ζ = 1: kernel (-1)^m |r|^(2m-1) / (2 (2m-1)!) and polynomials, by elimination."""
    n, unit = len(x), Fraction((-1) ** m, 2 * math.factorial(2 * m - 1))
    kernel = [[unit * abs(a - b) ** (2 * m - 1) for b in x] for a in x]
    rows = [[*kernel[i], *(x[i] ** p for p in range(m)), y[i]] for i in range(n)]
    for i in range(n):
        rows[i][i] += smoothing
    rows += [[*(a**p for a in x), *([Fraction(0)] * (m + 1))] for p in range(m)]
    for i in range(n + m):
        pivot = next(r for r in range(i, n + m) if rows[r][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(n + m):
            if r != i and rows[r][i] != 0:
                share = rows[r][i] / rows[i][i]
                rows[r] = [p - share * q for p, q in zip(rows[r], rows[i], strict=True)]
    alpha = [rows[i][-1] / rows[i][i] for i in range(n)]
    return [y[i] - smoothing * alpha[i] for i in range(n)], sum(a * b for a, b in zip(alpha, y, strict=True)) * (smoothing or 1)


@pytest.mark.parametrize("smoothing", [None, 2.0**-30, 2.0**-10, 1.0, 2.0**20])
@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_against_rational_numbers(degree: int, smoothing: float | None) -> None:
    rng = np.random.default_rng(degree)
    x = np.unique(np.round(rng.random(18) * 2**12) / 2**12)
    y = np.round(rng.normal(size=x.size) * 2**10) / 2**10
    values, cost = solved_in_fractions([*map(Fraction, x)], [*map(Fraction, y)], degree + 1, Fraction(smoothing or 0))
    solution = ib.solve(HomogeneousSplineProblem(x, y, degree=degree, smoothing=smoothing))
    np.testing.assert_allclose(solution.values, [float(v) for v in values], rtol=0, atol=1e-11 * np.abs(y).max())
    assert solution.value == pytest.approx(float(cost), rel=1e-10)
    assert solution.lower_bound <= float(cost) * (1 + 1e-10)
    assert solution.upper_bound >= float(cost) * (1 - 1e-10)


@pytest.mark.parametrize("smoothing", [None, 1e-4, 0.3])
@pytest.mark.parametrize("degree", [0, 1, 2])
@pytest.mark.parametrize("zeta", ZETAS[1:])
def test_exact_is_the_kernel_solution(zeta: object, degree: int, smoothing: float | None) -> None:
    x, y = line(7, 3)
    t, m = np.linspace(-1, 1, 23), degree + 1
    breaks = getattr(zeta, "breakpoints", np.empty(0))

    def kernel(a: float, b: float) -> float:
        top = min(a, b)
        nodes = [-1.0, *(c for c in breaks if -1 < c < top), top]
        return (
            sum(
                quad(lambda c: float(zeta(np.array(c))) * ((a - c) * (b - c)) ** degree, p, q, epsabs=1e-15, epsrel=1e-13)[0]
                for p, q in pairwise(nodes)
            )
            / math.factorial(degree) ** 2
        )

    gram, cross = (np.array([[kernel(a, b) for b in x] for a in at]) for at in (x, t))
    powers = x[:, None] ** np.arange(m)
    system = np.block([[gram + (smoothing or 0) * np.eye(7), powers], [powers.T, np.zeros((m, m))]])
    found = np.linalg.solve(system, np.concatenate([y, np.zeros(m)]))
    expected = cross @ found[:7] + t[:, None] ** np.arange(m) @ found[7:]
    solution = ib.solve(HomogeneousSplineProblem(x, y, degree=degree, zeta=zeta, smoothing=smoothing))
    np.testing.assert_allclose(solution.predict(t), expected, rtol=0, atol=1e-8 * np.abs(expected).max())


def test_constant_zeta_gives_natural_splines() -> None:
    x, y = line(200)
    t = np.linspace(-1, 1, 5001)
    heaviside, cubic, quintic = (ib.solve(HomogeneousSplineProblem(x, y, degree=k)).predict(t) for k in (0, 1, 2))
    np.testing.assert_allclose(heaviside, np.interp(t, x, y), atol=1e-13)
    natural = CubicSpline(x, y, bc_type="natural")(t)
    np.testing.assert_allclose(cubic, natural, rtol=0, atol=1e-12 * np.abs(natural).max())
    ends = ([(3, 0.0), (4, 0.0)], [(3, 0.0), (4, 0.0)])
    np.testing.assert_allclose(quintic, make_interp_spline(x, y, k=5, bc_type=ends)(t), rtol=0, atol=1e-8 * np.abs(quintic).max())


@pytest.mark.parametrize("smoothing", [None, 1e-4, 2.0])
@pytest.mark.parametrize("zeta", ZETAS)
def test_degree_one_is_the_curvature_spline(zeta: object, smoothing: float | None) -> None:
    x, y = line(40)
    t = np.linspace(-1.5, 1.5, 301)
    ours = ib.solve(HomogeneousSplineProblem(x, y, degree=1, zeta=zeta, smoothing=smoothing))
    theirs = ib.solve(SplineProblem(x, y, zeta, smoothing))
    np.testing.assert_allclose(ours.predict(t), theirs.predict(t), rtol=0, atol=1e-9 * np.abs(ours.predict(t)).max())
    assert ours.value == pytest.approx(theirs.value, rel=1e-10)


@pytest.mark.parametrize("degree", DEGREES)
def test_outside_the_data_it_is_a_polynomial(degree: int) -> None:
    x, y = line(12)
    solution = ib.solve(HomogeneousSplineProblem(x, y, degree=degree, zeta=GaussianZeta(1, 1)))
    for start in (-1.8, 1.0):
        t = start + np.linspace(0, 0.8, degree + 3)
        differences = np.diff(solution.predict(t), degree + 1)
        np.testing.assert_allclose(differences, 0, atol=1e-9 * np.abs(solution.predict(t)).max())
    inside = solution.predict(np.linspace(-1, 1, 40))
    assert np.abs(np.diff(inside, degree + 1)).max() > 1e-3


@given(st.integers(0, 4), st.sampled_from([2.0**-9, 0.3, 40.0]), st.integers(0, 99))
@settings(max_examples=60)
def test_scale_shift_and_polynomials(degree: int, c: float, seed: int) -> None:
    x, y = line(10, seed)
    t, m = np.linspace(-1.2, 1.2, 33), degree + 1
    plain = ib.solve(HomogeneousSplineProblem(x, y, degree=degree))
    moved = ib.solve(HomogeneousSplineProblem(c * x + 3 * c, 5 * y, degree=degree))
    assert moved.value == pytest.approx(25 * plain.value * c ** (1 - 2 * m), rel=1e-6)
    size = np.abs(plain.predict(t)).max()
    np.testing.assert_allclose(moved.predict(c * t + 3 * c), 5 * plain.predict(t), rtol=0, atol=1e-7 * size)
    polynomial = np.polynomial.Polynomial(np.arange(1.0, m + 1))
    raised = ib.solve(HomogeneousSplineProblem(x, y + polynomial(x), degree=degree))
    np.testing.assert_allclose(raised.predict(t), plain.predict(t) + polynomial(t), rtol=0, atol=1e-8 * (size + 50))
    assert raised.value == pytest.approx(plain.value, rel=1e-8)


@pytest.mark.parametrize(
    "make",
    [
        lambda x, y, **more: HomogeneousSplineProblem(x, y, degree=2, **more),
        lambda x, y, **more: SeveralInputsProblem(x[:, None], y, **more),
    ],
)
def test_repeated_rows_count_and_outputs_add_up(make: object) -> None:
    x, y = line(12)
    y2 = np.column_stack([y, np.cos(x), y**2])
    together = ib.solve(make(x, y2, smoothing=0.01))
    alone = [ib.solve(make(x, column, smoothing=0.01)) for column in y2.T]
    assert together.value == pytest.approx(sum(one.value for one in alone), rel=1e-12)
    np.testing.assert_allclose(together.values, np.column_stack([one.values for one in alone]), atol=1e-12)
    again, other = np.concatenate([x, x[3:5]]), np.concatenate([y, y[3:5] + 0.3])
    merged = ib.solve(make(again, other, smoothing=0.01))
    assert merged.problem.merged == 2
    assert "2 repeated rows were merged" in merged.reason
    at = merged.predict(again if again.ndim == merged.problem.x.ndim else again[:, None])
    # the optimality conditions of the problem as it was given, with every row by itself
    assert merged.value == pytest.approx(float(((at - other) ** 2).sum()) + 0.01 * merged.energy, rel=1e-9)
    check_optimal(merged)
    assert ib.solve(make(np.append(x, x[2]), np.append(y, y[2]))).problem.merged == 1


@pytest.mark.parametrize("smoothing", [None, 0.0, 0.1])
@pytest.mark.parametrize("degree", [1, 2, 4, 6])
def test_few_points(degree: int, smoothing: float | None) -> None:
    for n in range(degree + 1, 2 * degree + 4):
        x, y = line(n, n)
        solution = ib.solve(HomogeneousSplineProblem(x, y, degree=degree, zeta=GaussianZeta(1, 1), smoothing=smoothing))
        check_optimal(solution)
        if n == degree + 1:
            assert solution.value == 0
            np.testing.assert_allclose(solution.predict([0.0]), np.polynomial.Polynomial.fit(x, y, degree)(0), atol=1e-9)


def test_sizes_are_computed_with_or_refused() -> None:
    x, y = line(9)
    for wide, high in ((1e-12, 1e90), (1e20, 1e-90), (1e12, 1e50)):
        check_optimal(ib.solve(HomogeneousSplineProblem(wide * x, high * y)))
        check_optimal(ib.solve(SeveralInputsProblem(wide * x[:, None], high * y)))
    with pytest.raises(ib.DataError, match="overflows float64: rescale"):
        ib.solve(HomogeneousSplineProblem(1e-29 * x, 1e90 * y, degree=6))
    with pytest.raises(ib.DataError, match="Rescale y"):
        HomogeneousSplineProblem(x, 1e-110 * y)


def test_early_stopping_is_a_regularization() -> None:
    x, y = line(10)
    timed, weighed = (ib.solve(HomogeneousSplineProblem(x, y, degree=2, smoothing=s)) for s in (EarlyStopping(8.0), 0.125))
    assert timed.value == weighed.value


def test_zeta_may_vanish_where_nothing_must_bend() -> None:
    x, y = line(12)
    gap = (x[5], x[6])

    def zeta(t: np.ndarray) -> np.ndarray:
        return np.where((t > gap[0]) & (t < gap[1]), 0.0, 1.0)

    solution = ib.solve(HomogeneousSplineProblem(x, y, degree=2, zeta=zeta))
    check_optimal(solution)
    t = np.linspace(*gap, 6)
    np.testing.assert_allclose(np.diff(solution.predict(t), 3), 0, atol=1e-10)
    dead = HomogeneousSplineProblem(x, y, degree=2, zeta=lambda t: np.where((t > x[4]) & (t < x[7]), 0.0, 1.0))
    with pytest.raises(ib.DataError, match=f"zeta is zero between x = {x[4]:.6g} and {x[7]:.6g}"):
        ib.solve(dead)
    narrow = HomogeneousSplineProblem(x, y, degree=3, zeta=lambda t: np.where((t > x[4]) & (t < x[5]), 1.0, 0.0))
    with pytest.raises(ib.DataError, match="zeta is zero"):
        ib.solve(narrow)


def smoothed_in_decimals(x: np.ndarray, y: np.ndarray, smoothing: float) -> np.ndarray:
    """Return the cubic smoothing spline at x, ζ = 1, from the pentadiagonal system in 60 digits."""
    with localcontext() as context:
        context.prec = 60
        xs, ys, weight = [*map(Decimal, x.tolist())], [*map(Decimal, y.tolist())], Decimal(smoothing)
        h = [b - a for a, b in pairwise(xs)]
        rows = [(1 / h[j], -1 / h[j] - 1 / h[j + 1], 1 / h[j + 1]) for j in range(len(h) - 1)]
        size = len(rows)
        bands = [[(h[j] + h[j + 1]) / 3 + weight * sum(a * a for a in rows[j]) for j in range(size)]]
        bands.append([h[j + 1] / 6 + weight * (rows[j][1] * rows[j + 1][0] + rows[j][2] * rows[j + 1][1]) for j in range(size - 1)])
        bands.append([weight * rows[j][2] * rows[j + 2][0] for j in range(size - 2)])
        right = [sum(a * v for a, v in zip(rows[j], ys[j : j + 3], strict=True)) for j in range(size)]
        diagonal, near, far = bands
        for j in range(size):  # L D Lᵀ, in place
            for off, band in ((1, near), (2, far)):
                if j + off < size:
                    share = band[j] / diagonal[j]
                    diagonal[j + off] -= share * band[j]
                    if off == 1 and j + 2 < size:
                        near[j + 1] -= share * far[j]
                    right[j + off] -= share * right[j]
        for j in reversed(range(size)):
            right[j] = (right[j] - sum(band[j] * right[j + off] for off, band in ((1, near), (2, far)) if j + off < size)) / diagonal[j]
        found = list(ys)
        for j in range(size):
            for i in range(3):
                found[j + i] -= weight * rows[j][i] * right[j]
        return np.array([float(v) for v in found])


@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("smoothing", [1e-8, 1e-4, 1.0, 1e4])
def test_smoothing_many_points_against_sixty_digits(smoothing: float, even: bool) -> None:
    rng = np.random.default_rng(0)
    x = np.linspace(0, 1, 10_000) if even else np.unique(rng.random(10_000))
    y = np.sin(9 * x) + rng.normal(size=x.size) / 10
    solution = ib.solve(HomogeneousSplineProblem(x, y, smoothing=smoothing))
    assert solution.status is ib.Status.OPTIMAL
    np.testing.assert_allclose(solution.values, smoothed_in_decimals(x, y, smoothing), rtol=0, atol=1e-9)


@pytest.mark.parametrize("n", [300, 10_000])
@pytest.mark.parametrize("smoothing", [None, 1e-8, 1.0, 1e8])
@pytest.mark.parametrize("degree", [0, 1, 2])
def test_many_points(n: int, smoothing: float | None, degree: int) -> None:
    x = np.sort(np.random.default_rng(n).random(n))
    y = np.sin(9 * x) + np.random.default_rng(0).normal(size=n) / 10
    solution = ib.solve(HomogeneousSplineProblem(x, y, degree=degree, zeta=GaussianZeta(1, 0.3), smoothing=smoothing))
    assert solution.status is ib.Status.OPTIMAL
    if smoothing == 1e8:
        fit = np.polynomial.Polynomial.fit(x, y, degree)(x)
        np.testing.assert_allclose(solution.values, fit, atol=1e-4)


@pytest.mark.parametrize("smoothing", [None, 0.0, 1e-6, 0.1, 100.0])
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("d", [1, 2, 3])
def test_conditions_of_several_inputs(d: int, kernel: object, smoothing: float | None) -> None:
    x, y = cloud(30, d)
    if d == 1:
        x = line(30)[0][:, None]
    check_optimal(ib.solve(SeveralInputsProblem(x, np.column_stack([y, y**3]), kernel=kernel, smoothing=smoothing)))


@pytest.mark.parametrize("smoothing", [None, 1e-3, 1.0])
@pytest.mark.parametrize(
    ("zeta", "kernel"),
    [
        (ConstantZeta(2.0), CubicKernel(2.0)),
        (GaussianZeta(1.3, 0.4), GaussianKernel(1.3, 0.4)),
        (UniformZeta(2.0, 1.0), RidgeKernel(UniformZeta(2.0, 1.0))),
        (BinaryUniformZeta(1.5), RidgeKernel(BinaryUniformZeta(1.5))),
    ],
)
def test_one_input_is_the_curvature_spline(zeta: object, kernel: object, smoothing: float | None) -> None:
    x, y = line(15)
    t = np.linspace(-1, 1, 99)
    spline = ib.solve(HomogeneousSplineProblem(x, y, zeta=zeta, smoothing=smoothing))
    several = ib.solve(SeveralInputsProblem(x[:, None], y, kernel=kernel, smoothing=smoothing))
    np.testing.assert_allclose(several.predict(t[:, None]), spline.predict(t), rtol=0, atol=1e-8)
    assert several.value == pytest.approx(spline.value, rel=1e-9)


@pytest.mark.parametrize("smoothing", [None, 1e-2])
@pytest.mark.parametrize("d", [2, 3])
def test_constant_zeta_is_scipys_cubic(d: int, smoothing: float | None) -> None:
    x, y = cloud(40, d)
    at, kernel = cloud(50, d, 1)[0], CubicKernel(3.0)
    unit = float(kernel.reduced(np.zeros((1, d)), np.eye(d)[:1])[0, 0])
    reference = RBFInterpolator(x, y, kernel="cubic", degree=1, smoothing=0.0 if smoothing is None else smoothing / unit)
    solution = ib.solve(SeveralInputsProblem(x, y, kernel=kernel, smoothing=smoothing))
    np.testing.assert_allclose(solution.predict(at), reference(at), rtol=0, atol=1e-9)


@pytest.mark.parametrize("smoothing", [None, 1e-2])
def test_rotations_shifts_and_affine_functions(smoothing: float | None) -> None:
    x, y = cloud(25, 3)
    at = cloud(40, 3, 5)[0]
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    slope = np.array([0.3, -2.0, 1.0])
    for kernel in KERNELS:
        plain = ib.solve(SeveralInputsProblem(x, y, kernel=kernel, smoothing=smoothing))
        turned = ib.solve(SeveralInputsProblem(x @ turn, y, kernel=kernel, smoothing=smoothing))
        raised = ib.solve(SeveralInputsProblem(x, y + x @ slope + 4, kernel=kernel, smoothing=smoothing))
        for other, expected, where in ((turned, 0.0, at @ turn), (raised, at @ slope + 4, at)):
            assert other.value == pytest.approx(plain.value, rel=1e-9)
            np.testing.assert_allclose(other.predict(where) - expected, plain.predict(at), rtol=0, atol=1e-9)
    moved = ib.solve(SeveralInputsProblem(x + 7, y, smoothing=smoothing))
    still = ib.solve(SeveralInputsProblem(x, y, smoothing=smoothing))
    np.testing.assert_allclose(moved.predict(at + 7), still.predict(at), rtol=0, atol=1e-9)
    gaussian = ib.solve(SeveralInputsProblem(x + 7, y, kernel=KERNELS[1], smoothing=smoothing))
    assert np.abs(gaussian.predict(at + 7) - still.predict(at)).max() > 1e-2


def test_affine_data_cost_nothing_and_planes_are_said() -> None:
    x, _ = cloud(12, 3)
    solution = ib.solve(SeveralInputsProblem(x, x @ [1.0, 2.0, 3.0] - 1))
    assert solution.value <= 1e-25
    np.testing.assert_allclose(solution.predict(np.zeros(3)), -1, atol=1e-12)
    flat = x * [1, 1, 0]
    y = np.sin(9 * flat[:, 0])
    lying = ib.solve(SeveralInputsProblem(flat, y))
    check_optimal(lying)
    assert "lie in a plane" in lying.reason
    np.testing.assert_allclose(lying.predict(flat + np.array([0, 0, 0.5])), lying.predict(flat - np.array([0, 0, 0.5])), atol=1e-10)
    assert ib.solve(SeveralInputsProblem([[1.0, 2.0]], [3.0])).predict([5.0, 5.0]) == pytest.approx(3)


@pytest.mark.parametrize("kernel", KERNELS)
def test_close_points_keep_their_digits(kernel: object) -> None:
    x, y = cloud(150, 2)
    x[1] = x[0] + 1e-3
    solution = ib.solve(SeveralInputsProblem(x, y, kernel=kernel))
    assert "extended precision" in solution.reason
    if np.finfo(np.longdouble).eps < 1e-18:
        check_optimal(solution)


@pytest.mark.parametrize("smoothing", [None, 0.05])
@pytest.mark.parametrize("several", [False, True])
def test_wrong_answers_are_refuted(several: bool, smoothing: float | None) -> None:
    x, y = line(12)
    problem = (
        SeveralInputsProblem(x[:, None], y, smoothing=smoothing)
        if several
        else HomogeneousSplineProblem(x, y, degree=2, smoothing=smoothing)
    )
    right = ib.solve(problem)
    check_optimal(right)
    nudge = np.cos(7 * np.arange(right.coefficients.shape[0]))[:, None] * np.abs(right.coefficients).max()
    found = right.candidate
    shifts = [right.coefficients * 1.001, right.coefficients + 1e-3 * nudge]
    wrong = [replace(right, candidate=replace(found, coefficients=shifted)) for shifted in shifts]
    wrong.append(replace(right, candidate=replace(found, residuals=right.residuals + 1e-3 * np.cos(5 * x)[:, None])))
    for answer in wrong:
        assert answer.objections()
        assert answer.lower_bound <= right.value * (1 + 1e-9)
        assert answer.upper_bound >= right.value * (1 - 1e-9)
        with pytest.raises(AssertionError):
            check_optimal(answer)


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
@pytest.mark.parametrize("at", [0.0, 0.3, -1.7])
def test_zeta_of_degrees_is_its_integral(degree: int, at: float) -> None:
    def gaussian(w: float) -> float:
        return math.exp(-(w**2) / (2 * 1.3**2) - (w * at) ** 2 / (2 * 0.4**2)) / (2 * math.pi * 1.3 * 0.4)

    expected = quad(lambda w: 2 * w ** (2 * degree + 1) * gaussian(w), 0, 30, epsrel=1e-12, points=[0.2, 1, 4])[0]
    assert float(gaussian_zeta_of_degree(degree, 1.3, 0.4)(np.array(at))) == pytest.approx(expected, rel=1e-10)
    reach = 2.0 if at == 0 else min(2.0, 1 / abs(at))
    expected = quad(lambda w: 2 * w ** (2 * degree + 1) / (4 * 2.0), 0, reach)[0]
    assert float(uniform_zeta_of_degree(degree, 2.0, 1.0)(np.array(at))) == pytest.approx(expected, rel=1e-12)


def test_zeta_of_degree_one_is_the_named_one() -> None:
    x = np.linspace(-3, 3, 101)
    np.testing.assert_allclose(gaussian_zeta_of_degree(1, 1.3, 0.4)(x), GaussianZeta(1.3, 0.4)(x), rtol=1e-13)
    np.testing.assert_allclose(uniform_zeta_of_degree(1, 2.0, 1.0)(x), UniformZeta(2.0, 1.0)(x), rtol=1e-13)


@pytest.mark.parametrize(
    ("error", "words", "make"),
    [
        (ib.OptionError, "degree must be", lambda x, y: HomogeneousSplineProblem(x, y, degree=1.5)),
        (ib.OptionError, "degree must be", lambda x, y: HomogeneousSplineProblem(x, y, degree=7)),
        (ib.OptionError, "degree must be", lambda x, y: HomogeneousSplineProblem(x, y, degree=True)),
        (ib.OptionError, "smoothing must be", lambda x, y: HomogeneousSplineProblem(x, y, smoothing=-1.0)),
        (ib.OptionError, "smoothing must be", lambda x, y: SeveralInputsProblem(x[:, None], y, smoothing=math.nan)),
        (ib.OptionError, "smoothing must be", lambda x, y: SeveralInputsProblem(x[:, None], y, smoothing="gcv")),
        (ib.OptionError, "zeta must be", lambda x, y: HomogeneousSplineProblem(x, y, zeta=3)),
        (ib.OptionError, "kernel must be", lambda x, y: SeveralInputsProblem(x[:, None], y, kernel=len)),
        (ib.OptionError, "sigma_w must be", lambda x, y: GaussianKernel(0, 1)),
        (ib.DataError, "one dimension", lambda x, y: HomogeneousSplineProblem(x[:, None], y)),
        (ib.DataError, "must have shape", lambda x, y: SeveralInputsProblem(x, y)),
        (ib.DataError, "one dimension or two", lambda x, y: HomogeneousSplineProblem(x, y[:, None, None])),
        (ib.DataError, "targets", lambda x, y: HomogeneousSplineProblem(x, y[1:])),
        (ib.DataError, r"y\[2\] is nan", lambda x, y: HomogeneousSplineProblem(x, np.where(np.arange(6) == 2, np.nan, y))),
        (ib.DataError, "At least 4 different", lambda x, y: HomogeneousSplineProblem(x[:3], y[:3], degree=3)),
        (ib.DataError, "same x but different y", lambda x, y: HomogeneousSplineProblem(np.append(x, x[0]), np.append(y, 9))),
        (ib.DataError, "counts must be positive", lambda x, y: HomogeneousSplineProblem(x, y, counts=np.zeros(6))),
        (ib.DataError, "Rescale x", lambda x, y: HomogeneousSplineProblem(x * 1e40, y)),
        (ib.DataError, "neither may be empty", lambda x, y: HomogeneousSplineProblem([], [])),
        (ib.DataError, "takes 2", lambda x, y: SeveralInputsProblem(x[:, None], y, kernel=RidgeKernel.in_plane(ConstantZeta()))),
        (ib.DataError, "last axis", lambda x, y: ib.solve(SeveralInputsProblem(x[:, None], y)).predict(x)),
        (
            ib.DataError,
            "too few units",
            lambda x, y: ib.solve(SeveralInputsProblem(x[:, None], y, kernel=FeatureKernel([[1.0]], [0.0]))),
        ),
        (ib.DataError, "finite and at least 0", lambda x, y: ib.solve(HomogeneousSplineProblem(x, y, zeta=lambda t: t))),
        (ib.OptionError, "no sparse method", lambda x, y: ib.solve(HomogeneousSplineProblem(x, y), "sparse")),
        (ib.OptionError, "no program", lambda x, y: ib.solve(HomogeneousSplineProblem(x, y), backend="OSQP", grid=9)),
        (ib.DataError, "unit rows", lambda x, y: RidgeKernel(ConstantZeta(), [[1.0, 1.0]])),
    ],
)
def test_bad_input(error: type[Exception], words: str, make: object) -> None:
    x = np.array([0.1, -0.4, 0.9, 0.3, -0.8, 0.6])
    with pytest.raises(error, match=words):
        make(x, np.arange(6.0))


def test_solve_takes_these_problems_and_refuses_what_is_not_theirs() -> None:
    x, y = np.linspace(-1, 1, 6), np.array([0.0, 1, -1, 2, 0, 1])
    for problem in (ib.HomogeneousSplineProblem(x, y, degree=2), ib.SeveralInputsProblem(x[:, None], y, kernel=ib.GaussianKernel())):
        solution = ib.solve(problem)
        assert solution.status is ib.Status.OPTIMAL
        assert solution.method == "exact"
        np.testing.assert_allclose(solution.values, y, atol=1e-12)
        with pytest.raises(ib.OptionError, match=r"no dictionary method.*Use 'exact'"):
            ib.solve(problem, "dictionary")
        with pytest.raises(ib.OptionError, match="no program for this problem; leave backend out"):
            ib.solve(problem, backend="OSQP")


@pytest.mark.parametrize("smoothing", [None, 0.5])
@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_seconds_since_1970_cost_no_digits(degree: int, smoothing: float | None) -> None:
    """Data far from 0 give what the same data give near 0: with constant ζ the problem is invariant under shifts."""
    rng = np.random.default_rng(0)
    far = 1.7e9 + np.unique(np.round(np.sort(rng.uniform(0, 100, 30)), 2))
    near, y = far - 1.7e9, np.sin(far - 1.7e9)
    places = np.linspace(far[0], far[-1], 41)
    here, there = (ib.solve(HomogeneousSplineProblem(x, y, degree, smoothing=smoothing)) for x in (near, far))
    assert there.status is ib.Status.OPTIMAL
    assert there.value == pytest.approx(here.value, rel=1e-12)
    np.testing.assert_allclose(there.predict(places), here.predict(places - 1.7e9), rtol=0, atol=1e-11)
