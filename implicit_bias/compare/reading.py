"""What a comparison is given: measures or networks of one input, lengths in units of x."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from implicit_bias.errors import DataError, OptionError
from implicit_bias.measures import Measure, Network
from implicit_bias.numerics.arrays import LARGEST, FloatArray


def on_line(given: Any, name: str) -> Measure:
    """Return a measure over features of one input as it is, and that of a network; raises :class:`DataError` on anything else."""
    found = given.measure() if isinstance(given, Network) else given
    if not isinstance(found, Measure):
        raise DataError(f"{name} must be a Measure or a Network of one input, not a {type(found).__name__}.")
    in_reach(found.kinks, f"{name}'s kinks")
    return found


def in_reach(places: FloatArray, name: str) -> FloatArray:
    """Return places as they are, or raise :class:`DataError` if their distances could overflow."""
    if places.size and max(places.max(), -places.min()) > LARGEST:
        raise DataError(f"{name} exceed {LARGEST:g}; rescale them.")
    return places


def alike(p: Measure, q: Measure) -> None:
    """Raise :class:`DataError` unless both measures have the same outputs."""
    ours, theirs = p.weights.shape[1:], q.weights.shape[1:]
    if ours != theirs:
        raise DataError(f"The outputs do not match: {count_of(ours)} and {count_of(theirs)}.")


def count_of(outputs: tuple[int, ...]) -> str:
    """Return in words how many outputs there are."""
    return f"{outputs[0]} on an axis of their own" if outputs else "one without an axis"


def length(given: Any, name: str, positive: bool = False) -> float:
    """Return a finite length of at least 0, or more than 0, or raise :class:`OptionError`."""
    number = float(given) if isinstance(given, Real) else np.nan
    if not (np.isfinite(number) and (number > 0 if positive else number >= 0)):
        raise OptionError(f"{name} must be a finite number {'above 0' if positive else 'of at least 0'}, not {given!r}.")
    return number
