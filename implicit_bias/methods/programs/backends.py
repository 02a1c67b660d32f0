"""The CVXPY solvers, a row each: what they accept, how they are asked for a tolerance, and what they warn of in vain.

Adding a backend is adding a row. Its word is recorded, never believed: a solution is judged by recomputed bounds.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
import warnings
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module, util
from typing import TYPE_CHECKING, Any

from implicit_bias.errors import BackendError, OptionError
from implicit_bias.numerics import tolerances
from implicit_bias.registry import Registry

if TYPE_CHECKING:
    import cvxpy


@dataclass(frozen=True)
class Backend:
    """A CVXPY solver.

    Attributes
    ----------
    name : CVXPY's name for it
    module : the Python module that it lives in
    cones : the problem classes it accepts, of LP, QP, SOCP, SDP, and EXP with exponential cones
    settings : options that ask for a given relative tolerance
    time_option : its option for a time limit in seconds, if it has one
    remark : what a user should know
    known_options : the options that exist, for a solver that passes over others in silence
    solver : what CVXPY is given as its ``solver``, if not the name: another of its names, or a custom solver
    prepare : called before each run, for what a solver would otherwise do to its caller
    """

    name: str
    module: str
    cones: frozenset[str]
    settings: Callable[[float], dict[str, Any]]
    time_option: str | None
    remark: str = ""
    known_options: Callable[[], Container[str]] | None = None
    solver: Any = None
    prepare: Callable[[], object] | None = None

    @property
    def installed(self) -> bool:
        """Whether its module can be imported."""
        return util.find_spec(self.module) is not None

    def limited(self, seconds: float) -> dict[str, float]:
        """Return the option for a time limit, nothing if it has none."""
        return {} if self.time_option is None else {self.time_option: float(seconds)}

    def objection(self, cone: str) -> str | None:
        """Return why it cannot solve a problem of this class, or None."""
        if cone not in self.cones:
            return f"it takes {', '.join(sorted(self.cones))} only"
        return None if self.installed else f"it is not installed (pip install {self.module})"


def _all(*names: str) -> Callable[[float], dict[str, Any]]:
    return lambda tolerance: dict.fromkeys(names, tolerance)


def _clarabel(tolerance: float) -> dict[str, Any]:
    # without exhaustive refinement it stalls at 1e-8 on degenerate data, a constant y for one
    refinement = {"iterative_refinement_max_iter": 50, "iterative_refinement_reltol": 1e-15, "iterative_refinement_abstol": 1e-15}
    # and with regularisation in proportion to the largest entry it stalled at 1e-7 on a dictionary of 11 points
    refinement["static_regularization_proportional"] = 0.0
    return refinement | _all("tol_gap_abs", "tol_gap_rel", "tol_feas")(tolerance)


def _highs(tolerance: float) -> dict[str, Any]:
    reached = max(tolerance, 1e-10)  # its smallest
    return {"primal_feasibility_tolerance": reached, "dual_feasibility_tolerance": reached, "small_matrix_value": 1e-12}


def _first_order(tolerance: float, limit: str) -> dict[str, Any]:
    return {"eps_abs": tolerance, "eps_rel": tolerance, limit: 50_000}


@cache
def _greet_highs() -> None:
    """Let HiGHS greet nobody: since version 1.16 the first of its solvers writes its name and licence to stdout, whatever its options."""
    highspy = import_module("highspy")
    sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:  # there is no stdout
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            highspy.Highs()
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _osqp_options() -> Container[str]:
    import osqp

    return dir(osqp.OSQP().ext.OSQPSettings)


BACKENDS: Registry[Backend] = Registry(
    "backend",
    lambda row: row.name,
    (
        Backend("CLARABEL", "clarabel", frozenset({"LP", "QP", "SOCP", "SDP", "EXP"}), _clarabel, "time_limit"),
        Backend(
            "ECOS",
            "ecos",
            frozenset({"LP", "QP", "SOCP", "EXP"}),
            _all("abstol", "reltol", "feastol"),
            None,
            "GPLv3; no wheel for Python 3.13",
        ),
        Backend("HIGHS", "highspy", frozenset({"LP", "QP"}), _highs, "time_limit", "no tolerance below 1e-10", prepare=_greet_highs),
        Backend(
            "OSQP",
            "osqp",
            frozenset({"LP", "QP"}),
            lambda t: _first_order(t, "max_iter"),
            "time_limit",
            "first order: low accuracy",
            _osqp_options,
        ),
        Backend(
            "SCS",
            "scs",
            frozenset({"LP", "QP", "SOCP", "SDP", "EXP"}),
            lambda t: _first_order(t, "max_iters"),
            "time_limit_secs",
            "first order: low accuracy",
        ),
    ),
    error=BackendError,
)
"""The solvers by name. ``BACKENDS.register(Backend(...))`` adds one."""

DEFAULT = "CLARABEL"
"""The backend of a program for which none is named."""

# What CVXPY 1.9 raises, as a ValueError, when a solver stops with a status that CVXPY has no word for.
_NO_SOLUTION = "Cannot unpack invalid solution"
# CVXPY warns whenever a solver says "inaccurate"; the judgement of the solution says it better.
_HARMLESS = ("Solution may be inaccurate",)
_LIMITS = frozenset({"user_limit"})


@dataclass(frozen=True)
class Outcome:
    """What a backend did: its word, the seconds that CVXPY's compilation and the solver took, and whether a limit stopped it."""

    word: str
    build: float
    solve: float
    stopped: bool


