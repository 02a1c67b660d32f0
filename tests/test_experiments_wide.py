"""Wide networks in experiments: closed forms beside training, rates that are told apart, and reports that notice what is wrong."""

import json
from dataclasses import replace

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias.analysis.adjustment import exact_adjustment
from implicit_bias.analysis.gradient_flow import FILTER_GAP
from implicit_bias.claims.jin_montufar import trained, trained_early_stopping, trained_theorem_4, trained_width_rate
from implicit_bias.experiments import Job, Options, figure1, find, run, theorem4, trajectories
from implicit_bias.experiments.wide import (
    DATA,
    REGIMES,
    at_epoch,
    digits,
    drawing,
    jacobian,
    largest_rate,
    limit_values,
    rate,
    said,
    spline_values,
    tangent_kernel,
    trained_network,
)

EVEN = DATA["even"]()
PLACES = np.linspace(-2, 2, 21)
NAMES = ("figure1", "theorem4", "trajectories")


def started(name="uniform", seed=3, width=40):
    start = REGIMES[name].antisymmetric
    (w, b), (a, _) = start.sample(np.random.default_rng(seed), (1, width, 1))
    return start, w[:, 0], b, a[0]


# --- networks


@pytest.mark.parametrize("name", REGIMES)
def test_the_jacobian_is_the_derivative_of_the_network_that_is_trained(name):
    start, w, b, a = started(name)
    found = jacobian(start, 3, 40, PLACES)
    kinks = -b / w
    for i in (0, 7, 25, 39):
        away = np.abs(PLACES - kinks[i]) > 1e-4
        for part, (dw, db, da) in {"W1": (1, 0, 0), "b1": (0, 1, 0), "W2": (0, 0, 1)}.items():
            h = 1e-5
            values = [
                ib.Network(w + s * h * dw * unit, b + s * h * db * unit, a + s * h * da * unit)(PLACES)
                for s in (1, -1)
                for unit in [np.eye(40)[i]]
            ]
            np.testing.assert_allclose((values[0] - values[1])[away] / (2 * h), found[part][away, i], atol=1e-8)
    assert (found["b2"] == 1).all()
    assert np.abs(tangent_kernel(found) - sum(part @ part.T for part in found.values())).max() == 0
    run_ = trained_network(EVEN.x, EVEN.y, start, width=40, seed=3, trained="all", step=1e-9, epochs=1, snapshots=[0])
    np.testing.assert_array_equal(at_epoch(run_, 0).W, w)
    assert np.abs(at_epoch(run_, 0)(PLACES)).max() < 1e-12  # antisymmetric


def test_a_step_is_one_of_half_the_sum_of_squares():
    start, w, b, a = started()
    run_ = trained_network(EVEN.x, EVEN.y, start, width=40, seed=3, trained="output", step=1e-3, epochs=1)
    features = np.maximum(EVEN.x[:, None] * w + b, 0)
    np.testing.assert_allclose(run_.network.a, a + 1e-3 * features.T @ EVEN.y, rtol=1e-12)


def test_the_last_network_stands_for_later_epochs_and_no_other_does():
    start = started()[0]
    step = 1 / largest_rate(start, 3, 40, EVEN.x)
    run_ = trained_network(EVEN.x, EVEN.y, start, width=40, seed=3, trained="all", step=step, epochs=9, goal=1e9, snapshots=[0, 5])
    assert run_.epochs == 0
    assert at_epoch(run_, 5) is run_.network
    run_ = trained_network(EVEN.x, EVEN.y, start, width=40, seed=3, trained="all", step=step, epochs=9, snapshots=[5])
    assert at_epoch(run_, 5) is run_.history.snapshots[5]
    with pytest.raises(KeyError):
        at_epoch(run_, 4)


