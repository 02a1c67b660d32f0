"""Claims: each gets its expected verdict, its control is rejected, and a sabotaged claim is found out."""

import dataclasses
import json
import math
from fractions import Fraction

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias import claims, networks
from implicit_bias.claims import base, linear, run
from implicit_bias.claims.base import Outcome, at_most, equal, together, true
from implicit_bias.claims.instances import MAX_POINTS, MIN_GAP, exact_kinks, generic, thinned
from implicit_bias.claims.stewart.theorem_6_1_larger_domain import fixed as larger_domain_cases
from implicit_bias.data import images

NAMES = [
    "binning",
    "normal-form",
    "change-of-variable",
    "lemma-b1",
    "lemma-6.2",
    "lemma-6.2-sets",
    "lemma-6.3",
    "lemma-6.3-vectors",
    "corollary-6.3.1",
    "proposition-1",
    "lemma-6.4-regression",
    "lemma-6.4-classification",
    "theorem-6.1-regression",
    "theorem-6.1-classification",
    "appendix-e1",
    "appendix-e2",
    "bins-grow-support",
    "two-classes-scalar",
    "footnote-4",
    "theorem-6.1-larger-domain",
    "support-unique",
    "support-classification-exact",
    "data-kinks-sphere",
    "data-kinks-classification",
    "slope-variation",
    "free-affine-relaxation",
    "dictionary-converges",
    "spline-theorem-2",
    "spline-corollary-3",
    "spline-equation-7",
    "spline-equation-10",
    "spline-theorem-4",
    "spline-theorem-5",
    "spline-theorem-6",
    "spline-proposition-7",
    "spline-proposition-8",
    "spline-theorem-9a",
    "spline-theorem-9b",
    "spline-theorem-9c",
    "spline-appendix-m",
    "trained-width-rate",
    "trained-theorem-4",
    "trained-early-stopping",
    "spline-raw-labels",
    "spline-least-squares-adjustment",
    "spline-equation-7-early",
    "spline-theorem-2-norm",
    "spline-theorem-6-gap",
    "spline-theorem-9a-factor",
    "neyshabur-trace-norm",
    "neyshabur-theorem-1",
    "rosset-support",
    "neyshabur-corollary-1",
    "neyshabur-balance",
    "neyshabur-half-spaces",
    "neyshabur-several-outputs",
    "neyshabur-half-spaces-sign",
    "hanin-optima",
    "debarre-sparsest",
    "boursier-flammarion-unique",
    "boursier-flammarion-sparsest",
    "hanin-unique",
    "savarese-formula",
    "pilanci-ergen-equality",
    "pilanci-ergen-patterns",
    "trained-max-margin",
    "trained-weight-decay",
    "trained-gradient-angles",
    "neyshabur-network-size",
    "poggio-rho-eq",
    "poggio-unit-norms",
    "poggio-euler",
    "poggio-margin",
    "poggio-initialization",
    "poggio-input-layer",
]
SOURCES = (
    *("Stewart et al.", "Jin and Montúfar", "Neyshabur, Tomioka and Srebro"),
    *("Hanin", "Debarre", "Boursier and Flammarion", "Savarese", "Pilanci and Ergen", "Poggio and Liao"),
)
KEYS = ["claim", "source", "kind", "verdict", "expected", "assumption", "instances", "worst", "tolerance", "control", "seconds"]


def one(name):
    (claim,) = claims.find([name])
    return claim


def numbers(verdicts):
    """Everything but the seconds."""
    return [dataclasses.replace(verdict, seconds=0.0, claim=None) for verdict in verdicts]


def test_there_is_one_claim_a_file_and_each_is_described():
    assert [claim.name for claim in claims.CLAIMS] == NAMES
    for claim in claims.CLAIMS:
        assert claim.check.__module__ == f"implicit_bias.claims.{claim.name.replace('-', '_').replace('.', '_')}"
        assert claim.title
        assert claim.statement.endswith(".")
        assert claim.source.startswith(SOURCES)
        assert (claim.assumption is None) == (claim.expected == "holds")
        assert 0 < claim.tolerance <= 1e-7


