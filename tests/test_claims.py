"""Claims: each gets its expected verdict, its control is rejected, and a sabotaged claim is found out."""

import dataclasses
import importlib
import json
import math
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias import claims, networks
from implicit_bias.claims import base, linear, run
from implicit_bias.claims.base import Outcome, at_most, equal, together, true
from implicit_bias.claims.instances import MAX_POINTS, MIN_GAP, exact_kinks, generic, thinned
from implicit_bias.claims.stewart.theorem_6_1_larger_domain import fixed as larger_domain_cases
from implicit_bias.cli import main
from implicit_bias.data import images

KEYS = ["claim", "source", "kind", "verdict", "expected", "assumption", "instances", "worst", "tolerance", "control", "seconds"]


def one(name):
    (claim,) = claims.find([name])
    return claim


def numbers(verdicts):
    """Everything but the seconds."""
    return [dataclasses.replace(verdict, seconds=0.0, claim=None) for verdict in verdicts]


def test_there_is_one_claim_a_file_and_each_is_described():
    assert {claim.name: claim.check.__module__.split(".")[2:] for claim in claims.CLAIMS} == {
        name: [paper, name.replace("-", "_").replace(".", "_")] for name, paper in claims.PAPERS.items()
    }
    assert sum(claim.data_use != "never" for claim in claims.CLAIMS) > 25
    for claim in claims.CLAIMS:
        assert claim.title
        assert claim.statement.endswith(".")
        paper = importlib.import_module(f"implicit_bias.claims.{claims.PAPERS[claim.name]}")
        assert claim.source.replace(",", "").split()[0] in paper.__doc__
        assert (claim.assumption is None) == (claim.expected == "holds")
        assert 0 < claim.tolerance <= 1e-7


def test_importing_the_table_imports_no_claim_and_nothing_heavy():
    code = "import sys; from implicit_bias import claims; assert len(claims.CLAIMS) > 70; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"scipy.optimize", "scipy.sparse", "scipy.stats", "jax", "numba", "cvxpy", "joblib"} & set(loaded)
    assert not [name for name in loaded if name.removeprefix("implicit_bias.claims.").startswith(tuple(claims.PAPERS.values()))]


def halved(case):
    return Outcome(abs(case / 2 - 0.5 * case) / case if case > 0 else 1.0)


TOY = claims.Claim(
    name="toy-claim",
    title="Halves",
    source="a reader",
    statement="Half of a number is that number times a half.",
    kind="equality",
    expected="holds",
    tolerance=base.ROUNDING,
    draw=lambda rng, data: rng.uniform(1, 2),
    check=halved,
    control=lambda rng: -rng.uniform(1, 2),
    data_use="never",
)


def test_a_claim_of_ones_own_is_found_listed_and_verified_like_the_others(capsys):
    with claims.CLAIMS.having(TOY):
        assert claims.find(["toy-claim", "binning"])[0] is TOY
        assert claims.find([])[-1] is TOY
        [verdict] = claims.verify(claims.find(["toy-claim"]), instances=3)
        assert (verdict.as_expected, verdict.instances) == (True, 3)
        with pytest.raises(ib.OptionError, match="already"):
            claims.CLAIMS.register(dataclasses.replace(TOY, title="Others"))
        assert main(["verify", "toy-claim", "--instances", "4", "--json", "-"]) == 0
        [entry] = json.loads(capsys.readouterr().out)
        assert (entry["claim"], entry["verdict"], entry["instances"]) == ("toy-claim", "holds", 4)
        assert main(["verify", "--list"]) == 0
        listed = capsys.readouterr().out
        assert TOY.statement in " ".join(listed.split())
    assert "toy-claim" not in claims.CLAIMS
    assert main(["verify", "toy-claim"]) == 2


def test_a_wrong_claim_of_ones_own_is_found_out(capsys):
    with claims.CLAIMS.having(dataclasses.replace(TOY, control=lambda rng: 1.0)):
        assert main(["verify", "toy-claim"]) == 1
    assert "ACCEPTED" in capsys.readouterr().out


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
    assert [claim.name for claim in claims.find([])] == list(claims.CLAIMS.names())
    assert [c.name for c in claims.find(["lemma-6.3", "lemma-6.2", "lemma-6.3"])] == ["lemma-6.3", "lemma-6.2"]


def test_an_unknown_name_suggests_the_closest_or_else_lists_the_names():
    with pytest.raises(ib.OptionError) as error:
        claims.find(["lemma-6.2", "lemma-63"])
    assert str(error.value) == "There is no claim 'lemma-63'. Did you mean lemma-6.3?"
    with pytest.raises(ib.OptionError) as error:
        claims.find(["qqqq"])
    assert "Did you mean" not in str(error.value)
    assert all(name in str(error.value) for name in claims.CLAIMS.names())


@pytest.mark.parametrize("option", ["instances", "jobs"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "2", None])
def test_instances_and_jobs_must_be_positive_whole_numbers(option, value):
    with pytest.raises(ib.OptionError, match=option):
        claims.verify(claims.find(["binning"]), **{option: value})


def test_the_seed_must_not_be_negative():
    with pytest.raises(ib.OptionError, match="seed"):
        claims.verify(claims.find(["binning"]), seed=-1)
    assert claims.verify(claims.find(["binning"]), instances=np.int64(1), seed=np.int64(0))[0].as_expected


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
