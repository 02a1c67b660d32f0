"""What problems on distinct points of a line have in common."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any

from implicit_bias.errors import DataError
from implicit_bias.fits import Values
from implicit_bias.measures.node_values import true_kinks
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.arrays import FloatArray, as_floats, frozen
from implicit_bias.problems.base import Constrained, OverMeasures
from implicit_bias.problems.units import Nodes


def increasing(x: Any) -> FloatArray:
    """Return points as a frozen array if they are at least two and strictly increasing, or raise :class:`DataError`."""
    points = as_floats(x, "x")
    if points.size < 2 or not (points[1:] > points[:-1]).all():
        raise DataError("x must be strictly increasing with at least two points; RegressionProblem sorts and merges.")
    return frozen(points)


def interpolant_kinks(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the inner points where two segments of the interpolant meet at an angle that is no rounding of y."""
    nodes = Nodes.of(x, y)
    kinks: FloatArray = x[1:-1][true_kinks(nodes.x, nodes.y, nodes.changes)]
    return kinks


class Line(OverMeasures):
    """Points on a line, and what their distances allow float64 to say."""

    @cached_property
    def resolution(self) -> float:
        """64 ε L / (smallest gap): weights and α are second differences, rounded at the scale of the closest points."""
        return tolerances.ATOMS * float(self.x[-1] - self.x[0]) / self.smallest_gap


class Interpolation(Line, Constrained):
    """Scalar regression on a line, judged in node values."""

    norm = 2
    interpolates = True
    if TYPE_CHECKING:

        @property
        @abstractmethod
        def fit(self) -> Values:
            """The sets C_i, or the loss."""

    def check_shape(self) -> None:
        """Raise :class:`DataError` unless there is one target a point."""
        if self.fit.shape != self.x.shape:
            raise DataError(f"There are {self.x.size} points, but the fit is of shape {self.fit.shape}.")
