"""Several outputs: n + 1 units do not suffice; n (n+1)/2 can be needed, and always are enough.

The paper says after Corollary 1 that its equivalence 'holds also for networks with multiple output units', with the group lasso

    minimise  ½ Σ_i ‖f(x_i) - y_i‖² + λ Σ_h ‖v_h‖,   f(x) = Σ_h v_h [u_h · (x, 1)]₊,   ‖u_h‖ ≤ 1.                      (*)

With n points and n outputs there are data for which every optimum of (*) has n (n+1)/2 atoms; so already for n = 3 a network of width
n + 1 with weight decay cannot attain the least value: it needs 6 units, not 4.

*Counterexample.* Put the points on a regular simplex about 0 with radius r, r² > n - 1, so that their rows X_i = (x_i, 1) are at obtuse
angles: X_i · X_i = N = r² + 1 and X_i · X_j = -κ, κ = r²/(n-1) - 1 > 0. Take α (n, n) with λ⁻² N (α αᵀ)_ij = 1 for i = j and
γ = κ/(N - κ) otherwise, and any sizes c > 0 of the units u_i = X_i/‖X_i‖ and u_ij = (X_i + X_j)/‖X_i + X_j‖, i < j. With
η(u) = Σ_i α_i [u · X_i]₊, the weights v = c η(u)/λ and the targets y = α + f, this is an optimum, as ‖η(u)‖ ≤ λ for every u: if A are
the points at which u is active, ‖η(u)‖² is a quadratic form of u, whose eigenvalues over λ² are, with m = |A| and g = κ²/(N (N - κ)),
1 - (m-1)(m-2) g once, and 1 - 2g. So it is below 1, except that for m = 1 and 2 it is 1 at u_i and u_ij, and nowhere else.

*Necessity.* All optima have the same f at the data, hence the same α, and live on these units with weights c η(u)/λ, c ≥ 0. The
matrices φ_u ⊗ η(u) = φ_u φ_uᵀ α are linearly independent: α is regular, and φ_u φ_uᵀ are multiples of e_i e_iᵀ and
(e_i + e_j)(e_i + e_j)ᵀ, a basis of the symmetric matrices. So the sizes c are unique, and none of them is 0.

*Enough.* With K = Σ_h (c_h/λ) φ_h φ_hᵀ an optimum's f at the data is K α, so one may prune it as in :func:`implicit_bias.prune` with the
columns φ_h φ_hᵀ of symmetric matrices: n (n+1)/2 atoms are left, and at most n k, whichever is less.

The check forgets how the data were made. For each of the 2ⁿ - 1 sets A it computes the largest singular values of Σ_A X_i α_iᵀ, which
bound ‖η‖ where A is active; the first may reach λ only at an isolated vector that has A for its active set and is among the atoms. All that
has to be strict is so by a margin that is large against rounding, and with it the count holds for data nearby too: a computed optimum
that is ε short of the least value has α within sqrt(2 ε) of the true one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng
from implicit_bias.data import Dataset
from implicit_bias.measures import RidgeMeasure
from implicit_bias.numerics.arrays import FloatArray

STRICT = 1e-3
"""Margin of what has to be strict, relative: far above the root of rounding, so that rounding cannot bridge it."""

SAME = 1e-9
"""How close two unit vectors are that are equal but for rounding; the direction of a peak is known to the root of its height's."""


@dataclass(frozen=True, eq=False)
class Case:
    """Points (n, d), targets (n, k) and λ of (*), and what is said to be an optimum."""

    x: FloatArray
    y: FloatArray
    regularization: float
    optimum: RidgeMeasure


def simplex(n: int, radius: float) -> FloatArray:
    """Return n points in n - 1 dimensions with ‖x_i‖ = radius and mean 0, all equally far apart, (n, n-1)."""
    centred = np.eye(n) - 1 / n
    axes = np.linalg.svd(centred)[2][:-1]
    points: FloatArray = radius * np.sqrt(n / (n - 1)) * centred @ axes.T
    return points


def counterexample(x: FloatArray, sizes: FloatArray, regularization: float) -> Case:
    """Return the data of the module's docstring for points on a simplex, with sizes of the n units u_i and then the u_ij."""
    n, rows = len(x), np.column_stack([x, np.ones(len(x))])
    gram = rows @ rows.T
    length, kappa = gram[0, 0], -gram[0, 1]
    gamma = kappa / (length - kappa)
    mean, rest = np.sqrt(1 + (n - 1) * gamma), np.sqrt(1 - gamma)
    alpha = regularization / np.sqrt(length) * (rest * np.eye(n) + (mean - rest) / n)
    units = np.concatenate([rows, [rows[i] + rows[j] for i, j in combinations(range(n), 2)]])
    units /= np.linalg.norm(units, axis=1)[:, None]
    features = np.maximum(rows @ units.T, 0.0)
    optimum = RidgeMeasure(units, sizes[:, None] * (features.T @ alpha) / regularization)
    return Case(x, alpha + features @ optimum.weights, regularization, optimum)


