"""Claims about all optima with a free affine part: verdicts, what the checks refuse, and the plain mathematics behind them."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias import claims
from implicit_bias.claims.free_affine import boursier_flammarion_sparsest as sparse
from implicit_bias.claims.free_affine import boursier_flammarion_unique as unique
from implicit_bias.claims.free_affine import debarre_sparsest as debarre
from implicit_bias.claims.free_affine import hanin_optima, hanin_unique


def one(name):
    (claim,) = claims.find([name])
    return claim


def rng(seed=0):
    return np.random.default_rng(seed)


def refuses(module, case):
    return not module.check(case).error <= 1e3 * module.CLAIM.tolerance


# what the checks refuse


@pytest.mark.parametrize("case", hanin_optima.fixed(), ids=["convex", "concave", "parted", "both"])
def test_wrong_ranges_are_refused(case):
    assert hanin_optima.check(case).error < 1e-9
    for wrong in (
        dataclasses.replace(case, lower=case.lower - 1e-3),
        dataclasses.replace(case, upper=case.upper + 1e-3),
        dataclasses.replace(case, lower=case.upper, upper=case.lower),
        dataclasses.replace(case, y=case.y + 1e-2 * np.sin(np.arange(case.y.size))),
    ):
        assert refuses(hanin_optima, wrong)


def test_ranges_across_a_point_without_a_slope_change_are_refused():
    """As if such a point did not part runs: below the chord of the gap next to it, too."""
    x, y = np.arange(5.0), np.array([0.0, 0, 1, 3, 5])  # slope changes 1, 1, 0
    right = hanin_optima._stated(x, y, np.array([1.5, 2.5]))
    assert not refuses(hanin_optima, right)
    assert right.lower.tolist() == [0, 2]
    assert refuses(hanin_optima, dataclasses.replace(right, lower=np.array([0, 1.5])))


@pytest.mark.parametrize("case", hanin_unique.fixed())
def test_only_another_minimiser_speaks_against_uniqueness(case):
    assert hanin_unique.check(case).error > 0.05
    costlier = dataclasses.replace(case, kinks=(*case.kinks, (Fraction(4), Fraction(1, 1000))))
    missing = dataclasses.replace(case, slope=case.slope + Fraction(1, 1000))
    slope, chords = hanin_unique.interpolant(case.x, case.y)
    same = dataclasses.replace(case, slope=slope, kinks=chords)
    assert [hanin_unique.check(other).error for other in (costlier, missing, same)] == [0, 0, 0]


def test_kinks_that_are_not_neighbours_are_not_joined():
    x = np.arange(5.0)
    assert len(hanin_unique.joined(x, np.array([0.0, 0, 1, 2, 4])).kinks) == 2
    assert len(hanin_unique.joined(x, np.array([0.0, 0, 1, 3, 5])).kinks) == 1


@pytest.mark.parametrize("case", debarre.fixed()[1:])
def test_other_counts_and_other_functions_are_refused(case):
    assert not refuses(debarre, case)
    problem = ib.RegressionProblem(case.x, case.y, affine="free")
    measure = case.measure
    for wrong in (
        ib.solve(problem).measure,
        dataclasses.replace(measure, kinks=measure.kinks + 1e-3),
        dataclasses.replace(measure, weights=measure.weights * (1 + 1e-4)),
        dataclasses.replace(
            measure, kinks=np.append(measure.kinks, 99), directions=[1.0] * (len(measure) + 1), weights=[*measure.weights, 1]
        ),
    ):
        assert refuses(debarre, dataclasses.replace(case, measure=wrong))


def test_runs_and_the_search_by_hand():
    x = np.arange(8.0)
    y = np.array([0.0, 0, 1, 3, 5, 8, 10, 11])  # slope changes 1, 1, 0, 1, -1, -1
    assert debarre.runs(x, y) == [2, 1, 2]
    assert debarre.half_of_each([1, 2, 3, 4, 5]) == 1 + 1 + 2 + 2 + 3
    assert debarre.by_search(x, y) == 3
    assert [debarre.by_search(x[: k + 2], x[: k + 2] ** 2) for k in range(7)] == [0, 1, 1, 2, 2, 3, 3]
    assert debarre.by_search(x[:5], np.array([0.0, 1, 0, 1, 0])) == 3


def test_the_unit_weight_is_refused_and_costs_are_compared(monkeypatch):
    for case in unique.fixed():
        assert not refuses(unique, case)
    assert refuses(unique, dataclasses.replace(unique.fixed()[0], weight="unit"))
    problem = ib.RegressionProblem(unique.fixed()[0].x, unique.fixed()[0].y, weight="sphere", affine="free")
    solution = ib.solve(problem)
    for wrong in (
        dataclasses.replace(solution.candidate, dual=solution.dual * (1 + 1e-4)),
        dataclasses.replace(solution.candidate, dual=solution.dual[::-1] * [1, 1, 1, 1, 1, 1.001]),
        dataclasses.replace(solution.candidate, measure=ib.sparsest(ib.RegressionProblem(problem.x, problem.y, affine="free"))),
    ):
        monkeypatch.setattr(unique, "solve", lambda _, wrong=wrong: dataclasses.replace(solution, candidate=wrong))
        assert refuses(unique, unique.fixed()[0])


def test_independence_is_that_of_functions_on_the_data():
    x = np.arange(5.0)
    assert unique.independent(x, np.array([1.0, 2.0, 3.0]))
    assert unique.independent(x, np.array([0.5, 2.0]))
    assert not unique.independent(x, np.array([1.0, 1.5, 2.0]))
    assert not unique.independent(x, np.array([0.5, 1.5, 2.5, 3.5]))
    assert unique.independent(x[:2], np.empty(0))


def test_longer_runs_and_wider_gaps_need_more_kinks():
    x = np.linspace(-2.5, 2.5, 6)
    assert refuses(sparse, sparse.Case(x, x**2))
    assert not refuses(sparse, sparse.Case(x[:5], x[:5] ** 2))
    wide = sparse.Case(np.array([-7.0, 1.2, 4.8, 8.6]), np.array([0.0, 0.0, 1.3, 2.8]))
    assert debarre.runs(wide.x, wide.y) == [2]
    assert np.arctan(wide.x[1]) - np.arctan(wide.x[0]) > np.pi / 2
    assert refuses(sparse, wide)
    assert len(ib.sparsest(ib.RegressionProblem(wide.x, wide.y, weight="sphere", affine="free"))) == 2
    assert len(ib.sparsest(ib.RegressionProblem(wide.x, wide.y, affine="free"))) == 1


def test_drawn_cases_keep_to_the_assumption():
    for seed in range(60):
        case = sparse.draw(rng(seed), None)
        assert max(debarre.runs(case.x, case.y)) <= sparse.LONGEST
        assert np.diff(np.arctan(case.x))[[0, -1]].max() <= np.pi / 2
