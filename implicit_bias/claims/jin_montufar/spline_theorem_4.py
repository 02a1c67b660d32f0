"""Theorem 4: training all parameters of the linearised network and training its output weights only differ by O(1/n).

Both are linear models with closed forms for every time: with K = J Jᵀ, step η and M targets y less the start, the parameters have
moved by Jᵀ β, β = K⁻¹ (I - e^{-η K t}) y. Only the output weights' part of K grows with n, by the size of W⁽²⁾ = O(n^(-1/2)). So β is
O(1/n) and the two differ in it by O(1/n²): functions, W⁽¹⁾, b⁽¹⁾ and b⁽²⁾ by O(1/n), and W⁽²⁾ by O(n^(-3/2)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.analysis.gradient_flow import flow_filter
from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, together
from implicit_bias.claims.jin_montufar.wide import FAMILIES, WIDTHS, Family, rate
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray

_X = np.array([-2.0, 0.0, 2.0])
_PLACES = np.linspace(-2, 2, 9)
_SEEDS = 8
_TIMES = np.append(np.geomspace(0.1, 1e3, 5), 1e9)
_EXPONENTS = (-1.0, -1.0, -1.0, -1.0, -1.5)


@dataclass(frozen=True, eq=False)
class Case:
    """Targets, an initialisation, what networks are drawn from, and exponents: of the function, W⁽¹⁾, b⁽¹⁾, b⁽²⁾ and W⁽²⁾."""

    y: FloatArray
    family: Family
    seed: int
    exponents: tuple[float, ...]


def fixed() -> tuple[Case, ...]:
    """Return the same targets with every initialisation of Theorem 9."""
    return tuple(Case(np.array([1.5, -0.5, 0.5]), family, 0, _EXPONENTS) for family in FAMILIES)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw targets, an initialisation and a seed."""
    return Case(rng.normal(size=_X.size), FAMILIES[int(rng.integers(len(FAMILIES)))], int(rng.integers(2**31)), _EXPONENTS)


def check(case: Case) -> Outcome:
    """Fit the exponents of the largest differences over time, and over places for the function."""
    found = np.empty((len(_EXPONENTS), _SEEDS, len(WIDTHS)))
    for i in range(_SEEDS):
        for j, width in enumerate(WIDTHS):
            found[:, i, j] = differences(case, np.random.default_rng([case.seed, i, width]), width)
    return together(*(rate(part, exponent) for part, exponent in zip(found, case.exponents, strict=True)))


def differences(case: Case, rng: Rng, width: int) -> FloatArray:
    """Return the largest differences over time of function, W⁽¹⁾, b⁽¹⁾, b⁽²⁾ and W⁽²⁾ for one network."""
    w, b = case.family.sample(rng, width)
    a = case.family.sample(rng, width)[0] / np.sqrt(width)
    places = np.append(_X, _PLACES)[:, None]
    reach = places * w + b
    outer, inner = np.maximum(reach, 0.0), (reach > 0) * a
    seen = slice(_X.size)
    shift, alone = inner @ inner[seen].T, outer @ outer[seen].T
    tilt = shift * (places * _X)
    whole = alone + tilt + shift + 1
    spectra = [np.linalg.eigh(kernel[seen]) for kernel in (whole, alone)]
    most = np.zeros(5)
    for time in _TIMES / float(spectra[0][0][-1]):
        mine, other = (vectors @ (flow_filter(sizes * time) / sizes * (vectors.T @ case.y)) for sizes, vectors in spectra)
        function = whole[_X.size :] @ mine - alone[_X.size :] @ other
        moved = ((tilt, mine), (shift, mine), (np.ones_like(tilt), mine), (alone, mine - other))
        most = np.maximum(most, [np.abs(function).max(), *(np.sqrt(beta @ gram[seen] @ beta) for gram, beta in moved)])
    return most


def control(rng: Rng) -> Case:
    """Claim O(n^(-3/2)) for one of the parameters that move by O(1/n), or for the function."""
    case = draw(rng, None)
    claimed = np.array(_EXPONENTS)
    claimed[rng.integers(4)] = -1.5
    return Case(case.y, case.family, case.seed, tuple(claimed.tolist()))


CLAIM = Claim(
    name="spline-theorem-4",
    title="Training the output weights only is as good as training all",
    source="Jin and Montúfar, Theorem 4",
    statement=(
        "At every time the linearised network with all parameters trained and that with output weights trained differ by O(1/n), "
        "W⁽¹⁾, b⁽¹⁾ and b⁽²⁾ by O(1/n), and W⁽²⁾ by O(n^(-3/2))."
    ),
    kind="rate",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
