"""Dependence: every dot stands at its column's own value and its share, in the colour of another column."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from numpy.testing import assert_allclose

from vitrail.errors import BadSetting
from vitrail.plot.dependence import APART, aside


def scatters(axes):
    return [c for c in axes.collections if isinstance(c, PathCollection)]


def test_value_against_share(make):
    answer = make["shares"](names="abcd")
    axes = answer.plot(style="dependence", column="c").axes[0]
    (drawn,) = scatters(axes)
    assert_allclose(drawn.get_offsets(), np.column_stack([answer.arrays["input"][:, 2], answer.values[:, 2]]))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("c", "share of c")


def test_the_largest_column_unless_said(make):
    answer = make["shares"](np.random.default_rng(0).normal(size=(6, 3)) * [1, 5, 2], names="abc")
    assert answer.plot(style="dependence").axes[0].get_xlabel() == "b"


def test_standard_errors_are_drawn(make):
    answer = make["shares"](error=np.full((6, 4), 0.25))
    axes = answer.plot(style="dependence", column="column 1").axes[0]
    (lines,) = axes.containers[0].lines[2]
    assert_allclose([np.ptp(part[:, 1]) for part in lines.get_segments()], 0.5)


def test_another_column_gives_the_colour(make):
    answer = make["shares"](names="abcd")
    figure = answer.plot(style="dependence", column="a", by="d")
    (drawn,) = scatters(figure.axes[0])
    assert_allclose(drawn.get_array(), answer.arrays["input"][:, 3])
    assert figure.axes[1].get_ylabel() == "d"


def test_categories_stand_beside_each_other_by_name(make):
    answer = make["census"]()
    axes = answer.plot(style="dependence", column="work").axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["public", "private", "none"]
    (drawn,) = scatters(axes)
    assert_allclose(drawn.get_offsets(), [[1, -1.0], [0, 2.0]])


def test_categories_of_another_column_have_a_colour_each(make):
    axes = make["census"]().plot(style="dependence", column="age", by="work").axes[0]
    assert {t.get_text() for t in axes.get_legend().get_texts()} == {"private", "public"}
    assert axes.get_legend().get_title().get_text() == "work"
    assert_allclose([c.get_offsets()[0, 0] for c in scatters(axes)], [20, 39])


def test_rare_categories_share_the_last_colour(make):
    known = [f"kind {i}" for i in range(20)]
    answer = make["census"](np.zeros((2, 3)))
    codes = np.r_[np.repeat(np.arange(6), 3), np.arange(6, 20)]
    many = np.column_stack([np.arange(32.0), codes, np.zeros(32)])
    arrays = {
        "values": np.zeros((32, 3)), "base_value": np.zeros(32), "players": answer.arrays["players"],
        "input": np.zeros((32, 5)), "shown": many,
    }  # fmt: skip
    labels = {**answer.labels, "category": {"work": known}}
    facts = {**vars(answer), "arrays": arrays, "labels": labels, "outputs": np.zeros((32, 2))}
    axes = type(answer)(**facts).plot(style="dependence", column="age", by="work").axes[0]
    assert [t.get_text() for t in axes.get_legend().get_texts()] == [*known[:6], "others"]
    last = scatters(axes)[-1]
    assert len(last.get_offsets()) == 14
    assert_allclose(last.get_facecolors()[0], to_rgba(APART[-1]))


def test_dots_of_a_category_do_not_hide_one_another():
    moved = aside(np.array([0.0, 0, 0, 1, np.nan]), np.array([1.0, 1, 1, 1, 5]))
    assert len(set(moved[:3].round(12))) == 3
    assert moved[3] == moved[4] == 0
    assert np.abs(moved).max() < 0.5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"column": "wrk"}, r"no column 'wrk' to draw\. Did you mean 'work'\? Columns are: age, work, hours\."),
        ({"column": "age", "by": "sex"}, "no column 'sex' to draw"),
    ],
)
def test_unknown_columns_are_refused(make, options, words):
    with pytest.raises(BadSetting, match=words):
        make["census"]().plot(style="dependence", **options)


def test_a_column_whose_values_are_not_known_is_refused(make):
    with pytest.raises(BadSetting, match="what stands in 'a' is not known"):
        make["column"](np.ones((3, 2)), ["a", "b"]).plot(style="dependence", column="a")