@pytest.mark.parametrize("name", REGIMES)
def test_infinitely_wide_networks_on_adjusted_data_are_the_spline_of_their_zeta_and_of_no_other(name):
    regime = REGIMES[name]
    line = exact_adjustment(EVEN.x, EVEN.y, regime.kernel)
    limit = limit_values(regime.kernel, EVEN.x, line.adjusted(EVEN.x, EVEN.y), PLACES) + line(PLACES[:, None])
    for other, rival in REGIMES.items():
        apart = np.abs(limit - spline_values(EVEN.x, EVEN.y, rival.zeta, PLACES)).max()
        same = other == name or {other, name} == {"uniform", "binary-uniform"}  # both ζ are constant within the data
        assert (apart < 1e-10) if same else (apart > 1e-3)


def test_no_two_networks_of_an_experiment_are_drawn_alike():
    drawn = {drawing(seed, width) for seed in range(30) for width in (10 * 2**k for k in range(14))}
    assert len(drawn) == 30 * 14


# --- rates


@pytest.mark.parametrize("exponent", [-1.5, -1.0, -0.5, 0.0])
def test_rates_are_found_and_told_apart(exponent):
    widths = np.repeat([10, 80, 640, 5120], 8)
    exact = rate(widths, widths**exponent)
    assert (exact["slope"], exact["low"], exact["high"]) == pytest.approx((exponent,) * 3, abs=1e-4)
    noisy = rate(widths, widths**exponent * np.exp(0.3 * np.random.default_rng(0).normal(size=32)), 0.99)
    from scipy.stats import linregress

    logs = np.log(widths), np.log(widths**exponent) + 0.3 * np.random.default_rng(0).normal(size=32)
    fit = linregress(*logs)
    half = 2.7499956535672 * fit.stderr  # Student's t, 30 degrees of freedom, 99 %
    assert (noisy["slope"], noisy["high"] - noisy["low"]) == pytest.approx((fit.slope, 2 * half), abs=2e-4)
    assert noisy["low"] < exponent < noisy["high"] < noisy["low"] + 0.3
    assert noisy["networks"] == 32
    assert float(said(exact).split()[0]) == exponent


def test_too_few_networks_have_no_rate():
    for widths in ([], [10, 20], [10, 10, 10]):
        found = rate(widths, np.ones(len(widths)))
        assert found["slope"] is None
        assert said(found) == "too few networks"


def test_digits_are_json():
    assert digits([[1.23456789, np.nan], [np.inf, 0.0]], 3) == [[1.23, None], [None, 0.0]]
    assert digits(1e-9 / 3) == 3.3333e-10


# --- what all three have in common


