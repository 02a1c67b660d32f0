"""Every tolerance of the toolkit, by name. All are relative, hence free of the data's units."""

import numpy as np

EPS = float(np.finfo(np.float64).eps)
"""Spacing of float64 at 1."""

SOLUTION = 1e-8
"""Default for ``solve``: the relative gap, and the violation over the data's scale, of an ``optimal`` answer."""

BACKEND_MARGIN = 1e-2
"""Backends are asked for this fraction of the solution's tolerance: their own residuals are measured otherwise."""

CURVATURE = 4 * EPS
"""A slope change this small, relative to the rounding of its two slopes, counts as zero."""

DRIFT = 8 * EPS
"""How far, relative to max|y|, a point may lie off the chord that replaces it."""

PRUNING = 1e-9
"""Kinks that are nothing but rounding are left out of a measure if that changes its cost by at most this fraction."""

ATOMS = 64 * EPS
"""Times range / smallest gap: the accuracy that float64 atoms and duals can carry."""

SUPPORT = 1e-6
"""An atom counts as part of a support if its weight exceeds this fraction of the largest one."""

EXACT_SUPPORT = 1e-9
"""The same for the toolkit's own methods, which leave no atoms behind that ought to be zero."""
