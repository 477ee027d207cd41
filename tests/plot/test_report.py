import re
from html.parser import HTMLParser

import numpy as np
import pytest

from vitrail.errors import AlreadyExists, BadInput, BadSetting
from vitrail.plot import Section, report

EVIL = "<script>alert(1)</script>\"'&"
VOID = {"meta", "img", "br", "hr", "link", "input"}


class Reader(HTMLParser):
    """Collects the tags with their attributes, and checks that they are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def every(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def sections(make):
    said = {"prediction": [{"index": 0, "name": EVIL, "probability": 0.5}] * 2}
    facts = {**said, "settings": {EVIL: EVIL}, "model": {"name": EVIL}, "versions": {EVIL: EVIL}}
    pictures = [make["picture"](method=m, provenance=facts, target={"label": EVIL}) for m in ("lrp", EVIL)]
    return [
        Section(EVIL, f"{EVIL}\n\n{EVIL}", pictures),
        Section("Tokens", answers=[make["token"]([[EVIL, "a"], ["b"]])]),
        Section("Columns", answers=[make["column"](np.array([[1.0, -2.0]]), [EVIL, "b"])]),
        Section("Inputs", answers=[make["two inputs"]()]),
        Section("Series", answers=[make["series"]()]),
        Section("Map", answers=[make["map"]()]),
        Section("Unknown", answers=[make["any"](EVIL, values=np.ones((2, 3)), axes=("batch", "step"))]),
        Section("Words only", "Nothing to see."),
    ]


@pytest.fixture
def text(sections, tmp_path):
    return report(tmp_path / "r.html", sections, title=EVIL, lead=EVIL).read_text(encoding="utf-8")


def test_the_file_asks_no_other_host(text):
    read = Reader(text)
    assert len(read.every("img")) > 8
    assert all(attributes["src"].startswith("data:image/png;base64,") for attributes in read.every("img"))
    links = [value for _, attributes in read.tags for name, value in attributes.items() if name in ("href", "src")]
    assert [link for link in links if not link.startswith(("data:", "#"))] == []
    assert "http://" not in text
    assert "https://" not in text
    assert read.every("link") == []


def test_whatever_the_data_say_no_script_runs(text):
    read = Reader(text)
    assert read.every("script") == []
    assert "alert(1)" in text
    assert "<script" not in text
    assert [name for _, attributes in read.tags for name in attributes if name.startswith("on")] == []


def test_readers_of_every_kind_are_served(text):
    read = Reader(text)
    assert all(attributes.get("alt") for attributes in read.every("img"))
    assert all(attributes.get("scope") in ("col", "row", "rowgroup") for attributes in read.every("th"))
    assert read.every("html") == [{"lang": "en"}]
    assert len(read.every("h1")) == 1


def test_a_map_of_one_pixel_and_an_empty_name_can_be_shown(make, tmp_path):
    answer = make["any"]("map", values=np.ones((2, 1, 1)), axes=("batch", "height", "width"), provenance={"method": ""})
    text = report(tmp_path / "r.html", [Section("", "", [answer])], title="").read_text(encoding="utf-8")
    assert "unnamed method" in text


def test_the_contents_lead_to_the_sections(text):
    read = Reader(text)
    targets = [attributes["href"].removeprefix("#") for attributes in read.every("a")]
    assert targets == [attributes["id"] for attributes in read.every("section") if "id" in attributes]
    assert len(targets) == 8


def test_few_sections_need_no_contents(make, tmp_path):
    path = report(tmp_path / "r.html", [Section("A", "", [make["picture"]()])], title="T")
    assert "<nav" not in path.read_text(encoding="utf-8")


def test_only_the_rows_that_are_named_are_shown_in_their_order(make, tmp_path):
    path = report(tmp_path / "r.html", [Section("A", "", [make["picture"](batch=2)], rows=[1])], title="T")
    assert re.findall(r'<span class="number">(\d)</span>', path.read_text(encoding="utf-8")) == ["1"]


@pytest.mark.parametrize("row", [2, -1])
def test_a_row_that_does_not_exist_is_refused(make, tmp_path, row):
    with pytest.raises(BadSetting, match=f"asks for example {row}"):
        report(tmp_path / "r.html", [Section("A", "", [make["picture"]()], rows=[row])], title="T")
    assert list(tmp_path.iterdir()) == []


def test_answers_about_different_examples_are_refused(make, tmp_path):
    other = make["picture"](batch=3, values=np.ones((3, 1, 8, 8)))
    with pytest.raises(BadInput, match="different examples"):
        report(tmp_path / "r.html", [Section("A", "", [make["picture"](), other])], title="T")


def test_an_existing_file_is_kept_unless_told_otherwise(sections, tmp_path):
    path = tmp_path / "r.html"
    path.write_text("mine")
    with pytest.raises(AlreadyExists):
        report(path, sections, title="T")
    assert path.read_text() == "mine"
    assert report(path, sections, title="T", overwrite=True) == path
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_same_answers_give_the_same_bytes(sections, tmp_path):
    first, second = (report(tmp_path / name, sections, title="T").read_bytes() for name in "ab")
    assert first == second


def test_twelve_digits_by_six_methods_are_a_small_file(make, tmp_path):
    values = np.random.default_rng(0).normal(size=(12, 1, 28, 28))
    answers = [make["picture"](values, batch=12, side=28, method=f"method {i}") for i in range(6)]
    path = report(tmp_path / "r.html", [Section("Digits", "", answers)], title="T")
    assert path.stat().st_size < 1e6


def test_photographs_by_many_methods_stay_under_five_megabytes(make, tmp_path):
    values = np.random.default_rng(0).normal(size=(8, 1, 224, 224))
    answers = [make["picture"](values, batch=8, side=224, method=f"method {i}") for i in range(6)]
    path = report(tmp_path / "r.html", [Section("Photographs", "", answers)], title="T")
    assert path.stat().st_size < 5e6
