import numpy as np
import pytest

from vitrail.errors import BadInput
from vitrail.trust import summary
from vitrail.trust.summary import summary_of


def test_batches_do_not_matter(usual, batches, clusters):
    reading = usual(500, 0)
    one, many = (summary_of(batches(reading, size), 3, clusters, 0) for size in (500, 37))
    np.testing.assert_array_equal(one.path.counts, many.path.counts)
    for name in reading.activations:
        np.testing.assert_allclose(one.moments[name].within(), many.moments[name].within(), atol=1e-8)
        np.testing.assert_allclose(one.moments[name].means(), many.moments[name].means(), atol=1e-10)
    np.testing.assert_allclose(one.head().weight, many.head().weight, atol=1e-7)
    np.testing.assert_array_equal(one.kept("features"), many.kept("features"))
    assert one.rows == many.rows == 500


def test_the_head_of_the_network_is_found(usual, batches, clusters, head):
    found = summary_of(batches(usual(800, 0)), 3, clusters, 0).head()
    np.testing.assert_allclose(found.weight, head[0], atol=1e-5)
    np.testing.assert_allclose(found.bias, head[1], atol=1e-5)
    assert found.fitted == pytest.approx(1, abs=1e-9)


def test_what_is_kept_does_not_grow(usual, batches, clusters, monkeypatch):
    monkeypatch.setattr(summary, "EXAMPLES", 100)
    found = summary_of(batches(usual(500, 0), 64), 3, clusters, 0)
    assert {len(array) for array in found.sample.rows.values()} == {100}
    assert len(found.sample.keys) == 100


def test_fewer_examples_of_wide_layers_are_kept(usual, batches, clusters, monkeypatch):
    monkeypatch.setattr(summary, "NUMBERS", 120)  # features have 6 units
    assert len(summary_of(batches(usual(500, 0)), 3, clusters, 0).kept("features")) == 20


def test_nothing_to_learn_from_is_refused(clusters):
    with pytest.raises(BadInput, match="0 training examples"):
        summary_of(lambda: iter(()), 3, clusters, 0)
