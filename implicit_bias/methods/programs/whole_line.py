"""Kinks on the whole line as CVXPY programs: over a dictionary of kinks, and for problem (4) in shares of the arcs.

With rows divided by the points' weights and columns by the features' costs, features are sin(φ_i - τ)₊ on the sphere.

``dictionary``  min ‖ω‖₁  s.t.  Ψ ω (+ affine part) = y_i / w_i       dual  max Σ β_i y_i / w_i  s.t.  |Ψᵀβ| ≤ 1 (and Aᵀβ = 0)
``sparse``      problem (4): unknowns are the shares U, V ≥ 0 of each arc, facing and sign; a second-order cone an arc, a row for each
                interior point's slope change, and two dense rows for the ends. Its multipliers are node values of η.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from implicit_bias.certificates.certificate import ArcCertificate
from implicit_bias.errors import OptionError
from implicit_bias.measures import FALLING, RISING, Measure
from implicit_bias.measures.circle import Shares
from implicit_bias.measures.features import feature_matrix
from implicit_bias.methods.programs.base import Program, Stated
from implicit_bias.numerics.arrays import FloatArray, as_floats
from implicit_bias.problems import WholeLineProblem
from implicit_bias.problems.candidate import Candidate

ANGLES = 1000
"""Kinks of a dictionary on the sphere besides the data, unless another number or grid is given."""


class SparseWholeLine(Program[WholeLineProblem]):
    """Problem (4) in shares of the arcs."""

    name, title, suits = "sparse", "The sparse program", (WholeLineProblem,)
    forms = ("primal",)
    cost = "the backend's, sparse: a second-order cone an arc"

    def objection(self, problem: WholeLineProblem) -> str | None:
        """Return that there is none with a free affine part."""
        return "With a free affine part there is no sparse program." if problem.free else None

    def cone(self, problem: WholeLineProblem) -> str:
        """Return "SOCP"."""
        return "SOCP"

    def state(self, problem: WholeLineProblem, form: str, grid: Any, scaled: bool) -> Stated:
        """Return the program in shares."""
        return _sparse(problem, scaled)


class DictionaryWholeLine(Program[WholeLineProblem]):
    """The measure on a grid of kinks, of angles on the sphere."""

    name, title, suits = "dictionary", "The dictionary program", (WholeLineProblem,)
    takes = Program.takes | {"grid"}
    instead = " and there is no sparse one"
    cost = "the backend's, dense: 1000 kinks besides the data"
    proved = "the gap, which contains what the grid misses"

    def cone(self, problem: WholeLineProblem) -> str:
        """Return "LP"."""
        return "LP"

    def check_grid(self, problem: WholeLineProblem, grid: Any) -> None:
        """Raise :class:`OptionError` for a grid that is none."""
        angle_grid(problem, grid)

    def state(self, problem: WholeLineProblem, form: str, grid: Any, scaled: bool) -> Stated:
        """Return the program in the weights of the features, or its dual."""
        return _Dictionary.of(problem, grid, scaled).program(form)


def angle_grid(problem: WholeLineProblem, grid: Any = None) -> FloatArray:
    """Return an increasing grid of kinks that contains the data.

    ``grid`` adds kinks: an array of them, or how many to space evenly, in angles atan t on the sphere (all over the line, or within
    the data if an affine part is free), along the data's range for unit weight.
    """
    x, curved = problem.x, problem.arcs.curved
    if grid is None:
        grid = ANGLES if curved else x
    if np.ndim(grid) == 0:
        count = int(grid) if np.asarray(grid).dtype.kind in "iu" else -1
        if count < 1:
            raise OptionError(f"grid must be an array of kinks or a positive whole number, not {grid!r}.")
        if not curved:
            more = np.linspace(x[0], x[-1], count)
        elif problem.free:
            more = np.tan(np.linspace(np.arctan(x[0]), np.arctan(x[-1]), count))
        else:
            more = np.tan(np.linspace(-np.pi / 2, np.pi / 2, count + 2)[1:-1])
    else:
        more = as_floats(grid, "grid")
    return np.unique(np.concatenate([x, more]))


class _Dictionary:
    """The program over a grid of kinks."""

    def __init__(self, problem: WholeLineProblem, kinks: FloatArray, directions: FloatArray, scaled: bool) -> None:
        arcs, self.problem, self.kinks, self.directions = problem.arcs, problem, kinks, directions
        self.costs = arcs.weight(kinks)
        matrix = feature_matrix(problem.x, kinks, directions) / np.outer(arcs.sizes, self.costs)
        if not problem.free:  # the constant 1 is a feature of cost 1
            matrix = np.column_stack([matrix, 1 / arcs.sizes])
        self.size = arcs.reach if scaled else 1.0
        self.matrix = matrix / self.size
        targets = problem.y / arcs.sizes
        self.height = (float(np.abs(targets).max()) or 1.0) if scaled else 1.0
        self.targets = targets / self.height
        centre = np.stack([arcs.from_first * arcs.sizes[0] / (problem.x[-1] - problem.x[0]), 1 / arcs.sizes], axis=1)
        self.affine = centre if problem.free else np.empty((len(problem), 0))

    @classmethod
    def of(cls, problem: WholeLineProblem, grid: Any, scaled: bool) -> _Dictionary:
        """Take the features on a grid that are not zero on the data; with a free affine part, those that bend on it, facing right."""
        kinks, x = angle_grid(problem, grid), problem.x
        if problem.free:
            kinks = kinks[(kinks > x[0]) & (kinks < x[-1])]
            return cls(problem, kinks, np.full(kinks.size, RISING), scaled)
        rising, falling = kinks[kinks < x[-1]], kinks[kinks > x[0]]
        directions = np.repeat([RISING, FALLING], [rising.size, falling.size])
        return cls(problem, np.concatenate([rising, falling]), directions, scaled)

    def program(self, form: str) -> Stated:
        """Return the program in a form."""
        return self._primal() if form == "primal" else self._dual()

    def _primal(self) -> Stated:
        import cvxpy as cp

        count = self.matrix.shape[1]
        # both signs apart: HiGHS fails on |·| of many nearly parallel columns
        parts = [cp.Variable(count, nonneg=True, name=name) for name in ("positive", "negative")]
        weights = parts[0] - parts[1]
        line = cp.Variable(self.affine.shape[1], name="affine")
        tie = self.matrix @ weights + self.affine @ line == self.targets
        problem = cp.Problem(cp.Minimize(cp.sum(parts[0]) + cp.sum(parts[1])), [tie])

        def read() -> Candidate:
            if weights.value is None:
                return Candidate(None, None)
            dual = None if tie.dual_value is None else self._alpha(-tie.dual_value)
            return Candidate(self._measure(weights.value, line.value), dual)

        return Stated(problem, read)

    def _dual(self) -> Stated:
        import cvxpy as cp

        beta = cp.Variable(self.targets.size, name="beta")
        rows = self.matrix.T @ beta
        ball = [rows <= 1, rows >= -1]
        legal = self.affine.T @ beta == 0
        problem = cp.Problem(cp.Maximize(self.targets @ beta), [*ball, legal])

        def read() -> Candidate:
            if beta.value is None:
                return Candidate(None, None)
            found = [part.dual_value for part in (*ball, legal)]
            measure = None if any(part is None for part in found) else self._measure(found[0] - found[1], found[2])
            return Candidate(measure, self._alpha(beta.value))

        return Stated(problem, read)

    def _alpha(self, beta: FloatArray) -> FloatArray:
        """Return dual variables in the user's units."""
        return np.asarray(beta, dtype=np.float64) / (self.problem.arcs.sizes * self.size)

    def _measure(self, weights: FloatArray, line: FloatArray | None) -> Measure:
        """Return the measure in the user's units."""
        count, unit = self.kinks.size, self.height / self.size
        atoms = weights[:count] / self.costs * unit
        live = atoms != 0
        constant = float(weights[count] * unit) if weights.size > count else 0.0
        affine = None
        if self.problem.free and line is not None:
            x = self.problem.x
            slope = float(line[0]) * self.height / float(x[-1] - x[0])
            affine = (slope, float(line[1]) * self.height - slope * float(x[0]))
        return Measure(self.kinks[live], self.directions[live], atoms[live], constant, affine)


