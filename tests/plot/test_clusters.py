"""What is in the clusters: sizes, classes, means, nearest examples."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from vitrail.plot.clusters import clusters_html, composition, deviating, shade_of
from vitrail.plot.colour import CLASSES, OTHER, UNKNOWN
from vitrail.plot.streams import streams_of


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\u00a0", " ")


def shown(answer):
    return clusters_html(answer, streams_of(answer))


def pictures(html):
    """alt -> bytes (height, width) of every picture."""
    found = re.findall(r'src="data:image/png;base64,([^"]+)" alt="([^"]+)"', html)
    return {alt: np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data, alt in found}


def test_classes_are_counted(make):
    answer = make["signature"]()
    np.testing.assert_array_equal(composition(answer, 0), [[3, 1, 0], [1, 5, 0]])
    np.testing.assert_array_equal(composition(answer, 1), [[3, 1, 0], [0, 4, 0], [1, 1, 0]])


@pytest.mark.parametrize("unknown", [0, 2])
def test_they_are_counted_as_loops_would(make, unknown):
    paths = np.random.default_rng(0).integers(0, 4, (100, 4))
    paths[:unknown, 0] = -1
    answer = make["signature"](paths, checks={"clusters": [6, 4]})
    slow = np.zeros((6, 5), int)
    for label, cluster, _, _ in paths.tolist():
        slow[cluster, label] += 1  # -1 is the last
    np.testing.assert_array_equal(composition(answer, 0), slow)


def test_without_labels_predicted_classes_are_told(make):
    paths = np.random.default_rng(0).integers(0, 2, (50, 4))
    paths[:, 0] = -1
    answer = make["signature"](paths, checks={})
    assert composition(answer, 0)[0].tolist() == np.bincount(paths[paths[:, 1] == 0, -1], minlength=3).tolist()
    assert "most frequent predicted classes" in shown(answer)


def test_every_cluster_has_its_row(make):
    html = shown(make["signature"]())
    assert html.count("<details>") == 2
    told = text_of(html)
    assert "conv: 2 clusters" in told
    assert "dense: 3 clusters" in told
    assert "0 4 (40.0 %) 75.0 % zero: 75.0 % one: 25.0 %" in told
    assert "1 6 (60.0 %) 83.3 % one: 83.3 % zero: 16.7 %" in told
    assert "1 4 (40.0 %) 100.0 % one: 100.0 %" in told


def test_an_empty_cluster_says_so(make):
    told = text_of(shown(make["signature"](checks={"clusters": [3, 3]})))
    assert "2 0 (0.0 %) – –" in told


def test_pictures_are_those_of_their_rows(make):
    answer = make["signature of pictures"]()
    found = pictures(shown(answer))
    held = answer.arrays
    np.testing.assert_array_equal(found["mean of cluster 2 at dense"], held["mean_picture/dense"][2, ..., 0])
    np.testing.assert_array_equal(found["example 4, near cluster 1 at conv"], held["nearest_picture"][2, ..., 0])
    np.testing.assert_array_equal(found["example 8, near cluster 2 at dense"], held["nearest_picture"][3, ..., 0])
    assert len(found) == 2 + 3 + 4


def test_examples_without_pictures_are_numbers(make):
    answer = make["signature of pictures"]()
    arrays = {n: a for n, a in answer.arrays.items() if n not in ("nearest_picture", "nearest_row")}
    told = text_of(shown(replace(answer, arrays=arrays)))
    assert "examples 0, 2" in told
    assert "nearest to the centre" in told


def test_columns_that_stand_out_are_named(make):
    means = np.array([[1.0, 50.0, 0.0], [1.0, 10.0, 1.0]])
    answer = make["signature"](arrays={"mean_input/conv": means}, axes={"mean_input/conv": ("cluster", "feature")},
                               labels={"feature": ["same", "hours<", "third"]})  # fmt: skip
    told = deviating(means, 0, answer, np.array([4, 6]))
    assert told == "hours&lt; = 50 (all: 26)<br>third = 0 (all: 0.6)"
    assert "stands out by" in shown(answer)
    assert deviating(means, 1, answer, np.array([4, 0])) == "–"


def test_the_furthest_column_comes_first(make):
    """As a share of how far the clusters differ, whatever the unit."""
    means = np.array([[0.0, 0.1], [300.0, 0.1], [-300.0, -0.2]])
    told = deviating(means, 2, make["signature"](), np.array([1, 1, 1]))
    assert told.startswith("feature 1 = -0.2 (all: 0)")


def test_names_are_escaped(make):
    html = shown(make["signature"](names=["<b>&", "one"], layers=["<i>", "dense"]))
    assert "<b>&" not in html
    assert "<i>:" not in html
    assert "&lt;b&gt;&amp;: 75.0" in html


def test_colours_are_those_of_the_flow(make):
    streams = streams_of(make["signature"]())
    assert shade_of(streams, 1) == "#" + CLASSES[1]
    assert shade_of(streams, 77) == OTHER
    assert shade_of(streams, -1) == UNKNOWN
