"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from implicit_bias.methods.table import names

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
Method = Annotated[str, typer.Option(metavar="M", help=f"How to solve it: auto, {', '.join(names()[:-1])} or {names()[-1]}.")]
Backend = Annotated[str | None, typer.Option(metavar="NAME", help="CVXPY solver; see `implicit-bias backends`.")]
Tolerance = Annotated[float, typer.Option(metavar="T", help="Largest relative gap, and violation over the data's scale.")]
Json = Annotated[str | None, typer.Option("--json", metavar="FILE|-", help=JSON_HELP)]
Plot = Annotated[str | None, typer.Option("--plot", metavar="FILE", help="Draw the fit and the certificate; .pdf, .png, .svg.")]
