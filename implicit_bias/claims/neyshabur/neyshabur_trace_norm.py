"""Equation (3): the trace norm is the least weight decay of a linear network, ‖W‖_* = min ½ (‖U‖² + ‖V‖²) over W = V Uᵀ.

The inner dimension must be at least the rank. From the SVD W = P S Qᵀ, V = P sqrt(S) and U = Q sqrt(S) attain Σσ; and no other
factors do better, as with Z = P Qᵀ, of operator norm 1, Σσ = ⟨W, Z⟩ = ⟨V, Z U⟩ ≤ ‖V‖ ‖U‖ ≤ ½ (‖U‖² + ‖V‖²).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.data import Dataset
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Case:
    """Factors of one matrix: V and U are said to be the best; Z is said to prove it; ``others`` compete."""

    v: FloatArray
    u: FloatArray
    z: FloatArray
    others: tuple[tuple[FloatArray, FloatArray], ...]


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a matrix of any rank by factors of some inner dimension, and take the factors of its SVD."""
    rows, columns, inner = (int(n) for n in rng.integers(1, 9, 3))
    left, right = rng.normal(size=(rows, inner)), rng.normal(size=(columns, inner))
    p, s, q = np.linalg.svd(left @ right.T, full_matrices=False)
    mixed = np.linalg.qr(rng.normal(size=(inner, inner)))[0] * 10 ** rng.uniform(-1, 1, inner)
    return Case(p * np.sqrt(s), q.T * np.sqrt(s), p @ q, ((left, right), (left @ mixed, right @ np.linalg.inv(mixed).T)))


def check(case: Case) -> Outcome:
    """Check that all factors have one product, that Z is legal and attains the best factors' decay, and that others have no less."""
    decay, product = decay_of(case.v, case.u), case.v @ case.u.T
    return together(
        *(equal(left @ right.T, product, decay_of(left, right)) for left, right in case.others),
        *(at_most(decay, decay_of(left, right)) for left, right in case.others),
        at_most(float(np.linalg.norm(case.z, 2)), 1.0),
        equal(float((product * case.z).sum()), decay),
    )


def decay_of(v: FloatArray, u: FloatArray) -> float:
    """Return ½ (‖U‖² + ‖V‖²)."""
    return float((v**2).sum() + (u**2).sum()) / 2


def control(rng: Rng) -> Case:
    """Give one factor all of the singular values."""
    case = draw(rng, None)
    p, s, q = np.linalg.svd(case.v @ case.u.T, full_matrices=False)
    return Case(p * s, q.T, case.z, case.others[:0])


CLAIM = Claim(
    name="neyshabur-trace-norm",
    title="The trace norm is weight decay of a linear network",
    source="Neyshabur, Tomioka and Srebro, section 3, eq. (3)",
    statement="‖W‖_tr = min ½ (‖U‖² + ‖V‖²) over all factorisations W = V Uᵀ, whose inner dimension is not constrained.",
    kind="equality",
    expected="holds",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    data_use="never",
)
