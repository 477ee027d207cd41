"""Classes by name and by number."""

import numpy as np
import pandas as pd
import pytest
import torch

from vitrail.errors import BadSetting, BadTarget
from vitrail.inputs.classes import Pair, class_index, fitting, indices, names, units, whole


def test_names_from_lists_dicts_and_files(tmp_path):
    assert names(None) == ()
    assert names(["cat", "dog"]) == names(np.array(["cat", "dog"])) == ("cat", "dog")
    assert names({1: "dog", 0: "cat"}) == names({"1": "dog", "0": "cat"}) == ("cat", "dog")
    assert names(range(3)) == ("0", "1", "2")
    (tmp_path / "names.txt").write_text("chat\n\n  été \n", encoding="utf-8")
    assert names(tmp_path / "names.txt") == names(str(tmp_path / "names.txt")) == ("chat", "été")


def test_eleven_names_of_a_dict_are_in_the_order_of_their_numbers():
    assert names({str(i): f"c{i}" for i in range(11)})[2:] == tuple(f"c{i}" for i in range(2, 11))


@pytest.mark.parametrize("classes", [3, "cat,dog", {1: "a", 2: "b"}, {"cat": 0, "dog": 1}])
def test_what_are_no_names_is_refused(classes):
    with pytest.raises(BadSetting, match=r"classes.* expected[.,] "):
        names(classes)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "names.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadSetting, match="could not be read"):
        names(tmp_path / "names.txt")


def test_one_name_for_each_output():
    two = torch.zeros(4, 2)
    assert fitting(("a", "b"), (), two, "net") == ("a", "b")
    assert fitting((), (), two, "net") == ()
    assert fitting(("a",), (), torch.zeros(4, 2, 3, 3), "net") == ("a",)
    assert fitting(("a",), ("a",), two, "net") == ()  # the network's own names, of another head
    for wrong in (("a",), ("a", "b", "c")):
        with pytest.raises(BadSetting, match=rf"{len(wrong)} class names? were given for the 2 outputs of net\."):
            fitting(wrong, (), two, "net")


def test_index_of_a_class():
    assert [class_index(name, ("cat", "dog")) for name in ("dog", "cat")] == [1, 0]
    with pytest.raises(BadTarget, match=r"no class named 'Dgo'\. Did you mean 'dog'\? Classes are: cat, dog\."):
        class_index("Dgo", ("cat", "dog"))
    with pytest.raises(BadTarget, match="this model has no class names"):
        class_index("dog", ())
    with pytest.raises(BadTarget, match="2 classes are named 'crane': 1, 2"):
        class_index("crane", ("dog", "crane", "crane"))


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, lambda x: np.array(x, dtype=object)])
def test_names_become_indices(kind):
    assert indices(kind(["dog", "cat", "dog"]), ("cat", "dog")) == [1, 0, 1]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (3, 3),
        (np.int64(3), 3),
        (np.uint8(3), 3),
        (torch.tensor(3), 3),
        (np.array(3), 3),
        ([1, 2], [1, 2]),
        (range(2), [0, 1]),
        (torch.tensor([1, 2]), [1, 2]),
        (np.array([1, 2], dtype=np.uint8), [1, 2]),
        (pd.Series([1, 2]), [1, 2]),
        ((1, 2), (1, 2)),
        ((np.int64(1), 2), (1, 2)),
    ],
)
def test_indices_of_any_kind(given, expected):
    assert whole(given) == expected
    assert type(whole(given)) is type(expected)


@pytest.mark.parametrize(
    "given", [True, None, 1.0, "a", [], [True], [1.0], [[1]], [[1], [1, 2]], np.float32(1), torch.tensor([1.0]), [None]]
)
def test_what_is_no_index_is_refused(given):
    with pytest.raises(BadTarget, match=r"is not a target\. .*Use target=3"):
        whole(given)


def test_a_long_list_is_not_repeated_in_the_message():
    with pytest.raises(BadTarget) as caught:
        whole([0.5] * 10**6)
    assert len(str(caught.value)) < 300


def test_a_pair_names_one_unit():
    pair = Pair(("benign", "malignant"))
    assert units(pair) == ("malignant",)
    assert units(("a", "b")) == ("a", "b")
    assert fitting(pair, (), torch.zeros(3, 1), "net") is pair
    assert class_index("malignant", pair) == 0
    with pytest.raises(BadTarget, match="no unit for 'benign': its one unit says 'malignant' or not"):
        class_index("benign", pair)
    with pytest.raises(BadTarget, match="no class named 'other'"):
        class_index("other", pair)
    with pytest.raises(BadSetting, match="2 class names were given for the 3 outputs"):
        fitting(pair, (), torch.zeros(3, 3), "net")


def test_a_pair_says_the_one_that_is_likelier_and_how_sure_it_is():
    pair = Pair(("benign", "malignant"))
    assert pair.said(0.75) == ("malignant", 0.75)
    assert pair.said(0.5) == ("malignant", 0.5)
    assert pair.said(0.125) == ("benign", 0.875)
