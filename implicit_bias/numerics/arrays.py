"""Array types, and the one door through which a user's numbers come in."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from numbers import Integral, Real
from types import EllipsisType
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

LARGEST = 1e150
"""Largest magnitude, and inverse of the smallest range, that the toolkit computes with."""


CLOSEST = 1e-100
"""Smallest gap of points, relative to their range, that the toolkit computes with."""


def as_floats(values: Any, name: str, shape: tuple[int, ...] | EllipsisType | None = None) -> FloatArray:
    """Convert to a contiguous float64 array of finite numbers, exactly, or raise :class:`DataError`.

    ``shape`` is the shape to insist on, or ``...`` for any; without it, one dimension is required.
    """
    try:
        if isinstance(values, np.ma.MaskedArray):
            raise TypeError("masked; fill or drop what is masked")
        given = np.asarray(values)
        if given.dtype.kind not in "iufbO" or not all(isinstance(v, Real) for v in (given.flat if given.dtype.kind == "O" else ())):
            raise TypeError(f"entries of type {given.dtype}")
        array = np.ascontiguousarray(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{name} must be an array of real numbers ({error}).") from error
    if given.dtype.kind in "iuO" and array.size and np.abs(array).max() >= 2.0**53 and not _exact(array, given):
        raise DataError(f"{name} has integers that float64 cannot hold exactly; subtract an offset first.")
    if isinstance(shape, tuple) and array.shape != shape:
        raise DataError(f"{name} has shape {array.shape}, expected {shape}.")
    if shape is None and array.ndim != 1:
        raise DataError(f"{name} must have one dimension, not shape {array.shape}.")
    if array.size and not (np.isfinite(array.min()) and np.isfinite(array.max())):
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        place = at[0] if len(at) == 1 else at
        raise DataError(f"{name}[{place}] is {array[at]}; every value must be a finite number.")
    return array


def _exact(array: FloatArray, given: Any) -> bool:
    """Whether every integer that was given is its float64 exactly."""
    pairs = zip(array.ravel().tolist(), np.asarray(given, dtype=object).ravel().tolist(), strict=True)
    return all(Fraction(number) == integer for number, integer in pairs if isinstance(integer, Integral) and np.isfinite(number))


def freeze(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Make an array that the caller owns read-only, and return it."""
    array.flags.writeable = False
    return array


def frozen(array: FloatArray) -> FloatArray:
    """Return a read-only array that nobody else can write to: a copy, unless it is frozen and no view of anything."""
    return array if array.flags.owndata and not array.flags.writeable else freeze(array.copy())


def binary_unit(*arrays: FloatArray) -> float:
    """Return a power of two to divide by, at no loss of accuracy, so that products neither overflow nor underflow.

    It is 1 if the largest entry is of ordinary size (or zero), and of that entry's size otherwise.
    """
    largest = max(max(float(a.max(initial=0.0)), -float(a.min(initial=0.0))) for a in arrays)
    if largest == 0 or 2.0**-64 < largest < 2.0**64:
        return 1.0
    return float(np.ldexp(1.0, int(np.frexp(largest)[1])))


def in_units(array: FloatArray, unit: float) -> FloatArray:
    """Return array / unit, read-only, without a copy if the unit is 1."""
    return freeze(array if unit == 1.0 else array / unit)


def chunks(size: int, length: int = 1 << 14) -> Iterator[slice]:
    """Cut range(size) into slices short enough for temporaries to stay in the processor's cache."""
    return (slice(start, min(start + length, size)) for start in range(0, size, length))
