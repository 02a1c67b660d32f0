"""Bin real targets into classes, solve the max-margin problem (14), and turn scores back into real predictions.

You learn: ``ib.bin_targets`` makes classes of real targets and ``ib.expected_targets`` goes back; the classifier comes with
the same two bounds as an interpolant; and where its kinks may lie (S_C: points at which the class changes) is not where those
of regression lie (S_R: points at which the interpolant bends). All margins are right, yet the expectation is not exact: a
margin of 1 leaves the softmax spread over several bins. The data are the triangles of Stewart et al., section 7.
Give the name of a picture to see scores, features and certificate:

    python examples/04_regression_as_classification.py triangles.png
"""

import sys

import numpy as np

import implicit_bias as ib
from implicit_bias.data import triangles

BINS = 50


def main() -> None:
    """Solve both problems, compare, and draw where a path is given."""
    train, fresh = triangles(seed=0, bins=BINS), triangles(seed=1, bins=BINS)
    labels, midpoints = ib.bin_targets(train.y, BINS, range=(0, 1), midpoints="ends")
    classifier = ib.solve(ib.MaxMarginProblem(train.x, labels, BINS))
    print(f"{train.x.size} points, {BINS} classes of width {midpoints[1] - midpoints[0]:.4f}")
    print(f"status       {classifier.status}")
    print(f"lower bound  {classifier.lower_bound:.8g}   no network has margin 1 on all points at a lower cost")
    print(f"upper bound  {classifier.upper_bound:.8g}   this one, scaled by its smallest margin, costs this")
    print(f"gap          {classifier.gap:.1e}, relative")

    interpolant = ib.solve(ib.RegressionProblem(train.x, train.y))
    allowed = ib.classification_kinks(train.x, labels).size, ib.regression_kinks(train.x, train.y).size
    print(f"\n{'':<22}{'predicted':>12}{'kinks found':>14}{'training error':>17}{'error on fresh points':>24}")
    for name, solution, size in [("classification, S_C", classifier, allowed[0]), ("regression, S_R", interpolant, allowed[1])]:
        errors = []
        for sample in (train, fresh):
            said = solution.predict(sample.x)
            values = ib.expected_targets(said, midpoints) if solution is classifier else said
            errors.append(float(np.abs(values - sample.y).mean()))
        print(f"{name:<22}{size:>12}{solution.atoms.support(0).size:>14}{errors[0]:>17.4f}{errors[1]:>24.4f}")

    if len(sys.argv) > 1:
        from implicit_bias.plots import plot_classification

        plot_classification(classifier, sys.argv[1])
        print(f"\npicture      {sys.argv[1]}")


if __name__ == "__main__":
    main()
