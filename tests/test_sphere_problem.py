"""Problems on the sphere: optimality conditions, special cases and invariances, in one and several dimensions."""

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias.certificates.oracles import eta, sizes
from implicit_bias.errors import DataError, OptionError
from implicit_bias.fits import CrossEntropy, Hinge, Squared
from implicit_bias.methods.exact.max_margin.dense_features import ScatteredLine
from implicit_bias.numerics import tolerances

BACKENDS_BY_CONE = [("SCS", 1e-3), ("CLARABEL", 1e-7), ("ECOS", 1e-6)]


def weights_and_features(solution):
    return solution.problem.features_of(solution.atoms)[::-1]


def check_optimal(solution, gap=tolerances.SOLUTION):
    """Assert feasibility, bounds, a legal dual whose certificate is below its level, and atoms only where it is reached."""
    problem, measure = solution.problem, solution.measure
    assert solution.status == ib.Status.OPTIMAL, solution.reason
    assert solution.gap <= gap
    assert problem.violation(measure) <= gap * problem.scale
    assert solution.certificate.peak <= 1 + 1e-9
    assert solution.lower_bound <= solution.upper_bound * (1 + 1e-12)
    dual = problem.project_dual(solution.dual)
    np.testing.assert_allclose(dual, solution.dual, atol=1e-7 * np.abs(dual).max())
    weights, features = weights_and_features(solution)
    heights = eta(problem.rows, dual, features) / problem.level
    size = sizes(weights)
    # the gap bounds Σ |w| (1 - alignment)
    aligned = (weights * heights).reshape(len(weights), -1).sum(axis=1)
    assert (size - aligned).sum() * problem.level <= 10 * gap * solution.upper_bound + 1e-9 * size.sum() * problem.level
    values = measure(problem.x)
    if isinstance(problem.fit, Squared):  # strongly convex: α is near y - f as far as the gap says
        assert ((dual - problem.loss.negative_gradient(values)) ** 2).sum() / 2 <= 2 * gap * solution.upper_bound
    if isinstance(problem.fit, CrossEntropy):
        np.testing.assert_allclose(dual, problem.loss.negative_gradient(values), atol=1e-3 * np.abs(dual).max())
    if isinstance(problem.fit, Hinge):
        margins = problem.fit.y * values
        np.testing.assert_allclose((problem.fit.y * dual)[margins < 1 - 1e-4], 1, atol=1e-4)
        np.testing.assert_allclose(dual[margins > 1 + 1e-4], 0, atol=1e-4)


def draw(kind, inputs, n, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n) if inputs == 1 else rng.normal(size=(n, inputs))
    level = 10.0 ** rng.uniform(-2, -0.5)
    if kind == "values":
        stated = ib.RegressionProblem(x, rng.normal(size=n), weight="sphere")
        return ib.SphereProblem(stated.x, stated.fit)  # of one input, too, for which there is an exact method
    if kind == "rows":
        return ib.RegressionProblem(x, rng.normal(size=(n, 2)), weight="sphere")
    if kind == "margins":
        return ib.MaxMarginProblem(x, rng.integers(0, 3, n), n_classes=4, weight="sphere")
    if kind == "cross-entropy":
        return ib.RegularizedProblem(x, np.arange(n) % 3, level, loss=kind)
    if kind == "hinge":
        return ib.RegularizedProblem(x, np.where(rng.random(n) < 0.5, -1, 1), level, loss=kind)
    return ib.RegularizedProblem(x, rng.normal(size=n if kind == "squared" else (n, 2)), level)


