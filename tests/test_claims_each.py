"""Every claim of the table: it gets its expected verdict, its controls are rejected, and a sabotaged one is found out.

A claim's cases are checked once, and all tests of the claim share what was found: they are run claim by claim.
"""

import copy
import dataclasses
import inspect
import pickle
import sys

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias import claims
from implicit_bias.claims import run
from implicit_bias.claims.base import Outcome
from implicit_bias.networks import TrainedNetwork

INSTANCES, SEED, CONTROLS = 15, 7, 40
TRAINING = ("implicit_bias.networks.", "implicit_bias.experiments.")
DATA = ib.Dataset([0, 1, 2, 4, 5, 6.5], [1, 2, 3, -1, 0.5, 0.5])
NINE, THIRTY = np.linspace(-1, 1, 9), np.arange(30.0)
AWKWARD = {
    "two zeros": ([0, 1], [0, 0]),
    "zeros": (NINE, np.zeros(9)),
    "many zeros": (THIRTY, np.zeros(30)),
    "a line": (NINE, 0.3 * NINE + 0.1),
    "a line far up": (THIRTY, 1e6 + THIRTY),
    "a parabola far up": (THIRTY, 1e6 + THIRTY**2),
    "a sine": (THIRTY, np.sin(THIRTY)),
    "an offset": (1e9 + NINE, 1e9 + np.sin(NINE)),
    "huge and tiny": (1e140 * NINE, 1e-140 * np.cos(NINE)),
    "a cluster": (np.concatenate([NINE, 1e-9 * np.arange(1, 5)]), np.sin(np.arange(13))),
    "many": (np.random.default_rng(0).normal(size=3000), np.random.default_rng(1).normal(size=3000)),
}


class Found:
    """A claim, its cases, and what its check found on them, each once."""

    def __init__(self, claim):
        self.claim, self.fixed = claim, claim.fixed()
        self.drawn, self.controls, self.twins = [], [], []
        self._outcomes, self._memory = {}, {}

        def draw(rng, data):
            twin = copy.deepcopy(rng)
            self.drawn.append(claim.draw(rng, data))
            self.twins.append(claim.control(twin))  # most controls train what the instance of the same numbers trains
            return self.drawn[-1]

        def control(rng):
            self.controls.append(claim.control(rng))
            return self.controls[-1]

        [self.verdict] = self.verify(INSTANCES, draw=draw, control=control)
        self.controls += self.twins
        if not claim.requires:  # of claims that train networks the controls of further seeds are for the slow tests
            self.controls += self.further()

    def further(self):
        """Controls of further seeds, up to CONTROLS of them."""
        return [self.claim.control(np.random.default_rng(seed)) for seed in range(CONTROLS - len(self.controls))]

    def outcome(self, case):
        """The check's outcome; of a case that was checked before, what it was."""
        if id(case) not in self._outcomes:
            with pytest.MonkeyPatch.context() as patch:
                module = sys.modules[self.claim.check.__module__]
                for name, function in vars(module).copy().items():
                    if inspect.isfunction(function) and function.__module__.startswith(TRAINING):
                        patch.setattr(module, name, self._remembered(function))
                self._outcomes[id(case)] = case, self.claim.check(case)  # the case is kept, so that no other has its id
        return self._outcomes[id(case)][1]

    def _remembered(self, function):
        """What trains, at most once with the same arguments; always where these cannot be compared, or are what was trained."""

        def call(*args, **options):
            if any(isinstance(argument, TrainedNetwork) for argument in args):  # to compare them takes longer than to look at them
                return function(*args, **options)
            try:
                key = function.__qualname__, pickle.dumps((args, sorted(options.items())))
            except (AttributeError, TypeError, pickle.PicklingError):
                return function(*args, **options)
            if key not in self._memory:
                self._memory[key] = function(*args, **options)
            return self._memory[key]

        return call

    def verify(self, instances, data=None, seed=SEED, **changes):
        """Verify the claim with changes; what is not changed is taken from what was found."""
        known = {
            "check": self.outcome,
            "fixed": lambda: self.fixed,
            "draw": replayed(self.drawn),
            "control": replayed(self.controls),
        }
        return claims.verify([dataclasses.replace(self.claim, **(known | changes))], data=data, instances=instances, seed=seed)


def replayed(cases):
    """A function that returns one case after the other, whatever its arguments."""
    left = iter(cases)
    return lambda *_: next(left)


def content(value):
    """What can be compared of a case: some have functions, with numbers of their own."""
    if isinstance(value, (list, tuple)):
        return [content(part) for part in value]
    if inspect.ismethod(value):
        return [value.__name__, content(value.__self__)]
    if inspect.isfunction(value):
        return [value.__qualname__, *(content(cell.cell_contents) for cell in value.__closure__ or ())]
    if hasattr(value, "__dict__"):
        return [content(part) for part in vars(value).values()]
    return pickle.dumps(value)


