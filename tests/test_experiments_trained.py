"""Experiments on what training prefers: the largest margin, the convex optimum of weight decay, and the way that gradients go."""

import dataclasses
import itertools
import json
import math

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias import networks
from implicit_bias.claims.neyshabur import trained_weight_decay
from implicit_bias.claims.stewart import trained_gradient_angles, trained_max_margin
from implicit_bias.data.papers import Sample
from implicit_bias.experiments import EXPERIMENTS, Job, Options, appendix_f, appendix_g, appendix_h, find, max_margin, run, weight_decay

RNG = np.random.default_rng


def with_jobs(experiment, *settings):
    """The experiment with jobs of one's own."""
    return dataclasses.replace(experiment, jobs=lambda options: [Job(f"job-{i}", one) for i, one in enumerate(settings)])


def network_of(rng, hidden=7, outputs=None):
    return ib.Network(rng.normal(size=hidden), rng.normal(size=hidden), rng.normal(size=hidden if outputs is None else (outputs, hidden)))


# --- the largest margin

TWO = {
    "labels": "two",
    "loss": "exponential",
    "scale": 1.0,
    "step": 0.05,
    "hidden": 30,
    "seed": 0,
    "sections": 40,
    "section": 200,
    "pace": 1.0,
}
THREE = TWO | {"labels": "three", "loss": "cross-entropy"}


def test_a_margin_is_the_least_of_all_points_and_classes():
    rng = RNG(0)
    values, labels = rng.normal(size=(6, 3)), rng.integers(0, 3, 6)
    brute = min(values[i, labels[i]] - values[i, j] for i in range(6) for j in range(3) if j != labels[i])
    assert max_margin.margin_of(values, labels) == brute
    assert max_margin.margin_of(values[:, 0], labels % 2) == min(values[i, 0] if labels[i] % 2 == 1 else -values[i, 0] for i in range(6))


@pytest.mark.parametrize("labels", list(max_margin.LABELS))
def test_the_optimum_is_a_network_with_the_whole_share(labels):
    solution = max_margin.optimum(max_margin.X, max_margin.LABELS[labels])
    network = ib.Network.from_measure(solution.measure).without_bias()
    margin = max_margin.margin_of(network(np.array(max_margin.X)), np.array(max_margin.LABELS[labels]))
    assert margin / network.weight_decay() / max_margin.largest(solution, "cross-entropy") == pytest.approx(1, abs=1e-6)
    if labels == "two":
        one = ib.Network(network.W, network.b, network.a[1] - network.a[0]).balanced()
        margin = max_margin.margin_of(one(np.array(max_margin.X)), np.array(max_margin.LABELS[labels]))
        assert margin / one.weight_decay() / max_margin.largest(solution, "logistic") == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("settings", [TWO, THREE], ids=["two", "three"])
def test_a_share_is_what_judging_the_network_says(settings):
    x, labels = np.array(max_margin.X), np.array(max_margin.LABELS[settings["labels"]])
    *_, (_, network) = max_margin.descended(x, labels, settings)[0]
    margin = max_margin.margin_of(network(x), labels)
    assert margin > 0
    outer = network.a if network.a.ndim == 2 else np.stack([-network.a / 2, network.a / 2])
    pair = ib.Network(network.W, network.b, outer / margin)
    problem = ib.MaxMarginProblem(x, labels, weight="sphere")
    judged = ib.judge(problem, pair.measure())
    share = margin / network.path_norm() / max_margin.largest(max_margin.optimum(x, labels), settings["loss"])
    assert share == pytest.approx(max_margin.optimum(x, labels).lower_bound / judged.upper_bound, rel=1e-8)
    assert 0.5 < share <= 1
    assert network.weight_decay() >= network.path_norm()


def test_without_a_pace_it_is_plain_gradient_descent_seen_at_powers_of_two():
    x, labels = np.array(max_margin.X), np.array(max_margin.LABELS["two"])
    found, loss = max_margin.descended(x, labels, TWO | {"pace": 0.0, "sections": 1, "section": 64})
    start = networks.Scaled(networks.Glorot(), 1.0)
    [trained] = networks.train(x, 2 * labels - 1, hidden=30, loss="exponential", initialization=start, step=0.05, epochs=64)
    assert [epoch for epoch, _ in found] == [1, 2, 4, 8, 16, 32, 64]
    assert np.array_equal(found[-1][1].W, trained.network.W)
    assert loss == trained.loss


