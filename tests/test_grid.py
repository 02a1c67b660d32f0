"""One grid of truth: every problem × method × backend × form × option gives a judged solution, or a refusal whose advice is not refused.

Whether a cell starts is decided without solving, so that all of them are looked at. Those without further options are solved: some of
them here, all of them in the slow tests.
"""

from __future__ import annotations

import math
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import chain, combinations, product
from typing import Any

import pytest
from choices import METHODS as METHOD_NAMES
from choices import PROBLEMS, problem_of, refusal

import implicit_bias as ib
from implicit_bias.methods import METHODS, Found, Method, Options
from implicit_bias.methods.programs.backends import BACKENDS
from implicit_bias.methods.table import names, started
from implicit_bias.problems.candidate import Candidate

FORMS = ("primal", "dual")
MORE: dict[str, Any] = {"grid": 20, "time_limit": 5, "warm_start": None, "backend_options": {"verbose": False}}
SUBSETS = [*chain.from_iterable(combinations(MORE, count) for count in range(len(MORE) + 1))]
LONGEST = 280
"""Letters of a refusal: two lines."""

SOLVED, SEED, QUICK = 0.05, 0, 1.0
"""How many of the cells are solved in the fast tests, which, and in how many seconds each, where there is a limit."""

STALLS, SECONDS = ("column-generation", "HIGHS"), 10.0
"""HiGHS takes minutes over some quadratic programs of column generation; it is given so many seconds."""

ROUNDING = 1e-9

METHOD_LIST = r"'[a-z-]+'(?:(?:, | or )'[a-z-]+')*"
OPTION_LIST = r"[a-z_]+(?:(?:, | and )[a-z_]+)*"
BACKEND_LIST = r"[A-Z]+(?: or [A-Z]+)*"
USE_METHODS = re.compile(rf"(?:Leave (?P<out>{OPTION_LIST}) out, and use|Use) (?P<methods>{METHOD_LIST})\.")
USE_BACKENDS = re.compile(rf"(?:Leave (?P<out>{OPTION_LIST}) out, or use|Use) (?P<backends>{BACKEND_LIST})\.")
LEAVE_OUT = re.compile(rf"[Ll]eave (?P<out>{OPTION_LIST}) out\.")


@dataclass(frozen=True)
class Cell:
    """What is asked of a problem, apart from the values of further options."""

    method: str
    backend: str | None = None
    form: str = "primal"
    more: tuple[str, ...] = ()

    def without(self, out: tuple[str, ...]) -> Cell:
        backend, form = None if "backend" in out else self.backend, "primal" if "form" in out else self.form
        return Cell(self.method, backend, form, tuple(name for name in self.more if name not in out))

    def followed(self, text: str) -> Iterator[Cell]:
        """Yield the cells that a refusal recommends."""
        if (found := USE_METHODS.search(text)) is not None:
            for method in words(found["methods"]):
                yield replace(self.without(words(found["out"])), method=method)
        elif (found := USE_BACKENDS.search(text)) is not None:
            for backend in words(found["backends"]):
                yield replace(self, backend=backend)
            if found["out"] is not None:
                yield self.without(words(found["out"]))
        elif (found := LEAVE_OUT.search(text)) is not None:
            yield self.without(words(found["out"]))


def words(text: str | None) -> tuple[str, ...]:
    return () if text is None else tuple(re.findall(r"[\w-]+", re.sub(r" (?:or|and) ", ", ", text)))


class Grid:
    """The cells of a problem, and what is refused in them."""

    def __init__(self, problem: Any, methods: tuple[str, ...] | None = None) -> None:
        self.problem, self.methods = problem, ("auto", *names()) if methods is None else methods
        self.known: dict[Cell, str | None] = {}

    @cached_property
    def own(self) -> Any:
        return ib.solve(self.problem)

    def cells(self, subsets: list[tuple[str, ...]] = SUBSETS) -> list[Cell]:
        return [Cell(*parts) for parts in product(self.methods, (None, *BACKENDS.names()), FORMS, subsets)]

    def options(self, cell: Cell) -> dict[str, Any]:
        given = {name: self.own if name == "warm_start" else MORE[name] for name in cell.more}
        return {"backend": cell.backend, "form": cell.form, **given}

    def refused(self, cell: Cell) -> str | None:
        """Return what is said of a cell that would not start, None if it would."""
        if cell not in self.known:
            error = refusal(self.problem, cell.method, **self.options(cell))
            assert error is None or type(error) in (ib.OptionError, ib.BackendError)
            self.known[cell] = None if error is None else str(error)
        return self.known[cell]

    def accepted(self) -> list[Cell]:
        """Return the cells without further options that would start."""
        return [cell for cell in self.cells([()]) if self.refused(cell) is None]

    def faults(self, cells: list[Cell]) -> list[tuple[Cell, str, str]]:
        """Return the refusals that advise nothing, or something that is refused in turn, and those that are long."""
        found = []
        for cell in cells:
            text = self.refused(cell)
            if text is not None:
                found += [(cell, text, fault) for fault in self.faults_of(cell, text)]
        return found

    def faults_of(self, cell: Cell, text: str) -> Iterator[str]:
        if "\n" in text or len(text) > LONGEST:
            yield "is long"
        advised = [*cell.followed(text)]
        if not advised:
            yield "advises nothing"
        for other in advised:
            if (again := self.refused(other)) is not None:
                yield f"advises {other}: {again}"


