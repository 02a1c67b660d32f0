"""Complete a matrix whose entries are half unknown: by factors of few columns, or by factors of small norm.

You learn: with a limit on the rank, the size of a linear network, what has not been seen is guessed well at the true rank and badly past
it, and few starts need end at the best. With the penalty λ/2 (‖U‖² + ‖V‖²) in its place more columns hurt little: from some number on
every start ends at the optimum of a convex program, ½ Σ (W - M)² + λ ‖W‖_*, and the size is no matter (Neyshabur et al., section 3).
Whatever found W, its residual Z, shrunk to ‖Z‖₂ ≤ λ, proves that no W of any rank has less than ⟨Z, M⟩ - ½ ‖Z‖².
"""

import cvxpy as cp
import numpy as np
from scipy.optimize import minimize

ROWS, COLUMNS, RANK, NOISE, STARTS = 12, 10, 2, 0.1, 12
rng = np.random.default_rng(2)
TRUTH = rng.normal(size=(ROWS, RANK)) @ rng.normal(size=(RANK, COLUMNS))
SEEN = rng.permuted(np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) % 2 == 0)
GIVEN = np.where(SEEN, TRUTH + NOISE * rng.normal(size=TRUTH.shape), 0.0)


def descended(inner: int, penalty: float, seed: int) -> tuple[float, np.ndarray]:
    """Return the least ½ Σ (V Uᵀ - M)² + λ/2 (‖U‖² + ‖V‖²) that L-BFGS finds from one start, and its V Uᵀ."""

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        v, u = flat[: ROWS * inner].reshape(ROWS, inner), flat[ROWS * inner :].reshape(COLUMNS, inner)
        misfit = SEEN * (v @ u.T) - GIVEN
        slope = np.concatenate([(misfit @ u).ravel(), (misfit.T @ v).ravel()]) + penalty * flat
        return (misfit**2).sum() / 2 + penalty / 2 * flat @ flat, slope

    start = np.random.default_rng(seed).normal(size=(ROWS + COLUMNS) * inner)
    end = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 3000, "ftol": 1e-15, "gtol": 1e-9})
    return end.fun, end.x[: ROWS * inner].reshape(ROWS, inner) @ end.x[ROWS * inner :].reshape(COLUMNS, inner).T


def bound(w: np.ndarray, penalty: float) -> float:
    """Return what no matrix of any rank goes below, by the residual of this one."""
    residual = GIVEN - SEEN * w
    legal = residual * min(1.0, penalty / np.linalg.norm(residual, 2))
    return float((legal * GIVEN).sum() - (legal**2).sum() / 2)


def main() -> None:
    """Print the ends of all starts for every inner dimension, without and with the penalty, and the convex optimum."""
    for penalty in (0.0, 0.3):
        print(f"λ = {penalty:g}\n{'columns':>7}{'best objective':>16}{'worst':>12}{'starts at best':>16}{'error, unseen':>15}{'bound':>12}")
        for inner in (1, 2, 3, 4, 6, 10):
            ends = [descended(inner, penalty, seed) for seed in range(STARTS)]
            values = np.array([value for value, _ in ends])
            best, agree = values.min(), (values <= values.min() + 1e-6).sum()
            error = np.median([np.sqrt(((w - TRUTH)[~SEEN] ** 2).mean()) for _, w in ends])
            proved = f"{bound(ends[values.argmin()][1], penalty):12.6f}" if penalty else f"{'-':>12}"
            print(f"{inner:>7}{best:>16.6f}{values.max():>12.6f}{agree:>16d}{error:>15.3f}{proved}")
    w = cp.Variable((ROWS, COLUMNS))
    program = cp.Problem(cp.Minimize(cp.sum_squares(cp.multiply(SEEN, w) - GIVEN) / 2 + penalty * cp.normNuc(w)))
    program.solve(solver=cp.CLARABEL)
    print(f" convex{program.value:>16.6f}{'':>28}{np.sqrt(((w.value - TRUTH)[~SEEN] ** 2).mean()):>15.3f}{bound(w.value, penalty):>12.6f}")


if __name__ == "__main__":
    main()
