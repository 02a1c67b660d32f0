"""A solution as plain data, for JSON files and other programs."""

from __future__ import annotations

import math
import platform
from importlib import metadata
from typing import Any

from implicit_bias.problems import SphereProblem, StatedProblem
from implicit_bias.problems.sphere import LOSS_KINDS
from implicit_bias.solution import Solution
from implicit_bias.splines import SplineSolution
from implicit_bias.theory import predicted_kinks, within

_PACKAGES = ("implicit-bias", "numpy", "scipy", "cvxpy", "clarabel", "ecos", "scs", "highspy", "osqp", "numba", "jax")


def solution_report(solution: Solution) -> dict[str, Any]:
    """Return a solution as nested dicts, lists and numbers (schema 1), with None where there is no number."""
    problem, measure, certificate = solution.problem, solution.measure, solution.certificate
    predicted = predicted_kinks(problem)
    found = solution.atoms.support(0)
    facts = {"kind": problem.kind, "weight": problem.weight, "affine": problem.affine, "n": len(problem)}
    inputs = problem.inputs if isinstance(problem, SphereProblem) else 1
    return _report(
        solution,
        facts | {"inputs": inputs, "outputs": problem.outputs or 1} | _regularization(problem),
        certificate=None if certificate is None else {"peak": number(certificate.peak), "exact": certificate.exact},
        measure=None if measure is None else measure.to_dict(),
        support={
            "predicted": None if predicted is None else predicted.tolist(),
            "found": found.tolist(),
            "contained": None if predicted is None else within(found, predicted),
        },
    )


def loss_name(problem: StatedProblem) -> str | None:
    """Return the word for the loss of a regularised problem, None for others."""
    return problem.fit.name if isinstance(problem.fit, LOSS_KINDS) else None


def _regularization(problem: Any) -> dict[str, Any]:
    loss = loss_name(problem)
    return {} if loss is None else {"regularization": problem.regularization, "loss": loss}


def spline_report(solution: SplineSolution, zeta: str) -> dict[str, Any]:
    """Return the same of a spline: the weight is the name of ζ, which weighs curvature by 1/ζ, and the affine part is free."""
    problem, spline = solution.problem, solution.spline
    facts = {"kind": problem.kind, "weight": zeta, "affine": "free", "n": len(problem), "inputs": 1, "outputs": 1}
    return _report(solution, facts, spline=None if spline is None else spline.to_dict())


def _report(
    solution: Solution | SplineSolution,
    problem: dict[str, Any],
    certificate: dict[str, Any] | None = None,
    measure: dict[str, Any] | None = None,
    spline: dict[str, Any] | None = None,
    support: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "schema": 1,
        "problem": problem,
        "status": solution.status.value,
        "method": solution.method,
        "backend": solution.backend,
        "reason": solution.reason,
        "tolerance": solution.tolerance,
        "value": number(solution.value),
        "dual_value": number(solution.dual_value),
        "lower_bound": number(solution.lower_bound),
        "upper_bound": number(solution.upper_bound),
        "gap": number(solution.gap),
        "constraint_violation": number(solution.constraint_violation),
        "dual": None if solution.dual is None else solution.dual.tolist(),
        "certificate": certificate,
        "measure": measure,
        "spline": spline,
        "support": support,
        "timings": {"build": solution.timings.build, "solve": solution.timings.solve, "check": solution.timings.check},
        "versions": versions(),
    }


def number(value: Any) -> float | None:
    """Return a float that JSON can hold, or None for NaN and infinity."""
    return float(value) if math.isfinite(value) else None


def versions() -> dict[str, str | None]:
    """Return the versions of Python, of the toolkit and of what an answer may depend on; None if not installed."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found
