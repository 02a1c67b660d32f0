"""implicit-bias methods: which problem has which methods, what they cost and need, and what of their answers is proved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated, Any

import typer

from implicit_bias.cli import output
from implicit_bias.cli.options import JSON_HELP
from implicit_bias.cli.samples import Kind, kinds, summary
from implicit_bias.methods.base import Method, Options
from implicit_bias.methods.programs.backends import BACKENDS
from implicit_bias.methods.programs.base import Program
from implicit_bias.methods.table import METHODS

HELP = """List the methods: for which problems they are, how their cost grows, what they need, and what of their answers is proved.

Problems without a command of `implicit-bias solve` are for Python. Options are those of `implicit_bias.solve`; the command line
has --backend, --form, --grid and --time-limit.

\b
Examples
  implicit-bias methods
  implicit-bias methods --json methods.json
  implicit-bias solve regression data.csv --method dictionary --grid 100"""


def methods(json: Annotated[str | None, typer.Option("--json", metavar="FILE|-", help=JSON_HELP)] = None) -> int:
    """Print the table and return the exit code."""
    to, found = output.JsonOption.of(json), kinds()
    to.report(lambda: _text(found), [_facts(kind) for kind in found])
    return 0


def _facts(kind: Kind) -> dict[str, Any]:
    """Return a kind of problem with its methods as plain data."""
    return {
        "problem": kind.name,
        "command": kind.command,
        "methods": [
            {
                "method": row.name,
                "summary": summary(row),
                "cost": row.cost,
                "cone": kind.cone(row),
                "backends": None if (cone := kind.cone(row)) is None else _accepting(cone),
                "forms": list(row.forms) if isinstance(row, Program) else None,
                "options": _options(row),
                "proved": row.proved,
            }
            for row in kind.rows
        ],
    }


def _accepting(cone: str) -> list[str]:
    return [backend.name for backend in BACKENDS if cone in backend.cones]


def _options(row: Method[Any]) -> list[str]:
    """Return the options that a method takes, in the order of :func:`implicit_bias.solve`."""
    return [field.name for field in fields(Options) if field.name in row.takes]


def _text(found: Sequence[Kind]) -> str:
    """Return a line for every kind of problem, and a paragraph for every row of the table."""
    rows = [(kind.name, ", ".join(dict.fromkeys(row.name for row in kind.rows)) or "-") for kind in found]
    lines = output.table(("problem", "methods, as auto prefers them"), rows)
    return "\n\n".join(["\n".join(lines), *(_paragraph(row, [kind for kind in found if row in kind.rows]) for row in METHODS)])


def _paragraph(row: Method[Any], suited: Sequence[Kind]) -> str:
    forms = f"form ({' or '.join(row.forms)})" if isinstance(row, Program) else "form"
    takes = ", ".join(forms if name == "form" else name for name in _options(row))
    pairs = [
        ("does", summary(row)),
        ("for", "; ".join(kind.name for kind in suited)),
        ("cost", row.cost or "not told"),
        ("needs", _needs(row, dict.fromkeys(cone for kind in suited if (cone := kind.cone(row)) is not None))),
        ("takes", takes or "no options but a tolerance"),
        ("proved", row.proved),
    ]
    return f"{row.name}\n{output.fields(pairs)}"


def _needs(row: Method[Any], cones: dict[str, None]) -> str:
    if isinstance(row, Program):
        named = [f"{cone}: {', '.join(_accepting(cone))}" for cone in cones]
        return f"a backend for {'; or for '.join(named)}" if named else "a backend"
    return "a backend for some problems, else none unless it is named" if "backend" in row.takes else "nothing else"
