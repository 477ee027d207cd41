"""The columns that trees were trained on: found by name, categories by code, all others refused."""

import numpy as np
import pandas as pd
import pytest
import torch

import vitrail
from known import random_trees
from vitrail.errors import BadInput, BadSetting
from vitrail.inputs.columns import background_rows, brings_columns, pack_columns
from vitrail.model import Model
from vitrail.model.tree_network import TreeNetwork
from vitrail.model.trees import Columns

TREES = random_trees(3, 3, 2, categories=1)
NAMED = Columns(3, ("colour", "age", "income"), {0: ("red", "green", "blue", "black", "white")})
FRAME = pd.DataFrame({"age": [30, 41], "income": [1.5, np.nan], "colour": ["blue", "red"]})


def model(columns=NAMED):
    return Model(TreeNetwork("ours", "by hand", TREES, TREES, columns), pack=lambda m, x: pack_columns(m, x))


def refused(x, *words, columns=NAMED):
    with pytest.raises(BadInput) as told:
        pack_columns(model(columns), x)
    assert not [word for word in words if word not in str(told.value)], str(told.value)


@pytest.mark.parametrize(
    "table", [FRAME, FRAME[["colour", "income", "age"]], FRAME.to_dict("list"), FRAME.astype({"colour": "category"})]
)
def test_columns_are_found_by_name_and_categories_become_codes(table):
    packed = pack_columns(model(), table)
    torch.testing.assert_close(
        packed.x, torch.tensor([[2, 30, 1.5], [0, 41, np.nan]], dtype=torch.float64), equal_nan=True
    )
    assert packed.labels["feature"] == packed.labels["player"] == ["colour", "age", "income"]
    assert packed.labels["category"] == {"colour": ["red", "green", "blue", "black", "white"]}
    np.testing.assert_array_equal(packed.shown["shown"], packed.x)


def test_spaces_that_the_library_made_underscores_are_found_again():
    spaced = Columns(3, ("hair_colour", "own_age", "income"), NAMED.categories)
    frame = FRAME.rename(columns={"colour": "hair colour", "age": "own age"})
    packed = pack_columns(model(spaced), frame[["income", "own age", "hair colour"]])
    torch.testing.assert_close(packed.x, pack_columns(model(), FRAME).x, equal_nan=True)
    assert packed.labels["feature"] == ["hair colour", "own age", "income"]
    refused(frame.rename(columns={"own age": "age of own"}), "no column 'own_age'", columns=spaced)


def test_missing_values_of_every_kind_are_nan():
    frame = pd.DataFrame({"age": pd.array([30, None], dtype="Int64"), "income": [None, 2], "colour": [None, pd.NA]})
    numbers = pack_columns(model(), frame).x
    assert numbers.isnan().tolist() == [[True, False, True], [True, True, False]]


def test_arrays_are_taken_in_the_order_of_training():
    x = np.array([[2, 30, 1.5], [np.nan, 41, 0]])
    for given in (x, x.tolist(), torch.tensor(x), x.astype(np.float32)):
        torch.testing.assert_close(pack_columns(model(), given).x, torch.tensor(x), equal_nan=True)
    assert pack_columns(model(Columns(3)), x).labels == {}


def test_arrays_may_hold_the_categories_themselves():
    columns = Columns(3, (), {0: (3, 7, 10)}, coded=False)
    packed = pack_columns(model(columns), np.array([[10, 1, 1], [3, 1, 1], [np.nan, 1, 1.0]]))
    torch.testing.assert_close(packed.x[:, 0], torch.tensor([2, 0, np.nan]).double(), equal_nan=True)
    refused(np.array([[4.0, 1, 1]]), "column 0 holds the category 4.0", "Known are: 3, 7, 10", columns=columns)