@pytest.fixture(scope="module", params=claims.CLAIMS.names())
def found(request):
    return Found(claims.CLAIMS.find(request.param))


def test_it_gets_its_expected_verdict_and_its_control_is_rejected(found):
    claim, verdict = found.claim, found.verdict
    assert verdict.verdict == claim.expected
    assert verdict.control_rejected
    assert verdict.as_expected
    assert verdict.instances == INSTANCES + len(found.fixed)
    assert len(found.drawn) == INSTANCES
    if claim.false:
        assert verdict.worst > 1e3 * claim.tolerance
        assert verdict.refuted >= len(found.fixed) >= 1
    else:
        assert verdict.worst <= claim.tolerance
        assert verdict.refuted == 0


def test_it_depends_on_the_seed_and_on_nothing_else(found):
    count, cases = 1 if found.claim.kind == "experiment" else 4, []
    watched = dataclasses.replace(found.claim, fixed=lambda: (), check=lambda case: cases.append(case) or Outcome(0.0))
    claims.verify([watched], instances=count, seed=SEED)
    again = [found.claim.check(case) for case in cases[: 2 * count]]
    assert again == [found.outcome(case) for case in [*found.drawn[:count], *found.controls[: run.CONTROLS]][: 2 * count]]


def test_controls_are_rejected_whatever_the_seed(found):
    """And by a margin, so that no seed comes with a control that happens to be harmless."""
    check_clearly_rejected(found.claim, found.controls, found.outcome)
    assert len(found.controls) >= (run.CONTROLS + INSTANCES if found.claim.requires else CONTROLS)


def check_clearly_rejected(claim, cases, outcome):
    errors = [outcome(case).error for case in cases]
    assert (max(errors) <= claim.tolerance / 10) if claim.false else (min(errors) >= 10 * claim.tolerance)


@pytest.mark.slow
@pytest.mark.parametrize("name", [claim.name for claim in claims.CLAIMS if claim.requires])
def test_controls_of_claims_that_train_are_rejected_for_further_seeds(name):
    found = Found(claims.CLAIMS.find(name))
    further = found.further()
    assert len(found.controls + further) == CONTROLS
    check_clearly_rejected(found.claim, further, found.outcome)


@pytest.mark.parametrize("false", [False, True])
def test_a_control_that_is_not_clearly_rejected_is_noticed(false):
    claim = next(one for one in claims.CLAIMS if one.false == false)
    near = Outcome(claim.tolerance)
    with pytest.raises(AssertionError):
        check_clearly_rejected(claim, [None], lambda _: near)


def test_a_check_that_always_agrees_does_not_reject_the_control(found):
    agreed = Outcome(1.0 if found.claim.false else 0.0)
    [verdict] = found.verify(1, check=lambda case: agreed)
    assert verdict.verdict == found.claim.expected
    assert not verdict.control_rejected
    assert not verdict.as_expected


def test_a_harmless_control_is_not_rejected(found):
    harmless = [found.fixed[0]] * run.CONTROLS if found.claim.false else found.drawn
    [verdict] = found.verify(1, control=replayed(harmless))
    assert not verdict.control_rejected
    assert not verdict.as_expected


def test_a_control_as_an_instance_gives_the_opposite_verdict(found):
    [verdict] = found.verify(5, draw=replayed(found.controls[5:]), fixed=lambda: ())
    assert verdict.verdict == ("holds" if found.claim.false else "fails")
    assert verdict.refuted == (0 if found.claim.false else 5)


def test_a_users_data_make_the_instances(found):
    claim, seen = found.claim, []
    draw = replayed(found.drawn) if claim.data_use == "never" else claim.draw
    [verdict] = found.verify(3, DATA, 0, draw=lambda rng, data: seen.append(data) or draw(rng, data))
    assert verdict.as_expected
    assert len(seen) == {"every instance": 3, "one instance": 1, "never": 3}[claim.data_use]
    for data in seen:
        assert (data is None) if claim.data_use == "never" else (len(data) == 6)


def test_a_claim_that_is_not_given_data_would_not_use_them_and_one_that_is_does(found):
    claim = found.claim
    mine, drawn = (content(claim.draw(np.random.default_rng(SEED), data)) for data in (DATA, None))
    assert (mine == drawn) == (claim.data_use == "never")
    mine, other = (content(claim.draw(np.random.default_rng(seed), DATA)) for seed in (0, 1))
    assert (mine == other) == (claim.data_use == "one instance")


def test_awkward_data_are_no_surprise(found):
    if found.claim.data_use != "never":
        data = {name: ib.Dataset(*points) for name, points in AWKWARD.items()}
        verdicts = {name: found.verify(3, data[name], 0, draw=found.claim.draw)[0] for name in data}
        assert [name for name, verdict in verdicts.items() if not verdict.as_expected] == []
