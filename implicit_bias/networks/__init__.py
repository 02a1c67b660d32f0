"""Training networks by gradient descent, to be held against the optima (an extra: ``pip install 'implicit-bias[networks]'``).

>>> from implicit_bias import networks
>>> [trained] = networks.train([-1, 0, 1], [1, 0, 1], hidden=20, step=0.1, epochs=2000)
>>> trained.stopped, trained.loss < 1e-3
('epochs', True)
"""

from implicit_bias.networks.extra import require
from implicit_bias.networks.initializations import Antisymmetric, BinaryUniform, Gaussian, Given, Glorot, Joint, Scaled, Start, Uniform
from implicit_bias.networks.linearized import LinearizedNetwork
from implicit_bias.networks.normalized.collapse import Collapse, neural_collapse
from implicit_bias.networks.normalized.descent import normalized_descent
from implicit_bias.networks.normalized.flow import normalized_flow
from implicit_bias.networks.normalized.network import NormalizedNetwork
from implicit_bias.networks.normalized.trajectory import NormalizedRun
from implicit_bias.networks.results import DeepNetwork, History, TrainedNetwork
from implicit_bias.networks.settings import Validation
from implicit_bias.networks.sgd.batches import BatchRun, train_in_batches
from implicit_bias.networks.sgd.schedule import Schedule
from implicit_bias.networks.training import train

__all__ = [
    "Antisymmetric",
    "BatchRun",
    "BinaryUniform",
    "Collapse",
    "DeepNetwork",
    "Gaussian",
    "Given",
    "Glorot",
    "History",
    "Joint",
    "LinearizedNetwork",
    "NormalizedNetwork",
    "NormalizedRun",
    "Scaled",
    "Schedule",
    "Start",
    "TrainedNetwork",
    "Uniform",
    "Validation",
    "neural_collapse",
    "normalized_descent",
    "normalized_flow",
    "require",
    "train",
    "train_in_batches",
]
