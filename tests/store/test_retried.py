"""A store that is asked again: how often, after how long, and what it never asks again for."""

import pytest

from vitrail.errors import BadInput, DiskFull, NoSuchKey, StoreFailed
from vitrail.store.memory import Memory
from vitrail.store.retried import Retried


class Shaky:
    """A store whose next requests fail, as `failures` says: each an error, and whether it is done all the same."""

    def __init__(self, *failures):
        self.failures, self.kept, self.asked = list(failures), Memory(), 0

    def _do(self, what, *given, **settings):
        self.asked += 1
        if not self.failures:
            return getattr(self.kept, what)(*given, **settings)
        error, done = self.failures.pop(0)
        if done:
            getattr(self.kept, what)(*given, **settings)
        raise error

    def put(self, key, data, *, once=False):
        return self._do("put", key, data, once=once)

    def get(self, key):
        return self._do("get", key)

    def list(self, prefix=""):
        return self._do("list", prefix)

    def delete(self, key):
        return self._do("delete", key)


def passing(done=False):
    return StoreFailed("503 slow down", passing=True), done


def retried(*failures, **settings):
    waits = []
    store = Retried(Shaky(*failures), sleep=waits.append, **settings)
    return store, waits


def test_all_four_are_asked_again():
    for what, given in (("put", ("a", b"1")), ("get", ("a",)), ("list", ()), ("delete", ("a",))):
        store, waits = retried(passing(), passing())
        store.store.kept.put("a", b"0")
        getattr(store, what)(*given)
        assert store.store.asked == 3
        assert len(waits) == 2


def test_it_gives_up_after_its_attempts():
    store, waits = retried(*[passing()] * 9, attempts=4)
    with pytest.raises(StoreFailed, match="503"):
        store.get("a")
    assert store.store.asked == 4
    assert len(waits) == 3


def test_waits_double_up_to_the_longest_and_are_partly_random():
    seen = [retried(*[passing()] * 9, attempts=6, wait=1.0, longest=6.0) for _ in range(200)]
    for store, _ in seen:
        with pytest.raises(StoreFailed):
            store.get("a")
    for i, most in enumerate([1.0, 2.0, 4.0, 6.0, 6.0]):
        drawn = [waits[i] for _, waits in seen]
        assert most / 2 <= min(drawn) < 0.6 * most
        assert 0.9 * most < max(drawn) <= most


@pytest.mark.parametrize(
    "error",
    [StoreFailed("403", passing=False), StoreFailed("nobody knows"), NoSuchKey("a"), BadInput("a"), DiskFull("full")],
)
def test_what_does_not_pass_is_told_at_once(error):
    store, waits = retried((error, False))
    with pytest.raises(type(error)):
        store.put("a", b"1")
    assert waits == []


def test_an_attempt_that_failed_but_wrote_is_ours():
    """The answer was lost, not the bytes: the second attempt finds the key taken, by ourselves."""
    store, _ = retried(passing(done=True))
    assert store.put("a", b"mine", once=True)
    assert store.get("a") == b"mine"


def test_another_who_was_faster_wins():
    store, _ = retried(passing())
    store.store.kept.put("a", b"theirs")
    assert not store.put("a", b"mine", once=True)


def test_a_key_that_is_taken_is_not_read_without_a_failure():
    store, _ = retried()
    store.store.kept.put("a", b"same")
    assert not store.put("a", b"same", once=True)
    assert store.store.asked == 1


def test_taken_and_deleted_in_between():
    class Gone(Shaky):
        def put(self, key, data, *, once=False):
            if not self.failures:
                return False
            return super().put(key, data, once=once)

    store = Retried(Gone(passing()), sleep=lambda _: None)
    assert not store.put("a", b"mine", once=True)
