"""Neyshabur, Tomioka and Srebro: what their checks refuse, the counterexample by other means, and networks that are trained."""

import dataclasses
from itertools import combinations, product

import numpy as np
import pytest
from scipy.optimize import minimize, nnls

import implicit_bias as ib
from implicit_bias import claims
from implicit_bias.claims.neyshabur import neyshabur_balance as balance
from implicit_bias.claims.neyshabur import neyshabur_half_spaces as counting
from implicit_bias.claims.neyshabur import neyshabur_several_outputs as several
from implicit_bias.measures import RidgeMeasure

QUICK = [name for name, paper in claims.PAPERS.items() if paper == "neyshabur" and claims.CLAIMS.find(name).kind != "experiment"]
X, Y, LAMBDA = np.array([-1.0, -0.3, 0.4, 1.0]), np.array([1.0, -1.0, 1.0, -0.5]), 0.05


def one(name):
    (claim,) = claims.find([name])
    return claim


def drawn(name, seed=0):
    return one(name).draw(np.random.default_rng(seed), None)


def refuses(name, case):
    return not one(name).check(case).error <= 1e3 * one(name).tolerance


@pytest.mark.parametrize("name", QUICK)
def test_what_is_wrong_is_wrong_on_every_instance(name):
    [verdict] = claims.verify([one(name)], instances=40, seed=1)
    assert verdict.as_expected
    assert verdict.refuted == (verdict.instances if one(name).false else 0)


def test_theorem_1_refuses_units_too_long_dear_or_wrong():
    case = drawn("neyshabur-theorem-1", 3)
    nothing = np.ones(case.free.b.size)
    for name, wrong in (
        ("bounded", case.bounded.scaled(1.01 * nothing)),
        ("bounded", case.bounded.scaled(0.99 * nothing)),
        ("bounded", ib.Network(case.bounded.W, case.bounded.b, case.free.a)),
        ("balanced", case.legal.scaled(np.full(case.legal.b.size, 1e-4))),
        ("legal", case.legal.scaled(np.full(case.legal.b.size, 20.0))),
    ):
        assert refuses("neyshabur-theorem-1", dataclasses.replace(case, **{name: wrong}))


def test_rosset_and_corollary_1_refuse_too_many_atoms_other_values_and_higher_costs():
    case = drawn("rosset-support", 2)
    assert len(case.given) > len(case.x)
    assert refuses("rosset-support", dataclasses.replace(case, pruned=case.given))
    pruned = case.pruned
    assert refuses("rosset-support", dataclasses.replace(case, pruned=dataclasses.replace(pruned, weights=pruned.weights * 1.001)))
    assert refuses("rosset-support", dataclasses.replace(case, given=pruned, pruned=case.given))
    both = drawn("neyshabur-corollary-1", 2)
    biased = ib.Network(both.narrow.W, both.narrow.b, both.narrow.a, 0.5)
    for wrong in (ib.Network.from_measure(both.measure).without_bias(), both.narrow.scaled(np.full(both.narrow.b.size, 1e3)), biased):
        assert refuses("neyshabur-corollary-1", dataclasses.replace(both, narrow=wrong))
    more = dataclasses.replace(both.spread, weights=both.spread.weights * 1e4)
    assert refuses("neyshabur-corollary-1", dataclasses.replace(both, spread=more))


def test_the_trace_norm_refuses_factors_that_are_not_best_and_proofs_that_are_none():
    case = drawn("neyshabur-trace-norm", 1)
    for wrong in (
        dataclasses.replace(case, v=case.v * 2, u=case.u / 2),
        dataclasses.replace(case, v=case.v * 2),
        dataclasses.replace(case, z=case.z * 1.001),
        dataclasses.replace(case, z=case.z * 0.999),
        dataclasses.replace(case, others=((case.v, case.u * 1.1),)),
    ):
        assert refuses("neyshabur-trace-norm", wrong)


def test_half_spaces_are_counted_at_every_corner():
    """Against a loop over corners and normals, in whole numbers."""
    case = drawn("neyshabur-half-spaces", 4)
    whole = case.normals.astype(int)
    assert (whole == case.normals).all()
    corners = [list(corner) for corner in product((-1, 1), repeat=whole.shape[1])]
    counts = [sum(sum(w * z for w, z in zip(normal, x, strict=True)) > 0 for normal in whole.tolist()) for x in corners]
    np.testing.assert_array_equal(counting.network(case.normals)(np.array(corners, dtype=float)), counts)
    assert sorted(map(tuple, counting.corners(whole.shape[1]).astype(int))) == sorted(map(tuple, corners))


