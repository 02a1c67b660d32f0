"""Problem (13) as CVXPY programs: over a dictionary of kinks, and in the sparse second-difference form.

``dictionary``  min Σ|w_j|  s.t.  Φ w = y            dual  max Σ α_i y_i  s.t.  -1 ≤ Φᵀα ≤ 1
``sparse``      unknowns are the values F_i, the rising and falling parts P_j, N_j of each slope change, and the weights of
                the features at both ends; only the two end rows are dense. Its dual has the values of η at the nodes
                as unknowns.

The same programs are built for the user (``implicit_bias.program``, in the data's units) and for ``solve`` (scaled).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.arrays import FloatArray
from implicit_bias.candidate import Candidate
from implicit_bias.errors import OptionError
from implicit_bias.features import feature_matrix
from implicit_bias.line import LineCertificate, slope_changes
from implicit_bias.measures import FALLING, RISING, Measure
from implicit_bias.problems import MeasureProblem

if TYPE_CHECKING:
    import cvxpy
    import scipy.sparse as sp

FORMS = ("primal", "dual")


@dataclass(frozen=True, eq=False)
class Scaled:
    """A problem's data after x ↦ (x - shift)/length and y ↦ y/height, and the way back for weights and duals."""

    problem: MeasureProblem
    shift: float
    length: float
    height: float

    @classmethod
    def unit(cls, problem: MeasureProblem) -> Scaled:
        """Scale to [0, 1] and max|y| = 1, which backends like best."""
        return cls(problem, float(problem.x[0]), float(problem.x[-1] - problem.x[0]), problem.scale)

    @classmethod
    def none(cls, problem: MeasureProblem) -> Scaled:
        """Leave the data as they are."""
        return cls(problem, 0.0, 1.0, 1.0)

    def at(self, x: FloatArray) -> FloatArray:
        """Return scaled positions."""
        return (x - self.shift) / self.length

    @property
    def y(self) -> FloatArray:
        """Scaled values."""
        return self.problem.y / self.height

    def measure(self, kinks: FloatArray, directions: FloatArray, weights: FloatArray) -> Measure:
        """Return the measure in the user's units; kinks are given in those already."""
        live = weights != 0
        return Measure(kinks[live], directions[live], weights[live] * (self.height / self.length))

    def dual(self, alpha: FloatArray) -> FloatArray:
        """Return dual variables in the user's units."""
        return alpha / self.length


@dataclass(frozen=True, eq=False)
class Program:
    """A CVXPY problem and how to read its answer once it is solved."""

    cvxpy: cvxpy.Problem
    read: Callable[[], Candidate]


def build(scaled: Scaled, method: str, form: str, grid: Any) -> Program:
    """Return the program of a method in a form; raises :class:`OptionError` for what does not exist."""
    if form not in FORMS:
        raise OptionError(f"form must be 'primal' or 'dual', not {form!r}.")
    if method == "dictionary":
        kinks = scaled.problem.features.grid(scaled.problem.x, grid)
        return (_dictionary_primal if form == "primal" else _dictionary_dual)(scaled, kinks)
    if method == "sparse":
        if grid is not None:
            raise OptionError("grid goes with method 'dictionary'; the sparse form has its kinks at the data.")
        return (_sparse_primal if form == "primal" else _sparse_dual)(scaled)
    raise OptionError(f"There is a program for 'dictionary' and 'sparse', not for {method!r}.")


def _dictionary_primal(scaled: Scaled, grid: FloatArray) -> Program:
    import cvxpy as cp

    x = scaled.problem.x
    kinks, directions = scaled.problem.features.over(grid, x)
    matrix = feature_matrix(scaled.at(x), scaled.at(kinks), directions)
    weights = cp.Variable(kinks.size, name="weights")
    fit = matrix @ weights == scaled.y
    problem = cp.Problem(cp.Minimize(cp.norm1(weights)), [fit])

    def read() -> Candidate:
        if weights.value is None:
            return Candidate(None, None)
        dual = None if fit.dual_value is None else scaled.dual(-fit.dual_value)
        return Candidate(scaled.measure(kinks, directions, weights.value), dual)

    return Program(problem, read)


def _dictionary_dual(scaled: Scaled, grid: FloatArray) -> Program:
    import cvxpy as cp

    x = scaled.problem.x
    kinks, directions = scaled.problem.features.over(grid, x)
    matrix = feature_matrix(scaled.at(x), scaled.at(kinks), directions)
    alpha = cp.Variable(x.size, name="alpha")
    above, below = matrix.T @ alpha <= 1, matrix.T @ alpha >= -1
    problem = cp.Problem(cp.Maximize(scaled.y @ alpha), [above, below])

    def read() -> Candidate:
        if alpha.value is None:
            return Candidate(None, None)
        weights = _difference(above, below)
        return Candidate(None if weights is None else scaled.measure(kinks, directions, weights), scaled.dual(alpha.value))

    return Program(problem, read)


