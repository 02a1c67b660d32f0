"""implicit-bias solve: from a CSV file to a judged answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, cast

import typer

from implicit_bias.cli import helps, labelled, output, regularized, splined
from implicit_bias.cli.answering import About, Asked, Files, finish, text_of
from implicit_bias.cli.columns import Columns
from implicit_bias.cli.options import Affine, Data, LastY, Shared, Weight, X, Xs, Y, share
from implicit_bias.data import read_table
from implicit_bias.data.bins import MIDPOINTS, MOST_BINS
from implicit_bias.errors import OptionError
from implicit_bias.fits import LOSSES
from implicit_bias.methods.table import MethodName
from implicit_bias.report import solution_report
from implicit_bias.solve import solve

app = typer.Typer(help="Solve a problem on the data of a CSV file.", add_completion=False, rich_markup_mode=None)
Reader = Callable[..., Asked]


def _command(name: str, short: str) -> Callable[[Reader], Reader]:
    """Make a command of a reader, from a file and its own options to a problem; :class:`Shared` has the others."""

    def made(read: Reader) -> Reader:
        def run(data: str, **given: Any) -> int:
            shared = Shared.taken(given)
            settings = shared.settings()
            files = Files.of(data, shared.json, shared.plot)
            return _answer(read(data, **given), shared.method, settings, files)

        share(run, read)
        app.command(name, cls=helps.WithMethods, help=helps.TEXTS[name], short_help=short)(run)
        return read

    return made


def _answer(asked: Asked, method: str, settings: dict[str, Any], files: Files) -> int:
    """Solve, report and draw, and return the exit code."""
    problem: Any = asked.problem
    if problem.inputs > 1 and isinstance(settings["grid"], list):
        raise OptionError("--grid is a number of features where there are several inputs, not a list of places.")
    files.check_drawable(problem)
    with output.progress("Solving"):
        solution = solve(problem, cast(MethodName, method), **settings)
    return finish(solution, solution_report(solution, asked.weight), partial(asked.text, solution, files.source), files, asked.noun)


@_command("regression", "Interpolate with the least total variation.")
def regression(
    data: Data,
    x: Xs = None,
    y: LastY = None,
    weight: Weight = None,
    affine: Affine = "penalized",
) -> Asked:
    """State a problem of interpolation for columns of a file."""
    problem, names = regularized.interpolation(read_table(data), x, y, weight, affine)
    about = About("Regression", regularized.span(problem.y), "", ("violation", "the largest |f(x) - y|"), names)
    return Asked(problem, partial(text_of, about))


@_command("classification", "Classify with margin 1 and the least total variation.")
def classification(
    data: Data,
    bins: Annotated[int | None, typer.Option(metavar="K", min=2, max=MOST_BINS, help="Cut the targets into K bins.")] = None,
    midpoints: Annotated[
        str | None,
        typer.Option(metavar="|".join(MIDPOINTS), help="First and last midpoint: inside the range, or its ends.  [default: interior]"),
    ] = None,
    bounds: Annotated[str | None, typer.Option("--range", metavar="LO,HI", help="Range of the bins.  [default: that of y]")] = None,
    labels: Annotated[str | None, typer.Option(metavar="COL", help="Column of labels, from 0 on, in place of bins.")] = None,
    classes: Annotated[
        int | None, typer.Option(metavar="K", min=1, max=MOST_BINS, help="Classes.  [default: the largest label + 1]")
    ] = None,
    x: Xs = None,
    y: LastY = None,
    weight: Weight = None,
) -> Asked:
    """State problem (14) or (5) for columns of a file."""
    given = labelled.check_options(bins, labels, midpoints, bounds, y, classes)
    columns = Columns.of(read_table(data), x, y if labels is None else labels, labelled.CLASSES_TOO)
    if bins is not None:
        problem, told = labelled.binned_problem(columns, bins, given, midpoints or MIDPOINTS[0], weight)
    else:
        problem, told = labelled.labelled_problem(columns, classes, weight), f"labels of the column {labels!r}"
    values = regularized.count(problem.outputs or 1)
    if (switching := problem.predicted_kinks()) is not None:
        values += f"; {switching.size} points in S_C"
    about = About("Classification", values, f", {told}", ("shortfall", "of the smallest margin below 1"), columns.names)
    return Asked(problem, partial(text_of, about))


@_command("regularized", "Fit at the least loss plus total variation.")
def regularised(
    data: Data,
    regularization: Annotated[
        float, typer.Option("--regularization", metavar="LAMBDA", help="What total variation costs.", show_default=False)
    ],
    x: Xs = None,
    y: LastY = None,
    loss: Annotated[str, typer.Option(metavar="|".join(LOSSES.names()), help="What missing a target costs.")] = LOSSES.names()[0],
    weight: Annotated[str, typer.Option(metavar="unit|sphere", help="Cost of a feature: 1, or the norm of a unit's weights.")] = "sphere",
    affine: Affine = "penalized",
) -> Asked:
    """State a regularised problem for columns of a file."""
    regularized.check_options(regularization, loss)
    columns = Columns.of(read_table(data), x, y)
    problem = regularized.regularized_problem(columns, regularization, loss, weight, affine)
    details = f", {loss} loss, lambda {regularization:g}"
    about = About("Regularized fit", regularized.values(problem, columns), details, ("loss", f"the {loss} one"), columns.names)
    return Asked(problem, partial(text_of, about))


@_command("spline", "Interpolate or smooth with a curvature penalty.")
def spline(
    data: Data,
    zeta: Annotated[str, typer.Option(metavar="ZETA", help="The inverse penalty: see above.")] = "constant",
    smoothing: Annotated[
        str | None,
        typer.Option(
            metavar="LAMBDA|gcv|time:T",
            help="How much to smooth; gcv cross-validates, time:T is early stopping, LAMBDA = 1/T.  [default: interpolate]",
        ),
    ] = None,
    x: X = None,
    y: Y = None,
) -> Asked:
    """State problem (4) or (7) for two columns of a file."""
    penalty, amount = splined.read_zeta(zeta), splined.read_smoothing(smoothing)
    problem = splined.spline_problem(read_table(data), x, y, penalty, amount)
    return Asked(problem, partial(splined.text, zeta), "spline", zeta)
