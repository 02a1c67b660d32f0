"""What the compiled loops share: how they are compiled, when a unit is active, where units are kept, and an exponential.

Units are kept in groups. A unit with w ≥ 0 is *rising*: active from some place on; with w < 0 it is *falling*: active up to some
place. On N increasing places x[0] ≤ … ≤ x[N-1] there are 2N + 2 groups:

    group     0 … N       rising, active at places r … N-1, r = group         (group N: never)
    group     N+1 … 2N+1  falling, active at places 0 … r-1, r = group - N - 1 (group N+1: never)

Units of neighbouring groups are next to one another, so that one that crosses a place is swapped to the edge of its group and
the edge is moved: O(1). In a group all units see the same data, hence the same sums.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic, overload

Function = TypeVar("Function", bound=Callable[..., Any])

SUMMING = {"reassoc", "contract", "nsz"}
"""Liberties that let sums run in vector registers; never those that assume finite numbers."""


FINDING = {"nnan", "nsz", "reassoc"}
"""The same for largest numbers; what is found among some that are not numbers is left open."""


def stamp(folder: Path) -> str:
    """Return a few letters that change with any source in a folder or in one within it."""
    sources = b"".join(path.read_bytes() for path in sorted(folder.rglob("*.py")))
    return hashlib.sha256(sources).hexdigest()[:12]


_STAMP = stamp(Path(__file__).parent)


def _compile(function: Function, liberties: set[str]) -> Function:
    # machine code is kept on disk under the function's name, and with that of the functions it calls, in other files, within:
    # Numba would not notice that one of them has changed
    function.__qualname__ += f"_{_STAMP}"
    # what is called is compiled into what calls it: else the first process runs the called functions' own code, and later ones, which
    # take the caller from disk, the copies within, whose sums the optimiser has put in another order
    found: Function = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=liberties, forceinline=True)(function)
    return found


def compiled(function: Function) -> Function:
    """Compile a loop whose every operation is rounded as written."""
    return _compile(function, set())


def summing(function: Function) -> Function:
    """Compile a loop whose sums may be reordered; the order is the same at every call."""
    return _compile(function, SUMMING)


def finding(function: Function) -> Function:
    """Compile a loop that finds a largest number."""
    return _compile(function, FINDING)


@compiled
def active(w: float, b: float, x: float) -> bool:
    """Whether the rounded w x + b is positive: no sum is formed, so that no compiler can fuse it into another rounding."""
    return w * x > -b


@compiled
def group_of(w: float, b: float, x: Any) -> int:
    """Return a unit's group by bisection; rounding keeps w x + b monotone in x, so that there is one place where it turns."""
    lo, hi = 0, x.size
    rising = w >= 0
    while lo < hi:
        middle = (lo + hi) // 2
        if active(w, b, x[middle]) == rising:
            hi = middle
        else:
            lo = middle + 1
    return lo if rising else x.size + 1 + lo


@compiled
def grouped(w: Any, b: Any, x: Any) -> Any:
    """Return the units' groups, their places in the order of groups, the units in that order, and where each group starts."""
    m, n = w.size, x.size
    group, slot, order = np.empty(m, np.int64), np.empty(m, np.int64), np.empty(m, np.int64)
    start = np.zeros(2 * n + 3, np.int64)
    for i in range(m):
        group[i] = group_of(w[i], b[i], x)
        start[group[i] + 1] += 1
    for g in range(2 * n + 2):
        start[g + 1] += start[g]
    free = start.copy()
    for i in range(m):
        slot[i] = free[group[i]]
        free[group[i]] += 1
        order[slot[i]] = i
    return group, slot, order, start


@compiled
def bounds(group: Any, x: Any) -> tuple[float, float]:
    """Return the nearest places where units of a group are and are not active; infinite where there is none.

    A unit is in its group iff it is active at the first and not at the second, by the test of :func:`active`, which at ±inf says
    what the sign of w does.
    """
    n = x.size
    rising = group <= n
    r = group if rising else group - n - 1
    before = x[r - 1] if r > 0 else x.dtype.type(-np.inf)
    after = x[r] if r < n else x.dtype.type(np.inf)
    return (after, before) if rising else (before, after)


@intrinsic  # type: ignore[untyped-decorator]
def _as_float64(typingctx: Any, bits: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    return types.float64(types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def _as_float32(typingctx: Any, bits: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    return types.float32(types.int32), generate


_LOG2_E = 1.4426950408889634
_LOG_2 = (6.93147180369123816490e-01, 1.90821492927058770002e-10)
_LOG_2_SINGLE = (np.float32(0.693359375), np.float32(-2.12194440e-4))
_LOWEST, _LOWEST_SINGLE = -708.0, np.float32(-87.0)
"""e to these is the least number that is normal, more or less; less counts as this."""

# the compiled loops of the system's exp run one number at a time, these eight or sixteen


@compiled
def exp64(z: float) -> float:
    """Return e to z ≤ 0 with a relative error of at most 1e-15: 2 to a whole number times a Taylor series on |r| ≤ log(2)/2."""
    z = max(z, _LOWEST)
    k = np.floor(z * _LOG2_E + 0.5)
    r = (z - k * _LOG_2[0]) - k * _LOG_2[1]
    p = 1 / 6227020800.0
    p = p * r + 1 / 479001600.0
    p = p * r + 1 / 39916800.0
    p = p * r + 1 / 3628800.0
    p = p * r + 1 / 362880.0
    p = p * r + 1 / 40320.0
    p = p * r + 1 / 5040.0
    p = p * r + 1 / 720.0
    p = p * r + 1 / 120.0
    p = p * r + 1 / 24.0
    p = p * r + 1 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    found: float = p * _as_float64((np.int64(k) + 1023) << 52)
    return found


@compiled
def exp32(z: Any) -> Any:
    """Return e to z ≤ 0 in single precision, with a relative error of at most 1e-6."""
    z = max(z, _LOWEST_SINGLE)
    k = np.floor(z * np.float32(_LOG2_E) + np.float32(0.5))
    r = (z - k * _LOG_2_SINGLE[0]) - k * _LOG_2_SINGLE[1]
    p = np.float32(1 / 5040.0)
    p = p * r + np.float32(1 / 720.0)
    p = p * r + np.float32(1 / 120.0)
    p = p * r + np.float32(1 / 24.0)
    p = p * r + np.float32(1 / 6.0)
    p = p * r + np.float32(0.5)
    p = p * r + np.float32(1.0)
    p = p * r + np.float32(1.0)
    return p * _as_float32((np.int32(k) + np.int32(127)) << np.int32(23))


def exp(z: Any) -> Any:
    """Return e to z ≤ 0, within compiled loops: in the precision of z."""
    return np.exp(z)


@overload(exp, strict=False)  # type: ignore[untyped-decorator]
def _exp(z: Any) -> Any:
    power = exp32 if z == types.float32 else exp64
    return lambda z: power(z)
