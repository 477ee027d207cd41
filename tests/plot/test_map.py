import numpy as np

from vitrail.plot.cell import palettes


def test_the_map_as_the_layer_gave_it_stands_last(make):
    figure = make["map"]().plot()
    coarse = [axes for axes in figure.subfigs[0].axes if axes.get_xlabel()][-1]
    assert coarse.get_xlabel() == "in the layer: 2 × 2"
    assert coarse.images[0].get_array().shape == (2, 2, 3)


def test_a_map_runs_from_dark_to_bright(make):
    values = np.zeros((2, 8, 8))
    values[:, 4, 4] = 1.0
    drawn = make["map"](values).plot(opacity=1.0).subfigs[0].axes[0].images[0].get_array().astype(int)
    assert drawn[4, 4].sum() > drawn[0, 0].sum() + 300


def test_negative_values_of_a_map_are_not_hidden(make):
    assert palettes(make["map"]()) == ["magnitude"]
    assert palettes(make["map"](np.random.default_rng(0).normal(size=(2, 8, 8)))) == ["signed"]


def test_a_map_without_places_is_a_table(make):
    answer = make["any"]("map", values=np.zeros((2, 3)), axes=("batch", "feature"))
    assert len(answer.plot().axes[0].tables) == 1