@pytest.mark.parametrize("name", NAMES)
def test_every_claim_gets_its_expected_verdict_and_its_control_is_rejected(name):
    [verdict] = claims.verify([one(name)], instances=15, seed=7)
    assert verdict.verdict == verdict.claim.expected
    assert verdict.control_rejected
    assert verdict.as_expected
    assert verdict.instances == 15 + len(verdict.claim.fixed())
    if verdict.claim.false:
        assert verdict.worst > 1e3 * verdict.claim.tolerance
        assert verdict.refuted >= len(verdict.claim.fixed()) >= 1
    else:
        assert verdict.worst <= verdict.claim.tolerance
        assert verdict.refuted == 0


def test_the_dictionary_has_the_keys_of_the_contract_and_is_json():
    for verdict in claims.verify(claims.find(["lemma-6.3", "footnote-4"]), instances=2):
        entry = verdict.to_dict()
        assert list(entry) == KEYS
        assert entry["claim"] == verdict.claim.name
        assert entry["control"] == {"rejected": True}
        assert json.loads(json.dumps(entry, allow_nan=False)) == entry
    for worst in (math.nan, math.inf):
        assert dataclasses.replace(verdict, worst=worst).to_dict()["worst"] is None


def test_verdicts_depend_on_the_seed_and_on_nothing_else():
    some = claims.find(["normal-form", "proposition-1", "lemma-6.2"])
    first = numbers(claims.verify(some, instances=4, seed=3))
    assert numbers(claims.verify(some, instances=4, seed=3)) == first
    assert numbers(claims.verify(some[::-1], instances=4, seed=3)) == first[::-1]
    assert numbers(claims.verify(some, instances=4, seed=4)) != first


def test_jobs_change_neither_numbers_nor_order():
    some = claims.find(["normal-form", "lemma-6.2", "theorem-6.1-regression", "support-unique"])
    seen = []
    together_ = claims.verify(some, instances=3, jobs=2, progress=seen.append)
    assert numbers(together_) == numbers(claims.verify(some, instances=3))
    assert [verdict.claim.name for verdict in together_] == [claim.name for claim in some]
    assert seen == together_


def test_progress_hears_of_each_verdict_in_order():
    seen = []
    verdicts = claims.verify(claims.find(["lemma-6.3", "normal-form"]), instances=1, progress=seen.append)
    assert seen == verdicts
    assert len(seen) == 2


def test_find_keeps_the_order_given_and_drops_repeats():
    assert claims.find([]) == claims.CLAIMS
    assert [c.name for c in claims.find(["lemma-6.3", "lemma-6.2", "lemma-6.3"])] == ["lemma-6.3", "lemma-6.2"]


def test_an_unknown_name_lists_the_names_and_suggests_the_closest():
    with pytest.raises(ib.OptionError, match=r"Did you mean lemma-6\.3\?") as error:
        claims.find(["lemma-63"])
    assert all(name in str(error.value) for name in NAMES)
    with pytest.raises(ib.OptionError) as error:
        claims.find(["qqqq"])
    assert "Did you mean" not in str(error.value)


@pytest.mark.parametrize("option", ["instances", "jobs"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "2", None])
def test_instances_and_jobs_must_be_positive_whole_numbers(option, value):
    with pytest.raises(ib.OptionError, match=option):
        claims.verify(claims.CLAIMS[:1], **{option: value})


def test_the_seed_must_not_be_negative():
    with pytest.raises(ib.OptionError, match="seed"):
        claims.verify(claims.CLAIMS[:1], seed=-1)
    assert claims.verify(claims.CLAIMS[:1], instances=np.int64(1), seed=np.int64(0))[0].as_expected


# sabotage: what must not pass


@pytest.mark.parametrize("error", [1.0, math.inf, math.nan])
def test_a_check_that_finds_an_error_is_reported(error):
    broken = dataclasses.replace(one("lemma-6.3"), check=lambda case: Outcome(error))
    [verdict] = claims.verify([broken], instances=2)
    assert verdict.verdict == "fails"
    assert not verdict.as_expected
    assert verdict.refuted == 2


def test_one_bad_instance_among_many_is_enough():
    claim = one("normal-form")
    spoiled = dataclasses.replace(claim, fixed=lambda: (claim.control(np.random.default_rng(0)),))
    [verdict] = claims.verify([spoiled], instances=5)
    assert (verdict.verdict, verdict.refuted, verdict.instances) == ("fails", 1, 6)


