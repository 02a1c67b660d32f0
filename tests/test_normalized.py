"""Normalised networks, their flow and their descent: identities, conserved quantities, other ways to the same numbers, wrong input."""

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import brentq

import implicit_bias as ib
from implicit_bias import networks
from implicit_bias.experiments.normalized_bounds import least_objective, least_rho
from implicit_bias.networks import NormalizedNetwork, normalized_descent, normalized_flow
from implicit_bias.networks.normalized.network import batch_statistics, pulled, ramps

RNG = np.random.default_rng
X = np.column_stack([[-1.5, -0.4, 0.6, 1.7], np.ones(4)])
Y = np.array([1.0, -1.0, -1.0, 1.0])
BRIEF = {"hidden": 6, "seed": 3, "records": 20}


def drawn(rng, sizes):
    return [rng.normal(size=(out, into)) for into, out in itertools.pairwise(sizes)]


# --- networks


@pytest.mark.parametrize("sizes", [(3, 1), (3, 5, 1), (3, 4, 5, 1), (3, 4, 5, 6, 2)])
def test_layers_of_any_norms_are_the_same_function_with_unit_norms(sizes):
    rng = RNG(0)
    weights, x = drawn(rng, sizes), rng.normal(size=(7, 3))
    network = NormalizedNetwork.from_layers(weights)
    h = x
    for w in weights[:-1]:
        h = np.maximum(h @ w.T, 0)
    values = h @ weights[-1].T
    assert network(x) == pytest.approx(values if sizes[-1] > 1 else values[:, 0])
    assert network.norms == pytest.approx(np.ones(len(weights)))
    assert network.rho == pytest.approx(math.prod(np.linalg.norm(w) for w in weights))
    assert network(x) == pytest.approx(network.rho * network.normalized(x))
    assert [f.shape for f in network.features(x)] == [(7, size) for size in sizes[1:-1]] or len(sizes) == 2
    assert network.features(x)[-1] @ network.layers[-1].T == pytest.approx(network.normalized(x).reshape(7, -1))


@pytest.mark.parametrize("sizes", [(3, 5, 1), (3, 4, 4, 2)])
def test_gradients_are_those_of_differences_and_obey_eulers_identity(sizes):
    rng = RNG(1)
    network, x = NormalizedNetwork.from_layers(drawn(rng, sizes)), rng.normal(size=(4, 3))
    f, size = network.normalized(x), 1e-7
    for k, slopes in enumerate(network.gradients(x)):
        layer = network.layers[k]
        assert slopes.shape == (*f.shape, *layer.shape)
        assert (slopes * layer).sum(axis=(-2, -1)) == pytest.approx(f, abs=1e-14)
        for place in itertools.product(*(range(extent) for extent in layer.shape)):
            moved = [part.copy() for part in network.layers]
            moved[k][place] += size
            slope = (NormalizedNetwork(1.0, tuple(moved)).normalized(x) - f) / size
            assert slopes[(..., *place)] == pytest.approx(slope, abs=1e-6)


def test_a_unit_at_its_kink_has_slope_zero():
    network = NormalizedNetwork(2.0, (np.array([[1.0, -1.0]]), np.array([[1.0]])))
    assert not network.gradients([[1.0, 1.0]])[0].any()
    assert network.gradients([[1.0, 0.5]])[0].tolist() == [[[1.0, 0.5]]]


def test_ramps_meet_the_slopes_away_from_kinks_and_are_linear_at_them():
    layers, x = [np.array([[3.0, 4.0], [0.0, 0.0], [1.0, 0.0]]), np.ones((1, 3))], np.array([[1.0, 0.0], [-0.8, 0.6], [-1.0, 0.0]])
    [slopes] = ramps(layers, [x, np.zeros((3, 3))], 0.1)
    assert slopes[:, 0] == pytest.approx([1.0, 0.5, 0.0])
    assert slopes[:, 1].tolist() == [0.5, 0.5, 0.5]  # a unit without weights is at its kink everywhere
    # ‖h‖² and ‖w‖² are each larger by a hundredth of their means, 1 and 26/3
    [nearer] = ramps(layers, [np.array([[-0.8, 0.61]]), np.zeros((1, 3))], 0.1)
    size = math.sqrt(0.64 + 0.61**2) * math.sqrt(1.01) * math.sqrt(25 + 26 / 300)
    assert nearer[0, 0] == pytest.approx(0.5 + 0.04 / (0.1 * size))


