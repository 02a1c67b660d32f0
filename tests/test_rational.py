"""Proofs over the rationals."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from datasets import KNOWN, rational_points
from hypothesis import given, settings

import implicit_bias as ib


@given(rational_points())
@settings(max_examples=200)
def test_primal_and_dual_are_equal_as_rationals(sample: tuple[list[Fraction], list[Fraction]]) -> None:
    proof = ib.prove(*sample)
    assert isinstance(proof.value, Fraction)
    assert isinstance(proof.dual_value, Fraction)
    assert proof.value == proof.dual_value
    assert proof.objections() == []
    floats = ib.solve(ib.RegressionProblem(*([float(v) for v in part] for part in sample)))
    assert floats.value == pytest.approx(float(proof.value), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("name", KNOWN)
def test_known(name: str) -> None:
    x, y, value = KNOWN[name]
    assert ib.prove(x, y).value == Fraction(value)


def test_objections_find_what_is_wrong() -> None:
    proof = ib.prove([0, 1, 3], [2, -1, 1])
    assert replace(proof, value=proof.value + 1).objections() == ["the measure does not cost what is said", "there is a gap"]
    (t, s, w), *others = proof.atoms
    assert "the measure misses a target" in replace(proof, atoms=((t, s, 2 * w), *others)).objections()
    doubled = replace(proof, dual=tuple(2 * a for a in proof.dual)).objections()
    assert doubled == ["the certificate exceeds 1", "the dual is not worth what is said"]


def test_accepts_numbers_of_every_exact_kind_and_merges() -> None:
    proof = ib.prove([np.int64(0), 0.5, Fraction(1, 3), 0.5], [1, np.float64(2.0), Fraction(7, 5), 2])
    assert [x for x, _ in proof.points] == [0, Fraction(1, 3), Fraction(1, 2)]
    np.testing.assert_allclose(proof.measure([0, 1 / 3, 0.5]), [1, 1.4, 2], rtol=1e-14)
    assert len(ib.prove([0, 1], [0, 0]).measure) == 0


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([0, 1], [1], "x has 2 values and y has 1"),
        ([0, 0], [1, 1], "two different x"),
        ([0, 1, 0], [1, 1, 2], "two targets"),
        ([0, float("nan")], [1, 1], r"x\[1\] is nan"),
        ([0, "1"], [1, 1], r"x\[1\] is '1'"),
        ([0, 1j], [1, 1], r"x\[1\] is 1j"),
    ],
)
def test_refuses(x: list[object], y: list[object], message: str) -> None:
    with pytest.raises(ib.DataError, match=message):
        ib.prove(x, y)


def test_clustered_points_that_defeat_float64_duals() -> None:
    rng = np.random.default_rng(0)
    x = np.unique(np.concatenate([rng.random(20), 0.5 + 1e-9 * rng.random(50)]))
    y = rng.normal(size=x.size)
    proof, solution = ib.prove(x, y), ib.solve(ib.RegressionProblem(x, y))
    assert proof.value == proof.dual_value
    assert solution.gap <= 1e-12
    assert solution.lower_bound <= float(proof.value) * (1 + 1e-12)
    assert solution.upper_bound == pytest.approx(float(proof.value), rel=1e-12)


@pytest.mark.parametrize(
    ("x", "y"),
    [([2, 7, -7, -3, 0], [-3, 1, Fraction(2, 3), -2, -2]), ([-1, 0, 1], [3, -1, -1]), ([0, 1, 2], [-5, -1, -3])],
)
def test_a_node_halfway_between_the_ends(x: list[int], y: list[object]) -> None:
    assert ib.prove(x, y).objections() == []


def test_every_small_integer_problem_is_proved() -> None:
    from itertools import product as every

    for x in ([-1, 0, 1], [-2, -1, 1, 2]):
        for y in every((-2, -1, 0, 1, 3), repeat=len(x)):
            assert ib.prove(x, y).objections() == []
