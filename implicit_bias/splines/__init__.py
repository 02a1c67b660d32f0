"""Curvature splines: interpolation and smoothing with the curvature penalty 1/ζ that an initialisation implies."""

from implicit_bias.splines.bounds import SplineBounds
from implicit_bias.splines.functions import FunctionZeta
from implicit_bias.splines.homogeneous import HomogeneousSplineProblem
from implicit_bias.splines.initialization import DensityZeta, Initialization
from implicit_bias.splines.kernels import CubicKernel, FeatureKernel, GaussianKernel, RidgeKernel
from implicit_bias.splines.problem import EarlyStopping, SplineProblem
from implicit_bias.splines.roughness import RoughnessProblem
from implicit_bias.splines.roughness_solution import QuadraticSolution, RoughnessSolution
from implicit_bias.splines.several_inputs import SeveralInputsProblem
from implicit_bias.splines.solution import Residuals, SplineSolution
from implicit_bias.splines.spline import Spline, SplineDerivative
from implicit_bias.splines.zeta import (
    BinaryUniformZeta,
    ConstantZeta,
    GaussianZeta,
    UniformZeta,
    Zeta,
)

__all__ = [
    "BinaryUniformZeta",
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
    "QuadraticSolution",
    "Residuals",
    "RidgeKernel",
    "RoughnessProblem",
    "RoughnessSolution",
    "SeveralInputsProblem",
    "Spline",
    "SplineBounds",
    "SplineDerivative",
    "SplineProblem",
    "SplineSolution",
    "UniformZeta",
    "Zeta",
]
