"""Tables that can be added to."""

import pytest

from implicit_bias.errors import BackendError, OptionError
from implicit_bias.registry import Registry


def shapes(**more):
    return Registry("shape", str.lower, ["Circle", "Square"], **more)


def test_a_row_is_registered_found_and_taken_out_again():
    table = shapes()
    table.register("Line")
    assert table.names() == ("circle", "square", "line")
    assert table.find("line") == "Line"
    assert list(table) == ["Circle", "Square", "Line"]
    table.remove("line")
    assert "line" not in table
    assert len(table) == 2


def test_a_row_can_be_preferred_to_all_others():
    table = shapes()
    table.register("Line", first=True)
    assert table.names()[0] == "line"


def test_a_row_can_be_had_for_a_while_also_if_that_ends_in_an_error():
    table, seen = shapes(), []

    def use():
        with table.having("Line"):
            seen.append("line" in table)
            raise KeyError

    with pytest.raises(KeyError):
        use()
    assert seen == [True]
    assert "line" not in table


def test_two_rows_of_one_name_are_refused():
    with pytest.raises(OptionError, match="There is a shape 'circle' already"):
        shapes().register("CIRCLE")


@pytest.mark.parametrize("error", [OptionError, BackendError])
def test_an_unknown_name_is_refused_with_a_hint(error):
    with pytest.raises(error, match=r"There is no shape 'squere'\. Did you mean square\? There are circle, square\."):
        shapes(error=error).find("squere")


def test_a_long_table_is_not_listed_for_a_typo():
    table = Registry("number", str, [f"number {i}" for i in range(40)])
    with pytest.raises(OptionError) as refused:
        table.find("numbr 7")
    assert str(refused.value) == "There is no number 'numbr 7'. Did you mean number 7?"


def test_later_rows_are_made_once_when_asked_for():
    made = []

    def make():
        made.append("Line")
        return "Line"

    table = Registry("shape", str.lower, later={"line": make})
    assert table.names() == ("line",)
    assert made == []
    assert table.find("line") == table.find("line") == "Line"
    assert made == ["Line"]
