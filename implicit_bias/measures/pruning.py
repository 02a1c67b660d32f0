"""Pruning: the same function on the data, at no higher cost, with no more atoms than the data have room for.

Write a measure's atoms as columns c_j (φ_j ⊗ d_j): c_j > 0 its size, d_j = weight_j / ‖weight_j‖ its direction (±1 for one output),
φ_j its feature's values at the n points. If the columns in use are linearly dependent, Σ_j z_j (φ_j ⊗ d_j) = 0, then sizes may move along
z or along -z without changing f on the data. One of the two ways does not raise Σ w_j c_j, and it ends where an atom vanishes. What is
left in the end is linearly independent: at most n atoms for one output, n k for k outputs.

This is Carathéodory's theorem with signs, behind 'l1 regularization in infinite dimensional feature spaces' (Rosset et al., 2007),
which Neyshabur, Tomioka and Srebro cite with n + 1 in the place of n. One atom is saved because the cost may fall: to keep
it as well would be one more equation.

The columns in use are kept as a QR factorisation that gains and loses columns by rotations: O(n²) a step, O(m n²) for m atoms, and no
less accurate after many steps than after few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError, OptionError
from implicit_bias.measures import AnyMeasure, Measure, RidgeMeasure
from implicit_bias.measures.features import feature_matrix
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.arrays import FloatArray, IntArray, as_floats

WEIGHTS = ("unit", "sphere")
"""What an atom costs: its weight, or its weight times sqrt(1 + kink²)."""

DEPENDENT = 64 * tolerances.EPS
"""A column of length 1 depends on others if it is this close to their span: moving along it changes f by no more than this."""


def prune(measure: AnyMeasure, x: npt.ArrayLike, weight: str = "unit") -> AnyMeasure:
    """Return a measure with the same values at the points x, of no higher cost, on linearly independent atoms of the given one.

    It has at most n atoms for one output and n k for k outputs, n the number of points: exactly, at most the rank of the
    columns of the module's docstring. A constant that is not 0 counts as an atom, of cost 1; a part ``affine`` is free and stays as it is.
    Every weight keeps its sign, or for k outputs its direction.

    Values and cost agree to about 1e-13 of Σ_j ‖weight_j‖ max_i φ_j(x_i). O(m (n k)²).

    Parameters
    ----------
    measure : Measure or RidgeMeasure
    x : (n,) for one input, (n, d) for d inputs; order and repetitions do not matter
    weight : "unit" | "sphere"
        The cost Σ_j w_j ‖weight_j‖ that is not raised: for kinks t, w = 1 as in problem (13) or w = sqrt(1 + t²) as in
        problem (4), which is the cost of the network's normalised units. Features of a RidgeMeasure are of unit length and
        cost 1 either way.

    Raises
    ------
    DataError
        On points that are not finite or not of the measure's number of inputs.
    OptionError
        On an unknown weight, or what is no measure, such as a network.

    Examples
    --------
    >>> import numpy as np, implicit_bias as ib
    >>> dense = ib.Measure(np.linspace(-1, 1, 1000), np.ones(1000), np.full(1000, 1e-3))
    >>> x = [-1.0, 0.0, 2.0]
    >>> pruned = ib.prune(dense, x)
    >>> len(pruned), bool(np.allclose(pruned(x), dense(x), rtol=1e-12)), pruned.total_variation() <= dense.total_variation()
    (2, True, True)
    """
    if weight not in WEIGHTS:
        raise OptionError(f"weight must be one of {', '.join(WEIGHTS)}, not {weight!r}.")
    if not isinstance(measure, Measure | RidgeMeasure):
        raise OptionError(f"A measure is needed, such as solution.measure or network.measure(), not {type(measure).__name__}.")
    features, costs = _columns(measure, x, weight)
    sizes, directions = _polar(measure)
    tensor = (features[:, :, None] * directions).transpose(0, 2, 1).reshape(-1, sizes.size)
    lengths = np.linalg.norm(tensor, axis=0)
    used = np.flatnonzero((lengths > 0) & (sizes > 0))  # an atom that is 0 at every point is cost and nothing else
    unit = lengths[used]
    kept, scaled = _independent(tensor[:, used] / unit, sizes[used] * unit, costs[used] / unit)
    weights = np.zeros_like(directions)
    weights[used[kept]] = (scaled / unit[kept])[:, None] * directions[used[kept]]
    return _with_weights(measure, weights, used[kept])


def _columns(measure: AnyMeasure, x: Any, weight: str) -> tuple[FloatArray, FloatArray]:
    """Return the features' values at the points, (n, m+1), and their costs; the last is the constant."""
    if isinstance(measure, RidgeMeasure):
        if np.ndim(x) != 2 or np.shape(x)[1] != measure.inputs:
            raise DataError(f"x must be an (n, {measure.inputs}) array, not of shape {np.shape(x)}.")
        points = as_floats(x, "x", np.shape(x))
        rows = np.unique(np.column_stack([points, np.ones(len(points))]), axis=0)
        values, costs = np.maximum(rows @ measure.features.T, 0.0), np.ones(len(measure))
    else:
        line = np.unique(as_floats(x, "x"))
        values = feature_matrix(line, measure.kinks, measure.directions)
        costs = np.hypot(1.0, measure.kinks) if weight == "sphere" else np.ones(len(measure))
    return np.column_stack([values, np.ones(len(values))]), np.append(costs, 1.0)


