"""Neural collapse: zero on collapsed features and nowhere else, unmoved by what must not matter, and plain about what is not defined."""

import dataclasses
import json
import math

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias.experiments import Job, Options, find, run
from implicit_bias.experiments import neural_collapse as experiment
from implicit_bias.networks.normalized.collapse import Collapse, neural_collapse
from implicit_bias.plots import plot_experiment

KINDS = ("nc1", "nc2_norms", "nc2_angles", "nc3", "nc3_centred", "nc4")


def simplex(count, units, seed=0):
    """K columns of a regular simplex in a random subspace, as rows, of length 1."""
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(units, count)))[0]
    rows = (np.eye(count) - 1 / count) @ turn.T
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def collapsed(count=4, units=7, each=5, centre=1.0):
    means = simplex(count, units)
    labels = np.repeat(np.arange(count), each)
    return (means + centre)[labels], labels, 3 * means


def scattered(seed=0, count=4, units=7, each=9, size=0.3):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(count), each))
    return rng.normal(size=(count, units))[labels] + size * rng.normal(size=(len(labels), units)), labels, rng.normal(size=(count, units))


def numbers(found):
    return [getattr(found, kind) for kind in KINDS]


@pytest.mark.parametrize(("count", "units"), [(2, 1), (2, 5), (3, 2), (4, 7), (10, 64)])
def test_collapsed_features_have_nothing_missing(count, units):
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(max(units, count), count)))[0]
    means = (np.eye(count) - 1 / count) @ turn.T
    if units < count:  # a simplex of K points needs K - 1 dimensions
        means = np.linalg.svd(means)[0][:, : count - 1] * np.linalg.svd(means)[1][: count - 1]
    labels = np.tile(np.arange(count), 3)
    found = neural_collapse(means[labels], labels, 0.1 * means)
    np.testing.assert_allclose(numbers(found), 0.0, atol=1e-7)
    assert found.nc1 < 1e-25
    assert found.nc4 == 0


def test_it_is_what_the_definitions_say():
    """By covariances and a pseudo-inverse, one pair at a time."""
    h, labels, w = scattered(3)
    found = neural_collapse(h, labels, w)
    means = np.array([h[labels == c].mean(axis=0) for c in range(4)])
    mean = h.mean(axis=0)  # classes of one size
    inside = sum(np.outer(a, a) for a in h - means[labels]) / len(h)
    between = sum(np.outer(m - mean, m - mean) for m in means) / 4
    assert found.nc1 == pytest.approx(np.trace(inside @ np.linalg.pinv(between, rcond=1e-9, hermitian=True)) / 4, rel=1e-9)
    lengths = [np.linalg.norm(m - mean) for m in means]
    assert found.nc2_norms == pytest.approx(np.std(lengths) / np.mean(lengths), rel=1e-12)
    cosines = [(means[c] - mean) @ (means[d] - mean) / lengths[c] / lengths[d] for c in range(4) for d in range(4) if c != d]
    assert found.nc2_angles == pytest.approx(np.mean([abs(cosine + 1 / 3) for cosine in cosines]), rel=1e-12)
    centred = means - mean
    assert found.nc3 == pytest.approx(np.linalg.norm(w / np.linalg.norm(w) - centred / np.linalg.norm(centred)), rel=1e-12)
    nearest = [np.argmin([np.linalg.norm(a - m) for m in means]) for a in h]
    assert found.nc4 == np.mean([np.argmax(w @ a) != c for a, c in zip(h, nearest, strict=True)]) > 0


@pytest.mark.parametrize("seed", range(5))
def test_rotations_scales_shifts_units_and_orders_do_not_matter(seed):
    h, labels, w = scattered(seed)
    rng = np.random.default_rng(seed + 50)
    turn, shift, order = np.linalg.qr(rng.normal(size=(7, 7)))[0], rng.normal(size=7), rng.permutation(len(h))
    found = numbers(neural_collapse(h, labels, w))
    dead = np.zeros((len(h), 3))
    for other in (
        neural_collapse(h @ turn, labels, w @ turn),
        neural_collapse(1e-3 * h, labels, 1e5 * w),
        neural_collapse(1e200 * h, labels, 1e-200 * w),
        neural_collapse(h + shift, labels, w, -w @ shift),
        neural_collapse(h[order], labels[order], w),
        neural_collapse(np.hstack([h, dead]), labels, np.hstack([w, np.zeros((4, 3))])),
        neural_collapse(np.vstack([h, h]), np.append(labels, labels), w),
        neural_collapse(h, (labels + 1) % 4, np.roll(w, 1, axis=0)),
    ):
        np.testing.assert_allclose(numbers(other), found, rtol=1e-8)


