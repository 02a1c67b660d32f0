"""The exact methods: which problem has one; and that of problem (13), with atoms and dual variables rounded with care."""

from __future__ import annotations

import numpy as np

from implicit_bias import tolerances
from implicit_bias.arrays import FloatArray, freeze, in_units
from implicit_bias.candidate import Candidate
from implicit_bias.certificate import LineCertificate
from implicit_bias.errors import DataError
from implicit_bias.fits import Margins
from implicit_bias.line import NodeWeights, SplitInterpolant, slope_changes, true_kinks
from implicit_bias.measures import Measure
from implicit_bias.methods.regression import solve_line
from implicit_bias.methods.whole_line import solve_whole_line
from implicit_bias.problems import DenoisingProblem, LimitLineProblem, MeasureProblem, Nodes, SphereProblem, StatedProblem, WholeLineProblem


def exact_objection(problem: StatedProblem) -> str | None:
    """Return why there is no exact method for a problem, as a sentence, or None if there is one."""
    if isinstance(problem, DenoisingProblem):
        return None
    if isinstance(problem, SphereProblem):
        return "There is no exact method for this problem on the sphere."
    if isinstance(problem, (WholeLineProblem, LimitLineProblem)):
        return None
    if not problem.on_data_range:
        return "The exact method needs the kinks' domain to be the data's range."
    if problem.interpolates:
        return None
    if not isinstance(problem.fit, Margins):
        return "The exact method is for regression with one output, and for classification."
    return None if problem.norm == 2 else "The exact method of classification is for the 2-norm."


def solve_exact(problem: StatedProblem, tolerance: float, warm: tuple[Measure, int] | None = None) -> Candidate | None:
    """Solve a problem without an :func:`exact_objection`; classification on the points of S_C, lifted to all data.

    ``tolerance`` is the relative gap to reach and ``warm`` another classification's measure and classes; regression needs neither.
    None for a problem (4) that the method turns out not to apply to: only the work itself can tell.
    """
    if isinstance(problem, DenoisingProblem):
        from implicit_bias.methods.denoising import solve_denoising  # imports SciPy

        return solve_denoising(problem, tolerance)
    if isinstance(problem, WholeLineProblem):
        return solve_whole_line(problem)
    assert isinstance(problem, MeasureProblem)
    if problem.interpolates:
        return solve_regression(problem)
    from implicit_bias.methods.maxmargin import solve_max_margin  # imports SciPy

    reduced, lift = problem.reduced()
    return lift(solve_max_margin(reduced, tolerance, warm))


def solve_regression(problem: MeasureProblem) -> Candidate:
    """Solve problem (13) in O(n). Bounds in node values agree to a few roundings; see :mod:`implicit_bias.line`.

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
