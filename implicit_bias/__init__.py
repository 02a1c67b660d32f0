"""Convex optimisation for the implicit bias of wide two-layer ReLU networks.

State a problem over measures, solve it, and get an answer with bounds that were recomputed from the answer itself:

>>> import implicit_bias as ib
>>> solution = ib.solve(ib.RegressionProblem([-1, 0, 1], [1, 0, 1]))
>>> solution.status.value, solution.value
('optimal', 2.0)
"""

from implicit_bias import analysis, compare, fits, zetas
from implicit_bias.analysis.adjustment import exact_adjustment as exact_adjustment
from implicit_bias.analysis.adjustment import least_squares_adjustment as least_squares_adjustment
from implicit_bias.analysis.optimal_sets import is_minimizer as is_minimizer
from implicit_bias.analysis.optimal_sets import sparsest as sparsest
from implicit_bias.analysis.optimal_sets import value_ranges as value_ranges
from implicit_bias.analysis.theory import classification_kinks as classification_kinks
from implicit_bias.analysis.theory import constructed_measure as constructed_measure
from implicit_bias.analysis.theory import extended_dual as extended_dual
from implicit_bias.analysis.theory import regression_kinks as regression_kinks
from implicit_bias.analysis.weight_ranges import WeightRanges as WeightRanges
from implicit_bias.analysis.weight_ranges import weight_ranges as weight_ranges
from implicit_bias.compare import FunctionDistance as FunctionDistance
from implicit_bias.compare import Match as Match
from implicit_bias.compare import clusters as clusters
from implicit_bias.compare import flat_distance as flat_distance
from implicit_bias.compare import function_distance as function_distance
from implicit_bias.compare import match_supports as match_supports
from implicit_bias.compare import transport_distance as transport_distance
from implicit_bias.data import Dataset as Dataset
from implicit_bias.data import bin_targets as bin_targets
from implicit_bias.data import expected_targets as expected_targets
from implicit_bias.data import read_dataset
from implicit_bias.errors import BackendError, DataError, ImplicitBiasError, OptionError, OutputError
from implicit_bias.fits import Balls as Balls
from implicit_bias.fits import Boxes as Boxes
from implicit_bias.fits import HalfSpaces as HalfSpaces
from implicit_bias.fits import Margins as Margins
from implicit_bias.fits import Values as Values
from implicit_bias.measures import Measure, Network
from implicit_bias.measures import RidgeMeasure as RidgeMeasure
from implicit_bias.measures.features import LineFeatures as LineFeatures
from implicit_bias.measures.pruning import prune as prune
from implicit_bias.methods.exact.rational import Proof as Proof
from implicit_bias.methods.exact.rational import prove
from implicit_bias.problems import DenoisingProblem as DenoisingProblem
from implicit_bias.problems import LimitLineProblem as LimitLineProblem
from implicit_bias.problems import MaxMarginProblem, MeasureProblem, Problem, RegressionProblem, RegularizedProblem
from implicit_bias.problems import SphereProblem as SphereProblem
from implicit_bias.problems import WholeLineProblem as WholeLineProblem
from implicit_bias.problems.splines.curvature import EarlyStopping as EarlyStopping
from implicit_bias.problems.splines.curvature import SplineProblem
from implicit_bias.problems.splines.homogeneous import HomogeneousSplineProblem as HomogeneousSplineProblem
from implicit_bias.problems.splines.kernel import SeveralInputsProblem as SeveralInputsProblem
from implicit_bias.problems.splines.quadratic_solution import QuadraticSolution as QuadraticSolution
from implicit_bias.problems.splines.quadratic_solution import RoughnessSolution as RoughnessSolution
from implicit_bias.problems.splines.solution import SplineSolution as SplineSolution
from implicit_bias.problems.splines.spline import Spline as Spline
from implicit_bias.solution import Solution, Status
from implicit_bias.solve import judge, path, solve
from implicit_bias.solve import lambda_max as lambda_max
from implicit_bias.solve import program as program
from implicit_bias.zetas.function import FunctionZeta as FunctionZeta
from implicit_bias.zetas.initialization import DensityZeta as DensityZeta
from implicit_bias.zetas.initialization import Initialization as Initialization
from implicit_bias.zetas.kernels import CubicKernel as CubicKernel
from implicit_bias.zetas.kernels import FeatureKernel as FeatureKernel
from implicit_bias.zetas.kernels import GaussianKernel as GaussianKernel
from implicit_bias.zetas.kernels import RidgeKernel as RidgeKernel
from implicit_bias.zetas.zeta import BinaryUniformZeta as BinaryUniformZeta
from implicit_bias.zetas.zeta import ConstantZeta as ConstantZeta
from implicit_bias.zetas.zeta import GaussianZeta as GaussianZeta
from implicit_bias.zetas.zeta import UniformZeta as UniformZeta

__version__ = "0.1.0"

# the first page; the other names are importable too, and lie together in fits, zetas, compare and analysis
__all__ = [
    "BackendError",
    "DataError",
    "ImplicitBiasError",
    "MaxMarginProblem",
    "Measure",
    "MeasureProblem",
    "Network",
    "OptionError",
    "OutputError",
    "Problem",
    "RegressionProblem",
    "RegularizedProblem",
    "Solution",
    "SplineProblem",
    "Status",
    "analysis",
    "compare",
    "fits",
    "judge",
    "path",
    "prove",
    "read_dataset",
    "solve",
    "zetas",
]
