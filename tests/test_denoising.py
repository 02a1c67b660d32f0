"""Total-variation denoising: against exact rational arithmetic, by its optimality conditions, and by what must not change."""

from dataclasses import replace
from fractions import Fraction
from itertools import accumulate

import numpy as np
import pytest
from datasets import points
from hypothesis import given, settings
from hypothesis import strategies as st

import implicit_bias as ib
from implicit_bias.errors import DataError, OptionError
from implicit_bias.fits.losses import Squared
from implicit_bias.measures import Measure
from implicit_bias.methods.exact import denoising
from implicit_bias.methods.exact.denoising import least_straight_level, solve_denoising
from implicit_bias.methods.exact.knot_fit import KnottedData
from implicit_bias.methods.programs import backends
from implicit_bias.methods.programs.denoising import SparseDenoising
from implicit_bias.numerics import double_double
from implicit_bias.problems.candidate import Candidate
from implicit_bias.problems.denoising import DenoisingProblem
from implicit_bias.solution import Solution, Status, Timings

stated = DenoisingProblem.of_rows


def judged(problem: DenoisingProblem, found: Candidate) -> Solution:
    return Solution(problem, found, Status.OPTIMAL, "exact", None, "", 1e-8, Timings())


def solved(x: object, y: object, regularization: float) -> Solution:
    problem = stated(x, y, regularization)
    return judged(problem, solve_denoising(problem, 1e-8))