def test_every_number_notices_its_own_fault():
    """Each fault moves the numbers that it should, and leaves the others where they are."""
    h, labels, w = collapsed()
    rng = np.random.default_rng(0)
    noise = rng.normal(size=h.shape)
    means = w / 3
    for c in range(4):
        noise[labels == c] -= noise[labels == c].mean(axis=0)
    stretched = means * np.array([1, 1, 1, 1.5])[:, None]
    stretched_found = neural_collapse(stretched[labels], labels, stretched - stretched.mean(axis=0))
    faults = {
        "nc1": neural_collapse(h + 0.05 * noise, labels, w),
        "nc3": neural_collapse(h, labels, w + 0.3),
        "nc3_centred": neural_collapse(h, labels, w + 0.3 * simplex(4, 7, seed=9)),
        "nc4": neural_collapse(h, labels, w[[1, 0, 2, 3]], -w[[1, 0, 2, 3]].sum(axis=1)),
    }
    for kind, found in faults.items():
        assert getattr(found, kind) > 1e-3, kind
        assert found.nc2_norms < 1e-12
        assert found.nc2_angles < 1e-12
        assert found.nc1 < 1e-25 or kind == "nc1"
    assert faults["nc4"].nc4 == 0.5
    assert faults["nc3"].nc3_centred < 1e-12
    assert faults["nc3_centred"].nc3 > 0.01
    assert stretched_found.nc2_norms > 0.05
    assert stretched_found.nc2_angles > 0.01
    assert stretched_found.nc1 < 1e-25
    assert stretched_found.nc3 < 1e-12


def test_spread_off_the_means_subspace_does_not_count_and_inside_it_counts_by_its_square():
    h, labels, w = collapsed(each=6)
    rng = np.random.default_rng(2)
    amounts = rng.normal(size=len(h))
    for c in range(4):
        amounts[labels == c] -= amounts[labels == c].mean()
    basis = np.linalg.svd(w)[2]
    inside, outside = np.outer(amounts, basis[0]), np.outer(amounts, basis[5])
    assert neural_collapse(h + outside, labels).nc1 < 1e-25
    ones = [neural_collapse(h + size * inside, labels).nc1 for size in (1e-3, 2e-3)]
    assert ones[1] == pytest.approx(4 * ones[0], rel=1e-6)
    # of a simplex with means of length 1 Σ_B is 1/(K-1) on its subspace
    assert ones[0] == pytest.approx(1e-6 * (amounts**2).mean() * 3 / 4, rel=1e-6)


@pytest.mark.parametrize("count", [2, 3, 5, 10])
def test_an_orthogonal_frame_is_collapsed_but_for_its_weights(count):
    """W = means = unit vectors, without a bias: the centred means are a simplex, W is one only after centring."""
    labels = np.repeat(np.arange(count), 2)
    found = neural_collapse(np.eye(count)[labels], labels, np.eye(count))
    np.testing.assert_allclose([found.nc1, found.nc2_norms, found.nc2_angles, found.nc3_centred, found.nc4], 0.0, atol=1e-12)
    assert found.nc3 == pytest.approx(math.sqrt(2 - 2 * math.sqrt(1 - 1 / count)), rel=1e-12)


def test_classes_count_alike():
    h, labels, w = scattered(1)
    more = np.append(np.arange(len(h)), np.flatnonzero(labels == 2))
    np.testing.assert_allclose(
        numbers(neural_collapse(h[more], labels[more], w))[:-1], numbers(neural_collapse(h, labels, w))[:-1], rtol=1e-9
    )


def test_without_weights_their_part_is_missing():
    h, labels, w = scattered(1)
    found, whole = neural_collapse(h, labels), neural_collapse(h, labels, w)
    assert found == dataclasses.replace(whole, nc3=None, nc3_centred=None, nc4=None)


