"""Points of one or several inputs with targets, labels or rows of targets: validated, sorted, merged."""

from __future__ import annotations

from typing import Any

import numpy as np

from implicit_bias.errors import DataError
from implicit_bias.numerics.arrays import LARGEST, FloatArray, as_floats


def is_several(x: Any) -> bool:
    """Whether x has an axis of inputs, more than one of them."""
    return np.ndim(x) == 2 and np.shape(x)[1] != 1


def flattened(x: Any) -> Any:
    """Return an (n, 1) array as (n,), anything else as it is."""
    return np.asarray(x)[:, 0] if np.ndim(x) == 2 and np.shape(x)[1] == 1 else x


def sorted_points(x: Any, y: Any, merge: bool) -> tuple[FloatArray, FloatArray, int]:
    """Return points in lexicographic order, their targets, and how many repeated rows were merged.

    Parameters
    ----------
    x : (n,) or (n, d);  y : (n,) or (n, k)
    merge : whether rows that are equal in both are one

    Raises
    ------
    DataError
    """
    points = as_floats(flattened(x), "x", np.shape(flattened(x)))
    if points.ndim not in (1, 2) or 0 in points.shape:
        raise DataError(f"x must be an (n,) or an (n, d) array with n ≥ 1 and d ≥ 1, not of shape {np.shape(x)}.")
    targets = as_floats(y, "y", np.shape(y))
    if targets.ndim not in (1, 2) or len(targets) != len(points) or 0 in targets.shape:
        raise DataError(f"y has shape {targets.shape}; {len(points)} points need an (n,) or an (n, k) array of as many.")
    for name, array in (("x", points), ("y", targets)):
        if np.abs(array).max() > LARGEST:
            raise DataError(f"{name} reaches beyond {LARGEST:g}, the largest magnitude that can be computed with.")
    table = np.column_stack([points, targets])
    keys = table if merge else points.reshape(len(points), -1)
    order = np.lexsort(keys.T[::-1])
    if merge:
        same = (table[order[1:]] == table[order[:-1]]).all(axis=1)
        order = order[np.concatenate(([True], ~same))]
    return points[order], targets[order], len(points) - len(order)
