"""What the commands say, and the files they write: each appears whole or not at all."""

from __future__ import annotations

import json
import math
import os
import secrets
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from implicit_bias.errors import OptionError, OutputError

STANDARD = "-"
"""The path that means standard output."""

_WIDTH, _WIDEST = 80, 120


def plain(text: str) -> str:
    """Spell out what would break a line or steer a terminal, such as a newline in a file's name."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def say(text: str) -> None:
    """Print to standard output, in whatever encoding it has."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"Standard output cannot be written: {error.strerror}.") from error


def complain(text: str) -> None:
    """Print one line on standard error."""
    print(f"implicit-bias: {plain(text)}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Destination:
    """A file that an option names, tried before the work starts."""

    shown: str
    path: Path

    @classmethod
    def of(cls, option: str, given: str | None) -> Destination | None:
        """Return where an option wants its file, None without one; raises :class:`OutputError` if that cannot be written."""
        if given is None:
            return None
        if not given or given.startswith("-") or "\0" in given:  # with a dash it is the next option, most likely
            raise OptionError(f"{option} needs the name of a file{f', not {given!r}' if given else ''}.")
        place = cls.at(given)
        try:
            place._try()
        except (OSError, ValueError) as error:
            raise place.failure(error) from error
        return place

    @classmethod
    def at(cls, given: str) -> Destination:
        """Return the file that a name stands for, behind links: it is that one that gets replaced."""
        path = Path(given)
        try:
            special = path.exists() and not path.is_file()
            return cls(given, path if special else Path(os.path.realpath(given)))
        except (OSError, ValueError):  # too long, say; trying it will tell
            return cls(given, path)

    def _try(self) -> None:
        if self.path.is_dir():
            raise IsADirectoryError(0, "it is a directory")
        if not self.path.parent.is_dir():
            raise FileNotFoundError(0, f"there is no folder {str(Path(self.shown).parent)!r}")
        if self.path.exists() and not os.access(self.path, os.W_OK):
            raise PermissionError(0, "it is write-protected")
        if self.replaceable:
            temporary = self.temporary()
            temporary.touch(exist_ok=False)
            temporary.unlink()

    @property
    def replaceable(self) -> bool:
        """Whether it is a regular file, or will be; devices and pipes are written to as they are."""
        return self.path.is_file() or not self.path.exists()

    def temporary(self) -> Path:
        """Return a new name to write under until the file is whole; its suffix tells a picture's format."""
        return self.path.with_name(f".implicit-bias-{secrets.token_hex(8)}{Path(self.shown).suffix}")

    def failure(self, error: Exception) -> OutputError:
        """Return the typed error for what the operating system said."""
        return OutputError(f"{self.shown} cannot be written: {getattr(error, 'strerror', None) or error}.")


def write_files(writers: Mapping[Destination, Callable[[Path], None]]) -> None:
    """Write every file under a temporary name, and give them theirs when all are whole."""
    temporaries = {place: place.temporary() if place.replaceable else place.path for place in writers}
    try:
        for place, write in writers.items():
            _attempt(place, write, temporaries[place])
        for place, temporary in temporaries.items():
            if place.replaceable:
                _attempt(place, partial(_take_place, temporary), place.path)
    finally:
        for place, temporary in temporaries.items():
            if place.replaceable:
                temporary.unlink(missing_ok=True)


def _take_place(temporary: Path, path: Path) -> None:
    if path.exists():
        shutil.copymode(path, temporary)
    temporary.replace(path)


def _attempt(place: Destination, action: Callable[[Path], Any], path: Path) -> None:
    try:
        action(path)
    except OutputError:
        raise
    except OSError as error:
        raise place.failure(error) from error


@dataclass(frozen=True)
class JsonOption:
    """Where ``--json`` goes: nowhere, to standard output, or to a file."""

    to_stdout: bool
    file: Destination | None

    @classmethod
    def of(cls, given: str | None) -> JsonOption:
        """Read the option, and try the file."""
        return cls(given == STANDARD, None if given == STANDARD else Destination.of("--json", given))

    def report(self, text: Callable[[], str], payload: Any, others: Mapping[Destination, Callable[[Path], None]] | None = None) -> None:
        """Write the files, and print the JSON or else the text."""
        encoded = json.dumps(payload, allow_nan=False)
        writers = dict(others or {})
        if self.file is not None:
            writers[self.file] = lambda path: _write_text(path, encoded + "\n")
        write_files(writers)
        say(encoded if self.to_stdout else text())


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def refuse_same(**places: Destination | None) -> None:
    """Raise :class:`OptionError` if two options name one file; ``data`` is the file that is read."""
    seen: dict[Path, str] = {}
    for name, place in places.items():
        if place is None:
            continue
        if place.path in seen:
            raise OptionError(f"{seen[place.path]} and {name} are the same file, {place.shown}.")
        seen[place.path] = name


def width() -> int:
    """Columns to print in: the terminal's, within reason, and 80 elsewhere."""
    if sys.stdout is None or not sys.stdout.isatty():
        return _WIDTH
    return max(40, min(shutil.get_terminal_size((_WIDTH, 24)).columns, _WIDEST))


def wrapped(text: str, indent: int = 0) -> str:
    """Return a paragraph in lines that fit."""
    return textwrap.fill(plain(text), width(), initial_indent=" " * indent, subsequent_indent=" " * indent, break_on_hyphens=False)


def fields(pairs: Sequence[tuple[str, str]]) -> str:
    """Return labels and texts in two columns, wrapped."""
    indent = max(len(label) for label, _ in pairs) + 4
    lines = [
        textwrap.fill(plain(text), width(), initial_indent=f"  {label}".ljust(indent), subsequent_indent=" " * indent)
        for label, text in pairs
    ]
    return "\n".join(lines)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> list[str]:
    """Return the lines of a table, one a row; columns named in ``right`` are flush right, and the last one may wrap."""
    cells = [list(headings), *([plain(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headings))]
    room = max(20, width() - sum(widths[:-1]) - 2 * (len(widths) - 1))
    lines = []
    for row in cells:
        fixed = [cell.rjust(w) if name in right else cell.ljust(w) for name, cell, w in zip(headings, row, widths, strict=True)]
        if headings[-1] not in right:
            start = "  ".join([*fixed[:-1], ""])
            fit = textwrap.TextWrapper(room + len(start), initial_indent=start, subsequent_indent=" " * len(start), break_on_hyphens=False)
            fixed = [fit.fill(row[-1] or "-")]
        lines.append("  ".join(fixed).rstrip())
    return lines


def short(value: float | None, digits: int = 3) -> str:
    """Return a number for a table, in few digits, or a dash if there is none."""
    return "-" if value is None or math.isnan(value) else f"{value:.{digits}g}"


def digits(value: float) -> str:
    """Return a number in all its digits."""
    return "none: there is no answer to measure" if not math.isfinite(value) else f"{value:#.15g}"


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int, str], None]]:
    """Yield progress(done, total, what), which draws a line on standard error if that is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda done, total, what: None
        return
    from rich.console import Console

    with Console(stderr=True).status(title) as line:

        def update(done: int, total: int, what: str) -> None:
            line.update(f"{title}: {done} of {total} done; {plain(what)}".replace("[", r"\["))

        yield update
