"""What a user adds from outside, by registering a row, is found, solved and judged like what the toolkit ships.

A toy of each kind: a method, a program, a loss, a backend, and a kind of problem. Each says what it needed of the package. The code of
CONTRIBUTING.md, which shows the same, is run.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import cvxpy as cp
import numpy as np
import pytest
from choices import PROBLEMS, line, problem_of, refusal
from cvxpy.reductions.solvers.conic_solvers.clarabel_conif import CLARABEL
from scipy.optimize import linprog

import implicit_bias as ib
from implicit_bias import cli
from implicit_bias.fits import LOSSES, Boxes, Loss
from implicit_bias.measures.features import feature_matrix
from implicit_bias.methods import METHODS, Found, Method, Program, Stated
from implicit_bias.methods.exact.regression import solve_regression
from implicit_bias.methods.programs.backends import BACKENDS, Backend
from implicit_bias.methods.table import names
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.base import Constrained
from implicit_bias.problems.candidate import Candidate
from implicit_bias.report import solution_report
from implicit_bias.solution import Refutation, Timings

CONTRIBUTING = Path(__file__).parent.parent / "CONTRIBUTING.md"
ROUNDING = 1e-12
SHORT = 1e-6


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    before = [table.names() for table in (METHODS, BACKENDS, LOSSES)]
    yield
    assert [table.names() for table in (METHODS, BACKENDS, LOSSES)] == before


# --- a method -------------------------------------------------------------------------------------------------------------------------


class OneSided(Method[ib.MeasureProblem]):
    """The interpolant with all inner kinks facing right: feasible, and in general dearer than the optimum.

    It needs ``Method`` and ``Found`` of ``implicit_bias.methods``, ``Candidate`` of ``problems.candidate``, and ``METHODS`` to be
    registered in.
    """

    name, title, suits = "one-sided", "The one-sided method", (ib.MeasureProblem,)

    def __init__(self, dual: Callable[[Any], Any] = lambda problem: None) -> None:
        self.dual = dual

    def objection(self, problem: ib.MeasureProblem) -> str | None:
        return None if problem.interpolates else "The one-sided method interpolates one output."

    def solve(self, problem: ib.MeasureProblem, options: Any) -> Found:
        return Found(Candidate(ib.constructed_measure(problem.x, problem.y), self.dual(problem)))


class Right(OneSided):
    """The closed form under another name."""

    name, title = "right", "The right method"

    def solve(self, problem: ib.MeasureProblem, options: Any) -> Found:
        return Found(solve_regression(problem), Timings(solve=1.0), notes=" Right.")


DUALS: dict[str, Callable[[Any], Any]] = {
    "none": lambda problem: None,
    "ones": lambda problem: np.ones(len(problem)),
    "best": lambda problem: ib.solve(problem, "exact").dual,
}


@pytest.mark.parametrize("dual", DUALS)
def test_a_method_that_is_not_optimal_is_bounded(dual: str) -> None:
    problem = problem_of("regression unit")
    best = ib.solve(problem, "exact")
    with METHODS.having(OneSided(DUALS[dual])):
        assert "one-sided" in names(problem)
        found = ib.solve(problem, "one-sided")
    assert found.status is ib.Status.INACCURATE
    assert (found.method, found.backend) == ("one-sided", None)
    assert found.upper_bound > best.value * 1.01
    # the repair splits each kink anew, so that the upper bound need not be the measure's own cost
    assert found.upper_bound >= found.value
    assert found.lower_bound <= best.value * (1 + ROUNDING)
    expected = {"none": 0.0, "ones": abs(problem.y.sum()) / float(problem.certificate(np.ones(len(problem))).peak), "best": best.value}
    signed = problem.y.sum() if dual == "ones" else 1.0
    assert found.lower_bound == pytest.approx(expected[dual] if signed > 0 else 0.0, rel=1e-9)


def test_a_right_method_is_optimal_and_can_be_preferred() -> None:
    problem = problem_of("regression unit")
    best = ib.solve(problem)
    with METHODS.having(Right()):
        assert ib.solve(problem, "right").status is ib.Status.OPTIMAL
        assert ib.solve(problem).method == "exact"
    with METHODS.having(Right(), first=True):
        found = ib.solve(problem)
        assert ib.solve(problem_of("boxes")).status is ib.Status.OPTIMAL
    assert (found.status, found.method, found.value) == (ib.Status.OPTIMAL, "right", best.value)
    assert found.reason.endswith("Right.")
    assert "right" not in names()
    with pytest.raises(ib.OptionError, match="no method 'right'"):
        ib.solve(problem, "right")


def test_a_method_may_be_passed_as_it_is() -> None:
    problem = problem_of("regression unit")
    found = ib.solve(problem, Right())
    assert (found.status, found.method) == (ib.Status.OPTIMAL, "right")
    assert found.reason == "The right method was asked for. Right."
    with pytest.raises(ib.OptionError, match=r"takes no grid\. Use 'dictionary'\.$"):
        ib.solve(problem, Right(), grid=5)
    with pytest.raises(ib.OptionError, match=r"is not for splines\. Use 'exact', 'finite-difference' or 'dictionary'\.$"):
        ib.solve(problem_of("spline"), Right())
    with pytest.raises(ib.OptionError, match=r"interpolates one output\. Use 'sparse' or 'dictionary'\.$"):
        ib.solve(problem_of("boxes"), Right())


def test_refusals_recommend_a_registered_method() -> None:
    class Patient(Right):
        takes = frozenset({"time_limit"})

    with METHODS.having(Patient()):
        said = str(refusal(problem_of("regression unit"), "exact", time_limit=5))
    assert said == "The exact method takes no time_limit. Use 'sparse', 'dictionary' or 'right'."


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what the command line writes to stdout."""
    with pytest.raises(SystemExit):
        cli.run(arguments)
    return capsys.readouterr().out


