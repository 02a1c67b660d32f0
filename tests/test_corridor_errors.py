# What users met between a problem and its method, and what should happen instead:
# 1. A warm start of a problem of one input on the sphere, by column generation, from an answer of its own kind, was refused.
# 2. Refusals recommended methods that were refused in turn.
# 3. Conflicting rows were looked at before the options: nonsense among these went unnoticed.
# 4. Quadratic problems were called no problems by judge, program and lambda_max; their solutions had no certificate; and the function
#    that draws solutions did not draw splines.
# 5. A MeasureProblem took a loss, and failed later.
# 6. Activation patterns were in no listing of methods, and exponential cones in none of backends.
# 7. A path of denoising problems solved each from nothing.
from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from choices import CHOICES, PROBLEMS, problem_of

import implicit_bias as ib
from implicit_bias import cli, plots
from implicit_bias.errors import BackendError, DataError, OptionError
from implicit_bias.fits import CrossEntropy, Hinge, Squared

TABLE = json.loads(CHOICES.read_text(encoding="utf-8"))
ADVISED = re.compile(r"(?:[Uu]se|choose) ((?:'[a-z-]+'(?:, | or |))+)")
BACKENDS_ADVISED = re.compile(r"Use ([A-Z]+(?: or [A-Z]+)*)\.")


@pytest.mark.parametrize("name", ["regression sphere", "regression sphere, no split", "regression sphere, free"])
def test_column_generation_goes_on_from_its_own_answer(name: str) -> None:
    problem = problem_of(name)
    start = ib.solve(problem, "column-generation")
    again = ib.solve(problem, "column-generation", warm_start=start)
    assert again.status is ib.Status.OPTIMAL
    assert again.method == "column-generation"
    assert again.value == pytest.approx(start.value, rel=1e-7)


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_is_recommended_is_not_refused(name: str) -> None:
    cells = TABLE[name]
    refused = {cell for cell, said in cells.items() if re.match(r"[A-Za-z]+Error: ", said)}
    misled = []
    for cell in sorted(refused):
        method, _, option = cell.partition("; ")
        if option in ("backend=NOPE", "form=junk"):  # refused whatever the method is
            continue
        for group in ADVISED.findall(cells[cell]):
            kept = option if "Leave " not in cells[cell] else ""
            advised = (f"{other}; {kept}" if kept else other for other in re.findall(r"'([a-z-]+)'", group))
            misled += [f"{cell}: {other}" for other in advised if other in refused]
        if any("CLARABEL" in group for group in BACKENDS_ADVISED.findall(cells[cell])) and f"{method}; backend=CLARABEL" in refused:
            misled.append(f"{cell}: CLARABEL")
    assert misled == []


def conflicting() -> tuple[object, ...]:
    points = np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 0.5]])
    return ib.RegressionProblem(points, [0.0, 1.0, 2.0]), ib.MaxMarginProblem(points, [0, 1, 1])


@pytest.mark.parametrize("problem", conflicting(), ids=["regression", "classification"])
def test_options_are_looked_at_before_conflicting_rows(problem: object) -> None:
    assert ib.solve(problem, "dictionary").status is ib.Status.INFEASIBLE
    for wrong, error in (({"backend": "NOPE"}, BackendError), ({"grid": "junk"}, OptionError), ({"form": "nonsense"}, OptionError)):
        with pytest.raises(error):
            ib.solve(problem, "dictionary", **wrong)


@pytest.mark.parametrize("name", ["spline of degree 2", "spline of several inputs"])
def test_quadratic_problems_are_problems(name: str) -> None:
    problem = problem_of(name)
    for call in (
        lambda: ib.judge(problem, ib.Measure.zero()),
        lambda: ib.program(problem, "sparse"),
        lambda: ib.lambda_max(problem),
    ):
        with pytest.raises(OptionError) as caught:
            call()
        assert "A problem is needed" not in str(caught.value)
    assert ib.solve(problem).certificate is None


@pytest.mark.parametrize("name", ["spline", "spline, gcv", "regression unit", "regression two inputs", "max-margin unit", "denoising"])
def test_one_function_draws_every_solution(name: str, tmp_path: Path) -> None:
    plots.plot(ib.solve(problem_of(name)), tmp_path / "picture.svg")
    assert (tmp_path / "picture.svg").read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize("loss", [Squared([0.0, 1.0, 0.5]), Hinge([1.0, -1.0, 1.0]), CrossEntropy(np.array([0, 1, 1]), 2)])
def test_measure_problems_take_sets_only(loss: object) -> None:
    with pytest.raises((DataError, OptionError), match=r"[Ll]oss|[Ff]it|sets"):
        ib.MeasureProblem([0.0, 1.0, 2.0], loss, ib.LineFeatures(0.0, 2.0))


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        cli.run(arguments)
    assert not ended.value.code
    return capsys.readouterr().out


def test_patterns_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "patterns" in said(capsys, "methods")
    assert re.search(r"^ *patterns  +\S", said(capsys, "solve", "regularized", "--help"), re.MULTILINE)


def test_exponential_cones_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    heading, *rows = said(capsys, "backends").splitlines()
    assert "EXP" in heading.split()
    column = heading.split().index("EXP")
    takes = {row.split()[0] for row in rows if row and row.split()[column] == "yes"}
    assert takes == {"CLARABEL", "ECOS", "SCS"}


def test_a_path_of_denoising_problems_is_that_of_its_parts() -> None:
    rng = np.random.default_rng(0)
    x = np.sort(rng.uniform(-2, 2, 60))
    problem = ib.RegularizedProblem(x, np.sin(3 * x) + 0.1 * rng.normal(size=60), 1.0, weight="unit", affine="free")
    levels = ib.lambda_max(problem) * np.array([1e-3, 1.2, 1e-1, 1e-6, 1e-2])
    for level, found in zip(levels, ib.path(problem, levels), strict=True):
        alone = ib.solve(problem.with_regularization(level))
        assert found.status is ib.Status.OPTIMAL
        assert found.problem.regularization == level
        assert found.value == pytest.approx(alone.value, rel=1e-9)
        np.testing.assert_allclose(found.predict(x), alone.predict(x), rtol=0, atol=1e-9)
