"""implicit-bias solve: from a CSV file to a judged answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from implicit_bias import tolerances
from implicit_bias.cli import output
from implicit_bias.data import read_dataset
from implicit_bias.errors import OptionError
from implicit_bias.problems import problem_of
from implicit_bias.report import solution_report
from implicit_bias.solution import Solution, Status
from implicit_bias.solve import METHODS, solve

DATA_HELP = "CSV file (comma, semicolon or tab; header optional), or - for standard input."
JSON_HELP = "Write the result as JSON to FILE, or to standard output for -."

_HELP = """Interpolate the data with the least total variation, and bound how far the answer is from the optimum.

The problem is (13) of Stewart et al.: unit-slope ReLU features with kinks in the data's range. The bounds are recomputed from
the answer, whatever found it. Exit code: 0 if solved to the tolerance, 1 if not, 2 for bad input.

\b
Methods
  auto         exact, or sparse if a backend is named
  exact        closed form, linear time
  sparse       second-difference program, on a CVXPY backend
  dictionary   program over a dictionary of kinks, on a CVXPY backend

\b
Examples
  implicit-bias solve regression data.csv
  implicit-bias solve regression data.csv --x year --y sunspots --plot fit.pdf
  implicit-bias solve regression data.csv --backend CLARABEL --json -"""

app = typer.Typer(help="Solve a problem on the data of a CSV file.", add_completion=False, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    # keeps `regression` a command of its own while it is the only one
    pass


@app.command("regression", help=_HELP, short_help="Interpolate with the least total variation.")
def regression(
    data: Annotated[str, typer.Argument(metavar="DATA.csv", help=DATA_HELP, show_default=False)],
    x: Annotated[str | None, typer.Option("--x", metavar="COL", help="Column of the points.  [default: the first]")] = None,
    y: Annotated[str | None, typer.Option("--y", metavar="COL", help="Column of the targets.  [default: the second]")] = None,
    weight: Annotated[str, typer.Option(metavar="unit", help="Cost of a feature: unit, 1 for each.")] = "unit",
    affine: Annotated[str, typer.Option(metavar="penalized", help="An affine part: penalized, it costs.")] = "penalized",
    method: Annotated[str, typer.Option(metavar="|".join(METHODS), help="How to solve it.")] = "auto",
    backend: Annotated[str | None, typer.Option(metavar="NAME", help="CVXPY solver; see `implicit-bias backends`.")] = None,
    tolerance: Annotated[
        float, typer.Option(metavar="T", help="Largest relative gap, and violation over the data's scale.")
    ] = tolerances.SOLUTION,
    json: Annotated[str | None, typer.Option("--json", metavar="FILE|-", help=JSON_HELP)] = None,
    plot: Annotated[str | None, typer.Option("--plot", metavar="FILE", help="Draw the fit and the certificate; .pdf, .png, .svg.")] = None,
) -> int:
    """Solve problem (13) on two columns of a file."""
    to, picture = output.JsonOption.of(json), _picture(plot)
    source = None if data == output.STANDARD else output.Destination.at(data)
    output.refuse_same(**{"DATA": source, "--json": to.file, "--plot": picture})
    dataset = read_dataset(data, x, y)
    problem = problem_of(dataset, weight, affine)
    with output.progress("Solving"):
        solution = solve(problem, method, backend, tolerance)
    report = solution_report(solution)
    drawings = {} if picture is None or solution.measure is None else {picture: _drawing(solution)}
    to.report(lambda: _text(solution, report, data), report, drawings)
    if picture is not None and not drawings:
        output.complain(f"{picture.shown} was not written: there is no measure to draw.")
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


def _drawing(solution: Solution) -> Callable[[Path], None]:
    from implicit_bias.plots import plot_regression

    return lambda path: plot_regression(solution, path)


def _text(solution: Solution, report: dict[str, Any], source: str) -> str:
    problem, seconds = solution.problem, solution.timings
    x, y, support = problem.x, problem.y, report["support"]
    merged = f"; {problem.merged} repeated row{'s' if problem.merged > 1 else ''} merged" if problem.merged else ""
    name = "standard input" if source == output.STANDARD else source
    certificate = solution.certificate
    lines = [
        ("data", f"{len(problem)} points{merged}; x from {x[0]:g} to {x[-1]:g}, y from {y.min():g} to {y.max():g}"),
        ("problem", f"weight {problem.weight}, affine part {problem.affine}"),
        ("status", f"{solution.status}. {solution.status.advice}"),
        ("value", _digits(solution.value)),
        ("lower bound", _digits(solution.lower_bound)),
        ("upper bound", _digits(solution.upper_bound)),
        ("gap", f"{solution.gap:.3g}, relative; tolerance {solution.tolerance:g}"),
        ("violation", _violation(solution)),
        ("method", solution.method + (f" on {solution.backend}" if solution.backend else "")),
        ("reason", solution.reason),
        ("support", _support(support)),
    ]
    if certificate is not None:
        kind = "a true supremum" if certificate.exact else "sampled"
        lines.append(("certificate", f"peak {certificate.peak:.12g} ({kind}; at most 1 for a feasible dual)"))
    lines.append(("seconds", f"{seconds.build:.3g} to build, {seconds.solve:.3g} to solve, {seconds.check:.3g} to check"))
    return f"Regression on {output.plain(name)}\n{output.fields(lines)}"


def _digits(value: float) -> str:
    return "none: there is no answer to measure" if not math.isfinite(value) else f"{value:#.15g}"


def _violation(solution: Solution) -> str:
    miss = solution.constraint_violation
    return "none: there is no measure" if math.isnan(miss) else f"{miss:.3g}, the largest |f(x) - y|"


def _support(support: dict[str, Any]) -> str:
    found, predicted = len(support["found"]), len(support["predicted"])
    if not found:
        return f"no kinks found, {predicted} predicted by Theorem 6.1"
    verdict = "all found are among the predicted" if support["contained"] else "some found are not among the predicted"
    return f"{found} kink{'s' if found > 1 else ''} found, {predicted} predicted by Theorem 6.1; {verdict}"
