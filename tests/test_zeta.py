"""ζ of an initialisation: Proposition 7 by quadrature against the closed forms, moments at every scale, Proposition 8."""

import numpy as np
import pytest
from scipy.integrate import quad

import implicit_bias as ib
from implicit_bias.zetas.zeta import Zeta

CLOSED = [
    ib.ConstantZeta(2.0),
    ib.GaussianZeta(1.0, 0.3),
    ib.GaussianZeta(2.0, 1e-3),
    ib.GaussianZeta(1e-4, 1.0),
    ib.BinaryUniformZeta(0.9),
    ib.UniformZeta(1.0, 0.5),
    ib.UniformZeta(3.0, 1e-3),
]


def gaussian_density(w: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.exp(-(w**2) / 2 - (b / 0.3) ** 2 / 2) / (2 * np.pi * 0.3)


def uniform_density(w: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where((np.abs(w) < 1) & (np.abs(b) < 2), 1 / 8, 0.0)


def correlated_density(w: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.exp(-(w**2) / 2 - (b - 0.7 * w) ** 2 / 2) / (2 * np.pi)


@pytest.mark.parametrize(
    ("zeta", "density", "scales"),
    [(ib.GaussianZeta(1, 0.3), gaussian_density, (1, 0.3)), (ib.UniformZeta(1, 2), uniform_density, (1, 1))],
)
def test_theorem_9_from_the_density(zeta: Zeta, density: object, scales: tuple[float, float]) -> None:
    x = np.array([-40.0, -2.5, -0.3, 0.0, 0.1, 1.0, 7.0, 1e3])
    np.testing.assert_allclose(ib.DensityZeta(density, *scales)(x), zeta(x), rtol=1e-11)


def test_proposition_7_on_a_dependent_pair() -> None:
    zeta = ib.DensityZeta(correlated_density)
    for x in (-3.0, 0.0, 0.4):
        plain = quad(lambda w, x=x: abs(w) ** 3 * correlated_density(w, -w * x), -np.inf, np.inf, epsabs=0, epsrel=1e-12)[0]
        assert float(zeta(x)) == pytest.approx(plain, rel=1e-10)
    # and by simulation: E[W² 1(C in an interval)] = ∫ ζ
    rng = np.random.default_rng(0)
    w = rng.normal(size=10**6)
    kinks = -(0.7 * w + rng.normal(size=w.size)) / w
    weight = w**2 * ((kinks > -1) & (kinks < 0.5))
    total = quad(lambda t: float(zeta(t)), -1, 0.5)[0]
    assert abs(weight.mean() - total) < 5 * weight.std() / 1000


def reference_moments(zeta: Zeta, a: float, b: float) -> np.ndarray:
    """Integrate ζ times products of hats in extended precision, on cells graded towards 0."""
    points, weights = (part.astype(np.longdouble) for part in np.polynomial.legendre.leggauss(40))
    scale = getattr(zeta, "scale", float(zeta.breakpoints.max()) if zeta.breakpoints.size else 1.0)
    ladder = scale * 2.0 ** np.arange(-6, 40)
    cuts = np.concatenate([-ladder, [0.0], ladder, zeta.breakpoints])
    edges = np.unique(np.concatenate([[a, b], cuts[(cuts > a) & (cuts < b)]])).astype(np.longdouble) - np.longdouble(a)
    inside = edges[:-1, None] + np.diff(edges)[:, None] * (1 + points) / 2
    mass = np.diff(edges)[:, None] * weights / 2
    t = np.longdouble(a) + inside
    if isinstance(zeta, ib.GaussianZeta):
        sw, sb = np.longdouble(zeta.sigma_w), np.longdouble(zeta.sigma_b)
        values = 2 * sw**3 * sb**3 / (np.longdouble(np.pi) * (sb**2 + t**2 * sw**2) ** 2)
    else:
        values = zeta(t.astype(np.float64)).astype(np.longdouble)
    right = inside / edges[-1]
    return np.array([(mass * values * hats).sum() for hats in ((1 - right) ** 2, (1 - right) * right, right**2)], dtype=np.float64)


@pytest.mark.parametrize("zeta", CLOSED, ids=repr)
def test_moments_at_every_scale_of_gap(zeta: Zeta) -> None:
    rng = np.random.default_rng(0)
    for exponent in range(-13, 5):
        a = rng.normal(size=12) * 10.0 ** rng.integers(-3, 3, size=12)
        b = a + 10.0**exponent * rng.random(12)
        found = np.stack(zeta.moments(a, b))
        expected = np.stack([reference_moments(zeta, *ends) for ends in zip(a, b, strict=True)], axis=1)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("zeta", CLOSED, ids=repr)
def test_a_plain_function_has_the_same_moments(zeta: Zeta) -> None:
    a = np.array([-3.0, -1.0, 0.0, 0.2, 0.88, 1e-9])
    b = a + np.array([1e-9, 2.5, 1e-3, 1.0, 0.1, 1e-12])
    np.testing.assert_allclose(np.stack(ib.FunctionZeta(zeta).moments(a, b)), np.stack(zeta.moments(a, b)), rtol=3e-12, atol=1e-300)


def test_an_empty_interval_has_no_moments() -> None:
    for zeta in (*CLOSED, ib.FunctionZeta(np.cosh)):
        assert np.all(np.stack(zeta.moments(np.array([0.3, -0.9]), np.array([0.3, -0.9]))) == 0)


@pytest.mark.parametrize(
    ("zeta", "lo", "hi"),
    [
        (ib.GaussianZeta(1, 0.5), -np.inf, np.inf),
        (ib.ConstantZeta(3.0), -1.0, 2.0),
        (ib.UniformZeta(1, 0.2), -1.0, np.inf),
        (lambda x: np.where(x > 0.3, 2.0, 0.5) * np.exp(-(x**2)), -np.inf, np.inf),
    ],
)
def test_proposition_8_realises_a_penalty(zeta: object, lo: float, hi: float) -> None:
    initialization = ib.Initialization(zeta, lo, hi)
    weights, biases = initialization.sample(np.random.default_rng(1), 40_000)
    kinks = -biases / weights
    assert kinks.min() >= lo
    assert kinks.max() <= hi
    # W is independent of C, and E[W² 1(C in an interval)] = ∫ ζ
    assert abs(np.corrcoef(weights, kinks > np.median(kinks))[0, 1]) < 0.03
    for a, b in ((-0.9, -0.1), (-0.3, 0.4), (0.2, 1.7)):
        product = weights**2 * ((kinks > a) & (kinks < b))
        total = quad(lambda x: float(initialization.zeta(x)), a, b, points=[0.3], epsabs=1e-10)[0]
        assert abs(product.mean() - total) < 5 * product.std() / 200
    middle = np.linspace(-0.9, 1.9, 7)
    np.testing.assert_allclose(initialization.kink_density(middle) * initialization.mass, initialization.zeta(middle), rtol=1e-12)


def test_the_mass_of_a_gaussian_initialisation_is_the_variance_of_w() -> None:
    assert ib.Initialization(ib.GaussianZeta(0.7, 0.2)).mass == pytest.approx(0.49, rel=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ib.ConstantZeta(0.0),
        lambda: ib.ConstantZeta(np.nan),
        lambda: ib.GaussianZeta(0.0, 1.0),
        lambda: ib.GaussianZeta(1.0, -1.0),
        lambda: ib.GaussianZeta("1", 1.0),
        lambda: ib.BinaryUniformZeta(np.inf),
        lambda: ib.UniformZeta(1.0, 0.0),
        lambda: ib.DensityZeta(gaussian_density, 0.0),
        lambda: ib.Initialization(ib.ConstantZeta(), 1.0, 1.0),
    ],
)
def test_bad_parameters_are_refused(make: object) -> None:
    with pytest.raises(ib.OptionError):
        make()


@pytest.mark.parametrize("function", [lambda x: -np.ones_like(x), lambda x: 1 / x, lambda x: np.ones(3), lambda x: "no"])
def test_functions_that_are_no_penalty_are_refused(function: object) -> None:
    with pytest.raises(ib.DataError), np.errstate(divide="ignore"):
        ib.FunctionZeta(function).moments(np.array([0.0]), np.array([1.0]))
