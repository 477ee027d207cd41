import pytest

import vitrail
from vitrail.errors import BadSetting
from vitrail.metrics.choose import LIST, METRICS, metric_of
from vitrail.metrics.deletion import Deletion

FAMILIES = {"faithfulness", "complexity", "localisation", "robustness", "randomisation", "axioms", "consistency"}


def test_every_metric_is_in_the_list_under_its_own_name():
    assert len(METRICS) == len(LIST)
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.better in ("higher", "lower")
        assert metric.family in FAMILIES
        assert "\n    [1] " in metric.__doc__
        for section in ("Settings", "Laws", "Cost", "Beware"):
            assert f"    {section}" in metric.__doc__
    assert vitrail.METRICS is METRICS


def test_a_metric_out_of_what_users_say():
    assert metric_of("deletion", (3,)) == Deletion()
    assert metric_of({"metric": "deletion", "steps": 8}, (3,)) == Deletion(8)
    assert metric_of(Deletion(5), (3,)) == Deletion(5)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("delete", "no metric named 'delete'. Did you mean 'deletion'"),
        ({"steps": 3}, "no metric named ''"),
        ({"metric": "deletion", "steps": 0}, "steps=0 does not fit"),
        ({"metric": "deletion", "speed": 1}, "has no setting 'speed'"),
        (Deletion, "is no metric"),
        (7, "is no metric"),
    ],
)
def test_what_is_no_metric_is_refused(value, words):
    with pytest.raises(BadSetting, match=words):
        metric_of(value, (3,))
