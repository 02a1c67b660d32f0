"""Mini-batches with momentum: the loss of the paper's footnote, the steps by hand, and what a run says of itself."""

import dataclasses

import jax
import numpy as np
import pytest
from scipy.special import logsumexp

import implicit_bias as ib
from implicit_bias.networks import Given, Schedule, train_in_batches
from implicit_bias.networks.sgd.loop import CAP, FLAT, truncated_cross_entropy


def cloud(seed=0, n=60, inputs=4, classes=3):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    return rng.normal(size=(n, inputs)) + 2 * np.eye(classes, inputs)[labels], labels


def loss(scores, labels):
    with jax.enable_x64(True):
        return np.asarray(truncated_cross_entropy(np.asarray(scores, dtype=np.float64), np.asarray(labels)))


def slopes(scores, labels):
    with jax.enable_x64(True):
        return np.asarray(jax.grad(lambda s: truncated_cross_entropy(s, np.asarray(labels)).sum())(np.asarray(scores, dtype=np.float64)))


def test_the_truncated_loss_is_the_cross_entropy_up_to_a_margin_of_11():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(500, 5)) * 3, rng.integers(0, 5, 500)
    plain = logsumexp(scores, axis=1) - scores[np.arange(500), labels]
    margins = scores[np.arange(500), labels][:, None] - scores
    near = margins.max(axis=1) <= CAP
    assert near.sum() > 100
    np.testing.assert_allclose(loss(scores, labels)[near], plain[near], rtol=1e-13, atol=1e-15)  # the plain one cancels


def test_the_truncated_loss_is_within_the_stated_distance_and_exactly_0_from_13_on():
    margins = np.linspace(-40, 40, 4001)
    for k in (2, 7):
        scores = np.zeros((margins.size, k))
        scores[:, 0] = margins
        labels = np.zeros(margins.size, dtype=int)
        found = loss(scores, labels)
        plain = np.logaddexp(0, np.log(k - 1) - margins)
        assert np.abs(found - plain).max() <= 3e-6 * k
        assert (found[margins >= FLAT] == 0).all()
        assert (slopes(scores, labels)[margins >= FLAT] == 0).all()
        assert (found[margins < FLAT] > 0).all()


def test_scores_that_are_very_large_have_finite_losses_and_slopes():
    for scores in ([[1e4, 0.0]], [[-1e4, 0.0]], [[0.0, 0.0]]):
        assert np.isfinite(loss(scores, [0])).all()
        assert np.isfinite(slopes(scores, [0])).all()
    assert loss([[-1e4, 0.0]], [0])[0] == 1e4


@pytest.mark.parametrize("margin", [3.0, CAP, 0.5 * (CAP + FLAT), FLAT, -5.0])
def test_the_truncated_loss_is_once_differentiable(margin):
    scores, size = np.array([[margin, 0.0, -1.0]]), 1e-6
    for j in range(3):
        moved = size * np.eye(3)[j]
        central = (loss(scores + moved, [0]) - loss(scores - moved, [0]))[0] / (2 * size)
        assert slopes(scores, [0])[0, j] == pytest.approx(central, abs=1e-9 + 1e-6 * abs(central))


def by_hand(x, labels, layers, schedule, decay, epochs):
    """Full batches, in NumPy: the paper's steps."""
    (u, v), n = layers, labels.size
    mu, mv = np.zeros_like(u), np.zeros_like(v)
    for t in range(epochs):
        hidden = np.maximum(0, x @ u.T)
        scores = hidden @ v.T
        by_scores = slopes(scores, labels) / n
        gv, gu = by_scores.T @ hidden, ((by_scores @ v) * (hidden > 0)).T @ x
        momentum = min(schedule.most, schedule.momentum + schedule.gain * t)
        mu, mv = momentum * mu + gu + decay * u, momentum * mv + gv + decay * v
        step = schedule.step * schedule.shrink**t
        u, v = u - step * mu, v - step * mv
    return u, v