def test_a_batch_is_normalised_whatever_the_scale_of_its_layers():
    rng = RNG(2)
    layers, x = drawn(rng, (3, 6, 5, 1)), rng.normal(size=(40, 3))
    network = NormalizedNetwork(1.0, tuple(layers), batch_statistics(layers, x))
    scaled = [5 * layers[0], 0.2 * layers[1], layers[2]]
    assert NormalizedNetwork(1.0, tuple(scaled), batch_statistics(scaled, x))(x) == pytest.approx(network(x))
    z = x @ layers[0].T
    hidden = np.maximum((z - z.mean(axis=0)) / z.std(axis=0), 0)
    assert network.features(x)[0] == pytest.approx(hidden)
    # other points go through the statistics of these
    assert network(x[:3]) == pytest.approx(network(x)[:3])
    with pytest.raises(ib.DataError, match="statistics"):
        network.gradients(x)


@pytest.mark.parametrize(
    ("layers", "match"),
    [
        ((), "at least one"),
        ((np.ones(3),), "shape"),
        ((np.ones((2, 3)), np.ones((1, 3))), "3 inputs"),
        ((np.array([[np.nan]]),), "finite"),
        (([[1.0], [1.0, 2.0]],), "real numbers"),
    ],
)
def test_layers_that_do_not_fit_are_refused(layers, match):
    with pytest.raises(ib.DataError, match=match):
        NormalizedNetwork(1.0, layers)


def test_a_layer_of_zeros_and_points_of_other_dimensions_are_refused():
    with pytest.raises(ib.DataError, match="direction"):
        NormalizedNetwork.from_layers([np.ones((2, 2)), np.zeros((1, 2))])
    with pytest.raises(ib.DataError, match="shape"):
        NormalizedNetwork(1.0, (np.ones((2, 2)), np.ones((1, 2))))(np.ones((3, 4)))
    with pytest.raises(ib.DataError, match="each hidden unit"):
        NormalizedNetwork(1.0, (np.ones((2, 2)), np.ones((1, 2))), ((np.ones(3), np.ones(3)),))
    with pytest.raises(ib.DataError, match="each hidden unit"):
        NormalizedNetwork(1.0, (np.ones((2, 2)), np.ones((1, 2))), ((np.ones(2), np.ones(3)),))
    with pytest.raises(ib.DataError, match="above 0"):
        NormalizedNetwork(1.0, (np.ones((2, 2)), np.ones((1, 2))), ((np.ones(2), np.zeros(2)),))


# --- the flow


def residual_sums(run, decay):
    """ρ' and V_k' of the equations, from derivatives point by point."""
    network = run.network
    f, r = run.values, Y - run.network.rho * run.values
    moves = [
        2 * network.rho * np.tensordot(r, slopes - f[:, None, None] * layer, 1)
        for slopes, layer in zip(network.gradients(X), network.layers, strict=True)
    ]
    return 2 * (r @ f - decay * network.rho), moves


def test_a_short_flow_goes_where_the_equations_say():
    # the kinks are away from the points here, so that neither ramps nor jumps matter
    begun = normalized_flow(X, Y, weight_decay=0.2, scale=1.3, time=1e-9, **BRIEF)
    then = normalized_flow(X, Y, weight_decay=0.2, scale=1.3, time=1e-5, **BRIEF)
    by_rho, moves = residual_sums(begun, 0.2)
    assert (then.rho[-1] - 1.3) / 1e-5 == pytest.approx(by_rho, rel=1e-3)
    for after, before, move in zip(then.network.layers, begun.network.layers, moves, strict=True):
        assert (after - before) / 1e-5 == pytest.approx(move, rel=1e-2, abs=1e-3)


@pytest.mark.parametrize("way", ["lagrange", "weight"])
def test_norms_are_conserved_and_nothing_brings_them_back(way):
    run = normalized_flow(X, Y, normalization=way, scale=2.0, time=20.0, **BRIEF)
    started = 1.0 if way == "lagrange" else 2.0
    assert run.norms[0] == pytest.approx([started] * 2)
    assert run.norms == pytest.approx(np.full(run.norms.shape, started), rel=1e-4)
    assert (run.norms != started).any()


