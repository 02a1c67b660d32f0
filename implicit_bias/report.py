"""A solution as plain data, for JSON files and other programs."""

from __future__ import annotations

import math
import platform
from importlib import metadata
from typing import Any

from implicit_bias.solution import Solution
from implicit_bias.theory import predicted_kinks, within

_PACKAGES = ("implicit-bias", "numpy", "scipy", "cvxpy", "clarabel", "ecos", "scs", "highspy", "osqp")


def solution_report(solution: Solution) -> dict[str, Any]:
    """Return a solution as nested dicts, lists and numbers (schema 1), with None where there is no number."""
    problem, measure, certificate = solution.problem, solution.measure, solution.certificate
    predicted = predicted_kinks(problem)
    found = solution.atoms.support(0)
    return {
        "schema": 1,
        "problem": {
            "kind": problem.kind,
            "weight": problem.weight,
            "affine": problem.affine,
            "n": len(problem),
            "inputs": 1,
            "outputs": problem.outputs or 1,
        },
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
        "measure": None if measure is None else measure.to_dict(),
        "spline": None,
        "support": {
            "predicted": None if predicted is None else predicted.tolist(),
            "found": found.tolist(),
            "contained": None if predicted is None else within(found, predicted),
        },
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
