"""An intersection of k half-spaces as a network of 2 k hidden units, on all corners of a cube.

You learn: for integer normals [w·x]₊ - [w·x - 1]₊ is 1 where w·x > 0 and 0 elsewhere on {±1}^D, so the sum of k such pairs is k on the
intersection and at most k - 1 off it: a small network, and yet a class that is hard to learn (Neyshabur et al., appendix). Two
things the paper leaves out: the biases -1 need a constant input, and the sum is never negative, so that its sign does
not tell; it takes a threshold between k - 1 and k, by an output bias or, as the paper's networks have none, one more unit.
"""

from itertools import product

import numpy as np

import implicit_bias as ib


def counting(normals: np.ndarray, threshold: float = 0.0) -> ib.Network:
    """Return x ↦ Σ_i ([w_i·x]₊ - [w_i·x - 1]₊) - threshold."""
    ones = np.ones(len(normals))
    return ib.Network(np.concatenate([normals, normals]), np.concatenate([0 * ones, -ones]), np.concatenate([ones, -ones]), -threshold)


def main() -> None:
    """Print, for growing dimension and number of half-spaces, what the network says at every corner."""
    rng = np.random.default_rng(0)
    print(f"{'D':>3}{'k':>4}{'units':>7}{'corners':>9}{'inside':>8}{'f inside':>10}{'at most, outside':>18}", end="")
    print(f"{'y f ≤ 0':>9}{'y (f - k + ½) ≤ 0':>19}")
    for dimension, count in ((2, 1), (5, 2), (8, 3), (10, 4), (11, 6), (12, 8)):
        corners = np.array(list(product([-1.0, 1.0], repeat=dimension)))
        normals = rng.choice([-1.0, 1.0], (count, dimension))
        normals[normals @ corners[0] <= 0] *= -1  # so that few intersections are empty
        inside = (corners @ normals.T > 0).all(axis=1)
        network = counting(normals)
        f, y = network(corners), np.where(inside, 1, -1)
        assert (f[inside] == count).all()
        wrong = [(y * g <= 0).sum() for g in (f, counting(normals, count - 0.5)(corners))]
        print(f"{dimension:>3}{count:>4}{network.b.size:>7}{len(corners):>9}{inside.sum():>8}", end="")
        print(f"{count:>10}{f[~inside].max():>18g}{wrong[0]:>9}{wrong[1]:>19}")

    whole, half = rng.choice([-1.0, 1.0], (2, 10)), rng.choice([-1.5, -0.4, 0.3, 1.0], (2, 10))
    corners = np.array(list(product([-1.0, 1.0], repeat=10)))
    print("\nvalues of f, two half-spaces, 1024 corners")
    for name, normals in (("integer normals", whole), ("fractions", half)):
        values = np.unique(np.round(counting(normals)(corners), 9))
        print(f"{name:<17}{values.size:>4} values: {', '.join(f'{value:g}' for value in values[:5])}{' …' if values.size > 5 else ''}")


if __name__ == "__main__":
    main()
