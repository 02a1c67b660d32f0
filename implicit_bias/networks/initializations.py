"""How networks start: random parameters of every initialisation that the papers use.

A start draws layers (weights (out, in), biases (out,)), inputs first, outputs last, in float64. In the standard parametrisation
they are the weights themselves.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from implicit_bias.errors import DataError, OptionError
from implicit_bias.numerics.arrays import FloatArray

Layers = tuple[tuple[FloatArray, FloatArray], ...]
Sampler = Callable[[np.random.Generator, int], tuple[Any, Any]]


class Start(ABC):
    """A distribution of the parameters that training starts from."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, sizes: tuple[int, ...]) -> Layers:
        """Draw the layers of a network with ``sizes`` (inputs, hidden units …, outputs)."""


@dataclass(frozen=True)
class Glorot(Start):
    """Weights uniform on ±sqrt(6/(fan_in + fan_out)) (Glorot and Bengio, 2010).

    Parameters
    ----------
    constant_input : whether hidden biases are the weights of one more input that is always 1, and drawn like the others
        (Stewart et al., eq. 2); if not, they start at 0. Output biases always do.
    """

    constant_input: bool = True

    def sample(self, rng: np.random.Generator, sizes: tuple[int, ...]) -> Layers:
        """Draw the layers."""
        layers = []
        for i, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes)):
            with_bias = self.constant_input and i < len(sizes) - 2
            half = np.sqrt(6 / (fan_in + with_bias + fan_out))
            drawn = rng.uniform(-half, half, (fan_out, fan_in + with_bias))
            layers.append((drawn[:, :fan_in].copy(), drawn[:, fan_in].copy() if with_bias else np.zeros(fan_out)))
        return tuple(layers)


class _FanIn(Start):
    """Layers sqrt(1/fan_in) (W, B) of independent copies of two random variables (Jin and Montúfar, eq. 2)."""

    @abstractmethod
    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...], bias: bool) -> FloatArray: ...

    def sample(self, rng: np.random.Generator, sizes: tuple[int, ...]) -> Layers:
        """Draw the layers."""
        return tuple(
            (self._draw(rng, (fan_out, fan_in), False) / np.sqrt(fan_in), self._draw(rng, (fan_out,), True) / np.sqrt(fan_in))
            for fan_in, fan_out in itertools.pairwise(sizes)
        )


@dataclass(frozen=True)
class Gaussian(_FanIn):
    """W ~ N(0, sigma_w²) and B ~ N(0, sigma_b²) (Theorem 9 (a))."""

    sigma_w: float = 1.0
    sigma_b: float = 1.0

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...], bias: bool) -> FloatArray:
        return rng.normal(size=shape) * (self.sigma_b if bias else self.sigma_w)


@dataclass(frozen=True)
class BinaryUniform(_FanIn):
    """W = ±1 with equal probabilities and B ~ U(-a_b, a_b) (Theorem 9 (b))."""

    a_b: float = 2.0

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...], bias: bool) -> FloatArray:
        return rng.uniform(-self.a_b, self.a_b, shape) if bias else rng.choice([-1.0, 1.0], shape)


@dataclass(frozen=True)
class Uniform(_FanIn):
    """W ~ U(-a_w, a_w) and B ~ U(-a_b, a_b) (Theorem 9 (c)); the constants of the paper's Figure 1 are the default."""

    a_w: float = 1.0
    a_b: float = 2.0

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...], bias: bool) -> FloatArray:
        half = self.a_b if bias else self.a_w
        return rng.uniform(-half, half, shape)


