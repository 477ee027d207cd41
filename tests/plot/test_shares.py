"""What each column got: names, values in the user's units, and how columns are ranked and folded."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from vitrail.errors import BadSetting
from vitrail.plot.shares import cut, number, shares_of


def test_columns_of_numbers(make):
    answer = make["shares"](names=["a", "b", "c", "d"])
    shares = shares_of(answer)
    assert shares.names == ["a", "b", "c", "d"]
    assert_array_equal(shares.seen, answer.arrays["input"])
    assert_array_equal(shares.base, np.full(6, 0.5))
    assert_array_equal(shares.asked, answer.checks["target_value"])
    assert [shares.told(1, 0), shares.told(0, 2)] == ["b = 1", "a = 8"]


def test_one_hot_columns_are_one_under_their_name_and_category(make):
    shares = shares_of(make["census"]())
    assert shares.names == ["age", "work", "hours"]
    told = [[shares.told(i, example) for i in range(3)] for example in (0, 1)]
    assert told == [["age = 39", "work = private", "hours = 40.5"], ["age = 20", "work = public", "hours = 30.25"]]
    assert_array_equal(shares.values, [[0.5, -1, 0.25], [0.1, 2, -0.2]])


def test_encoded_columns_that_play_alone_and_groups_of_ones_own(make):
    answer = make["census"]()
    arrays = {**answer.arrays, "players": np.array([[0, 1, 2, 2, 0]])}
    shares = shares_of(type(answer)(**{**vars(answer), "arrays": arrays}))
    assert shares.names == ["age + hours", "work=public", "work=private + work=none"]
    assert [shares.told(i, 0) for i in range(3)] == ["age + hours", "work=public = 0", "work=private + work=none"]
    assert np.isnan(shares.seen[:, [0, 2]]).all()


def test_a_category_that_is_not_known_is_not_told(make):
    answer = make["census"]()
    answer.arrays["shown"][0, 1] = np.nan
    assert shares_of(answer).told(1, 0) == "work"


def test_attributions_of_columns_have_no_base_value(make):
    shares = shares_of(make["column"](np.array([[1.0, -2.0]]), ["a", "b"]))
    assert shares.names == ["a", "b"]
    assert np.isnan(shares.base).all()
    assert np.isnan(shares.seen).all()
    assert shares.told(0, 0) == "a"


@pytest.mark.parametrize("form", ["picture", "series", "map", "two inputs", "regions", "sentences"])
def test_other_forms_are_no_columns(make, form):
    assert shares_of(make[form]()) is None


def test_a_single_column(make):
    answer = make["shares"]([[2.0], [3.0]], names=["only"])
    arrays = {**answer.arrays, "players": np.zeros(1, int)}
    axes = {**answer.axes, "players": ("batch",)}
    assert shares_of(type(answer)(**{**vars(answer), "arrays": arrays, "axes": axes})).names == ["only"]


def test_columns_are_ranked_by_their_mean_size(make):
    shares = shares_of(make["shares"]([[1.0, -3.0, 0.0], [-2.0, 3.0, 0.5]]))
    assert shares.ranked().tolist() == [1, 0, 2]


def test_what_is_folded_still_adds_up(make):
    values, error = np.random.default_rng(1).normal(size=(5, 7)), np.abs(np.random.default_rng(2).normal(size=(5, 7)))
    shares = shares_of(make["shares"](values, error=error))
    order = shares.ranked()
    kept = shares.folded(order, 3)
    assert kept.names == [*[f"column {i}" for i in order[:3]], "4 others together"]
    assert_allclose(kept.values.sum(1), values.sum(1))
    assert_allclose(kept.values[:, :3], values[:, order[:3]])
    assert_allclose(kept.error[:, 3] ** 2, (error[:, order[3:]] ** 2).sum(1))
    assert np.isnan(kept.seen[:, 3]).all()
    assert kept.told(3, 0) == "4 others together"


@pytest.mark.parametrize("top", [3, 4, 9])
def test_a_single_other_keeps_its_name(make, top):
    shares = shares_of(make["shares"]())
    assert sorted(shares.folded(shares.ranked(), top).names) == [f"column {i}" for i in range(4)]


def test_top_is_at_least_one(make):
    shares = shares_of(make["shares"]())
    with pytest.raises(BadSetting, match="top must be at least 1, got 0"):
        shares.folded(shares.ranked(), 0)


def test_words_and_numbers():
    assert cut("short", 5) == "short"
    assert cut("longer than that", 8) == "longer…"
    assert [number(v) for v in (39.0, 40.5, -0.123456, 2014, 12345678.9, 1e9)] == [
        "39", "40.5", "-0.1235", "2014", "1.235e+07", "1e+09",
    ]  # fmt: skip
