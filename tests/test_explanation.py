"""The answer on disk: what was saved is what is loaded, and a file is whole or is not there."""

import errno
import json
import os
import pickle
import types
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from safetensors.numpy import load as tensors_of
from safetensors.numpy import save as safetensors

from vitrail.errors import AlreadyExists, BadInput, CannotOpen
from vitrail.explanation import FORMAT, Explanation, encode, load, write_whole


def answer(**changes) -> Explanation:
    rng = np.random.default_rng(0)
    facts = {
        "kind": "attribution",
        "arrays": {"values": rng.normal(size=(2, 3)), "input": rng.normal(size=(2, 3)).astype(np.float32)},
        "axes": {"values": ("batch", "feature"), "input": ("batch", "feature")},
        "checks": {"completeness_gap": rng.normal(size=2), "evaluations": 64, "standard_error": np.float64(0.1)},
        "outputs": rng.normal(size=(2, 4)),
        "target": {"kind": "output", "index": [3, 1]},
        "labels": {"class": ["chat", "été", "猫", "🐈"], "feature": ["a", "b", "c"]},
        "provenance": {"method": "gradient", "settings": {"std": 0.1}, "seed": 0},
    }
    return Explanation(**(facts | changes))


def assert_same(one: Explanation, other: Explanation) -> None:
    assert list(one.arrays) == list(other.arrays)
    pairs = [*zip(one.arrays.values(), other.arrays.values(), strict=True), (one.outputs, other.outputs)]
    assert one.checks.keys() == other.checks.keys()
    for name, check in one.checks.items():
        assert isinstance(other.checks[name], np.ndarray) == isinstance(check, np.ndarray), name
        pairs.append((check, other.checks[name]))
    for mine, its in pairs:
        assert_array_equal(mine, its, strict=isinstance(mine, np.ndarray))
    for name in ("kind", "axes", "target", "labels", "provenance"):
        assert getattr(one, name) == getattr(other, name), name


# -- there and back ----------------------------------------------------------------------------------------


def test_round_trip_is_exact(tmp_path):
    one = answer()
    assert np.abs(one.values).min() > 0
    assert one.save(tmp_path / "answer") == tmp_path / "answer"
    assert_same(one, load(tmp_path / "answer"))
    assert [p.name for p in tmp_path.iterdir()] == ["answer"]


def test_assert_same_sees_a_last_bit_and_a_dtype():
    one = answer()
    bit = {**one.arrays, "values": np.nextafter(one.values, 9.0)}
    wider = {**one.arrays, "input": one.arrays["input"].astype(np.float64)}
    for arrays in (bit, wider):
        with pytest.raises(AssertionError):
            assert_same(one, answer(arrays=arrays))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4", "int8", "uint8", "int32", "int64", "bool"])
def test_every_dtype_comes_back(tmp_path, dtype):
    values = np.array([[0, 1, 2], [3, 0, 5]]).astype(dtype)
    answer(arrays={"values": values}, axes={"values": ("batch", "feature")}).save(tmp_path / "answer")
    back = load(tmp_path / "answer").values
    assert_array_equal(back, values)
    assert back.dtype == values.dtype.newbyteorder("=")


@pytest.mark.parametrize("strange", [np.float64("nan"), np.inf, -0.0, 5e-324, 1.7976931348623157e308])
def test_strange_numbers_come_back(tmp_path, strange):
    one = answer(checks={"array": np.array([strange]), "number": float(strange)})
    one.save(tmp_path / "answer")
    back = load(tmp_path / "answer").checks
    assert back["array"].tobytes() == one.checks["array"].tobytes()
    assert np.float64(back["number"]).tobytes() == np.float64(strange).tobytes()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3).T,
        np.arange(12.0)[::2],
        np.zeros((0, 3)),
        np.array(0.5),
        np.asfortranarray(np.eye(3)),
    ],
    ids=["transposed", "strided", "empty", "no axes", "columns first"],
)
def test_every_memory_layout_comes_back(tmp_path, array):
    answer(checks={"measured": array}).save(tmp_path / "answer")
    assert_array_equal(load(tmp_path / "answer").checks["measured"], array, strict=True)


def test_lists_of_texts_and_numbers_stay_lists(tmp_path):
    checks = {"words": ["ok", "größer"], "numbers": [1, 2.5], "text": "étonnant", "flag": True, "nothing": None}
    answer(checks=checks).save(tmp_path / "answer")
    assert load(tmp_path / "answer").checks == checks


