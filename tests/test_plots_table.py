"""The table of pictures: which suits what, rows from outside, refusals, and what drawing does not import."""

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from choices import PROBLEMS, problem_of
from matplotlib.figure import Figure
from test_plots import labelled

import implicit_bias as ib
from implicit_bias import cli, plots
from implicit_bias.plots import PICTURES, Picture
from implicit_bias.plots.table import picture_of

PLOTS = Path(plots.__file__).parent

SUITING = {
    "regression two outputs": None,
    "regression two inputs": "plane",
    "max-margin unit": "classification",
    "max-margin unit, norm 1": "classification",
    "max-margin sphere": "classification",
    "boxes": None,
    "regularized cross-entropy": "classification",
    "spline": "spline",
    "spline, gcv": "spline",
    "spline of degree 2": "homogeneous",
    "spline of several inputs": None,
}
"""The picture of every kind of problem; of those left out, it is that of regression."""


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_solution_has_its_picture_or_a_refusal_of_one_line(name, tmp_path):
    solution, wanted = ib.solve(problem_of(name)), SUITING.get(name, "regression")
    if wanted is None:
        with pytest.raises(ib.OptionError) as caught:
            plots.plot(solution, tmp_path / "picture.svg")
        assert str(caught.value).startswith("There is no picture of this solution (")
        assert "\n" not in str(caught.value)
        assert not list(tmp_path.iterdir())
    else:
        assert picture_of(solution).name == wanted
        assert isinstance(plots.figure(solution), Figure)


def test_the_old_names_draw_the_same_files(tmp_path):
    for name, old in (("regression unit", plots.plot_regression), ("spline", plots.plot_spline), ("spline", plots.plot_solution)):
        solution = ib.solve(problem_of(name))
        plots.plot(solution, tmp_path / "new.svg")
        old(solution, tmp_path / "old.svg")
        assert (tmp_path / "new.svg").read_bytes() == (tmp_path / "old.svg").read_bytes()


def toy(name="toy", suits=lambda solution: True, inputs=None):
    """Return a picture that says its name."""

    def drawn(solution):
        figure = Figure()
        figure.text(0.5, 0.5, name, gid=f"{name}-{solution.problem.kind}")
        return figure

    return Picture(name, suits, drawn, inputs=inputs)


def test_a_row_from_outside_is_asked_first_or_last(tmp_path):
    path, solution = tmp_path / "picture.svg", ib.solve(problem_of("regression unit"))
    with PICTURES.having(toy(), first=True):
        plots.plot(solution, path)
        assert 'id="toy-regression"' in path.read_text(encoding="utf-8")
    with PICTURES.having(toy()):
        plots.plot(solution, path)
        assert "toy" not in path.read_text(encoding="utf-8")
        plots.plot(ib.solve(problem_of("boxes")), path)
        assert 'id="toy-boxes"' in path.read_text(encoding="utf-8")
    with PICTURES.having(toy(suits=lambda solution: solution.problem.kind == "boxes"), first=True):
        assert picture_of(solution).name == "regression"
    assert "toy" not in PICTURES


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        cli.run([str(part) for part in arguments])
    return ended.value.code or 0


@pytest.mark.parametrize("command", ["regression", "spline"])
def test_the_command_line_draws_a_row_from_outside(command, tmp_path, capsys):
    data, path = tmp_path / "data.csv", tmp_path / "picture.svg"
    data.write_text("a,b\n-1,1\n0,0\n1,1\n", encoding="utf-8")
    with PICTURES.having(toy(), first=True):
        assert run("solve", command, data, "--x", "a", "--y", "b", "--plot", path) == 0
    assert f'id="toy-{command}"' in path.read_text(encoding="utf-8")


