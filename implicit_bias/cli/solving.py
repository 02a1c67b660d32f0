"""implicit-bias solve: from a CSV file to a judged answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from implicit_bias import tolerances
from implicit_bias.cli import labelled, output, splined
from implicit_bias.data import read_dataset, read_table
from implicit_bias.data.bins import MIDPOINTS, MOST_BINS
from implicit_bias.errors import OptionError
from implicit_bias.methods.solving import METHODS
from implicit_bias.problems import MeasureProblem, StatedProblem, problem_of
from implicit_bias.report import solution_report, spline_report
from implicit_bias.solution import Solution, Status
from implicit_bias.solve import solve
from implicit_bias.splines import SplineSolution
from implicit_bias.theory import switching_points

DATA_HELP = "CSV file (comma, semicolon or tab; header optional), or - for standard input."
JSON_HELP = "Write the result as JSON to FILE, or to standard output for -."

_HELP = """Interpolate the data with the least total variation, and bound how far the answer is from the optimum.

The problem is (13) of Stewart et al.: unit-slope ReLU features with kinks in the data's range. With --weight sphere it is (4): kinks
anywhere on the line, a kink t costs sqrt(1 + t^2) times its slope change, a constant its size. With --affine free a line costs nothing.
The bounds are recomputed from the answer, whatever found it. Exit code: 0 if solved to the tolerance, 1 if not, 2 for bad input.

\b
Methods
  auto         exact where it applies, else sparse; if a backend is named,
               sparse, or dictionary if an affine part is free
  exact        closed form or dynamic programme, in (nearly) linear time; for
               problem (4) where its affine part costs nothing extra
  sparse       second-difference program, on a CVXPY backend
  dictionary   program over a dictionary of kinks, on a CVXPY backend

\b
Examples
  implicit-bias solve regression data.csv
  implicit-bias solve regression data.csv --x year --y sunspots --plot fit.pdf
  implicit-bias solve regression data.csv --weight sphere --affine free
  implicit-bias solve regression data.csv --backend CLARABEL --json -"""

_CLASSIFICATION_HELP = """Classify the data with margin 1 and the least total variation, and bound how far that is from the optimum.

The problem is (14) of Stewart et al.: every point's own class scores at least 1 more than every other one. Classes are a column of
whole numbers from 0 on (--labels), or real targets cut into bins of equal width (--bins). The bounds are recomputed from the answer
and all the data, whatever found it. Exit code: 0 if solved to the tolerance, 1 if not, 2 for bad input.

\b
Methods
  auto         exact, or sparse if a backend is named
  exact        interior point method made for this problem
  sparse       second-difference program, on a CVXPY backend
  dictionary   program over a dictionary of kinks, on a CVXPY backend

\b
Examples
  implicit-bias solve classification data.csv --labels class
  implicit-bias solve classification data.csv --bins 10 --range 0,1
  implicit-bias solve classification data.csv --bins 10 --json -"""

Data = Annotated[str, typer.Argument(metavar="DATA.csv", help=DATA_HELP, show_default=False)]
_SPLINE_HELP = """Interpolate or smooth the data with the curvature penalty 1/zeta that a network's initialisation implies.

The problem is (4) of Jin and Montufar: minimise the integral of g''^2/zeta through the data. Or (7): minimise the sum of
(g(x) - y)^2 over all rows, plus LAMBDA times that integral; rows may then share their x. The bounds are recomputed from the
answer, whatever found it. Exit code: 0 if solved to the tolerance, 1 if not, 2 for bad input.

\b
Zeta, of input weights W and biases B
  constant             1: cubic splines
  gaussian:SW,SB       W and B normal, of deviations SW and SB
  binary-uniform:AB    W = -1 or 1, B uniform on [-AB, AB]
  uniform:AW,AB        W uniform on [-AW, AW], B on [-AB, AB]

\b
Methods
  auto                 exact, or finite-difference if a backend is named
  exact                banded systems, linear time
  finite-difference    program over values on a grid, on a CVXPY backend
  dictionary           program over a density of kinks, on a CVXPY backend

