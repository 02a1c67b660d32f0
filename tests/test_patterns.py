"""The program over activation patterns: what patterns there are, and that it agrees with methods that know of none."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

import implicit_bias as ib
from implicit_bias.methods.programs import activation_patterns as module
from implicit_bias.methods.programs import backends
from implicit_bias.methods.programs.activation_patterns import cover, patterns

X, Y = np.array([-1, -0.3, 0.4, 1]), np.array([1, -1, 1, -0.5])
LOSSES = [("squared", 0.05), ("hinge", 0.05), ("squared", 1.0), ("hinge", 0.5)]


def rows_of(x):
    x = np.asarray(x, dtype=float)
    return np.column_stack([x, np.ones(len(x))])


def realised(rows, pattern):
    """Whether a unit has this pattern with no point on its boundary, by a linear program."""
    signs = 2.0 * pattern - 1
    found = linprog(np.zeros(rows.shape[1]), A_ub=-signs[:, None] * rows, b_ub=-np.ones(len(rows)), bounds=(None, None), method="highs")
    return found.status == 0


def as_set(found):
    return set(map(tuple, found.tolist()))


# what patterns there are


@pytest.mark.parametrize(("n", "d"), [(1, 1), (2, 1), (7, 1), (1, 2), (3, 2), (8, 2), (12, 2), (6, 3), (7, 4), (4, 6)])
def test_points_in_general_position_have_as_many_patterns_as_cover_says(n, d):
    found = patterns(rows_of(np.random.default_rng(n + 10 * d).normal(size=(n, d))))
    assert found.shape == (cover(n, d), n)
    assert len(as_set(found)) == len(found)
    assert sorted(as_set(found)) == list(map(tuple, found.tolist()))


def test_on_a_line_they_are_beginnings_and_ends():
    found = patterns(rows_of([3, -1, 2, 0.5]))
    order = np.argsort([3, -1, 2, 0.5])
    assert len(found) == 8
    assert (np.abs(np.diff(found[:, order].astype(int), axis=1)).sum(axis=1) <= 1).all()


@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), min_size=1, max_size=6))
def test_points_in_special_position_have_exactly_the_patterns_that_are_realised(points):
    rows = rows_of(np.array(points, dtype=float))
    found = as_set(patterns(rows))
    alone = np.unique(rows, axis=0)
    place = [int(np.flatnonzero((alone == row).all(axis=1))[0]) for row in rows]
    wanted = [p for p in itertools.product((False, True), repeat=len(alone)) if realised(alone, np.array(p))]
    assert found == {tuple(p[i] for i in place) for p in wanted}
    assert len(wanted) <= cover(len(alone), 2)


def test_units_through_points_have_no_pattern_of_their_own():
    """Strict positivity at zero is that of a unit moved down a little: also of the unit 0."""
    x = np.array([(i, j) for i in range(3) for j in range(3)], dtype=float)
    rows = rows_of(x)
    found = as_set(patterns(rows))
    assert len(found) < cover(9, 2)
    for unit in itertools.product(range(-3, 4), repeat=3):
        assert tuple((rows @ unit > 0).tolist()) in found
        assert tuple((rows @ unit >= 0).tolist()) in found
    assert tuple([False] * 9) in found


def test_patterns_are_exact_where_float64_is_not():
    """Three points on a line but for the last digit: whether a unit can part the middle one from both others depends on it."""
    small, middle, large = 2111485077978050, 3416454622906707, 5527939700884757  # neighbours of Fibonacci: small large - middle² = ±1
    assert abs(small * large - middle**2) == 1
    assert float(small) * float(large) - float(middle) ** 2 == 0
    assert max(2 * middle, large) < 2**53
    assert len(patterns(rows_of([(0, 0), (small, middle), (2 * small, 2 * middle)]))) == 6
    assert len(patterns(rows_of([(0, 0), (small, middle), (middle, large)]))) == 8


def test_they_do_not_depend_on_affine_changes_of_the_points():
    rng = np.random.default_rng(0)
    x = rng.integers(-3, 4, (7, 2)).astype(float)
    turned = x @ np.array([[2.0, 1.0], [-1.0, 4.0]]) + np.array([0.5, -8.0])
    np.testing.assert_array_equal(patterns(rows_of(x)), patterns(rows_of(turned)))


@pytest.mark.parametrize("rows", [[1.0, 1.0], np.empty((0, 2)), np.empty((3, 0)), [[1.0, 2.0]], [[np.nan, 1.0]], [[np.inf, 1.0]]])
def test_what_is_no_array_of_points_is_refused(rows):
    with pytest.raises(ib.DataError, match="last column of 1"):
        patterns(rows)


def test_too_many_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ib.OptionError, match="too many patterns"):
        patterns(rows_of(rng.normal(size=(60, 4))))
    with pytest.raises(ib.OptionError, match=r"up to \d+ patterns.*'column-generation'"):
        ib.program(ib.RegularizedProblem(rng.normal(size=(40, 2)), rng.normal(size=40), 1.0), "patterns")


# the program


def test_the_fixture_by_three_routes():
    """Neyshabur's problem: ½ squared loss, λ = 0.05, one input."""
    problem = ib.RegularizedProblem(X, Y, 0.05)
    routes = [ib.solve(problem, "column-generation"), ib.solve(problem, "patterns"), ib.solve(problem, "dictionary", grid=20_000)]
    for solution in routes:
        assert solution.status is ib.Status.OPTIMAL
        assert solution.value == pytest.approx(0.52531884577, abs=2e-9)
        assert solution.certificate.exact
    lower, upper = max(s.lower_bound for s in routes), min(s.upper_bound for s in routes)
    assert abs(upper - lower) <= 1e-9


