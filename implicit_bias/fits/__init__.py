"""The convex sets C_i that problem (15) puts the values of f into, one file a kind; and losses in their place."""

from implicit_bias.fits.balls import Balls
from implicit_bias.fits.base import Fit
from implicit_bias.fits.boxes import Boxes
from implicit_bias.fits.half_spaces import HalfSpaces
from implicit_bias.fits.losses import LOSSES, CrossEntropy, Hinge, Loss, Squared, stated_loss
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
    "Margins",
    "Squared",
    "Values",
    "stated_loss",
]
