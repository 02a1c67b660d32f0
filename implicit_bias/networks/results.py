"""What training returns: plain networks with their histories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from implicit_bias.measures import Network
from implicit_bias.networks.codes import BEST, DIVERGED, EPOCH, GOAL, PATIENCE, STATUS, TRAIN, Record
from implicit_bias.networks.initializations import Layers
from implicit_bias.networks.linearized import LinearizedNetwork
from implicit_bias.networks.settings import Settings
from implicit_bias.numerics.arrays import FloatArray, freeze, frozen


@dataclass(frozen=True, eq=False)
class DeepNetwork:
    """A network of several hidden layers, x ↦ W_L σ(… σ(W_1 x + b_1) …) + b_L with σ(z) = max(z, leak z).

    Attributes
    ----------
    layers : pairs of weights (out, in) and biases (out,), inputs first
    leak : the slope of σ below 0
    """

    layers: Layers
    leak: float = 0.0

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return the outputs at points of shape (n,) or (n, d): (n,) for one output, else (n, k)."""
        values = np.asarray(x, dtype=np.float64)
        values = values[:, None] if values.ndim == 1 else values
        for weights, bias in self.layers[:-1]:
            values = values @ weights.T + bias
            values = np.where(values > 0, values, self.leak * values)
        weights, bias = self.layers[-1]
        out: FloatArray = values @ weights.T + bias
        return out[:, 0] if out.shape[1] == 1 else out


AnyNetwork = Network | DeepNetwork | LinearizedNetwork


@dataclass(frozen=True, eq=False)
class History:
    """Losses along a run.

    Attributes
    ----------
    epochs : (r,) when
    loss : (r,) in training, without the weight decay's part
    validation : (r,) or None without validation points
    snapshots : the networks at the epochs that were asked for and reached, by epoch
    """

    epochs: FloatArray
    loss: FloatArray
    validation: FloatArray | None
    snapshots: dict[int, AnyNetwork]


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """One trained network.

    Attributes
    ----------
    network : Network, or DeepNetwork for two hidden layers, or LinearizedNetwork; of the best epoch if there were validation points,
        else of the last. In the NTK parametrisation its weights include the factors; a leaky unit is given as two plain ones.
    seed : what its start was drawn with
    epoch : the epoch of ``network``
    epochs : how many there were
    loss : training loss at ``epoch``, without the weight decay's part
    validation : validation loss there, or None
    stopped : "epochs", "patience", "goal" or "diverged"
    message : one sentence on how it ended
    history : History
    """

    network: AnyNetwork
    seed: int
    epoch: int
    epochs: int
    loss: float
    validation: float | None
    stopped: str
    message: str
    history: History

    @property
    def diverged(self) -> bool:
        """Whether the loss or a weight ceased to be finite; ``network`` is then the last for which they were."""
        return self.stopped == "diverged"


def plain_network(layers: Layers, settings: Settings) -> Network | DeepNetwork:
    """Return the function of layers in the given parametrisation, as a plain network."""
    scaled = tuple((scale * w, scale * b) for (w, b), scale in zip(layers, settings.scales, strict=True))
    if len(scaled) > 2:
        return DeepNetwork(_frozen(scaled), settings.leak)
    (w, b), (a, bias) = scaled
    if settings.leak > 0:
        # a max(z, leak z) = a [z]₊ - leak a [-z]₊
        w, b, a = np.concatenate([w, -w]), np.concatenate([b, -b]), np.concatenate([a, -settings.leak * a], axis=1)
    one = a.shape[0] == 1
    return Network(w, b, a[0] if one else a, float(bias[0]) if one else bias)


def function_of(layers: Layers, settings: Settings, seed: int) -> AnyNetwork:
    """Return the network that a run's layers stand for."""
    if settings.trained != "linearized":
        return plain_network(layers, settings)
    start = settings.start.sample(np.random.default_rng(seed), settings.sizes)
    return LinearizedNetwork(_frozen(start), _frozen(layers), settings.leak)


def _frozen(layers: Layers) -> Layers:
    return tuple((frozen(w), frozen(b)) for w, b in layers)


def stopped(record: Record, settings: Settings) -> tuple[str, str]:
    """Return in a word and in a sentence how a run ended."""
    epoch = int(record.counts[EPOCH])
    status = record.counts[STATUS]
    if status == DIVERGED:
        if np.isinf(record.least[TRAIN]):
            return "diverged", "The loss was not finite at the start, epoch 0; take a smaller initialization."
        return "diverged", f"The loss or a weight was not finite at epoch {epoch + 1} with the step {settings.step:g}; take a smaller one."
    if status == PATIENCE:
        return "patience", f"Nothing had improved for {settings.patience} epochs at epoch {epoch}."
    if status == GOAL:
        return "goal", f"The training loss was at most {settings.goal:g} at epoch {epoch}."
    return "epochs", f"It ran all {epoch} epochs."


def history(record: Record, settings: Settings, snapshots: dict[int, AnyNetwork]) -> History:
    """Return the losses written down so far."""
    known = np.isfinite(record.train)
    epochs = np.flatnonzero(known) * settings.every
    validation = freeze(record.validation[known]) if settings.validation is not None else None
    return History(freeze(epochs), freeze(record.train[known]), validation, snapshots)


def best_epoch(record: Record, settings: Settings) -> int:
    """Return the epoch whose network is returned."""
    return int(record.counts[BEST if settings.validation is not None else EPOCH])
