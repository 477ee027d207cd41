"""The page of data: warnings first, and everything that was found has its place."""

import re

import numpy as np
import pandas as pd
import pytest

from vitrail.plot.dataset import COLUMNS, data_html, figure, warning
from vitrail.train.analysis import analysis

RNG = np.random.default_rng(0)


def heads(html):
    return re.findall("<h3>(.*?)</h3>", html)


@pytest.fixture(scope="module")
def frame():
    return pd.DataFrame(
        {
            "age": RNG.normal(4e4, 9, 60),
            "<b>work</b>": RNG.choice(["a", "<i>"], 60),
            "paid": np.arange(60) % 2,
            "y": [0, 1] * 30,
        }
    )


def test_a_table(frame):
    html = data_html(analysis(frame, "y"))
    assert heads(html) == ["How many", "How values are spread", "What goes together", "Columns"]
    assert html.index("alone tells the answer") < html.index("How many")
    assert "<b>Column &#x27;paid&#x27; alone tells the answer" in html
    rows = re.findall('<tr><th scope="row">(.*?)</th>(.*?)</tr>', html)
    assert [name for name, _ in rows] == ["age", "&lt;b&gt;work&lt;/b&gt;", "paid"]
    assert rows[1][1].count("–") == 5  # categories have no mean
    assert "<i>" not in rows[1][1]
    assert 'aria-label="Columns"' in html


def test_many_columns_are_not_all_listed(monkeypatch):
    for room in ("data", "dataset"):
        monkeypatch.setattr(f"vitrail.plot.{room}.HISTOGRAMS", 3)
    html = data_html(analysis((RNG.normal(size=(40, COLUMNS + 9)), [0, 1] * 20)))
    assert html.count('<th scope="row">') == COLUMNS
    assert f"The first {COLUMNS} of {COLUMNS + 9} columns." in html
    assert "The first 3 of 69 columns are drawn." in html
    assert "Only those columns are drawn that go with the answer most." in html


def test_pictures():
    x = RNG.integers(0, 256, (60, 32, 32, 1), dtype=np.uint8)
    x[-3:] = np.clip(x[:3] * 0.9, 0, 255)
    parts = {"train": (x[:50], [0, 1] * 25), "test": (x[50:], [0, 1] * 5)}
    answer = analysis(parts, seed=1)
    html = data_html(answer)
    assert heads(html)[:3] == ["How many", "What they look like", "Seen before"]
    assert html.count('alt="an example of ') == 12
    assert html.count('alt="the mean of ') == 2
    assert html.count("and row") == 2 * len(answer.arrays["near"]) > 0
    assert "32 × 32, grey" in html
    assert "Mean and deviation of all pixels, 0 to 255." in html


def test_texts_are_escaped():
    html = data_html(analysis((["one < two", "three > two"] * 30, ["a", "b"] * 30), vocabulary=60))
    assert heads(html) == ["How many", "What they say", "How values are spread"]
    assert "one &lt; two" in html


def test_nothing_to_warn_of():
    html = data_html(analysis((RNG.normal(size=(100, 2)), [0, 1] * 50)))
    assert html.startswith("<p>Nothing to warn of was found.</p>")


def test_sizes_as_found():
    answer = analysis((RNG.integers(0, 256, (60, 8, 8), dtype=np.uint8), [0, 1] * 30))
    assert "Sizes as found" not in data_html(answer)
    answer.labels["sizes"] = {"cat": {f"{i} x 9": i for i in range(1, 12)}}
    html = data_html(answer)
    assert "11 x 9 (11), 10 x 9 (10)" in html
    assert ", and 3 more" in html


def test_a_sentence_begins_large_and_bold():
    assert warning("a & b. Do it.") == "<b>A &amp; b.</b> Do it."


@pytest.mark.parametrize(
    ("value", "text"), [(0.1234, "0.123"), (12345.6, "12\u202f346"), (-1000.4, "-1\u202f000"), (7.0, "7")]
)
def test_figures(value, text):
    assert figure(value) == text


def test_the_page_of_an_answer(frame):
    page = str(analysis(frame, "y").show(title="Adults"))
    assert "<h1>Adults</h1>" in page
    assert "What the data hold" in page
    assert "http" not in re.sub("http://www.w3.org|https://www.w3.org", "", page.split("<body")[1])
