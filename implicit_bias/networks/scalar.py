"""Full-batch gradient descent of a network of one input and one output, O(m + n) an epoch.

f(x) = scale (Σ_h a_h σ(w_h x + b_h) + bias) is piecewise linear: one sweep over the places adds up the slopes of the units that
are active there, one sweep the residuals that each unit sees. Units are kept in the groups of
:mod:`~implicit_bias.networks.compiled`; every equation has a loop of its own, over so few units that they stay in the fastest
memory, because loops over two or three arrays are what compilers turn into vector instructions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from implicit_bias.networks.codes import EPOCH, LOGISTIC, RUNNING, SQUARED, STATUS
from implicit_bias.networks.compiled import bounds, compiled, exp64, group_of, grouped, summing
from implicit_bias.networks.stopping import note
from implicit_bias.numerics.arrays import FloatArray, IntArray

_BLOCK = 512
"""Units updated together."""


class ScalarUnits(NamedTuple):
    """Hidden units in the order of their groups, updated in place.

    Attributes
    ----------
    w, b, a : (m,) weights
    aw, ab : (m,) the products a w and a b
    on, off : (m,) places where the unit is and is not active, see :func:`~implicit_bias.networks.compiled.bounds`
    group : (m,) uint32
    unit, slot : (m,) the unit in each place of the order, and the place of each unit
    start : (2N + 3,) the first place of each group
    """

    w: FloatArray
    b: FloatArray
    a: FloatArray
    aw: FloatArray
    ab: FloatArray
    on: FloatArray
    off: FloatArray
    group: IntArray
    unit: IntArray
    slot: IntArray
    start: IntArray


class ScalarTask(NamedTuple):
    """What is fitted.

    Attributes
    ----------
    x : (N,) increasing places, in the precision of the run
    y : (N,) targets, or labels ±1
    share : (N,) positive weights in the training loss; negative ones are weights in the validation loss
    loss : SQUARED, LOGISTIC or EXPONENTIAL
    leak : the slope where a unit is not active
    scale : of the output
    validated : whether there are validation points
    """

    x: FloatArray
    y: FloatArray
    share: FloatArray
    loss: int
    leak: float
    scale: float
    validated: bool


class Rates(NamedTuple):
    """Steps of w and b, of a, and of the output bias; and what decay leaves of w and b, and of a, in one step."""

    inner: float
    outer: float
    bias: float
    kept_inner: float
    kept_outer: float


@compiled
def _arranged(w: Any, b: Any, x: Any) -> Any:
    """Return the groups, the places where units of each are and are not active, units, slots and starts: all in the groups' order."""
    groups, slot, unit, start = grouped(w, b, x)
    on, off = np.empty_like(w), np.empty_like(w)
    for at in range(w.size):
        on[at], off[at] = bounds(groups[unit[at]], x)
    return on, off, groups[unit].astype(np.uint32), unit, slot, start


def new_scalar_units(w: FloatArray, b: FloatArray, a: FloatArray, x: FloatArray) -> ScalarUnits:
    """Return the units of a network with weights of the precision of ``x``."""
    on, off, group, unit, slot, start = _arranged(w, b, x)
    w, b, a = w[unit], b[unit], a[unit]
    return ScalarUnits(w, b, a, a * w, a * b, on, off, group, unit, slot, start)


@compiled
def _swap(units: Any, i: int, j: int) -> None:
    for array in (units.w, units.b, units.a, units.aw, units.ab):
        array[i], array[j] = array[j], array[i]
    unit, slot = units.unit, units.slot
    unit[i], unit[j] = unit[j], unit[i]
    slot[unit[i]], slot[unit[j]] = i, j


@compiled
def _move(units: Any, number: int, x: Any) -> None:
    """Bring a unit into its group, from edge to edge."""
    at = units.slot[number]
    here, there = np.int64(units.group[at]), group_of(units.w[at], units.b[at], x)
    while here != there:
        edge = units.start[here + 1] - 1 if here < there else units.start[here]
        _swap(units, at, edge)
        if here < there:
            here += 1
            units.start[here] = edge
        else:
            units.start[here] = edge + 1
            here -= 1
        at = edge
        units.group[at] = here
        units.on[at], units.off[at] = bounds(here, x)


@summing
def _swept(f: Any, aw: Any, ab: Any, start: Any, x: Any, first: int, step: int) -> None:
    """Add the values of all rising or all falling units, without forming differences that cancel."""
    n = x.size
    slope = height = 0.0
    for i in range(n):
        r = i if step > 0 else n - i
        of_group, height_of_group = aw.dtype.type(0), aw.dtype.type(0)
        for value in aw[start[first + r] : start[first + r + 1]]:
            of_group += value
        for value in ab[start[first + r] : start[first + r + 1]]:
            height_of_group += value
        slope += of_group
        height += height_of_group
        j = i if step > 0 else n - 1 - i
        f[j] += slope * x[j] + height


@summing
def _total(values: Any) -> Any:
    total = values.dtype.type(0)
    for value in values:
        total += value
    return total


@compiled
def scalar_values(f: Any, units: Any, task: Any, bias: float) -> None:
    """Write the network's values at the places into ``f``."""
    n = task.x.size
    f[:] = 0.0
    _swept(f, units.aw, units.ab, units.start, task.x, 0, 1)
    _swept(f, units.aw, units.ab, units.start, task.x, n + 1, -1)
    if task.leak != 0:
        slope, height = _total(units.aw), _total(units.ab)
        for j in range(n):
            f[j] = (1 - task.leak) * f[j] + task.leak * (slope * task.x[j] + height)
    for j in range(n):
        f[j] = task.scale * (f[j] + bias)


