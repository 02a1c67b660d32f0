"""Spline problems as quadratic programs in CVXPY, on a grid of cells that contains the data.

``dictionary``         problem (17) over densities: g = u x + v + ∫ ζ(c) ℓ(c) [x - c]₊ dc with ℓ constant on each cell, so that
                       each cell is one feature, exactly; minimise Σ mass_k ℓ_k². (The density γ(W, c) of (17) is |W| ℓ(c) at
                       its optimum, which leaves ζ of ν.) Its value is never below the true one.
``finite-difference``  unknowns are the values of g on the grid; second differences take the place of g''.

Both are approximations whose error falls with the square of the cells' size; the gap of the answer shows how large it is.
The programs for smoothing have Σ w (g - y)² in place of the constraints.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.errors import OptionError
from implicit_bias.methods.exact.spline import with_chosen_regularization
from implicit_bias.methods.programs.base import Program, Reduction, Stated, unchanged
from implicit_bias.numerics.arrays import FloatArray, as_floats
from implicit_bias.numerics.differences import second_differences
from implicit_bias.problems.splines.bounds import SplineCandidate
from implicit_bias.problems.splines.curvature import SplineProblem
from implicit_bias.problems.splines.spline import Spline

if TYPE_CHECKING:
    import cvxpy

CELLS = 400
"""Further places of the grid, if nothing is said."""


@dataclass(frozen=True, eq=False)
class ScaledSpline:
    """A problem's data after x ↦ (x - shift)/length, y ↦ y/height and ζ ↦ ζ/flexibility, and the way back.

    ``bends`` is the unit of the variables whose squares are minimised: about their norm, so that objectives are about 1.
    """

    problem: SplineProblem
    regularization: float | None
    shift: float
    length: float
    height: float
    flexibility: float
    bends: float

    @classmethod
    def unit(cls, problem: SplineProblem, regularization: float | None) -> ScaledSpline:
        """Scale to [0, 1], max|y| = 1 and mean ζ = 1, which backends like best."""
        length = float(problem.x[-1] - problem.x[0])
        left, cross, right = problem.gaps.moments
        mass = float(np.sum(left + 2 * cross + right))
        height, flexibility = problem.scale or 1.0, mass / length or 1.0
        able = problem.gaps.diagonal > 0
        rough = np.sum(problem.changes[able] ** 2 / problem.gaps.diagonal[able])  # an energy, if every point bent by itself
        bends = float(np.sqrt(rough * length**3 * flexibility)) / height or 1.0
        return cls(problem, regularization, float(problem.x[0]), length, height, flexibility, bends)

    @classmethod
    def none(cls, problem: SplineProblem, regularization: float | None) -> ScaledSpline:
        """Leave the data as they are."""
        return cls(problem, regularization, 0.0, 1.0, 1.0, 1.0, 1.0)

    def at(self, x: FloatArray) -> FloatArray:
        """Return scaled positions."""
        return (x - self.shift) / self.length

    @property
    def y(self) -> FloatArray:
        """ScaledSpline targets."""
        return self.problem.y / self.height

    @property
    def energy_unit(self) -> float:
        """What an energy of scaled data over height² is measured in."""
        return 1 / (self.length**3 * self.flexibility)

    def tied(self, energy: Any, values: Any) -> tuple[cvxpy.Problem, Callable[[], FloatArray | None]]:
        """Return the program for an energy and the values at the data, and how to read α from it: ℓ is Σ α_i [x_i - x]₊."""
        import cvxpy as cp

        if self.regularization is None:
            tie = values == self.y
            return cp.Problem(cp.Minimize(energy), [tie]), lambda: None if tie.dual_value is None else -(self.bends**2) * tie.dual_value / 2
        weight = self.regularization * self.energy_unit
        fit = cp.sum_squares(cp.multiply(np.sqrt(self.problem.counts), values - self.y))
        program = cp.Problem(cp.Minimize(fit + weight * self.bends**2 * energy))
        return program, lambda: None if values.value is None else self.problem.counts * (self.y - values.value) / weight

    def candidate(self, values: FloatArray | None, alpha: FloatArray | None) -> SplineCandidate:
        """Return what was found in the user's units."""
        return SplineCandidate(self.spline(values, alpha), self.regularization)

    def spline(self, values: FloatArray | None, alpha: FloatArray | None) -> Spline | None:
        """Return the spline in the user's units, or None if the backend gave no usable numbers."""
        if values is None or alpha is None or not (np.isfinite(values).all() and np.isfinite(alpha).all()):
            return None
        x = self.at(self.problem.x)
        # ℓ from the right; a line makes it legal, that is zero at both ends
        slopes = np.cumsum(alpha[:0:-1])[::-1]
        bending = np.append(np.cumsum((slopes * np.diff(x))[::-1])[::-1], 0.0)
        bending -= bending[0] * (x[-1] - x) / (x[-1] - x[0])
        bending[[0, -1]] = 0.0
        unit = self.height / (self.length**2 * self.flexibility)
        return Spline(self.problem.x, values * self.height, bending * unit, self.problem.zeta)


