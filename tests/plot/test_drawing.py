"""Room, and words."""

import numpy as np
import pytest

from vitrail.plot.drawing import (
    GAP,
    LETTER,
    NAME,
    NARROW,
    NODE,
    STEP,
    TOP,
    about_link,
    about_node,
    drawing_of,
    groups,
    label_place,
    many,
    middle_cut,
    shortened,
    summary,
)
from vitrail.plot.streams import streams_of


def drawn(make, *args, **rest):
    return drawing_of(streams_of(make["signature"](*args, **rest)))


def test_words_for_nodes_and_links(make):
    found = streams_of(make["signature"]())
    assert about_node(found.columns[1], 1, 10) == "cluster 1 at conv: 6 examples (60.0\u00a0%), 83.3\u00a0% of them one"
    assert about_node(found.columns[0], 0, 10) == "input class zero: 4 examples (40.0\u00a0%)"
    told = [about_link(found, found.links[own]) for own in groups(found)]
    assert "cluster 0 to cluster 0: 4 examples; zero: 3; one: 1" in told
    assert "cluster 2 to predicted class one: 2 examples; zero: 1; one: 1" in told
    assert len(told) == 4 + 3 + 3
    assert summary(found) == (
        "10 examples flow through the clusters of 2 layers (conv, dense), with the input class and the predicted class "
        "beside them."
    )
    assert many(1) == "1 example"
    assert many(2000) == "2\u202f000 examples"


def test_classes_of_one_name_are_both_told(make):
    found = streams_of(make["signature"]([(0, 0, 0, 0), (1, 0, 0, 1)], names=["crane", "crane"]))
    assert about_link(found, found.links[:2]).endswith("crane: 1")
    told = [about_link(found, found.links[own]) for own in groups(found)]
    assert "cluster 0 to cluster 0: 2 examples; crane: 1; crane: 1" in told


@pytest.mark.parametrize("most", [3, 10, 11, 40])
def test_the_middle_of_a_long_text_is_left_out(most):
    text = "encoder.blocks.11.mlp.fc"
    cut = middle_cut(text, most)
    assert len(cut) == min(most, len(text))
    start, _, end = cut.partition("…")
    assert text.startswith(start)
    assert text.endswith(end)
    assert (cut == text) == (most >= len(text))


def test_layers_that_would_look_alike_keep_what_differs():
    names = ["input class", *(f"transformer.h.{i}.mlp.c_proj" for i in range(12)), "predicted class"]
    assert shortened(names, 14) == ["input class", *(f"layer {i}" for i in range(12)), "predict… class"]
    assert shortened(["a.1", "a.2"], 14) == ["a.1", "a.2"]
    assert shortened(["same.same.same"] * 2, 5) == ["sa…me"] * 2


def test_everything_lies_inside_the_picture(make):
    drawing = drawn(make, names=["a name that goes on and on and on", "one"])
    for i, column in enumerate(drawing.streams.columns):
        for place in range(len(column.counts)):
            left, top, width, height = drawing.node(i, place)
            assert left >= 0
            assert left + width <= drawing.width
            assert top >= TOP
            assert top + height <= drawing.height
    x, anchor = label_place(drawing, 0)
    assert anchor == "end"
    assert x - NAME * LETTER >= 0
    x, anchor = label_place(drawing, 3)
    assert anchor == "start"
    assert x + NAME * LETTER <= drawing.width


def test_bands_end_at_their_nodes(make):
    drawing = drawn(make)
    for link, (column, here, there, _, _) in enumerate(drawing.streams.links):
        left, right, start, end, thick = drawing.band(link)
        first, last = drawing.node(column, here), drawing.node(column + 1, there)
        assert left == first[0] + NODE
        assert right == last[0]
        for place, node in ((start, first), (end, last)):
            assert node[1] - 1e-9 <= place
            assert place + thick <= node[1] + node[3] + 1e-9


@pytest.mark.parametrize("examples", [5, 50000])
def test_names_do_not_overlap_however_thin_the_nodes(make, examples):
    paths = [(0, 0, 0, 0)] * examples + [(i, i, i, i) for i in range(1, 10)]
    drawing = drawn(make, paths, names=[str(i) for i in range(10)])
    for i, column in enumerate(drawing.streams.columns):
        middles = sorted(drawing.middle(i, place) for place in range(len(column.counts)))
        assert np.diff(middles).min() >= GAP - 1e-9


def test_many_layers_make_the_picture_wider(make):
    paths = np.zeros((3, 22), int)
    layers = [f"blocks.{i}" for i in range(20)]
    drawing = drawn(make, paths, names=["a"], layers=layers)
    assert np.diff(drawing.left).min() >= STEP - 1e-9
    assert drawing.width > 21 * STEP


def test_a_lone_column_has_room(make):
    drawing = drawing_of(streams_of(make["flow"]([(0, 0, 0)], "signature", layers=["conv"])))
    assert drawing.width == NARROW
    assert drawing.titles == ["conv"]
