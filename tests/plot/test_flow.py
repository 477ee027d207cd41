"""The flow as a Figure."""

import numpy as np
import pytest

import vitrail
from vitrail.errors import BadInput
from vitrail.plot.drawing import drawing_of
from vitrail.plot.flow import draw_flow, outline
from vitrail.plot.streams import streams_of


def texts(figure):
    return [t.get_text() for t in figure.axes[0].texts]


def test_it_is_the_view_of_both_kinds(make):
    assert vitrail.explanation.VIEWS["signature"] is vitrail.explanation.VIEWS["flow"] is draw_flow


@pytest.mark.parametrize("form", ["signature", "signature of pictures", "flow"])
def test_nodes_bands_and_names(make, form):
    figure = make[form]().plot()
    bands, nodes = figure.axes[0].collections
    assert len(bands.get_paths()) == 14
    assert len(nodes.get_paths()) == 9
    assert [*texts(figure)[:3], texts(figure)[-1]] == [
        "input class", "zero", "one", "Colours are those of the input class.",
    ]  # fmt: skip
    assert {"conv", "dense", "predicted class", "2"} <= set(texts(figure))


def test_the_places_are_those_of_the_drawing(make):
    answer = make["signature"]()
    drawing = drawing_of(streams_of(answer))
    bands, nodes = answer.plot().axes[0].collections
    for link, path in enumerate(bands.get_paths()):
        left, right, start, end, thick = drawing.band(link)
        box = path.get_extents()
        np.testing.assert_allclose([box.x0, box.x1], [left, right])
        np.testing.assert_allclose([box.y0, box.y1], [min(start, end), max(start, end) + thick])
    box = nodes.get_paths()[1].get_extents()
    np.testing.assert_allclose([box.x0, box.y0, box.width, box.height], drawing.node(0, 1))


def test_an_outline_closes():
    points = outline(0, 10, 1, 5, 2)
    assert points[0] == points[-1] == (0, 1)
    assert points[1:4] == [(5, 1), (5, 5), (10, 5)]
    assert points[4:8] == [(10, 7), (5, 7), (5, 3), (0, 3)]


def test_no_text_is_cut_off(make):
    figure = make["signature"](
        names=["Welsh springer spaniel, a dog of Wales", "one"], layers=["a" * 60, "b" * 60]
    ).plot()
    figure.draw_without_rendering()
    wide, tall = figure.get_size_inches() * figure.dpi
    for text in figure.axes[0].texts:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= wide
        assert box.y0 >= 0
        assert box.y1 <= tall


def test_titles_do_not_overlap(make):
    layers = [f"encoder.layers.{i}.self_attention.output.dense" for i in range(9)]
    figure = make["signature"](np.zeros((3, 11), int), layers=layers).plot()
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if text.get_fontweight() == "bold"]
    ends = sorted((box.x0, box.x1) for box in boxes)
    assert len(ends) == 11
    assert all(first[1] < second[0] for first, second in zip(ends, ends[1:], strict=False))


def test_names_are_no_mathematics(make, tmp_path):
    make["signature"](names=["$x_1$ costs $", "a\nb"]).plot().savefig(tmp_path / "a.svg")


def test_no_examples_are_refused(make):
    answer = make["signature"](np.zeros((0, 4), int))
    with pytest.raises(BadInput, match="holds no examples"):
        answer.plot()
