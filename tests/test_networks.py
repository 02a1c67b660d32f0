"""Gradients and trajectories of trained networks: the fast path, the dense path, plain NumPy and finite differences agree."""

import itertools

import numpy as np
import pytest
from scipy.special import logsumexp

from implicit_bias import Network, networks
from implicit_bias.analysis.gradient_flow import closest_parameters, descended
from implicit_bias.networks.codes import LOSSES
from implicit_bias.networks.losses import loss_of
from implicit_bias.networks.settings import Examples

CLOSE = 1e-12
M, N, K = 24, 12, 3


def awkward(seed, x, outputs):
    """Units whose kinks are at data points, outside the data, nowhere, and anywhere."""
    rng = np.random.default_rng(seed)
    w, b = rng.normal(size=M), rng.normal(size=M)
    at = rng.integers(0, x.size, 8)
    b[:8] = -(w[:8] * x[at])  # the rounded w x + b is 0 there
    b[8:12] = -w[8:12] * np.array([5.0, -5.0, 3.0, -3.0])
    w[12:15], b[12:15] = 0.0, [0.7, 0.0, -0.7]
    w[15] = -0.0
    return (w[:, None], b), (rng.normal(size=(outputs, M)), rng.normal(size=outputs))


def targets(rng, loss, n, outputs):
    if loss in ("logistic", "exponential"):
        return rng.choice([-1.0, 1.0], n)
    if loss == "squared":
        return rng.normal(size=n) if outputs == 1 else rng.normal(size=(n, outputs))
    return np.concatenate([np.arange(outputs), rng.integers(0, outputs, n - outputs)])


def instance(seed, loss, outputs, inputs=1):
    rng = np.random.default_rng(100 + seed)
    x = rng.choice(np.linspace(-1, 1, 9), N) + 0.01  # duplicates
    x = x if inputs == 1 else rng.normal(size=(N, inputs))
    return x, targets(rng, loss, N, outputs), rng.normal(size=x.shape), targets(rng, loss, N, outputs)


def parts(network, hidden=M):
    """Weights as trained: a leaky unit is two plain ones."""
    return [network.W[:hidden], network.b[:hidden], np.atleast_2d(network.a)[:, :hidden], np.atleast_1d(network.bias)]


CASES = [
    {"loss": "squared"},
    {"loss": "squared", "leak": 0.01, "output_bias": True, "validated": True},
    {"loss": "squared", "weight_decay": 0.1, "parametrization": "ntk", "output_bias": True},
    {"loss": "squared", "trained": "output", "output_bias": True, "weight_decay": 0.1},
    {"loss": "logistic", "validated": True},
    {"loss": "exponential", "leak": 0.01, "output_bias": True},
    {"loss": "squared", "outputs": K, "leak": 0.01, "output_bias": True, "validated": True, "weight_decay": 0.1},
    {"loss": "cross-entropy", "outputs": K, "validated": True, "parametrization": "ntk", "output_bias": True},
    {"loss": "cross-entropy", "outputs": K, "leak": 0.01, "validated": True, "expected": True},
    {"loss": "batch-cross-entropy", "outputs": K, "leak": 0.01, "output_bias": True, "validated": True},
]


def run(path, seed, case, epochs, step, start=None):
    case = dict(case)
    outputs, validated, expected = case.pop("outputs", 1), case.pop("validated", False), case.pop("expected", False)
    x, y, other_x, other_y = instance(seed, case["loss"], outputs)
    values = {"values": np.linspace(0, 1, N), "midpoints": np.linspace(0, 1, outputs)} if expected else {}
    validation = networks.Validation(other_x, other_y, **values) if validated else None
    [result] = networks.train(
        x,
        y,
        hidden=M,
        step=step,
        epochs=epochs,
        every=epochs,
        validation=validation,
        path=path,
        snapshots=(0, epochs),
        initialization=networks.Given(start or awkward(seed, x, outputs)),
        **case,
    )
    return result


