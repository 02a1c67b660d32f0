"""The pictures of splines: that they show the solution's own numbers, and that files are whole."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_plots import STARTS, labelled

import implicit_bias as ib
from implicit_bias.data import jin_montufar
from implicit_bias.plots import (
    SUFFIXES,
    effect_of_zeta_figure,
    plot_effect_of_zeta,
    plot_spline,
    plot_spline_path,
    spline_figure,
    spline_path_figure,
)

SAMPLE = jin_montufar()
X = np.round(np.sort(np.random.default_rng(0).random(60)), 2)
Y = np.sin(9 * X) + 0.3 * np.random.default_rng(1).normal(size=60)
ZETAS = {"wide": ib.UniformZeta(1, 2), "narrow": ib.GaussianZeta(1, 0.3), "cut": ib.BinaryUniformZeta(1.5)}


def interpolated(zeta):
    return ib.solve(ib.SplineProblem(SAMPLE.x, SAMPLE.y, zeta))


def smoothed(smoothing=1e-4, zeta=None):
    return ib.solve(ib.SplineProblem(X, Y, zeta or ib.ConstantZeta(), smoothing))


def marks(axes):
    """Return the places and areas of what is scattered as data."""
    (found,) = [part for part in axes.collections if part.get_label() == "data"]
    return np.asarray(found.get_offsets()), np.broadcast_to(found.get_sizes(), len(found.get_offsets()))


@pytest.mark.parametrize("zeta", ZETAS.values(), ids=ZETAS)
def test_fit_and_curvature_are_the_splines_own(zeta):
    solution = interpolated(zeta)
    fit, curvature, bending = spline_figure(solution).axes
    assert len({axes.get_xlim() for axes in (fit, curvature, bending)}) == 1
    places, _ = marks(fit)
    np.testing.assert_array_equal(places, np.stack([SAMPLE.x, SAMPLE.y], 1))
    x, g = labelled(fit, "fit")
    np.testing.assert_array_equal(g, solution.predict(x))
    assert x[0] < -2 < 2 < x[-1]
    x, bends = labelled(curvature, "$g''$")
    np.testing.assert_array_equal(bends, solution.spline(x, 2))
    assert not bends[(x < -2) | (x > 2)].any()
    x, ell = labelled(bending, r"$g''/\zeta$")
    np.testing.assert_array_equal(x, SAMPLE.x)
    np.testing.assert_array_equal(ell, solution.spline.bending)


def band(axes):
    (found,) = [part for part in axes.collections if str(part.get_label()).startswith(r"$\pm\zeta")]
    return found.get_paths()[0].vertices


@pytest.mark.parametrize("zeta", ZETAS.values(), ids=ZETAS)
def test_curvature_stays_in_the_band_of_zeta_and_touches_it(zeta):
    axes = spline_figure(interpolated(zeta)).axes[1]
    x, bends = labelled(axes, "$g''$")
    edge = band(axes)
    upper = edge[edge[:, 1] >= 0]
    order = np.argsort(upper[:, 0], kind="stable")
    heights = np.interp(x, upper[order, 0], upper[order, 1])
    assert (np.abs(bends) <= heights * (1 + 1e-9) + 1e-12).all()
    assert np.max(np.abs(bends) / np.maximum(heights, 1e-12)) == pytest.approx(1, rel=1e-2)
    np.testing.assert_allclose(heights * zeta(0.0), heights[np.argmin(np.abs(x))] * zeta(x), rtol=1e-4, atol=1e-9)


def test_bending_where_zeta_is_zero_does_not_widen_the_band():
    solution = smoothed(1e-5, ib.BinaryUniformZeta(0.7))
    spline = solution.spline
    assert np.abs(spline.bending).argmax() > np.searchsorted(spline.knots, 0.71)  # or this shows nothing
    axes = spline_figure(solution).axes[1]
    _, bends = labelled(axes, "$g''$")
    assert band(axes)[:, 1].max() == pytest.approx(np.abs(bends).max(), rel=1e-9)


def test_smoothing_shows_residuals_and_how_many_rows_a_mark_stands_for():
    solution = smoothed()
    figure = spline_figure(solution)
    fit, _, residuals = figure.axes
    problem = solution.problem
    x, misses = labelled(residuals, "residual")
    np.testing.assert_array_equal(x, problem.x)
    np.testing.assert_allclose(misses, problem.y - solution.predict(problem.x), atol=1e-12)
    places, areas = marks(fit)
    np.testing.assert_array_equal(places[:, 1], problem.y)
    np.testing.assert_allclose(areas / areas.min(), problem.counts)
    assert problem.counts.max() > 1
    assert r"\bar{y}" in str(residuals.get_legend().get_texts()[0].get_text())
    assert r"$\lambda$ = 0.0001" in fit.get_title(loc="left")
    assert fit.get_title(loc="left").startswith(f"{len(problem)} points")


@pytest.mark.parametrize(
    ("smoothing", "words"),
    [(None, "interpolation"), (ib.EarlyStopping(40), "$t$ = 40"), (1e-12, r"$1 \times 10^{-12}$"), (0, "interpolation")],
)
def test_title_says_how_much_was_smoothed(smoothing, words):
    solution = ib.solve(ib.SplineProblem(SAMPLE.x, SAMPLE.y, smoothing=smoothing))
    title = spline_figure(solution).axes[0].get_title(loc="left")
    assert words in title
    assert "5 points" in title
    assert "optimal" in title


def test_effect_of_zeta_shows_every_fit_and_every_zeta():
    solutions = {name: interpolated(zeta) for name, zeta in ZETAS.items()}
    fits, zetas = effect_of_zeta_figure(solutions).axes
    for k, (name, zeta) in enumerate(ZETAS.items()):
        x, g = labelled(fits, name)
        np.testing.assert_array_equal(g, solutions[name].predict(x))
        np.testing.assert_allclose(zetas.lines[k].get_ydata(), zeta(x) / zeta(x).max())
        assert zetas.lines[k].get_color() == fits.lines[k].get_color()
    x, y = labelled(fits, "data")
    np.testing.assert_array_equal(np.stack([x, y]), [SAMPLE.x, SAMPLE.y])
    assert [text.get_text() for text in fits.get_legend().get_texts()] == [*ZETAS, "data"]


def test_path_goes_from_light_to_dark_whatever_its_order():
    times = [100.0, 1.0, 1e4]
    solutions = ib.path(ib.SplineProblem(X, Y, smoothing=1.0), [ib.EarlyStopping(t) for t in times])
    fits, curvatures = spline_path_figure(solutions, rows=(X, Y)).axes
    x, y = labelled(fits, "data")
    np.testing.assert_array_equal(np.stack([x, y]), [X, Y])
    names = [text.get_text() for text in fits.get_legend().get_texts()]
    assert names == ["data", "$t$ = 1", "$t$ = 100", r"$t$ = $1 \times 10^{4}$"] or names[-1].endswith("10000")
    for k, solution in enumerate([solutions[1], solutions[0], solutions[2]]):
        line = fits.lines[k + 1]
        np.testing.assert_array_equal(line.get_ydata(), solution.predict(line.get_xdata()))
        assert np.abs(curvatures.lines[k].get_ydata()).max() == pytest.approx(1)
    lightness = [sum(int(line.get_color()[i : i + 2], 16) for i in (1, 3, 5)) for line in fits.lines[1:4]]
    assert lightness == sorted(lightness, reverse=True)
    places, _ = marks(spline_path_figure(solutions).axes[0])
    np.testing.assert_array_equal(places[:, 0], solutions[0].problem.x)


def test_what_cannot_be_drawn_is_refused(tmp_path):
    good = interpolated(ib.ConstantZeta())
    empty = replace(good, candidate=replace(good.candidate, spline=None))
    for draw in (
        lambda: spline_figure(empty),
        lambda: effect_of_zeta_figure({"a": empty}),
        lambda: effect_of_zeta_figure({}),
        lambda: spline_path_figure([]),
        lambda: plot_spline(empty, tmp_path / "a.svg"),
    ):
        with pytest.raises(ib.OptionError, match="nothing to draw"):
            draw()
    with pytest.raises(ib.OptionError, match="same data"):
        effect_of_zeta_figure({"a": good, "b": smoothed()})
    with pytest.raises(ib.OptionError, match="6 splines, not 7"):
        effect_of_zeta_figure({str(k): good for k in range(7)})
    with pytest.raises(ib.OptionError, match=r"\.pdf, \.png or \.svg"):
        plot_spline(good, tmp_path / "a.jpg")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_suffix_gives_a_file_of_its_format(suffix, tmp_path):
    good = interpolated(ib.GaussianZeta(1, 1))
    plot_spline(good, tmp_path / f"a{suffix}")
    plot_effect_of_zeta({"one": good}, tmp_path / f"b{suffix}")
    plot_spline_path([smoothed()], tmp_path / f"c{suffix}")
    for path in tmp_path.iterdir():
        assert path.read_bytes().startswith(STARTS[suffix])
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    "problem",
    [
        ib.SplineProblem([0, 1], [1, 2]),
        ib.SplineProblem([0, 1, 2], [0, 0, 0]),
        ib.SplineProblem([0, 1, 2], [1, 2, 3], ib.BinaryUniformZeta(0.1)),
        ib.SplineProblem([-1e-9, 0, 1e-9], [1e9, -1e9, 1e9]),
        ib.SplineProblem(np.linspace(0, 1, 20_000), np.random.default_rng(0).normal(size=20_000), smoothing=1e-9),
    ],
    ids=["two points", "zeros", "a line where nothing bends", "extreme", "many"],
)
def test_odd_splines_are_drawn(problem, tmp_path):
    plot_spline(ib.solve(problem), tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size < 1_000_000


def test_pictures_of_the_documents_are_whole_small_and_undated():
    folder = Path(__file__).parent.parent / "docs" / "pictures"
    for name in ("zeta.svg", "stopping.svg"):
        text = (folder / name).read_text(encoding="utf-8")
        ElementTree.fromstring(text)
        assert len(text) < 300_000
        assert "<dc:date>" not in text
