import numpy as np

from vitrail.plot.cell import Look
from vitrail.plot.document import document, legend, paragraphs


def test_text_is_parted_and_escaped():
    assert paragraphs("a <b>\nc\n\n\n d ") == "<p>a &lt;b&gt;\nc</p><p>d</p>"


def test_the_legend_explains_the_colours_that_are_used(make):
    both = legend([make["picture"](), make["map"]()], Look(clip=98))
    assert "blue: against" in both
    assert "red: for" in both
    assert "bright: much" in both
    assert "98th percentile" in both
    assert "bright" not in legend([make["picture"]()], Look())
    assert legend([], Look()) == ""


def test_a_layer_is_neither_for_nor_against(make):
    values = np.array([[1.0, -2.0], [3.0, 0.5]])
    layer = make["any"]("activation", values=values, axes=("batch", "unit"))
    assert "blue: negative" in legend([layer], Look())
    assert "against" not in legend([layer], Look())
    assert legend([layer, make["picture"]()], Look()) == legend([make["picture"](), layer], Look())


def test_title_and_lead_are_plain_text():
    html = document("<i>", "a & b", ["<section>whole</section>"], [], Look(), "<nav></nav>")
    assert "<title>&lt;i&gt;</title>" in html
    assert "<h1>&lt;i&gt;</h1>" in html
    assert "<p>a &amp; b</p></div><nav></nav>" in html
    assert "<section>whole</section>" in html
    assert html.startswith('<!doctype html>\n<html lang="en">')