def test_what_is_not_defined_is_said():
    labels = np.array([0, 0, 1, 1])
    nothing = Collapse(None, None, None, None, None, None)
    assert neural_collapse(np.ones((4, 3)), labels, np.ones((2, 3))) == nothing
    assert neural_collapse(np.zeros((4, 3)), labels, np.ones((2, 3))) == nothing
    apart = np.array([[1.0], [-1.0], [1.0], [-1.0]])
    assert neural_collapse(apart, labels, [[1.0], [2.0]]) == dataclasses.replace(nothing, nc1=math.inf)
    line = neural_collapse([[0.0], [1.0], [2.0]], [0, 1, 2], [[1.0], [0.0], [-1.0]])  # the second mean is the mean of all
    assert line.nc2_angles is None
    assert line.nc2_norms == pytest.approx(math.sqrt(0.5))
    silent = neural_collapse([[0.0], [1.0]], [0, 1], [[0.0], [0.0]])
    assert (silent.nc3, silent.nc3_centred, silent.nc4) == (None, None, 0.5)
    alike = neural_collapse([[0.0], [1.0]], [0, 1], [[1.0], [1.0]])
    assert alike.nc3 is not None
    assert alike.nc3_centred is None
    rounded = neural_collapse(np.eye(3), [0, 1, 2], np.full((3, 3), 0.1))  # the mean of three 0.1 is not 0.1
    assert rounded.nc3_centred is None
    large = neural_collapse(np.eye(3), [0, 1, 2], np.full((3, 3), 1e308))
    assert large.nc3 is not None
    assert large.nc3_centred is None


def test_features_far_from_0_have_the_spread_that_they_have_at_0():
    features, labels, _ = scattered()
    far = neural_collapse(features + 2.0**30, labels)
    assert far.nc1 == pytest.approx(neural_collapse(features, labels).nc1, rel=1e-4)


@pytest.mark.parametrize(
    ("features", "labels", "weights", "bias", "said"),
    [
        (np.ones(4), [0, 0, 1, 1], None, None, r"\(n, d\)"),
        (np.ones((0, 2)), [], None, None, "empty"),
        ([[1.0], [1.0, 2.0]], [0, 1], None, None, "real numbers"),
        (np.ones((4, 2)), [0, 0, 1], None, None, "labels"),
        (np.ones((4, 2)), [0, 0, 1, 1.5], None, None, "whole"),
        (np.ones((4, 2)), [0, 0, -1, 1], None, None, "whole"),
        (np.ones((4, 2)), [0, 0, 0, 0], None, None, "two classes"),
        (np.ones((4, 2)), [0, 0, 2, 2], None, None, "class 1"),
        (np.ones((4, 2)), [0, 0, 1, 1], np.ones((3, 2)), None, "class 2"),
        (np.ones((4, 2)), [0, 1, 2, 2], np.ones((2, 2)), None, "up to 2"),
        (np.ones((4, 2)), [0, 0, 0, 10**12], None, None, "two classes"),
        (np.ones((4, 2)), [0, 0, 1, 1], np.ones((2, 3)), None, "weights"),
        (np.ones((4, 2)), [0, 0, 1, 1], np.ones(2), None, "weights"),
        (np.ones((4, 2)), [0, 0, 1, 1], np.ones((2, 2)), np.ones(3), "bias"),
        (np.ones((4, 2)), [0, 0, 1, 1], None, np.ones(2), "bias"),
        (np.full((4, 2), np.nan), [0, 0, 1, 1], None, None, "features"),
        (np.ones((4, 2)), [0, 0, 1, 1], [[1, np.inf], [0, 0]], None, "weights"),
    ],
)
def test_bad_data_are_refused(features, labels, weights, bias, said):
    with pytest.raises(ib.DataError, match=said):
        neural_collapse(features, labels, weights, bias)


# --- the experiment

TINY = {
    "classes": 3,
    "each": 10,
    "depth": 3,
    "width": 16,
    "normalization": "batch",
    "weight_decay": 0.03,
    "scale": 1.0,
    "step": 0.05,
    "epochs": 2000,
    "seed": 0,
}
FREE = TINY | {"weight_decay": 0.0}
PLAIN = TINY | {"normalization": "none", "depth": 2, "scale": 4.0, "step": 0.1, "weight_decay": 3e-3}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    runs = [TINY, TINY | {"seed": 1}, FREE, PLAIN]
    few = dataclasses.replace(find("neural-collapse"), jobs=lambda options: [Job(f"job-{i}", one) for i, one in enumerate(runs)])
    return run(few, Options(), tmp_path_factory.mktemp("collapse"))


def test_points_are_unit_rows_with_a_constant_and_none_is_in_both_parts():
    x, labels, fresh, own = experiment.data(5, 30)
    assert x.shape == (150, 65)
    np.testing.assert_array_equal(np.bincount(labels), 30)
    assert set(own.tolist()) == set(range(5))
    for rows in (x, fresh):
        np.testing.assert_allclose((rows**2).sum(axis=1), 1.0, rtol=1e-12)
        assert (rows[:, -1] > 0).all()
    assert not {row.tobytes() for row in x} & {row.tobytes() for row in fresh}


