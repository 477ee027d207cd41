"""Keys: what is refused, and names that bytes have of themselves."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from vitrail.errors import BadInput
from vitrail.store.keys import KEY, checked, checked_prefix, content_key, is_content


def test_a_content_key_is_the_sha256():
    # The digest of nothing, as FIPS 180-4's examples give it.
    assert content_key(b"") == "objects/e3/b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(some.binary(max_size=50))
def test_content_keys_are_keys_and_know_their_bytes(data):
    key = checked(content_key(data))
    assert key.replace("/", "") == "objects" + hashlib.sha256(data).hexdigest()
    assert is_content(key, data)
    assert not is_content(key, data + b"x")


@given(some.text(max_size=30))
def test_no_key_leaves_the_folder(tmp_path_factory, text):
    if KEY.fullmatch(text):
        root = tmp_path_factory.getbasetemp() / "store"
        assert (root / checked(text)).resolve().is_relative_to(root.resolve())
    else:
        with pytest.raises(BadInput):
            checked(text)


@pytest.mark.parametrize("key", ["..", ".", "../a", "a/../b", ".hidden", "a/.hidden", "a/.b.half"])
def test_no_part_begins_with_a_dot(key):
    with pytest.raises(BadInput, match="begin with no dot"):
        checked(key)


def test_the_longest_key():
    key = "/".join(["x" * 199] * 4)
    assert checked(key) == key
    with pytest.raises(BadInput, match="800 characters at most"):
        checked(key + "/" + "y" * 2)


@pytest.mark.parametrize("key", ["a/b/c", "objects/ab", "x"])
def test_every_beginning_of_a_key_is_a_prefix(key):
    for end in range(len(key) + 1):
        assert checked_prefix(key[:end]) == key[:end]
