"""Max-margin classification: fixtures, invariances, the reduction, and every method against every other."""

from itertools import product

import numpy as np
import pytest

import implicit_bias as ib

CONES = ["CLARABEL", "ECOS", "SCS"]


def instance(seed: int) -> ib.MeasureProblem:
    """Up to 15 points and 6 classes, some of them absent, some points close."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(2, 16)), int(rng.integers(2, 7))
    x = np.cumsum(rng.choice([0.01, 0.3, 1.0], n) * rng.uniform(0.5, 1, n))
    return ib.MaxMarginProblem(x, rng.integers(0, k, n), k)


def check_certified(solution: ib.Solution, gap: float) -> None:
    """Assert feasibility on all data, from the measure and the dual alone."""
    problem, fit = solution.problem, solution.problem.fit
    assert solution.gap <= gap
    margins = fit.margins(solution.measure(problem.x))
    assert margins.min() >= 1 - gap
    assert solution.constraint_violation == pytest.approx(max(0, 1 - margins.min()), abs=1e-15)
    t, s = np.repeat(problem.x, 2), np.tile([1, -1], len(problem))
    eta = np.maximum(0, s[:, None] * (problem.x - t[:, None])) @ problem.project_dual(solution.dual)
    peak = np.linalg.norm(eta, axis=1).max()
    assert peak == pytest.approx(solution.certificate.peak, rel=1e-9)
    assert solution.lower_bound == pytest.approx(fit.dual_value(problem.project_dual(solution.dual)) / peak, rel=1e-9)
    assert solution.lower_bound <= solution.upper_bound * (1 + 1e-12)


@pytest.mark.parametrize("k", [2, 3, 4])
@pytest.mark.parametrize("method", ["auto", "sparse", "dictionary"])
def test_three_and_three(method: str, k: int) -> None:
    solution = ib.solve(ib.MaxMarginProblem(np.linspace(-1, 1, 6), [0, 0, 0, 1, 1, 1], k), method)
    check_certified(solution, 1e-8)
    if k == 2:
        assert solution.value == pytest.approx(5 / np.sqrt(2), rel=1e-8)
    else:
        assert solution.value > 5 / np.sqrt(2)


@pytest.mark.parametrize(("length", "k"), [(1.0, 2), (4.0, 3), (0.5, 7)])
def test_one_label_everywhere(length: float, k: int) -> None:
    solution = ib.solve(ib.MaxMarginProblem(np.linspace(0, length, 5), [1] * 5, k))
    # constant scores e_c - 1/k, of norm sqrt((k-1)/k), made of the two end features
    check_certified(solution, 1e-13)
    assert solution.value == pytest.approx(2 / length * np.sqrt((k - 1) / k), rel=1e-13)


def test_one_class_costs_nothing() -> None:
    for method in ("auto", "sparse", "dictionary"):
        solution = ib.solve(ib.MaxMarginProblem([0, 1, 2], [0, 0, 0]), method)
        assert solution.status is ib.Status.OPTIMAL
        assert solution.value == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("seed", range(15))
def test_methods_agree(seed: int) -> None:
    problem = instance(seed)
    best = ib.solve(problem)
    assert best.method == "exact"
    check_certified(best, 1e-9)
    for method, form in (("sparse", "primal"), ("dictionary", "dual")):
        other = ib.solve(problem, method, "CLARABEL", form=form)
        assert other.value == pytest.approx(best.value, rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(15, 130))
def test_methods_agree_on_many(seed: int) -> None:
    problem = instance(seed)
    best = ib.solve(problem)
    check_certified(best, 1e-9)
    for method, form in product(("sparse", "dictionary"), ("primal", "dual")):
        other = ib.solve(problem, method, "CLARABEL", form=form)
        assert other.value == pytest.approx(best.value, rel=1e-6)
        assert other.lower_bound <= best.upper_bound * (1 + 1e-12)
    fine = ib.solve(problem, "dictionary", "CLARABEL", grid=60)
    assert fine.value == pytest.approx(best.value, rel=1e-6)


@pytest.mark.parametrize("backend", CONES)
@pytest.mark.parametrize("norm", [1, 2, np.inf])
def test_every_backend_contains_the_value(backend: str, norm: float) -> None:
    rng = np.random.default_rng(3)
    problem = ib.MaxMarginProblem(np.arange(7.0), rng.integers(0, 3, 7), 3, norm=norm)
    best = ib.solve(problem, "sparse", "CLARABEL")
    for method, form in product(("sparse", "dictionary"), ("primal", "dual")):
        solution = ib.solve(problem, method, backend, form=form)
        assert solution.lower_bound <= best.upper_bound * (1 + 1e-12)
        assert solution.upper_bound >= best.lower_bound * (1 - 1e-12)
        if backend != "SCS":
            assert solution.status is ib.Status.OPTIMAL, solution.reason


@pytest.mark.parametrize("seed", range(6))
def test_reduced_is_full(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, labels = np.sort(rng.random(60)), np.repeat(rng.integers(0, 4, 12), 5)
    problem = ib.MaxMarginProblem(x, labels, 5)
    reduced, lift = problem.reduced()
    assert set(reduced.x) == set(ib.classification_kinks(x, labels))
    assert len(reduced) < len(problem)
    small = ib.solve(reduced)
    lifted = lift(small.candidate)
    judged = ib.judge(problem, lifted.measure, lifted.dual)
    check_certified(judged, 1e-8)
    assert judged.value == pytest.approx(ib.solve(problem, "sparse").value, rel=1e-6)
    assert not lifted.dual[~np.isin(x, reduced.x)].any()


def test_invariances() -> None:
    rng = np.random.default_rng(8)
    x, labels = np.sort(rng.random(10)), rng.integers(0, 3, 10)
    value = ib.solve(ib.MaxMarginProblem(x, labels, 3)).value
    for c in (1e-6, 1e6):
        assert ib.solve(ib.MaxMarginProblem(c * x, labels, 3)).value * c == pytest.approx(value, rel=1e-7)
    assert ib.solve(ib.MaxMarginProblem(-x, labels, 3)).value == pytest.approx(value, rel=1e-7)
    assert ib.solve(ib.MaxMarginProblem(x + 5, labels, 3)).value == pytest.approx(value, rel=1e-7)
    assert ib.solve(ib.MaxMarginProblem(x, np.array([2, 0, 1])[labels], 3)).value == pytest.approx(value, rel=1e-7)
    optimum = ib.solve(ib.MaxMarginProblem(x, labels, 3))
    assert np.abs(optimum.measure.weights.sum(axis=1)).max() <= 1e-6 * np.abs(optimum.measure.weights).max()


def test_kinks() -> None:
    assert ib.classification_kinks([0, 1, 2, 3, 4, 5], [0, 0, 0, 1, 1, 1]).tolist() == [0, 2, 3, 5]
    assert ib.classification_kinks([5, 0, 1], [2, 2, 2]).tolist() == [0, 5]
    assert ib.classification_kinks([0, 1, 2], [0, 1, 0]).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ib.MaxMarginProblem([0, 1], [0, 0.5]), ib.DataError, r"labels\[1\] is 0.5"),
        (lambda: ib.MaxMarginProblem([0, 1], [0, -1]), ib.DataError, r"labels\[1\] is -1"),
        (lambda: ib.MaxMarginProblem([0, 1], [0, 3], 3), ib.OptionError, "at least 4"),
        (lambda: ib.MaxMarginProblem([0, 1], [0, 1], 2.5), ib.OptionError, "whole number"),
        (lambda: ib.MaxMarginProblem([0, 0, 1], [0, 1, 1]), ib.DataError, "same x"),
        (lambda: ib.MaxMarginProblem([0, 1], [0, 1], weight="heavy"), ib.OptionError, "weight"),
        (lambda: ib.MaxMarginProblem([0, 1], [0, 1], norm=3), ib.OptionError, "norm"),
        (lambda: ib.MaxMarginProblem([0, 1], [0, 1]).y, ib.OptionError, "no targets"),
        (lambda: ib.RegressionProblem([0, 1], [0, 1]).reduced(), ib.OptionError, "Only classification"),
        (lambda: ib.solve(ib.MaxMarginProblem([0, 1], [0, 1]), backend="HIGHS"), ib.BackendError, "HIGHS cannot solve this SOCP"),
        (lambda: ib.solve(ib.MaxMarginProblem([0, 1], [0, 1]), backend="OSQP"), ib.BackendError, "OSQP cannot solve this SOCP"),
    ],
)
def test_refuses(call: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_the_check_rejects_a_wrong_answer() -> None:
    problem = instance(3)
    solution = ib.solve(problem)
    with pytest.raises(AssertionError):
        check_certified(ib.judge(problem, solution.measure, solution.dual[::-1]), 1e-8)
    small = ib.Measure(solution.measure.kinks, solution.measure.directions, 0.99 * solution.measure.weights)
    judged = ib.judge(problem, small, solution.dual)
    assert judged.status is ib.Status.INACCURATE
    assert "misses" in judged.reason


def test_a_measure_that_misclassifies_has_no_upper_bound_but_a_status() -> None:
    problem = ib.MaxMarginProblem([0, 1, 2], [0, 1, 0])
    optimum = ib.solve(problem)
    wrong = ib.Measure(optimum.measure.kinks, optimum.measure.directions, -optimum.measure.weights)
    for measure in (ib.Measure.zero(), wrong):
        judged = ib.judge(problem, measure)
        assert judged.status is ib.Status.INACCURATE
        assert judged.upper_bound == np.inf
        assert judged.gap == 1
        assert judged.lower_bound == pytest.approx(optimum.value, rel=1e-6)
        assert "misses a margin" in judged.reason


def test_a_backend_stopped_early_gets_a_status() -> None:
    rng = np.random.default_rng(0)
    problem = ib.MaxMarginProblem(np.sort(rng.random(30)), rng.integers(0, 4, 30), 4)
    solution = ib.solve(problem, "sparse", "SCS", backend_options={"max_iters": 5})
    assert solution.status in (ib.Status.LIMIT, ib.Status.INACCURATE)
    assert solution.lower_bound <= ib.solve(problem).upper_bound * (1 + 1e-12)
