"""The view of kind "players": what is picked for which content, and what is refused."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import vitrail
from vitrail.errors import BadSetting
from vitrail.plot.picture import overlay
from vitrail.plot.players import STYLES, draw_players, from_base
from vitrail.plot.regions import laid_of, outlined


def texts(figure):
    return [t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text"))]


def test_it_is_the_view_of_its_kind():
    assert vitrail.explanation.VIEWS["players"] is draw_players


def test_few_examples_are_waterfalls_and_many_a_swarm(make):
    few, many = make["shares"](np.ones((4, 3))).plot(), make["shares"](np.ones((5, 3))).plot()
    assert len(few.subfigs) == 4
    assert "f(x)" in texts(few)
    assert len(many.subfigs) == 0
    assert any(t.startswith("share of each example") for t in texts(many))


def test_shares_without_a_base_value_are_a_swarm(make):
    answer = make["shares"](np.ones((2, 3)))
    arrays = {n: a for n, a in answer.arrays.items() if n != "base_value"}
    assert any(
        t.startswith("share of each example") for t in texts(type(answer)(**{**vars(answer), "arrays": arrays}).plot())
    )


@pytest.mark.parametrize("style", STYLES)
def test_every_style_can_be_drawn_loaded_and_drawn_again(make, style, tmp_path):
    for name in ("shares", "census"):
        answer = make[name]()
        answer.plot(style=style).savefig(tmp_path / "a.png", dpi=30)
        answer.plot(style=style).savefig(tmp_path / "a.svg")
        kept = vitrail.load(answer.save(tmp_path / name, overwrite=True))
        assert sorted(texts(kept.plot(style=style))) == sorted(texts(answer.plot(style=style)))


def test_regions_are_filled_over_the_grey_picture(make):
    answer = make["regions"]()
    for example, row in enumerate(answer.plot().subfigs):
        original, filled = row.axes[:2]
        assert_array_equal(original.images[0].get_array()[..., :1], answer.arrays["picture"][example])
        laid = laid_of(answer)
        plain = overlay(laid.part.values[example], answer.arrays["picture"][example], "signed")
        assert_array_equal(filled.images[0].get_array(), outlined(plain, answer.arrays["players"][example]))
    assert "base value 0.25, f(x) 3.25" in texts(answer.plot())


def test_tokens_of_a_sentence_have_one_colour(make):
    figure = make["sentences"]().plot()
    faces = {t.get_text(): t.get_bbox_patch().get_facecolor() for t in figure.subfigs[0].axes[0].texts}
    assert faces["good"] == faces["film"] == faces["."]
    assert faces["too"] == faces["long"] != faces["good"]
    assert faces["good"][0] > faces["good"][2]
    assert faces["long"][2] > faces["long"][0]
    assert "base value 0.25" in texts(figure)


def test_attributions_of_a_table_have_these_styles_too(make):
    answer = make["column"](np.random.default_rng(0).normal(size=(6, 3)), "abc")
    assert any(t.startswith("share of each example") for t in texts(answer.plot(style="beeswarm")))
    with pytest.raises(BadSetting, match=r"begins at the base value, and gradient gives none\. .*'beeswarm'"):
        answer.plot(style="waterfall")


@pytest.mark.parametrize(
    ("form", "options", "words"),
    [
        ("shares", {"style": "beeswram"}, r"no style named 'beeswram'\. Did you mean 'beeswarm'\? Styles are: auto, "),
        ("regions", {"style": "bar"}, "style='bar' is for the columns of a table"),
        ("sentences", {"style": "beeswarm"}, "is for the columns of a table"),
        ("shares", {"style": "bar", "column": "a"}, "They are for style='dependence'"),
        ("shares", {"by": "a"}, "They are for style='dependence'"),
        ("shares", {"style": "waterfall", "top": 0}, "top must be at least 1"),
        ("shares", {"style": "waterfall", "most": 0}, "most must be at least 1"),
        ("regions", {"clip": 0}, "clip must be a percentile"),
        ("regions", {"opacity": 2}, "opacity must be between 0 and 1"),
    ],
    ids=str,
)
def test_what_does_not_suit_is_refused(make, form, options, words):
    with pytest.raises(BadSetting, match=words):
        make[form]().plot(**options)


def test_where_the_shares_begin_and_what_was_asked(make):
    assert from_base(make["regions"](), 0) == "base value 0.125, f(x) -0.125"
    assert from_base(make["sentences"](), 0) == "base value 0.25"
    assert from_base(make["picture"](), 0) == ""