def test_a_registered_method_is_listed_and_used_by_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data.csv"
    data.write_text("x,y\n0,1\n1,-1\n3,2\n4,0\n", encoding="utf-8")
    with METHODS.having(OneSided()):
        assert "one-sided" in said(capsys, "methods")
        assert json.loads(said(capsys, "solve", "regression", str(data), "--method", "one-sided", "--json", "-"))["method"] == "one-sided"
    assert "one-sided" not in said(capsys, "methods")


# --- a program ------------------------------------------------------------------------------------------------------------------------


class Knots(Program[ib.MeasureProblem]):
    """Interpolation over kinks at the data, as a linear program.

    It needs ``Program`` and ``Stated`` of ``implicit_bias.methods``, and ``Candidate``; backends, forms, time limits and their refusals
    come with ``Program``.
    """

    name, title, suits = "knots", "The knots program", (ib.MeasureProblem,)
    forms = ("primal",)

    def objection(self, problem: ib.MeasureProblem) -> str | None:
        return None if problem.interpolates and problem.on_data_range else "The knots program interpolates one output."

    def cone(self, problem: ib.MeasureProblem) -> str:
        return "LP"

    def state(self, problem: ib.MeasureProblem, form: str, grid: Any, scaled: bool) -> Stated:
        kinks, directions = problem.features.over(problem.x, problem.x)
        weights = cp.Variable(kinks.size)
        fits = feature_matrix(problem.x, kinks, directions) @ weights == problem.y

        def read() -> Candidate:
            if weights.value is None:
                return Candidate(None, None)
            return Candidate(ib.Measure(kinks, directions, weights.value), -fits.dual_value)

        return Stated(cp.Problem(cp.Minimize(cp.norm1(weights)), [fits]), read)


@pytest.mark.parametrize("backend", [None, "CLARABEL", "ECOS", "HIGHS"])
def test_a_program_is_solved_by_any_backend(backend: str | None) -> None:
    problem = problem_of("regression unit")
    with METHODS.having(Knots()):
        found = ib.solve(problem, "knots", backend)
        assert ib.program(problem, "knots").solve("CLARABEL") == pytest.approx(found.value, rel=1e-7)
        refused = refusal(problem, "knots", form="dual")
        slow = refusal(problem, "knots", backend="ECOS", time_limit=1)
    assert found.status is ib.Status.OPTIMAL
    assert (found.method, found.backend) == ("knots", backend or "CLARABEL")
    assert found.value == pytest.approx(ib.solve(problem).value, rel=1e-8)
    assert str(refused) == "The knots program has the form 'primal' only, not 'dual'. Use 'sparse' or 'dictionary'."
    assert str(slow) == "ECOS has no time limit. Leave time_limit out, or use CLARABEL or HIGHS or OSQP or SCS."