@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_whole_batches_take_the_steps_that_are_written_in_the_paper(decay):
    x, labels = cloud()
    rng = np.random.default_rng(1)
    u, v = rng.normal(size=(7, 4)), rng.normal(size=(3, 7))
    schedule = Schedule(batch=labels.size, gain=0.1)
    start = Given(((u, np.zeros(7)), (v, np.zeros(3))))
    run = train_in_batches(x, labels, hidden=7, epochs=8, weight_decay=decay, schedule=schedule, initialization=start, precision="float64")
    wanted = by_hand(x, labels, (u, v), schedule, decay, 8)
    np.testing.assert_allclose(run.network.W, wanted[0], atol=1e-12)
    np.testing.assert_allclose(run.network.a, wanted[1], atol=1e-12)
    assert not run.network.b.any()


def test_an_epoch_takes_every_point_once():
    x, labels = cloud(2)
    rng = np.random.default_rng(3)
    start = Given(((rng.normal(size=(5, 4)), np.zeros(5)), (rng.normal(size=(3, 5)), np.zeros(3))))
    tiny = 1e-9
    schedule = Schedule(batch=10, step=tiny, momentum=0.0, gain=0.0)
    run = train_in_batches(x, labels, hidden=5, epochs=1, schedule=schedule, initialization=start, precision="float64")
    whole = train_in_batches(
        x, labels, hidden=5, epochs=1, schedule=dataclasses.replace(schedule, batch=60), initialization=start, precision="float64"
    )
    # six steps of means over ten points each: six times the step of the mean over all
    [(u, _), _] = start.layers
    np.testing.assert_allclose(run.network.W - u, 6 * (whole.network.W - u), rtol=1e-5, atol=1e-14)


def test_a_run_says_what_its_networks_do():
    x, labels = cloud(4, n=200)
    validation, test = cloud(5, n=90), cloud(6, n=80)
    run = train_in_batches(x, labels, hidden=20, epochs=30, validation=validation, test=test, precision="float64", seed=3)
    for network, at in ((run.network, -1), (run.best, run.epoch)):
        found = [(network(points).argmax(axis=1) != y).mean() for points, y in ((x, labels), validation, test)]
        np.testing.assert_allclose(run.errors[at], found, atol=1e-12)
    assert run.loss[-1] == pytest.approx(loss(run.network(x), labels).mean(), rel=1e-9)
    assert run.epoch == run.errors[:, 1].argmin()
    assert (run.epochs, run.loss.shape, run.errors.shape) == (30, (31,), (31, 3))
    assert not run.diverged


def test_looking_less_often_changes_no_step_and_seeds_do():
    x, labels = cloud(7, n=200)
    run = train_in_batches(x, labels, hidden=9, epochs=12, seed=1)
    rare = train_in_batches(x, labels, hidden=9, epochs=12, seed=1, every=4)
    np.testing.assert_allclose(rare.network.W, run.network.W, atol=1e-5)
    np.testing.assert_array_equal(rare.loss.shape, (4,))
    again = train_in_batches(x, labels, hidden=9, epochs=12, seed=1)
    np.testing.assert_array_equal(again.network.W, run.network.W)
    other = train_in_batches(x, labels, hidden=9, epochs=12, seed=2)
    assert np.abs(other.network.W - run.network.W).max() > 0.1
    assert run.best is run.network
    assert np.isnan(run.errors[:, 1:]).all()


