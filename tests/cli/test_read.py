from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from vitrail.cli import read
from vitrail.errors import BadInput, BadSetting, MissingExtra
from vitrail.inputs import Images, Text, open


@pytest.fixture
def model():
    return open(nn.Linear(4, 3))


@pytest.fixture
def reader():
    return open(nn.Linear(4, 3), inputs=Text(tokenizer=print))


def test_arrays(model, tmp_path):
    numbers = np.arange(8.0).reshape(2, 4)
    np.save(tmp_path / "x.npy", numbers)
    np.savez(tmp_path / "x.npz", only=numbers)
    for name in ("x.npy", "x.npz"):
        np.testing.assert_array_equal(read.read(model, [str(tmp_path / name)]), numbers)


def test_several_arrays_in_one_file_are_refused(model, tmp_path):
    np.savez(tmp_path / "x.npz", a=np.ones(2), b=np.ones(2))
    with pytest.raises(BadInput, match="2 arrays: a, b"):
        read.read(model, [str(tmp_path / "x.npz")])


def test_masks_are_an_array_or_boxes(tmp_path):
    np.save(tmp_path / "m.npy", np.eye(3))
    np.testing.assert_array_equal(read.masks(str(tmp_path / "m.npy")), np.eye(3))
    (tmp_path / "m.json").write_text("[[0, 1, 2.5, 3], [[4, 5, 6, 7]]]", encoding="utf-8")
    assert read.masks(str(tmp_path / "m.json")) == [[0, 1, 2.5, 3], [[4, 5, 6, 7]]]


@pytest.mark.parametrize(
    ("text", "words"), [("[[0, 1", "could not be read as JSON"), ('{"a": 1}', "holds a dict"), ("7", "holds a int")]
)
def test_json_without_boxes(tmp_path, text, words):
    (tmp_path / "m.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=f"{words}.*left, top, right, bottom"):
        read.masks(str(tmp_path / "m.json"))


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_a_pickle_is_never_opened(model, tmp_path, name):
    trap = np.array([Trap(tmp_path / "sprung")], dtype=object)
    np.save(tmp_path / name, trap) if name == "x.npy" else np.savez(tmp_path / name, trap)
    with pytest.raises(BadInput, match="never opened"):
        read.read(model, [str(tmp_path / name)])
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.parquet"])
def test_a_file_that_was_cut_short_is_refused(model, tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04 not whole")
    with pytest.raises(BadInput, match="could not be read"):
        read.read(model, [str(tmp_path / name)])


def test_tables(model, tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    frame.to_csv(tmp_path / "x.csv", index=False)
    frame.to_parquet(tmp_path / "x.parquet")
    for name in ("x.csv", "x.parquet"):
        pandas.testing.assert_frame_equal(read.read(model, [str(tmp_path / name)]), frame)


def test_a_setting_may_be_a_table(tmp_path):
    pandas = pytest.importorskip("pandas")
    (tmp_path / "x.csv").write_text("a,b\n1.5,2\n")
    pandas.testing.assert_frame_equal(read.value(str(tmp_path / "x.csv")), pandas.DataFrame({"a": [1.5], "b": [2]}))
    with pytest.raises(BadInput, match="does not exist"):
        read.value(str(tmp_path / "y.parquet"))


def test_without_pandas_the_extra_is_named(model, tmp_path, monkeypatch):
    (tmp_path / "x.csv").write_text("a\n1\n")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"vitrail\[tables\]"):
        read.read(model, [str(tmp_path / "x.csv")])


def test_pictures_need_a_size(model, tmp_path):
    Image.new("RGB", (3, 3)).save(tmp_path / "x.png")
    with pytest.raises(BadInput, match="--image-size"):
        read.read(model, [str(tmp_path / "x.png")])
    told = open(nn.Linear(4, 3), inputs=Images((3, 3)))
    assert read.read(told, [str(tmp_path / "x.png")] * 2) == [tmp_path / "x.png"] * 2


def test_texts_are_literal_for_a_model_that_reads_texts(reader, tmp_path, x):
    assert read.read(reader, ["a fine day", "see not.csv", "fine.", "好" * 200]) == [
        "a fine day", "see not.csv", "fine.", "好" * 200,
    ]  # fmt: skip
    assert read.read(reader, [str(x)]).shape == (2, 4)


def test_files_of_texts_are_read_beside_texts(reader, tmp_path):
    (tmp_path / "one.txt").write_text("été\n", encoding="utf-8")
    assert read.read(reader, [str(tmp_path / "one.txt"), "a day"]) == ["été\n", "a day"]
    (tmp_path / "two.csv").write_text("a\nb\n")
    assert read.read(reader, [str(tmp_path / "two.csv")])["a"].tolist() == ["b"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["none.txt"], "is no file"),
        (["a day", "two.csv"], "is no file"),
        (["none.csv"], "does not exist"),
        ([""], "a fol"),
    ],
)
def test_what_looks_like_a_file_is_never_read_as_a_text(reader, tmp_path, given, words):
    (tmp_path / "two.csv").write_text("a\nb\n")
    with pytest.raises(BadInput, match=words):
        read.read(reader, [each if " " in each else str(tmp_path / each) for each in given])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["missing.npy"], "does not exist"),
        (["."], "is a folder"),
        (["x.pkl"], "pickles are never opened"),
        (["x.npy", "x.npy"], "2 files"),
        (["x.npy", "x.csv"], "arrays, tables"),
    ],
)
def test_what_cannot_be_read_is_refused(model, tmp_path, names, words):
    for name in ("x.pkl", "x.npy", "x.csv"):
        (tmp_path / name).touch()
    with pytest.raises(BadInput, match=words):
        read.read(model, [str(tmp_path / name) for name in names])


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3), ("0.5", 0.5), ("null", None), ("[1, 2]", [1, 2]), ("blur", "blur"), ("", "")]
)
def test_settings(text, value):
    assert read.value(text) == value


def test_numbers():
    assert read.numbers("1,2.5", "--x") == [1, 2.5]
    with pytest.raises(BadSetting, match="--x 'a'"):
        read.numbers("a", "--x")


def test_lines(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("one\n\n two \n")
    assert read.lines(path) == ["one", "two"]
    path.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(BadInput, match="UTF-8"):
        read.lines(path)
    path.write_text("\n")
    with pytest.raises(BadInput, match="empty"):
        read.lines(path)
    with pytest.raises(BadInput, match="no file"):
        read.lines(tmp_path / "other")


def test_the_trap_would_spring(tmp_path):
    torch.save(Trap(tmp_path / "sprung"), tmp_path / "x.pt")
    torch.load(tmp_path / "x.pt", weights_only=False)
    assert (tmp_path / "sprung").exists()
