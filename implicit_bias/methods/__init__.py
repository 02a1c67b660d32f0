"""How problems are solved: a table of methods, each of which proposes an answer that the problem's own bounds judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from implicit_bias.methods.base import Found, Method, Options
    from implicit_bias.methods.programs.base import Program, Stated
    from implicit_bias.methods.table import METHODS

__all__ = ["METHODS", "Found", "Method", "Options", "Program", "Stated"]


def __getattr__(name: str) -> Any:
    """Import the table when it is asked for: its rows import what they are made of."""
    from implicit_bias.methods import base, table
    from implicit_bias.methods.programs import base as programs

    if name == "METHODS":
        return table.METHODS
    if name in __all__:
        return getattr(programs if name in ("Program", "Stated") else base, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