def names(case):
    return "-".join(str(value) for value in case.values())


@pytest.mark.parametrize("case", CASES, ids=names)
def test_fast_and_dense_gradients_are_the_same(case):
    # a step of 1, whose differences are the gradients themselves; with smaller outer weights the exponential loss does not explode
    share, step = (0.1, 2.0**-4) if case["loss"] == "exponential" else (1.0, 1.0)
    for seed in range(6):
        inner, (outer, bias) = awkward(seed, instance(seed, case["loss"], case.get("outputs", 1))[0], case.get("outputs", 1))
        fast, dense = (run(path, seed, case, 1, step, (inner, (share * outer, share * bias))) for path in ("fast", "dense"))
        np.testing.assert_allclose(fast.history.loss, dense.history.loss, rtol=CLOSE)
        if case.get("validated"):
            np.testing.assert_allclose(fast.history.validation, dense.history.validation, rtol=CLOSE)
        assert (fast.epoch, fast.stopped) == (dense.epoch, dense.stopped)
        start, *ends = (parts(network) for network in (fast.history.snapshots[0], fast.history.snapshots[1], dense.history.snapshots[1]))
        gradients = [[one - other for one, other in zip(start, end, strict=True)] for end in ends]
        size = max(np.abs(part).max() for part in gradients[0])
        assert size > 1e-3
        for one, other in zip(*gradients, strict=True):
            assert np.abs(one - other).max() <= CLOSE * size
        grid = np.linspace(-3, 3, 301)
        ends = [result.history.snapshots[1](grid) for result in (fast, dense)]
        assert np.abs(ends[0] - ends[1]).max() <= CLOSE * np.abs(ends[0]).max()


@pytest.mark.parametrize("case", CASES, ids=names)
def test_fast_and_dense_trajectories_are_the_same(case):
    crossed = 0
    for seed in range(3):
        x = instance(seed, case["loss"], case.get("outputs", 1))[0]
        inner, (outer, bias) = awkward(seed, x, case.get("outputs", 1))
        # with smaller outer weights no loss explodes
        step = 0.01 if case["loss"] == "exponential" else 0.03
        fast, dense = (run(path, seed, case, 50, step, (inner, (0.3 * outer, 0.3 * bias))) for path in ("fast", "dense"))
        assert fast.epochs == dense.epochs == 50
        start = parts(fast.history.snapshots[0])
        one, other = (parts(result.history.snapshots[50]) for result in (fast, dense))
        for first, second in zip(one, other, strict=True):
            np.testing.assert_allclose(first, second, rtol=0, atol=1e-10)
        np.testing.assert_allclose(fast.history.loss, dense.history.loss, rtol=1e-10)
        before, after = (np.outer(x, w) > -b for w, b, *_ in (start, one))
        crossed += int((before != after).sum())
    assert crossed > 5 or case.get("trained") == "output"


@pytest.mark.parametrize("outputs", [1, K])
def test_single_precision_is_rounded_double(outputs):
    case = {"loss": "squared", "outputs": outputs, "leak": 0.01}
    exact = parts(run("dense", 0, case, 1, 0.1, drawn(7, (1, M, outputs))).history.snapshots[1])
    for path in ("fast", "dense"):
        rounded = parts(run(path, 0, case | {"precision": "float32"}, 1, 0.1, drawn(7, (1, M, outputs))).history.snapshots[1])
        assert 1e-9 < max(np.abs(one - other).max() for one, other in zip(exact, rounded, strict=True)) < 3e-6


def plain_values(layers, leak, x, scales):
    hidden, slopes = [x], []
    for (w, b), scale in zip(layers[:-1], scales[:-1], strict=True):
        z = scale * (hidden[-1] @ w.T + b)
        slopes.append(np.where(z > 0, 1.0, leak))
        hidden.append(slopes[-1] * z)
    w, b = layers[-1]
    return scales[-1] * (hidden[-1] @ w.T + b), hidden, slopes


