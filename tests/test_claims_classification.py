"""Claims about classification: their verdicts, what their checks refuse, and the instances and constructions that they use."""

import dataclasses
import math
from fractions import Fraction

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias import claims
from implicit_bias.claims import linear
from implicit_bias.claims.instances import Labelled, data_kinks, labelled, margins, switching_points, thinned, with_island
from implicit_bias.claims.stewart import bins_grow_support, lemma_6_2_sets


def one(name):
    (claim,) = claims.find([name])
    return claim


def error(name, case):
    return one(name).check(case).error


def rng(seed=0):
    return np.random.default_rng(seed)


# instances


def test_switching_points_are_those_of_the_definition_and_the_toolkits():
    assert switching_points(np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])) == [0, 2, 3, 4, 5, 8]
    assert switching_points(np.array([1, 1, 1])) == [0, 2]
    for seed in range(50):
        points = labelled(rng(seed), None, 30)
        assert points.x.size >= 3
        assert (np.diff(points.x) > 0).all()
        assert points.labels.max() < points.classes
        np.testing.assert_array_equal(ib.classification_kinks(points.x, points.labels), points.x[switching_points(points.labels)])


def test_labels_of_the_users_data_are_bins_of_its_targets():
    data = thinned(ib.Dataset(np.concatenate([[0.0, 1e-3], np.arange(1.0, 40)]), np.linspace(0, 3, 41)))
    points = labelled(rng(), data)
    assert 2 <= points.x.size <= 8
    assert np.diff(points.x).min() >= (data.x[-1] - data.x[0]) / 20
    assert np.isin(points.x, data.x).all()
    np.testing.assert_array_equal(np.unique(points.labels), [0, 1, 2])


def test_an_island_differs_from_two_equal_neighbours():
    for seed in range(50):
        points, at = with_island(rng(seed))
        left, own, right = points.labels[at - 1 : at + 2]
        assert left == right != own < points.classes


def test_margins_are_differences_to_the_other_classes():
    np.testing.assert_array_equal(margins(np.array([[3.0, 1.0, 0.0], [3.0, 1.0, 0.0]]), np.array([0, 1])), [[2, 3], [-2, 1]])


def test_the_separating_program_knows_a_value_and_an_infeasible_problem():
    x, signs = np.linspace(-1, 1, 6), np.repeat([1.0, -1.0], 3)
    kinks, directions = data_kinks(x)
    assert linear.separating(x, signs, kinks, directions) == pytest.approx(5, rel=1e-12)
    assert linear.separating(3 * x, signs, 3 * kinks, directions) == pytest.approx(5 / 3, rel=1e-12)
    assert linear.separating(x, signs, kinks[:1], directions[:1]) == math.inf


# what the checks refuse


def test_binning_refuses_a_wrong_label_and_a_wrong_midpoint():
    for seed in range(10):
        case = one("binning").draw(rng(seed), None)
        shifted = np.roll(case.midpoints, 1)
        wrong = np.where(case.labels == 0, 1, case.labels - 1)
        assert error("binning", case) < 1e-12
        assert error("binning", dataclasses.replace(case, midpoints=shifted)) > 1e-3
        assert error("binning", dataclasses.replace(case, labels=wrong)) > 1e-3


def test_binning_draws_ties():
    cases = [one("binning").draw(rng(seed), None) for seed in range(40)]
    tied = 0
    for case in cases:
        half = (Fraction(case.midpoints[1]) - Fraction(case.midpoints[0])) / 2
        tied += any(Fraction(y) == Fraction(m) + half for y in case.y.tolist() for m in case.midpoints[:-1].tolist())
    assert tied >= 20


def test_the_dual_is_checked_for_every_norm_with_every_set():
    seen = {(case.problem.norm, type(case.problem.fit)) for case in lemma_6_2_sets.fixed()}
    assert seen == {(norm, kind) for norm in (1, 2, np.inf) for kind in (ib.Values, ib.Margins, ib.Boxes, ib.Balls, ib.HalfSpaces)}


@pytest.mark.parametrize("case", lemma_6_2_sets.fixed(), ids=lambda case: f"{case.problem.kind}-{case.problem.norm:g}")
def test_no_dual_may_be_worth_more_than_the_claim_allows(case):
    assert error("lemma-6.2-sets", case) < 1e-8
    boasting = dataclasses.replace(case, sets=dataclasses.replace(case.sets, worth=case.sets.worth + 1e3))
    assert error("lemma-6.2-sets", boasting) > 1e-3
    assert error("lemma-6.2-sets", dataclasses.replace(case, weights=0.5 * case.weights)) > 1e-3


def test_the_constructed_measure_has_margin_one_everywhere():
    for seed in range(20):
        case = one("lemma-6.4-classification").draw(rng(seed), None)
        values = case.measure(case.points.x)
        np.testing.assert_allclose(values, np.eye(case.points.classes)[case.points.labels], atol=1e-12)


def test_a_kink_outside_the_support_is_refused():
    case = one("lemma-6.4-classification").draw(rng(1), None)
    between = case.points.x[:1] + 1e-6 * np.diff(case.points.x)[0]
    more = case.measure.plus(ib.Measure(between, np.ones(1), np.zeros((1, case.points.classes))))
    assert error("lemma-6.4-classification", dataclasses.replace(case, measure=more)) == math.inf


