"""Solve problem (13) on the yearly sunspot numbers, and read what the answer proves about itself.

You learn: a solution carries an upper bound (a network that fits the data) and a lower bound (a dual certificate), both
recomputed from the answer, so "optimal" is a fact about your data and not a solver's word. Give the name of a picture
to see the fit, the network's features and the certificate:

    python examples/01_solve_a_series.py sunspots.svg
"""

import sys
from pathlib import Path

import implicit_bias as ib

DATA = Path(__file__).parent / "data" / "sunspots.csv"


def main() -> None:
    """Solve, print, and draw where a path is given."""
    series = ib.read_dataset(DATA)
    solution = ib.solve(ib.RegressionProblem(series.x, series.y))
    print(f"{len(series)} points from {series.x[0]:g} to {series.x[-1]:g}")
    print(f"status       {solution.status}: {solution.status.advice}")
    print(f"lower bound  {solution.lower_bound:.10g}   no network fits the data at a lower cost")
    print(f"upper bound  {solution.upper_bound:.10g}   this one does at this cost")
    print(f"gap          {solution.gap:.1e}, relative")
    print(f"misfit       {solution.constraint_violation:.1e}, the largest |f(x) - y|")

    found = solution.atoms.support(0)
    predicted = ib.regression_kinks(series.x, series.y)
    inside = set(found) <= set(predicted)
    print(f"support      {found.size} kinks, {'all' if inside else 'not all'} among the {predicted.size} that Theorem 6.1 predicts")
    assert solution.certificate is not None  # there is one with every dual
    print(f"certificate  peak {solution.certificate.peak:.10g}, at most 1 for a feasible dual")

    if len(sys.argv) > 1:
        from implicit_bias.plots import plot_regression

        plot_regression(solution, sys.argv[1])
        print(f"picture      {sys.argv[1]}")


if __name__ == "__main__":
    main()
