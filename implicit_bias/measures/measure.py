"""Discrete measures over ReLU features of one input: the infinitely wide network, and its optimum."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError
from implicit_bias.measures.ridge import RidgeMeasure, as_constant
from implicit_bias.numerics import double_double, tolerances
from implicit_bias.numerics.arrays import FloatArray, as_floats, binary_unit, frozen

RISING, FALLING = 1.0, -1.0
"""Directions s of a feature [s (x - t)]₊: active to the right of its kink, or to the left."""


@dataclass(frozen=True, eq=False)
class Measure:
    """The function f(x) = Σ_j weights_j [directions_j (x - kinks_j)]₊ + constant + slope x + intercept.

    ``constant`` is the weight of the constant feature, which costs; ``affine`` is the (slope, intercept) of a part that is
    free of cost in problems that have one. Arrays are validated, converted to float64 and frozen; a :class:`DataError` says
    what is wrong with them.

    Attributes
    ----------
    kinks : (m,) float64, in the units of x
    directions : (m,) float64, +1 or -1
    weights : (m,) float64, or (m, k) for k outputs: slope changes in units of y over units of x
    constant : float, or (k,) float64
    affine : (slope, intercept) or None; for one output only
    """

    kinks: FloatArray
    directions: FloatArray
    weights: FloatArray
    constant: float | FloatArray = 0.0
    affine: tuple[float, float] | None = None

    if TYPE_CHECKING:  # arrays come in as anything that NumPy takes

        def __init__(
            self,
            kinks: npt.ArrayLike,
            directions: npt.ArrayLike,
            weights: npt.ArrayLike,
            constant: npt.ArrayLike = 0.0,
            affine: npt.ArrayLike | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        kinks = as_floats(self.kinks, "kinks")
        directions = as_floats(self.directions, "directions", kinks.shape)
        outputs = np.shape(self.weights)[1:] if np.ndim(self.weights) == 2 else ()
        weights = as_floats(self.weights, "weights", kinks.shape + outputs)
        if not (np.abs(directions) == 1).all():
            raise DataError("directions must be +1 or -1.")
        if outputs and self.affine is not None:
            raise DataError("affine goes with one output only.")
        affine = None if self.affine is None else as_floats(self.affine, "affine", (2,))
        constant = as_constant(self.constant, outputs)
        object.__setattr__(self, "kinks", frozen(kinks))
        object.__setattr__(self, "directions", frozen(directions))
        object.__setattr__(self, "weights", frozen(weights))
        object.__setattr__(self, "constant", frozen(constant) if outputs else float(constant[0]))
        object.__setattr__(self, "affine", None if affine is None else (float(affine[0]), float(affine[1])))

    @classmethod
    def zero(cls) -> Measure:
        """Return the measure without atoms."""
        return cls(np.empty(0), np.empty(0), np.empty(0))

    @classmethod
    def from_network(cls, W: npt.ArrayLike, b: npt.ArrayLike, a: npt.ArrayLike, bias: npt.ArrayLike = 0.0) -> Measure | RidgeMeasure:
        """Return the measure of x ↦ Σ_h a_h [W_h · x + b_h]₊ + bias; a :class:`RidgeMeasure` for several inputs.

        A unit of one input with W ≠ 0 is an atom at its kink -b/W with weight a|W|; a unit with W = 0 is the constant a[b]₊
        (Stewart et al., eqs. 8 to 12).

        Parameters
        ----------
        W : (m,), (m, 1) or (m, d), input weights;  b : (m,), input biases;  a : (m,), (1, m) or (k, m), output weights
        bias : float or (k,)
        """
        if np.ndim(W) == 2 and np.shape(W)[1] != 1:
            return RidgeMeasure.from_network(W, b, np.ravel(a) if np.ndim(a) == 2 and np.shape(a)[0] == 1 else a, bias)
        inner = as_floats(np.ravel(W), "W")
        shift = as_floats(b, "b", inner.shape)
        several = np.ndim(a) == 2 and np.shape(a)[0] != 1 and np.shape(a)[1] == inner.size
        outer = as_floats(a, "a", (np.shape(a)[0], inner.size)).T if several else as_floats(np.ravel(a), "a", inner.shape)
        bent = inner != 0
        with np.errstate(over="ignore"):
            kinks = -shift[bent] / inner[bent]
        if not np.isfinite(kinks).all():
            raise DataError("A unit's kink -b/W overflows; set its W to 0 to make it a constant.")
        sizes = np.abs(inner[bent])
        height = as_floats(np.broadcast_to(bias, outer.shape[1:] or (1,)), "bias", outer.shape[1:] or (1,))
        constant = outer[~bent].T @ np.maximum(0.0, shift[~bent]) + height
        weights = outer[bent] * (sizes[:, None] if several else sizes)
        return cls(kinks, np.sign(inner[bent]), weights, constant if several else float(constant[0]))

    def __len__(self) -> int:
        return self.kinks.size

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return f(x) for x of any shape, to about 16 digits of Σ|weights|·distance, in O((m + q) log m).

        Running sums are kept as pairs of float64, so that neither many atoms nor close kinks cost accuracy.
        """
        points = np.asarray(x, dtype=np.float64)
        if self.weights.ndim == 1:
            return self.pair(points.ravel()).high.reshape(points.shape)
        columns = [self.output(j).pair(points.ravel()).high for j in range(self.weights.shape[1])]
        return np.stack(columns, axis=-1).reshape(*points.shape, -1)

    def output(self, j: int) -> Measure:
        """Return the measure of one of several outputs."""
        return Measure(self.kinks, self.directions, self.weights[:, j], np.asarray(self.constant)[j])

    def sizes(self, norm: float = 2) -> FloatArray:
        """Return the norm of each atom's weight: 1, 2 or inf over the outputs."""
        return np.abs(self.weights) if self.weights.ndim == 1 else row_norms(self.weights, norm)

    def pair(self, x: FloatArray) -> double_double.Pair:
        """Return f(x) as an unevaluated sum of two float64, good to about 30 digits.

        A falling feature is [t - x]₊ = (t - x) + [x - t]₊, so one running sum over all kinks serves both.
        """
        x_unit, w_unit = binary_unit(self.kinks, x), binary_unit(self.weights)
        order = np.argsort(self.kinks, kind="stable")
        t, w, falling = self.kinks[order] / x_unit, self.weights[order] / w_unit, self.directions[order] < 0
        moment = double_double.two_product(w, t)
        mass, first = double_double.cumulative(double_double.of(w)), double_double.cumulative(moment)
        below = np.searchsorted(t, x / x_unit, side="left")
        slope = double_double.add(
            double_double.before(mass, below), double_double.negate(double_double.total(double_double.of(w[falling])))
        )
        value = double_double.add(double_double.total(moment[falling]), double_double.negate(double_double.before(first, below)))
        bent = double_double.scale(double_double.add(double_double.multiply(slope, double_double.of(x / x_unit)), value), x_unit * w_unit)
        tilt, intercept = self.affine or (0.0, 0.0)
        line = double_double.add(double_double.two_product(np.full_like(x, tilt), x), double_double.of(np.full_like(x, intercept)))
        return double_double.add(bent, double_double.add(line, double_double.of(np.full_like(x, self.constant))))

    def total_variation(self, norm: float = 2) -> float:
        """Return Σ_j ‖weights_j‖ + ‖constant‖, in units of y over units of x for the atoms."""
        constant = np.atleast_1d(np.asarray(self.constant, dtype=np.float64))
        return float(self.sizes(norm).sum()) + float(np.linalg.norm(constant, norm))

    def support(self, tolerance: float = tolerances.SUPPORT) -> FloatArray:
        """Return the distinct kinks, increasing, whose atoms exceed ``tolerance`` × the largest weight."""
        size = self.sizes()
        return np.unique(self.kinks[size > tolerance * size.max(initial=0.0)])

    def merge(self) -> Measure:
        """Return the same function with equal features joined, zero atoms dropped and kinks in order."""
        keys, place = np.unique(np.stack([self.kinks, self.directions], axis=1), axis=0, return_inverse=True)
        weights = np.zeros((len(keys), *self.weights.shape[1:]))
        np.add.at(weights, place.ravel(), self.weights)
        live = (weights != 0) if weights.ndim == 1 else (weights != 0).any(axis=1)
        return Measure(keys[live, 0], keys[live, 1], weights[live], self.constant, self.affine)

    def prune(self, tolerance: float = tolerances.SUPPORT) -> Measure:
        """Drop atoms of at most ``tolerance`` × the largest weight; the function changes accordingly."""
        size = self.sizes()
        live = size > tolerance * size.max(initial=0.0)
        return Measure(self.kinks[live], self.directions[live], self.weights[live], self.constant, self.affine)

    def plus(self, other: Measure) -> Measure:
        """Return the measure of the sum of both functions (atoms are listed, not merged)."""
        lines = [m.affine for m in (self, other) if m.affine is not None]
        affine = (sum(a for a, _ in lines), sum(b for _, b in lines)) if lines else None
        return Measure(
            np.concatenate([self.kinks, other.kinks]),
            np.concatenate([self.directions, other.directions]),
            np.concatenate([self.weights, other.weights]),
            self.constant + other.constant,
            affine,
        )

    def where(self, keep: npt.NDArray[np.bool_]) -> Measure:
        """Return the atoms that are marked, without constant and affine part."""
        return Measure(self.kinks[keep], self.directions[keep], self.weights[keep])

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and numbers, for JSON."""
        return {
            "kinks": self.kinks.tolist(),
            "directions": [int(s) for s in self.directions],
            "weights": self.weights.tolist(),
            "constant": np.asarray(self.constant).tolist(),
            "affine": None if self.affine is None else list(self.affine),
        }

    def to_json(self) -> str:
        """Return a JSON text from which :meth:`from_json` restores every bit."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> Measure | RidgeMeasure:
        """Read what ``to_json`` of either kind of measure wrote; raises :class:`DataError` on anything else."""
        try:
            fields = json.loads(text)
            weights, constant, affine = fields["weights"], fields["constant"], fields["affine"]
            if not weights and np.ndim(constant) == 1:  # lists without atoms do not tell how many outputs and inputs there are
                weights = np.empty((0, len(constant)))
            if "features" in fields:
                features = fields["features"] or np.empty((0, fields["inputs"] + 1))
                return RidgeMeasure(features, weights, constant, affine)
            return cls(fields["kinks"], fields["directions"], weights, constant, affine)
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise DataError(f"This is not the JSON of a measure: {error!r}.") from error


def row_norms(rows: FloatArray, norm: float) -> FloatArray:
    """Return the 1-, 2- or inf-norm of every row."""
    lengths: FloatArray = np.linalg.norm(rows, norm, axis=1)
    return lengths
