"""The exact method of classification: its parts against dense linear algebra, and its answers where others fail."""

from fractions import Fraction

import numpy as np
import pytest
from test_maxmargin import check_certified, instance

import implicit_bias as ib
from implicit_bias import data
from implicit_bias.methods.exact.max_margin import cones, interior
from implicit_bias.methods.exact.max_margin.cholesky import Dense
from implicit_bias.methods.exact.max_margin.kalman import Filter
from implicit_bias.methods.exact.max_margin.operators import MarginPoints
from implicit_bias.methods.exact.max_margin.solve import _expected
from implicit_bias.numerics import tolerances


def points(seed: int, n: int = 9, k: int = 4) -> MarginPoints:
    """Random points, some close; the last class stands for three."""
    rng = np.random.default_rng(seed)
    x = np.concatenate(([0.0], np.cumsum(rng.choice([1e-3, 0.3, 1.0], n - 1) * rng.uniform(0.5, 1, n - 1))))
    return MarginPoints(x / x[-1], rng.integers(0, k - 1, n), np.array([1.0] * (k - 1) + [3**-0.5]))


def scaling(seed: int, m: int, k: int) -> cones.Scaling:
    """A Nesterov-Todd scaling of random points of the cones, some near the boundary."""
    rng = np.random.default_rng(seed)
    zeta = rng.normal(size=(m, k))
    zeta *= (rng.choice([0.1, 0.9, 1 - 1e-4], m) / np.linalg.norm(zeta, axis=1))[:, None]
    w = rng.normal(size=(m, k))
    s = np.hstack([np.linalg.norm(w, axis=1, keepdims=True) * (1 + rng.choice([1.0, 1e-5], (m, 1))), w])
    z = np.hstack([np.ones((m, 1)), zeta])
    det_s, det_z = cones.determinant(s), cones.determinant(z)
    half = np.sqrt((1 + cones.dot(s, z) / np.sqrt(det_s * det_z)) / 2)
    made = cones.Scaling(w, zeta, det_s, det_z, half)
    assert np.allclose(made.apply(z), made.point, rtol=1e-8)  # W z = λ
    assert np.allclose(made.apply(made.point), s, rtol=1e-8)  # W λ = s
    return made


