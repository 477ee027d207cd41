"""Interactions of networks: by second differences of the network itself."""

import numpy as np
import pytest
import torch

import vitrail
from known import explained, linear, normal, product, quadratic, smooth, symmetric

close = torch.testing.assert_close


def test_of_a_quadratic_form_they_are_its_off_diagonal():
    """x A x / 2 from a baseline of zeros: A_ij x_i x_j for pairs (half at each place), A_ii x_i^2 / 2 alone."""
    x, a = normal(3, 4), symmetric(4)
    pairs = a * x[:, :, None] * x[:, None]
    alone = torch.diag_embed(pairs.diagonal(dim1=1, dim2=2))
    off = pairs - alone
    close(torch.as_tensor(explained(quadratic(a), x, "shapley-interactions").values), (off + alone) / 2)
    shared = torch.diag_embed(off.sum(2) / 2)
    for index in ("sii", "banzhaf"):
        answer = explained(quadratic(a), x, "shapley-interactions", index=index)
        close(torch.as_tensor(answer.values), off + alone / 2 + shared)


def test_a_product_is_all_interaction():
    x = normal(3, 2)
    answer = explained(product(), x, "shapley-interactions")
    close(torch.as_tensor(answer.values[:, 0, 1]), x.prod(1) / 2)
    close(torch.as_tensor(answer.values.diagonal(axis1=1, axis2=2).copy()), torch.zeros(3, 2).double())


def test_two_columns_by_the_second_difference():
    net, x = smooth(2), normal(1, 2, seed=1)
    net_ = lambda a, b: net(torch.stack([a * x[0, 0], b * x[0, 1]])[None])[0, 1].detach()  # noqa: E731
    one, none = torch.ones(()).double(), torch.zeros(()).double()
    expected = net_(one, one) - net_(one, none) - net_(none, one) + net_(none, none)
    for index in ("k-sii", "sii", "banzhaf"):
        answer = explained(net, x, "shapley-interactions", 1, index=index)
        here = expected / 2 if index == "k-sii" else expected
        close(float(answer.values[0, 0, 1]), float(here))
        close(float(answer.values[0, 1, 0]), float(here))


def test_the_answer_has_two_axes_of_players():
    net, x = smooth(), normal(3, 5, seed=1)
    answer = explained(net, x, "shapley-interactions", 1, budget=24)
    assert answer.kind == "interaction"
    assert answer.axes["values"] == answer.axes["standard_error"] == ("batch", "player", "player")
    assert answer.arrays["standard_error"].shape == answer.values.shape == (3, 5, 5)
    assert answer.checks["standard_error"].min() > 0
    change = answer.checks["target_value"] - answer.base_value
    close(answer.values.sum((1, 2)), change)
    single = explained(net, x, "shapley-interactions", 1, index="sii").values.diagonal(axis1=1, axis2=2)
    close(single.copy(), explained(net, x, "exact-shapley", 1).values)


def test_examples_with_other_numbers_of_players_have_zeros_where_nobody_is():
    net, x = linear(normal(6)), normal(2, 6)
    labels = np.array([0, 0, 1, 1, 2, 2])
    answer = explained(net, x, "shapley-interactions", players=labels)
    assert answer.values.shape == (2, 3, 3)
    assert np.abs(answer.values - np.stack([np.diag(np.diag(v)) for v in answer.values])).max() < 1e-12


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"index": "fsii"}, "index='fsii' does not fit"),
        ({"budget": 5}, "shapley-interactions: budget=5 is too small for 5 players. At least 10"),
    ],
)
def test_what_does_not_fit_is_refused(settings, words):
    with pytest.raises(vitrail.VitrailError, match=words):
        explained(smooth(), normal(2, 5), "shapley-interactions", **settings)
