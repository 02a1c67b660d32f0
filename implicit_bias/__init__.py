"""Convex optimisation for the implicit bias of wide two-layer ReLU networks.

State a problem over measures, solve it, and get an answer with bounds that were recomputed from the answer itself:

>>> import implicit_bias as ib
>>> solution = ib.solve(ib.RegressionProblem([-1, 0, 1], [1, 0, 1]))
>>> solution.status.value, solution.value
('optimal', 2.0)
"""

from implicit_bias.analysis.adjustment import exact_adjustment, least_squares_adjustment
from implicit_bias.analysis.optimal_sets import is_minimizer, sparsest, value_ranges
from implicit_bias.analysis.theory import classification_kinks, constructed_measure, extended_dual, regression_kinks
from implicit_bias.analysis.weight_ranges import WeightRanges, weight_ranges
from implicit_bias.compare import FunctionDistance, Match, clusters, flat_distance, function_distance, match_supports, transport_distance
from implicit_bias.data import Dataset, bin_targets, expected_targets, read_dataset
from implicit_bias.errors import BackendError, DataError, ImplicitBiasError, OptionError, OutputError
from implicit_bias.fits import Balls, Boxes, HalfSpaces, Margins, Values
from implicit_bias.measures import Measure, Network, RidgeMeasure
from implicit_bias.measures.features import LineFeatures
from implicit_bias.measures.pruning import prune
from implicit_bias.methods.exact.rational import Proof, prove
from implicit_bias.problems import (
    DenoisingProblem,
    LimitLineProblem,
    MaxMarginProblem,
    MeasureProblem,
    Problem,
    RegressionProblem,
    RegularizedProblem,
    SphereProblem,
    WholeLineProblem,
)
from implicit_bias.problems.splines.curvature import EarlyStopping, SplineProblem
from implicit_bias.problems.splines.homogeneous import HomogeneousSplineProblem
from implicit_bias.problems.splines.kernel import SeveralInputsProblem
from implicit_bias.problems.splines.quadratic_solution import QuadraticSolution, RoughnessSolution
from implicit_bias.problems.splines.solution import SplineSolution
from implicit_bias.problems.splines.spline import Spline
from implicit_bias.solution import Solution, Status
from implicit_bias.solve import judge, lambda_max, path, program, solve
from implicit_bias.zetas.function import FunctionZeta
from implicit_bias.zetas.initialization import DensityZeta, Initialization
from implicit_bias.zetas.kernels import CubicKernel, FeatureKernel, GaussianKernel, RidgeKernel
from implicit_bias.zetas.zeta import BinaryUniformZeta, ConstantZeta, GaussianZeta, UniformZeta

__version__ = "0.1.0"

__all__ = [
    "BackendError",
    "Balls",
    "BinaryUniformZeta",
    "Boxes",
    "ConstantZeta",
    "CubicKernel",
    "DataError",
    "Dataset",
    "DenoisingProblem",
    "DensityZeta",
    "EarlyStopping",
    "FeatureKernel",
    "FunctionDistance",
    "FunctionZeta",
    "GaussianKernel",
    "GaussianZeta",
    "HalfSpaces",
    "HomogeneousSplineProblem",
    "ImplicitBiasError",
    "Initialization",
    "LimitLineProblem",
    "LineFeatures",
    "Margins",
    "Match",
    "MaxMarginProblem",
    "Measure",
    "MeasureProblem",
    "Network",
    "OptionError",
    "OutputError",
    "Problem",
    "Proof",
    "QuadraticSolution",
    "RegressionProblem",
    "RegularizedProblem",
    "RidgeKernel",
    "RidgeMeasure",
    "RoughnessSolution",
    "SeveralInputsProblem",
    "Solution",
    "SphereProblem",
    "Spline",
    "SplineProblem",
    "SplineSolution",
    "Status",
    "UniformZeta",
    "Values",
    "WeightRanges",
    "WholeLineProblem",
    "bin_targets",
    "classification_kinks",
    "clusters",
    "constructed_measure",
    "exact_adjustment",
    "expected_targets",
    "extended_dual",
    "flat_distance",
    "function_distance",
    "is_minimizer",
    "judge",
    "lambda_max",
    "least_squares_adjustment",
    "match_supports",
    "path",
    "program",
    "prove",
    "prune",
    "read_dataset",
    "regression_kinks",
    "solve",
    "sparsest",
    "transport_distance",
    "value_ranges",
    "weight_ranges",
]
