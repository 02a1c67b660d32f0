"""implicit-bias verify: hold the papers' claims against computed answers."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from implicit_bias.cli import output
from implicit_bias.cli.options import JSON_HELP
from implicit_bias.data import read_dataset

if TYPE_CHECKING:
    from implicit_bias.claims import Claim, Verdict

_CONTROL = {True: "rejected", False: "ACCEPTED", None: "-"}

HELP = """Check the papers' claims on many instances, each with a control that must be rejected.

Exit code: 0 if every verdict is the expected one and every control was rejected, 1 if not, 2 for bad input. A claim that the
literature gets wrong is expected to come out as fails-as-stated. One whose check needs what is not installed is unavailable, and
counts neither way.

\b
Examples
  implicit-bias verify
  implicit-bias verify --list
  implicit-bias verify --data data.csv --json verdicts.json"""


def verify(
    names: Annotated[list[str] | None, typer.Argument(metavar="CLAIM", help="Claims to check.  [default: all]")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the claims with their statements, and check none.")] = False,
    data: Annotated[
        str | None, typer.Option(metavar="FILE", help="CSV file whose first two columns make the instances; - for standard input.")
    ] = None,
    instances: Annotated[int, typer.Option(metavar="N", min=1, help="Instances for each claim.")] = 20,
    seed: Annotated[int, typer.Option(metavar="S", min=0, help="Seed of the instances.")] = 0,
    jobs: Annotated[int, typer.Option(metavar="N", min=1, help="Processes to use.")] = 1,
    json: Annotated[str | None, typer.Option("--json", metavar="FILE|-", help=JSON_HELP)] = None,
) -> int:
    """Check claims and return the exit code."""
    from implicit_bias import claims

    to = output.JsonOption.of(json)
    chosen = claims.find(names or [])
    if listing:
        to.report(lambda: _list(chosen), [_facts(claim) for claim in chosen])
        return 0
    dataset = None if data is None else read_dataset(data)
    with output.progress("Checking") as tick:
        count = itertools.count(1)
        verdicts = claims.verify(
            chosen,
            data=dataset,
            instances=instances,
            seed=seed,
            jobs=jobs,
            progress=lambda verdict: tick(next(count), len(chosen), verdict.claim.name),
        )
    to.report(lambda: _text(verdicts), [verdict.to_dict() for verdict in verdicts])
    return 1 if any(_surprises(verdict) for verdict in verdicts) else 0


def _surprises(verdict: Verdict) -> bool:
    return verdict.available and not verdict.as_expected


def _facts(claim: Claim) -> dict[str, str | None]:
    fields = ("source", "kind", "title", "statement", "expected", "assumption")
    return {"claim": claim.name} | {field: getattr(claim, field) for field in fields}


def _list(claims: Sequence[Claim]) -> str:
    parts = [
        f"{claim.name}\n"
        + output.fields([("title", claim.title), ("source", claim.source), ("states", claim.statement), ("expected", str(claim.expected))])
        for claim in claims
    ]
    return "\n\n".join(parts)


def _text(verdicts: Sequence[Verdict]) -> str:
    head, *rows = output.table(
        ("claim", "verdict", "worst", "tol", "control", "s"),
        [
            (
                v.claim.name,
                v.verdict,
                output.short(v.worst, 2) if v.available else "-",
                output.short(v.claim.tolerance, 2),
                _CONTROL[v.control_rejected],
                f"{v.seconds:.1f}",
            )
            for v in verdicts
        ],
        right=("worst", "tol", "s"),
    )
    sources = [output.wrapped(f"{v.claim.source}; expected: {v.claim.expected}", indent=4) for v in verdicts]
    reasons = dict.fromkeys(v.reason for v in verdicts if v.reason)
    lines = [head, *itertools.chain.from_iterable(zip(rows, sources, strict=True))]
    counts = ", ".join(f"{count} {word}" for word, count in Counter(v.verdict for v in verdicts).items())
    surprises = sum(map(_surprises, verdicts))
    others = "all" if all(v.available for v in verdicts) else "what could be checked is"
    last = f"{surprises} not as expected" if surprises else f"{others} as expected"
    return "\n".join([*lines, *map(output.wrapped, reasons), f"{len(rows)} claim{'s' if len(rows) != 1 else ''}: {counts}; {last}."])
