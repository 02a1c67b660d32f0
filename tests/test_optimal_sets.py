"""All optima with a free affine part: ranges and sparsest optima against linear programs, exhaustive search, and by hand."""

from dataclasses import replace
from itertools import chain, combinations, pairwise

import numpy as np
import pytest
from datasets import points
from hypothesis import given, settings
from scipy.optimize import linprog

import implicit_bias as ib
from implicit_bias.numerics import tolerances

TIGHT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
PARABOLA = np.arange(6.0), np.arange(6.0) ** 2


def stated(x: object, y: object, weight: str = "unit") -> ib.WholeLineProblem:
    return ib.RegressionProblem(x, y, weight=weight, affine="free")


def lattice(seed: int, largest: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Small whole numbers: runs of all lengths, points without a slope change, and exactly so."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, largest + 1))
    gaps, change = rng.integers(1, 4, n - 1), rng.choice([-1, 0, 1, 1, 2], n - 1) * rng.choice([-1, 1])
    return np.concatenate([[0.0], np.cumsum(gaps)]), np.concatenate([[1.0], 1 + np.cumsum(np.cumsum(change) * gaps)])


def generic(seed: int, largest: int = 8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, largest + 1))
    return np.cumsum(rng.uniform(0.3, 1, n)), rng.normal(size=n)


