"""Curvature splines: interpolation and smoothing with the curvature penalty 1/ζ that an initialisation implies."""

from implicit_bias.splines.adjustment import Adjustment, exact_adjustment, least_squares_adjustment
from implicit_bias.splines.bounds import Bounds
from implicit_bias.splines.functions import FunctionZeta
from implicit_bias.splines.homogeneous import HomogeneousSplineProblem
from implicit_bias.splines.initialization import DensityZeta, Initialization
from implicit_bias.splines.kernels import CubicKernel, FeatureKernel, GaussianKernel, RidgeKernel
from implicit_bias.splines.problem import EarlyStopping, SplineProblem
from implicit_bias.splines.roughness import RoughnessProblem
from implicit_bias.splines.roughness_solution import RoughnessSolution, solve_roughness
from implicit_bias.splines.several_inputs import SeveralInputsProblem
from implicit_bias.splines.solution import Residuals, SplineSolution
from implicit_bias.splines.solve import judge_spline, path_splines, solve_spline, spline_program
from implicit_bias.splines.spline import Spline, SplineDerivative
from implicit_bias.splines.zeta import (
    BinaryUniformZeta,
    ConstantZeta,
    GaussianZeta,
    UniformZeta,
    Zeta,
)

__all__ = [
    "Adjustment",
    "BinaryUniformZeta",
    "Bounds",
    "ConstantZeta",
    "CubicKernel",
    "DensityZeta",
    "EarlyStopping",
    "FeatureKernel",
    "FunctionZeta",
    "GaussianKernel",
    "GaussianZeta",
    "HomogeneousSplineProblem",
    "Initialization",
    "Residuals",
    "RidgeKernel",
    "RoughnessProblem",
    "RoughnessSolution",
    "SeveralInputsProblem",
    "Spline",
    "SplineDerivative",
    "SplineProblem",
    "SplineSolution",
    "UniformZeta",
    "Zeta",
    "exact_adjustment",
    "judge_spline",
    "least_squares_adjustment",
    "path_splines",
    "solve_roughness",
    "solve_spline",
    "spline_program",
]
