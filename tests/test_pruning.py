"""Pruning: the same values, no higher cost, no more atoms than the data have room for, each with its sign or direction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import implicit_bias as ib
from implicit_bias.measures import RidgeMeasure
from implicit_bias.measures.pruning import DEPENDENT, Basis


def on_a_line(seed, atoms, outputs=None):
    rng = np.random.default_rng(seed)
    shape = (atoms,) if outputs is None else (atoms, outputs)
    constant = rng.normal() if outputs is None else rng.normal(size=outputs)
    return ib.Measure(rng.normal(size=atoms), rng.choice([-1.0, 1.0], atoms), rng.normal(size=shape), constant)


def on_the_sphere(seed, atoms, inputs, outputs=None):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(atoms, inputs + 1))
    shape = (atoms,) if outputs is None else (atoms, outputs)
    constant = rng.normal() if outputs is None else rng.normal(size=outputs)
    return RidgeMeasure(features / np.linalg.norm(features, axis=1)[:, None], rng.normal(size=shape), constant)


def cost(measure, weight):
    lengths = np.hypot(1, measure.kinks) if isinstance(measure, ib.Measure) and weight == "sphere" else 1.0
    return float((measure.sizes() * lengths).sum() + np.linalg.norm(np.atleast_1d(measure.constant)))


def count(measure):
    return len(measure) + bool(np.any(measure.constant))


def reach(measure, x):
    """The size of what the values are sums of."""
    rows = np.column_stack([x, np.ones(len(x))])
    return cost(measure, "sphere") * np.linalg.norm(rows, axis=1).max()


def assert_pruned(pruned, measure, x, most, weight="unit"):
    """The contract, from values and costs alone; what tells a pruned measure from one that only looks it is tested below."""
    assert count(pruned) <= most
    np.testing.assert_allclose(pruned(x), measure(x), rtol=0, atol=1e-12 * reach(measure, x))
    assert cost(pruned, weight) <= cost(measure, weight) * (1 + 1e-12)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 12), st.sampled_from(["unit", "sphere"]))
def test_one_input(seed, atoms, n, weight):
    measure, x = on_a_line(seed, atoms), np.random.default_rng(seed + 1).normal(size=n)
    assert_pruned(ib.prune(measure, x, weight), measure, x, n, weight)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 10), st.integers(1, 4))
def test_several_inputs(seed, atoms, n, inputs):
    measure, x = on_the_sphere(seed, atoms, inputs), np.random.default_rng(seed + 1).normal(size=(n, inputs))
    assert_pruned(ib.prune(measure, x), measure, x, n)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 4))
def test_several_outputs_keep_n_times_k_atoms_and_their_directions(seed, n, outputs):
    rng = np.random.default_rng(seed + 1)
    for measure, x in (
        (on_a_line(seed, 50, outputs), rng.normal(size=n)),
        (on_the_sphere(seed, 50, 2, outputs), rng.normal(size=(n, 2))),
    ):
        pruned = ib.prune(measure, x, "sphere")
        assert_pruned(pruned, measure, x, n * outputs, "sphere")
        keys = measure.kinks[:, None] if isinstance(measure, ib.Measure) else measure.features
        kept = pruned.kinks[:, None] if isinstance(pruned, ib.Measure) else pruned.features
        for key, after in zip(kept, pruned.weights, strict=True):
            (before,) = measure.weights[(keys == key).all(axis=1)]
            np.testing.assert_allclose(after / np.linalg.norm(after), before / np.linalg.norm(before), rtol=0, atol=1e-12)


def test_signs_and_atoms_are_those_given():
    measure, x = on_a_line(0, 300), np.linspace(-2, 2, 9)
    pruned = ib.prune(measure, x)
    given_signs = {(t, s): np.sign(w) for t, s, w in zip(measure.kinks, measure.directions, measure.weights, strict=True)}
    assert len(pruned) > 0
    for t, s, w in zip(pruned.kinks, pruned.directions, pruned.weights, strict=True):
        assert given_signs[t, s] == np.sign(w)


def test_the_bound_is_the_rank_not_the_number_of_points():
    """Features that rise from left of all points span the lines: two atoms, however many points there are."""
    x = np.linspace(0, 1, 50)
    measure = ib.Measure(np.linspace(-3, -1, 400), np.ones(400), np.random.default_rng(0).normal(size=400))
    assert_pruned(ib.prune(measure, x), measure, x, 2)
    twice = np.concatenate([x[:4], x[:4]])
    dense = on_a_line(1, 100)
    assert_pruned(ib.prune(dense, twice), dense, twice, 4)


def test_n_atoms_can_be_needed():
    x = np.arange(6.0)
    measure = ib.Measure(x - 0.5, np.ones(6), np.ones(6))
    pruned = ib.prune(measure, x)
    np.testing.assert_array_equal(pruned.kinks, measure.kinks)
    np.testing.assert_allclose(pruned.weights, 1.0, rtol=1e-12)


def test_a_cost_that_can_fall_falls():
    """[x - t] on x ≥ 0 > t by a pair of opposite signs is dear; each step goes the way that costs less."""
    x = np.array([1.0, 2.0])
    measure = ib.Measure([0.0, 0.5, 0.0, 0.5], [1.0] * 4, [1.0, 1.0, -0.5, -0.5])
    pruned = ib.prune(measure, x)
    assert_pruned(pruned, measure, x, 2)
    assert pruned.total_variation() == pytest.approx(1.0, rel=1e-12)


def test_the_weight_decides_which_way():
    """At the one point 0, [x + 1] and [x + 9] differ by a factor: 9 is cheaper by weight, and 1 on the sphere does not gain as much."""
    measure = ib.Measure([-1.0, -9.0], [1.0, 1.0], [1.0, 1.0])
    unit, sphere = (ib.prune(measure, [0.0], weight) for weight in ("unit", "sphere"))
    assert unit.kinks.tolist() == sphere.kinks.tolist() == [-9.0]
    constant = ib.Measure([-9.0], [1.0], [1.0], 9.0)
    assert ib.prune(constant, [0.0]).kinks.tolist() == [-9.0]
    on_sphere = ib.prune(constant, [0.0], "sphere")
    assert len(on_sphere) == 0
    assert on_sphere.constant == pytest.approx(18.0, rel=1e-14)


def test_constant_counts_and_a_free_affine_part_does_not():
    x = np.array([0.0, 1.0])
    measure = ib.Measure(np.linspace(-1, 1, 30), np.ones(30), np.ones(30), 2.0, (3.0, -4.0))
    pruned = ib.prune(measure, x)
    assert pruned.affine == (3.0, -4.0)
    assert_pruned(pruned, measure, x, 2)
    ridge = RidgeMeasure(np.tile([0.6, 0.0, 0.8], (5, 1)), np.ones(5), 0.0, np.array([1.0, 2.0, 3.0]))
    again = ib.prune(ridge, np.eye(2))
    np.testing.assert_array_equal(again.affine, ridge.affine)
    assert_pruned(again, ridge, np.eye(2), 1)


def test_what_is_zero_on_the_data_goes():
    measure = ib.Measure([5.0, -5.0, 0.0], [1.0, -1.0, 1.0], [1.0, 2.0, 0.0])
    pruned = ib.prune(measure, [-1.0, 1.0])
    assert len(pruned) == 0
    assert pruned.total_variation() == 0
    assert len(ib.prune(ib.Measure.zero(), [0.0])) == 0
    assert len(ib.prune(measure, [])) == 0


def test_pruning_twice_is_pruning_once():
    measure, x = on_a_line(3, 500), np.linspace(-1, 1, 12)
    once = ib.prune(measure, x, "sphere")
    twice = ib.prune(once, x, "sphere")
    np.testing.assert_array_equal(once.kinks, twice.kinks)
    np.testing.assert_allclose(once.weights, twice.weights, rtol=1e-9)


@pytest.mark.parametrize("unit", [1e-100, 1e-3, 1e6, 1e100])
def test_units_do_not_matter(unit):
    measure, x = on_a_line(4, 200), np.linspace(-1, 1, 10)
    scaled = ib.Measure(measure.kinks * unit, measure.directions, measure.weights * unit, measure.constant * unit)
    pruned = ib.prune(scaled, x * unit)
    assert count(pruned) <= 10
    np.testing.assert_allclose(pruned(x * unit), scaled(x * unit), rtol=0, atol=1e-12 * reach(measure, x) * max(1, unit) * unit)
    assert cost(pruned, "unit") <= cost(scaled, "unit") * (1 + 1e-12)


def test_points_and_kinks_that_nearly_coincide():
    rng = np.random.default_rng(5)
    x = np.concatenate([np.linspace(-1, 1, 12), 0.3 + 1e-9 * np.arange(5), -0.2 + 1e-14 * np.arange(3)])
    kinks = np.concatenate([rng.uniform(-1.5, 1.5, 300), x, x + 1e-12, 0.3 + 1e-9 * rng.random(50), np.full(20, 0.1)])
    measure = ib.Measure(kinks, rng.choice([-1.0, 1.0], kinks.size), rng.normal(size=kinks.size) * 10 ** rng.uniform(-8, 3, kinks.size))
    for weight in ("unit", "sphere"):
        assert_pruned(ib.prune(measure, x, weight), measure, x, np.unique(x).size, weight)


def test_thousands_of_atoms_at_a_hundred_points():
    measure, x = on_a_line(6, 4000), np.random.default_rng(7).normal(size=100)
    pruned = ib.prune(measure, x)
    assert_pruned(pruned, measure, x, 100)
    assert np.abs(pruned(x) - measure(x)).max() <= 1e-12 * np.abs(measure(x)).max()


def test_a_basis_gains_and_loses_columns():
    rng = np.random.default_rng(8)
    columns = rng.normal(size=(6, 9))
    basis, members = Basis.empty(6), []
    for j, out in ((0, None), (1, None), (2, 0), (3, None), (4, 1), (5, 0), (6, None), (7, 0), (8, None)):
        basis, members = basis.with_column(j, columns[:, j]), [*members, j]
        if out is not None:
            basis, members = basis.without(out), [m for i, m in enumerate(members) if i != out]
        assert basis.members.tolist() == members
        np.testing.assert_allclose(basis.q @ basis.r, columns[:, members], atol=1e-14)
    inside, distance = basis.combine(columns[:, members] @ np.arange(1.0, 1 + len(members)))
    np.testing.assert_allclose(inside, np.arange(1.0, 1 + len(members)), rtol=1e-12)
    assert distance < 1e-13
    away = rng.normal(size=6)
    assert basis.combine(away)[1] == pytest.approx(np.linalg.norm(away - columns[:, members] @ basis.combine(away)[0]), rel=1e-12)
    assert Basis.empty(6).combine(away)[1] == pytest.approx(np.linalg.norm(away), rel=1e-12) != pytest.approx(DEPENDENT)


def test_the_contract_refuses_what_only_looks_pruned():
    measure, x = on_a_line(9, 60), np.linspace(-1, 1, 8)
    pruned = ib.prune(measure, x)
    assert_pruned(pruned, measure, x, 8)
    moved = ib.Measure(pruned.kinks, pruned.directions, pruned.weights * (1 + 1e-6), pruned.constant)
    extra = ib.Measure(np.append(pruned.kinks, [9.0]), np.append(pruned.directions, 1.0), np.append(pruned.weights, 1e3), pruned.constant)
    for wrong in (moved, measure, extra):
        with pytest.raises(AssertionError):
            assert_pruned(wrong, measure, x, 8)
    with pytest.raises(AssertionError):
        assert_pruned(extra, measure, x, 20)


def test_misuse():
    measure, ridge = on_a_line(0, 3), on_the_sphere(0, 3, 2)
    with pytest.raises(ib.OptionError, match="weight must be one of unit, sphere, not 'l2'"):
        ib.prune(measure, [0.0], "l2")
    with pytest.raises(ib.OptionError, match="not Network"):
        ib.prune(ib.Network([1, -1], [0, 0], [1, 1]), [0.0])
    with pytest.raises(ib.DataError, match="one dimension"):
        ib.prune(measure, [[0.0, 1.0]])
    with pytest.raises(ib.DataError, match="finite"):
        ib.prune(measure, [0.0, np.nan])
    with pytest.raises(ib.DataError, match=r"x must be an \(n, 2\) array, not of shape \(3,\)"):
        ib.prune(ridge, [0.0, 1.0, 2.0])
    with pytest.raises(ib.DataError, match="not of shape"):
        ib.prune(ridge, [[0.0, 1.0, 2.0]])
    with pytest.raises(ib.DataError, match="finite"):
        ib.prune(ridge, [[0.0, np.inf]])
