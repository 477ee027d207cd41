"""The page of signatures and flows."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from vitrail.errors import BadInput, BadSetting
from vitrail.plot.signature import confusing, known_facts, paths_html, signature_html
from vitrail.plot.streams import streams_of

VOID = {"meta", "img", "br", "hr", "link", "input"}


class Closed(HTMLParser):
    """Checks that tags are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\u00a0", " ")


def test_the_numbers_to_begin_with(make):
    assert known_facts(make["signature"](provenance={"seconds": 1.25})) == {
        "examples": "10",
        "fitted on": "8",
        "accuracy": "80.0\u00a0%",
        "layers": "2",
        "clusters": "2, 3",
        "seconds": "1.25",
    }
    assert (
        known_facts(make["signature"](checks={"clusters": [4, 4], "accuracy": None}))["clusters"] == "4 at each layer"
    )
    told = text_of(signature_html(make["signature"](checks={})))
    assert "accuracy" not in told
    assert "fitted" not in told
    assert "clusters" not in told.partition("Paths of")[0]


def test_frequent_paths_come_first_and_confusing_ones_apart(make):
    answer = make["signature"]()
    frequent, _, rare = text_of(paths_html(answer, streams_of(answer))).partition(
        "The rarest paths that led to another"
    )
    assert "one 1 → 1 one 4 40.0 % zero 0 → 0 zero 3 30.0 %" in frequent
    assert "zero 1 → 2 one 1 10.0 % one 0 → 0 zero 1 10.0 %" in rare  # the first signature is the rarer one
    assert rare.count("→") == 2


def test_the_rarest_signatures_lead_the_confusions():
    rows = np.array([(0, 5, 1), (0, 6, 1), (1, 5, 1), (1, 6, 0), (2, 6, -1), (-1, 7, 0)])
    assert confusing(rows, np.array([1, 2, 9, 3, 0, 1])).tolist() == [1, 3, 0]


def test_without_confusion_the_rarest_paths_are_shown(make):
    paths = [(0, i, 0, 0) for i in range(15) for _ in range(20 - i)]
    answer = make["signature"](paths)
    told = text_of(paths_html(answer, streams_of(answer)))
    rare = told.partition("The rarest paths")[2]
    assert "zero 14 → 0 zero 6 " in rare
    assert rare.count("→") == 3  # each path stands in one table
    few = make["signature"](paths[:20])
    assert "rarest" not in paths_html(few, streams_of(few))


def test_without_labels_there_is_no_column_of_input_classes(make):
    paths = np.array([(-1, 0, 1, 0), (-1, 1, 0, 1)])
    answer = make["signature"](paths)
    html = paths_html(answer, streams_of(answer))
    assert "input class" not in html
    assert "predicted class" in html


@pytest.mark.parametrize("form", ["signature", "signature of pictures", "flow"])
def test_the_page_needs_nothing_else(make, form):
    evil = "<b>&\"'<script>"
    text = str(make[form](names=[evil, "one"], layers=["conv", "dense"]).show())
    Closed(text)
    assert text.count("<svg") == 1
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "<script" not in text
    assert evil not in text
    assert "<h2>Paths through the network</h2>" in text
    assert "How this was made" in text


def test_the_page_has_no_row_for_each_example(make):
    paths = np.tile([(0, 0, 0, 0), (1, 1, 1, 1)], (5000, 1))
    assert len(str(make["signature"](paths).show())) < 40_000


def test_how_it_was_made_is_told(make):
    told = text_of(str(make["signature"]().show()))
    assert "signatures clusters 3 seed 7" in told


def test_what_assign_gives_has_a_page(make):
    answer = replace(make["signature"](), checks={})
    text = str(answer.show())
    assert "layers</dt>" in text
    assert "nearest" not in text
    assert "<h3>Layers</h3>" not in text
    assert "<h3>Layers</h3>" in str(make["signature of pictures"]().show())


def test_a_flow_tells_what_was_asked(make):
    answer = make["flow"](view="output")
    told = text_of(str(replace(answer, target={**answer.target, "output_class": 1, "signature": None}).show()))
    assert "examples 10 paths 3 view output output class 1" in told
    assert "signature None" not in told
    assert "input class one" not in told.partition("most frequent")[2]


def test_an_empty_flow_is_refused(make):
    with pytest.raises(BadInput, match="the flow holds no examples"):
        make["signature"](np.zeros((0, 4), int)).show()


def test_a_style_of_tables_is_refused(make):
    with pytest.raises(BadSetting, match="style='bar' is for the columns of a table"):
        make["signature"]().show(style="bar")