KINDS = ["values", "rows", "margins", "cross-entropy", "hinge", "squared", "squared rows"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("inputs", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_optimality_conditions(kind, inputs, seed):
    problem = draw(kind, inputs, 6, seed)
    assert isinstance(problem, ib.SphereProblem)
    check_optimal(ib.solve(problem))


@pytest.mark.parametrize("kind", ["values", "margins", "squared"])
def test_more_inputs_are_solved_and_said_to_be_uncertified(kind):
    solution = ib.solve(draw(kind, 4, 7, 0))
    assert solution.gap <= 1e-8
    assert solution.certificate.exact is False
    assert "Not certified" in solution.reason
    directions = np.random.default_rng(0).normal(size=(200_000, 5))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    assert sizes(solution.certificate(directions)).max() <= solution.problem.level * (1 + 1e-9)


def test_the_fixture_of_neyshabur():
    problem = ib.RegularizedProblem([-1, -0.3, 0.4, 1], [1, -1, 1, -0.5], 0.05)
    generated, dictionary = ib.solve(problem), ib.solve(problem, "dictionary", grid=4000)
    check_optimal(generated)
    assert generated.value == pytest.approx(0.5253188457, abs=2e-10)
    assert dictionary.value == pytest.approx(generated.value, rel=1e-7)
    assert generated.certificate.exact


@pytest.mark.parametrize("kind", ["values", "margins", "cross-entropy", "hinge", "squared", "squared rows"])
def test_a_fine_dictionary_with_the_kinks_found_agrees(kind):
    problem = draw(kind, 1, 7, 5)
    found = ib.solve(problem, "column-generation")
    fine = ib.solve(problem, "dictionary", grid=np.concatenate([found.atoms.kinks, np.tan(np.linspace(-1.5, 1.5, 300))]))
    assert fine.value == pytest.approx(found.value, rel=2e-7)
    coarse = [ib.solve(problem, "dictionary", grid=count).value for count in (1, 40)]
    assert coarse[0] >= coarse[1] * (1 - 1e-9) >= found.value * (1 - 1e-7)


@pytest.mark.parametrize(("backend", "gap"), BACKENDS_BY_CONE)
@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize("kind", ["margins", "cross-entropy", "hinge", "squared", "squared rows"])
def test_every_backend_solves_the_dictionary(kind, form, backend, gap):
    problem = draw(kind, 1, 6, 2)
    grid = np.linspace(-3, 3, 15)
    best = ib.solve(problem, "dictionary", "CLARABEL", grid=grid)
    found = ib.solve(problem, "dictionary", backend, form=form, grid=grid)
    # bounds are of the whole sphere: what the grid misses is in the gap of both
    assert found.value == pytest.approx(best.value, rel=10 * gap)
    assert found.gap <= best.gap + 10 * gap
    assert found.lower_bound <= ib.solve(problem).upper_bound * (1 + 1e-9)


@pytest.mark.parametrize(("backend", "rel"), [("HIGHS", 1e-6), ("OSQP", 0.15)])
@pytest.mark.parametrize("kind", ["hinge", "squared"])
def test_linear_and_quadratic_backends_take_one_output(kind, backend, rel):
    problem = draw(kind, 2, 6, 3)
    best = ib.solve(problem, "dictionary", "CLARABEL", grid=60)
    assert ib.solve(problem, "dictionary", backend, grid=60).value == pytest.approx(best.value, rel=rel)


@pytest.mark.parametrize("backend", ["CLARABEL", "ECOS"])
def test_column_generation_on_a_backend(backend):
    for kind in ("values", "margins", "squared"):
        problem = draw(kind, 2, 6, 4)
        found, own = ib.solve(problem, "column-generation", backend), ib.solve(problem, "column-generation")
        assert found.backend == backend
        assert own.backend is None
        assert found.value == pytest.approx(own.value, rel=1e-6)
        assert found.lower_bound <= own.upper_bound * (1 + 1e-9)


@pytest.mark.parametrize("affine", ["penalized", "free"])
@pytest.mark.parametrize("seed", range(4))
def test_interpolation_on_a_line_is_that_of_the_exact_method(affine, seed):
    rng = np.random.default_rng(seed)
    problem = ib.RegressionProblem(rng.normal(size=9), rng.normal(size=9), weight="sphere", affine=affine)
    exact, found = ib.solve(problem), ib.solve(problem, "column-generation")
    assert found.value == pytest.approx(exact.value, rel=1e-7)
    assert found.status == "optimal"


def test_two_classes_are_the_scalar_problem():
    # for two classes the weights are (w, -w)/2 of the scalar max-margin problem, whose margin is 1 for f_0 - f_1
    x, labels = np.array([-1.0, -0.2, 0.5, 1.5]), np.array([0, 1, 1, 0])
    found = ib.solve(ib.MaxMarginProblem(x, labels, weight="sphere"))
    weights, _ = weights_and_features(found)
    np.testing.assert_allclose(weights.sum(axis=1), 0, atol=1e-6 * np.abs(weights).max())
    signs = np.where(labels == 0, 1.0, -1.0)
    scalar = ib.solve(ib.RegularizedProblem(x, signs, 1e-4, loss="hinge"))  # with a small λ no margin is violated
    assert found.value == pytest.approx(scalar.problem.cost(scalar.measure) / np.sqrt(2), rel=1e-6)


def test_the_sphere_has_no_preferred_direction():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 3)), rng.normal(size=8)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    first, second = (ib.solve(ib.RegularizedProblem(points, y, 0.1)) for points in (x, x @ turn))
    assert first.value == pytest.approx(second.value, rel=1e-7)
    np.testing.assert_allclose(first.predict(x), second.predict(x @ turn), atol=1e-4)