def noisy(n: int, kind: str = "sine", seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.sort(rng.random(n))
    if kind == "walk":
        return x, np.cumsum(np.cumsum(rng.normal(size=n))) / n**1.5
    if kind == "bent":
        return x, np.abs(x - x[n // 2]) + np.maximum(0, x - x[3 * n // 4])
    return x, np.sin(9 * x) + (0.1 * rng.normal(size=n) if kind == "sine" else 0.0)


def check_optimal(solution: Solution, allowed: float = 1e-9) -> None:
    """Assert the optimality conditions from the function alone: its residuals are a dual that proves it."""
    problem, measure = solution.problem, solution.measure
    x, rows, level = problem.x, problem.rows, problem.regularization
    alpha = rows * (problem.y - measure(x))
    size = problem.scale * rows.sum()
    assert abs(alpha.sum()) <= allowed * size
    assert abs((alpha * (x - x[0])).sum()) <= allowed * size * np.ptp(x)
    eta = np.array([(alpha * np.maximum(0, x - t)).sum() for t in x])
    rounding = allowed * (level + size * np.ptp(x))
    assert np.abs(eta).max() <= level + rounding
    places = np.searchsorted(x, measure.kinks)
    np.testing.assert_array_equal(x[places], measure.kinks)
    assert (measure.directions == 1).all()
    unpaid = np.abs(measure.weights) * level - measure.weights * eta[places]
    assert unpaid.sum() <= allowed * solution.value + rounding * np.abs(measure.weights).sum()


@given(points(), st.sampled_from([1e-6, 1e-3, 0.1, 0.5, 0.99, 1.0, 3.0]))
@settings(max_examples=150, deadline=None)
def test_optimality_conditions(sample: tuple[np.ndarray, np.ndarray], part: float) -> None:
    x, y = sample
    top = least_straight_level(stated(x, y, 1.0))
    solution = solved(x, y, part * (top if top > 1e-9 else 1.0))
    assert solution.gap <= 1e-10
    assert not solution.objections()
    check_optimal(solution)
    if part >= 1 and top > 1e-9:
        assert np.abs(solution.measure.weights).sum() <= 1e-9 * solution.problem.scale / np.diff(x).min()


def test_the_check_rejects_wrong_answers() -> None:
    x, y = noisy(30)
    solution = solved(x, y, 0.02)
    check_optimal(solution)
    measure = solution.measure
    assert len(measure) > 2
    tilted = replace(measure, affine=(measure.affine[0] + 1e-3, measure.affine[1]))
    heavier = replace(measure, weights=measure.weights * 1.001)
    flatter = solved(x, y, 0.03).measure
    between = replace(measure, kinks=measure.kinks + 1e-4)
    for wrong in (tilted, heavier, flatter, between):
        other = judged(solution.problem, Candidate(wrong, solution.dual))
        assert other.value > solution.value
        assert other.gap > 1e-9
        with pytest.raises(AssertionError):
            check_optimal(other)


def exactly(x: list[Fraction], y: list[Fraction], level: Fraction, kinks: list[int], signs: list[int]) -> tuple[list[Fraction], bool]:
    """Return F of the spline with given kinks and signs in rational arithmetic, and whether that is proved to be the optimum.

    F = y - α with α = Dᵀ v; v is ±λ at the kinks, and elsewhere such that F has no kink there.
    """
    n = len(x)
    rows = []
    for j in range(1, n - 1):
        left, right = 1 / (x[j] - x[j - 1]), 1 / (x[j + 1] - x[j])
        rows.append([left if i == j - 1 else right if i == j + 1 else -(left + right) if i == j else Fraction(0) for i in range(n)])
    v = {j: level * s for j, s in zip(kinks, signs, strict=True)}
    idle = [j for j in range(1, n - 1) if j not in v]
    fixed = [sum((v[j] * rows[j - 1][i] for j in v), Fraction(0)) for i in range(n)]
    system = [
        [sum(a * b for a, b in zip(rows[j - 1], rows[k - 1], strict=True)) for k in idle]
        + [sum(a * (b - c) for a, b, c in zip(rows[j - 1], y, fixed, strict=True))]
        for j in idle
    ]
    for i in range(len(idle)):  # Gauss and Jordan; the matrix is positive definite
        system[i] = [entry / system[i][i] for entry in system[i]]
        for k in range(len(idle)):
            if k != i:
                system[k] = [a - system[k][i] * b for a, b in zip(system[k], system[i], strict=True)]
    v |= {j: system[i][-1] for i, j in enumerate(idle)}
    found = [y[i] - sum((v[j] * rows[j - 1][i] for j in v), Fraction(0)) for i in range(n)]
    changes = {j: sum(a * b for a, b in zip(rows[j - 1], found, strict=True)) for j in kinks}
    legal = all(abs(value) <= level for value in v.values())
    return found, legal and all(changes[j] * s >= 0 for j, s in zip(kinks, signs, strict=True))


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(-20, 20)), min_size=3, max_size=9, unique_by=lambda row: row[0]),
    st.sampled_from([Fraction(1, 1000), Fraction(1, 7), Fraction(2), Fraction(30)]),
)
@settings(max_examples=60, deadline=None)
def test_support_and_signs_are_proved_in_rational_arithmetic(rows: list[tuple[int, int]], level: Fraction) -> None:
    rows = sorted(rows)
    x, y = np.array(rows, dtype=float).T
    solution = solved(x, y, float(level))
    measure = solution.measure.prune(1e-9) if len(solution.measure) else solution.measure
    kinks = [int(j) for j in np.searchsorted(x, measure.kinks)]
    signs = [int(s) for s in np.sign(measure.weights)]
    found, proved = exactly([Fraction(a) for a, _ in rows], [Fraction(b) for _, b in rows], Fraction(float(level)), kinks, signs)
    assert proved
    np.testing.assert_allclose(measure(x), [float(v) for v in found], rtol=0, atol=1e-11 * solution.problem.scale)
    slopes = np.diff([float(v) for v in found]) / np.diff(x)
    value = float(sum((a - b) ** 2 for a, (_, b) in zip(found, rows, strict=True))) / 2 + float(level) * np.abs(np.diff(slopes)).sum()
    assert solution.value == pytest.approx(value, rel=1e-11, abs=1e-13)


