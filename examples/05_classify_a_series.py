"""Classify sixty years of sunspot numbers, coarsely and finely.

You learn: the finer the bins, the more neighbours differ in their class, and the larger is S_C, the set of points among
which an optimum finds its kinks; the bounds on the least cost hold at every size, whatever the solver says of itself.
"""

from pathlib import Path

import numpy as np

import implicit_bias as ib

DATA = Path(__file__).parent / "data" / "sunspots.csv"
FIRST, LAST = 1900, 1959
CLASSES = 6


def main() -> None:
    """Print S_C for growing numbers of bins, then a solution and its bounds."""
    series = ib.read_dataset(DATA)
    chosen = (series.x >= FIRST) & (series.x <= LAST)
    years, spots = series.x[chosen], series.y[chosen]
    print(f"{years.size} years from {years[0]:g} to {years[-1]:g}, {spots.min():g} to {spots.max():g} sunspots")
    for bins in (2, 3, 4, 6, 10, 20, 50):
        labels, _ = ib.bin_targets(spots, bins)
        print(f"{bins:>3} bins: S_C has {ib.classification_kinks(years, labels).size} of the {years.size} points")

    labels, midpoints = ib.bin_targets(spots, CLASSES)
    solution = ib.solve(ib.MaxMarginProblem(years, labels, CLASSES))
    print(f"\n{CLASSES} classes, sizes {', '.join(map(str, np.bincount(labels, minlength=CLASSES)))}")
    print(f"status       {solution.status}: {solution.status.advice}")
    print(f"lower bound  {solution.lower_bound:.8g}")
    print(f"upper bound  {solution.upper_bound:.8g}")
    print(f"gap          {solution.gap:.1e}, relative")
    print(f"support      {solution.atoms.support(0).size} kinks")

    scores = solution.predict(years)
    right = (scores.argmax(axis=1) == labels).sum()
    error = np.abs(ib.expected_targets(scores, midpoints) - spots).mean()
    print(f"right class  {right} of {years.size}")
    print(f"mean error   {error:.1f} sunspots, of the expected number; half a bin is {midpoints[0] - spots.min():.1f}")


if __name__ == "__main__":
    main()
