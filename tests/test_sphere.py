"""Kinks on the whole line: the sphere's weight and a free affine part, against linear programs, by hand, and by what must not change."""

from dataclasses import replace

import numpy as np
import pytest
from datasets import points, smallest_gap
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import implicit_bias as ib
from implicit_bias.measures.circle import Arcs, arc_costs, arc_peaks
from implicit_bias.methods.programs.backends import BACKENDS
from implicit_bias.report import solution_report

KINDS = [("unit", "free"), ("sphere", "free"), ("sphere", "penalized")]
X, Y = np.array([-2.0, -0.5, 0.3, 1.0, 2.5]), np.array([1.0, -1.0, -1.2, 0.5, 4.0])


def stated(x: object, y: object, weight: str = "sphere", affine: str = "free") -> object:
    return ib.RegressionProblem(x, y, weight=weight, affine=affine)


def solved(x: object, y: object, weight: str = "sphere", affine: str = "free") -> ib.Solution:
    return ib.solve(stated(x, y, weight, affine))


def check_optimal(solution: ib.Solution, gap: float = 1e-9) -> None:
    """Assert feasibility, equal bounds, a feasible certificate, and atoms only where it touches the weight."""
    problem, measure, certificate = solution.problem, solution.measure, solution.certificate
    assert measure is not None
    assert solution.gap <= gap
    if solution.upper_bound <= 1e-14 * problem.cost_scale:
        return
    assert certificate.peak <= 1 + max(gap, 1e-12)
    allowed = max(1e-8, 10 * problem.resolution)
    np.testing.assert_allclose(measure(problem.x), problem.y, rtol=0, atol=allowed * problem.scale)
    assert solution.value == pytest.approx(solution.upper_bound, rel=allowed)
    atoms = solution.atoms
    eta = certificate(atoms.kinks, atoms.directions) * np.sign(atoms.weights) / problem.arcs.weight(atoms.kinks)
    costs = np.abs(atoms.weights) * problem.arcs.weight(atoms.kinks)
    assert (costs * (1 - eta)).sum() <= max(gap, allowed) * 10 * solution.upper_bound


@given(points())
@settings(max_examples=150)
def test_optimality_conditions(sample: tuple[np.ndarray, np.ndarray]) -> None:
    for weight in ("unit", "sphere"):
        solution = solved(*sample, weight, "free")
        assert solution.method == "exact"
        check_optimal(solution, 1e-11)


@given(points(largest=8))
@settings(max_examples=40)
def test_optimality_conditions_of_problem_4(sample: tuple[np.ndarray, np.ndarray]) -> None:
    assume(smallest_gap(sample[0]) >= 1e-4)
    solution = solved(*sample, "sphere", "penalized")
    assert solution.method in ("exact", "sparse")
    assert ("It applies, because" in solution.reason) == (solution.method == "exact")
    check_optimal(solution, 1e-6)
    assert solution.upper_bound >= solved(*sample).lower_bound * (1 - 1e-9)


