"""Each warning appears when its cause is there, with the right numbers, and only then."""

import numpy as np
import pytest

from vitrail.train import remarks
from vitrail.train.columns import Columns
from vitrail.train.data import Data
from vitrail.train.duplicates import Copies

ROWS = {"train": np.arange(60), "validation": np.arange(60, 80), "test": np.arange(80, 100)}
Y = np.arange(100) % 2
RNG = np.random.default_rng(0)


def data(y=Y, task="binary", classes=("cat", "dog"), source=None):
    return Data(np.zeros((100, 1)), np.asarray(y), task, ROWS, classes, None, source or {})


def counts(train, validation=(5, 5), test=(5, 5)):
    return {"train": np.array(train), "validation": np.array(validation), "test": np.array(test)}


def test_every_warning_is_sentences():
    for text in remarks.of_source({"missing": {"a": 3}, "filled": {"a": 1.0}, "skipped": ["x.png"]}, 60):
        assert text.count(". ") >= 1
        assert text.endswith((".", "?"))


def copies(across=(), within=0, conflicting=()):
    none = np.empty((0, 2), int)
    pairs = {("test", "train"): np.array(across, int), ("validation", "train"): np.empty(0, int)}
    return Copies(
        np.arange(100), {"train": within}, pairs, np.array(conflicting, int).reshape(-1, 2) if conflicting else none
    )


def test_copies():
    assert list(remarks.of_copies(copies(), data())) == []
    (leak,) = remarks.of_copies(copies(across=[80, 81, 82]), data())
    assert leak.startswith("3 of 20 (15.0 %) test examples also stand in the training part.")
    (wrong,) = remarks.of_copies(copies(conflicting=[[2, 5]]), data())
    assert "1 example with" in wrong
    assert "rows 2 and 5" in wrong
    (again,) = remarks.of_copies(copies(within=7), data())
    assert again.startswith("7 of 100")


def test_alike():
    assert list(remarks.of_alike(np.empty((0, 2), int), data())) == []
    (text,) = remarks.of_alike(np.array([[1, 90], [2, 91]]), data())
    assert text.startswith("2 of 40 (5.0 %) held-out pictures")


@pytest.mark.parametrize(("train", "words"), [([80, 30], 0), ([90, 30], 1), ([30, 90], 1)])
def test_uneven_classes(train, words):
    found = list(remarks.of_classes(counts(train), data()))
    assert len(found) == words
    assert all("3.0 times" in text for text in found)


def test_labels_need_not_be_even():
    assert list(remarks.of_classes(counts([900, 30]), data(task="multilabel"))) == []


def test_classes_that_are_missing_or_rare():
    (text,) = remarks.of_classes(counts([40, 30], test=(5, 0)), data())
    assert text.startswith("the test part has no example of 'dog'")
    assert "validation part" in next(iter(remarks.of_classes(counts([40, 30], validation=(0, 5)), data())))
    (text,) = remarks.of_classes(counts([19, 20]), data())
    assert "'cat' (19)" in text
    assert "dog" not in text


