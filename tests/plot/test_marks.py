"""The page of an evaluation."""

import numpy as np
import pytest

from evaluations import labels, residues, three, two
from vitrail.plot.marks import evaluation_html, measures_told
from vitrail.train.evaluation import evaluation


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """The panels have tests of their own."""
    monkeypatch.setattr("vitrail.plot.marks.inline", lambda figure, words: f'<img class="chart" alt="{words}">')


def test_measures_are_told_with_their_intervals():
    told = measures_told(three())
    assert told["examples"] == "8"
    low, high = three().checks["intervals"]["accuracy"]
    assert told["accuracy"] == f"0.625 [{low:.3f}, {high:.3f}]"
    assert told["most frequent class"] == "0.375"
    assert "RMSE" not in told


def test_what_is_not_defined_is_left_out():
    alone = evaluation(np.zeros(3, int), np.full((3, 1), 0.2), "binary", ("no", "yes"))
    assert "AUC" not in measures_told(alone)
    assert "–" in evaluation_html(alone)


def test_a_row_for_each_class_and_the_pairs_that_are_confused():
    page = evaluation_html(three())
    for words in (
        "Class by class",
        "bee &lt;b&gt;",
        "ant as bee &lt;b&gt; (1)",
        "average precision",
        "surest mistakes",
    ):
        assert words in page
    assert page.count('class="chart"') == 4
    assert "bee <b>" not in page


def test_labels_and_numbers_have_pages_of_their_own():
    assert "all labels right" in evaluation_html(labels())
    assert "for another most often" not in evaluation_html(two())
    one, several = evaluation_html(residues()), evaluation_html(residues(2))
    assert "Number by number" not in one
    assert "Number by number" in several
    assert "largest residuals" in one


def test_answers_of_this_kind_are_shown_as_a_whole():
    page = str(three().show())
    assert "How well the network does" in page
    assert "8 examples are shown" not in page
