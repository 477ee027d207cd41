import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from vitrail.errors import BadInput
from vitrail.inputs.examples import Examples

ROWS = np.array([3, 0, 2])


def test_rows_of_an_array_and_of_a_tensor():
    array = np.arange(10.0).reshape(5, 2)
    np.testing.assert_array_equal(Examples(array).take(ROWS), array[[3, 0, 2]])
    torch.testing.assert_close(Examples(torch.tensor(array)).take(ROWS), torch.tensor(array)[[3, 0, 2]])
    assert len(Examples(array)) == 5


def test_neighbours_come_without_a_copy():
    array = np.arange(10.0).reshape(5, 2)
    assert np.shares_memory(Examples(array).take(np.arange(1, 4)), array)


def test_rows_of_lists_frames_tuples_and_dicts():
    assert Examples(["a", "b", "c", "d"]).take(ROWS) == ["d", "a", "c"]
    frame = pd.DataFrame({"a": [1, 2, 3, 4]}, index=[9, 8, 7, 6])
    assert Examples(frame).take(ROWS)["a"].tolist() == [4, 1, 3]
    first, second = Examples((np.arange(4), np.arange(4) * 10)).take(ROWS)
    assert (first.tolist(), second.tolist()) == ([3, 0, 2], [30, 0, 20])
    assert Examples({"x": np.arange(4)}).take(ROWS)["x"].tolist() == [3, 0, 2]


def test_one_text_or_picture_is_a_list_of_one():
    assert len(Examples("a text of many letters")) == 1
    assert len(Examples(Image.new("L", (4, 3)))) == 1


def test_a_tuple_of_texts_is_a_list_of_texts():
    assert Examples(("a", "b", "c", "d")).take(ROWS) == ["d", "a", "c"]


def test_memory_maps_are_read_by_rows(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(12).reshape(6, 2))
    held = Examples(np.load(tmp_path / "x.npy", mmap_mode="r"))
    assert held.take([4, 5]).tolist() == [[8, 9], [10, 11]]


@pytest.mark.parametrize("x", [np.zeros((0, 3)), [], {}, {"a": np.zeros(3), "b": np.zeros(2)}, 5, np.float64(3.0)])
def test_what_holds_no_examples_is_refused(x):
    with pytest.raises(BadInput, match="expected"):
        Examples(x)


def file_of(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", ["array", "tensor", "texts", "objects", "frame", "pictures", "files", "several"])
def test_the_digest_changes_with_any_example_and_with_nothing_else(kind, tmp_path):
    def made(last):
        numbers = np.array([[1.0, 2.0], [3.0, last]])
        return {
            "array": numbers,
            "tensor": torch.tensor(numbers),
            "texts": ["a", str(last)],
            "objects": np.array(["a", str(last)], object),
            "frame": pd.DataFrame({"a": [1, 2], "b": ["x", str(last)]}),
            "pictures": [Image.new("L", (2, 2), 7), Image.new("L", (2, 2), int(last))],
            "files": [file_of(tmp_path, "a.png", b"1"), file_of(tmp_path, "b.png", b"2" * int(last))],
            "several": (np.zeros(2), numbers),
        }[kind]

    rows = np.arange(2)
    first = Examples(made(4)).digest(rows)
    assert first == Examples(made(4)).digest(rows) or kind == "files"  # written again, a file is another
    assert first != Examples(made(5)).digest(rows)
    assert Examples(made(4)).digest(rows[:1]) != first


def test_the_digest_tells_apart_where_texts_end():
    rows = np.arange(2)
    assert Examples(["ab", "c"]).digest(rows) != Examples(["a", "bc"]).digest(rows)


def test_a_file_is_known_by_its_size_and_time(tmp_path):
    path = file_of(tmp_path, "a.png", b"1")
    held = Examples([path])
    before = held.digest([0])
    assert held.digest([0]) == before
    path.write_bytes(b"22")
    assert held.digest([0]) != before


def test_hashes_do_not_depend_on_how_a_data_set_is_cut():
    held = Examples(np.random.default_rng(0).random((200, 3)))
    whole = held.digest(np.arange(200))
    assert len(whole) == 16 * 4  # one for every 64
    cuts = [held.digest(np.arange(start, min(start + 128, 200))) for start in (0, 128)]
    assert "".join(cuts) == whole
