"""Interpolate points of the plane by the network of least cost, and read the certificate that proves it.

You learn: with several inputs a feature is a unit vector u, an atom bends f along the line u · (x, 1) = 0, and column generation
finds atoms off any grid; for two inputs the supremum of the certificate η over the sphere is exact, so that the lower bound is
proved. Atoms of an optimum lie where η is ±1, with the sign of their weight. Any network can be judged against it. Give the name
of a picture to see the function with its lines, and η over the sphere:

    python examples/10_two_inputs.py plane.png
"""

import sys

import numpy as np

import implicit_bias as ib


def main() -> None:
    """Solve, check the certificate at the atoms and elsewhere, judge a wide network, and draw where a path is given."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(20, 2))
    y = np.sin(3 * x[:, 0]) * x[:, 1]
    problem = ib.RegressionProblem(x, y)
    solution = ib.solve(problem)
    atoms, eta = solution.atoms, solution.certificate
    assert isinstance(atoms, ib.RidgeMeasure)  # as for all problems of several inputs
    assert eta is not None
    print(f"{len(problem)} points of {problem.inputs} inputs: {solution.status}")
    print(f"lower bound  {solution.lower_bound:.9g}")
    print(f"upper bound  {solution.upper_bound:.9g}")
    print(f"gap          {solution.gap:.1e}")
    print(f"misfit       {solution.constraint_violation:.1e}, the largest |f(x) - y|")
    print(f"atoms        {len(atoms)} unit vectors in R^3")

    units = rng.normal(size=(100_000, 3))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    print(f"certificate  peak {eta.peak:.9f}, {'exact' if eta.exact else 'not proved'}")
    aligned = eta(atoms.features) @ atoms.weights / np.abs(atoms.weights).sum()
    print(f"at atoms     {aligned:.9f}, the mean of η times the sign of the weight, by weight")
    print(f"at random    {np.abs(eta(units)).max():.9f}, the largest |η| at {len(units):,} features")

    W, b = rng.normal(size=(300, 2)), rng.normal(size=300)
    a = np.linalg.lstsq(np.maximum(x @ W.T + b, 0), y, rcond=None)[0]
    judged = ib.judge(problem, ib.RidgeMeasure.from_network(W, b, a), solution.dual)
    print(f"random net   costs {judged.value:.6g} with {len(W)} units, {judged.value / solution.lower_bound:.2f} times the least")

    if len(sys.argv) > 1:
        from implicit_bias.plots import plot_solution

        plot_solution(solution, sys.argv[1])
        print(f"picture      {sys.argv[1]}")


if __name__ == "__main__":
    main()
