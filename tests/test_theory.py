"""Kink sets and constructions of the papers."""

import numpy as np
import pytest
from datasets import points, smallest_gap
from hypothesis import assume, given

import implicit_bias as ib
from implicit_bias import data


def test_kinks_of_the_triangles() -> None:
    x = np.union1d(np.linspace(-1, 1, 41), data.TEACHER_KINKS)
    kinks = ib.regression_kinks(x, data.triangle_target(x))
    np.testing.assert_allclose(kinks, np.append(data.TEACHER_KINKS, 1.0), atol=1e-12)


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.1), (1e-9, 5.0), (-7e5, 1 / 3)])
@pytest.mark.parametrize("n", [3, 100, 3000])
def test_a_line_has_no_kinks(a: float, b: float, n: int) -> None:
    x = np.sort(np.random.default_rng(n).random(n))
    assert ib.regression_kinks(x, a * x + b).tolist() == [x[0], x[-1]]


def test_sorts_what_it_is_given() -> None:
    assert ib.regression_kinks([2, 0, 1, 3], [0, 0, 1, -1]).tolist() == [0, 1, 3]
    assert ib.regression_kinks([2, 0, 1, 3], [0, 0, 1, 5]).tolist() == [0, 1, 2, 3]


@given(points())
def test_constructed_measure_interpolates_on_the_kinks(sample: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = sample
    assume(smallest_gap(x) >= 1e-3)
    measure = ib.constructed_measure(x, y)
    np.testing.assert_allclose(measure(x), y, atol=1e-9 * max(1, np.abs(y).max()))
    assert np.isin(measure.kinks, ib.regression_kinks(x, y)).all()
    assert measure.total_variation() >= ib.solve(ib.RegressionProblem(x, y)).value * (1 - 1e-9)


def test_extended_dual_is_zero_elsewhere() -> None:
    assert ib.extended_dual([0, 1, 2, 3], [0, 3], [5, 6]).tolist() == [5, 0, 0, 6]
    with pytest.raises(ib.DataError, match="not among"):
        ib.extended_dual([0, 1, 2, 3], [0, 2.5], [5, 6])