def test_weight_normalisation_is_the_lagrange_flow_slower_by_the_norms_squared():
    # with ‖v_k‖ = c the layers move c⁻² times as fast; without their moving ρ would be the same
    lagrange = normalized_flow(X, Y, weight_decay=0.2, scale=1.0, time=5.0, **BRIEF)
    weight = normalized_flow(X, Y, weight_decay=0.2, scale=1.0, normalization="weight", time=5.0, **BRIEF)
    assert weight.rho == pytest.approx(lagrange.rho, rel=1e-3)
    slow = normalized_flow(X, Y, weight_decay=0.2, scale=3.0, normalization="weight", time=1e-5, **BRIEF)
    fast = normalized_flow(X, Y, weight_decay=0.2, scale=3.0, time=1e-5, **BRIEF)
    still = normalized_flow(X, Y, weight_decay=0.2, scale=3.0, time=1e-12, **BRIEF)

    def moved(run):
        return np.concatenate([(a - b).ravel() for a, b in zip(run.network.layers, still.network.layers, strict=True)])

    assert 9 * moved(slow) == pytest.approx(moved(fast), rel=1e-2, abs=1e-8)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_without_normalisation_the_difference_of_squared_norms_falls_like_the_decay_says(decay):
    x, y = np.vstack([X, X[:1] + 0.3]), np.append(Y, 1.0)
    run = normalized_flow(x, y, hidden=(5, 4), seed=1, normalization="none", weight_decay=decay, time=3.0, records=20, kink_width=1e-4)
    squares = run.norms**2
    assert np.diff(squares, axis=1) == pytest.approx(np.zeros((squares.shape[0], 2)), abs=2e-3)
    other = normalized_flow(X, Y, normalization="none", weight_decay=decay, time=3.0, **BRIEF)
    assert other.rho == pytest.approx(np.prod(other.norms, axis=1))


@pytest.mark.parametrize("way", ["lagrange", "weight", "none"])
def test_a_run_with_decay_ends_with_rho_at_its_equilibrium_and_its_loss_falls(way):
    run = normalized_flow(X, Y, normalization=way, weight_decay=0.2, scale=0.5, time=300.0, **BRIEF)
    assert run.mismatch <= 1e-3
    if way == "lagrange":
        assert run.ended == "stationary"
        assert "nothing moved" in run.message
    f = run.values
    level = 0.2 if way != "none" else 0.2 / run.rho[-1]  # two layers: λ ρ^(2/2 - 2)
    assert run.rho_eq[-1] == pytest.approx((Y @ f) / (level + f @ f))
    assert (np.diff(run.objective) <= 1e-6).all()
    charged = 0.2 * (run.rho[-1] ** 2 if way != "none" else (run.norms[-1] ** 2).sum())
    assert run.objective[-1] == pytest.approx(((run.network(X) - Y) ** 2).sum() + charged)
    assert run.margins == pytest.approx(Y * f)
    assert run.margin[-1] == run.margins.min()


def test_no_run_is_below_the_certified_bounds_and_good_ones_reach_them():
    places = X[:, 0]
    ends = {
        decay: [normalized_flow(X, Y, hidden=12, weight_decay=decay, scale=s, seed=1, time=200.0, records=20) for s in (0.5, 5.0)]
        for decay in (0.0, 0.1)
    }
    for run in ends[0.1]:
        assert 1 - 1e-7 <= run.objective[-1] / least_objective(places, Y, 0.1) <= 1.05
    for run in ends[0.0]:
        assert run.miss < 1e-3
        assert run.rho[-1] * (1 + 1e-3) >= least_rho(places, Y)
        assert run.margins * run.rho[-1] == pytest.approx(np.ones(4), abs=1e-3)
    least = min(ends[0.0], key=lambda run: run.rho[-1])
    assert least.margin[-1] == max(run.margin[-1] for run in ends[0.0])


def test_bounds_are_below_every_network_and_attained_by_the_optimum():
    places, rng = X[:, 0], RNG(4)
    bound, plain = least_objective(places, Y, 0.05), least_objective(places, Y, 0.05, normalized=False)
    for _ in range(200):
        network = NormalizedNetwork.from_layers(drawn(rng, (2, 4, 1)))
        values = network.normalized(X)
        rho = (Y @ values) / (0.05 + values @ values)
        assert ((rho * values - Y) ** 2).sum() + 0.05 * rho**2 >= bound
    # the optimum at r = λ c, balanced, is a network of that value: bounds that are too high would be noticed
    level = brentq(lambda r: r - 0.05 * ib.RegularizedProblem(places, Y, r).cost(_best(places, r)), 0.01, 1.0, xtol=1e-6)
    f, c = _best(places, level)(places), ib.RegularizedProblem(places, Y, level).cost(_best(places, level))
    assert ((f - Y) ** 2).sum() + 0.05 * c**2 == pytest.approx(bound, rel=1e-5)
    f, c = _best(places, 0.05)(places), ib.RegularizedProblem(places, Y, 0.05).cost(_best(places, 0.05))
    assert ((f - Y) ** 2).sum() + 2 * 0.05 * c == pytest.approx(plain, rel=1e-6)
    assert least_objective(places, Y, 0.0) == 0.0


