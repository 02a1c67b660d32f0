"""What problems on distinct points of a line have in common."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from implicit_bias import tolerances
from implicit_bias.arrays import FloatArray, as_floats, own
from implicit_bias.errors import DataError
from implicit_bias.fits import Values


def increasing(x: Any) -> FloatArray:
    """Return points as a frozen array if they are at least two and strictly increasing, or raise :class:`DataError`."""
    points = as_floats(x, "x")
    if points.size < 2 or not (points[1:] > points[:-1]).all():
        raise DataError("x must be strictly increasing with at least two points; RegressionProblem sorts and merges.")
    return own(points)


class Line:
    """Points on a line, and what their distances allow float64 to say."""

    x: FloatArray

    def __len__(self) -> int:
        return self.x.size

    @cached_property
    def resolution(self) -> float:
        """64 ε L / (smallest gap): weights and α are second differences, rounded at the scale of the closest points."""
        return tolerances.ATOMS * float(self.x[-1] - self.x[0]) / self.smallest_gap

    @cached_property
    def smallest_gap(self) -> float:
        """The smallest distance of two points."""
        return float(np.diff(self.x).min())


class Interpolation(Line):
    """Scalar regression on a line, judged in node values."""

    fit: Values

    @property
    def kind(self) -> str:
        """The word for this problem in tables and JSON."""
        return self.fit.kind

    @property
    def outputs(self) -> int | None:
        """How many outputs f has: one, without an axis of its own."""
        return None

    @property
    def interpolates(self) -> bool:
        """Whether this is scalar regression, which is judged in node values: always so."""
        return True

    @property
    def y(self) -> FloatArray:
        """The targets."""
        return self.fit.y

    @property
    def shown(self) -> tuple[float, float]:
        """The part of the line that pictures show."""
        return float(self.x[0]), float(self.x[-1])

    @property
    def scale(self) -> float:
        """Size of the targets."""
        return self.fit.scale

    def check_shape(self) -> None:
        """Raise :class:`DataError` unless there is one target a point."""
        if self.fit.shape != self.x.shape:
            raise DataError(f"There are {self.x.size} points, but the fit is of shape {self.fit.shape}.")