class _SplineProgram(Program[SplineProblem]):
    """A quadratic program on a grid."""

    suits = (SplineProblem,)
    takes = Program.takes | {"grid"}
    forms = ("primal",)
    proved = "the gap, which contains the grid's error"

    def cone(self, problem: SplineProblem) -> str:
        """Return "QP"."""
        return "QP"

    def check_grid(self, problem: SplineProblem, grid: Any) -> None:
        """Raise :class:`OptionError` for a grid that is none."""
        _places(problem, grid)

    def reduction(self, problem: SplineProblem) -> Reduction:
        """Return the problem with its λ, by cross-validation if it says so."""
        stated, remark = with_chosen_regularization(problem)
        return Reduction(stated, unchanged, remark)

    def state(self, problem: SplineProblem, form: str, grid: Any, scaled: bool) -> Stated:
        """Return the program on data in [0, 1] with max|y| = 1 and mean ζ = 1, or as they are."""
        stated, _ = with_chosen_regularization(problem)
        weight = stated.regularization
        return self._stated(ScaledSpline.unit(stated, weight) if scaled else ScaledSpline.none(stated, weight), _places(stated, grid))

    @abstractmethod
    def _stated(self, scaled: ScaledSpline, places: FloatArray) -> Stated:
        """Return the program for the ends of the cells."""


class FiniteDifference(_SplineProgram):
    """Values on a grid, with second differences in place of g''."""

    name, title = "finite-difference", "The finite-difference program"
    cost = "the backend's, sparse: 400 places besides the data"

    def _stated(self, scaled: ScaledSpline, places: FloatArray) -> Stated:
        return _finite_difference(scaled, places)


class DictionarySpline(_SplineProgram):
    """Problem (17) over densities that are constant on cells."""

    name, title = "dictionary", "The dictionary program"
    cost = "the backend's, dense: 400 cells besides the data"

    def _stated(self, scaled: ScaledSpline, places: FloatArray) -> Stated:
        return _dictionary(scaled, places)


def _places(problem: SplineProblem, grid: Any) -> FloatArray:
    """Return the ends of the cells: the data, and what the grid adds within their range."""
    first, last = problem.x[0], problem.x[-1]
    if grid is None or isinstance(grid, (int, np.integer)):
        count = CELLS if grid is None else int(grid)
        if count < 0 or isinstance(grid, bool):
            raise OptionError(f"grid must be a number of places ≥ 0 or an array of places, not {grid!r}.")
        further = np.linspace(first, last, count + 2)[1:-1]
        closest = 1e-3 * (last - first) / (count + 1)
    else:
        further, closest = as_floats(grid, "grid"), 1e-9 * (last - first)
        if further.size and (further.min() < first or further.max() > last):
            raise OptionError(f"grid must lie within the data, in [{first:.6g}, {last:.6g}].")
    # places that nearly coincide with a datum would only spoil the condition
    nearest = np.rint(np.interp(further, problem.x, np.arange(len(problem)))).astype(np.int64)
    further = further[np.abs(further - problem.x[nearest]) > closest]
    return np.union1d(problem.x, further)


def _dictionary(scaled: ScaledSpline, places: FloatArray) -> Stated:
    import cvxpy as cp

    problem = scaled.problem
    left, cross, right = problem.zeta.moments(places[:-1], places[1:])
    mass = left + 2 * cross + right
    live = mass > 0
    centres = places[:-1][live] + np.diff(places)[live] * ((cross + right)[live] / mass[live])
    root = np.sqrt(mass[live] / (scaled.length * scaled.flexibility))
    x = scaled.at(problem.x)
    features = np.maximum(0.0, x[:, None] - scaled.at(centres)) * (scaled.bends * root)
    weights, line = cp.Variable(root.size, name="weights"), cp.Variable(2, name="line")
    values = features @ weights + np.stack([np.ones_like(x), x], axis=1) @ line
    program, alpha = scaled.tied(cp.sum_squares(weights), values)
    return Stated(program, lambda: scaled.candidate(values.value, alpha()))


def _finite_difference(scaled: ScaledSpline, places: FloatArray) -> Stated:
    import cvxpy as cp

    problem = scaled.problem
    left, cross, right = problem.zeta.moments(places[:-1], places[1:])
    mass = ((cross + right)[:-1] + (left + cross)[1:]) / (scaled.length * scaled.flexibility)
    differences, smaller = second_differences(np.diff(scaled.at(places)))
    count = places.size
    heights, bends = cp.Variable(count, name="heights"), cp.Variable(count - 2, name="bends")
    values = heights[np.searchsorted(places, problem.x)]
    program, alpha = scaled.tied(cp.sum_squares(bends), values)
    smooth = differences @ heights == cp.multiply(scaled.bends * smaller * np.sqrt(mass), bends)
    whole = cp.Problem(program.objective, [*program.constraints, smooth])
    return Stated(whole, lambda: scaled.candidate(values.value, alpha()))
