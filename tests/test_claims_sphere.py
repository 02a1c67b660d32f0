"""Claims on the sphere, of finite programs and of costs with a free bias: verdicts, and what the checks refuse."""

import dataclasses
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias import claims
from implicit_bias.claims.free_affine import savarese_formula
from implicit_bias.claims.pilanci_ergen import pilanci_ergen_equality, pilanci_ergen_patterns
from implicit_bias.claims.stewart import data_kinks_classification, dictionary_converges, free_affine_relaxation, slope_variation
from implicit_bias.fits import Values
from implicit_bias.problems import SphereProblem


def one(name):
    (claim,) = claims.find([name])
    return claim


def rng(seed=0):
    return np.random.default_rng(seed)


def refuses(module, case):
    return not module.check(case).error <= 10 * module.CLAIM.tolerance


# Savarese


def test_the_formula_by_hand():
    assert [savarese_formula.formula(case.slopes) for case in savarese_formula.fixed()] == [
        case.stated for case in savarese_formula.fixed()
    ]
    for case in savarese_formula.fixed():
        assert refuses(savarese_formula, dataclasses.replace(case, stated=case.stated * (1 + 1e-6)))
        assert refuses(savarese_formula, dataclasses.replace(case, stated=case.stated * (1 - 1e-6)))


def test_the_parts_are_a_measure_of_the_function():
    """Up to a constant, by evaluating it."""
    slopes, kinks = np.array([0.5, 2.0, -1.0, 3.0]), np.array([-1.0, 0.0, 2.0])
    rising, falling = savarese_formula.parts(slopes)
    measure = ib.Measure(np.tile(kinks, 2), np.repeat([1, -1], 3), np.concatenate([rising, falling]))
    places = np.array([-5.0, -2, -0.7, -0.2, 0.5, 1.5, 3, 9])
    np.testing.assert_allclose((measure(places + 1e-3) - measure(places)) / 1e-3, np.repeat(slopes, 2), rtol=1e-9)
    assert measure.total_variation() == pytest.approx(savarese_formula.formula(slopes))


def test_the_cost_of_problem_13_with_a_free_bias_in_large_domains_tends_to_the_formula():
    """The interpolant that is affine beyond the data costs the formula; kinks far out make constants for next to nothing."""
    x = np.array([-1.0, -0.2, 0.5, 1.0])
    y = np.array([1.0, -1.0, 0.5, 3.0])
    slopes = np.diff(y) / np.diff(x)
    first, changes = slopes[0], np.diff(slopes)
    least = max(np.abs(changes).sum(), abs(2 * first + changes.sum()))
    assert savarese_formula.formula(slopes) == pytest.approx(least)
    costs = [ib.solve(ib.RegressionProblem(x, y, domain=(-r, r)), "sparse").value for r in (10.0, 1e2, 1e3)]
    assert all(a >= b for a, b in pairwise(costs))
    assert costs[-1] == pytest.approx(least, rel=1e-2)


# Pilanci and Ergen


@pytest.mark.parametrize("case", pilanci_ergen_equality.fixed(), ids=["squared", "interpolation"])
def test_a_program_without_the_patterns_that_matter_is_refused(case):
    assert not refuses(pilanci_ergen_equality, case)
    count = case.active.sum(axis=1)
    for kept in (count >= 3, count <= 1, case.active[:, 0]):
        assert pilanci_ergen_equality.check(dataclasses.replace(case, active=case.active[kept])).error > 1e-3


def test_the_finite_program_of_the_claim_is_that_of_the_method():
    for case in pilanci_ergen_equality.fixed():
        value, _ = pilanci_ergen_equality.solved(case)
        problem = ib.RegressionProblem(case.x[:, 0], case.y, weight="sphere")
        if case.loss != "none":
            problem = ib.RegularizedProblem(case.x, case.y, case.level)
        assert ib.solve(problem, "patterns").value == pytest.approx(value, rel=1e-7)


def test_cells_are_counted_by_hand():
    def rows(*points):
        return [(*map(Fraction, point), Fraction(1)) for point in points]

    assert pilanci_ergen_patterns.cells(rows((0,))) == 2
    assert pilanci_ergen_patterns.cells(rows((0,), (1,), (5,), (5,))) == 6
    assert pilanci_ergen_patterns.cells(rows((0, 0), (1, 0), (0, 1))) == 8
    assert pilanci_ergen_patterns.cells(rows((0, 0), (1, 1), (2, 2))) == 6
    for case in pilanci_ergen_patterns.fixed():
        assert refuses(pilanci_ergen_patterns, dataclasses.replace(case, attained=True)) != case.attained


