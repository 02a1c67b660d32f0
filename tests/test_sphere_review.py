"""Corners of the problems on the sphere: degenerate targets, free affine parts, far and close points, and what leaves the toolkit."""

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias.certificates.oracles import sizes
from implicit_bias.errors import DataError, OptionError
from implicit_bias.methods.column_generation.interior_point import Normal


def points(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


@pytest.mark.parametrize("d", [2, 3])
def test_a_free_affine_part_is_not_paid_for_in_the_bounds(d):
    x, y = points(d + 5, d), points(d + 5, 1, 1)[:, 0]
    tilted = y + x @ np.arange(1.0, d + 1) + 3
    found, plain = (ib.solve(ib.RegressionProblem(x, targets, affine="free")) for targets in (tilted, y))
    for one in (found, plain):
        assert one.status == "optimal", one.reason
        assert one.lower_bound <= one.upper_bound * (1 + 1e-9)
    assert found.value == pytest.approx(plain.value, rel=1e-6)
    assert found.value < ib.solve(ib.RegressionProblem(x, y)).value
    # what is missing is still paid for
    off = ib.RidgeMeasure(found.measure.features, 0.9 * found.measure.weights, found.measure.constant, found.measure.affine)
    judged = ib.judge(found.problem, off, found.dual)
    assert judged.status == "inaccurate"
    assert judged.upper_bound >= found.lower_bound * (1 - 1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_affine_targets_cost_nothing_where_that_is_free(n):
    x = points(n, 2)
    y = x @ [2.0, -1.0] + 5
    found = ib.solve(ib.RegressionProblem(x, y, affine="free"))
    assert (found.status, found.value, found.gap) == ("optimal", 0.0, 0.0)
    np.testing.assert_allclose(found.predict(x), y, rtol=1e-13)
    bent = ib.solve(ib.RegressionProblem(points(7, 2), points(7, 2) @ [2.0, -1.0] + 1e-6 * np.arange(7) % 2, affine="free"))
    assert bent.value > 0


@pytest.mark.parametrize("shape", [(4,), (4, 2)])
def test_targets_of_zero_cost_nothing(shape):
    for x in (points(4, 2), points(4, 1)):
        found = ib.solve(ib.RegressionProblem(x, np.zeros(shape), weight="sphere"))
        assert (found.status, found.value, found.gap) == ("optimal", 0.0, 0.0)
        np.testing.assert_array_equal(found.predict(found.problem.x), 0.0)


def test_a_dual_of_which_nothing_is_legal_bounds_nothing():
    problem = ib.RegressionProblem([[0, 0], [1e-9, 2e-9]], [1e9, -1e9], affine="free")
    judged = ib.judge(problem, ib.RidgeMeasure.zero(2), [1.0, -1.0])
    assert judged.lower_bound == 0.0


@pytest.mark.parametrize("outputs", [None, 2])
@pytest.mark.parametrize("x", [[-1e9, 1e9, 3e9], [-1e-9, 1e-9, 2e-9], [1.0, 1 + 1e-9, 1 + 3e-9], [-3e9, -1.0, 1e9], [-2e30, 1e30]])
def test_suprema_on_a_line_keep_their_digits_on_long_arcs(x, outputs):
    # between nearly opposite ends of an arc a sinusoid does not follow from them: the whole circle is looked at instead
    x = np.array(x)
    alpha = points(x.size, outputs or 1, 2) / np.abs(x).max().clip(1)
    alpha = alpha[:, 0] if outputs is None else alpha
    y = np.zeros(alpha.shape)
    problem = ib.SphereProblem(x, ib.RegularizedProblem([0, 1], [0, 1], 1.0).fit.__class__(y), 1.0)
    angles = np.concatenate([np.linspace(0, np.pi, 20_001), *(np.arctan2(1, x[i]) + np.linspace(-1e-7, 1e-7, 2001) for i in range(x.size))])
    features = np.stack([np.sin(angles), -np.cos(angles)], axis=1)
    features = np.concatenate([features, -features])
    seen = sizes(np.maximum(features @ problem.rows.T, 0.0) @ alpha).max()
    assert seen == pytest.approx(problem.certificate(alpha).peak, rel=1e-6)
    assert seen <= problem.certificate(alpha).peak * (1 + 1e-12)


@pytest.mark.parametrize("outputs", [None, 1, 3])
@pytest.mark.parametrize("d", [1, 2])
def test_measures_without_atoms_survive_json(d, outputs):
    x = points(5, d)
    y = points(5, outputs or 1, 1)
    measure = ib.solve(ib.RegularizedProblem(x, y[:, 0] if outputs is None else y, 1e6)).measure
    again = ib.Measure.from_json(measure.to_json())
    assert type(again) is type(measure)
    assert len(again) == 0
    assert again.weights.shape == measure.weights.shape
    assert again.to_json() == measure.to_json()
    np.testing.assert_array_equal(again(x if d > 1 else x[:, 0]), measure(x if d > 1 else x[:, 0]))


@pytest.mark.parametrize(
    "make", [lambda c: ib.Measure([0.0], [1], [[1.0, 2.0]], c), lambda c: ib.RidgeMeasure([[1.0, 0]], [[1.0, 2.0]], c)]
)
def test_constants_of_other_shapes_are_refused(make):
    np.testing.assert_array_equal(make(3.0).constant, [3.0, 3.0])
    with pytest.raises(DataError, match="constant"):
        make([1.0, 2.0, 3.0])


def test_a_single_point_is_predicted():
    x, y = points(5, 2), points(5, 1)[:, 0]
    found = ib.solve(ib.RegularizedProblem(x, y, 0.1))
    assert found.predict(x[0]).shape == ()
    assert found.predict(x[0]) == pytest.approx(found.predict(x)[0], rel=1e-14)


def rounds(solution):
    return int(solution.reason.split("It took ")[1].split()[0])


@pytest.mark.parametrize("loss", ["squared", "cross-entropy"])
def test_the_features_of_a_warm_start_are_taken_in(loss):
    x, y = points(9, 2), points(9, 1, 1)[:, 0]
    problem = ib.RegularizedProblem(x, y if loss == "squared" else (y > 0).astype(int), 0.1, loss)
    before = ib.solve(problem)
    again = ib.solve(problem, warm_start=before)
    assert again.status == "optimal"
    assert rounds(before) >= 5
    assert rounds(again) <= 2


def test_column_generation_starts_from_another_solution():
    x, y = points(9, 2), points(9, 1, 1)[:, 0]
    problem = ib.RegularizedProblem(x, y, 1e-3)
    before = ib.solve(problem)
    again = ib.solve(problem, warm_start=before)
    assert again.status == "optimal"
    assert again.value == pytest.approx(before.value, rel=1e-8)
    assert rounds(again) < rounds(before)
    other = ib.solve(ib.RegularizedProblem(points(9, 3), y, 1e-3))
    with pytest.raises(OptionError, match="as many inputs"):
        ib.solve(problem, warm_start=other)


@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize("kind", ["squared", "free", "rows", "hinge", "cross-entropy"])
def test_programs_are_in_the_units_of_the_problem(kind, form):
    x, y = points(6, 1)[:, 0], 3 * points(6, 2, 1)
    problem = {
        "squared": lambda: ib.RegularizedProblem(x, y[:, 0], 0.2),
        "free": lambda: ib.RegularizedProblem(x, y[:, 0], 0.2, affine="free"),
        "rows": lambda: ib.RegularizedProblem(x, y, 0.2),
        "hinge": lambda: ib.RegularizedProblem(x, np.sign(y[:, 0]), 0.2, loss="hinge"),
        "cross-entropy": lambda: ib.RegularizedProblem(x, [0, 1, 2, 0, 1, 1], 0.2, loss="cross-entropy"),
    }[kind]()
    best = ib.solve(problem)
    program = ib.program(problem, "dictionary", form, grid=best.atoms.kinks)
    assert program.solve(solver="CLARABEL") == pytest.approx(best.value, rel=1e-5)


def test_the_program_of_patterns_is_in_the_units_of_the_problem():
    problem = ib.RegularizedProblem(points(4, 2), points(4, 1, 1)[:, 0], 0.2)
    program = ib.program(problem, "patterns")
    assert program.solve(solver="CLARABEL") == pytest.approx(ib.solve(problem).value, rel=1e-6)


def test_programs_as_they_are_return_weights_and_duals_of_the_problem():
    from implicit_bias.methods.programs.sphere import DictionarySphere

    problem = ib.RegularizedProblem(points(6, 1)[:, 0], points(6, 2, 1), 0.2)
    best = ib.solve(problem)
    for form in ("primal", "dual"):
        posed = DictionarySphere().state(problem, form, best.atoms.kinks, scaled=False)
        posed.cvxpy.solve(solver="CLARABEL")
        read = posed.read()
        np.testing.assert_allclose(read.dual, best.dual, atol=1e-5)
        assert problem.objective(read.measure) == pytest.approx(best.value, rel=1e-5)


def test_the_empty_measure_is_judged_for_several_outputs():
    problem = ib.MaxMarginProblem(points(6, 2), [0, 1, 2, 0, 1, 1])
    judged = ib.judge(problem, ib.RidgeMeasure.zero(2))
    assert judged.status == "inaccurate"
    assert judged.value == 0.0
    assert judged.upper_bound == np.inf


def test_magnitudes_that_square_to_nothing_are_refused():
    with pytest.raises(DataError, match="Rescale y"):
        ib.RegularizedProblem(points(3, 2), np.full(3, 1e-200), 1e-200)
    with pytest.raises(DataError, match="classes"):
        ib.RegularizedProblem(points(3, 2), [0, 1, 1e16], 1.0, loss="cross-entropy")


def test_points_that_no_weight_reaches_have_no_normal_equations():
    assert Normal.of(np.array([[1.0, 2.0], [0.0, 0.0]]), np.ones(2), np.zeros((2, 2))) is None
    assert Normal.of(np.array([[1.0, 2.0], [0.0, 1.0]]), np.ones(2), np.zeros((2, 2))) is not None


@pytest.mark.parametrize("most", [0.3, 10.0])
@pytest.mark.parametrize("name", ["cross-entropy", "hinge"])
def test_the_best_multiple_of_a_dual_is_legal_and_no_legal_one_is_better(name, most):
    rng = np.random.default_rng(3)
    y = {"cross-entropy": np.arange(6) % 3, "hinge": np.where(np.arange(6) % 2, 1.0, -1.0)}[name]
    loss = ib.RegularizedProblem(points(6, 2), y, 1.0, loss=name).fit
    for share in (0.2, 1.0):
        # one point near its bound, the others far from theirs
        size = np.full(6, 0.2 * share)
        size[0] = share
        alpha = rng.uniform(0.3, 1, loss.shape)
        if name == "hinge":
            alpha = loss.y * size * alpha
        else:
            p = np.where(loss.own > 0, 0.0, alpha)
            p *= size[:, None] / p.sum(axis=1, keepdims=True)
            alpha = np.where(loss.own > 0, p.sum(axis=1, keepdims=True), -p)
        np.testing.assert_allclose(loss.project_dual(alpha), alpha, atol=1e-15)
        factors = np.linspace(0, most, 20_001)
        legal = [c for c in factors if np.allclose(loss.project_dual(c * alpha), c * alpha, rtol=0, atol=1e-14)]
        assert loss.best_dual_value(alpha, most) == pytest.approx(max(loss.dual_value(c * alpha) for c in legal), rel=2e-3)


def test_legal_duals_of_cross_entropy_are_probabilities():
    loss = ib.RegularizedProblem(points(6, 2), np.arange(6) % 3, 1.0, loss="cross-entropy").fit
    alpha = loss.project_dual(5 * points(6, 3, 4))
    p = loss.own - alpha
    assert p.min() >= -1e-15
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-14)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_multiples_of_a_dual_give_the_same_bound_for_constraints(factor):
    for problem in (ib.RegressionProblem(points(6, 2), points(6, 1)[:, 0]), ib.MaxMarginProblem(points(6, 2), [0, 1, 2, 0, 1, 1])):
        best = ib.solve(problem)
        assert ib.judge(problem, best.measure, factor * best.dual).lower_bound == pytest.approx(best.lower_bound, rel=1e-12)


def test_a_constant_is_no_ridge():
    problem = ib.RegressionProblem(points(4, 2), points(4, 1)[:, 0])
    measure = problem.measure(np.array([[0.0, 0, 1], [0.6, 0, 0.8], [0, 0, 1]]), np.array([2.0, 1.0, 0.5]))
    assert (len(measure), measure.constant) == (1, 2.5)
    assert problem.cost(measure) == 3.5
    light = ib.RidgeMeasure([[0.6, 0.8], [1, 0]], [1.0, 1e-12])
    np.testing.assert_array_equal(light.support(), [[0.6, 0.8]])


def test_gathering_atoms_of_different_cells_changes_nothing():
    from implicit_bias.methods.column_generation.merging import merged_atoms

    problem = ib.RegressionProblem(points(7, 2), points(7, 2))
    features = points(12, 3, 5)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    _, first = np.unique(problem.rows @ features.T > 0, axis=1, return_index=True)
    features = features[first]
    weights = points(len(first), 2, 6)
    fewer, heavy = merged_atoms(problem, features, weights)
    assert len(fewer) == len(features) > 5
    np.testing.assert_allclose(problem.columns(fewer) @ heavy, problem.columns(features) @ weights, atol=1e-12)
