"""Problems on the sphere over a finite set of features, as CVXPY programs.

With features of cost 1 as the columns of Φ, divided by their largest value, and targets by theirs, λ accordingly:

primal   min Σ ‖v_j‖   s.t.  Φ V (+ affine part) = F,  F_i ∈ C_i          dual   max -Σ σ_{C_i}(-β_i)   s.t.  ‖Φᵀβ‖ ≤ 1 (and Aᵀβ = 0)
         min Σ ‖v_j‖ + (λ/2) ‖ρ‖²   s.t.  Φ V + λ ρ = y                          max Σ β·y - (λ/2) ‖β‖²
         min Σ ‖v_j‖ + L(F)/λ   s.t.  Φ V = F                                     max -L*(-λβ)/λ

for sets, for the squared loss, whose residuals are λρ, so that a small λ costs no accuracy, and for other losses. α = λβ. For data as
they are the objectives are multiplied by λ, which makes them those of the problem.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from implicit_bias.certificates.oracles import spread_features
from implicit_bias.errors import OptionError
from implicit_bias.methods.programs.base import Program, Stated
from implicit_bias.numerics.arrays import FloatArray, as_floats
from implicit_bias.numerics.differences import second_differences
from implicit_bias.problems import SphereProblem
from implicit_bias.problems.candidate import Candidate
from implicit_bias.problems.feasibility import ridge_features

GRID = 1000
"""Features of a dictionary besides those at the data, unless another number or grid is given."""


class DictionarySphere(Program[SphereProblem]):
    """The measure on a grid of features."""

    name, title, suits = "dictionary", "The dictionary program", (SphereProblem,)
    takes = Program.takes | {"grid"}
    instead = " and there is no sparse one"
    cost = "the backend's, dense: 1000 features besides those at the data"
    proved = "the gap, which contains what the grid misses; for more than two inputs the supremum is searched for"

    def cone(self, problem: SphereProblem) -> str:
        """Return what the problem itself needs."""
        return problem.cone

    def check_grid(self, problem: SphereProblem, grid: Any) -> None:
        """Raise :class:`OptionError` for a grid that is none."""
        dictionary_features(problem, grid)

    def state(self, problem: SphereProblem, form: str, grid: Any, scaled: bool) -> Stated:
        """Return the program in the weights of the features, or its dual."""
        return Columns(problem, dictionary_features(problem, grid), scaled).program(form)


def dictionary_features(problem: SphereProblem, grid: Any = None) -> FloatArray:
    """Return features, unit rows (m, d+1): those with kinks at the data, or ridges that can make any values, and a grid.

    ``grid`` adds features: how many to spread evenly over the sphere (over the angles atan t of kinks t for one input), an array of
    kinks for one input, or of unit rows.
    """
    grid = GRID if grid is None else grid
    if np.ndim(grid) == 0:
        count = int(grid) if np.asarray(grid).dtype.kind in "iu" else -1
        if count < 1:
            raise OptionError(f"grid must be an array or a positive whole number, not {grid!r}.")
        more = _evenly(count) if problem.inputs == 1 else spread_features(problem.inputs + 1, count)
    elif problem.inputs == 1 and np.ndim(grid) == 1:
        more = _facing_both_ways(as_floats(grid, "grid"))
    else:
        more = as_floats(grid, "grid", (len(grid), problem.inputs + 1))
        lengths = np.linalg.norm(more, axis=1)
        if not (lengths > 0).all():
            raise OptionError("grid must be made of features that are not zero.")
        more /= lengths[:, None]
    features = np.concatenate([first_features(problem), more])
    return useful_features(problem, features[features[:, 0] > 0] if problem.free else features)  # one facing bends as the other


def useful_features(problem: SphereProblem, features: FloatArray) -> FloatArray:
    """Return the different features that are not zero on the data, and that bend on it if an affine part is free."""
    heights = problem.rows @ features.T
    useful = (heights > 0).any(axis=0)
    if problem.free:
        useful &= (heights < 0).any(axis=0)
    return np.unique(features[useful], axis=0)


def first_features(problem: SphereProblem) -> FloatArray:
    """Return features that can make any values: kinks at the data and the constant, or for several inputs ridges."""
    points = problem.places[0]
    if problem.inputs == 1:
        return np.concatenate([_facing_both_ways(points[:, 0]), [[0.0, 1.0]]])
    return ridge_features(points)


def _facing_both_ways(kinks: FloatArray) -> FloatArray:
    rising = np.stack([np.ones_like(kinks), -kinks], axis=1) / np.hypot(1.0, kinks)[:, None]
    return np.concatenate([rising, -rising])


def _evenly(count: int) -> FloatArray:
    angles = np.linspace(-np.pi / 2, np.pi / 2, count + 2)[1:-1]
    rising = np.stack([np.cos(angles), -np.sin(angles)], axis=1)
    return np.concatenate([rising, -rising])


class Columns:
    """The program over given features."""

    def __init__(self, problem: SphereProblem, features: FloatArray, scaled: bool) -> None:
        self.problem, self.features = problem, features
        self.size = (float(problem.columns(features).max(initial=0.0)) or 1.0) if scaled else 1.0
        self.rows, columns = row_operations(problem, features)
        self.columns = columns / self.size
        self.height = float(problem.scale) if scaled and problem.fit.homogeneous else 1.0
        self.level = stated_level(problem, problem.level / (self.size * self.height), scaled)
        self.unit = 1.0 if scaled else problem.level
        self.affine = self.rows @ problem.rows if problem.free else np.empty((len(problem), 0))
        self.outputs = () if problem.outputs is None else (problem.outputs,)

    def program(self, form: str) -> Stated:
        """Return the program in a form."""
        return self._primal() if form == "primal" else self._dual()

    def _primal(self) -> Stated:
        import cvxpy as cp

        count = self.columns.shape[1]
        weights, cost = _group_norms((count, *self.outputs))
        line = cp.Variable(self.affine.shape[1], name="affine")
        made = self.columns @ weights + (self.affine @ line if self.problem.free else 0)
        tie, more, constraints = self.problem.fit.divided(self.height).tie(made, self.rows, self.level)
        stated = cp.Problem(cp.Minimize(self.unit * (cost + more)), [tie, *constraints])

        def read() -> Candidate:
            if weights.value is None:
                return Candidate(None, None)
            dual = None if tie.dual_value is None else self._alpha(-(self.rows.T @ np.asarray(tie.dual_value)) / self.unit)
            return Candidate(self._measure(weights.value, line.value), dual)

        return Stated(stated, read)

    def _dual(self) -> Stated:
        import cvxpy as cp

        beta = cp.Variable(self.problem.fit.shape, name="beta")
        worth, constraints = self.problem.fit.divided(self.height).dual_program(beta, self.level)
        columns = self.problem.columns(self.features) / self.size
        at_features = columns.T @ beta
        if self.outputs:
            eta = cp.Variable((columns.shape[1], *self.outputs), name="eta")
            ball = [eta == at_features, cp.norm(eta, 2, axis=1) <= 1]
        else:
            ball = [at_features <= 1, at_features >= -1]
        legal = self.problem.rows.T @ beta == 0
        stated = cp.Problem(cp.Maximize(self.unit * worth), [*ball, *constraints, *([legal] if self.problem.free else [])])

        def read() -> Candidate:
            if beta.value is None:
                return Candidate(None, None)
            found = [part.dual_value for part in ball]
            line = legal.dual_value if self.problem.free else np.empty(0)
            missing = line is None or any(part is None for part in found)
            weights = None if missing else -np.asarray(found[0]) if self.outputs else found[0] - found[1]
            measure = None if weights is None else self._measure(weights / self.unit, line / self.unit)
            return Candidate(measure, self._alpha(beta.value))

        return Stated(stated, read)

    def _alpha(self, beta: FloatArray) -> FloatArray:
        """Return dual variables in the user's units."""
        return np.asarray(beta, dtype=np.float64) * (self.problem.level / self.size)

    def _measure(self, weights: FloatArray, line: FloatArray | None) -> Any:
        """Return the measure in the user's units."""
        affine = np.asarray(line, dtype=np.float64) * self.height if self.problem.free else None
        return self.problem.measure(self.features, np.asarray(weights, dtype=np.float64) * (self.height / self.size), affine)


