"""Points of one or several inputs from the columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from implicit_bias.data import Table
from implicit_bias.errors import DataError
from implicit_bias.numerics.arrays import LARGEST, FloatArray

TARGETS_TOO = "x and y are both the column {}; name the other one"


def spelt(value: float) -> str:
    """Return a number in as few digits as tell it from all others."""
    return repr(float(value)).removesuffix(".0")


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns that a problem is stated for.

    Attributes
    ----------
    table : where they are from
    names : of the inputs
    name : of the targets or labels
    x : (n,), or (n, d) for several inputs
    y : (n,)
    """

    table: Table
    names: tuple[str, ...]
    name: str
    x: FloatArray
    y: FloatArray

    @classmethod
    def of(cls, table: Table, xs: Sequence[str] | None, y: str | None, both: str = TARGETS_TOO) -> Columns:
        """Take inputs, by default the first column, and targets: by default the second column, or the last if there are several inputs.

        ``both`` is what to say of a column that is taken for both.

        Raises
        ------
        DataError
            On a column that is missing, named twice, or holds anything else than numbers.
        """
        given = [None] if not xs else list(xs)
        inputs = [table.column(name, 0) for name in given]
        names = tuple(table.columns[0] if name is None else name.strip() for name in given)
        for at, name in enumerate(names):
            if name in names[:at]:
                raise DataError(f"{table.source}: the column {name!r} is named twice with --x.")
        default = 1 if len(given) == 1 else len(table.columns) - 1
        values = table.column(y, default)
        target = table.columns[default] if y is None else y.strip()
        if target in names:
            raise DataError(f"{table.source}: {both.format(repr(target))}.")
        points = inputs[0] if len(inputs) == 1 else np.column_stack(inputs)
        return cls(table, names, target, points, values)

    @property
    def several(self) -> bool:
        """Whether there are several inputs."""
        return self.x.ndim == 2

    def error(self, row: int, what: str) -> DataError:
        """Return the error that a target is what it must not be."""
        return DataError(f"{self.table.source}: line {self.table.lines[row]}, column {self.name!r} {what}.")

    def refuse_large(self) -> None:
        """Refuse magnitudes that cannot be computed with, by line and column."""
        for name, values in (*zip(self.names, self.x.reshape(len(self.y), -1).T, strict=True), (self.name, self.y)):
            wrong = np.flatnonzero(np.abs(values) > LARGEST)
            if wrong.size:
                raise DataError(
                    f"{self.table.source}: line {self.table.lines[wrong[0]]}, column {name!r} is {values[wrong[0]]:.6g}; "
                    f"magnitudes up to {LARGEST:g} can be computed with. Rescale it."
                )

    def refuse_contradictions(self, values: Any, noun: str, why: str) -> None:
        """Refuse rows with the same point and different values, by their lines; ``why`` ends the sentence."""
        keys = self.x.reshape(len(self.y), -1)
        order = np.lexsort((values, *keys.T[::-1]))
        same = (keys[order[1:]] == keys[order[:-1]]).all(axis=1)
        clash = np.flatnonzero(same & (values[order[1:]] != values[order[:-1]]))
        if not clash.size:
            return
        low, high = order[clash[0]], order[clash[0] + 1]
        first, second = sorted((int(self.table.lines[low]), int(self.table.lines[high])))
        place = f"x = {spelt(self.x[low])}" if not self.several else f"inputs ({', '.join(map(spelt, keys[low]))})"
        raise DataError(
            f"{self.table.source}: line {first} and line {second} have the same {place} but different {noun} "
            f"({spelt(values[low])} and {spelt(values[high])}); {why}."
        )

    def stated(self, state: Any) -> Any:
        """Return what ``state()`` returns; its DataError gets the name of the file."""
        try:
            return state()
        except DataError as error:
            raise DataError(f"{self.table.source}: {error}") from error
