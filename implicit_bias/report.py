"""A solution as plain data, for JSON files and other programs."""

from __future__ import annotations

import math
import platform
from importlib import metadata
from typing import Any

from implicit_bias.analysis.theory import contained
from implicit_bias.solution import Judged

_PACKAGES = ("implicit-bias", "numpy", "scipy", "cvxpy", "clarabel", "ecos", "scs", "highspy", "osqp", "numba", "jax")


def solution_report(solution: Judged[Any, Any, Any], weight: str | None = None) -> dict[str, Any]:
    """Return a solution as nested dicts, lists and numbers (schema 1), with None where there is no number.

    ``weight`` is the word for what weighs the cost, if the user has another one than the problem: a ζ with its parameters.
    """
    facts = solution.problem.facts()
    certificate = solution.certificate
    return {
        "schema": 1,
        "problem": facts if weight is None else facts | {"weight": weight},
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
        "certificate": None if certificate is None else {"peak": number(certificate.peak), "exact": certificate.exact},
        "measure": None if solution.measure is None else solution.measure.to_dict(),
        "spline": None if solution.spline is None else solution.spline.to_dict(),
        "support": support(solution),
        "timings": {"build": solution.timings.build, "solve": solution.timings.solve, "check": solution.timings.check},
        "versions": versions(),
    }


def support(solution: Judged[Any, Any, Any]) -> dict[str, Any] | None:
    """Return the kinks that theory predicts and those found, and whether the latter are all among the former; None without atoms."""
    atoms = solution.atoms
    if atoms is None:
        return None
    predicted, found = solution.problem.predicted_kinks(), atoms.support(0)
    return {
        "predicted": None if predicted is None else predicted.tolist(),
        "found": found.tolist(),
        "contained": None if predicted is None else contained(found, predicted),
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
