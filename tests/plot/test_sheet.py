import pytest

from vitrail.errors import BadSetting
from vitrail.plot.panel import Panel
from vitrail.plot.sheet import sheet


def panel(seen):
    return Panel(1.0, 1.0, lambda axes, example: seen.append(example))


def test_there_is_a_row_for_each_example():
    seen = []
    figure = sheet([panel(seen), panel(seen)], lambda example: f"row {example}", 3)
    assert seen == [0, 0, 1, 1, 2, 2]
    assert [row.get_suptitle() for row in figure.subfigs] == ["row 0", "row 1", "row 2"]
    assert figure.get_supxlabel() == ""


def test_examples_left_out_are_counted():
    seen = []
    figure = sheet([panel(seen)], str, 5, most=2)
    assert seen == [0, 1]
    assert figure.get_supxlabel().startswith("2 of 5 examples")


def test_no_rows_are_refused():
    with pytest.raises(BadSetting, match="most must be at least 1, got 0"):
        sheet([panel([])], str, 5, most=0)
