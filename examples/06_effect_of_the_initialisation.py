"""Fit Jin and Montúfar's points as wide networks of different initialisations do, and see where each likes to bend.

You learn: in the kernel regime gradient descent finds the function of least ∫ (g'')²/ζ, and the initialisation of input
weights W and biases B gives ζ: where many kinks are, curvature is cheap. Uniform parameters whose kinks reach beyond the data
give the natural cubic spline; normal ones bend near 0. These are the settings of the paper's Figure 1.
Give the name of a picture to see it:

    python examples/06_effect_of_the_initialisation.py zeta.svg
"""

import sys

import numpy as np
from scipy.interpolate import CubicSpline

import implicit_bias as ib
from implicit_bias.data import jin_montufar, jin_montufar_uneven

ZETAS = {
    r"$W \sim U(-1, 1),\ B \sim U(-2, 2)$": ib.UniformZeta(1, 2),
    r"$W \sim N(0, 1),\ B \sim N(0, 1)$": ib.GaussianZeta(1, 1),
    r"$W \sim N(0, 1),\ B \sim N(0, 0.1)$": ib.GaussianZeta(1, np.sqrt(0.1)),
}


def main() -> None:
    """Solve for every initialisation, compare with the cubic spline, and draw where a path is given."""
    for name, sample in [("even", jin_montufar()), ("uneven", jin_montufar_uneven())]:
        cubic = CubicSpline(sample.x, sample.y, bc_type="natural")
        grid = np.linspace(sample.x[0], sample.x[-1], 401)
        print(f"{sample.x.size} {name} points")
        print(f"{'initialisation':<34}{'status':<9}{'energy':>13}{'gap':>10}{'from cubic':>12}{'share of bending near 0':>25}")
        solutions = {}
        for words, zeta in ZETAS.items():
            solution = ib.solve(ib.SplineProblem(sample.x, sample.y, zeta))
            assert solution.spline is not None
            bends = np.abs(solution.spline(grid, 2))
            near = bends[np.abs(grid) < 0.5].sum() / bends.sum()
            apart = np.abs(solution.predict(grid) - cubic(grid)).max()
            plain = words.replace("$", "").replace(r"\sim", "~").replace("\\ ", " ")
            print(f"{plain:<34}{solution.status:<9}{solution.value:>13.6f}{solution.gap:>10.1e}{apart:>12.1e}{near:>25.0%}")
            solutions[words] = solution
        print()
        if name == "even" and len(sys.argv) > 1:
            from implicit_bias.plots import plot_effect_of_zeta

            plot_effect_of_zeta(solutions, sys.argv[1])
            print(f"picture  {sys.argv[1]}\n")


if __name__ == "__main__":
    main()
