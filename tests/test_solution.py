"""Solutions judge themselves and refute themselves; users bring their own measures and networks."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias.measures.node_values import NodeWeights
from implicit_bias.report import solution_report

X, Y = np.array([0.0, 1.0, 3.0, 4.0, 7.0]), np.array([1.0, -1.0, 2.0, 0.5, 0.0])
PROBLEM = ib.RegressionProblem(X, Y)
OPTIMUM = ib.solve(PROBLEM)


def test_a_tampered_solution_refutes_itself() -> None:
    assert OPTIMUM.objections() == []
    worse = ib.Measure(OPTIMUM.measure.kinks, OPTIMUM.measure.directions, OPTIMUM.measure.weights * 1.01)
    tampered = replace(OPTIMUM, candidate=replace(OPTIMUM.candidate, measure=worse))
    assert any("misses a target" in objection for objection in tampered.objections())
    wrong_dual = replace(OPTIMUM, candidate=replace(OPTIMUM.candidate, dual=OPTIMUM.dual[::-1].copy(), certificate=None))
    assert any("the gap is" in objection for objection in wrong_dual.objections())
    empty = replace(OPTIMUM, candidate=replace(OPTIMUM.candidate, measure=None, interpolant=None))
    assert "there is no measure" in empty.objections()
    assert empty.upper_bound == np.inf
    assert empty.gap == 1
    with pytest.raises(ib.BackendError, match="no measure to predict with"):
        empty.predict([0])


def test_half_a_dual_gives_the_full_bound() -> None:
    judged = ib.judge(PROBLEM, OPTIMUM.measure, OPTIMUM.dual / 2)
    assert judged.dual_value == pytest.approx(OPTIMUM.value / 2)
    assert judged.lower_bound == pytest.approx(OPTIMUM.value, rel=1e-14)
    assert judged.status is ib.Status.OPTIMAL
    assert ib.judge(PROBLEM, OPTIMUM.measure, -OPTIMUM.dual).lower_bound == 0
    assert ib.judge(PROBLEM, OPTIMUM.measure, 0 * OPTIMUM.dual).lower_bound == 0


def test_judging_a_network() -> None:
    best = ib.Network.from_measure(OPTIMUM.measure)
    assert ib.judge(PROBLEM, best).status is ib.Status.OPTIMAL
    extra = ib.Network(np.append(best.W, [1, 1]), np.append(best.b, [-2, -2]), np.append(best.a, [5, -5]))
    judged = ib.judge(PROBLEM, extra)
    assert judged.value == pytest.approx(OPTIMUM.value + 10, rel=1e-9)
    assert judged.constraint_violation <= 1e-8
    assert judged.upper_bound == pytest.approx(OPTIMUM.value + 10, rel=1e-9)
    assert judged.gap == pytest.approx(10 / (OPTIMUM.value + 10), rel=1e-9)
    assert judged.status is ib.Status.INACCURATE
    assert judged.lower_bound == pytest.approx(OPTIMUM.value, rel=1e-9)
    missing = ib.judge(PROBLEM, ib.Measure.zero())
    assert missing.constraint_violation == 2
    assert missing.status is ib.Status.INACCURATE
    assert "misses a target by 2" in missing.reason
    with pytest.raises(ib.DataError, match="needs a Measure or a Network"):
        ib.judge(PROBLEM, [1, 2, 3])
    with pytest.raises(ib.DataError, match=r"dual has shape"):
        ib.judge(PROBLEM, OPTIMUM.measure, [1, 2])


def test_kinks_beyond_the_data_are_rewritten_and_paid_for() -> None:
    measure = ib.Measure([-3, 9, -3, 9, 2], [1, -1, -1, 1, 1], [2, 0.5, 7, 7, -1], constant=0.25)
    inside = PROBLEM.admissible(measure)
    assert inside.kinks.min() >= 0
    assert inside.kinks.max() <= 7
    np.testing.assert_allclose(inside(X), measure(X), rtol=1e-14)
    # on [0, 7]: 2 (x + 3) + 0.5 (9 - x) + 0.25 is 10.75 at 0 and 21.25 at 7; the two inactive kinks cost nothing
    assert PROBLEM.cost(measure) == pytest.approx(1 + (10.75 + 21.25) / 7)
    wider = ib.RegressionProblem(X, Y, domain=(-4, 10))
    assert wider.cost(ib.Measure([-3], [1], [2])) == 2


def test_moving_atoms_to_the_nodes_keeps_the_data_and_the_cost() -> None:
    rng = np.random.default_rng(0)
    kinks, directions, weights = rng.uniform(-2, 9, 60), rng.choice([-1.0, 1.0], 60), rng.normal(size=60)
    moved = NodeWeights.of_atoms(X, kinks, directions, weights)
    values = ib.Measure(kinks, directions, weights)(X)
    np.testing.assert_allclose(moved.residuals(Y), values - Y, atol=1e-13)
    t, s, w = moved.atoms()
    affine = np.interp(X, X[[0, -1]], moved.outer)
    np.testing.assert_allclose(ib.Measure(t, s, w)(X) + affine, values, atol=1e-13)
    assert np.abs(w).sum() + moved.outer_cost <= np.abs(weights).sum() * (1 + 1e-14)


def test_merged_rows_are_said() -> None:
    assert "1 repeated row was merged" in ib.solve(ib.RegressionProblem([0, 1, 1], [0, 2, 2])).reason
    assert "2 repeated rows were merged" in ib.solve(ib.RegressionProblem([0, 1, 1, 0], [0, 2, 2, 0])).reason


def test_report_has_the_documented_keys_and_no_nan() -> None:
    keys = (
        "schema problem status method backend reason tolerance value dual_value lower_bound upper_bound gap "
        "constraint_violation dual certificate measure spline support timings versions"
    )
    report = solution_report(OPTIMUM)
    assert list(report) == keys.split()
    assert report["support"]["contained"] is True
    assert report["problem"]["n"] == 5
    nothing = replace(OPTIMUM, candidate=replace(OPTIMUM.candidate, measure=None, dual=None, interpolant=None, certificate=None))
    empty = solution_report(nothing)
    for key in ("value", "dual_value", "upper_bound", "constraint_violation", "measure", "dual", "certificate"):
        assert empty[key] is None


def test_every_status_advises() -> None:
    for status in ib.Status:
        assert status.advice.endswith(".")
        assert str(status) == status.value


def test_kinks_beyond_the_nodes_but_in_the_domain_are_paid_for() -> None:
    wider = ib.RegressionProblem(X, Y, domain=(-4, 10))
    flat = ib.Measure([-2.0], [1.0], [3.0])
    moved = wider.node_weights(flat)
    assert moved.outer == (6.0, 27.0)
    assert moved.outer_cost == 3
    assert wider.node_weights(ib.Measure([-2.0], [-1.0], [3.0])).outer_cost == 0  # zero on all the data
    assert wider.repaired_cost(flat) >= 3


def test_parts_beyond_a_slope_change_are_cut_off() -> None:
    wasteful = OPTIMUM.measure.plus(ib.Measure([1.0, 1.0], [1.0, -1.0], [50.0, -50.0]))
    assert PROBLEM.repaired_cost(wasteful) < PROBLEM.cost(wasteful) - 20
    assert ib.judge(PROBLEM, wasteful).upper_bound == pytest.approx(PROBLEM.cost(wasteful))


def test_the_border_of_optimal() -> None:
    scale, tolerance = PROBLEM.scale, OPTIMUM.tolerance
    for factor, status in ((0.5, ib.Status.OPTIMAL), (3, ib.Status.INACCURATE)):
        shifted = ib.Measure(OPTIMUM.measure.kinks, OPTIMUM.measure.directions, OPTIMUM.measure.weights)
        missed = shifted.plus(ib.Measure([0.0, 7.0], [1.0, -1.0], np.full(2, factor * tolerance * scale / 7)))
        judged = ib.judge(PROBLEM, missed, OPTIMUM.dual, tolerance)
        assert judged.constraint_violation == pytest.approx(factor * tolerance * scale, rel=1e-3)
        assert judged.status is status


@pytest.mark.parametrize("size", [1e-6, 1e6])
def test_a_miss_is_held_against_the_size_of_the_targets(size: float) -> None:
    problem = ib.RegressionProblem(X, size * Y)
    optimum = ib.solve(problem)
    for factor, status in ((0.5, ib.Status.OPTIMAL), (3, ib.Status.INACCURATE)):
        miss = factor * optimum.tolerance * problem.scale
        missed = optimum.measure.plus(ib.Measure([0.0, 7.0], [1.0, -1.0], np.full(2, miss / 7)))
        judged = ib.judge(problem, missed, optimum.dual)
        assert judged.gap <= judged.tolerance
        assert judged.constraint_violation == pytest.approx(miss, rel=1e-3)
        assert judged.status is status


def test_a_tiny_cost_is_no_gap_only_if_it_is_rounding() -> None:
    zero = ib.RegressionProblem([0, 1, 2], [0, 0, 0])
    for size, gap in ((1e-17, 0), (1e-9, 1)):
        assert ib.judge(zero, ib.Measure([0.0, 0.0], [1.0, 1.0], [size, -size]), [0, 0, 0]).gap == gap


def test_a_measure_cheaper_than_possible_refutes_itself() -> None:
    half = ib.Measure(OPTIMUM.measure.kinks, OPTIMUM.measure.directions, OPTIMUM.measure.weights / 2)
    assert any("less than any that fits" in objection for objection in ib.judge(PROBLEM, half, OPTIMUM.dual).objections())


def test_a_support_elsewhere_is_not_contained() -> None:
    elsewhere = ib.judge(PROBLEM, OPTIMUM.measure.plus(ib.Measure([2.0], [1.0], [1.0])))
    assert solution_report(elsewhere)["support"]["contained"] is False


@pytest.mark.parametrize(
    "call",
    [
        lambda: ib.judge("p", OPTIMUM.measure),
        lambda: ib.program(3, "sparse"),
        lambda: ib.weight_ranges(5),
        lambda: ib.solve(PROBLEM, time_limit="a"),
        lambda: ib.solve(PROBLEM, "sparse", backend_options=[1]),
        lambda: ib.solve(PROBLEM, "sparse", "CLARABEL", backend_options={"gp": True}),
        lambda: ib.solve(PROBLEM, backend=""),
        lambda: ib.prove(5, 5),
        lambda: ib.extended_dual([2, 1, 0], [1], [1]),
        lambda: ib.Measure.from_network([[1, 2]], [1, 2], [1, 2]),
        lambda: ib.Network([[1, 2]], [1, 2], [1, 2]),
        lambda: OPTIMUM.certificate(0.3, 0),
        lambda: ib.RegressionProblem(X, Y, domain=(-1e300, 1e300)),
    ],
)
def test_misuse_raises_typed_errors(call: object) -> None:
    with pytest.raises(ib.ImplicitBiasError):
        call()


@pytest.mark.parametrize(
    "problem",
    [
        ib.RegressionProblem([-1, 0, 1, 3], [1, 0, 2, 1]),
        ib.RegularizedProblem([-1, 0, 1, 3], [1, 0, 2, 1], 0.1),
        ib.SplineProblem([-1, 0, 1, 3], [1, 0, 2, 1]),
        ib.SplineProblem([-1, 0, 1, 3], [1, 0, 2, 1], smoothing=0.1),
        ib.HomogeneousSplineProblem([-1, 0, 1, 3], [1, 0, 2, 1], 2),
    ],
    ids=repr,
)
def test_a_solution_survives_a_pickle(problem) -> None:
    solution = ib.solve(problem)
    again = pickle.loads(pickle.dumps(solution))
    assert repr(again) == repr(solution)
    assert again.gap == solution.gap
    assert again.objections() == solution.objections()
    np.testing.assert_array_equal(again.dual, solution.dual)
