"""The gradient flow of normalised networks, as an ordinary differential equation in the hands of SciPy.

"lagrange": Lagrange multipliers keep ‖V_k‖ = 1 (Poggio and Liao),

    ρ' = 2 [Σ y·f - ρ (λ + Σ ‖f‖²)],    V_k' = 2 ρ Σ_n ⟨y_n - ρ f_n, ∂f_n/∂V_k - f_n V_k⟩;

"weight": V_k = v_k/‖v_k‖, and the flow is that of the loss in (ρ, v_k): ‖v_k‖ stays what it was, as the derivative is orthogonal to v_k,
and V_k moves as above, ‖v_k‖⁻² times as fast; "none": the flow of the loss of W_k, ρ = Π ‖W_k‖, along which
‖W_k‖² - ‖W_j‖² changes like exp(-4 λ t), hence not at all without decay.

Nothing is brought back to unit norm on the way: that the norms stay is a check of the integration.

A ReLU's slope jumps, and so do the derivatives. In one dimension units soon come to points at which the flow pushes them from both
sides, and run along with their kink there; error control then cuts the steps down to nothing, whatever the method. So the slope is a
ramp here, of ``kink_width`` relative to ‖w‖ ‖h‖, w a unit's row and h what enters it: then a unit at a point is a stiff component like
any other, and for LSODA no trouble. f itself has no ramps, so ρ_eq is what it is without them, and a smaller width comes nearer to
the flow.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from implicit_bias.errors import OptionError
from implicit_bias.networks.normalized.network import forward, norms_of, pulled, ramps
from implicit_bias.networks.normalized.task import LAGRANGE, NONE, WEIGHT, NormalizedTask, normalized_task, starting_scale
from implicit_bias.networks.normalized.trajectory import RECORDS, NormalizedRun, Trajectory, record_times
from implicit_bias.networks.settings import positive, real, whole
from implicit_bias.numerics.arrays import FloatArray

METHODS = ("RK45", "RK23", "DOP853", "LSODA", "BDF", "Radau")
"""Those of scipy.integrate.solve_ivp."""

RELATIVE, ABSOLUTE = 1e-6, 1e-8
"""Tolerances of a step."""

WIDTH = 1e-2
"""Of the ramps by which jumps of slopes are replaced."""

EVALUATIONS = 500_000
"""Of the derivative, at most."""

_MOST, _MOST_RECORDS = 10**12, 10**6

_FINEST = 1e-13
"""SciPy takes no smaller relative tolerance."""


class _Exhausted(Exception):  # noqa: N818  (it is no error: the run ends with a word for it)
    """There have been as many evaluations as there may be."""


def normalized_flow(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    hidden: int | Sequence[int],
    normalization: str = LAGRANGE,
    weight_decay: float = 0.0,
    scale: float = 1.0,
    seed: int = 0,
    time: float = 1000.0,
    method: str = "LSODA",
    relative_tolerance: float = RELATIVE,
    absolute_tolerance: float = ABSOLUTE,
    kink_width: float = WIDTH,
    evaluations: int = EVALUATIONS,
    records: int = RECORDS,
) -> NormalizedRun:
    """Follow the gradient flow of Σ ‖ρ f - y‖² with weight decay from a random start, until it is at rest or out of time.

    Parameters
    ----------
    x, y : (n, d), and (n,) or (n, k)
    hidden : number of hidden units, or a sequence of them, one of each hidden layer
    normalization : "lagrange", "weight" or "none"
    weight_decay : λ, of λ ρ², or of λ Σ ‖W_k‖² with "none"
    scale : ρ at the start; with "weight" the norm of each v_k, too; with "none" that of each W_k
    seed : of the Gaussian start
    time : until when, in units in which the equations are as above
    method, relative_tolerance, absolute_tolerance : of scipy.integrate.solve_ivp. "LSODA" takes the stiffness of kinks, at the price of
        matrices of the number of parameters squared; beyond a thousand parameters or so "RK45" is faster.
    kink_width : of the ramps that stand for the jumps of slopes; 0 for none
    evaluations : of the derivative, at most
    records : how often it is written down, at least 2, at times that grow like a power; the integration starts anew at each

    Returns
    -------
    NormalizedRun

    Raises
    ------
    DataError, OptionError
    """
    decay, last = real("weight_decay", weight_decay, 0.0), positive("time", time)
    if method not in METHODS:
        raise OptionError(f"method must be one of {', '.join(METHODS)}, not {method!r}.")
    task = normalized_task(x, y, hidden, normalization, (LAGRANGE, WEIGHT, NONE), decay)
    scale = starting_scale(task, scale)
    seed, most = whole("seed", seed, 0), whole("evaluations", evaluations, 1, _MOST)
    control: dict[str, Any] = {"method": method}
    control["rtol"] = real("relative_tolerance", relative_tolerance, _FINEST, 1.0)
    control["atol"] = positive("absolute_tolerance", absolute_tolerance)
    flow = _Flow(task, real("kink_width", kink_width, 0.0, 1.0), most)
    layers = task.start(seed)
    state = flow.joined(scale, layers if normalization == LAGRANGE else [scale * layer for layer in layers])
    return _integrated(flow, state, record_times(last, whole("records", records, 2, _MOST_RECORDS)), control, scale, seed)


def _integrated(flow: _Flow, state: FloatArray, times: FloatArray, control: dict[str, Any], scale: float, seed: int) -> NormalizedRun:
    from scipy.integrate import solve_ivp

    trajectory = Trajectory(flow.task)
    trajectory.add(0.0, *flow.parted(state))
    how = ("time", f"It ran until the time {times[-1]:g}.")
    for begin, end in pairwise(times.tolist()):
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "lsoda", UserWarning)  # how the run ended says it
                found = solve_ivp(flow.derivative, (begin, end), state, t_eval=[end], **control)
        except _Exhausted:
            how = ("evaluations", f"It had {flow.most} evaluations by the time {begin:g}: it may run along a kink. Widen it.")
            break
        if not found.success or not np.isfinite(found.y).all():
            how = ("diverged", f"The integration broke off after the time {begin:g}: {found.message}")
            break
        state = found.y[:, -1]
        trajectory.add(end, *flow.parted(state))
        if trajectory.at_rest:
            how = ("stationary", f"From half of the time {end:g} on nothing moved.")
            break
    return trajectory.run(scale, seed, how, flow.done)


class _Flow:
    """The right-hand side, of states that hold ρ and the layers in one vector."""

    def __init__(self, task: NormalizedTask, width: float, most: int) -> None:
        self.task, self.width, self.most, self.done = task, width, most, 0
        self._shapes = list(zip(task.sizes[1:], task.sizes, strict=False))
        self._ends = np.cumsum([1] + [out * into for out, into in self._shapes])

    def joined(self, rho: float, layers: list[FloatArray]) -> FloatArray:
        return np.concatenate([[rho], *(layer.ravel() for layer in layers)])

    def _split(self, state: FloatArray) -> list[FloatArray]:
        return [state[a:b].reshape(shape) for (a, b), shape in zip(pairwise(self._ends.tolist()), self._shapes, strict=True)]

    def parted(self, state: FloatArray) -> tuple[float, list[FloatArray], FloatArray]:
        """Return ρ, the layers V_k and the norms of those that are integrated."""
        layers = self._split(state.copy())
        norms = norms_of(layers)
        if self.task.normalization == LAGRANGE:
            return float(state[0]), layers, norms
        rho = float(np.prod(norms) if self.task.normalization == NONE else state[0])
        return rho, [layer / norm for layer, norm in zip(layers, norms, strict=True)], norms

    def derivative(self, _: float, state: FloatArray) -> FloatArray:
        if self.done >= self.most:
            raise _Exhausted
        self.done += 1
        layers, rho, task = self._split(state), float(state[0]), self.task
        if task.normalization == NONE:
            entering, values = forward(layers, task.x)
            pull = pulled(layers, entering, task.y - values, self._slopes(layers, entering))
            return self.joined(0.0, [2 * (g - task.decay * w) for g, w in zip(pull, layers, strict=True)])
        norms = norms_of(layers) if task.normalization == WEIGHT else np.ones(len(layers))
        units = [layer / norm for layer, norm in zip(layers, norms, strict=True)] if task.normalization == WEIGHT else layers
        entering, values = forward(units, task.x)
        residuals = task.y - rho * values
        pull = pulled(units, entering, residuals, self._slopes(units, entering))
        # the multiplier ⟨V_k, Σ ⟨r, ∂f/∂V_k⟩⟩ is Σ ⟨r, f⟩ for every layer by Euler's identity, but for what the ramps add
        moves = [2 * rho / norm * (g - (g * v).sum() * v) for g, v, norm in zip(pull, units, norms, strict=True)]
        return self.joined(2 * (float((residuals * values).sum()) - task.decay * rho), moves)

    def _slopes(self, layers: list[FloatArray], entering: list[FloatArray]) -> list[FloatArray] | None:
        return ramps(layers, entering, self.width) if self.width else None
