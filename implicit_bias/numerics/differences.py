"""Second differences on an uneven grid, as the sparse rows of programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from implicit_bias.numerics.arrays import FloatArray

if TYPE_CHECKING:
    import scipy.sparse as sp


def second_differences(gaps: FloatArray) -> tuple[sp.csr_array, FloatArray]:
    """Return the rows R of F ↦ slope changes at inner points, each multiplied by its smaller gap h, and those gaps.

    (R F)_j = h_j ((F_{j+1} - F_j)/g_j - (F_j - F_{j-1})/g_{j-1}), so that no entry exceeds 2.

    Parameters
    ----------
    gaps : (n-1,) array
        g, the distances of neighbouring points: positive.

    Returns
    -------
    tuple
        (n-2, n) sparse array, and (n-2,) gaps.
    """
    import scipy.sparse as sp

    n = gaps.size + 1
    smaller = np.minimum(gaps[1:], gaps[:-1])
    left, right = smaller / gaps[:-1], smaller / gaps[1:]
    return sp.diags_array(np.stack([left, -(left + right), right]), offsets=[0, 1, 2], shape=(n - 2, n)).tocsr(), smaller
