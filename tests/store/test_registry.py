"""Names: given once, found again, forgotten; what is no name is refused."""

import threading

import numpy as np
import pytest

from vitrail.errors import AlreadyExists, BadInput, CannotOpen, NoSuchKey
from vitrail.store.registry import NAME, Registry, place

ENTRY = {"key": "objects/ab/cd", "classes": ["0", "1"], "bytes": 12}


@pytest.fixture
def registry(store):
    return Registry(store)


def test_a_name_is_found_again(registry):
    registry.name("models", "digits", ENTRY)
    assert registry.entry("models", "digits") == ENTRY
    assert registry.names("models") == ["digits"]


def test_numpy_numbers_become_plain(registry):
    registry.name("models", "digits", {"key": "x", "accuracy": np.float64(0.5), "shape": np.array([1, 2])})
    assert registry.entry("models", "digits") == {"key": "x", "accuracy": 0.5, "shape": [1, 2]}


def test_a_name_is_given_once(registry):
    registry.name("models", "digits", ENTRY)
    with pytest.raises(AlreadyExists, match="digits"):
        registry.name("models", "digits", {"key": "other"})
    assert registry.entry("models", "digits") == ENTRY


def test_overwritten_when_asked(registry):
    registry.name("models", "digits", ENTRY)
    registry.name("models", "digits", {"key": "other"}, overwrite=True)
    assert registry.entry("models", "digits") == {"key": "other"}


def test_kinds_do_not_meet(registry):
    registry.name("models", "digits", ENTRY)
    registry.name("data", "digits", {"key": "other"})
    registry.name("data", "a-b.c_d", {"key": "other"})
    assert registry.names("data") == ["a-b.c_d", "digits"]
    registry.forget("data", "digits")
    assert registry.names("models") == ["digits"]
    assert registry.names("data") == ["a-b.c_d"]


def test_an_unknown_name_says_what_there_is(registry):
    with pytest.raises(NoSuchKey, match="There are none yet"):
        registry.entry("models", "digits")
    registry.name("models", "digits", ENTRY)
    with pytest.raises(NoSuchKey, match="nothing is named 'digit' among the models. Did you mean 'digits'"):
        registry.entry("models", "digit")
    with pytest.raises(NoSuchKey):
        registry.forget("models", "digit")


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "-a", ".a", "a b", "ä", "x" * 101, "a\n"])
def test_what_is_no_name(registry, name):
    assert not NAME.fullmatch(name)
    for ask in (registry.entry, registry.forget, lambda k, n: registry.name(k, n, ENTRY)):
        with pytest.raises(BadInput, match="is no name"):
            ask("models", name)


def test_the_longest_name(registry):
    registry.name("models", "x" * 100, ENTRY)
    assert registry.names("models") == ["x" * 100]


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[1]", b'"digits"'])
def test_a_damaged_entry(registry, text):
    registry.store.put(place("models", "digits"), text)
    with pytest.raises(CannotOpen, match="is damaged"):
        registry.entry("models", "digits")


def test_numbers_that_are_none_are_not_written(registry):
    with pytest.raises(ValueError, match="not JSON compliant"):
        registry.name("models", "digits", {"key": "x", "loss": float("nan")})
    assert registry.names("models") == []


def test_of_many_that_give_a_name_one_wins(registry):
    if repr(registry.store).startswith("the store 'memory:"):
        pytest.skip("fsspec's memory looks, and then writes")
    gate, refused = threading.Barrier(6), []

    def give(number: int) -> None:
        gate.wait()
        try:
            registry.name("models", "digits", {"key": str(number)})
        except AlreadyExists:
            refused.append(number)

    threads = [threading.Thread(target=give, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(refused) == 5
    assert int(registry.entry("models", "digits")["key"]) not in refused