def fixed() -> tuple[Case, ...]:
    """Return three corners of a triangle with targets (3, 1, 1), (1, 3, 1) and (1, 1, 3), and λ = 2, which need 6 units; and n = 5."""
    h = np.sqrt(3.0)
    triangle = np.array([[2.0, 0.0], [-1.0, h], [-1.0, -h]])
    mean, rest = (target / (2 * np.sqrt(e / 5)) - 1 for target, e in ((5.0, 1.5), (2.0, 0.75)))
    pair = (mean - rest) / 6  # sizes over λ for which K α + α has 5 and 2 for its eigenvalues, as these targets have
    corner = (rest - 2 * pair) / 5
    whole = counterexample(triangle, 2 * np.repeat([corner, pair], 3), 2.0)
    return whole, counterexample(simplex(5, 3.0), np.ones(15), 0.1)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a simplex of 3 to 5 points, turned anyhow, the sizes of the units, λ and the axes of the outputs."""
    n = int(rng.integers(3, 6))
    x = simplex(n, np.sqrt((n - 1) * rng.uniform(1.5, 4))) @ _rotation(rng, n - 1)
    case = counterexample(x, 10 ** rng.uniform(-0.5, 0.5, n * (n + 1) // 2), float(10 ** rng.uniform(-1, 1)))
    return _turned(case, _rotation(rng, n))


def _rotation(rng: Rng, n: int) -> FloatArray:
    return np.linalg.qr(rng.normal(size=(n, n)))[0]


def _turned(case: Case, axes: FloatArray) -> Case:
    optimum = RidgeMeasure(case.optimum.features, case.optimum.weights @ axes)
    return Case(case.x, case.y @ axes, case.regularization, optimum)


def check(case: Case) -> Outcome:
    """Return by how much, relatively, the atoms of every optimum outnumber n + 1; 0 if that cannot be certified."""
    needed = atoms_needed(case)
    most = len(case.x) + 1
    return Outcome(0.0 if needed is None else max(0.0, needed / most - 1))


def atoms_needed(case: Case) -> int | None:
    """Return how many atoms the optimum has, if it is one, and the only one; None if that is not certain."""
    rows = np.column_stack([case.x, np.ones(len(case.x))])
    units, weights, limit = case.optimum.features, case.optimum.weights, case.regularization
    features = np.maximum(rows @ units.T, 0.0)
    alpha = case.y - features @ weights
    eta, sizes = features.T @ alpha, np.linalg.norm(weights, axis=1)
    peaks = touching(rows, alpha, limit)
    if peaks is None or len(peaks) != len(_distinct(peaks)) or not (sizes > STRICT * sizes.max(initial=0.0)).all():
        return None
    apart = np.linalg.norm(units[:, None] - peaks, axis=2)
    if len(_distinct(units)) != len(units) or (apart.min(axis=1, initial=np.inf) > SAME).any():
        return None
    if np.abs(weights * limit - sizes[:, None] * eta).max(initial=0.0) > ROUNDING * limit * sizes.max(initial=0.0):
        return None
    at_peaks = np.maximum(rows @ peaks.T, 0.0)
    columns = np.stack([np.outer(f, f @ alpha).ravel() / np.linalg.norm(f) / limit for f in at_peaks.T])
    independent = len(columns) <= columns.shape[1] and np.linalg.svd(columns, compute_uv=False)[-1] > STRICT
    return len(units) if independent else None


def touching(rows: FloatArray, alpha: FloatArray, limit: float) -> FloatArray | None:
    """Return the unit vectors at which ‖η‖ is λ; None if ‖η‖ may exceed it, or if where it is λ is not certain."""
    n, found, lengths = len(rows), [], np.linalg.norm(rows, axis=1)
    for active in (np.array([bool(code >> i & 1) for i in range(n)]) for code in range(1, 1 << n)):
        left, heights, _ = np.linalg.svd(rows[active].T @ alpha[active], full_matrices=False)
        if heights[0] < limit * (1 - STRICT):
            continue
        if abs(heights[0] - limit) > limit * ROUNDING or (heights[1:2] > limit * (1 - STRICT)).any():
            return None
        sides = [u for u in (left[:, 0], -left[:, 0]) if (np.where(active, 1, -1) * (rows @ u) > STRICT * lengths).all()]
        if not sides:
            return None
        found += sides
    return np.array(found).reshape(-1, rows.shape[1])


def _distinct(units: FloatArray) -> list[int]:
    """Return the places of vectors that no earlier one equals."""
    return [j for j in range(len(units)) if not (np.linalg.norm(units[:j] - units[j], axis=1) <= 2 * SAME).any()]


def control(rng: Rng) -> Case:
    """Leave out some of the pairs, so that the one optimum has n + 1 atoms."""
    case = draw(rng, None)
    n, atoms = len(case.x), case.optimum
    rows = np.column_stack([case.x, np.ones(n)])
    alpha = case.y - np.maximum(rows @ atoms.features.T, 0.0) @ atoms.weights
    fewer = RidgeMeasure(atoms.features[: n + 1], atoms.weights[: n + 1])
    return Case(case.x, alpha + np.maximum(rows @ fewer.features.T, 0.0) @ fewer.weights, case.regularization, fewer)


CLAIM = Claim(
    name="neyshabur-several-outputs",
    title="n + 1 units do not suffice for several outputs",
    source="Neyshabur, Tomioka and Srebro, section 4, after Corollary 1",
    statement=(
        "The equivalence of the weight-decay regularised network of H > n units and the convex network holds also for several outputs, "
        "with the group lasso Σ‖v_h‖ in the place of the l1 norm."
    ),
    kind="support",
    expected="fails-as-stated",
    assumption="H is at least n (n+1)/2 or n k, whichever is less; n (n+1)/2 units can be needed.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    fixed=fixed,
    data_use="never",
)
