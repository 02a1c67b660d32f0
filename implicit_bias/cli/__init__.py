"""The command line: a thin shell over the public API, and the only place that prints.

Every error ends in :func:`main`, as one or two plain lines on standard error and exit code 2.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer

import implicit_bias
from implicit_bias.cli import backends, benching, comparing, methods, output, reproducing, solving, verifying
from implicit_bias.errors import ImplicitBiasError

BAD_INPUT, INTERRUPTED, BROKEN_PIPE = 2, 130, 141

_HELP = """Certified convex optimisation for the implicit bias of wide two-layer ReLU networks.

Exit code: 0 if solved to the tolerance, or if every claim came out as expected; 1 if it ran, but not so; 2 for bad input.

\b
Examples
  implicit-bias solve regression data.csv --plot fit.pdf
  implicit-bias solve classification data.csv --bins 10
  implicit-bias solve regularized data.csv --regularization 0.1
  implicit-bias solve spline data.csv --smoothing gcv
  implicit-bias verify
  implicit-bias compare data.csv --plot supports.pdf
  implicit-bias bench regression --sizes 100,1000
  implicit-bias reproduce table1 --quick
  implicit-bias methods"""


class _InOrder(typer.core.TyperGroup):
    """Lists the commands in the order in which one needs them; typer puts groups last."""

    def list_commands(self, ctx: Any) -> list[str]:
        return ["solve", "verify", "compare", "bench", "reproduce", "backends", "methods"]


app = typer.Typer(name="implicit-bias", help=_HELP, cls=_InOrder, add_completion=False, rich_markup_mode=None)
app.add_typer(solving.app, name="solve")
app.command("verify", help=verifying.HELP, short_help="Check the papers' claims.")(verifying.verify)
app.command("compare", help=comparing.HELP, short_help="Hold trained networks against the optimum.")(comparing.compare)
app.add_typer(benching.app, name="bench")
app.command("reproduce", help=reproducing.HELP, short_help="Run the papers' experiments with trained networks.")(reproducing.reproduce)
app.command("backends", help=backends.HELP, short_help="List the CVXPY solvers and what they accept.")(backends.backends)
app.command("methods", help=methods.HELP, short_help="List the methods: their problems, costs and needs.")(methods.methods)


def _show_version(wanted: bool) -> None:
    if wanted:
        output.say(f"implicit-bias {implicit_bias.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    pass


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit; ``arguments`` are those of the process unless given."""
    sys.exit(main(arguments))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = typer.main.get_command(app)
    try:
        # not command.main(): it would turn interrupts and broken pipes into exit codes of its own
        with command.make_context("implicit-bias", given) as context:
            return int(command.invoke(context) or 0)
    except typer.Exit as done:
        return done.exit_code
    except typer.TyperException as error:
        _explain(error)
    except ImplicitBiasError as error:
        output.complain(str(error))
    except KeyboardInterrupt:
        output.complain("interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read the output has gone; nothing is left to say, not even when Python flushes at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except MemoryError:
        output.complain("there is not enough memory for this; use fewer points or hidden units, or --method exact or sparse.")
    except OSError as error:
        output.complain(f"{error.strerror or error}.")
    return BAD_INPUT


def _explain(error: typer.TyperException) -> None:
    """Say what is wrong with the arguments, and where help is."""
    context: Any = getattr(error, "ctx", None)  # errors that come before any command have none
    message = error.format_message()
    if message.startswith(("Missing command", "No such command")) and "Did you mean" not in message:
        names = context.command.list_commands(context)
        message = f"{message} There {'is' if len(names) == 1 else 'are'} {', '.join(names)}."
    output.complain(message)
    path = "implicit-bias" if context is None else context.command_path
    print(f"Try '{path} --help'.", file=sys.stderr)
