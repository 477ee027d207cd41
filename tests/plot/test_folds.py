"""The folds on the page of an evaluation."""

from dataclasses import replace

from evaluations import three
from vitrail.plot.folds import folds_html


def test_folds_stand_over_the_evaluation_where_there_are_any():
    assert folds_html(three()) == ""
    assert "Fold by fold" not in str(three().show())
    found = {"accuracy": {"each": [0.5, 0.75], "mean": 0.625, "interval": [0.25, 1.0]}}
    answer = replace(three(), checks={**three().checks, "folds": found})
    page = str(answer.show())
    for words in ("Fold by fold", "0.625 [0.250, 1.000]", "fold 2", "0.750", "All folds together"):
        assert words in page
    assert page.index("Fold by fold") < page.index("Class by class")