def test_what_the_user_gave_is_left_as_it_was():
    x = np.ones((2, 3))
    pack_columns(model(), x).x[0, 0] = 5
    assert x[0, 0] == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop(columns="age"), ("no column 'age'", "colour, age, income", "Add or rename")),
        (lambda f: f.rename(columns={"age": "Age"}), ("no column 'age'", "Did you mean 'Age'?")),
        (lambda f: f.assign(ages=1), ("a column 'ages' that the model was not trained on", "'age'", "drop(columns=")),
        (lambda f: pd.concat([f, f[["age"]]], axis=1), ("several columns named 'age'",)),
        (
            lambda f: f.assign(colour=["bleu", "red"]),
            ("'colour' holds the category 'bleu' in row 0", "'blue'?", "Known"),
        ),
        (lambda f: f.assign(age=["old", "young"]), ("column 'age' holds no numbers", "'old'")),
        (lambda f: f.assign(age=[np.inf, 1]), ("column 'age' holds 1 infinite", "row 0", "or NaN for missing ones")),
        (lambda f: f.iloc[:0], ("x is empty",)),
        (lambda f: f[["age"]].iloc[:, :0], ("no column 'colour'",)),
    ],
)
def test_tables_with_other_columns_or_values_are_refused(change, words):
    refused(change(FRAME), *words)


def test_without_names_the_columns_are_counted():
    columns = Columns(3)
    frame = pd.DataFrame(np.ones((2, 3)), columns=list("abc"))
    assert pack_columns(model(columns), frame).labels["feature"] == ["a", "b", "c"]
    refused(frame.assign(d=1), "4 columns", "3 were expected", columns=columns)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.ones(3), ("x has shape (3,)", "x[None]")),
        (np.ones((2, 4)), ("x has shape (2, 4)", "(batch, 3)")),
        (np.ones((2, 3, 1)), ("x has shape (2, 3, 1)",)),
        (np.ones((0, 3)), ("x is empty",)),
        ([[1, 2, 3], [1, 2]], ("no regular array",)),
        (np.array([[7.0, 1, 1]]), ("holds the code 7", "0 to 4", "DataFrame")),
        (np.array([[0.5, 1, 1]]), ("holds the code 0.5",)),
        (np.array([[-1.0, 1, 1]]), ("holds the code -1",)),
        (np.array([["a", "b", "c"]]), ("holds no numbers",)),
        (["some", "words"], ("x has shape (2,)",)),
        ({"age": [1, 2], "income": [1], "colour": ["red", "red"]}, ("different lengths",)),
        (1 + 1j * np.ones((1, 3)), ("holds no numbers",)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(x, words):
    refused(x, *words)


def test_missing_values_are_refused_where_the_library_takes_none():
    columns = Columns(3, missing=False)
    refused(np.array([[1, np.nan, 1]]), "column '1' holds 1 missing or infinite", "takes no others", columns=columns)


def test_codes_without_known_categories_are_any_whole_numbers():
    columns = Columns(3, categories={0: ()})
    assert pack_columns(model(columns), np.array([[77.0, 1, 1]])).x[0, 0] == 77
    refused(np.array([[-3.0, 1, 1]]), "whole numbers from 0", columns=columns)


def test_backgrounds_are_read_as_x_is():
    ours, expected = model(), torch.tensor([[2, 30, 1.5], [0, 41, np.nan]], dtype=torch.float64)
    for given in (FRAME, FRAME.to_dict("list"), expected.numpy(), expected.tolist(), expected):
        torch.testing.assert_close(background_rows(ours, given), expected, equal_nan=True)
    for one in (FRAME.iloc[0], expected[0], expected[0].numpy(), expected[0].tolist()):
        torch.testing.assert_close(background_rows(ours, one), expected[:1], equal_nan=True)
    for none in (FRAME.iloc[:0], expected[:0], {}, []):
        with pytest.raises(BadSetting, match="without rows"):
            background_rows(ours, none)


def test_only_trees_bring_columns_and_only_where_nobody_says_otherwise():
    network = model().network
    assert brings_columns(Model(network))
    assert not brings_columns(Model(network, modality=vitrail.Table(["a", "b", "c"])))
    assert not brings_columns(vitrail.open(torch.nn.Linear(3, 1)))
