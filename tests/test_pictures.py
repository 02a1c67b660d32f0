"""The table of pictures: one function draws what suits, and a picture of one's own is a row."""

from dataclasses import replace

import pytest
from choices import problem_of
from matplotlib.figure import Figure

import implicit_bias as ib
from implicit_bias import cli, plots
from implicit_bias.errors import OptionError


def empty(solution: object) -> Figure:
    made = Figure()
    made.text(0.5, 0.5, "nothing but words")
    return made


TOY = plots.Picture("words", lambda problem: problem.answers == "measure", empty)


@pytest.mark.parametrize(
    ("name", "picture"),
    [
        ("regression unit", "regression"),
        ("denoising", "regression"),
        ("max-margin sphere", "classification"),
        ("regularized cross-entropy", "classification"),
        ("regression two inputs", "plane"),
        ("spline", "spline"),
    ],
)
def test_the_picture_that_suits_is_the_first_in_the_table(name: str, picture: str) -> None:
    problem = problem_of(name)
    assert next(row.name for row in plots.PICTURES if row.suits(problem)) == picture


def test_a_figure_belongs_to_the_caller() -> None:
    drawn = plots.figure(ib.solve(problem_of("regression unit")))
    assert isinstance(drawn, Figure)
    assert len(drawn.axes) == 3


def test_a_picture_of_ones_own_is_drawn_before_the_others(tmp_path) -> None:
    solution = ib.solve(problem_of("regression unit"))
    plots.plot(solution, tmp_path / "before.svg")
    with plots.PICTURES.having(TOY, first=True):
        plots.plot(solution, tmp_path / "own.svg")
        (tmp_path / "data.csv").write_text("0,1\n1,0\n2,1\n")
        assert cli.main(["solve", "regression", str(tmp_path / "data.csv"), "--plot", str(tmp_path / "line.svg")]) == 0
    plots.plot(solution, tmp_path / "after.svg")
    before, own, line, after = ((tmp_path / f"{name}.svg").read_bytes() for name in ("before", "own", "line", "after"))
    assert own == line != before == after


@pytest.mark.parametrize(
    ("name", "words"), [("spline of degree 2", "no picture of a homogeneous-spline problem"), ("spline of several inputs", "no picture")]
)
def test_what_there_is_no_picture_of_is_refused(name: str, words: str, tmp_path) -> None:
    with pytest.raises(OptionError, match=words):
        plots.plot(ib.solve(problem_of(name)), tmp_path / "none.svg")
    assert not (tmp_path / "none.svg").exists()


def test_three_inputs_have_no_picture() -> None:
    with pytest.raises(OptionError, match="not of 3; leave the picture out"):
        plots.check_drawable(ib.RegressionProblem([[0, 0, 1], [1, 0, 0.0]], [1, 2]))


def test_without_an_answer_there_is_nothing_to_draw() -> None:
    solution = ib.solve(problem_of("regression unit"))
    bare = replace(solution, candidate=replace(solution.candidate, measure=None, interpolant=None))
    with pytest.raises(OptionError, match="nothing to draw"):
        plots.figure(bare)