def by_linear_programs(x: np.ndarray, y: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Extremes of f(q) over measures with kinks at x and q, here and beyond the data, that interpolate at the least cost."""

    def features(at: np.ndarray) -> np.ndarray:
        bent = np.maximum(at[:, None] - kinks, 0)
        return np.column_stack([bent, -bent, np.ones_like(at), -np.ones_like(at), at, -at])

    kinks = np.union1d(x, q)
    cost = np.repeat([1.0, 0.0], [2 * kinks.size, 4])
    least = linprog(cost, A_eq=features(x), b_eq=y, method="highs", options=TIGHT)
    assert least.status == 0
    ends = []
    for sign in (1, -1):
        found = [
            linprog(sign * row, features(x) * 0 + cost, np.full(x.size, least.fun + 1e-9), features(x), y, method="highs", options=TIGHT)
            for row in features(q)
        ]
        assert all(one.status == 0 for one in found)
        ends.append(np.array([sign * one.fun for one in found]))
    return ends[0], ends[1]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("make", [lattice, generic])
def test_ranges_agree_with_linear_programs(make: object, seed: int) -> None:
    x, y = make(seed, 7)
    fifths = [a + (b - a) * np.array([0.2, 0.5, 0.9]) for a, b in pairwise(x)]
    q = np.concatenate([x, *fifths, [x[0] - 0.7, x[-1] + 0.4]])
    lower, upper = ib.value_ranges(stated(x, y), q)
    least, most = by_linear_programs(x, y, q)
    np.testing.assert_allclose(lower, least, atol=1e-7 * max(1, np.abs(y).max()))
    np.testing.assert_allclose(upper, most, atol=1e-7 * max(1, np.abs(y).max()))
    with pytest.raises(AssertionError):  # a wrong range would be seen
        np.testing.assert_allclose(lower - 1e-5, least, atol=1e-7 * max(1, np.abs(y).max()))


def test_ranges_by_hand() -> None:
    q = np.array([-1.0, 0.5, 1.25, 1.5, 2.0, 2.25, 4.5, 7.0])
    lower, upper = ib.value_ranges(stated(*PARABOLA), q)
    np.testing.assert_array_equal(upper, [-1, 0.5, 1.75, 2.5, 4, 5.25, 20.5, 43])
    np.testing.assert_array_equal(lower, [-1, 0.5, 1.25, 1.5, 4, 4.75, 20.5, 43])
    for made, expected in zip(ib.value_ranges(stated(PARABOLA[0], -PARABOLA[1]), q), (-upper, -lower), strict=True):
        np.testing.assert_array_equal(made, expected)


def test_points_without_a_slope_change_separate_runs() -> None:
    x, y = np.arange(7.0), np.array([0.0, 0, 1, 3, 5, 8, 12])  # slope changes 1, 1, 0, 1, 1
    lower, upper = ib.value_ranges(stated(x, y), x[:-1] + 0.5)
    assert (lower < upper).tolist() == [False, True, False, False, True, False]
    assert len(ib.sparsest(stated(x, y))) == 2
    three = np.array([0.0, 0, 1, 3, 6, 9, 12])  # 1, 1, 1, 0, 0
    assert len(ib.sparsest(stated(x, three))) == 2
    lower, upper = ib.value_ranges(stated(x, three), x[:-1] + 0.5)
    assert (lower < upper).tolist() == [False, True, True, False, False, False]


@pytest.mark.parametrize(("x", "y"), [([0, 2], [3, -1]), ([0, 1, 2, 5], [1, 3, 5, 11]), ([0, 1], [0, 0])])
def test_affine_data_leave_no_choice(x: list[float], y: list[float]) -> None:
    q = np.linspace(-3, 9, 25)
    line = y[0] + (y[-1] - y[0]) / (x[-1] - x[0]) * (q - x[0])
    for made in ib.value_ranges(stated(x, y), q):
        np.testing.assert_allclose(made, line, atol=1e-14)
    assert len(ib.sparsest(stated(x, y))) == 0
    np.testing.assert_allclose(ib.sparsest(stated(x, y))(q), line, atol=1e-14)


def test_three_points_leave_no_choice() -> None:
    lower, upper = ib.value_ranges(stated([0, 1, 3], [0, 1, -4]), np.linspace(-2, 5, 29))
    np.testing.assert_array_equal(lower, upper)


def test_shapes_and_kinds_of_q() -> None:
    problem = stated(*PARABOLA)
    for q in (1.5, [[1.5, 2.5, 3.5]], np.ones((2, 3), dtype=int), []):
        for made in ib.value_ranges(problem, q):
            assert made.shape == np.shape(q)
            assert made.dtype == np.float64
    for made, again in zip(ib.value_ranges(problem, 1.5), ib.value_ranges(ib.solve(problem), 1.5), strict=True):
        assert made == again


def check_sparsest(problem: ib.WholeLineProblem, allowed: float = 1e-12) -> ib.Measure:
    """Assert interpolation, the least cost, and that it lies within the ranges; return the measure."""
    measure = ib.sparsest(problem)
    allowed = max(allowed, problem.resolution)
    judged = ib.judge(problem, measure)
    assert judged.gap <= allowed
    np.testing.assert_allclose(measure(problem.x), problem.y, rtol=0, atol=allowed * problem.scale)
    assert judged.value <= judged.upper_bound * (1 + allowed)
    assert judged.value >= judged.lower_bound * (1 - tolerances.PRUNING - allowed)
    assert (np.diff(measure.kinks) > 0).all()
    assert (measure.directions == 1).all()
    middles = (problem.x[1:] + problem.x[:-1]) / 2
    lower, upper = ib.value_ranges(problem, middles)
    assert (lower - allowed * problem.scale <= measure(middles)).all()
    assert (measure(middles) <= upper + allowed * problem.scale).all()
    return measure


@given(points())
@settings(max_examples=200)
def test_sparsest_is_optimal_and_ranges_hold_every_optimum(sample: tuple[np.ndarray, np.ndarray]) -> None:
    problem = stated(*sample)
    measure = check_sparsest(problem)
    assert len(measure) <= problem.x.size - 2
    for made in ib.value_ranges(problem, problem.x):
        np.testing.assert_array_equal(made, problem.y)
    lower, upper = ib.value_ranges(problem, np.linspace(problem.x[0] - 1, problem.x[-1] + 1, 50))
    assert (lower <= upper).all()


def test_the_check_rejects_wrong_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = stated(*PARABOLA)
    right = check_sparsest(problem)
    moved = replace(right, kinks=right.kinks + 1e-3)
    heavier = replace(right, weights=right.weights * (1 + 1e-6))
    longer = right.plus(ib.Measure([7.0], [1.0], [1.0]))
    for wrong in (moved, heavier, longer, ib.Measure.zero()):
        monkeypatch.setattr(ib, "sparsest", lambda _, wrong=wrong: wrong)
        with pytest.raises(AssertionError):
            check_sparsest(problem)


def fewest_by_search(x: np.ndarray, y: np.ndarray, most: int) -> int:
    """Least number of kinks of an optimum, by trying every set of places.

    A kink in the closed gap i of weight ≥ 0 (or ≤ 0) is, at the data, a pair of shares ≥ 0 (≤ 0) of the slope changes at both ends of the
    gap, and any such pair is a kink: two kinks of one sign in one gap are no better. Places are gaps with a sign.
    """
    changes = np.diff(np.diff(y) / np.diff(x))
    places = [(gap, sign) for gap in range(x.size - 1) for sign in (1.0, -1.0)]
    columns = np.zeros((x.size, 2 * len(places)))
    for k, (gap, sign) in enumerate(places):
        columns[gap, 2 * k] = columns[gap + 1, 2 * k + 1] = sign
    for count in range(most):
        for chosen in combinations(range(len(places)), count):
            some = list(chain.from_iterable((2 * k, 2 * k + 1) for k in chosen))
            if not some:
                if not changes.any():
                    return 0
                continue
            found = linprog(np.ones(len(some)), A_eq=columns[1:-1][:, some], b_eq=changes, method="highs", options=TIGHT)
            if found.status == 0 and found.fun <= np.abs(changes).sum() * (1 + 1e-9):
                return count
    return most


@pytest.mark.parametrize("seed", range(10))
def test_no_optimum_has_fewer_kinks(seed: int) -> None:
    x, y = lattice(seed, 6)
    measure = check_sparsest(stated(x, y))
    assert fewest_by_search(x, y, len(measure)) == len(measure)
    x, y = generic(seed, 6)
    measure = check_sparsest(stated(x, y))
    assert fewest_by_search(x, y, len(measure)) == len(measure)


def test_the_search_finds_fewer_kinks_where_there_are() -> None:
    assert fewest_by_search(*PARABOLA, 4) == 2
    assert fewest_by_search(np.arange(7.0), np.arange(7.0) ** 2, 5) == 3
    assert fewest_by_search(np.arange(4.0), np.array([0.0, 1, 0, 1]), 3) == 2


@pytest.mark.parametrize("k", range(1, 9))
def test_a_run_of_k_needs_half_as_many_rounded_up(k: int) -> None:
    x = np.arange(k + 2.0)
    for y in (x**2, -(x**2), np.exp(x / 3)):
        measure = check_sparsest(stated(x, y))
        assert len(measure) == (k + 1) // 2
        assert np.abs(np.sign(measure.weights).sum()) == len(measure)
    assert (ib.sparsest(stated(x, x**2)).kinks % 1).tolist() == [0.0] * (k % 2) + [0.5] * (k // 2)


def test_runs_of_all_lengths_side_by_side() -> None:
    lengths = [1, 2, 3, 4, 5, 1, 1, 6]
    changes = np.concatenate([np.full(k, (-1.0) ** i) for i, k in enumerate(lengths)])
    y = np.concatenate([[0.0], np.cumsum(np.append(0.0, np.cumsum(changes)))])
    measure = check_sparsest(stated(np.arange(y.size), y))
    assert len(measure) == sum((k + 1) // 2 for k in lengths)


@given(points())
@settings(max_examples=60)
def test_units_mirrors_and_lines_change_nothing(sample: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = sample
    kinks, weights = ib.sparsest(stated(x, y)).kinks, ib.sparsest(stated(x, y)).weights
    q = np.linspace(x[0] - 1, x[-1] + 1, 21)
    lower, upper = ib.value_ranges(stated(x, y), q)
    scaled = ib.sparsest(stated(x * 2.0**300, y * 2.0**-200))
    np.testing.assert_array_equal(scaled.kinks, kinks * 2.0**300)
    np.testing.assert_array_equal(scaled.weights, weights * 2.0**-500)
    for made, expected in zip(ib.value_ranges(stated(x * 2.0**300, y * 2.0**-200), q * 2.0**300), (lower, upper), strict=True):
        np.testing.assert_allclose(made * 2.0**200, expected, rtol=0, atol=1e-13 * np.abs(expected).max())
    assert len(ib.sparsest(stated(x, -y))) == kinks.size
    mirrored = ib.value_ranges(stated(-x[::-1], y[::-1]), -q)
    for made, expected in zip(mirrored, (lower, upper), strict=True):
        np.testing.assert_allclose(made, expected, rtol=0, atol=1e-9 * max(np.abs(expected).max(), 1e-300))


def test_a_line_added_to_the_targets_is_added_to_the_ranges() -> None:
    x, y = lattice(3)
    q = np.linspace(-1, x[-1] + 1, 40)
    for made, expected in zip(ib.value_ranges(stated(x, y + 3 * x - 2), q), ib.value_ranges(stated(x, y), q), strict=True):
        np.testing.assert_allclose(made, expected + 3 * q - 2, atol=1e-12)


def test_rounding_of_straight_data_makes_no_kinks() -> None:
    x = np.linspace(0, 1, 100)
    assert len(ib.sparsest(stated(x, 0.3 * x + 0.1))) == 0
    bent = 0.3 * x + 0.1 + 1.7 * np.maximum(x - x[33], 0)
    measure = check_sparsest(stated(x, bent))
    np.testing.assert_array_equal(measure.kinks, x[33:34])
    assert len(ib.solve(stated(x, bent)).measure) > 10
    lower, upper = ib.value_ranges(stated(x, bent), np.linspace(0, 1, 991))
    np.testing.assert_array_equal(lower, upper)


def test_rounding_that_adds_up_is_not_left_out() -> None:
    """No slope change but one exceeds rounding, and yet the chords around it would miss the data, or cost less."""
    x = np.linspace(-1e-6, 1e-6, 101)
    curved = stated(x, 1 + x**2 + 1e5 * np.maximum(x - x[70], 0))
    np.testing.assert_allclose(ib.sparsest(curved)(x), curved.y, rtol=0, atol=4 * tolerances.EPS)
    x = np.linspace(0, 1, 20_000)
    problem = stated(x, 0.3 * x + 0.1 + np.maximum(x - x[7000], 0))
    assert problem.cost(ib.sparsest(problem)) == pytest.approx(np.abs(problem.changes).sum(), rel=tolerances.PRUNING)


@pytest.mark.parametrize(("n", "shift"), [(2000, 1e3), (1000, -1e6), (20_000, -1e6)])
def test_kinks_rounded_far_from_zero_do_not_add_up(n: int, shift: float) -> None:
    x = np.linspace(0, 1, n) + shift
    problem = stated(x, np.cos(3 * (x - x[0])))
    measure = ib.sparsest(problem)
    one = np.abs(measure.weights).max() * np.spacing(abs(shift))
    np.testing.assert_allclose(measure(x), problem.y, rtol=0, atol=one)
    assert problem.cost(measure) == pytest.approx(np.abs(problem.changes).sum(), rel=1e-9)


@pytest.mark.parametrize("n", [1000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_many_points(n: int) -> None:
    x = np.linspace(-1, 1, n)
    problem = stated(x, np.sin(9 * x))
    measure = check_sparsest(problem)
    runs = np.diff(np.flatnonzero(np.diff(np.sign(problem.changes), prepend=0, append=0)))
    assert len(measure) == ((runs + 1) // 2).sum()
    assert ib.is_minimizer(problem, measure)


def test_is_minimizer_tells_optima_from_others() -> None:
    problem = stated(*PARABOLA)
    pairs = ib.sparsest(problem)
    assert ib.is_minimizer(problem, pairs)
    assert ib.is_minimizer(ib.solve(problem), ib.solve(problem).measure)
    assert not ib.is_minimizer(problem, replace(pairs, weights=pairs.weights * (1 + 1e-6)))
    assert not ib.is_minimizer(problem, replace(pairs, affine=None))
    assert not ib.is_minimizer(problem, pairs.plus(ib.Measure([8.0], [1.0], [1e-3])))
    assert not ib.is_minimizer(problem, pairs.plus(ib.Measure([2.0, 2.0], [1, 1], [1.0, -1.0])))
    assert ib.is_minimizer(stated([0, 1], [2, 3]), ib.Measure([], [], [], affine=(1.0, 2.0)))
    assert not ib.is_minimizer(stated([0, 1], [2, 3]), ib.Measure([5.0], [1.0], [1e-3], affine=(1.0, 2.0)))


def test_on_the_sphere_there_is_one_optimum() -> None:
    rng = np.random.default_rng(2)
    x, y = np.sort(rng.normal(size=9)), rng.normal(size=9)
    problem = stated(x, y, "sphere")
    solution, q = ib.solve(problem), np.linspace(-4, 4, 33)
    for target in (problem, solution, ib.solve(problem, "dictionary", grid=50)):
        measure = ib.sparsest(target)
        np.testing.assert_array_equal(measure.kinks, solution.atoms.kinks)
        assert ib.judge(problem, measure).status is ib.Status.OPTIMAL
        lower, upper = ib.value_ranges(target, q)
        np.testing.assert_array_equal(lower, upper)
        np.testing.assert_allclose(lower, solution.predict(q), atol=1e-9)


def test_atoms_that_are_rounding_are_left_out_on_the_sphere() -> None:
    x = np.linspace(-2, 2, 20)
    problem = stated(x, 0.3 * x + 0.1 + np.maximum(x - 0.5, 0), "sphere")
    solution = ib.solve(problem)
    assert len(solution.measure) > 5
    for target in (problem, solution):
        assert len(ib.sparsest(target)) == 1


def test_other_problems_are_refused() -> None:
    penalized, sphere = ib.RegressionProblem(*PARABOLA), ib.RegressionProblem(*PARABOLA, weight="sphere")
    for target in (penalized, sphere, ib.solve(penalized), ib.SplineProblem(*PARABOLA), None):
        with pytest.raises(ib.OptionError, match="free affine part"):
            ib.sparsest(target)
        with pytest.raises(ib.OptionError, match="free affine part"):
            ib.value_ranges(target, 0.0)
    with pytest.raises(ib.OptionError, match="use judge"):
        ib.is_minimizer(stated(*PARABOLA, "sphere"), ib.Measure.zero())
    with pytest.raises(ib.DataError, match="Measure of one output"):
        ib.is_minimizer(stated(*PARABOLA), ib.Measure([0.0], [1.0], [[1.0, 2.0]]))


def test_bad_values_of_q_are_refused() -> None:
    with pytest.raises(ib.DataError, match="finite"):
        ib.value_ranges(stated(*PARABOLA), [0.0, np.nan])
    with pytest.raises(ib.DataError, match="real numbers"):
        ib.value_ranges(stated(*PARABOLA), ["a"])
    with pytest.raises(ib.DataError, match="real numbers"):
        ib.value_ranges(stated(*PARABOLA), [[1.0], [1.0, 2.0]])
    with pytest.raises(ib.DataError, match="overflow"):
        ib.value_ranges(stated([0.0, 1e-140, 2e-140], [0.0, 1e140, 3e140]), 1e100)
    with pytest.raises(ib.DataError, match="overflow"):
        ib.value_ranges(stated([0.0, 1, 3], [0.0, 1e140, 3], "sphere"), 1e300)