def _sparse(problem: WholeLineProblem, scaled: bool) -> Stated:
    """Return problem (4) in shares; rows are: the bends of interior points, then both ends."""
    import cvxpy as cp

    arcs, n = problem.arcs, len(problem)
    bends, values = problem.bends * problem.y_unit, problem.y / arcs.sizes
    height = max(float(np.abs(bends).max(initial=0.0)), float(np.abs(values).max()) / arcs.reach) if scaled else 1.0
    height = height or 1.0
    rising, falling = _Part(arcs.halves), _Part(arcs.halves)
    tail = _Part(np.array([arcs.tail]))  # from x_n - x to x - x_1
    up, down = rising.at_nodes(n), falling.at_nodes(n)
    fall, rise = tail.left[0], tail.right[0]
    reach, whole = arcs.reach, arcs.to_last[0] / arcs.reach
    constraints = [
        up[1:-1] + down[1:-1] == bends / height,
        arcs.from_first / reach @ down + whole * fall == values[0] / reach / height,
        arcs.to_last / reach @ up + whole * rise == values[-1] / reach / height,
    ]
    stated = cp.Problem(cp.Minimize(rising.cost + falling.cost + tail.cost), constraints)

    def read() -> Candidate:
        found = [part.shares(height / problem.y_unit) for part in (rising, falling)]
        if found[0] is None or found[1] is None:
            return Candidate(None, None)
        pair = problem.repaired(found[0], found[1])
        bend, first, last = (constraint.dual_value for constraint in constraints)
        measure = measure_of_bent(problem, pair)
        if bend is None or first is None or last is None:
            return Candidate(measure, None, interpolant=pair)
        p, q = -float(first) * whole * arcs.sizes[-1], -float(last) * whole * arcs.sizes[0]
        inner = -np.asarray(bend, dtype=np.float64) - float(last) * arcs.to_last[1:-1] / reach
        nodes = np.concatenate([[q], inner * arcs.sizes[1:-1], [0.0]])
        certificate = ArcCertificate.of_nodes(arcs, nodes, p, q, problem.free).feasible()
        return Candidate(measure, certificate.dual(), interpolant=pair, certificate=certificate)

    return Stated(stated, read)


