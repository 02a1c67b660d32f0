"""Interpolation and smoothing with the curvature penalty 1/ζ: what they ask, and what bounds an answer."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from implicit_bias.certificates.bounds import Answer
from implicit_bias.data import Dataset
from implicit_bias.data.rows import gathered
from implicit_bias.errors import DataError, OptionError
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.arrays import FloatArray, as_floats
from implicit_bias.numerics.checks import check_positive, is_number
from implicit_bias.problems.base import Problem
from implicit_bias.problems.splines.bounds import NoSpline, SplineBounds, SplineCandidate
from implicit_bias.problems.splines.gaps import Gaps, slope_changes
from implicit_bias.problems.splines.solution import SplineSolution
from implicit_bias.problems.splines.spline import Spline
from implicit_bias.zetas.function import as_zeta
from implicit_bias.zetas.zeta import ConstantZeta, Zeta

GCV = "gcv"
"""Choose λ by generalised cross-validation."""


@dataclass(frozen=True)
class EarlyStopping:
    """Choose λ as what gradient descent does until a time t (Jin and Montúfar, equation 7): λ = 1/t.

    ``time`` is the step size η̄ of the loss ½ Σ (f - y)², for learning rate η̄/n on the n output weights, times the number of
    steps. Gradient flow multiplies a component of y of kernel eigenvalue κ by 1 - exp(-κ t); the minimiser of
    Σ (g - y)² + λ ∫ (g'')²/ζ by κ/(κ + λ). Halves on both terms cancel, so that λ = 1/t in this convention as in the paper's.
    The two filters differ by up to 0.2036 as numbers.
    """

    time: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", check_positive("The time of early stopping", self.time))

    @property
    def regularization(self) -> float:
        """λ."""
        return 1 / float(self.time)


Smoothing = float | str | EarlyStopping | None


@dataclass(frozen=True, eq=False, repr=False)
class SplineProblem(Problem[SplineSolution]):
    """Find the function g of least ∫ (g'')²/ζ through the data, or near them.

    Interpolation, problem (4):   minimise ∫ (g'')²/ζ  subject to  g(x_i) = y_i.
    Smoothing, problem (7):       minimise Σ_i (g(x_i) - y_i)² + λ ∫ (g'')²/ζ.

    Parameters
    ----------
    x, y : (n,) array-like with at least two different x
        Sorted here. Rows of equal x are merged: interpolation needs their y to agree; smoothing counts every row, which
        is the same as weighing their mean by their number.
    zeta : Zeta or a function of x; 1 by default, for cubic splines
    smoothing : None (interpolation), λ ≥ 0, "gcv", or EarlyStopping(time)
        λ = 0 stands for the limit λ → 0: interpolation of the means, with that problem's value.

    Attributes
    ----------
    x, y : (m,) different x, increasing, and the mean of y at each
    counts : (m,) how many rows each stands for
    constant : sum of squares of all y about their means
    merged : how many rows were dropped by merging

    Raises
    ------
    DataError, OptionError
    """

    noun = "splines"

    x: FloatArray
    y: FloatArray
    zeta: Zeta = field(default_factory=ConstantZeta)
    smoothing: Smoothing = None
    counts: FloatArray = field(init=False)
    constant: float = field(init=False, default=0.0)
    merged: int = field(init=False, default=0)
    gaps: Gaps = field(init=False, repr=False)

    if TYPE_CHECKING:  # arrays come in as anything that NumPy takes

        def __init__(
            self, x: npt.ArrayLike, y: npt.ArrayLike, zeta: Zeta | Callable[[FloatArray], npt.ArrayLike] = ..., smoothing: Smoothing = None
        ) -> None: ...

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "zeta", as_zeta(self.zeta))
        put(self, "smoothing", _checked_smoothing(self.smoothing))
        if self.smoothing is None:
            data = Dataset(self.x, self.y)
            merged, counts, constant = data.merged, np.ones(1), 0.0
        else:
            x, y, counts, constant = _means(self.x, self.y)
            data = Dataset(x, y)
            merged = int(counts.sum()) - x.size
        put(self, "merged", merged)
        put(self, "constant", constant)
        put(self, "counts", np.broadcast_to(counts, data.x.shape))
        put(self, "x", data.x)
        put(self, "y", data.y)
        put(self, "gaps", Gaps.of(data.x, self.zeta))
        if self.interpolates:
            self.refuse_stiff_knots()

    def __repr__(self) -> str:
        return f"SplineProblem(n={len(self)}, zeta={self.zeta!r}, smoothing={self.smoothing!r})"

    @property
    def solution(self) -> type[SplineSolution]:
        """The class of its solutions."""
        return SplineSolution

    @property
    def weight(self) -> str:
        """The name of ζ, which weighs curvature by 1/ζ."""
        return self.zeta.name

    @property
    def affine(self) -> str:
        """The word for an affine part that costs nothing: a x + b does not bend."""
        return "free"

    def facts(self) -> dict[str, Any]:
        """Return what JSON says of the problem."""
        given = super().facts()
        return {"kind": given.pop("kind"), "weight": self.weight, "affine": self.affine, **given}

    def bounds(self, candidate: Answer) -> SplineBounds | NoSpline:
        """Return what a spline is worth."""
        assert isinstance(candidate, SplineCandidate)
        return NoSpline() if candidate.spline is None else SplineBounds(self, candidate.spline, candidate.regularization)

    def brought(self, answer: object, dual: object) -> SplineCandidate:
        """Return a spline that a user brings as a candidate; λ is not chosen yet where it is to be."""
        if not isinstance(answer, Spline):
            raise DataError(f"judge needs a Spline for this problem, not {type(answer).__name__}.")
        if dual is not None:
            raise OptionError("A spline brings its own dual, its bending; leave dual out.")
        if not np.array_equal(answer.knots, self.x) or answer.zeta != self.zeta:
            raise DataError("The spline's knots must be the problem's x (sorted and merged), and its zeta the problem's.")
        return SplineCandidate(answer, self.regularization, undecided=self.smoothing == GCV)

    @property
    def kind(self) -> str:
        """Which problem this is, in reports."""
        return "spline"

    @property
    def interpolates(self) -> bool:
        """Whether the function must pass through the data, or their means."""
        return self.smoothing is None or self.smoothing == 0

    @property
    def regularization(self) -> float | None:
        """λ, or None for interpolation and as long as nobody has chosen it."""
        if isinstance(self.smoothing, EarlyStopping):
            return self.smoothing.regularization
        return None if self.interpolates or self.smoothing is None or isinstance(self.smoothing, str) else float(self.smoothing)

    def with_regularization(self, regularization: Smoothing) -> SplineProblem:
        """Return the smoothing problem of the same data with another λ."""
        return self.smoothed(regularization)

    def smoothed(self, smoothing: Smoothing) -> SplineProblem:
        """Return the smoothing problem of the same data with another λ, at no cost."""
        other = copy.copy(self)
        object.__setattr__(other, "smoothing", _checked_smoothing(smoothing))
        if other.smoothing is None:
            raise OptionError("smoothing must be a number, 'gcv' or EarlyStopping(time).")
        if other.interpolates:
            other.refuse_stiff_knots()
        return other

    @cached_property
    def changes(self) -> FloatArray:
        """Slope changes d = Q y of the data at the inner points."""
        return slope_changes(self.x, self.y)

    @property
    def scale(self) -> float:
        """Largest |y|."""
        return max(float(self.y.max()), -float(self.y.min()))

    def refuse_stiff_knots(self) -> None:
        """Raise :class:`DataError` if ζ vanishes on both gaps around a point that is off its neighbours' chord."""
        stiff = self.gaps.stiff
        if not stiff.size:
            return
        bent = stiff[np.abs(self.changes[stiff]) > tolerances.CURVATURE * self.gaps.rounding(self.y)[stiff]]
        if bent.size:
            before, here, after = self.x[bent[0] : bent[0] + 3]
            raise DataError(
                f"zeta is 0 from x = {before:.6g} to {after:.6g}, so no spline bends at x = {here:.6g} in between, but the data do: "
                "choose a zeta that is positive there, or smooth."
            )


def _checked_smoothing(smoothing: Any) -> Smoothing:
    if smoothing is None or isinstance(smoothing, EarlyStopping) or (isinstance(smoothing, str) and smoothing == GCV):
        return smoothing
    if is_number(smoothing) and 0 <= float(smoothing) < np.inf:
        return float(smoothing)
    raise OptionError(f"smoothing must be None, a finite number ≥ 0, 'gcv' or EarlyStopping(time), not {smoothing!r}.")


def _means(x: Any, y: Any) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Return different x, mean y, counts, and the sum of squares within."""
    xs = as_floats(x, "x")
    ys = as_floats(y, "y", xs.shape)
    if not xs.size:
        raise DataError("At least two different x are needed, not 0.")
    if (np.diff(xs) > 0).all():
        return xs, ys, np.ones(xs.size), 0.0
    rows = gathered(xs, ys)
    if rows.x.size < 2:
        raise DataError(f"At least two different x are needed, not {rows.x.size}.")
    return rows.x, rows.means, rows.counts, rows.squares
