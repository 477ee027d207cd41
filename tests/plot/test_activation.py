import numpy as np
import pytest

from vitrail.errors import BadSetting
from vitrail.plot.activation import by_unit, strongest


@pytest.fixture
def maps(make):
    values = np.random.default_rng(0).random((2, 5, 4, 4))
    values[:, 3] += 10
    return make["any"]("activation", values=values, axes=("batch", "channel", "height", "width"))


def test_the_strongest_channel_comes_first(maps):
    first = maps.plot(channels=2).subfigs[0].axes
    assert len(first) == 2
    assert first[0].get_xlabel() == "channel 3"


def test_the_last_axis_may_be_the_channels(make):
    values = np.random.default_rng(0).random((2, 4, 4, 5))
    answer = make["any"]("activation", values=values, axes=("batch", "height", "width", "channel"))
    np.testing.assert_array_equal(by_unit(answer), values.transpose(0, 3, 1, 2))


def test_strength_is_size_not_sign():
    assert strongest(np.array([[1.0, -5.0, 2.0]]), 2) == [1, 2]


def test_units_are_bars_and_tokens_are_a_strip(make):
    units = make["any"]("activation", values=np.ones((2, 5)), axes=("batch", "unit")).plot()
    assert "unit 4" in [text.get_text() for text in units.subfigs[0].axes[0].get_yticklabels()]
    tokens = make["any"]("activation", values=np.ones((2, 6, 5)), axes=("batch", "token", "feature")).plot()
    assert tokens.subfigs[0].axes[0].images[0].get_array().shape == (5, 6, 3)


def test_other_shapes_are_a_table(make):
    answer = make["any"]("activation", values=np.ones((2, 3)), axes=("batch", "head"))
    assert len(answer.plot().axes[0].tables) == 1


def test_no_channels_are_refused(maps):
    with pytest.raises(BadSetting, match="channels must be at least 1, got 0"):
        maps.plot(channels=0)
