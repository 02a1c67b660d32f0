"""Runs of networks: when they stop, how they go on after being killed, how they start, and what they refuse."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias import networks
from implicit_bias.networks import training
from implicit_bias.networks.initializations import NAMED, as_start

X, Y = np.linspace(-1, 1, 7), np.array([0.3, -0.2, 0.5, 1.0, 0.1, -0.6, 0.2])
OTHER_X, OTHER_Y = np.linspace(-0.9, 1.1, 6), np.array([0.1, 0.2, 0.6, 0.4, -0.2, 0.3])
KINDS = [("fast", 1), ("fast", 2), ("dense", 1)]
"""The scalar, the vector and the dense path."""


def targets(y, outputs):
    return y if outputs == 1 else np.column_stack([y, y[::-1]])


def start(outputs, hidden=10):
    return networks.Glorot().sample(np.random.default_rng(3), (1, hidden, outputs))


def trained(path, outputs, **options):
    given = {"hidden": 10, "path": path, "initialization": networks.Given(start(outputs)), "step": 0.1, "validation": None} | options
    [result] = networks.train(X, targets(Y, outputs), **given)
    return result


def mean_square(layers, leak, x, y):
    return float(((networks.DeepNetwork(layers, leak)(x).reshape(len(x), -1) - y.reshape(len(x), -1)) ** 2).sum(axis=1).mean())


def descended(layers, leak, y, step, decay, part):
    (w, b), (a, bias) = layers
    z = X[:, None] * w[:, 0] + b
    slopes = np.where(z > 0, 1.0, leak)
    hidden = slopes * z
    signal = 2 * (hidden @ a.T - y.reshape(len(X), -1)) / len(X)
    back = (signal @ a) * slopes
    moved = (w - step * (back.T @ X[:, None] + decay * w), b - step * (back.sum(axis=0) + decay * b))
    return (moved if part == "all" else layers[0]), (a - step * (signal.T @ hidden + decay * a), bias)


def plain_loop(outputs, step, epochs, decay=0.0, patience=0, goal=0.0, leak=0.0, part="all"):
    """What should happen, in plain Python: all layers and losses up to the end, the best epoch, and why it ended."""
    y, other_y = targets(Y, outputs), targets(OTHER_Y, outputs)
    layers, history = [start(outputs)], []
    best, last = (np.inf, -1), [(np.inf, 0), (np.inf, 0)]
    while True:
        epoch = len(history)
        losses = mean_square(layers[-1], leak, X, y), mean_square(layers[-1], leak, OTHER_X, other_y)
        if not np.isfinite(losses).all():
            return layers[:-1], history, best[1], "diverged"
        history.append(losses)
        last = [(new, epoch) if new < old else (old, when) for new, (old, when) in zip(losses, last, strict=True)]
        best = min(best, (losses[1], epoch))
        if losses[0] <= goal:
            return layers, history, best[1], "goal"
        if patience and epoch - max(when for _, when in last) >= patience:
            return layers, history, best[1], "patience"
        if epoch == epochs:
            return layers, history, best[1], "epochs"
        layers.append(descended(layers[-1], leak, y, step, decay, part))


ENDS = [
    ("epochs", {"epochs": 40, "step": 0.1}),
    ("patience", {"epochs": 4000, "step": 0.1, "decay": 0.2, "patience": 30}),
    ("goal", {"epochs": 4000, "step": 0.1, "goal": 0.2}),
]


@pytest.mark.parametrize(("path", "outputs"), KINDS)
@pytest.mark.parametrize(("word", "rules"), ENDS, ids=[word for word, _ in ENDS])
def test_runs_end_like_a_plain_loop(path, outputs, word, rules):
    rules = dict(rules)
    rules["goal"] = 0.5 if rules.get("goal") and outputs == 2 else rules.get("goal", 0.0)
    layers, history, best, why = plain_loop(outputs, **rules)
    assert why == word
    assert best > 5
    decay = rules.pop("decay", 0.0)
    options = rules | {"weight_decay": decay, "every": 3, "snapshots": [0, 4, len(history) - 1]}
    found = trained(path, outputs, validation=(OTHER_X, targets(OTHER_Y, outputs)), **options)
    assert (found.stopped, found.epochs, found.epoch) == (word, len(history) - 1, best)
    assert str(found.epochs) in found.message
    assert not found.diverged
    np.testing.assert_array_equal(found.history.epochs, np.arange(0, len(history), 3))
    losses = np.column_stack([found.history.loss, found.history.validation])
    np.testing.assert_allclose(losses, history[::3], rtol=1e-9)
    np.testing.assert_allclose([found.loss, found.validation], history[best], rtol=1e-9)
    grid = np.linspace(-2, 2, 50)
    for epoch, network in found.history.snapshots.items():
        np.testing.assert_allclose(network(grid), networks.DeepNetwork(layers[epoch])(grid), rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.network(grid), networks.DeepNetwork(layers[best])(grid), rtol=0, atol=1e-9)
    unwatched = trained(path, outputs, epochs=4, step=rules["step"], weight_decay=decay)
    assert (unwatched.epoch, unwatched.validation, unwatched.history.validation) == (4, None, None)
    np.testing.assert_allclose(unwatched.network(grid), networks.DeepNetwork(layers[4])(grid), rtol=0, atol=1e-9)


@pytest.mark.parametrize(("path", "outputs"), KINDS)
@pytest.mark.parametrize(("part", "step"), [("all", 3.0), ("output", 3.0)])  # soon, and late
@pytest.mark.parametrize("stretch", [64, 1, 3])
@pytest.mark.filterwarnings("ignore:overflow encountered", "ignore:invalid value")  # of the plain loop
def test_a_diverged_run_returns_its_last_good_state(path, outputs, part, step, stretch, monkeypatch):
    monkeypatch.setattr(training, "_FIRST", stretch)
    monkeypatch.setattr(training, "_SITTING", 0.0)
    layers, history, _, why = plain_loop(outputs, step, 1000, leak=0.5, part=part)
    assert why == "diverged"
    assert (len(layers) > 128) == (part == "output")
    found = trained(path, outputs, step=step, epochs=1000, every=1, leak=0.5, trained=part, validation=(OTHER_X, targets(OTHER_Y, outputs)))
    assert found.diverged
    assert abs(found.epochs - (len(history) - 1)) <= 1  # the last finite number may be one of rounding
    assert found.epoch == found.epochs == found.history.epochs[-1]
    assert f"epoch {found.epochs + 1} with the step {step:g};" in found.message
    assert np.isfinite(found.loss)
    assert found.loss == pytest.approx(found.history.loss[-1], rel=1e-9)
    assert all(np.isfinite(part).all() for part in (found.network.W, found.network.b, found.network.a))


@pytest.mark.parametrize(("path", "outputs"), KINDS)
def test_a_start_with_infinite_loss_says_so(path, outputs):
    far = networks.Given(tuple((w * 1e80, b * 1e80) for w, b in start(outputs)))
    with np.errstate(over="ignore"):
        found = trained(path, outputs, epochs=5, initialization=far)
    assert found.diverged
    assert (found.epochs, len(found.history.epochs)) == (0, 0)
    assert "epoch 0;" in found.message


@pytest.mark.parametrize("loss", ["squared", "logistic", "cross-entropy"])
@pytest.mark.parametrize("step", [1e10, 1e50, 1e149])
@pytest.mark.parametrize("stretch", [64, 1])
def test_weights_that_no_loss_sees_end_a_run_too(loss, step, stretch, monkeypatch):
    """A unit that is active nowhere can be thrown to infinity, where single precision ends soon."""
    monkeypatch.setattr(training, "_FIRST", stretch)
    options = {"hidden": 6, "loss": loss, "step": step, "every": 1, "precision": "float32"}
    x, y = [0.0, 0.5, 1.0, -1.0], [0.2, 1.0, 0.1, 0.0] if loss == "squared" else [1, -1, 1, -1] if loss == "logistic" else [0, 1, 2, 0]
    [found] = networks.train(x, y, epochs=50, snapshots=range(51), **options)
    assert np.isfinite(found.loss)
    assert list(found.history.snapshots) == list(range(found.epochs + 1))
    assert found.history.epochs[-1] == found.epochs
    if found.diverged:
        assert f"epoch {found.epochs + 1} with the step {step:g};" in found.message
        [ended] = networks.train(x, y, epochs=found.epochs, **options)
        assert not ended.diverged
        assert same(ended, found)
    else:
        assert step == 1e10
        assert loss != "squared"


def test_what_single_precision_cannot_hold_is_refused():
    large = networks.Scaled(networks.Glorot(), 1e60)
    with pytest.raises(ib.DataError, match="float32"):
        networks.train(X, Y, hidden=3, step=0.1, epochs=3, precision="float32", initialization=large)
    with pytest.raises(ib.DataError, match="float32"):
        networks.train(X * 1e40, Y, hidden=3, step=0.1, epochs=3, precision="float32")
    with pytest.raises(ib.DataError, match="validation x"):
        networks.train(X, Y, hidden=3, step=0.1, epochs=3, precision="float32", validation=(X * 1e40, Y))


@pytest.mark.parametrize("name", ["hidden", "epochs", "seeds", "patience", "every"])
def test_counts_beyond_all_machines_are_refused(name):
    with pytest.raises(ib.OptionError, match=f"{name} must be at most"):
        networks.train(X, Y, **({"hidden": 3, "step": 0.1, "epochs": 3} | {name: 10**30}))


def test_a_step_that_is_refused_is_told_its_limits():
    for step in (0, -1.0, 1e200, np.inf, np.nan, "0.1", True):
        with pytest.raises(ib.OptionError, match=r"step must be a number above 0 and at most 1e\+150"):
            networks.train(X, Y, hidden=3, step=step, epochs=3)


class Cut(Exception):  # noqa: N818  (no error: it plays the power cut)
    pass


def same(one, other):
    return all(np.array_equal(getattr(one.network, name), getattr(other.network, name)) for name in ("W", "b", "a", "bias"))


WAYS = [*(({"path": path}, outputs) for path, outputs in KINDS), ({"trained": "linearized"}, 2)]


@pytest.mark.parametrize(("way", "outputs"), WAYS)
@pytest.mark.parametrize("stable", [True, False])
def test_stretches_and_cuts_change_nothing(way, outputs, stable, tmp_path, monkeypatch):
    """Also of a run that diverges, wherever it is cut: after the checkpoint of the very state whose loss is not finite, too."""
    step = 0.1 if stable else 3.0 if "path" in way else 1e4
    options = {"hidden": 10, "step": step, "epochs": 40, "every": 1, "snapshots": [3, 30], "output_bias": True, "leak": 0.5} | way
    options |= {"validation": (OTHER_X, targets(OTHER_Y, outputs)), "initialization": networks.Given(start(outputs))}
    [whole] = networks.train(X, targets(Y, outputs), **options)
    assert whole.diverged != stable
    assert whole.epochs > 2
    monkeypatch.setattr(training, "_SITTING", 0.0)
    monkeypatch.setattr(training, "_SAVING", -1.0)
    monkeypatch.setattr(training, "_FIRST", 1)
    save, saved = training.checkpoints.save, []

    def save_and_cut(*arguments):
        save(*arguments)
        saved.append(arguments)
        if len(saved) == at:
            raise Cut

    monkeypatch.setattr(training.checkpoints, "save", save_and_cut)
    for at in {1, 2, whole.epochs, whole.epochs + whole.diverged}:
        saved.clear()
        with pytest.raises(Cut):
            networks.train(X, targets(Y, outputs), checkpoint=tmp_path / f"{at}", **options)
        saved.append(None)  # from now on there are more
        [found] = networks.train(X, targets(Y, outputs), checkpoint=tmp_path / f"{at}", **options)
        assert np.isfinite(found.loss)
        assert found.message == whole.message
        assert found.history.snapshots.keys() == whole.history.snapshots.keys()
        np.testing.assert_array_equal(found.history.loss, whole.history.loss)
        grid = np.linspace(-2, 2, 9)
        np.testing.assert_array_equal(found.network(grid), whole.network(grid))
        for epoch, network in found.history.snapshots.items():
            np.testing.assert_array_equal(network(grid), whole.history.snapshots[epoch](grid))


SCRIPT = """
import sys
import numpy as np
from implicit_bias import networks
from implicit_bias.networks import training
training._SAVING, training._SITTING = 0.0, 1e-3
x, y = np.linspace(-1, 1, 7), np.sin(5 * np.linspace(-1, 1, 7 * int(sys.argv[2]))).reshape(7, -1)
networks.train(x, y, hidden=50, step=0.05, epochs=50_000, path=sys.argv[1], checkpoint=sys.argv[3], validation=(x + 0.1, y), snapshots=[70],
               progress=lambda *done: print(*done, flush=True))
