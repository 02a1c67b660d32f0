"""implicit-bias bench: every method on one problem, timed and judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from implicit_bias.bench import DICTIONARY_LIMIT, SIZES, SKIPPED, Row, bench_regression
from implicit_bias.cli import output
from implicit_bias.cli.solving import JSON_HELP
from implicit_bias.data import read_dataset
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

app = typer.Typer(help="Compare the methods and backends on a problem.", add_completion=False, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    # keeps `regression` a command of its own while it is the only one
    pass


@app.command("regression", help=_HELP, short_help="Time the methods of regression.")
def regression(
    data: Annotated[
        str | None, typer.Option(metavar="FILE", help="CSV file whose first two columns to take; - for standard input.")
    ] = None,
    backends: Annotated[str | None, typer.Option(metavar="A,B", help="Backends.  [default: all installed]")] = None,
    sizes: Annotated[str, typer.Option(metavar="N,N", help="Numbers of points.")] = ",".join(map(str, SIZES)),
    json: Annotated[str | None, typer.Option("--json", metavar="FILE|-", help=JSON_HELP)] = None,
) -> int:
    """Time the methods and return the exit code."""
    to = output.JsonOption.of(json)
    names = None if backends is None else _words(backends, "--backends")
    numbers = [_number(word) for word in _words(sizes, "--sizes")]
    dataset = None if data is None else read_dataset(data)
    with output.progress("Timing") as tick:
        rows = bench_regression(numbers, names, dataset, tick)
    to.report(lambda: _text(rows), [row.to_dict() for row in rows])
    return 0 if all(row.status == "optimal" for row in rows if row.method == "exact") else 1


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


def _text(rows: Sequence[Row]) -> str:
    headings = ("n", "method", "form", "backend", "status", "seconds", "ratio", "gap")
    cells = [
        (
            str(row.n),
            row.method,
            row.form or "-",
            row.backend or "-",
            row.status,
            output.short(row.seconds),
            output.short(row.ratio),
            output.short(row.gap),
        )
        for row in rows
    ]
    skipped = sorted({row.reason for row in rows if row.status == SKIPPED})
    notes = ["seconds: the fastest run, compilation included; ratio: over the exact method's; gap: recomputed.", *skipped]
    return "\n".join([*output.table(headings, cells, right=("n", "seconds", "ratio", "gap")), *map(output.wrapped, notes)])
