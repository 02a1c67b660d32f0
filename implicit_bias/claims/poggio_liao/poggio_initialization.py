"""Where training ends depends on the scale of its start without decay and normalisation; with both it does not, on three points.

The three scales of the paper start in the same direction. With normalisation and decay they end at the same ρ. Plain descent without
decay ends at interpolants of very different ρ: ‖W_1‖² - ‖W_2‖² is conserved, and a large start moves little. On more points there are
several stationary points even with decay, and starts may end at either: see the experiment square-loss.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, together
from implicit_bias.claims.poggio_liao.poggio_rho_eq import points
from implicit_bias.data import Dataset
from implicit_bias.networks import NormalizedRun, normalized_descent
from implicit_bias.numerics.arrays import FloatArray

SAME, OTHER = 1.01, 2.0
"""Largest over smallest ρ up to which ends are the same, and from which on they are others."""

SCALES = (0.1, 1.0, 5.0)
_UNITS = 20
_STEPS, _EPOCHS = (5e-3, 1e-3), 12_000
"""With decay, and without: large starts have large curvature."""


@dataclass(frozen=True, eq=False)
class Case:
    """Points with a constant input, labels, λ, and a seed; and how the layers of the runs with λ are normalised."""

    x: FloatArray
    y: FloatArray
    decay: float
    seed: int
    normalization: str = "lagrange"


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw three points with labels of both kinds."""
    return Case(*points(rng), float(rng.uniform(0.15, 0.3)), int(rng.integers(2**31)))


def check(case: Case) -> Outcome:
    """Compare the largest with the smallest ρ of three scales, with decay and without."""

    def run(normalization: str, decay: float, scale: float, step: float) -> NormalizedRun:
        return normalized_descent(
            case.x,
            case.y,
            hidden=_UNITS,
            normalization=normalization,
            weight_decay=decay,
            scale=scale,
            step=step,
            epochs=_EPOCHS,
            seed=case.seed,
        )

    with_decay = [float(run(case.normalization, case.decay, scale, _STEPS[case.decay == 0]).rho[-1]) for scale in SCALES]
    without = [float(run("none", 0.0, scale, _STEPS[1]).rho[-1]) for scale in SCALES[1:]]
    return together(at_most(max(with_decay), SAME * min(with_decay)), at_most(OTHER * min(without), max(without)))


def control(rng: Rng) -> Case:
    """Take no decay where there should be one, and no normalisation."""
    return replace(draw(rng, None), decay=0.0, normalization="none")


CLAIM = Claim(
    name="poggio-initialization",
    title="With normalisation and decay the end does not depend on the start's scale",
    source="Poggio and Liao, abstract and Figures 2 and 5",
    statement="With normalisation and weight decay ρ converges to one value from starts of any norm; without, it depends on the start.",
    kind="experiment",
    expected="holds-with-assumption",
    assumption="Three points and 20 units, starts in the same direction; with more points starts may end at different stationary points.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    data_use="never",
    requires=("networks",),
)
