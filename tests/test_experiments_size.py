"""network-size: intervals, sizes that fit, labels of every variant, the plane's optimum, and a run from a user's file to its picture."""

import dataclasses
import json

import numpy as np
import pytest
from scipy import stats

import implicit_bias as ib
from implicit_bias.claims.neyshabur import neyshabur_network_size
from implicit_bias.data.images import digits
from implicit_bias.experiments import Options, find, kept, network_size, plane_digits, run, sizes
from implicit_bias.plots import plot_experiment

EXPERIMENT = find("network-size")


def test_a_paired_interval_is_students():
    differences = np.random.default_rng(0).normal(size=5)
    found = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    np.testing.assert_allclose(sizes.paired_interval(differences), found, rtol=1e-12)
    assert sizes.paired_interval(np.full(4, 0.5)) == (0.5, 0.5)
    assert sizes.paired_interval(np.array([0.3])) == (-np.inf, np.inf)


def test_the_size_that_fits_is_the_least_from_which_all_fit():
    train = np.array([[0.5, 0.4], [0.0, 0.0], [0.0, 0.02], [0.0, 0.0], [0.0, 0.0]])
    assert sizes.interpolation(train) == (3, 0.0)
    assert sizes.interpolation(np.zeros((2, 2))) == (0, 0.0)
    assert sizes.interpolation(np.array([[0.02], [0.0], [0.01]])) == (1, sizes.NEARLY)
    assert sizes.interpolation(np.array([[0.0], [0.02]])) == (None, sizes.NEARLY)
    assert sizes.fitted_from(train, 0.02) == 1


def test_a_rise_is_told_from_none():
    test = np.array([[0.10, 0.12, 0.11], [0.10, 0.11, 0.12], [0.20, 0.21, 0.23], [0.02, 0.03, 0.02]])
    steps = sizes.increases([8, 16, 32, 64], 0, test)
    assert [(step["from"], step["to"]) for step in steps] == [(8, 16), (16, 32), (32, 64), (8, 64)]
    assert [step["no_rise"] for step in steps] == [True, False, True, True]
    assert steps[1]["interval"][0] > 0 > steps[2]["interval"][1]
    assert [(step["from"], step["to"]) for step in sizes.increases([8, 16, 32, 64], 2, test)] == [(32, 64)]
    assert sizes.increases([8, 16, 32, 64], 3, test) == []


def results(rise=0.0):
    """Made-up results of three sizes, the largest of which errs more by ``rise``."""
    rng = np.random.default_rng(0)
    made = []
    for hidden, decay in ((4, 0.0), (8, 0.0), (16, 0.0), (4, 0.1), (8, 0.1), (16, 0.1), (4, 0.2), (8, 0.2), (16, 0.2)):
        end = np.stack([np.full(5, 0.1 if hidden == 4 else 0.0), rng.uniform(0.1, 0.2, 5), rng.uniform(0.1, 0.101, 5)], axis=1)
        end[:, 2] += rise * (hidden == 16)
        result = {"end": end.tolist(), "early": end.tolist()}
        result |= {name: rng.uniform(1, 2, 5).tolist() for name in ("path_norm", "weight_decay", "margin")}
        settings = {"data": "made", "variant": "original", "weight_decay": decay, "hidden": hidden, "epochs": 5}
        made.append({"settings": settings | {"repetitions": list(range(5))}, "result": result})
    return made


def test_a_report_says_where_the_error_rises():
    calm, rising = (sizes.summarised(results(rise)) for rise in (0.0, 0.05))
    assert "every interval contains 0 or less" in "\n".join(sizes.described(calm))
    text = "\n".join(sizes.described(rising))
    assert "1 of 1 intervals are above 0" in text
    assert "RISES" in text
    [curve] = rising["curves"]
    assert curve["fits_from"] == 8
    assert (curve["overall"]["from"], curve["overall"]["to"], curve["overall"]["no_rise"]) == (8, 16, False)
    assert curve["sizes"] == [4, 8, 16]


def test_dead_networks_have_no_norm_for_a_margin(tmp_path):
    made = results()
    made[0]["result"]["margin"][2] = 0.0
    summary = sizes.summarised(made)
    assert summary["curves"][0]["norm_per_margin"][0] is None
    json.dumps(summary, allow_nan=False)
    assert "       -" in sizes.described(summary)[2]
    plot_experiment({"experiment": "network-size", "summary": summary}, tmp_path / "dead.png")
    for found in made:
        found["result"]["margin"] = found["result"]["path_norm"] = [0.0] * 5
    summary = sizes.summarised(made)
    assert EXPERIMENT.describe(summary)
    plot_experiment({"experiment": "network-size", "summary": summary}, tmp_path / "all.png")


def test_weight_decay_is_chosen_by_the_validation_error_alone():
    made = results()
    [curve] = sizes.summarised(made)["curves"]
    for place, hidden in enumerate(curve["sizes"]):
        some = [found for found in made if found["settings"]["hidden"] == hidden and found["settings"]["weight_decay"] > 0]
        validation = np.array([found["result"]["end"] for found in some])[:, :, 1]
        assert curve["decayed"]["chosen"][place] == [(0.1, 0.2)[i] for i in validation.argmin(axis=0)]
        mine = [some[i]["result"]["end"][k][2] for k, i in enumerate(validation.argmin(axis=0))]
        assert curve["decayed"]["test"][place] == pytest.approx(np.mean(mine), rel=1e-4)