@pytest.mark.parametrize("factor", [1e-6, 1e5])
def test_targets_have_no_scale(factor):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(8, 2)), rng.normal(size=8)
    first, second = ib.solve(ib.RegularizedProblem(x, y, 0.1)), ib.solve(ib.RegularizedProblem(x, factor * y, factor * 0.1))
    assert second.value == pytest.approx(factor**2 * first.value, rel=1e-7)
    first, second = ib.solve(ib.RegressionProblem(x, y)), ib.solve(ib.RegressionProblem(x, factor * y))
    assert second.value == pytest.approx(factor * first.value, rel=1e-7)


def test_a_second_input_that_is_always_zero_changes_nothing():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=7), rng.normal(size=7)
    one, two = ib.solve(ib.RegularizedProblem(x, y, 0.05)), ib.solve(ib.RegularizedProblem(np.column_stack([x, 0 * x]), y, 0.05))
    assert one.value == pytest.approx(two.value, rel=1e-8)
    one, two = (ib.solve(ib.RegressionProblem(points, y, weight="sphere")) for points in (x, np.column_stack([x, 0 * x])))
    assert one.value == pytest.approx(two.value, rel=1e-7)


@pytest.mark.parametrize("loss", ["squared", "cross-entropy", "hinge"])
def test_from_lambda_max_on_there_are_no_atoms(loss):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(9, 2))
    y = {"squared": rng.normal(size=9), "cross-entropy": np.arange(9) % 3, "hinge": np.where(np.arange(9) % 2, 1, -1)}[loss]
    problem = ib.RegularizedProblem(x, y, 1.0, loss=loss)
    least = ib.lambda_max(problem)
    assert ib.lambda_max(problem.with_regularization(3.0)) == pytest.approx(least, rel=1e-12)
    above, below = (ib.solve(problem.with_regularization(factor * least)) for factor in (1 + 1e-9, 0.99))
    assert len(above.atoms) == 0
    assert above.status == below.status == "optimal"
    assert below.problem.cost(below.measure) > 0


def test_small_regularisation_ends_in_interpolation():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(9, 2)), rng.normal(size=9)
    cost = ib.solve(ib.RegressionProblem(x, y)).value
    for level in (1e-5, 1e-8, 1e-11):
        found = ib.solve(ib.RegularizedProblem(x, y, level))
        check_optimal(found)
        # value / λ = cost - λ ‖α/λ‖²/2 + O(λ²): it falls short of the cost in proportion to λ
        assert found.value / level == pytest.approx(cost, rel=10 * level + 1e-7)


def test_a_path_is_solved_in_its_order():
    rng = np.random.default_rng(5)
    problem = ib.RegularizedProblem(rng.normal(size=(10, 2)), rng.normal(size=10), 1.0)
    levels = [0.1, 1.0, 0.01]
    path = ib.path(problem, levels)
    assert [one.problem.regularization for one in path] == levels
    for one in path:
        check_optimal(one)
        assert one.value == pytest.approx(ib.solve(one.problem).value, rel=1e-8)
    assert path[1].value > path[0].value > path[2].value


@pytest.mark.parametrize("weight", ["sphere", "unit"])
def test_paths_of_both_weights(weight):
    problem = ib.RegularizedProblem([0, 1, 2, 3], [0, 1, 0, 1], 1.0, weight=weight, affine="free")
    assert [one.status for one in ib.path(problem, [1.0, 0.1])] == ["optimal"] * 2
    assert len(ib.solve(problem.with_regularization(1.001 * ib.lambda_max(problem))).atoms) == 0


