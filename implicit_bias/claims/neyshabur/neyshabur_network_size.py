"""Neyshabur, Tomioka and Srebro, section 2: beyond the size that fits all training points, more units do not raise the test error.

An instance trains five pairs of networks, on 200 of scikit-learn's digits each, at two sizes that fit all of them. Its *rise* is the lower
end of the pairs' one-sided interval: that it is above 0 has probability 1/1000 if the errors do not rise, so that chance does not refute
in one of some instances what is true. The experiment network-size has the whole curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats

from implicit_bias.claims.base import ROUNDING, Claim, Outcome, Rng, at_most, together, true
from implicit_bias.data import Dataset
from implicit_bias.data.images import Images, digits
from implicit_bias.networks import train_in_batches
from implicit_bias.numerics.arrays import FloatArray

_POINTS, _PAIRS, _EPOCHS = 200, 5, 150
_SMALL, _LARGE, _TINY = 64, 128, 2
_CHANCE = 1e-3


@dataclass(frozen=True)
class Case:
    """Two sizes, how many training errors both may leave, and a seed."""

    small: int
    large: int
    left: float
    seed: int


def draw(rng: Rng, data: Dataset | None) -> Case:
    """Draw a seed."""
    return Case(_SMALL, _LARGE, 0.0, int(rng.integers(2**31)))


def check(case: Case) -> Outcome:
    """Compare test errors at two sizes, in pairs; both sizes must fit."""
    small, large = (_errors(hidden, case.seed) for hidden in (case.small, case.large))
    rise = large[:, 1] - small[:, 1]
    least = rise.mean() - stats.t.ppf(1 - _CHANCE, _PAIRS - 1) * rise.std(ddof=1) / np.sqrt(_PAIRS)
    fit = max(small[:, 0].max(), large[:, 0].max()) <= case.left
    return together(true(bool(fit)), at_most(float(least), 0.0, scale=1.0))


@lru_cache(maxsize=1)
def _images() -> Images:
    return digits()


def _errors(hidden: int, seed: int) -> FloatArray:
    """Return training and test errors, (pairs, 2), of networks of one size."""
    images = _images()
    rows = []
    for i in range(_PAIRS):
        order = np.random.default_rng([seed, i]).permutation(images.labels.size)
        (x, y), test = ((images.x[part], images.labels[part]) for part in (order[:_POINTS], order[_POINTS:]))
        run = train_in_batches(x, y, hidden=hidden, epochs=_EPOCHS, test=test, n_classes=10, seed=i, every=_EPOCHS)
        rows.append(run.errors[-1, [0, 2]])
    return np.array(rows)


def control(rng: Rng) -> Case:
    """Go the other way, from a size that fits to two units, whatever they leave."""
    return Case(_LARGE, _TINY, 1.0, int(rng.integers(2**31)))


CLAIM = Claim(
    name="neyshabur-network-size",
    title="More hidden units than fit the data do not over-fit",
    source="Neyshabur, Tomioka and Srebro, section 2",
    statement=(
        "If we increase the size of the network past the size required to achieve zero training error, the test error continues decreasing."
    ),
    kind="experiment",
    expected="holds-with-assumption",
    assumption="Labels are as they were, not those of another network nor random in part; and what is checked is that it does not rise.",
    tolerance=ROUNDING,
    draw=draw,
    check=check,
    control=control,
    data_use="never",
    requires=("images", "networks"),
)
