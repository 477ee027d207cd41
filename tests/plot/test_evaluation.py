"""The view of evaluations: which panels there are."""

import pytest

from evaluations import labels, residues, three, two
from vitrail.plot.evaluation import OUTPUTS, draw_evaluation, draw_one, panels_of


def titles(figure):
    return [axes.get_title("left").split(",")[0].split(":")[0] for axes in figure.axes if axes.axison]


@pytest.mark.parametrize("make", [three, two])
def test_classes_have_four_panels(make):
    assert titles(make().plot()) == ["Confusion", "ROC", "Precision and recall", "Reliability"]


def test_labels_have_no_confusion():
    assert titles(draw_evaluation(labels())) == ["ROC", "Precision and recall", "Reliability"]


def test_numbers_have_a_row_each_up_to_a_few():
    assert titles(draw_evaluation(residues(2))) == ["y0", "Residuals by prediction", "Residuals"] * 1 + [
        "y1", "Residuals by prediction", "Residuals",
    ]  # fmt: skip
    assert len(panels_of(residues(OUTPUTS + 2))) == 3 * OUTPUTS


def test_each_panel_can_stand_alone_and_says_what_it_shows():
    panels = panels_of(three())
    assert "accuracy 0.625" in panels[0][0]
    assert len(draw_one(panels[0][1]).axes) == 1