# --- a loss ---------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Absolute(Loss):
    """L(F) = Σ |F - y|; α = sign(y - F), in general |α| ≤ 1, worth α·y.

    It needs ``Loss`` and ``LOSSES`` of ``implicit_bias.fits``; column generation, the dictionary and the patterns take it as it is.
    """

    name: ClassVar[str] = "absolute"

    y: FloatArray

    @classmethod
    def of_targets(cls, y: FloatArray) -> Absolute:
        return cls(y)

    @property
    def targets(self) -> FloatArray:
        return self.y

    @property
    def shape(self) -> tuple[int, ...]:
        return self.y.shape

    @property
    def scale(self) -> float:
        return float(np.abs(self.y).max(initial=0.0)) or 1.0

    def value(self, values: FloatArray) -> float:
        return float(np.abs(values - self.y).sum())

    def negative_gradient(self, values: FloatArray) -> FloatArray:
        return np.sign(self.y - values)

    def project_dual(self, alpha: FloatArray) -> FloatArray:
        return np.clip(alpha, -1.0, 1.0)

    def dual_value(self, alpha: FloatArray) -> float:
        return float((alpha * self.y).sum())

    def best_dual_value(self, alpha: FloatArray, most: float) -> float:
        top = float(np.abs(alpha).max(initial=0.0))
        return 0.0 if top == 0 else max(0.0, self.dual_value(alpha) * min(most, 1.0 / top))

    def objective(self, values: Any) -> Any:
        return cp.norm1(values - self.y)

    def dual_program(self, beta: Any, level: float = 1.0) -> tuple[Any, list[Any]]:
        return cp.sum(cp.multiply(beta, self.y)), [level * beta <= 1, level * beta >= -1]


LEVELS = (1.0, 0.3, 0.05)
LOSS_DATA = line(7, 21)
EVENLY = np.tan(np.linspace(-np.pi / 2, np.pi / 2, 2002)[1:-1])
"""Kinks that leave the dual of a dictionary no room between them."""


@pytest.fixture
def absolute() -> Iterator[None]:
    with LOSSES.having(Absolute):
        yield


def stated(level: float) -> ib.SphereProblem:
    return ib.RegularizedProblem(*LOSS_DATA, level, loss="absolute")


def by_linear_program(level: float, angles: int = 40_001) -> float:
    """Return min Σ |F - y| + λ Σ |v| over many features, by SciPy; those with kinks at the data, where η bends, are among them."""
    x, y = LOSS_DATA
    at_data = np.arctan2(-x, 1.0)
    turn = np.concatenate([np.linspace(0, 2 * np.pi, angles), at_data, at_data + np.pi])
    columns = np.maximum(np.cos(turn) * x[:, None] + np.sin(turn), 0.0)
    n, m = columns.shape
    costs = np.concatenate([np.full(2 * m, level), np.ones(2 * n)])
    rows = np.hstack([columns, -columns, np.eye(n), -np.eye(n)])
    return float(linprog(costs, A_eq=rows, b_eq=y, method="highs").fun)


def test_the_conjugate_of_the_loss_is_right() -> None:
    rng, loss = np.random.default_rng(0), Absolute(LOSS_DATA[1])
    for _ in range(100):
        values, alpha = 3 * rng.normal(size=7), loss.project_dual(rng.normal(size=7))
        assert loss.value(values) - loss.dual_value(alpha) >= -(alpha @ values) - ROUNDING
        best = loss.negative_gradient(values)
        assert loss.value(values) - loss.dual_value(best) == pytest.approx(-(best @ values), abs=1e-12)


@pytest.mark.usefixtures("absolute")
@pytest.mark.parametrize("level", LEVELS)
def test_a_loss_is_solved_off_the_grid_and_on_it(level: float) -> None:
    problem, expected = stated(level), by_linear_program(level)
    best = ib.solve(problem)
    assert (best.status, best.method, best.backend) == (ib.Status.OPTIMAL, "column-generation", "CLARABEL")
    assert best.value == pytest.approx(expected, rel=SHORT)
    assert best.value <= expected * (1 + 1e-9)  # which is over fewer features
    others = [("column-generation", "HIGHS", "primal"), ("patterns", "CLARABEL", "primal")]
    others += [("dictionary", backend, form) for backend in ("CLARABEL", "HIGHS") for form in ("primal", "dual")]
    for method, backend, form in others:
        grid = {"grid": np.concatenate([best.measure.kinks, EVENLY])} if method == "dictionary" else {}
        found = ib.solve(problem, method, backend, form=form, **grid)
        assert found.gap <= SHORT, found
        assert found.lower_bound <= best.upper_bound
        assert found.value == pytest.approx(best.value, rel=2 * SHORT)


