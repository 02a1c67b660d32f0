"""What `implicit-bias solve` says of each of its commands; the methods are listed as the table has them when help is asked for."""

from __future__ import annotations

import textwrap
from typing import Any

import typer

from implicit_bias.cli.samples import kinds, summary
from implicit_bias.methods.table import METHODS

_WIDTH = 76  # help has 80 columns, and is indented by two
_MARK = "METHODS"  # in the texts below: where the methods are listed, after what auto does

_REGRESSION = """Interpolate the data with the least total variation, and bound how far the answer is from the optimum.

The problem is (13) of Stewart et al.: unit-slope ReLU features with kinks in the data's range. With --weight sphere it is (4): kinks
anywhere on the line, a kink t costs sqrt(1 + t^2) times its slope change, a constant its size. With --affine free a line costs nothing.
Several inputs, each with an --x, have features on the sphere: a unit costs the norm of its weights and bias.
The bounds are recomputed from the answer, whatever found it. Exit code: 0 if solved to the tolerance, 1 if not, 2 for bad input.

METHODS

\b
Examples
  implicit-bias solve regression data.csv
  implicit-bias solve regression data.csv --x year --y sunspots --plot fit.pdf
  implicit-bias solve regression data.csv --weight sphere --affine free
  implicit-bias solve regression data.csv --x width --x height --y price
  implicit-bias solve regression data.csv --backend CLARABEL --json -"""

_CLASSIFICATION = """Classify the data with margin 1 and the least total variation, and bound how far that is from the optimum.

The problem is (14) of Stewart et al.: every point's own class scores at least 1 more than every other one. Classes are a column of
whole numbers from 0 on (--labels), or real targets cut into bins of equal width (--bins). The bounds are recomputed from the answer
and all the data, whatever found it. With --weight sphere, or several --x, it is (5): kinks anywhere, a unit costs the norm of its
weights and bias. Exit code: 0 if solved to the tolerance, 1 if not, 2 for bad input.

METHODS

\b
Examples
  implicit-bias solve classification data.csv --labels class
  implicit-bias solve classification data.csv --bins 10 --range 0,1
  implicit-bias solve classification data.csv --bins 10 --weight sphere
  implicit-bias solve classification data.csv --labels kind --x a --x b
  implicit-bias solve classification data.csv --bins 10 --json -"""

_REGULARIZED = """Fit the data at the least loss plus LAMBDA times the total variation, and bound how far that is from the optimum.

The problem is the convex network of Neyshabur et al.: of features on the sphere, where a unit costs the norm of its weights and
bias, of one or several inputs. Rows may share their x. Losses: squared, half the sum of (f(x) - y)^2; cross-entropy, of labels
0, 1, ...; hinge, of labels 1 and -1. With --weight unit --affine free it is denoising by the total variation of the slope: a kink costs
its slope change, a line nothing. The bounds are recomputed from the answer, whatever found it. Exit code: 0 if solved to the
tolerance, 1 if not, 2 for bad input.

METHODS

\b
Examples
  implicit-bias solve regularized data.csv --regularization 0.1
  implicit-bias solve regularized data.csv --regularization 1 --plot fit.pdf
  implicit-bias solve regularized data.csv --regularization 0.1 --x a --x b
  implicit-bias solve regularized data.csv --regularization 1 --loss hinge"""

_SPLINE = """Interpolate or smooth the data with the curvature penalty 1/zeta that a network's initialisation implies.

The problem is (4) of Jin and Montufar: minimise the integral of g''^2/zeta through the data. Or (7): minimise the sum of
(g(x) - y)^2 over all rows, plus LAMBDA times that integral; rows may then share their x. The bounds are recomputed from the
answer, whatever found it. Exit code: 0 if solved to the tolerance, 1 if not, 2 for bad input.

\b
Zeta, of input weights W and biases B
  constant             1: cubic splines
  gaussian:SW,SB       W and B normal, of deviations SW and SB
  binary-uniform:AB    W = -1 or 1, B uniform on [-AB, AB]
  uniform:AW,AB        W uniform on [-AW, AW], B on [-AB, AB]

METHODS

\b
Examples
  implicit-bias solve spline data.csv
  implicit-bias solve spline data.csv --zeta gaussian:1,0.5 --plot fit.pdf
  implicit-bias solve spline data.csv --smoothing gcv --json -
  implicit-bias solve spline data.csv --smoothing time:1000"""

TEXTS = {"regression": _REGRESSION, "classification": _CLASSIFICATION, "regularized": _REGULARIZED, "spline": _SPLINE}
"""Help by command."""

_AUTO = {
    "regression": (
        "Exact where it applies, else sparse, or column-generation of several inputs; if a backend is named, sparse, or dictionary if an "
        "affine part is free or inputs are several."
    ),
    "classification": "Exact, or sparse if a backend is named; on the sphere column-generation, or dictionary if a backend is named.",
    "regularized": "Column-generation, or dictionary if a backend is named; for denoising, exact, or sparse.",
    "spline": "Exact, or finite-difference if a backend is named.",
}


class WithMethods(typer.core.TyperCommand):
    """A command that lists the methods for its problems when its help is asked for."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Fill in the methods, and write the help."""
        if self.help is not None and self.name is not None:
            self.help = self.help.replace(_MARK, methods_of(self.name))
        super().format_help(ctx, formatter)


def methods_of(command: str) -> str:
    """Return the methods for the problems that a command can state, each name once."""
    lines: dict[str, list[str]] = {"auto": [_AUTO[command]]}
    stated = [kind for kind in kinds() if kind.command == command]
    for row in METHODS:
        if any(row in kind.rows for kind in stated):
            lines.setdefault(row.name, []).append(summary(row))
    indent = max(map(len, lines)) + 4
    told = (
        textwrap.fill(
            " ".join(dict.fromkeys(parts)),
            _WIDTH,
            initial_indent=f"  {name}".ljust(indent),
            subsequent_indent=" " * indent,
            break_on_hyphens=False,
        )
        for name, parts in lines.items()
    )
    return "\n".join(["\b", "Methods", *told])