def dense_matrix(given: MarginPoints, scale: cones.Scaling, ratio: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """H = B Φ P Φᵀ Bᵀ + R, column by column, from the definition of features."""
    x = given.x
    phi = np.hstack([np.maximum(x[:, None] - x[:-1], 0), np.maximum(x[1:] - x[:, None], 0)])
    i, j = np.nonzero(mask)
    b = np.zeros((i.size, given.n, given.k))
    b[np.arange(i.size), i, given.labels[i]] = 1
    b[np.arange(i.size), i, j] = -given.scales[j]
    eta = np.einsum("anc,nf->afc", b, phi)
    p = scale.square[:, None, None] * (np.eye(given.k) + 2 * scale.axis[:, :, None] * scale.axis[:, None, :])
    return np.einsum("afc,fcd,bfd->ab", eta, p, eta) + np.diag(ratio[mask])


@pytest.mark.parametrize("engine", [Filter, Dense])
@pytest.mark.parametrize("seed", range(6))
def test_normal_equations(engine: type, seed: int) -> None:
    given = points(seed)
    rng = np.random.default_rng(100 + seed)
    mask = given.rivals & (rng.random((given.n, given.k)) < [1.0, 0.7, 0.3][seed % 3])
    scale = scaling(seed, 2 * (given.n - 1), given.k)
    ratio = 10 ** rng.uniform(-3, 3, mask.shape)
    h, right = dense_matrix(given, scale, ratio, mask), np.where(mask, rng.normal(size=mask.shape), 0.0)
    found = engine(given, scale, ratio, mask).solve(right)
    assert not found[~mask].any()
    wanted = np.linalg.solve(h, right[mask])
    energy = np.sqrt(wanted @ h @ wanted)
    error = found[mask] - wanted
    assert np.sqrt(error @ h @ error) <= 1e-6 * energy
    wrong = np.where(mask, 1.001 * found, 0.0)[mask] - wanted
    assert np.sqrt(wrong @ h @ wrong) > 1e-4 * energy


@pytest.mark.parametrize("seed", range(4))
def test_maps_are_adjoint_and_exact(seed: int) -> None:
    given, rng = points(seed), np.random.default_rng(seed)
    w, mu = rng.normal(size=(2 * (given.n - 1), given.k)), np.where(given.rivals, rng.random((given.n, given.k)), 0.0)
    margins = np.where(given.rivals, given.margins(given.values(w)), 0.0)
    assert (margins * mu).sum() == pytest.approx((w * given.certificate(given.adjoint(mu))).sum(), rel=1e-10)
    huge = w * 1e9
    x = [Fraction(v) for v in given.x]
    kinks = [*((t, 1) for t in x[:-1]), *((t, -1) for t in x[1:])]
    exact = [[float(sum(max(0, s * (v - t)) * Fraction(c) for (t, s), c in zip(kinks, col, strict=True))) for col in huge.T] for v in x]
    assert np.allclose(given.values(huge), exact, rtol=1e-15, atol=1e-18)


@pytest.mark.parametrize("seed", range(8))
def test_both_engines_find_the_optimum(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = instance(seed)
    values = []
    for filtered in (True, False):
        monkeypatch.setattr(interior, "_filter_is_cheaper", lambda _, chosen=filtered: chosen)
        solution = ib.solve(problem)
        check_certified(solution, 1e-8)
        values.append(solution.value)
    assert values[0] == pytest.approx(values[1], rel=1e-8)


def test_a_failed_factorisation_goes_to_the_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise np.linalg.LinAlgError

    monkeypatch.setattr(interior, "_filter_is_cheaper", lambda _: False)
    monkeypatch.setattr(Dense, "__init__", fails)
    check_certified(ib.solve(instance(5)), 1e-8)


@pytest.mark.parametrize("absent", [1, 2, 7, 300])
def test_absent_classes_share_one_score(absent: int) -> None:
    rng = np.random.default_rng(absent)
    x, labels = np.sort(rng.random(7)), rng.integers(0, 3, 7)
    labels = labels + (labels > 0) * (absent // 2)  # absent classes in between and above
    problem = ib.MaxMarginProblem(x, labels, 3 + absent)
    solution = ib.solve(problem)
    check_certified(solution, 1e-9)
    missing = np.setdiff1d(np.arange(3 + absent), labels)
    assert np.ptp(solution.measure.weights[:, missing], axis=1).max() <= 1e-12 * np.abs(solution.measure.weights).max()
    if absent < 10:
        assert ib.solve(problem, "sparse").value == pytest.approx(solution.value, rel=1e-6)


def triangles(bins: int, n: int = 60) -> ib.MeasureProblem:
    """The paper's target with so many bins."""
    x = np.linspace(-1, 1, n)
    labels, _ = ib.bin_targets(data.triangle_target(x), bins, range=(0, 1), midpoints="ends")
    return ib.MaxMarginProblem(x, labels, bins)


@pytest.mark.parametrize("other", [8, 12, 30])
def test_warm_start_from_other_bins(other: int) -> None:
    problem = triangles(12)
    cold, warm = ib.solve(problem), ib.solve(problem, warm_start=ib.solve(triangles(other)))
    check_certified(warm, 1e-8)
    assert warm.value == pytest.approx(cold.value, rel=1e-8)


def test_warm_starts_are_checked() -> None:
    start = ib.solve(triangles(4))
    with pytest.raises(ib.OptionError, match=r"takes no warm_start\. Leave warm_start out, and use"):
        ib.solve(ib.RegressionProblem([0, 1], [0, 1]), warm_start=start)
    with pytest.raises(ib.OptionError, match=r"sparse program takes no warm_start\. Use 'exact'"):
        ib.solve(triangles(5), "sparse", warm_start=start)
    with pytest.raises(ib.OptionError, match="must be a solution of a classification"):
        ib.solve(triangles(5), warm_start=ib.solve(ib.RegressionProblem([0, 1], [0, 1])))


@pytest.mark.parametrize("norm", [1, np.inf])
def test_other_norms_go_to_a_program(norm: float) -> None:
    problem = ib.MaxMarginProblem([0, 1, 2], [0, 1, 0], norm=norm)
    assert ib.solve(problem).method == "sparse"
    with pytest.raises(ib.OptionError, match="2-norm"):
        ib.solve(problem, "exact")


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9])
def test_close_points(gap: float) -> None:
    x = np.array([0, 0.2, 0.2 + gap, 0.5, 0.5 + gap, 1])
    solution = ib.solve(ib.MaxMarginProblem(x, [0, 0, 1, 1, 2, 0]))
    assert solution.gap <= max(1e-8, tolerances.EPS / gap)  # weights are of order 1/gap, margins of order 1
    mirrored = ib.solve(ib.MaxMarginProblem(-x, [0, 0, 1, 1, 2, 0]))
    assert mirrored.value == pytest.approx(solution.value, rel=max(1e-8, tolerances.EPS / gap))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_the_papers_own_size(seed: int) -> None:
    sample = data.triangles(seed=seed)
    labels, _ = ib.bin_targets(sample.y, 50, range=(0, 1), midpoints="ends")
    check_certified(ib.solve(ib.MaxMarginProblem(sample.x, labels, 50)), 1e-8)


@pytest.mark.slow
def test_labels_at_random() -> None:
    rng = np.random.default_rng(0)
    problem = ib.MaxMarginProblem(np.sort(rng.random(300)), rng.integers(0, 10, 300), 10)
    check_certified(ib.solve(problem, tolerance=1e-6), 1e-6)


@pytest.mark.parametrize(("gap", "gap_of_bounds"), [(1e-12, 0.9), (1e-14, 0.9), (1e-50, 1.0)])
@pytest.mark.parametrize("labels", [[0, 0, 1, 0], [1, 0, 1, 2], [0, 0, 1, 1]])
def test_points_too_close_for_float64_get_honest_bounds(gap: float, gap_of_bounds: float, labels: list[int]) -> None:
    with np.errstate(all="raise", under="ignore"):
        solution = ib.solve(ib.MaxMarginProblem([-1, 0, gap, 1], labels))
    assert solution.gap <= gap_of_bounds
    assert solution.lower_bound >= 0.5 / gap
    assert solution.certificate.peak <= 1.001
    assert solution.lower_bound <= solution.upper_bound
    assert solution.status is ib.Status.INACCURATE
    assert "different labels are only" in solution.reason


@pytest.mark.parametrize("filtered", [True, False])
def test_points_of_one_label_may_be_as_close_as_they_like(filtered: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interior, "_filter_is_cheaper", lambda _: filtered)
    apart = ib.solve(ib.MaxMarginProblem([-1, 0, 1], [0, 1, 0]))
    for gap in (1e-12, 1e-17, 1e-50):
        with np.errstate(all="raise", under="ignore"):
            solution = ib.solve(ib.MaxMarginProblem([-1, 0, gap, 1], [0, 1, 1, 0]))
        check_certified(solution, 1e-8)
        assert solution.value == pytest.approx(apart.value, rel=1e-7)


def test_a_cost_beyond_float64_is_a_typed_error() -> None:
    with pytest.raises(ib.DataError, match="overflows"):
        ib.solve(ib.MaxMarginProblem(np.array([0, 1e-6, 1]) * 1e-149, [0, 1, 0]))


@pytest.mark.parametrize("seed", range(4))
def test_the_interpolant_takes_its_values(seed: int) -> None:
    given = points(seed)
    values = np.random.default_rng(seed).normal(size=(given.n, given.k))
    assert np.allclose(given.values(given.interpolant(values)), values, rtol=1e-12, atol=1e-12)


def test_a_coarse_factorisation_goes_to_the_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interior, "_filter_is_cheaper", lambda _: False)
    monkeypatch.setattr(Dense, "solve", lambda _, right: 0 * right)
    check_certified(ib.solve(instance(5)), 1e-8)


