"""A small problem of every kind, to ask the table of methods what there is for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from implicit_bias.fits import Boxes
from implicit_bias.measures.features import LineFeatures
from implicit_bias.methods.base import Method
from implicit_bias.methods.programs.base import Program
from implicit_bias.methods.table import METHODS, rows_for
from implicit_bias.problems import MaxMarginProblem, MeasureProblem, Problem, RegressionProblem, RegularizedProblem
from implicit_bias.problems.splines.curvature import SplineProblem
from implicit_bias.problems.splines.homogeneous import HomogeneousSplineProblem
from implicit_bias.problems.splines.kernel import SeveralInputsProblem

_X, _Y, _PLANE = np.arange(4.0), np.array([0.0, 1.0, 0.5, 2.0]), np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
_LABELS, _SIGNS = np.array([0, 1, 2, 1]), np.array([1.0, -1.0, 1.0, 1.0])
_EVERYWHERE = (-np.inf, np.inf)
_SEE, _ROLE = re.compile(r"[;,]? see :\w+:`[^`]*`"), re.compile(r":\w+:(?=`)")


@dataclass(frozen=True)
class Sample:
    """A kind of problem.

    Attributes
    ----------
    name : str
        What users call it.
    state : callable
        () -> a small problem of this kind.
    command : str, optional
        The command of ``implicit-bias solve`` that states it; None for those of the Python interface only.
    """

    name: str
    state: Callable[[], Problem[Any]]
    command: str | None = None


SAMPLES = (
    Sample("regression, unit weight", lambda: RegressionProblem(_X, _Y), "regression"),
    Sample("regression, unit weight, free affine part", lambda: RegressionProblem(_X, _Y, "unit", "free"), "regression"),
    Sample("regression, unit weight, over the whole line", lambda: RegressionProblem(_X, _Y, domain=_EVERYWHERE)),
    Sample("regression, sphere", lambda: RegressionProblem(_X, _Y, "sphere"), "regression"),
    Sample("regression, sphere, free affine part", lambda: RegressionProblem(_X, _Y, "sphere", "free"), "regression"),
    Sample("regression, several inputs", lambda: RegressionProblem(_PLANE, _Y), "regression"),
    Sample("regression, several outputs", lambda: RegressionProblem(_X, _PLANE)),
    Sample("classification, unit weight", lambda: MaxMarginProblem(_X, _LABELS), "classification"),
    Sample("classification, sphere or several inputs", lambda: MaxMarginProblem(_X, _LABELS, weight="sphere"), "classification"),
    Sample("values in boxes, unit weight", lambda: MeasureProblem(_X, Boxes(_PLANE, _PLANE), LineFeatures(0.0, 3.0))),
    Sample("squared loss and variation", lambda: RegularizedProblem(_X, _Y, 1.0), "regularized"),
    Sample("hinge loss and variation", lambda: RegularizedProblem(_X, _SIGNS, 1.0, "hinge"), "regularized"),
    Sample("cross-entropy and variation", lambda: RegularizedProblem(_X, _LABELS, 1.0, "cross-entropy"), "regularized"),
    Sample("denoising: squared loss, unit weight", lambda: RegularizedProblem(_X, _Y, 1.0, "squared", "unit", "free"), "regularized"),
    Sample("spline", lambda: SplineProblem(_X, _Y), "spline"),
    Sample("spline of other degrees", lambda: HomogeneousSplineProblem(_X, _Y, degree=2)),
    Sample("spline of several inputs", lambda: SeveralInputsProblem(_PLANE, _Y, smoothing=1.0)),
)


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of problem and the methods that the table has for it, in the order in which "auto" prefers them.

    Attributes
    ----------
    name, command
        As of :class:`Sample`.
    problem : Problem, optional
        One of this kind; None if there is no sample.
    rows : sequence of Method
    """

    name: str
    command: str | None
    problem: Problem[Any] | None
    rows: Sequence[Method[Any]]

    def cone(self, row: Method[Any]) -> str | None:
        """Return what a backend must accept for a method that is a program; None for others, and where there is no sample."""
        return row.cone(self.problem) if isinstance(row, Program) and self.problem is not None else None


def kinds() -> list[Kind]:
    """Return every kind of problem, as the table is now.

    Methods that are for no sample come last, under what refusals call the problems that they are written for.
    """
    stated = [(sample, sample.state()) for sample in SAMPLES]
    found = [Kind(sample.name, sample.command, problem, rows_for(problem)) for sample, problem in stated]
    left = [row for row in METHODS if not any(row in kind.rows for kind in found)]
    suited = dict.fromkeys(suit for row in left for suit in row.suits)
    return found + [Kind(_noun(suit), None, None, [row for row in left if suit in row.suits]) for suit in suited]


def _noun(suit: type[Problem[Any]]) -> str:
    return suit.noun if suit.noun != Problem.noun else suit.__name__


def summary(row: Method[Any]) -> str:
    """Return a line on a method: the first one of its class's docstring, without the roles that only Sphinx reads."""
    first, *_ = (type(row).__doc__ or "").strip().splitlines() or [""]  # there are none under python -OO
    return _ROLE.sub("", _SEE.sub("", first)) or f"{row.title}."