def test_half_spaces_refuse_other_thresholds_and_normals():
    case, line = one("neyshabur-half-spaces").fixed()
    k, dimension = case.normals.shape
    assert (k, dimension) == (8, 12)
    assert (counting.corners(dimension) @ case.normals.T > 0).all(axis=1).any()
    for wrong in (
        dataclasses.replace(case, threshold=k - 1e-6),
        dataclasses.replace(case, threshold=k + 0.5),
        dataclasses.replace(case, normals=case.normals / 5),
        dataclasses.replace(line, threshold=-0.5),
    ):
        assert refuses("neyshabur-half-spaces", wrong)


def test_no_sum_of_pairs_is_ever_negative():
    """y f ≤ 0 at every corner off the intersection: half of them at least."""
    for seed in range(20):
        case = drawn("neyshabur-half-spaces-sign", seed)
        off = 1 - (counting.corners(case.normals.shape[1]) @ case.normals.T > 0).all(axis=1).mean()
        assert one("neyshabur-half-spaces-sign").check(case).error == off >= 0.5


def test_balance_refuses_little_decay_in_as_many_steps():
    """A twentieth of the decay leaves e^-2 of the imbalance in ‖u‖² - v²."""
    case = drawn("neyshabur-balance", 2)
    assert one("neyshabur-balance").check(case).error == 0
    assert refuses("neyshabur-balance", dataclasses.replace(case, decay=case.decay / 20))
    assert balance.NEAR < 1e-4


# several outputs


def objective(case, measure):
    """(*) of the counterexample's docstring."""
    misfit = measure(case.x) - case.y
    return (misfit**2).sum() / 2 + case.regularization * measure.total_variation()


def test_the_triangle_is_what_it_says():
    triangle, _ = several.fixed()
    np.testing.assert_allclose(triangle.y, [[3, 1, 1], [1, 3, 1], [1, 1, 3]], rtol=0, atol=1e-14)
    np.testing.assert_allclose(triangle.x, [[2, 0], [-1, 3**0.5], [-1, -(3**0.5)]], rtol=1e-15)
    assert len(triangle.optimum) == several.atoms_needed(triangle) == 6
    assert one("neyshabur-several-outputs").check(triangle).error == 6 / 4 - 1


