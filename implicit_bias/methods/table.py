"""The table of methods, and how one is chosen from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, Literal

from implicit_bias.errors import ImplicitBiasError, OptionError
from implicit_bias.methods.base import Method, Options, listed
from implicit_bias.methods.column_generation.method import ColumnGeneration
from implicit_bias.methods.exact.denoising import ExactDenoising
from implicit_bias.methods.exact.max_margin.method import ExactMaxMargin
from implicit_bias.methods.exact.quadratic import ExactQuadratic
from implicit_bias.methods.exact.regression import ExactRegression
from implicit_bias.methods.exact.spline import ExactSpline
from implicit_bias.methods.exact.unbounded import ExactUnbounded
from implicit_bias.methods.exact.whole_line import ExactWholeLine
from implicit_bias.methods.programs.activation_patterns import ActivationPatterns
from implicit_bias.methods.programs.base import Program
from implicit_bias.methods.programs.denoising import SparseDenoising
from implicit_bias.methods.programs.interval import DictionaryInterval, SparseInterval
from implicit_bias.methods.programs.sphere import DictionarySphere
from implicit_bias.methods.programs.spline import DictionarySpline, FiniteDifference
from implicit_bias.methods.programs.whole_line import DictionaryWholeLine, SparseWholeLine
from implicit_bias.problems.base import Problem
from implicit_bias.registry import Registry, missing

MethodName = Literal["auto", "exact", "sparse", "finite-difference", "column-generation", "dictionary", "patterns"]
Row = Method[Any]


def refusal(row: object) -> str | None:
    """Return why something is no method, as a sentence; None if it is one."""
    if isinstance(row, type) and issubclass(row, Method):
        return f"{row.__name__} is a class; a method is made from it, {row.__name__}()."
    if not isinstance(row, Method):
        return f"A method is an instance of a subclass of implicit_bias.methods.Method, not {type(row).__name__}."
    kind = type(row)
    if lacks := missing(kind, ("name", "title", "suits")):
        return f"The method {kind.__name__} lacks {listed(lacks, 'and')}."
    if not (isinstance(row.suits, tuple) and all(isinstance(one, type) for one in row.suits)):
        return f"The method {kind.__name__} must have a tuple of types of problems as suits, not {row.suits!r}."
    takes: object = row.takes
    if isinstance(takes, str):  # a word would be searched for its letters
        return f"The method {kind.__name__} must have a set of names of options as takes, not {takes!r}."
    return None


METHODS: Registry[Row] = Registry(
    "method",
    lambda row: type(row).__name__,
    (
        ExactRegression(),
        ExactMaxMargin(),
        ExactWholeLine(),
        ExactUnbounded(),
        ExactDenoising(),
        ExactSpline(),
        ExactQuadratic(),
        SparseInterval(),
        SparseWholeLine(),
        SparseDenoising(),
        FiniteDifference(),
        ColumnGeneration(),
        DictionaryInterval(),
        DictionaryWholeLine(),
        DictionarySphere(),
        DictionarySpline(),
        ActivationPatterns(),
    ),
    refusal=refusal,
)
"""Every method, in the order in which "auto" prefers them. ``METHODS.register(MyMethod())`` adds one, after all others or first."""


def names(problem: Problem[Any] | None = None) -> tuple[str, ...]:
    """Return what users call the methods, of all problems or of those that are for one; each once, in the table's order."""
    rows = METHODS if problem is None else rows_for(problem)
    return tuple(dict.fromkeys(row.name for row in rows))


def rows_for(problem: Problem[Any]) -> list[Row]:
    """Return the rows that are for a problem, in the table's order."""
    return [row for row in written_for(problem) if row.objection(problem) is None]


def written_for(problem: Problem[Any]) -> list[Row]:
    """Return the rows that are written for problems of this kind."""
    return [row for row in METHODS if isinstance(problem, row.suits)]