def test_parts_keep_their_names_and_their_order(tmp_path):
    arrays = {f"values/{n}": np.full((1, 2), n, dtype=np.float64) for n in (1, 0, 10)}
    one = answer(arrays=arrays, axes=dict.fromkeys(arrays, ("batch", "feature")))
    one.save(tmp_path / "answer")
    assert list(load(tmp_path / "answer").arrays) == ["values/1", "values/0", "values/10"]
    assert [part[0, 0] for part in load(tmp_path / "answer").values] == [1, 0, 10]


def test_named_parts_are_a_dict():
    arrays = {"values/age": np.ones((1, 1)), "values/name": np.zeros((1, 1)), "input": np.ones((1, 1))}
    values = answer(arrays=arrays, axes=dict.fromkeys(arrays, ("batch", "feature"))).values
    assert list(values) == ["age", "name"]
    assert_array_equal(values["age"], [[1.0]])


def test_what_json_does_not_know_is_written_plainly(tmp_path):
    provenance = types.MappingProxyType({"std": np.float32(0.5), "shape": np.array([2, 3]), "path": Path("a/b")})
    answer(provenance=provenance).save(tmp_path / "answer")
    assert load(tmp_path / "answer").provenance == {"std": 0.5, "shape": [2, 3], "path": str(Path("a/b"))}


def test_the_file_is_plain_safetensors_with_a_json_header(tmp_path):
    answer().save(tmp_path / "answer")
    content = (tmp_path / "answer").read_bytes()
    assert sorted(tensors_of(content)) == ["arrays/input", "arrays/values", "checks/completeness_gap", "outputs"]
    size = int.from_bytes(content[:8], "little")
    header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["vitrail"])
    assert header["format"] == FORMAT == "vitrail-explanation-1"
    assert header["labels"]["class"] == ["chat", "été", "猫", "🐈"]


def test_more_provenance_leaves_the_first_answer_alone():
    one = answer()
    two = one.with_provenance(seconds=2.0)
    assert two.provenance == {**one.provenance, "seconds": 2.0}
    assert "seconds" not in one.provenance


def test_reading_it():
    one = answer()
    assert len(one) == 2
    assert one.method == "gradient"
    assert repr(one) == "<Explanation of kind 'attribution' by gradient: values (2, 3)>"


# -- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("axes", [(), ("batch",), ("batch", "feature", "class"), ("batch", "colour")])
def test_wrong_axes(axes):
    with pytest.raises(BadInput, match=r"'values' has shape \(2, 3\).*batch, channel.*Name them in `axes`"):
        answer(arrays={"values": np.zeros((2, 3))}, axes={"values": axes})


def test_an_array_without_axes():
    with pytest.raises(BadInput, match="'values'"):
        answer(arrays={"values": np.zeros((2, 3))}, axes={})


@pytest.mark.parametrize(
    "array", [np.array(["text"]), np.array([None]), np.array([1j])], ids=["text", "object", "complex"]
)
def test_an_array_that_is_not_of_numbers(tmp_path, array):
    with pytest.raises(BadInput, match="cannot be saved"):
        answer(checks={"measured": array}).save(tmp_path / "answer")
    assert list(tmp_path.iterdir()) == []


def test_missing(tmp_path):
    with pytest.raises(CannotOpen, match="there is no file .*Check the path"):
        load(tmp_path / "nothing")


def test_a_folder(tmp_path):
    with pytest.raises(CannotOpen, match="there is no file"):
        load(tmp_path)


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.999])
def test_cut_short(tmp_path, kept):
    content = encode(answer())
    (tmp_path / "answer").write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(CannotOpen, match="not a whole Explanation.*copy it again"):
        load(tmp_path / "answer")


def test_a_pickle_is_not_even_looked_into(tmp_path):
    (tmp_path / "answer").write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    with pytest.raises(CannotOpen, match="not a whole Explanation"):
        load(tmp_path / "answer")
    assert not (tmp_path / "sprung").exists()


