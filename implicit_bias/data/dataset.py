"""Points and targets: validated once, sorted, merged, frozen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError
from implicit_bias.numerics.arrays import CLOSEST, LARGEST, FloatArray, as_floats, frozen


def _row(i: int) -> str:
    return f"row {i}"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Distinct points in increasing order with one target each: sorted, merged and frozen when it is made.

    Everything behind it may rely on what is promised here.

    Parameters
    ----------
    x, y : (n,) array-like of finite numbers, at least two different x
    row_name : how an error message names the i-th given row

    Attributes
    ----------
    x : (n,) float64, strictly increasing, read-only
    y : (n,) float64, read-only
    merged : int
        How many given rows were dropped because they repeated another one (same x, same y).

    Raises
    ------
    DataError
        On anything else than finite numbers of equal count, on fewer than two different x, on equal x with
        different y (nothing can interpolate those), and on magnitudes beyond 1e150 or a range of x below 1e-150.
    """

    x: FloatArray
    y: FloatArray
    row_name: InitVar[Callable[[int], str]] = _row
    merged: int = field(init=False, default=0)

    if TYPE_CHECKING:  # arrays come in as anything that NumPy takes

        def __init__(self, x: npt.ArrayLike, y: npt.ArrayLike, row_name: Callable[[int], str] = _row) -> None: ...

    def __post_init__(self, row_name: Callable[[int], str]) -> None:
        xs = as_floats(self.x, "x")
        ys = as_floats(self.y, "y", xs.shape)
        if xs.size < 2:
            raise DataError(f"At least two points are needed, not {xs.size}.")
        keep = None
        with np.errstate(over="ignore"):  # refused below
            gap = np.diff(xs).min()
        if not gap > 0:
            order = np.argsort(xs, kind="stable")
            xs, ys = xs[order], ys[order]
            keep = _distinct(xs, ys, order, row_name)
        if keep is not None:
            object.__setattr__(self, "merged", int(keep.size - keep.sum()))
            xs, ys = xs[keep], ys[keep]
        _check_scale(xs, ys, gap if gap > 0 else np.diff(xs).min())
        object.__setattr__(self, "x", frozen(xs))
        object.__setattr__(self, "y", frozen(ys))

    def __len__(self) -> int:
        return self.x.size


def _distinct(x: FloatArray, y: FloatArray, order: npt.NDArray[np.intp], row_name: Callable[[int], str]) -> npt.NDArray[np.bool_] | None:
    """Mark the first row of every run of equal x, or return None if all differ; refuse contradicting targets."""
    repeated = x[1:] == x[:-1]
    if not repeated.any():
        return None
    clash = np.flatnonzero(repeated & (y[1:] != y[:-1]))
    if clash.size:
        i = int(clash[0])
        first, second = sorted((int(order[i]), int(order[i + 1])))
        low, high = sorted((float(y[i]), float(y[i + 1])))
        raise DataError(
            f"{row_name(first)} and {row_name(second)} have the same x = {x[i]:.17g} but different y "
            f"({low:.17g} and {high:.17g}); no function interpolates both."
        )
    keep = np.concatenate(([True], ~repeated))
    if keep.sum() < 2:
        raise DataError(f"All x are equal ({x[0]:.17g}); at least two different x are needed.")
    return keep


def _check_scale(x: FloatArray, y: FloatArray, gap: float) -> None:
    size = max(abs(x[0]), abs(x[-1]))
    if size > LARGEST or x[-1] - x[0] < 1 / LARGEST:
        raise DataError(
            f"x spans [{x[0]:.6g}, {x[-1]:.6g}]; magnitudes up to {LARGEST:g} and ranges down to {1 / LARGEST:g} "
            "can be computed with. Rescale x."
        )
    if gap < CLOSEST * (x[-1] - x[0]):
        raise DataError(f"x has points only {gap:.3g} apart; gaps down to {CLOSEST:g} of the range can be computed with. Merge them.")
    height = max(abs(float(y.max())), abs(float(y.min())))
    if height > LARGEST or 0 < height < 1 / LARGEST:
        raise DataError(f"y has magnitude {height:.6g}; only {1 / LARGEST:g} to {LARGEST:g} can be computed with. Rescale y.")
