"""Three supports side by side: what theory predicts, what is optimal, and what gradient descent finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from implicit_bias.compare.clustering import clusters
from implicit_bias.compare.functions import FunctionDistance, function_distance
from implicit_bias.compare.matching import Match, match_supports
from implicit_bias.compare.transport import transport_distance
from implicit_bias.errors import DataError, OptionError
from implicit_bias.measures import RISING, Measure, Network, on_line
from implicit_bias.networks import TrainedNetwork, train
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems import OverMeasures
from implicit_bias.solution import Solution
from implicit_bias.solve import judge, solve

TOLERANCE = 0.02
"""How far from a kink another one may be and still be held for the same, as a fraction of the data's range."""

SHARE = 0.01
"""A cluster of kinks counts as part of a network's support if it has this share of all ‖a‖ |W| within the data."""


@dataclass(frozen=True, eq=False)
class Held:
    """A trained network held against an optimum.

    Attributes
    ----------
    trained : in the scaled units in which it was trained, with its history
    network : the same in the data's units
    judged : what the toolkit says of it as an answer to the problem: its bounds and its gap
    support : its kinks within the data, in clusters
    to_optimum, to_theory : matches of the support with the kinks that are optimal, and predicted (None where nothing is)
    transport : the distance of its kinks from the optimal ones, weighted, in units of x
    function : its distance from the optimum as a function, on the data's range
    """

    trained: TrainedNetwork
    network: Network
    judged: Solution
    support: Measure
    to_optimum: Match
    to_theory: Match | None
    transport: float
    function: FunctionDistance


@dataclass(frozen=True, eq=False)
class Comparison:
    """Theory, optimum and networks for one problem.

    Attributes
    ----------
    solution : the optimum with its certificate
    theory : kinks that theory predicts, or None
    optimum : the optimal atoms within the data
    networks : one for each seed
    tolerance : how far matched kinks may be apart, in units of x
    """

    solution: Solution
    theory: FloatArray | None
    optimum: Measure
    networks: tuple[Held, ...]
    tolerance: float


def side_by_side(
    problem: OverMeasures,
    *,
    hidden: int = 1000,
    step: float = 0.05,
    epochs: int = 100_000,
    seeds: int = 3,
    tolerance: float = TOLERANCE,
    progress: Callable[[int, int, int], None] | None = None,
    jobs: int = 1,
) -> Comparison:
    """Solve a problem, train networks on its data, and hold their supports against each other.

    Networks are trained from Glorot's start on the squared loss or the cross-entropy, on x scaled to [-1, 1] and targets to [0, 1],
    and scaled back.

    Parameters
    ----------
    problem : :func:`implicit_bias.RegressionProblem` or :func:`implicit_bias.MaxMarginProblem` with one input
    hidden, step, epochs, seeds, jobs : of :func:`implicit_bias.networks.train`
    tolerance : as a fraction of the data's range
    progress : called with (seed, epochs done, epochs at most)

    Raises
    ------
    DataError, OptionError
    """
    if problem.x.ndim > 1:
        raise OptionError("Supports are compared on a line; give one input.")
    if problem.x.size < 2:
        raise DataError("A comparison needs two different points.")
    lo, hi = float(problem.x[0]), float(problem.x[-1])
    if not 0 < tolerance < 1:
        raise OptionError(f"tolerance must be between 0 and 1, a fraction of the range, not {tolerance!r}.")
    apart = tolerance * (hi - lo)
    scale = _Scale.of(problem)
    solution = solve(problem)  # first: it takes seconds, and if there is nothing to compare with, training is in vain
    if solution.measure is None:
        raise DataError(f"There is no optimum to compare with: {solution.reason}")
    trained = train(
        scale.inward(problem.x), scale.targets, hidden=hidden, step=step, epochs=epochs, seeds=seeds, progress=progress, jobs=jobs,
        **scale.options,
    )  # fmt: skip
    theory, optimum = problem.predicted_kinks(), _within(on_line(solution.atoms), lo, hi)
    held = []
    for found in trained:
        try:
            with np.errstate(over="raise"):
                held.append(_held(problem, found, scale.outward(found.network), optimum, theory, on_line(solution.measure), apart))
        except (FloatingPointError, DataError) as error:
            raise DataError(
                f"The network of seed {found.seed} is too large to be measured with the step {step:g}; take a smaller one. ({error})"
            ) from error
    return Comparison(solution, theory, optimum, tuple(held), apart)


@dataclass(frozen=True, eq=False)
class _Scale:
    """The units of training: x = middle + half · u, and for regression y = low + span · v."""

    middle: float
    half: float
    low: float
    span: float
    targets: Any
    options: dict[str, Any]

    @classmethod
    def of(cls, problem: OverMeasures) -> _Scale:
        lo, hi = float(problem.x[0]), float(problem.x[-1])
        middle, half = lo / 2 + hi / 2, hi / 2 - lo / 2
        fit = problem.fit
        if problem.loss is None and fit.class_labels is not None:
            if fit.shape[1] < 2:
                raise DataError("All labels are 0; with a single class there is nothing to tell apart.")
            options = {"loss": "cross-entropy", "n_classes": fit.shape[1]}
            return cls(middle, half, 0.0, 1.0, fit.class_labels, options)
        if problem.loss is not None or fit.targets is None:
            raise OptionError("Supports are compared for interpolation and for max-margin classification.")
        y = fit.targets
        low, span = float(y.min()), float(np.ptp(y)) or 1.0
        return cls(middle, half, low, span, (y - low) / span, {"loss": "squared"})

    def inward(self, x: FloatArray) -> FloatArray:
        return (x - self.middle) / self.half

    def outward(self, network: Any) -> Network:
        w = network.W / self.half
        return Network(w, network.b - w * self.middle, network.a * self.span, np.asarray(network.bias) * self.span + self.low)


def places(measure: Measure, width: float = 0.0) -> FloatArray:
    """Return the kinks of a measure, rising and falling alike: those within a window of ``width`` as one, at their weighted mean."""
    return clusters(Measure(measure.kinks, np.full(len(measure), float(RISING)), measure.sizes()), width).kinks


def _within(measure: Measure, lo: float, hi: float) -> Measure:
    """Return the atoms with kinks in [lo, hi]; the others are affine there."""
    return measure.where((measure.kinks >= lo) & (measure.kinks <= hi))


def _held(
    problem: OverMeasures,
    trained: TrainedNetwork,
    network: Network,
    optimum: Measure,
    theory: FloatArray | None,
    best: Measure,
    apart: float,
) -> Held:
    lo, hi = float(problem.x[0]), float(problem.x[-1])
    measure = network.measure()
    assert isinstance(measure, Measure)
    inside = _within(measure, lo, hi)
    joined = clusters(inside, apart)
    sizes = joined.sizes()
    support = joined.where(sizes > SHARE * sizes.sum())
    kinks = places(support, apart)
    return Held(
        trained,
        network,
        judge(problem, measure),
        support,
        match_supports(kinks, places(optimum), apart),
        None if theory is None else match_supports(kinks, theory, apart),
        transport_distance(inside, optimum) if len(inside) and len(optimum) else float("nan"),
        function_distance(measure, best, lo, hi),
    )
