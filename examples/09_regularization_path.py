"""Follow a noisy series from no atoms to many: the squared loss plus λ times the cost of a network, for falling λ.

You learn: ``ib.lambda_max`` is where the first atom appears; ``ib.path`` solves for many λ, each from the one before, and every
answer has its own bounds; the loss falls and the cost grows as λ does not matter more. Kinks lie anywhere on the line, for these
are found off any grid. Give the name of a picture to see the answer whose misfit is nearest to the noise:

    python examples/09_regularization_path.py path.png
"""

import sys

import numpy as np

import implicit_bias as ib

NOISE = 0.3
SHARES = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005)


def main() -> None:
    """Print the path, and draw one answer where a path is given."""
    rng = np.random.default_rng(0)
    x = np.linspace(-1, 1, 80)
    truth = np.sin(6 * x) * (x > -0.5)
    y = truth + NOISE * rng.normal(size=x.size)
    problem = ib.RegularizedProblem(x, y, 1.0)
    most = ib.lambda_max(problem)
    print(f"{x.size} points; no atoms from λ = {most:.6g} on")
    solutions = ib.path(problem, [share * most for share in SHARES])

    print(f"\n{'λ':>9}{'atoms':>7}{'cost':>10}{'misfit':>9}{'from truth':>12}{'gap':>10}  status")
    misfits = [float(np.sqrt(np.mean((solution.predict(x) - y) ** 2))) for solution in solutions]
    for solution, misfit in zip(solutions, misfits, strict=True):
        assert solution.measure is not None
        cost = solution.problem.cost(solution.measure)
        away = np.sqrt(np.mean((solution.predict(x) - truth) ** 2))
        level = solution.problem.regularization
        print(f"{level:>9.5f}{len(solution.atoms):>7}{cost:>10.4f}{misfit:>9.4f}{away:>12.4f}{solution.gap:>10.1e}  {solution.status}")

    nearest = solutions[int(np.abs(np.array(misfits) - NOISE).argmin())]
    print(f"\nthe misfit is nearest to the noise of {NOISE} at λ = {nearest.problem.regularization:.5f}")
    if len(sys.argv) > 1:
        from implicit_bias.plots import plot_solution

        plot_solution(nearest, sys.argv[1])
        print(f"picture  {sys.argv[1]}")


if __name__ == "__main__":
    main()
