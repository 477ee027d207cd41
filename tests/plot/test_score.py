"""How usual examples are: histogram, bars, rows."""

import re
from dataclasses import replace

import numpy as np
import pytest

import vitrail
from vitrail.errors import BadSetting
from vitrail.plot.colour import solid
from vitrail.plot.score import below, draw_score, drawable, score_facts, shade, singles, told_p, unusual_first

MANY = np.linspace(0, 1, 101)


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\u00a0", " ")


def test_it_is_the_view_of_its_kind():
    assert vitrail.explanation.VIEWS["score"] is draw_score


def test_shares_below_the_levels_are_stated():
    assert below(np.array([0.05, 0.01, 0.009, 0.9])).replace("\u00a0", " ") == (
        "4 examples: 75.0 % at or below 0.05 (usual: 5 %), 50.0 % at or below 0.01 (usual: 1 %)"
    )


def test_a_histogram_of_many(make):
    figure = make["score"](MANY).plot()
    (axes,) = figure.axes
    heights = [patch.get_height() for patch in axes.patches]
    np.testing.assert_allclose(heights, np.histogram(MANY, 20, (0, 1))[0])
    assert sum(heights) == 101
    assert axes.get_title(loc="left") == below(MANY)


def test_few_have_a_bar_for_each_score(make):
    answer = make["score"]()
    figure = answer.plot()
    histogram, *panels = figure.subfigs[0].axes + figure.subfigs[1].axes
    assert sum(patch.get_height() for patch in histogram.patches) == 3
    drawn = [axes for axes in panels if axes.patches]
    assert len(drawn) == 3
    for example, axes in enumerate(drawn):
        assert axes.get_title(loc="left") == f"{example}, predicted {['zero', 'one'][example % 2]}"
        widths = [patch.get_width() for patch in axes.patches]
        np.testing.assert_allclose(widths, [answer.values[example], answer.arrays["p/msp"][example]])
    assert [t.get_text() for t in drawn[0].get_yticklabels()] == ["combined", "msp"]
    assert len(draw_score(make["score"](MANY[:21])).subfigs) == 0


def test_red_is_unusual():
    assert shade(0.05) == solid(1, "signed") != shade(0.051)


def test_the_combined_score_comes_first(make):
    assert list(singles(make["score"]())) == ["combined", "msp"]


def test_other_scores_are_a_table(make):
    plain = make["any"]("score", values=np.ones(3), axes=("batch",), batch=3)
    assert not drawable(plain)
    assert plain.plot().axes[0].tables
    assert "p-value" not in str(plain.show())


def test_each_example_has_its_row(make):
    html = str(make["score"](unusual=["", "At <conv> it sits in 4.", "Far & away."]).show())
    assert html.count('<th scope="row"><div class="subject">') == 3
    assert "At &lt;conv&gt; it sits in 4." in html
    told = text_of(html)
    assert "0 predicted zero 0.500 nothing" in told
    assert "1 predicted one 0.004 At" in told
    assert "combined 0.500 msp 0.250" in told
    assert html.count("<details>") == 3
    assert "width:50.0%" in html


def test_a_tiny_p_is_not_zero():
    assert told_p(0.0004) == "&lt;\u00a00.001"
    assert told_p(0.001) == "0.001"


def test_facts_of_the_calibration(make):
    assert score_facts(make["score"]()) == {
        "examples": "3",
        "p ≤ 0.05": "66.7\u00a0%",
        "p ≤ 0.01": "33.3\u00a0%",
        "calibrated on": "40 examples held out of x",
        "combined of": "knn 0.75, msp 0.25",
    }
    assert list(score_facts(replace(make["score"](), checks={}))) == ["examples", "p ≤ 0.05", "p ≤ 0.01"]


def test_how_small_a_p_can_be(make):
    assert "With 40 examples of calibration none can be below 0.024." in str(make["score"]().show())
    assert "none can be below" not in str(replace(make["score"](), checks={}).show())


def test_the_most_unusual_are_shown_when_there_are_many(make):
    values = MANY[::-1].copy()
    html = str(make["score"](values).show(most=4))
    assert re.findall(r'<span class="number">(\d+)</span>', html) == ["100", "99", "98", "97"]
    assert "The 4 most unusual of 101 examples are shown." in html
    assert html.count('class="chart"') == 1
    assert unusual_first(np.array([0.3, 0.1]), 2) == [0, 1]
    with pytest.raises(BadSetting, match="most must be at least 1"):
        make["score"]().show(most=0)


def test_pictures_texts_and_tables_are_recognised(make):
    pictures = np.random.default_rng(0).integers(0, 255, (3, 5, 5, 1)).astype(np.uint8)
    shown = {"arrays": {"picture": pictures}, "axes": {"picture": ("batch", "height", "width", "channel")}}
    html = str(make["score"](**shown).show())
    assert html.count('class="map crisp"') == 3
    assert 'alt="example 1, predicted one"' in html
    words = str(make["score"](labels={"token": [["▁good", "▁film"], ["a"], ["b"]]}).show())
    assert " good film" in words
    columns = np.arange(24.0).reshape(3, 8)
    table = str(
        make["score"](
            arrays={"input": columns}, axes={"input": ("batch", "feature")}, labels={"feature": list("abcdefgh")}
        ).show()
    )
    assert "f = 13" in table
    assert "g = " not in table


def test_nothing_else_is_needed(make):
    text = str(make["score"](MANY).show())
    assert "http" not in text
    assert "<h2>How usual each example is</h2>" in text