def test_the_dense_factorisation_keeps_its_digits_at_close_points() -> None:
    x = np.array([0, 0.3, 0.3 + 1e-7, 0.3 + 2e-7, 1])
    given = MarginPoints(x, np.array([0, 1, 1, 1, 0]), np.ones(2))
    scale, ratio = scaling(0, 8, 2), np.full((5, 2), 1e-10)
    right = np.where(given.rivals, np.random.default_rng(0).normal(size=(5, 2)), 0.0)
    dense, filtered = (engine(given, scale, ratio, given.rivals).solve(right) for engine in (Dense, Filter))
    assert np.abs(dense - filtered).max() <= 1e-8 * np.abs(filtered).max()


def test_warm_starts_mark_the_close_rivals() -> None:
    given = MarginPoints(np.array([0, 0.5, 1.0]), np.array([0, 1, 2]), np.ones(3))
    kinks, directions = np.array([0.0, 1.0]), np.array([1, -1])
    scores = np.array([0.0, 0, 1, 0, 3])  # of five classes, everywhere; classes 0, 1, 2 of three are 0, 2, 4 of them
    hint = _expected(given, given.x, np.arange(3), 3, (ib.Measure(kinks, directions, np.tile(scores, (2, 1))), 5))
    assert hint.tolist() == [[False, True, True], [True, False, True], [False, False, False]]
    run = interior.Interior(given, 1e-10, hint)
    run._mask &= False
    run._mask[0, 1] = True
    run._assess()
    run._unit = np.inf  # so that margins are taken in at once
    run._margins = np.full((3, 3), 10.0)
    run._revise()
    assert run._mask.tolist() == hint.tolist()


@pytest.mark.parametrize("filtered", [True, False])
def test_few_iterations_are_enough(filtered: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interior, "_filter_is_cheaper", lambda _: filtered)
    counts = []
    for seed in range(10):
        problem = instance(seed)
        x, labels = problem.x, problem.fit.labels
        if len(set(labels)) > 1:
            _, index = np.unique(labels, return_inverse=True)
            counts.append(interior.Interior(MarginPoints((x - x[0]) / np.ptp(x), index, np.ones(index.max() + 1)), 1e-9).run().iterations)
    assert max(counts) <= 23


@pytest.mark.parametrize("gap", [1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 1.3e-7])
@pytest.mark.parametrize("k", [3, 5, 11])
def test_a_search_that_closes_in_is_not_given_up(gap: float, k: int) -> None:
    # bounds may rest for many iterations while missing margins and complementarity still fall
    solution = ib.solve(ib.MaxMarginProblem([0, gap, 1], [0, 1, 0], k))
    assert solution.gap <= 1e-8
    assert solution.status is ib.Status.OPTIMAL
