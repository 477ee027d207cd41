"""The matrix of pairs: which players, their names, and their numbers."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import vitrail
from vitrail.errors import BadSetting
from vitrail.plot.colour import colours, reach
from vitrail.plot.interaction import draw_interaction, names_of, strongest, written


def pairs(make, count=3, batch=2, **rest):
    values = np.random.default_rng(0).normal(size=(batch, count, count))
    return make["any"](
        "interaction",
        values=values + values.transpose(0, 2, 1),
        axes=("batch", "player", "player"),
        batch=batch,
        **rest,
    )


def named(make):
    return pairs(
        make, arrays={"players": np.array([[0, 1, 1, 1, 2]]), "input": np.zeros((2, 5))},
        more_axes={"players": ("batch", "feature"), "input": ("batch", "feature")},
        labels={"feature": list("apqrh"), "player": ["age", "work", "hours"], "group": [0, 1, 1, 1, 2]},
    )  # fmt: skip


def texts(figure):
    return [t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text"))]


def test_every_pair_has_its_colour_and_number(make):
    answer = named(make)
    for example, row in enumerate(answer.plot().subfigs):
        axes, matrix = row.axes[0], answer.values[example]
        assert_array_equal(axes.images[0].get_array(), colours(matrix, reach(matrix), "signed"))
        assert [t.get_text() for t in axes.get_yticklabels()] == ["age", "work", "hours"]
        assert [t.get_text() for t in axes.get_xticklabels()] == ["age", "work", "hours"]
        assert [t.get_text() for t in axes.texts] == [written(v, reach(matrix)) for v in matrix.ravel()]


@pytest.mark.parametrize(
    ("value", "full", "text"),
    [
        (3.314, 3.2, "+3.31"),
        (-0.00461, 3.2, "0"),
        (-0.0161, 3.2, "-0.02"),
        (-0.0161, 0.2, "-0.016"),
        (31.4, 214.0, "+31"),
        (0.0, 1.0, "0"),
        (2.34e-9, 3e-9, "+2.3e-09"),
        (0.0, 0.0, "+0"),
    ],
)
def test_numbers_of_a_matrix_end_at_the_same_place(value, full, text):
    assert written(value, full) == text


def test_many_players_keep_the_strongest_in_their_own_order(make):
    answer = pairs(make, count=30)
    kept = strongest(answer.values[0], 5)
    sizes = np.abs(answer.values[0]).sum(1)
    assert set(kept) == set(np.argsort(sizes)[-5:])
    assert list(kept) == sorted(kept)
    axes = answer.plot(top=5).subfigs[0].axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == [f"player {i}" for i in kept]
    assert axes.get_xlabel() == "5 of 30 players are shown"


def test_tokens_are_called_by_their_words(make):
    answer = pairs(
        make, count=2, batch=1, arrays={"players": np.array([[-1, 0, 0, 1, -1]])},
        more_axes={"players": ("batch", "token")}, labels={"token": [["[CLS]", "▁good", "▁film", "▁bad", "[SEP]"]]},
    )  # fmt: skip
    assert names_of(answer, 0) == ["good film", "bad"]


def test_long_names_are_not_cut_off(make):
    answer = named(make)
    labels = {**answer.labels, "player": [f"a very long name that goes on and on {i}" for i in range(3)]}
    figure = type(answer)(**{**vars(answer), "labels": labels}).plot()
    figure.draw_without_rendering()
    for row in figure.subfigs:
        for text in [*row.axes[0].get_yticklabels(), *row.axes[0].get_xticklabels()]:
            box = text.get_window_extent()
            assert box.x0 >= 0
            assert box.y0 >= 0


def test_it_is_the_view_of_its_kind_and_stands_in_the_page(make):
    assert vitrail.explanation.VIEWS["interaction"] is draw_interaction
    answer = named(make)
    page = str(answer.show())
    assert page.count('class="pairs"') == 2
    assert "2 work" in page
    assert f">{answer.values[0, 1, 2]:.2g}<" in page
    assert "8 players with less are left out" in str(pairs(make, count=24).show())


def test_what_is_no_square_is_a_table(make):
    answer = make["any"]("interaction", values=np.zeros((2, 3)), axes=("batch", "player"))
    assert answer.plot().axes[0].tables
    assert "<table" in str(answer.show())


@pytest.mark.parametrize("options", [{"top": 1}, {"most": 0}, {"clip": 0}])
def test_settings_out_of_range_are_refused(make, options):
    with pytest.raises(BadSetting):
        named(make).plot(**options)