@pytest.mark.usefixtures("absolute")
def test_a_loss_has_a_largest_level_and_paths() -> None:
    most = ib.lambda_max(stated(1.0))
    without = ib.solve(stated(most * 1.001))
    assert without.status is ib.Status.OPTIMAL
    assert len(without.atoms) == 0
    assert without.value == pytest.approx(np.abs(LOSS_DATA[1]).sum())
    assert len(ib.solve(stated(most * 0.9)).atoms) > 0
    for level, found in zip(LEVELS, ib.path(stated(1.0), LEVELS), strict=True):
        assert found.status is ib.Status.OPTIMAL
        assert found.value == pytest.approx(ib.solve(stated(level)).value, rel=1e-7)


@pytest.mark.usefixtures("absolute")
def test_a_loss_is_reported_and_offered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data.csv"
    data.write_text("\n".join(["x,y", *(f"{x},{y}" for x, y in zip(*LOSS_DATA, strict=True))]), encoding="utf-8")
    report = json.loads(said(capsys, "solve", "regularized", str(data), "--loss", "absolute", "--regularization", "0.3", "--json", "-"))
    assert (report["problem"]["loss"], report["value"]) == ("absolute", pytest.approx(ib.solve(stated(0.3)).value, rel=1e-7))
    assert solution_report(ib.solve(stated(0.3)))["problem"]["loss"] == "absolute"
    with pytest.raises(ib.OptionError, match="loss must be one of squared, cross-entropy, hinge, absolute, not 'huge'"):
        ib.RegularizedProblem(*LOSS_DATA, 0.3, loss="huge")


@pytest.mark.usefixtures("absolute")
def test_a_loss_with_a_wrong_conjugate_is_not_optimal() -> None:
    """The dual of half the loss: the bounds are too low, and the gap says so."""

    class Half(Absolute):
        name = "half"

        def project_dual(self, alpha: FloatArray) -> FloatArray:
            return np.clip(alpha, -0.5, 0.5)

    with LOSSES.having(Half):
        found = ib.solve(ib.RegularizedProblem(*LOSS_DATA, 0.3, loss="half"))
    assert found.status is ib.Status.INACCURATE
    assert found.lower_bound < ib.solve(stated(0.3)).value < found.upper_bound * (1 + 1e-7)


# --- a backend ------------------------------------------------------------------------------------------------------------------------


class Liar(CLARABEL):
    """Clarabel, with weights that are wrong and a word that is right."""

    def name(self) -> str:
        return "LIAR"

    def invert(self, solution: Any, inverse_data: Any) -> Any:
        found = super().invert(solution, inverse_data)
        found.primal_vars = {key: 1.1 * np.asarray(value) for key, value in found.primal_vars.items()}
        return found


def of_clarabel(name: str, solver: Any) -> Backend:
    """Return a row, which needs ``Backend`` and ``BACKENDS`` of ``implicit_bias.methods.programs.backends``."""
    return Backend(
        name,
        module="clarabel",
        cones=frozenset({"LP", "QP", "SOCP"}),
        settings=lambda tolerance: dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), tolerance),
        time_option="time_limit",
        remark="a toy",
        solver=solver,
    )


def test_a_backend_is_used_named_and_listed(capsys: pytest.CaptureFixture[str]) -> None:
    problem = problem_of("regression unit")
    with BACKENDS.having(of_clarabel("MINE", "CLARABEL")):
        found = ib.solve(problem, "sparse", backend="mine", time_limit=60)
        by_default = ib.solve(problem_of("max-margin unit"), backend="MINE")
        off_the_grid = ib.solve(problem_of("regularized hinge"), "column-generation", backend="MINE")
        refused = refusal(problem_of("max-margin unit"), "sparse", backend="HIGHS")
        listed = said(capsys, "backends")
    assert re.search(r"^MINE +\d.* yes +yes +yes +no +no +a toy$", listed, re.MULTILINE)
    for solution in (found, by_default, off_the_grid):
        assert (solution.status, solution.backend) == (ib.Status.OPTIMAL, "MINE")
    assert found.value == pytest.approx(ib.solve(problem).value, rel=1e-8)
    assert str(refused).endswith("Use CLARABEL or ECOS or SCS or MINE.")
    with pytest.raises(ib.BackendError, match="There is no backend 'MINE'"):
        ib.solve(problem, "sparse", backend="MINE")


