"""Curvature splines: interpolation and smoothing with the curvature penalty 1/ζ that an initialisation implies."""

from implicit_bias.splines.bounds import Bounds
from implicit_bias.splines.initialization import DensityZeta, Initialization
from implicit_bias.splines.problem import EarlyStopping, SplineProblem
from implicit_bias.splines.solution import Residuals, SplineSolution
from implicit_bias.splines.solve import judge_spline, path_splines, solve_spline, spline_program
from implicit_bias.splines.spline import Spline, SplineDerivative
from implicit_bias.splines.zeta import (
    BinaryUniformZeta,
    ConstantZeta,
    FunctionZeta,
    GaussianZeta,
    UniformZeta,
    Zeta,
)

__all__ = [
    "BinaryUniformZeta",
    "Bounds",
    "ConstantZeta",
    "DensityZeta",
    "EarlyStopping",
    "FunctionZeta",
    "GaussianZeta",
    "Initialization",
    "Residuals",
    "Spline",
    "SplineDerivative",
    "SplineProblem",
    "SplineSolution",
    "UniformZeta",
    "Zeta",
    "judge_spline",
    "path_splines",
    "solve_spline",
    "spline_program",
]
