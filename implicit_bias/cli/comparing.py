"""implicit-bias compare: theory, optimum and trained networks side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from implicit_bias.cli import labelled, output, regularized
from implicit_bias.cli.answering import Files
from implicit_bias.cli.columns import Columns
from implicit_bias.cli.options import Data, Json, X, Y
from implicit_bias.compare.side_by_side import places
from implicit_bias.data import read_table
from implicit_bias.data.bins import MIDPOINTS, MOST_BINS
from implicit_bias.errors import OptionError
from implicit_bias.problems import OverMeasures
from implicit_bias.report import number, versions
from implicit_bias.solution import Status

if TYPE_CHECKING:
    from implicit_bias.compare import Comparison, Held

HELP = """Train networks on the data, solve the convex problem, and show three supports side by side.

Theory predicts kinks (Theorem 6.1), the optimum of problem (13), or (14) for classes, has some of them, and networks trained by
gradient descent from Glorot's start gather theirs in clusters. With --bins or --labels it is classification, else regression.
Needs the extra: pip install 'implicit-bias[networks]'.

Exit code: 0 if the optimum is certified and every network was trained to the end, alive; 1 if not; 2 for bad input.

\b
Examples
  implicit-bias compare data.csv
  implicit-bias compare data.csv --bins 10 --plot supports.pdf
  implicit-bias compare data.csv --weight sphere --seeds 5 --json -"""


def compare(
    data: Data,
    bins: Annotated[int | None, typer.Option(metavar="K", min=2, max=MOST_BINS, help="Cut the targets into K bins.")] = None,
    midpoints: Annotated[
        str | None,
        typer.Option(metavar="|".join(MIDPOINTS), help="First and last midpoint: inside the range, or its ends.  [default: interior]"),
    ] = None,
    labels: Annotated[str | None, typer.Option(metavar="COL", help="Column of labels, from 0 on, in place of bins.")] = None,
    x: X = None,
    y: Y = None,
    weight: Annotated[str, typer.Option(metavar="unit|sphere", help="Cost of a feature: 1, or the norm of a unit's weights.")] = "unit",
    hidden: Annotated[int, typer.Option(metavar="M", min=1, help="Hidden units of the networks.")] = 1000,
    step: Annotated[float, typer.Option(metavar="S", help="Step of gradient descent, on x in [-1, 1] and targets in [0, 1].")] = 0.05,
    epochs: Annotated[int, typer.Option(metavar="N", min=1, help="Steps of gradient descent.")] = 100_000,
    seeds: Annotated[int, typer.Option(metavar="N", min=1, help="Networks to train.")] = 3,
    tolerance: Annotated[float, typer.Option(metavar="T", help="Distance of kinks that match, as a fraction of the range.")] = 0.02,
    jobs: Annotated[int, typer.Option(metavar="N", min=1, help="Processes to use.")] = 1,
    json: Json = None,
    plot: Annotated[str | None, typer.Option("--plot", metavar="FILE", help="Draw the supports; .pdf, .png, .svg.")] = None,
) -> int:
    """Compare on two columns of a file, and return the exit code."""
    from implicit_bias import networks
    from implicit_bias.compare import side_by_side

    networks.require()
    if bins is None and labels is None and midpoints is not None:
        raise OptionError("--midpoints goes with --bins only.")
    if bins is not None or labels is not None:
        labelled.check_options(bins, labels, midpoints, None, y if labels is not None else None, None)
    files = Files.of(data, json, plot)
    problem = _problem(data, bins, midpoints, labels, x, y, weight)
    with output.progress("Training") as tick:
        found = side_by_side(
            problem,
            hidden=hidden,
            step=step,
            epochs=epochs,
            seeds=seeds,
            tolerance=tolerance,
            jobs=jobs,
            progress=lambda seed, done, most: tick(done, most, f"epochs of network {seed + 1} of {seeds}"),
        )
    settings = {"hidden": hidden, "step": step, "epochs": epochs, "seeds": seeds}
    drawings = {files.picture: _drawing(found)} if files.picture is not None else {}
    files.json.report(lambda: _text(found, files.source), _report(found, settings), drawings)
    return 0 if found.solution.status is Status.OPTIMAL and not any(_trouble(held) for held in found.networks) else 1


def _problem(
    data: str, bins: int | None, midpoints: str | None, labels: str | None, x: str | None, y: str | None, weight: str
) -> OverMeasures:
    table = read_table(data)
    if bins is None and labels is None:
        return regularized.interpolation(table, None if x is None else [x], y, weight, "penalized")[0]
    columns = Columns.of(table, None if x is None else [x], y if labels is None else labels, labelled.CLASSES_TOO)
    if bins is not None:
        return labelled.binned_problem(columns, bins, None, midpoints or MIDPOINTS[0], weight)[0]
    return labelled.labelled_problem(columns, None, weight)


def _drawing(found: Comparison) -> Any:
    from implicit_bias.plots import plot_comparison

    return lambda path: plot_comparison(found, path)


def _report(found: Comparison, settings: dict[str, Any]) -> dict[str, Any]:
    solution = found.solution
    return {
        "schema": 1,
        "problem": {"kind": solution.problem.kind, "weight": solution.problem.weight, "n": len(solution.problem)},
        "training": settings,
        "tolerance": found.tolerance,
        "theory": None if found.theory is None else found.theory.tolist(),
        "optimum": {
            "status": solution.status.value,
            "lower_bound": number(solution.lower_bound),
            "upper_bound": number(solution.upper_bound),
            "gap": number(solution.gap),
            "kinks": found.optimum.kinks.tolist(),
            "directions": found.optimum.directions.tolist(),
            "weights": found.optimum.weights.tolist(),
        },
        "networks": [_of_network(held) for held in found.networks],
        "versions": versions(),
    }


def _of_network(held: Held) -> dict[str, Any]:
    to_optimum, to_theory = held.to_optimum, held.to_theory
    return {
        "seed": held.trained.seed,
        "epochs": held.trained.epochs,
        "stopped": held.trained.stopped,
        "loss": number(held.trained.loss),
        "kinks": held.support.kinks.tolist(),
        "directions": held.support.directions.tolist(),
        "weights": held.support.weights.tolist(),
        "cost": number(held.judged.value),
        "cost_repaired": number(held.judged.upper_bound),
        "gap": number(held.judged.gap),
        "constraint_violation": number(held.judged.constraint_violation),
        "optimum": _matches(to_optimum),
        "theory": None if to_theory is None else _matches(to_theory),
        "transport_distance": number(held.transport),
        "sup_distance": number(held.function.sup),
        "l2_distance": number(held.function.l2),
    }


def _matches(match: Any) -> dict[str, Any]:
    return {"matched": match.matched.tolist(), "missed": match.missed.tolist(), "extra": match.extra.tolist()}


def _text(found: Comparison, source: str) -> str:
    solution = found.solution
    theory = "none predicted" if found.theory is None else f"{found.theory.size} kinks: {_places(found.theory)}"
    kinks = places(found.optimum)
    facts = [
        ("optimum", f"{solution.status}; between {output.short(solution.lower_bound, 8)} and {output.short(solution.upper_bound, 8)}"),
        ("theory", theory),
        ("support", f"{kinks.size} kinks: {_places(kinks)}"),
        ("matching", f"kinks match if they are at most {found.tolerance:.3g} apart"),
    ]
    rows = [
        (
            str(held.trained.seed),
            output.short(held.trained.loss, 2),
            str(places(held.support, found.tolerance).size),
            f"{len(held.to_optimum.matched)} of {kinks.size}",
            "-"
            if held.to_theory is None
            else f"{len(held.to_theory.matched)} of {len(held.to_theory.matched) + len(held.to_theory.missed)}",
            output.short(held.judged.value, 4),
            # a dead network repaired is the repair alone, which may well be optimal
            output.short(held.judged.gap if len(held.support) else None, 2),
            output.short(held.function.sup, 2),
            output.short(held.transport, 2),
        )
        for held in found.networks
    ]
    headings = ("seed", "loss", "clusters", "of optimum", "of theory", "cost", "gap", "sup", "transport")
    lines = output.table(headings, rows, right=headings)
    notes = [f"seed {held.trained.seed}: {trouble}" for held in found.networks if (trouble := _trouble(held))]
    legend = (
        "clusters: kinks of a network put together where they are close, with at least 1 % of all; of optimum, of theory: how many of "
        "those kinks they match; gap: of the network as an answer, repaired to fit; sup: largest distance from the optimum as a "
        "function; transport: mean distance of its kinks from the optimal ones."
    )
    parts = [f"Supports on {output.plain(source)}", output.fields(facts), "", *lines, *notes, "", output.wrapped(legend)]
    return "\n".join(parts)


def _trouble(held: Held) -> str:
    """Return what is wrong with a trained network, nothing of one that is well."""
    if held.trained.diverged:
        return held.trained.message
    if len(held.support):
        return ""
    return "No unit has its kink within the data: there are too few, or a step that is too large killed them. Change --hidden or --step."


_SHOWN = 12


def _places(kinks: Any) -> str:
    shown = ", ".join(f"{kink:.4g}" for kink in kinks[:_SHOWN])
    return shown + (f" and {kinks.size - _SHOWN} more" if kinks.size > _SHOWN else "")
