"""Rows that share their point: gathered into one, with their mean and how often they were seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.numerics.arrays import FloatArray, IntArray, binary_unit


@dataclass(frozen=True, eq=False)
class Gathered:
    """Different points in increasing (lexicographic) order.

    Attributes
    ----------
    x : (m,) or (m, d) array
        The points.
    means : (m,) or (m, k) array
        The weighted mean of the targets at each; equal targets have exactly themselves as mean.
    counts : (m,) array
        The weight of each: how many rows it stands for, if they weigh 1.
    squares : float
        Σ weight · (y - mean)² over all rows.
    order, group : (n,) arrays of int
        The rows in the order of their points, and the point of each of them.
    """

    x: FloatArray
    means: FloatArray
    counts: FloatArray
    squares: float
    order: IntArray
    group: IntArray

    @property
    def merged(self) -> int:
        """How many rows there were besides these."""
        return self.order.size - len(self.x)


def gathered(x: FloatArray, y: FloatArray, weights: FloatArray | None = None) -> Gathered:
    """Gather rows of equal points.

    Parameters
    ----------
    x : (n,) or (n, d) array with at least one row
    y : (n,) or (n, k) array
    weights : (n,) array, optional
        1 by default.
    """
    flat = x.reshape(len(x), -1)
    order = np.argsort(x, kind="stable") if x.ndim == 1 else np.lexsort(flat.T[::-1])
    points = flat[order]
    new = np.concatenate([[True], (points[1:] != points[:-1]).any(axis=1)])
    first, group = np.flatnonzero(new), np.cumsum(new) - 1
    weight = np.ones(len(x)) if weights is None else weights[order]
    counts = np.add.reduceat(weight, first)
    targets = y[order].reshape(len(y), -1)
    base = targets[first]
    unit = binary_unit(targets)
    off = (targets - base[group]) / unit  # differences from one of the targets, so that equal ones keep every bit
    shift = np.add.reduceat(weight[:, None] * off, first) / counts[:, None]
    squares = float((weight[:, None] * (off - shift[group]) ** 2).sum()) * unit * unit
    means = (base + shift * unit).reshape(-1, *y.shape[1:])
    return Gathered(x[order[first]], means, counts, squares, order, group)
