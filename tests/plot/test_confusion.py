"""The heat map of who is taken for whom."""

import numpy as np
from matplotlib.figure import Figure

from evaluations import NAMES, three
from vitrail.plot.confusion import COUNTED, draw_confusion, largest_confusions
from vitrail.train.evaluation import evaluation


def drawn(answer):
    axes = Figure().subplots()
    draw_confusion(axes, answer)
    return axes


def test_colours_are_shares_of_the_true_class_and_numbers_are_examples():
    axes = drawn(three())
    shares = axes.images[0].get_array()
    np.testing.assert_allclose(shares, [[2 / 3, 1 / 3, 0], [0, 1 / 2, 1 / 2], [1 / 3, 0, 2 / 3]])
    written = {text.get_position()[::-1]: text.get_text() for text in axes.texts}
    assert written == {(0, 0): "2", (0, 1): "1", (1, 1): "1", (1, 2): "1", (2, 2): "2", (2, 0): "1"}
    assert [text.get_text() for text in axes.get_yticklabels()] == list(NAMES)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("said", "true")


def test_of_many_classes_neither_counts_nor_names_are_written():
    rng = np.random.default_rng(0)
    for count, named in ((COUNTED + 1, True), (50, False)):
        chances = rng.dirichlet(np.ones(count), 2 * count)
        axes = drawn(evaluation(np.arange(2 * count) % count, chances, "multiclass", [f"c{i}" for i in range(count)]))
        assert len(axes.texts) == 0
        assert bool(axes.get_yticklabels()) == named


def test_the_most_frequent_mistakes():
    assert largest_confusions(three(), 2) == [("ant", "bee <b>", 1), ("bee <b>", "cat", 1)]
    assert len(largest_confusions(three(), 9)) == 3
