"""One text for each question, and refusals of what is no question."""

import hashlib
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrail.errors import BadInput
from vitrail.jobs.question import asked, canonical, job_id

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def nested(depth: int) -> list:
    inner: list = []
    for _ in range(depth):
        inner = [inner]
    return inner


def test_by_pencil():
    assert canonical({"b": [1, 2.5, None, True], "a": "é"}) == '{"a":"\\u00e9","b":[1,2.5,null,true]}'


def test_the_id_is_the_hash_of_the_text():
    assert job_id('{"verb":"x"}') == hashlib.sha256(b'{"verb":"x"}').hexdigest()
    assert len(job_id("")) == 64


@settings(max_examples=30)
@given(st.dictionaries(st.text(), PLAIN, min_size=2))
def test_the_order_of_keys_is_nothing(value):
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@given(PLAIN)
def test_what_goes_in_comes_back_in_ascii(value):
    text = canonical(value)
    assert text.isascii()
    assert json.loads(text) == value


@pytest.mark.parametrize(
    "value",
    [
        math.nan, [math.inf], {"a": -math.inf}, (1, 2), {"a": (1,)}, {1: 2}, {None: 1}, {1: 1, "1": 2}, {1, 2},
        b"bytes", object(), 1j, nested(100_000), 10**5000,
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_no_plain_json_is_refused(value):
    with pytest.raises(BadInput, match="is not plain JSON"):
        canonical(value)


def test_a_list_that_holds_itself_is_refused():
    ring: list = []
    ring.append(ring)
    with pytest.raises(BadInput, match="is not plain JSON"):
        canonical(ring)


@pytest.mark.parametrize("question", [{}, {"verb": 1}, {"verb": None}, [], "explain", None, [["verb", "x"]]])
def test_a_question_names_its_verb(question):
    with pytest.raises(BadInput, match="is not a question"):
        asked(question)


def test_a_question_is_plain_json():
    assert asked({"verb": "explain"}) == '{"verb":"explain"}'
    with pytest.raises(BadInput, match="is not plain JSON"):
        asked({"verb": "explain", "x": math.nan})
