"""Splines where float64 runs out: nearly straight data, costs that underflow or overflow, bounds that rounding makes cross."""

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias.problems.splines.gaps import slope_changes


def exact_changes(x: np.ndarray, y: np.ndarray) -> list[Fraction]:
    at, here = [Fraction(v) for v in x.tolist()], [Fraction(v) for v in y.tolist()]
    slopes = [(here[i + 1] - here[i]) / (at[i + 1] - at[i]) for i in range(x.size - 1)]
    return [after - before for before, after in itertools.pairwise(slopes)]


def exact_energy(x: np.ndarray, y: np.ndarray) -> float:
    """Return the least ∫ g''² through the data, in rational numbers."""
    at, right = [Fraction(v) for v in x.tolist()], exact_changes(x, y)
    widths = [b - a for a, b in itertools.pairwise(at)]
    energy, pivot, rest = Fraction(0), Fraction(0), Fraction(0)
    for i, change in enumerate(right):
        share = widths[i] / 6 / pivot if i else Fraction(0)
        pivot = (widths[i] + widths[i + 1]) / 3 - share * widths[i] / 6
        rest = change - share * rest
        energy += rest * rest / pivot
    return float(energy)


def nearly_straight(n: int, off: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.linspace(0, 1, n)
    return x, -2.3 * x - 0.07 + off * rng.normal(size=n)


@pytest.mark.parametrize("off", [0.0, 1e-15, 1e-13, 1e-11, 1e-9, 1e-6, 1e-2])
@pytest.mark.parametrize("n", [3, 4, 12])
def test_bounds_of_nearly_straight_data_hold_the_optimum(n: int, off: float) -> None:
    x, y = nearly_straight(n, off)
    solution, optimum = ib.solve(ib.SplineProblem(x, y)), exact_energy(x, y)
    assert solution.status is ib.Status.OPTIMAL
    for found in (solution.value, solution.lower_bound, solution.upper_bound):
        assert found == pytest.approx(optimum, rel=1e-11, abs=0)


def test_slope_changes_are_those_of_the_numbers_as_they_are() -> None:
    x, y = nearly_straight(5000, 1e-13)
    y[::7] += 1.0  # where nothing cancels the plain differences stay
    wanted = np.array([float(change) for change in exact_changes(x, y)])
    np.testing.assert_allclose(slope_changes(x, y), wanted, rtol=1e-12, atol=0)


def exact_smoothing(x: np.ndarray, y: np.ndarray, regularization: float) -> float:
    """Return the least Σ (g - y)² + λ ∫ g''², which is λ dᵀ(A + λ Q Qᵀ)⁻¹ d, in rational numbers."""
    at, right, weight = [Fraction(v) for v in x.tolist()], exact_changes(x, y), Fraction(regularization)
    widths = [b - a for a, b in itertools.pairwise(at)]
    m = len(right)
    rows = [[Fraction(0)] * i + [1 / widths[i], -1 / widths[i] - 1 / widths[i + 1], 1 / widths[i + 1]] + [Fraction(0)] * (m - 1 - i)
            for i in range(m)]  # fmt: skip
    matrix = [[weight * sum(p * q for p, q in zip(one, other, strict=True)) for other in rows] for one in rows]
    for i in range(m):
        matrix[i][i] += (widths[i] + widths[i + 1]) / 3
        if i:
            matrix[i][i - 1] += widths[i] / 6
            matrix[i - 1][i] += widths[i] / 6
    rest, total = list(right), Fraction(0)
    for i in range(m):
        total += rest[i] ** 2 / matrix[i][i]
        for j in range(i + 1, m):
            share = matrix[j][i] / matrix[i][i]
            matrix[j] = [p - share * q for p, q in zip(matrix[j], matrix[i], strict=True)]
            rest[j] -= share * rest[i]
    return float(weight * total)


@pytest.mark.parametrize("off", [1e-13, 1e-12, 1e-11, 1e-10, 1e-8, 1e-2])
@pytest.mark.parametrize("seed", range(6))
def test_smoothing_is_optimal_only_where_the_bounds_agree(off: float, seed: int) -> None:
    x, y = nearly_straight(6, off, seed)
    for smoothing in (1e-9, 1e-3, 1.0):
        solution, optimum = ib.solve(ib.SplineProblem(x, y, smoothing=smoothing)), exact_smoothing(x, y, smoothing)
        lower, upper = solution.lower_bound, solution.upper_bound
        assert lower <= optimum * (1 + 1e-11)  # it owes nothing to the values, which rounding spoils
        if upper <= y.size * (4 * np.finfo(float).eps * np.abs(y).max()) ** 2:
            assert solution.gap == 0  # nothing but rounding of the data
            continue
        assert solution.gap == pytest.approx(abs(upper - lower) / upper, abs=1e-15)
        if solution.status is ib.Status.OPTIMAL:
            assert solution.value == pytest.approx(optimum, rel=solution.tolerance, abs=0)
            assert upper == pytest.approx(optimum, rel=solution.tolerance, abs=0)


@pytest.mark.parametrize("unit", [1e-70, 1e-40, 1e40])
def test_smoothing_is_free_of_the_unit_of_x_where_squares_of_lambda_underflow(unit: float) -> None:
    rng = np.random.default_rng(5)
    x, y = np.sort(rng.normal(size=20)), rng.normal(size=20)
    usual = ib.solve(ib.SplineProblem(x, y, smoothing=0.01))
    scaled = ib.solve(ib.SplineProblem(unit * x, y, smoothing=0.01 * unit**3))
    assert scaled.status is ib.Status.OPTIMAL
    assert scaled.lower_bound == pytest.approx(usual.lower_bound, rel=1e-9)
    assert scaled.lower_bound <= scaled.upper_bound * (1 + 1e-9)


@pytest.mark.parametrize("smoothing", [None, 1e-3, "gcv", ib.EarlyStopping(1e5)])
@pytest.mark.parametrize("height", [1e-140, 1e-60, 1.0, 1e60, 1e140])
@pytest.mark.parametrize("length", [1e-140, 1e-60, 1.0, 1e60, 1e140])
def test_any_size_is_solved_or_refused_without_a_warning(length: float, height: float, smoothing: object) -> None:
    rng = np.random.default_rng(1)
    x, y = np.sort(rng.uniform(-1, 1, 9)) * length, rng.normal(size=9) * height
    for make in (
        ib.ConstantZeta,
        lambda: ib.GaussianZeta(1, length),
        lambda: ib.GaussianZeta(1e-3, length),
        lambda: ib.UniformZeta(1, length),
    ):
        try:
            solution = ib.solve(ib.SplineProblem(x, y, make(), smoothing))
        except (ib.DataError, ib.OptionError):
            continue
        assert solution.spline is not None
        assert solution.spline.second_derivatives.shape == x.shape
        costs = [solution.value, solution.dual_value, solution.lower_bound, solution.upper_bound, solution.gap, *solution.residuals]
        assert np.isfinite(costs).all()


def test_crossed_bounds_of_the_other_problems_are_a_gap() -> None:
    x, y = nearly_straight(8, 0.3)
    solution = ib.solve(ib.HomogeneousSplineProblem(x, y, 2, smoothing=0.1))
    crossed = replace(solution)
    crossed.bounds.__dict__.update(upper_bound=1.0, lower_bound=1.5)
    assert crossed.gap == 0.5
    assert crossed.objections()


@pytest.mark.parametrize("factor", [0.5, 0.99, 1.01, 2.0])
def test_the_upper_bound_of_smoothing_is_never_below_the_value(factor: float) -> None:
    rng = np.random.default_rng(3)
    problem = ib.SplineProblem(np.linspace(0, 1, 9), rng.normal(size=9), smoothing=1e-3)
    found = ib.solve(problem).spline
    assert found is not None
    judged = ib.judge(problem, ib.Spline(found.knots, found.values, factor * found.bending, found.zeta))
    assert judged.status is ib.Status.INACCURATE
    assert judged.upper_bound >= judged.value


@pytest.mark.parametrize("nu", [0, 1, 2])
def test_nowhere_has_no_value_and_far_away_has_no_curvature(nu: int) -> None:
    x, y = nearly_straight(5, 0.1)
    spline = ib.solve(ib.SplineProblem(x, y)).spline
    assert spline is not None
    assert np.isnan(spline([np.nan, 0.5], nu)).tolist() == [True, False]
    assert spline([-3.0, 4.0], 2).tolist() == [0.0, 0.0]


def test_cross_validation_looks_as_far_as_interpolation_and_the_line() -> None:
    x = np.linspace(0, 1, 60)
    smooth = ib.solve(ib.SplineProblem(x, np.sin(9 * x), smoothing="gcv"))
    assert smooth.reason.endswith("it prefers interpolation.")
    assert smooth.degrees_of_freedom == pytest.approx(60, abs=1e-2)
    line = ib.solve(ib.SplineProblem(x, x + 0.1 * (-1.0) ** np.arange(60), smoothing="gcv"))
    assert line.reason.endswith("it prefers a straight line.")
    assert line.degrees_of_freedom == pytest.approx(2, abs=1e-4)


def test_no_function_undercuts_the_squares_within_repeated_points() -> None:
    x, y = np.array([0.0, 0.0, 1.0, 2.0, 3.5]), np.array([0.0, 4.0, 1.0, 0.0, 2.0])
    solution = ib.solve(ib.HomogeneousSplineProblem(x, y, 1, smoothing=0.1))
    found = solution.candidate
    wrong = replace(solution, candidate=replace(found, coefficients=-100 * found.coefficients, residuals=3 * found.residuals))
    assert wrong.lower_bound == pytest.approx(8.0)
    assert wrong.objections()


def test_a_grid_keeps_its_places_beside_the_data() -> None:
    problem = ib.SplineProblem([0.0, 0.25, 1.0], [0.0, 1.0, 0.0])
    heights = {variable.name(): variable for variable in ib.program(problem, "finite-difference", grid=4).variables()}["heights"]
    assert heights.size == 7
