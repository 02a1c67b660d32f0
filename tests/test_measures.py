"""Measures and networks: evaluation, algebra, round trips."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import implicit_bias as ib

RNG = np.random.default_rng(0)


def random_measure(m: int = 20, affine: bool = True) -> ib.Measure:
    return ib.Measure(RNG.normal(size=m), RNG.choice([-1, 1], m), RNG.normal(size=m), 0.7, (0.3, -0.2) if affine else None)


def naive(measure: ib.Measure, x: np.ndarray) -> np.ndarray:
    slope, intercept = measure.affine or (0.0, 0.0)
    hidden = np.maximum(0.0, measure.directions * (x[..., None] - measure.kinks))
    return hidden @ measure.weights + measure.constant + slope * x + intercept


@pytest.mark.parametrize("scale", [1e-140, 1e-3, 1.0, 1e3, 1e140])
def test_evaluates_as_its_formula(scale: float) -> None:
    measure = random_measure()
    scaled = ib.Measure(measure.kinks * scale, measure.directions, measure.weights, measure.constant)
    x = np.concatenate([RNG.normal(size=50), measure.kinks]).reshape(2, -1) * scale
    expected = naive(scaled, x)
    np.testing.assert_allclose(scaled(x), expected, rtol=1e-12, atol=1e-13 * np.abs(expected).max())


def test_evaluation_does_not_cancel() -> None:
    gap = 1e-12
    hat = ib.Measure([1, 1 + gap, 1 + 2 * gap], [1, 1, 1], [1e12, -2e12, 1e12])
    high = (hat.kinks[1] - hat.kinks[0]) * 1e12
    assert hat(hat.kinks[1]) == pytest.approx(high, rel=1e-14)
    assert hat(np.array(0.5)) == 0.0


def test_algebra() -> None:
    a, b, x = random_measure(), random_measure(affine=False), RNG.normal(size=30)
    np.testing.assert_allclose(a.plus(b)(x), a(x) + b(x), rtol=1e-13, atol=1e-13)
    doubled = a.plus(a).merge()
    assert len(doubled) == len(a)
    np.testing.assert_allclose(doubled(x), 2 * a(x), rtol=1e-13)
    assert doubled.total_variation() == pytest.approx(2 * a.total_variation())
    cancelled = ib.Measure([1, 1, 2], [1, 1, -1], [3, -3, 5]).merge()
    assert cancelled.kinks.tolist() == [2]
    pruned = ib.Measure([1, 2], [1, 1], [1e-9, 1]).prune()
    assert pruned.kinks.tolist() == [2]
    assert ib.Measure([3, 1, 1], [1, 1, -1], [1, 1, 1e-12]).support().tolist() == [1, 3]
    assert ib.Measure.zero().support().size == 0
    assert ib.Measure.zero()(x).tolist() == [0] * 30


def test_json_round_trip_to_the_bit() -> None:
    measure = random_measure()
    again = ib.Measure.from_json(measure.to_json())
    assert again.to_dict() == measure.to_dict()
    for text in ("{", "[]", '{"kinks": [1]}', "null"):
        with pytest.raises(ib.DataError, match="not the JSON of a measure"):
            ib.Measure.from_json(text)


@given(st.integers(0, 2**32 - 1))
def test_network_and_measure_are_the_same_function(seed: int) -> None:
    rng = np.random.default_rng(seed)
    inner, shift, outer = rng.normal(size=(3, 15))
    inner[:2] = 0
    network = ib.Network(inner, shift, outer, bias=0.4)
    x = rng.normal(size=40)
    direct = np.maximum(0, np.outer(x, inner) + shift) @ outer + 0.4
    np.testing.assert_allclose(network(x), direct, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(network.measure()(x), direct, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(network.normalized()(x), direct, rtol=1e-11, atol=1e-11)
    norms = np.hypot(network.normalized().W, network.normalized().b)
    np.testing.assert_allclose(norms, 1)
    back = ib.Network.from_measure(network.measure())
    np.testing.assert_allclose(back(x), direct, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(np.abs(back.a), np.hypot(back.W, back.b))


def test_affine_part_becomes_units() -> None:
    measure, x = random_measure(), RNG.normal(size=9)
    np.testing.assert_allclose(ib.Network.from_measure(measure)(x), measure(x), rtol=1e-11)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1], [2], [1]), "directions must be"),
        (([1], [1], [1, 2]), r"weights has shape \(2,\), expected \(1,\)"),
        (([np.nan], [1], [1]), "finite"),
    ],
)
def test_bad_measures(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ib.DataError, match=message):
        ib.Measure(*arguments)


def test_bad_networks() -> None:
    with pytest.raises(ib.DataError, match=r"b has shape"):
        ib.Network([1, 2], [1], [1, 2])
    with pytest.raises(ib.DataError, match="overflows"):
        ib.Measure.from_network([1e-300], [1e300], [1])