def plain_loss(f, y, loss):
    if loss == "squared":
        return ((f - y.reshape(f.shape)) ** 2).sum(axis=1).mean()
    if loss == "logistic":
        return np.log(1 + np.exp(-y * f[:, 0])).mean()
    if loss == "exponential":
        return np.exp(-y * f[:, 0]).mean()
    picked = f[np.arange(y.size), y]
    return (logsumexp(f) if loss == "batch-cross-entropy" else logsumexp(f, axis=1).mean()) - picked.mean()


def plain_step(layers, x, y, leak, step, decay):
    """One step on the squared loss, all parameters but the output bias decayed, as written in a textbook."""
    f, hidden, slopes = plain_values(layers, leak, x, [1.0] * len(layers))
    signal, found = 2 * (f - y.reshape(f.shape)) / len(x), []
    for i in range(len(layers) - 1, -1, -1):
        w, b = layers[i]
        decay_b = decay if i < len(layers) - 1 else 0.0
        found.insert(0, (w - step * (signal.T @ hidden[i] + decay * w), b - step * (signal.sum(axis=0) + decay_b * b)))
        signal = (signal @ w) * slopes[i - 1] if i else signal
    return tuple(found)


@pytest.mark.parametrize("path", ["fast", "dense"])
@pytest.mark.parametrize("outputs", [1, K])
def test_trajectories_are_those_of_plain_numpy(path, outputs):
    case = {"loss": "squared", "outputs": outputs, "leak": 0.01, "output_bias": True, "weight_decay": 0.1}
    x, y, *_ = instance(1, "squared", outputs)
    layers = awkward(1, x, outputs)
    found = parts(run(path, 1, case, 50, 0.02).history.snapshots[50])
    for _ in range(50):
        layers = plain_step(layers, x[:, None], y, 0.01, 0.02, 0.1)
    wanted = [layers[0][0][:, 0], layers[0][1], layers[1][0], layers[1][1]]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-10)


def drawn(seed, sizes):
    rng = np.random.default_rng(seed)
    return tuple((rng.normal(size=(out, into)) / np.sqrt(into), rng.normal(size=out)) for into, out in itertools.pairwise(sizes))


def deep_layers(network):
    if isinstance(network, networks.DeepNetwork):
        return network.layers
    m = network.b.size
    return (network.W.reshape(m, -1), network.b), (np.atleast_2d(network.a), np.atleast_1d(network.bias))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("inputs", "hidden"), [(1, (6,)), (2, (5, 4))])
def test_gradients_are_finite_differences(loss, inputs, hidden):
    """The dense path, and with it the fast one; the losses are written out again in the test."""
    outputs = 1 if loss in ("logistic", "exponential") else K
    leak, decay = (0.1, 0.3) if len(hidden) == 2 else (0.0, 0.0)
    x, y, *_ = instance(3, loss, outputs, inputs)
    points = x.reshape(N, -1)
    start = drawn(5, (inputs, *hidden, outputs))
    [result] = networks.train(
        x,
        y,
        hidden=hidden if len(hidden) == 2 else hidden[0],
        loss=loss,
        step=1.0,
        epochs=1,
        leak=leak,
        weight_decay=decay,
        output_bias=True,
        path="dense",
        initialization=networks.Given(start),
        **({"n_classes": K} if loss.endswith("entropy") else {}),
    )

    def objective(layers):
        squares = sum((w**2).sum() + (b**2).sum() * (i < len(layers) - 1) for i, (w, b) in enumerate(layers))
        return plain_loss(plain_values(layers, leak, points, [1.0] * len(layers))[0], y, loss) + decay / 2 * squares

    end = result.network.layers if len(hidden) == 2 else deep_layers(result.network)
    for i, layer in enumerate(start):
        for kind, part in enumerate(layer):
            for place in np.ndindex(part.shape):
                sides = []
                for shift in (1e-5, -1e-5):
                    moved = [[np.array(p) for p in pair] for pair in start]
                    moved[i][kind][place] += shift
                    sides.append(objective(moved))
                slope = (sides[0] - sides[1]) / 2e-5
                assert abs(part[place] - end[i][kind][place] - slope) <= 1e-8 * max(1.0, abs(objective(start)))


