"""Columns of numbers from a CSV file, with errors that name the line and the column.

The separator (comma, semicolon or tab) and the header are found out; UTF-8 with or without a byte-order mark.
"""

from __future__ import annotations

import csv
import io
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from implicit_bias.arrays import FloatArray, IntArray
from implicit_bias.data.dataset import Dataset
from implicit_bias.errors import DataError

_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}


@dataclass(frozen=True)
class Table:
    """The cells of a CSV file as text, and where they came from.

    ``lines[i]`` is the number, in the file, of the line that row i starts on.
    """

    source: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: IntArray

    def column(self, name: str | None, default: int) -> FloatArray:
        """Return a column as numbers: by its name, or else by its position."""
        at = default if name is None else self._position(name)
        if at >= len(self.columns):
            raise DataError(f"{self.source} has one column ({self.columns[0]}); at least two are needed.")
        return np.array([self._number(row[at], i, at) for i, row in enumerate(self.rows)], dtype=np.float64)

    def dataset(self, x: str | None = None, y: str | None = None) -> Dataset:
        """Return the points of two columns, by default the first and the second."""
        xs, ys = self.column(x, 0), self.column(y, 1)
        try:
            return Dataset.of(xs, ys, lambda i: f"line {self.lines[i]}")
        except DataError as error:
            raise DataError(f"{self.source}: {error}") from error

    def _position(self, name: str) -> int:
        if name in self.columns:
            return self.columns.index(name)
        raise DataError(f"{self.source} has no column {name!r}; it has {', '.join(map(repr, self.columns))}.")

    def _number(self, cell: str, row: int, at: int) -> float:
        value = _parse(cell)
        if value is not None and math.isfinite(value):
            return value
        what = "is empty" if not cell.strip() else f"is {cell.strip()!r}, not a finite number"
        raise DataError(f"{self.source}: line {self.lines[row]}, column {self.columns[at]!r} {what}.")


def read_table(path: str | Path) -> Table:
    """Read a CSV file, or standard input for ``-``.

    Raises
    ------
    DataError
        If the file is missing, a directory, unreadable, not UTF-8 text, empty, without data, or ragged.
    """
    source = "standard input" if str(path) == "-" else str(path)
    text = _decode(_read_bytes(path, source), source)
    numbered = _rows(text, source)
    if not numbered:
        raise DataError(f"{source} is empty.")
    first = numbered[0][1]
    for line, cells in numbered:
        if len(cells) != len(first):
            raise DataError(f"{source}: line {line} has {len(cells)} cells, but line {numbered[0][0]} has {len(first)}.")
    has_header = any(_parse(cell) is None for cell in first)
    columns = tuple(c.strip() for c in first) if has_header else tuple(str(i + 1) for i in range(len(first)))
    if len(set(columns)) < len(columns):
        raise DataError(f"{source}: line {numbered[0][0]} names a column twice ({', '.join(map(repr, columns))}).")
    body = numbered[1:] if has_header else numbered
    if not body:
        raise DataError(f"{source} has a header but no data.")
    return Table(source, columns, tuple(cells for _, cells in body), np.array([line for line, _ in body]))


def _read_bytes(path: str | Path, source: str) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{source} does not exist.") from error
    except IsADirectoryError as error:
        raise DataError(f"{source} is a directory, not a CSV file.") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{source} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _decode(data: bytes, source: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{source} is a UTF-16 file; save it as UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{source} is not UTF-8 text (byte {error.start}); is it a CSV file?") from error
    if "\0" in text:
        raise DataError(f"{source} is a binary file (or UTF-16), not UTF-8 text.")
    return text


def _rows(text: str, source: str) -> list[tuple[int, tuple[str, ...]]]:
    """Split into rows of cells with the number of the line each starts on; blank lines are passed over."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, tuple[str, ...]]] = []
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((start, tuple(cells)))
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{source}: line {reader.line_num} is not CSV: {error}.") from error
    return rows


def _parse(cell: str) -> float | None:
    """Return the number that a cell spells (NaN and infinity included), or None for text."""
    text = cell.strip()
    if "_" in text:  # Python reads 1_000 as a number; a CSV file does not mean that
        return None
    try:
        return float(text)
    except ValueError:
        return None


def read_dataset(path: str | Path, x: str | None = None, y: str | None = None) -> Dataset:
    """Read two columns of a CSV file, by default the first and the second, as a :class:`Dataset`."""
    return read_table(path).dataset(x, y)
