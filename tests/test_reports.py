"""The numbers of the JSON reports of some answers, against those that were kept; ``python tests/choices.py --write`` writes them anew.

They guard against changes of answers by changes elsewhere, such as of how a method is found and called. They say nothing of whether an
answer is right: the tests of each method ask that, by conditions of optimality.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from choices import INSTANCES, REPORTS, problem_of, report, title

TABLE = json.loads(REPORTS.read_text(encoding="utf-8"))

BOUNDS = ("value", "dual_value", "lower_bound", "upper_bound")
NEAR, ARRAYS, GENERATED, PLACES, PROGRAMS = 1e-7, 1e-5, 1e-4, 1e-6, 1e-5
"""Relative differences allowed: of numbers, of entries to the largest, the same of column generation, whose gap of 1e-8 fixes them no
better, of kinks to the data's range, and of programs' bounds."""


@pytest.mark.parametrize("instance", INSTANCES, ids=lambda one: title(*one))
def test_reports(instance: tuple[str, int, int, str, dict[str, Any]]) -> None:
    name, n, seed, _, _ = instance
    problem = problem_of(name, n, seed)
    extent = float(np.ptp(problem.x, axis=0).max())
    check(report(*instance), TABLE[title(*instance)], extent, problem.scale)


def check(found: dict[str, Any], kept: dict[str, Any], extent: float, scale: float) -> None:
    """Compare the numbers of two reports."""
    words = ("schema", "problem", "status", "method", "backend", "tolerance")
    assert {word: found.get(word) for word in words} == {word: kept.get(word) for word in words}
    assert found.keys() == kept.keys()
    program = kept["backend"] is not None and kept["method"] != "column-generation"
    for name in ("lower_bound", "upper_bound") if program else BOUNDS:
        assert_near(found[name], kept[name], PROGRAMS if program else NEAR, name)
    if program:
        return
    assert found["gap"] == pytest.approx(kept["gap"], abs=NEAR)
    assert_near(found["constraint_violation"], kept["constraint_violation"], NEAR, "constraint_violation", scale)
    allowed = GENERATED if kept["method"] == "column-generation" else ARRAYS
    assert_arrays(found["dual"], kept["dual"], "dual", allowed)
    if kept.get("certificate") is not None:
        assert found["certificate"]["exact"] is kept["certificate"]["exact"]
        assert_near(found["certificate"]["peak"], kept["certificate"]["peak"], NEAR, "peak")
    if kept.get("spline") is not None:
        assert found["spline"].keys() == kept["spline"].keys()
        for name, entry in kept["spline"].items():
            assert_arrays(found["spline"][name], entry, name)
    if kept.get("measure") is not None:
        assert_measures(found["measure"], kept["measure"], extent, allowed)
    if kept.get("support") is not None:
        assert found["support"]["contained"] is kept["support"]["contained"]
        assert found["support"]["predicted"] == kept["support"]["predicted"]
        assert_places(found["support"]["found"], kept["support"]["found"], extent)


def assert_near(found: float | None, kept: float | None, relative: float, name: str, size: float = 0.0) -> None:
    """Compare two numbers; below 1e-12 they are roundings of zero."""
    assert (found is None) is (kept is None), name
    if found is not None and kept is not None:
        assert found == pytest.approx(kept, rel=relative, abs=max(1e-12, relative * size)), name


def assert_arrays(found: Any, kept: Any, name: str, allowed: float = ARRAYS) -> None:
    """Compare two arrays of numbers by their largest entries; anything else has to be equal."""
    numbers = np.asarray(kept).dtype.kind in "fiu"
    if not numbers:
        assert found == kept, name
        return
    assert np.shape(found) == np.shape(kept), name
    size = float(np.abs(kept).max(initial=0.0))
    np.testing.assert_allclose(found, kept, rtol=0, atol=max(1e-12, allowed * size), err_msg=name)


def assert_measures(found: dict[str, Any], kept: dict[str, Any], extent: float, allowed: float) -> None:
    """Compare the atoms of two measures, of which light ones are left out and close ones added up, and the rest of them."""
    assert found.keys() == kept.keys()
    for name in found.keys() - {"kinks", "directions", "features", "weights"}:
        assert_arrays(found[name], kept[name], name, allowed)
    (places, weights), (kept_places, kept_weights) = atoms(found, extent), atoms(kept, extent)
    assert places.shape == kept_places.shape
    np.testing.assert_allclose(places, kept_places, rtol=0, atol=PLACES * extent)
    assert_arrays(weights, kept_weights, "weights", allowed)


def atoms(measure: dict[str, Any], extent: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the places, (m, 2) or more, and the weights, (m, k), of the atoms that count, in the order of their places."""
    places = np.array(measure["features"]) if "features" in measure else np.column_stack([measure["directions"], measure["kinks"]])
    weights = np.array(measure["weights"])
    weights = weights.reshape(len(weights), int(np.prod(weights.shape[1:])))
    size = np.abs(weights).max(axis=1, initial=0.0)
    heavy = size > PLACES * size.max(initial=0.0)
    order = np.lexsort(np.round(places[heavy], 4).T[::-1])
    places, weights = places[heavy][order], weights[heavy][order]
    fresh = np.ones(len(places), dtype=bool)
    fresh[1:] = np.abs(np.diff(places, axis=0)).max(axis=1, initial=0.0) > PLACES * extent
    added = np.zeros((int(fresh.sum()), weights.shape[1]))
    np.add.at(added, np.cumsum(fresh) - 1, weights)
    return places[fresh], added


def assert_places(found: Any, kept: Any, extent: float) -> None:
    """Compare kinks in increasing order, or features in any, where close ones count once."""
    (places, _), (kept_places, _) = (
        atoms({"features": np.atleast_2d(np.array(each).T).T, "weights": np.ones(len(each))}, extent) for each in (found, kept)
    )
    assert places.shape == kept_places.shape
    np.testing.assert_allclose(places, kept_places, rtol=0, atol=PLACES * extent)


def test_another_answer_is_noticed() -> None:
    kept = TABLE["regression unit n=6 seed=0; exact"]
    for change in (
        {"upper_bound": kept["upper_bound"] * (1 + 1e-6)},
        {"status": "inaccurate"},
        {"dual": [-one for one in kept["dual"]]},
        {"measure": kept["measure"] | {"weights": [1.001 * one for one in kept["measure"]["weights"]]}},
    ):
        check(kept, kept, 4.0, 2.0)
        with pytest.raises(AssertionError):
            check(kept | change, kept, 4.0, 2.0)