@compiled
def scalar_loss(f: Any, task: Any, seen: Any) -> tuple[float, float]:
    """Return the training and the validation loss; writes the derivatives of the first by the values into ``seen``."""
    train = validation = 0.0
    for j in range(f.size):
        y = task.y[j]
        if task.loss == SQUARED:
            loss, slope = (f[j] - y) ** 2, 2 * (f[j] - y)
        elif task.loss == LOGISTIC:
            z = y * f[j]
            e = exp64(-abs(z))
            loss = max(-z, 0.0) + np.log1p(e)
            slope = -y * (e if z > 0 else 1.0) / (1.0 + e)
        else:
            loss = np.exp(-y * f[j])
            slope = -y * loss
        if task.share[j] > 0:
            train += task.share[j] * loss
            seen[j] = task.share[j] * slope
        else:
            validation -= task.share[j] * loss
            seen[j] = 0.0
    return train, validation


@compiled
def _tabulate(seen: Any, task: Any, plain: Any, weighted: Any) -> None:
    """Write Σ g and Σ g x over the places that units of each group see, with the scale of the output."""
    x, n, leak, share = task.x, task.x.size, task.leak * task.scale, (1 - task.leak) * task.scale
    all_g = all_gx = 0.0
    if leak != 0:
        for j in range(n):
            all_g += leak * seen[j]
            all_gx += leak * (seen[j] * x[j])
    g = gx = 0.0
    plain[n], weighted[n] = all_g, all_gx
    for r in range(n - 1, -1, -1):
        g += seen[r]
        gx += seen[r] * x[r]
        plain[r], weighted[r] = share * g + all_g, share * gx + all_gx
    g = gx = 0.0
    plain[n + 1], weighted[n + 1] = all_g, all_gx
    for r in range(n):
        g += seen[r]
        gx += seen[r] * x[r]
        plain[n + 2 + r], weighted[n + 2 + r] = share * g + all_g, share * gx + all_gx


@compiled
def _stepped(
    w: Any, b: Any, a: Any, aw: Any, ab: Any, group: Any, plain: Any, weighted: Any, steps: Any, g: Any, gx: Any, slope: Any
) -> None:
    """Update a block of units; g, gx and slope are room for what they see and for the derivatives by a."""
    m = w.size
    inner, outer, kept_inner, kept_outer = steps
    for i in range(m):
        g[i] = plain[group[i]]
    for i in range(m):
        gx[i] = weighted[group[i]]
    for i in range(m):
        slope[i] = w[i] * gx[i] + b[i] * g[i]
    for i in range(m):
        w[i] = kept_inner * w[i] - inner * (a[i] * gx[i])
    for i in range(m):
        b[i] = kept_inner * b[i] - inner * (a[i] * g[i])
    for i in range(m):
        a[i] = kept_outer * a[i] - outer * slope[i]
    for i in range(m):
        aw[i] = a[i] * w[i]
    for i in range(m):
        ab[i] = a[i] * b[i]


@compiled
def _left(w: Any, b: Any, on: Any, off: Any) -> bool:
    """Whether a unit of a block has left its group."""
    left = False
    for i in range(w.size):
        left |= (not (w[i] * on[i] > -b[i])) | (w[i] * off[i] > -b[i])
    return left


@compiled
def step_scalar(units: Any, task: Any, rates: Any, seen: Any) -> None:
    """Do one step of gradient descent on all units, given the derivatives of the loss by the values."""
    w, b, a, x, group = units.w, units.b, units.a, task.x, units.group
    m, n, real = w.size, x.size, w.dtype.type
    plain, weighted = np.empty(2 * n + 2, w.dtype), np.empty(2 * n + 2, w.dtype)
    _tabulate(seen, task, plain, weighted)
    steps = (real(rates.inner), real(rates.outer), real(rates.kept_inner), real(rates.kept_outer))
    room = np.empty((3, _BLOCK), w.dtype)
    gone = np.empty(m, np.int64)
    count = 0
    # units that are active nowhere see nothing, and stay as they are unless they leak or decay
    idle = task.leak == 0 and rates.kept_inner == 1 and rates.kept_outer == 1
    dead = (units.start[n], units.start[n + 2]) if idle else (m, m)
    for begin, end in ((0, dead[0]), (dead[1], m)):
        for first in range(begin, end, _BLOCK):
            part = slice(first, min(first + _BLOCK, end))
            _stepped(
                w[part], b[part], a[part], units.aw[part], units.ab[part], group[part], plain, weighted, steps, room[0], room[1], room[2]
            )
            if rates.inner != 0 and _left(w[part], b[part], units.on[part], units.off[part]):
                for i in range(part.start, part.stop):
                    if (not (w[i] * units.on[i] > -b[i])) | (w[i] * units.off[i] > -b[i]):
                        gone[count] = units.unit[i]
                        count += 1
    for i in range(count):
        _move(units, gone[i], x)


@compiled
def run_scalar(units: Any, bias: Any, best: Any, task: Any, rates: Any, rules: Any, record: Any, count: int) -> None:
    """Do up to ``count`` epochs; ``bias`` is an array of one, ``best`` keeps (w, b, a, unit, bias) of the best epoch."""
    counts = record.counts
    f, seen = np.empty(task.x.size), np.empty(task.x.size)
    for _ in range(count):
        scalar_values(f, units, task, bias[0])
        train, validation = scalar_loss(f, task, seen)
        if note(record, rules, train, validation, validation) and task.validated:
            best[0][:], best[1][:], best[2][:], best[3][:], best[4][:] = units.w, units.b, units.a, units.unit, bias
        if counts[STATUS] != RUNNING:
            return
        step_scalar(units, task, rates, seen)
        if rates.bias != 0:
            bias[0] -= rates.bias * task.scale * seen.sum()
        counts[EPOCH] += 1
