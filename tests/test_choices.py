"""What ``solve`` chooses for a problem of every kind, a method and an option; see ``choices.py``, which also writes the table."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from choices import CHOICES, METHODS, OPTIONS, PROBLEMS, calls, choices, problem_of, refusal, without_numbers

import implicit_bias as ib
from implicit_bias.methods import Options
from implicit_bias.methods.table import started

TABLE = json.loads(CHOICES.read_text(encoding="utf-8"))


def beginnings(problem: Any, method: str, given: dict[str, Any]) -> list[str]:
    """Return what a cell may say, as far as it is known before anything runs: the refusal, or what may start and why."""
    if (error := refusal(problem, method, **given)) is not None:
        return [without_numbers(f"{type(error).__name__}: {error}")]
    rows = []
    with suppress(ib.ImplicitBiasError):  # of rows that are only tried where those before give up
        for row in started(problem, method, Options(**given)):
            rows.append(row)
    gives_up = [without_numbers(f"OptionError: {row.gives_up}") for row, _ in rows if row.may_give_up(problem)]
    return [f"{row.name}, {{}}: {without_numbers(reason)}" for row, reason in rows] + gives_up


def agrees(said: str, possible: list[str]) -> bool:
    """Whether a cell says one of what is possible: what is known beforehand, and then what came of it."""
    of_any_backend = re.sub(r"^([a-z-]+), \S+: ", r"\1, {}: ", said)
    whole = len(possible) == 1 and "Error: " in possible[0]
    return said == possible[0] if whole else any(of_any_backend.startswith(one) for one in possible)


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_would_start(name: str) -> None:
    """Every refusal to the letter, and of what starts the method and why; nothing is solved."""
    problem, kept = problem_of(name), TABLE[name]
    found = {cell: beginnings(problem, method, given) for cell, method, given in calls(problem)}
    assert {cell: (one, kept[cell]) for cell, one in found.items() if not agrees(kept[cell], one)} == {}


def test_other_words_are_noticed() -> None:
    assert agrees("exact, None: It exists. More.", ["exact, {}: It exists."])
    assert not agrees("sparse, SCS: It exists.", ["exact, {}: It exists."])
    assert not agrees("OptionError: No grid. Use 'a'.", ["OptionError: No grid."])


@pytest.mark.slow
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
