"""The exact method: optimality conditions in node values and in atoms, known optima, an independent LP, invariances."""

import numpy as np
import pytest
from datasets import KNOWN, points, smallest_gap
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import implicit_bias as ib
from implicit_bias.certificates.certificate import LineCertificate
from implicit_bias.numerics import tolerances


def solved(x: object, y: object) -> ib.Solution:
    return ib.solve(ib.RegressionProblem(x, y), "exact")


def check_optimal(solution: ib.Solution) -> None:
    """Assert what makes a pair optimal: feasibility, equal objectives, and atoms only where the certificate is ±1."""
    problem, measure = solution.problem, solution.measure
    assert measure is not None
    assert solution.dual is not None
    assert solution.gap <= 1e-12
    assert float(solution.certificate.peak) <= 1 + 1e-12
    allowed = max(1e-9, problem.resolution)
    np.testing.assert_allclose(measure(problem.x), problem.y, rtol=0, atol=allowed * max(problem.scale, 1e-300))
    recomputed = problem.certificate(solution.dual)
    assert recomputed.peak <= 1 + allowed
    assert problem.dual_value(recomputed, None) == pytest.approx(solution.dual_value, rel=10 * allowed, abs=1e-300)
    touched = solution.certificate(measure.kinks, measure.directions) * np.sign(measure.weights)
    big = np.abs(measure.weights) > 1e-6 * np.abs(measure.weights).max(initial=0.0)
    np.testing.assert_allclose(touched[big], 1, atol=1e-9)
    if problem.resolution <= solution.tolerance:
        assert len(measure) <= len(problem)
        assert solution.status is ib.Status.OPTIMAL
    else:
        assert solution.status is ib.Status.INACCURATE
        assert f"{problem.smallest_gap:.3g}" in solution.reason


@pytest.mark.parametrize("name", KNOWN)
def test_known_optima(name: str) -> None:
    x, y, value = KNOWN[name]
    solution = solved(x, y)
    check_optimal(solution)
    assert solution.value == pytest.approx(value, rel=1e-14, abs=1e-300)


@given(points())
@settings(max_examples=300)
def test_optimality_conditions(sample: tuple[np.ndarray, np.ndarray]) -> None:
    check_optimal(solved(*sample))


@pytest.mark.parametrize("n", [50, 1000, 20_000, 100_000])
@pytest.mark.parametrize("spread", ["even", "random"])
def test_optimality_conditions_of_many_points(n: int, spread: str) -> None:
    rng = np.random.default_rng(n)
    x = np.linspace(-1, 1, n) if spread == "even" else np.sort(rng.random(n))
    check_optimal(solved(x, np.sin(9 * x) + rng.normal(size=n)))


def test_checks_reject_a_wrong_answer() -> None:
    solution = solved([0, 1, 2, 4], [1, -1, 2, 0])
    problem, measure = solution.problem, solution.measure
    worse = ib.judge(problem, ib.constructed_measure(problem.x, problem.y), solution.dual)
    with pytest.raises(AssertionError):
        check_optimal(worse)
    off = ib.judge(problem, ib.Measure(measure.kinks, measure.directions, measure.weights * (1 + 1e-6)), solution.dual)
    with pytest.raises(AssertionError):
        check_optimal(off)


def independent_value(x: np.ndarray, y: np.ndarray) -> float:
    """Solve problem (13) on the data's kinks as a plain LP."""
    features = np.hstack([np.maximum(x[:, None] - x, 0), np.maximum(x - x[:, None], 0)])
    found = linprog(np.ones(4 * x.size), A_eq=np.hstack([features, -features]), b_eq=y, method="highs")
    assert found.status == 0
    return float(found.fun)


