"""Column generation as a method: for problems on the sphere, and for problems on the line that can be stated there."""

from __future__ import annotations

import numpy as np

from implicit_bias.errors import OptionError
from implicit_bias.methods.base import Found, Method, Options
from implicit_bias.methods.column_generation.loop import generate
from implicit_bias.methods.column_generation.master import Runner, backend_runner, own_objection, own_run
from implicit_bias.methods.lifting import AT_DATA, on_sphere
from implicit_bias.methods.programs import backends
from implicit_bias.problems import SphereProblem, WholeLineProblem
from implicit_bias.problems.whole_line import SPHERE
from implicit_bias.solution import Timings


class ColumnGeneration(Method[SphereProblem | WholeLineProblem]):
    """Off the grid, by the toolkit's own restricted programs or a backend's."""

    name, title, suits = "column-generation", "Column generation", (SphereProblem, WholeLineProblem)
    takes = frozenset({"backend", "time_limit", "warm_start", "backend_options"})
    cost = "a program over few features a round, some ten to eighty rounds"
    proved = "the gap, by the exact supremum of the certificate, for one and two inputs; for more it is searched for"

    def objection(self, problem: SphereProblem | WholeLineProblem) -> str | None:
        """Return that with unit weight kinks are at the data."""
        return None if problem.weight == SPHERE else AT_DATA

    def check(self, problem: SphereProblem | WholeLineProblem, options: Options) -> None:
        """Find the backend, if one is needed, and refuse warm starts of other problems."""
        self._programs(on_sphere(problem), options)
        start = options.warm_start
        if start is None:
            return
        if start.measure is None:
            raise OptionError("warm_start must be a solution with a measure.")
        if start.problem.weight != SPHERE or start.problem.inputs != problem.inputs:
            raise OptionError("warm_start must be a solution of another problem on the sphere with as many inputs.")

    def _programs(self, problem: SphereProblem, options: Options) -> tuple[Runner, str | None]:
        """Return what solves restricted programs, and the name of the backend if it is one."""
        if options.backend is None and not options.backend_options and own_objection(problem) is None:
            return own_run, None
        row, settings = backends.ready(options.backend, problem.cone, options.tolerance, None, options.backend_options)
        return backend_runner(row, settings, options.backend_options), row.name

    def solve(self, problem: SphereProblem | WholeLineProblem, options: Options) -> Found:
        """Add features until the certificate's supremum says that none is missing."""
        stated = on_sphere(problem)
        run, name = self._programs(stated, options)
        start = options.warm_start
        features = None if start is None or start.measure is None else stated.features_of(start.measure)[0]
        found = generate(stated, options.tolerance, run, options.time_limit, features)
        work, notes = found.work, ""
        if work.rounds:
            notes += "" if options.backend is not None or name is None else f" Its programs are solved by {name}."
            notes += f" It took {work.rounds} rounds, the last with {work.columns} features."
        else:
            notes, name = " Nothing had to be solved: an answer without atoms is optimal.", None
        if stated.inputs > 2:
            notes += " Not certified: for more than two inputs the certificate's supremum is searched for, not proved."
        return Found(found.candidate, Timings(work.build, work.solve), name, notes)

    def largest_regularization(self, problem: SphereProblem | WholeLineProblem) -> float | None:
        """Return sup ‖η‖ for α = -∇L(0)."""
        if problem.loss is None:
            return None
        slope = problem.loss.negative_gradient(np.zeros(problem.fit.shape))
        return float(problem.certificate(slope).peak) * on_sphere(problem).level