@pytest.mark.parametrize("name", NAMES)
def test_a_check_that_always_agrees_does_not_reject_the_control(name):
    claim = one(name)
    agreeing = (lambda case: Outcome(1.0)) if claim.false else (lambda case: Outcome(0.0))
    [verdict] = claims.verify([dataclasses.replace(claim, check=agreeing)], instances=1)
    assert verdict.verdict == claim.expected
    assert not verdict.control_rejected
    assert not verdict.as_expected


@pytest.mark.parametrize("name", NAMES)
def test_a_harmless_control_is_not_rejected(name):
    claim = one(name)
    harmless = (lambda rng: claim.fixed()[0]) if claim.false else (lambda rng: claim.draw(rng, None))
    [verdict] = claims.verify([dataclasses.replace(claim, control=harmless)], instances=1)
    assert not verdict.control_rejected
    assert not verdict.as_expected


@pytest.mark.parametrize("name", NAMES)
def test_a_control_as_an_instance_gives_the_opposite_verdict(name):
    claim = one(name)
    swapped = dataclasses.replace(claim, draw=lambda rng, data: claim.control(rng), fixed=lambda: ())
    [verdict] = claims.verify([swapped], instances=5)
    assert verdict.verdict == ("holds" if claim.false else "fails")


@pytest.mark.parametrize("name", NAMES)
def test_controls_are_rejected_whatever_the_seed(name):
    """And by a margin, so that no seed comes with a control that happens to be harmless."""
    claim = one(name)
    errors = [claim.check(claim.control(np.random.default_rng(seed))).error for seed in range(40)]
    assert (max(errors) <= claim.tolerance / 10) if claim.false else (min(errors) >= 10 * claim.tolerance)


def test_an_error_of_rounding_is_no_counterexample():
    claim = one("support-unique")
    for error in (claim.tolerance, 2 * claim.tolerance, 100 * claim.tolerance, math.nan):
        [verdict] = claims.verify([dataclasses.replace(claim, check=lambda case, error=error: Outcome(error))], instances=1)
        assert verdict.verdict == "holds"
        assert not verdict.as_expected


def test_one_control_that_slips_through_is_enough():
    claim = one("normal-form")
    draws = iter([True] * (run.CONTROLS - 1) + [False])
    leaky = dataclasses.replace(claim, control=lambda rng: claim.control(rng) if next(draws) else claim.draw(rng, None))
    assert not claims.verify([leaky], instances=1)[0].control_rejected


def test_a_claim_that_needs_what_is_missing_is_unavailable_and_runs_nothing(monkeypatch):
    def lacking():
        raise ib.OptionError("Networks need a thing.")

    def never(*_):
        raise AssertionError("it must not be checked")

    monkeypatch.setattr(run, "EXTRAS", {"networks": lacking})
    claim = dataclasses.replace(one("lemma-6.3"), requires=("networks",), check=never, draw=never, control=never, fixed=never)
    [verdict] = claims.verify([claim], instances=3)
    assert (verdict.verdict, verdict.instances, verdict.control_rejected) == (base.UNAVAILABLE, 0, None)
    assert verdict.reason == "Networks need a thing."
    assert not verdict.available
    assert not verdict.as_expected
    assert json.loads(json.dumps(verdict.to_dict(), allow_nan=False)) == verdict.to_dict()


def test_a_claim_that_needs_what_is_there_is_checked(monkeypatch):
    monkeypatch.setattr(run, "EXTRAS", {"networks": lambda: None})
    [verdict] = claims.verify([dataclasses.replace(one("lemma-6.3"), requires=("networks",))], instances=3)
    assert verdict.as_expected
    assert verdict.available


def test_every_requirement_is_known():
    assert {extra for claim in claims.CLAIMS for extra in claim.requires} <= set(run.EXTRAS) == {"images", "networks"}
    assert run.EXTRAS["networks"] is networks.require
    assert run.EXTRAS["images"] is images.require


# the user's data


DATA = ib.Dataset([0, 1, 2, 4, 5, 6.5], [1, 2, 3, -1, 0.5, 0.5])