def test_answers_that_are_cut_off():
    y = RNG.normal(size=100)
    assert list(remarks.of_quantities(data(y, "regression", ("price",)))) == []
    (text,) = remarks.of_quantities(data(np.minimum(y, 1), "regression", ("price",)))
    assert f"{(y >= 1).sum()} of 100" in text
    assert "exactly 1, the largest one" in text
    (text,) = remarks.of_quantities(data(np.maximum(y, -1), "regression", ("price",)))
    assert "exactly -1, the smallest one" in text
    assert list(remarks.of_quantities(data(np.arange(100.0) // 10, "regression", ("grade",)))) == []  # a scale


def test_how_data_were_read():
    assert list(remarks.of_source({}, 100)) == []
    source = {
        "missing": {"age": 4},
        "filled": {"age": 30.5},
        "unseen": {"work": ["diver"]},
        "skipped": ["a/1.png", "a/2.png"],
        "ignored": ["x.docx"],
        "ignored_count": 1,
    }
    gaps, unseen, broken, others = remarks.of_source(source, 100)
    assert "'age' has 4 of 100 (4.0 %) missing values. They were filled with 30.5" in gaps
    assert "'diver'" in unseen
    assert broken.startswith("2 pictures could not be read, and left out: 'a/1.png', 'a/2.png'")
    assert others.startswith("1 other file not looked at: 'x.docx'")


@pytest.mark.parametrize(("cut", "words"), [(5, 0), (6, 1)])
def test_texts_that_are_cut(cut, words):
    assert len(list(remarks.of_source({"cut": cut, "max_length": 128}, 100))) == words


def table(**columns):
    known = [("?", "x", "y") if name == "work" else () for name in columns]
    return Columns(list(columns), np.stack(list(columns.values()), 1).astype(float), known)


def test_a_leak_a_constant_and_a_blank():
    random = RNG.normal(size=100)
    assert list(remarks.of_columns(table(a=random), data())) == []
    leak, constant = remarks.of_columns(table(a=random, paid=Y * 7, b=np.ones(100)), data())
    assert leak.startswith("column 'paid' alone tells the answer (100.0 % on test examples)")
    assert "'b'" in constant
    work = np.where(np.arange(100) < 8, 0, RNG.integers(1, 3, 100))
    (blank,) = remarks.of_columns(table(work=work), data())
    assert "column 'work' says '?' in 8 of 100 (8.0 %) rows" in blank
    known = data(source={"missing": {"work": 8}})
    assert list(remarks.of_columns(table(work=work), known)) == []  # said already
    assert list(remarks.of_columns(table(work=work + 1 - (work > 1)), data())) == []  # a category that nobody has


def test_a_leak_of_one_of_two_quantities():
    y = RNG.normal(size=(100, 2))
    two = data(y, "regression", ("a", "b"))
    (leak,) = remarks.of_columns(table(c=np.round(y[:, 1], 1), d=RNG.normal(size=100)), data((y[:, 1] > 0).astype(int)))
    assert "'c'" in leak
    assert not [text for text in remarks.of_columns(table(d=RNG.normal(size=100)), two) if "alone tells" in text]


def test_sizes():
    assert list(remarks.of_sizes({}, 0)) == []
    same = {"cat": {"8 x 8": 50}, "dog": {"8 x 8": 50}}
    assert list(remarks.of_sizes(same, 0)) == []
    (resized,) = remarks.of_sizes(same, 3)
    assert resized.startswith("3 pictures of another size")
    (told,) = remarks.of_sizes({"cat": {"8 x 8": 50}, "dog": {"9 x 9": 48, "8 x 8": 2}}, 0)
    assert "98 of 100 (98.0 %)" in told
    half = {"cat": {"8 x 8": 30, "9 x 9": 20}, "dog": {"8 x 8": 25, "9 x 9": 25}}
    assert list(remarks.of_sizes(half, 0)) == []
    # many sizes, each of them once: they tell nothing that could be learnt
    once = {name: {f"{i} x {k}": 1 for i in range(50)} for k, name in enumerate(("cat", "dog"))}
    assert list(remarks.of_sizes(once, 0)) == []


def test_one_number_that_tells_the_class():
    (text,) = remarks.of_looks("brightness of a picture", Y * 1.0, data())
    assert text.startswith("the brightness of a picture alone tells the class (100.0 %")
    assert list(remarks.of_looks("brightness", RNG.normal(size=100), data())) == []
    assert list(remarks.of_looks("brightness", Y * 1.0, data(Y[:, None], "multilabel"))) == []


def test_words():
    assert remarks.share(1, 3) == "1 of 3 (33.3 %)"
    assert [remarks.many(n, "picture") for n in (0, 1, 2000)] == ["0 pictures", "1 picture", "2,000 pictures"]
