"""Smooth three centuries of sunspot cycles, laid over each other: noisy data in which every x comes many times.

You learn: smoothing takes repeated x, and weighs each by its rows; λ can be given, chosen by cross-validation, or stated as
the time at which training stops, λ = 1/t; ``ib.path`` solves for many. A short time gives a straight line, a long one the
mean of every year. Give the name of a picture to see the path:

    python examples/07_smooth_a_cycle.py path.png
"""

import sys
from pathlib import Path

import numpy as np

import implicit_bias as ib

DATA = Path(__file__).parent / "data" / "sunspots.csv"
TIMES = (0.0001, 0.001, 0.01, 0.1, 1.0)


def years_since_minimum(spots: np.ndarray) -> np.ndarray:
    """Return, for every year from the first minimum on, how long ago the last one was; a minimum is the least of nine years around it."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(spots, 4, constant_values=-np.inf), 9)
    minima = np.flatnonzero(spots == around.min(axis=1))
    years = np.arange(minima[0], spots.size)
    return years - minima[np.searchsorted(minima, years, side="right") - 1]


def main() -> None:
    """Smooth by cross-validation and by early stopping, and draw where a path is given."""
    spots = ib.read_dataset(DATA).y
    phase = years_since_minimum(spots).astype(float)
    spots = spots[-phase.size :]
    problem = ib.SplineProblem(phase, spots, smoothing="gcv")
    chosen = ib.solve(problem)
    print(f"{spots.size} years at {len(problem)} phases of the cycle, {problem.counts.min():.0f} to {problem.counts.max():.0f} at each")
    print(f"cross-validation: {chosen.status}, λ = {chosen.regularization:.6g}, gap {chosen.gap:.1e}")
    fine = np.linspace(0, problem.x[-1], 1001)
    peak = fine[chosen.predict(fine).argmax()]
    print(f"the mean cycle peaks {peak:.1f} years after its minimum, at {chosen.predict(peak):.0f} sunspots")

    print(f"\n{'time':>8}{'λ':>10}{'degrees of freedom':>20}{'misfit':>9}  status")
    stopped = ib.path(problem, [ib.EarlyStopping(time) for time in TIMES])
    for time, solution in zip(TIMES, stopped, strict=True):
        misfit = np.sqrt(np.mean((solution.predict(phase) - spots) ** 2))
        print(f"{time:>8g}{solution.regularization:>10g}{solution.degrees_of_freedom:>20.3f}{misfit:>9.3f}  {solution.status}")

    if len(sys.argv) > 1:
        from implicit_bias.plots import plot_spline_path

        plot_spline_path(stopped, sys.argv[1], rows=(phase, spots))
        print(f"\npicture  {sys.argv[1]}")


if __name__ == "__main__":
    main()
