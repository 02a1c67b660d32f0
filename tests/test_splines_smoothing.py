"""Smoothing: repeated x, limits, cross-validation, early stopping, the path."""

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias.problems.splines.smoothing import cross_validation

ZETA = ib.GaussianZeta(1.0, 0.4)


def repeated(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unsorted rows, some x several times with different y."""
    rng = np.random.default_rng(seed)
    x = rng.permutation(np.repeat(np.sort(rng.random(25)), rng.integers(1, 4, 25)))
    return x, np.sin(6 * x) + 0.2 * rng.normal(size=x.size)


def objective(x: np.ndarray, y: np.ndarray, regularization: float, solution: ib.SplineSolution) -> float:
    """The objective over all rows as given."""
    return float(np.sum((solution.predict(x) - y) ** 2)) + regularization * solution.spline.energy


def test_repeated_rows_all_count() -> None:
    x, y = repeated()
    problem = ib.SplineProblem(x, y, ZETA, 1e-3)
    solution = ib.solve(problem)
    assert problem.counts.sum() == x.size
    assert problem.merged == x.size - 25
    assert f"{problem.merged} repeated rows were merged" in solution.reason
    assert solution.value == pytest.approx(objective(x, y, 1e-3, solution), rel=1e-12)
    assert solution.status is ib.Status.OPTIMAL
    # the same rows, pulled apart so little that nothing can happen in between
    apart = ib.solve(ib.SplineProblem(x + 1e-9 * np.arange(x.size), y, ZETA, 1e-3))
    np.testing.assert_allclose(apart.predict(np.linspace(0, 1, 50)), solution.predict(np.linspace(0, 1, 50)), atol=1e-5)
    assert apart.value == pytest.approx(solution.value, rel=1e-5)


def test_equal_rows_have_exactly_their_own_mean() -> None:
    problem = ib.SplineProblem([0.0, 0.0, 0.0, 1.0, 2.0], [0.1, 0.1, 0.1, 0.3, 0.7], smoothing=1.0)
    assert problem.y[0] == 0.1
    assert problem.constant == 0


def test_the_limits_are_interpolation_and_the_line() -> None:
    x, y = repeated()
    at = np.linspace(0, 1, 40)
    limit = ib.solve(ib.SplineProblem(x, y, ZETA, 0))
    near = ib.solve(ib.SplineProblem(x, y, ZETA, 1e-18))
    means = ib.solve(ib.SplineProblem(limit.problem.x, limit.problem.y, ZETA))
    np.testing.assert_array_equal(limit.predict(at), means.predict(at))
    assert limit.value == means.value
    assert limit.status is ib.Status.OPTIMAL
    np.testing.assert_allclose(near.predict(at), limit.predict(at), atol=1e-4 * np.abs(limit.predict(at)).max())
    flat = ib.solve(ib.SplineProblem(x, y, ZETA, 1e12))
    np.testing.assert_allclose(flat.predict(at), np.polyval(np.polyfit(x, y, 1), at), atol=1e-9)


def smoother(x: np.ndarray, regularization: float) -> np.ndarray:
    """The matrix that maps all rows of y to the fitted values, column by column."""
    columns = [ib.solve(ib.SplineProblem(x, unit, ZETA, regularization)).predict(x) for unit in np.eye(x.size)]
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("regularization", [1e-9, 1e-4, 1.0, 1e6])
def test_the_trace_is_exact(regularization: float) -> None:
    x, y = repeated()
    matrix = smoother(x, regularization)
    left_over = y - matrix @ y
    score = x.size * (left_over @ left_over) / (x.size - np.trace(matrix)) ** 2
    assert cross_validation(ib.SplineProblem(x, y, ZETA, "gcv"), regularization) == pytest.approx(score, rel=1e-10)


@pytest.mark.parametrize("regularization", [1e-6, 1e-2, 1.0])
def test_degrees_of_freedom_are_the_trace_of_the_smoother(regularization: float) -> None:
    x, _ = repeated()
    places = np.unique(x)
    trace = 0.0
    for place in places:  # the smoother of the means, a column at a time: all rows at one x are 1, the others 0
        column = ib.solve(ib.SplineProblem(x, (x == place).astype(float), ZETA, regularization))
        trace += float(column.predict(place))
    solution = ib.solve(ib.SplineProblem(*repeated(), ZETA, regularization))
    assert solution.degrees_of_freedom == pytest.approx(trace, rel=1e-9)
    assert 2 < solution.degrees_of_freedom < places.size


def test_interpolation_leaves_no_freedom() -> None:
    assert ib.solve(ib.SplineProblem([0, 1, 2], [1, 0, 2])).degrees_of_freedom == 3


def test_what_cross_validation_says_is_what_it_used() -> None:
    solution = ib.solve(ib.SplineProblem(*repeated(), ZETA, "gcv"))
    assert float(solution.reason.split()[-1].rstrip(".")) == solution.regularization


def test_cross_validation_finds_the_least_score() -> None:
    rng = np.random.default_rng(2)
    x = np.sort(rng.random(300))
    problem = ib.SplineProblem(x, np.sin(9 * x) + 0.2 * rng.normal(size=300), ib.UniformZeta(1, 0.4), "gcv")
    solution = ib.solve(problem)
    least = cross_validation(problem, solution.regularization)
    scores = [cross_validation(problem, solution.regularization * factor) for factor in np.logspace(-8, 8, 65)]
    assert least <= min(scores) * (1 + 1e-9)
    assert f"{solution.regularization:.6g}" in solution.reason
    assert np.sqrt(np.mean((solution.predict(x) - np.sin(9 * x)) ** 2)) < 0.08


def test_cross_validation_says_when_it_stops_at_an_end() -> None:
    x = np.linspace(0, 1, 50)
    rough = ib.solve(ib.SplineProblem(x, np.exp(np.sin(20 * x)), smoothing="gcv"))
    assert "it prefers interpolation" in rough.reason
    with pytest.raises(ib.OptionError, match="three different x"):
        ib.solve(ib.SplineProblem([0, 0, 1], [1, 2, 3], smoothing="gcv"))


def test_early_stopping_is_a_regularization() -> None:
    x, y = repeated()
    stopped = ib.solve(ib.SplineProblem(x, y, ZETA, ib.EarlyStopping(250.0)))
    given = ib.solve(ib.SplineProblem(x, y, ZETA, 1 / 250.0))
    assert stopped.regularization == given.regularization == 0.004
    assert stopped.value == given.value


def test_the_factor_of_early_stopping() -> None:
    # a bend orthogonal to lines that is an eigenvector of the kernel: three even points, one direction; the flow of
    # ½ Σ (f - y)² multiplies it by 1 - exp(-κ t), and to first order in t that is the smoother's factor κ/(κ + 1/t)
    bend = np.array([1.0, -2.0, 1.0]) / np.sqrt(6)
    interpolation = ib.solve(ib.SplineProblem([0, 1, 2], bend))
    kappa = 1 / interpolation.value
    time = 1e-6
    stopped = ib.solve(ib.SplineProblem([0, 1, 2], bend, smoothing=ib.EarlyStopping(time)))
    assert float(bend @ stopped.spline.values) == pytest.approx(-np.expm1(-kappa * time), rel=1e-5)


def test_the_path_is_the_same_as_one_by_one() -> None:
    x, y = repeated()
    problem = ib.SplineProblem(x, y, ZETA, "gcv")
    levels = [0.0, 1e-6, ib.EarlyStopping(10.0), 3.0]
    found = ib.path(problem, levels)
    assert [solution.regularization for solution in found] == [None, 1e-6, 0.1, 3.0]
    for level, solution in zip(levels, found, strict=True):
        assert solution.value == ib.solve(ib.SplineProblem(x, y, ZETA, level)).value
        assert solution.status is ib.Status.OPTIMAL
    energies = [solution.spline.energy for solution in found]
    assert energies == sorted(energies, reverse=True)


@pytest.mark.parametrize("levels", [[-1.0], ["cv"], [None], [np.nan]])
def test_a_bad_path_is_refused(levels: list[object]) -> None:
    with pytest.raises(ib.OptionError):
        ib.path(ib.SplineProblem([0, 1, 2], [0, 1, 0]), levels)
    with pytest.raises(ib.OptionError):
        ib.path(ib.RegressionProblem([0, 1, 2], [0, 1, 0]), [1.0])


def test_constant_data_with_points_close_together_are_optimal():
    for close in 10.0 ** -np.arange(3, 16):
        x = np.array([0.0, 1, 1 + close, 1.125 + close, 2.125, 3.125])
        solution = ib.solve(ib.SplineProblem(x, np.ones(6), ib.ConstantZeta(0.7), 1.0))
        assert solution.status is ib.Status.OPTIMAL
        assert solution.predict(x) == pytest.approx(1, abs=1e-12)
