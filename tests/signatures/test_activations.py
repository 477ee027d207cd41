import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vitrail.errors import AlreadyExists, BadInput, CannotOpen
from vitrail.signatures import activations
from vitrail.signatures.activations import LARGEST, Activations, Part, kept, rounded

ABOUT = {
    "weights": "abc", "layers": ["a", "b.c/d#1"], "pool": ["raw", "mean"], "keep": "float16", "examples": 7, "part": 3,
    "outputs": 2, "units": [4, 2],
}  # fmt: skip


def part_of(rows, seed=0):
    rng = np.random.default_rng(seed)
    rows = np.asarray(rows)
    activations = {"a": rng.normal(size=(len(rows), 4)), "b.c/d#1": rng.normal(size=(len(rows), 2))}
    return Part(
        rows,
        rng.normal(size=(len(rows), 2)).astype(np.float32),
        {k: v.astype(np.float32) for k, v in activations.items()},
    )


@pytest.fixture
def store(tmp_path):
    """Seven examples in parts of three."""
    store = Activations.begin(tmp_path / "store", ABOUT, overwrite=False)
    for start in store.starts:
        store.write(part_of(store.rows(start), start), f"digest {start}", "float16")
    return store


def test_what_was_written_is_read(store):
    for start, part in zip(store.starts, store.parts(), strict=True):
        expected = part_of(store.rows(start), start)
        np.testing.assert_array_equal(part.rows, expected.rows)
        np.testing.assert_array_equal(part.logits, expected.logits)
        for name, array in expected.activations.items():
            np.testing.assert_array_equal(part.activations[name], array.astype(np.float16).astype(np.float32))
            assert part.activations[name].dtype == np.float32


def test_every_row_is_in_one_part(store):
    assert np.concatenate([part.rows for part in store.parts()]).tolist() == list(range(7))
    assert [len(store.rows(start)) for start in store.starts] == [3, 3, 1]


def test_only_what_is_asked_for_is_read(store):
    part = next(Activations.open(store.folder).parts(["a"], logits=False))
    assert list(part.activations) == ["a"]
    assert part.logits.shape == (3, 0)


@pytest.mark.parametrize("bytes_held", [0, 85, 2**20])
def test_what_is_held_in_memory_is_what_the_files_hold(tmp_path, monkeypatch, bytes_held):
    monkeypatch.setattr(activations, "HELD", bytes_held)
    store = Activations.begin(tmp_path / "store", ABOUT, overwrite=False)
    for start in store.starts:
        store.write(part_of(store.rows(start), start), "x", "float16")
    assert len(store.held) == {0: 0, 85: 1, 2**20: 3}[bytes_held]
    for one, two in zip(store.parts(), Activations.open(store.folder).parts(), strict=True):
        np.testing.assert_array_equal(one.rows, two.rows)
        np.testing.assert_array_equal(one.logits, two.logits)
        for name in ABOUT["layers"]:
            np.testing.assert_array_equal(one.activations[name], two.activations[name])
            assert one.activations[name].dtype == two.activations[name].dtype == np.float32


def test_the_columns_are_arrow_tensors_of_fixed_shape(store):
    column = pq.read_table(store.path(0))["a"]
    assert column.type == pa.fixed_shape_tensor(pa.float16(), (4,))


def test_numbers_that_float16_cannot_hold_are_kept_as_float32():
    large = np.array([[1.0, LARGEST * 2]], np.float32)
    np.testing.assert_array_equal(kept(large, "float16"), large)
    assert kept(large / 4, "float16").dtype == np.float16
    assert kept(large / 4, "float32").dtype == np.float32
    assert kept(np.ones((2, 2), np.uint8), "float16").dtype == np.uint8


def test_rounding_is_to_the_nearest_as_numpy_does():
    values = np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32) * 100
    np.testing.assert_array_equal(rounded(values), values.astype(np.float16))


def test_a_part_is_there_or_not(store, tmp_path):
    assert store.has(0, "digest 0")
    store.path(3).unlink()
    assert not store.has(3, "digest 3")


def test_a_part_of_other_examples_is_refused(store):
    with pytest.raises(BadInput, match="activations of other examples than"):
        store.has(3, "another digest")


def test_a_write_that_fails_leaves_nothing(store, monkeypatch):
    before = sorted(path.name for path in store.folder.iterdir())
    store.path(6).unlink()

    def fails(table, where, **options):
        with open(where, "wb") as file:  # noqa: PTH123
            file.write(b"half")
        raise OSError("the disk is full")

    monkeypatch.setattr(pq, "write_table", fails)
    with pytest.raises(OSError, match="full"):
        store.write(part_of([6]), "digest", "float16")
    left = {path.name for path in store.folder.iterdir()}
    assert left == set(before) - {"part-000002.parquet"}


def test_a_part_has_its_name_only_when_it_is_whole(store, monkeypatch):
    store.path(6).unlink()

    def fails(*given, **options):
        raise OSError("no such disk any more")

    monkeypatch.setattr(activations, "place", fails)
    with pytest.raises(OSError, match="any more"):
        store.write(part_of([6]), "digest", "float16")
    assert [path.name for path in store.folder.glob("*part-000002*")] == []


def test_a_store_about_the_same_question_goes_on(store):
    again = Activations.begin(store.folder, ABOUT, overwrite=False)
    assert again.has(0, "digest 0")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("weights", "xyz", "of another network"),
        ("layers", ["a"], "of other layers"),
        ("pool", ["raw", "max"], "of another way of pooling"),
        ("keep", "float32", "of other types"),
        ("examples", 8, "of another number of examples"),
    ],
)
def test_a_store_about_another_question_is_refused_and_left_alone(store, name, value, words):
    before = {path.name: path.read_bytes() for path in store.folder.iterdir()}
    with pytest.raises(BadInput, match=words):
        Activations.begin(store.folder, {**ABOUT, name: value}, overwrite=False)
    assert {path.name: path.read_bytes() for path in store.folder.iterdir()} == before
    begun = Activations.begin(store.folder, {**ABOUT, name: value}, overwrite=True)
    assert [path.name for path in store.folder.iterdir()] == ["store.json"]
    assert begun.about[name] == value


def test_clearing_removes_only_its_own(store):
    (store.folder / "notes.txt").write_text("mine")
    store.clear()
    assert [path.name for path in store.folder.iterdir()] == ["notes.txt"]


def test_a_file_is_no_store(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(AlreadyExists):
        Activations.begin(tmp_path / "file", ABOUT, overwrite=True)


@pytest.mark.parametrize("content", [None, "{", "[]", json.dumps({"format": "other"})])
def test_what_is_no_store_cannot_be_opened(tmp_path, content):
    if content is not None:
        (tmp_path / "store.json").write_text(content)
    with pytest.raises(CannotOpen, match="expected"):
        Activations.open(tmp_path)
