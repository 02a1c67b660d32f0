"""implicit-bias bench: every method on one problem, timed and judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

import typer

from implicit_bias.bench.base import (
    BINS,
    CLASSIFICATION_DICTIONARY_LIMIT,
    CLASSIFICATION_SIZES,
    DICTIONARY_LIMIT,
    GRID_LIMIT,
    OWN,
    SIZES,
    SKIPPED,
    Row,
    bench_classification,
    bench_regression,
)
from implicit_bias.bench.regularized import REGULARIZED_DICTIONARY_LIMIT, REGULARIZED_SIZES, SHARE, bench_regularized
from implicit_bias.bench.splines import SPLINE_DICTIONARY_LIMIT, SPLINE_SIZES, bench_splines
from implicit_bias.cli import output, splined
from implicit_bias.cli.options import JSON_HELP
from implicit_bias.cli.regularized import check_regularization
from implicit_bias.data import read_dataset
from implicit_bias.data.bins import MOST_BINS
from implicit_bias.errors import OptionError

_HELP = f"""Time the exact method and the CVXPY programs, from arrays in to judged answer out.

Every row has the gap that the toolkit recomputed, whatever the backend said. Backends do not share the toolkit's tolerance
exactly, so read the two together. The dictionary programs are skipped above n = {DICTIONARY_LIMIT}.

The points are Stewart's triangles on an even grid of [-1, 1], or those of FILE: thinned evenly, or repeated side by side, to
each size. Exit code: 0 if the exact method was optimal at every size, 1 if not, 2 for bad input.

\b
Examples
  implicit-bias bench regression
  implicit-bias bench regression --sizes 100,1000 --backends SCS --json -"""

_CLASSIFICATION_HELP = f"""Time the methods of classification, from arrays in to judged answer out.

The sparse programs are stated on the points of S_C; their answers are lifted, and judged on all the data within the time. The
dictionary programs get all the data, and are skipped above n = {CLASSIFICATION_DICTIONARY_LIMIT}. Every row has the gap that the
toolkit recomputed, whatever the backend said.

The points are Stewart's triangles on an even grid of [-1, 1] in bins on [0, 1], or those of FILE in bins on the range of y:
thinned evenly, or repeated side by side, to each size. Midpoints are those with ends. Exit code: 0 if the exact method, or any
where there is no exact one, was optimal at every size, 1 if not, 2 for bad input.

\b
Examples
  implicit-bias bench classification
  implicit-bias bench classification --bins 50 --sizes 250 --backends ECOS"""

_SPLINE_HELP = f"""Time the methods of curvature splines, from arrays in to judged answer out.

SciPy's rows are CubicSpline, or make_smoothing_spline, judged as a spline that a user brings; there are none unless zeta is
constant. The programs put a grid in place of the integral, which shows in their gaps. The dictionary programs are skipped above
n = {SPLINE_DICTIONARY_LIMIT}, the finite-difference programs above {GRID_LIMIT}. Every row has the gap that the toolkit
recomputed, whatever the backend said.

The points are Stewart's triangles on an even grid of [-1, 1], or those of FILE: thinned evenly, or repeated side by side, to
each size. Exit code: 0 if the exact method was optimal at every size, 1 if not, 2 for bad input.

\b
Examples
  implicit-bias bench spline
  implicit-bias bench spline --zeta gaussian:1,0.5 --backends OSQP
  implicit-bias bench spline --smoothing 0.01 --sizes 1000,100000 --json -"""

Data = Annotated[str | None, typer.Option(metavar="FILE", help="CSV file whose first two columns to take; - for standard input.")]
Backends = Annotated[str | None, typer.Option(metavar="A,B", help="Backends.  [default: all installed that accept the problem]")]
Sizes = Annotated[str, typer.Option(metavar="N,N", help="Numbers of points.")]
Json = Annotated[str | None, typer.Option("--json", metavar="FILE|-", help=JSON_HELP)]

_REGULARIZED_HELP = f"""Time the methods of regularised problems, from arrays in to judged answer out.

The problem is the squared loss with features on the sphere. Column generation works off the grid; the dictionary programs have a
grid of 1000 angles and the data, which shows in their gaps and values. They are skipped above n = {REGULARIZED_DICTIONARY_LIMIT}.
Every row has the gap that the toolkit recomputed, whatever the backend said.

The points are a noisy sine on an even grid of [-1, 1], or those of FILE: thinned evenly, or repeated side by side, to each size.
Exit code: 0 if column generation was optimal at every size, 1 if not, 2 for bad input.

