"""A CVXPY problem with the way to read its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from implicit_bias.candidate import Candidate

if TYPE_CHECKING:
    import cvxpy

FORMS = ("primal", "dual")


@dataclass(frozen=True, eq=False)
class Program:
    """A CVXPY problem and how to read its answer once it is solved."""

    cvxpy: cvxpy.Problem
    read: Callable[[], Candidate]