@pytest.mark.parametrize("factor", [0.999, 1.001, -1.0])
def test_a_dual_of_another_size_or_sign_is_refused(factor):
    case = one("appendix-e2").draw(rng(2), None)
    assert error("appendix-e2", case) < 1e-8
    assert error("appendix-e2", dataclasses.replace(case, dual=factor * case.dual)) > 1e-4


def test_more_bins_that_are_no_parts_of_the_old_ones_may_shrink_the_support():
    case = bins_grow_support.Case(np.arange(6.0), np.repeat([0.4, 0.6], 3), 0.0, 1.0, 2, 3)
    sizes = [len(switching_points(ib.bin_targets(case.y, bins, (0, 1))[0])) for bins in (2, 3, 4)]
    assert sizes == [4, 2, 4]
    assert error("bins-grow-support", case) == math.inf
    assert error("bins-grow-support", dataclasses.replace(case, many=4)) == 0
    assert error("bins-grow-support", dataclasses.replace(case, many=4, growth=1)) > 0.1


@pytest.mark.parametrize("parts", [2, 3, 7])
def test_old_labels_are_quotients_of_new_ones(parts):
    y = np.concatenate([rng().random(200), np.arange(17) / 16])
    for bins in (2, 8, 11, 49):
        old, new = (ib.bin_targets(y, many, (0, 1))[0] for many in (bins, parts * bins))
        np.testing.assert_array_equal(old, new // parts)


def test_the_triangles_gain_kinks_with_every_halving():
    sizes = []
    for case in bins_grow_support.fixed():
        sizes.append(len(ib.classification_kinks(case.x, ib.bin_targets(case.y, case.few, (0, 1))[0])))
    assert sizes == sorted(set(sizes))


# S_C as the exact support


def test_the_end_features_alone_are_optimal_at_the_cost_that_the_docstring_says():
    for case, cost in zip(one("support-classification-exact").fixed(), (5 / math.sqrt(2), math.sqrt(12.75)), strict=True):
        problem = ib.MaxMarginProblem(case.points.x, case.points.labels, case.points.classes)
        assert problem.cost(case.measure) == pytest.approx(cost, rel=1e-14)
        solution = ib.solve(problem)
        assert solution.lower_bound == pytest.approx(cost, rel=1e-8)
        np.testing.assert_array_equal(np.sort(case.measure.kinks), [-1, 1])
        assert len(switching_points(case.points.labels)) == 4


def test_the_controls_optimum_is_the_only_one():
    """η has norm 1 at four features only, and four active margins determine their weights."""
    case = one("support-classification-exact").control(rng())
    points = case.points
    problem = ib.MaxMarginProblem(points.x, points.labels, 2)
    solution = ib.judge(problem, case.measure)
    assert solution.gap <= 1e-8
    np.testing.assert_allclose(margins(case.measure(points.x), points.labels), 1, atol=1e-12)
    fine = np.linspace(points.x[0], points.x[-1], 3001)
    touching = {(t, s) for s in (1, -1) for t in fine if np.linalg.norm(solution.certificate(t, s)) >= 1 - 1e-6}
    assert touching == set(zip(case.measure.kinks.tolist(), case.measure.directions.tolist(), strict=True))
    matrix = np.maximum(0, case.measure.directions * (points.x[:, None] - case.measure.kinks))
    assert np.linalg.matrix_rank(matrix) == 4
    assert (solution.problem.project_dual(solution.certificate.dual())[problem.fit.own] > 0).all()


def test_no_measure_is_taken_at_its_word():
    case = one("support-classification-exact").fixed()[1]
    dearer, smaller = (dataclasses.replace(case.measure, weights=f * case.measure.weights) for f in (1.001, 0.999))
    assert error("support-classification-exact", case) == 1 / 2
    assert error("support-classification-exact", dataclasses.replace(case, measure=dearer)) == 0
    assert error("support-classification-exact", dataclasses.replace(case, measure=smaller)) == 0
    assert error("support-classification-exact", dataclasses.replace(case, measure=ib.Measure.zero())) == 0


def test_two_classes_know_the_fixture():
    six, same = one("two-classes-scalar").fixed()
    for case, value in ((six, 5 / math.sqrt(2)), (same, 1 / math.sqrt(2))):
        assert ib.solve(ib.MaxMarginProblem(case.points.x, case.points.labels, 2)).value == pytest.approx(value, rel=1e-8)
    assert error("two-classes-scalar", dataclasses.replace(six, scalar=5.01)) > 1e-3


def test_the_reduced_problem_refuses_kinks_elsewhere():
    points = Labelled(np.arange(5.0), np.array([0, 0, 0, 1, 1]), 2)
    case = one("theorem-6.1-classification").draw(rng(), None)
    assert error("theorem-6.1-classification", dataclasses.replace(case, points=points, support=points.x[[0, 2, 3, 4]])) < 1e-8
    assert error("theorem-6.1-classification", dataclasses.replace(case, points=points, support=points.x)) == math.inf
    assert error("theorem-6.1-classification", dataclasses.replace(case, points=points, support=points.x[[0, 3, 4]])) > 1e-2