@pytest.mark.parametrize("n", [3, 4, 5])
def test_the_optimum_has_no_gap_and_its_certificate_is_exact(n):
    """The dual value α·y - ½ ‖α‖² is the primal one, and ‖η‖ is at most λ: sampled, it comes close and does not exceed it."""
    rng = np.random.default_rng(n)
    case = several.counterexample(several.simplex(n, 2.0 * np.sqrt(n - 1)), rng.uniform(0.5, 2, n * (n + 1) // 2), 0.7)
    alpha = case.y - case.optimum(case.x)
    assert (alpha * (case.y - alpha / 2)).sum() == pytest.approx(objective(case, case.optimum), rel=1e-13)
    rows = np.column_stack([case.x, np.ones(n)])
    units = rng.normal(size=(20000, n))
    near = case.optimum.features[rng.integers(len(case.optimum), size=20000)] + 0.1 * units
    units = np.concatenate([units, near])
    units /= np.linalg.norm(units, axis=1)[:, None]
    heights = np.linalg.norm(np.maximum(units @ rows.T, 0.0) @ alpha, axis=1)
    assert 0.98 * 0.7 < heights.max() <= 0.7 * (1 + 1e-12)
    peaks = several.touching(rows, alpha, 0.7)
    np.testing.assert_allclose(np.linalg.norm(np.maximum(peaks @ rows.T, 0.0) @ alpha, axis=1), 0.7, rtol=1e-13)
    assert len(peaks) == n * (n + 1) // 2


def test_a_simplex_is_regular():
    for n in (2, 3, 6):
        x = several.simplex(n, 3.0)
        assert x.shape == (n, n - 1)
        np.testing.assert_allclose(x @ x.T, 9 * (np.eye(n) * n - 1) / (n - 1), atol=1e-12)


def test_no_measure_is_taken_at_its_word():
    """Split, moved, missing, grown, turned or foreign atoms are no certain optimum, and then nothing is counted."""
    case, _ = several.fixed()
    units, weights = case.optimum.features, case.optimum.weights
    turned = units + 1e-6 * np.roll(units, 1, axis=1)
    stretched = weights * np.array([1 + 1e-6, 1, 1, 1, 1, 1])[:, None]
    for wrong in (
        RidgeMeasure(np.concatenate([units, units]), np.concatenate([weights, weights]) / 2),
        RidgeMeasure(turned / np.linalg.norm(turned, axis=1)[:, None], weights),
        RidgeMeasure(units[1:], weights[1:]),
        RidgeMeasure(units, stretched),
        RidgeMeasure(units, weights[::-1]),
        RidgeMeasure(np.concatenate([units, [[0.0, 0.0, 1.0]]]), np.concatenate([weights, [[1e-9, 0.0, 0.0]]])),
        RidgeMeasure(np.concatenate([units, [[0.0, 0.0, -1.0]]]), np.concatenate([weights, [[1.0, 1.0, 1.0]]])),
        RidgeMeasure(-units, weights),
        RidgeMeasure.zero(2, 3),
    ):
        assert several.atoms_needed(dataclasses.replace(case, optimum=wrong)) is None
    for wrong in (
        dataclasses.replace(case, regularization=case.regularization * 1.001),
        dataclasses.replace(case, regularization=case.regularization * 0.999),
        dataclasses.replace(case, y=case.y + 1e-6 * np.eye(3)),
        dataclasses.replace(case, x=case.x * (1 + 1e-6)),
    ):
        assert several.atoms_needed(wrong) is None


def restated(case, units, weights):
    """Return a case with these atoms whose targets leave α, and so the certificate, what it is."""
    alpha = case.y - case.optimum(case.x)
    optimum = RidgeMeasure(units, weights)
    return dataclasses.replace(case, y=alpha + optimum(case.x), optimum=optimum)


def test_atoms_must_sit_on_peaks_and_point_along_the_certificate():
    """Even where the certificate is legal: moved by 1e-6 an atom costs only 1e-12 more, and is no optimum all the same."""
    case, _ = several.fixed()
    units, weights = case.optimum.features, case.optimum.weights
    assert several.atoms_needed(restated(case, units, 2 * weights)) == 6
    alpha, rows = case.y - case.optimum(case.x), np.column_stack([case.x, np.ones(3)])
    moved = units + 1e-6 * np.roll(units, 1, axis=1)
    moved /= np.linalg.norm(moved, axis=1)[:, None]
    along = np.maximum(rows @ moved.T, 0.0).T @ alpha / case.regularization
    np.testing.assert_allclose(np.linalg.norm(along, axis=1), 1.0, rtol=1e-11)
    assert several.atoms_needed(restated(case, moved, along)) is None
    turned = weights + 1e-6 * np.roll(weights, 1, axis=1)
    assert several.atoms_needed(restated(case, units, turned)) is None
    assert several.atoms_needed(restated(case, units, -weights)) is None
    faint = weights * np.array([1, 1, 1, 1, 1, 1e-6])[:, None]
    assert several.atoms_needed(restated(case, units, faint)) is None


def test_a_peak_at_the_edge_of_a_cell_is_not_certain():
    rows = np.array([[1.0, 1.0], [-1.0, 1.0]])
    alpha = np.diag([1.0, 0.5]) / np.sqrt(2)
    assert several.touching(rows, alpha, 1.0) is None
    assert len(several.touching(rows, alpha, 1.1)) == 0
    case, _ = several.fixed()
    alpha, rows = case.y - case.optimum(case.x), np.column_stack([case.x, np.ones(3)])
    assert len(several.touching(rows, alpha, case.regularization)) == 6
    for factor in (0.5, 0.9995, 1 - 1e-8, 1 + 1e-8, 1.0005):
        assert several.touching(rows, alpha, factor * case.regularization) is None
    assert len(several.touching(rows, alpha, 1.1 * case.regularization)) == 0


def test_dependent_peaks_are_not_counted():
    """Two points and one output: ‖η‖ = λ at three units of two dimensions, of which two are enough."""
    x, limit = np.array([[3**0.5], [-(3**0.5)]]), 1.0
    rows = np.column_stack([x, np.ones(2)])
    units = np.array([rows[0] / 2, rows[1] / 2, [0.0, 1.0]])
    alpha = np.full((2, 1), limit / 2)
    assert len(several.touching(rows, alpha, limit)) == 3
    optimum = RidgeMeasure(units, np.ones((3, 1)))
    assert several.atoms_needed(several.Case(x, alpha + optimum(x), limit, optimum)) is None
    assert len(ib.prune(optimum, x)) == 2


def test_optima_that_are_not_unique_are_not_counted():
    """With points at a right angle every unit between them touches: nothing is isolated, though the measure is an optimum."""
    case = ties(20)
    assert several.atoms_needed(case) is None
    again = several.counterexample(np.array([[1.0], [-1.0]]) * 1.2, np.ones(3), 1.0)
    assert several.atoms_needed(again) == 3


def ties(atoms):
    """Return two points whose rows are orthogonal, and an optimum of many atoms: ‖η‖ = λ wherever both are active."""
    x, limit = np.array([[1.0], [-1.0]]), 0.5
    angles = np.linspace(0.3, 0.7, atoms) * np.pi
    units = np.column_stack([np.cos(angles), np.sin(angles)])
    rows = np.column_stack([x, np.ones(2)])
    alpha = limit * np.linalg.inv(rows.T) @ np.eye(2)
    features = np.maximum(rows @ units.T, 0.0)
    optimum = RidgeMeasure(units, np.random.default_rng(0).uniform(0.1, 1, atoms)[:, None] * (features.T @ alpha) / limit)
    return several.Case(x, alpha + features @ optimum.weights, limit, optimum)


def test_n_times_n_plus_1_over_2_atoms_are_enough():
    """An optimum's f is K α with K = Σ (c/λ) φ φᵀ, so that n (n+1)/2 atoms with the same K are another optimum."""
    case = ties(50)
    rows = np.column_stack([case.x, np.ones(2)])
    features = np.maximum(rows @ case.optimum.features.T, 0.0)
    sizes = case.optimum.sizes()
    alpha = case.y - case.optimum(case.x)
    squares = np.array([[f[i] * f[j] for i, j in ((0, 0), (0, 1), (1, 1))] for f in features.T]).T
    fewer, _ = nnls(squares, squares @ sizes)
    kept = fewer > 0
    pruned = RidgeMeasure(case.optimum.features[kept], (fewer[:, None] * (features.T @ alpha) / case.regularization)[kept])
    assert kept.sum() <= 3 < len(case.optimum)
    np.testing.assert_allclose(pruned(case.x), case.optimum(case.x), rtol=0, atol=1e-12)
    assert objective(case, pruned) == pytest.approx(objective(case, case.optimum), rel=1e-12)


def trained(x, y, regularization, start):
    """Return (4) of the network that L-BFGS ends with, from the weights (U, V) of shape (H, d+1) and (H, k)."""
    rows, shapes = np.column_stack([x, np.ones(len(x))]), [part.shape for part in start]

    def loss(flat):
        u, v = flat[: start[0].size].reshape(shapes[0]), flat[start[0].size :].reshape(shapes[1])
        inner = rows @ u.T
        misfit = np.maximum(inner, 0.0) @ v - y
        back = (misfit @ v.T * (inner > 0)).T @ rows
        slope = np.concatenate([back.ravel(), (np.maximum(inner, 0.0).T @ misfit).ravel()]) + regularization * flat
        return (misfit**2).sum() / 2 + regularization / 2 * flat @ flat, slope

    options = {"maxiter": 3000, "ftol": 1e-15, "gtol": 1e-10}
    return minimize(loss, np.concatenate([part.ravel() for part in start]), jac=True, method="L-BFGS-B", options=options).fun


def weights_of(measure):
    net = ib.Network.from_measure(measure).without_bias()
    return np.column_stack([net.W, net.b]), net.a.reshape(-1, net.b.size).T


def test_networks_of_n_plus_1_units_cannot_attain_what_six_do():
    """On the triangle: 4 units stay 2e-3 above the least value, 5 units 7e-4, and the convex solution's 6 are at it."""
    case, _ = several.fixed()
    least = objective(case, case.optimum)
    rng = np.random.default_rng(0)
    found = {}
    for width in (4, 5, 6):
        starts = [(rng.normal(size=(width, 3)), rng.normal(size=(width, 3))) for _ in range(25)]
        found[width] = min(trained(case.x, case.y, case.regularization, start) for start in starts)
        assert found[width] >= least * (1 - 1e-12)
    assert found[4] > 1.002 * least
    assert found[5] > 1.0007 * least
    start = weights_of(case.optimum)
    assert start[0].shape == (6, 3)
    assert trained(case.x, case.y, case.regularization, start) == pytest.approx(least, rel=1e-12)
    for left in combinations(range(6), 5):  # refitting what is left of the optimum does not help either
        assert trained(case.x, case.y, case.regularization, [part[list(left)] for part in start]) > 1.0007 * least


# one output: the fixture


def fixture():
    """Return the optimum of ½ Σ (f - y)² + λ cost at four points, its value and α = y - f.

    Its atoms are at data kinks, where ‖η‖ = λ is a linear equation each for α; what they are and their signs is checked by its gap.
    """
    kinks, directions, signs = np.array([-0.3, 0.4, -0.3, 0.4]), np.array([-1.0, -1.0, 1.0, 1.0]), np.array([1.0, -1.0, 1.0, -1.0])
    lengths = np.hypot(1, kinks)
    features = np.maximum(directions * (X[:, None] - kinks), 0.0) / lengths
    alpha = np.linalg.solve(features.T, LAMBDA * signs)
    sizes = np.linalg.solve(features, Y - alpha)
    value = alpha @ alpha / 2 + LAMBDA * np.abs(sizes).sum()
    return ib.Measure(kinks, directions, sizes / lengths), value, alpha


def supremum(alpha):
    """Return the largest |η| over the circle: on every arc between X's breakpoints η is linear in u."""
    rows = np.column_stack([X, np.ones(4)])
    breaks = np.sort(np.concatenate([np.arctan2(1, X) + np.pi / 2, np.arctan2(1, X) - np.pi / 2]))
    best = 0.0
    for lo, hi in zip(breaks, np.append(breaks[1:], breaks[0] + 2 * np.pi), strict=True):
        middle = np.array([np.cos((lo + hi) / 2), np.sin((lo + hi) / 2)])
        total = rows[rows @ middle > 0].T @ alpha[rows @ middle > 0]
        for angle in (lo, hi, *(np.arctan2(total[1], total[0]) + np.pi * np.arange(-2, 3))):
            if lo <= angle <= hi:
                best = max(best, abs(total @ [np.cos(angle), np.sin(angle)]))
    return best


def test_the_fixture_is_optimal():
    """Both bounds from the answer itself: the primal value, and the dual one at an exact supremum."""
    measure, value, alpha = fixture()
    assert np.all(measure.weights != 0)
    np.testing.assert_allclose(measure(X) + alpha, Y, rtol=0, atol=1e-13)
    assert supremum(alpha) == pytest.approx(LAMBDA, rel=1e-12)
    assert alpha @ (Y - alpha / 2) == pytest.approx(value, rel=1e-12)
    assert value == pytest.approx(0.52531884577, abs=1e-11)
    assert supremum(Y) > LAMBDA * 2


def test_a_dense_optimum_is_pruned_to_n_units_that_training_does_not_improve():
    """Corollary 1: from the convex solution, spread over more atoms than units fit, H = n suffices and is a minimum."""
    measure, value, _ = fixture()
    extra = np.random.default_rng(0).uniform(0.1, 0.9, measure.kinks.size)
    split = ib.Measure(
        np.tile(measure.kinks, 2), np.tile(measure.directions, 2), np.concatenate([extra, 1 - extra]) * np.tile(measure.weights, 2)
    )
    pruned = ib.prune(split, X, "sphere")
    assert len(pruned) <= 4 < len(split)
    units, outer = weights_of(pruned)
    misfit = np.maximum(np.column_stack([X, np.ones(4)]) @ units.T, 0.0) @ outer[:, 0] - Y
    assert misfit @ misfit / 2 + LAMBDA / 2 * ((units**2).sum() + (outer**2).sum()) == pytest.approx(value, rel=1e-12)
    assert value * (1 - 1e-12) <= trained(X, Y[:, None], LAMBDA, (units, outer)) <= value * (1 + 1e-12)


@pytest.mark.parametrize("width", [4, 5])
def test_training_from_random_weights_mostly_ends_above_the_global_optimum(width):
    """Corollary 1 is about global optima: at H = n and n + 1 most random starts end more than 1 % above, and none below."""
    _, value, _ = fixture()
    rng = np.random.default_rng(0)
    ends = np.array([trained(X, Y[:, None], LAMBDA, (rng.normal(size=(width, 2)), rng.normal(size=(width, 1)))) for _ in range(30)])
    assert ends.min() >= value * (1 - 1e-12)
    assert (ends > 1.01 * value).mean() > 0.5
