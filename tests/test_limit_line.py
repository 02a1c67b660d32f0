"""Unit weight with kinks over the whole line: the infimum, and whether it is attained."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from datasets import points, rational_points, smallest_gap
from hypothesis import assume, given, settings
from scipy.optimize import linprog

import implicit_bias as ib
from implicit_bias.report import solution_report

LINE = (-np.inf, np.inf)


def stated(x, y):
    return ib.RegressionProblem(x, y, domain=LINE)


def infimum(x, y):
    """Return the closed form and whether it is attained, over the rationals."""
    x, y = [Fraction(v) for v in x], [Fraction(v) for v in y]
    slopes = [(y[i + 1] - y[i]) / (x[i + 1] - x[i]) for i in range(len(x) - 1)]
    changes = [b - a for a, b in pairwise(slopes)]
    up, down = sum(max(c, 0) for c in changes), sum(max(-c, 0) for c in changes)
    value = max(up + down, up + slopes[0], down - slopes[0])
    return value, abs(slopes[0] + slopes[-1]) > up + down or ib.prove(x, y).value == value


def check(solution, x, y):
    """Assert what any answer must satisfy: a legal dual worth the infimum, a measure near it, and the status of the closed form."""
    value, attained = infimum(x, y)
    value = float(value)
    negligible = 1e-15 * solution.problem.cost_scale
    assert solution.lower_bound == pytest.approx(value, rel=1e-9, abs=negligible)
    assert solution.upper_bound == pytest.approx(value, rel=2e-8, abs=negligible)
    assert solution.upper_bound >= solution.lower_bound * (1 - 1e-12)
    assert solution.certificate.peak <= 1 + 1e-12
    assert abs(solution.dual.sum()) * np.ptp(x) <= 1e-9 * max(1, solution.problem.resolution / 1e-13)
    np.testing.assert_allclose(
        solution.measure(np.array(x)), y, rtol=0, atol=max(1e-9, solution.problem.resolution) * solution.problem.scale
    )
    assert solution.measure.affine is None
    assert not solution.measure.constant
    if solution.problem.resolution <= 1e-9:
        near = not attained and float(ib.prove(x, y).value) <= value * (1 + 1e-7)
        assert near or solution.status is (ib.Status.OPTIMAL if attained else ib.Status.UNBOUNDED)


@given(points(largest=8))
@settings(max_examples=150)
def test_the_infimum_and_whether_it_is_attained(sample):
    x, y = sample
    assume(smallest_gap(x) >= 1e-6)
    check(ib.solve(stated(x, y)), x.tolist(), y.tolist())


@given(rational_points())
@settings(max_examples=60)
def test_ties_are_decided_over_the_rationals(sample):
    """Small whole numbers have ties between all three terms of the maximum."""
    points_, targets = sample
    x = np.sort(np.array([round(60 * p) for p in points_], dtype=float))
    y = np.array([round(t / 3) for t in targets], dtype=float)
    assume((np.diff(x) > 0).all())
    check(ib.solve(stated(x, y)), x.tolist(), y.tolist())


@pytest.mark.parametrize(
    ("x", "y", "value", "status"),
    [
        ([-1, 0, 1], [1, 1, 1], 0, "unbounded"),
        ([-1, 0, 1], [0, 0, 0], 0, "optimal"),
        ([-1, 0, 1], [-1, 0, 1], 1, "optimal"),
        ([-1, -0.5, 0, 0.5, 1], [1, 0.25, 0, 0.25, 1], 3, "optimal"),
        ([-1, -0.5, 0, 0.5, 1], [11, 10.25, 10, 10.25, 11], 3, "unbounded"),
        ([0, 1], [3, 5], 2, "optimal"),
        ([0, 1, 2], [0, 0, 1], 1, "optimal"),  # |S| = V, and [x - 1]₊ makes it
        ([0, 1, 2], [1, 1, 2], 1, "unbounded"),  # |S| = V, and nothing does
        ([0, 1, 2], [0, 1, 0], 2, "unbounded"),
    ],
)
def test_by_hand(x, y, value, status):
    solution = ib.solve(stated(x, y))
    assert solution.status == status
    check(solution, x, y)
    assert solution.lower_bound == pytest.approx(value, rel=1e-12)
    assert ("is not attained" in solution.reason) == (status == "unbounded")


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_limit_of_large_domains_and_that_of_free_constants(seed):
    rng = np.random.default_rng(seed)
    x, y = np.sort(rng.normal(size=6)), rng.normal(size=6) + 3 * (seed % 2) * np.arange(6)
    found = ib.solve(stated(x, y))
    columns = [np.maximum(x[:, None] - x[:-1], 0), np.maximum(x[1:] - x[:, None], 0), np.ones((6, 1))]
    matrix, cost = np.hstack(columns), np.append(np.ones(10), 0)
    free = linprog(np.tile(cost, 2), A_eq=np.hstack([matrix, -matrix]), b_eq=y, bounds=(0, None))
    assert found.lower_bound == pytest.approx(free.fun, rel=1e-7)
    near, far = (ib.solve(ib.RegressionProblem(x, y, domain=(-r, r)), "sparse").value for r in (30.0, 3000.0))
    assert near >= far * (1 - 1e-7)
    assert far >= found.lower_bound * (1 - 1e-7)
    assert far == pytest.approx(found.lower_bound, rel=2e-2)


def test_a_smaller_tolerance_goes_further_out():
    x, y = [0, 1, 2], [5, 6, 5]
    costs = [ib.solve(stated(x, y), tolerance=tolerance).value - 2 for tolerance in (1e-2, 1e-5, 1e-8)]
    assert costs[0] > costs[1] > costs[2] > 0
    assert costs[0] <= 2e-2


def test_the_proof_is_a_certificate_that_is_zero_beyond_the_data():
    solution = ib.solve(stated([0, 1, 2], [5, 6, 5]))
    outside = np.array([-1e6, -1.0, 0.0, 2.0, 3.0, 1e6])
    for facing in (1, -1):
        np.testing.assert_array_equal(solution.certificate(outside, facing), 0)
    assert ib.solve(ib.RegressionProblem([0, 1, 2], [5, 6, 5])).lower_bound > solution.upper_bound


def test_scaling_and_reflecting_change_nothing():
    rng = np.random.default_rng(3)
    for _ in range(10):
        x, y = np.sort(rng.normal(size=6)), rng.normal(size=6)
        plain = ib.solve(stated(x, y))
        for other, factor in (
            (ib.solve(stated(-x, y)), 1),
            (ib.solve(stated(8 * x + 32, -y)), 1 / 8),
            (ib.solve(stated(x, 1e90 * y)), 1e90),
        ):
            assert other.status is plain.status
            assert other.lower_bound == pytest.approx(factor * plain.lower_bound, rel=1e-9)


def test_many_points():
    x = np.linspace(-1, 1, 5001)
    for y, status in ((np.sin(3 * x), "optimal"), (np.sin(3 * x) + 7, "unbounded"), (9 * x + 0.1 * x**2, "optimal")):
        solution = ib.solve(stated(x, y))
        assert solution.status == status
        assert solution.gap <= 1e-8


def test_measures_are_judged():
    x, y = np.array([-1.0, 0.0, 1.0]), np.ones(3)
    flat = ib.judge(stated(x, y), ib.Measure([], [], [], constant=1.0))
    assert flat.value <= 1e-15
    assert flat.constraint_violation <= 1e-12
    ends = ib.judge(stated(x, y), ib.Measure([-1, 1], [1, -1], [0.5, 0.5]))
    assert ends.value == ends.upper_bound == 1
    assert ends.status is ib.Status.INACCURATE
    slanted = ib.judge(stated(x, 2 * x + 5), ib.Measure([], [], [], affine=(2.0, 5.0)))
    assert slanted.value == pytest.approx(2)
    assert slanted.status is ib.Status.OPTIMAL
    wrong = ib.judge(stated(x, 2 * x + 5), ib.Measure([], [], [], affine=(2.0, 4.0)))
    assert wrong.status is ib.Status.INACCURATE


def test_illegal_duals_are_made_legal():
    problem = stated([0, 1, 2], [1, 1, 2])
    solution = ib.solve(problem)
    judged = ib.judge(problem, solution.measure, solution.dual + 0.3)
    assert judged.lower_bound <= 1
    certificate = judged.certificate
    assert certificate(-50.0, 1) == pytest.approx(certificate(0.0, 1))
    assert certificate(50.0, -1) == pytest.approx(certificate(2.0, -1))


def test_the_report_is_plain():
    report = solution_report(ib.solve(stated([0, 1, 2], [5, 6, 5])))
    assert report["status"] == "unbounded"
    assert report["support"]["predicted"] is None
    assert report["lower_bound"] == pytest.approx(2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: ib.RegressionProblem([0, 1], [1, 2], domain=(-np.inf, 5.0)),
        lambda: ib.RegressionProblem([0, 1], [1, 2], domain=(np.inf, -np.inf)),
        lambda: ib.RegressionProblem([0, 1], [1, 2], domain=(np.nan, np.inf)),
        lambda: ib.RegressionProblem([0, 1], [1, 2], domain=LINE, affine="free"),
        lambda: ib.RegressionProblem([0, 1], [1, 2], domain=LINE, weight="sphere"),
        lambda: ib.solve(stated([0, 1], [1, 2]), "sparse"),
        lambda: ib.solve(stated([0, 1], [1, 2]), "patterns"),
        lambda: ib.solve(stated([0, 1], [1, 2]), backend="CLARABEL"),
        lambda: ib.solve(stated([0, 1], [1, 2]), grid=5),
        lambda: ib.program(stated([0, 1], [1, 2]), "sparse"),
        lambda: ib.program(stated([0, 1], [1, 2]), "patterns"),
        lambda: ib.weight_ranges(ib.solve(stated([0, 1], [1, 2]))),
    ],
)
def test_misuse_raises_typed_errors(call):
    with pytest.raises(ib.OptionError):
        call()
