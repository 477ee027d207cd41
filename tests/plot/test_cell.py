import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from vitrail.plot.cell import Look, arrays_cell, bars, cells, image, palettes, strip, tokens
from vitrail.plot.colour import colours

LOOK = Look()


def pixels(html):
    held = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1])
    return np.asarray(Image.open(io.BytesIO(held)).convert("RGB"))


def test_a_positive_pixel_is_red_and_a_zero_pixel_neutral(make):
    values = np.zeros((2, 3, 8, 8))
    values[0, :, 2, 2], values[0, 1, 5, 5] = 1.0, -3.0
    drawn = pixels(cells(make["picture"](values), 0, "heat", LOOK)).astype(int)
    assert drawn[2, 2, 0] > drawn[2, 2, 2] + 40
    assert drawn[5, 5, 2] > drawn[5, 5, 0] + 40
    assert np.ptp(drawn[0, 0]) == 0


def test_opacity_and_clip_reach_the_pixels(make):
    answer = make["picture"]()
    plain = pixels(cells(answer, 1, "", Look(clip=100, opacity=1.0)))
    values = answer.values[1].sum(0)
    np.testing.assert_array_equal(plain, colours(values, np.abs(values).max(), "signed"))


def test_tiny_pictures_are_drawn_pixel_by_pixel():
    assert 'class="map crisp"' in image(np.zeros((28, 28, 3), np.uint8), "", 100)
    assert 'class="map"' in image(np.zeros((280, 280, 3), np.uint8), "", 100)


def test_what_a_picture_shows_is_escaped():
    assert 'alt="&lt;b&gt; &quot;x&quot;"' in image(np.zeros((2, 2, 3), np.uint8), '<b> "x"', 9)


def test_tokens_are_escaped_and_carry_their_value(make):
    html = cells(make["token"]([["<script>", "good"]], np.array([[1.0, -0.5]])), 0, "", LOOK)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert 'title="-0.5">good<' in html


def test_between_the_tokens_of_a_word_is_no_space():
    html = tokens(["won", "der", "Ġfilm"], np.ones(3), "signed", 100)
    assert html.startswith('<p class="tokens"><span')
    assert re.findall(r"</span>( ?)<span class=.token", html) == ["", " "]
    assert re.findall(r">(\w+)<span class=.unseen", html) == ["won", "der", "film"]


def test_every_token_has_the_colour_of_its_value():
    html = tokens(["a", "b"], np.array([1.0, 0.0, 9.0]), "signed", 100)
    assert re.findall(r"background:(#\w+)", html) == ["#b2182b", "#f7f7f7"]


def test_a_bar_against_ends_in_the_middle_and_one_for_begins_there():
    html = bars(["up", "down"], np.array([2.0, -1.0]), "signed")
    assert re.findall(r"left:([\d.]+)%;width:([\d.]+)%", html) == [("50.0", "50.0"), ("25.0", "25.0")]


def test_bars_without_signs_begin_at_the_left():
    html = bars(["much", "little"], np.array([2.0, 1.0]), "strength")
    assert re.findall(r"left:([\d.]+)%;width:([\d.]+)%", html) == [("0.0", "100.0"), ("0.0", "50.0")]


def test_names_of_columns_are_escaped(make):
    html = cells(make["column"](np.array([[1.0, -2.0]]), ["<i>", "b"]), 0, "", LOOK)
    assert '<th scope="row">&lt;i&gt;</th>' in html


def test_bars_of_what_is_not_a_number_have_no_length():
    html = bars(["a", "b"], np.array([np.nan, 0.0]), "signed")
    assert re.findall(r"width:([\d.]+)%", html) == ["0.0", "0.0"]
    assert "nan" in html


def test_a_strip_has_a_pixel_for_each_step(make):
    html = cells(make["series"](rows=3, steps=20), 0, "heat", LOOK)
    assert pixels(html).shape == (3, 20, 3)
    assert 'alt="heat: 3 by 20 steps"' in html
    assert "<span>" not in strip(np.ones((1, 4)), ["only"], "signed", "", 99)


def test_several_inputs_stand_under_their_names(make):
    html = cells(make["two inputs"](), 0, "heat", LOOK)
    assert re.findall(r'<p class="input">(\w+)</p>', html) == ["scan", "record"]
    assert 'alt="heat, scan"' in html
    assert ">dose<" in html


@pytest.mark.parametrize(
    ("shape", "axes", "found"),
    [
        ((2, 12, 4, 4), "batch channel height width", "mosaic"),
        ((2, 30), "batch unit", "bars"),
        ((2, 5, 6), "batch token feature", "strip"),
        ((2, 5), "batch head", "<table"),
    ],
)
def test_a_layer_is_shown_by_its_units(make, shape, axes, found):
    values = np.random.default_rng(0).random(shape)
    html = cells(make["any"]("activation", values=values, axes=tuple(axes.split())), 0, "layer", LOOK)
    assert found in html


def test_an_unknown_kind_is_a_table_of_arrays(make):
    answer = make["any"]("curve", values=np.ones((2, 3)), axes=("batch", "step"))
    assert cells(answer, 0, "", LOOK) == arrays_cell(answer)
    assert '<th scope="row">values</th><td>batch, step</td><td>2 × 3</td>' in arrays_cell(answer)
    assert palettes(answer) == []


def spans(html):
    """[(left, width)] of the bars, in percent."""
    return [(float(a), float(b)) for a, b in re.findall(r"left:([\d.]+)%;width:([\d.]+)%", html)]


def test_columns_add_up_bar_by_bar(make):
    html = cells(make["census"](), 0, "alt", LOOK)
    assert re.findall(r'<th scope="row">(.*?)</th>', html) == [
        "base value", "work = private", "age = 39", "hours = 40.5", "f(x)",
    ]  # fmt: skip
    assert re.findall(r'<td class="number">(.*?)</td>', html)[0::4] == ["1", "0.75"]
    (first, second, third) = spans(html)  # 1 -> 0 -> 0.5 -> 0.75
    assert first == (0, 100)
    assert second == (0, 50)
    assert third == (50, 25)


def test_shares_that_begin_nowhere_are_bars(make):
    answer = make["census"]()
    arrays = {n: a for n, a in answer.arrays.items() if n != "base_value"}
    html = cells(type(answer)(**{**vars(answer), "arrays": arrays}), 0, "alt", LOOK)
    assert "base value" not in html
    assert spans(html) == [(0, 50), (50, 25), (50, 12.5)]


def test_regions_and_sentences_stand_where_they_lie(make):
    html = cells(make["regions"](), 1, "alt", LOOK)
    assert 'alt="alt, by regions"' in html
    assert "base value 0.25, f(x) 3.25" in html
    html = cells(make["sentences"](), 0, "alt", LOOK)
    assert html.count('title="+1.5"') == 3
    assert html.count('title="-0.5"') == 2


def test_the_legend_tells_the_colours_of_players(make):
    assert [palettes(make[form]()) for form in ("census", "regions", "sentences")] == [["signed"]] * 3
