"""Supports matched, measures and functions held against each other: by brute force, by linear programs, by what distances must obey."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import Polynomial
from scipy.optimize import linprog
from scipy.stats import wasserstein_distance

import implicit_bias as ib

SEEDS = st.integers(0, 2**32 - 1)


def random_measure(rng: np.random.Generator, m: int, outputs: int | None = None, spread: float = 1.0) -> ib.Measure:
    shape = (m,) if outputs is None else (m, outputs)
    constant = rng.normal() if outputs is None else rng.normal(size=outputs)
    affine = tuple(rng.normal(size=2)) if outputs is None else None
    return ib.Measure(spread * rng.normal(size=m), rng.choice([-1, 1], m), rng.normal(size=shape), constant, affine)


def shifted(measure: ib.Measure, by: float) -> ib.Measure:
    return ib.Measure(measure.kinks + by, measure.directions, measure.weights)


def only(kinks: list[float], weights: list[float]) -> ib.Measure:
    return ib.Measure(kinks, np.ones(len(kinks)), weights)


# --- supports


def best_matching(distances: np.ndarray, tolerance: float) -> tuple[int, float]:
    """Try every matching: the largest number of pairs, and then the least sum of distances."""
    if distances.shape[0] > distances.shape[1]:
        distances = distances.T
    rows, columns = distances.shape
    best = (0, 0.0)
    for chosen in itertools.permutations(range(columns), rows):
        used = [d for d in distances[np.arange(rows), chosen] if d <= tolerance]
        best = min(best, (-len(used), sum(used)))
    return -best[0], best[1]


def assert_is_best(match: ib.Match, found: np.ndarray, predicted: np.ndarray, tolerance: float) -> None:
    """A matching of these places within the tolerance, and none is better."""
    assert (match.distances <= tolerance).all()
    for side, (places, rest) in enumerate([(found, match.extra), (predicted, match.missed)]):
        together = np.concatenate([match.matched[:, side], rest])
        np.testing.assert_array_equal(np.unique(together, axis=0), np.unique(places, axis=0))
        assert len(together) == len(np.unique(places, axis=0))
    ours, theirs = np.unique(found, axis=0), np.unique(predicted, axis=0)
    if ours.ndim == 1:
        ours, theirs = ours[:, None], theirs[:, None]
    apart = np.linalg.norm(ours[:, None] - theirs[None], axis=2)
    pairs, total = best_matching(apart, tolerance)
    assert len(match.matched) == pairs
    assert match.distances.sum() == pytest.approx(total, abs=1e-12)


@given(SEEDS, st.integers(0, 6), st.integers(0, 6), st.sampled_from([0.0, 0.05, 0.2, 0.5, 3.0]))
def test_matching_is_the_best_of_all(seed: int, m: int, q: int, tolerance: float) -> None:
    rng = np.random.default_rng(seed)
    found, predicted = rng.random(m), rng.random(q)
    if rng.random() < 0.5:  # ties and equal places
        found, predicted = np.round(found, 1), np.round(predicted, 1)
    assert_is_best(ib.match_supports(found, predicted, tolerance), found, predicted, tolerance)


@given(SEEDS, st.integers(0, 5), st.integers(0, 5), st.sampled_from([0.0, 0.1, 0.5, 3.0]))
def test_matching_in_space_is_the_best_of_all(seed: int, m: int, q: int, tolerance: float) -> None:
    rng = np.random.default_rng(seed)
    found, predicted = np.round(rng.random((m, 2)), 1), np.round(rng.random((q, 2)), 1)
    assert_is_best(ib.match_supports(found, predicted, tolerance), found, predicted, tolerance)


@given(SEEDS, st.integers(1, 60), st.sampled_from([0.01, 0.1, 1.0]))
def test_line_and_space_agree(seed: int, m: int, tolerance: float) -> None:
    rng = np.random.default_rng(seed)
    found, predicted = rng.random(m), rng.random(m + 3)
    on_line = ib.match_supports(found, predicted, tolerance)
    in_space = ib.match_supports(found[:, None], predicted[:, None], tolerance)
    assert len(on_line.matched) == len(in_space.matched)
    assert on_line.distances.sum() == pytest.approx(in_space.distances.sum(), abs=1e-12)


def test_the_checking_helper_rejects_a_worse_matching() -> None:
    found, predicted = np.array([0.0, 1.0]), np.array([1.0, 2.0])
    assert_is_best(ib.match_supports(found, predicted, 1.0), found, predicted, 1.0)
    greedy = ib.Match(np.array([[1.0, 1.0]]), np.array([2.0]), np.array([0.0]), 1.0)
    crossed = ib.Match(np.array([[0.0, 2.0], [1.0, 1.0]]), np.empty(0), np.empty(0), 2.0)
    far = ib.Match(np.array([[0.0, 2.0]]), np.array([1.0]), np.array([1.0]), 2.0)
    lost = ib.Match(np.array([[0.0, 1.0], [1.0, 2.0]]), np.empty(0), np.array([1.0]), 1.0)
    assert_is_best(crossed, found, predicted, 2.0)  # as good as the one in order
    for wrong, tolerance in ((greedy, 1.0), (crossed, 1.0), (far, 2.0), (lost, 1.0)):
        with pytest.raises(AssertionError):
            assert_is_best(wrong, found, predicted, tolerance)


def test_more_pairs_come_before_closer_pairs() -> None:
    match = ib.match_supports([0.0, 1.0], [1.0, 2.0], 1.0)
    assert match.matched.tolist() == [[0, 1], [1, 2]]
    assert match.exact
    assert ib.match_supports([0.0, 1.0], [1.0, 2.0], 0.5).matched.tolist() == [[1, 1]]


def test_missed_and_extra_places() -> None:
    match = ib.match_supports([5.0, 0.1, 0.1, -3.0], [0.0, 7.0, 5.0], 0.1)
    assert match.matched.tolist() == [[0.1, 0.0], [5.0, 5.0]]
    assert match.missed.tolist() == [7.0]
    assert match.extra.tolist() == [-3.0]
    assert not match.complete
    assert not match.exact
    more = ib.match_supports([1.0, 2.0], [1.0], 0.0)
    assert more.complete
    assert not more.exact
    assert not match.matched.flags.writeable


@given(SEEDS, st.floats(0, 0.3))
def test_matching_does_not_depend_on_order_or_side_or_place(seed: int, tolerance: float) -> None:
    rng = np.random.default_rng(seed)
    found, predicted = rng.integers(0, 64, 12) / 64, rng.integers(0, 64, 9) / 64
    match = ib.match_supports(found, predicted, tolerance)
    again = ib.match_supports(rng.permutation(found), rng.permutation(predicted), tolerance)
    np.testing.assert_array_equal(match.matched, again.matched)
    moved = ib.match_supports(found + 3, predicted + 3, tolerance)  # exactly
    np.testing.assert_array_equal(match.matched + 3, moved.matched)
    back = ib.match_supports(predicted, found, tolerance)
    assert len(back.matched) == len(match.matched)
    assert back.distances.sum() == match.distances.sum()
    wider = ib.match_supports(found, predicted, tolerance + 0.1)
    assert len(wider.matched) >= len(match.matched)


def test_measures_and_networks_are_matched_by_their_kinks() -> None:
    measure = ib.Measure([2, 1, 1, 3], [1, 1, -1, 1], [1, 1, 1, 0])
    assert ib.match_supports(measure, [1, 2], 0).exact
    assert ib.match_supports(ib.Network([2.0, 0.0], [-2.0, 1.0], [1.0, 1.0]), [1.0], 0).exact
    ridge = ib.RidgeMeasure([[0.6, 0.8, 0], [0, 1, 0]], [1.0, 2.0])
    network = ib.Network.from_measure(ridge)
    assert ib.match_supports(network, ridge, 1e-12).exact
    assert ib.match_supports(ridge, [[0.0, 1.0, 0.0]], 0.1).extra.tolist() == [[0.6, 0.8, 0]]
    assert ib.match_supports(ib.Measure.zero(), [1.0], 1).missed.tolist() == [1]


def test_theory_predicts_the_kinks_of_the_optimum() -> None:
    x, y = np.linspace(-1, 1, 9), np.array([0, 1, 2, 1, 0, -1, 0, 0, 0])
    solution = ib.solve(ib.RegressionProblem(x, y))
    assert not ib.match_supports(solution.measure, ib.regression_kinks(x, y), 0).extra.size


def test_ten_thousand_places_match_at_once() -> None:
    places = np.arange(10000.0)
    match = ib.match_supports(places + 0.25, places, 0.5)
    assert match.exact
    np.testing.assert_array_equal(match.distances, 0.25)
    assert ib.match_supports(places + 0.75, places, 0.5).missed.tolist() == [0]


@pytest.mark.parametrize("tolerance", [-1.0, np.nan, np.inf, "1", None])
def test_a_tolerance_is_a_length(tolerance: object) -> None:
    with pytest.raises(ib.OptionError, match="tolerance must be a finite number"):
        ib.match_supports([1], [1], tolerance)


def test_places_must_be_places() -> None:
    for found, predicted in (([np.nan], [1.0]), ([1.0], [[1.0, 2.0]]), (["a"], [1.0]), ([1.0], [1e200])):
        with pytest.raises(ib.DataError):
            ib.match_supports(found, predicted, 1)


# --- clusters


@given(SEEDS, st.floats(0, 0.5))
def test_clusters_keep_the_function_within_their_bound(seed: int, width: float) -> None:
    rng = np.random.default_rng(seed)
    measure = random_measure(rng, 40)
    joined = ib.clusters(measure, width)
    assert len(joined) <= len(measure.merge())
    for direction in (-1, 1):
        ours, theirs = (m.where(m.directions == direction) for m in (joined, measure))
        assert ours.weights.sum() == pytest.approx(theirs.weights.sum(), abs=1e-12)
        assert np.abs(ours.kinks[:, None] - theirs.kinks).min(axis=1).max(initial=0.0) <= width
    assert ib.function_distance(joined, measure, -5, 5).sup <= width * measure.total_variation() + 1e-12
    assert ib.clusters(measure, 0).to_dict() == measure.merge().to_dict()


@given(SEEDS)
def test_clusters_of_one_sign_change_the_function_inside_them_only(seed: int) -> None:
    rng = np.random.default_rng(seed)
    centres = np.arange(5.0)
    kinks = (centres[:, None] + rng.uniform(-0.1, 0.1, (5, 8))).ravel()
    measure = ib.Measure(kinks, np.repeat([1, -1, 1, -1, 1], 8), np.repeat([1, -1, -1, 1, 1], 8) * rng.random(40), 0.3, (1, 2))
    joined = ib.clusters(measure, 0.2)
    assert ib.match_supports(joined, centres, 0.1).exact
    between = np.append(centres - 0.5, 4.5)
    np.testing.assert_allclose(joined(between), measure(between), atol=1e-12)


def test_the_width_of_a_cluster_is_kept_to_the_bit() -> None:
    place = 0.1 + 0.2
    atoms = only([0.1, place], [1.0, 1.0])
    assert len(ib.clusters(atoms, place - 0.1)) == 1
    assert len(ib.clusters(atoms, float(np.nextafter(place - 0.1, 0)))) == 2


def test_clusters_do_not_mix_directions_and_drop_what_cancels() -> None:
    assert len(ib.clusters(ib.Measure([0, 0.1], [1, -1], [1, 1]), 1)) == 2
    assert len(ib.clusters(only([0, 0.1], [1, -1]), 1)) == 0
    two = ib.clusters(ib.Measure([0, 1], [1, 1], [[1, 0], [0, 3]]), 1)
    assert two.kinks.tolist() == [0.75]
    assert two.weights.tolist() == [[1, 3]]
    assert ib.clusters(only([0, 0.6, 1.2], [1, 1, 1]), 1).kinks.tolist() == [0.3, 1.2]
    assert len(ib.clusters(ib.Measure.zero(), 1)) == 0
    with pytest.raises(ib.OptionError, match="width"):
        ib.clusters(two, -1)
    with pytest.raises(ib.DataError, match="measure must be"):
        ib.clusters(ib.RidgeMeasure.zero(2), 1)


# --- measures


@given(SEEDS, st.integers(1, 12), st.integers(1, 12))
def test_transport_is_scipys(seed: int, m: int, q: int) -> None:
    rng = np.random.default_rng(seed)
    ours, theirs = random_measure(rng, m), random_measure(rng, q)
    expected = wasserstein_distance(ours.kinks, theirs.kinks, np.abs(ours.weights), np.abs(theirs.weights))
    assert ib.transport_distance(ours, theirs) == pytest.approx(expected, rel=1e-12, abs=1e-14)


def linear_program(places: np.ndarray, masses: np.ndarray, scale: float) -> float:
    """sup Σ masses φ over |φ| ≤ scale and |φ_i - φ_{i+1}| ≤ gap_i."""
    gaps = np.diff(places)
    steps = np.diff(np.eye(places.size), axis=0)
    result = linprog(-masses, np.vstack([steps, -steps]), np.concatenate([gaps, gaps]), bounds=(-scale, scale))
    assert result.status == 0
    return float(-result.fun)


@given(SEEDS, st.integers(1, 10), st.integers(0, 10), st.sampled_from([0.01, 0.1, 0.5, 2.0, 50.0]))
def test_flat_distance_is_the_linear_program(seed: int, m: int, q: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    ours, theirs = random_measure(rng, m), random_measure(rng, q)
    if rng.random() < 0.5:  # equal gaps, equal masses
        ours, theirs = (ib.Measure(np.round(n.kinks, 1), n.directions, np.sign(n.weights)) for n in (ours, theirs))
    places = np.concatenate([ours.kinks, theirs.kinks])
    order = np.argsort(places)
    expected = linear_program(places[order], np.concatenate([ours.weights, -theirs.weights])[order], scale)
    assert ib.flat_distance(ours, theirs, scale) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("unit", [1e-100, 1.0, 1e100])
@pytest.mark.parametrize("apart", [0.0, 0.3, 1.9, 2.0, 2.5, 1000.0])
def test_two_kinks_apart(apart: float, unit: float) -> None:
    at_0, there = only([0], [1]), only([apart * unit], [1])
    assert ib.flat_distance(at_0, there, unit) == pytest.approx(min(apart, 2) * unit, rel=1e-14)
    assert ib.transport_distance(at_0, there) == pytest.approx(apart * unit, rel=1e-14)
    assert ib.flat_distance(only([0], [-3]), ib.Measure.zero(), unit) == pytest.approx(3 * unit, rel=1e-14)


@given(SEEDS, st.sampled_from([None, 2]), st.sampled_from([0.03, 1.0, 10.0]))
def test_flat_distance_is_a_metric(seed: int, outputs: int | None, scale: float) -> None:
    rng = np.random.default_rng(seed)
    p, q, r = (random_measure(rng, m, outputs) for m in (5, 9, 14))
    d = ib.flat_distance(p, q, scale)
    assert d > 0
    assert d == pytest.approx(ib.flat_distance(q, p, scale), rel=1e-12)
    assert d <= ib.flat_distance(p, r, scale) + ib.flat_distance(r, q, scale) + 1e-12
    assert ib.flat_distance(p, p, scale) == 0
    assert d <= ib.flat_distance(p, q, 2 * scale) * (1 + 1e-12)
    assert d <= scale * (np.abs(p.weights).sum() + np.abs(q.weights).sum()) * (1 + 1e-12)
    assert ib.flat_distance(shifted(p, 3), shifted(q, 3), scale) == pytest.approx(d, rel=1e-11)
    doubled = [ib.Measure(4 * n.kinks, -n.directions, 2 * n.weights) for n in (p, q)]
    assert ib.flat_distance(*doubled, 4 * scale) == pytest.approx(8 * d, rel=1e-12)
    if outputs:
        assert d == pytest.approx(sum(ib.flat_distance(p.output(j), q.output(j), scale) for j in range(outputs)), rel=1e-12)


@given(SEEDS)
def test_transport_is_a_pseudo_metric(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, q, r = (random_measure(rng, m, 2) for m in (5, 9, 14))
    d = ib.transport_distance(p, q)
    assert d == pytest.approx(ib.transport_distance(q, p), rel=1e-12)
    assert d <= ib.transport_distance(p, r) + ib.transport_distance(r, q) + 1e-12
    assert ib.transport_distance(p, ib.Measure(p.kinks, -p.directions, -7 * p.weights)) <= 1e-14
    assert ib.transport_distance(p, shifted(p, 3)) == pytest.approx(3, rel=1e-12)


def test_balanced_masses_within_reach_are_transported() -> None:
    rng = np.random.default_rng(1)
    weights = rng.random((2, 300))
    weights /= weights.sum(axis=1, keepdims=True)
    p, q = (ib.Measure(rng.random(300), np.ones(300), w) for w in weights)
    assert ib.flat_distance(p, q, 0.5) == pytest.approx(ib.transport_distance(p, q), rel=1e-10)


def test_measures_must_be_comparable() -> None:
    one, two, ridge = only([0], [1]), ib.Measure([0], [1], [[1, 2]]), ib.RidgeMeasure.zero(2)
    for other in (two, ridge, [0.0]):
        with pytest.raises(ib.DataError):
            ib.flat_distance(one, other, 1)
        with pytest.raises(ib.DataError):
            ib.transport_distance(one, other)
    with pytest.raises(ib.DataError, match="q has no weight"):
        ib.transport_distance(one, ib.Measure.zero())
    for scale in (0, -1, np.nan, np.inf):
        with pytest.raises(ib.OptionError, match="scale"):
            ib.flat_distance(one, one, scale)


# --- functions


def assert_is_distance(found: ib.FunctionDistance, f: object, g: object) -> None:
    """Attained, never below a sample, and the integral agrees with the middles of many steps."""
    at = np.linspace(found.lo, found.hi, 20001)
    apart, attained = (np.abs(f(x) - g(x)) for x in (at, np.array([found.where])))
    if apart.ndim == 2:
        apart, attained = np.linalg.norm(apart, axis=1), np.linalg.norm(attained, axis=1)
    assert found.lo <= found.where <= found.hi
    assert attained[0] == pytest.approx(found.sup, rel=1e-10, abs=1e-12)
    assert apart.max() <= found.sup * (1 + 1e-10) + 1e-12
    squares = apart**2
    integral = (squares[:-1] + squares[1:]).sum() / 2 * (at[1] - at[0])
    assert found.l2**2 == pytest.approx(integral, rel=1e-4, abs=1e-12)
    assert found.root_mean_square <= found.sup * (1 + 1e-12)


@given(SEEDS, st.sampled_from([None, 3]))
def test_function_distance_is_that_of_many_samples(seed: int, outputs: int | None) -> None:
    rng = np.random.default_rng(seed)
    f, g = random_measure(rng, 12, outputs), random_measure(rng, 7, outputs)
    found = ib.function_distance(f, g, -2, 3)
    assert found.exact
    assert_is_distance(found, f, g)
    back = ib.function_distance(g, f, -2, 3)
    assert (back.sup, back.where) == (found.sup, found.where)
    assert back.l2 == pytest.approx(found.l2, rel=1e-14)
    sampled = ib.function_distance(f, lambda x: g(x), -2, 3, knots=g.kinks)
    assert not sampled.exact
    assert sampled.sup == pytest.approx(found.sup, rel=1e-11)
    assert sampled.l2 == pytest.approx(found.l2, rel=1e-11)
    halves = [ib.function_distance(f, g, *ends) for ends in ((-2, 0.3), (0.3, 3))]
    assert max(half.sup for half in halves) == pytest.approx(found.sup, rel=1e-12)
    assert sum(half.l2**2 for half in halves) == pytest.approx(found.l2**2, rel=1e-11)


def test_the_checking_helper_rejects_wrong_distances() -> None:
    rng = np.random.default_rng(0)
    f, g = random_measure(rng, 12), random_measure(rng, 7)
    right = ib.function_distance(f, g, -2, 3)
    assert_is_distance(right, f, g)
    wrong = [
        {"sup": 0.99 * right.sup},
        {"sup": 1.01 * right.sup},
        {"where": right.where - 0.1 if right.where > 0 else right.where + 0.1},
        {"l2": 1.001 * right.l2},
    ]
    for change in wrong:
        with pytest.raises(AssertionError):
            assert_is_distance(ib.FunctionDistance(**(vars(right) | change)), f, g)


def test_exact_distances() -> None:
    hat, zero = only([0, 1, 2], [1, -2, 1]), ib.Measure.zero()
    found = ib.function_distance(hat, zero, -1, 3)
    assert (found.sup, found.where) == (1, 1)
    assert found.l2 == pytest.approx(np.sqrt(2 / 3), rel=1e-15)
    assert found.mean_square == pytest.approx(1 / 6, rel=1e-14)
    part = ib.function_distance(hat, zero, 0, 0.5)
    assert (part.sup, part.where) == (0.5, 0.5)
    same = ib.function_distance(hat, hat, -1, 3)
    assert (same.sup, same.l2, same.root_mean_square) == (0, 0, 0)
    two = ib.Measure([0], [1], [[3, 4]])
    assert ib.function_distance(two, ib.Measure(np.empty(0), np.empty(0), np.empty((0, 2)), [0, 0]), 0, 1).sup == 5


@pytest.mark.parametrize("scale", [1e-100, 1.0, 1e100])
def test_function_distance_follows_the_units(scale: float) -> None:
    rng = np.random.default_rng(3)
    f, g = random_measure(rng, 6), random_measure(rng, 5)
    found = ib.function_distance(f, g, -1, 1)
    f, g = (ib.Measure(n.kinks, n.directions, scale * n.weights, scale * n.constant, tuple(scale * np.array(n.affine))) for n in (f, g))
    scaled = ib.function_distance(f, g, -1, 1)
    assert scaled.sup == pytest.approx(scale * found.sup, rel=1e-12)
    assert scaled.l2 == pytest.approx(scale * found.l2, rel=1e-12)


def test_close_functions_are_told_apart_beyond_the_rounding_of_their_values() -> None:
    steep = ib.Measure([0, 1, 2], [1, 1, 1], [1e10, 1e10, 1e10], 1e12)
    nudged = steep.plus(only([0.5], [1e-7]))
    assert ib.function_distance(steep, nudged, 0, 1.5).sup == pytest.approx(1e-7, rel=1e-12)


def test_a_wide_network_is_its_measure() -> None:
    rng = np.random.default_rng(2)
    network = ib.Network(rng.normal(size=10000), rng.normal(size=10000), rng.normal(size=10000) / 100, 0.3)
    size = np.abs(network.measure()(np.linspace(-1, 1, 100))).max()
    assert ib.function_distance(network, network.measure(), -1, 1).sup == 0
    assert 0 < ib.function_distance(network, network.balanced(), -1, 1).sup <= 1e-12 * size
    small = ib.Network(network.W[:50], network.b[:50], network.a[:50])
    assert ib.function_distance(lambda x: small(x), small, -1, 1).sup <= 1e-12


def test_splines_and_plain_functions_are_sampled() -> None:
    found = ib.function_distance(np.sin, np.cos, 0, np.pi)
    assert not found.exact
    assert found.sup == pytest.approx(np.sqrt(2), rel=1e-6)
    assert found.sup <= np.sqrt(2) * (1 + 1e-15)
    assert found.where == pytest.approx(0.75 * np.pi, abs=np.pi / 4096)
    assert found.l2 == pytest.approx(np.sqrt(np.pi), rel=1e-12)
    cubic = Polynomial([0, 1, -2, 1])
    assert ib.function_distance(cubic, lambda x: 0 * x, 0, 1, samples=1).l2 ** 2 == pytest.approx((cubic**2).integ()(1), rel=1e-3)
    x, y = np.linspace(0, 4, 5), np.array([0, 1, 0, 1, 0])
    spline = ib.solve(ib.SplineProblem(x, y)).spline
    itself = ib.function_distance(spline, spline.ppoly(), 0, 4, knots=x)
    assert itself.sup <= 1e-14
    chords = ib.Measure(x[:-1], np.ones(4), [1, -2, 2, -2])
    # the chords meet the spline at every knot, so all of the distance lies between them
    assert_is_distance(ib.function_distance(spline, chords, 0, 4, samples=20000), spline, chords)


def test_a_splines_own_knots_are_looked_at() -> None:
    x = np.array([0, 0.5, 0.50005, 0.5001, 1])
    chords = ib.Spline(x, [0, 0, 1, 0, 0], np.zeros(5), ib.ConstantZeta())
    found = ib.function_distance(chords, ib.Measure.zero(), 0, 1, samples=1)
    assert (found.sup, found.where) == (1, x[2])
    assert found.l2 == pytest.approx(np.sqrt((x[3] - x[1]) / 3), rel=1e-12)


def test_functions_must_be_comparable() -> None:
    one, two = only([0], [1]), ib.Measure([0], [1], [[1, 2]])
    bad = [two, ib.RidgeMeasure.zero(2), 3.0, lambda x: x[:2], lambda x: x * np.nan, lambda x: np.stack([x, x], axis=1)]
    for other in bad:
        with pytest.raises(ib.DataError):
            ib.function_distance(one, other, 0, 1)
    for ends in ((1, 1), (1, 0), (np.nan, 1), (0, np.inf), ("0", 1)):
        with pytest.raises(ib.OptionError, match="lo and hi"):
            ib.function_distance(one, one, *ends)
    for samples in (0, 2.5, np.nan):
        with pytest.raises(ib.OptionError, match="samples"):
            ib.function_distance(one, one, 0, 1, samples=samples)
    with pytest.raises(ib.DataError, match="knots"):
        ib.function_distance(one, one, 0, 1, knots=[np.nan])