@given(points(largest=9))
@settings(max_examples=60)
def test_agrees_with_an_independent_linear_program(sample: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = sample
    assume(smallest_gap(x) >= 1e-3 and np.ptp(x) > 1e-3)  # the linear program is not scaled
    assert solved(x, y).value == pytest.approx(independent_value(x, y), rel=1e-6, abs=1e-8)


SCALES = st.sampled_from([2.0**-400, 1e-90, 1e-3, 7.0, 1e60, 2.0**400])


@given(points(), SCALES, SCALES)
def test_scaling_x_divides_and_scaling_y_multiplies(sample: tuple[np.ndarray, np.ndarray], c: float, d: float) -> None:
    x, y = sample
    assume(smallest_gap(x) >= 1e-6)
    plain, scaled = solved(x, y), solved(x * c, y * d)
    assert scaled.value / d * c == pytest.approx(plain.value, rel=1e-9, abs=1e-300)
    assert scaled.gap <= 1e-12
    if plain.value > 0:
        relation = scaled.upper_bound / d * c / plain.upper_bound
        assert relation == pytest.approx(1, rel=1e-9)


@given(points())
def test_powers_of_two_change_no_bit(sample: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = sample
    plain, scaled = solved(x, y), solved(x * 2.0**90, y * 2.0**-90)
    assert (scaled.measure.weights * 2.0**180 == plain.measure.weights).all()
    assert (scaled.measure.kinks == plain.measure.kinks * 2.0**90).all()
    assert (scaled.dual * 2.0**90 == plain.dual).all()


@given(points())
def test_reflection(sample: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = sample
    plain = solved(x, y)
    assert solved(-x, y).value == pytest.approx(plain.value, rel=1e-13, abs=1e-300)
    assert solved(x, -y).value == pytest.approx(plain.value, rel=1e-13, abs=1e-300)


@given(
    st.lists(st.tuples(st.integers(-40, 40), st.integers(-9, 9)), min_size=2, max_size=12, unique_by=lambda p: p[0]), st.integers(-500, 500)
)
def test_exact_shifts(pairs: list[tuple[int, int]], shift: int) -> None:
    x, y = np.array(sorted(pairs), dtype=float).T
    plain, moved = solved(x, y), solved(x + shift, y)
    assert moved.value == plain.value
    assert (moved.dual == plain.dual).all()


@given(st.lists(st.tuples(st.integers(-40, 40), st.integers(-9, 9)), min_size=3, max_size=9, unique_by=lambda p: p[0]), st.integers(0, 7))
def test_points_on_the_interpolant_change_nothing(pairs: list[tuple[int, int]], at: int) -> None:
    x, y = np.array(sorted(pairs), dtype=float).T
    i = at % (x.size - 1)
    x_more, y_more = np.insert(x, i + 1, (x[i] + x[i + 1]) / 2), np.insert(y, i + 1, (y[i] + y[i + 1]) / 2)
    plain, more = solved(x, y), solved(x_more, y_more)
    assert more.value == pytest.approx(plain.value, rel=1e-13, abs=1e-300)
    assert set(ib.regression_kinks(x_more, y_more)) == set(ib.regression_kinks(x, y))
    # the zero-extended dual stays optimal (appendix E)
    extended = more.problem.certificate(ib.extended_dual(x_more, x, plain.dual))
    assert extended.peak <= 1 + 1e-12
    assert more.problem.dual_value(extended, None) == pytest.approx(plain.value, rel=1e-12, abs=1e-12)


def test_rounding_makes_no_kinks() -> None:
    x = np.linspace(0, 1, 100)
    solution = solved(x, 0.3 * x + 0.1)
    assert solution.status is ib.Status.OPTIMAL
    assert set(solution.measure.kinks) <= {0.0, 1.0}
    assert ib.regression_kinks(x, 0.3 * x + 0.1).tolist() == [0, 1]


def test_real_small_kinks_are_kept() -> None:
    # c = 1e-3 at a gap of 1e-12 is within rounding at its own node, yet it decides the value at x = 2
    x = np.array([0, 1, 1 + 1e-12, 2])
    y = np.array([0, 1, 1 + 1.001e-12, 2.5])
    assert solved(x, y).measure(x) == pytest.approx(y, abs=1e-3)
    rng = np.random.default_rng(0)
    x = np.linspace(0, 1, 5000)
    y = 1 + 1e-9 * x**2 * rng.random()
    assert solved(x, y).measure(x) == pytest.approx(y, abs=1e-14)


def test_extreme_scales_are_right_or_refused() -> None:
    x, y = np.array([0, 1e-138, 1e-137, 1e-126]), np.array([1e150, -1e150, 1e150, 0])
    assert solved(x, y).value == pytest.approx(ib.prove(x, y).value, rel=1e-12)
    with pytest.raises(ib.DataError, match="overflow float64: rescale"):
        solved(np.array([0, 1e-162, 1e-150]), y[:3])


def test_the_certificate_is_a_function() -> None:
    x, y = np.array([0.0, 1.0, 3.0, 4.0]), np.array([1.0, -1.0, 2.0, 0.5])
    solution = solved(x, y)
    t = np.linspace(-2, 6, 161)
    for s in (1, -1):
        direct = np.maximum(s * (x[:, None] - t), 0).T @ solution.dual
        np.testing.assert_allclose(solution.certificate(t, s), direct, atol=1e-13)
    assert isinstance(solution.certificate, LineCertificate)
    assert solution.certificate.exact


def test_tolerances_are_consistent() -> None:
    assert tolerances.DRIFT > tolerances.CURVATURE > tolerances.EPS


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=200)
def test_nodes_next_to_the_middle(seed: int) -> None:
    # where p x-distance to one end ties with q x-distance to the other, rounding decides; cost must not
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 9))
    kinds = [
        np.arange(1, n + 1) * 0.1,
        1e16 + 2.0 * np.arange(n),
        np.unique(rng.normal() + np.outer([-1, 1], rng.random(n // 2 + 1)).ravel()),
        np.linspace(0.7, 0.9, n),
        np.sort(rng.choice(15, n, replace=False)).astype(float),
    ]
    x = kinds[int(rng.integers(len(kinds)))]
    y = rng.integers(-30, 30, x.size) / 10 * 10.0 ** rng.integers(-8, 1, x.size)
    solution, proof = solved(x, y), ib.prove(x, y)
    assert proof.objections() == []
    assert solution.gap <= 1e-12
    assert solution.lower_bound <= float(proof.value) * (1 + 1e-12)
    assert solution.upper_bound >= float(proof.value) * (1 - 1e-12)


def test_tied_corner_by_hand() -> None:
    solution = solved([0.1, 0.2, 0.3], [3, -1, -1])
    check_optimal(solution)
    assert solution.value == pytest.approx(50, rel=1e-14)


def test_cached_parts_cannot_be_written_to() -> None:
    solution = solved([0, 1, 3], [1, 0, 2])
    for array in (solution.problem.nodes.changes, solution.certificate.rising, solution.dual, solution.measure.weights, solution.problem.x):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 99