@cache
def grid_of(name: str) -> Grid:
    return Grid(problem_of(name))


def check_judged(solution: Any) -> None:
    """Assert that bounds recomputed from the answer justify its status."""
    fresh = replace(solution)
    assert "bounds" not in fresh.__dict__
    assert isinstance(solution.status, ib.Status)
    assert not math.isnan(fresh.lower_bound)
    assert not math.isnan(fresh.upper_bound)
    assert (fresh.lower_bound, fresh.upper_bound) == (solution.lower_bound, solution.upper_bound)
    if solution.status in (ib.Status.INFEASIBLE, ib.Status.UNBOUNDED):
        return
    assert math.isfinite(fresh.lower_bound)
    assert fresh.lower_bound <= fresh.upper_bound * (1 + ROUNDING)
    justified = fresh.gap <= solution.tolerance and fresh.constraint_violation <= solution.tolerance * solution.problem.scale
    assert (solution.status is ib.Status.OPTIMAL) == (justified and not fresh.objections()), solution
    # without an answer there is no upper bound
    assert math.isfinite(fresh.upper_bound) or math.isnan(fresh.value) or solution.status is not ib.Status.OPTIMAL


def check_cell(grid: Grid, cell: Cell, seconds: float | None = None) -> None:
    """Assert that a cell that starts gives a judged solution, or that its one method gives up with advice that can be followed.

    ``seconds`` is a time limit for those that take one.
    """
    options = grid.options(cell)
    if seconds is None and (cell.method, cell.backend) == STALLS:
        seconds = SECONDS
    if seconds is not None and grid.refused(replace(cell, more=("time_limit",))) is None:
        options["time_limit"] = seconds
    row, _ = next(started(grid.problem, cell.method, Options(**options)))
    gave_up = None
    try:
        solution = ib.solve(grid.problem, cell.method, **options)
    except ib.OptionError as error:
        gave_up = str(error)
    if gave_up is not None:
        assert row.may_give_up(grid.problem)
        assert [*grid.faults_of(cell, gave_up)] == []
        return
    assert solution.method == row.name or (cell.method == "auto" and row.may_give_up(grid.problem))
    assert solution.backend in (cell.backend, None) or cell.backend is None
    check_judged(solution)


@cache
def drawn() -> dict[str, list[Cell]]:
    """Return a twentieth of the cells that start, by their problems."""
    cells = [(name, cell) for name in PROBLEMS for cell in grid_of(name).accepted()]
    some = random.Random(SEED).sample(cells, round(SOLVED * len(cells)))
    return {name: [cell for other, cell in some if other == name] for name in PROBLEMS}


def test_the_grid_has_every_method() -> None:
    assert set(METHOD_NAMES) == {"auto", *names()}


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_refusal_advises_what_is_not_refused(name: str) -> None:
    grid = grid_of(name)
    assert grid.faults(grid.cells()) == []
    assert len(grid.known) == len(grid.methods) * (1 + len(BACKENDS)) * len(FORMS) * len(SUBSETS)


@pytest.mark.parametrize("name", PROBLEMS)
def test_some_cells_of_every_method_start(name: str) -> None:
    assert {cell.method for cell in grid_of(name).accepted()} == {"auto", *names(problem_of(name))}


@pytest.mark.parametrize("name", PROBLEMS)
def test_no_options_are_no_option(name: str) -> None:
    problem = problem_of(name)
    for method in ("auto", *names()):
        plain, empty = refusal(problem, method), refusal(problem, method, backend_options={})
        assert str(plain) == str(empty)