@pytest.mark.parametrize("loss", LOSSES)
def test_reported_losses_are_the_losses(loss):
    outputs = 1 if loss in ("logistic", "exponential") else K
    x, y, *_ = instance(4, loss, outputs, 2)
    network = networks.DeepNetwork(drawn(6, (2, 5, 4, outputs)), 0.2)
    wanted = plain_loss(plain_values(network.layers, 0.2, x, [1.0] * 3)[0], y, loss)
    given = y.reshape(N, -1) if loss == "squared" else y
    assert loss_of(network, Examples(x, given), LOSSES[loss]) == pytest.approx(wanted, rel=CLOSE)


@pytest.mark.parametrize("hidden", [30, (6, 5)])
def test_ntk_networks_start_the_same_and_move_by_the_squared_factors(hidden):
    x, y, *_ = instance(2, "squared", 1, 2)
    sizes = (2, *([hidden] if isinstance(hidden, int) else hidden), 1)
    start = drawn(8, sizes)
    ends = {}
    for kind in ("standard", "ntk"):
        common = {"hidden": hidden, "output_bias": True, "initialization": networks.Given(start), "parametrization": kind}
        [result] = networks.train(x, y, step=0.1, epochs=1, snapshots=[0], **common)
        np.testing.assert_allclose(deep_layers(result.history.snapshots[0])[0][0], start[0][0], rtol=1e-14)
        ends[kind] = deep_layers(result.network)
    for fan_in, (w, b), plain, ntk in zip(sizes, start, ends["standard"], ends["ntk"], strict=False):
        np.testing.assert_allclose(w - ntk[0], (w - plain[0]) / fan_in, rtol=0, atol=1e-13)
        np.testing.assert_allclose(b - ntk[1], (b - plain[1]) / fan_in, rtol=0, atol=1e-13)


def jacobian_of(start, x):
    """(n, 3 m): of a network of one input and one output, by w, b and a."""
    (w, b), (a, _) = start
    z = np.outer(x, w[:, 0]) + b
    on = z > 0
    return np.hstack([on * a[0] * x[:, None], on * a[0], on * z])


def test_linearized_training_is_the_closed_form_and_so_is_its_limit():
    x, y = np.array([-1.0, -0.2, 0.3, 1.0]), np.array([1.0, -0.5, 0.2, 0.8])
    start = networks.Gaussian().sample(np.random.default_rng(1), (1, 60, 1))
    features, values = jacobian_of(start, x), networks.DeepNetwork(start)(x)
    step = 1.9 / (np.linalg.eigvalsh(features @ features.T)[-1] * 2 / x.size)
    for epochs, wanted in ((7, descended(features, y - values, step * 2 / x.size, 7)), (100_000, closest_parameters(features, y - values))):
        [result] = networks.train(
            x, y, hidden=60, step=step, epochs=epochs, trained="linearized", initialization=networks.Given(start), every=epochs
        )
        (w, b), (a, bias) = result.network.change
        found = np.concatenate([w[:, 0], b, a[0]])
        assert np.abs(found - wanted).max() <= 1e-8 * np.abs(wanted).max()
        assert bias == 0
        assert result.loss == pytest.approx(result.history.loss[-1], rel=1e-8, abs=1e-24)
    np.testing.assert_allclose(result.network(x), y, atol=1e-8)
    moved = networks.DeepNetwork(tuple((one + two, c + d) for (one, c), (two, d) in zip(start, result.network.change, strict=True)))
    assert np.abs(moved(x) - y).max() > 1e-6  # the network of these parameters is another function