def _best(places, level):
    return ib.solve(ib.RegularizedProblem(places, Y, level)).measure


def test_a_flow_out_of_evaluations_says_so_and_keeps_what_it_has():
    run = normalized_flow(X, Y, weight_decay=0.1, time=1000.0, evaluations=200, **BRIEF)
    assert (run.ended, run.evaluations) == ("evaluations", 200)
    assert "200 evaluations" in run.message
    assert 0 < run.times[-1] < 1000
    assert np.isfinite(run.network(X)).all()


def test_a_start_has_the_sign_that_lets_rho_grow_and_seeds_tell():
    starts = [normalized_flow(X, Y, hidden=5, seed=seed, time=1e-6, records=2) for seed in range(8)]
    assert all(Y @ run.values >= 0 for run in starts)
    assert len({float(run.values[0]) for run in starts}) == 8
    again = normalized_flow(X, Y, hidden=5, seed=3, time=1e-6, records=2)
    assert np.array_equal(again.values, starts[3].values)


# --- descent


@pytest.mark.parametrize("way", ["lagrange", "weight", "none"])
def test_descent_with_small_steps_comes_to_the_flow(way):
    options = {"hidden": 6, "seed": 3, "normalization": way, "weight_decay": 0.1, "scale": 1.0}
    flow = normalized_flow(X, Y, time=1.0, kink_width=1e-4, records=20, **options)
    off = []
    for step in (1e-2, 1e-3, 1e-4):
        run = normalized_descent(X, Y, step=step, epochs=round(1 / step), **options)
        assert run.times[-1] == pytest.approx(1.0)
        off.append(np.abs(run.rho[-1] * run.values - flow.rho[-1] * flow.values).max())
    assert off[2] < 2e-3 < 0.2 * np.abs(flow.rho[-1] * flow.values).max()
    assert off[2] < off[0] / 5


def test_one_step_is_the_gradient_of_the_loss():
    step, options = 1e-3, {"hidden": 6, "seed": 3, "weight_decay": 0.2, "scale": 1.3}
    start = normalized_flow(X, Y, time=1e-12, records=2, **options)
    by_rho, moves = residual_sums(start, 0.2)
    run = normalized_descent(X, Y, step=step, epochs=1, **options)
    assert run.rho[-1] == pytest.approx(1.3 + step * by_rho)
    for after, before, move in zip(run.network.layers, start.network.layers, moves, strict=True):
        moved = before + step * move
        assert after == pytest.approx(moved / np.linalg.norm(moved))


def test_lagrange_steps_keep_unit_norms_and_weight_steps_let_them_grow():
    options = {"hidden": 6, "seed": 3, "step": 1e-2, "epochs": 500, "scale": 1.0}
    assert normalized_descent(X, Y, **options).norms == pytest.approx(np.ones((_records(500), 2)))
    grown = normalized_descent(X, Y, normalization="weight", **options).norms
    assert (np.diff(grown, axis=0) >= -1e-12).all()
    assert (grown[-1] > 1).all()


def _records(epochs):
    return len(np.unique(np.round(networks.normalized.trajectory.record_times(epochs))))


def test_batch_normalised_descent_is_that_of_its_function_and_reaches_rho_eq():
    rng = RNG(5)
    x, y = rng.normal(size=(10, 6)), rng.choice([-1.0, 1.0], 10)
    options = {"hidden": (8, 8), "normalization": "batch", "weight_decay": 0.5, "seed": 1, "step": 5e-4}
    run = normalized_descent(x, y, epochs=40_000, snapshots=(0, 100, 40_000), scale=1.0, **options)
    assert run.mismatch <= 1e-3
    assert run.network.normalized(x) == pytest.approx(run.values)
    assert run.rho[-1] == run.norms[-1, -1] == run.network.rho
    assert sorted(run.snapshots) == [0, 100, 40_000]
    assert run.snapshots[40_000](x) == pytest.approx(run.network(x))
    # hidden layers of another norm are the same function; smaller ones move faster
    other = normalized_descent(x, y, epochs=1, scale=0.1, **options)
    assert other.norms[0] == pytest.approx([0.1] * 3)
    first = run.snapshots[0]
    assert other.rho[0] * first.normalized(x) == pytest.approx(0.1 * first(x))


