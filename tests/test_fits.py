"""The sets of problem (15): projections, support functions, and every program for every set and norm."""

from itertools import product

import numpy as np
import pytest

import implicit_bias as ib

N, K = 6, 3


def make(name: str, seed: int = 0) -> ib.Values | ib.Margins | ib.Boxes | ib.Balls | ib.HalfSpaces:
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(N, K))
    if name == "values":
        return ib.Values(y)
    if name == "margins":
        return ib.Margins(rng.integers(0, K, N), K)
    if name == "boxes":
        return ib.Boxes(np.where(rng.random((N, K)) < 0.3, -np.inf, y - 0.2), np.where(rng.random((N, K)) < 0.3, np.inf, y + 0.3))
    if name == "balls":
        return ib.Balls(y, rng.random(N) * 0.5)
    return ib.HalfSpaces(rng.normal(size=(N, 2, K)), rng.normal(size=(N, 2)))


SETS = ["values", "margins", "boxes", "balls", "half-spaces"]


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("seed", range(5))
def test_projection_and_support_function(name: str, seed: int) -> None:
    fit, rng = make(name, seed), np.random.default_rng(seed + 100)
    values = rng.normal(size=(N, K))
    if name == "margins":  # margins are projected by scaling, which needs them positive
        values = values + 10 * fit.own
    inside = fit.project(values)
    assert fit.violation(inside) <= 1e-12
    assert fit.violation(values + 100 * rng.choice([-1, 1], (N, K))) > 1
    for _ in range(20):
        alpha = fit.project_dual(rng.normal(size=(N, K)))
        np.testing.assert_allclose(fit.project_dual(alpha), alpha, atol=1e-12)
        other = fit.project(rng.normal(size=(N, K)) + (10 * fit.own if name == "margins" else 0))
        assert (alpha * other).sum() >= fit.dual_value(alpha) - 1e-9
        assert fit.dual_value(3 * alpha) == pytest.approx(3 * fit.dual_value(alpha), rel=1e-9, abs=1e-9)
        if name != "margins":  # the projection is the nearest point: an obtuse angle to every other
            assert ((values - inside) * (other - inside)).sum() <= 1e-9
    np.testing.assert_allclose(fit.at(np.array([1, 3])).project(values[[1, 3]]).shape, (2, K))


@pytest.mark.parametrize("norm", [1, 2, np.inf])
@pytest.mark.parametrize("name", SETS)
def test_all_programs_agree_and_are_certified(name: str, norm: float) -> None:
    x = np.cumsum(0.2 + np.random.default_rng(1).random(N))
    problem = ib.MeasureProblem(x, make(name), ib.LineFeatures(x[0], x[-1]), norm)
    found = [ib.solve(problem, method, "CLARABEL", form=form) for method, form in product(("sparse", "dictionary"), ("primal", "dual"))]
    lower, upper = max(s.lower_bound for s in found), min(s.upper_bound for s in found)
    assert lower <= upper * (1 + 1e-12)
    for solution in found:
        assert solution.status is ib.Status.OPTIMAL, solution.reason
        assert solution.value == pytest.approx(upper, rel=1e-6)


def test_scalar_intervals_as_boxes_of_one_output() -> None:
    x, y = np.arange(5.0), np.array([[0.0], [1.0], [0.0], [2.0], [0.0]])
    problem = ib.MeasureProblem(x, ib.Boxes(y - 0.1, y + 0.1), ib.LineFeatures(0.0, 4.0))
    assert ib.solve(problem).upper_bound < ib.solve(ib.RegressionProblem(x, y[:, 0])).value
    tight = ib.MeasureProblem(x, ib.Boxes(y, y), ib.LineFeatures(0.0, 4.0))
    assert ib.solve(tight).value == pytest.approx(ib.solve(ib.RegressionProblem(x, y[:, 0])).value, rel=1e-6)


def test_vector_regression_bounds_its_columns() -> None:
    rng = np.random.default_rng(0)
    x, y = np.sort(rng.random(7)), rng.normal(size=(7, 2))
    joint = ib.solve(ib.MeasureProblem(x, ib.Values(y), ib.LineFeatures(x[0], x[-1])))
    columns = [ib.solve(ib.RegressionProblem(x, column)).value for column in y.T]
    assert max(columns) <= joint.upper_bound * (1 + 1e-9)
    assert joint.lower_bound <= sum(columns)
    taxed = ib.solve(ib.MeasureProblem(x, ib.Values(y), ib.LineFeatures(x[0], x[-1]), 1))
    assert taxed.value == pytest.approx(sum(columns), rel=1e-7)


@pytest.mark.parametrize(
    ("make_it", "message"),
    [
        (lambda: ib.Boxes(np.ones((2, 1)), np.zeros((2, 1))), "lower must not exceed upper"),
        (lambda: ib.Boxes(np.ones(2), np.ones(2)), r"\(n, k\) arrays"),
        (lambda: ib.Balls(np.ones((2, 1)), [-1, 1]), "radii must not be negative"),
        (lambda: ib.Balls(np.ones(2), [1, 1]), r"\(n, k\) array"),
        (lambda: ib.HalfSpaces(np.ones((2, 1)), np.ones((2, 1))), r"\(n, r, k\) array"),
        (lambda: ib.Values([1, np.nan]), "finite"),
        (lambda: ib.MeasureProblem([0.0, 1.0], ib.Values([1.0]), ib.LineFeatures(0, 1)), "2 points, but the fit is for 1"),
    ],
)
def test_bad_sets(make_it: object, message: str) -> None:
    with pytest.raises(ib.DataError, match=message):
        make_it()


def test_bad_norm() -> None:
    with pytest.raises(ib.OptionError, match="norm must be"):
        ib.MeasureProblem(np.array([0.0, 1.0]), ib.Values([1.0, 2.0]), ib.LineFeatures(0, 1), norm=3)