def test_a_free_affine_part_is_fitted_by_least_squares_beyond_lambda_max():
    x, y = np.array([0.0, 1, 2, 4]), np.array([1.0, 0, 2, 3])
    problem = ib.RegularizedProblem(x, y, 100.0, affine="free")
    found = ib.solve(problem)
    assert len(found.atoms) == 0
    np.testing.assert_allclose(found.measure.affine, np.polyfit(x, y, 1), rtol=1e-12)


def test_repeated_points_count_twice_in_a_loss():
    twice = ib.solve(ib.RegularizedProblem([[0, 1], [0, 1], [1, 2]], [1, 2, 3], 0.2))
    mean = ib.solve(ib.RegularizedProblem([[0, 1], [0, 1], [1, 2]], [1.5, 1.5, 3], 0.2))
    assert twice.value == pytest.approx(mean.value + 0.25, rel=1e-9)
    assert len(twice.problem) == 3
    line = ib.solve(ib.RegularizedProblem([0, 0, 1], [1, 2, 3], 0.2))
    assert line.value == pytest.approx(ib.solve(ib.RegularizedProblem([0, 0, 1], [1.5, 1.5, 3], 0.2)).value + 0.25, rel=1e-9)


@pytest.mark.parametrize(
    "problem",
    [
        lambda: ib.RegressionProblem([[0, 1], [2, 3], [0, 1]], [1, 2, 3]),
        lambda: ib.RegressionProblem([[0, 1], [2, 3], [0, 1]], [[1, 0], [2, 0], [1, 1]]),
        lambda: ib.MaxMarginProblem([[0, 1], [2, 3], [0, 1]], [0, 1, 2]),
    ],
)
def test_equal_points_with_different_targets_are_infeasible_with_a_proof(problem):
    solution = ib.solve(problem())
    assert solution.status == "infeasible"
    assert "Rows 0 and 1" in solution.reason
    assert solution.measure is None
    assert solution.certificate.peak == 0
    assert solution.dual_value > 0
    assert solution.lower_bound == np.inf
    # the proof is one of this: a legal dual that no feature sees
    np.testing.assert_allclose(solution.problem.project_dual(solution.dual), solution.dual)


def test_equal_rows_are_merged():
    problem = ib.RegressionProblem([[0, 1], [2, 3], [0, 1]], [1, 2, 1])
    assert problem.merged == 1
    assert len(problem) == 2
    assert ib.solve(problem).status == "optimal"


def test_a_brought_network_is_judged():
    rng = np.random.default_rng(6)
    problem = ib.RegressionProblem(rng.normal(size=(6, 2)), rng.normal(size=6))
    best = ib.solve(problem)
    network = ib.Network.from_measure(best.measure).without_bias()
    judged = ib.judge(problem, network)
    assert judged.status == "optimal"
    assert judged.value == pytest.approx(network.weight_decay(), rel=1e-9)
    wasteful = ib.Network(np.vstack([network.W, [[1, 0], [1, 0]]]), np.append(network.b, [5, 5]), np.append(network.a, [1, -1]))
    wasted = ib.judge(problem, wasteful, best.dual)
    assert wasted.status == "inaccurate"
    assert wasted.value == pytest.approx(judged.value + 2 * np.sqrt(26), rel=1e-6)
    assert wasted.upper_bound >= wasted.value * (1 - 1e-12)


def test_a_wrong_dual_and_a_wrong_measure_are_refuted():
    rng = np.random.default_rng(7)
    problem = ib.RegularizedProblem(rng.normal(size=(6, 2)), rng.normal(size=6), 0.1)
    best = ib.solve(problem)
    # the best multiple of a dual is what counts
    for factor in (0.5, 2):
        assert ib.judge(problem, best.measure, factor * best.dual).lower_bound == pytest.approx(best.lower_bound, rel=1e-6)
    wrong = ib.judge(problem, best.measure, best.dual + 0.1 * rng.normal(size=6))
    assert wrong.status == "inaccurate"
    assert wrong.lower_bound < best.lower_bound
    assert ib.judge(problem, best.measure, -best.dual).lower_bound == 0
    halved = ib.RidgeMeasure(best.measure.features, best.measure.weights / 2, best.measure.constant)
    assert ib.judge(problem, halved, best.dual).status == "inaccurate"