def find_backend(name: str, cone: str, timed: bool = False) -> Backend:
    """Return an installed backend by name (any case) that accepts a problem class, or raise :class:`BackendError`.

    ``timed`` says whether a time limit goes with it, which those that are recommended then have.
    """
    backend = BACKENDS.find(str(name).upper())
    objection = backend.objection(cone)
    if objection is not None:
        others = _others(cone, timed)
        raise BackendError(f"{backend.name} cannot solve this {cone}: {objection}." + (f" Use {others}." if others else ""))
    return backend


def _others(cone: str, timed: bool) -> str:
    """Return the names of the backends that accept a problem class, and a time limit if there is one."""
    return " or ".join(row.name for row in BACKENDS if row.objection(cone) is None and not (timed and row.time_option is None))


def ready(
    name: str | None, cone: str, tolerance: float, time_limit: float | None, more: Mapping[str, Any] | None
) -> tuple[Backend, dict[str, Any]]:
    """Return a backend, the default one for None, and its settings for a tolerance; raises BackendError or OptionError."""
    timed = time_limit is not None
    row = find_backend(DEFAULT if name is None else name, cone, timed)
    if timed and row.time_option is None:
        others = _others(cone, timed)
        raise OptionError(f"{row.name} has no time limit. Leave time_limit out" + (f", or use {others}." if others else "."))
    return row, options_for(row, tolerance * tolerances.BACKEND_MARGIN, time_limit, more)


def options_for(backend: Backend, tolerance: float, time_limit: float | None, more: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the options for a run; raises :class:`OptionError` for options that the backend does not know."""
    options = backend.settings(tolerance) | ({} if time_limit is None else backend.limited(time_limit))
    unknown = [] if backend.known_options is None else [name for name in more or {} if name not in backend.known_options()]
    if unknown:
        raise OptionError(f"{backend.name} does not accept backend_options {unknown}.")
    return options | dict(more or {})


def run(backend: Backend, program: cvxpy.Problem, options: Mapping[str, Any], own: Mapping[str, Any] | None) -> Outcome:
    """Compile and solve a program; the variables and dual values of the program hold the answer.

    ``own`` are the options that the user brought: if the backend rejects those, it is an :class:`OptionError`.
    """
    import cvxpy

    if backend.prepare is not None:
        backend.prepare()
    began = time.perf_counter()
    # some solvers report on stdout through Python whatever their verbosity is; stdout is the caller's
    chatter = sys.stderr if options.get("verbose") else io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(chatter):
        for message in _HARMLESS:
            warnings.filterwarnings("ignore", message=message)
        try:
            program.solve(solver=backend.solver or backend.name, **options)
            word = str(program.status)
        except (cvxpy.DCPError, cvxpy.DGPError) as error:  # an option such as gp=True asks for another kind of problem
            raise OptionError(f"{backend.name} does not accept backend_options {dict(own or {})}: {str(error).splitlines()[0]}") from error
        except cvxpy.SolverError as error:
            word = f"failed: {str(error).splitlines()[0]}"
        except (TypeError, ValueError, AttributeError, KeyError) as error:
            if _NO_SOLUTION in str(error):
                return Outcome("failed: unknown status", 0.0, time.perf_counter() - began, False)
            if not own:
                raise
            raise OptionError(f"{backend.name} does not accept backend_options {dict(own)}: {error}") from error
    seconds = time.perf_counter() - began
    compiled = min(float(program.compilation_time or 0.0), seconds)
    return Outcome(word, compiled, seconds - compiled, word in _LIMITS)