def test_the_proof_rejects_wrong_supports() -> None:
    x, y = [Fraction(i) for i in range(4)], [Fraction(v) for v in (0, 3, 0, 0)]
    # changes (-6, 3), D Dᵀ = (6, -4; -4, 6): at λ = 1/10 kinks of -5 and 2 remain
    np.testing.assert_allclose(solved([0, 1, 2, 3], [0, 3, 0, 0], 0.1).measure.weights, [-5, 2], rtol=1e-14)
    assert exactly(x, y, Fraction(1, 10), [1, 2], [-1, 1])[1]
    for wrong in (([], []), ([1], [-1]), ([2], [1]), ([1, 2], [1, 1])):
        assert not exactly(x, y, Fraction(1, 10), *wrong)[1]


def test_three_points_by_hand() -> None:
    # c = -2, ‖D‖² = 6: η in the middle is clip(c / 6, -λ, λ), and λ_max = 1/3
    problem = stated([0, 1, 2], [0, 1, 0], 0.1)
    assert least_straight_level(problem) == pytest.approx(1 / 3, rel=1e-14)
    solution = solved([0, 1, 2], [0, 1, 0], 0.1)
    np.testing.assert_allclose(solution.predict([0.0, 1.0, 2.0]), [0.1, 0.8, 0.1], rtol=0, atol=1e-15)
    np.testing.assert_allclose(solution.dual, [-0.1, 0.2, -0.1], rtol=1e-14)
    assert solution.value == pytest.approx(0.03 + 0.1 * 1.4, rel=1e-14)
    assert solution.certificate.peak == pytest.approx(1, rel=1e-14)


@pytest.mark.parametrize("n", [3, 200, 10_000])
def test_from_lambda_max_on_it_is_the_least_squares_line(n: int) -> None:
    x, y = noisy(n)
    top = least_straight_level(stated(x, y, 1.0))
    slope, intercept = np.polyfit(x, y, 1)
    for part in (1 + 1e-12, 2.0, 1e6):
        solution = solved(x, y, part * top)
        assert len(solution.measure) == 0
        assert solution.measure.affine == pytest.approx((slope, intercept), rel=1e-11)
        assert solution.gap <= 1e-15
        assert solution.certificate.peak == pytest.approx(1 / part, rel=1e-11)
    below = solved(x, y, top * (1 - 1e-6))
    assert len(below.measure) == 1
    assert below.gap <= 1e-14


@pytest.mark.parametrize("kind", ["sine", "smooth", "walk", "bent"])
@pytest.mark.parametrize("n", [300, 10_000])
def test_certified_over_many_decades(n: int, kind: str) -> None:
    x, y = noisy(n, kind)
    top = least_straight_level(stated(x, y, 1.0))
    for part in (0.3, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-13, 1e-18):
        solution = solved(x, y, part * top)
        assert not solution.candidate.stopped
        assert solution.gap <= 1e-10, part
        assert not solution.objections()
        assert solution.upper_bound >= solution.lower_bound * (1 - 1e-14)


def test_small_regularizations_interpolate_and_keep_their_digits() -> None:
    x, y = noisy(200)
    variation = np.abs(np.diff(np.diff(y) / np.diff(x))).sum()
    for level in (1e-12, 1e-16, 1e-20):
        solution = solved(x, y, level)
        assert solution.value / level == pytest.approx(variation, rel=1e-6 if level == 1e-12 else 1e-9)
        assert solution.value <= level * variation * (1 + 1e-9)
        assert solution.gap <= 1e-9
        np.testing.assert_allclose(solution.predict(x), y, rtol=0, atol=1e-6 if level == 1e-12 else 1e-9)


def test_nearly_linear_data_need_double_words() -> None:
    # off the chords there is nothing but the rounding of y, which is larger than λ
    x, y = noisy(1000, "bent")
    solution = solved(x, y, 1e-12)
    assert solution.gap <= 1e-13
    true = np.sort([x[500], x[750]])
    assert np.isin(true, solution.measure.kinks).all()
    assert np.abs(solution.measure.weights[~np.isin(solution.measure.kinks, true)]).sum() <= 1e-9


