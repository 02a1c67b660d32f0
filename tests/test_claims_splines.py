"""Claims about splines: their verdicts, what their checks refuse, and the plain mathematics that they are checked against."""

import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

import implicit_bias as ib
from implicit_bias import claims
from implicit_bias.claims.instances import thinned
from implicit_bias.claims.jin_montufar import joint, spline_proposition_8, spline_theorem_4, spline_theorem_5, units, wide


def one(name):
    (claim,) = claims.find([name])
    return claim


def drawn(name, seed=0):
    return one(name).draw(np.random.default_rng(seed), None)


def error(name, case):
    return one(name).check(case).error


def refuses(name, case):
    """Whether the check finds much more than its tolerance."""
    return not error(name, case) <= 1e3 * one(name).tolerance


# the plain mathematics


def test_points_span_the_unit_interval_and_keep_apart():
    for seed in range(50):
        rng = np.random.default_rng(seed)
        for data in (None, thinned(ib.Dataset(5 + rng.normal(size=60), 100 + rng.normal(size=60)))):
            x, y = units.points_and_targets(rng, data)
            assert (x[0], x[-1]) == pytest.approx((-1, 1), abs=1e-12)
            assert 2 <= x.size == y.size <= 8
            assert np.diff(x).min() >= units.CLOSEST - 1e-12
            assert np.abs(y).max() <= 1 + 1e-12


def test_expected_squares_add_up_to_the_second_moment():
    w, width = joint.two_sided(9.0)
    mass = width * np.exp(-(w**2) / 2) / math.sqrt(2 * math.pi)
    edges = [-1e9, -2, -0.1, 0.0, 1.0, 1e9]

    def below(b, w):
        return np.clip((b + 0.7 * w + 2) / 4, 0, 1)

    parts = [joint.squares_between(w, mass, below, lo, hi) for lo, hi in pairwise(edges)]
    assert sum(parts) == pytest.approx(1, rel=1e-6)
    assert joint.squares_between(w, mass, below, -2, 1) == pytest.approx(sum(parts[1:4]), rel=1e-14)


def test_units_of_equal_kinks_are_the_natural_cubic_spline():
    x, y, at = np.array([-1.0, -0.3, 0.2, 1.0]), np.array([0.0, 2.0, -1.0, 1.0]), np.linspace(-1, 1, 9)
    even = units.Joint(np.ones_like, np.ones_like, np.ones_like, 0.3)
    answer, natural = units.trained(even, x, y, at), CubicSpline(x, y, bc_type="natural")
    np.testing.assert_allclose(answer.values, natural(at), atol=1e-12)
    inside = np.abs(answer.kinks) < 1
    np.testing.assert_allclose(answer.leading, np.where(inside, natural(answer.kinks, 2), 0), atol=1e-10)
    square = natural.derivative(2).integrate(-1, 1, extrapolate=False)
    assert square == pytest.approx(natural(1, 1) - natural(-1, 1))
    assert answer.cost == pytest.approx(ib.solve(ib.SplineProblem(x, y)).value, rel=1e-12)
    assert answer.missed < 1e-12


def test_trained_networks_have_the_least_weights():
    rng = np.random.default_rng(0)
    (x, y), at = wide.EVEN, np.linspace(-2, 2, 7)
    w, b = rng.normal(size=(2, 5000))
    activations = np.maximum(x[:, None] * w + b, 0)
    least = np.linalg.lstsq(activations, y)[0]
    np.testing.assert_allclose(wide.finite(w, b, x, y, at), np.maximum(at[:, None] * w + b, 0) @ least, atol=1e-10)


@pytest.mark.parametrize("family", wide.FAMILIES, ids=lambda family: family.name)
def test_families_sample_what_their_kernel_and_zeta_say(family):
    w, b = family.sample(np.random.default_rng(0), 400_000)
    x = np.array([-1.3, 0.2, 0.9])
    sampled = ib.FeatureKernel(w[:, None], b).full(x[:, None], x[:, None])
    np.testing.assert_allclose(sampled, family.kernel.full(x[:, None], x[:, None]), rtol=0.02, atol=2e-3)
    kinks, grid = -b / w, np.linspace(-1, 1, 2001)
    expected = np.trapezoid(family.zeta(grid), grid)
    assert np.mean(w**2 * (np.abs(kinks) <= 1)) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("exponent", [-1.0, -0.5, -0.25, 0.0])
def test_rates_are_told_apart(exponent):
    rng = np.random.default_rng(1)
    found = np.asarray(wide.WIDTHS, dtype=float) ** exponent * np.exp(0.4 * rng.normal(size=(wide.SEEDS, len(wide.WIDTHS))))
    for claimed in (-1.0, -0.5, 0.0):
        apart = abs(claimed - exponent)
        if apart == 0:
            assert wide.rate(found, claimed).error == 0
        elif apart >= 0.5:
            assert wide.rate(found, claimed).error > 0.1
    assert len(wide.WIDTHS) >= 6
    assert wide.SEEDS >= 8


