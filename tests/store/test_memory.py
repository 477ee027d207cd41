"""A store in memory: what differs from the others."""

from vitrail.store.memory import Memory


def test_two_of_them_share_nothing():
    one, other = Memory(), Memory()
    one.put("a", b"1")
    assert list(other.list()) == []


def test_bytes_that_change_later_stay_as_they_were_put():
    store, data = Memory(), bytearray(b"before")
    store.put("a", data)
    data[:] = b"after!"
    assert store.get("a") == b"before"


def test_a_list_stays_as_it_was_when_keys_go():
    store = Memory()
    for key in "abc":
        store.put(key, b"")
    listed = store.list()
    store.delete("b")
    assert list(listed) == ["a", "b", "c"]