def test_it_stops_where_the_loss_is_exactly_0():
    x = np.concatenate([np.full((50, 1), 1.0), np.full((50, 1), -1.0)])
    labels = np.repeat([0, 1], 50)
    big = Given(((np.array([[20.0], [-20.0]]), np.zeros(2)), (np.eye(2), np.zeros(2))))
    run = train_in_batches(x, labels, hidden=2, epochs=50, initialization=big)
    assert (run.epochs, run.loss[-1], run.errors[-1, 0]) == (0, 0.0, 0.0)
    np.testing.assert_array_equal(run.network.W.ravel(), [20.0, -20.0])
    # a margin of 12.8 is not enough, and training makes it so
    near = Given(((np.array([[12.8], [-12.8]]), np.zeros(2)), (np.eye(2), np.zeros(2))))
    run = train_in_batches(x, labels, hidden=2, epochs=5000, schedule=Schedule(step=1e3, shrink=1.0), initialization=near, every=10)
    assert 0 < run.epochs < 5000
    assert (run.loss[-1], run.loss[-2] > 0) == (0, True)
    assert (np.abs(run.network.W) >= 1).all()


def test_a_run_that_diverges_says_so_and_keeps_finite_weights():
    x, labels = cloud(8, n=100)
    run = train_in_batches(x, labels, hidden=9, epochs=40, schedule=Schedule(step=1e20))
    assert run.diverged
    assert run.epochs < 40
    assert np.isfinite(run.network.W).all()
    assert np.isnan(run.errors[-1]).all()
    assert (run.errors[:-1, 0] >= 0).all()


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ({"labels": [0.5] * 60}, ib.DataError, "whole numbers"),
        ({"labels": [-1] * 60}, ib.DataError, "whole numbers"),
        ({"labels": [0] * 59}, ib.DataError, "shape"),
        ({"labels": ["a"] * 60}, ib.DataError, "labels"),
        ({"x": [[1.0], [1.0, 2.0]]}, ib.DataError, "real numbers"),
        ({"x": np.full((60, 4), 1j)}, ib.DataError, "real numbers"),
        ({"x": np.full((60, 4), 1e39)}, ib.DataError, "float32"),
        ({"validation": (np.zeros((5, 4)),)}, ib.DataError, "pair"),
        ({"test": 5}, ib.DataError, "pair"),
        ({"x": np.full((60, 4), np.nan)}, ib.DataError, "finite"),
        ({"x": np.zeros(60)}, ib.DataError, "shape"),
        ({"validation": (np.zeros((5, 3)), np.zeros(5, int))}, ib.DataError, "same number of inputs"),
        ({"test": (np.zeros((5, 4)), np.full(5, 9)), "n_classes": 3}, ib.OptionError, "n_classes"),
        ({"hidden": 0}, ib.OptionError, "hidden"),
        ({"epochs": 0}, ib.OptionError, "epochs"),
        ({"every": 3}, ib.OptionError, "multiple"),
        ({"weight_decay": -1.0}, ib.OptionError, "weight_decay"),
        ({"precision": "float16"}, ib.OptionError, "precision"),
        ({"precision": []}, ib.OptionError, "precision"),
        ({"seed": -1}, ib.OptionError, "seed"),
        ({"seed": 2**64}, ib.OptionError, "seed"),
        ({"epochs": 2**40}, ib.OptionError, "epochs"),
        ({"initialization": "large"}, ib.OptionError, "initialization"),
        ({"schedule": "fast"}, ib.OptionError, "schedule"),
        ({"schedule": Schedule(batch=61)}, ib.OptionError, "batch of 61"),
    ],
)
def test_what_cannot_be_trained_is_refused(change, error, told):
    x, labels = cloud()
    options = {"x": x, "labels": labels, "hidden": 3, "epochs": 2, "schedule": Schedule(batch=20)} | change
    with pytest.raises(error, match=told):
        train_in_batches(options.pop("x"), options.pop("labels"), **options)


@pytest.mark.parametrize(
    "wrong",
    [{"batch": 0}, {"step": 0.0}, {"shrink": 1.1}, {"momentum": 0.95}, {"most": 1.0}, {"gain": -1.0}, {"shrink": "a"}, {"momentum": None}],
)
def test_schedules_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ib.OptionError):
        Schedule(**wrong)
