"""Tables by hand: columns by name, categories as 0 and 1 or as codes, numbers as in training; and what is refused."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from vitrail.errors import BadInput, BadSetting
from vitrail.inputs.table import Table

FRAME = pd.DataFrame({"a": [1.0, 2.0], "b": [3, 4], "c": [True, False]})


def test_columns_are_found_by_name():
    assert_array_equal(Table(["c", "a"]).numbers(FRAME), [[1, 1], [0, 2]])
    assert_array_equal(Table(["a", "b", "c"]).numbers(FRAME[["c", "b", "a"]]), [[1, 3, 1], [2, 4, 0]])


def test_one_row_and_numbered_columns():
    assert_array_equal(Table(["0", "1"]).numbers(pd.DataFrame([[5.0, 6.0]])), [[5.0, 6.0]])


def test_a_dict_of_columns():
    assert_array_equal(Table(["b", "a"]).numbers({"a": [1, 2], "b": [3.5, 4.5]}), [[3.5, 1], [4.5, 2]])
    assert_array_equal(Table(["b", "a"]).numbers({"a": 1, "b": 3.5}), [[3.5, 1]])


def test_another_library_of_frames():
    column = SimpleNamespace  # what polars has: named columns that become arrays
    frame = {"a": np.array([1.0]), "b": np.array([2.0])}
    other = type("Frame", (), {"columns": ["a", "b"], "__getitem__": lambda _, name: frame[name], "to_numpy": column})()
    assert_array_equal(Table(["b", "a"]).numbers(other), [[2.0, 1.0]])


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean", "UInt8", "int8", "float32"])
def test_nullable_columns(dtype):
    frame = pd.DataFrame({"a": pd.array([1, 0], dtype=dtype)})
    assert_array_equal(Table(["a"]).numbers(frame).astype(float), [[1.0], [0.0]])


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean"])
def test_a_missing_value_is_named(dtype):
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": pd.array([1, None], dtype=dtype)})
    with pytest.raises(BadInput, match=r"column 'b' holds 1 missing or infinite values, the first in row 1\."):
        Table(["a", "b"]).numbers(frame)


@pytest.mark.parametrize(
    "values",
    [["x", "y"], pd.Categorical(["x", "y"]), pd.to_datetime(["2020-01-01", "2020-01-02"]), [{}, {}], ["1", "2"]],
    ids=["texts", "categories", "dates", "objects", "digits"],
)
def test_columns_without_numbers_are_named(values):
    with pytest.raises(BadInput, match=r"column 'b' holds no numbers, but .*Table\.of\(training_table\)"):
        Table(["a", "b"]).numbers(pd.DataFrame({"a": [1.0, 2.0], "b": values}))


def test_a_missing_column_is_named_with_its_near_misses():
    with pytest.raises(BadInput, match=r"no column 'ages'\. Did you mean 'age'\? The model reads: ages, height\."):
        Table(["ages", "height"]).numbers(pd.DataFrame({"age": [1.0], "height": [2.0]}))


def test_a_column_that_is_there_twice_is_refused():
    frame = pd.DataFrame([[1.0, 2.0]], columns=["a", "a"])
    with pytest.raises(BadInput, match="2 columns named 'a'"):
        Table(["a"]).numbers(frame)


@pytest.mark.parametrize("columns", [[], "ab", ["a", "b", "a"]])
def test_columns_are_a_list_of_different_names(columns):
    with pytest.raises(BadSetting, match="columns="):
        Table(columns)


# -- categories --------------------------------------------------------------------------------------------

PEOPLE = pd.DataFrame({"age": [39, 20, 50], "work": ["private", "public", "private"], "hours": [40.0, 20.0, 33.0]})
WORK = {"work": ["none", "private", "public"]}
SPEC = Table(["age", "work", "hours"], WORK, mean={"age": 30.0, "hours": 20.0}, std={"age": 5.0})


def test_a_category_is_one_column_of_ones_at_its_own_place():
    assert_allclose(SPEC.numbers(PEOPLE), [[1.8, 0, 1, 0, 20], [-2, 0, 0, 1, 0], [4, 0, 1, 0, 13]], rtol=1e-12)
    assert SPEC.features == ["age", "work=none", "work=private", "work=public", "hours"]
    assert SPEC.groups == [0, 1, 1, 1, 2]
    assert (SPEC.joins, SPEC.plain) == (True, False)


def test_codes_are_the_numbers_of_the_categories():
    spec = Table(["work", "age"], WORK, encode="codes")
    assert_array_equal(spec.numbers(PEOPLE), [[1, 39], [2, 20], [1, 50]])
    assert (spec.features, spec.groups, spec.joins, spec.plain) == (["work", "age"], [0, 1], False, False)


def test_columns_of_numbers_are_as_they_are():
    spec = Table(["hours", "age"])
    assert (spec.joins, spec.plain, spec.features, spec.groups) == (False, True, ["hours", "age"], [0, 1])


@pytest.mark.parametrize("encode", ["one-hot", "codes"])
def test_decoding_undoes_encoding(encode):
    spec = Table(SPEC.columns, WORK, SPEC.mean, SPEC.std, encode)
    raw = spec.read(PEOPLE)
    assert_array_equal(raw, [[39, 1, 40], [20, 2, 20], [50, 1, 33]])
    assert_allclose(spec.decoded(spec.encoded(raw)), raw, rtol=1e-12)


def test_what_is_no_category_is_not_taken_for_one():
    mixed = [[0, 0.5, 0.5, 0, 0], [0, 0, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 2, 0, 0], [0, 0, 0, 1, 0]]
    assert_array_equal(SPEC.decoded(np.array(mixed))[:, 1], [np.nan] * 4 + [2])


def test_a_dict_may_hold_one_row():
    assert_allclose(SPEC.numbers({"age": 35, "work": "none", "hours": 20}), [[1, 1, 0, 0, 0]])
    assert_allclose(SPEC.numbers(dict(PEOPLE.iloc[0])), SPEC.numbers(PEOPLE[:1]))


def test_other_columns_are_left_aside():
    assert_array_equal(SPEC.numbers(PEOPLE.assign(id=7, truth="yes")), SPEC.numbers(PEOPLE))


@pytest.mark.parametrize(
    "values", [[1, 2, 1], [True, False, True], pd.Categorical([1, 2, 1]), ["1", "2", "1"]], ids=str
)
def test_categories_of_any_type(values):
    spec = Table.of(pd.DataFrame({"a": values}), columns=["a"])
    known = spec.categories.get("a") or sorted(set(values))
    assert_array_equal(Table(["a"], {"a": known}).numbers({"a": list(values)})[:, known.index(values[0])], [1, 0, 1])


# -- learnt ------------------------------------------------------------------------------------------------


def test_what_a_training_table_says():
    ordered = pd.Categorical(["low", "high", "low"], categories=["low", "high", "never"])
    spec = Table.of(PEOPLE.assign(level=ordered, same=1.0), standardise=True)
    assert spec.categories == {"work": ["private", "public"], "level": ["low", "high", "never"]}
    assert set(spec.mean) == set(spec.std) == {"age", "hours", "same"}
    numbers = spec.numbers(PEOPLE.assign(level=ordered, same=1.0))
    numeric = numbers[:, [spec.features.index(n) for n in ("age", "hours")]]
    assert_allclose(numeric.mean(0), 0, atol=1e-12)
    assert_allclose(numeric.std(0), 1)
    assert_array_equal(numbers[:, spec.features.index("same")], 0)  # a constant column is not divided by 0


def test_learning_keeps_to_the_columns_that_are_named():
    spec = Table.of(PEOPLE, columns=["hours", "work"], encode="codes")
    assert (list(spec.columns), spec.mean, spec.encode) == (["hours", "work"], {}, "codes")
    with pytest.raises(BadInput, match="no column 'ages'. Did you mean 'age'"):
        Table.of(PEOPLE, columns=["ages"])


def test_learning_from_columns_of_another_library():
    spec = Table.of({"a": np.array([1.0, 2.0]), "b": np.array(["x", "y"])})
    assert spec.categories == {"b": ["x", "y"]}


# -- refused -----------------------------------------------------------------------------------------------


def test_an_unknown_category_is_named_with_its_near_misses():
    with pytest.raises(BadInput) as caught:
        SPEC.numbers(PEOPLE.assign(work=["private", "publik", "private"]))
    assert "column 'work' holds 'publik' in row 1, which is none of its categories." in str(caught.value)
    assert "Did you mean 'public'? Categories are: 'none', 'private', 'public'." in str(caught.value)
    assert caught.value.facts == {"column": "work", "value": "publik"}


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT], ids=str)
def test_a_missing_category_is_named(missing):
    frame = PEOPLE.assign(work=pd.Series(["private", missing, "private"], dtype=object))
    for call in (SPEC.numbers, Table.of):
        with pytest.raises(
            BadInput, match=r"column 'work' has 1 missing values, the first in row 1\..*fillna\('missing'\)"
        ):
            call(frame)


def test_values_that_cannot_be_compared():
    with pytest.raises(BadInput, match=r"column 'work' holds \['private'\] in row 0"):
        SPEC.numbers({"age": [1, 2], "work": pd.Series([["private"], ["x"]]), "hours": [1, 2]})


def test_columns_of_different_lengths():
    with pytest.raises(BadInput, match=r"different lengths: \{'a': 2, 'b': 3\}"):
        Table(["a", "b"]).numbers({"a": [1, 2], "b": [1, 2, 3]})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"categories": {"wrk": ["a"]}}, r"categories names a column 'wrk' that is not read\. Did you mean 'work'"),
        ({"mean": {"b": 1.0}}, "mean names a column 'b'"),
        ({"categories": WORK, "std": {"work": 1.0}}, "std is given for 'work', which has categories"),
        ({"categories": {"work": "abc"}}, r"categories\['work'\]='abc' does not fit"),
        ({"categories": {"work": []}}, r"categories\['work'\]=\[\] does not fit"),
        ({"categories": {"work": ["a", "a"]}}, "a list of different values was expected"),
        ({"categories": ["work"]}, r"categories=\['work'\] does not fit"),
        ({"std": {"age": 0.0}}, r"std\['age'\]=0.0 does not fit"),
        ({"mean": {"age": np.nan}}, r"mean\['age'\]=nan does not fit"),
        ({"mean": {"age": "3"}}, r"mean\['age'\]='3' does not fit"),
        ({"encode": "onehot"}, "encode='onehot' does not fit"),
    ],
    ids=str,
)
def test_settings_that_do_not_fit(given, words):
    with pytest.raises(BadSetting, match=words):
        Table(["age", "work"], **given)


# -- categories that nothing was learnt of -----------------------------------------------------------------


def test_the_unseen_are_zeros_and_share_a_name():
    table = Table(["pet", "age"], {"pet": ["ox", "yak"]}, unseen={"pet": ["emu", "asp"]})
    numbers = table.numbers({"pet": ["yak", "emu", "ox", "asp"], "age": [1, 2, 3, 4]})
    assert_array_equal(numbers, [[0, 1, 1], [0, 0, 2], [1, 0, 3], [0, 0, 4]])
    assert_array_equal(table.decoded(numbers), [[1, 1], [2, 2], [0, 3], [2, 4]])
    assert table.named == {"pet": ["ox", "yak", "emu or asp"]}
    assert table.features == ["pet=ox", "pet=yak", "age"]
    assert Table(["pet"], {"pet": ["ox", "yak"]}).named == {"pet": ["ox", "yak"]}


def test_no_category_at_all_is_told_apart_from_an_unseen_one():
    known = {"pet": ["ox", "yak"]}
    both, none = [[1.0, 1.0]], [[0.0, 0.0]]
    assert np.isnan(Table(["pet"], known).decoded(none)).all()
    assert Table(["pet"], known, unseen={"pet": ["emu"]}).decoded(none) == 2
    assert np.isnan(Table(["pet"], known, unseen={"pet": ["emu"]}).decoded(both)).all()


@pytest.mark.parametrize(
    ("unseen", "encode"),
    [
        ({"pet": ["ox"]}, "one-hot"),
        ({"pet": []}, "one-hot"),
        ({"age": ["old"]}, "one-hot"),
        ({"pet": ["emu"]}, "codes"),
    ],
)
def test_unseen_categories_that_do_not_fit(unseen, encode):
    with pytest.raises(BadSetting, match=r"unseen\['(pet|age)'\]="):
        Table(["pet", "age"], {"pet": ["ox", "yak"]}, encode=encode, unseen=unseen)