def tiny(name):
    """The experiment with jobs that take a second."""
    small = {
        "figure1": [
            Job("a", {"part": "width", "data": "even", "widths": [80, 160, 320], "epochs": 30_000, "pace": 1.0, "start": "gaussian",
                      "seed": 0, "goal": 1e-8, "closed": False}),
            Job("b", {"part": "width", "data": "uneven", "widths": [640, 1280, 2560], "epochs": 0, "pace": 1.0, "start": "uniform",
                      "seed": 0, "goal": 0.0, "closed": True}),
            Job("c", {"part": "zeta", "data": "even", "width": 640, "seed": 0, "epochs": 30_000, "pace": 1.0, "goal": 1e-8,
                      "start": "gaussian"}),
        ],
        "theorem4": [
            Job(f"s{seed}", {"data": "even", "widths": [80, 160, 320, 640], "trained_to": 320, "pace": 1.0, "epochs": 300,
                             "start": "gaussian", "seed": seed})
            for seed in range(2)
        ],
        "trajectories": [
            Job(kind, {"data": "even", "width": 640, "pace": 0.05, "epochs": 2000, "times": 6, "start": "uniform", "trained": kind,
                       "seed": 0})
            for kind in ("all", "output")
        ],
    }  # fmt: skip
    return replace(find(name), jobs=lambda options: small[name])


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    return {name: run(tiny(name), Options(), tmp_path_factory.mktemp(name)) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_reports_are_small_json_and_are_described(reports, name):
    report = reports[name]
    assert len(json.dumps(report, allow_nan=False)) < 50_000
    lines = find(name).describe(report["summary"])
    assert lines
    assert max(map(len, lines)) <= 140
    assert "nan" not in "\n".join(lines)


@pytest.mark.parametrize("name", NAMES)
def test_jobs_of_every_size_have_names_of_their_own_and_settings_that_are_json(name):
    for options in (Options(), Options(quick=True), Options(seeds=2)):
        jobs = find(name).jobs(options)
        assert len({job.name for job in jobs}) == len(jobs) > 2
        assert all(json.loads(json.dumps(job.settings)) == job.settings for job in jobs)
    assert len(find(name).jobs(Options(quick=True))) < len(find(name).jobs(Options()))


@pytest.mark.parametrize("name", NAMES)
def test_a_run_that_was_cut_off_ends_with_the_same_report(reports, tmp_path, name):
    experiment, done = tiny(name), []

    def cut(settings, folder):
        if done:
            raise KeyboardInterrupt
        done.append(settings)
        return experiment.work(settings, folder)

    with pytest.raises(KeyboardInterrupt):
        run(replace(experiment, work=cut), Options(), tmp_path)
    assert run(experiment, Options(), tmp_path, resume=True)["summary"] == reports[name]["summary"]


# --- Figure 1


def test_networks_of_figure_1_end_where_problem_14_says(reports):
    group = reports["figure1"]["summary"]["groups"]["even gaussian"]
    # the least eigenvalue is 1/126: beyond it the kernel of the output weights outweighs the rest
    assert set(group["curves"]["all exact"]["rates"]) == {"from 80", "from 160"}
    assert 80 < 1 / group["smallest"] < 160
    assert group["curves"]["all exact"]["unfinished"] == 0
    assert group["curves"]["output exact"]["mean"] == pytest.approx(group["curves"]["end exact"]["mean"], rel=0.02)
    assert group["limits"]["exact"] < 1e-10 < 1e-3 < group["limits"]["raw"]
    shape = reports["figure1"]["summary"]["shapes"]["gaussian"]
    apart = np.abs(np.subtract(shape["curve"], shape["spline"])).max()
    assert apart <= shape["distance"] * (1 + 1e-3)
    assert shape["distance"] < 0.4


def results_of_figure_1(exponent, stopped="goal"):
    """Results whose distances follow a rate, but for networks that ended otherwise and are far away."""
    widths = [40, 80, 160]
    settings = {"part": "width", "data": "even", "widths": widths, "start": "uniform", "closed": False}

    def result(seed):
        distance = {curve: [n**exponent for n in widths] for curve in figure1.CURVES}
        distance["all raw"] = [7.0, *distance["all raw"][1:]] if seed == 0 else distance["all raw"]
        ended = {curve: ["goal"] * 3 for curve in figure1.CURVES}
        ended["all raw"] = [stopped, "goal", "goal"] if seed == 0 else ended["all raw"]
        same = {curve: [1] * 3 for curve in figure1.CURVES}
        return {"distance": distance, "stopped": ended, "epochs": same, "loss": same, "curves": {str(n): [0.0] for n in widths}}

    return [{"settings": settings | {"seed": seed}, "result": result(seed), "seconds": 1.0} for seed in range(3)]


@pytest.mark.parametrize("exponent", [-0.5, 0.0])
def test_figure_1_reports_the_rate_that_is_there(exponent):
    curves = figure1.EXPERIMENT.summarise(results_of_figure_1(exponent))["groups"]["even uniform"]["curves"]
    assert {name: found["rates"]["from 40"]["slope"] for name, found in curves.items() if name != "all raw"} == pytest.approx(
        dict.fromkeys(set(figure1.CURVES) - {"all raw"}, exponent), abs=1e-4
    )


@pytest.mark.parametrize("stopped", ["epochs", "diverged"])
def test_figure_1_leaves_out_networks_that_do_not_fit_and_says_so(stopped):
    summary = figure1.EXPERIMENT.summarise(results_of_figure_1(-0.5, stopped))
    raw = summary["groups"]["even uniform"]["curves"]["all raw"]
    assert raw["unfinished"] == 1
    assert raw["rates"]["from 40"]["slope"] == pytest.approx(-0.5, abs=1e-4)
    assert raw["distances"][0][0] is None
    assert "1 did not fit their data" in "\n".join(figure1.EXPERIMENT.describe(summary))
    spoiled = figure1.EXPERIMENT.summarise(results_of_figure_1(-0.5))["groups"]["even uniform"]["curves"]["all raw"]
    assert spoiled["rates"]["from 40"]["slope"] < -1


# --- Theorem 4


SMALL = {"data": "even", "trained_to": 10**6, "pace": 1.0, "epochs": 40, "start": "gaussian", "seed": 1}


def test_theorem_4_is_linearised_descent_step_by_step():
    start, x, y, width = REGIMES["gaussian"].antisymmetric, EVEN.x, EVEN.y, 60
    at = np.linspace(-2, 2, 41)
    here, there = (jacobian(start, drawing(1, width), width, points) for points in (x, at))
    step = 1 / np.linalg.eigvalsh(tangent_kernel(here))[-1]
    most = dict.fromkeys(["f", *theorem4.PARTS], 0.0)
    whole = {name: np.zeros(part.shape[1]) for name, part in here.items()}
    alone = {"W2": np.zeros(width)}
    wanted = theorem4.epochs_of(SMALL)
    for epoch in range(1, 41):
        for moved in (whole, alone):
            left = sum(here[name] @ moved[name] for name in moved) - y
            for name in moved:
                moved[name] = moved[name] - step * here[name].T @ left
        if epoch in wanted:
            values = [sum(there[name] @ moved[name] for name in moved) for moved in (whole, alone)]
            now = {"f": np.abs(values[0] - values[1]).max()}
            now |= {part: np.linalg.norm(whole[part] - alone.get(part, 0)) for part in theorem4.PARTS}
            most = {name: max(most[name], now[name]) for name in most}
    found = theorem4.differences(SMALL, width)
    assert {name: found[f"{theorem4.LINEAR}: {name}"] for name in most} == pytest.approx(most, rel=1e-9)
    assert found["closed form: f"] < 1e-12


@pytest.mark.parametrize("epoch", [1, 7, 300])
def test_linearised_networks_that_are_trained_are_where_the_closed_form_says(epoch):
    start, width = REGIMES["gaussian"].antisymmetric, 60
    step = 1 / largest_rate(start, 5, width, EVEN.x)
    options = {"width": width, "seed": 5, "step": step, "epochs": epoch, "output_bias": True}
    run_ = trained_network(EVEN.x, EVEN.y, start, trained="linearized", **options)
    moved = theorem4._Descent(jacobian(start, 5, width, EVEN.x), EVEN.y).moved(step, epoch)
    there = jacobian(start, 5, width, PLACES)
    np.testing.assert_allclose(run_.network(PLACES), sum(there[name] @ moved[name] for name in moved), atol=1e-11)


def test_theorem_4_compares_the_networks_that_are_trained():
    start, width, epochs = REGIMES["gaussian"].antisymmetric, 60, theorem4.epochs_of(SMALL)
    step = 1 / largest_rate(start, drawing(1, width), width, EVEN.x)
    kept = {"width": width, "seed": drawing(1, width), "step": step, "epochs": 40, "snapshots": [0, *epochs]}
    whole = trained_network(EVEN.x, EVEN.y, start, trained="all", output_bias=True, **kept)
    alone = trained_network(EVEN.x, EVEN.y, start, trained="output", **kept)
    first, found = at_epoch(whole, 0), theorem4.differences(SMALL, width)
    pairs = [(at_epoch(whole, epoch), at_epoch(alone, epoch)) for epoch in epochs]
    wanted = {
        "W1": max(np.linalg.norm(a.W - first.W) for a, _ in pairs),
        "b1": max(np.linalg.norm(a.b - first.b) for a, _ in pairs),
        "b2": max(abs(a.bias) for a, _ in pairs),
        "W2": max(np.linalg.norm(a.a - b.a) for a, b in pairs),
        "W2 of a unit": max(np.abs(a.a - b.a).max() for a, b in pairs),
        "f": max(np.abs(a(np.linspace(-2, 2, 41)) - b(np.linspace(-2, 2, 41))).max() for a, b in pairs),
    }
    assert {part: found[f"{theorem4.NETWORK}: {part}"] for part in wanted} == pytest.approx(wanted, rel=1e-12)


def test_theorem_4_notices_networks_that_take_other_steps(monkeypatch):
    monkeypatch.setattr(theorem4, "trained_network", lambda *args, step, **kept: trained_network(*args, step=0.9 * step, **kept))
    assert theorem4.differences(SMALL, 60)["closed form: f"] > 1e-3


def test_theorem_4_reports_widths_with_and_without_networks(reports):
    summary = reports["theorem4"]["summary"]["groups"]["gaussian"]
    assert summary["closed_form"] < 1e-11
    sizes = {name: len(found["mean"]) for name, found in summary["models"].items()}
    assert {size for name, size in sizes.items() if name.startswith(theorem4.LINEAR)} == {4}
    assert {size for name, size in sizes.items() if "network" in name} == {3}
    assert summary["models"][f"{theorem4.LINEAR}: W1"]["rate"]["slope"] == pytest.approx(-1, abs=0.5)


@pytest.mark.parametrize(("exponent", "word"), [(-1.0, "sharp"), (-1.5, "steeper"), (-0.5, "exceeded")])
def test_theorem_4_says_whether_its_bounds_are_kept(exponent, word):
    widths = [10, 20, 40, 80, 160]
    name = f"{theorem4.LINEAR}: W1"
    settings = {"widths": widths, "start": "uniform", "epochs": 1, "trained_to": 20}
    results = [{"settings": settings, "result": {name: [n**exponent for n in widths], "closed form: f": [0.0]}} for _ in range(2)]
    assert word in "\n".join(theorem4.EXPERIMENT.describe(theorem4.EXPERIMENT.summarise(results)))


# --- equation (7)


SETTINGS = {"data": "even", "width": 640, "pace": 0.05, "epochs": 2000, "times": 6, "start": "uniform", "trained": "all", "seed": 0}


@pytest.mark.parametrize("start", ["uniform", "gaussian"])
@pytest.mark.parametrize("time", [1e-3, 0.1, 3.0, 1e3])
def test_rivals_are_what_they_are_called(start, time):
    settings = SETTINGS | {"start": start}
    found, (x, at), kernel = trajectories.rivals(settings, time), trajectories.places(settings), REGIMES[start].kernel
    points = x[:, None]
    gram = kernel.full(points, points)
    ridge = kernel.full(at[:, None], points) @ np.linalg.solve(gram + np.eye(5) / time, EVEN.y)
    np.testing.assert_allclose(found["ridge"][5:], ridge, atol=1e-9)
    # a smoothing spline has a line for free: ridge regression on data less the line that is right for this time
    line = exact_adjustment(x, EVEN.y, kernel, smoothing=1 / time)
    less = kernel.full(at[:, None], points) @ np.linalg.solve(gram + np.eye(5) / time, line.adjusted(x, EVEN.y))
    np.testing.assert_allclose(found["literal"][5:], less + line(at[:, None]), atol=1e-7)
    assert np.linalg.norm(found["flow"][:5] - found["ridge"][:5]) <= FILTER_GAP * np.linalg.norm(EVEN.y)


def test_early_and_late_rivals():
    early, late = (trajectories.rivals(SETTINGS, time) for time in (1e-9, 1e9))
    line = np.polyval(np.polyfit(EVEN.x, EVEN.y, 1), EVEN.x)
    np.testing.assert_allclose(early["literal"][:5], line, atol=1e-6)
    for name in ("squares", "ridge", "flow"):
        np.testing.assert_allclose(early[name], 0, atol=1e-6)
    for name in ("literal", "ridge", "flow"):
        np.testing.assert_allclose(late[name][:5], EVEN.y, atol=1e-5)


def test_networks_are_held_against_their_rivals(reports, tmp_path):
    summary = reports["trajectories"]["summary"]
    size = np.linalg.norm(EVEN.y)
    for group in summary["groups"].values():
        assert max(group["flow_to_ridge"]) <= FILTER_GAP * size
        assert max(group["distances"]["flow"]["data"]) < 0.1 * size
        assert group["distances"]["literal"]["data"][0] > 0.5 * size
        assert group["distances"]["squares"]["data"][0] < 0.05 * size
    again = trajectories._work(SETTINGS, tmp_path)
    epoch = summary["epochs"].index(10)
    values = np.array(again["curves"]["10"])
    _, pace = trajectories.rates_of(SETTINGS)
    rivals = trajectories.rivals(SETTINGS, 10 * pace)
    apart = np.abs(values - rivals["ridge"][5:]).max()
    assert again["sup"]["ridge"][epoch] == pytest.approx(apart, abs=1e-4)
    # the spline of adjusted data is held against the network that was trained on them
    adjusted, last = trajectories.targets(SETTINGS)["squares"], summary["epochs"][-1]
    start, at = REGIMES["uniform"].antisymmetric, trajectories.places(SETTINGS)[1]
    mine = trained_network(EVEN.x, adjusted, start, width=640, seed=0, trained="all", step=pace / 640, epochs=last).network(at)
    apart = np.abs(mine - trajectories.rivals(SETTINGS, last * pace)["squares"][5:]).max()
    assert again["sup"]["squares"][-1] == pytest.approx(apart, abs=1e-4)


def test_a_bound_that_is_exceeded_is_said_to_be():
    summary = {"size": 2.0, "gap": 0.2036, "width": 10, "epochs": [1, 2], "groups": {}}
    distances = {name: {"data": [0.1, 0.2], "data_most": [0.1, 0.2]} for name in trajectories.RIVALS}
    summary["groups"]["g"] = {"distances": distances, "flow_to_ridge": [0.1, 0.2]}
    assert "kept at every epoch" in "\n".join(trajectories.EXPERIMENT.describe(summary))
    distances["ridge"] = {"data": [0.1, 0.2], "data_most": [0.1, 0.5]}
    assert "exceeded by 0.0464" in "\n".join(trajectories.EXPERIMENT.describe(summary))


# --- claims


def case(claim, seed=0):
    return claim.draw(np.random.default_rng(seed), None)


def test_the_rate_of_theorem_1_refuses_another_function():
    drawn = case(trained_width_rate.CLAIM)
    widths, near, losses = trained_width_rate.measured(drawn, trained_width_rate.target(drawn))
    assert max(losses) <= 1e-10
    assert len(set(trained.networks(5, trained.SEEDS))) == len(widths) == len(trained.WIDTHS) * trained.SEEDS
    far = trained_width_rate.measured(drawn, trained_width_rate.target(drawn) + np.abs(drawn.y).max())[1]
    assert rate(widths, near, trained.CONFIDENCE)["high"] < 0
    assert rate(widths, far, trained.CONFIDENCE)["low"] > -0.5


def test_networks_that_do_not_fit_their_data_are_no_evidence(monkeypatch):
    monkeypatch.setattr(trained_width_rate, "_EPOCHS", 3)
    monkeypatch.setattr(trained_width_rate, "rate", lambda *_: {"low": -1.0, "high": 0.0})  # though their rate were right
    assert trained_width_rate.check(case(trained_width_rate.CLAIM)).error > 1e-6


def test_theorem_4_refuses_a_network_from_another_start(monkeypatch):
    def other(*args, seed, trained, **kept):
        return trained_network(*args, seed=seed + (trained == "output"), trained=trained, **kept)

    monkeypatch.setattr(trained_theorem_4, "trained_network", other)
    assert trained_theorem_4.check(case(trained_theorem_4.CLAIM)).error > 0.1


@pytest.mark.parametrize("late", [1, 50])
def test_early_stopping_refuses_networks_of_another_epoch(monkeypatch, late):
    def other(*args, epochs, **kept):
        return trained_network(*args, epochs=epochs + late, **kept)

    drawn = replace(case(trained_early_stopping.CLAIM), epochs=20)
    assert trained_early_stopping.check(drawn).error <= 1e-10
    monkeypatch.setattr(trained_early_stopping, "trained_network", other)
    assert trained_early_stopping.check(drawn).error > 1e-5


def test_early_stopping_takes_zero_targets():
    drawn = case(trained_early_stopping.CLAIM)
    assert trained_early_stopping.check(replace(drawn, y=np.zeros_like(drawn.y))).error == 0
