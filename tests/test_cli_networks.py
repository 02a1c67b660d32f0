# ruff: noqa: F811  (fixtures are imported by name)
"""The commands that train networks: compare and reproduce."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from test_cli import call, folder, refused, strictly  # noqa: F401

import implicit_bias as ib
from implicit_bias.compare import side_by_side
from implicit_bias.plots import comparison_figure

QUICK = ("--hidden", "100", "--epochs", "3000", "--seeds", "2")
X = np.array([1990.0, 1991, 1992, 1994, 1995])
Y = np.array([10.0, 30, 20, 20, 50])


@pytest.fixture(autouse=True)
def files(folder):
    np.savetxt(
        folder / "some.csv", np.column_stack([X, Y, [0, 1, 1, 0, 2], 0 * X]), delimiter=",", header="x,y,k,one", comments="", fmt="%g"
    )
    (folder / "broken.csv").write_text("x,y\n0,1\n1,two\n")


def test_regression_side_by_side(call, folder):
    code, out, err = call("compare", "some.csv", *QUICK, "--json", "-", "--plot", "supports.svg")
    assert (code, err) == (0, "")
    report = strictly(out)
    assert report["optimum"]["status"] == "optimal"
    assert report["theory"] == ib.regression_kinks(X, Y).tolist()
    assert len(report["networks"]) == 2
    for network in report["networks"]:
        assert network["cost_repaired"] >= report["optimum"]["lower_bound"] * (1 - 1e-12)
        assert len(network["kinks"]) == len(network["directions"]) == len(network["weights"])
        assert len(network["theory"]["matched"]) + len(network["theory"]["missed"]) == len(report["theory"])
        assert len(network["optimum"]["matched"]) + len(network["optimum"]["extra"]) <= np.unique(network["kinks"]).size
    assert (folder / "supports.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize("classes", [("--bins", "3"), ("--labels", "k"), ("--bins", "3", "--weight", "sphere")])
def test_classification_side_by_side(call, classes):
    code, out, err = call("compare", "some.csv", *classes, *QUICK)
    assert (code, err) == (0, "")
    assert "optimal; between" in out
    assert "of optimum" in out


def test_networks_without_kinks_are_no_success(call):
    code, out, _ = call("compare", "some.csv", "--hidden", "1", "--step", "1e-9", "--epochs", "2", "--seeds", "1")
    assert code == 1
    assert "too few" in out


def test_nothing_is_trained_if_there_is_nothing_to_compare_with(monkeypatch):
    module = sys.modules[side_by_side.__module__]
    monkeypatch.setattr(module, "solve", lambda problem: SimpleNamespace(measure=None, reason="made up"))
    monkeypatch.setattr(module, "train", lambda *given, **options: pytest.fail("it was trained"))
    with pytest.raises(ib.DataError, match="no optimum"):
        side_by_side(ib.RegressionProblem(X, Y))


def test_networks_are_given_in_the_units_of_the_data():
    problem = ib.RegressionProblem(X, Y)
    [held] = side_by_side(problem, hidden=300, epochs=20_000, seeds=1).networks
    assert held.network(X) == pytest.approx(Y, abs=0.02 * np.ptp(Y))
    inward = (X - (X[0] + X[-1]) / 2) / ((X[-1] - X[0]) / 2)
    assert held.network(X) == pytest.approx(10 + 40 * held.trained.network(inward), rel=1e-12)
    assert held.judged.upper_bound >= held.judged.lower_bound


def test_a_network_that_is_the_optimum_matches_it():
    from implicit_bias.compare.side_by_side import _held
    from implicit_bias.networks import train

    problem = ib.RegressionProblem(X, Y)
    solution = ib.solve(problem)
    [trained] = train([0, 1], [0, 1], hidden=1, step=0.1, epochs=0)
    held = _held(problem, trained, ib.Network.from_measure(solution.measure), solution.atoms, None, solution.measure, 0.01)
    assert held.judged.gap < 1e-12
    assert held.to_optimum.exact
    assert held.transport < 1e-12
    assert held.function.sup < 1e-9
    wrong = _held(problem, trained, ib.Network([1.0], [-1992.0], [5.0]), solution.atoms, None, solution.measure, 0.01)
    assert not wrong.to_optimum.complete
    assert wrong.function.sup > 1
    assert wrong.judged.gap > 0.1


def test_the_picture_shows_as_many_stems_as_there_are_kinks():
    from matplotlib.collections import LineCollection

    comparison = side_by_side(ib.RegressionProblem(X, Y), hidden=50, epochs=2000, seeds=2)
    figure = comparison_figure(comparison)
    stems = [next(c for c in axes.collections if isinstance(c, LineCollection)) for axes in figure.axes[1:]]
    assert [len(c.get_segments()) for c in stems] == [len(comparison.optimum)] + [len(held.support) for held in comparison.networks]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--step", "0"), "step"),
        (("--step", "-1"), "step"),
        (("--step", "1e200"), "at most 1e+150"),
        (("--step", "1e50", "--epochs", "50", "--hidden", "20"), "step 1e+50"),
        (("--hidden", "1" + "0" * 30), "hidden must be at most"),
        (("--epochs", "1" + "0" * 30), "epochs must be at most"),
        (("--labels", "one"), "single class"),
        (("--tolerance", "2"), "tolerance"),
        (("--bins", "3", "--labels", "k"), "not both"),
        (("--midpoints", "ends"), "--bins"),
        (("--weight", "round"), "weight"),
        (("--hidden", "0"), "hidden"),
        (("--plot", "supports.gif"), "supports.gif"),
        (("--json", "nowhere/a.json"), "nowhere"),
    ],
)
def test_bad_options_of_compare(refused, options, told):
    assert told in refused("compare", "some.csv", *options)


@pytest.mark.parametrize(("step", "told"), [("1e100", "step 1e+100"), ("30", "too large")])
def test_a_step_that_is_too_large_is_told_and_is_no_success(call, step, told):
    code, out, err = call("compare", "some.csv", "--step", step, *QUICK)
    assert (code, err) == (1, "")
    assert told in out


def test_bad_files(refused):
    assert "line 3" in refused("compare", "broken.csv")
    assert "nothing.csv" in refused("compare", "nothing.csv")


@pytest.mark.parametrize("arguments", [("compare", "some.csv"), ("reproduce", "table1", "--quick")])
def test_without_the_extra_one_line_says_how_to_install_it(refused, folder, monkeypatch, arguments):
    monkeypatch.setitem(sys.modules, "jax", None)
    message = refused(*arguments)
    assert "implicit-bias[networks]" in message
    assert not (folder / "results").exists()


# --- reproduce


def test_the_list_names_every_experiment(call):
    from implicit_bias.experiments import EXPERIMENTS

    code, out, err = call("reproduce", "--list")
    assert (code, err) == (0, "")
    for experiment in EXPERIMENTS:
        assert experiment.name in out.splitlines()


def test_an_experiment_runs_resumes_and_is_not_overwritten(call, refused, folder, monkeypatch):
    from implicit_bias.experiments import table1

    monkeypatch.setattr(table1, "_QUICK_EPOCHS", 200)
    arguments = ("reproduce", "table1", "--quick", "--seeds", "1", "--out", "kept")
    code, out, err = call(*arguments)
    assert (code, err) == (0, "")
    assert "in the paper" in out
    assert "at most" in out
    report = strictly((folder / "kept" / "table1.json").read_text())
    assert [job["settings"]["model"] for job in report["jobs"]] == ["classification", "regression"]
    assert (folder / "kept" / "table1.svg").exists()
    assert "--resume" in refused(*arguments)
    before = (folder / "kept" / "table1.json").read_bytes()
    assert call(*arguments, "--protocol", "released-code")[0] == 0
    assert (folder / "kept" / "table1-released-code.svg").exists()
    assert (folder / "kept" / "table1.json").read_bytes() == before
    code, out, _ = call(*arguments, "--resume")
    assert code == 0
    assert "at most" not in out  # nothing is left to do
    assert strictly((folder / "kept" / "table1.json").read_text())["jobs"] == report["jobs"]


def test_a_users_images_have_a_report_of_their_own(call, folder, monkeypatch):
    from implicit_bias.experiments import network_size

    for name, value in (("_QUICK_SIZES", (8, 16)), ("_QUICK_EPOCHS", 10), ("_QUICK_DECAYS", ())):
        monkeypatch.setattr(network_size, name, value)
    rng = np.random.default_rng(0)
    np.savez(folder / "mine.npz", x=rng.normal(size=(300, 3)), y=rng.integers(0, 2, 300))
    code, out, err = call("reproduce", "network-size", "--quick", "--seeds", "2", "--data", "mine.npz", "--out", "kept")
    assert (code, err) == (0, "")
    assert "mine, noisy, 2 repetitions" in out
    assert strictly((folder / "kept" / "network-size-mine.json").read_text())["options"]["data"] == "mine.npz"
    assert (folder / "kept" / "network-size-mine.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "table1"),
        (("tabel1",), "Did you mean table1"),
        (("table1", "--protocol", "mine"), "released-code"),
        (("table1", "--seeds", "0"), "seeds"),
        (("table1", "--seeds", "1000000000"), "seeds"),
        (("table1", "--out", ""), "--out"),
        (("table1", "--out", "--resume"), "--out"),
        (("table1", "--out", "a\0b"), "null"),
        (("table1", "--out", "some.csv"), "some.csv"),
        (("table1", "--data", "mine.npz"), "takes no data"),
        (("network-size", "--data", "absent.npz"), "absent.npz"),
        (("network-size", "--data", "some.csv"), "some.csv"),
        (("network-size", "--data", ""), "cannot be read"),
        (("network-sise", "--quick"), "Did you mean network-size"),
    ],
)
def test_bad_options_of_reproduce(refused, arguments, told):
    assert told in refused("reproduce", *arguments)
