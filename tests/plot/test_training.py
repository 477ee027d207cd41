"""Learning curves: where their points are drawn."""

import numpy as np
import pytest

from evaluations import learnt
from vitrail.plot.training import draw_training, measures_of, training_html
from vitrail.train.curves import curves


def lines(axes):
    return {line.get_label(): np.stack(line.get_data()) for line in axes.lines}


def test_training_is_drawn_half_an_epoch_before_validation():
    loss = lines(draw_training(learnt()).axes[0])
    places, values = loss["training, mean over the epoch"]
    np.testing.assert_array_equal(places, [0.5, 1.5, 2.5, 3.5])
    np.testing.assert_allclose(values, [4, 2, 4 / 3, 1])
    places, values = loss["validation, at its end"]
    np.testing.assert_array_equal(places, [1, 2, 3, 4])
    np.testing.assert_allclose(values, [5, 2.5, 5 / 3, 1.25])


def test_the_ring_is_around_the_epoch_that_was_kept():
    loss = lines(draw_training(learnt()).axes[0])
    np.testing.assert_allclose(loss["kept: epoch 4"], [[4], [1.25]])


def test_phases_are_parted_and_named():
    loss, rate = draw_training(learnt()).axes
    assert [text.get_text() for text in loss.texts] == ["head", "all"]
    for axes in (loss, rate):
        assert [list(line.get_xdata()) for line in axes.lines if line.get_linestyle() == "--"] == [[2, 2]]
    assert list(draw_training(learnt(("one",))).axes[0].texts) == []


def test_the_rate_is_drawn_over_the_whole_of_each_epoch():
    rate = draw_training(learnt()).axes[-1]
    (steps,) = rate.patches
    np.testing.assert_allclose(steps.get_data().values, [0.1, 0.1, 0.001, 0.001])
    np.testing.assert_array_equal(steps.get_data().edges, [0, 1, 2, 3, 4])
    assert rate.get_yscale() == "log"  # a hundredfold


def test_a_panel_for_each_measure_the_loss_first():
    answer = curves([{"phase": "a", "accuracy": 0.5, "val_accuracy": 0.6, "loss": 2.0, "val_loss": 3.0, "rate": 0.1}])
    assert measures_of(answer) == ["loss", "accuracy"]
    assert len(draw_training(answer).axes) == 3


def test_what_a_rule_without_rate_or_validation_measured_is_drawn_too():
    figure = draw_training(curves([{"phase": "updates", "epoch": e, "accuracy": e / 3} for e in (1, 2, 3)]))
    assert [text.get_text() for text in figure.axes[-1].texts] == ["no learning rate"]
    assert list(lines(figure.axes[0])) == ["training, mean over the epoch"]


def test_the_page_tells_the_shift_and_every_epoch():
    page = str(learnt().show())
    assert "half an epoch" in page
    assert "epoch 4" in page
    assert training_html(learnt()).count("<tr>") == 1 + 4
    assert "loss from 4 to 1" in page


@pytest.mark.parametrize("last", [0.19, 0.21])
def test_a_loss_that_falls_far_is_drawn_in_powers_of_ten(last):
    answer = curves([{"phase": "a", "loss": v, "val_loss": 4.0, "rate": 0.1} for v in (4.0, last)])
    assert draw_training(answer).axes[0].get_yscale() == ("log" if last < 0.2 else "linear")
