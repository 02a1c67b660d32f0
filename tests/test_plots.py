"""The pictures: that they show the solution's own numbers, and that files appear whole or not at all."""

import errno
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

import implicit_bias as ib
from implicit_bias.data import triangles
from implicit_bias.measures import FALLING, RISING
from implicit_bias.plots import SUFFIXES, plot_regression, regression_figure

RNG = np.random.default_rng(0)
COLOURS = {RISING: "#0072b2", FALLING: "#d55e00"}
STARTS = {".pdf": b"%PDF-", ".png": b"\x89PNG\r\n\x1a\n", ".svg": b"<?xml"}


def solved(x, y, **options):
    return ib.solve(ib.RegressionProblem(x, y, **options))


@pytest.fixture(scope="module")
def sample():
    drawn = triangles()
    return solved(drawn.x, drawn.y)


@pytest.fixture(scope="module")
def figure(sample):
    return regression_figure(sample)


def labelled(axes, start):
    """Return the one line whose label begins like this."""
    (line,) = [line for line in axes.lines if str(line.get_label()).startswith(start)]
    return np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float)


def stems(axes):
    """Return {(kink, weight, colour)} of the stems."""
    (collection,) = [c for c in axes.collections if isinstance(c, LineCollection)]
    assert all(segment[0, 1] == 0 and segment[0, 0] == segment[1, 0] for segment in collection.get_segments())
    ends = [segment[1] for segment in collection.get_segments()]
    return {(x, w, to_hex(c)) for (x, w), c in zip(ends, collection.get_colors(), strict=True)}


def test_three_panels_share_the_axis_of_x(figure):
    assert len(figure.axes) == 3
    assert len({axes.get_xlim() for axes in figure.axes}) == 1


def test_fit_passes_through_the_data(figure, sample):
    x, y = labelled(figure.axes[0], "data")
    np.testing.assert_array_equal(x, sample.problem.x)
    np.testing.assert_array_equal(y, sample.problem.y)
    np.testing.assert_allclose(np.interp(x, *labelled(figure.axes[0], "fit")), y, atol=1e-12)


def test_fit_of_a_network_that_misses_is_the_networks_own():
    problem = ib.RegressionProblem([-1, 0, 1], [1, 0, 1])
    network = ib.Network([1.0, -1.0, 0.5], [0.3, 0.2, 0.1], [1.0, 0.4, -0.7])
    x, y = labelled(regression_figure(ib.judge(problem, network)).axes[0], "fit")
    grid = np.linspace(-1, 1, 101)
    np.testing.assert_allclose(np.interp(grid, x, y), network(grid), atol=1e-12)


def test_rows_of_kinks_are_those_found_and_those_predicted(figure, sample):
    found, predicted = labelled(figure.axes[0], "kinks found")[0], labelled(figure.axes[0], "predicted")[0]
    np.testing.assert_array_equal(found, sample.measure.support())
    np.testing.assert_array_equal(predicted, ib.regression_kinks(sample.problem.x, sample.problem.y))


def test_stems_are_the_measure(figure, sample):
    measure = sample.measure
    expected = {(t, w, COLOURS[s]) for t, s, w in zip(measure.kinks, measure.directions, measure.weights, strict=True)}
    assert stems(figure.axes[1]) == expected
    for name, facing in (("rising", RISING), ("falling", FALLING)):
        kinks, weights = labelled(figure.axes[1], name)
        np.testing.assert_array_equal(kinks, measure.kinks[measure.directions == facing])
        np.testing.assert_array_equal(weights, measure.weights[measure.directions == facing])


def test_stems_add_up_to_the_value_where_a_network_has_kinks_beyond_the_domain():
    problem = ib.RegressionProblem([-1, 0, 1], [1, 0, 1])
    judged = ib.judge(problem, ib.Network([1.0, -1.0, 1.0], [30.0, 0.2, 0.1], [1.0, 0.4, -0.7], bias=0.5))
    heights = [abs(weight) for _, weight, _ in stems(regression_figure(judged).axes[1])]
    assert sum(heights) == pytest.approx(judged.value, rel=1e-12)


def test_atoms_that_are_a_backends_noise_are_left_out(sample):
    noise = ib.Measure([0.1, 0.2], [1, -1], [1e-11, -1e-12])
    noisy = ib.judge(sample.problem, sample.measure.plus(noise))
    drawn = regression_figure(noisy)
    assert stems(drawn.axes[1]) == stems(regression_figure(sample).axes[1])
    np.testing.assert_array_equal(labelled(drawn.axes[0], "kinks found")[0], noisy.measure.support())


