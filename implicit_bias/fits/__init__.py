"""The convex sets C_i that problem (15) puts the values of f into, one file a kind; and losses in their place."""

from implicit_bias.fits.balls import Balls
from implicit_bias.fits.base import Fit, Loss, Target
from implicit_bias.fits.boxes import Boxes
from implicit_bias.fits.half_spaces import HalfSpaces
from implicit_bias.fits.losses import LOSSES, CrossEntropy, Hinge, LossName, Squared
from implicit_bias.fits.margins import Margins
from implicit_bias.fits.values import Values

__all__ = [
    "LOSSES",
    "Balls",
    "Boxes",
    "CrossEntropy",
    "Fit",
    "HalfSpaces",
    "Hinge",
    "Loss",
    "LossName",
    "Margins",
    "Squared",
    "Target",
    "Values",
]