def test_a_steep_line_below_the_data_does_no_harm() -> None:
    x, y = noisy(300, "smooth")
    for steepness in (1e4, 1e8):
        data = y + steepness * x
        top = least_straight_level(stated(x, data, 1.0))
        for part in (1e-2, 1e-6, 1e-12):
            solution = solved(x, data, part * top)
            assert solution.gap <= 1e-10
            assert not solution.objections()


@pytest.mark.parametrize(
    "x",
    [
        np.append(0.0, 2.0 ** np.arange(-60, 1)),
        np.array([0, 1e-30, 2e-30, 1e-15, 0.3, 0.6, 1]),
        np.array([0, 0.3, 0.1 + 0.2, 0.5, 0.7, 1]),
        np.array([0, 1e-90, 3e-90, 0.5, 1]),
        np.array([-1, 0, 0.5, 1]) * 1e150,
        np.array([0, 0.2, 0.5, 1.1]) * 1e-150,
    ],
)
@pytest.mark.parametrize("size", [1.0, 1e-140, 1e148])
def test_gaps_and_magnitudes_at_the_ends_of_float64(x: np.ndarray, size: float) -> None:
    y = size * np.random.default_rng(0).normal(size=x.size)
    top = least_straight_level(stated(x, y, size * np.ptp(x)))
    for part in (2, 0.5, 1e-2, 1e-4, 1e-8):
        solution = solved(x, y, part * top)
        assert solution.gap <= 1e-11
        assert not solution.objections()


def test_units_and_symmetries() -> None:
    x, y = noisy(80)
    level = 0.003
    base = solved(x, y, level)
    for cx, cy in ((2.0**40, 1.0), (1.0, 2.0**-300), (2.0**-200, 2.0**120)):
        other = solved(cx * x, cy * y, level * cx * cy)
        np.testing.assert_array_equal(other.predict(cx * x), cy * base.predict(x))
        assert other.gap == pytest.approx(base.gap, abs=1e-14)
        assert other.value == pytest.approx(base.value * cy * cy, rel=1e-14)
    for cx, cy in ((1e3, 1.0), (1e-7, 3e5)):
        other = solved(cx * x, cy * y, level * cx * cy)
        np.testing.assert_allclose(other.predict(cx * x), cy * base.predict(x), rtol=0, atol=1e-11 * cy)
    bent = solved(x, y + 2 - 3 * x, level)
    np.testing.assert_allclose(bent.predict(x), base.predict(x) + 2 - 3 * x, rtol=0, atol=1e-12)
    assert bent.value == pytest.approx(base.value, rel=1e-12)
    moved, mirrored = solved(x + 5, y, level), solved(-x, y, level)
    np.testing.assert_allclose(moved.predict(x + 5), base.predict(x), rtol=0, atol=1e-11)
    np.testing.assert_allclose(mirrored.predict(-x), base.predict(x), rtol=0, atol=1e-11)
    np.testing.assert_allclose(solved(x, -y, level).predict(x), -base.predict(x), rtol=0, atol=1e-13)


def test_repeated_rows_count_as_often_as_they_occur() -> None:
    x, y = noisy(40)
    rng = np.random.default_rng(3)
    place = rng.integers(0, 40, 100)
    xs, ys = np.concatenate([x, x[place]]), np.concatenate([y, y[place] + rng.normal(size=100)])
    solution = solved(xs, ys, 0.05)
    problem = solution.problem
    assert len(problem) == 40
    assert problem.merged == 100
    assert problem.rows.sum() == 140
    check_optimal(solution)
    assert solution.gap <= 1e-14
    assert problem.constant > 1
    assert solution.dual_value == pytest.approx(solution.value, rel=1e-13)
    values = solution.predict(xs)
    assert solution.value == pytest.approx(((values - ys) ** 2).sum() / 2 + 0.05 * np.abs(solution.measure.weights).sum(), rel=1e-13)
    twice = solved(np.tile(x, 2), np.tile(y, 2), 0.1)
    once = solved(x, y, 0.05)
    np.testing.assert_allclose(twice.predict(x), once.predict(x), rtol=0, atol=1e-12)
    assert twice.value == pytest.approx(2 * once.value, rel=1e-13)
    shuffled = rng.permutation(140)
    np.testing.assert_allclose(solved(xs[shuffled], ys[shuffled], 0.05).predict(x), solution.predict(x), rtol=0, atol=1e-12)


