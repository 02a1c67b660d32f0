"""Pictures of solutions: the function, the measure and the certificate, one above the other.

Only this package knows matplotlib, and it imports it when something is drawn. It uses figures as objects, never pyplot,
so that a picture neither needs a display nor leaves anything behind in the program that draws it.
"""

from implicit_bias.plots.classification import classification_figure, plot_classification
from implicit_bias.plots.regression import plot_regression, regression_figure
from implicit_bias.plots.saving import SUFFIXES

__all__ = ["SUFFIXES", "classification_figure", "plot_classification", "plot_regression", "regression_figure"]