def test_censored_labels_can_be_fitted_by_the_network_that_made_them_and_noise_changes_a_twentieth():
    images = digits()
    censored = network_size.labelled(images, network_size.CENSORED, 50, seed=0)
    noisy = network_size.labelled(images, network_size.NOISY, 50, seed=0)
    assert (censored != noisy).sum() == round(0.05 * images.labels.size)
    assert 0 < (censored != images.labels).mean() < 0.6
    assert ((noisy >= 0) & (noisy < 10)).all()
    network_size.censored.cache_clear()
    again = network_size.labelled(images, network_size.CENSORED, 50, seed=0)
    np.testing.assert_array_equal(again, censored)
    assert (network_size.labelled(images, network_size.CENSORED, 50, seed=1) != censored).any()
    for variant in (network_size.ORIGINAL, network_size.SMALL_START):
        assert network_size.labelled(images, variant, 50, seed=0) is images.labels


def test_from_a_small_start_the_norm_is_what_training_made_it():
    """The start's own norm is a hundredth, and most of it is left where units are many and steps few."""
    settings = {"variant": network_size.ORIGINAL, "hidden": 500, "epochs": 5, "weight_decay": 0.0}
    usual, x, y = network_size.trained(digits(), settings, 0)
    small, same, labels = network_size.trained(digits(), settings | {"variant": network_size.SMALL_START}, 0)
    np.testing.assert_array_equal(same, x)
    np.testing.assert_array_equal(labels, y)
    assert small.network.path_norm() < 0.3 * usual.network.path_norm()


def test_in_the_plane_no_network_is_below_the_certified_optimum_and_its_own_network_attains_it():
    points = plane_digits.plane_digits()
    best = plane_digits.optimum(points, 1.0)
    assert best.status is ib.Status.OPTIMAL
    own = ib.Network.from_measure(best.measure).without_bias()
    assert plane_digits.objective(own, points, 1.0) == pytest.approx(best.upper_bound, rel=1e-9)
    network = plane_digits.descended(points, 1.0, 30, seed=0)
    excess = plane_digits.objective(network, points, 1.0) / best.lower_bound - 1
    assert 0 <= excess < 0.05
    # the objective with another weight is not that problem's
    assert plane_digits.objective(network, points, 0.5) < best.lower_bound


@pytest.fixture
def mine(tmp_path):
    images = digits()
    path = tmp_path / "mine.npz"
    np.savez(path, x=images.x[:400], y=images.labels[:400])
    return path


def small(options):
    """The jobs, few and short."""
    jobs = [job for job in EXPERIMENT.jobs(options) if job.settings["hidden"] in (32, 64) and job.settings["weight_decay"] < 0.01]
    return [dataclasses.replace(job, settings=job.settings | {"epochs": 20}) for job in jobs]


def test_a_users_file_goes_all_the_way_to_a_picture_and_is_resumed(tmp_path, mine):
    experiment = dataclasses.replace(EXPERIMENT, jobs=small)
    options = Options(quick=True, seeds=2, data=str(mine))
    report = run(experiment, options, tmp_path / "out")
    assert (tmp_path / "out" / "network-size-mine.json").exists()
    assert {curve["variant"] for curve in report["summary"]["curves"]} == set(network_size.VARIANTS)
    assert report["summary"]["plane"] == []
    json.dumps(report, allow_nan=False)
    assert EXPERIMENT.describe(report["summary"])
    plot_experiment(report, tmp_path / "mine.svg")
    again = run(experiment, options, tmp_path / "out", resume=True)
    assert again["summary"] == report["summary"]
    np.savez(mine, x=digits().x[:400], y=digits().labels[1:401])
    with pytest.raises(ib.DataError, match="other settings"):
        kept(experiment, options, tmp_path / "out", resume=True)


def test_a_users_file_may_have_the_name_of_another_part(tmp_path, mine):
    plane = mine.rename(tmp_path / "plane.npz")
    found = run(dataclasses.replace(EXPERIMENT, jobs=small), Options(quick=True, seeds=1, data=str(plane)), tmp_path / "out")["summary"]
    assert {curve["data"] for curve in found["curves"]} == {"plane"}
    assert found["plane"] == []


def test_data_on_which_training_diverges_are_refused(tmp_path, mine):
    np.savez(mine, x=digits().x[:400] * 1e30, y=digits().labels[:400])
    [job, *_] = small(Options(quick=True, seeds=1, data=str(mine)))
    with pytest.raises(ib.DataError, match="diverged"):
        EXPERIMENT.work(job.settings, tmp_path)


def test_data_that_change_while_it_runs_are_noticed(tmp_path, mine):
    options = Options(quick=True, seeds=2, data=str(mine))
    [job, *_] = small(options)
    np.savez(mine, x=digits().x[:400], y=digits().labels[1:401])
    with pytest.raises(ib.DataError, match="has changed"):
        EXPERIMENT.work(job.settings, tmp_path)


def test_only_experiments_that_take_data_are_given_some():
    with pytest.raises(ib.OptionError, match="takes no data"):
        find("table1").checked(Options(data="mine.npz"))
    assert EXPERIMENT.report_name(Options(data="folder/cifar.npz")) == "network-size-cifar"


def test_the_claim_refuses_sizes_that_do_not_fit_and_errors_that_rise(monkeypatch):
    errors = {32: [0.0, 0.05], 64: [0.0, 0.05]}

    def made(hidden, seed):
        return np.array(errors[hidden]) + np.array([[0, 1e-4 * i] for i in range(5)])

    monkeypatch.setattr(neyshabur_network_size, "_errors", made)
    case = neyshabur_network_size.Case(32, 64, 0.0, 0)
    assert neyshabur_network_size.check(case).error == 0
    errors[64] = [0.0, 0.06]
    assert neyshabur_network_size.check(case).error > 0.005
    errors[64] = [0.01, 0.05]
    assert neyshabur_network_size.check(case).error == np.inf