def test_one_and_two_points() -> None:
    for x, y in (([3.0], [2.5]), ([3.0, 3.0], [2.0, 3.0]), ([0.0, 2.0], [1.0, -4.0])):
        solution = solved(x, y, 0.7)
        assert len(solution.measure) == 0
        means = np.full(len(x), np.mean(y)) if x[0] == x[-1] else y
        np.testing.assert_allclose(solution.predict(x), means, rtol=1e-15)
        assert solution.value == pytest.approx(((np.array(y) - means) ** 2).sum() / 2, abs=1e-30)
        assert solution.gap == 0
        assert solution.certificate.peak == 0
        assert least_straight_level(solution.problem) == 0


@pytest.mark.parametrize("level", [0, -1.0, np.nan, np.inf, True, "1", None])
def test_regularizations_that_make_no_sense(level: object) -> None:
    with pytest.raises(OptionError, match="regularization"):
        stated([0, 1, 2], [0, 1, 0], level)


@pytest.mark.parametrize(("x", "y"), [([], []), ([0, 1], [0]), ([0, np.nan], [0, 1]), ([0, 1], [[0], [1]]), ([0, 1e200], [0, 1])])
def test_data_that_cannot_be_used(x: object, y: object) -> None:
    with pytest.raises(DataError):
        stated(x, y, 1.0)


def test_points_that_are_not_sorted_or_not_counted_are_refused() -> None:
    with pytest.raises(DataError, match="increasing"):
        DenoisingProblem(np.array([1.0, 0.0]), Squared(np.zeros(2)), 1.0)
    with pytest.raises(DataError, match="positive"):
        DenoisingProblem(np.array([0.0, 1.0]), Squared(np.zeros(2)), 1.0, np.array([1.0, 0.0]))
    with pytest.raises(DataError, match="output"):
        DenoisingProblem(np.array([0.0, 1.0]), Squared(np.zeros((2, 1))), 1.0)