# what the checks refuse


@pytest.mark.parametrize("case", spline_theorem_5.fixed(), ids=lambda case: case.family.name)
@pytest.mark.parametrize("exponent", [-1.0, 0.0])
def test_theorem_5_refuses_other_rates(case, exponent):
    assert error("spline-theorem-5", case) == 0
    assert error("spline-theorem-5", dataclasses.replace(case, exponent=exponent)) > 0.1


def test_theorem_5_refuses_networks_of_another_initialisation():
    """They come near another function: the distance stays."""
    case = drawn("spline-theorem-5")
    other = dataclasses.replace(wide.FAMILIES[0], sample=wide.FAMILIES[2].sample)
    assert error("spline-theorem-5", dataclasses.replace(case, family=other, y=10 * np.abs(case.x))) > 0.1


@pytest.mark.parametrize("factor", [0.999, 1.001, 2.0])
@pytest.mark.parametrize("name", ["spline-theorem-6", "spline-corollary-3"])
def test_zeta_must_have_the_right_size(name, factor):
    for seed in range(5):
        case = drawn(name, seed)
        assert error(name, case) <= 1e-9
        assert refuses(name, dataclasses.replace(case, zeta=lambda x, case=case: factor * case.zeta(x)))


def test_corollary_3_refuses_another_degree():
    for seed in range(5):
        case = drawn("spline-corollary-3", seed)
        if case.degree > 0:
            assert refuses("spline-corollary-3", dataclasses.replace(case, degree=case.degree - 1))


def test_the_gap_of_the_docstring_lets_both_sides_be_lines():
    claim = one("spline-theorem-6-gap")
    (case,) = claim.fixed()
    assert claim.check(case).error == pytest.approx(1, rel=1e-12)
    assert error("spline-theorem-6-gap", dataclasses.replace(case, cuts=())) < 1e-12
    hidden = ib.FunctionZeta(case.joint.zeta(), (-0.25, 0.25))
    spline = ib.solve(ib.SplineProblem(case.x, case.y, hidden)).spline
    np.testing.assert_allclose(spline(np.linspace(-0.24, 0.24, 9), 2), 0, atol=1e-14)


def test_proposition_7_refuses_other_powers():
    for seed in range(3):
        case = drawn("spline-proposition-7", seed)
        assert error("spline-proposition-7", case) < 1e-12
        for power in (0.5, 1):
            wrong = dataclasses.replace(case, density=lambda w, b, case=case, power=power: np.abs(w) ** power * case.density(w, b))
            assert refuses("spline-proposition-7", wrong)


def test_proposition_8_refuses_dependence_sizes_and_other_kinks():
    case = drawn("spline-proposition-8")
    assert error("spline-proposition-8", case) < 1e-12
    order = np.argsort(-case.b / case.w)
    sizes = np.abs(case.w[0]) * np.linspace(0.5, 1.5, order.size)
    w = np.empty_like(case.w)
    w[order] = sizes
    assert refuses("spline-proposition-8", dataclasses.replace(case, w=w, b=case.b / case.w * w))
    assert refuses("spline-proposition-8", dataclasses.replace(case, w=1.01 * case.w, b=1.01 * case.b))
    assert refuses("spline-proposition-8", dataclasses.replace(case, density=lambda x: 1.01 * case.density(x)))
    shift = 0.2 * (case.hi - case.lo)
    assert refuses("spline-proposition-8", dataclasses.replace(case, b=case.b - shift * case.w))
    assert spline_proposition_8._AWAY < 0.05


def test_theorem_9_refuses_other_constants():
    case = drawn("spline-theorem-9a")
    assert error("spline-theorem-9a", dataclasses.replace(case, zeta=1.001 * case.zeta)) == pytest.approx(1e-3, rel=0.01)
    assert error("spline-theorem-9a-factor", dataclasses.replace(case, zeta=0.5 * case.zeta)) == pytest.approx(0.5)
    for name in ("spline-theorem-9b", "spline-theorem-9c"):
        case = drawn(name)
        edge = case.a_b / getattr(case, "a_w", 1.0)
        assert error(name, dataclasses.replace(case, half=edge)) < 1e-10
        assert refuses(name, dataclasses.replace(case, half=1.3 * edge))


def test_theorem_2_refuses_other_kernels():
    seen = set()
    for seed in range(12):
        case = drawn("spline-theorem-2", seed)
        seen.add((case.x.shape[1], isinstance(case.other, str)))
        if isinstance(case.other, str):
            for other in ("linear", "thin_plate_spline"):
                assert refuses("spline-theorem-2", dataclasses.replace(case, other=other))
        elif seed < 6:
            assert refuses("spline-theorem-2", dataclasses.replace(case, other=ib.GaussianZeta(1.0, 1.0)))
    assert seen == {(1, True), (2, True), (3, True), (2, False)}