@pytest.mark.parametrize("name", NAMES)
def test_a_users_data_make_the_instances(name):
    claim, seen = one(name), []
    watched = dataclasses.replace(claim, draw=lambda rng, data: seen.append(data) or claim.draw(rng, data))
    [verdict] = claims.verify([watched], data=DATA, instances=3)
    assert verdict.as_expected
    assert len(seen) == {"every instance": 3, "one instance": 1, "never": 3}[claim.data_use]
    for data in seen:
        assert (data is None) if claim.data_use == "never" else (len(data) == 6)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([0, 1], [0, 0]),
        (np.linspace(-1, 1, 9), np.zeros(9)),
        (np.linspace(-1, 1, 9), 0.3 * np.linspace(-1, 1, 9) + 0.1),
        (1e9 + np.linspace(-1, 1, 9), 1e9 + np.sin(np.linspace(-1, 1, 9))),
        (1e140 * np.linspace(-1, 1, 9), 1e-140 * np.cos(np.linspace(-1, 1, 9))),
        (np.concatenate([np.linspace(-1, 1, 9), 1e-9 * np.arange(1, 5)]), np.sin(np.arange(13))),
        (np.random.default_rng(0).normal(size=3000), np.random.default_rng(1).normal(size=3000)),
    ],
    ids=["two zeros", "zeros", "a line", "an offset", "huge and tiny", "a cluster", "many"],
)
def test_awkward_data_are_no_surprise(x, y):
    reading = tuple(claim for claim in claims.CLAIMS if claim.data_use != "never")
    assert len(reading) > 25
    verdicts = claims.verify(reading, data=ib.Dataset(x, y), instances=3)
    assert [v.claim.name for v in verdicts if not v.as_expected] == []


def test_thinning_keeps_ends_and_rows_and_rounds_nothing():
    rng = np.random.default_rng(0)
    x = np.sort(np.concatenate([rng.normal(size=500) * 1e3, 1e-7 * np.arange(20)]))
    data = ib.Dataset(x, 3 * x)
    thin = thinned(data)
    assert len(thin) == MAX_POINTS
    assert np.diff(thin.x).min() >= MIN_GAP * (thin.x[-1] - thin.x[0])
    unit = data.x[-1] / thin.x[-1]
    assert np.log2(unit) % 1 == 0
    assert np.isin(thin.x * unit, data.x).all()
    assert thin.x[0] * unit == data.x[0]
    assert len(thinned(DATA)) == len(DATA)
    assert len(thinned(ib.Dataset([0, 1e-9, 1], [0, 1, 0]))) == 2


# the parts


def test_equalities_are_two_sided_and_bounds_one_sided():
    assert equal(1.0, 1.5).error == equal(1.5, 1.0).error == pytest.approx(1 / 3)
    assert equal([0.0, 2.0], 0.0, 4.0) == Outcome(0.5)
    assert at_most(1.5, 1.0) == Outcome(0.5, 0.0)
    assert at_most([0.2, 0.5], 1.0) == Outcome(0.0, 0.5)
    assert at_most(1.0, 1.0) == Outcome(0.0, 0.0)


def test_scales_of_zero_and_infinities_are_no_agreement():
    assert equal(0.0, 0.0).error == 0
    assert equal(1.0, 1.0, 0.0).error == 0
    assert equal(1.0, 2.0, 0.0).error == math.inf
    assert equal(math.inf, 1.0).error == equal(1.0, math.inf).error == math.inf
    assert not equal(1.0, 2.0, math.inf).error <= 1
    assert not equal(math.inf, math.inf).error <= 1
    assert not equal(math.nan, 1.0).error <= 1
    assert at_most(1e-300, 0.0).error == math.inf
    assert not at_most(math.nan, 1.0).error <= 1
    assert true(True).error == 0
    assert true(False).error == math.inf


def test_the_worst_part_counts():
    assert together(Outcome(0.1), Outcome(0.0, 0.7), Outcome(0.3, 0.2)) == Outcome(0.3, 0.2)
    assert together(Outcome(0.1)).slack is None
    assert math.isnan(together(Outcome(math.nan), Outcome(0.0)).error)
    assert math.isnan(together(Outcome(0.0), Outcome(math.nan)).error)


def test_nothing_but_a_small_error_lets_a_statement_hold():
    claim = one("normal-form")
    assert not claim.refuted(claim.tolerance)
    assert all(claim.refuted(error) for error in (2 * claim.tolerance, math.inf, math.nan))
    assert base.CLEAR > 1


def test_kinks_are_those_of_the_definition():
    x, y = np.array([0.0, 1.0, 2.0, 3.0, 5.0]), np.array([0.0, 1.0, 2.0, 0.0, -4.0])
    assert exact_kinks(x, y) == {Fraction(0), Fraction(2), Fraction(5)}
    nudged = y.copy()
    nudged[1] = np.nextafter(1.0, 2.0)
    assert Fraction(1) in exact_kinks(x, nudged)


