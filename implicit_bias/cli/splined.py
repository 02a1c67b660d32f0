"""Spline problems from tables: what --zeta and --smoothing mean, and what is said of the answer."""

from __future__ import annotations

import math
from contextlib import suppress

from implicit_bias.cli import output
from implicit_bias.data import Table
from implicit_bias.errors import DataError, OptionError
from implicit_bias.problems.splines.curvature import GCV, EarlyStopping, Smoothing, SplineProblem
from implicit_bias.problems.splines.solution import SplineSolution
from implicit_bias.zetas.zeta import BinaryUniformZeta, ConstantZeta, GaussianZeta, UniformZeta, Zeta

ZETAS = "constant, gaussian:SW,SB, binary-uniform:AB or uniform:AW,AB"

_ZETAS: dict[str, tuple[type[Zeta], int]] = {
    "constant": (ConstantZeta, 0),
    "gaussian": (GaussianZeta, 2),
    "binary-uniform": (BinaryUniformZeta, 1),
    "uniform": (UniformZeta, 2),
}


def read_zeta(given: str) -> Zeta:
    """Return the ζ that ``--zeta`` names; raises :class:`OptionError` otherwise."""
    name, colon, rest = given.partition(":")
    words = rest.split(",") if colon else []
    kind, count = _ZETAS.get(name, (None, 0))
    numbers = [_number(word) for word in words]
    if kind is None or len(words) != count or any(number is None for number in numbers):
        raise OptionError(f"--zeta must be {ZETAS}, with numbers, not {given!r}.")
    try:
        return kind(*numbers)
    except OptionError as error:
        raise OptionError(f"--zeta {given}: {error}") from error


def read_smoothing(given: str | None) -> Smoothing:
    """Return what ``--smoothing`` asks for; raises :class:`OptionError` otherwise."""
    if given is None or given == GCV:
        return given
    name, colon, rest = given.partition(":")
    number = _number(rest if colon else name)
    if number is None or (colon and name != "time"):
        raise OptionError(f"--smoothing must be a number of at least 0, gcv or time:T, not {given!r}.")
    if colon:
        try:
            return EarlyStopping(number)
        except OptionError as error:
            raise OptionError(f"--smoothing {given}: {error}") from error
    if not 0 <= number < math.inf:
        raise OptionError(f"--smoothing must be a finite number of at least 0, not {given!r}.")
    return number


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def spline_problem(table: Table, x: str | None, y: str | None, zeta: Zeta, smoothing: Smoothing) -> SplineProblem:
    """State problem (4) or (7) for two columns; only smoothing takes repeated x with different y."""
    points, targets = table.points(x, y)
    try:
        return SplineProblem(points, targets, zeta, smoothing)
    except DataError as error:
        if smoothing is None:
            table.dataset(x, y)  # where this objects as well, it names the lines
        raise DataError(f"{table.source}: {error}") from error


def text(zeta: str, solution: SplineSolution, source: str) -> str:
    """Return the answer in words and numbers, for a person."""
    problem, seconds = solution.problem, solution.timings
    merged = f"; {problem.merged} row{'s' if problem.merged > 1 else ''} of repeated x merged" if problem.merged else ""
    values = f"y from {problem.y.min():g} to {problem.y.max():g}"
    lines = [
        ("data", f"{len(problem)} points{merged}; x from {problem.x[0]:g} to {problem.x[-1]:g}, {values}"),
        ("problem", f"{_kind(solution)}; zeta {zeta}, affine part free"),
        ("status", f"{solution.status}. {solution.status.advice}"),
        ("value", output.digits(solution.value)),
        ("lower bound", output.digits(solution.lower_bound)),
        ("upper bound", output.digits(solution.upper_bound)),
        ("gap", f"{solution.gap:.3g}, relative; tolerance {solution.tolerance:g}"),
        *_about_fit(solution),
        ("method", solution.method + (f" on {solution.backend}" if solution.backend else "")),
        ("reason", solution.reason),
        ("seconds", f"{seconds.build:.3g} to build, {seconds.solve:.3g} to solve, {seconds.check:.3g} to check"),
    ]
    return f"Spline on {output.plain(source)}\n{output.fields(lines)}"


def _kind(solution: SplineSolution) -> str:
    """Say whether it interpolates or smooths, and how much and why."""
    smoothing, amount = solution.problem.smoothing, solution.regularization
    if amount is None:
        return "interpolation" if smoothing is None else "interpolation of the mean y of each x, the limit of little smoothing"
    if isinstance(smoothing, EarlyStopping):
        return f"smoothing by {amount:.6g}, one over the time {smoothing.time:g}"
    return f"smoothing by {amount:.6g}, " + ("chosen by cross-validation" if smoothing == GCV else "as given")


def _about_fit(solution: SplineSolution) -> list[tuple[str, str]]:
    """Say how far the spline is from the data, how curved it is, and how many numbers it takes from the data."""
    problem, spline, miss = solution.problem, solution.spline, solution.constraint_violation
    if spline is None:
        return [("violation", "none: there is no spline")]
    what = "the largest |g(x) - y|, kinks included" if problem.interpolates else "of kinks, as a share of max|y|"
    lines = [("violation", f"{miss:.3g}, {what}"), ("energy", f"{spline.energy:.12g}, the integral of g''^2/zeta")]
    if not problem.interpolates:
        rows = float(problem.counts.sum())
        squares = problem.constant + float(problem.counts @ (spline.values - problem.y) ** 2)
        lines.append(("misfit", f"{math.sqrt(squares / rows):.6g}, root mean square of g(x) - y over {rows:.0f} rows"))
        with suppress(DataError):  # an extreme amount of smoothing can be too much for it
            freedom = solution.degrees_of_freedom
            lines.append(("freedom", f"{freedom:.6g} degrees; 2 is a straight line, {len(problem)} is interpolation"))
    return lines
