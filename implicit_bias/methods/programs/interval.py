"""Problem (15) as CVXPY programs: over a dictionary of kinks, and in the sparse second-difference form.

``dictionary``  min Σ‖w_j‖  s.t.  (Φ w)_i ∈ C_i      dual  max -Σ σ_{C_i}(-α_i)  s.t.  ‖Φᵀα‖_* ≤ 1, row by row
``sparse``      unknowns are the values F_i, the rising and falling parts P_j, N_j of each slope change, and the weights of
                the features at both ends; only the two end rows are dense. Its dual has the values of η at the nodes
                as unknowns.

The same programs are built for the user (``implicit_bias.program``, in the data's units) and for ``solve`` (scaled).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.certificates.certificate import LineCertificate
from implicit_bias.fits import Fit
from implicit_bias.measures import FALLING, RISING, Measure
from implicit_bias.measures.features import feature_matrix
from implicit_bias.measures.node_values import slope_changes
from implicit_bias.methods.programs.base import Program, Reduction, Stated, unchanged
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.numerics.differences import second_differences
from implicit_bias.problems import MeasureProblem
from implicit_bias.problems.candidate import Candidate

if TYPE_CHECKING:
    import cvxpy


@dataclass(frozen=True, eq=False)
class ScaledData:
    """A problem's data after x ↦ (x - shift)/length and y ↦ y/height, and the way back for weights and duals."""

    problem: MeasureProblem
    shift: float
    length: float
    height: float

    @classmethod
    def of(cls, problem: MeasureProblem, scaled: bool) -> ScaledData:
        """Scale the data as backends like best, or leave them as they are."""
        return cls.unit(problem) if scaled else cls.none(problem)

    @classmethod
    def unit(cls, problem: MeasureProblem) -> ScaledData:
        """Scale to [0, 1] and max|y| = 1, which backends like best."""
        return cls(problem, float(problem.x[0]), float(problem.x[-1] - problem.x[0]), problem.scale)

    @classmethod
    def none(cls, problem: MeasureProblem) -> ScaledData:
        """Leave the data as they are."""
        return cls(problem, 0.0, 1.0, 1.0)

    def at(self, x: FloatArray) -> FloatArray:
        """Return scaled positions."""
        return (x - self.shift) / self.length

    @property
    def fit(self) -> Fit:
        """The sets for the scaled function."""
        return self.problem.fit.divided(self.height)

    def variable(self, rows: int, name: str) -> cvxpy.Variable:
        """Return a variable with one row for each of something, and a column an output."""
        import cvxpy as cp

        return cp.Variable((rows, *self.problem.fit.shape[1:]), name=name)

    def lengths(self, rows: Any, norm: float) -> Any:
        """Return the norm of every row of an expression: its size, where there is one output."""
        import cvxpy as cp

        return cp.abs(rows) if self.problem.outputs is None else cp.norm(rows, norm, axis=1)

    def column(self, values: FloatArray) -> FloatArray:
        """Shape one number a row so that it multiplies rows of variables."""
        return values if self.problem.outputs is None else np.tile(values[:, None], (1, self.problem.outputs))

    def measure(self, kinks: FloatArray, directions: FloatArray, weights: FloatArray) -> Measure:
        """Return the measure in the user's units; kinks are given in those already."""
        live = (weights != 0).reshape(kinks.size, -1).any(axis=1)
        return Measure(kinks[live], directions[live], weights[live] * (self.height / self.length))

    def dual(self, alpha: FloatArray) -> FloatArray:
        """Return dual variables in the user's units."""
        return alpha / self.length


class SparseInterval(Program[MeasureProblem]):
    """Second differences: the sparse form, for kinks at the data."""

    name, title, suits = "sparse", "The sparse program", (MeasureProblem,)
    cost = "the backend's, sparse"

    def cone(self, problem: MeasureProblem) -> str:
        """Return what the problem itself needs."""
        return problem.cone

    def reduction(self, problem: MeasureProblem) -> Reduction:
        """Return classification on the points of S_C, other problems as they are."""
        if problem.fit.class_labels is None or not problem.on_data_range:
            return Reduction(problem, unchanged)
        reduced, lift = problem.reduced()
        return Reduction(reduced, lift, f" It was stated for the {len(reduced)} points of S_C, and is judged on all.")

    def state(self, problem: MeasureProblem, form: str, grid: Any, scaled: bool) -> Stated:
        """Return the program in values, slope changes and end features, or its dual in node values of η."""
        return (_sparse_primal if form == "primal" else _sparse_dual)(ScaledData.of(problem, scaled))


