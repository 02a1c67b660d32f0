"""Splines as CVXPY programs: they tend to the exact answer at the right rate, on every backend, and are judged like it."""

import warnings

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias.methods.programs.backends import BACKENDS
from implicit_bias.zetas.zeta import Zeta

ZETAS = [
    ib.ConstantZeta(0.7),
    ib.GaussianZeta(1.0, 0.2),
    ib.UniformZeta(1.0, 0.3),
    ib.BinaryUniformZeta(0.95),
    ib.FunctionZeta(lambda x: 1 + np.sin(5 * x) ** 2),
]
zetas = pytest.mark.parametrize("zeta", ZETAS, ids=lambda zeta: type(zeta).__name__)
X = np.array([-1.0, -0.7, -0.25, 0.1, 0.35, 0.8, 1.0])
Y = np.array([0.3, -0.2, 0.5, 0.1, -0.6, 0.2, 0.4])


def objective(problem: ib.SplineProblem, method: str, cells: int) -> float:
    """The optimal value of a program in the problem's own units."""
    program = ib.program(problem, method, grid=np.linspace(-1, 1, cells + 1))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Solution may be inaccurate")
        program.solve(solver="CLARABEL", tol_gap_abs=1e-12, tol_gap_rel=1e-12, tol_feas=1e-12)
    return float(program.value)


@zetas
@pytest.mark.parametrize("method", ["dictionary", "finite-difference"])
@pytest.mark.parametrize("smoothing", [None, 1e-2])
def test_the_error_falls_with_the_square_of_the_cells(zeta: Zeta, method: str, smoothing: float | None) -> None:
    problem = ib.SplineProblem(X, Y, zeta, smoothing)
    exact = ib.solve(problem).value
    cells = np.array([40, 80, 160, 320])  # every datum is on the grid
    errors = np.array([abs(objective(problem, method, int(count)) / exact - 1) for count in cells])
    rate = np.polyfit(np.log(cells), np.log(errors), 1)[0]
    assert -2.3 < rate < -1.7
    assert errors[-1] < 1e-3


@zetas
def test_the_dictionary_is_never_below_the_truth(zeta: Zeta) -> None:
    problem = ib.SplineProblem(X, Y, zeta)
    assert objective(problem, "dictionary", 100) >= ib.solve(problem).value * (1 - 1e-9)


@pytest.mark.parametrize("backend", [name for name in ("CLARABEL", "ECOS", "OSQP", "SCS") if BACKENDS.find(name).installed])
@pytest.mark.parametrize("method", ["dictionary", "finite-difference"])
@pytest.mark.parametrize("smoothing", [None, 1e-2])
def test_every_backend_comes_near(backend: str, method: str, smoothing: float | None) -> None:
    problem = ib.SplineProblem(X, Y, ib.GaussianZeta(1.0, 0.5), smoothing)
    exact = ib.solve(problem)
    loose = 5e-2
    solution = ib.solve(problem, method, backend, tolerance=1e-6, grid=200)
    assert solution.status in (ib.Status.INACCURATE, ib.Status.LIMIT), solution.reason  # the grid alone costs more than 1e-6
    assert solution.backend == backend
    assert solution.lower_bound <= exact.value * (1 + 1e-12)
    assert solution.upper_bound >= exact.value * (1 - 1e-12)
    assert solution.gap <= loose
    np.testing.assert_allclose(solution.predict(X), exact.predict(X), atol=loose)
    assert ib.judge(problem, solution.spline, tolerance=0.5).status is ib.Status.OPTIMAL


def test_a_grid_may_be_places_or_their_number() -> None:
    problem = ib.SplineProblem(X, Y)
    for grid in (None, 50, [0.0, 0.5], np.linspace(-1, 1, 30)):
        found = ib.solve(problem, "dictionary", grid=grid, tolerance=0.5)
        assert found.lower_bound <= ib.solve(problem).value * (1 + 1e-9)
    for grid in (-1, [-2.0, 0.0], [[0.0]], True):
        with pytest.raises(ib.ImplicitBiasError):
            ib.solve(problem, "dictionary", grid=grid)


def test_the_reason_says_what_was_chosen() -> None:
    problem = ib.SplineProblem(X, Y, smoothing=0.1)
    assert ib.solve(problem).method == "exact"
    assert ib.solve(problem, backend="clarabel").method == "finite-difference"
    assert "CLARABEL, the default backend" in ib.solve(problem, "dictionary").reason


def test_a_backend_that_is_stopped_gets_a_status() -> None:
    problem = ib.SplineProblem(X, Y, ib.GaussianZeta(1.0, 0.5))
    solution = ib.solve(problem, "finite-difference", "OSQP", backend_options={"max_iter": 1})
    assert solution.status in (ib.Status.LIMIT, ib.Status.BACKEND_FAILED, ib.Status.INACCURATE)
    if solution.spline is None:
        assert np.isnan(solution.value)
        assert solution.gap == 1
        with pytest.raises(ib.BackendError):
            solution.predict(0.0)


@pytest.mark.parametrize(
    "options",
    [
        {"method": "sparse"},
        {"method": "exact", "backend": "CLARABEL"},
        {"method": "exact", "grid": 3},
        {"method": "dictionary", "form": "dual"},
        {"time_limit": 1.0},
        {"tolerance": 0.0},
    ],
)
def test_bad_options(options: dict[str, object]) -> None:
    with pytest.raises(ib.OptionError):
        ib.solve(ib.SplineProblem(X, Y), **options)
    with pytest.raises(ib.OptionError):
        ib.program(ib.SplineProblem(X, Y), "exact")
    with pytest.raises(ib.OptionError, match="The exact method takes no grid"):
        ib.solve(ib.SplineProblem(X, Y), grid="junk")


def test_unknown_backends() -> None:
    with pytest.raises(ib.BackendError):
        ib.solve(ib.SplineProblem(X, Y), "dictionary", "NO_SUCH")
