"""Columns of numbers from a CSV file, with errors that name the line and the column.

The separator (tab, semicolon or comma) and the header are found out; UTF-8 with or without a byte-order mark. A first
line is a header if none of its cells is a number. Numbers have decimal points.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from implicit_bias.data.dataset import Dataset
from implicit_bias.errors import DataError
from implicit_bias.numerics.arrays import FloatArray, IntArray

# in order of preference: a file with tabs or semicolons may have commas in its numbers
_SEPARATORS = ("\t", ";", ",")
_SAMPLE = 20  # lines that the separator is found out from
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")


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
        return self._numbers(self._position(name, default))

    def dataset(self, x: str | None = None, y: str | None = None) -> Dataset:
        """Return the points of two different columns, by default the first and the second."""
        xs, ys = self.points(x, y)
        try:
            return Dataset(xs, ys, lambda i: f"line {self.lines[i]}")
        except DataError as error:
            raise DataError(f"{self.source}: {error}") from error

    def points(self, x: str | None = None, y: str | None = None) -> tuple[FloatArray, FloatArray]:
        """Return the numbers of two different columns as they are, by default of the first and the second."""
        at_x, at_y = self._position(x, 0), self._position(y, 1)
        if at_x == at_y:
            raise DataError(f"{self.source}: x and y are both the column {_short(self.columns[at_x])}; name the other one.")
        return self._numbers(at_x), self._numbers(at_y)

    def _position(self, name: str | None, default: int) -> int:
        if name is not None:
            if name.strip() in self.columns:
                return self.columns.index(name.strip())
            raise DataError(f"{self.source} has no column {_short(name)}; it has {_listed(self.columns)}.")
        if default < len(self.columns):
            return default
        raise DataError(
            f"{self.source} has one column ({_short(self.columns[0])}); at least two are needed, separated by commas, semicolons or tabs."
        )

    def _numbers(self, at: int) -> FloatArray:
        return np.array([self._number(row[at], i, at) for i, row in enumerate(self.rows)], dtype=np.float64)

    def _number(self, cell: str, row: int, at: int) -> float:
        value = _parse(cell)
        if value is not None and math.isfinite(value):
            return value
        what = "is empty" if not cell.strip() else f"is {_short(cell.strip())}, not a finite number"
        if _DECIMAL_COMMA.fullmatch(cell.strip()):
            what += " (write decimals with a point, not a comma)"
        raise DataError(f"{self.source}: line {self.lines[row]}, column {_short(self.columns[at])} {what}.")


def read_table(path: str | Path) -> Table:
    """Read a CSV file, or standard input for ``-``.

    Raises
    ------
    DataError
        If the file is missing, a directory, unreadable, not UTF-8 text, empty, without data, or ragged, if its first
        line is neither numbers nor names, or if it names a column twice.
    """
    source = "standard input" if str(path) == "-" else str(path)
    text = _decode(_read_bytes(path, source), source)
    numbered = _rows(text, source)
    if not numbered:
        raise DataError(f"{source} is empty.")
    top, first = numbered[0]
    for line, cells in numbered:
        if len(cells) != len(first):
            hint = "; decimals need a point, not a comma" if len(cells) > len(first) > 1 else ""
            raise DataError(
                f"{source}: line {line} has {len(cells)} cell{'s' if len(cells) > 1 else ''}, but line {top} has {len(first)}{hint}."
            )
    has_header = _is_header(first, f"{source}: line {top}")
    columns = tuple(c.strip() for c in first) if has_header else tuple(str(i + 1) for i in range(len(first)))
    if len(set(columns)) < len(columns):
        raise DataError(f"{source}: line {top} names a column twice ({_listed(columns)}).")
    body = numbered[1:] if has_header else numbered
    if not body:
        raise DataError(f"{source} has a header but no data.")
    return Table(source, columns, tuple(cells for _, cells in body), np.array([line for line, _ in body]))


def _read_bytes(path: str | Path, source: str) -> bytes:
    if str(path) == "-" and sys.stdin is None:  # Python's word for a closed one
        raise DataError(f"{source} is closed; give a file name, or data to read.")
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else Path(path).read_bytes()
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
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{source} is not UTF-8 text (line {line}); is it a CSV file? If so, save it as UTF-8.") from error
    if "\0" in text:
        raise DataError(f"{source} is a binary file (or UTF-16), not UTF-8 text.")
    return text


def _rows(text: str, source: str) -> list[tuple[int, tuple[str, ...]]]:
    """Split into rows of cells with the number of the line each starts on; blank lines are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
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


def _separator(text: str) -> str:
    """Return the separator that cuts the first lines into equally many cells, or else one that the first line has."""
    lines = list(itertools.islice((line for line in io.StringIO(text, newline="") if line.strip()), _SAMPLE))
    for separator in _SEPARATORS:
        try:
            widths = {len(cells) for cells in csv.reader(lines, delimiter=separator, strict=True)}
        except csv.Error:
            continue
        if len(widths) == 1 and max(widths) > 1:
            return separator
    return next((separator for separator in _SEPARATORS if lines and separator in lines[0]), ",")


def _is_header(cells: tuple[str, ...], place: str) -> bool:
    """Whether a first row names the columns; refuse one that is half numbers: it would be a row of data lost in silence."""
    texts = [cell for cell in cells if _parse(cell) is None and not _DECIMAL_COMMA.fullmatch(cell.strip())]
    if texts and len(texts) < len(cells):
        other = _short(texts[0].strip()) if texts[0].strip() else "an empty cell"
        raise DataError(f"{place} has numbers and {other}; a first line holds either numbers only or a name for every column.")
    return bool(texts)


def _short(text: str, width: int = 40) -> str:
    """Quote a text for a message of one line."""
    return repr(text if len(text) <= width else text[: width - 1] + "…")


def _listed(columns: tuple[str, ...], most: int = 12) -> str:
    """Quote column names for a message of one line."""
    more = f" and {len(columns) - most} more" if len(columns) > most else ""
    return ", ".join(_short(c) for c in columns[:most]) + more


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
