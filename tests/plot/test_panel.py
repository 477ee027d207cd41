import numpy as np
from matplotlib.figure import Figure

from vitrail.plot.panel import (
    BARS,
    LINE,
    add_bar,
    bar_panels,
    draw_pixels,
    largest,
    pixel_panels,
    place,
    series_panels,
    token_panels,
    tokens_of,
)
from vitrail.plot.part import Part, parts


def drawn(panel, example=0):
    axes = Figure().subplots()
    panel.draw(axes, example)
    axes.figure.canvas.draw()
    return axes


def column(values, names=()):
    return Part("", "column", np.atleast_2d(np.asarray(values, float)), "signed", names)


def test_digits_are_not_blurred():
    small, large = Figure().subplots(1, 2)
    draw_pixels(small, np.zeros((28, 28, 1), np.uint8))
    draw_pixels(large, np.zeros((300, 300, 3), np.uint8))
    assert small.images[0].get_interpolation() == "nearest"
    assert large.images[0].get_interpolation() == "antialiased"


def test_the_original_stands_before_the_heat_map(make):
    answer = make["picture"]()
    original, heat = (drawn(panel).images[0].get_array() for panel in pixel_panels(parts(answer)[0]))
    np.testing.assert_array_equal(original, np.repeat(answer.arrays["picture"][0], 3, -1))
    assert np.ptp(heat.astype(int), axis=-1).max() > 60


def test_without_a_picture_there_is_only_the_heat_map(make):
    answer = make["any"](values=np.ones((2, 4, 4)), axes=("batch", "height", "width"))
    assert len(pixel_panels(parts(answer)[0])) == 1


def test_the_scale_beside_signed_values_is_centred():
    axes = Figure().subplots()
    add_bar(axes, 0.5, "signed")
    assert [text.get_text() for text in axes.figure.axes[1].get_yticklabels()] == ["-0.5", "0", "0.5"]


def test_bars_are_sorted_by_size():
    names, values = largest(np.array([0.1, -3.0, 2.0]), ["a", "b", "c"])
    assert names == ["b", "c", "a"]
    np.testing.assert_array_equal(values, [-3.0, 2.0, 0.1])


def test_what_is_left_out_is_summed_so_that_bars_add_up():
    values = np.random.default_rng(0).normal(size=40)
    names, shown = largest(values, [str(i) for i in range(40)])
    assert len(shown) == BARS + 1
    assert names[-1] == f"{40 - BARS} others together"
    np.testing.assert_allclose(shown.sum(), values.sum())


def test_a_single_rest_keeps_its_name():
    names, _ = largest(np.arange(BARS + 1.0), [str(i) for i in range(BARS + 1)])
    assert names[-1] == "0"


def test_bars_have_names_and_lengths():
    axes = drawn(bar_panels(column([1.0, -2.0], ["US$ to EU$", "b"]))[0])
    assert [text.get_text() for text in axes.get_yticklabels()] == ["b", "US$ to EU$"]
    assert [bar.get_width() for bar in axes.patches] == [-2.0, 1.0]
    assert axes.patches[0].get_facecolor() != axes.patches[1].get_facecolor()


def test_padding_is_not_drawn(make):
    answer = make["token"]([["a", "Ġb", "c"], ["d"]])
    part = parts(answer)[0]
    assert tokens_of(part, 0) == ["a", " b", "c"]
    assert [text.get_text() for text in drawn(token_panels(part)[0], 1).texts] == ["d"]


def test_tokens_of_a_word_touch(make):
    part = parts(make["token"]([["won", "der", "Ġfilm"]]))[0]
    assert place(tokens_of(part, 0)) == [(0, 0), (3.5, 0), (7.5, 0)]
    assert [text.get_text() for text in drawn(token_panels(part)[0]).texts] == ["won", "der", "film"]


def test_tokens_have_the_colour_of_their_value(make):
    part = parts(make["token"]([["good", "bad"]], np.array([[1.0, -1.0]])))[0]
    red, blue = (text.get_bbox_patch().get_facecolor() for text in drawn(token_panels(part)[0]).texts)
    assert red[0] > red[2]
    assert blue[2] > blue[0]


def test_a_dollar_in_a_token_is_not_mathematics(make):
    part = parts(make["token"]([["$x_1", "^$", "$a$"]]))[0]
    assert [text.get_parse_math() for text in drawn(token_panels(part)[0]).texts] == [False] * 3


def test_long_text_goes_on_in_the_next_line():
    places = place(["x" * 20] * 7)
    assert places[0] == (0, 0)
    assert max(column + 20 for column, _ in places) <= LINE
    assert places[-1][1] == 2
    assert len(set(places)) == 7


def test_one_series_is_a_line_and_several_are_a_strip(make):
    one, several = (parts(make["series"](rows=rows))[0] for rows in (1, 3))
    assert len(drawn(series_panels(one)[0]).collections) == 2
    assert drawn(series_panels(several)[0]).images[0].get_array().shape == (3, 20, 3)
