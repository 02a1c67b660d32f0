"""Every CVXPY program on every backend: bounds that contain the exact value, whatever the backend says."""

import numpy as np
import pytest
from datasets import KNOWN, points, smallest_gap
from hypothesis import given, settings

import implicit_bias as ib
from implicit_bias.methods.programs import backends

NAMES = backends.BACKENDS.names()
PRECISE = {"CLARABEL", "ECOS", "HIGHS"}
SHORT = 1e-5  # even these stop a few digits short on rare data, one draw in thousands: then the status must say so
ROUTES = [(method, form, name) for method in ("sparse", "dictionary") for form in ("primal", "dual") for name in NAMES]


def check_bounds(solution: ib.Solution, exact: float) -> None:
    """Assert that the bounds contain the exact value and that 'optimal' is not said of a wrong one."""
    assert solution.lower_bound <= exact * (1 + 1e-12)
    assert solution.upper_bound >= exact * (1 - 1e-12)
    if solution.status is ib.Status.OPTIMAL:
        assert solution.value == pytest.approx(exact, rel=1e-6, abs=1e-6 * solution.problem.cost_scale)


def check_route(sample: tuple[np.ndarray, np.ndarray], method: str, form: str, backend: str) -> None:
    x, y = sample
    solution = ib.solve(ib.RegressionProblem(x, y), method, backend, form=form)
    check_bounds(solution, float(ib.prove(x, y).value))
    if backend in PRECISE and smallest_gap(x) >= 1e-3:
        assert solution.gap <= SHORT, solution.reason
        assert solution.constraint_violation <= SHORT * solution.problem.scale, solution.reason


@pytest.mark.parametrize(("method", "form", "backend"), ROUTES)
@given(sample=points())
@settings(max_examples=60)
def test_bounds_contain_the_exact_value(method: str, form: str, backend: str, sample: tuple[np.ndarray, np.ndarray]) -> None:
    check_route(sample, method, form, backend)


@pytest.mark.slow
@pytest.mark.parametrize(("method", "form", "backend"), ROUTES)
@given(sample=points())
@settings(max_examples=300)
def test_bounds_contain_the_exact_value_on_many(method: str, form: str, backend: str, sample: tuple[np.ndarray, np.ndarray]) -> None:
    check_route(sample, method, form, backend)


def test_the_check_rejects_wrong_bounds() -> None:
    solution = ib.solve(ib.RegressionProblem([0, 1, 2], [1, -1, 1]))
    for wrong in (0.999 * solution.value, 1.001 * solution.value):
        with pytest.raises(AssertionError):
            check_bounds(solution, wrong)


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("method", ["sparse", "dictionary"])
def test_known_optima(name: str, method: str) -> None:
    x, y, value = KNOWN[name]
    assert ib.solve(ib.RegressionProblem(x, y), method).value == pytest.approx(value, rel=1e-8, abs=1e-9)


X, Y = np.array([0.0, 1.0, 3.0, 4.0, 7.0]), np.array([1.0, -1.0, 2.0, 0.5, 0.0])


@pytest.mark.parametrize(("method", "form"), [("sparse", "primal"), ("sparse", "dual"), ("dictionary", "primal"), ("dictionary", "dual")])
def test_larger_domain_is_cheaper_and_agrees_between_programs(method: str, form: str) -> None:
    inside = ib.solve(ib.RegressionProblem(X, Y + 50)).value
    problem = ib.RegressionProblem(X, Y + 50, domain=(-20, 30))
    solution = ib.solve(problem, method, "CLARABEL", form=form)
    reference = ib.solve(problem, "dictionary", "HIGHS", grid=np.linspace(-20, 30, 201))
    assert solution.status is reference.status is ib.Status.OPTIMAL
    assert solution.value == pytest.approx(reference.value, rel=1e-7)
    assert solution.upper_bound < inside * 0.99


def test_a_finer_grid_inside_the_data_gains_nothing() -> None:
    problem = ib.RegressionProblem(X, Y)
    exact = ib.solve(problem).value
    for grid in (50, [0.5, 2.25], np.linspace(0, 7, 30)):
        assert ib.solve(problem, "dictionary", grid=grid).value == pytest.approx(exact, rel=1e-8)


def test_program_is_in_the_users_units() -> None:
    problem = ib.RegressionProblem(X * 100, Y * 5)
    for method in ("dictionary", "sparse"):
        for form in ("primal", "dual"):
            stated = ib.program(problem, method, form)
            stated.solve(solver="CLARABEL")
            assert stated.value == pytest.approx(ib.solve(problem).value, rel=1e-6)


