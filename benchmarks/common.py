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


def yardstick() -> None:
    """Time two things that everybody can time."""
    rng = np.random.default_rng(0)
    x, a = rng.random(10**7), rng.random((2000, 2000))
    print(f"yardstick: argsort of 10^7 {seconds(lambda: np.argsort(x)):.2f} s, product of 2000 × 2000 {seconds(lambda: a @ a):.2f} s")