def stated_level(problem: SphereProblem, level: float, scaled: bool) -> float:
    """Return the λ to state: below some λ a loss can be an exact penalty, and a program to be solved need not go further."""
    return max(level, problem.fit.least_level) if scaled else level


def row_operations(problem: SphereProblem, features: FloatArray) -> tuple[Any, FloatArray]:
    """Return sparse T, (n, n) and invertible, and T Φ: for one input the slope changes at interior points, and both end values.

    There a feature's column has two entries besides the ends, and close points do not make rows alike. Several inputs, and
    repeated points, have T = 1.
    """
    import scipy.sparse as sp

    n = len(problem)
    if problem.inputs > 1 or len(problem.places[0]) < n:
        return sp.eye_array(n, format="csr"), problem.columns(features)
    x = problem.x
    gaps = np.diff(x)
    inner, scale = second_differences(gaps)
    ends = sp.csr_array((np.ones(2), ([0, 1], [0, n - 1])), shape=(2, n))
    tilt = np.where(np.abs(features[:, 0]) > 0, features[:, 0], 1.0)
    t, j = -features[:, 1] / tilt, np.arange(len(features))
    inside = (features[:, 0] != 0) & (t >= x[0]) & (t < x[-1])
    gap = np.clip(np.searchsorted(x, t, side="right") - 1, 0, n - 2)
    steep = np.abs(features[:, 0]) * inside
    left, right = steep * (x[gap + 1] - t) / gaps[gap], steep * (t - x[gap]) / gaps[gap]
    made = np.zeros((n, len(features)))  # a row for each point, the ends of which are dropped
    np.add.at(made, (gap, j), left)
    np.add.at(made, (gap + 1, j), right)
    columns = np.concatenate([made[1:-1] * scale[:, None], problem.columns(features)[[0, -1]]])
    return sp.csr_array(sp.vstack([inner, ends])), columns


def _group_norms(shape: tuple[int, ...]) -> tuple[Any, Any]:
    """Return weights and Σ ‖v_j‖ as CVXPY expressions: two nonnegative parts for one output, cones for several."""
    import cvxpy as cp

    if len(shape) == 2:
        weights = cp.Variable(shape, name="weights")
        return weights, cp.sum(cp.norm(weights, 2, axis=1))
    # both signs apart: HiGHS fails on |·| of many nearly parallel columns
    parts = [cp.Variable(shape, nonneg=True, name=name) for name in ("positive", "negative")]
    return parts[0] - parts[1], cp.sum(parts[0]) + cp.sum(parts[1])
