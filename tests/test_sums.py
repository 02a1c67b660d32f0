"""Compensated sums against exact rational arithmetic."""

from fractions import Fraction

import numpy as np
import pytest

from implicit_bias.numerics import double_double


def exact(pair: double_double.Pair) -> list[Fraction]:
    return [Fraction(float(h)) + Fraction(float(low)) for h, low in zip(pair.high, pair.low, strict=True)]


def wild(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(size=n) * 10.0 ** rng.integers(-8, 9, n)


def test_sum_and_product_lose_nothing() -> None:
    rng = np.random.default_rng(0)
    a, b = wild(rng, 500), wild(rng, 500)
    pairs = list(zip(map(Fraction, a.tolist()), map(Fraction, b.tolist()), strict=True))
    assert exact(double_double.two_sum(a, b)) == [p + q for p, q in pairs]
    assert exact(double_double.two_product(a, b)) == [p * q for p, q in pairs]


@pytest.mark.parametrize("n", [1, 2, 7, 100, 3000])
def test_running_sums_keep_what_cancels(n: int) -> None:
    rng = np.random.default_rng(n)
    a = wild(rng, n)
    a = np.concatenate([a, -a[::-1]])
    running, truth = double_double.cumulative(double_double.of(a)), np.cumsum([Fraction(v) for v in a.tolist()])
    size = float(np.abs(a).max())
    assert max(abs(p - q) for p, q in zip(exact(running), truth, strict=True)) <= 2.0**-80 * n * size
    assert abs(exact(double_double.total(double_double.of(a)))[0]) <= 2.0**-80 * n * size
    # plain sums are far worse, so the bound above means something
    assert n < 100 or abs(float(np.cumsum(a)[-1])) > 2.0**-80 * n * size


def test_moment_of_cancelling_weights() -> None:
    rng = np.random.default_rng(3)
    x, w = np.sort(rng.random(40_000)) + 1e6, rng.normal(size=40_000)
    truth = sum((Fraction(a) * (Fraction(b) - Fraction(float(x[0]))) for a, b in zip(w.tolist(), x.tolist(), strict=True)), Fraction(0))
    assert double_double.moment(w, x, x[0]) == pytest.approx(float(truth), rel=1e-15)


def test_steady_differences_do_not_drift() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=100_000) * 1e5
    ulp = np.spacing(np.abs(np.diff(values)).max())

    def drift(differences: np.ndarray) -> float:
        total = np.cumsum([Fraction(v) for v in differences.tolist()])
        return float(max(abs(t - Fraction(float(v)) + Fraction(float(values[0]))) for t, v in zip(total, values[1:], strict=True)))

    assert drift(double_double.differences(values)) <= 2 * ulp
    assert drift(np.diff(values)) > 2 * ulp


def test_empty() -> None:
    nothing = double_double.of(np.empty(0))
    assert double_double.cumulative(nothing).high.size == 0
    assert exact(double_double.total(nothing)) == [0]