class DictionaryInterval(Program[MeasureProblem]):
    """The measure on a grid of kinks."""

    name, title, suits = "dictionary", "The dictionary program", (MeasureProblem,)
    takes = Program.takes | {"grid"}
    cost = "the backend's, dense: about 2 n² entries"
    proved = "the gap, which contains what the grid misses"

    def cone(self, problem: MeasureProblem) -> str:
        """Return what the problem itself needs."""
        return problem.cone

    def check_grid(self, problem: MeasureProblem, grid: Any) -> None:
        """Raise :class:`OptionError` for a grid that is none."""
        problem.features.grid(problem.x, grid)

    def state(self, problem: MeasureProblem, form: str, grid: Any, scaled: bool) -> Stated:
        """Return the program in the weights of the features, or its dual."""
        kinks = problem.features.grid(problem.x, grid)
        return (_dictionary_primal if form == "primal" else _dictionary_dual)(ScaledData.of(problem, scaled), kinks)


def _dictionary_primal(scaled: ScaledData, grid: FloatArray) -> Stated:
    import cvxpy as cp

    x = scaled.problem.x
    kinks, directions = scaled.problem.features.over(grid, x)
    matrix = feature_matrix(scaled.at(x), scaled.at(kinks), directions)
    weights = scaled.variable(kinks.size, "weights")
    tie, _, constraints = scaled.fit.tie(matrix @ weights, None, 1.0)
    problem = cp.Problem(cp.Minimize(cp.sum(scaled.lengths(weights, scaled.problem.norm))), [tie, *constraints])

    def read() -> Candidate:
        if weights.value is None:
            return Candidate(None, None)
        dual = None if tie.dual_value is None else scaled.dual(-tie.dual_value)
        return Candidate(scaled.measure(kinks, directions, weights.value), dual)

    return Stated(problem, read)


def _dictionary_dual(scaled: ScaledData, grid: FloatArray) -> Stated:
    import cvxpy as cp

    x = scaled.problem.x
    kinks, directions = scaled.problem.features.over(grid, x)
    matrix = feature_matrix(scaled.at(x), scaled.at(kinks), directions)
    alpha = scaled.variable(x.size, "alpha")
    ball = _UnitBall(scaled, matrix.T @ alpha)
    gain, constraints = scaled.fit.dual_program(alpha)
    problem = cp.Problem(cp.Maximize(gain), [*constraints, *ball.constraints])

    def read() -> Candidate:
        if alpha.value is None:
            return Candidate(None, None)
        weights = ball.multipliers()
        return Candidate(None if weights is None else scaled.measure(kinks, directions, weights), scaled.dual(alpha.value))

    return Stated(problem, read)


class _UnitBall:
    """‖row‖_* ≤ 1 for every row of an expression, said so that the multipliers are the primal weights."""

    def __init__(self, scaled: ScaledData, rows: Any) -> None:
        self.vector = scaled.problem.outputs is not None
        if self.vector:
            held = scaled.variable(rows.shape[0], "eta")
            self.constraints = [rows == held, scaled.lengths(held, scaled.problem.dual_norm) <= 1]
        else:
            # two-sided bounds: CVXPY warns of |·| ≤ 1, and the multipliers of the two sides are the two signs
            self.constraints = [rows <= 1, rows >= -1]

    def multipliers(self) -> FloatArray | None:
        """Return the weights, or None if the backend gave none."""
        found = [constraint.dual_value for constraint in self.constraints]
        if self.vector:
            return None if found[0] is None else np.asarray(found[0], dtype=np.float64)
        return None if any(part is None for part in found) else np.asarray(found[0] - found[1], dtype=np.float64)