@dataclass(frozen=True)
class Joint(Start):
    """Pairs (W, B) from a sampler of yours, for one hidden layer; the outer weights are N(0, 1/m), and output biases 0.

    Parameters
    ----------
    pairs : (generator, m) -> W, (m,) or (m, d), and B, (m,): :meth:`implicit_bias.Initialization.sample` for a ζ of your own
    """

    pairs: Sampler

    def sample(self, rng: np.random.Generator, sizes: tuple[int, ...]) -> Layers:
        """Draw the layers."""
        if len(sizes) != 3:
            raise OptionError("A joint sampler makes one hidden layer; name another initialization for several.")
        inputs, m, outputs = sizes
        wanted = f"The sampler must return finite W of shape ({m}, {inputs}) and B of shape ({m},)."
        try:
            w, b = (np.asarray(drawn, dtype=np.float64) for drawn in self.pairs(rng, m))
        except (TypeError, ValueError) as error:
            raise DataError(f"{wanted} ({error})") from error
        shapes = ((m, inputs), (m,)) if inputs == 1 else ((m, inputs),)
        if w.shape not in shapes or b.shape != (m,) or not (np.isfinite(w).all() and np.isfinite(b).all()):
            raise DataError(wanted)
        outer = rng.normal(size=(outputs, m)) / np.sqrt(m)
        return (w.reshape(m, inputs), b), (outer, np.zeros(outputs))


@dataclass(frozen=True)
class Antisymmetric(Start):
    """Two copies of one draw with opposite outer weights, so that f = 0 at the start (ASI; Jin and Montúfar, appendix C.2).

    f = (f_1 - f_2)/√2 for networks of m/2 units each; the outer weights a/√2 are again of size 1/√m.
    """

    base: Start

    def sample(self, rng: np.random.Generator, sizes: tuple[int, ...]) -> Layers:
        """Draw the layers."""
        if len(sizes) != 3 or sizes[1] % 2:
            raise OptionError("An antisymmetric start needs one hidden layer with an even number of units.")
        (w, b), (a, _) = self.base.sample(rng, (sizes[0], sizes[1] // 2, sizes[2]))
        half = a / np.sqrt(2)
        return (np.concatenate([w, w]), np.concatenate([b, b])), (np.concatenate([half, -half], axis=1), np.zeros(sizes[2]))


@dataclass(frozen=True)
class Scaled(Start):
    """All parameters of another start times α: small α is the rich regime, large α the kernel regime (Chizat et al., 2019)."""

    base: Start
    alpha: float

    def sample(self, rng: np.random.Generator, sizes: tuple[int, ...]) -> Layers:
        """Draw the layers."""
        return tuple((self.alpha * w, self.alpha * b) for w, b in self.base.sample(rng, sizes))


@dataclass(frozen=True, eq=False)
class Given(Start):
    """Layers of your own, the same for every seed."""

    layers: Layers

    def sample(self, rng: np.random.Generator, sizes: tuple[int, ...]) -> Layers:
        """Return the layers."""
        layers = tuple((np.array(w, dtype=np.float64), np.array(b, dtype=np.float64)) for w, b in self.layers)
        wanted = list(zip(sizes[1:], sizes[:-1], strict=True))
        if [w.shape for w, _ in layers] != wanted or [b.shape for _, b in layers] != [(out,) for out, _ in wanted]:
            raise DataError(f"The given layers must have weights of the shapes {wanted}, and a bias for each output of a layer.")
        if not all(np.isfinite(part).all() for layer in layers for part in layer):
            raise DataError("The given layers must be finite numbers.")
        return layers


NAMED: dict[str, Start] = {"glorot": Glorot(), "gaussian": Gaussian(), "binary-uniform": BinaryUniform(), "uniform": Uniform()}


def as_start(given: Any) -> Start:
    """Return a start from one, its name, an :class:`~implicit_bias.Initialization`, or a sampler of pairs (W, B)."""
    from implicit_bias.zetas.initialization import Initialization

    if isinstance(given, Start):
        return given
    if isinstance(given, Initialization):
        return Joint(given.sample)
    if isinstance(given, str) and given in NAMED:
        return NAMED[given]
    if callable(given):
        return Joint(given)
    raise OptionError(f"initialization must be one of {', '.join(NAMED)}, a start or a sampler, not {given!r}.")
