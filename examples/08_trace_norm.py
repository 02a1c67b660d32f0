"""Weight decay is a norm: of matrices, the trace norm; of ReLU networks, the cost of a measure.

You learn: ½ (‖U‖² + ‖V‖²) over all factors of a matrix W = V Uᵀ is least at ‖W‖_*, the sum of its singular values, however
many columns the factors have (Neyshabur et al., eq. 3); a semidefinite program finds the same number, without knowing of
singular values. For ReLU networks ``balanced`` attains the least decay that rescaling of units can reach, and ``ib.prune``
leaves as many units as points, with the same predictions there and no more decay (Theorem 1 and Corollary 1).
"""

import cvxpy as cp
import numpy as np

import implicit_bias as ib


def trace_norm_by_program(matrix: np.ndarray) -> float:
    """Return min ½ (tr A + tr B) over [[A, W], [Wᵀ, B]] ⪰ 0: A = V Vᵀ and B = U Uᵀ are what the factors leave behind."""
    rows, columns = matrix.shape
    whole = cp.Variable((rows + columns, rows + columns), PSD=True)
    program = cp.Problem(cp.Minimize(cp.trace(whole) / 2), [whole[:rows, rows:] == matrix])
    return float(program.solve(solver=cp.CLARABEL))


def decay(v: np.ndarray, u: np.ndarray) -> float:
    """Return ½ (‖U‖² + ‖V‖²)."""
    return float((v**2).sum() + (u**2).sum()) / 2


def main() -> None:
    """Print the trace norm of a matrix of rank 3 by several ways, then the decay of a network that gets narrower."""
    rng = np.random.default_rng(0)
    v, u = rng.normal(size=(7, 3)), rng.normal(size=(5, 3))
    p, s, q = np.linalg.svd(v @ u.T, full_matrices=False)
    print(f"{'a 7 x 5 matrix of rank 3':<28}{'½(‖U‖²+‖V‖²)':>14}")
    print(f"{'the factors it was made of':<28}{decay(v, u):>14.8f}")
    print(f"{'all in one factor':<28}{decay(p * s, q.T):>14.8f}")
    print(f"{'factors of its SVD':<28}{decay(p * np.sqrt(s), q.T * np.sqrt(s)):>14.8f}")
    print(f"{'sum of singular values':<28}{s.sum():>14.8f}")
    print(f"{'semidefinite program':<28}{trace_norm_by_program(v @ u.T):>14.8f}")

    x = np.linspace(-1, 1, 10)
    network = ib.Network(rng.normal(size=1000), rng.normal(size=1000), rng.normal(size=1000) / 1000)
    pruned = ib.Network.from_measure(ib.prune(network.measure(), x, "sphere")).without_bias()
    print(f"\n{'a ReLU network, 10 points':<28}{'weight decay':>14}{'path norm':>11}{'units':>7}{'moved by':>11}")
    for name, net in (("as drawn", network), ("balanced", network.balanced()), ("pruned to the points", pruned)):
        moved = np.abs(net(x) - network(x)).max()
        print(f"{name:<28}{net.weight_decay():>14.8f}{net.path_norm():>11.6f}{net.b.size:>7}{moved:>11.1e}")


if __name__ == "__main__":
    main()
