"""Pictures of solutions: the function, the measure and the certificate, one above the other.

Only this package knows matplotlib, and it imports it when something is drawn. It uses figures as objects, never pyplot,
so that a picture neither needs a display nor leaves anything behind in the program that draws it.
"""

from implicit_bias.plots.classification import classification_figure, plot_classification
from implicit_bias.plots.comparison import comparison_figure, plot_comparison
from implicit_bias.plots.experiments import plot_experiment
from implicit_bias.plots.plane import plane_figure, plot_plane
from implicit_bias.plots.regression import plot_regression, regression_figure
from implicit_bias.plots.saving import SUFFIXES
from implicit_bias.plots.spline import (
    effect_of_zeta_figure,
    plot_effect_of_zeta,
    plot_spline,
    plot_spline_path,
    spline_figure,
    spline_path_figure,
)
from implicit_bias.plots.table import PICTURES, Picture, check_drawable, figure, plot

plot_solution = plot
"""The name that :func:`plot` had when it drew measures only."""

__all__ = [
    "PICTURES",
    "SUFFIXES",
    "Picture",
    "check_drawable",
    "classification_figure",
    "comparison_figure",
    "effect_of_zeta_figure",
    "figure",
    "plane_figure",
    "plot",
    "plot_classification",
    "plot_comparison",
    "plot_effect_of_zeta",
    "plot_experiment",
    "plot_plane",
    "plot_regression",
    "plot_solution",
    "plot_spline",
    "plot_spline_path",
    "regression_figure",
    "spline_figure",
    "spline_path_figure",
]