def test_linear_programs_know_a_value_an_infeasible_and_an_unbounded_problem():
    x, y = np.array([-1.0, 0.0, 1.0]), np.array([2.0, 1.0, 2.0])
    kinks, directions = np.array([-1.0, 0.0, 0.0, 1.0]), np.array([1.0, 1.0, -1.0, -1.0])
    assert linear.cheapest(x, y, kinks, directions) == pytest.approx(3, rel=1e-12)
    assert linear.highest(x, y, kinks, directions) == pytest.approx(3, rel=1e-12)
    assert linear.cheapest(x, y, kinks[:1], directions[:1]) == math.inf
    assert linear.highest(x, y, kinks[:1], directions[:1]) == math.inf
    # within ½ of the targets: the constant 3/2 costs 3/2, and nothing in those sets costs less
    assert linear.cheapest(x, y, kinks, directions, 0.5) == pytest.approx(1.5, rel=1e-9)
    assert linear.highest(x, y, kinks, directions, 0.5) == pytest.approx(1.5, rel=1e-9)


def test_the_counterexample_of_the_larger_domain_in_rationals():
    """The docstring's measure interpolates at cost 7/3, and nothing on the data's range costs less than 3."""
    (case,) = larger_domain_cases()
    one_, sixth = Fraction(1), Fraction(1, 6)
    atoms = [(0 * one_, 1, one_), (0 * one_, -1, one_), (-3 * one_, 1, sixth), (3 * one_, -1, sixth)]
    assert all(case.domain[0] <= t <= case.domain[1] for t, _, _ in atoms)
    for x, y in zip(case.x, case.y, strict=True):
        assert sum(w * max(s * (Fraction(x) - t), Fraction(0)) for t, s, w in atoms) == Fraction(y)
    assert sum(w for _, _, w in atoms) == Fraction(7, 3)
    proof = ib.prove(list(case.x), list(case.y))
    assert proof.objections() == []
    assert proof.value == 3
    [verdict] = claims.verify([dataclasses.replace(one("theorem-6.1-larger-domain"), draw=lambda rng, data: case)], instances=1)
    assert verdict.worst == pytest.approx(2 / 9, rel=1e-6)


def test_the_optima_of_support_unique_differ_and_the_control_is_unique():
    claim = one("support-unique")
    square_at_data, square_between, right, left = claim.fixed()
    assert [claim.check(case).error for case in claim.fixed()] == [2 / 5, 7 / 5, 1 / 3, 1 / 3]
    assert {t for t, _, _ in square_at_data.atoms} & {t for t, _, _ in square_between.atoms} == set()
    assert {t for t, _, _ in right.atoms} != {t for t, _, _ in left.atoms}
    assert not ib.weight_ranges(ib.solve(ib.RegressionProblem(right.x, right.y))).unique
    case = claim.control(np.random.default_rng(0))
    solution = ib.solve(ib.RegressionProblem(case.x, case.y))
    assert ib.weight_ranges(solution).unique
    np.testing.assert_array_equal(solution.measure.support(), case.x)
    fine = np.linspace(case.x[0], case.x[-1], 1001)
    touching = sum((np.abs(solution.certificate(fine, s)) >= 1 - 1e-12).sum() for s in (1, -1))
    assert touching == 3


def test_support_unique_takes_no_measure_at_its_word():
    claim = one("support-unique")
    case = claim.fixed()[1]
    dearer = (*case.atoms, (Fraction(0), 1, Fraction(1)), (Fraction(0), 1, Fraction(-1)))
    missing = tuple((t, s, w * 2) for t, s, w in case.atoms)
    assert claim.check(dataclasses.replace(case, atoms=dearer)).error == 0
    assert claim.check(dataclasses.replace(case, atoms=missing)).error == 0


def test_the_cost_of_a_constant_falls_as_the_domain_grows():
    claim = one("footnote-4")
    errors = [claim.check(case).error for case in claim.fixed()]
    np.testing.assert_allclose(errors, [1 - 1 / case.radius for case in claim.fixed()], rtol=1e-12)


def test_instances_of_data_have_a_bend_to_lose():
    for seed in range(20):
        data = generic(np.random.default_rng(seed))
        assert len(exact_kinks(data.x, data.y)) == len(data)