@pytest.mark.parametrize("name", PROBLEMS)
def test_cells_are_judged(name: str) -> None:
    for cell in drawn()[name]:
        check_cell(grid_of(name), cell, QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("name", PROBLEMS)
def test_all_cells_are_judged(name: str) -> None:
    for cell in grid_of(name).accepted():
        check_cell(grid_of(name), cell)


class Fussy(Method[Any]):
    """A method that refuses everything, with words of one's choice."""

    name, title, suits = "fussy", "The fussy method", (ib.MeasureProblem,)
    takes = frozenset({"backend", "form"})

    def __init__(self, text: str) -> None:
        self.text = text

    def check(self, problem: Any, options: Any) -> None:
        raise ib.OptionError(self.text)

    def solve(self, problem: Any, options: Any) -> None:
        raise AssertionError


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Use 'exact'.", None),
        ("Use 'exact' or 'patterns'.", "There is no patterns method"),
        ("Use 'exact', 'sparse' or 'fussy'.", "advises"),
        ("Leave backend out, and use 'column-generation'.", "There is no column-generation method"),
        ("Use CLARABEL or SCS.", "Use CLARABEL or SCS"),
        ("Leave time_limit out, or use CLARABEL.", "Leave time_limit out"),
        ("It is not for you; leave form out.", "leave form out"),
        ("Not today.", "advises nothing"),
        ("Not today." * 40 + " Use 'exact'.", "is long"),
    ],
)
def test_a_wrong_refusal_is_found(text: str, fault: str | None) -> None:
    with METHODS.having(Fussy(text)):
        grid = Grid(problem_of("regression unit"))
        found = grid.faults([Cell("fussy")])
    assert [any(fault in what for _, _, what in found)] == [True] if fault else found == []


def test_other_cells_find_a_method_that_lies_about_starting() -> None:
    """A row that is said to take a backend, so that others recommend it, and that then refuses."""

    class Liar(Fussy):
        calls = 0

        def check(self, problem: Any, options: Any) -> None:
            self.calls += 1
            if self.calls > 1:
                super().check(problem, options)

    with METHODS.having(Liar("Use 'exact'.")):
        grid = Grid(problem_of("regression unit"))
        assert grid.refused(Cell("exact", "CLARABEL")) == "The exact method takes no backend. Use 'sparse', 'dictionary' or 'fussy'."
        [(_, _, fault)] = grid.faults([Cell("exact", "CLARABEL")])
    assert "'fussy'" in fault


class Boaster(Method[Any]):
    """A method that proposes nonsense and says that it is optimal."""

    name, title, suits = "boaster", "The boaster", (ib.MeasureProblem,)

    def __init__(self, factor: float, dual: float) -> None:
        self.factor, self.dual = factor, dual

    def solve(self, problem: Any, options: Any) -> Found:
        best = ib.solve(problem, "sparse")
        measure = replace(best.measure, weights=best.measure.weights * self.factor)
        return Found(Candidate(measure, best.dual * self.dual, word="optimal"), notes=" It is optimal, believe me.")


@pytest.mark.parametrize("name", ["regression unit", "regression unit, wider domain", "max-margin unit", "boxes"])
@pytest.mark.parametrize(("factor", "dual"), [(0.5, 1.0), (1.5, 1.0), (-1.0, 1.0), (1.0, -1.0), (1.01, 1.01)])
def test_a_wrong_answer_is_not_optimal(name: str, factor: float, dual: float) -> None:
    problem = problem_of(name)
    with METHODS.having(Boaster(factor, dual)):
        solution = ib.solve(problem, "boaster")
    check_judged(solution)
    assert solution.status is ib.Status.INACCURATE
    assert "believe me" in solution.reason
    with pytest.raises(AssertionError):
        check_judged(replace(solution, status=ib.Status.OPTIMAL))


def test_a_right_answer_that_is_called_wrong_is_found() -> None:
    solution = ib.solve(problem_of("regression unit"))
    check_judged(solution)
    with pytest.raises(AssertionError):
        check_judged(replace(solution, status=ib.Status.INACCURATE))


def test_a_time_limit_reaches_the_backend_of_column_generation() -> None:
    """HiGHS can take minutes over one of these quadratic programs."""
    solution = ib.solve(problem_of("regression sphere"), "column-generation", "HIGHS", time_limit=2)
    assert solution.timings.build + solution.timings.solve < 5
    check_judged(solution)


def test_no_backend_writes_to_stdout() -> None:
    """It is the caller's: a JSON report may go there."""
    program = "import implicit_bias as ib\nfor backend in {}: ib.solve(ib.RegressionProblem([0, 1, 2], [1, 2, 0]), backend=backend)"
    command = [sys.executable, "-c", program.format(BACKENDS.names())]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b""
