"""What every store promises, asked of each of them."""

import threading

import pytest

from vitrail.errors import BadInput, NoSuchKey
from vitrail.store import Folder, Memory, Retried, store_at

LARGE = bytes(range(256)) * 40_000  # ten million bytes
BAD_KEYS = (
    "", "/", "/a", "a/", "a//b", "..", "../a", "a/../b", "a/.hidden", ".", "a b", "a\\b", "a\0", "a\n", "ä", "c:x",
    "x" * 201, "a/" * 500 + "a", "~", "%2e%2e/a", "a?b", "a#b", "a*b",
)  # fmt: skip


def test_what_is_put_is_got(store):
    assert store.put("models/digits.keras", b"weights")
    assert store.get("models/digits.keras") == b"weights"


@pytest.mark.parametrize("data", [b"", b"\0\xff\r\n", LARGE], ids=["empty", "binary", "large"])
def test_any_bytes(store, data):
    store.put("a", data)
    assert store.get("a") == data


def test_putting_again_replaces(store):
    store.put("a", b"longer than what follows")
    assert store.put("a", b"new")
    assert store.get("a") == b"new"
    assert list(store.list()) == ["a"]


def test_once_keeps_the_first(store):
    assert store.put("a", b"first", once=True)
    assert not store.put("a", b"second", once=True)
    assert store.get("a") == b"first"


def test_once_after_delete_is_the_first_again(store):
    store.put("a", b"first", once=True)
    store.delete("a")
    assert store.put("a", b"second", once=True)
    assert store.get("a") == b"second"


def test_what_is_not_there(store):
    with pytest.raises(NoSuchKey, match="nothing under 'models/none'") as caught:
        store.get("models/none")
    assert caught.value.facts["key"] == "models/none"
    store.delete("models/none")


def test_a_folder_is_no_key(store):
    store.put("a/b", b"1")
    with pytest.raises(NoSuchKey):
        store.get("a")
    store.delete("a")
    assert store.get("a/b") == b"1"


def test_deleted_is_gone(store):
    store.put("a/b", b"1")
    store.put("a/c", b"2")
    store.delete("a/b")
    assert list(store.list()) == ["a/c"]
    with pytest.raises(NoSuchKey):
        store.get("a/b")


def test_lists_are_sorted_and_begin_with_the_prefix(store):
    keys = ["a", "ab", "b/1", "b/10", "b/2", "b/c/d", "bc/1", "B/1"]
    for key in reversed(keys):
        store.put(key, key.encode())
    for prefix in ("", "a", "b", "b/", "b/1", "b/c", "b/c/", "none", "none/", "z/y"):
        assert list(store.list(prefix)) == sorted(key for key in keys if key.startswith(prefix)), prefix


def test_an_empty_store_lists_nothing(store):
    assert list(store.list()) == []


def test_a_list_sees_what_was_put_and_deleted_after_an_earlier_list(store):
    store.put("a/1", b"")
    assert list(store.list("a/")) == ["a/1"]
    store.put("a/2", b"")
    store.delete("a/1")
    assert list(store.list("a/")) == ["a/2"]


def test_more_keys_than_one_page_of_a_server(store):
    if not isinstance(store, Memory | Folder):
        pytest.skip("a thousand requests; the slow test asks a real server")
    keys = [f"n/{i:04d}" for i in range(1100)]
    for key in keys:
        store.put(key, b"")
    assert list(store.list("n/")) == keys


@pytest.mark.parametrize("key", BAD_KEYS)
def test_keys_that_are_none_are_refused_everywhere(key, tmp_path):
    for store in (Memory(), Folder(tmp_path / "store"), store_at("memory://refusing")):
        for ask in (store.get, store.delete, lambda k, s=store: s.put(k, b"")):
            with pytest.raises(BadInput, match="is no key of a store"):
                ask(key)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("prefix", ["/", "..", "../", "a//", "a/../", "~", "a b"])
def test_prefixes_that_are_none_are_refused(prefix, store):
    with pytest.raises(BadInput, match="no key begins with"):
        store.list(prefix)


def test_of_many_that_create_one_wins(store):
    """Writers start together, again and again; whoever is told that it wrote is who is read."""
    if repr(store).startswith("the store 'memory:"):
        pytest.skip("fsspec's memory looks, and then writes")
    for turn in range(5):
        winners, gate = [], threading.Barrier(8)

        def write(name: int, key: str = f"race/{turn}", winners: list = winners, gate=gate) -> None:
            gate.wait()
            if store.put(key, str(name).encode(), once=True):
                winners.append(name)

        threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert len(winners) == 1
        assert store.get(f"race/{turn}") == str(winners[0]).encode()


def test_a_reader_sees_whole_values_while_they_are_replaced(store):
    """Two values of one length; whoever reads finds all of one of them."""
    values = [bytes([i]) * 100_000 for i in (1, 2)]
    store.put("a", values[0])
    stop = threading.Event()

    def write() -> None:
        for turn in range(30):
            store.put("a", values[turn % 2])
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not stop.is_set():
        seen.add(store.get("a"))
    writer.join()
    assert seen <= set(values)


def test_a_store_by_its_place(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert isinstance(store_at("memory:"), Memory)
    assert isinstance(store_at("memory://anywhere"), Retried)
    assert isinstance(store_at(tmp_path), Folder)
    store_at().put("a", b"1")
    assert (tmp_path / ".vitrail" / "a").read_bytes() == b"1"