def test_steps_grow_as_the_loss_falls():
    x, labels = np.array(max_margin.X), np.array(max_margin.LABELS["two"])
    found, loss = max_margin.descended(x, labels, TWO | {"sections": 20})
    margins = [max_margin.margin_of(network(x), labels) for _, network in found]
    assert [epoch for epoch, _ in found] == list(range(200, 4001, 200))
    first = next(i for i, margin in enumerate(margins) if margin > 0)
    assert (np.diff(margins[first:]) > 0).all()
    assert loss == pytest.approx(np.exp(-(2 * labels - 1) * found[-1][1](x)).mean())
    _, plain = max_margin.descended(x, labels, TWO | {"pace": 0.0, "sections": 1, "section": 4000})
    assert loss < plain / 2


def test_a_loss_at_its_floor_ends_it():
    x, labels = np.array([-1.0, 1.0]), np.array([0, 1])
    found, loss = max_margin.descended(x, labels, TWO | {"loss": "cross-entropy", "sections": 2000})
    assert loss <= max_margin.FLOOR["cross-entropy"]
    assert len(found) < 2000


def test_a_limit_is_exact_for_what_falls_like_the_margin():
    curve = [(0.97 - 0.5 / margin, margin) for margin in (-1.0, 1.0, 2.0, 5.0, 12.0)]
    assert max_margin.extrapolated(curve) == pytest.approx(0.97)
    assert max_margin.extrapolated(curve[-1:]) is None


def test_margins_are_reported_and_one_that_is_too_large_is_noticed(tmp_path):
    few = with_jobs(max_margin.EXPERIMENT, TWO, TWO | {"seed": 1}, THREE, TWO | {"hidden": 1, "sections": 1})
    report = run(few, Options(), tmp_path)
    groups = report["summary"]["groups"]
    assert [len(group["shares"]) for group in groups] == [2, 1, 1]
    assert all(share <= 1 for group in groups for share in group["shares"] + group["path_shares"])
    assert (groups[2]["right"], groups[2]["best"]) == (0, None)  # one unit cannot
    assert groups[0]["mean"] == pytest.approx(np.mean(groups[0]["shares"]), abs=1e-6)
    said = few.describe(report["summary"])
    assert any("none above 1" in line for line in said)
    results = [json.loads((tmp_path / "max-margin" / f"job-{i}.json").read_text()) for i in range(4)]
    results[0]["result"]["cost"] /= 2
    assert any("SOME above 1" in line for line in few.describe(few.summarise(results)))


def test_a_run_that_was_cut_off_ends_with_the_same_report(tmp_path):
    whole = run(with_jobs(max_margin.EXPERIMENT, TWO, THREE), Options(), tmp_path / "whole")
    calls = []

    def breaking(settings, folder):
        if calls:
            raise KeyboardInterrupt
        calls.append(settings)
        return max_margin.EXPERIMENT.work(settings, folder)

    cut = with_jobs(max_margin.EXPERIMENT, TWO, THREE)
    with pytest.raises(KeyboardInterrupt):
        run(dataclasses.replace(cut, work=breaking), Options(), tmp_path / "cut")
    again = run(cut, Options(), tmp_path / "cut", resume=True)
    assert again["summary"] == whole["summary"]


# --- weight decay

DECAY = {"data": "fixture", "level": 0.05, "step": 0.05, "halvings": 8, "epochs": [10_000, 2000], "seeds": [0, 1]}
NEAR = DECAY | {"start": "optimum", "scale": 0.1, "hidden": 0}
FAR = DECAY | {"start": "random", "scale": 1.0, "hidden": 5, "halvings": 1}


