"""Files that appear whole or not at all, equal for equal pictures."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from implicit_bias.errors import OptionError, OutputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".pdf", ".png", ".svg")
"""The formats of pictures, by the suffix of their path."""

# without dates and versions, so that equal solutions give equal files
_METADATA: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
}


def save(draw: Callable[[], Figure], path: str | os.PathLike[str]) -> None:
    """Draw a figure, if the path has a suffix of pictures, and save it there.

    Raises
    ------
    OptionError
        If the suffix is another one.
    OutputError
        If the path cannot be written. Whatever was there before is left as it was.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise OptionError(f"{os.fspath(path)} should end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}, to say which picture to draw.")
    figure = draw()
    _settle(figure)
    import matplotlib

    picture = BytesIO()
    # what savefig cannot be told otherwise: names of SVG elements that do not change, and fonts that journals accept
    with matplotlib.rc_context({"svg.hashsalt": "implicit-bias", "pdf.fonttype": 42}):
        figure.savefig(picture, format=suffix[1:], dpi=200, metadata=_METADATA[suffix])
    try:
        _replace(Path(os.path.realpath(path)), picture.getvalue(), suffix)
    except (OSError, ValueError) as error:
        raise OutputError(f"{os.fspath(path)} cannot be written: {getattr(error, 'strerror', None) or error}.") from error


def _settle(figure: Figure) -> None:
    """Fix the panels where the layout puts them, less its last digits, which differ from one run to the next."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        axes.set_position(tuple(round(length, 4) for length in axes.get_position().bounds))


def _replace(path: Path, content: bytes, suffix: str) -> None:
    """Write a file that appears whole or not at all."""
    if path.is_dir():
        raise IsADirectoryError(0, "it is a directory")
    if not path.parent.is_dir():
        raise FileNotFoundError(0, "its folder does not exist")
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(0, "it is write-protected")
    temporary = path.with_name(f".implicit-bias-{secrets.token_hex(8)}{suffix}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