@pytest.mark.parametrize("name", ["regression unit", "max-margin unit", "regularized squared", "denoising"])
def test_a_lying_backend_is_not_believed(name: str) -> None:
    problem = problem_of(name)
    with BACKENDS.having(of_clarabel("LIAR", Liar())):
        found = ib.solve(problem, backend="LIAR")
    assert (found.status, found.backend) == (ib.Status.INACCURATE, "LIAR")
    assert "LIAR said 'optimal'" in found.reason
    best = ib.solve(problem)
    assert found.lower_bound <= best.value * (1 + 1e-9)
    assert found.upper_bound >= best.value * (1 - 1e-9)


def test_a_backend_that_is_not_there_is_refused() -> None:
    absent = replace(of_clarabel("ABSENT", "CLARABEL"), module="no_such_solver")
    with BACKENDS.having(absent):
        said = str(refusal(problem_of("regression unit"), "sparse", backend="ABSENT"))
    assert said.startswith("ABSENT cannot solve this LP: it is not installed (pip install no_such_solver). Use CLARABEL")
    assert "ABSENT" not in said.split("Use ")[1]


# --- a kind of problem ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Total:
    """η of constants, the one feature that there is: Σ α."""

    peak: float
    exact: bool = True


@dataclass(frozen=True, eq=False)
class ConstantProblem(Constrained):
    """The least |c| with lower_i ≤ c ≤ upper_i: the measure has a constant and no atoms.

    It needs ``Constrained`` of ``problems.base``, with its abstract facts and methods, a fit of ``implicit_bias.fits``, and for its
    methods what methods need.
    """

    noun = "the least constant"
    weight, affine, norm, interpolates, resolution, cone = "constant", "penalized", 2, False, 0.0, "LP"

    x: FloatArray
    fit: Boxes
    merged: int = field(default=0, kw_only=True)

    @property
    def cost_scale(self) -> float:
        return self.scale

    @property
    def ends(self) -> tuple[float, float]:
        return float(self.fit.lower.max()), float(self.fit.upper.min())

    def conflict(self) -> tuple[Candidate, Refutation] | None:
        low, high = self.ends
        if low <= high:
            return None
        dual = np.zeros(self.fit.shape)
        dual[int(self.fit.lower.argmax())] += 1.0
        dual[int(self.fit.upper.argmin())] -= 1.0
        return Candidate(None, dual), Refutation(ib.Status.INFEASIBLE, "Two intervals are apart.")

    def constant(self, c: float) -> ib.Measure:
        return ib.Measure(np.empty(0), np.empty(0), np.empty((0, 1)), np.array([c]))

    def admissible(self, measure: Any) -> Any:
        if len(measure):
            raise ib.DataError("A constant has no kinks.")
        return measure

    def pruned(self, measure: Any, tolerance: float) -> Any:
        return measure

    def cost(self, measure: Any) -> float:
        return float(np.abs(self.admissible(measure).constant).sum())

    def violation(self, measure: Any) -> float:
        return self.fit.violation(measure(self.x))

    def repaired_cost(self, measure: Any) -> float:
        return float(np.abs(np.clip(measure.constant, *self.ends)).sum())

    def certificate(self, dual: Any) -> Any:
        return Total(abs(float(self.fit.project_dual(dual).sum())))

    def dual_value(self, certificate: Any, dual: Any) -> float:
        return self.fit.dual_value(self.fit.project_dual(dual))

    def lower_bound(self, certificate: Any, dual: Any) -> float:
        value = self.dual_value(certificate, dual)
        return np.inf if certificate.peak == 0 and value > 0 else super().lower_bound(certificate, dual)


