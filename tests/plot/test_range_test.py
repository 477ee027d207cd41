"""The picture of a range test: losses over rates, and what to take."""

import numpy as np

from tunings import swept
from vitrail.plot.range_test import draw_range_test, range_test_html


def lines(axes):
    return {line.get_label(): np.stack(line.get_data()) for line in axes.lines}


def test_losses_are_drawn_over_rates_and_marks_where_they_belong():
    axes = draw_range_test(swept()).axes[0]
    assert axes.get_xscale() == "log"
    drawn = lines(axes)
    np.testing.assert_allclose(drawn["smoothed"][0], 10.0 ** np.arange(-4, 3))
    np.testing.assert_allclose(drawn["smoothed"][1], [5, 4.9, 4, 1, 2, 9, 99])
    assert drawn["suggestion: 0.01"][0][0] == 0.01
    assert drawn["begins to climb: 0.1"][0][0] == 0.1
    assert drawn["falls fastest: 0.01"][0][0] == 0.01


def test_what_blows_up_leaves_the_picture():
    low, high = draw_range_test(swept()).axes[0].get_ylim()
    assert low < 1
    assert 5 < high < 9


def test_a_loss_that_falls_far_is_drawn_in_powers_of_ten():
    axes = draw_range_test(swept((5, 5, 4, 0.1, 0.01, 1, 99))).axes[0]
    assert axes.get_yscale() == "log"
    assert axes.get_ylim()[0] < 0.01


def test_without_a_suggestion_the_page_says_why():
    answer = swept((9, 8, 7, 6, 5, 4))
    assert not any("suggestion" in label for label in lines(draw_range_test(answer).axes[0]))
    page = str(answer.show())
    assert "The loss never climbed: end with a higher rate (high=)." in page
    assert "thrown away" in page


def test_every_step_is_in_the_table():
    html = range_test_html(swept())
    assert html.count("<tr>") == 1 + 7
    assert "the lowest 1 at 0.1" in html
    assert "suggestion" in html


def test_a_test_without_a_step_can_be_shown():
    assert "No step was taken" in range_test_html(swept((5, float("nan"))))
