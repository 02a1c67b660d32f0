"""The picture of a weighted spline of any degree: the data, the function and its leading derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from implicit_bias.plots.classification import class_colours
from implicit_bias.plots.drawing import GREY, INK, draw_legend, draw_line, draw_marks, mark_size, name_axis, number, title
from implicit_bias.plots.spline import panels_over, places_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from implicit_bias.problems.splines.quadratic_solution import QuadraticSolution
    from implicit_bias.solution import Judged


def is_homogeneous(solution: Judged[Any, Any, Any]) -> bool:
    """Whether a solution is of a homogeneous activation on a line."""
    return bool(solution.problem.kind == "homogeneous-spline")


def homogeneous_figure(solution: QuadraticSolution) -> Figure:
    """Draw a weighted spline in two panels over one axis of x, each output in a colour of its own.

    Above, the data and the function g. Below, its derivative of order k + 1 for an activation of degree k, whose square over ζ is what
    costs, and which is zero beyond the data.

    Parameters
    ----------
    solution : QuadraticSolution
        Of a :class:`~implicit_bias.HomogeneousSplineProblem`.

    Returns
    -------
    matplotlib.figure.Figure
        It belongs to the caller and to no window.
    """
    problem: Any = solution.problem
    figure, (fits, derivatives) = panels_over(problem, (3.2, 1.8))
    places = places_of(problem)
    values = solution.predict(places).reshape(places.size, -1)
    leading = problem.leading(places, solution.coefficients)
    outputs = values.shape[1]
    size = mark_size(len(problem), 2.6, 6)
    for k, colour in enumerate(class_colours(outputs) if outputs > 1 else [INK]):
        first = k == 0
        look: dict[str, Any] = {"color": colour, "linewidth": 1.1, "zorder": 3}
        draw_line(fits, places, values[:, k], label="function $g$" if first else None, **look)
        draw_marks(fits, problem.x, problem.columns[:, k], "o", colour, "white", size, label="data" if first else None, zorder=4)
        draw_line(derivatives, places, leading[:, k], **look)
    derivatives.axhline(0, color=GREY, linewidth=0.6, zorder=1)
    draw_legend(fits)
    name_axis(fits.yaxis, "$g(x)$", 6)
    name_axis(derivatives.yaxis, f"$g^{{({problem.order})}}(x)$", 4)
    figure.align_ylabels()
    level = problem.regularization
    amount = "interpolation" if level is None else rf"$\lambda$ = {number(level, 3)}"
    fits.set_title(title(solution, f"degree {problem.degree}", amount), loc="left", pad=24, fontsize=10.5, color=INK)
    return figure
