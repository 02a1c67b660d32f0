"""Regularisation: the one check of λ."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from implicit_bias.errors import OptionError


def checked(regularization: Any) -> float:
    """Return λ if it is a positive finite number, or raise :class:`OptionError`."""
    if isinstance(regularization, bool) or not isinstance(regularization, Real) or not 0 < float(regularization) < np.inf:
        raise OptionError(f"regularization must be a positive finite number, not {regularization!r}.")
    return float(regularization)