@pytest.mark.parametrize("facing", [RISING, FALLING])
def test_certificate_is_the_solutions_and_stays_within_one(figure, sample, facing):
    t, eta = labelled(figure.axes[2], rf"$\eta(t, {facing:+.0f})$")
    np.testing.assert_array_equal(eta, sample.certificate(t, facing))
    assert np.abs(eta).max() <= 1 + 1e-12
    assert (t[0], t[-1]) == (sample.problem.x[0], sample.problem.x[-1])


def touching(axes):
    """Return the points of filled and of open marks on the certificate."""
    marks = [line for line in axes.lines if line.get_linestyle() == "None"]
    full = [line for line in marks if line.get_markerfacecolor() != "white"]
    empty = [line for line in marks if line.get_markerfacecolor() == "white"]
    return [np.concatenate([np.stack(line.get_data(), 1) for line in lines]) for lines in (full, empty)]


def test_every_atom_of_an_optimum_touches(figure, sample):
    full, empty = touching(figure.axes[2])
    assert len(full) == len(sample.measure)
    assert len(empty) == 0
    np.testing.assert_allclose(np.abs(full[:, 1]), 1, atol=1e-6)


def test_atoms_of_a_network_that_is_not_optimal_do_not_all_touch():
    problem = ib.RegressionProblem([-1, -0.5, 0, 0.5, 1], [1, 0.25, 0, 0.25, 1])
    worse = ib.judge(problem, ib.constructed_measure(problem.x, problem.y))
    _, empty = touching(regression_figure(worse).axes[2])
    assert len(empty) > 0


def test_title_names_size_status_value_and_gap(figure):
    title = figure.axes[0].get_title(loc="left")
    assert "250 points" in title
    assert "optimal" in title
    assert "value 40 " in title
    assert "gap 0" in title


SCALES = {
    "two points": ([0, 1], [1, 3]),
    "constant": ([-1, 0, 1], [1, 1, 1]),
    "zero": ([-1, 0, 1], [0, 0, 0]),
    "small": (1 + 1e-9 * np.arange(12), 1e-12 * RNG.normal(size=12)),
    "large": (1e9 + 1e7 * np.arange(12), 1e9 + 1e3 * RNG.normal(size=12)),
    "huge numbers": (1e100 * np.arange(6), 1e149 * RNG.normal(size=6)),
    "tiny numbers": (1e-140 * np.arange(6), 1e-145 * RNG.normal(size=6)),
}


@pytest.mark.parametrize("name", SCALES)
def test_every_scale_is_drawn_inside_its_panel(name, tmp_path):
    solution = solved(*SCALES[name])
    plot_regression(solution, tmp_path / "picture.svg")
    drawn = regression_figure(solution)
    drawn.draw_without_rendering()
    low, high = drawn.axes[0].get_ylim()
    assert low < solution.problem.y.min() <= solution.problem.y.max() < high
    # a power of ten that the numbers share goes with the label, where it overlaps nothing
    for axis in (axis for axes in drawn.axes for axis in (axes.xaxis, axes.yaxis)):
        assert not (axis.get_offset_text().get_text() and axis.get_offset_text().get_visible())


def test_weights_of_very_different_sizes_all_stand_out():
    solution = solved(1e9 + 1e7 * np.arange(12), 1e9 + 1e3 * RNG.normal(size=12))
    axes = regression_figure(solution).axes[1]
    assert axes.get_yscale() == "symlog"
    pixels = axes.transData.transform([(t, w) for t, w, _ in stems(axes)])
    zero = axes.transData.transform((0, 0))[1]
    assert np.abs(pixels[:, 1] - zero).min() > 2


def test_many_points_are_thinned_without_losing_an_extreme(tmp_path):
    n = 60_000
    solution = solved(np.arange(n), RNG.normal(size=n))
    axes = regression_figure(solution).axes[0]
    x, y = labelled(axes, "data")
    assert x.size < 6000
    assert (y.min(), y.max()) == (solution.problem.y.min(), solution.problem.y.max())
    assert (x[0], x[-1]) == (0, n - 1)
    heaviest = max(stems(regression_figure(solution).axes[1]), key=lambda stem: abs(stem[1]))
    assert abs(heaviest[1]) == np.abs(solution.measure.weights).max()
    plot_regression(solution, tmp_path / "many.pdf")
    assert (tmp_path / "many.pdf").stat().st_size < 1_000_000


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".PNG"])
def test_every_suffix_gives_a_file_of_its_format_and_nothing_else(suffix, tmp_path, sample):
    path = tmp_path / f"picture{suffix}"
    plot_regression(sample, path)
    content = path.read_bytes()
    assert content.startswith(STARTS[suffix.lower()])
    if suffix == ".svg":
        ElementTree.fromstring(content)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("suffix", "times"), [(".pdf", 2), (".png", 2), (".svg", 6)])
