"""Convex problems over measures: what they ask, what a measure costs, and how an answer is repaired and bounded."""

from implicit_bias.problems.measure_problem import MeasureProblem
from implicit_bias.problems.named import MaxMarginProblem, RegressionProblem, classification_of, problem_of
from implicit_bias.problems.nodes import Nodes
from implicit_bias.problems.protocol import Problem

__all__ = ["MaxMarginProblem", "MeasureProblem", "Nodes", "Problem", "RegressionProblem", "classification_of", "problem_of"]
