"""The pictures of classification: that they show the solution's own numbers, and that files are whole."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

import implicit_bias as ib
from implicit_bias.data import triangles
from implicit_bias.measures import FALLING, RISING
from implicit_bias.plots import SUFFIXES, classification_figure, plot_classification, plot_regression, regression_figure

COLOURS = {RISING: "#0072b2", FALLING: "#d55e00"}
STARTS = {".pdf": b"%PDF-", ".png": b"\x89PNG\r\n\x1a\n", ".svg": b"<?xml"}
FEW = ([0, 1, 2, 3, 4, 5], [0, 0, 0, 1, 1, 1])
X = np.random.default_rng(0).normal(size=9)


def solved(x, labels, *arguments, **options):
    return ib.solve(ib.MaxMarginProblem(x, labels, *arguments, **options))


def binned(bins):
    sample = triangles(bins=bins)
    return solved(sample.x, ib.bin_targets(sample.y, bins, range=(0, 1), midpoints="ends")[0], bins)


INSTANCES = {
    "two classes": lambda: solved(*FEW),
    "many classes": lambda: binned(8),
    "three classes": lambda: solved(X, [0, 2, 1, 1, 0, 2, 2, 1, 0]),
    "absent classes": lambda: solved(np.arange(8), [0, 0, 2, 2, 4, 4, 2, 2], 6),
    "many absent classes": lambda: solved(np.arange(8), [0, 0, 9, 9, 4, 4, 9, 9], 12),
    "one label": lambda: solved(np.arange(6), [1] * 6, 9),
    "one class": lambda: solved(np.arange(6), [0] * 6),
    "norm 1": lambda: solved(X, [0, 2, 1, 1, 0, 2, 2, 1, 0], norm=1),
    "norm inf": lambda: solved(X, [0, 2, 1, 1, 0, 2, 2, 1, 0], norm=np.inf),
    "far away": lambda: solved(1e6 + np.arange(6), FEW[1]),
}


@pytest.fixture(scope="module", params=INSTANCES)
def solution(request):
    return INSTANCES[request.param]()


@pytest.fixture(scope="module")
def figure(solution):
    return classification_figure(solution)


@pytest.fixture(scope="module")
def few():
    return solved(*FEW)


def labelled(axes, start):
    """Return the one line whose label begins like this."""
    (line,) = [line for line in axes.lines if str(line.get_label()).startswith(start)]
    return np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float)


def scores(axes):
    """Return the lines of the classes, in order."""
    lines = {str(line.get_gid()): line for line in axes.lines if line.get_gid()}
    return [lines[f"class-{c}"] for c in range(len(lines))]


def test_class_lines_are_the_scores_and_pass_the_margins(figure, solution):
    problem, lines = solution.problem, scores(figure.axes[0])
    values = np.stack([np.interp(problem.x, line.get_xdata(), line.get_ydata()) for line in lines], axis=1)
    np.testing.assert_allclose(values, solution.predict(problem.x), atol=1e-9 * (1 + np.abs(values).max()))
    if problem.outputs > 1:
        assert problem.fit.margins(values).min() >= 1 - 1e-6
    assert len({to_hex(line.get_color()) for line in lines}) == problem.outputs
    absent = [line.get_linestyle() != "-" for line in lines]
    assert absent == [c not in problem.fit.labels for c in range(problem.outputs)]


def test_thick_line_is_the_largest_score_in_its_colour(figure, solution):
    (thick,) = [c for c in figure.axes[0].collections if isinstance(c, LineCollection)]
    colours = [to_hex(line.get_color()) for line in scores(figure.axes[0])]
    for piece, colour in zip(thick.get_segments(), thick.get_colors(), strict=True):
        values = solution.predict(piece[:, 0])
        np.testing.assert_allclose(piece[:, 1], values.max(axis=1), atol=1e-9 * (1 + np.abs(values).max()))
        assert colours[values[0].argmax()] == to_hex(colour) or np.ptp(np.sort(values[0])[-2:]) < 1e-9
    low, high = figure.axes[0].get_ylim()
    assert low < solution.predict(solution.problem.x).max(axis=1).min()
    assert solution.predict(solution.problem.x).max() < high


def test_strip_shows_every_point_in_the_colour_of_its_label(figure, solution):
    (strip,) = [c for c in figure.axes[0].collections if c.get_gid() == "labels"]
    colours = [to_hex(line.get_color()) for line in scores(figure.axes[0])]
    np.testing.assert_array_equal(np.asarray(strip.get_offsets())[:, 0], solution.problem.x)
    shown = [to_hex(colour) for colour in np.broadcast_to(strip.get_facecolors(), (len(solution.problem), 4))]
    assert shown == [colours[label] for label in solution.problem.fit.labels]


def test_rows_of_kinks_are_those_found_and_those_predicted(figure, solution):
    np.testing.assert_array_equal(labelled(figure.axes[0], "kinks found")[0], solution.atoms.support(0))
    predicted = ib.classification_kinks(solution.problem.x, solution.problem.fit.labels)
    np.testing.assert_array_equal(labelled(figure.axes[0], "predicted, $S_C$")[0], predicted)


def test_stems_are_the_group_norms(figure, solution):
    atoms = solution.atoms
    norms = np.linalg.norm(atoms.weights, solution.problem.norm, axis=1)
    (stems,) = [c for c in figure.axes[1].collections if isinstance(c, LineCollection)]
    drawn = {(*segment[1], to_hex(c)) for segment, c in zip(stems.get_segments(), stems.get_colors(), strict=True)}
    assert drawn == {(t, w, COLOURS[s]) for t, s, w in zip(atoms.kinks, atoms.directions, norms, strict=True)}
    assert sum(height for _, height, _ in drawn) == pytest.approx(solution.value, rel=1e-4)
    for name, facing in (("rising", RISING), ("falling", FALLING)):
        kinks, heights = labelled(figure.axes[1], name)
        np.testing.assert_array_equal(kinks, atoms.kinks[atoms.directions == facing])
        np.testing.assert_array_equal(heights, norms[atoms.directions == facing])


@pytest.mark.parametrize("facing", [RISING, FALLING])
def test_certificate_is_the_solutions_and_stays_within_one(figure, solution, facing):
    t, length = labelled(figure.axes[2], rf"$\|\eta(t, {facing:+.0f})\|$")
    np.testing.assert_array_equal(length, np.linalg.norm(solution.certificate(t, facing), solution.problem.dual_norm, axis=1))
    assert length.max() <= 1 + 1e-6
    assert np.isin(solution.problem.reduced()[0].x[[0, -1]], t).all()


def test_atoms_of_an_optimum_sit_where_the_certificate_touches_one(few):
    marks = [line for line in classification_figure(few).axes[2].lines if line.get_linestyle() == "None"]
    filled = [line for line in marks if line.get_markerfacecolor() != "white"]
    assert sum(len(line.get_xdata()) for line in filled) == sum(len(line.get_xdata()) for line in marks) == len(few.atoms)
    np.testing.assert_allclose(np.concatenate([line.get_ydata() for line in filled]), 1, atol=1e-6)


def test_atoms_that_point_elsewhere_are_open(few):
    measure = few.measure
    turned = ib.Measure(measure.kinks, measure.directions, -measure.weights)
    wrong = replace(few, candidate=replace(few.candidate, measure=turned))
    marks = [line for line in classification_figure(wrong).axes[2].lines if line.get_linestyle() == "None"]
    assert all(line.get_markerfacecolor() == "white" for line in marks if len(line.get_xdata()))


def test_title_and_legend_name_what_is_there(figure, solution):
    said = figure.axes[0].get_title(loc="left")
    assert f"{len(solution.problem)} points" in said
    assert f"{solution.problem.outputs} class" in said
    assert str(solution.status) in said
    missing = solution.problem.outputs - np.unique(solution.problem.fit.labels).size
    assert (f"{missing} absent" in said) == (missing > 0)
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    if solution.problem.outputs <= 6:
        assert names[0] == "class 0"
        assert len(names) == solution.problem.outputs
    else:
        (bar,) = figure.axes[0].child_axes
        assert [text.get_text() for text in bar.texts] == ["class 0", str(solution.problem.outputs - 1)]
    assert len({axes.get_xlim() for axes in figure.axes}) == 1


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".PNG"])
def test_every_suffix_gives_a_file_of_its_format_and_nothing_else(suffix, tmp_path, few):
    path = tmp_path / f"picture{suffix}"
    plot_classification(few, path)
    content = path.read_bytes()
    assert content.startswith(STARTS[suffix.lower()])
    if suffix == ".svg":
        ElementTree.fromstring(content)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_equal_solutions_give_equal_files(suffix, tmp_path):
    contents, drawn = set(), binned(8)
    for _ in range(3):
        plot_classification(drawn, tmp_path / f"picture{suffix}")
        contents.add((tmp_path / f"picture{suffix}").read_bytes())
    assert len(contents) == 1


def test_many_points_are_thinned_to_a_small_file(tmp_path, few):
    n, k = 50_000, 20
    x = np.linspace(0, 1, n)
    problem = ib.MaxMarginProblem(x, np.arange(n) * k // n, k)
    weights = np.random.default_rng(0).normal(size=(k, k))
    measure, dual = ib.Measure(np.linspace(0, 1, k), np.ones(k), weights), -np.ones((n, k)) / n
    brought = replace(few, problem=problem, candidate=replace(few.candidate, measure=measure, dual=dual))
    plot_classification(brought, tmp_path / "many.pdf")
    assert (tmp_path / "many.pdf").stat().st_size < 1_000_000


@pytest.mark.parametrize("name", ["picture", "picture.jpg", ".svg"])
def test_other_suffixes_are_refused_with_the_list(name, tmp_path, few):
    with pytest.raises(ib.OptionError, match=r"\.pdf, \.png or \.svg"):
        plot_classification(few, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_other_problems_and_no_measure_are_refused(tmp_path, few):
    regression = ib.solve(ib.RegressionProblem([-1, 0, 1], [1, 0, 1]))
    with pytest.raises(ib.OptionError, match="not of regression"):
        plot_classification(regression, tmp_path / "picture.svg")
    with pytest.raises(ib.OptionError, match="not of classification"):
        plot_regression(few, tmp_path / "picture.svg")
    vectors = ib.MeasureProblem(np.arange(3.0), ib.Values(np.eye(3)), ib.LineFeatures(0.0, 2.0))
    with pytest.raises(ib.OptionError, match="3 outputs"):
        regression_figure(replace(few, problem=vectors))
    empty = replace(few, candidate=replace(few.candidate, measure=None), status=ib.Status.BACKEND_FAILED)
    with pytest.raises(ib.OptionError, match="nothing to draw"):
        plot_classification(empty, tmp_path / "picture.svg")
    assert not list(tmp_path.iterdir())


def test_without_a_dual_the_rest_is_drawn(few):
    half = replace(few, candidate=replace(few.candidate, dual=None, certificate=None))
    assert [text.get_text() for text in classification_figure(half).axes[2].texts] == ["no dual"]


def test_missing_folder_and_directory_are_refused(tmp_path, few):
    (tmp_path / "folder.png").mkdir()
    for path in (tmp_path / "none" / "picture.svg", tmp_path / "folder.png"):
        with pytest.raises(ib.OutputError, match="cannot be written"):
            plot_classification(few, path)
    assert [path.name for path in tmp_path.rglob("*")] == ["folder.png"]


def test_failure_leaves_what_was_there_and_nothing_else(tmp_path, few, monkeypatch):
    from pathlib import Path

    path = tmp_path / "picture.png"
    path.write_bytes(b"before")

    def fail(self, *arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(ib.OutputError, match="No space left"):
        plot_classification(few, path)
    monkeypatch.undo()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_drawing_changes_no_settings(few, tmp_path):
    import matplotlib

    before = dict(matplotlib.rcParams)
    plot_classification(few, tmp_path / "picture.svg")
    assert dict(matplotlib.rcParams) == before


def test_a_picture_needs_no_window(tmp_path):
    code = """
import sys
import numpy as np, implicit_bias as ib
from implicit_bias.plots import plot_classification
assert "matplotlib" not in sys.modules, "imported too early"
solution = ib.solve(ib.MaxMarginProblem(np.arange(6), [0, 0, 0, 1, 1, 1]))
plot_classification(solution, sys.argv[1])
assert "matplotlib" in sys.modules, "this check sees nothing"
assert "matplotlib.pyplot" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code, tmp_path / "a.svg"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
