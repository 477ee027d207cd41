"""Settings of reading are checked before anything is read."""

import pytest

from vitrail.errors import BadSetting
from vitrail.train.reading import CALLED, PART_OF, Reading


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("task", "multi-class"),
        ("missing", "drop"),
        ("mode", "CMYK"),
        ("validation", 0.0),
        ("test", 1.0),
        ("columns", "age"),
        ("blanks", "?"),
        ("classes", "cat"),
    ],
)
def test_what_does_not_fit_is_refused(setting, value):
    with pytest.raises(BadSetting, match=f"{setting}=") as caught:
        Reading(**{setting: value})
    assert str(caught.value).count(". ") >= 2


def test_shares_leave_something_to_train_on():
    Reading(validation=0.4, test=0.5)
    with pytest.raises(BadSetting, match="leave something"):
        Reading(validation=0.5, test=0.5)


def test_a_near_miss_is_suggested():
    with pytest.raises(BadSetting, match="Did you mean 'multiclass'"):
        Reading(task="multi-class")


def test_no_word_names_two_parts():
    assert sum(map(len, CALLED.values())) == len(PART_OF)
    assert PART_OF["testing"] == "test"
