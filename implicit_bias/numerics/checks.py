"""The door through which a user's single numbers come in."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from implicit_bias.errors import OptionError


def is_number(value: Any) -> bool:
    """Whether a value is one real number: Python's or NumPy's, and neither a truth value nor text."""
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_))


def check_positive(name: str, value: Any) -> float:
    """Return a positive finite number as a float; raises :class:`OptionError` for anything else.

    Parameters
    ----------
    name : str
        What it is called in the refusal.
    value : any
    """
    if not is_number(value) or not 0 < float(value) < np.inf:
        raise OptionError(f"{name} must be a positive finite number, not {value!r}.")
    return float(value)
