"""Folders of pictures and of texts: layouts, what lies around, and what is refused."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from vitrail.errors import BadInput
from vitrail.train.folders import scan
from vitrail.train.sources import data_of


def draw(path, shade=0, side=4):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((side, side, 3), shade, np.uint8)).save(path)


def fill(folder, names, count=6):
    for k, name in enumerate(names):
        for i in range(count):
            draw(folder / name / f"{i}.png", shade=40 * k + i)
    return folder


@pytest.mark.parametrize(("train", "test"), [("Training", "Testing"), ("train", "test"), ("TRAIN", "Test")])
def test_the_folder_names_the_parts(tmp_path, train, test):
    fill(tmp_path / train, ["glioma", "none"], 20)
    fill(tmp_path / test, ["glioma", "none"], 5)
    data = data_of(tmp_path)
    assert (data.task, data.classes) == ("binary", ("glioma", "none"))
    assert {part: len(rows) for part, rows in data.rows.items()} == {"train": 36, "validation": 4, "test": 10}
    assert_array_equal(data.rows["test"], np.arange(40, 50))
    assert_array_equal(data.y[data.rows["test"]], [0] * 5 + [1] * 5)
    assert_array_equal(np.bincount(data.y[data.rows["validation"]]), [2, 2])


def test_a_validation_folder_is_kept(tmp_path):
    for name, count in (("train", 8), ("val", 2), ("test", 3)):
        fill(tmp_path / name, ["a", "b"], count)
    rows = data_of(tmp_path).rows
    assert {part: len(own) for part, own in rows.items()} == {"train": 16, "validation": 4, "test": 6}


def test_one_folder_is_split_by_the_seed(tmp_path):
    fill(tmp_path, ["b", "a", "test"], 10)
    first, again, other = (data_of(tmp_path, seed=seed) for seed in (0, 0, 1))
    assert first.classes == ("a", "b", "test")  # without a training folder, these are classes
    assert {part: len(own) for part, own in first.rows.items()} == {"train": 21, "validation": 3, "test": 6}
    assert first.digest() == again.digest() != other.digest()


def test_pictures_belong_to_their_class(tmp_path):
    data = data_of(fill(tmp_path, ["a", "b", "c"]))
    assert_array_equal(data.x[:, 0, 0, 0], [40 * k + i for k in range(3) for i in range(6)])
    assert_array_equal(data.y, np.repeat([0, 1, 2], 6))


def test_given_classes_decide_the_numbers(tmp_path):
    fill(tmp_path, ["a", "b"])
    data = data_of(tmp_path, classes=["b", "a"])
    assert data.classes == ("b", "a")
    assert_array_equal(data.y, np.repeat([1, 0], 6))
    with pytest.raises(BadInput, match="'b' in row 6 is out of range"):
        data_of(tmp_path, classes=["a", "c"])


def test_hidden_files_are_not_seen_and_others_are_written_down(tmp_path):
    fill(tmp_path / "train", ["a", "b"])
    fill(tmp_path / ".cache", ["z"])
    (tmp_path / "train" / "a" / ".DS_Store").write_text("")
    (tmp_path / "train" / "a" / "Thumbs.db").write_text("")
    (tmp_path / "README.md").write_text("")
    draw(tmp_path / "train" / "cover.png")
    (tmp_path / "extra").mkdir()
    found = scan(tmp_path)
    assert len(found.files) == 12
    assert sorted(found.ignored) == ["README.md", "extra", "train/a/Thumbs.db", "train/cover.png"]
    assert data_of(tmp_path).source["ignored_count"] == 4


def test_texts(tmp_path):
    for name, words in (("bad", "dull and long"), ("good", "bright and short")):
        (tmp_path / name).mkdir()
        for i in range(8):
            (tmp_path / name / f"{i}.txt").write_text(f"{words} {i}", encoding="utf-8")
    data = data_of(tmp_path, vocabulary=60)
    assert (data.reads, data.task, data.classes) == ("texts", "binary", ("bad", "good"))
    assert "bright and short" in data.modality.tokenizer.decode(data.x[8], skip_special_tokens=True)
    assert data.source["ignored"] == []
    (tmp_path / "bad" / "8.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="8.txt' is no text in UTF-8"):
        data_of(tmp_path)


def empty(folder):
    pass


def one_class(folder):
    fill(folder, ["a"])


def empty_class(folder):
    fill(folder, ["a", "b"])
    (folder / "c").mkdir()


def deeper(folder):
    fill(folder, ["a", "b"])
    draw(folder / "a" / "more" / "even" / "0.png")


def mixed(folder):
    fill(folder, ["a", "b"])
    (folder / "a" / "0.txt").write_text("a")


def only_test(folder):
    fill(folder / "train", ["a", "b"])
    fill(folder / "test", ["a", "b", "c"])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (empty, "holds no folders of classes"),
        (one_class, "holds one class, 'a'"),
        (empty_class, "holds no pictures and no texts"),
        (deeper, "'a/more' lies in the folder of the class 'a'"),
        (mixed, r"both pictures and texts: 1.png, 0.txt|both pictures and texts: 0.png, 0.txt"),
        (only_test, "no training example is of class 'c'"),
    ],
)
def test_refusals(tmp_path, make, words):
    make(tmp_path)
    with pytest.raises(BadInput, match=words):
        data_of(tmp_path)


def test_folders_without_examples_in_a_class_are_left_aside(tmp_path):
    fill(tmp_path, ["a", "b"])
    (tmp_path / "a" / "notes").mkdir()
    (tmp_path / "a" / "notes" / "n.md").write_text("")
    assert len(data_of(tmp_path)) == 12
