"""implicit-bias reproduce: run the papers' experiments, over as many sittings as it takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from implicit_bias.cli import output
from implicit_bias.errors import OptionError

if TYPE_CHECKING:
    from implicit_bias.experiments import Experiment

HELP = """Run the papers' experiments, and put what came out beside what they report.

Each result is kept in DIR as soon as it is there. Cut off at any moment, an experiment goes on with --resume; networks under way
go on from their checkpoints. The report, DIR/EXPERIMENT.json (DIR/EXPERIMENT-released-code.json for that protocol), has all
settings, seeds, versions and times; a picture is drawn beside it. Needs the extra: pip install 'implicit-bias[networks]', and for
digits 'implicit-bias[images]'.

Exit code: 0 if it ran to its end, 2 for bad input.

\b
Examples
  implicit-bias reproduce --list
  implicit-bias reproduce table1 --quick
  implicit-bias reproduce table1 --protocol released-code --jobs 2 --resume
  implicit-bias reproduce network-size --data cifar10.npz --jobs 2"""


def reproduce(
    name: Annotated[str | None, typer.Argument(metavar="EXPERIMENT", help="What to run; see --list.", show_default=False)] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the experiments with what the papers report, and run none.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Run in a size that takes about a minute.")] = False,
    protocol: Annotated[str, typer.Option(metavar="paper|released-code", help="Whose settings, where they differ.")] = "paper",
    seeds: Annotated[int | None, typer.Option(metavar="N", min=1, help="Random starts.  [default: as in the paper]")] = None,
    jobs: Annotated[int, typer.Option(metavar="N", min=1, help="Processes to use.")] = 1,
    out: Annotated[str, typer.Option(metavar="DIR", help="Folder of the results.")] = "results",
    data: Annotated[
        str | None,
        typer.Option(metavar="FILE.npz", help="Your own points, for network-size: arrays x and y.", show_default=False),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the results that are there.")] = False,
) -> int:
    """Run an experiment and return the exit code."""
    from implicit_bias import experiments, networks
    from implicit_bias.plots import plot_experiment

    if listing:
        chosen = experiments.EXPERIMENTS if name is None else [experiments.find(name)]
        output.say("\n\n".join(_facts(experiment) for experiment in chosen))
        return 0
    if name is None:
        known = ", ".join(experiments.EXPERIMENTS.names())
        raise OptionError(f"Name an experiment to run: {known}; --list tells what they are.")
    experiment = experiments.find(name)
    options = experiment.checked(experiments.Options(quick, protocol, seeds, data))
    if not out or out.startswith("-"):  # with a dash it is the next option, most likely
        raise OptionError(f"--out needs the name of a folder{f', not {out!r}' if out else ''}.")
    networks.require()
    found = experiments.kept(experiment, options, out, resume)[1]
    for line in experiment.project(options, jobs) if None in found.values() else []:
        output.say(line)
    with output.progress(f"Running {name}") as tick:
        report = experiments.run(experiment, options, out, jobs=jobs, resume=resume, progress=tick)
    base = Path(out) / experiment.report_name(options)
    written = [base.with_suffix(".json")]
    if experiment.figure is not None:
        written.append(base.with_suffix(".svg"))
        plot_experiment(report, written[-1])
    output.say(_text(experiment, report, written))
    return 0


def _facts(experiment: Experiment) -> str:
    fields = [("title", experiment.title), ("source", experiment.source), ("reported", experiment.reported)]
    return f"{experiment.name}\n" + output.fields([*fields, ("protocols", ", ".join(experiment.protocols))])


def _text(experiment: Experiment, report: dict[str, Any], written: list[Path]) -> str:
    done = len(report["jobs"])
    head = f"{experiment.title}: {done} run{'' if done == 1 else 's'} in {report['seconds']:.0f} s of computing"
    files = f"written: {' and '.join(map(str, written))}"
    return "\n".join([output.wrapped(head), "", *experiment.describe(report["summary"]), "", output.wrapped(files)])
