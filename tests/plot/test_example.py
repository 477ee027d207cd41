"""One example in a row of a page: a picture, the first words, or the first columns."""

import numpy as np

from vitrail.plot.cell import Look
from vitrail.plot.example import describe, said, subject_html, thumbnail


def test_what_was_predicted(make):
    assert said(make["score"](), 1) == "one"
    plain = make["any"]("score", values=np.ones(2), axes=("batch",), labels={"class": ["a", "b", "c"]})
    assert said(plain, 0) == "b"


def test_a_picture_instead_of_words(make):
    pictures = np.random.default_rng(0).integers(0, 255, (3, 5, 5, 1)).astype(np.uint8)
    axes = ("batch", "height", "width", "channel")
    answer = make["score"](
        arrays={"picture": pictures}, axes={"picture": axes}, labels={"token": [["▁good"], ["a"], ["b"]]}
    )
    html = subject_html(answer, 0, Look())
    assert thumbnail(answer, 0, Look()) in html
    assert 'alt="example 0, predicted zero"' in html
    assert "good" not in html


def test_words_and_columns(make):
    words = make["score"](labels={"token": [["▁good", "▁film"], ["a"], ["b"]]})
    assert thumbnail(words, 0, Look()) == ""
    assert " good film" in subject_html(words, 0, Look())
    seen = {"arrays": {"input": np.arange(24.0).reshape(3, 8)}, "axes": {"input": ("batch", "feature")}}
    table = make["score"](**seen, labels={"feature": list("<bcdefgh")})
    assert describe(table, 1).startswith('<span class="asked">&lt; = 8</span>')
    assert describe(table, 1).endswith('f = 13</span><span class="asked">…</span>')
    assert describe(make["score"](), 0) == ""
