"""The exact method of problem (13), with atoms and dual variables rounded with care."""

from __future__ import annotations

import time

import numpy as np

from implicit_bias.certificates.certificate import LineCertificate
from implicit_bias.errors import DataError
from implicit_bias.measures import Measure
from implicit_bias.measures.node_values import NodeWeights, SplitInterpolant, slope_changes, true_kinks
from implicit_bias.methods.base import Found, Method, Options
from implicit_bias.methods.exact.splitting import solve_line
from implicit_bias.numerics import tolerances
from implicit_bias.numerics.arrays import FloatArray, freeze, in_units
from implicit_bias.problems import MeasureProblem, Nodes
from implicit_bias.problems.candidate import Candidate
from implicit_bias.solution import Timings

OFF_RANGE = "The exact method needs the kinks' domain to be the data's range."


class ExactRegression(Method[MeasureProblem]):
    """Problem (13) by its closed form in node values."""

    name, title, suits = "exact", "The exact method", (MeasureProblem,)
    cost = "O(n)"
    proved = "the gap, from node values, to a few roundings; over the rationals by ib.prove"

    def objection(self, problem: MeasureProblem) -> str | None:
        """Return why it is not for a problem of other kinks, sets or outputs."""
        if not problem.on_data_range:
            return OFF_RANGE
        return None if problem.interpolates else "The exact method is for regression with one output, and for classification."

    def solve(self, problem: MeasureProblem, options: Options) -> Found:
        """Solve in O(n)."""
        began = time.perf_counter()
        candidate = solve_regression(problem)
        return Found(candidate, Timings(solve=time.perf_counter() - began))


def solve_regression(problem: MeasureProblem) -> Candidate:
    """Solve problem (13) in O(n). Bounds in node values agree to a few roundings; see :mod:`implicit_bias.measures.node_values`.

    Slope changes that are nothing but rounding of y count in the bounds, but are no atoms of the measure: the measure
    interpolates the points that remain, and the others to rounding.
    """
    nodes = problem.nodes
    pair = solve_line(nodes.x, nodes.y, nodes.changes)
    shown = _without_rounding(nodes, pair.primal.rising)
    if shown is None or abs(shown.cost() - pair.primal.cost()) > tolerances.PRUNING * pair.primal.cost():
        shown = pair.primal
    certificate = LineCertificate(problem.x, freeze(pair.dual.rising), pair.dual.p, pair.dual.q, (problem.features.lo, problem.features.hi))
    dual = freeze(in_units(pair.dual.dual(), nodes.x_unit))
    return Candidate(_measure(nodes, shown), dual, interpolant=pair.primal, certificate=certificate)


def _measure(nodes: Nodes, optimum: SplitInterpolant) -> Measure:
    """Return the atoms of an optimum in the user's units."""
    kinks, directions, weights = NodeWeights.of_optimum(optimum).atoms()
    with np.errstate(over="ignore"):
        weights = in_units(weights, nodes.x_unit / nodes.y_unit)
    if not np.isfinite(weights).all():
        raise DataError("The weights overflow float64: rescale x or y.")
    return Measure(in_units(kinks, 1 / nodes.x_unit), freeze(directions), weights)


def _without_rounding(nodes: Nodes, rising: FloatArray) -> SplitInterpolant | None:
    """Interpolate only the nodes that carry a kink, split alike; None if all do, or if leaving some out would move f."""
    real = true_kinks(nodes.x, nodes.y, nodes.changes)
    if real.all() or not (nodes.changes[~real] != 0).any():
        return None
    marked = np.concatenate(([True], real, [True]))
    x, y = nodes.x[marked], nodes.y[marked]
    drift: FloatArray = np.interp(nodes.x[~marked], x, y) - nodes.y[~marked]
    if max(drift.max(), -drift.min()) > tolerances.DRIFT * max(nodes.y.max(), -nodes.y.min()):
        return None
    changes = slope_changes(x, y)
    return SplitInterpolant(x, y, changes, changes * (rising[real] / nodes.changes[real]))
