"""The network that trees make: it answers as its library does, or it is refused."""

import numpy as np
import pytest
import torch

import vitrail
from known import random_trees, rows_for, stump
from vitrail.errors import BadInput, CannotOpen, NetworkFailed, WrongLayer
from vitrail.model import Model
from vitrail.model.tree_network import TreeNetwork
from vitrail.model.trees import Columns


def network(trees, margins=None, **more):
    return TreeNetwork("ours", "by hand", margins or trees, trees, Columns(trees.features), **more)


def model(trees, **more):
    return Model(network(trees, **more))


TREES = random_trees(3, 4, 3, outputs=2)
X = rows_for(TREES, 6)


def test_its_output_is_squashed_and_its_logits_are_the_margins():
    margins = torch.tensor(TREES(X))
    for squash, expected in (("", margins), ("softmax", margins.softmax(1)), ("sigmoid", margins.sigmoid())):
        trace = model(TREES, squash=squash).trace(torch.tensor(X))
        torch.testing.assert_close(trace.output, expected)
        torch.testing.assert_close(trace.logits, margins)


def test_the_base_is_what_the_library_adds_to_the_trees():
    settled = network(TREES, lambda x: TREES(x) + np.array([10.0, -3.0])).trees(None)
    np.testing.assert_allclose(settled.base, TREES.base + [10, -3])
    np.testing.assert_allclose(settled(X), TREES(X) + [10, -3])


@pytest.mark.parametrize(
    ("margins", "words"),
    [
        (lambda x: TREES(x) + 0.01 * x[:, :1], "its trees are off by up to"),
        (lambda x: TREES(x) * 1.01, "its trees are off by up to"),
        (lambda x: np.full((len(x), 2), np.nan), "its trees are off by up to nan"),
        (lambda x: TREES(x)[:, 0], "it gives 1 outputs, and its trees 2"),
    ],
)
def test_trees_that_say_something_else_than_their_library_are_refused(margins, words):
    with pytest.raises(CannotOpen, match=words):
        network(TREES, margins)


def test_a_library_that_raises_is_told():
    def broken(x):
        raise RuntimeError("no memory left\nat all")

    with pytest.raises(NetworkFailed, match="RuntimeError on rows of numbers: no memory left"):
        network(TREES, broken)


def test_its_columns_are_counted():
    with pytest.raises(BadInput, match="3\\) was expected: ours reads that many columns"):
        network(TREES).axes((5, 4))
    assert network(TREES).axes((5, 3)) == ("batch", "feature")
    assert network(TREES).input_shape() == (3,)


def test_the_fingerprint_sees_every_field():
    seen = {vitrail.Model(network(each)).fingerprint.digest() for each in (
        stump(0.5, (1.0, 3.0), (1, 3)), stump(0.6, (1.0, 3.0), (1, 3)), stump(0.5, (1.0, 4.0), (1, 3)),
        stump(0.5, (1.0, 3.0), (2, 3)), stump(0.5, (1.0, 3.0), (1, 3), missing_left=True),
        stump(0.5, (1.0, 3.0), (1, 3), subsets={0: np.array([True, False])}),
        stump(0.5, (1.0, 3.0), (1, 3), subsets={0: np.array([False, True])}),
    )}  # fmt: skip
    assert len(seen) == 7


def test_it_has_no_layers_and_gives_no_gradients():
    ours = model(TREES)
    assert list(ours.layers) == []
    with pytest.raises(vitrail.VitrailError, match="gives no gradients"):
        vitrail.explain(ours, np.nan_to_num(X), "saliency", 0)
    with pytest.raises((WrongLayer, vitrail.VitrailError)):
        vitrail.explain(ours, np.nan_to_num(X), "grad-cam", 0)
