"""Regions of the plane by class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.plots.classification import class_colours
from implicit_bias.plots.drawing import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PALE = 0.28  # opacity of a region, on which the points of its class stand out


def draw_regions(axes: Axes, across: FloatArray, up: FloatArray, scores: FloatArray, classes: int) -> None:
    """Fill the regions where each class has the largest score, with lines between them.

    Parameters
    ----------
    across : (p,);  up : (q,), the grid;  scores : (q, p, k)
    """
    from matplotlib.colors import to_rgba

    best = scores.argmax(axis=-1)
    ordered = np.sort(scores, axis=-1)
    colours = np.array([to_rgba(colour, PALE) for colour in class_colours(classes)])
    half = (across[1] - across[0]) / 2, (up[1] - up[0]) / 2
    extent = (across[0] - half[0], across[-1] + half[0], up[0] - half[1], up[-1] + half[1])
    axes.imshow(colours[best], origin="lower", extent=extent, aspect="auto", interpolation="nearest", zorder=1)
    if classes == 1:
        return
    for c in range(classes):  # the line where a class stops being ahead of all others
        own = scores[..., c]
        ahead = own - np.where(best == c, ordered[..., -2], ordered[..., -1])
        if (ahead > 0).any() and (ahead < 0).any():
            axes.contour(across, up, ahead, levels=[0.0], colors=INK, linewidths=0.7, alpha=0.6, zorder=2)
