"""The view of attention maps: which are drawn, in which colours, and what is said of those left out."""

import numpy as np
import pytest

import vitrail
from vitrail.errors import BadSetting
from vitrail.plot.attention import GROUND, centres, draw_attention, evenly, has_names, maps_of, mosaic, note, words
from vitrail.plot.colour import colours

AXES = ("batch", "layer", "head", "query", "key")
TOKENS = [["[CLS]", "a", "▁film"], ["[CLS]", "a"]]


def weights(*shape):
    values = np.random.default_rng(0).normal(size=shape)
    return np.exp(values) / np.exp(values).sum(-1, keepdims=True)


@pytest.fixture
def text(make):
    return make["any"]("attention", values=weights(2, 2, 4, 3, 3), axes=AXES, labels={"token": TOKENS})


@pytest.fixture
def picture(make):
    return make["any"]("attention", values=weights(2, 2, 4, 40, 40), axes=AXES)


def drawn(axes):
    return np.asarray(axes.get_images()[0].get_array())


def texts(figure):
    return [t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text"))]


def test_every_map_stands_at_its_layer_and_head_on_its_own_scale():
    maps = np.zeros((2, 3, 16, 16))
    maps[1, 2, 0, 5], maps[0, 0, :, 0] = 0.25, 1.0
    shown = mosaic(maps, clip=100)
    side, gap = 32, 2
    assert shown.shape == (2 * side + gap, 3 * side + 2 * gap, 3)
    full, none = colours(np.array([1.0, 0.0]), 1.0, "strength")
    top, left = side + gap, 2 * (side + gap)
    assert (shown[top : top + 2, left + 10 : left + 12] == full).all()
    assert (shown[top + 2 : top + side, left : left + side] == none).all()
    assert (shown[:side, :2] == full).all()
    assert (shown[side : side + gap] == GROUND).all()
    assert (shown[:, side : side + gap] == GROUND).all()


def test_large_maps_are_not_enlarged_and_need_not_be_square():
    assert mosaic(weights(1, 2, 40, 50)).shape == (40, 2 * 50 + 4, 3)


@pytest.mark.parametrize(
    ("count", "most", "expected"),
    [(3, 12, [0, 1, 2]), (24, 3, [0, 12, 23]), (5, 1, [0]), (1, 4, [0]), (4, 4, [0, 1, 2, 3])],
)
def test_layers_are_chosen_evenly(count, most, expected):
    assert evenly(count, most) == expected


def test_padding_is_left_out_and_tokens_are_readable(text):
    assert maps_of(text, 0).shape == (2, 4, 3, 3)
    assert maps_of(text, 1).shape == (2, 4, 2, 2)
    np.testing.assert_array_equal(maps_of(text, 1), text.values[1][..., :2, :2])
    assert words(text, 0) == ["[CLS]", "a", " film"]


def test_short_texts_name_their_tokens_beside_their_mean(text, picture):
    figure = draw_attention(text)
    assert has_names(text)
    first = figure.axes[0]
    assert [t.get_text() for t in first.get_yticklabels()] == ["[CLS]", "a", " film"]
    mean = text.values[0].mean((0, 1))
    expected = colours(mean, float(np.percentile(mean, 99.5)), "strength")
    np.testing.assert_array_equal(drawn(first), expected)
    assert not has_names(picture)
    assert len(draw_attention(picture).axes) == 2


def test_long_texts_and_cross_attention_name_nothing(make):
    long = make["any"]("attention", values=weights(1, 1, 1, 33, 33), axes=AXES, labels={"token": [["a"] * 33]}, batch=1)
    assert not has_names(long)
    crossing = make["any"]("attention", values=weights(2, 1, 1, 2, 3), axes=AXES, labels={"token": TOKENS})
    assert not has_names(crossing)
    assert maps_of(crossing, 1).shape == (1, 1, 2, 3)


def test_layers_and_heads_are_named_and_those_left_out_are_told(picture):
    said = texts(draw_attention(picture, layers=1, heads=2))
    assert {"layer 0", "head 0", "head 3"} <= set(said)
    assert "head 1" not in said
    assert "1 of 2 layers, 2 of 4 heads; 40 × 40 tokens; a row looks at its columns" in said
    assert note(picture.values[0], 12, 12).startswith("2 layers, 4 heads;")
    assert note(picture.values[0][:1, :1], 1, 1).startswith("1 layer, 1 head;")


def test_names_stand_at_the_middle_of_their_maps():
    np.testing.assert_allclose(centres(60, 3), [9.5, 29.5, 49.5])


def test_examples_that_are_left_out_are_told(picture):
    assert any("1 of 2 examples are shown" in t for t in texts(draw_attention(picture, most=1)))


@pytest.mark.parametrize("settings", [{"layers": 0}, {"heads": 0}, {"most": 0}, {"clip": 0}])
def test_settings_out_of_range_are_refused(settings, picture):
    with pytest.raises(BadSetting):
        draw_attention(picture, **settings)


def test_other_axes_are_a_table(make):
    other = make["any"]("attention", values=weights(2, 3, 3), axes=("batch", "query", "key"))
    assert draw_attention(other).axes[0].tables
    assert "<table" in str(other.show())


def test_it_is_the_view_of_its_kind_and_stands_in_the_page(text, picture):
    assert vitrail.explanation.VIEWS["attention"] is draw_attention
    assert len(picture.plot().axes) == 2
    page = str(text.show())
    assert page.count('class="map crisp heads"') + page.count('class="map heads"') == 2
    assert "layers 0 to 1 downwards, heads 0 to 3 to the right" in page
    assert "2 layers, 4 heads; 3 × 3 tokens" in page
    assert "purple: much" in page


def test_a_figure_is_written(text, tmp_path):
    text.plot().savefig(tmp_path / "maps.png")
    assert (tmp_path / "maps.png").stat().st_size > 5000