class _Part:
    """Kinks in arcs as variables: shares of both signs, and their cost."""

    def __init__(self, halves: FloatArray) -> None:
        import cvxpy as cp

        shares = [cp.Variable(halves.size, nonneg=True) for _ in range(4)]
        (left, right), (minus_left, minus_right) = shares[:2], shares[2:]
        self.left, self.right = left - minus_left, right - minus_right
        self.cost = sum(
            cp.sum(cp.norm(cp.vstack([cp.multiply(np.cos(halves), u + v), cp.multiply(np.sin(halves), u - v)]), 2, axis=0))
            for u, v in ((left, right), (minus_left, minus_right))
        )

    def at_nodes(self, n: int) -> Any:
        """Return what each of n nodes gets."""
        import scipy.sparse as sp

        first = sp.eye_array(n, n - 1, format="csr")
        return first @ self.left + sp.eye_array(n, n - 1, k=-1, format="csr") @ self.right

    def shares(self, unit: float) -> Shares | None:
        """Return the shares found, or None."""
        if self.left.value is None or self.right.value is None:
            return None
        left, right = np.asarray(self.left.value) * unit, np.asarray(self.right.value) * unit
        return Shares(left, right)


def measure_of_bent(problem: WholeLineProblem, pair: Any) -> Measure:
    """Return the atoms of a function with a penalised affine part."""
    x, sizes, arcs = problem.x, problem.arcs.sizes, problem.arcs
    kinks, directions, weights = [], [], []
    for facing, part, rest in ((RISING, pair.rising, pair.split), (FALLING, pair.falling, pair.at_nodes - pair.split)):
        left, right = part.left / sizes[:-1], part.right / sizes[1:]
        size = left + right
        inside = x[:-1] + np.diff(x) * np.divide(right, size, out=np.zeros_like(size), where=size != 0)
        kinks += [inside, x[1:-1]]
        weights += [size, rest / sizes[1:-1]]
        directions.append(np.full(2 * x.size - 3, facing))
    t, w = np.concatenate(kinks), np.concatenate(weights) * problem.y_unit
    live = w != 0
    fall, rise = (end * problem.y_unit / size for end, size in zip(pair.ends, (sizes[-1], sizes[0]), strict=True))
    atoms = Measure(t[live], np.concatenate(directions)[live], w[live])
    slope, intercept = rise - fall, fall * float(arcs.x[-1]) - rise * float(arcs.x[0])
    return atoms.plus(problem.affine_measure(slope, intercept))
