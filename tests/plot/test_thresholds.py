"""ROC, precision and recall, reliability: the numbers that are drawn."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from evaluations import labels, three, two
from vitrail.plot.thresholds import draw_precision_recall, draw_reliability, draw_roc, drawn_classes
from vitrail.train.evaluation import evaluation


def drawn(draw, answer):
    axes = Figure().subplots()
    draw(axes, answer)
    return axes


def test_a_curve_for_each_class_and_one_for_yes_or_no():
    assert drawn_classes(three()) == [0, 1, 2]
    assert drawn_classes(labels()) == [0, 1]
    assert drawn_classes(two()) == [1]


def test_roc_goes_through_the_points_of_the_answer_and_names_its_area():
    answer = two()
    axes = drawn(draw_roc, answer)
    curve, chance = axes.lines
    np.testing.assert_array_equal(np.stack(curve.get_data(), 1), answer.arrays["roc/1"][:, :2])
    np.testing.assert_array_equal(chance.get_data(), [[0, 1], [0, 1]])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["yes 0.750"]


def test_the_area_under_the_drawn_steps_is_the_average_precision():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 40)
    answer = evaluation(y, np.clip(0.3 * y + 0.7 * rng.random(40), 0, 1)[:, None], "binary", ("no", "yes"))
    axes = drawn(draw_precision_recall, answer)
    (line,) = axes.lines
    assert line.get_drawstyle() == "steps-post"
    recall, precision = line.get_data()
    area = -(np.diff(recall) * precision[:-1]).sum()  # post: a step keeps the height that it begins with
    assert area == pytest.approx(answer.arrays["average_precision"][1])


def test_bars_of_reliability_are_shares_and_grey_ones_counts():
    answer = two()
    axes = drawn(draw_reliability, answer)
    shares, counts = axes.containers
    known = answer.arrays["calibration"][:, 2] > 0
    np.testing.assert_array_equal([bar.get_height() for bar in shares], answer.arrays["calibration"][known, 1])
    assert max(bar.get_height() for bar in counts) == pytest.approx(0.2)
    assert "yes" in axes.get_xlabel()
    assert "the class that is said" in drawn(draw_reliability, three()).get_xlabel()
    assert "each label" in drawn(draw_reliability, labels()).get_xlabel()


def test_without_a_second_class_there_is_no_curve():
    alone = evaluation(np.zeros(3, int), np.full((3, 1), 0.2), "binary", ("no", "yes"))
    axes = drawn(draw_roc, alone)
    assert [text.get_text() for text in axes.texts] == ["one class only: no curve"]
