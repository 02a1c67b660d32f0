"""Ranges of weights over the optimal face, against linear programs."""

import numpy as np
import pytest
from datasets import points, smallest_gap
from hypothesis import assume, given, settings
from scipy.optimize import linprog

import implicit_bias as ib


def by_linear_programs(x: np.ndarray, y: np.ndarray, ranges: ib.WeightRanges, value: float) -> tuple[np.ndarray, np.ndarray]:
    """Minimise and maximise each weight subject to interpolation and to the optimal cost."""
    features = np.maximum(0, ranges.directions * (x[:, None] - ranges.kinks))
    m = ranges.kinks.size
    found = []
    for sign in (1, -1):
        row = []
        for j in range(m):
            goal = np.zeros(2 * m)
            goal[j], goal[m + j] = sign, -sign
            answer = linprog(
                goal, A_eq=np.hstack([features, -features]), b_eq=y, A_ub=np.ones((1, 2 * m)), b_ub=[value * (1 + 1e-10)], method="highs"
            )
            assert answer.status == 0
            row.append(sign * answer.fun)
        found.append(np.array(row))
    return found[0], found[1]


def check_ranges(x: np.ndarray, y: np.ndarray) -> ib.WeightRanges:
    solution = ib.solve(ib.RegressionProblem(x, y))
    ranges = ib.weight_ranges(solution)
    lower, upper = by_linear_programs(x, y, ranges, solution.value)
    size = max(1.0, solution.value)
    np.testing.assert_allclose(ranges.lower, lower, atol=1e-5 * size)
    np.testing.assert_allclose(ranges.upper, upper, atol=1e-5 * size)
    return ranges


@given(points(largest=7))
@settings(max_examples=40)
def test_agree_with_linear_programs(sample: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = sample
    assume(smallest_gap(x) >= 1e-2 and np.ptp(x) > 1e-3)  # the linear programs are not scaled
    check_ranges(x, y)


@pytest.mark.parametrize("seed", range(6))
def test_agree_on_oscillating_data(seed: int) -> None:
    rng = np.random.default_rng(seed)
    check_ranges(np.sort(rng.choice(40, 9, replace=False)).astype(float), rng.choice([-1.0, 1.0], 9))


def test_contain_the_solution_itself() -> None:
    rng = np.random.default_rng(5)
    x, y = np.sort(rng.random(200)), rng.normal(size=200)
    solution = ib.solve(ib.RegressionProblem(x, y))
    ranges = ib.weight_ranges(solution)
    weights = {(t, s): w for t, s, w in zip(*(getattr(solution.measure, k) for k in ("kinks", "directions", "weights")), strict=True)}
    own = np.array([weights.get((t, s), 0.0) for t, s in zip(ranges.kinks, ranges.directions, strict=True)])
    size = np.abs(own).max()
    assert (ranges.lower <= own + 1e-9 * size).all()
    assert (own <= ranges.upper + 1e-9 * size).all()
    assert not ranges.unique


def test_a_unique_optimum() -> None:
    assert ib.weight_ranges(ib.solve(ib.RegressionProblem([0, 1], [3, -1]))).unique
    assert not ib.weight_ranges(ib.solve(ib.RegressionProblem(range(5), [1, -1, 1, -1, 1]))).unique


def test_needs_the_exact_method() -> None:
    with pytest.raises(ib.OptionError, match="exact method"):
        ib.weight_ranges(ib.solve(ib.RegressionProblem([0, 1, 2], [3, -1, 0]), "sparse"))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([0.0, 1.0, 2.0], [2.0, -1.0, 3.0]),
        ([0.0, 1.0, 2.0], [3.0, 1.0, 4.0]),
        ([0.4, 0.5, 0.6], [0.0, 1.0, 0.0]),
        ([0.0, 1.0, 3.0], [-9.0, 1.0, 4.0]),
    ],
)
def test_a_node_that_the_dual_leaves_free(x: list[float], y: list[float]) -> None:
    check_ranges(np.array(x), np.array(y))
    check_ranges(np.array(x), -np.array(y))
