"""Solutions judge themselves and refute themselves; users bring their own measures and networks."""

from dataclasses import replace

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias.line import NodeWeights
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
