"""What ``solve`` chooses for a problem of every kind, a method and an option; see ``choices.py``, which also writes the table."""

from __future__ import annotations

import json

import pytest
from choices import CHOICES, METHODS, OPTIONS, PROBLEMS, choices, problem_of

import implicit_bias as ib

TABLE = json.loads(CHOICES.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PROBLEMS)
def test_choices(name: str) -> None:
    found, kept = choices(name), TABLE[name]
    assert {cell: (found.get(cell), kept.get(cell)) for cell in found | kept if found.get(cell) != kept.get(cell)} == {}


def test_the_table_is_whole() -> None:
    assert set(TABLE) == set(PROBLEMS)
    assert all(len(cells) == len(METHODS) * len(OPTIONS) for cells in TABLE.values())


def test_the_split_applies_to_one_of_the_two_problems_on_the_sphere() -> None:
    assert ib.solve(problem_of("regression sphere"), "exact").status is ib.Status.OPTIMAL
    with pytest.raises(ib.OptionError, match="does not apply to these data"):
        ib.solve(problem_of("regression sphere, no split"), "exact")
