"""Full-batch gradient descent of a network of one input and k outputs, O(k (m + n)) an epoch.

As :mod:`~implicit_bias.networks.scalar`, with k sums at a time: the units stay where they are, and only their numbers are kept in
groups. A sweep over the places carries the k slopes and heights of the units that are active there, another the k residuals that
the units it passes see.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from implicit_bias.networks.codes import EPOCH, RUNNING, STATUS
from implicit_bias.networks.compiled import active, bounds, compiled, group_of, grouped, summing
from implicit_bias.networks.stopping import note
from implicit_bias.networks.vector_losses import vector_loss
from implicit_bias.numerics.arrays import FloatArray, IntArray


class VectorUnits(NamedTuple):
    """Hidden units, updated in place.

    Attributes
    ----------
    w, b : (m,) input weights and biases
    a : (m, k) output weights
    group, slot : (m,) the group of each unit and its place in the order
    order : (m,) the units in the order of their groups
    start : (2N + 3,) the first place of each group
    """

    w: FloatArray
    b: FloatArray
    a: FloatArray
    group: IntArray
    slot: IntArray
    order: IntArray
    start: IntArray


class VectorTask(NamedTuple):
    """What is fitted.

    Attributes
    ----------
    x : (N,) increasing places, in the precision of the run
    y : (N, k) targets of the squared loss; else (0, k)
    label : (N,) classes of the other losses
    share : (N,) positive weights in the training loss; negative ones are weights in the validation loss
    value : (N,) numbers that the expectation over ``midpoints`` should be, to choose the best epoch by
    midpoints : (k,), or empty if the best epoch is chosen by the validation loss
    loss : SQUARED, CROSS_ENTROPY or BATCH_CROSS_ENTROPY
    leak : the slope where a unit is not active
    scale : of the output
    validated : whether there are validation points
    """

    x: FloatArray
    y: FloatArray
    label: IntArray
    share: FloatArray
    value: FloatArray
    midpoints: FloatArray
    loss: int
    leak: float
    scale: float
    validated: bool


def new_vector_units(w: FloatArray, b: FloatArray, a: FloatArray, x: FloatArray) -> VectorUnits:
    """Return the units of a network with weights of the precision of ``x``."""
    return VectorUnits(w.copy(), b.copy(), a.copy(), *grouped(w, b, x))


@compiled
def _regroup(units: Any, x: Any) -> None:
    """Bring every unit that has left its group into the right one."""
    order, slot, start = units.order, units.slot, units.start
    for i in range(units.w.size):
        w, b, here = units.w[i], units.b[i], units.group[i]
        on, off = bounds(here, x)
        if active(w, b, on) and not active(w, b, off):
            continue
        there, at = group_of(w, b, x), slot[i]
        units.group[i] = there
        while here != there:
            edge = start[here + 1] - 1 if here < there else start[here]
            other = order[edge]
            order[at], slot[other], order[edge], slot[i] = other, at, i, edge
            if here < there:
                here += 1
                start[here] = edge
            else:
                start[here] = edge + 1
                here -= 1
            at = edge


@summing
def _add(slopes: Any, heights: Any, a: Any, w: Any, b: Any) -> None:
    for c in range(slopes.size):
        slopes[c] += w * a[c]
        heights[c] += b * a[c]


@summing
def _put(f: Any, slopes: Any, heights: Any, x: Any) -> None:
    for c in range(f.size):
        f[c] += slopes[c] * x + heights[c]


@compiled
def vector_values(f: Any, units: Any, task: Any, bias: Any) -> None:
    """Write the network's values at the places into ``f``, (N, k)."""
    w, b, a, x, start, order = units.w, units.b, units.a, task.x, units.start, units.order
    n, k, real = x.size, a.shape[1], a.dtype.type
    leak = real(task.leak)
    slopes, heights = np.zeros(k, a.dtype), np.zeros(k, a.dtype)
    base_slopes, base_heights = np.zeros(k, a.dtype), bias.astype(a.dtype)
    if leak != 0:
        for i in range(w.size):
            _add(base_slopes, base_heights, a[i], leak * w[i], leak * b[i])
    share = real(1) - leak
    for j in range(n):
        f[j] = 0
        _put(f[j], base_slopes, base_heights, x[j])
        for p in range(start[j], start[j + 1]):
            i = order[p]
            _add(slopes, heights, a[i], share * w[i], share * b[i])
        _put(f[j], slopes, heights, x[j])
    slopes[:] = 0
    heights[:] = 0
    for j in range(n - 1, -1, -1):
        for p in range(start[n + 2 + j], start[n + 3 + j]):
            i = order[p]
            _add(slopes, heights, a[i], share * w[i], share * b[i])
        _put(f[j], slopes, heights, x[j])
    if task.scale != 1:
        f *= real(task.scale)


