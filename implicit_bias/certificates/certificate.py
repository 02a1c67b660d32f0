"""Dual certificates η: callable, with their supremum; on a line by their values at the nodes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from implicit_bias.certificates.oracles import climbed_peaks, eta, line_peaks, proved_peaks
from implicit_bias.errors import OptionError
from implicit_bias.measures.circle import Arcs, arc_peaks, tail_peak
from implicit_bias.measures.measure import row_norms
from implicit_bias.measures.node_values import Numbers
from implicit_bias.numerics import double_double
from implicit_bias.numerics.arrays import FloatArray, chunks


class Certificate(ABC):
    """A dual certificate η, held against what features cost.

    Attributes
    ----------
    peak : number
        The supremum of ‖η‖ over the cost, and over λ in a regularised problem: at most 1 for a feasible dual.
    exact : bool
        Whether ``peak`` is a true supremum, or the largest value found.
    """

    if TYPE_CHECKING:

        @property
        @abstractmethod
        def peak(self) -> float:
            """The supremum of ‖η‖."""

    @property
    @abstractmethod
    def exact(self) -> bool:
        """Whether ``peak`` is a true supremum."""

    @abstractmethod
    def __call__(self, at: npt.ArrayLike, s: npt.ArrayLike = 1) -> FloatArray:
        """Return η at features: kinks and directions s = ±1 of one input, unit vectors of several."""


@dataclass(frozen=True, eq=False)
class LineCertificate(Certificate):
    """A dual certificate η on the line by its values at the nodes: η(t, ±1) = Σ_i α_i [±(x_i - t)]₊.

    Between nodes both branches are linear; rising minus falling is the affine function
    Σ_i α_i (x_i - t) = (q (x_n - t) - p (t - x_1)) / (x_n - x_1).

    Attributes
    ----------
    x : (n,) nodes
    rising : (n,) or (n, k) values of η(x_j, +1); the first is q, the last is 0
    p, q : η(x_n, -1) and η(x_1, +1), numbers or (k,)
    domain : (lo, hi), where kinks may lie, containing the nodes
    norm : of η when it is a vector: the dual of the norm that the weights are measured in
    """

    x: Numbers
    rising: Numbers
    p: Any
    q: Any
    domain: tuple[Any, Any]
    norm: float = 2

    @classmethod
    def of_dual(cls, x: FloatArray, alpha: FloatArray, domain: tuple[float, float], norm: float = 2) -> LineCertificate:
        """Evaluate the certificate of dual variables α, (n,) or (n, k), at the nodes: exact for the α given, up to one rounding."""
        if alpha.ndim == 2:
            parts = [cls.of_dual(x, column, domain) for column in alpha.T]
            p, q = (np.array([getattr(part, name) for part in parts]) for name in ("p", "q"))
            return cls(x, np.stack([part.rising for part in parts], axis=1), p, q, domain, norm)
        a, nodes = double_double.of(alpha), double_double.of(x)
        backwards = slice(None, None, -1)
        mass = double_double.cumulative(a[backwards])
        first = double_double.cumulative(double_double.multiply(a, nodes)[backwards])
        rising = double_double.add(first[backwards], double_double.negate(double_double.multiply(nodes, mass[backwards])))
        falls = double_double.multiply(a, double_double.add(double_double.of(np.full_like(x, x[-1])), double_double.negate(nodes)))
        return cls(x, rising.high, float(double_double.total(falls).high[0]), float(rising.high[0]), domain)

    def difference(self, t: Numbers) -> Numbers:
        """Return η(t, +1) - η(t, -1), which is affine in t."""
        x = self.x
        if np.ndim(self.q):
            t = t[..., None]
        out: Numbers = self.q * (x[-1] - t)
        out -= self.p * (t - x[0])
        out /= x[-1] - x[0]
        return out

    def __call__(self, at: npt.ArrayLike, s: npt.ArrayLike = 1) -> FloatArray:
        """Return η(t, s) for kinks t and directions s = ±1 of shapes that broadcast."""
        kinks, directions = np.broadcast_arrays(np.asarray(at, dtype=np.float64), np.asarray(s, dtype=np.float64))
        if not (np.abs(directions) == 1).all():
            raise OptionError("The direction s of a feature is +1 or -1.")
        difference = self.difference(kinks)
        if self.rising.ndim == 1:
            rising = np.interp(kinks, self.x, self.rising)
        else:
            rising = np.stack([np.interp(kinks, self.x, column) for column in self.rising.T], axis=-1)
            kinks, directions = kinks[..., None], directions[..., None]
        rising = np.where(kinks < self.x[0], difference, rising)
        return np.where(directions > 0, rising, rising - difference)

    @cached_property
    def peak(self) -> Any:
        """The supremum of |η|, or ‖η‖, over all features with a kink in the domain.

        Both branches are linear between neighbours of nodes and domain ends, so it is attained there (Lemma 6.3).
        """
        ends = self._largest(self.difference(np.array([self.domain[0], self.domain[1]], dtype=self.x.dtype)))
        peaks = [self._largest(self.rising[part]) for part in chunks(self.x.size)]
        peaks += [self._largest(self.rising[part] - self.difference(self.x[part])) for part in chunks(self.x.size)]
        return max(ends, *peaks)

    def _largest(self, values: Numbers) -> Any:
        return max(values.max(), -values.min()) if values.ndim == 1 else row_norms(values, self.norm).max()

    @property
    def exact(self) -> bool:
        """Whether ``peak`` is a true supremum: always so on the line."""
        return True

    def value(self, y: Numbers, changes: Numbers) -> Any:
        """Return the dual value Σ α_i y_i from node values: (p y_1 + q y_n)/L + Σ c_j (η_j - q (x_n - x_j)/L)."""
        x, length = self.x, self.x[-1] - self.x[0]
        inner = self.rising[1:-1] - self.q * ((x[-1] - x[1:-1]) / length)
        inner *= changes
        return (self.p * y[0] + self.q * y[-1]) / length + inner.sum()

    def dual(self) -> Numbers:
        """Return the α of this certificate: slope changes of the rising branch, and the two ends."""
        if self.rising.ndim == 2:
            columns = zip(self.rising.T, self.p, self.q, strict=True)
            return np.stack([LineCertificate(self.x, g, p, q, self.domain).dual() for g, p, q in columns], axis=1)
        slopes = np.diff(self.rising) / np.diff(self.x)
        alpha = np.empty_like(self.x)
        alpha[1:-1] = double_double.differences(slopes) if slopes.dtype == np.float64 else np.diff(slopes)
        alpha[-1] = -slopes[-1]
        alpha[0] = slopes[0] + (self.p + self.q) / (self.x[-1] - self.x[0])
        return alpha


@dataclass(frozen=True, eq=False)
class ArcCertificate(Certificate):
    """A dual certificate η for kinks on the whole line, held against the weight w of the features.

    Attributes
    ----------
    line : η by its values at the nodes, the same numbers as without a weight
    arcs : the nodes seen through the weight
    free : whether an affine part is free; then η vanishes beyond the nodes, and both branches are one
    level : what ‖η‖ / w may reach: λ in a regularised problem
    """

    line: LineCertificate
    arcs: Arcs
    free: bool
    level: float = 1.0

    @classmethod
    def of_nodes(cls, arcs: Arcs, rising: FloatArray, p: Any, q: Any, free: bool, level: float = 1.0) -> ArcCertificate:
        """Return the certificate with values ``rising`` of η(x_i, +1), p of η(x_n, -1) and q of η(x_1, +1)."""
        domain = (float(arcs.x[0]), float(arcs.x[-1]))
        return cls(LineCertificate(arcs.x, rising, p, q, domain), arcs, free, level)

    @classmethod
    def of_dual(cls, arcs: Arcs, alpha: FloatArray, free: bool, level: float = 1.0) -> ArcCertificate:
        """Evaluate the certificate of dual variables α, (n,) or (n, k), at the nodes, projected if an affine part is free.

        Then Σ α = Σ α x = 0 is needed, and any values at the nodes that vanish at both ends have it: those taken are the means of
        both branches, which agree for such an α.
        """
        given = LineCertificate.of_dual(arcs.x, alpha, (float(arcs.x[0]), float(arcs.x[-1])))
        if not free:
            return cls(given, arcs, free, level)
        rising = given.rising - given.difference(arcs.x) / 2
        rising[[0, -1]] = 0.0
        return cls.of_nodes(arcs, rising, 0 * given.p, 0 * given.q, free, level)

    def __call__(self, at: npt.ArrayLike, s: npt.ArrayLike = 1) -> FloatArray:
        """Return η(t, s), not divided by the weight, for kinks t and directions s = ±1 of shapes that broadcast."""
        return self.line(at, s)

    @cached_property
    def peak(self) -> float:
        """The supremum of ‖η‖ / w over every kink of the line, both directions and the constants, divided by the level.

        On each arc between nodes η / w is a sinusoid. The features that are affine on the data, whose kinks lie beyond it, and the
        constants form one arc more, from x - x_1 to x_n - x.
        """
        line, arcs = self.line, self.arcs
        if line.rising.ndim == 2:
            return float(self.tops[1].max()) / self.level
        branches = [line.rising] if self.free else [line.rising, self.falling]
        peaks = [float(arc_peaks(g[:-1], g[1:], arcs.halves).max()) for g in (branch / arcs.sizes for branch in branches)]
        ends = np.array([line.p / arcs.sizes[-1]]), np.array([line.q / arcs.sizes[0]])
        return max(*peaks, 0.0 if self.free else float(tail_peak(arcs, *ends)[0])) / self.level

    @cached_property
    def falling(self) -> FloatArray:
        """η(x_i, -1)."""
        values: FloatArray = self.line.rising - self.line.difference(self.arcs.x)
        return values

    @cached_property
    def tops(self) -> tuple[FloatArray, FloatArray]:
        """Where ‖η‖ is largest on each arc of the sphere, as unit vectors (s, -s t) / w(t), and its values there."""
        return line_peaks(self.arcs, self.line.rising, self.falling, self.free)

    @property
    def exact(self) -> bool:
        """Whether ``peak`` is a true supremum: always so on the line."""
        return True

    def feasible(self) -> ArcCertificate:
        """Return this certificate divided by its supremum, if that exceeds 1."""
        top, line = max(1.0, self.peak), self.line
        return ArcCertificate.of_nodes(self.arcs, line.rising / top, line.p / top, line.q / top, self.free, self.level)

    def value(self, y: FloatArray, changes: FloatArray) -> float:
        """Return the dual value Σ α_i y_i from node values."""
        return float(self.line.value(y, changes))

    def dual(self) -> FloatArray:
        """Return the α of this certificate."""
        return self.line.dual()


@dataclass(frozen=True, eq=False)
class SphereCertificate(Certificate):
    """A dual certificate η(u) = Σ_i α_i [u · (x_i, 1)]₊ for several inputs, over unit vectors u.

    Attributes
    ----------
    rows : (n, d+1) different points with a last coordinate of 1
    alpha : (n,) or (n, k)
    level : what ‖η‖ may reach: λ in a regularised problem
    """

    rows: FloatArray
    alpha: FloatArray
    level: float = 1.0

    def __call__(self, at: npt.ArrayLike, s: npt.ArrayLike = 1) -> FloatArray:
        """Return η at features, (..., d+1): (...) or (..., k). They have directions of their own, so that s is 1."""
        if np.ndim(s) or s != 1:
            raise OptionError("Features of several inputs have directions of their own; leave s out.")
        u = np.asarray(at, dtype=np.float64)
        values = eta(self.rows, self.alpha, u.reshape(-1, u.shape[-1]))
        return values.reshape(*u.shape[:-1], *values.shape[1:])

    @cached_property
    def climbed(self) -> tuple[FloatArray, FloatArray]:
        """Features where ascents of ‖η‖ end, the largest first, and its values there: cheap, and proof of nothing."""
        return climbed_peaks(self.rows, self._columns)

    @cached_property
    def tops(self) -> tuple[FloatArray, FloatArray]:
        """Features where ‖η‖ is locally largest, the largest first, and its values there."""
        return proved_peaks(self.rows, self._columns, self.climbed) if self.exact else self.climbed

    @property
    def _columns(self) -> FloatArray:
        return self.alpha if self.alpha.ndim == 2 else self.alpha[:, None]

    @property
    def peak(self) -> float:
        """The supremum of ‖η‖ over the sphere, divided by the level; if it is not ``exact``, the largest value found."""
        return float(self.tops[1][0]) / self.level

    @property
    def exact(self) -> bool:
        """Whether ``peak`` is a true supremum: for two inputs."""
        return bool(self.rows.shape[1] == 3)
