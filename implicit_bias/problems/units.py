"""Data in units that suit float64."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from implicit_bias.measures.node_values import slope_changes
from implicit_bias.numerics.arrays import FloatArray, binary_unit, freeze, in_units


@dataclass(frozen=True, eq=False)
class Nodes:
    """Data in units that are powers of two, so that nothing overflows and nothing is rounded; and its slope changes."""

    x: FloatArray
    y: FloatArray
    x_unit: float
    y_unit: float

    @classmethod
    def of(cls, x: FloatArray, y: FloatArray) -> Nodes:
        """Choose units of the size of the range of x and of the largest |y|."""
        x_unit, y_unit = binary_unit(x[-1:] - x[:1]), binary_unit(y)
        return cls(in_units(x, x_unit), in_units(y, y_unit), x_unit, y_unit)

    @cached_property
    def changes(self) -> FloatArray:
        """Slope changes of the interpolant at the interior nodes."""
        return freeze(slope_changes(self.x, self.y))

    def cost(self, scaled: float) -> float:
        """Convert a cost, a slope or a weight from these units to the user's."""
        with np.errstate(over="ignore"):
            return float(np.float64(scaled) * self.y_unit / self.x_unit)
