"""Square loss with normalised layers: bounds, reports, and what they notice; what the checks of its claims refuse."""

import dataclasses
import json

import numpy as np
import pytest

from implicit_bias.claims.poggio_liao import poggio_euler, poggio_input_layer, poggio_margin, poggio_rho_eq
from implicit_bias.experiments import EXPERIMENTS, Job, Options, find, normalized, run
from implicit_bias.experiments.normalized_report import describe, summarise
from implicit_bias.networks import NormalizedNetwork
from implicit_bias.plots.experiments import plot_experiment

LINE = {"kind": "line", "way": "lagrange", "depth": 2, "decay": 0.01, "scale": 1.0, "seeds": [0], "time": 100.0}
DIGITS = {"kind": "digits", "way": "batch", "depth": 4, "decay": 0.05, "scale": 1.0, "step": 2e-4, "seeds": [0, 1], "time": 0.2}
FLOW = {"kind": "flow", "way": "weight", "depth": 2, "decay": 0.05, "scale": 2.0, "seeds": [0], "time": 0.02}
FEW = [LINE, LINE | {"decay": 0.0, "way": "none"}, LINE | {"way": "batch"}, DIGITS, DIGITS | {"way": "none", "decay": 0.0}, FLOW]


def with_jobs(*settings):
    return dataclasses.replace(normalized.EXPERIMENT, jobs=lambda options: [Job(f"job-{i}", one) for i, one in enumerate(settings)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("normalized")
    run(with_jobs(*FEW), Options(), place)
    return place


@pytest.fixture
def results(folder):
    return [json.loads((folder / "square-loss" / f"job-{i}.json").read_text()) for i in range(len(FEW))]


def said(results):
    return "\n".join(describe(summarise(results)))


def test_jobs_are_plain_and_have_names_of_their_own():
    for quick in (False, True):
        jobs = find("square-loss").jobs(Options(quick=quick))
        assert len({job.name for job in jobs}) == len(jobs)
        assert json.loads(json.dumps([job.settings for job in jobs])) == [job.settings for job in jobs]
        assert {job.settings["kind"] for job in jobs} == {"line", "digits", "flow"}
    assert "square-loss" in EXPERIMENTS


def test_digits_are_images_of_norm_one_of_two_kinds_and_none_is_in_both_parts():
    x, y, other, labels = normalized.two_digits()
    assert np.linalg.norm(np.vstack([x, other]), axis=1) == pytest.approx(np.ones(len(y) + len(labels)))
    assert set(y) == set(labels) == {-1.0, 1.0}
    assert len(y) == normalized.TRAINED_ON
    assert abs(y.mean()) < 0.3
    assert not (x[:, None] == other[None]).all(axis=2).any()


def test_a_report_has_rho_beside_rho_eq_and_runs_near_the_bound(results):
    summary = summarise(results)
    line, plain, *_ = summary["groups"]
    run_ = results[0]["result"]["runs"][0]
    assert line["mismatch"][0] == pytest.approx(abs(run_["rho"] - run_["rho_eq"]) / run_["rho"], rel=1e-3)  # four digits are kept
    assert line["mismatch"][0] <= 1e-3
    assert 1 <= line["objective"][0] / line["least_objective"] < 1.05
    assert plain["rho"][0] * plain["margin"][0] == pytest.approx(1, abs=1e-3)
    assert plain["rho"][0] > summary["least_rho"]
    assert summary["flows"][0]["apart"] < 0.1 * abs(summary["flows"][0]["rho"][0])
    assert summary["regularised"]["runs"] == 5
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_batch_normalisation_on_a_line_has_all_kinks_at_the_mean_and_cannot_fit(results):
    assert results[2]["result"]["runs"][0]["miss"] > 0.5
    found = normalized.followed(LINE | {"way": "batch", "time": 1.0}, 0)
    x = np.column_stack([np.linspace(-2, 2, 41), np.ones(41)])
    bends = np.abs(np.diff(found.network(x), 2))
    assert np.argmax(bends) == 19  # x = 0 is the mean of the points
    assert np.delete(bends, 19).max() < 1e-9 * bends[19]


def test_a_rho_that_is_off_a_bound_that_is_undercut_and_ends_that_differ_are_noticed(results):
    assert "(none below)" in said(results)
    assert "not so: line lagrange" not in said(results)
    off = json.loads(json.dumps(results))
    off[0]["result"]["runs"][0]["rho_eq"] *= 1.01
    assert "not so: line lagrange" in said(off)
    low = json.loads(json.dumps(results))
    low[0]["result"]["runs"][0]["objective"] *= 0.9
    assert "(SOME below)" in said(low)
    small = json.loads(json.dumps(results))
    small[1]["result"]["runs"][0]["rho"] = 0.9 * small[1]["result"]["least_rho"]
    assert "(SOME below)" in said(small)


def test_scales_that_end_alike_are_told_from_those_that_do_not(results):
    def with_scales(rhos):
        made = []
        for scale, rho in zip((0.1, 5.0), rhos, strict=True):
            copy = json.loads(json.dumps(results[0]))
            copy["settings"]["scale"] = scale
            copy["result"]["runs"][0]["rho"] = rho
            made.append(copy)
        return said(made)

    assert "in 1 of 1: line 2 lagrange" in with_scales((5.0, 5.05))
    assert "in 0 of 1: none" in with_scales((5.0, 6.0))
    assert "in 0 of 1: none" in with_scales((5.0, 0.0))  # a zero is no end like another


def test_a_correlation_is_that_of_ranks_with_its_sign_named(results):
    def with_errors(errors):
        made = []
        for i, error in enumerate(errors):
            copy = json.loads(json.dumps(results[4]))
            copy["result"]["runs"] = copy["result"]["runs"][:1]
            copy["result"]["runs"][0] |= {"miss": 0.0, "rho": 1.0 + i, "test_error": error}
            made.append(copy)
        return summarise(made)

    rising = with_errors([0.01 * i**2 for i in range(12)])
    assert rising["test_errors"][0]["correlation"] == pytest.approx(1)
    assert "as the paper says" in "\n".join(describe(rising))
    falling = with_errors([0.5 - 0.01 * i for i in range(12)])
    assert falling["test_errors"][0]["correlation"] == pytest.approx(-1)
    assert "AGAINST the paper" in "\n".join(describe(falling))


def test_what_was_cut_off_ends_with_the_same_report(folder, tmp_path):
    whole = json.loads((folder / "square-loss.json").read_text())
    two = with_jobs(*FEW[3:])
    run(with_jobs(*FEW[3:4]), Options(), tmp_path)
    again = run(two, Options(), tmp_path, resume=True)
    assert again["summary"]["flows"] == whole["summary"]["flows"]
    assert again["summary"]["groups"] == whole["summary"]["groups"][3:]


def test_the_picture_is_drawn(folder, tmp_path):
    plot_experiment(json.loads((folder / "square-loss.json").read_text()), tmp_path / "picture.svg")
    text = (tmp_path / "picture.svg").read_text()
    assert text.count('<g id="axes_') == 6


# --- claims: what the checks refuse


def test_at_an_input_layer_a_point_that_is_not_at_rest_refutes_nothing():
    [case] = poggio_input_layer.fixed()
    assert poggio_input_layer.check(case).error == pytest.approx(np.sqrt(0.5))
    for changed in (
        {"y": case.y * 1.001},
        {"decay": case.decay * 1.001},
        {"x": case.x[::-1] * [1.0, 1.01]},
        {"network": NormalizedNetwork(1.0, (case.network.layers[0] * 1.001, case.network.layers[1]))},
        {"y": case.network(case.x), "decay": 0.0},  # without residuals everything is at rest
    ):
        assert poggio_input_layer.check(dataclasses.replace(case, **changed)).error == 0


def test_margins_that_are_unequal_or_in_the_wrong_order_are_refused():
    case = poggio_margin.draw(np.random.default_rng(0), None)
    first, second = case.networks
    for wrong in (NormalizedNetwork(1.01 * first.rho, first.layers), NormalizedNetwork(0.5 * first.rho, first.layers)):
        assert poggio_margin.check(dataclasses.replace(case, networks=(wrong, second))).error > 1e-3


def test_eulers_identity_itself_refuses_its_controls():
    """Not only the comparison of two functions that differ."""
    for seed in range(300):
        case = poggio_euler.control(np.random.default_rng(seed))
        layers = list(case.network.layers)
        f = poggio_euler.values(case, layers)
        longer = [poggio_euler.values(case, [*layers[:k], 2 * layer, *layers[k + 1 :]]) for k, layer in enumerate(layers)]
        assert max(np.abs(one - 2 * f).max() for one in longer) > 1e-3 * np.abs(f).max() > 0
        assert poggio_euler.check(case).error > 1e-4


def test_a_network_that_is_dead_from_the_start_is_no_instance_of_rho_eq():
    # of every 130 starts of four units one or so is active on no sample
    for seed in range(400):
        case = poggio_rho_eq.draw(np.random.default_rng([5, seed]), None)
        assert poggio_rho_eq.followed(case, evaluations=1).values.any()