def test_over_all_of_space_wider_networks_are_nearer_and_still_infinitely_far():
    (case,) = one("spline-theorem-2-norm").fixed()
    narrow = dataclasses.replace(case, units=ib.FeatureKernel(case.units.W[:50], case.units.b[:50]))
    assert error("spline-theorem-2-norm", narrow) > 1e-2
    assert 1e-5 < error("spline-theorem-2-norm", case) < 0.1


def test_equation_10_refuses_steps_that_diverge_and_targets_out_of_reach():
    case = drawn("spline-equation-10")
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(ib.OptionError):
        error("spline-equation-10", dataclasses.replace(case, step=2.5 / np.linalg.norm(case.jacobian, 2) ** 2))
    flat = np.vstack([case.jacobian[:-1], case.jacobian[:1]])
    with pytest.raises(ib.DataError):
        error("spline-equation-10", dataclasses.replace(case, jacobian=flat, y=np.arange(1.0, flat.shape[0] + 1)))


def test_the_bound_of_equation_7_is_attained_and_no_smaller_one_holds():
    claim = one("spline-equation-7")
    (case,) = claim.fixed()
    found = claim.check(case)
    assert found.error <= 1e-12
    assert found.slack <= 1e-12
    for factor in (0.5, 2.0):
        assert claim.check(dataclasses.replace(case, time=factor * case.time)).slack > 1e-3
    free = dataclasses.replace(case, affine=np.ones((1, 1)), time=1e-3)
    assert claim.check(free).error == pytest.approx(1 - (1 - math.exp(-1e-3)) - 0.2036, abs=1e-3)


def test_early_splines_are_the_line_of_least_squares():
    for case in one("spline-equation-7-early").fixed():
        line = np.polyval(np.polyfit(case.x, case.y, 1), case.x)
        assert error("spline-equation-7-early", case) == pytest.approx(np.abs(line).max() / np.abs(case.y).max(), rel=0.01)


def test_linear_regression_does_harm_on_the_papers_data():
    """The adjustment of problem (17) leaves nothing; least squares leave more than raw labels do."""
    for case in one("spline-least-squares-adjustment").fixed():
        assert error("spline-least-squares-adjustment", case) > 1.5
        assert error("spline-least-squares-adjustment", dataclasses.replace(case, exact=True)) <= 1e-10


def test_adjusted_labels_have_the_rate_of_theorem_1():
    for seed in range(3):
        case = drawn("spline-raw-labels", seed)
        assert error("spline-raw-labels", dataclasses.replace(case, adjusted=True)) == 0
    assert one("spline-raw-labels").check(one("spline-raw-labels").fixed()[0]).error > 0.1


def test_appendix_m_refuses_another_initialisation_and_another_regularisation():
    for seed in range(5):
        case = drawn("spline-appendix-m", seed)
        other = dataclasses.replace(case.family, zeta=ib.GaussianZeta(0.5, 1.0))
        assert refuses("spline-appendix-m", dataclasses.replace(case, family=other))


def test_theorem_4_is_what_descent_on_both_models_does():
    """The closed forms against steps of descent on a linearised network, all of its parameters or the output weights."""
    case, rng = drawn("spline-theorem-4"), np.random.default_rng(0)
    width, x, at = 300, spline_theorem_4._X, spline_theorem_4._PLACES
    found = spline_theorem_4.differences(case, np.random.default_rng(0), width)
    w, b = case.family.sample(rng, width)
    a = case.family.sample(rng, width)[0] / np.sqrt(width)

    def jacobian(places):
        reach = places[:, None] * w + b
        on = (reach > 0) * a
        return np.hstack([on * places[:, None], on, np.ones((places.size, 1)), np.maximum(reach, 0)])

    seen, elsewhere = jacobian(x), jacobian(at)
    output = np.arange(seen.shape[1]) > 2 * width
    step = 0.05 / np.linalg.norm(seen, 2) ** 2
    every, only, most = np.zeros(seen.shape[1]), np.zeros(seen.shape[1]), np.zeros(5)
    for steps in range(1, 20_001):
        every += step * seen.T @ (case.y - seen @ every)
        only += step * output * (seen.T @ (case.y - seen @ only))
        if steps in (2, 20, 200, 2000, 20_000):
            moved = np.split(every - only, [width, 2 * width, 2 * width + 1])
            most = np.maximum(most, [np.abs(elsewhere @ (every - only)).max(), *(np.linalg.norm(part) for part in moved)])
    np.testing.assert_allclose(most, found, rtol=0.05)
    assert error("spline-theorem-4", case) == 0
    for i in range(5):
        for exponent in (-0.5, -2.0):
            wrong = tuple(exponent if j == i else right for j, right in enumerate(case.exponents))
            assert error("spline-theorem-4", dataclasses.replace(case, exponents=wrong)) > 0.1
