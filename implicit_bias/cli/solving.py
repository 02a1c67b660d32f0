"""implicit-bias solve: from a CSV file to a judged answer."""

from __future__ import annotations

from functools import partial
from typing import Annotated, cast

import typer

from implicit_bias.cli import helps, labelled, output, regularized, splined
from implicit_bias.cli.answering import About, Files, finish, text_of
from implicit_bias.cli.columns import Columns
from implicit_bias.cli.options import Affine, Backend, Data, Json, LastY, Method, Plot, Tolerance, Weight, X, Xs, Y
from implicit_bias.data import read_table
from implicit_bias.data.bins import MIDPOINTS, MOST_BINS
from implicit_bias.fits import LOSSES
from implicit_bias.methods.table import MethodName
from implicit_bias.numerics import tolerances
from implicit_bias.problems import OverMeasures
from implicit_bias.report import solution_report
from implicit_bias.solve import solve

app = typer.Typer(help="Solve a problem on the data of a CSV file.", add_completion=False, rich_markup_mode=None)


@app.command("regression", help=helps.REGRESSION, short_help="Interpolate with the least total variation.")
def regression(
    data: Data,
    x: Xs = None,
    y: LastY = None,
    weight: Weight = None,
    affine: Affine = "penalized",
    method: Method = "auto",
    backend: Backend = None,
    tolerance: Tolerance = tolerances.SOLUTION,
    json: Json = None,
    plot: Plot = None,
) -> int:
    """Solve a problem of interpolation on columns of a file."""
    files = Files.of(data, json, plot)
    problem, names = regularized.interpolation(read_table(data), x, y, weight, affine)
    about = About("Regression", regularized.span(problem.y), "", ("violation", "the largest |f(x) - y|"), names)
    return _answer(problem, about, files, method, backend, tolerance)


@app.command("classification", help=helps.CLASSIFICATION, short_help="Classify with margin 1 and the least total variation.")
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
    method: Method = "auto",
    backend: Backend = None,
    tolerance: Tolerance = tolerances.SOLUTION,
    json: Json = None,
    plot: Plot = None,
) -> int:
    """Solve problem (14) or (5) on columns of a file."""
    given = labelled.check_options(bins, labels, midpoints, bounds, y, classes)
    files = Files.of(data, json, plot)
    columns = Columns.of(read_table(data), x, y if labels is None else labels, labelled.CLASSES_TOO)
    if bins is not None:
        problem, told = labelled.binned_problem(columns, bins, given, midpoints or MIDPOINTS[0], weight)
    else:
        problem, told = labelled.labelled_problem(columns, classes, weight), f"labels of the column {labels!r}"
    values = regularized.count(problem.outputs or 1)
    if (switching := problem.predicted_kinks()) is not None:
        values += f"; {switching.size} points in S_C"
    about = About("Classification", values, f", {told}", ("shortfall", "of the smallest margin below 1"), columns.names)
    return _answer(problem, about, files, method, backend, tolerance)


@app.command("regularized", help=helps.REGULARIZED, short_help="Fit at the least loss plus total variation.")
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
    method: Method = "auto",
    backend: Backend = None,
    tolerance: Tolerance = tolerances.SOLUTION,
    json: Json = None,
    plot: Plot = None,
) -> int:
    """Solve a regularised problem on columns of a file."""
    regularized.check_options(regularization, loss)
    files = Files.of(data, json, plot)
    columns = Columns.of(read_table(data), x, y)
    problem = regularized.regularized_problem(columns, regularization, loss, weight, affine)
    details = f", {loss} loss, lambda {regularization:g}"
    about = About("Regularized fit", regularized.values(problem, columns), details, ("loss", f"the {loss} one"), columns.names)
    return _answer(problem, about, files, method, backend, tolerance)


@app.command("spline", help=helps.SPLINE, short_help="Interpolate or smooth with a curvature penalty.")
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
    method: Annotated[str, typer.Option(metavar="M", help="How to solve it: see above.")] = "auto",
    backend: Backend = None,
    tolerance: Tolerance = tolerances.SOLUTION,
    json: Json = None,
    plot: Annotated[str | None, typer.Option("--plot", metavar="FILE", help="Draw the fit and its curvature; .pdf, .png, .svg.")] = None,
) -> int:
    """Solve problem (4) or (7) on two columns of a file."""
    penalty, amount = splined.read_zeta(zeta), splined.read_smoothing(smoothing)
    files = Files.of(data, json, plot)
    problem = splined.spline_problem(read_table(data), x, y, penalty, amount)
    with output.progress("Solving"):
        solution = solve(problem, cast(MethodName, method), backend, tolerance)
    text = partial(splined.text, solution, zeta, files.source)
    return finish(solution, solution_report(solution, zeta), text, files, solution.spline is not None, "spline")


def _answer(problem: OverMeasures, about: About, files: Files, method: str, backend: str | None, tolerance: float) -> int:
    """Solve, report and draw, and return the exit code."""
    files.check_drawable(problem)
    with output.progress("Solving"):
        solution = solve(problem, cast(MethodName, method), backend, tolerance)
    report = solution_report(solution)
    text = partial(text_of, solution, report, about, files.source)
    return finish(solution, report, text, files, solution.measure is not None, "measure")