def _second_difference(x: FloatArray) -> tuple[sp.csr_array, FloatArray]:
    """Return the rows F ↦ slope changes, each multiplied by its smaller gap, and those gaps."""
    import scipy.sparse as sp

    gaps = np.diff(x)
    smaller = np.minimum(gaps[1:], gaps[:-1])
    left, right = smaller / gaps[:-1], smaller / gaps[1:]
    n = x.size
    return sp.diags_array(np.stack([left, -(left + right), right]), offsets=[0, 1, 2], shape=(n - 2, n)).tocsr(), smaller


def _ends(scaled: Scaled) -> tuple[FloatArray, FloatArray, FloatArray]:
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


def _sparse_primal(scaled: Scaled) -> Program:
    import cvxpy as cp

    x, u = scaled.problem.x, scaled.at(scaled.problem.x)
    n = x.size
    rows, smaller = _second_difference(u)
    end_kinks, end_directions, reach = _ends(scaled)
    values = cp.Variable(n, name="values")
    rising, falling = cp.Variable(n - 2, name="rising"), cp.Variable(n - 2, name="falling")
    ends = cp.Variable(end_kinks.size, name="ends")
    fit = values == scaled.y
    constraints = [
        fit,
        rows @ values == cp.multiply(smaller, rising + falling),
        values[0] == (u[1:-1] - u[0]) @ falling + reach[0] @ ends,
        values[n - 1] == (u[-1] - u[1:-1]) @ rising + reach[1] @ ends,
    ]
    cost = cp.norm1(rising) + cp.norm1(falling) + cp.norm1(ends)
    problem = cp.Problem(cp.Minimize(cost), constraints)

    def read() -> Candidate:
        if values.value is None:
            return Candidate(None, None)
        kinks, directions = _sparse_atoms(x, end_kinks, end_directions)
        weights = np.concatenate([ends.value, rising.value, falling.value])
        dual = None if fit.dual_value is None else scaled.dual(-fit.dual_value)
        return Candidate(scaled.measure(kinks, directions, weights), dual)

    return Program(problem, read)


def _sparse_dual(scaled: Scaled) -> Program:
    import cvxpy as cp

    x, u = scaled.problem.x, scaled.at(scaled.problem.x)
    n, y = x.size, scaled.y
    end_kinks, end_directions, reach = _ends(scaled)
    eta = cp.Variable(n - 2, name="eta")
    corner = cp.Variable(2, name="corner")  # p and q, that is η(x_n, -1) and η(x_1, +1)
    to_last, from_first = (u[-1] - u[1:-1]) / (u[-1] - u[0]), (u[1:-1] - u[0]) / (u[-1] - u[0])
    twin = eta - cp.multiply(to_last, corner[1]) + cp.multiply(from_first, corner[0])
    # an affine feature with values (f_1, f_n) at the ends of the data pairs to (p f_1 + q f_n) / L
    outer = reach.T @ corner / (u[-1] - u[0])
    pairs = [(eta <= 1, eta >= -1), (twin <= 1, twin >= -1), (outer <= 1, outer >= -1)]
    changes = slope_changes(u, y)
    gain = changes @ eta - (changes @ to_last) * corner[1] + (corner[0] * y[0] + corner[1] * y[-1]) / (u[-1] - u[0])
    problem = cp.Problem(cp.Maximize(gain), [constraint for pair in pairs for constraint in pair])

    def read() -> Candidate:
        if corner.value is None:
            return Candidate(None, None)
        p, q = (float(v) for v in corner.value)
        nodes = np.concatenate([[q], eta.value, [0.0]])
        certificate = LineCertificate(x, nodes, p, q, (scaled.problem.features.lo, scaled.problem.features.hi))
        parts = [_difference(*pair) for pair in pairs]
        if any(part is None for part in parts):
            return Candidate(None, certificate.dual(), certificate=certificate)
        kinks, directions = _sparse_atoms(x, end_kinks, end_directions)
        weights = np.concatenate([part for part in (parts[2], parts[0], parts[1]) if part is not None])
        return Candidate(scaled.measure(kinks, directions, weights), certificate.dual(), certificate=certificate)

    return Program(problem, read)


def _sparse_atoms(x: FloatArray, end_kinks: FloatArray, end_directions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return kinks and directions in the order ends, rising, falling."""
    inner = x[1:-1]
    kinks = np.concatenate([end_kinks, inner, inner])
    return kinks, np.concatenate([end_directions, np.full(inner.size, RISING), np.full(inner.size, FALLING)])


def _difference(above: cvxpy.Constraint, below: cvxpy.Constraint) -> FloatArray | None:
    """Return the multipliers of a ≤ 1 minus those of -1 ≤ a: the primal weights."""
    if above.dual_value is None or below.dual_value is None:
        return None
    weights: FloatArray = np.asarray(above.dual_value - below.dual_value, dtype=np.float64)
    return weights
