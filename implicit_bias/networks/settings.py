"""What is trained and how: every option checked once, before anything runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import DataError, OptionError
from implicit_bias.networks.codes import CLASSES, LOSSES, SQUARED
from implicit_bias.networks.initializations import Start, as_start
from implicit_bias.numerics.arrays import LARGEST, FloatArray, as_floats, freeze

Trained = Literal["all", "output", "linearized"]
_TRAINED = ("all", "output", "linearized")
_PARAMETRIZATIONS = ("standard", "ntk")
_PRECISIONS = ("float64", "float32")
_PATHS = ("auto", "fast", "dense")
_MOST_EPOCHS, _MOST_UNITS = 10**15, 10**9
"""Beyond these nothing would come to its end, and counts would not fit their machine words."""

_RECORDS = 1000
"""How many losses a history keeps if not said otherwise."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Points with targets.

    Attributes
    ----------
    x : (n, d)
    y : (n, k) targets of the squared loss, (n,) ±1 of the logistic and exponential, (n,) int64 labels of the others
    """

    x: FloatArray
    y: Any


@dataclass(frozen=True, eq=False)
class Validation:
    """Points to stop by, and to choose the best epoch by.

    Parameters
    ----------
    x, y : like those in training
    values, midpoints : (n,) real targets and (k,) midpoints of the bins. With them the best epoch of a classification is that of
        the least mean (Σ_c p_c midpoint_c - value)², the expectation over bins; else that of the least loss.
    """

    x: npt.ArrayLike
    y: npt.ArrayLike
    values: npt.ArrayLike | None = None
    midpoints: npt.ArrayLike | None = None


@dataclass(frozen=True, eq=False)
class Settings:
    """A training run but for its seed; made by :func:`checked_settings`."""

    points: Examples
    validation: Examples | None
    values: FloatArray
    midpoints: FloatArray
    sizes: tuple[int, ...]
    loss: int
    start: Start
    step: float
    epochs: int
    weight_decay: float
    patience: int
    goal: float
    leak: float
    output_bias: bool
    trained: Trained
    parametrization: str
    precision: str
    every: int
    snapshots: tuple[int, ...]

    @property
    def outputs(self) -> int:
        """Number of outputs k."""
        return self.sizes[-1]

    @property
    def scales(self) -> tuple[float, ...]:
        """What each layer's output is multiplied by: sqrt(1/fan_in) in the NTK parametrisation."""
        return tuple(1 / np.sqrt(fan_in) if self.parametrization == "ntk" else 1.0 for fan_in in self.sizes[:-1])

    def fingerprint(self, seed: int) -> str:
        """Return what tells this run from every other one, data and start included."""
        digest = hashlib.sha256()
        arrays = [self.points.x, self.points.y, self.values, self.midpoints]
        if self.validation is not None:
            arrays += [self.validation.x, self.validation.y]
        # a start may hold a function, which has no lasting name: what it draws does
        drawn = self.start.sample(np.random.default_rng(seed), self.sizes)
        arrays += [part for layer in drawn for part in layer]
        for array in arrays:
            digest.update(repr((array.shape, array.dtype.str)).encode() + np.ascontiguousarray(array).tobytes())
        plain = [getattr(self, field.name) for field in fields(self) if field.name not in _ARRAYS]
        digest.update(repr((seed, plain)).encode())
        return digest.hexdigest()


_ARRAYS = {"points", "validation", "values", "midpoints", "start"}