@pytest.mark.parametrize("name", list(weight_decay.LEVELS))
def test_the_optimums_network_has_the_optimums_objective(name):
    settings = {"data": name, "level": weight_decay.LEVELS[name]}
    solution, sample = weight_decay.optimum(settings), weight_decay.data(name)
    unmoved = weight_decay.moved(solution, 0.0, 0)
    assert weight_decay.objective(unmoved, sample, settings["level"]) == pytest.approx(solution.value, rel=1e-7)
    rng = RNG(1)
    for _ in range(20):
        assert weight_decay.objective(network_of(rng), sample, settings["level"]) > solution.lower_bound
        nearby = weight_decay.moved(solution, 0.01, int(rng.integers(100)))
        assert weight_decay.objective(nearby, sample, settings["level"]) > solution.lower_bound


def test_training_goes_down_the_objective_times_two_over_the_points():
    rng = RNG(3)
    sample, level, size, step = Sample(np.array([-1.0, 0.2, 0.9]), np.array([1.0, -0.5, 0.3])), 0.07, 1e-6, 1e-3
    network = network_of(rng, 4)
    settings = {"step": step, "level": level, "halvings": 0, "epochs": [1, 1]}
    found, _ = weight_decay.descended(settings, networks.Given(max_margin.layers_of(network)), 4, 0, sample)
    parts = [network.W, network.b, network.a]
    for which, i in itertools.product(range(3), range(4)):

        def at(shift, which=which, i=i):
            moved = [part.copy() for part in parts]
            moved[which][i] += shift
            return weight_decay.objective(ib.Network(*moved), sample, level)

        slope = (at(size) - at(-size)) / (2 * size)
        change = (found.W, found.b, found.a)[which][i] - parts[which][i]
        assert change == pytest.approx(-step * 2 / 3 * slope, rel=1e-5, abs=1e-10)


def test_trained_networks_come_near_the_bound_from_above_and_one_below_is_noticed(tmp_path):
    few = with_jobs(weight_decay.EXPERIMENT, NEAR, FAR)
    report = run(few, Options(), tmp_path)
    near, far = report["summary"]["groups"]
    assert 0 <= near["best"] <= near["worst"] < 1e-3
    assert far["best"] > 0
    assert near["within"][:2] == [1.0, 1.0]
    assert (np.array(near["curve"])[[0, -1]] > 0).all()
    assert few.describe(report["summary"])[-1].endswith("(none below the bound)")
    results = [json.loads((tmp_path / "weight-decay" / f"job-{i}.json").read_text()) for i in range(2)]
    results[1]["result"]["best"] = -1e-9
    assert few.describe(few.summarise(results))[-1].endswith("(SOME below the bound)")


# --- angles


def test_angles_are_those_of_a_right_triangle_small_ones_too():
    tiny = 1e-9
    rows = np.array([[2.0, 0.0], [0.0, 3.0], [-1.0, 0.0], [1.0, tiny], [1.0, 1.0]])
    expected = np.array([0.0, 90.0, 180.0, np.degrees(tiny), 45.0])
    found = appendix_f.angles(rows)
    assert found[0] == pytest.approx(expected, rel=1e-6)
    assert np.array_equal(found, found.T)
    assert (np.diag(found) == 0).all()


def test_a_straight_way_is_straight_and_a_quarter_of_a_circle_turns_by_ninety_degrees():
    line = appendix_f.route(np.outer(np.cumsum([0.0, 1.0, 0.5, 2.0]), [3.0, 4.0, 12.0]))
    assert line.straightness == pytest.approx(1)
    assert line.turn == pytest.approx(0, abs=1e-5)
    turn = np.linspace(0, math.pi / 2, 501)
    circle = appendix_f.route(np.column_stack([np.cos(turn), np.sin(turn)]), 10)
    assert circle.angles.shape == (10, 10)
    assert circle.angles[0, -1] == pytest.approx(90, abs=0.5)
    assert circle.turn == pytest.approx(90, abs=0.5)
    assert circle.straightness == pytest.approx(math.sqrt(2) / (math.pi / 2), rel=1e-4)
    with pytest.raises(ib.DataError, match="stands still"):
        appendix_f.route(np.ones((3, 2)))


