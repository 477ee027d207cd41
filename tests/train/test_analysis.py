"""The analysis of data: what it counts is counted again by loops; what it warns of was put there."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from sklearn.datasets import load_digits

from vitrail.explanation import load
from vitrail.train.analysis import CORRELATED, Lens, alikeness, analysis
from vitrail.train.sources import data_of

RNG = np.random.default_rng(0)
PARTS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    return data_of(((x * 15).astype(np.uint8).reshape(-1, 8, 8), y))


@pytest.fixture(scope="module")
def seen(digits):
    return analysis(digits)


def test_classes_are_counted(digits, seen):
    assert seen.kind == "data"
    for part in PARTS:
        slow = [sum(int(digits.y[row]) == k for row in digits.rows[part]) for k in range(10)]
        assert_array_equal(seen.arrays[f"count/{part}"], slow)
    assert_array_equal(seen.values, sum(seen.arrays[f"count/{part}"] for part in PARTS))
    assert seen.checks["parts"] == {part: len(digits.rows[part]) for part in PARTS}
    assert seen.checks["warnings"] == []


def test_pictures_are_described_class_by_class(digits, seen):
    for k in (0, 7):
        own = digits.x[digits.y == k].astype(float)
        assert_allclose(seen.arrays["mean"][k], own.mean((0, 1, 2)))
        assert_allclose(seen.arrays["std"][k], own.std((0, 1, 2)))
        assert_allclose(seen.arrays["mean_picture"][k], own.mean(0), atol=0.51)
        first = [row for row in digits.rows["train"] if digits.y[row] == k][:6]
        assert_array_equal(seen.arrays["sample"][k], digits.x[first])
    assert seen.arrays["histogram"].sum() == digits.x.size
    dark = int((digits.x < 12.8).sum())
    assert seen.arrays["histogram"][0, 0] == dark


def test_mean_pictures_are_correlated(seen):
    means = seen.arrays["mean_picture"].reshape(10, -1).astype(float)
    assert_allclose(seen.arrays["correlation"], np.corrcoef(means), atol=0.01)
    assert_allclose(alikeness(RNG.normal(size=(3, 4, 4, 1))).diagonal(), 1)


def test_it_is_saved_and_read_again(seen, tmp_path):
    again = load(seen.save(tmp_path / "d"))
    assert again.checks == seen.checks
    assert_array_equal(again.arrays["sample"], seen.arrays["sample"])


def test_copies_between_parts_are_found(digits):
    x = digits.x.copy()
    test, train = digits.rows["test"], digits.rows["train"]
    twins = [next(row for row in train if digits.y[row] == digits.y[own]) for own in test[:4]]
    x[test[:4]] = x[twins]
    checks = analysis(replace(digits, x=x)).checks
    assert checks["duplicates"] == 4
    assert checks["warnings"][0].startswith("4 of 360 (1.1 %) test examples also stand in the training part")


def test_pictures_that_look_alike_are_shown_side_by_side(digits):
    x = np.kron(digits.x, np.ones((1, 4, 4, 1), np.uint8))
    row, own = int(digits.rows["train"][5]), int(digits.rows["test"][9])
    x[own] = (x[row] * 0.5 + 20).astype(np.uint8)
    found = analysis(replace(digits, x=x))
    assert_array_equal(found.arrays["near"], [[row, own]])
    assert_array_equal(found.arrays["near_picture"][0], x[[row, own]])


def test_brightness_that_tells_the_class_and_blank_pictures():
    y = np.arange(60) % 2
    x = RNG.integers(0, 100, (60, 8, 8, 3)).astype(np.uint8) + (y * 100).astype(np.uint8)[:, None, None, None]
    x[[0, 2]] = 9
    warnings = analysis((x, y)).checks["warnings"]
    assert any(text.startswith("the brightness of a picture alone tells the class (100.0 %") for text in warnings)
    assert any(text.startswith("2 pictures of one colour") for text in warnings)


def test_pictures_of_floats_and_of_many_channels():
    x = RNG.normal(size=(40, 6, 6, 5))
    see = Lens(data_of((x, np.arange(40) % 2)))
    assert see(np.arange(40)).shape == (40, 6, 6, 1)
    slow = (x - x.min()) * 255 / (x.max() - x.min())
    assert_allclose(see(np.array([3]))[0, ..., 0], slow[3].mean(-1))
    assert analysis((x, np.arange(40) % 2)).checks["range"] == [x.min(), x.max()]


def test_large_pictures_are_kept_small():
    x = RNG.integers(0, 256, (10, 200, 100, 3), dtype=np.uint8)
    found = analysis((x, np.arange(10) % 2)).arrays["sample"]
    assert found.shape[2:] == (67, 34, 3)


def test_a_folder_with_broken_pictures(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for i in range(12):
            Image.fromarray(RNG.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(tmp_path / name / f"{i}.png")
    (tmp_path / "a" / "x.png").write_bytes(b"")
    found = analysis(tmp_path)
    assert found.checks["examples"] == 24
    assert any("'a/x.png'" in text for text in found.checks["warnings"])
    assert found.labels["sizes"] == {"a": {"8 x 8": 12}, "b": {"8 x 8": 12}}


@pytest.fixture
def frame():
    y = np.arange(200) % 2
    return pd.DataFrame(
        {
            "age": RNG.integers(18, 80, 200).astype(float),
            "work": RNG.choice(["a", "b", "?"], 200),
            "paid": y * 10.0,
            "one": 1,
            "y": y,
        }
    )


def test_a_table(frame):
    frame.loc[3, "age"] = np.nan
    found = analysis(frame, "y")
    ages = frame["age"].fillna(found.provenance["data"]["filled"]["age"])
    for name in ("mean", "min", "median", "max"):
        assert found.arrays[f"column/{name}"][0] == pytest.approx(getattr(ages, name)(), rel=1e-5)
    assert found.arrays["column/std"][0] == pytest.approx(ages.std(ddof=0), rel=1e-5)
    assert_array_equal(found.arrays["column/missing"], [1, 0, 0, 0])
    assert_array_equal(found.arrays["column/distinct"][1:], [3, 2, 1])
    assert found.labels["category"] == {"work": frame["work"].value_counts().to_dict()}
    assert found.labels["correlated"] == ["age", "work", "paid", "one", "y"]
    assert found.arrays["correlation"][2, 4] == pytest.approx(1)
    words = "'paid' alone|'one'|'work' says|'age' has 1 of".split("|")
    for word in words:
        assert sum(word in text for text in found.checks["warnings"]) == 1


def test_the_same_settings_as_for_reading(frame):
    found = analysis(frame, "y", columns=["age"], test=0.5)
    assert found.labels["feature"] == ["age"]
    assert found.checks["parts"]["test"] == 100


def test_quantities(frame):
    found = analysis(frame, "age", columns=["work", "one"])
    assert found.labels["class"] == ["age"]
    assert found.values.sum() == 200
    for part, count in found.checks["parts"].items():
        assert found.arrays[f"count/{part}"].sum() == count
    assert_allclose(found.arrays["edges"][0, [0, -1]], [frame["age"].min(), frame["age"].max()])


def test_of_many_columns_those_that_go_with_the_answer_are_kept():
    y = np.arange(100) % 2
    x = RNG.normal(size=(100, CORRELATED + 5))
    x[:, 33] += y
    names = analysis((x, y)).labels["correlated"]
    assert len(names) == CORRELATED + 1
    assert "33" in names
    assert names[-1] == "answer"


def test_labels():
    y = RNG.integers(0, 2, (100, 3))
    found = analysis((RNG.normal(size=(100, 2)), y))
    assert_array_equal(found.values, y.sum(0))
    assert found.checks["task"] == "multilabel"
    pictures = analysis((RNG.integers(0, 256, (100, 8, 8), dtype=np.uint8), y))
    own = pictures.arrays["mean"]
    assert own.shape == (3, 1)


def test_texts():
    texts = [f"{'short' if i % 2 else 'a very long and winding'} text {i}" for i in range(60)]
    found = analysis((texts, ["s" if i % 2 else "l" for i in range(60)]), vocabulary=100)
    assert found.checks["reads"] == "texts"
    assert found.arrays["histogram"].sum() == 60
    assert found.labels["text"]["s"][0] == "short text 1"
    assert any(text.startswith("the length of a text alone tells the class") for text in found.checks["warnings"])