def test_several_outputs_have_margins_over_the_best_other_class():
    rng = RNG(6)
    x, labels = rng.normal(size=(20, 3)), rng.integers(0, 3, 20)
    run = normalized_descent(x, np.eye(3)[labels], hidden=(10, 10), step=5e-3, epochs=3000, weight_decay=0.05)
    assert run.values.shape == (20, 3)
    brute = [row[c] - max(row[j] for j in range(3) if j != c) for row, c in zip(run.values, labels, strict=True)]
    assert run.margins == pytest.approx(brute)
    y = np.eye(3)[labels]
    assert run.rho_eq[-1] == pytest.approx((y * run.values).sum() / (0.05 + (run.values**2).sum()))
    flow = normalized_flow(x, np.eye(3)[labels], hidden=4, time=0.1, records=5)
    assert flow.values.shape == (20, 3)


def test_too_large_a_step_diverges_and_says_so():
    run = normalized_descent(X, Y, hidden=5, normalization="none", scale=5.0, step=10.0, epochs=50)
    assert run.ended == "diverged"
    assert "smaller step" in run.message
    assert np.isfinite(run.network(X)).all()


def test_descent_at_rest_ends_early():
    run = normalized_descent(X, Y, hidden=6, normalization="none", seed=3, step=1e-2, epochs=10**7)
    assert run.ended == "stationary"
    assert run.evaluations < 10**7


# --- wrong input


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"x": X[:, 0]}, ib.DataError),
        ({"y": Y[:3]}, ib.DataError),
        ({"y": 0 * Y}, ib.DataError),
        ({"y": [np.nan, 1, 1, 1]}, ib.DataError),
        ({"hidden": ()}, ib.OptionError),
        ({"hidden": 0}, ib.OptionError),
        ({"hidden": "4"}, ib.OptionError),
        ({"normalization": "layer"}, ib.OptionError),
        ({"weight_decay": -1}, ib.OptionError),
        ({"x": [[1.0, 1.0], [1.0]]}, ib.DataError),
        ({"y": [[1.0], [1.0, 2.0], [0.0], [1.0]]}, ib.DataError),
        ({"x": 1e200 * X}, ib.DataError),
        ({"y": 1e200 * Y}, ib.DataError),
        ({"scale": 0}, ib.OptionError),
        ({"scale": 1e100}, ib.OptionError),
        ({"scale": 1e-200, "normalization": "weight"}, ib.OptionError),
        ({"scale": 1e30, "normalization": "none"}, ib.OptionError),
        ({"seed": -1}, ib.OptionError),
    ],
)
def test_bad_data_and_options_are_refused(changed, error):
    options = {"x": X, "y": Y, "hidden": 4} | changed
    x, y = options.pop("x"), options.pop("y")
    with pytest.raises(error):
        normalized_flow(x, y, time=1.0, **options)
    with pytest.raises(error):
        normalized_descent(x, y, step=0.1, epochs=1, **options)


@pytest.mark.parametrize(
    "changed",
    [{"method": "Euler"}, {"time": 0}, {"relative_tolerance": 1e-15}, {"kink_width": -1}, {"records": 1}, {"normalization": "batch"}],
)
def test_bad_options_of_the_flow_are_refused(changed):
    with pytest.raises(ib.OptionError):
        normalized_flow(X, Y, hidden=4, **changed)


@pytest.mark.parametrize("changed", [{"step": 0}, {"epochs": 0}, {"snapshots": (-1,)}])
def test_bad_options_of_descent_are_refused(changed):
    with pytest.raises(ib.OptionError):
        normalized_descent(X, Y, **({"hidden": 4, "step": 0.1, "epochs": 3} | changed))


def test_weights_pulled_with_slopes_of_ones_and_zeros_are_the_gradients():
    rng = RNG(7)
    layers, x, c = drawn(rng, (3, 4, 1)), rng.normal(size=(6, 3)), rng.normal(size=(6, 1))
    entering = [x, np.maximum(x @ layers[0].T, 0)]
    network = NormalizedNetwork(1.0, tuple(layers))
    for found, slopes in zip(pulled(layers, entering, c), network.gradients(x), strict=True):
        assert found == pytest.approx(np.tensordot(c[:, 0], slopes, 1))