def test_the_angles_are_those_of_the_gradients():
    settings = {"model": "regression", "protocol": "paper", "seed": 2, "hidden": 12, "step": 0.04, "gradients": 5, "data_seeds": [0, 1]}
    sample, _ = appendix_f.data(settings)
    [trained] = networks.train(sample.x, sample.y, hidden=12, step=0.04, epochs=5, seeds=[2], snapshots=range(6))

    def gradient(network):
        hidden = np.maximum(0, np.outer(sample.x, network.W) + network.b)
        miss = 2 * (network(sample.x) - sample.y) / sample.x.size
        back = (hidden > 0) * network.a * miss[:, None]
        return np.concatenate([sample.x @ back, back.sum(axis=0), hidden.T @ miss])

    gradients = np.array([gradient(trained.history.snapshots[epoch]) for epoch in range(5)])
    assert appendix_f.walked(settings).angles == pytest.approx(appendix_f.angles(gradients), abs=1e-4)


def test_the_summary_keeps_the_angles_of_both_models(tmp_path):
    common = {"protocol": "paper", "seed": 0, "hidden": 40, "gradients": 30, "data_seeds": [0, 1]}
    both = [common | {"model": "regression", "step": 0.04}, common | {"model": "classification", "step": 0.07}]
    few = with_jobs(appendix_f.EXPERIMENT, *both)
    models = run(few, Options(), tmp_path)["summary"]["models"]
    for found in models.values():
        assert [len(row) for row in found["angles"]] == list(range(30, 0, -1))
        assert max(max(row) for row in found["angles"]) == pytest.approx(found["largest"][0], abs=0.5)
        assert 0 < found["straightness"][0] < 1
    assert len(few.describe({"models": models})) == 5


# --- two hidden layers, and two inputs


def test_two_hidden_layers_are_reported_with_their_errors_and_angles(tmp_path):
    common = {"protocol": "paper", "seed": 0, "hidden": [6, 5], "step": 0.04, "precision": "float32", "data_seeds": [0, 1]}
    kinds = [common | {"kind": kind, "epochs": 40, "patience": 1000 if kind == "stopped" else 0} for kind in appendix_g.KINDS]
    few = with_jobs(appendix_g.EXPERIMENT, *kinds)
    summary = run(few, Options(), tmp_path)["summary"]
    _, other = appendix_g.data(common)
    [trained] = networks.train(
        appendix_g.data(common)[0].x,
        appendix_g.data(common)[0].y,
        hidden=(6, 5),
        step=0.04,
        epochs=40,
        precision="float32",
        validation=(other.x, other.y),
    )
    assert summary["kinds"]["stopped"]["rmse"] == summary["kinds"]["long"]["rmse"]
    assert summary["kinds"]["long"]["rmse"] == [pytest.approx(np.sqrt(np.mean((trained.network(other.x) - other.y) ** 2)), rel=1e-6)]
    assert summary["kinds"]["long"]["along"][-1][1] == pytest.approx(math.sqrt(trained.history.validation[-1]), abs=1e-5)
    assert [len(row) for row in summary["angles"]["angles"]] == list(range(40, 0, -1))
    assert any("is not below" in line for line in few.describe(summary))
    assert any("ended 0 of 1 runs" in line for line in few.describe(summary))
    assert appendix_g.falling([[0, 9.0], [70, 5.0], [80, 4.0], [100, 3.0]]) == 0.25
    summary["kinds"]["long"]["worst"] = 0.01
    assert any("is below" in line for line in few.describe(summary))


def test_lines_that_cross_the_square_are_found_with_the_normal_in_the_upper_half_plane():
    network = ib.Network(
        [[3.0, 4.0], [-3.0, -4.0], [1.0, 0.0], [1.0, 1.0], [0.0, -2.0], [0.0, 0.0]],
        [-2.5, 2.5, 0.5, -3.0, 1.0, 1.0],
        [2.0, -1.0, 9.0, 9.0, 3.0, 9.0],
    )
    found = appendix_h.lines(network.measure())
    angle = np.degrees(np.arctan2(4, 3))
    assert found == pytest.approx(np.array([[angle, 0.5, 10.0], [90.0, 0.5, 6.0], [angle, 0.5, 5.0]]))
    assert appendix_h.spread(found) == 2
    assert appendix_h.spread(found[:1]) == 1
    assert appendix_h.spread(found[:0]) == 0


