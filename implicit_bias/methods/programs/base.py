"""What a CVXPY program is: stated for a problem, solved by any backend that accepts it, and read."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from implicit_bias.certificates.bounds import Answer
from implicit_bias.methods.base import FORMS, Found, Method, Options, P
from implicit_bias.methods.programs import backends
from implicit_bias.solution import Timings

if TYPE_CHECKING:
    import cvxpy


@dataclass(frozen=True, eq=False)
class Stated:
    """A CVXPY problem and how to read its answer once it is solved."""

    cvxpy: cvxpy.Problem
    read: Callable[[], Answer]


@dataclass(frozen=True, eq=False)
class Reduction:
    """A smaller problem with the same optimum, the way back for its answers, and a sentence about it."""

    problem: Any
    lift: Callable[[Any], Any]
    note: str = ""


def unchanged(found: Any) -> Any:
    """Return what was found."""
    return found


class Program(Method[P]):
    """A CVXPY program, solved by any backend that accepts it.

    Attributes
    ----------
    forms : tuple of str
        The forms in which it can be stated.
    instead : str
        What is added to the reason where a backend was named and an earlier program does not exist.
    """

    takes = frozenset({"backend", "form", "time_limit", "backend_options"})
    forms: ClassVar[tuple[str, ...]] = FORMS
    instead: ClassVar[str] = ""

    @abstractmethod
    def cone(self, problem: P) -> str:
        """Return what a backend must accept: "LP", "QP", "SOCP" or "EXP"."""

    @abstractmethod
    def state(self, problem: P, form: str, grid: Any, scaled: bool) -> Stated:
        """Return the program on data scaled as backends like best, or in the problem's own units."""

    def check_grid(self, problem: P, grid: Any) -> None:
        """Raise :class:`OptionError` for a grid that is none."""

    def reduction(self, problem: P) -> Reduction:
        """Return the smaller problem that is stated in place of this one."""
        return Reduction(problem, unchanged)

    def untaken(self, options: Options) -> str | None:
        """Return what is asked of it that it does not use, forms that there are not among it."""
        if (unused := super().untaken(options)) is not None or options.form in self.forms:
            return unused
        return f"{self.title} has the form {' and '.join(map(repr, self.forms))} only, not {options.form!r}."

    def check(self, problem: P, options: Options) -> None:
        """Find the backend, and refuse grids that there are not."""
        self.backend(problem, options)
        self.check_grid(problem, options.grid)

    def backend(self, problem: P, options: Options) -> tuple[backends.Backend, dict[str, Any]]:
        """Return the backend and its settings; raises :class:`BackendError` or :class:`OptionError`."""
        return backends.ready(options.backend, self.cone(problem), options.tolerance, options.time_limit, options.backend_options)

    def solve(self, problem: P, options: Options) -> Found | None:
        """State the program for scaled data, run it, and read the answer."""
        row, settings = self.backend(problem, options)
        import cvxpy  # noqa: F401  (so that its import, a second, counts as nobody's time)

        began = time.perf_counter()
        reduced = self.reduction(problem)
        reducing = time.perf_counter() - began
        began = time.perf_counter()
        stated = self.state(reduced.problem, options.form, options.grid, scaled=True)
        stating = time.perf_counter() - began
        outcome = backends.run(row, stated.cvxpy, settings, options.backend_options)
        began = time.perf_counter()
        candidate = reduced.lift(stated.read().with_word(outcome.word, outcome.stopped))
        timings = Timings(stating + outcome.build, reducing + outcome.solve + time.perf_counter() - began)
        return Found(candidate, timings, row.name, reduced.note)

    def asked(self, options: Options) -> str:
        """Say that the user asked for it, and which backend is the default."""
        which = "" if options.backend is not None else f" with {backends.DEFAULT}, the default backend"
        return f"{self.title} was asked for{which}."

    def chosen(self, options: Options) -> str:
        """Name it with its backend."""
        return f"{self.title} with {backends.DEFAULT}."