def _polar(measure: AnyMeasure) -> tuple[FloatArray, FloatArray]:
    """Return the sizes of the atoms and of the constant, (m+1,), and their directions, (m+1, k)."""
    atoms = measure.weights if measure.weights.ndim == 2 else measure.weights[:, None]
    weights = np.concatenate([atoms, np.atleast_1d(np.asarray(measure.constant, dtype=np.float64))[None]])
    sizes = np.linalg.norm(weights, axis=1)
    return sizes, weights / np.where(sizes > 0, sizes, 1.0)[:, None]


def _with_weights(measure: AnyMeasure, weights: FloatArray, kept: IntArray) -> AnyMeasure:
    """Return the measure's kept atoms with new weights, the constant last among them."""
    atoms = np.sort(kept[kept < len(measure)])
    several = measure.weights.ndim == 2
    chosen, constant = (weights[atoms], weights[-1]) if several else (weights[atoms, 0], float(weights[-1, 0]))
    if isinstance(measure, RidgeMeasure):
        return RidgeMeasure(measure.features[atoms], chosen, constant, measure.affine)
    return Measure(measure.kinks[atoms], measure.directions[atoms], chosen, constant, measure.affine)


def _independent(columns: FloatArray, sizes: FloatArray, costs: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return which columns are left, linearly independent, and sizes ≥ 0 with the same sum at no higher cost."""
    basis = Basis.empty(len(columns))
    weights = np.empty(0)
    for j in range(sizes.size):
        column, size = columns[:, j], sizes[j]
        while True:
            combination, distance = basis.combine(column)
            if distance > DEPENDENT:
                basis, weights = basis.with_column(j, column), np.append(weights, size)
                break
            saving = float(costs[basis.members] @ combination) - costs[j]
            added, leaves = _step(weights, combination, size, saving)
            weights, size = np.maximum(weights - added * combination, 0.0), size + added
            if leaves is None:  # column j is gone, and the others hold its part
                break
            # without the one that left column j mostly is independent, but not if its share in the combination was tiny
            basis, weights = basis.without(leaves), np.delete(weights, leaves)
    return basis.members, weights


def _step(weights: FloatArray, combination: FloatArray, size: float, saving: float) -> tuple[float, int | None]:
    """Return by how much the new column grows, and which old one vanishes; None if the new one does.

    Growing by t takes t·combination from the old ones, and saves t·saving. As costs are positive, something gets smaller on the
    way that saves, and the step ends where the first of them is 0.
    """
    shrinking = combination > 0 if saving > 0 else combination < 0
    room = np.full(weights.size, np.inf)
    room[shrinking] = weights[shrinking] / np.abs(combination[shrinking])
    first = int(room.argmin()) if room.size else 0
    if saving > 0:
        return float(room[first]), first
    if not room.size or size <= room[first]:
        return -size, None
    return -float(room[first]), first


@dataclass(frozen=True, eq=False)
class Basis:
    """Linearly independent columns, Q R with an orthogonal Q, and which they are."""

    members: IntArray
    q: FloatArray
    r: FloatArray

    @classmethod
    def empty(cls, n: int) -> Basis:
        """Return no column of n rows."""
        return cls(np.empty(0, dtype=np.int64), np.eye(n), np.empty((n, 0)))

    def combine(self, column: FloatArray) -> tuple[FloatArray, float]:
        """Return the combination of the columns that is closest to a given one, and how close."""
        from scipy.linalg import solve_triangular

        m, inside = self.members.size, self.q.T @ column
        near = solve_triangular(self.r[:m], inside[:m], check_finite=False) if m else np.empty(0)
        return near, float(np.linalg.norm(inside[m:]))

    def with_column(self, j: int, column: FloatArray) -> Basis:
        """Return the basis with one column more, the last."""
        from scipy.linalg import qr_insert

        m = self.members.size
        if m == 0:
            return Basis(np.array([j]), *np.linalg.qr(column[:, None], "complete"))
        factors: Any = qr_insert(self.q, self.r, column, m, which="col", check_finite=False)
        return Basis(np.append(self.members, j), *factors)

    def without(self, place: int) -> Basis:
        """Return the basis without the column at a place."""
        from scipy.linalg import qr_delete

        if self.members.size == 1:
            return Basis.empty(len(self.q))
        factors: Any = qr_delete(self.q, self.r, place, which="col", check_finite=False)
        return Basis(np.delete(self.members, place), *factors)
