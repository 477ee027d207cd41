import numpy as np
import pytest

from vitrail.trust.head import Head
from vitrail.trust.moments import Moments
from vitrail.trust.softmax import energy
from vitrail.trust.vim import Vim, dimension


def learnt(x, weight, bias):
    logits = x @ weight.T + bias
    moments = Moments(1, x, len(bias))
    moments.add(x, np.zeros(len(x), int), logits)
    return Vim.of(moments, Head(weight, bias, 1.0), x, logits)


@pytest.fixture
def flat():
    """Features (n, 4) that live in the plane of the first two, and a head with biases."""
    x = np.zeros((200, 4))
    x[:, :2] = np.random.default_rng(0).normal(size=(200, 2)) * 5
    return x, np.array([[1.0, 2, 0, 0], [-1, 1, 0, 0]]), np.array([4.0, 5.0])


def test_off_the_plane_the_residual_is_how_far(flat):
    x, weight, bias = flat
    x = x + 1e-3 * np.random.default_rng(1).normal(size=x.shape)  # or the scale is 0 / 0
    vim = learnt(x, weight, bias)
    off = np.array([[3.0, 1, 3, 4]])
    logits = off @ weight.T + bias
    np.testing.assert_allclose(vim(off, logits) - energy(logits), vim.scale * 5, rtol=1e-2)


def test_the_origin_has_no_logits(flat):
    x, weight, bias = flat
    np.testing.assert_allclose(weight @ learnt(x, weight, bias).origin + bias, 0, atol=1e-12)


def test_by_its_definition(head):
    weight, bias = head
    x = np.random.default_rng(2).normal(size=(100, 6)) + 2
    vim, logits = learnt(x, weight, bias), x @ weight.T + bias
    centred = x + np.linalg.pinv(weight) @ bias
    spread = sum(np.outer(row, row) for row in centred)
    values, vectors = np.linalg.eig(spread)
    left = vectors[:, np.argsort(values.real)[: 6 - 3]].real
    lengths = [np.linalg.norm(left.T @ row) for row in centred]
    scale = sum(max(z) for z in logits) / sum(lengths)
    slow = [scale * length - np.log(np.exp(z).sum()) for length, z in zip(lengths, logits, strict=True)]
    np.testing.assert_allclose(vim(x, logits), slow, rtol=1e-8)


def test_without_a_residual_it_is_the_energy(flat):
    x, weight, bias = flat
    logits = x @ weight.T + bias
    np.testing.assert_allclose(learnt(x, weight, bias)(x, logits), energy(logits), atol=1e-6)


@pytest.mark.parametrize(("units", "expected"), [(1, 0), (128, 64), (768, 512), (2048, 1000)])
def test_the_principal_space_is_as_large_as_the_authors_say(units, expected):
    assert dimension(units) == expected
