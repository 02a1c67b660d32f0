"""What the benchmarks share."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np


def seconds(work: Callable[[], object]) -> float:
    """Return the wall seconds of a call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def noisy_sine(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return n random points, sorted, and a noisy sine of them."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.random(n))
    return x, np.sin(9 * x) + 0.1 * rng.normal(size=n)