def test_a_picture_of_three_inputs_from_outside_opens_them(tmp_path, capsys):
    rows = np.random.default_rng(0).normal(size=(6, 4)).round(3)
    data, path = tmp_path / "data.csv", tmp_path / "picture.svg"
    data.write_text("\n".join(["a,b,c,y", *(",".join(map(str, row)) for row in rows)]), encoding="utf-8")
    told = ("solve", "regularized", data, "--x", "a", "--x", "b", "--x", "c", "--y", "y", "--regularization", "1", "--plot", path)
    assert run(*told) == 2
    assert "pictures of one and of two inputs, not of 3" in capsys.readouterr().err
    assert not path.exists()
    with PICTURES.having(toy(inputs=3)):
        assert run(*told) == 0
        with pytest.raises(ib.OptionError, match="of one and of two and of 3 inputs, not of 4"):
            plots.check_drawable(ib.RegressionProblem(np.eye(4), np.arange(4.0)))
    assert 'id="toy-' in path.read_text(encoding="utf-8")


def test_what_was_not_found_and_what_is_no_solution_is_not_drawn(tmp_path):
    for name, part in (("spline", "spline"), ("regression unit", "measure"), ("max-margin unit", "measure")):
        solution = ib.solve(problem_of(name))
        empty = replace(solution, candidate=replace(solution.candidate, **{part: None}), status=ib.Status.BACKEND_FAILED)
        assert picture_of(empty).noun == part
        with pytest.raises(ib.OptionError, match=f"nothing to draw: the solution has no {part}"):
            plots.plot(empty, tmp_path / "picture.svg")
    for other in (problem_of("boxes"), None):
        with pytest.raises(ib.OptionError, match=r"of a solution, not of a (MeasureProblem|NoneType)"):
            plots.figure(other)
    with pytest.raises(ib.OptionError, match=r"\.pdf, \.png or \.svg"):
        plots.plot(solution, tmp_path / "picture.jpg")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("degree", [0, 1, 2])
@pytest.mark.parametrize("outputs", [None, 3, 8])
def test_a_weighted_spline_is_the_solutions_own(degree, outputs):
    rng = np.random.default_rng(degree)
    x, y = np.arange(9.0), rng.normal(size=9 if outputs is None else (9, outputs))
    solution = ib.solve(ib.HomogeneousSplineProblem(x, y, degree=degree, zeta=ib.GaussianZeta(4, 3), smoothing=0.1))
    fits, derivatives = plots.homogeneous_figure(solution).axes
    places, values = labelled(fits, "function")
    np.testing.assert_array_equal(values, solution.predict(places).reshape(places.size, -1)[:, 0])
    np.testing.assert_array_equal(labelled(fits, "data")[1], y.reshape(9, -1)[:, 0])
    assert len(fits.lines) == 2 * (outputs or 1)
    assert len(derivatives.lines) == (outputs or 1) + 1
    slopes = derivatives.lines[0].get_ydata()
    assert not slopes[(places < 0) | (places > 8)].any()
    if degree == 0:  # g' adds up to g
        steps = np.diff(places) * (slopes[1:] + slopes[:-1]) / 2
        assert values[0] + steps.sum() == pytest.approx(values[-1], abs=0.05)
    title = fits.get_title(loc="left")
    assert f"degree {degree}" in title
    assert r"$\lambda$ = 0.1" in title


def test_pictures_import_no_kind_of_problem_and_none_of_fit():
    checked = 0
    for path in PLOTS.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        later = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.If) for inner in ast.walk(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and id(node) not in later:
                checked += 1
                assert not (node.module or "").startswith(("implicit_bias.problems", "implicit_bias.fits")), path.name
    assert checked > 50


def test_importing_pictures_is_light_and_every_name_is_there():
    code = """
import sys, implicit_bias
before = set(sys.modules)
from implicit_bias import plots
heavy = {"matplotlib", "cvxpy", "scipy", "implicit_bias.experiments", "implicit_bias.cli"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
assert set(plots.__all__) <= set(dir(plots))
for name in plots.__all__:
    assert getattr(plots, name) is not None, name
assert not {"matplotlib", "cvxpy"} & set(sys.modules)
assert "implicit_bias.plots.experiments" in sys.modules, "this check sees nothing"
assert not hasattr(plots, "nothing")
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