@given(st.integers(0, 10_000), st.floats(-3, 3))
@settings(max_examples=60, deadline=None)
def test_any_dual_bounds_any_function(seed: int, log_level: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = noisy(12, seed=seed)
    best = solved(x, y, 10**log_level * 0.01)
    problem = best.problem
    for alpha in (rng.normal(size=12), problem.y - rng.normal(size=12), best.dual + 1e-3 * rng.normal(size=12)):
        other = judged(problem, Candidate(best.measure, alpha))
        assert other.lower_bound <= best.value * (1 + 1e-13)
        legal = problem.project_dual(alpha)
        assert abs(double_double.total(legal).high[0]) <= 1e-25
        certificate = other.certificate
        most = 1 / certificate.peak
        worths = [certificate.worth(c) for c in np.linspace(0, most, 50)]
        assert other.lower_bound >= max(worths) - 1e-14 * abs(other.lower_bound)
        fine = certificate(np.linspace(-1, 2, 3001))
        assert np.abs(fine).max() <= certificate.peak * problem.regularization * (1 + 1e-12)
    atoms = Measure(rng.random(5) * 2 - 0.5, rng.choice([-1.0, 1.0], 5), rng.normal(size=5), constant=1.0)
    brought = judged(problem, Candidate(atoms, best.dual))
    assert brought.upper_bound == brought.value >= best.value * (1 - 1e-13)
    assert problem.objective(problem.admissible(atoms)) == pytest.approx(brought.value, rel=1e-14)


def test_the_descent_alone_finds_the_same() -> None:
    for kind in ("sine", "smooth", "walk"):
        x, y = noisy(500, kind)
        problem = stated(x, y, 1.0)
        problem = problem.with_regularization(1e-3 * least_straight_level(problem))
        pieces = KnottedData(problem.nodes, problem.values, problem.rows, problem.level)
        line = pieces.fit(np.array([0, 499]), np.zeros(2))
        found, settled = denoising._descended(pieces, line, 1e-12)
        assert settled
        best = judged(problem, solve_denoising(problem, 1e-8))
        assert found.objective * problem.y_unit**2 == pytest.approx(best.value, rel=1e-11)
        np.testing.assert_allclose((problem.values - found.misfit) * problem.y_unit, best.predict(x), rtol=0, atol=1e-5)


def test_a_descent_that_is_cut_off_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = noisy(3000, "walk")
    problem = stated(x, y, 1e-3 * least_straight_level(stated(x, y, 1.0)))
    assert not solve_denoising(problem, 1e-8).stopped
    monkeypatch.setattr(denoising, "MOST_STEPS", 2)
    monkeypatch.setattr(denoising, "PATIENCE", 1)
    cut = judged(problem, solve_denoising(problem, 1e-8))
    assert cut.candidate.stopped
    assert cut.objections()


def test_paths_start_from_the_answer_before() -> None:
    x, y = noisy(400)
    problem = stated(x, y, 1.0)
    levels = least_straight_level(problem) * np.logspace(0.1, -9, 12)
    for levels_in_order in (levels, levels[::-1]):
        for level, warm in zip(levels_in_order, ib.path(problem, levels_in_order), strict=True):
            cold = solved(x, y, level)
            assert warm.problem.regularization == cold.problem.regularization
            assert warm.gap <= 1e-11
            np.testing.assert_allclose(warm.predict(x), cold.predict(x), rtol=0, atol=1e-9)
    elsewhere = Candidate(Measure(np.array([-1.0, x[0], 0.5, x[7], x[-1], 3.0]), np.ones(6), np.ones(6)), None)
    assert judged(problem, solve_denoising(problem, 1e-8, elsewhere)).gap <= 1e-14


def test_rounded_differences_keep_their_running_sums() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=2000)
    values[1000] = 1e12  # two huge differences, as beside a tiny gap
    first, steps = denoising._differences(double_double.of(values))
    running = list(accumulate(map(Fraction, steps), initial=Fraction(first)))
    error = np.array([float(abs(a - Fraction(b))) for a, b in zip(running, values, strict=True)])
    assert np.delete(error, [999, 1000, 1001]).max() <= 1e-15


@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize("name", [row.name for row in backends.BACKENDS if row.installed])
def test_programs_on_every_backend(name: str, form: str) -> None:
    x = np.linspace(-1, 1, 20)
    x = np.append(x, x[5])
    y = np.sin(4 * x) + 0.2 * np.cos(40 * x)
    best = solved(x, y, 0.05)
    row = backends.BACKENDS.find(name)
    for scaled in (True, False):
        program = SparseDenoising().state(best.problem, form, None, scaled)
        backends.run(row, program.cvxpy, backends.options_for(row, 1e-10, None, None), None)
        found = judged(best.problem, program.read())
        assert found.measure is not None
        assert found.dual is not None
        assert found.gap <= 1e-4  # HiGHS and first-order backends may stop short
        assert found.value == pytest.approx(best.value, rel=1e-4)
        if not scaled:
            assert program.cvxpy.value + best.problem.constant == pytest.approx(best.value, rel=1e-4)


def test_programs_refuse_what_they_cannot_state() -> None:
    problem = stated([0, 1, 2], [0, 1, 0], 0.1)
    with pytest.raises(OptionError, match="form"):
        ib.program(problem, "sparse", "other")
    with pytest.raises(OptionError, match="three points"):
        ib.program(stated([0, 1], [0, 1], 0.1), "sparse")
    with pytest.raises(OptionError, match="interpolant"):
        problem.interpolant_cost(None)