@pytest.mark.parametrize("quick", [False, True])
def test_jobs_are_plain_and_decays_pull_alike(quick):
    jobs = find("neural-collapse").jobs(Options(quick=quick))
    assert len({job.name for job in jobs}) == len(jobs)
    assert json.loads(json.dumps([job.settings for job in jobs])) == [job.settings for job in jobs]
    assert len(find("neural-collapse").jobs(Options(quick=True, seeds=2))) == 2 * len(find("neural-collapse").jobs(Options(quick=True)))
    for settings in (job.settings for job in jobs if job.settings["normalization"] in ("lagrange", "weight")):
        if settings["weight_decay"]:  # d/dρ of λ L ρ^(2/L) and of λ' ρ² at the ρ of the table
            rho, depth = experiment._RHO[settings["depth"]], settings["depth"]
            assert 2 * settings["weight_decay"] * rho == pytest.approx(experiment._DECAY[3] * 2 * rho ** (2 / depth - 1), rel=1e-2)


def test_a_group_is_the_mean_of_its_runs_and_of_nothing_else(report):
    x, labels, fresh, own = experiment.data(3, 10)
    runs = [experiment.trained(TINY | {"seed": seed}).network for seed in (0, 1)]
    found = [neural_collapse(network.features(x)[-1], labels, network.layers[-1]) for network in runs]
    group = report["summary"]["groups"][0]
    assert [one["runs"] for one in report["summary"]["groups"]] == [2, 1, 1]
    assert group["nc1"]["mean"] == pytest.approx(math.sqrt(found[0].nc1 * found[1].nc1), rel=1e-3)
    for kind in KINDS[1:]:
        values = [getattr(one, kind) for one in found]
        assert group[kind]["mean"] == pytest.approx(np.mean(values), rel=1e-3)
        assert [group[kind]["least"], group[kind]["most"]] == pytest.approx([min(values), max(values)], rel=1e-3)
    assert group["test"] == pytest.approx(np.mean([(one(fresh).argmax(axis=1) == own).mean() for one in runs]), rel=1e-3)
    assert group["layers"][-1] == pytest.approx(group["nc1"]["mean"], rel=1e-3)
    assert group["curve"]["nc1"][-1] == pytest.approx(group["nc1"]["mean"], rel=1e-3)
    assert group["curve"]["epochs"][0] == 0
    assert group["curve"]["epochs"][-1] == TINY["epochs"]


def test_features_collapse_with_decay_and_less_without(report):
    decayed, free, plain = report["summary"]["groups"]
    assert (free["decays"], decayed["decays"], plain["normalization"]) == (False, True, "none")
    assert decayed["train"] == free["train"] == 1
    assert 10 * decayed["nc1"]["most"] < free["nc1"]["least"]
    assert decayed["nc3_centred"]["most"] < free["nc3_centred"]["least"]
    assert decayed["curve"]["nc1"][-1] < decayed["curve"]["nc1"][0] / 10


def test_what_is_said_follows_the_numbers(report):
    told = find("neural-collapse").describe
    summary = json.loads(json.dumps(report["summary"]))
    for group in summary["groups"]:
        for kind in KINDS:
            group[kind] = dict.fromkeys(("mean", "least", "most"), 1e-4)
    assert any("3 classes, batch, with decay: collapsed at depth 3" in line for line in told(summary))
    for kind in experiment.NEAR:
        faulty = json.loads(json.dumps(summary))
        faulty["groups"][0][kind]["most"] = 2 * experiment.NEAR[kind]
        assert any("3 classes, batch, with decay: NOT collapsed" in line for line in told(faulty))
    deeper = json.loads(json.dumps(summary["groups"][0])) | {"depth": 4}
    assert any(
        "batch, with decay: collapsed at depth 3, 4; NC1 does NOT fall" in line for line in told({"groups": [*summary["groups"], deeper]})
    )
    for off, settled in ((0.0, "2 of 2"), (1.01e-3, "1 of 2")):
        summary["groups"][0]["mismatch"], summary["groups"][2]["mismatch"] = off, 0.0
        assert told(summary)[-1].endswith(f"all runs of {settled} settings with decay")


def test_undefined_numbers_are_drawn_as_nothing(report, tmp_path):
    summary = json.loads(json.dumps(report["summary"]))
    assert [("curve" in group) for group in summary["groups"]] == [True, False, True]
    summary["groups"][0]["curve"]["nc2_angles"][0] = None
    summary["groups"][0]["layers"][0] = None
    dead = json.loads(json.dumps(summary["groups"][0])) | {"depth": 4, "nc1": dict.fromkeys(("mean", "least", "most"))}
    summary["groups"].append(dead)
    assert any("NC1 does NOT fall" in line for line in find("neural-collapse").describe(summary))
    plot_experiment({"experiment": "neural-collapse", "summary": summary}, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")
