"""Atoms that are one and the same: features of one cell of the arrangement, merged_atoms into their sum.

Features that are active on the same points are linear there, so that Σ_j w_j [u_j · r]₊ = (Σ_j u_j w_jᵀ)ᵀ r on the data: for one output
and one sign that is a single feature, of a weight at most Σ |w_j|. For several outputs it is one if the sum has rank one.
"""

from __future__ import annotations

import numpy as np

from implicit_bias.certificates.oracles import sizes
from implicit_bias.measures import AnyMeasure
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import SphereProblem

ON_CIRCLE = 1e-11
"""A point within this sine of a feature's crease counts as not active."""

LIGHT = (1e-7, 1e-9, 0.0)
"""Atoms below these fractions of the heaviest one are left out where that makes no difference."""


def merged_atoms(problem: SphereProblem, features: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return one feature for each cell of the data's arrangement and sign, (q, d+1), and weights.

    For several outputs the features of a cell are replaced by the best single one, so that values may change a little.
    """
    rows = problem.places[0]
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    active = features @ rows.T > ON_CIRCLE
    columns = weights[:, None] if weights.ndim == 1 else weights
    signs = np.sign(columns[:, :1]) if weights.ndim == 1 else np.zeros((len(features), 1))
    keys, place = np.unique(np.column_stack([active, signs]), axis=0, return_inverse=True)
    sums = np.zeros((len(keys), features.shape[1], columns.shape[1]))
    np.add.at(sums, place.ravel(), features[:, :, None] * columns[:, None, :])
    if weights.ndim == 1:
        sizes = np.linalg.norm(sums[:, :, 0], axis=1)
        live = sizes > 0
        heavy = sizes[live] * keys[live, -1]
        return sums[live, :, 0] / heavy[:, None], heavy
    left, sizes, right = np.linalg.svd(sums, full_matrices=False)
    top, heavy = left[:, :, 0], sizes[:, :1] * right[:, 0]
    # of ± u the one that lies in the cell, on the side of the features that were summed
    towards = np.zeros((len(keys), features.shape[1]))
    np.add.at(towards, place.ravel(), features * np.linalg.norm(columns, axis=1)[:, None])
    turn = np.where((towards * top).sum(axis=1) < 0, -1.0, 1.0)[:, None]
    live = sizes[:, 0] > 0
    return (top * turn)[live], (heavy * turn)[live]


def tidied(problem: SphereProblem, measure: AnyMeasure, than: AnyMeasure, tolerance: float) -> AnyMeasure | None:
    """Return the measure with its atoms merged_atoms and without light ones, if it is as good as another, also once repaired; else None."""
    features, weights = merged_atoms(problem, *problem.features_of(measure))
    size = sizes(weights)
    cost = max(problem.objective(than), problem.repaired_cost(than)) * (1 + tolerance / 10)
    allowed = max(problem.violation(than), tolerance / 10 * problem.scale)
    for light in LIGHT:
        live = size > light * size.max(initial=0.0)
        affine = None if measure.affine is None else np.asarray(measure.affine)
        fewer = problem.measure(features[live], weights[live], affine)
        if problem.violation(fewer) <= allowed and max(problem.objective(fewer), problem.repaired_cost(fewer)) <= cost:
            return fewer
    return None
