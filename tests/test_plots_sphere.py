"""Pictures of problems on the sphere: one input, and the plane with its map of features."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection, QuadMesh
from test_plots import STARTS, labelled, stems, touching

import implicit_bias as ib
from implicit_bias.measures.circle import sphere_weight
from implicit_bias.plots import classification_figure, plane_figure, plot_plane, plot_solution, regression_figure
from implicit_bias.plots.plane import lines_in_box

RNG = np.random.default_rng(0)
T = np.linspace(-1, 1, 30)
NOISY = np.sin(5 * T) + 0.3 * RNG.normal(size=30)
X = RNG.uniform(-1, 1, size=(14, 2))
Y = np.sin(3 * X[:, 0]) * X[:, 1]
CLASSES = (np.hypot(*X.T) > 0.6).astype(int) + (X[:, 0] > 0.5)
LEVEL = 0.2
STATED = {
    "squared": lambda: ib.RegularizedProblem(T, NOISY, LEVEL),
    "hinge": lambda: ib.RegularizedProblem(T, np.sign(NOISY), LEVEL, "hinge"),
    "cross-entropy": lambda: ib.RegularizedProblem(T, (NOISY > 0).astype(int), LEVEL, "cross-entropy"),
    "margins": lambda: ib.MaxMarginProblem(T, (np.sin(5 * T) > 0).astype(int), weight="sphere"),
    "plane": lambda: ib.RegressionProblem(X, Y),
    "plane, squared": lambda: ib.RegularizedProblem(X, Y, 0.05),
    "plane, hinge": lambda: ib.RegularizedProblem(X, np.where(Y > 0, 1.0, -1.0), 0.05, "hinge"),
    "plane, cross-entropy": lambda: ib.RegularizedProblem(X, CLASSES, 0.05, "cross-entropy"),
    "plane, margins": lambda: ib.MaxMarginProblem(X, CLASSES, 4),
}


@pytest.fixture(scope="module")
def solutions():
    return {name: ib.solve(state()) for name, state in STATED.items()}


# --- one input


@pytest.mark.parametrize("name", ["squared", "hinge"])
def test_fit_and_data_are_the_solutions(solutions, name):
    solution = solutions[name]
    axes = regression_figure(solution).axes[0]
    x, y = labelled(axes, "data")
    np.testing.assert_array_equal(x, solution.problem.x)
    np.testing.assert_array_equal(y, solution.problem.fit.y)
    grid = np.linspace(-1, 1, 301)
    np.testing.assert_allclose(np.interp(grid, *labelled(axes, "fit")), solution.predict(grid), atol=1e-9)
    assert rf"$\lambda$ = {LEVEL}" in axes.get_title(loc="left")
    inside = np.abs(solution.atoms.kinks) <= 1
    assert len(stems(regression_figure(solution).axes[1])) == inside.sum()


@pytest.mark.parametrize("facing", [1, -1])
def test_certificate_is_held_against_the_weight_and_lambda(solutions, facing):
    solution = solutions["squared"]
    axes = regression_figure(solution).axes[2]
    t, eta = labelled(axes, rf"$\eta(t, {facing:+.0f})")
    np.testing.assert_allclose(eta, solution.certificate(t, facing) / (LEVEL * sphere_weight(t)), atol=1e-14)
    assert 0.99 < np.abs(eta).max() <= 1 + 1e-9
    full, empty = touching(axes)
    assert len(full) > 0 == len(empty)
    (peak,) = [text.get_text() for text in axes.texts]
    assert "exact" in peak
    assert float(peak.split()[1]) == pytest.approx(solution.certificate.peak, abs=1e-8)


def test_atoms_of_another_answer_do_not_all_touch(solutions):
    problem = solutions["squared"].problem
    worse = ib.judge(problem, ib.Measure([-0.3, 0.6], [1, 1], [1.0, -1.0]), solutions["squared"].dual)
    assert len(touching(regression_figure(worse).axes[2])[1]) > 0


def test_atoms_beyond_the_data_are_counted_but_not_shown(solutions):
    problem = solutions["squared"].problem
    judged = ib.judge(problem, ib.Measure([-0.3, 4.0, -3.0], [1, -1, 1], [1.0, -0.1, 0.2]), solutions["squared"].dual)
    figure = regression_figure(judged)
    assert labelled(figure.axes[0], "kinks found (1, 2 more beyond the data)")[0].tolist() == [-0.3]
    assert len(stems(figure.axes[1])) == 1


@pytest.mark.parametrize(("name", "level"), [("cross-entropy", LEVEL), ("margins", 1.0)])
def test_norms_of_classes_are_held_against_the_weight_and_lambda(solutions, name, level):
    solution = solutions[name]
    axes = classification_figure(solution).axes[2]
    t, length = labelled(axes, r"$\|\eta(t, +1)\|")
    np.testing.assert_allclose(length, np.linalg.norm(solution.certificate(t, 1), axis=1) / (level * sphere_weight(t)), atol=1e-12)
    assert 0.9 < length.max() <= 1 + 1e-8
    assert "exact" in axes.texts[0].get_text()
    assert not any(str(line.get_label()).startswith("predicted") for line in classification_figure(solution).axes[0].lines)


# --- two inputs


@pytest.mark.parametrize("name", [name for name in STATED if name.startswith("plane")])
def test_every_plane_has_its_data_and_its_lines(solutions, name):
    solution = solutions[name]
    plane = plane_figure(solution).axes[0]
    (data,) = [c for c in plane.collections if isinstance(c, PathCollection) and c.get_gid() == "data"]
    np.testing.assert_array_equal(np.asarray(data.get_offsets()), solution.problem.x)
    lines = [c for c in plane.collections if isinstance(c, LineCollection) and str(c.get_gid()).startswith("kinks")]
    assert len(lines) == (1 if solution.atoms.weights.ndim == 2 else 2)
    segments = [segment for c in lines for segment in c.get_segments()]
    low, high = (np.array(ends) for ends in zip(plane.get_xlim(), plane.get_ylim(), strict=True))
    assert len(segments) == len(lines_in_box(solution.atoms.features, low, high)[1])
    for segment in segments:  # every end is on the line of an atom
        rows = np.column_stack([segment, np.ones(2)])
        assert np.abs(rows @ solution.atoms.features.T).max(axis=0).min() < 1e-12
    assert f"{len(solution.atoms)} atoms" in plane.get_title(loc="left")


def test_lines_split_by_sign_and_weigh_by_thickness(solutions):
    solution = solutions["plane"]
    plane = plane_figure(solution).axes[0]
    counts = {str(c.get_gid()): len(c.get_segments()) for c in plane.collections if str(c.get_gid()).startswith("kinks")}
    inside = lines_in_box(solution.atoms.features, *(np.array(e) for e in zip(plane.get_xlim(), plane.get_ylim(), strict=True)))[1]
    weights = solution.atoms.weights[inside]
    assert counts == {"kinks, $w$ > 0": (weights > 0).sum(), "kinks, $w$ < 0": (weights < 0).sum()}
    widths = np.concatenate([c.get_linewidths() for c in plane.collections if str(c.get_gid()).startswith("kinks")])
    assert widths.max() == pytest.approx(2.2)


@pytest.mark.parametrize("name", ["plane", "plane, squared", "plane, margins"])
def test_map_shows_the_certificate_within_one_with_every_atom_on_it(solutions, name):
    solution = solutions[name]
    sphere = next(axes for axes in plane_figure(solution).axes if axes.name == "mollweide")
    (mesh,) = [c for c in sphere.collections if isinstance(c, QuadMesh)]
    theta, beta = np.moveaxis(mesh.get_coordinates(), -1, 0)
    features = np.stack([np.cos(beta) * np.cos(theta), np.cos(beta) * np.sin(theta), np.sin(beta)], axis=-1)
    expected = solution.certificate(features) / solution.problem.level
    shown = np.asarray(mesh.get_array()).reshape(theta.shape)
    np.testing.assert_allclose(shown, expected if expected.ndim == 2 else np.linalg.norm(expected, axis=-1), atol=1e-12)
    assert 0.9 < np.abs(shown).max() <= 1 + 1e-8
    marks = np.concatenate([np.stack(line.get_data(), 1) for line in sphere.lines if line.get_linestyle() == "None"])
    assert len(marks) == len(solution.atoms)
    back = np.stack([np.cos(marks[:, 1]) * np.cos(marks[:, 0]), np.cos(marks[:, 1]) * np.sin(marks[:, 0]), np.sin(marks[:, 1])], 1)
    assert np.linalg.norm(back[:, None] - solution.atoms.features[None], axis=2).min(axis=0).max() < 1e-9
    assert "exact" in sphere.get_xlabel()


def dark(figure):
    """Return how many atoms are marked as touching, and how many are not."""
    sphere = next(axes for axes in figure.axes if axes.name == "mollweide")
    marks = [line for line in sphere.lines if line.get_linestyle() == "None"]
    return tuple(
        sum(len(line.get_xdata()) for line in marks if (line.get_markerfacecolor() == "white") == white) for white in (False, True)
    )


def test_heavy_atoms_of_an_optimum_touch_and_those_of_another_network_do_not(solutions):
    solution = solutions["plane, squared"]
    atoms = solution.atoms
    touches = solution.certificate(atoms.features) / solution.problem.level * np.sign(atoms.weights) >= 1 - 1e-6
    assert np.abs(atoms.weights[touches]).sum() > 0.99 * np.abs(atoms.weights).sum()
    assert dark(plane_figure(solution)) == (touches.sum(), (~touches).sum())
    units = np.eye(3)[:2]
    worse = ib.judge(solution.problem, ib.RidgeMeasure(units, [1.0, -1.0]), solution.dual)
    assert dark(plane_figure(worse))[1] > 0


def test_lines_in_a_box():
    low, high = np.array([-1.0, 0.0]), np.array([1.0, 2.0])
    features = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, -1.0], [1.0, 1.0, -1.0], [1.0, 0.0, -3.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
    lines, owners = lines_in_box(features, low, high)
    assert owners.tolist() == [0, 1, 2]
    assert {tuple(end) for end in lines[0]} == {(0.0, 0.0), (0.0, 2.0)}
    assert {tuple(end) for end in lines[1]} == {(-1.0, 1.0), (1.0, 1.0)}
    np.testing.assert_allclose(sorted(map(tuple, lines[2])), [(-1.0, 2.0), (1.0, 0.0)], atol=1e-15)


def test_without_a_dual_the_plane_is_drawn_and_without_a_measure_nothing(solutions):
    solution = solutions["plane"]
    half = replace(solution, candidate=replace(solution.candidate, dual=None, certificate=None))
    assert "no dual" in [text.get_text() for axes in plane_figure(half).axes for text in axes.texts]
    empty = replace(solution, candidate=replace(solution.candidate, measure=None), status=ib.Status.BACKEND_FAILED)
    with pytest.raises(ib.OptionError, match="nothing to draw"):
        plane_figure(empty)


def test_a_measure_without_atoms_is_drawn():
    for state in (lambda: ib.RegularizedProblem(X, Y, 1e3), lambda: ib.RegularizedProblem(T, NOISY, 1e3)):
        solution = ib.solve(state())
        assert len(solution.atoms) == 0
        figure = plane_figure(solution) if solution.problem.inputs == 2 else regression_figure(solution)
        figure.draw_without_rendering()


def test_pictures_refuse_what_they_cannot_show(tmp_path, solutions):
    three = ib.solve(ib.RegularizedProblem(RNG.normal(size=(8, 3)), np.arange(8.0), 1.0))
    for draw in (plot_solution, plot_plane):
        with pytest.raises(ib.OptionError, match=r"of (one and of )?two inputs"):
            draw(three, tmp_path / "picture.svg")
    with pytest.raises(ib.OptionError, match="of two inputs"):
        plane_figure(solutions["squared"])
    with pytest.raises(ib.OptionError, match="one output"):
        regression_figure(solutions["plane"])
    with pytest.raises(ib.OptionError, match="of classification with one input"):
        classification_figure(solutions["plane, margins"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".pdf", ".png", ".svg"])
def test_equal_solutions_give_equal_files(suffix, tmp_path, solutions):
    contents = set()
    for _ in range(2):
        plot_solution(solutions["plane, margins"], tmp_path / f"picture{suffix}")
        contents.add((tmp_path / f"picture{suffix}").read_bytes())
    (content,) = contents
    assert content.startswith(STARTS[suffix])


@pytest.mark.parametrize("name", STATED)
def test_every_problem_has_its_picture_and_its_panels_stay_large(name, tmp_path, solutions):
    plot_solution(solutions[name], tmp_path / "picture.svg")
    assert (tmp_path / "picture.svg").read_bytes().startswith(STARTS[".svg"])
    if name.startswith("plane"):
        figure = plane_figure(solutions[name])
        figure.draw_without_rendering()
        assert figure.axes[0].get_position().width > 0.6  # a long legend must not narrow it
        assert figure.axes[0].get_position().height > 0.35


def test_readme_pictures_are_whole_and_small():
    folder = Path(__file__).parent.parent / "docs" / "pictures"
    ElementTree.fromstring((folder / "regularized.svg").read_text(encoding="utf-8"))
    assert (folder / "plane.png").read_bytes().startswith(STARTS[".png"])
    assert all((folder / name).stat().st_size < 400_000 for name in ("regularized.svg", "plane.png"))