def test_patterns_that_are_missing_or_too_many_are_refused(monkeypatch):
    case = pilanci_ergen_patterns.fixed()[1]
    right = pilanci_ergen_patterns.patterns
    for wrong in (lambda rows: right(rows)[1:], lambda rows: np.vstack([right(rows), np.arange(7) % 2])):
        monkeypatch.setattr(pilanci_ergen_patterns, "patterns", wrong)
        assert refuses(pilanci_ergen_patterns, case)


# grids


def test_errors_on_grids_fall_with_the_square_of_the_spacing():
    """For kinks that are no data: the worst over shifted data, as the grid may happen to hold the optimum."""
    worst = []
    for count in (20, 160):
        errors = []
        for shift in np.linspace(0, 0.3, 4):
            case = dictionary_converges.Case(SphereProblem(np.array([-2.0 + shift, 1.5]), Values(np.ones(2))))
            best = ib.solve(case.problem, "column-generation")
            errors.append(dictionary_converges.on_grid(case, count) / best.lower_bound - 1)
        worst.append(max(errors))
    assert worst[0] > 1e-4
    assert 30 < worst[0] / worst[1] < 120


def test_a_grid_without_the_data_is_refused_where_the_optimum_is_at_the_data():
    case = dictionary_converges.control(rng())
    assert refuses(dictionary_converges, case)
    assert not refuses(dictionary_converges, dataclasses.replace(case, with_data=True))


# problem (4) and its relaxation, problem (13) and the variation of slopes, problem (5)


@pytest.mark.parametrize("case", free_affine_relaxation.fixed(), ids=["kinks", "constant", "line"])
def test_the_contrary_is_refused(case):
    assert not refuses(free_affine_relaxation, case)
    assert refuses(free_affine_relaxation, dataclasses.replace(case, same=not case.same))


def test_both_kinds_are_drawn_and_the_sign_is_that_of_the_exact_method():
    cases = [free_affine_relaxation.draw(rng(seed), None) for seed in range(12)]
    assert {case.same for case in cases} == {True, False}
    for case in cases:
        assert (ib.solve(ib.RegressionProblem(case.x, case.y, weight="sphere")).method == "exact") == case.same


def test_what_problem_13_adds_is_seen_and_nothing_else():
    assert [slope_variation.check(case).error for case in slope_variation.fixed()] == [1, 1, pytest.approx(1 / 3)]
    x = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    assert slope_variation.check(slope_variation.Case(x, x**2)).error == 0
    assert slope_variation.check(slope_variation.Case(x, 0 * x)).error == 0


def test_measures_that_do_not_classify_refute_nothing(monkeypatch):
    case = data_kinks_classification.fixed()[0]
    assert data_kinks_classification.check(case).error == pytest.approx(1 - 2 / np.sqrt(5), rel=1e-6)
    solution = ib.solve(ib.MaxMarginProblem(case.x, case.labels, 2, weight="sphere"))
    for wrong in (ib.Measure([], [], np.empty((0, 2))), dataclasses.replace(solution.measure, weights=-solution.measure.weights)):
        monkeypatch.setattr(
            data_kinks_classification,
            "solve",
            lambda _, wrong=wrong: dataclasses.replace(solution, candidate=dataclasses.replace(solution.candidate, measure=wrong)),
        )
        assert data_kinks_classification.check(case).error == 0


def test_cheaper_weights_with_smaller_margins_save_nothing(monkeypatch):
    case = data_kinks_classification.control(rng())
    solution = ib.solve(ib.MaxMarginProblem(case.x, case.labels, 2, weight="sphere"))
    half = dataclasses.replace(solution.measure, weights=solution.measure.weights / 2, constant=np.asarray(solution.measure.constant) / 2)
    monkeypatch.setattr(
        data_kinks_classification,
        "solve",
        lambda _: dataclasses.replace(solution, candidate=dataclasses.replace(solution.candidate, measure=half)),
    )
    assert data_kinks_classification.check(case).error <= 1e-9
