"""Figures inside a page."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from vitrail.errors import BadSetting
from vitrail.plot import Section, report
from vitrail.plot.inline import charts, inline, styled


def pictures(html):
    found = re.findall(r'<img class="chart" src="data:image/png;base64,([^"]+)" alt="([^"]*)"', html)
    return [(Image.open(io.BytesIO(base64.b64decode(source))), alt) for source, alt in found]


def test_a_figure_travels_with_the_page(make):
    figure = make["shares"]().plot(style="bar")
    ((drawn, alt),) = pictures(inline(figure, 'a "bar"'))
    assert drawn.width == round(figure.get_figwidth() * 144)
    assert alt == "a &quot;bar&quot;"
    assert len(np.unique(np.asarray(drawn.convert("L")))) > 10


def test_each_style_is_a_picture_that_says_what_it_is(make):
    html = charts(make["shares"](), ("bar", "beeswarm"), "mine")
    assert [alt for _, alt in pictures(html)] == ["bar of mine, 6 examples", "beeswarm of mine, 6 examples"]
    assert charts(make["shares"](), ()) == ""


def test_a_page_begins_with_a_swarm_where_there_are_many_examples(make):
    assert len(pictures(str(make["shares"]().show()))) == 1
    assert pictures(str(make["shares"](np.ones((4, 3))).show())) == []
    assert len(pictures(str(make["shares"](np.ones((4, 3))).show(style="bar")))) == 1
    assert pictures(str(make["regions"]().show())) == []


def test_a_section_of_a_report_has_the_styles_it_names(make, tmp_path):
    answer = make["shares"]()
    text = report(tmp_path / "r.html", [Section("A", "", [answer], [0, 2], ("heatmap", "bar"))], title="T").read_text()
    assert [alt.split()[0] for _, alt in pictures(text)] == ["heatmap", "bar"]
    assert text.count('class="bars falls"') == 2


def test_a_style_that_does_not_suit_is_refused(make):
    with pytest.raises(BadSetting, match="gradient answered with a picture of kind 'map'"):
        styled(make["map"](), "bar")
    with pytest.raises(BadSetting, match="is for the columns of a table"):
        str(make["regions"]().show(style="bar"))
    assert styled(make["map"](), "auto").subfigs