@pytest.mark.parametrize("n", [50, 1000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_many_points(n: int) -> None:
    rng = np.random.default_rng(n)
    x = np.linspace(-1, 1, n)
    for y in (np.sin(9 * x) + rng.normal(size=n), np.cos(3 * x)):
        check_optimal(solved(x, y), 1e-12)
        check_optimal(solved(x, -y), 1e-12)
        check_optimal(solved(np.sort(rng.normal(size=n)), y), 1e-11)


def test_checks_reject_a_wrong_answer() -> None:
    for weight, affine in KINDS:
        solution = solved(X, Y, weight, affine)
        check_optimal(solution, 1e-7)
        problem, measure = solution.problem, solution.measure
        assert solution.objections() == []
        costlier = replace(measure, kinks=measure.kinks + 1e-4)
        for wrong in (costlier, replace(measure, weights=measure.weights * (1 + 1e-6)), ib.Measure.zero()):
            judged = ib.judge(problem, wrong, solution.dual)
            assert judged.objections()
            assert judged.status is ib.Status.INACCURATE
            assert judged.upper_bound >= solution.lower_bound * (1 - 1e-12)
            with pytest.raises(AssertionError):
                check_optimal(judged, 1e-7)
        reversed_dual = ib.judge(problem, measure, solution.dual[::-1])
        assert reversed_dual.lower_bound <= solution.upper_bound
        assert any("the gap is" in one for one in reversed_dual.objections())


def linear_program(x: np.ndarray, y: np.ndarray, kinks: np.ndarray, weight: str, affine: str) -> float:
    """Solve over a dictionary of kinks, written out anew: an upper bound of the optimum, and near it if its kinks are there."""
    costs = np.hypot(1, kinks) if weight == "sphere" else np.ones_like(kinks)
    columns = np.maximum(x[:, None] - kinks, 0) / costs
    free = np.stack([np.ones_like(x), x], axis=1)
    if affine == "penalized":
        columns = np.hstack([columns, np.maximum(kinks - x[:, None], 0) / costs, free[:, :1]])
        free = free[:, :0]
    rows = np.hypot(1, x)[:, None]
    matrix = np.hstack([columns, -columns, free, -free]) / rows
    cost = np.append(np.ones(2 * columns.shape[1]), np.zeros(2 * free.shape[1]))
    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    found = linprog(cost, A_eq=matrix, b_eq=y / rows.ravel(), method="highs", options=tight)
    assert found.status == 0
    return float(found.fun)


@given(points(largest=7))
@settings(max_examples=30)
def test_agrees_with_an_independent_linear_program(sample: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = sample
    assume(smallest_gap(x) >= 1e-3 and 1e-2 < np.ptp(x) < 200 and np.abs(x).max() < 100)
    for weight, affine in KINDS:
        solution = solved(x, y, weight, affine)
        grid = np.concatenate([x, solution.atoms.kinks, np.tan(np.linspace(-1.5, 1.5, 300))])
        value = linear_program(x, y, np.unique(grid), weight, affine)
        assert solution.lower_bound <= value * (1 + 1e-7) + 1e-8
        assert value <= solution.upper_bound * (1 + 1e-6) + 1e-7


def test_the_dictionary_on_every_backend() -> None:
    for weight, affine in KINDS:
        exact = solved(X, Y, weight, affine)
        grid = np.concatenate([exact.atoms.kinks, np.tan(np.linspace(-1.5, 1.5, 40))])
        for name, row in zip(BACKENDS.names(), BACKENDS, strict=True):
            if not row.installed:
                continue
            for form in ("primal", "dual"):
                found = ib.solve(exact.problem, "dictionary", name, grid=grid, form=form)
                loose = 2e-3 if name in ("SCS", "OSQP") else 1e-5
                assert found.lower_bound <= exact.upper_bound * (1 + 1e-9)
                assert found.upper_bound >= exact.lower_bound * (1 - 1e-9)
                assert found.upper_bound == pytest.approx(exact.value, rel=loose)
                assert found.lower_bound == pytest.approx(exact.value, rel=max(1e-3, 10 * loose))


def test_finer_grids_come_closer() -> None:
    exact = solved(X, Y)
    assert not np.isin(exact.atoms.kinks, X).all()
    values = [ib.solve(exact.problem, "dictionary", "HIGHS", grid=count).value - exact.value for count in (10, 100, 1000)]
    assert values[0] > values[1] > values[2] > -1e-9
    assert values[2] < 1e-3 * exact.value


def test_by_hand() -> None:
    two = solved([-2, 2], [1, 1], "sphere", "penalized")
    assert two.value == pytest.approx(2 / np.sqrt(5), rel=1e-8)
    np.testing.assert_allclose(np.sort(two.atoms.kinks), [-0.5, 0.5], atol=1e-4)
    line = solved([-100, 100], [-100, 100], "sphere", "penalized")  # 2 as [x]₊ - [-x]₊, and less with kinks at ±1/100
    assert line.value == pytest.approx(200 / np.hypot(1, 100), rel=1e-7)
    assert solved([0, 1, 3], [5, 5, 5], "sphere", "penalized").value == pytest.approx(5, rel=1e-8)  # the pole
    assert solved([2, 3], [7, 8], "sphere", "penalized").value == pytest.approx(np.hypot(1, 5), rel=1e-8)  # one kink at -5
    hat = solved([-1, 0, 1], [0, 1, 0], "unit", "free")
    assert hat.value == hat.dual_value == 2
    # one slope change, anywhere in the two gaps: at 0 it costs least
    assert solved([-1, 0, 1], [0, 1, 0]).value == pytest.approx(2, rel=1e-14)


@pytest.mark.parametrize("weight", ["unit", "sphere"])
@given(sample=points(), slope=st.sampled_from([-5.0, 0.0, 0.3]), intercept=st.sampled_from([0.0, 0.1, -4.0]))
def test_an_affine_function_is_free(weight: str, sample: tuple[np.ndarray, np.ndarray], slope: float, intercept: float) -> None:
    x, y = sample
    flat = solved(x, slope * x + intercept, weight)
    assert flat.value <= 1e-12 * flat.problem.cost_scale / smallest_gap(x)
    assume(smallest_gap(x) > 1e-4)
    plain, tilted = solved(x, y, weight), solved(x, y + slope * x + intercept, weight)
    assert tilted.value == pytest.approx(plain.value, rel=1e-8, abs=1e-9)


@given(points(), st.sampled_from([2.0**-300, 1e-9, -1.0, 3.0, 2.0**300]))
def test_reflection_and_scaling_of_y(sample: tuple[np.ndarray, np.ndarray], factor: float) -> None:
    x, y = sample
    assume(smallest_gap(x) > 1e-8)
    plain = solved(x, y)
    assert solved(-x, y).value == pytest.approx(plain.value, rel=1e-9, abs=1e-12)
    assert solved(x, factor * y).value == pytest.approx(abs(factor) * plain.value, rel=1e-9, abs=1e-12 * abs(factor))


@given(points())
def test_at_most_one_kink_inside_a_gap(sample: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = sample
    solution = solved(x, y)
    inside = solution.atoms.kinks[~np.isin(solution.atoms.kinks, x)]
    assert len(np.unique(np.searchsorted(x, inside))) == inside.size
    assert ((x[0] < inside) & (inside < x[-1])).all()


def test_the_optimum_is_unique() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        x, y = np.sort(rng.normal(size=8)), rng.normal(size=8)
        one, other = solved(x, y), solved(-x, y)
        t = np.linspace(x[0], x[-1], 500)
        np.testing.assert_allclose(one.predict(t), other.predict(-t), atol=1e-8)


@pytest.mark.parametrize(
    ("weight", "affine", "count"), [("sphere", "penalized", 1_000_000), ("sphere", "free", 100_000), ("unit", "free", 100_000)]
)
def test_random_features_never_exceed_the_supremum(weight: str, affine: str, count: int) -> None:
    rng = np.random.default_rng(1)
    problem = stated(X, Y, weight, affine)
    basis = np.linalg.qr(np.stack([np.ones_like(X), X], axis=1))[0]
    for scale in (1, 1, 1, 1, 1):
        alpha = rng.normal(size=X.size) * scale
        if affine == "free":
            alpha -= basis @ (basis.T @ alpha)
        certificate = problem.certificate(alpha)
        assert certificate.exact
        angles = rng.uniform(-np.pi / 2, np.pi / 2, count // 5)
        kinks = np.concatenate([np.tan(angles), X])
        weight_of = problem.arcs.weight(kinks)
        ratios = np.concatenate([np.abs(np.maximum(s * (X - kinks[:, None]), 0) @ alpha) / weight_of for s in (1, -1)])
        largest = max(ratios.max(), abs(alpha.sum()) if affine == "penalized" else 0)
        assert largest <= certificate.peak * (1 + 1e-12)
        assert largest >= certificate.peak * (1 - 1e-6)
        direct = np.maximum(kinks[:99, None] * 0 + X - kinks[:99, None], 0) @ alpha
        np.testing.assert_allclose(certificate(kinks[:99], 1), direct, atol=1e-9)


def test_the_supremum_beyond_the_data() -> None:
    certificate = stated([2, 3], [0, 0], affine="penalized").certificate([0.5, 0.5])
    assert certificate.peak == pytest.approx(np.hypot(1, 2.5))
    assert abs(certificate(-1 / 2.5, 1)) / np.hypot(1, 1 / 2.5) == pytest.approx(certificate.peak)


def test_an_illegal_dual_is_made_legal() -> None:
    solution = solved(X, Y)
    off = solution.dual + 1e-3
    judged = ib.judge(solution.problem, solution.measure, off)
    assert 0.9 * solution.value < judged.lower_bound <= solution.value * (1 + 1e-12)
    assert judged.certificate(10.0, -1) == judged.certificate(-10.0, 1) == 0


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(1e-6, np.pi - 1e-6))
def test_arcs(left: float, right: float, turn: float) -> None:
    u, v = np.array([left]), np.array([right])
    cost, peak = float(arc_costs(u, v, turn / 2)[0]), float(arc_peaks(u, v, turn / 2)[0])
    assert cost <= abs(left) + abs(right) + 1e-12
    assert peak >= max(abs(left), abs(right)) - 1e-12
    # any sinusoid of values g at the ends pairs with kinks inside to at most its peak times their cost
    assert abs(left * right + right * left) <= peak * float(arc_costs(v, u, turn / 2)[0]) * (1 + 1e-9) + 1e-12
    t = np.linspace(0, turn, 301)
    values = (left * np.sin(turn - t) + right * np.sin(t)) / np.sin(turn)
    assert np.abs(values).max() <= peak * (1 + 1e-6) + 1e-9


def test_costs_and_repairs() -> None:
    sphere = stated(X, Y, "sphere", "penalized")
    measure = ib.Measure([0.0, 2.0], [1, -1], [3.0, -1.0], constant=0.5)
    assert sphere.cost(measure) == pytest.approx(3 + np.sqrt(5) + 0.5)
    assert stated(X, Y).cost(measure) == pytest.approx(3 + np.sqrt(5))  # a constant is free
    lines = [(0.0, 2.0), (1.0, 10.0), (1.0, 0.0), (-2.0, 7.0), (1e-30, 1.0)]
    for slope, intercept in lines:
        made = sphere.admissible(ib.Measure([], [], [], affine=(slope, intercept)))
        assert made.affine is None
        np.testing.assert_allclose(made(X), slope * X + intercept, atol=1e-12)
    assert sphere.cost(ib.Measure([], [], [], affine=(1.0, 10.0))) == pytest.approx(np.hypot(1, 10))
    for weight, affine in KINDS:
        problem = stated(X, Y, weight, affine)
        for seed in range(5):
            rng = np.random.default_rng(seed)
            measure = ib.Measure(rng.normal(size=30) * 3, rng.choice([-1.0, 1.0], 30), rng.normal(size=30))
            judged = ib.judge(problem, measure)
            assert judged.upper_bound >= judged.value
            assert judged.upper_bound >= solved(X, Y, weight, affine).lower_bound


def test_program_is_in_the_users_units() -> None:
    for weight, affine in KINDS:
        problem = stated(X, 7 * Y, weight, affine)
        value = solved(X, 7 * Y, weight, affine).value
        for form in ("primal", "dual"):
            program = ib.program(problem, "dictionary", form, grid=np.linspace(-2, 2, 50))
            assert program.solve(solver="CLARABEL") == pytest.approx(value, rel=2e-2)
    assert ib.program(problem, "sparse").solve(solver="CLARABEL") == pytest.approx(value, rel=1e-6)


def test_report() -> None:
    report = solution_report(solved(X, Y))
    assert report["problem"]["weight"] == "sphere"
    assert report["problem"]["affine"] == "free"
    assert report["support"]["predicted"] is None
    assert report["support"]["contained"] is None
    assert len(report["measure"]["affine"]) == 2
    interpolant = solution_report(solved(X, Y, "unit"))
    assert interpolant["support"]["predicted"] == X[1:-1].tolist() == interpolant["support"]["found"]
    assert interpolant["support"]["contained"] is True


def test_methods_and_reasons() -> None:
    assert solved(X, Y).method == "exact"
    assert ib.solve(stated(X, Y), backend="HIGHS").method == "dictionary"
    assert ib.solve(stated(X, Y, affine="penalized"), backend="CLARABEL").method == "sparse"
    flat = stated([-2, 2], [1, 1], affine="penalized")
    chosen = ib.solve(flat)
    assert (chosen.method, chosen.backend) == ("sparse", "CLARABEL")
    assert "The exact method does not apply to these data" in chosen.reason
    assert "1 repeated row was merged" in solved([0, 1, 1, 2], [0, 1, 1, 0]).reason


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stated(X, Y, "heavy"), "weight must be 'unit' or 'sphere'"),
        (lambda: stated(X, Y, "sphere", "cheap"), "affine must be 'penalized' or 'free'"),
        (lambda: ib.RegressionProblem(X, Y, weight="sphere", domain=(-9, 9)), "domain goes with"),
        (
            lambda: ib.solve(stated([-2, 2], [1, 1], affine="penalized"), "exact"),
            "Use 'sparse', 'column-generation', 'dictionary' or 'patterns'",
        ),
        (lambda: ib.solve(stated(X, Y), "sparse"), "no sparse program"),
        (lambda: ib.solve(stated(X, Y, affine="penalized"), "sparse", "HIGHS"), "cannot solve this SOCP"),
        (lambda: ib.solve(stated(X, Y, affine="penalized"), "sparse", form="dual"), "'primal' only"),
        (lambda: ib.solve(stated(X, Y), "dictionary", form="both"), "form must be"),
        (lambda: ib.solve(stated(X, Y), "dictionary", grid=-1), "grid must be"),
        (lambda: ib.solve(stated(X, Y), "dictionary", grid=[np.nan]), "finite"),
        (lambda: ib.solve(stated(X, Y), "exact", grid=5), "takes no grid"),
        (lambda: ib.weight_ranges(solved(X, Y)), "weight_ranges is for unit weight"),
        (lambda: ib.judge(stated(X, Y), ib.Measure.zero(), [1, 2]), "dual has shape"),
        (lambda: stated([0, 1e-160, 1e-150], [0, 1e150, 0]), "|"),
    ],
)
def test_misuse_raises_typed_errors(call: object, message: str) -> None:
    with pytest.raises(ib.ImplicitBiasError, match=message):
        ib.solve(call())


def test_angles_of_short_and_wide_gaps() -> None:
    arcs = Arcs.sphere(np.array([-1e9, -1.0, 1.0, 1 + 1e-12, 1e9]))
    assert (arcs.halves > 0).all()
    assert 2 * arcs.halves[2] == pytest.approx(5e-13, rel=1e-3)
    assert arcs.whole == pytest.approx(np.pi, rel=1e-8)
    assert 2 * arcs.halves.sum() == pytest.approx(arcs.whole, rel=1e-12)
