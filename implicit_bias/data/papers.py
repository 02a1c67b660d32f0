"""The synthetic data of the papers, with every setting that their experiments state.

Sources: Stewart et al., section 7 and appendix H; Jin and Montúfar, section 5; Neyshabur et al. (a fixture).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.errors import OptionError
from implicit_bias.numerics.arrays import FloatArray

# (height, left end, right end) of each triangle of Stewart's section 7
_TRIANGLES = ((1.0, -1.0, 0.0), (1.0, 0.0, 1.0), (-0.3, -0.7, -0.5), (-0.4, 0.55, 0.75))

TEACHER_KINKS = np.array([-1.0, -0.7, -0.6, -0.5, 0.0, 0.5, 0.55, 0.65, 0.75])
"""Kinks of the triangles on [-1, 1) (two of the nine are shared by two triangles)."""


def triangle_target(x: FloatArray) -> FloatArray:
    """Return Stewart's target: two large triangles minus two small ones, for x of any shape in [-1, 1]."""
    x = np.asarray(x, dtype=np.float64)
    total = np.zeros_like(x)
    for height, left, right in _TRIANGLES:
        half = (right - left) / 2
        total += height * np.maximum(0.0, 1 - np.abs(x - (left + half)) / half)
    return total


@dataclass(frozen=True, eq=False)
class Sample:
    """Points and targets of one draw; ``x`` is (n,) or (n, d), ``y`` is (n,)."""

    x: FloatArray
    y: FloatArray


def triangles(seed: int = 0, bins: int = 50, per_bin: int = 5, pool: int | None = None) -> Sample:
    """Draw the training (or validation) set of Stewart's section 7: ``per_bin`` uniform points in every bin of y.

    The bins have width 1/(bins - 1) and midpoints i/(bins - 1), so the first and the last reach beyond [0, 1]. With a ``pool``,
    so many points are drawn in every bin first, and ``per_bin`` of them with replacement.
    """
    if pool is not None:
        if pool < 1:
            raise OptionError(f"triangles needs pool ≥ 1, not {pool}.")
        return _with_replacement(triangles(seed, bins, pool), np.random.default_rng([seed, pool]), bins, per_bin)
    if bins < 2 or per_bin < 1:
        raise OptionError(f"triangles needs bins ≥ 2 and per_bin ≥ 1, not {bins} and {per_bin}.")
    rng = np.random.default_rng(seed)
    wanted = np.full(bins, per_bin)
    kept: list[float] = []
    while wanted.any():
        for x in rng.uniform(-1, 1, 50 * bins):
            label = round(float(triangle_target(x)) * (bins - 1))
            if wanted[label]:
                wanted[label] -= 1
                kept.append(float(x))
    points = np.sort(kept)
    return Sample(points, triangle_target(points))


def _with_replacement(sample: Sample, rng: np.random.Generator, bins: int, per_bin: int) -> Sample:
    labels = np.round(sample.y * (bins - 1)).astype(np.int64)
    kept = np.sort(np.concatenate([rng.choice(np.flatnonzero(labels == label), per_bin) for label in range(bins)]))
    return Sample(sample.x[kept], sample.y[kept])


def jin_montufar() -> Sample:
    """Return the five evenly spaced points of Jin and Montúfar's Figure 1."""
    return Sample(np.arange(-2.0, 3.0), np.array([1.5, 0.5, 1.5, 0.5, 1.5]))


def jin_montufar_uneven() -> Sample:
    """Return their seven unevenly spaced points."""
    x = np.array([-2.0, -1.7, -1.6, 0.9, 1.1, 1.3, 2.0])
    return Sample(x, np.array([3.5, 0.5, 2.3, 1.5, -0.5, 1.5, 0.5]) + x)


def jin_montufar_plane() -> Sample:
    """Return their five points in the plane."""
    x = np.array([[-1.0, -1.0], [1.0, 1.0], [0.0, 0.0], [-1.0, 1.0], [1.0, -1.0]])
    return Sample(x, np.array([1.5, 1.5, 0.5, -0.5, -0.5]))


def neyshabur_fixture() -> Sample:
    """Return four points whose regularised optimum on the sphere is known (½ squared loss, λ = 0.05): 0.52531884577."""
    return Sample(np.array([-1.0, -0.3, 0.4, 1.0]), np.array([1.0, -1.0, 1.0, -0.5]))


def teacher_grid(seed: int = 0, side: int = 25, neurons: int = 3) -> Sample:
    """Draw Stewart's appendix H: a ``side`` × ``side`` grid on [0, 1]² and a Glorot-uniform teacher network."""
    rng = np.random.default_rng(seed)
    axis = np.linspace(0, 1, side)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    inner = rng.uniform(-1, 1, (neurons, 3)) * np.sqrt(6 / (3 + neurons))
    outer = rng.uniform(-1, 1, neurons) * np.sqrt(6 / (neurons + 1))
    hidden = np.maximum(0.0, points @ inner[:, :2].T + inner[:, 2])
    return Sample(points, hidden @ outer)
