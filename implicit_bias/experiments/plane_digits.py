"""Digits in a plane, where the convex network's optimum is affordable: the infinite network that finite ones come near (section 4).

With two inputs the toolkit certifies min Σ cross-entropy + ρ ∫ ‖dμ‖ over networks of any size. A network of H units that is trained
with weight decay on the same loss costs at least that; its *excess* is its objective over the certified lower bound, less 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from implicit_bias.data.images import digits
from implicit_bias.experiments.base import Json
from implicit_bias.experiments.max_margin import layers_of
from implicit_bias.measures import Network
from implicit_bias.networks import Given, Glorot, Start, train
from implicit_bias.networks.codes import CROSS_ENTROPY
from implicit_bias.networks.losses import loss_of
from implicit_bias.networks.settings import Examples as Points
from implicit_bias.numerics.arrays import FloatArray, IntArray
from implicit_bias.problems import RegularizedProblem
from implicit_bias.solution import Solution
from implicit_bias.solve import solve

CLASSES, POINTS = 3, 60
"""Digits 0, 1 and 2, and how many are for training; all others are for the test."""

_STEPS = ((1.0, 8000), (0.5, 4000), (0.25, 4000), (0.1, 4000), (0.03, 4000))
"""Steps, with their epochs: at a minimum with kinks at data one step for ever would jump across it."""

_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class PlaneDigits:
    """Training and test points, (n, 2), with labels."""

    x: FloatArray
    labels: IntArray
    test: FloatArray
    test_labels: IntArray

    def error(self, scores: FloatArray) -> float:
        """Return the share of wrong decisions among the test points."""
        return float((scores.argmax(axis=1) != self.test_labels).mean())


@lru_cache(maxsize=1)
def plane_digits(seed: int = 0) -> PlaneDigits:
    """Return digits 0 to 2 on their first two principal components."""
    images = digits()
    kept = images.labels < CLASSES
    order = np.random.default_rng(seed).permutation(int(kept.sum()))
    x, labels = images.x[kept][order], images.labels[kept][order]
    centred = x - x.mean(axis=0)
    plane = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T
    return PlaneDigits(plane[:POINTS], labels[:POINTS], plane[POINTS:], labels[POINTS:])


@lru_cache(maxsize=1)
def optimum(points: PlaneDigits, level: float) -> Solution:
    """Return the certified convex network."""
    solution = solve(RegularizedProblem(points.x, points.labels, level, loss="cross-entropy"), tolerance=_TOLERANCE)
    assert isinstance(solution, Solution)
    return solution


def objective(network: Network, points: PlaneDigits, level: float) -> float:
    """Return Σ cross-entropy + ρ/2 Σ (‖(W, b)‖² + ‖a‖²) of a network without output biases."""
    return POINTS * loss_of(network, Points(points.x, points.labels), CROSS_ENTROPY) + level * network.weight_decay()


def descended(points: PlaneDigits, level: float, hidden: int, seed: int) -> Network:
    """Return a network that full-batch gradient descent with weight decay ends at, its step falling."""
    start: Start = Glorot()
    for step, epochs in _STEPS:
        [trained] = train(
            points.x,
            points.labels,
            hidden=hidden,
            loss="cross-entropy",
            initialization=start,
            step=step,
            epochs=epochs,
            seeds=[seed],
            weight_decay=level / POINTS,
            n_classes=CLASSES,
        )
        assert isinstance(trained.network, Network)  # one hidden layer
        network = trained.network
        start = Given(layers_of(network))
    return network


def worked(settings: Json) -> Json:
    """Return what training gives at one size, beside the optimum."""
    points, level = plane_digits(), settings["level"]
    best = optimum(points, level)
    measure = best.atoms
    networks = [descended(points, level, settings["hidden"], seed) for seed in settings["seeds"]]
    return {
        "status": best.status.name.lower(),
        "lower_bound": best.lower_bound,
        "upper_bound": best.upper_bound,
        "optimum_norm": measure.total_variation(),
        "optimum_atoms": int(measure.prune(_TOLERANCE).weights.shape[0]),
        "optimum_error": points.error(best.predict(points.test)),
        "excesses": [objective(network, points, level) / best.lower_bound - 1 for network in networks],
        "path_norms": [network.path_norm() for network in networks],
        "decays": [network.weight_decay() for network in networks],
        "errors": [points.error(network(points.test)) for network in networks],
    }