class ExactConstant(Method[ConstantProblem]):
    """The end of the common interval that is nearest to 0, shifted to be wrong."""

    name, title, suits = "exact", "The exact method", (ConstantProblem,)

    def __init__(self, shift: float = 0.0) -> None:
        self.shift = shift

    def solve(self, problem: ConstantProblem, options: Any) -> Found:
        low, high = problem.ends
        dual = np.zeros(problem.fit.shape)
        if low > 0:
            dual[int(problem.fit.lower.argmax())] = 1.0
        if high < 0:
            dual[int(problem.fit.upper.argmin())] = -1.0
        return Found(Candidate(problem.constant(float(np.clip(0.0, low, high)) + self.shift), dual))


class ConstantProgram(Program[ConstantProblem]):
    """The same as a linear program."""

    name, title, suits = "constant-program", "The constant program", (ConstantProblem,)
    forms = ("primal",)

    def cone(self, problem: ConstantProblem) -> str:
        return problem.cone

    def state(self, problem: ConstantProblem, form: str, grid: Any, scaled: bool) -> Stated:
        c = cp.Variable()
        tie, _, constraints = problem.fit.tie(c * np.ones(problem.fit.shape), None, 1.0)

        def read() -> Candidate:
            if c.value is None:
                return Candidate(None, None)
            return Candidate(problem.constant(float(c.value)), None if tie.dual_value is None else -tie.dual_value)

        return Stated(cp.Problem(cp.Minimize(cp.abs(c)), [tie, *constraints]), read)


def constants(low: float, high: float) -> ConstantProblem:
    lower = np.array([low - 1, low, low - 0.5])[:, None]
    upper = np.array([high, high + 2, high + 1])[:, None]
    return ConstantProblem(np.array([0.0, 1.0, 3.0]), Boxes(lower, upper))


@pytest.fixture
def solved() -> Iterator[None]:
    with METHODS.having(ExactConstant()), METHODS.having(ConstantProgram()):
        yield


ENDS = [((1.0, 2.0), 1.0), ((-3.0, -0.5), 0.5), ((-1.0, 1.0), 0.0), ((2.0, 2.0), 2.0)]


@pytest.mark.usefixtures("solved")
@pytest.mark.parametrize(("ends", "value"), ENDS)
def test_a_kind_of_problem_is_solved_and_judged(ends: tuple[float, float], value: float) -> None:
    problem = constants(*ends)
    for method, backend in (("auto", None), ("exact", None), ("auto", "HIGHS"), ("constant-program", "CLARABEL")):
        found = ib.solve(problem, method, backend)
        assert found.status is ib.Status.OPTIMAL or value == 0, found
        assert found.value == pytest.approx(value, abs=1e-7)
        assert found.lower_bound <= value + ROUNDING
        assert found.upper_bound >= value - ROUNDING
    assert ib.judge(problem, problem.constant(value)).gap <= 1e-8
    report = solution_report(found)
    assert report["problem"] == {"kind": "boxes", "weight": "constant", "affine": "penalized", "n": 3, "inputs": 1, "outputs": 1}
    assert ib.program(problem, "constant-program").solve("CLARABEL") == pytest.approx(value, abs=1e-7)


@pytest.mark.usefixtures("solved")
def test_other_answers_to_a_kind_of_problem_only_widen_the_bounds() -> None:
    problem = constants(1.0, 2.0)
    for shift in (0.1, -0.1, 5.0):
        found = ib.solve(problem, ExactConstant(shift))
        assert found.status is ib.Status.INACCURATE
        assert found.lower_bound == 1.0 <= found.upper_bound
    rng = np.random.default_rng(0)
    for _ in range(50):
        judged = ib.judge(problem, problem.constant(float(rng.normal(scale=2))), rng.normal(size=(3, 1)))
        assert judged.lower_bound <= 1 + ROUNDING
        assert judged.upper_bound >= 1 - ROUNDING


@pytest.mark.usefixtures("solved")
def test_refusals_of_a_kind_of_problem_advise() -> None:
    problem = constants(1.0, 2.0)
    assert names(problem) == ("exact", "constant-program")
    assert str(refusal(problem, "exact", backend="SCS")) == "The exact method takes no backend. Use 'constant-program'."
    assert str(refusal(problem, "sparse")) == "There is no sparse method for the least constant. Use 'exact' or 'constant-program'."
    assert ib.solve(constants(2.0, 1.0)).status is ib.Status.INFEASIBLE
    for call in (ib.lambda_max, partial(ib.path, regularizations=[1.0])):
        with pytest.raises(ib.OptionError, match="RegularizedProblem"):
            call(problem)


