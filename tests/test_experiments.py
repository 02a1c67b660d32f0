"""Experiments: jobs that survive being cut off, reports that can be shipped, and Table 1 in small."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias import experiments
from implicit_bias.cli import main
from implicit_bias.data.papers import triangle_target, triangles
from implicit_bias.experiments import Experiment, Job, Options, run, table1
from implicit_bias.experiments.table1 import data, fitted, support
from implicit_bias.plots import plot_experiment

COUNTED: list[int] = []


def square(settings, folder):
    COUNTED.append(settings["number"])
    if settings["number"] == settings["breaks"]:
        raise KeyboardInterrupt
    return {"square": settings["number"] ** 2, "many": [1.0] * 50}


def squares(breaks=None):
    return Experiment(
        "squares",
        "Squares",
        "nobody",
        "that they grow",
        lambda options: [Job(f"of-{i}", {"number": i, "breaks": breaks}) for i in range(options.seeds or 4)],
        square,
        lambda results: {"squares": [found["result"]["square"] for found in results]},
        lambda summary: [str(summary["squares"])],
        figure=drawn,
    )


def drawn(summary):
    from matplotlib.figure import Figure

    figure = Figure()
    figure.add_subplot().plot(summary["squares"])
    return figure


def jobs_alike(experiment, breaks):
    """The same jobs, but with a work that breaks: settings must not change."""

    def work(settings, folder):
        return square(settings | {"breaks": breaks}, folder)

    return replace(experiment, work=work)


@pytest.fixture(autouse=True)
def uncounted():
    COUNTED.clear()


def test_a_run_that_was_cut_off_goes_on_where_it_was(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(jobs_alike(squares(), 2), Options(), tmp_path)
    assert sorted(path.name for path in (tmp_path / "squares").glob("*.json")) == ["of-0.json", "of-1.json"]
    assert not (tmp_path / "squares.json").exists()
    COUNTED.clear()
    report = run(squares(), Options(), tmp_path, resume=True)
    assert COUNTED == [2, 3]
    assert report["summary"] == {"squares": [0, 1, 4, 9]}
    assert json.loads((tmp_path / "squares.json").read_text()) == report


def test_results_are_not_overwritten_unasked(tmp_path):
    run(squares(), Options(), tmp_path)
    with pytest.raises(ib.OptionError, match="--resume"):
        run(squares(), Options(), tmp_path)
    assert COUNTED == [0, 1, 2, 3]
    assert run(squares(), Options(seeds=5), tmp_path, resume=True)["summary"]["squares"][-1] == 16
    assert COUNTED == [0, 1, 2, 3, 4]


OURS = '{"settings": {"number": 2, "breaks": null}'


@pytest.mark.parametrize(
    "content",
    [
        "",
        '{"settings"',
        "[]",
        '{"settings": {"number": 7, "breaks": null}, "result": {"square": 4}, "seconds": 0}',
        OURS + "}",
        OURS + ', "result": null, "seconds": 0}',
        OURS + ', "result": {"square": 4}, "seconds": "0"}',
    ],
)
def test_results_that_are_damaged_or_of_other_settings_are_refused(tmp_path, content):
    run(squares(), Options(), tmp_path)
    (tmp_path / "squares" / "of-2.json").write_text(content)
    with pytest.raises(ib.DataError, match=r"of-2\.json"):
        run(squares(), Options(), tmp_path, resume=True)


def test_a_report_is_not_overwritten_unasked(tmp_path):
    (tmp_path / "squares.json").write_text("{}")
    with pytest.raises(ib.OptionError, match="--resume"):
        run(squares(), Options(), tmp_path)
    assert (tmp_path / "squares.json").read_text() == "{}"
    assert not COUNTED


def test_a_place_that_cannot_be_written_is_refused_before_anything_runs(tmp_path):
    (tmp_path / "squares.json").mkdir()
    with pytest.raises(ib.OutputError, match=r"squares\.json"):
        run(squares(), Options(), tmp_path, resume=True)
    with pytest.raises(ib.OutputError, match="null"):
        run(squares(), Options(), "a\0b")
    assert not COUNTED


def test_a_report_ships_numbers_and_leaves_out_what_is_long(tmp_path):
    report = run(squares(), Options(), tmp_path)
    assert [job["result"] for job in report["jobs"]] == [{"square": i * i} for i in range(4)]
    assert report["versions"]["numpy"]
    assert report["options"] == {"quick": False, "protocol": "paper", "seeds": None, "data": None}


def test_options_are_checked(tmp_path):
    with pytest.raises(ib.OptionError, match="protocol"):
        run(squares(), Options(protocol="released-code"), tmp_path)
    for seeds in (0, 10**12):
        with pytest.raises(ib.OptionError, match="seeds"):
            run(squares(), Options(seeds=seeds), tmp_path)
    with pytest.raises(ib.OptionError, match="Did you mean table1"):
        experiments.find("tabel1")
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ib.OutputError):
        run(squares(), Options(), file)


# --- Table 1


SMALL = {
    "protocol": "paper", "seed": 0, "hidden": 60, "step": 0.05, "epochs": 300, "patience": 1000, "precision": "float64",
    "data_seeds": [0, 1],
}  # fmt: skip


def test_the_data_of_both_protocols():
    paper, _ = data(SMALL)
    code, other = data(SMALL | {"protocol": "released-code"})
    for sample in (paper, code, other):
        labels = np.round(sample.y * 49).astype(int)
        assert (np.bincount(labels, minlength=50) == 5).all()
        assert np.array_equal(sample.y, triangle_target(sample.x))
        assert (np.diff(sample.x) >= 0).all()
    assert np.unique(paper.x).size == 250
    assert np.unique(code.x).size < 245
    with pytest.raises(ib.OptionError):
        triangles(0, pool=0)


@pytest.mark.parametrize("protocol", experiments.PROTOCOLS)
@pytest.mark.parametrize("model", table1.MODELS)
def test_a_job_reports_the_error_of_the_network_it_made(tmp_path, model, protocol):
    settings = SMALL | {"model": model, "protocol": protocol}
    result = table1._work(settings, tmp_path / "checkpoints")
    network = fitted(settings, None).network
    _, validation = data(settings)
    values = network(validation.x)
    if model == "classification":
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        values = powers @ (np.arange(50) / 49) / powers.sum(axis=1)
    assert result["rmse"] == pytest.approx(np.sqrt(np.mean((values - validation.y) ** 2)), rel=1e-12)
    assert network.W.size == (120 if protocol == "released-code" else 60)  # a leaky unit is two plain ones
    assert result["epochs"] == 300


def test_cells_keep_all_slope_changes_within_the_data():
    network = ib.Network([2.0, -1.0, 1.0, 0.0, 1.0], [1.0, 0.5, -0.5, 1.0, 5.0], [3.0, 1.0, -2.0, 7.0, 1.0])
    places, sizes = np.array(support(network)).T
    assert sizes.sum() == pytest.approx(3 * 2 + 1 + 2)
    assert places == pytest.approx([-0.5, 0.5])


def test_the_summary_is_of_the_results(tmp_path):
    def found(model, seed, rmse):
        result = {"rmse": rmse, "epochs": 10, "stopped": "epochs", "curve": [seed], "support": [[0.0, 1.0]]}
        return {"settings": {"model": model, "seed": seed}, "result": result, "seconds": 1.0}

    results = [
        found(model, seed, (1 + seed) * size) for model, size in (("regression", 0.04), ("classification", 0.01)) for seed in (0, 1, 2)
    ]
    summary = table1.EXPERIMENT.summarise(results)
    regression = summary["models"]["regression"]
    assert (regression["best"], regression["worst"]) == pytest.approx((0.04, 0.12))
    assert (regression["mean"], regression["sd"]) == pytest.approx((0.08, 0.04))
    assert (regression["worst_seed"], regression["worst_curve"]) == (2, [2])
    assert table1.EXPERIMENT.describe(summary)[-1].startswith("every classification")
    results[-1]["result"]["rmse"] = 0.05
    assert table1.EXPERIMENT.describe(table1.EXPERIMENT.summarise(results))[-1].startswith("not every classification")


def test_each_protocol_has_its_own_report():
    names = [table1.EXPERIMENT.report_name(Options(protocol=protocol)) for protocol in experiments.PROTOCOLS]
    assert names == ["table1", "table1-released-code"]
    assert squares().report_name(Options()) == "squares"


SHIPPED = Path(__file__).parent.parent / "docs" / "results"


@pytest.mark.parametrize("name", experiments.EXPERIMENTS.names())
def test_every_experiment_ships_its_report_and_has_a_picture(tmp_path, name):
    report = json.loads((SHIPPED / f"{name}.json").read_text())
    experiment = experiments.find(name)
    assert (report["experiment"], report["source"], report["options"]["quick"]) == (name, experiment.source, False)
    assert report["jobs"]
    assert experiment.describe(report["summary"])
    plot_experiment(report, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")


def test_no_picture_of_what_is_no_experiment(tmp_path):
    with pytest.raises(ib.DataError, match="no picture"):
        plot_experiment({"experiment": "nothing"}, tmp_path / "a.svg")


def test_importing_the_table_imports_no_experiment_and_nothing_heavy():
    code = "import sys, implicit_bias.experiments as e, implicit_bias.plots; assert len(e.EXPERIMENTS) > 10; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"jax", "numba", "cvxpy", "matplotlib", "joblib"} & set(loaded)
    parts = {name.removeprefix("implicit_bias.experiments.") for name in loaded if name.startswith("implicit_bias.experiments.")}
    assert parts == {"base", "running"}


def test_the_names_of_the_table_are_those_of_the_files():
    assert [experiment.name for experiment in experiments.EXPERIMENTS] == list(experiments.MODULES)


@pytest.mark.parametrize("figure", [drawn, f"{__name__}:drawn"], ids=["a function", "its name"])
def test_an_experiment_of_ones_own_is_found_listed_run_and_drawn_like_the_others(tmp_path, capsys, figure):
    with experiments.EXPERIMENTS.having(replace(squares(), figure=figure)):
        assert experiments.find("squares").jobs(Options(seeds=3))
        assert main(["reproduce", "--list"]) == 0
        assert "that they grow" in capsys.readouterr().out
        assert main(["reproduce", "squares", "--seeds", "3", "--out", str(tmp_path)]) == 0
        out = capsys.readouterr().out
        assert "[0, 1, 4]" in out
        assert "squares.svg" in out
        report = json.loads((tmp_path / "squares.json").read_text())
        assert report["summary"] == {"squares": [0, 1, 4]}
        assert (tmp_path / "squares.svg").read_text().startswith("<?xml")
        plot_experiment(report, tmp_path / "again.png")
        assert (tmp_path / "again.png").stat().st_size > 0
    with pytest.raises(ib.DataError, match="no picture of 'squares'"):
        plot_experiment(report, tmp_path / "again.png")


def test_an_experiment_without_a_picture_is_run_and_has_none(tmp_path, capsys):
    plain = replace(squares(), figure=None)
    with experiments.EXPERIMENTS.having(plain):
        assert main(["reproduce", "squares", "--out", str(tmp_path)]) == 0
        out = capsys.readouterr().out
        assert "squares.json" in out
        assert "svg" not in out
        report = json.loads((tmp_path / "squares.json").read_text())
        for picture in (lambda: plot_experiment(report, tmp_path / "a.svg"), lambda: plain.draw(report["summary"])):
            with pytest.raises(ib.DataError, match="has no picture"):
                picture()
    assert [path.suffix for path in tmp_path.iterdir() if path.is_file()] == [".json"]
