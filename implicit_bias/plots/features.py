"""The certificate over the sphere of features of two inputs, as an equal-area map, with the atoms on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from implicit_bias.certificates.certificate import SphereCertificate
from implicit_bias.measures import FALLING, RISING, RidgeMeasure
from implicit_bias.measures.measure import row_norms
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.plots.drawing import COLOURS, GREY, INK, MARKERS, TOUCHING, draw_marks, level_of, mark_size, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

    from implicit_bias.solution import Solution

LONGITUDES, LATITUDES = 361, 181  # of the certificate's
LARGEST_BLOCK = 1 << 22  # entries of a temporary
POSITIVE, NEGATIVE = RISING, FALLING  # signs of weights have the colours and marks that facings have on a line


def signs_of(atoms: RidgeMeasure) -> FloatArray:
    """Return the signs of numbers, 0 for weights that are vectors."""
    return np.sign(atoms.weights) if atoms.weights.ndim == 1 else np.zeros(len(atoms))


def draw_sphere(axes: Axes, solution: Solution, atoms: RidgeMeasure) -> None:
    """Draw η, or its norm, over the sphere, and the atoms on it."""
    _draw_graticule(axes)
    certificate = solution.certificate
    if not isinstance(certificate, SphereCertificate):
        axes.text(0.5, 0.5, "no dual", transform=axes.transAxes, ha="center", color=GREY, fontsize=8.5)
        return
    level, scalar = level_of(solution.problem), atoms.weights.ndim == 1
    azimuths, latitudes = np.linspace(-np.pi, np.pi, LONGITUDES), np.linspace(-np.pi / 2, np.pi / 2, LATITUDES)
    theta, beta = np.meshgrid(azimuths, latitudes)
    features = np.stack([np.cos(beta) * np.cos(theta), np.cos(beta) * np.sin(theta), np.sin(beta)], axis=-1).reshape(-1, 3)
    heights = _in_blocks(certificate, features) / level
    shown = (heights if scalar else row_norms(heights, 2)).reshape(theta.shape)
    top = max(1.0, float(certificate.peak))
    mesh = axes.pcolormesh(
        theta, beta, shown, cmap=_diverging(scalar), vmin=-top if scalar else 0.0, vmax=top, shading="gouraud", rasterized=True, zorder=1
    )
    _mark_atoms(axes, certificate, atoms, level)
    bar = axes.figure.colorbar(mesh, ax=axes, pad=0.03, aspect=22, shrink=0.86)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8.5, color=GREY, labelcolor=INK, width=0.6, length=2)
    name = r"\eta(u)" if scalar else r"\|\eta(u)\|"
    over_level = r" / \lambda" if solution.problem.loss is not None else ""
    bar.set_label(f"${name}{over_level}$", fontsize=9, color=INK)
    kind = "exact" if certificate.exact else "largest found"
    axes.set_xlabel(
        rf"azimuth $\theta$ and latitude $\beta$ of features;  peak {number(float(certificate.peak), 9)} ({kind})", fontsize=9, color=INK
    )


def _draw_graticule(axes: Any) -> None:
    """Draw meridians and parallels, with numbers that can be read on any shade."""
    from matplotlib.patheffects import withStroke

    axes.tick_params(labelsize=7.5, labelcolor=INK)
    axes.set_longitude_grid_ends(90)
    axes.set_xticks(np.radians([-120, -60, 0, 60, 120]))
    axes.set_yticks(np.radians([-60, -30, 0, 30, 60]))
    for label in axes.get_xticklabels():
        label.set_path_effects([withStroke(linewidth=2, foreground="white")])
    axes.spines[:].set(color=GREY, linewidth=0.6)
    axes.grid(color=GREY, linewidth=0.3, alpha=0.5, zorder=2)


def _in_blocks(certificate: SphereCertificate, features: FloatArray) -> FloatArray:
    """Return η at many features, a part at a time."""
    step = max(1, LARGEST_BLOCK // len(certificate.rows))
    return np.concatenate([certificate(features[at : at + step]) for at in range(0, len(features), step)])


def _diverging(scalar: bool) -> Colormap:
    """Return the colours from the one of negative weights to that of positive ones; of norms, from white to ink."""
    from matplotlib.colors import LinearSegmentedColormap

    ends = [COLOURS[NEGATIVE], "#F7F7F7", COLOURS[POSITIVE]] if scalar else ["#F7F7F7", "#44AA99", "#203864"]
    return LinearSegmentedColormap.from_list("signs", ends)


def _mark_atoms(axes: Axes, certificate: SphereCertificate, atoms: RidgeMeasure, level: float) -> None:
    """Mark the atoms: filled where η touches its bound the way the weight points."""
    if not len(atoms):
        return
    heights = certificate(atoms.features) / level
    along = heights * atoms.weights if atoms.weights.ndim == 1 else (heights * atoms.weights).sum(axis=1)
    touching = along >= (1 - TOUCHING) * atoms.sizes()
    azimuths, latitudes = np.arctan2(atoms.features[:, 1], atoms.features[:, 0]), np.arcsin(np.clip(atoms.features[:, 2], -1, 1))
    signs, size = signs_of(atoms), mark_size(2 * len(atoms), 3.0, 6.5)
    for sign, marker in (MARKERS | {0.0: "o"}).items():
        for which, fill, rim in ((touching, INK, "white"), (~touching, "white", INK)):
            mine = which & (signs == sign)
            draw_marks(axes, azimuths[mine], latitudes[mine], marker, fill, rim, size, markeredgewidth=0.7, zorder=4)
