"""Theorem 1: weight decay on both layers is the l1 norm of the output layer over units of norm at most 1.

With losses L, inputs x that carry their own constant coordinate, and no bias elsewhere,

    (4)  min Σ_i L(y_i, f(x_i)) + λ/2 Σ_h (‖u_h‖² + ‖v_h‖²)   =   (5)  min Σ_i L(y_i, f(x_i)) + λ Σ_h ‖v_h‖,  ‖u_h‖ ≤ 1,

f(x) = Σ_h v_h [u_h · x]₊: from a network of either kind one gets one of the other with the same f that costs no more. For
½ (‖u‖² + ‖v‖²) ≥ ‖u‖ ‖v‖, with equality once u is divided and v multiplied by sqrt(‖u‖ / ‖v‖); and ‖u‖ ‖v‖ ≤ ‖v‖ where ‖u‖ ≤ 1, with
equality once u is divided and v multiplied by ‖u‖. For k outputs ‖v_h‖ is the group lasso's norm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, equal, together
from implicit_bias.data import Dataset
from implicit_bias.measures import Network
from implicit_bias.numerics.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Case:
    """Points (n, d); a network for (4) with what is said to do as well in (5), and a network for (5) with one for (4)."""

    x: FloatArray
    free: Network
    bounded: Network
    legal: Network
    balanced: Network


def random_network(rng: Rng, inputs: int, outputs: int, width: int) -> Network:
    """Draw units that differ widely in both of their sizes, and two that do nothing."""
    inner = rng.normal(size=(width + 2, inputs + 1)) * 10 ** rng.uniform(-2, 2, (width + 2, 1))
    outer = rng.normal(size=(outputs, width + 2)) * 10 ** rng.uniform(-2, 2, width + 2)
    inner[0], outer[:, 1] = 0.0, 0.0
    return Network(inner[:, :-1], inner[:, -1], outer)


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Rescale a random network into each of the problems, for the user's x or for random points of one to three inputs."""
    x = rng.normal(size=(int(rng.integers(3, 12)), int(rng.integers(1, 4)))) if data is None else data.x[:, None]
    outputs = int(rng.choice([1, 2, 5]))
    free, seed = (random_network(rng, x.shape[1], outputs, int(rng.integers(3, 20))) for _ in range(2))
    norms = seed.inner_norms
    legal = seed.scaled(rng.uniform(0.1, 1, norms.size) / np.where(norms > 0, norms, 1.0))
    return Case(x, free, free.normalized(), legal, legal.balanced())


def check(case: Case) -> Outcome:
    """Compare values at the points and regularisers, from the arrays alone; equal values have equal losses, whatever the loss and λ."""
    free, bounded, legal, balanced = (Plain.of(net, case.x) for net in (case.free, case.bounded, case.legal, case.balanced))
    evened = Plain.of(case.free.balanced(), case.x)
    return together(
        *(equal(free.values, same.values, free.reach) for same in (bounded, evened)),
        equal(legal.values, balanced.values, legal.reach),
        at_most(np.append(bounded.inner, legal.inner), 1.0),
        at_most(bounded.lasso, free.decay),
        at_most(balanced.decay, legal.lasso),
        equal(evened.decay, bounded.lasso),
    )


@dataclass(frozen=True, eq=False)
class Plain:
    """A network's values at the points, the size of what they are sums of, norms of units, and both regularisers."""

    values: FloatArray
    reach: float
    inner: FloatArray
    decay: float
    lasso: float

    @classmethod
    def of(cls, net: Network, x: FloatArray) -> Plain:
        """Compute them unit by unit."""
        rows, inner = np.column_stack([x, np.ones(len(x))]), np.column_stack([net.W, net.b])
        outer = net.a if net.a.ndim == 2 else net.a[None]
        values = np.maximum(rows @ inner.T, 0.0) @ outer.T
        reach = float((np.abs(rows) @ np.abs(inner).T @ np.abs(outer).T).max())
        u, v = np.linalg.norm(inner, axis=1), np.linalg.norm(outer, axis=0)
        return cls(values, reach, u, float(u @ u + v @ v) / 2, float(v.sum()))


def control(rng: Rng) -> Case:
    """Take units of half the length, which is legal, and does not attain the least l1 norm."""
    case = draw(rng, None)
    return Case(case.x, case.free, case.bounded.scaled(np.full(case.bounded.b.size, 0.5)), case.legal, case.balanced)


CLAIM = Claim(
    name="neyshabur-theorem-1",
    title="Weight decay is an l1 norm over bounded units",
    source="Neyshabur, Tomioka and Srebro, Theorem 1, eqs. (4) and (5)",
    statement=(
        "The argmin over networks of loss + λ/2 Σ(‖u_h‖² + |v_h|²) is the same as that of loss + λ Σ|v_h| subject to ‖u_h‖ ≤ 1; for "
        "several outputs with the group lasso Σ‖v_h‖."
    ),
    kind="equality",
    expected="holds-with-assumption",
    assumption="Of the least values and of the functions that attain them; the weights that attain them differ by a rescaling of units.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
)
