"""Convex problems over measures: what they ask, what a measure costs, and how an answer is repaired and bounded."""

from implicit_bias.problems.base import OverMeasures, Problem
from implicit_bias.problems.constructors import (
    MaxMarginProblem,
    RegressionProblem,
    RegularizedProblem,
    classification_of,
    problem_of,
    unit_classification,
    unit_regression,
)
from implicit_bias.problems.denoising import DenoisingProblem
from implicit_bias.problems.interval import MeasureProblem
from implicit_bias.problems.sphere import SphereProblem
from implicit_bias.problems.unbounded import LimitLineProblem
from implicit_bias.problems.units import Nodes
from implicit_bias.problems.whole_line import WholeLineProblem

__all__ = [
    "DenoisingProblem",
    "LimitLineProblem",
    "MaxMarginProblem",
    "MeasureProblem",
    "Nodes",
    "OverMeasures",
    "Problem",
    "RegressionProblem",
    "RegularizedProblem",
    "SphereProblem",
    "WholeLineProblem",
    "classification_of",
    "problem_of",
    "unit_classification",
    "unit_regression",
]
