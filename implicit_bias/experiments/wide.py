"""Wide networks of one input: their starts with kernels and ζ, training to the end, and rates with their confidence.

Networks start antisymmetrically, so that f = 0, in the standard parametrisation, on the loss ½ Σ (f(x_j) - y_j)² with a step
η = η̄/n, as Jin and Montúfar have it. :func:`implicit_bias.networks.train` has the mean of (f - y)² instead: the same with the step
η M/2 for M points. Its output weights have the kernel Σ_i [W_i x + B_i]₊ [W_i x' + B_i]₊, n times the mean that :attr:`Regime.kernel`
is the limit of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from implicit_bias.data.papers import Sample, jin_montufar, jin_montufar_uneven
from implicit_bias.experiments.base import Json
from implicit_bias.measures import Network
from implicit_bias.networks import Antisymmetric, BinaryUniform, Gaussian, Start, TrainedNetwork, Uniform, train
from implicit_bias.numerics.arrays import FloatArray
from implicit_bias.problems.splines.curvature import SplineProblem
from implicit_bias.solve import solve
from implicit_bias.zetas.kernels import GaussianKernel, Kernel, RidgeKernel
from implicit_bias.zetas.zeta import BinaryUniformZeta, GaussianZeta, UniformZeta, Zeta

CONFIDENCE = 0.95
"""Of the intervals of exponents in reports."""


@dataclass(frozen=True, eq=False)
class Regime:
    """An initialisation: how networks start, their kernel in the limit of infinite width, and its ζ."""

    start: Start
    kernel: Kernel
    zeta: Zeta

    @property
    def antisymmetric(self) -> Antisymmetric:
        """Two copies of the start with opposite signs."""
        return Antisymmetric(self.start)


_THIN = float(np.sqrt(0.1))

REGIMES: Mapping[str, Regime] = MappingProxyType(
    {
        "uniform": Regime(Uniform(1.0, 2.0), RidgeKernel(UniformZeta(1.0, 2.0)), UniformZeta(1.0, 2.0)),
        "gaussian": Regime(Gaussian(1.0, 1.0), GaussianKernel(1.0, 1.0), GaussianZeta(1.0, 1.0)),
        "gaussian-thin": Regime(Gaussian(1.0, _THIN), GaussianKernel(1.0, _THIN), GaussianZeta(1.0, _THIN)),
        "binary-uniform": Regime(BinaryUniform(2.0), RidgeKernel(BinaryUniformZeta(2.0)), BinaryUniformZeta(2.0)),
    }
)
"""W ~ U(-1, 1), B ~ U(-2, 2); W, B ~ N(0, 1); W ~ N(0, 1), B ~ N(0, 0.1), as in Figure 1; and W = ±1, B ~ U(-2, 2)."""

DATA: Mapping[str, Callable[[], Sample]] = MappingProxyType({"even": jin_montufar, "uneven": jin_montufar_uneven})


def jacobian(start: Start, seed: int, width: int, x: FloatArray, trained: str = "all") -> dict[str, FloatArray]:
    """Return the derivatives of f(x) at the start by parameters, as :func:`train` draws it: each (n, width), "b2" (n, 1).

    With ``trained`` "output" there are the outer weights' alone, "W2".
    """
    (w, b), (a, _) = start.sample(np.random.default_rng(seed), (1, width, 1))
    reach = x[:, None] * w[:, 0] + b
    outer = {"W2": np.maximum(reach, 0.0)}
    if trained == "output":
        return outer
    inner = (reach > 0) * a[0]
    return {"W1": inner * x[:, None], "b1": inner, "W2": outer["W2"], "b2": np.ones((x.size, 1))}


def drawing(seed: int, width: int) -> int:
    """Return the seed of a network of an experiment: other numbers for every width, so that networks are independent."""
    return 100_000 * seed + width


def tangent_kernel(parts: Mapping[str, FloatArray]) -> FloatArray:
    """Return J Jᵀ."""
    total: FloatArray = sum((part @ part.T for part in parts.values()), np.zeros((1, 1)))
    return total


def largest_rate(start: Start, seed: int, width: int, x: FloatArray) -> float:
    """Return the largest eigenvalue of J Jᵀ of all parameters: steps below 2 over it converge in the linearised network."""
    return float(np.linalg.eigvalsh(tangent_kernel(jacobian(start, seed, width, x)))[-1])


def trained_network(
    x: FloatArray,
    y: FloatArray,
    start: Start,
    *,
    width: int,
    seed: int,
    trained: str,
    step: float,
    epochs: int,
    goal: float = 0.0,
    snapshots: Sequence[int] = (),
    output_bias: bool = False,
    folder: Path | None = None,
) -> TrainedNetwork:
    """Train one network with a step η of ½ Σ (f - y)²."""
    [found] = train(
        x,
        y,
        hidden=width,
        initialization=start,
        step=step * x.size / 2,
        epochs=epochs,
        goal=goal,
        seeds=[seed],
        trained=trained,
        output_bias=output_bias,
        snapshots=snapshots,
        checkpoint=folder,
    )
    return found


def plain(network: Any) -> Network:
    """Return a network of one hidden layer as such."""
    assert isinstance(network, Network)
    return network


def at_epoch(run: TrainedNetwork, epoch: int) -> Network:
    """Return the network at an epoch that was asked for; the last one, if training had reached its goal by then."""
    return plain(run.network if epoch > run.epochs else run.history.snapshots[epoch])


def spline_values(x: FloatArray, y: FloatArray, zeta: Zeta, at: FloatArray, smoothing: Any = None) -> FloatArray:
    """Return the values of the spline g* of a ζ."""
    return solve(SplineProblem(x, y, zeta, smoothing)).predict(at)


def limit_values(kernel: Kernel, x: FloatArray, y: FloatArray, at: FloatArray) -> FloatArray:
    """Return what infinitely wide networks end at: the interpolant of least norm in the full kernel."""
    points, places = x[:, None], at[:, None]
    found: FloatArray = kernel.full(places, points) @ np.linalg.solve(kernel.full(points, points), y)
    return found


def rate(widths: Any, distances: Any, confidence: float = CONFIDENCE) -> Json:
    """Return the exponent s in distance ~ width^s by least squares of logarithms, with its confidence interval.

    Parameters
    ----------
    widths, distances : of the same shape, one of each for each network
    """
    from scipy.stats import t

    logs = np.log(np.asarray(widths, dtype=np.float64).ravel())
    if np.unique(logs).size < 2 or logs.size < 3:
        return {"slope": None, "low": None, "high": None, "networks": int(logs.size)}
    away, values = logs - logs.mean(), np.log(np.asarray(distances, dtype=np.float64).ravel())
    slope = float(away @ values / (away @ away))
    left = values - values.mean() - slope * away
    # SciPy's linregress has no interval for values that are all the same
    half = float(t.ppf(0.5 + confidence / 2, logs.size - 2) * np.sqrt(left @ left / (logs.size - 2) / (away @ away)))
    return {"slope": round(slope, 4), "low": round(slope - half, 4), "high": round(slope + half, 4), "networks": int(logs.size)}


def said(found: Json) -> str:
    """Return an exponent with its interval in words."""
    if found["slope"] is None:
        return "too few networks"
    return f"{found['slope']:+.2f} [{found['low']:+.2f}, {found['high']:+.2f}]"


def digits(values: Any, count: int = 5) -> Any:
    """Return nested lists of numbers with so many significant digits, None for those that are not finite."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim:
        return [digits(value, count) for value in array]
    return float(f"{array:.{count}g}") if np.isfinite(array) else None
