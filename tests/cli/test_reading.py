"""The flags that say how people's data are read."""

from vitrail.cli.reading import columns_of, reading


def test_how_data_are_read():
    assert reading(task="auto", validation=None, missing="fill", skip_broken=False) == {"missing": "fill"}
    assert reading(size="28") == {"size": (28, 28)}
    assert reading(size="28,32", blanks="?, -") == {"size": (28, 32), "blanks": ["?", "-"]}


def test_one_column_is_a_name_and_several_are_a_list():
    assert columns_of(None) is None
    assert columns_of("pet") == "pet"
    assert columns_of("a, b") == ["a", "b"]