@summing
def _gather(g: Any, gx: Any, row: Any, share: Any, x: Any) -> None:
    for c in range(g.size):
        g[c] += share * row[c]
        gx[c] += share * x * row[c]


@summing
def _stepped(a: Any, g: Any, gx: Any, w: Any, b: Any, outer: Any, kept: Any) -> tuple[float, float]:
    """Update the output weights of one unit; returns the derivatives by w and by b."""
    by_w = by_b = a.dtype.type(0)
    for c in range(a.size):
        by_w += a[c] * gx[c]
        by_b += a[c] * g[c]
    for c in range(a.size):
        a[c] = kept * a[c] - outer * (w * gx[c] + b * g[c])
    return by_w, by_b


@compiled
def _step_group(units: Any, group: int, g: Any, gx: Any, rates: Any) -> None:
    w, b, real = units.w, units.b, units.a.dtype.type
    inner, kept = real(rates.inner), real(rates.kept_inner)
    for p in range(units.start[group], units.start[group + 1]):
        i = units.order[p]
        by_w, by_b = _stepped(units.a[i], g, gx, w[i], b[i], real(rates.outer), real(rates.kept_outer))
        w[i] = kept * w[i] - inner * by_w
        b[i] = kept * b[i] - inner * by_b


@compiled
def step_vector(units: Any, task: Any, rates: Any, seen: Any) -> Any:
    """Do one step of gradient descent on all units, given the derivatives by the values; returns their sum over the points."""
    x, share, start = task.x, task.share, units.start
    n, k, real = x.size, seen.shape[1], units.a.dtype.type
    part, leak = real((1 - task.leak) * task.scale), real(task.leak * task.scale)
    g, gx = np.zeros(k, units.a.dtype), np.zeros(k, units.a.dtype)
    all_g, all_gx = np.zeros(k, units.a.dtype), np.zeros(k, units.a.dtype)
    if leak != 0:
        for j in range(n):
            if share[j] > 0:
                _gather(all_g, all_gx, seen[j], leak, x[j])
    g[:], gx[:] = all_g, all_gx
    _step_group(units, n, g, gx, rates)
    for j in range(n - 1, -1, -1):
        if share[j] > 0:
            _gather(g, gx, seen[j], part, x[j])
        if start[j] < start[j + 1]:
            _step_group(units, j, g, gx, rates)
    g[:], gx[:] = all_g, all_gx
    _step_group(units, n + 1, g, gx, rates)
    for j in range(n):
        if share[j] > 0:
            _gather(g, gx, seen[j], part, x[j])
        if start[n + 2 + j] < start[n + 3 + j]:
            _step_group(units, n + 2 + j, g, gx, rates)
    if rates.inner != 0:
        _regroup(units, x)
    total = np.zeros(k)
    if rates.bias != 0:
        for j in range(n):
            if share[j] > 0:
                total += seen[j]
    return total


@compiled
def run_vector(units: Any, bias: Any, best: Any, task: Any, rates: Any, rules: Any, record: Any, count: int) -> None:
    """Do up to ``count`` epochs; ``bias`` is (k,), ``best`` keeps (w, b, a, bias) of the best epoch."""
    counts = record.counts
    f, logs = np.empty((task.x.size, units.a.shape[1]), units.a.dtype), np.empty(task.x.size)
    for _ in range(count):
        vector_values(f, units, task, bias)
        train, validation, chosen = vector_loss(f, task, logs)
        if note(record, rules, train, validation, chosen) and task.validated:
            best[0][:], best[1][:], best[2][:], best[3][:] = units.w, units.b, units.a, bias
        if counts[STATUS] != RUNNING:
            return
        total = step_vector(units, task, rates, f)
        if rates.bias != 0:
            bias -= rates.bias * task.scale * total
        counts[EPOCH] += 1
