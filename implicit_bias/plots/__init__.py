"""Pictures of solutions: the function, the measure and the certificate, one above the other.

:func:`plot` saves the picture that suits a solution, the first of the table :data:`PICTURES` that does.

Only this package knows matplotlib, and it imports it when something is drawn. It uses figures as objects, never pyplot,
so that a picture neither needs a display nor leaves anything behind in the program that draws it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from implicit_bias.plots.classification import classification_figure, plot_classification
from implicit_bias.plots.homogeneous import homogeneous_figure
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
from implicit_bias.plots.table import PICTURES, Picture, check_drawable, figure, plot, plot_solution

if TYPE_CHECKING:
    from implicit_bias.plots.comparison import comparison_figure, plot_comparison
    from implicit_bias.plots.experiments import plot_experiment

__all__ = [
    "PICTURES",
    "SUFFIXES",
    "Picture",
    "check_drawable",
    "classification_figure",
    "comparison_figure",
    "effect_of_zeta_figure",
    "figure",
    "homogeneous_figure",
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

# they need the experiments, which need much of SciPy: a second that no picture of a solution should wait for
_LATER = {"comparison_figure": "comparison", "plot_comparison": "comparison", "plot_experiment": "experiments"}


def __getattr__(name: str) -> Any:
    """Import what is seldom asked for when it is."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