@pytest.mark.parametrize(("loss", "inputs", "hidden"), [*((loss, 2, (5, 4)) for loss in LOSSES), ("squared", 1, (8,))])
def test_a_linearized_epoch_is_that_of_the_network(loss, inputs, hidden):
    """From the start both have the same gradient; the linearisation's values are the derivative along the change."""
    outputs = 1 if loss in ("logistic", "exponential") else K
    x, y, other_x, other_y = instance(9, loss, outputs, inputs)
    common = {"hidden": hidden if len(hidden) > 1 else hidden[0], "loss": loss, "output_bias": True, "parametrization": "ntk", "leak": 0.1}
    common |= {"validation": (other_x, other_y), "snapshots": [1], "initialization": networks.Given(drawn(9, (inputs, *hidden, outputs)))}
    [whole] = networks.train(x, y, step=0.1, epochs=1, path="dense", **common)
    [linear] = networks.train(x, y, step=0.1, epochs=1, trained="linearized", **common)
    network = linear.history.snapshots[1]
    whole_layers = deep_layers(whole.history.snapshots[1])
    for (w, b), (dw, db), (end, end_b) in zip(network.start, network.change, whole_layers, strict=True):
        m, k = w.shape[0], w.shape[1]  # of two leaky units, the first
        np.testing.assert_allclose(w + dw, end[:m, :k], rtol=0, atol=1e-13)
        np.testing.assert_allclose(b + db, end_b[:m], rtol=0, atol=1e-13)
    pairs = list(zip(network.start, network.change, strict=True))
    along = (tuple((w + h * dw, b + h * db) for (w, b), (dw, db) in pairs) for h in (1e-6, -1e-6, 0.0))
    sides = [networks.DeepNetwork(layers, 0.1)(x) for layers in along]
    np.testing.assert_allclose(network(x), sides[2] + (sides[0] - sides[1]) / 2e-6, rtol=0, atol=1e-8)
    np.testing.assert_allclose(linear.validation, linear.history.validation[linear.epoch], rtol=1e-10)


@pytest.mark.parametrize("path", ["fast", "dense"])
def test_output_weights_trained_alone_become_the_closest_that_fit(path):
    x, y = np.array([-1.0, -0.2, 0.3, 1.0]), np.array([1.0, -0.5, 0.2, 0.8])
    start = networks.Gaussian().sample(np.random.default_rng(2), (1, 60, 1))
    features = jacobian_of(start, x)[:, 120:]
    wanted = start[1][0][0] + closest_parameters(features, y - networks.DeepNetwork(start)(x))
    step = 1.9 / (np.linalg.eigvalsh(features @ features.T)[-1] * 2 / x.size)
    common = {"hidden": 60, "trained": "output", "path": path, "initialization": networks.Given(start)}
    [result] = networks.train(x, y, step=step, epochs=100_000, **common)
    assert np.abs(result.network.a - wanted).max() <= 1e-8 * np.abs(wanted).max()
    assert np.array_equal(result.network.W, start[0][0][:, 0])


@pytest.mark.parametrize("outputs", [1, K])
@pytest.mark.parametrize("leak", [0.0, 0.2])
def test_a_network_is_a_measure_is_a_network(outputs, leak):
    [result] = networks.train(*instance(0, "squared", outputs)[:2], hidden=9, step=0.1, epochs=20, leak=leak, output_bias=True)
    grid = np.linspace(-3, 3, 101)
    assert result.network.W.size == (18 if leak else 9)
    again = Network.from_measure(result.network.measure())
    np.testing.assert_allclose(again(grid), result.network(grid), rtol=0, atol=1e-12)
    w, b, a, bias = parts(result.network, 9)
    layers = (w[:, None], b), (a, bias)
    np.testing.assert_allclose(networks.DeepNetwork(layers, leak)(grid), result.network(grid), rtol=0, atol=1e-12)
