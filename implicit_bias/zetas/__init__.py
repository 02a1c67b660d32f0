"""ζ, the inverse curvature penalty that an initialisation implies, for one input, and as kernels for several."""

from implicit_bias.zetas.function import FunctionZeta
from implicit_bias.zetas.initialization import DensityZeta, Initialization
from implicit_bias.zetas.kernels import CubicKernel, FeatureKernel, GaussianKernel, Kernel, RidgeKernel
from implicit_bias.zetas.zeta import BinaryUniformZeta, ConstantZeta, GaussianZeta, UniformZeta, Zeta

__all__ = [
    "BinaryUniformZeta",
    "ConstantZeta",
    "CubicKernel",
    "DensityZeta",
    "FeatureKernel",
    "FunctionZeta",
    "GaussianKernel",
    "GaussianZeta",
    "Initialization",
    "Kernel",
    "RidgeKernel",
    "UniformZeta",
    "Zeta",
]
