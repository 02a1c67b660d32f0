"""Suprema of certificates: no direction exceeds them, and they are attained."""

import numpy as np
import pytest

from implicit_bias.certificates.certificate import ArcCertificate, SphereCertificate
from implicit_bias.certificates.oracles import climbed_peaks, distinct, eta, sizes, spread_features
from implicit_bias.certificates.oracles.great_circles import Sweep, best_on_circles
from implicit_bias.certificates.oracles.plane_peaks import plane_peaks
from implicit_bias.measures.circle import Arcs


def with_ones(points):
    return np.column_stack([points, np.ones(len(points))])


def on_sphere(rng, count, coordinates):
    draws = rng.normal(size=(count, coordinates))
    return draws / np.linalg.norm(draws, axis=1, keepdims=True)


def scattered(rng, lattice):
    n = int(rng.integers(2, 20))
    points = rng.integers(-3, 4, size=(n, 2)).astype(float) if lattice else rng.normal(size=(n, 2))
    return with_ones(np.unique(points, axis=0))


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("outputs", [1, 3])
def test_no_direction_exceeds_the_supremum_for_two_inputs(seed, outputs):
    rng = np.random.default_rng(seed)
    rows = scattered(rng, lattice=seed % 2 == 0)  # on a lattice many circles meet in a point
    alpha = rng.normal(size=(len(rows), outputs))
    features, values = plane_peaks(rows, alpha, 0.0)
    np.testing.assert_allclose(values, sizes(eta(rows, alpha, features)), rtol=1e-14)
    assert sizes(eta(rows, alpha, on_sphere(rng, 100_000, 3))).max() <= values.max() * (1 + 1e-12)
    near = features[0] + 1e-4 * rng.normal(size=(1000, 3))
    assert sizes(eta(rows, alpha, near / np.linalg.norm(near, axis=1, keepdims=True))).max() <= values[0] * (1 + 1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_million_directions_never_exceed_it(seed):
    rng = np.random.default_rng(seed)
    rows = with_ones(rng.normal(size=(60, 2)))
    alpha = rng.normal(size=(60, 1 + 4 * (seed % 2)))
    assert sizes(eta(rows, alpha, on_sphere(rng, 10**6, 3))).max() <= plane_peaks(rows, alpha, 0.0)[1].max() * (1 + 1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_the_exact_search_finds_what_is_above_and_nothing_else(seed):
    rng = np.random.default_rng(seed)
    rows = scattered(rng, lattice=seed % 2 == 0)
    alpha = rng.normal(size=(len(rows), 2))
    top = plane_peaks(rows, alpha, 0.0)[1].max()
    assert len(plane_peaks(rows, alpha, top * (1 + 1e-9))[0]) == 0
    features, values = plane_peaks(rows, alpha, 0.9 * top)
    assert values.max() == pytest.approx(top, rel=1e-13)
    assert (values > 0.9 * top).all()
    assert len(features) == len(values)


@pytest.mark.parametrize("coordinates", [2, 3, 4, 6])
def test_ascents_are_never_above_and_for_few_points_reach_the_supremum(coordinates):
    rng = np.random.default_rng(coordinates)
    for _ in range(5):
        rows = with_ones(rng.normal(size=(8, coordinates - 1)))
        alpha = rng.normal(size=(8, 2))
        _, values = climbed_peaks(rows, alpha)
        assert (np.diff(values) <= 0).all()
        assert sizes(eta(rows, alpha, on_sphere(rng, 50_000, coordinates))).max() <= values[0] * (1 + 1e-12)
        if coordinates == 3:
            assert values[0] == pytest.approx(plane_peaks(rows, alpha, 0.0)[1].max(), rel=1e-12)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("shape", [(), (1,), (3,)])
def test_the_line_agrees_with_many_directions_and_with_the_plane(seed, shape):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.normal(size=int(rng.integers(2, 9)))) * 10.0 ** rng.integers(-1, 2)
    alpha = rng.normal(size=(x.size, *shape))
    certificate = ArcCertificate.of_dual(Arcs.sphere(x), alpha, free=False)
    rows, directions = with_ones(x), on_sphere(rng, 200_000, 2)
    brute = sizes(eta(rows, alpha, directions)).max()
    assert brute <= certificate.peak * (1 + 1e-12)
    assert brute >= certificate.peak * (1 - 1e-4)
    features, values = certificate.tops
    np.testing.assert_allclose(sizes(eta(rows, alpha, features)), values, rtol=1e-9, atol=1e-9 * values.max())
    flat = np.column_stack([x, np.zeros_like(x), np.ones_like(x)])  # a second input that is always 0 changes nothing
    columns = alpha if alpha.ndim == 2 else alpha[:, None]
    assert plane_peaks(flat, columns, 0.0)[1].max() == pytest.approx(certificate.peak, rel=1e-12)


def test_a_free_affine_part_leaves_only_what_bends_on_the_data():
    rng = np.random.default_rng(0)
    x = np.sort(rng.normal(size=7))
    rows = with_ones(x)
    alpha = rng.normal(size=(7, 2))
    across, _ = np.linalg.qr(rows)
    alpha -= across @ (across.T @ alpha)
    certificate = ArcCertificate.of_dual(Arcs.sphere(x), alpha, free=True)
    assert certificate.peak == pytest.approx(sizes(eta(rows, alpha, on_sphere(rng, 200_000, 2))).max(), rel=1e-4)


def test_circles_give_the_largest_value_on_each():
    rng = np.random.default_rng(1)
    rows, alpha = with_ones(rng.normal(size=(9, 3))), rng.normal(size=(9, 2))
    bases = np.stack([np.linalg.qr(rng.normal(size=(4, 2)))[0] for _ in range(6)])
    angles, values = best_on_circles(np.einsum("nd,sdc->snc", rows, bases), alpha)
    turn = np.linspace(0, 2 * np.pi, 20_001)
    for basis, angle, value in zip(bases, angles, values, strict=True):
        along = sizes(eta(rows, alpha, np.cos(turn)[:, None] * basis[:, 0] + np.sin(turn)[:, None] * basis[:, 1]))
        assert along.max() <= value * (1 + 1e-12)
        here = np.cos(angle) * basis[:, 0] + np.sin(angle) * basis[:, 1]
        assert sizes(eta(rows, alpha, here[None]))[0] == pytest.approx(value, rel=1e-12)


def test_running_sums_are_those_of_the_active_rows():
    rng = np.random.default_rng(2)
    planar = rng.integers(-2, 3, size=(3, 8, 2)).astype(float)  # with rows across both axes, and rows that are zero
    planar[..., 0] += (planar == 0).all(axis=2)
    sweep, parts = Sweep.of(planar), rng.normal(size=(8, 1))
    sums, (low, high) = sweep.running(parts), sweep.bounds
    for s in range(3):
        for a in np.flatnonzero(high[s] - low[s] > 1e-9):
            middle = (low[s, a] + high[s, a]) / 2
            active = planar[s] @ [np.cos(middle), np.sin(middle)] > 0
            assert sums[s, a, 0] == pytest.approx(parts[active].sum(), abs=1e-12)


def test_distinct_keeps_the_best_of_each_place():
    features = np.array([[1.0, 0], [np.cos(0.01), np.sin(0.01)], [0, 1.0], [-1.0, 0]])
    kept, at = distinct(features, np.array([1.0, 2.0, 0.5, 3.0]), 0.05, 10)
    np.testing.assert_array_equal(at, [3, 1, 2])
    np.testing.assert_array_equal(kept, features[at])
    assert len(distinct(features, np.ones(4), 0.0, 2)[0]) == 2


@pytest.mark.parametrize("coordinates", [2, 3, 5])
def test_features_are_spread_and_always_the_same(coordinates):
    features = spread_features(coordinates, 200)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, rtol=1e-14)
    np.testing.assert_array_equal(features, spread_features(coordinates, 200))
    assert np.linalg.norm(features.mean(axis=0)) < 0.2


def test_a_certificate_says_whether_its_peak_is_proved():
    rng = np.random.default_rng(3)
    for inputs, exact in ((2, True), (3, False)):
        certificate = SphereCertificate(with_ones(rng.normal(size=(6, inputs))), rng.normal(size=6), level=2.0)
        assert certificate.exact is exact
        assert certificate.peak == pytest.approx(np.abs(certificate(certificate.tops[0])).max() / 2, rel=1e-12)
        assert certificate(np.zeros((2, 5, inputs + 1))).shape == (2, 5)
