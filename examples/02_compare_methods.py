"""Solve one problem in three ways, trust none of them, and prove a small case exactly.

You learn: the exact method takes linear time; CVXPY programs of the same problem run on any backend, and whatever that
says of itself, gap and violation are recomputed here; over the rationals both sides meet, which is a proof.
The data are the triangles of Stewart et al., section 7.
"""

from fractions import Fraction
from typing import Literal

import implicit_bias as ib
from implicit_bias.data import triangles

Method = Literal["exact", "sparse", "dictionary"]


def compare(per_bin: int, methods: list[tuple[Method, str | None]]) -> None:
    """Print a row for each method and backend."""
    sample = triangles(per_bin=per_bin)
    problem = ib.RegressionProblem(sample.x, sample.y)
    print(f"\nTriangles, {len(problem)} points")
    print(f"{'method':<12}{'backend':<10}{'value':>15}{'gap':>10}{'violation':>11}{'seconds':>9}  status")
    for method, backend in methods:
        found = ib.solve(problem, method, backend=backend)
        numbers = f"{found.value:>15.9f}{found.gap:>10.1e}{found.constraint_violation:>11.1e}{found.timings.solve:>9.3f}"
        print(f"{method:<12}{backend or '-':<10}{numbers}  {found.status}")


def prove() -> None:
    """Print both sides of a proof, as fractions."""
    x = [Fraction(-1), Fraction(-1, 3), Fraction(0), Fraction(2, 7), Fraction(1)]
    y = [Fraction(1), Fraction(1, 2), Fraction(-1, 5), Fraction(3, 4), Fraction(0)]
    proof = ib.prove(x, y)
    print("\nFive points with rational coordinates")
    print(f"a network that fits costs  {proof.value}")
    print(f"no network costs less than {proof.dual_value}")
    print(f"proved optimal: {proof.value == proof.dual_value and not proof.objections()}")
    for kink, direction, weight in proof.atoms:
        print(f"  {'rising ' if direction > 0 else 'falling'} feature at {kink}: weight {weight}")


if __name__ == "__main__":
    compare(5, [("exact", None), ("sparse", "CLARABEL")])
    compare(1, [("exact", None), ("sparse", "CLARABEL"), ("dictionary", "CLARABEL")])
    prove()
