"""Curvature splines, exact: optimality conditions recomputed from outside, known cases, invariances, refuted answers."""

import json
from decimal import Decimal, localcontext
from itertools import pairwise

import numpy as np
import pytest
from datasets import points
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.interpolate import CubicSpline

import implicit_bias as ib
from implicit_bias.zetas.zeta import Zeta

ZETAS = [
    ib.ConstantZeta(0.7),
    ib.GaussianZeta(1.0, 0.2),
    ib.UniformZeta(1.0, 0.3),
    ib.BinaryUniformZeta(0.95),
    ib.FunctionZeta(lambda x: 1 + np.sin(5 * x) ** 2),
]
zetas = pytest.mark.parametrize("zeta", ZETAS, ids=lambda zeta: type(zeta).__name__)


def sample(n: int = 9, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Uneven points in [-1, 1], both ends among them, and a noisy sine."""
    rng = np.random.default_rng(seed)
    x = np.sort(np.concatenate([[-1.0, 1.0], rng.uniform(-0.9, 0.9, n - 2)]))
    return x, np.sin(3 * x) + 0.3 * rng.normal(size=n)


def kinks_and_knots(spline: ib.Spline) -> list[float]:
    inside = [b for b in spline.zeta.breakpoints if spline.knots[0] < b < spline.knots[-1]]
    return sorted([*spline.knots, *inside])


def check_spline(spline: ib.Spline) -> None:
    """Assert that values, derivatives, integral and energy are those of one function with g'' = ζ ℓ, ℓ piecewise linear."""
    rng = np.random.default_rng(0)
    places = kinks_and_knots(spline)
    for a, b in pairwise(places):
        p, q = np.sort(rng.uniform(a, b, 2))
        for nu in (0, 1):
            difference = float(spline(q, nu) - spline(p, nu))
            assert quad(lambda t, nu=nu: float(spline(t, nu + 1)), p, q, epsabs=1e-13)[0] == pytest.approx(difference, rel=1e-9, abs=1e-11)
    inner = spline.knots[1:-1]
    size = np.abs(spline(spline.knots, 1)).max()
    np.testing.assert_allclose(spline(np.nextafter(inner, -np.inf), 1), spline(inner, 1), rtol=0, atol=1e-12 * size)
    t = rng.uniform(spline.knots[0], spline.knots[-1], 100)
    np.testing.assert_allclose(spline(t, 2), spline.zeta(t) * np.interp(t, spline.knots, spline.bending), rtol=1e-12, atol=1e-13)
    pieces = list(pairwise(places))
    middles = [(a + b) / 2 for a, b in pieces]
    energy = sum(quad(lambda u: float(spline(u, 2)) ** 2 / float(spline.zeta(u)), a, b, epsabs=0, epsrel=1e-11)[0]
                 for (a, b), m in zip(pieces, middles, strict=True) if spline.zeta(m) > 0)  # fmt: skip
    assert spline.energy == pytest.approx(energy, rel=1e-10)
    lo, hi = spline.knots[0] - 0.5, spline.knots[-1] + 0.25
    whole = sum(quad(lambda u: float(spline(u)), a, b, epsabs=1e-13)[0] for a, b in zip([lo, *places], [*places, hi], strict=True))
    assert spline.integrate(lo, hi) == pytest.approx(whole, rel=1e-11)
    assert spline.integrate(hi, lo) == -spline.integrate(lo, hi)
    beyond = np.array([-3.0, -2.0, 2.0, 5.0])
    np.testing.assert_allclose(spline(beyond, 2), 0)
    np.testing.assert_allclose(np.diff(spline(beyond))[[0, 2]], np.diff(beyond)[[0, 2]] * spline(beyond, 1)[[0, 2]], rtol=1e-12)


@zetas
@pytest.mark.parametrize("smoothing", [None, 1e-6, 1e-2, 10.0])
def test_the_spline_is_what_it_says(zeta: Zeta, smoothing: float | None) -> None:
    solution = ib.solve(ib.SplineProblem(*sample(), zeta, smoothing))
    check_spline(solution.spline)
    assert solution.status is ib.Status.OPTIMAL
    assert solution.gap <= 1e-12
    assert solution.residuals.violation <= 1e-13
    assert solution.residuals.stationarity <= 1e-8
    np.testing.assert_array_equal(solution.predict([[0.1], [0.2]]), solution.spline([[0.1], [0.2]]))


def kernel(zeta: Zeta, x: np.ndarray, other: np.ndarray, start: float) -> np.ndarray:
    """k(x, x') = ∫ ζ(c) [x - c]₊ [x' - c]₊ dc from the first datum on, by quadrature."""

    def entry(p: float, q: float) -> float:
        edges = [start, *[b for b in zeta.breakpoints if start < b < min(p, q)], min(p, q)]
        return sum(quad(lambda c: float(zeta(c)) * (p - c) * (q - c), a, b, epsabs=0, epsrel=1e-13)[0]
                   for a, b in pairwise(edges) if a < b)  # fmt: skip

    return np.array([[entry(p, q) for q in other] for p in x])


def kernel_solution(problem: ib.SplineProblem, at: np.ndarray) -> tuple[np.ndarray, float]:
    """Solve with the kernel and an unpenalised line, densely (appendix O); returns values and the energy."""
    x, n = problem.x, len(problem)
    matrix, lines = kernel(problem.zeta, x, x, x[0]), np.stack([np.ones(n), x], axis=1)
    ridge = np.diag((problem.regularization or 0.0) / problem.counts)
    system = np.block([[matrix + ridge, lines], [lines.T, np.zeros((2, 2))]])
    found = np.linalg.solve(system, np.concatenate([problem.y, [0, 0]]))
    values = kernel(problem.zeta, at, x, x[0]) @ found[:n] + np.stack([np.ones(at.size), at], axis=1) @ found[n:]
    return values, float(found[:n] @ matrix @ found[:n])


@zetas
@pytest.mark.parametrize("smoothing", [None, 1e-4, 1e-1])
def test_equals_the_kernel_solution(zeta: Zeta, smoothing: float | None) -> None:
    problem = ib.SplineProblem(*sample(7), zeta, smoothing)
    solution = ib.solve(problem)
    at = np.linspace(-1, 1, 11)
    values, energy = kernel_solution(problem, at)
    np.testing.assert_allclose(solution.predict(at), values, rtol=1e-8, atol=1e-9)
    assert solution.spline.energy == pytest.approx(energy, rel=1e-8)


@pytest.mark.parametrize("n", [2, 3, 4, 10, 1000, 10_000])
@pytest.mark.parametrize("spread", ["even", "random"])
def test_constant_zeta_is_the_natural_cubic_spline(n: int, spread: str) -> None:
    rng = np.random.default_rng(n)
    x = np.linspace(-1, 1, n) if spread == "even" else np.sort(rng.random(n))
    y = rng.normal(size=n)
    spline = ib.solve(ib.SplineProblem(x, y)).spline
    other = CubicSpline(x, y, bc_type="natural") if n > 2 else np.poly1d(np.polyfit(x, y, 1))
    at = rng.uniform(x[0], x[-1], 3000)
    np.testing.assert_allclose(spline(at), other(at), rtol=0, atol=1e-10 * np.abs(other(at)).max())
    if n > 2:
        for nu in (1, 2):
            np.testing.assert_allclose(spline(at, nu), other(at, nu), rtol=0, atol=1e-10 * np.abs(other(at, nu)).max())
        assert spline.integrate(x[0], x[-1]) == pytest.approx(float(other.integrate(x[0], x[-1])), rel=1e-9, abs=1e-12)


@zetas
def test_piecewise_polynomials_where_they_exist(zeta: Zeta) -> None:
    spline = ib.solve(ib.SplineProblem(*sample(), zeta)).spline
    if not zeta.piecewise_constant:
        with pytest.raises(ib.OptionError, match="not a piecewise polynomial"):
            spline.ppoly()
        return
    at = np.linspace(-1.5, 1.5, 301)
    for nu in (0, 1):
        np.testing.assert_allclose(spline.ppoly()(at, nu), spline.derivative(1)(at) if nu else spline(at), rtol=1e-11, atol=1e-12)


def test_derivative_objects() -> None:
    spline = ib.solve(ib.SplineProblem(*sample(), ib.GaussianZeta(1, 0.3))).spline
    slope = spline.derivative()
    assert slope.integrate(-1.5, 0.3) == pytest.approx(float(spline(0.3) - spline(-1.5)), rel=1e-14)
    np.testing.assert_array_equal(slope.derivative()([0.1, 0.2]), spline([0.1, 0.2], 2))
    with pytest.raises(ib.OptionError):
        slope.derivative(2)
    with pytest.raises(ib.OptionError):
        spline(0.0, 3)
    assert np.isnan(spline(np.nan))
    assert spline(np.empty((0, 2))).shape == (0, 2)


@given(points(), st.sampled_from(ZETAS[:3]), st.sampled_from([None, 1e-9, 1e-3, 1.0, 1e6]))
@settings(max_examples=200, deadline=None)
def test_any_data_are_solved_and_certified(data: tuple[np.ndarray, np.ndarray], zeta: Zeta, smoothing: float | None) -> None:
    solution = ib.solve(ib.SplineProblem(*data, zeta, smoothing))
    assert solution.status is ib.Status.OPTIMAL
    # residuals are right to rounding of y; so is the root of their sum of squares
    rounding = np.sqrt(len(data[0])) * 1e-15 * np.abs(data[1]).max() if smoothing else 0.0
    assert np.sqrt(solution.lower_bound) <= np.sqrt(solution.upper_bound) * (1 + 1e-9) + rounding


@zetas
@pytest.mark.parametrize("smoothing", [None, 1e-3])
def test_wrong_answers_are_refuted(zeta: Zeta, smoothing: float | None) -> None:
    problem = ib.SplineProblem(*sample(20), zeta, smoothing)
    right = ib.solve(problem).spline
    assert ib.judge(problem, right).status is ib.Status.OPTIMAL
    rng = np.random.default_rng(0)
    bump = np.zeros(20)
    bump[9] = 1e-4
    noise = np.concatenate([[0.0], rng.normal(size=18), [0.0]])
    wrong = {
        "a value moved": (right.values + bump, right.bending),
        "all values moved": (right.values + 1e-4, right.bending),
        "a bending moved": (right.values, right.bending + bump * np.abs(right.bending).max()),
        "noisy bending": (right.values, right.bending * (1 + 1e-3 * noise)),
        "bending scaled": (right.values, right.bending * 1.001),
        "no bending": (right.values, 0 * right.bending),
        "bending turned round": (right.values, -right.bending),
    }
    for name, (values, bending) in wrong.items():
        judged = ib.judge(problem, ib.Spline(problem.x, values, bending, zeta))
        assert judged.status is ib.Status.INACCURATE, name
        optimum = ib.solve(problem).value
        assert judged.lower_bound <= optimum * (1 + 1e-12), name
        assert judged.upper_bound >= optimum * (1 - 1e-12), name


def test_bounds_hold_for_random_candidates() -> None:
    rng = np.random.default_rng(3)
    for zeta in ZETAS:
        for smoothing in (None, 1e-5, 1e-1):
            problem = ib.SplineProblem(*sample(12, seed=5), zeta, smoothing)
            best = ib.solve(problem)
            for size in (1e-6, 1e-2, 10.0):
                bending = best.spline.bending + size * np.concatenate([[0.0], rng.normal(size=10), [0.0]])
                judged = ib.judge(problem, ib.Spline(problem.x, best.spline.values, bending, zeta))
                assert judged.lower_bound <= best.value * (1 + 1e-12)
                assert judged.upper_bound >= best.value * (1 - 1e-12)


@zetas
@pytest.mark.parametrize("smoothing", [None, 1e-3])
def test_adding_a_line_adds_a_line(zeta: Zeta, smoothing: float | None) -> None:
    x, y = sample()
    plain, tilted = (ib.solve(ib.SplineProblem(x, z, zeta, smoothing)) for z in (y, y + 3 - 2 * x))
    at = np.linspace(-1.5, 1.5, 31)
    np.testing.assert_allclose(tilted.predict(at), plain.predict(at) + 3 - 2 * at, rtol=0, atol=1e-12)
    assert tilted.value == pytest.approx(plain.value, rel=1e-10)


@pytest.mark.parametrize("c", [1e-3, 0.37, 64.0, 1e5])
@pytest.mark.parametrize(
    "scaled",
    [  # W·x + B is the same random function of c·x if W is divided by c; ζ then gets c⁻³
        lambda c: (ib.ConstantZeta(1.0), ib.ConstantZeta(c**-3)),
        lambda c: (ib.GaussianZeta(1.0, 0.2), ib.GaussianZeta(1 / c, 0.2)),
        lambda c: (ib.UniformZeta(1.0, 0.3), ib.UniformZeta(1 / c, 0.3)),
    ],
)
def test_scaling_x_with_the_penalty_changes_nothing(scaled: object, c: float) -> None:
    x, y = sample()
    before, after = scaled(c)
    at = np.linspace(-1.3, 1.3, 27)
    for smoothing in (None, 1e-3):
        plain, other = ib.solve(ib.SplineProblem(x, y, before, smoothing)), ib.solve(ib.SplineProblem(c * x, y, after, smoothing))
        assert other.value == pytest.approx(plain.value, rel=1e-10)
        np.testing.assert_allclose(other.predict(c * at), plain.predict(at), rtol=1e-10, atol=1e-11)


@zetas
def test_reflection_and_scaling_of_y(zeta: Zeta) -> None:
    x, y = sample()
    if isinstance(zeta, ib.FunctionZeta):
        zeta = ib.FunctionZeta(lambda t: np.cosh(t))
    for smoothing in (None, 1e-3):
        plain = ib.solve(ib.SplineProblem(x, y, zeta, smoothing))
        other = ib.solve(ib.SplineProblem(-x, -1e9 * y, zeta, smoothing))
        assert other.value == pytest.approx(1e18 * plain.value, rel=1e-11)
        np.testing.assert_allclose(other.predict(0.3), -1e9 * plain.predict(-0.3), rtol=1e-10)


def test_the_dual_pairs_to_the_value() -> None:
    x, y = sample()
    for smoothing in (None, 1e-2):
        solution = ib.solve(ib.SplineProblem(x, y, ib.GaussianZeta(1, 0.4), smoothing))
        assert float(solution.dual @ y) == pytest.approx(solution.value, rel=1e-10)
        np.testing.assert_allclose([solution.dual.sum(), solution.dual @ x], 0, atol=1e-10 * np.abs(solution.dual).max())


def test_zeta_may_vanish_on_a_gap_but_not_on_both_sides_of_a_bend() -> None:
    x, y = np.array([-2.0, -0.5, 0.0, 0.5, 2.0]), np.array([1.0, 0.0, 1.0, 0.0, 3.0])
    solution = ib.solve(ib.SplineProblem(x, y, ib.BinaryUniformZeta(0.5)))
    check_spline(solution.spline)
    assert solution.status is ib.Status.OPTIMAL
    np.testing.assert_allclose(solution.predict([-1.25, 1.25]), [0.5, 1.5])
    with pytest.raises(ib.DataError, match=r"from x = -2 to -0.5.*at x = -1\b"):
        ib.SplineProblem([-2, -1, -0.5, 0, 0.5], [1, 0, 1, 0, 2], ib.BinaryUniformZeta(0.5))
    straight = ib.solve(ib.SplineProblem([-2, -1, -0.5, 0, 0.5], [1, 0.5, 0.25, 0, 2], ib.BinaryUniformZeta(0.5)))
    assert straight.status is ib.Status.OPTIMAL
    smooth = ib.solve(ib.SplineProblem([-2, -1, -0.5, 0, 0.5], [1, 0, 1, 0, 2], ib.BinaryUniformZeta(0.5), 1e-3))
    assert smooth.status is ib.Status.OPTIMAL
    first, middle, last = smooth.predict([-2, -1, -0.5])
    assert middle == pytest.approx(first + (last - first) / 1.5, rel=1e-12)


def test_json() -> None:
    spline = ib.solve(ib.SplineProblem(*sample(), ib.UniformZeta(1, 0.3))).spline
    read = json.loads(spline.to_json())
    assert list(read) == ["knots", "values", "second_derivatives", "energy"]
    np.testing.assert_array_equal(read["second_derivatives"], spline(spline.knots, 2))
    assert read["energy"] == spline.energy


def reference_smoothing(x: np.ndarray, y: np.ndarray, regularization: float) -> np.ndarray:
    """Cubic smoothing by the textbook's pentadiagonal system in 60 decimal digits; returns the values at x."""
    with localcontext() as context:
        context.prec = 60
        xs, ys, lam = [Decimal(float(v)) for v in x], [Decimal(float(v)) for v in y], Decimal(regularization)
        h = [b - a for a, b in pairwise(xs)]
        slopes = [(b - a) / w for a, b, w in zip(ys[:-1], ys[1:], h, strict=True)]
        rows = [(1 / a, -1 / a - 1 / b, 1 / b) for a, b in pairwise(h)]
        m = len(rows)
        main, first, second, z = [], [], [], []
        for i, (p, q, r) in enumerate(rows):
            pivot = (h[i] + h[i + 1]) / 3 + lam * (p * p + q * q + r * r)
            above = h[i + 1] / 6 + lam * (q * rows[i + 1][0] + r * rows[i + 1][1]) if i + 1 < m else Decimal(0)
            far = lam * r * rows[i + 2][0] if i + 2 < m else Decimal(0)
            right = slopes[i + 1] - slopes[i]
            if i:
                pivot -= first[-1] ** 2 * main[-1]
                above -= first[-1] * main[-1] * second[-1]
                right -= first[-1] * z[-1]
            if i > 1:
                pivot -= second[-2] ** 2 * main[-2]
                right -= second[-2] * z[-2]
            main.append(pivot)
            first.append(above / pivot)
            second.append(far / pivot)
            z.append(right)
        bending = [*(part / pivot for part, pivot in zip(z, main, strict=True)), Decimal(0), Decimal(0)]
        for i in range(m - 1, -1, -1):
            bending[i] -= first[i] * bending[i + 1] + second[i] * bending[i + 2]
        for i, row in enumerate(rows):
            for k in range(3):
                ys[i + k] -= lam * row[k] * bending[i]
        return np.array([float(v) for v in ys])


@pytest.mark.parametrize("n", [3, 30, 1000, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("regularization", [1e-8, 1e-4, 1e-2, 1.0])
def test_smoothing_against_sixty_digits(n: int, regularization: float) -> None:
    rng = np.random.default_rng(n)
    for x in (np.linspace(0, 1, n), np.sort(rng.random(n))):
        y = np.sin(9 * x) + 0.1 * rng.normal(size=n)
        found = ib.solve(ib.SplineProblem(x, y, smoothing=regularization))
        np.testing.assert_allclose(found.spline.values, reference_smoothing(x, y, regularization), rtol=0, atol=1e-13)
        assert found.gap <= 1e-11