def test_equal_solutions_give_equal_files(suffix, times, tmp_path):
    # the layout's last digits come out in one of two ways, and SVG elements are named after them
    contents = set()
    for _ in range(times):
        plot_regression(solved([-1, 0, 1], [1, 0, 1]), tmp_path / f"picture{suffix}")
        contents.add((tmp_path / f"picture{suffix}").read_bytes())
    assert len(contents) == 1


def test_readme_picture_is_whole_small_and_undated():
    folder = Path(__file__).parent.parent / "docs" / "pictures"
    text = (folder / "sunspots.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(text)
    assert len(text) < 300_000
    assert "<dc:date>" not in text


@pytest.mark.parametrize("name", ["picture", "picture.jpg", "picture.svg.gz", ".svg"])
def test_other_suffixes_are_refused_with_the_list(name, tmp_path, sample):
    with pytest.raises(ib.OptionError, match=r"\.pdf, \.png or \.svg"):
        plot_regression(sample, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_without_a_measure_there_is_nothing_to_draw(tmp_path, sample):
    empty = replace(sample, candidate=replace(sample.candidate, measure=None), status=ib.Status.BACKEND_FAILED)
    with pytest.raises(ib.OptionError, match="nothing to draw"):
        plot_regression(empty, tmp_path / "picture.svg")
    assert not list(tmp_path.iterdir())


def test_without_a_dual_the_rest_is_drawn(sample):
    half = replace(sample, candidate=replace(sample.candidate, dual=None, certificate=None))
    assert [text.get_text() for text in regression_figure(half).axes[2].texts] == ["no dual"]


def test_missing_folder_and_directory_are_refused(tmp_path, sample):
    (tmp_path / "folder.png").mkdir()
    for path in (tmp_path / "none" / "picture.svg", tmp_path / "folder.png", tmp_path / ("a" * 300 + ".png"), "nul\0.png"):
        with pytest.raises(ib.OutputError, match="cannot be written"):
            plot_regression(sample, path)
    assert [path.name for path in tmp_path.rglob("*")] == ["folder.png"]


@pytest.mark.parametrize("action", ["write_bytes", "replace"])
def test_failure_leaves_what_was_there_and_nothing_else(action, tmp_path, sample, monkeypatch):
    path = tmp_path / "picture.png"
    path.write_bytes(b"before")
    write = Path.write_bytes

    def fail(self, *arguments):
        if action == "write_bytes":
            write(self, b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, action, fail)
    with pytest.raises(ib.OutputError, match="No space left"):
        plot_regression(sample, path)
    monkeypatch.undo()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_written_through(tmp_path, sample):
    (tmp_path / "link.svg").symlink_to(tmp_path / "target.svg")
    plot_regression(sample, tmp_path / "link.svg")
    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "target.svg").read_bytes().startswith(b"<?xml")


def test_drawing_changes_no_settings(sample, tmp_path):
    import matplotlib

    before = dict(matplotlib.rcParams)
    plot_regression(sample, tmp_path / "picture.svg")
    assert dict(matplotlib.rcParams) == before


def test_heavy_packages_are_imported_only_when_used(tmp_path):
    code = """
import sys, implicit_bias as ib
import implicit_bias.plots as plots
assert not {"matplotlib", "cvxpy"} & set(sys.modules), "imported too early"
solution = ib.solve(ib.RegressionProblem([-1, 0, 1], [1, 0, 1]))
assert not {"matplotlib", "cvxpy"} & set(sys.modules), "the exact method needs neither"
plots.plot_regression(solution, sys.argv[1])
assert "matplotlib" in sys.modules, "this check sees nothing"
assert not {"matplotlib.pyplot", "cvxpy"} & set(sys.modules), "a picture needs neither"
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code, tmp_path / "a.svg"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_measure_without_falling_atoms_leaves_no_hole() -> None:
    solution = ib.solve(ib.RegressionProblem([-2, -1, 0, 1, 2], [1.5, 0.5, 1.5, 0.5, 1.5], weight="sphere", affine="free"))
    assert (solution.measure.directions > 0).all()
    figure = regression_figure(solution)
    figure.draw_without_rendering()
    panels = [axes.get_position().height for axes in figure.axes]
    assert sum(panels) > 0.6  # of the figure's height
