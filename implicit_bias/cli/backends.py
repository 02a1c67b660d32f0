"""implicit-bias backends: what is installed, and what it can solve."""

from __future__ import annotations

from importlib import metadata

from implicit_bias.cli import output
from implicit_bias.methods.programs.backends import BACKENDS, Backend

HELP = """List the CVXPY solvers that the toolkit knows: installed or not, and the problem classes they accept.

\b
Examples
  implicit-bias backends
  implicit-bias solve regression data.csv --backend HIGHS"""

_CLASSES = ("LP", "QP", "SOCP", "SDP", "EXP")


def backends() -> int:
    """Print the table and return the exit code."""
    rows = [(row.name, _version(row), *("yes" if cone in row.cones else "no" for cone in _CLASSES), _remark(row)) for row in BACKENDS]
    output.say("\n".join(output.table(("backend", "installed", *_CLASSES, "remark"), rows)))
    return 0


def _version(backend: Backend) -> str:
    if not backend.installed:
        return "no"
    try:
        return metadata.version(backend.module)
    except metadata.PackageNotFoundError:  # a module that pip knows nothing of
        return "yes"


def _remark(backend: Backend) -> str:
    remedy = "" if backend.installed else f"pip install {backend.module}"
    return "; ".join(filter(None, (remedy, backend.remark)))