def _ends(scaled: ScaledData) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return kinks, directions and values at x_1, x_n (shape (2, m)) of the features that are affine on the data."""
    problem = scaled.problem
    first, last, lo, hi = problem.x[0], problem.x[-1], problem.features.lo, problem.features.hi
    kinks, directions = [first, last], [RISING, FALLING]
    if lo < first:
        kinks, directions = [*kinks, lo], [*directions, RISING]
    if hi > last:
        kinks, directions = [*kinks, hi], [*directions, FALLING]
    t, s = np.array(kinks), np.array(directions)
    return t, s, feature_matrix(scaled.at(np.array([first, last])), scaled.at(t), s)


def _sparse_primal(scaled: ScaledData) -> Stated:
    import cvxpy as cp

    x, u = scaled.problem.x, scaled.at(scaled.problem.x)
    n = x.size
    rows, smaller = second_differences(np.diff(u))
    end_kinks, end_directions, reach = _ends(scaled)
    values, ends = scaled.variable(n, "values"), scaled.variable(end_kinks.size, "ends")
    rising, falling = scaled.variable(n - 2, "rising"), scaled.variable(n - 2, "falling")
    tie, _, within = scaled.fit.tie(values, None, 1.0)
    constraints = [
        tie,
        *within,
        rows @ values == cp.multiply(scaled.column(smaller), rising + falling),
        values[0] == (u[1:-1] - u[0]) @ falling + reach[0] @ ends,
        values[n - 1] == (u[-1] - u[1:-1]) @ rising + reach[1] @ ends,
    ]
    cost = sum(cp.sum(scaled.lengths(part, scaled.problem.norm)) for part in (rising, falling, ends))
    problem = cp.Problem(cp.Minimize(cost), constraints)

    def read() -> Candidate:
        if values.value is None:
            return Candidate(None, None)
        kinks, directions = _sparse_atoms(x, end_kinks, end_directions)
        weights = np.concatenate([ends.value, rising.value, falling.value])
        dual = None if tie.dual_value is None else scaled.dual(-tie.dual_value)
        return Candidate(scaled.measure(kinks, directions, weights), dual)

    return Stated(problem, read)


def _sparse_dual(scaled: ScaledData) -> Stated:
    import cvxpy as cp

    x, u = scaled.problem.x, scaled.at(scaled.problem.x)
    n, length = x.size, u[-1] - u[0]
    end_kinks, end_directions, reach = _ends(scaled)
    eta = scaled.variable(n - 2, "eta")
    corner = scaled.variable(2, "corner")  # p and q, that is η(x_n, -1) and η(x_1, +1)
    to_last, from_first = (u[-1] - u[1:-1]) / length, (u[1:-1] - u[0]) / length
    twin = eta - np.stack([-from_first, to_last], axis=1) @ corner
    # an affine feature with values (f_1, f_n) at the ends of the data pairs to (p f_1 + q f_n) / L
    balls = [_UnitBall(scaled, part) for part in (reach.T @ corner / length, eta, twin)]
    gain, constraints = _sparse_gain(scaled, u, eta, corner)
    problem = cp.Problem(cp.Maximize(gain), [*constraints, *(one for ball in balls for one in ball.constraints)])

    def read() -> Candidate:
        if corner.value is None:
            return Candidate(None, None)
        p, q = corner.value
        nodes = np.concatenate([[q], eta.value, [0 * q]])
        features = scaled.problem.features
        certificate = LineCertificate(x, nodes, p, q, (features.lo, features.hi), scaled.problem.dual_norm)
        parts = [part for part in (ball.multipliers() for ball in balls) if part is not None]
        kept = certificate if scaled.problem.interpolates else None
        if len(parts) < len(balls):
            return Candidate(None, certificate.dual(), certificate=kept)
        kinks, directions = _sparse_atoms(x, end_kinks, end_directions)
        return Candidate(scaled.measure(kinks, directions, np.concatenate(parts)), certificate.dual(), certificate=kept)

    return Stated(problem, read)


def _sparse_gain(scaled: ScaledData, u: FloatArray, eta: Any, corner: Any) -> tuple[Any, list[Any]]:
    """Return the dual value in terms of η at the nodes, and the constraints that it needs."""
    import cvxpy as cp
    import scipy.sparse as sp

    n, length = u.size, u[-1] - u[0]
    if scaled.problem.interpolates:
        y = scaled.problem.y / scaled.height
        changes, to_last = slope_changes(u, y), (u[-1] - u[1:-1]) / length
        return changes @ eta - (changes @ to_last) * corner[1] + (corner[0] * y[0] + corner[1] * y[-1]) / length, []
    # α is the second difference of η(·, +1), completed at both ends
    nodes = cp.vstack([corner[1:2], eta, np.zeros((1, eta.shape[1]))])
    slopes = sp.diags_array(np.stack([-1 / np.diff(u), 1 / np.diff(u)]), offsets=[0, 1], shape=(n - 1, n))
    jumps = sp.diags_array([1.0, -1.0], offsets=[0, -1], shape=(n, n - 1))
    first = np.zeros((n, 2))
    first[0] = 1 / length
    return scaled.fit.dual_program((jumps @ slopes).tocsr() @ nodes + first @ corner)


def _sparse_atoms(x: FloatArray, end_kinks: FloatArray, end_directions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return kinks and directions in the order ends, rising, falling."""
    inner = x[1:-1]
    kinks = np.concatenate([end_kinks, inner, inner])
    return kinks, np.concatenate([end_directions, np.full(inner.size, RISING), np.full(inner.size, FALLING)])
