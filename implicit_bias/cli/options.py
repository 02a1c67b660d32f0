"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_type_hints

import typer

from implicit_bias.errors import OptionError
from implicit_bias.methods.base import FORMS, Options
from implicit_bias.numerics import tolerances

DATA_HELP = "CSV file (comma, semicolon or tab; header optional), or - for standard input."
JSON_HELP = "Write the result as JSON to FILE, or to standard output for -."

Data = Annotated[str, typer.Argument(metavar="DATA.csv", help=DATA_HELP, show_default=False)]
X = Annotated[str | None, typer.Option("--x", metavar="COL", help="Column of the points.  [default: the first]")]
Xs = Annotated[
    list[str] | None,
    typer.Option("--x", metavar="COL", help="Column of the points; several times for several inputs.  [default: the first]"),
]
Y = Annotated[str | None, typer.Option("--y", metavar="COL", help="Column of the targets.  [default: the second]")]
LastY = Annotated[
    str | None, typer.Option("--y", metavar="COL", help="Column of the targets.  [default: the second; the last, of several inputs]")
]
Weight = Annotated[
    str | None,
    typer.Option(
        metavar="unit|sphere", help="Cost of a feature: 1, or the norm of a unit's weights.  [default: unit; sphere, of several inputs]"
    ),
]
Affine = Annotated[str, typer.Option(metavar="penalized|free", help="An affine part: it costs, or not.")]
Json = Annotated[str | None, typer.Option("--json", metavar="FILE|-", help=JSON_HELP)]

MOST_PLACES = 1_000_000
"""The largest number that --grid takes: a program of so many features fills the memory of most machines."""


@dataclass(frozen=True)
class Shared:
    """The options of every command of ``implicit-bias solve``; what is added here, all of them have.

    Attributes
    ----------
    json, plot
        The files that are written.
    method
        How to solve it.
    others
        As of :func:`implicit_bias.solve`, except that the grid is still text.
    """

    method: Annotated[str, typer.Option(metavar="M", help="How to solve it: see above.")] = "auto"
    backend: Annotated[str | None, typer.Option(metavar="NAME", help="CVXPY solver; see `implicit-bias backends`.")] = None
    tolerance: Annotated[float, typer.Option(metavar="T", help="Largest relative gap, and violation over the data's scale.")] = (
        tolerances.SOLUTION
    )
    form: Annotated[str, typer.Option(metavar="|".join(FORMS), help="Which form of a program to solve.")] = FORMS[0]
    grid: Annotated[
        str | None, typer.Option(metavar="N|T,T", help="Further places in a program's grid: how many, or where, with commas.")
    ] = None
    time_limit: Annotated[
        float | None, typer.Option("--time-limit", metavar="SECONDS", help="When a program or column generation is to stop.")
    ] = None
    json: Json = None
    plot: Annotated[
        str | None, typer.Option("--plot", metavar="FILE", help="Draw the fit, and its certificate or curvature; .pdf, .png, .svg.")
    ] = None

    @classmethod
    def taken(cls, given: dict[str, Any]) -> Shared:
        """Take the shared options out of all that were given."""
        return cls(**{field.name: given.pop(field.name) for field in fields(cls)})

    def settings(self) -> dict[str, Any]:
        """Return what :func:`implicit_bias.solve` is given besides a problem and a method; raises :class:`OptionError` for nonsense."""
        apart = ("method", "json", "plot")
        given = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in apart}
        given["grid"] = None if self.grid is None else read_grid(self.grid)
        Options(**given)  # refuses before anything is read
        return given


def share(command: Callable[..., int], read: Callable[..., Any]) -> None:
    """Give a command the arguments of a reader and the shared options, as typer will see them."""
    hints = get_type_hints(Shared, include_extras=True)
    shared = [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]) for field in fields(Shared)
    ]
    own: Mapping[str, Parameter] = signature(read, eval_str=True).parameters
    command.__dict__["__signature__"] = Signature([*own.values(), *shared], return_annotation=int)


def read_grid(given: str) -> int | list[float]:
    """Return what ``--grid`` asks for, a number of places or the places; raises :class:`OptionError` otherwise."""
    words = given.split(",")
    try:
        if len(words) > 1:
            return [float(word) for word in words]
        count = int(given)
    except ValueError as error:
        raise OptionError(f"--grid is a whole number, or places with commas, such as 100 or 0.25,0.75, not {given!r}.") from error
    if not 0 <= count <= MOST_PLACES:
        raise OptionError(f"--grid must be a number from 0 to {MOST_PLACES}, not {count}.")
    return count
