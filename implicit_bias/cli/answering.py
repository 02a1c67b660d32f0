"""From a judged solution to what is printed, written and returned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from implicit_bias.cli import output
from implicit_bias.errors import OptionError
from implicit_bias.problems import OverMeasures, Problem
from implicit_bias.report import support as kinks_of
from implicit_bias.solution import Judged, Solution, Status

MOST_NAMED = 4
"""Inputs whose ranges are told one by one."""


@dataclass(frozen=True)
class Files:
    """The file that is read, and those that are written: tried before the work starts."""

    source: str
    json: output.JsonOption
    picture: output.Destination | None

    @classmethod
    def of(cls, data: str, json: str | None, plot: str | None) -> Files:
        """Read the options ``--json`` and ``--plot``, and try their files."""
        to, picture = output.JsonOption.of(json), _picture(plot)
        source = None if data == output.STANDARD else output.Destination.at(data)
        output.refuse_same(**{"DATA": source, "--json": to.file, "--plot": picture})
        return cls("standard input" if data == output.STANDARD else data, to, picture)

    def check_drawable(self, problem: Problem[Any]) -> None:
        """Raise :class:`OptionError` if a picture is asked for that there is none of."""
        if self.picture is not None:
            from implicit_bias.plots import check_drawable

            check_drawable(problem)


@dataclass(frozen=True)
class About:
    """What the text says of one kind of problem: its name, its values, its details, what a violation is, the names of its inputs."""

    title: str
    values: str
    details: str
    violation: tuple[str, str]
    inputs: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class Asked:
    """What a reader makes of a file and its options.

    Attributes
    ----------
    problem : Problem
    text : callable
        (solution, source) -> the answer in words and numbers, for a person.
    noun : str
        What a picture needs.
    weight : str, optional
        The word for what weighs the cost, where JSON is not to have the problem's own.
    """

    problem: Problem[Any]
    text: Callable[[Any, str], str]
    noun: str = "measure"
    weight: str | None = None


def finish(solution: Judged[Any, Any, Any], report: dict[str, Any], text: Callable[[], str], files: Files, noun: str) -> int:
    """Report and draw, and return the exit code; ``noun`` is what a picture needs."""
    picture, to = files.picture, files.json
    drawable = solution.measure is not None or solution.spline is not None
    drawings = {picture: _drawing(solution)} if picture is not None and drawable else {}
    to.report(text, report, drawings)
    if picture is not None and not drawings:
        output.complain(f"{picture.shown} was not written: there is no {noun} to draw.")
    if solution.status is Status.OPTIMAL:
        return 0
    if to.to_stdout:
        output.complain(f"{solution.status}: {solution.reason}")
    return 1


def _picture(given: str | None) -> output.Destination | None:
    """Try the place and the format of a picture before there is one."""
    picture = output.Destination.of("--plot", given)
    if picture is not None:
        from implicit_bias.plots import SUFFIXES

        if Path(picture.shown).suffix.lower() not in SUFFIXES:
            raise OptionError(f"--plot {picture.shown} has no format that can be drawn; end it in {' or '.join(SUFFIXES)}.")
    return picture


def _drawing(solution: Judged[Any, Any, Any]) -> Callable[[Path], None]:
    from implicit_bias.plots import plot

    return lambda path: plot(solution, path)


def text_of(about: About, solution: Solution, source: str) -> str:
    """Return the answer in words and numbers, for a person."""
    problem, seconds, certificate = solution.problem, solution.timings, solution.certificate
    lines = [
        ("data", f"{_points(problem, about.inputs)}, {about.values}"),
        ("problem", f"weight {problem.weight}, affine part {problem.affine}{about.details}"),
        ("status", f"{solution.status}. {solution.status.advice}"),
        ("value", output.digits(solution.value)),
        ("lower bound", output.digits(solution.lower_bound)),
        ("upper bound", output.digits(solution.upper_bound)),
        ("gap", f"{solution.gap:.3g}, relative; tolerance {solution.tolerance:g}"),
        _fit(solution, about),
        ("method", solution.method + (f" on {solution.backend}" if solution.backend else "")),
        ("reason", solution.reason),
        ("support", _support(solution)),
    ]
    if certificate is not None:
        kind = "a true supremum" if certificate.exact else "the largest found, not proved"
        lines.append(("certificate", f"peak {certificate.peak:.12g} ({kind}; at most 1 for a feasible dual)"))
    lines.append(("seconds", f"{seconds.build:.3g} to build, {seconds.solve:.3g} to solve, {seconds.check:.3g} to check"))
    return f"{about.title} on {output.plain(source)}\n{output.fields(lines)}"


def _points(problem: OverMeasures, names: Sequence[str]) -> str:
    """Say how many points there are, and where."""
    count = len(problem)
    merged = f"; {problem.merged} repeated row{'s' if problem.merged > 1 else ''} merged" if problem.merged else ""
    points = f"{count} point{'' if count == 1 else 's'}"
    if problem.x.ndim == 1:
        return f"{points}{merged}; x from {problem.x[0]:g} to {problem.x[-1]:g}"
    told = list(zip(names, problem.x.T, strict=True))
    spans = ", ".join(f"{name} from {values.min():g} to {values.max():g}" for name, values in told[:MOST_NAMED])
    more = f" and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
    return f"{points} of {len(told)} inputs{merged}; {spans}{more}"


_THEOREMS = {"penalized": "Theorem 6.1", "free": "the interpolant"}


def _fit(solution: Solution, about: About) -> tuple[str, str]:
    """Say how far the function is from the data."""
    problem, miss = solution.problem, solution.constraint_violation
    label, meaning = about.violation
    if solution.measure is None:
        return label, "none: there is no measure"
    if problem.loss is None:
        return label, f"{miss:.3g}, {meaning}"
    cost = problem.cost(solution.measure)
    return label, f"{solution.value - (problem.regularization or 0.0) * cost:.6g}, {meaning}; the measure costs {cost:.6g} times lambda"


def _support(solution: Solution) -> str:
    support = kinks_of(solution)
    assert support is not None  # what is found over measures has atoms
    problem, found = solution.problem, len(support["found"])
    noun = "atom" if problem.inputs > 1 else "kink"
    atoms = f"{found or 'no'} {noun}{'' if found == 1 else 's'} found"
    if support["predicted"] is None:
        return f"{atoms}; on the sphere they may lie anywhere"
    if problem.loss is not None:
        return f"{atoms}; " + ("all are at data points" if support["contained"] else "some are not at data points")
    predicted = f"{len(support['predicted'])} predicted by {_THEOREMS[problem.affine]}"
    if not found:
        return f"{atoms}, {predicted}"
    verdict = "all found are among the predicted" if support["contained"] else "some found are not among the predicted"
    return f"{atoms}, {predicted}; {verdict}"