"""


COMPILED = """
import hashlib
import numpy as np
from implicit_bias import networks
x = np.linspace(-1, 1, 40)
[found] = networks.train(x, np.column_stack([np.sin(5 * x), np.cos(3 * x)]), hidden=300, step=0.05, epochs=1000)
print(hashlib.sha256(found.network.W.tobytes() + found.network.a.tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_loops_from_disk_have_the_bits_of_those_just_compiled(tmp_path):
    """Else a run that is killed in its first process would not go on to the same bits."""
    command = [sys.executable, "-c", COMPILED]
    place = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    first, second = (subprocess.run(command, env=place, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert first == second


def test_loops_on_disk_are_known_by_all_their_sources(tmp_path):
    """Else what was compiled from other sources would be run."""
    from implicit_bias.networks.compiled import stamp

    folder, found = tmp_path / "loops", set()
    for place, text in [("one.py", "a"), ("one.py", "b"), ("within/two.py", "a"), ("within/two.py", "b")]:
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        found.add(stamp(folder))
    assert len(found) == 4
    root = Path(ib.__file__).parent
    compiling = [path for path in root.rglob("*.py") if "networks.compiled import" in path.read_text(encoding="utf-8")]
    assert len(compiling) > 3
    assert all(path.is_relative_to(root / "networks") for path in compiling)


@pytest.mark.parametrize(("path", "outputs"), KINDS)
def test_a_killed_run_goes_on_to_the_same_bits(path, outputs, tmp_path):
    command = [sys.executable, "-c", SCRIPT, path, str(outputs), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while int(process.stdout.readline().split()[1]) < 500:
            pass
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    stored = np.load(tmp_path / "seed-0.npz")["record_counts"]
    assert 0 < stored[0] < 50_000
    y = np.sin(5 * np.linspace(-1, 1, 7 * outputs)).reshape(7, -1)
    options = {"hidden": 50, "step": 0.05, "epochs": 50_000, "path": path, "validation": (X + 0.1, y), "snapshots": [70]}
    first = []
    [resumed] = networks.train(X, y, checkpoint=tmp_path, progress=lambda *done: first.append(done[1]), **options)
    assert first[0] > stored[0]
    [whole] = networks.train(X, y, **options)
    assert same(resumed, whole)
    assert resumed.epoch == whole.epoch
    np.testing.assert_array_equal(resumed.history.loss, whole.history.loss)
    np.testing.assert_array_equal(resumed.history.snapshots[70].W, whole.history.snapshots[70].W)
    [again] = networks.train(X, y, checkpoint=tmp_path, **options)  # there is nothing left to do
    assert same(again, whole)


def file_of(folder, content):
    (folder / "good").write_bytes(content)
    return folder / "good"


def test_bad_checkpoints_are_refused(tmp_path):
    file = tmp_path / "seed-0.npz"
    options = {"hidden": 10, "step": 0.1, "epochs": 20, "checkpoint": tmp_path, "path": "dense"}
    [whole] = networks.train(X, Y, **options)
    good = file.read_bytes()
    np.save(tmp_path / "array.npy", np.ones(3))
    damaged = {"truncated": good[: len(good) // 2], "cut off": good[:-1], "empty": b"", "random": np.random.default_rng(0).bytes(999)}
    damaged |= {"an array": (tmp_path / "array.npy").read_bytes(), "text": b"hello", "flipped": good[:300] + b"xxx" + good[303:]}
    for name, content in damaged.items():
        file.write_bytes(content)
        with pytest.raises(ib.DataError, match="delete it") as error:
            networks.train(X, Y, **options)
        assert "\n" not in str(error.value), name
    with np.load(file_of(tmp_path, good)) as stored:
        np.savez(file, **{name: stored[name] for name in stored.files if name != "layer_0_w"})
    with pytest.raises(ib.DataError, match="delete it"):
        networks.train(X, Y, **options)
    file.write_bytes(good)
    changed = [{"step": 0.2}, {"hidden": 11}, {"path": "fast"}, {"leak": 0.1}, {"initialization": "gaussian"}, {"validation": (X, Y)}]
    for other in changed:
        with pytest.raises(ib.DataError, match="another run"):
            networks.train(X, Y, **options | other)
    with pytest.raises(ib.DataError, match="another run"):
        networks.train(X, Y + 1e-9, **options)
    (tmp_path / "seed-1.npz").write_bytes(good)
    with pytest.raises(ib.DataError, match="another run"):
        networks.train(X, Y, **options | {"seeds": [1]})
    assert same(networks.train(X, Y, **options)[0], whole)
    assert not list(tmp_path.glob(".*"))
    (tmp_path / "file").touch()
    with pytest.raises(ib.OutputError):
        networks.train(X, Y, **options | {"checkpoint": tmp_path / "file"})


BAD_OPTIONS = [
    *({"hidden": value} for value in (0, -1, 2.5, True, (3, 0), (3, 3, 3), (), "many")),
    *({"step": value} for value in (0, -0.1, np.nan, np.inf, "small", True, 10**400)),
    *({"epochs": value} for value in (-1, 1.5, None)),
    *({"leak": value} for value in (-0.1, 1.1, np.nan)),
    *({"goal": -1}, {"patience": -1}, {"weight_decay": -1}, {"every": 0}, {"seeds": 0}, {"seeds": -1}, {"seeds": [-1]}, {"jobs": 0}),
    *({"seeds": 1.5}, {"seeds": "one"}, {"snapshots": 3}, {"snapshots": [11]}, {"snapshots": [1.5]}),
    *({name: "unknown"} for name in ("loss", "trained", "parametrization", "precision", "path", "initialization")),
    *({"path": "fast", "hidden": (3, 3)}, {"path": "fast", "trained": "linearized"}),
    *({"n_classes": 3}, {"validation": X}, {"initialization": 3}),
    *({"trained": "linearized", "weight_decay": 0.1}, {"trained": "linearized", "precision": "float32"}),
    *({"initialization": networks.Antisymmetric(networks.Glorot()), "hidden": 5},),
    *({"initialization": networks.Joint(lambda rng, m: (rng.normal(size=m), rng.normal(size=m))), "hidden": (3, 3)},),
]


@pytest.mark.parametrize("options", BAD_OPTIONS)
def test_bad_options_are_option_errors(options):
    with pytest.raises(ib.OptionError) as error:
        networks.train(X, Y, **{"hidden": 4, "step": 0.1, "epochs": 10} | options)
    assert "\n" not in str(error.value)


LABELS = np.array([0, 1, 2, 0, 1, 2, 0])
BAD_DATA = [
    ([], [], {}),
    (X, Y[:-1], {}),
    (X[:, None, None], Y, {}),
    ([np.nan, 1.0], [0.0, 1.0], {}),
    (X, LABELS - 1, {"loss": "cross-entropy"}),
    (X, LABELS + 0.5, {"loss": "cross-entropy"}),
    (X, LABELS, {"loss": "logistic"}),
    (X, Y, {"validation": (OTHER_X[:, None] * [1, 1], OTHER_Y)}),
    (X, Y, {"validation": (OTHER_X, targets(OTHER_Y, 2))}),
    (X, LABELS, {"loss": "cross-entropy", "validation": (X, LABELS + 1)}),
    (X, LABELS, {"loss": "cross-entropy", "validation": networks.Validation(X, LABELS, Y[1:], [0, 1, 2])}),
    (X, LABELS, {"loss": "cross-entropy", "validation": networks.Validation(X, LABELS, Y, [0, 1])}),
    (X, Y, {"initialization": networks.Given(start(1, 5))}),
    (X, Y, {"initialization": networks.Given(tuple((w * np.nan, b) for w, b in start(1, 4)))}),
    (X, Y, {"initialization": networks.Joint(lambda rng, m: (rng.normal(size=m + 1), rng.normal(size=m)))}),
]


@pytest.mark.parametrize(("x", "y", "options"), BAD_DATA)
def test_bad_data_are_data_errors(x, y, options):
    with pytest.raises(ib.DataError) as error:
        networks.train(x, y, **{"hidden": 4, "step": 0.1, "epochs": 10} | options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["jax", "numba", "optax"])
def test_what_is_missing_is_named_with_its_remedy(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ib.OptionError, match=rf"needs {name}; install with: pip install 'implicit-bias\[networks\]'"):
        networks.train(X, Y, hidden=4, step=0.1, epochs=1)


def test_importing_takes_neither_jax_nor_numba():
    code = "import sys, implicit_bias, implicit_bias.networks; print([m for m in ('jax', 'numba', 'optax') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_training_leaves_jax_as_it_was():
    import jax

    before = jax.config.jax_enable_x64
    trained("dense", 1, epochs=2)
    assert jax.config.jax_enable_x64 == before
    assert jax.numpy.ones(1).dtype == (np.float64 if before else np.float32)


def test_jobs_and_seeds_change_nothing():
    options = {"hidden": 10, "step": 0.1, "epochs": 20, "path": "fast"}
    alone = networks.train(X, Y, seeds=[5, 2], **options)
    assert [one.seed for one in alone] == [5, 2]
    assert not same(*alone)
    assert same(alone[1], networks.train(X, Y, seeds=3, **options)[2])
    together = networks.train(X, Y, seeds=[5, 2], jobs=2, **options)
    assert all(same(one, other) for one, other in zip(alone, together, strict=True))


SIZES = (2, 4000, 3)


def assert_uniform(values, half):
    assert np.abs(values).max() <= half
    assert np.abs(values).max() > 0.99 * half
    assert values.mean() == pytest.approx(0, abs=4 * half / np.sqrt(3 * values.size))
    assert values.var() == pytest.approx(half**2 / 3, rel=6 / np.sqrt(values.size))


def test_glorot_is_uniform_with_the_biases_as_weights_of_a_constant():
    (w, b), (a, bias) = networks.Glorot().sample(np.random.default_rng(0), SIZES)
    for values, half in ((w, np.sqrt(6 / 4003)), (b, np.sqrt(6 / 4003)), (a, np.sqrt(6 / 4003))):
        assert_uniform(values.ravel(), half)
    assert not bias.any()
    (w, b), _ = networks.Glorot(constant_input=False).sample(np.random.default_rng(0), SIZES)
    assert_uniform(w.ravel(), np.sqrt(6 / 4002))
    assert not b.any()


def test_the_other_starts_have_the_moments_and_supports_of_their_definitions():
    root = 1 / np.sqrt(2)
    (w, b), (a, _) = networks.Uniform(1.5, 0.5).sample(np.random.default_rng(0), SIZES)
    assert_uniform(w.ravel(), 1.5 * root)
    assert_uniform(b, 0.5 * root)
    assert_uniform(a.ravel(), 1.5 / np.sqrt(4000))
    (w, b), _ = networks.BinaryUniform(0.5).sample(np.random.default_rng(0), SIZES)
    np.testing.assert_allclose(np.abs(w), root)
    assert abs(np.sign(w).mean()) < 4 / np.sqrt(w.size)
    assert_uniform(b, 0.5 * root)
    (w, b), (a, _) = networks.Gaussian(1.5, 0.5).sample(np.random.default_rng(0), SIZES)
    for values, deviation in ((w.ravel(), 1.5 * root), (b, 0.5 * root), (a.ravel(), 1.5 / np.sqrt(4000))):
        assert values.std() == pytest.approx(deviation, rel=4 / np.sqrt(2 * values.size))
        assert (values**4).mean() == pytest.approx(3 * deviation**4, rel=0.3)


def test_an_antisymmetric_start_is_zero():
    asi = networks.Antisymmetric(networks.Gaussian())
    (w, b), (a, bias) = asi.sample(np.random.default_rng(0), SIZES)
    x = np.random.default_rng(1).normal(size=(50, 2))
    size = np.abs(np.maximum(x @ w.T + b, 0) @ np.abs(a).T).max()
    assert np.abs(networks.DeepNetwork(((w, b), (a, bias)))(x)).max() <= 1e-15 * size
    assert a.std() == pytest.approx(1 / np.sqrt(4000), rel=0.05)
    [result] = networks.train(x, x[:, 0], hidden=30, step=0.1, epochs=0, initialization=asi, parametrization="ntk")
    assert np.abs(result.network(x)).max() < 1e-14


def test_proposition_8_draws_the_kinks_of_its_penalty():
    zeta = ib.Initialization(lambda x: 1 + x**2, -1, 2)
    (w, b), (a, _) = as_start(zeta).sample(np.random.default_rng(0), (1, 20_000, 1))
    kinks, total = -b / w[:, 0], 6.0
    assert kinks.min() >= -1
    assert kinks.max() <= 2
    np.testing.assert_allclose(np.abs(w), np.sqrt(total))
    for edge in np.linspace(-0.9, 1.9, 8):
        share = (edge + edge**3 / 3 + 4 / 3) / total
        assert (kinks <= edge).mean() == pytest.approx(share, abs=4 / np.sqrt(4 * kinks.size))
    assert a.std() == pytest.approx(1 / np.sqrt(20_000), rel=0.05)


@pytest.mark.parametrize("name", NAMED)
def test_seeds_are_reproducible_and_scales_scale(name):
    plain = NAMED[name]
    one, other, third = (plain.sample(np.random.default_rng(seed), SIZES) for seed in (1, 1, 2))
    scaled = networks.Scaled(plain, 3.0).sample(np.random.default_rng(1), SIZES)
    for first, second, next_, larger in zip(one, other, third, scaled, strict=True):
        np.testing.assert_array_equal(first[0], second[0])
        assert not np.array_equal(first[0], next_[0])
        np.testing.assert_array_equal(3 * first[0], larger[0])
        np.testing.assert_array_equal(3 * first[1], larger[1])
