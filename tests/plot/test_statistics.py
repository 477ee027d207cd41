"""Layers: numbers, similarity, projections."""

import re
from dataclasses import replace

import numpy as np

from vitrail.plot.colour import CLASSES, UNKNOWN
from vitrail.plot.statistics import (
    cka_table,
    colours_of,
    draw_projections,
    layer_table,
    layers_html,
    projected,
    projections_html,
)
from vitrail.plot.streams import streams_of


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\u00a0", " ")


def without(answer, *names):
    return replace(answer, arrays={n: a for n, a in answer.arrays.items() if not n.startswith(names)})


def test_every_layer_has_its_numbers(make):
    told = text_of(layer_table(make["signature of pictures"]()))
    assert "layer units dead saturated purity mutual information" in told
    assert "conv 16 3 0 80.0 % 62.5 %" in told
    assert "dense 8 0 5 75.0 % 50.0 %" in told


def test_only_what_is_there_is_drawn(make):
    answer = make["signature of pictures"]()
    assert layers_html(without(answer, "statistics/"), streams_of(answer)) == ""
    told = text_of(layer_table(without(answer, "statistics/dead", "statistics/nmi")))
    assert "layer units saturated purity conv 16 0 80.0 %" in told
    assert "mutual information dense" not in told
    assert projections_html(without(answer, "statistics/projection_row"), streams_of(answer)) == ""
    assert cka_table(without(answer, "statistics/cka")) == ""


def test_similarity_is_a_square_of_numbers(make):
    html = cka_table(make["signature of pictures"](layers=["conv", "2"]))
    assert html.count("<td") == 4
    assert re.findall(r"(\d\.\d\d)</td>", html) == ["1.00", "0.25", "0.25", "1.00"]
    assert "2. layer 2" in html
    assert len(set(re.findall(r"background:(#\w+)", html))) == 2


def test_a_similarity_that_is_not_known_is_a_dash(make):
    answer = make["signature of pictures"]()
    alike = np.array([[1.0, np.nan], [np.nan, 1.0]])
    assert cka_table(replace(answer, arrays={**answer.arrays, "statistics/cka": alike})).count("–") == 2


def test_each_projected_example_has_the_colour_of_its_class(make):
    answer = make["signature of pictures"]()
    streams = streams_of(answer)
    assert colours_of(answer, streams) == ["#" + CLASSES[i] for i in (1, 1, 0, 0, 1, 0)]
    figure = draw_projections(answer, streams)
    assert [axes.get_title() for axes in figure.axes] == ["conv", "dense"]
    points = figure.axes[1].collections[0].get_offsets()
    np.testing.assert_array_equal(points, answer.arrays["statistics/projection/dense"])
    assert figure.axes[0].get_xlabel() == "75\u00a0% of the variance"
    assert figure.axes[1].get_xlabel() == ""


def test_unknown_classes_are_grey_among_known_ones(make):
    answer = make["signature of pictures"]()
    label = answer.arrays["label"].copy()
    label[8] = -1
    some = replace(answer, arrays={**answer.arrays, "label": label})
    assert colours_of(some, streams_of(some))[:2] == [UNKNOWN, "#" + CLASSES[1]]
    none = replace(answer, arrays={**answer.arrays, "label": np.full(10, -1, np.int32)})
    assert UNKNOWN not in colours_of(none, streams_of(none))


def test_of_many_layers_some_are_projected(make):
    layers = [f"block.{i}" for i in range(40)]
    arrays = {f"statistics/projection/{name}": np.zeros((3, 2)) for name in layers}
    axes = dict.fromkeys(arrays, ("sample", "feature"))
    answer = make["signature"](np.zeros((3, 42), int), layers=layers, names=["a"],
                               arrays={**arrays, "statistics/projection_row": np.arange(3)},
                               axes={**axes, "statistics/projection_row": ("sample",)})  # fmt: skip
    kept = projected(answer)
    assert len(kept) == 12
    assert kept[0] == "block.0"
    assert kept[-1] == "block.39"
    html = projections_html(answer, streams_of(answer))
    assert "12 of 40 layers are shown." in html
    assert html.count("data:image/png") == 1
    assert len(draw_projections(answer, streams_of(answer)).axes) == 12


def test_the_key_names_the_classes(make):
    answer = make["signature of pictures"](names=["<b>", "one"])
    html = projections_html(answer, streams_of(answer))
    assert f'background:#{CLASSES[0]}"></i>&lt;b&gt;' in html
    assert "6 examples in the plane" in html