@pytest.mark.parametrize(("loss", "level"), LOSSES)
@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_agrees_with_column_generation(loss, level, inputs):
    rng = np.random.default_rng(inputs)
    for n in (3, 5, 8) if inputs < 3 else (5,):
        x, y = rng.normal(size=(n, inputs)), rng.normal(size=n)
        problem = ib.RegularizedProblem(x, np.sign(y) if loss == "hinge" else y, level, loss)
        by_patterns, generated = ib.solve(problem, "patterns"), ib.solve(problem, "column-generation")
        assert by_patterns.status is ib.Status.OPTIMAL
        assert by_patterns.value == pytest.approx(generated.value, rel=1e-7)
        assert by_patterns.method == "patterns"
        assert by_patterns.backend == "CLARABEL"


@pytest.mark.parametrize("inputs", [1, 2])
def test_interpolation_agrees_with_column_generation(inputs):
    rng = np.random.default_rng(inputs)
    for n in (2, 4, 8):
        problem = ib.RegressionProblem(rng.normal(size=(n, inputs)), rng.normal(size=n), weight="sphere")
        by_patterns, generated = ib.solve(problem, "patterns"), ib.solve(problem, "column-generation")
        assert by_patterns.status is ib.Status.OPTIMAL
        assert by_patterns.value == pytest.approx(generated.value, rel=1e-7)


def test_a_free_affine_part_costs_nothing():
    problem = ib.RegressionProblem(X, Y, weight="sphere", affine="free")
    by_patterns, exact = ib.solve(problem, "patterns"), ib.solve(problem)
    assert exact.method == "exact"
    assert by_patterns.status is ib.Status.OPTIMAL
    assert by_patterns.value == pytest.approx(exact.value, rel=1e-8)
    softened = ib.RegularizedProblem(X, Y, 0.05, affine="free")
    assert ib.solve(softened, "patterns").value == pytest.approx(ib.solve(softened).value, rel=1e-7)