def test_a_missing_interpolation_is_repaired_upwards():
    rng = np.random.default_rng(8)
    problem = ib.RegressionProblem(rng.normal(size=(6, 2)), rng.normal(size=6))
    best = ib.solve(problem)
    off = ib.RidgeMeasure(best.measure.features, 0.99 * best.measure.weights, best.measure.constant)
    judged = ib.judge(problem, off, best.dual)
    assert judged.value < best.lower_bound
    assert judged.upper_bound >= best.lower_bound
    assert judged.status == "inaccurate"
    assert judged.constraint_violation > 1e-3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ib.RegressionProblem(np.empty((0, 2)), np.empty(0)), "x must be"),
        (lambda: ib.RegressionProblem(np.empty((3, 0)), np.ones(3)), "x must be"),
        (lambda: ib.RegressionProblem(np.ones((3, 2)), np.ones(4)), "y has shape"),
        (lambda: ib.RegressionProblem(np.ones((3, 2)), np.ones(3), weight="unit"), "weight 'sphere'"),
        (lambda: ib.RegressionProblem([[1, 2], [3, np.nan]], [1, 2]), "x[(1, 1)]"),
        (lambda: ib.RegressionProblem([[1, 2], [3, 4]], [1, 2], domain=(0, 1)), "domain"),
        (lambda: ib.RegularizedProblem([1, 2], [1, 2], 0), "regularization must be"),
        (lambda: ib.RegularizedProblem([1, 2], [1, 2], np.nan), "regularization must be"),
        (lambda: ib.RegularizedProblem([1, 2], [1, 2], 1, loss="huber"), "loss must be"),
        (lambda: ib.RegularizedProblem([1, 2], [1, 2], 1, loss="hinge"), "+1 and -1"),
        (lambda: ib.RegularizedProblem([1, 2], [0.5, 2], 1, loss="cross-entropy"), "labels"),
        (lambda: ib.RegularizedProblem([1, 1], [1, 2], 1), "same x"),
        (lambda: ib.RegularizedProblem([1, 2], [1, 2], 1, weight="unit"), "'free'"),
        (lambda: ib.RegularizedProblem([[1, 2]], [1], 1, weight="unit", affine="free"), "one input"),
        (lambda: ib.RegularizedProblem([1, 2], [1, -1], 1, loss="hinge", affine="free"), "free affine part"),
        (lambda: ib.MaxMarginProblem([[1, 2], [3, 4]], [0, 1], norm=1), "norm must be 2"),
        (lambda: ib.MaxMarginProblem([[1, 2], [3, 4]], [0, 1.5]), "labels[1]"),
        (lambda: ib.lambda_max(ib.RegressionProblem([1, 2], [1, 2])), "RegularizedProblem"),
        (lambda: ib.path(ib.RegressionProblem([1, 2], [1, 2]), [1.0]), "path"),
        (lambda: ib.path(ib.RegressionProblem([1, 2], [1, 2]), []), "A path needs"),
        (lambda: ib.path(ib.RegularizedProblem([1, 2], [1, 2], 1), [-1.0]), "regularization must be"),
        (lambda: ib.solve(ib.RegularizedProblem([1, 2], [1, 2], 1), "exact"), "exact"),
        (lambda: ib.solve(ib.RegularizedProblem([1, 2], [1, 2], 1), "sparse"), "dictionary"),
        (lambda: ib.solve(ib.RegularizedProblem([1, 2], [1, 2], 1), "column-generation", grid=3), "grid"),
        (lambda: ib.solve(ib.RegressionProblem([1, 2], [1, 2]), "column-generation"), "kinks at the data"),
        (lambda: ib.solve(ib.RegularizedProblem([1, 2], [1, 2], 1), "dictionary", grid=0), "grid"),
        (lambda: ib.judge(ib.RegressionProblem([[1, 2], [3, 4]], [1, 2]), ib.Measure.zero()), "RidgeMeasure"),
    ],
)
def test_bad_input_is_refused_in_words(make, words):
    with pytest.raises((DataError, OptionError)) as caught:
        make()
    assert words in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("n", [2, 3, 4, 8])
