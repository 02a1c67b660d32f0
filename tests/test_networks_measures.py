"""Networks, balanced networks and measures are one another: the same function, and the cost that each of them stands for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import implicit_bias as ib
from implicit_bias.claims.neyshabur.rosset_support import units_and_sizes
from implicit_bias.measures import RidgeMeasure

KINDS = [(1, None), (1, 3), (2, None), (3, 2)]
"""Inputs, and outputs or None for one without an axis of its own."""
CLOSE = {"rtol": 0, "atol": 1e-12}


def network(seed, inputs, outputs, width=12, bias=True):
    """Units of very different sizes, four of which are special: nothing in, nothing out, neither, and a constant."""
    rng = np.random.default_rng(seed)
    inner = rng.normal(size=(width, inputs + 1)) * 10 ** rng.uniform(-3, 3, (width, 1))
    outer = rng.normal(size=(outputs or 1, width)) * 10 ** rng.uniform(-3, 3, width)
    inner[0], outer[:, 1], inner[2], outer[:, 2], inner[3, :-1] = 0.0, 0.0, 0.0, 0.0, 0.0
    shift = rng.normal(size=outputs) if outputs else rng.normal()
    return ib.Network(inner[:, :-1], inner[:, -1], outer if outputs else outer[0], shift if bias else 0.0)


def points(seed, inputs):
    rng = np.random.default_rng(seed)
    return rng.normal(size=50) if inputs == 1 else rng.normal(size=(50, inputs))


def values(net, x):
    """Every output unit by unit, from the arrays."""
    rows = np.column_stack([x, np.ones(len(x))])
    return np.maximum(rows @ np.column_stack([net.W, net.b]).T, 0.0) @ np.atleast_2d(net.a).T + np.atleast_1d(net.bias)


def assert_same(one, other, x, size):
    np.testing.assert_allclose(one(x) / size, other(x) / size, **CLOSE)


def sphere_cost(measure):
    """Σ |w| sqrt(1 + t²) and the constant, or Σ ‖w‖ for directions on the sphere."""
    lengths = 1.0 if isinstance(measure, RidgeMeasure) else np.hypot(1, measure.kinks)
    return float((measure.sizes() * lengths).sum() + np.linalg.norm(np.atleast_1d(measure.constant)))


@pytest.mark.parametrize(("inputs", "outputs"), KINDS)
@given(seed=st.integers(0, 2**32 - 1))
def test_balancing_keeps_the_function_and_never_adds_decay(inputs, outputs, seed):
    net, x = network(seed, inputs, outputs), points(seed, inputs)
    even, size = net.balanced(), 1 + net.path_norm()
    np.testing.assert_allclose(values(net, x).reshape(net(x).shape) / size, net(x) / size, **CLOSE)
    assert_same(even, net, x, size)
    np.testing.assert_allclose(even.inner_norms, even.outer_norms, rtol=1e-12)
    assert even.weight_decay() == pytest.approx(net.path_norm(), rel=1e-12)
    assert even.path_norm() == pytest.approx(net.path_norm(), rel=1e-12)
    assert even.weight_decay() <= net.weight_decay()
    np.testing.assert_allclose(even.balanced().a, even.a, rtol=1e-12)


@pytest.mark.parametrize(("inputs", "outputs"), KINDS)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_rescaling_has_less_decay_than_balance(inputs, outputs, seed):
    even = network(seed, inputs, outputs).balanced()
    factors = 10 ** np.random.default_rng(seed + 1).uniform(-1, 1, even.b.size)
    moved = even.scaled(factors)
    assert_same(moved, even, points(seed, inputs), 1 + even.path_norm())
    assert moved.weight_decay() >= even.weight_decay() * (1 - 1e-12)
    assert moved.weight_decay() == pytest.approx((even.inner_norms**2 * (factors**2 + factors**-2)).sum() / 2, rel=1e-12)


@pytest.mark.parametrize(("inputs", "outputs"), KINDS)
@given(seed=st.integers(0, 2**32 - 1))
def test_network_to_measure_to_network(inputs, outputs, seed):
    """Function and cost to 1e-12, and as many units as atoms."""
    net, x = network(seed, inputs, outputs).without_bias(), points(seed, inputs)
    size = 1 + net.path_norm()
    measure = net.measure()
    back = ib.Network.from_measure(measure)
    assert back.b.size == len(measure) <= net.b.size
    whole = back.without_bias()
    assert whole.b.size == len(measure) + 1
    assert np.all(whole.bias == 0)
    for same in (measure, back, whole):
        assert_same(same, net, x, size)
    # all constants become one, of no more than their joint cost: of one sign they keep it, and several outputs may cancel
    assert sphere_cost(measure) <= net.path_norm() * (1 + 1e-12)
    for cost in (whole.path_norm(), whole.weight_decay()):
        assert cost == pytest.approx(sphere_cost(measure), rel=1e-12)
    assert back.weight_decay() == pytest.approx(sphere_cost(measure) - np.linalg.norm(np.atleast_1d(measure.constant)), rel=1e-12)


@pytest.mark.parametrize(("inputs", "outputs"), KINDS)
@given(seed=st.integers(0, 2**32 - 1))
def test_without_constants_the_cost_is_the_path_norm(inputs, outputs, seed):
    net = network(seed, inputs, outputs, bias=False)
    bent = ib.Network(np.delete(net.W, 3, axis=0), np.delete(net.b, 3), np.delete(net.a, 3, axis=-1))
    assert sphere_cost(bent.measure()) == pytest.approx(bent.path_norm(), rel=1e-12)
    assert ib.Network.from_measure(bent.measure()).weight_decay() == pytest.approx(bent.path_norm(), rel=1e-12)


@pytest.mark.parametrize(("inputs", "outputs"), KINDS)
def test_an_output_bias_becomes_a_unit_that_pays(inputs, outputs):
    net, x = network(0, inputs, outputs), points(0, inputs)
    paid = net.without_bias()
    assert paid.b.size == net.b.size + 1
    assert np.all(np.asarray(paid.bias) == 0)
    assert np.all(paid.W[-1] == 0)
    size = float(np.linalg.norm(np.atleast_1d(net.bias)))
    assert paid.b[-1] ** 2 == pytest.approx(size, rel=1e-14)
    assert paid.path_norm() == pytest.approx(net.path_norm() + size, rel=1e-12)
    assert paid.weight_decay() == pytest.approx(net.weight_decay() + size, rel=1e-12)
    assert_same(paid, net, x, 1 + paid.path_norm())
    assert paid.without_bias() is paid


def test_poles_and_constants():
    """[0·x + 1] is the constant; [0·x - 1] is nothing, at a cost that the measure of a network does not keep."""
    pole = ib.Network([[0.0, 0.0]], [2.0], [3.0])
    assert pole.measure().constant == 6.0
    assert len(pole.measure()) == 0
    assert pole.path_norm() == sphere_cost(pole.measure()) == 6.0
    dead = ib.Network([0.0], [-2.0], [3.0])
    assert dead(np.array(5.0)) == 0
    assert (dead.path_norm(), sphere_cost(dead.measure())) == (6.0, 0.0)
    poles = RidgeMeasure([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]], [2.0, 5.0])
    net = ib.Network.from_measure(poles)
    assert net(np.zeros(2)) == pytest.approx(2.0)
    assert net.weight_decay() == pytest.approx(poles.total_variation(), rel=1e-14)


def test_a_normal_form_has_unit_units_and_nothing_of_those_that_do_nothing():
    net = network(1, 2, 3)
    normal = net.normalized()
    live = net.inner_norms > 0
    np.testing.assert_allclose(normal.inner_norms[live], 1.0, rtol=1e-14)
    np.testing.assert_array_equal(normal.a[:, ~live], 0.0)
    assert normal.outer_norms.sum() == pytest.approx(net.path_norm(), rel=1e-12)
    assert_same(normal, net, points(1, 2), 1 + net.path_norm())


@pytest.mark.parametrize("size", [1e-200, 1e-160, 1e160, 1e200])
@pytest.mark.parametrize("inputs", [1, 2])
def test_layers_of_extreme_sizes_make_an_ordinary_function(inputs, size):
    """Squares of such weights are 0 or infinite, which the functions are not."""
    inner, shift = np.array([[3.0, 0.0], [-1.0, 2.0]])[:, :inputs] * size, np.array([4.0, 2.0]) * size
    net, x = ib.Network(inner, shift, np.array([1.0, -2.0]) / size), points(0, inputs)
    lengths = np.array([5.0, np.linalg.norm([-1.0, 2.0, 2.0][: inputs + 1] if inputs == 2 else [-1.0, 2.0])])
    assert net.path_norm() == pytest.approx(lengths @ [1, 2], rel=1e-12)
    assert net.balanced().weight_decay() == pytest.approx(lengths @ [1, 2], rel=1e-12)
    for same in (net.balanced(), net.normalized(), net.measure(), ib.Network.from_measure(net.measure())):
        assert_same(same, net, x, 1.0)


def test_a_kink_far_away_costs_what_it_should():
    measure = ib.Measure([1e200], [-1.0], [1e-200])
    assert ib.Network.from_measure(measure).weight_decay() == pytest.approx(1.0, rel=1e-12)


def test_units_and_sizes_are_the_measure():
    for inputs in (1, 2):
        net = network(2, inputs, None)
        measure, x = net.measure(), points(2, inputs)
        units, sizes = units_and_sizes(measure)
        np.testing.assert_allclose(np.linalg.norm(units, axis=1), 1.0, rtol=1e-12)
        rows = np.column_stack([x, np.ones(len(x))])
        np.testing.assert_allclose(np.maximum(rows @ units.T, 0.0) @ sizes / net.path_norm(), net(x) / net.path_norm(), **CLOSE)
        assert np.abs(sizes).sum() == pytest.approx(sphere_cost(measure), rel=1e-12)