\b
Examples
  implicit-bias solve spline data.csv
  implicit-bias solve spline data.csv --zeta gaussian:1,0.5 --plot fit.pdf
  implicit-bias solve spline data.csv --smoothing gcv --json -
  implicit-bias solve spline data.csv --smoothing time:1000"""

X = Annotated[str | None, typer.Option("--x", metavar="COL", help="Column of the points.  [default: the first]")]
Weight = Annotated[str, typer.Option(metavar="unit", help="Cost of a feature: unit, 1 for each.")]
Y = Annotated[str | None, typer.Option("--y", metavar="COL", help="Column of the targets.  [default: the second]")]
Method = Annotated[str, typer.Option(metavar="|".join(METHODS), help="How to solve it.")]
Backend = Annotated[str | None, typer.Option(metavar="NAME", help="CVXPY solver; see `implicit-bias backends`.")]
Tolerance = Annotated[float, typer.Option(metavar="T", help="Largest relative gap, and violation over the data's scale.")]
Json = Annotated[str | None, typer.Option("--json", metavar="FILE|-", help=JSON_HELP)]
Plot = Annotated[str | None, typer.Option("--plot", metavar="FILE", help="Draw the fit and the certificate; .pdf, .png, .svg.")]

app = typer.Typer(help="Solve a problem on the data of a CSV file.", add_completion=False, rich_markup_mode=None)


@app.command("regression", help=_HELP, short_help="Interpolate with the least total variation.")
def regression(
    data: Data,
    x: X = None,
    y: Y = None,
    weight: Annotated[str, typer.Option(metavar="unit|sphere", help="Cost of a feature with kink t: 1, or sqrt(1 + t^2).")] = "unit",
    affine: Annotated[str, typer.Option(metavar="penalized|free", help="An affine part: it costs, or not.")] = "penalized",
    method: Method = "auto",
    backend: Backend = None,
    tolerance: Tolerance = tolerances.SOLUTION,
    json: Json = None,
    plot: Plot = None,
) -> int:
    """Solve a problem of interpolation on two columns of a file."""
    files = _Files.of(data, json, plot)
    problem = problem_of(read_dataset(data, x, y), weight, affine)
    values = f"y from {problem.y.min():g} to {problem.y.max():g}"
    about = _About("Regression", values, "", ("violation", "the largest |f(x) - y|"))
    return _answer_measure(problem, about, files, method, backend, tolerance)


@app.command("classification", help=_CLASSIFICATION_HELP, short_help="Classify with margin 1 and the least total variation.")
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
    x: X = None,
    y: Annotated[str | None, typer.Option("--y", metavar="COL", help="Column of the targets to bin.  [default: the second]")] = None,
    weight: Weight = "unit",
    method: Method = "auto",
    backend: Backend = None,
    tolerance: Tolerance = tolerances.SOLUTION,
    json: Json = None,
    plot: Plot = None,
) -> int:
    """Solve problem (14) on two columns of a file."""
    given = labelled.check_options(bins, labels, midpoints, bounds, y, classes)
    files = _Files.of(data, json, plot)
    table = read_table(data)
    if bins is not None:
        problem, told = labelled.binned_problem(table, x, y, bins, given, midpoints or MIDPOINTS[0], weight)
    else:
        problem, told = labelled.labelled_problem(table, x, str(labels), classes, weight), f"labels of the column {labels!r}"
    count = problem.outputs or 1
    values = f"{count} class{'es' if count > 1 else ''}"
    if isinstance(problem, MeasureProblem):
        values += f"; {switching_points(problem).size} points in S_C"
    about = _About("Classification", values, f", {told}", ("shortfall", "of the smallest margin below 1"))
    return _answer_measure(problem, about, files, method, backend, tolerance)


@app.command("spline", help=_SPLINE_HELP, short_help="Interpolate or smooth with a curvature penalty.")
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
    files = _Files.of(data, json, plot)
    problem = splined.spline_problem(read_table(data), x, y, penalty, amount)
    with output.progress("Solving"):
        solution = solve(problem, method, backend, tolerance)
    text = partial(splined.text, solution, zeta, files.source)
    return _finish(solution, spline_report(solution, zeta), text, files, solution.spline is not None, "spline")


@dataclass(frozen=True)
class _Files:
    """The file that is read, and those that are written: tried before the work starts."""

    source: str
    json: output.JsonOption
    picture: output.Destination | None

    @classmethod
    def of(cls, data: str, json: str | None, plot: str | None) -> _Files:
        to, picture = output.JsonOption.of(json), _picture(plot)
        source = None if data == output.STANDARD else output.Destination.at(data)
        output.refuse_same(**{"DATA": source, "--json": to.file, "--plot": picture})
        return cls("standard input" if data == output.STANDARD else data, to, picture)


@dataclass(frozen=True)
class _About:
    """What the text says of one kind of problem: its name, its values, its details, what a violation is."""

    title: str
    values: str
    details: str
    violation: tuple[str, str]


def _answer_measure(problem: StatedProblem, about: _About, files: _Files, method: str, backend: str | None, tolerance: float) -> int:
    """Solve, report and draw, and return the exit code."""
    with output.progress("Solving"):
        solution = solve(problem, method, backend, tolerance)
    report = solution_report(solution)
    text = partial(_text, solution, report, about, files.source)
    return _finish(solution, report, text, files, solution.measure is not None, "measure")


def _finish(
    solution: Solution | SplineSolution, report: dict[str, Any], text: Callable[[], str], files: _Files, drawable: bool, noun: str
) -> int:
    """Report and draw, and return the exit code; ``noun`` is what a picture needs."""
    picture, to = files.picture, files.json
    drawings = {picture: _drawing(solution)} if picture is not None and drawable else {}
    to.report(text, report, drawings)
    if picture is not None and not drawings:
        output.complain(f"{picture.shown} was not written: there is no {noun} to draw.")
    if solution.status is Status.OPTIMAL:
        return 0
    if to.to_stdout:
        output.complain(f"{solution.status}: {solution.reason}")
    return 1


def _picture(given: str | None) -> output.Destination | None:
    """Try the place and the format of a picture before there is one."""
    picture = output.Destination.of("--plot", given)
    if picture is not None:
        from implicit_bias.plots import SUFFIXES

        if Path(picture.shown).suffix.lower() not in SUFFIXES:
            raise OptionError(f"--plot {picture.shown} has no format that can be drawn; end it in {' or '.join(SUFFIXES)}.")
    return picture


def _drawing(solution: Solution | SplineSolution) -> Callable[[Path], None]:
    from implicit_bias.plots import plot_classification, plot_regression, plot_spline

    if isinstance(solution, SplineSolution):
        return lambda path: plot_spline(solution, path)
    draw = plot_regression if solution.problem.interpolates else plot_classification
    return lambda path: draw(solution, path)


def _text(solution: Solution, report: dict[str, Any], about: _About, source: str) -> str:
    problem, seconds, certificate = solution.problem, solution.timings, solution.certificate
    merged = f"; {problem.merged} repeated row{'s' if problem.merged > 1 else ''} merged" if problem.merged else ""
    label, meaning = about.violation
    lines = [
        ("data", f"{len(problem)} points{merged}; x from {problem.x[0]:g} to {problem.x[-1]:g}, {about.values}"),
        ("problem", f"weight {problem.weight}, affine part {problem.affine}{about.details}"),
        ("status", f"{solution.status}. {solution.status.advice}"),
        ("value", output.digits(solution.value)),
        ("lower bound", output.digits(solution.lower_bound)),
        ("upper bound", output.digits(solution.upper_bound)),
        ("gap", f"{solution.gap:.3g}, relative; tolerance {solution.tolerance:g}"),
        (label, _violation(solution, meaning)),
        ("method", solution.method + (f" on {solution.backend}" if solution.backend else "")),
        ("reason", solution.reason),
        ("support", _support(problem, report["support"])),
    ]
    if certificate is not None:
        kind = "a true supremum" if certificate.exact else "sampled"
        lines.append(("certificate", f"peak {certificate.peak:.12g} ({kind}; at most 1 for a feasible dual)"))
    lines.append(("seconds", f"{seconds.build:.3g} to build, {seconds.solve:.3g} to solve, {seconds.check:.3g} to check"))
    return f"{about.title} on {output.plain(source)}\n{output.fields(lines)}"


_THEOREMS = {"penalized": "Theorem 6.1", "free": "the interpolant"}


def _violation(solution: Solution, meaning: str) -> str:
    miss = solution.constraint_violation
    return "none: there is no measure" if math.isnan(miss) else f"{miss:.3g}, {meaning}"


def _support(problem: StatedProblem, support: dict[str, Any]) -> str:
    found = len(support["found"])
    kinks = f"{found or 'no'} kink{'' if found == 1 else 's'} found"
    if support["predicted"] is None:
        return f"{kinks}; on the sphere they may lie anywhere"
    predicted = f"{len(support['predicted'])} predicted by {_THEOREMS[problem.affine]}"
    if not found:
        return f"{kinks}, {predicted}"
    verdict = "all found are among the predicted" if support["contained"] else "some found are not among the predicted"
    return f"{kinks}, {predicted}; {verdict}"