def test_a_free_affine_part_of_two_inputs(n):
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=(n, 2)), rng.normal(size=n)
    for problem in (ib.RegressionProblem(x, y, affine="free"), ib.RegularizedProblem(x, y, 0.1, affine="free")):
        found = ib.solve(problem)
        assert found.status == "optimal", found.reason
        # what is affine costs nothing, and adds nothing
        tilted = ib.solve(
            type(problem)(problem.x, type(problem.fit)(problem.y + problem.x @ [2.0, -1.0] + 3), problem.regularization, "free")
        )
        assert tilted.value == pytest.approx(found.value, rel=1e-6, abs=1e-12)
        assert (found.value < 1e-12) == (n <= 3)


def test_another_answer_on_the_sphere_is_a_warm_start():
    rng = np.random.default_rng(9)
    problem = ib.RegularizedProblem(rng.normal(size=(20, 2)), rng.normal(size=20), 0.01)
    first = ib.solve(problem)
    again = ib.solve(problem.with_regularization(0.009), warm_start=first)
    assert again.status == "optimal"
    assert again.value == pytest.approx(ib.solve(problem.with_regularization(0.009)).value, rel=1e-8)
    with pytest.raises(OptionError, match="as many inputs"):
        ib.solve(ib.RegularizedProblem(rng.normal(size=5), rng.normal(size=5), 0.1), warm_start=first)


@pytest.mark.parametrize("seed", range(3))
def test_classes_of_many_close_points_on_a_line(seed):
    rng = np.random.default_rng(seed)
    x, labels = np.sort(rng.uniform(-2, 2, 60)), rng.integers(0, 3, 60)
    found = ib.solve(ib.MaxMarginProblem(x, labels, weight="sphere"))
    assert found.gap <= 1e-6  # labels at random, gaps of 1e-4: float64 weights carry no more
    assert found.certificate.peak <= 1 + 1e-9


def test_divided_differences_of_features_on_a_line():
    rng = np.random.default_rng(0)
    x, t = np.sort(rng.normal(size=6)), rng.normal(size=5)
    features = np.vstack([np.stack([np.ones(5), -t], axis=1), np.stack([-np.ones(5), t], axis=1), [[0.0, 1.0]]])
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    columns, (first, last) = np.maximum(np.column_stack([x, np.ones(6)]) @ features.T, 0), (np.arange(5), np.arange(1, 6))
    tilt = features[:, 0]
    kinks = -features[:, 1] / np.where(tilt != 0, tilt, np.nan)
    line = ScatteredLine(columns, np.column_stack([x, np.ones(6)]), np.zeros(6, int), np.ones(2), x, kinks, tilt)
    np.testing.assert_allclose(line.between(first, last), np.diff(columns, axis=0) / np.diff(x)[:, None], atol=1e-12)


def test_a_small_enough_hinge_loss_is_an_exact_penalty():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(10, 2)), np.where(rng.random(10) < 0.5, -1, 1)
    found = [ib.solve(ib.RegularizedProblem(x, y, level, loss="hinge")) for level in (1e-3, 1e-7, 1e-12)]
    for one in found:
        assert one.status == "optimal"
        assert one.value / one.problem.level == pytest.approx(found[0].value / 1e-3, rel=1e-8)
    margin = ib.solve(ib.MaxMarginProblem(x, (y + 1) // 2))
    assert margin.value * np.sqrt(2) == pytest.approx(found[0].value / 1e-3, rel=1e-7)


@pytest.mark.parametrize("kind", ["values", "squared", "hinge"])
@pytest.mark.parametrize("n", [4, 20])
def test_one_output_needs_no_more_atoms_than_points(kind, n):
    found = ib.solve(draw(kind, 2, n, 11))
    assert found.status == "optimal"
    assert len(found.measure) <= n


def test_a_huge_penalty_makes_no_wrong_measure_optimal():
    """The zero function is optimal, and anything that costs anything is far from it: λ must not set what counts as nothing."""
    x, y = np.array([[-1.0, 0.5], [0.3, 1.0], [0.7, -0.2]]), np.array([1.0, -1.0, 0.5])
    problem = ib.RegularizedProblem(x, y, 1e20)
    wrong = ib.RidgeMeasure([[0.6, 0.0, 0.8]], [1e-18])
    judged = ib.judge(problem, wrong)
    assert judged.value > 100 > judged.lower_bound
    assert judged.gap > 0.9
    assert judged.status is ib.Status.INACCURATE
    assert ib.judge(problem, ib.RidgeMeasure.zero(2)).status is ib.Status.OPTIMAL