def test_a_kind_of_problem_without_a_method_is_refused() -> None:
    problem = constants(1.0, 2.0)
    for options in ({}, {"backend": "SCS"}, {"grid": 3}):
        with pytest.raises(ib.OptionError, match=r"^There is no (method|program) for the least constant"):
            ib.solve(problem, **options)
    with pytest.raises(ib.OptionError, match="RegularizedProblem"):
        ib.path(problem, [1.0])


@pytest.mark.usefixtures("solved")
@pytest.mark.parametrize("name", PROBLEMS)
def test_other_problems_do_not_see_it(name: str) -> None:
    assert "constant-program" not in names(problem_of(name))


# --- unfinished additions --------------------------------------------------------------------------------------------------------------


class Nameless(Method[ib.MeasureProblem]):
    def solve(self, problem: ib.MeasureProblem, options: Any) -> Found | None:
        return None


class Wrong(Nameless):
    name, title, suits = "wrong", "The wrong method", (ib.MeasureProblem,)
    returned: Any = None

    def solve(self, problem: ib.MeasureProblem, options: Any) -> Any:
        return self.returned


UNFINISHED = {
    "The method Nameless lacks name, title and suits": Nameless(),
    r"Wrong is a class; a method is made from it, Wrong\(\)": Wrong,
    "must have a tuple of types of problems as suits": type("Single", (Wrong,), {"suits": ib.MeasureProblem})(),
    "must have a set of names of options as takes": type("Word", (Wrong,), {"takes": "grid"})(),
}


@pytest.mark.parametrize("says", UNFINISHED)
def test_an_unfinished_method_is_refused_before_it_can_break_the_table(says: str) -> None:
    before = METHODS.names()
    for use in (METHODS.register, partial(ib.solve, ib.RegressionProblem([0, 1, 2], [0, 1, 0]))):
        with pytest.raises(ib.OptionError, match=says):
            use(UNFINISHED[says])
    assert METHODS.names() == before
    with pytest.raises(ib.OptionError, match="not int"):
        METHODS.register(3)


@pytest.mark.parametrize(
    ("returned", "says"), [(3, r"must return Found\(candidate\) or None, not int"), (Found(3), "must find a candidate, an Answer, not int")]
)
def test_what_a_method_returns_is_checked(returned: Any, says: str) -> None:
    row = Wrong()
    row.returned = returned
    with pytest.raises(ib.OptionError, match=f"The wrong method {says}"):
        ib.solve(ib.RegressionProblem([0, 1, 2], [0, 1, 0]), row)


def test_an_unfinished_loss_is_refused() -> None:
    unfinished = type("Unfinished", (Loss,), {"name": "unfinished"})
    for use in (LOSSES.register, partial(ib.RegularizedProblem, [0, 1], [1, 2], 0.1)):
        with pytest.raises(ib.OptionError, match="The loss Unfinished lacks best_dual_value"):
            use(unfinished)
        with pytest.raises(ib.OptionError, match="A loss of your own is a subclass"):
            use(float)
    assert "unfinished" not in LOSSES


# --- CONTRIBUTING.md ------------------------------------------------------------------------------------------------------------------


def blocks() -> dict[str, str]:
    """Return the Python code of CONTRIBUTING.md by the headings above it."""
    found, heading = {}, ""
    for part in re.split(r"^(## [^\n]*|```python\n.*?^```)$", CONTRIBUTING.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL):
        if part.startswith("## "):
            heading = part.removeprefix("## ")
        elif part.startswith("```python"):
            found[heading] = found.get(heading, "") + part.removeprefix("```python\n").removesuffix("```")
    return found


def test_every_addition_has_its_code() -> None:
    assert {f"Add a {what}" for what in ("method", "kind of problem", "loss", "backend", "claim")} <= set(blocks())


@pytest.mark.parametrize("heading", blocks())
def test_the_code_of_contributing_runs(heading: str) -> None:
    """Each in a process of its own: what is registered stays there."""
    code = blocks()[heading]
    assert "assert " in code
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
