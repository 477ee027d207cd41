"""The picture of a tuning: what mattered, trial after trial, setting by setting."""

import numpy as np

from tunings import searched
from vitrail.plot.tuning import draw_tuning


def panels(answer):
    return {axes.get_title(loc="left"): axes for axes in draw_tuning(answer).axes}


def test_what_mattered_most_stands_first():
    axes = panels(searched())["what mattered"]
    np.testing.assert_allclose([bar.get_width() for bar in axes.patches], [0.7, 0.2])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["hidden", "rate"]
    assert [text.get_text().strip() for text in axes.texts] == ["70 %", "20 %"]


def test_trials_and_the_best_so_far():
    axes = panels(searched())["trial after trial"]
    drawn = {line.get_label(): np.stack(line.get_data()) for line in axes.lines}
    np.testing.assert_array_equal(drawn["trial"], [[1, 3, 5], [3, 1, 2]])
    np.testing.assert_array_equal(drawn["best so far"], [[1, 2, 3, 4, 5], [3, 3, 1, 1, 1]])
    assert drawn["pruned (1)"][0].tolist() == [2]
    assert drawn["failed (1)"][0].tolist() == [4]
    assert axes.get_ylabel() == "validation loss"


def test_each_setting_has_a_panel_with_the_best_ringed():
    found = panels(searched())
    rate, hidden = found["rate"], found["hidden"]
    assert rate.get_xscale() == "log"
    assert rate.get_xlim()[0] < 0.01 < 1 < rate.get_xlim()[1]  # all that was searched
    dots = rate.collections[0].get_offsets()
    np.testing.assert_allclose(np.ma.filled(dots, np.nan)[[0, 2, 4]], [[0.1, 3], [0.4, 1], [0.7, 2]])
    assert [label.get_text() for label in hidden.get_xticklabels()] == ["[8]", "[16, 8]"]
    for axes, place in ((rate, 0.4), (hidden, 1)):
        (ring,) = axes.lines
        assert abs(ring.get_xdata()[0] - place) < 0.2
        assert ring.get_ydata()[0] == 1


def test_with_too_few_trials_nothing_is_said_to_matter():
    answer = searched()
    answer.arrays["importance"][:] = np.nan
    axes = panels(answer)["what mattered"]
    assert [text.get_text() for text in axes.texts] == ["too few trials to say"]
    assert not axes.patches


def test_measures_that_span_far_are_drawn_in_powers_of_ten():
    answer = searched()
    answer.arrays["values"][:] = [100, np.nan, 1, np.nan, 2]
    assert panels(answer)["rate"].get_yscale() == "log"
    assert panels(searched())["rate"].get_yscale() == "linear"