\b
Examples
  implicit-bias bench regularized
  implicit-bias bench regularized --sizes 100,1000 --backends CLARABEL
  implicit-bias bench regularized --data data.csv --regularization 0.1"""

_SIZES, _CLASSIFICATION_SIZES, _SPLINE_SIZES, _REGULARIZED_SIZES = (
    ",".join(map(str, sizes)) for sizes in (SIZES, CLASSIFICATION_SIZES, SPLINE_SIZES, REGULARIZED_SIZES)
)

app = typer.Typer(help="Compare the methods and backends on a problem.", add_completion=False, rich_markup_mode=None)


@app.command("regression", help=_HELP, short_help="Time the methods of regression.")
def regression(data: Data = None, backends: Backends = None, sizes: Sizes = _SIZES, json: Json = None) -> int:
    """Time the methods and return the exit code."""
    return _bench(bench_regression, data, backends, sizes, json)


@app.command("classification", help=_CLASSIFICATION_HELP, short_help="Time the methods of classification.")
def classification(
    data: Data = None,
    bins: Annotated[int, typer.Option(metavar="K", min=2, max=MOST_BINS, help="Cut the targets into K bins.")] = BINS,
    backends: Backends = None,
    sizes: Sizes = _CLASSIFICATION_SIZES,
    json: Json = None,
) -> int:
    """Time the methods and return the exit code."""
    note = "sparse: on the points of S_C, judged on all the data."
    return _bench(partial(bench_classification, bins=bins), data, backends, sizes, json, note)


@app.command("spline", help=_SPLINE_HELP, short_help="Time the methods of curvature splines.")
def spline(
    data: Data = None,
    zeta: Annotated[str, typer.Option(metavar="ZETA", help="As of `implicit-bias solve spline`.")] = "constant",
    smoothing: Annotated[str | None, typer.Option(metavar="LAMBDA|time:T", help="How much to smooth.  [default: interpolate]")] = None,
    backends: Backends = None,
    sizes: Sizes = _SPLINE_SIZES,
    json: Json = None,
) -> int:
    """Time the methods and return the exit code."""
    timed = partial(bench_splines, zeta=splined.read_zeta(zeta), smoothing=splined.read_smoothing(smoothing))
    return _bench(timed, data, backends, sizes, json)


@app.command("regularized", help=_REGULARIZED_HELP, short_help="Time the methods of regularised problems.")
def regularized(
    data: Data = None,
    regularization: Annotated[
        float | None, typer.Option(metavar="LAMBDA", help=f"What variation costs.  [default: {SHARE:g} of the largest that matters]")
    ] = None,
    backends: Backends = None,
    sizes: Sizes = _REGULARIZED_SIZES,
    json: Json = None,
) -> int:
    """Time the methods and return the exit code."""
    if regularization is not None:
        check_regularization(regularization)
    return _bench(partial(bench_regularized, regularization=regularization), data, backends, sizes, json)


def _bench(
    timed: Callable[..., list[Row]], data: str | None, backends: str | None, sizes: str, json: str | None, note: str | None = None
) -> int:
    to = output.JsonOption.of(json)
    names = None if backends is None else _words(backends, "--backends")
    numbers = [_number(word) for word in _words(sizes, "--sizes")]
    dataset = None if data is None else read_dataset(data)
    with output.progress("Timing") as tick:
        rows = timed(numbers, names, dataset, tick)
    to.report(lambda: _text(rows, note), [row.to_dict() for row in rows])
    return 0 if all(_solved([row for row in rows if row.n == n]) for n in {row.n for row in rows}) else 1


def _solved(rows: Sequence[Row]) -> bool:
    """Whether the toolkit's own method was optimal, or any method where there is no such one."""
    own = [row for row in rows if row.method in OWN and row.status != SKIPPED]
    return any(row.status == "optimal" for row in own or rows)


def _words(given: str, option: str) -> list[str]:
    words = [word.strip() for word in given.split(",")]
    if not all(words):
        raise OptionError(f"{option} is a list with commas, such as A,B, not {given!r}.")
    return words


def _number(word: str) -> int:
    try:
        return int(word)
    except ValueError as error:
        raise OptionError(f"--sizes must be whole numbers of at least 2, not {word!r}.") from error


def _text(rows: Sequence[Row], note: str | None) -> str:
    forms = any(row.form not in (None, "primal") for row in rows)  # else there is nothing to tell apart
    values = any(row.method == "column-generation" for row in rows)  # the programs approximate: their values differ
    headings = ("n", "method", *(["form"] if forms else []), "backend", "status", "seconds", "ratio", "gap", *(["value"] if values else []))
    cells = [
        (
            str(row.n),
            row.method,
            *([row.form or "-"] if forms else []),
            row.backend or "-",
            row.status,
            output.short(row.seconds),
            output.short(row.ratio, 2),
            output.short(row.gap, 2),
            *([output.short(row.value, 7)] if values else []),
        )
        for row in rows
    ]
    skipped = sorted({row.reason for row in rows if row.status == SKIPPED})
    own = next((row.method for row in rows if row.method in OWN and row.seconds), None)
    over = "those of the fastest optimal row" if own is None else "the exact method's" if own == "exact" else "column generation's"
    notes = [f"seconds: the fastest run, compilation included; ratio: over {over}; gap: recomputed.", *filter(None, [note]), *skipped]
    return "\n".join([*output.table(headings, cells, right=("n", "seconds", "ratio", "gap", "value")), *map(output.wrapped, notes)])