def checked_settings(
    x: Any,
    y: Any,
    *,
    hidden: Any,
    loss: str,
    initialization: Any,
    step: Any,
    epochs: Any,
    weight_decay: Any,
    validation: Any,
    patience: Any,
    goal: Any,
    leak: Any,
    output_bias: bool,
    trained: str,
    parametrization: str,
    precision: str,
    n_classes: Any,
    every: Any,
    snapshots: Any,
) -> Settings:
    """Return the settings; raises DataError or OptionError."""
    code = LOSSES[_one_of("loss", loss, tuple(LOSSES))]
    points = _points(x, y, code, "")
    outputs = _outputs(points, code, n_classes)
    epochs = whole("epochs", epochs, 0, _MOST_EPOCHS)
    other, values, midpoints = _validation(validation, points, code, outputs)
    widths = (hidden,) if isinstance(hidden, Integral) else tuple(hidden) if isinstance(hidden, (tuple, list)) else ()
    if not 1 <= len(widths) <= 2:
        raise OptionError(f"hidden must be the number of hidden units, or a pair of them for two layers, not {hidden!r}.")
    sizes = (points.x.shape[1], *(whole("hidden", width, 1, _MOST_UNITS) for width in widths), outputs)
    if precision == "float32":
        _refuse_large_for_single(points.x, other)
    wanted = sorted(set(wholes("snapshots", snapshots, 0)))
    if wanted and wanted[-1] > epochs:
        raise OptionError(f"snapshots has the epoch {wanted[-1]}, and there are only {epochs}.")
    return Settings(
        points,
        other,
        values,
        midpoints,
        sizes,
        code,
        as_start(initialization),
        positive("step", step),
        epochs,
        real("weight_decay", weight_decay, 0.0),
        whole("patience", patience, 0, _MOST_EPOCHS),
        real("goal", goal, 0.0),
        real("leak", leak, 0.0, 1.0),
        bool(output_bias),
        _one_of("trained", trained, _TRAINED),  # type: ignore[arg-type]
        _one_of("parametrization", parametrization, _PARAMETRIZATIONS),
        _one_of("precision", precision, _PRECISIONS),
        max(1, epochs // _RECORDS) if every is None else whole("every", every, 1, _MOST_EPOCHS),
        tuple(wanted),
    )


def _refuse_large_for_single(x: FloatArray, other: Examples | None) -> None:
    most = float(np.finfo(np.float32).max)
    for name, places in (("x", x), ("validation x", x if other is None else other.x)):
        if np.abs(places).max() > most:
            raise DataError(f"{name} exceeds {most:g}, the largest number of float32; rescale it.")


def _one_of(name: str, given: Any, allowed: tuple[str, ...]) -> str:
    if not (isinstance(given, str) and given in allowed):
        raise OptionError(f"{name} must be one of {', '.join(allowed)}, not {given!r}.")
    return given


def chosen_path(path: str, settings: Settings) -> str:
    """Return "fast", "dense" or "linearized"."""
    _one_of("path", path, _PATHS)
    if settings.trained == "linearized":
        if path != "auto":
            raise OptionError("A linearized model has a way of its own; leave path out.")
        return "linearized"
    able = len(settings.sizes) == 3 and settings.sizes[0] == 1
    if path == "fast" and not able:
        raise OptionError("The fast path is for one input and one hidden layer; leave path out.")
    return ("fast" if able else "dense") if path == "auto" else path


def whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """Return a whole number of at least ``least``, and at most ``most``."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise OptionError(f"{name} must be a whole number of at least {least}, not {value!r}.")
    if most is not None and int(value) > most:
        raise OptionError(f"{name} must be at most {most}, not {value!r}.")
    return int(value)


def wholes(name: str, values: Any, least: int) -> list[int]:
    """Return several whole numbers of at least ``least``."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable) or (isinstance(values, np.ndarray) and values.ndim == 0):
        raise OptionError(f"{name} must be a sequence of whole numbers, not {values!r}.")
    return [whole(name, value, least) for value in values]


def real(name: str, value: Any, least: float, most: float = LARGEST) -> float:
    """Return a number between two."""
    if not _between(least, value, most):
        raise OptionError(f"{name} must be a number from {least:g} to {most:g}, not {value!r}.")
    return float(value)


def _between(least: float, value: Any, most: float) -> bool:
    # compared as they are: a float cannot hold every integer
    return not isinstance(value, bool) and isinstance(value, Real) and bool(least <= value <= most)  # type: ignore[operator]


def positive(name: str, value: Any) -> float:
    """Return a number above 0."""
    if not _between(0.0, value, LARGEST) or float(value) == 0:
        raise OptionError(f"{name} must be a number above 0 and at most {LARGEST:g}, not {value!r}.")
    return float(value)


def _points(x: Any, y: Any, loss: int, of: str) -> Examples:
    inputs = as_floats(x, of + "x", np.shape(x)) if np.ndim(x) == 2 else as_floats(x, of + "x")
    if inputs.size == 0:
        raise DataError(f"{of}x has no points.")
    places = inputs.reshape(inputs.shape[0], -1)
    n = places.shape[0]
    if loss == SQUARED:
        targets = as_floats(y, of + "y", np.shape(y)) if np.ndim(y) == 2 else as_floats(y, of + "y")
        if targets.shape[0] != n or targets.size == 0:
            raise DataError(f"{of}y has {targets.shape[0]} targets for {n} points.")
        return Examples(freeze(places.copy()), freeze(targets.reshape(n, -1).copy()))
    labels = as_floats(y, of + "y", (n,))
    if loss in CLASSES:
        if not (labels == np.round(labels)).all() or labels.min() < 0:
            raise DataError(f"{of}y must hold labels 0, 1, … for this loss.")
        return Examples(freeze(places.copy()), freeze(labels.astype(np.int64)))
    if not np.isin(labels, (-1.0, 1.0)).all():
        raise DataError(f"{of}y must hold labels -1 and 1 for this loss.")
    return Examples(freeze(places.copy()), freeze(labels.copy()))


def _outputs(points: Examples, loss: int, n_classes: Any) -> int:
    if loss not in CLASSES:
        if n_classes is not None:
            raise OptionError("n_classes goes with the cross-entropy only.")
        return 1 if points.y.ndim == 1 else int(points.y.shape[1])
    least = max(2, int(points.y.max()) + 1)
    return least if n_classes is None else whole("n_classes", n_classes, least, _MOST_UNITS)


def _validation(given: Any, points: Examples, loss: int, outputs: int) -> tuple[Examples | None, FloatArray, FloatArray]:
    none = np.empty(0)
    if given is None:
        return None, none, none
    if not isinstance(given, Validation):
        if not (isinstance(given, tuple) and len(given) == 2):
            raise OptionError("validation must be a pair (x, y) or a Validation.")
        given = Validation(*given)
    other = _points(given.x, given.y, loss, "validation ")
    same = other.x.shape[1] == points.x.shape[1] and other.y.shape[1:] == points.y.shape[1:]
    if not same or (loss in CLASSES and int(other.y.max()) >= outputs):
        raise DataError("The validation points must have as many inputs and outputs as those in training.")
    if given.midpoints is None and given.values is None:
        return other, none, none
    if loss not in CLASSES or given.midpoints is None or given.values is None:
        raise OptionError("values and midpoints go together, and with the cross-entropy.")
    return other, as_floats(given.values, "values", (other.x.shape[0],)), as_floats(given.midpoints, "midpoints", (outputs,))