class Trap:
    """Unpickled, it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_the_trap_can_spring(tmp_path):
    pickle.loads(pickle.dumps(Trap(tmp_path / "sprung")))
    assert (tmp_path / "sprung").exists()


def test_weights_are_not_an_explanation(tmp_path):
    (tmp_path / "weights").write_bytes(safetensors({"layer.weight": np.ones((2, 2))}))
    with pytest.raises(CannotOpen, match="safetensors file, but not an Explanation.*vitrail.open"):
        load(tmp_path / "weights")


@pytest.mark.parametrize("header", [{"format": "vitrail-explanation-99"}, {}])
def test_another_format(tmp_path, header):
    metadata = {"vitrail": json.dumps(header), "arrays": "[]"}
    (tmp_path / "answer").write_bytes(safetensors({"outputs": np.ones(1)}, metadata))
    with pytest.raises(CannotOpen, match=f"its format is {header.get('format')!r}.*{FORMAT!r} was expected"):
        load(tmp_path / "answer")


@pytest.mark.parametrize("header", ["{", json.dumps({"format": FORMAT})])
def test_a_damaged_header(tmp_path, header):
    (tmp_path / "answer").write_bytes(safetensors({"outputs": np.ones(1)}, {"vitrail": header}))
    with pytest.raises(CannotOpen, match="not a whole Explanation"):
        load(tmp_path / "answer")


# -- writing: whole or not at all ---------------------------------------------------------------------------


def test_an_existing_file_is_neither_replaced_nor_touched(tmp_path):
    path = tmp_path / "answer"
    path.write_bytes(b"mine")
    with pytest.raises(AlreadyExists, match="Nothing was written.*overwrite=True"):
        answer().save(path)
    assert path.read_bytes() == b"mine"
    assert [p.name for p in tmp_path.iterdir()] == ["answer"]


def test_overwrite_replaces(tmp_path):
    path = tmp_path / "answer"
    path.write_bytes(b"mine")
    answer().save(path, overwrite=True)
    assert_same(answer(), load(path))
    assert [p.name for p in tmp_path.iterdir()] == ["answer"]


def test_a_file_that_appears_while_writing_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "answer"
    link = os.link

    def late(source, target, **options):
        path.write_bytes(b"theirs")
        link(source, target, **options)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(AlreadyExists):
        write_whole(path, b"ours")
    assert path.read_bytes() == b"theirs"
    assert [p.name for p in tmp_path.iterdir()] == ["answer"]


def no_links(*_, **__):
    raise OSError(errno.EPERM, "Operation not permitted")


def test_a_file_system_without_hard_links(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", no_links)
    answer().save(tmp_path / "answer")
    assert_same(answer(), load(tmp_path / "answer"))
    assert [p.name for p in tmp_path.iterdir()] == ["answer"]


def test_without_hard_links_a_file_that_appears_is_still_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "answer"

    def late(*_, **__):
        path.write_bytes(b"theirs")
        no_links()

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(AlreadyExists):
        write_whole(path, b"ours")
    assert path.read_bytes() == b"theirs"
    assert [p.name for p in tmp_path.iterdir()] == ["answer"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_write_that_fails_leaves_nothing_behind(tmp_path, monkeypatch, overwrite):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        answer().save(tmp_path / "answer", overwrite=overwrite)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_overwrite_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "answer"
    path.write_bytes(b"mine")
    monkeypatch.setattr(os, "replace", no_links)
    with pytest.raises(OSError, match="not permitted"):
        answer().save(path, overwrite=True)
    assert path.read_bytes() == b"mine"
    assert [p.name for p in tmp_path.iterdir()] == ["answer"]


def test_an_interruption_leaves_nothing_behind(tmp_path, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "link", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "answer", b"ours")
    assert list(tmp_path.iterdir()) == []


def test_folders_are_made_and_long_names_fit(tmp_path):
    path = write_whole(tmp_path / "deep/er" / ("n" * 250), b"ours")
    assert path.read_bytes() == b"ours"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_others_may_read_it(tmp_path):
    assert write_whole(tmp_path / "answer", b"ours").stat().st_mode & 0o777 == 0o644


def test_the_same_answer_has_the_same_bytes():
    assert len({encode(answer()) for _ in range(20)}) == 1


def test_a_file_with_the_names_of_its_arrays_beside_the_header_is_read(tmp_path):
    """As they were written until the names moved into the header."""
    header = {"format": FORMAT, "kind": "attribution", "axes": {"values": ["batch"], "input": ["batch"]}}
    header |= {"checks": {}, "target": {}, "labels": {}, "provenance": {}}
    tensors = {"arrays/values": np.ones(2), "arrays/input": np.zeros(2), "outputs": np.zeros((2, 1))}
    texts = {"vitrail": json.dumps(header), "arrays": json.dumps(["values", "input"])}
    (tmp_path / "answer").write_bytes(safetensors(tensors, texts))
    assert list(load(tmp_path / "answer").arrays) == ["values", "input"]
