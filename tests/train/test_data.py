"""Data to learn from: parts that do not overlap, weights of classes, what the network reads."""

from dataclasses import replace

import numpy as np
import pytest

from lessons import blobs, numbers
from vitrail.errors import BadInput
from vitrail.inputs import Images
from vitrail.train.data import Data, split

SHARES = {"validation": 0.1, "test": 0.3}


def test_parts_are_all_rows_once():
    rows = split(50, None, SHARES, 0)
    assert sorted(np.concatenate(list(rows.values()))) == list(range(50))
    assert {part: len(some) for part, some in rows.items()} == {"train": 30, "validation": 5, "test": 15}


def test_parts_have_classes_in_the_same_shares():
    y = np.repeat([0, 1], [80, 20])
    rows = split(100, y, SHARES, 0)
    assert [y[some].mean() for some in rows.values()] == pytest.approx([0.2, 0.2, 0.2])


def test_parts_are_drawn_under_the_seed():
    first, again, other = (split(50, None, SHARES, seed)["test"] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert set(first) != set(other)


def test_a_class_of_one_example_is_split_without_regard_to_classes():
    y = np.array([0] * 20 + [1])
    assert sum(map(len, split(21, y, SHARES, 0).values())) == 21


def test_classes_count_alike_with_weights():
    y = np.repeat([0, 1], [90, 30])
    data = replace(blobs(2), y=y, rows={part: np.arange(120) for part in ("train", "validation", "test")})
    weights = data.weights()
    assert weights[0] * 90 == pytest.approx(weights[1] * 30)
    assert np.mean([weights[c] for c in y]) == pytest.approx(1)


def test_bytes_of_pictures_become_numbers_batch_by_batch():
    x = np.arange(4 * 2 * 2 * 3, dtype=np.uint8).reshape(4, 2, 2, 3)
    rows = {"train": np.arange(2), "validation": np.array([2]), "test": np.array([3])}
    data = Data(x, np.array([0, 1, 0, 1]), "binary", rows, ("a", "b"), Images((2, 2), mean=0.5, std=0.25))
    np.testing.assert_allclose(data.numbers(np.array([1])), (x[1:2] / 255 - 0.5) / 0.25, rtol=1e-6)
    assert data.reads == "pictures"
    assert [len(x) for x, _ in data.batches("train", 1)] == [1, 1]


def test_outputs_follow_the_task():
    assert blobs(2).outputs == 1
    assert blobs(3).outputs == 3
    assert numbers().outputs == 1
    assert replace(numbers(), y=np.zeros((120, 5))).outputs == 5
    assert replace(blobs(2), y=np.zeros((120, 4)), task="multilabel").outputs == 4


def test_answers_are_columns_for_sigmoids_and_numbers_and_whole_for_classes():
    rows = np.arange(5)
    assert blobs(2).answers(rows).shape == (5, 1)
    assert numbers().answers(rows).shape == (5, 1)
    assert blobs(3).answers(rows).dtype == np.int64


def test_too_few_to_split_is_refused():
    with pytest.raises(BadInput, match="there are 2 examples"):
        split(2, None, SHARES, 0)


def test_the_hash_knows_examples_answers_and_parts():
    data = blobs()
    assert data.digest() == blobs().digest()
    moved = {**data.rows, "train": data.rows["train"][::-1].copy()}
    x = data.x.copy()
    x[0, 0] += 1
    digests = {data.digest(), replace(data, x=x).digest(), replace(data, rows=moved).digest()}
    assert len(digests) == 3


def test_what_does_not_fit_together_is_refused():
    data = blobs()
    with pytest.raises(BadInput, match="120 examples, and y 119 answers"):
        replace(data, y=data.y[1:])
    with pytest.raises(BadInput, match="the part 'test' is empty"):
        replace(data, rows={**data.rows, "test": np.array([], int)})