@pytest.mark.parametrize("direction", [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (-1.0, 1e-17), (-1.0, -1e-17)])
def test_a_line_along_an_axis_has_an_angle_below_a_half_turn(direction):
    shift = -0.3 * sum(direction)
    [[angle, offset, weight]] = appendix_h.lines(ib.Network([list(direction)], [shift], [2.0]).measure())
    assert 0 <= angle < 180
    place = offset * np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
    assert place @ np.array(direction) + shift == pytest.approx(0, abs=1e-12)
    assert weight == pytest.approx(2.0)


def test_lines_and_optima_of_the_plane_are_reported(tmp_path):
    common = {"teacher": 1, "bins": 5, "side": 4}
    student = common | {"hidden": 8, "epochs": 30, "step": 0.1, "seed": 0, "precision": "float64"}
    students = [student | {"model": model} for model in ("regression", "classification")]
    optima = [common | {"model": f"optimum-{model}"} for model in ("regression", "classification")]
    few = with_jobs(appendix_h.EXPERIMENT, *students, *optima)
    models = run(few, Options(), tmp_path)["summary"]["models"]
    assert models["optimum-regression"]["status"] == "optimal"
    assert models["optimum-regression"]["lower_bound"] <= models["optimum-regression"]["value"] * (1 + 1e-9)
    assert all(found["crossing"] == len(found["lines"]) for found in models.values())
    sample, _, _ = appendix_h.data(students[0])
    [trained] = networks.train(sample.x, sample.y, hidden=8, step=0.1, epochs=30)
    assert models["regression"]["rmse"] == pytest.approx(math.sqrt(trained.loss))
    said = few.describe({"models": models})
    models["classification"]["all_cells"] = models["regression"]["all_cells"]
    assert any("not as in the paper" in line for line in few.describe({"models": models}))
    times = trained.network.path_norm() / models["optimum-regression"]["lower_bound"]
    assert any(f"{times:.1f} times" in line for line in said)


# --- what they have in common


@pytest.mark.parametrize("name", ["max-margin", "weight-decay", "appendix-f", "appendix-g", "appendix-h"])
@pytest.mark.parametrize("quick", [False, True])
def test_jobs_are_plain_and_have_names_of_their_own(name, quick):
    jobs = find(name).jobs(Options(quick=quick))
    assert name in EXPERIMENTS
    assert len({job.name for job in jobs}) == len(jobs)
    assert json.loads(json.dumps([job.settings for job in jobs])) == [job.settings for job in jobs]
    assert len(find(name).jobs(Options(quick=quick, seeds=2))) >= 2


def test_many_snapshots_make_no_stretch_too_long():
    [trained] = networks.train([-1.0, 0.0, 1.0], [1.0, 0.0, 1.0], hidden=3, step=0.05, epochs=120, snapshots=range(120))
    assert sorted(trained.history.snapshots) == list(range(120))
    assert trained.epochs == 120


# --- claims: what the checks refuse


def test_a_share_above_one_and_one_too_small_are_refused():
    [case] = trained_max_margin.fixed()
    assert trained_max_margin.check(case).error == 0
    for factor in (0.8, 1.3):
        assert trained_max_margin.check(dataclasses.replace(case, factor=factor)).error > 0.01


def test_another_weight_decay_is_refused():
    [case] = trained_weight_decay.fixed()
    assert trained_weight_decay.check(case).error == 0
    for factor in (0.7, 1.4):
        assert trained_weight_decay.check(dataclasses.replace(case, factor=factor)).error > 1e-4


def test_an_objective_below_the_optimum_is_refused(monkeypatch):
    [case] = trained_weight_decay.fixed()
    monkeypatch.setattr(trained_weight_decay, "objective", lambda network, sample, level: 0.5)
    assert trained_weight_decay.check(case).error > 1e-2


@pytest.mark.parametrize("route", [appendix_f.Route(np.full((3, 3), 5.0), 50.0, 0.9), appendix_f.Route(np.full((3, 3), 50.0), 50.0, 1.0)])
def test_a_way_that_does_not_turn_or_is_straight_is_refused(monkeypatch, route):
    case, _ = trained_gradient_angles.fixed()
    monkeypatch.setattr(trained_gradient_angles, "walked", lambda settings: route)
    assert trained_gradient_angles.check(case).error > 1e-4