def test_equal_points_with_different_targets_and_points_on_a_line():
    x, y = np.array([[0, 0], [0, 0], [1, 1], [2, 2.0]]), np.array([0, 1, 1, 0.0])
    problem = ib.RegularizedProblem(x, y, 0.1)
    by_patterns = ib.solve(problem, "patterns")
    assert by_patterns.status is ib.Status.OPTIMAL
    assert by_patterns.value == pytest.approx(ib.solve(problem).value, rel=1e-7)


def test_atoms_are_where_the_certificate_touches_its_level():
    problem = ib.RegularizedProblem(np.random.default_rng(5).normal(size=(7, 2)), np.random.default_rng(6).normal(size=7), 0.1)
    solution = ib.solve(problem, "patterns")
    features, weights = problem.features_of(solution.atoms)
    assert np.linalg.norm(features, axis=1) == pytest.approx(np.ones(len(features)))
    eta = solution.certificate(features)
    np.testing.assert_allclose(eta * np.sign(weights), problem.level, rtol=1e-4)
    assert problem.cost(solution.atoms) == pytest.approx(np.abs(weights).sum())


def test_without_one_of_its_patterns_it_is_too_dear_and_the_judge_sees_it(monkeypatch):
    problem = ib.RegularizedProblem(X, Y, 0.05)
    right = ib.solve(problem, "patterns")
    all_of_them = patterns(problem.rows)
    used = {tuple(row > 0) for row in (problem.rows @ problem.features_of(right.atoms)[0].T).T}
    monkeypatch.setattr(module, "patterns", lambda rows: np.array([p for p in all_of_them if tuple(p) not in used]))
    wrong = ib.solve(problem, "patterns")
    assert wrong.value > right.value * 1.1
    assert wrong.status is ib.Status.INACCURATE
    assert wrong.lower_bound <= right.value


def test_the_program_is_in_the_users_units():
    x, y = 100 * X, 1e-3 * Y
    for problem in (ib.RegularizedProblem(x, y, 1e-3), ib.RegularizedProblem(x, np.sign(y), 0.5, "hinge")):
        stated = ib.program(problem, "patterns")
        assert stated.solve(solver="CLARABEL") == pytest.approx(ib.solve(problem).value, rel=1e-5)
    plain = ib.RegressionProblem(X, Y, weight="sphere")
    assert ib.program(plain, "patterns").solve(solver="CLARABEL") == pytest.approx(ib.solve(plain).value, rel=1e-6)


def test_no_targets_need_no_atoms():
    for problem in (ib.RegularizedProblem(X, 0 * Y, 0.1), ib.RegularizedProblem(X, Y, 1e3)):
        solution = ib.solve(problem, "patterns")
        assert solution.status is ib.Status.OPTIMAL
        assert problem.cost(solution.measure) <= 1e-8


@pytest.mark.parametrize("backend", [row.name for row in backends.BACKENDS if row.objection("SOCP") is None])
def test_other_backends(backend):
    solution = ib.solve(ib.RegularizedProblem(X, Y, 0.05), "patterns", backend=backend, tolerance=1e-4)
    assert solution.value == pytest.approx(0.52531884577, rel=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ib.solve(ib.RegressionProblem(X, Y), "patterns"), "unit weight"),
        (lambda: ib.solve(ib.MaxMarginProblem(X, [0, 1, 0, 1], weight="sphere"), "patterns"), "one output"),
        (lambda: ib.solve(ib.RegularizedProblem(X, np.stack([Y, Y], axis=1), 1.0), "patterns"), "one output"),
        (lambda: ib.solve(ib.RegularizedProblem(X, Y, 1.0), "patterns", form="dual"), "'primal' only"),
        (lambda: ib.solve(ib.RegularizedProblem(X, Y, 1.0), "patterns", grid=5), "takes no grid"),
        (lambda: ib.solve(ib.RegularizedProblem(X, Y, 1.0), "patterns", "HIGHS"), "cannot solve this SOCP"),
    ],
)
def test_misuse_raises_typed_errors(call, message):
    with pytest.raises(ib.ImplicitBiasError, match=message):
        call()
