"""Features on a line: [s (x - t)]₊ with kinks t in a domain and directions s = ±1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import OptionError
from implicit_bias.measures import FALLING, RISING
from implicit_bias.numerics.arrays import LARGEST, FloatArray, as_floats


@dataclass(frozen=True)
class LineFeatures:
    """Features with kinks in [lo, hi], each at unit cost (Stewart et al., eqs. 11 to 13)."""

    lo: float
    hi: float

    @classmethod
    def around(cls, x: FloatArray, domain: npt.ArrayLike | None = None) -> LineFeatures:
        """Return the features whose kinks lie in ``domain``, by default in the data's range.

        Raises
        ------
        OptionError
            If the domain is not finite (then the infimum over measures can be unattained: for y ≡ 1 it is 0) or does
            not contain the data (then some targets cannot be interpolated).
        """
        if domain is None:
            return cls(float(x[0]), float(x[-1]))
        ends = np.asarray(domain, dtype=object)
        if ends.shape != (2,):
            raise OptionError("domain must be a pair (lo, hi).")
        if any(isinstance(end, (float, np.floating)) and not np.isfinite(end) for end in ends):
            raise OptionError(
                "domain must be finite: with unit weight and kinks over the whole line the problem is degenerate "
                "(for y = 1 the infimum is 0 and is not attained)."
            )
        lo, hi = (float(end) for end in as_floats(list(ends), "domain"))
        if max(abs(lo), abs(hi)) > LARGEST:
            raise OptionError(f"domain [{lo:g}, {hi:g}] reaches beyond {LARGEST:g}, the largest magnitude that can be computed with.")
        if not (lo <= x[0] and x[-1] <= hi):
            raise OptionError(f"domain [{lo:.17g}, {hi:.17g}] must contain the data's range [{x[0]:.17g}, {x[-1]:.17g}].")
        return cls(lo, hi)

    def over(self, grid: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return kinks and directions of the features on a grid of kinks that are not zero at all points x."""
        rising, falling = grid[grid < x[-1]], grid[grid > x[0]]
        kinks = np.concatenate([rising, falling])
        return kinks, np.concatenate([np.full(rising.size, RISING), np.full(falling.size, FALLING)])

    def grid(self, x: FloatArray, grid: npt.ArrayLike | None = None) -> FloatArray:
        """Return an increasing grid of kinks that contains the data and the domain's ends.

        ``grid`` adds kinks: an array of them, or how many to space evenly over the domain.
        """
        own = [x, np.array([self.lo, self.hi])]
        if grid is None:
            return np.unique(np.concatenate(own))
        if np.ndim(grid) == 0:
            count = int(np.asarray(grid)) if np.asarray(grid).dtype.kind in "iu" else -1
            if count < 1:
                raise OptionError(f"grid must be an array of kinks or a positive whole number, not {grid!r}.")
            more = np.linspace(self.lo, self.hi, count)
        else:
            more = as_floats(grid, "grid")
            if more.size and not (self.lo <= more.min() and more.max() <= self.hi):
                raise OptionError(f"grid must lie in the domain of the kinks, [{self.lo:.17g}, {self.hi:.17g}].")
        return np.unique(np.concatenate([*own, more]))


def feature_matrix(x: FloatArray, kinks: FloatArray, directions: FloatArray) -> FloatArray:
    """Return Φ with Φ_ij = [s_j (x_i - t_j)]₊, shape (n, m)."""
    return np.maximum(0.0, directions * (x[:, None] - kinks))