def test_auto_says_what_it_chose() -> None:
    problem = ib.RegressionProblem(X, Y)
    assert ib.solve(problem).method == "exact"
    named = ib.solve(problem, backend="scs")
    assert (named.method, named.backend) == ("sparse", "SCS")
    assert "because backend SCS was named" in named.reason
    wider = ib.solve(ib.RegressionProblem(X, Y, domain=(-1, 8)))
    assert (wider.method, wider.backend) == ("sparse", "CLARABEL")
    assert "exact method needs" in wider.reason


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"method": "magic"}, ib.OptionError, "no method 'magic'"),
        ({"method": "exact", "backend": "ECOS"}, ib.OptionError, "takes no backend. Use 'sparse' or 'dictionary'"),
        ({"method": "exact", "grid": 5}, ib.OptionError, "takes no grid"),
        ({"method": "sparse", "grid": 5}, ib.OptionError, "takes no grid. Use 'dictionary'"),
        ({"method": "dictionary", "grid": [99.0]}, ib.OptionError, "must lie in the domain"),
        ({"method": "dictionary", "grid": 0}, ib.OptionError, "positive whole number"),
        ({"method": "dictionary", "grid": 2.5}, ib.OptionError, "positive whole number"),
        ({"method": "sparse", "form": "sideways"}, ib.OptionError, "'primal' or 'dual'"),
        ({"tolerance": 0}, ib.OptionError, "tolerance"),
        ({"tolerance": -1}, ib.OptionError, "tolerance"),
        ({"tolerance": float("nan")}, ib.OptionError, "tolerance"),
        ({"tolerance": "small"}, ib.OptionError, "tolerance"),
        ({"method": "sparse", "time_limit": 0}, ib.OptionError, "time_limit"),
        ({"backend": "ECOS", "time_limit": 5}, ib.OptionError, "ECOS has no time limit"),
        ({"backend": "nope"}, ib.BackendError, "no backend 'NOPE'. There are CLARABEL"),
        ({"backend": "CLARABEL", "backend_options": {"bogus": 1}}, ib.OptionError, "does not accept backend_options"),
        ({"backend": "OSQP", "backend_options": {"bogus": 1}}, ib.OptionError, "does not accept backend_options"),
        ({"warm_start": 3}, ib.OptionError, "warm_start must be a solution"),
    ],
)
def test_bad_options(options: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ib.solve(ib.RegressionProblem(X, Y), **options)


def test_unsuitable_and_missing_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ib.BackendError, match=r"HIGHS cannot solve this SOCP: it takes LP, QP only. Use CLARABEL or ECOS or SCS"):
        backends.find_backend("highs", "SOCP")
    monkeypatch.setattr(backends.util, "find_spec", lambda name: None if name == "ecos" else object())
    with pytest.raises(ib.BackendError, match=r"ECOS cannot solve this LP: it is not installed \(pip install ecos\)"):
        ib.solve(ib.RegressionProblem(X, Y), backend="ecos")


def test_bad_problems() -> None:
    with pytest.raises(ib.OptionError, match="weight must be"):
        ib.RegressionProblem(X, Y, weight="heavy")
    with pytest.raises(ib.OptionError, match="affine must be"):
        ib.RegressionProblem(X, Y, affine="maybe")
    with pytest.raises(ib.OptionError, match="must contain the data's range"):
        ib.RegressionProblem(X, Y, domain=(1, 9))
    with pytest.raises(ib.OptionError, match="degenerate"):
        ib.RegressionProblem(X, Y, domain=(-np.inf, 9.0))
    with pytest.raises(ib.OptionError, match="pair"):
        ib.RegressionProblem(X, Y, domain=3)
    with pytest.raises(ib.OptionError, match="A problem is needed"):
        ib.solve([X, Y])
    with pytest.raises(ib.OptionError, match="data's range"):
        ib.solve(ib.RegressionProblem(X, Y, domain=(-1, 8)), "exact")
    with pytest.raises(ib.DataError, match="strictly increasing"):
        ib.MeasureProblem(X[::-1].copy(), ib.Values(Y), ib.RegressionProblem(X, Y).features)


def test_a_stopped_backend_says_limit() -> None:
    x, y = np.arange(40.0), np.random.default_rng(0).normal(size=40)
    solution = ib.solve(ib.RegressionProblem(x, y), "sparse", "SCS", backend_options={"max_iters": 20})
    assert solution.status in (ib.Status.LIMIT, ib.Status.INACCURATE)
    assert "SCS said" in solution.reason
    check_bounds(solution, ib.solve(ib.RegressionProblem(x, y)).value)


def test_a_time_limit_is_kept() -> None:
    x, y = np.arange(400.0), np.random.default_rng(0).normal(size=400)
    solution = ib.solve(ib.RegressionProblem(x, y), "dictionary", "HIGHS", time_limit=0.01)
    assert solution.status in (ib.Status.LIMIT, ib.Status.BACKEND_FAILED)
    assert solution.upper_bound >= solution.lower_bound


def test_backends_leave_stdout_alone(capfd: pytest.CaptureFixture[str]) -> None:
    ib.solve(ib.RegressionProblem([0, 1, 2], [0, 0, 0]), "dictionary", "OSQP")
    assert capfd.readouterr().out == ""


def test_optimal_is_not_said_of_a_cheap_measure_that_misses_close_points() -> None:
    x, y = np.concatenate(([0.0, 1e-12], np.arange(1.0, 10))), np.concatenate(([1.0, 1.0], np.arange(2.0, 11)))
    exact = float(ib.prove(x, y).value)
    for name in NAMES:
        check_bounds(ib.solve(ib.RegressionProblem(x, y), "sparse", name, form="dual"), exact)


@pytest.mark.slow
def test_scs_is_not_believed() -> None:
    rng = np.random.default_rng(0)
    x, y = np.sort(rng.random(300)), rng.normal(size=300)
    exact = ib.solve(ib.RegressionProblem(x, y)).value
    solution = ib.solve(ib.RegressionProblem(x, y), "dictionary", "SCS")
    assert abs(solution.value / exact - 1) > 1e-3
    assert solution.status in (ib.Status.LIMIT, ib.Status.INACCURATE)
    assert "the gap is" in solution.reason
    check_bounds(solution, exact)