def choose(problem: Problem[Any], method: str | Row, options: Options) -> Iterator[tuple[Row, str]]:
    """Yield the methods to try, each with the reason as a sentence.

    Raises
    ------
    OptionError
        If none is for the problem and the options; with methods that are, if there are any.
    """
    if isinstance(method, Method | type):
        if (why := refusal(method)) is not None:
            raise OptionError(why)
        yield _suited(problem, method, options), method.asked(options)
        return
    if method != "auto":
        row = _named(problem, method, options)
        refuse_untaken(problem, row, options)
        yield row, row.asked(options)
        return
    rows = rows_for(problem)
    if options.backend is not None:
        programs = [row for row in rows if isinstance(row, Program)]
        if not programs:
            out = ["backend"] if _usable(problem, without(options, ["backend"]), None) else options.given()
            raise OptionError(f"There is no program for {problem.noun}; leave {listed(out, 'and')} out.")
        row = programs[0]
        refuse_untaken(problem, row, options)
        yield row, f"{row.title}, because backend {str(options.backend).upper()} was named{row.instead}."
        return
    if not rows:
        raise OptionError(f"There is no method for {problem.noun}.")
    best = rows[0]
    why = f"{best.title}, {best.because}." if best.name == names()[0] else f"{best.chosen(options)} {_refusal(problem, names()[0])}"
    for row in rows:
        refuse_untaken(problem, row, options)
        yield row, why if row is best else f"{row.chosen(options)} {best.gives_up}"


def started(problem: Problem[Any], method: str | Row, options: Options) -> Iterator[tuple[Row, str]]:
    """Yield the methods to try, as :func:`choose` does, each with its options checked: what is yielded would start.

    Raises
    ------
    OptionError, BackendError
        With methods, backends or options to leave out, that are not refused in turn.
    """
    for row, reason in choose(problem, method, options):
        row.check(problem, options)
        yield row, reason


def _suited(problem: Problem[Any], row: Row, options: Options) -> Row:
    if not isinstance(problem, row.suits):
        raise OptionError(_sentences(f"{row.title} is not for {problem.noun}.", advice(problem, options)))
    if (objection := row.objection(problem)) is not None:
        raise OptionError(_sentences(objection, advice(problem, options)))
    refuse_untaken(problem, row, options)
    return row


def _named(problem: Problem[Any], name: str, options: Options) -> Row:
    """Return the method of a name for a problem, or raise with what there is instead."""
    if name not in names():
        raise OptionError(f"There is no method {name!r}; for {problem.noun} there are {listed(['auto', *names(problem)])}.")
    for row in written_for(problem):
        if row.name == name and row.objection(problem) is None:
            return row
    raise OptionError(_sentences(_refusal(problem, name), advice(problem, options)))


def _refusal(problem: Problem[Any], name: str) -> str:
    """Return why there is no method of a name for a problem; where several rows share the name, the last is the most particular."""
    objections = [row.objection(problem) for row in written_for(problem) if row.name == name]
    return next((text for text in reversed(objections) if text is not None), f"There is no {name} method for {problem.noun}.")


def refuse_untaken(problem: Problem[Any], row: Row, options: Options) -> None:
    """Raise :class:`OptionError` if something is asked of a method that it does not use."""
    if (untaken := row.untaken(options)) is not None:
        raise OptionError(_sentences(untaken, advice(problem, options)))


def advice(problem: Problem[Any], options: Options, but: str | None = None) -> str:
    """Return what to do instead, as a sentence: methods that take all options, else the fewest to leave out; "" if there is neither.

    ``but`` is the name of a method that gave up.
    """
    if usable := _usable(problem, options, but):
        return f"Use {listed(usable)}."
    given = options.given()
    for some in (some for count in range(1, len(given) + 1) for some in combinations(given, count)):
        if usable := _usable(problem, without(options, some), but):
            return f"Leave {listed(some, 'and')} out, and use {listed(usable)}."
    return ""


def _usable(problem: Problem[Any], options: Options, but: str | None) -> list[str]:
    """Return the methods, in quotes, that are sure to end on a problem with these options."""
    sure = (row for row in rows_for(problem) if row.name != but and not row.may_give_up(problem))
    rows = (row for row in sure if _takes(row, problem, options))
    return [repr(name) for name in dict.fromkeys(row.name for row in rows)]


def without(options: Options, some: Sequence[str]) -> Options:
    """Return the options with some as they are by default."""
    kept = {name: getattr(options, name) for name in options.given() if name not in some}
    return Options(options.tolerance, **kept)


def _takes(row: Row, problem: Problem[Any], options: Options) -> bool:
    """Whether a method would start on a problem with these options."""
    if row.untaken(options) is not None:
        return False
    try:
        row.check(problem, options)
    except ImplicitBiasError:  # also the DataError of a grid that is no numbers: whoever takes none is to refuse it
        return False
    return True


def _sentences(*parts: str) -> str:
    return " ".join(part for part in parts if part)
