"""What a spline problem refuses, and what it says then."""

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias.zetas.zeta import Zeta

X, Y = [0.0, 1.0, 2.0, 4.0], [1.0, 0.0, 2.0, 1.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": [1.0, 1.0], "y": [2.0, 2.0]}, "at least two different x"),
        ({"x": [1.0, 1.0], "y": [2.0, 3.0], "smoothing": 1.0}, "two different x"),
        ({"x": [1.0], "y": [2.0]}, "two"),
        ({"x": [0.0, 1.0, 1.0], "y": [0.0, 1.0, 2.0]}, r"row 1 and row 2 have the same x = 1 but different y \(1 and 2\)"),
        ({"x": [0.0, np.nan], "y": [0.0, 1.0]}, r"x\[1\] is nan"),
        ({"x": [0.0, 1.0], "y": [0.0, np.inf], "smoothing": 1.0}, r"y\[1\] is inf"),
        ({"x": [0.0, 1.0], "y": [0.0]}, "y has shape"),
        ({"x": [[0.0, 1.0]], "y": [[0.0, 1.0]]}, "one dimension"),
        ({"zeta": lambda t: 1.0 - t}, "zeta is .* in the gap from 1 to 2"),
        ({"zeta": lambda t: np.where((t > 1.2) & (t < 1.5), -1e-3, 1.0)}, "gap from 1 to 2"),
        ({"zeta": lambda t: np.where(t > 2.5, np.nan, 1.0)}, "zeta is nan .* gap from 2 to 4"),
        ({"zeta": lambda t: np.where(t > 2.5, np.inf, 1.0)}, "zeta is inf .* gap from 2 to 4"),
        ({"zeta": lambda t: 0.0 * t}, "zeta is 0 from x = 0 to 2"),
        ({"zeta": lambda t: np.where(t > 1, 0.0, 1.0)}, "zeta is 0 from x = 1 to 4, so no spline bends at x = 2"),
        ({"zeta": lambda t: np.zeros(2)}, "same shape"),
        ({"x": [0.0, 1e-200, 1.0], "y": [0.0, 1.0, 0.0]}, "apart"),
        ({"zeta": ib.ConstantZeta(1e308), "x": [0.0, 1e10, 3e10], "y": [0.0, 1.0, 0.0]}, "overflow"),
    ],
)
def test_bad_data_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ib.DataError, match=message):
        ib.SplineProblem(**({"x": X, "y": Y} | arguments))


@pytest.mark.parametrize("smoothing", [-1.0, -1e-300, np.nan, np.inf, "cv", True, [1.0], 1j])
def test_bad_smoothing_is_refused(smoothing: object) -> None:
    with pytest.raises(ib.OptionError, match="smoothing must be"):
        ib.SplineProblem(X, Y, smoothing=smoothing)


@pytest.mark.parametrize("time", [0.0, -1.0, np.inf, np.nan, "10"])
def test_bad_times_are_refused(time: object) -> None:
    with pytest.raises(ib.OptionError, match="time of early stopping"):
        ib.EarlyStopping(time)


@pytest.mark.parametrize("zeta", [None, 1.0, "constant"])
def test_a_zeta_must_be_a_function(zeta: object) -> None:
    with pytest.raises(ib.OptionError, match="zeta must be"):
        ib.SplineProblem(X, Y, zeta)


@pytest.mark.parametrize(
    ("zeta", "sizes"),
    [
        (ib.GaussianZeta, (1e-300, 1.0)),
        (ib.GaussianZeta, (1.0, 1e-300)),
        (ib.GaussianZeta, (1e200, 1e200)),
        (ib.UniformZeta, (1e200, 1.0)),
        (ib.UniformZeta, (1e-120, 1.0)),
        (ib.BinaryUniformZeta, (1e-320,)),
    ],
)
def test_a_zeta_beyond_float64_is_refused(zeta: type[Zeta], sizes: tuple[float, ...]) -> None:
    with pytest.raises(ib.OptionError, match="beyond float64"):
        zeta(*sizes)


def test_a_huge_cost_is_an_error_and_not_an_infinity() -> None:
    with pytest.raises(ib.DataError, match="overflow"), np.errstate(over="ignore", invalid="ignore"):
        ib.solve(ib.SplineProblem(np.array(X) * 1e-140, np.array(Y) * 1e140))


def test_splines_refuse_what_is_none() -> None:
    for knots, values, bending in (
        ([0.0, 0.0], [1, 2], [0, 0]),
        ([0.0], [1.0], [0.0]),
        ([0.0, 1.0], [1, 2], [0, 1]),
        ([0.0, 1.0], [1], [0, 0]),
    ):
        with pytest.raises(ib.DataError):
            ib.Spline(knots, values, bending, ib.ConstantZeta())


def test_judge_needs_a_spline_of_this_problem() -> None:
    problem = ib.SplineProblem(X, Y)
    spline = ib.solve(problem).spline
    other = ib.Spline([0, 1, 2, 5], spline.values, spline.bending, spline.zeta)
    for wrong in (other, ib.Measure.zero(), None, ib.Spline(X, spline.values, spline.bending, ib.ConstantZeta(2.0))):
        with pytest.raises(ib.DataError):
            ib.judge(problem, wrong)
    with pytest.raises(ib.OptionError):
        ib.judge(problem, spline, dual=[1.0] * 4)
    with pytest.raises(ib.OptionError):
        ib.solve("no problem")
