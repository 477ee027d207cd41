"""Flow: small graphs by hand, the same maximum as a linear programme, a whole network layer by layer."""

import numpy as np
import pytest
import torch
from scipy.optimize import linprog

from known import Glimpse, explained, followed, normal, seeded
from vitrail.methods.attention.attention_flow import flows_down

close = torch.testing.assert_close
X = normal(2, 2, 8, 6, seed=13)


def slowly(layers, read):
    """The same by a linear programme: one variable for each pipe, what flows in flows out, as much as possible."""
    depth, count = layers.shape[:2]
    pipes = [(level, i, j) for level in range(depth) for i in range(count) for j in range(count)]
    found = []
    for token in range(count):
        inside = [(level, i) for level in range(depth + 1) for i in range(count) if (level, i) != (0, token)]
        inside = [node for node in inside if not (node[0] == depth and read[node[1]])]
        kept = np.zeros((len(inside), len(pipes)))
        for row, node in enumerate(inside):
            for column, (level, i, j) in enumerate(pipes):
                kept[row, column] = (node == (level, j)) * 1.0 - (node == (level + 1, i))
        gain = [-1.0 * (level == 0 and j == token) for level, _, j in pipes]
        limits = [(0, layers[level, i, j]) for level, i, j in pipes]
        found.append(-linprog(gain, A_eq=kept, b_eq=np.zeros(len(inside)), bounds=limits).fun / read.sum())
    return np.array(found)


def stochastic(*shape, seed):
    return normal(*shape, seed=seed).mul(2).softmax(-1).numpy()


def test_one_layer_is_the_row_itself():
    layer = stochastic(1, 4, 4, seed=1)
    np.testing.assert_allclose(flows_down(layer, np.eye(4)[2] > 0), layer[0, 2], atol=1e-8)


def test_two_layers_by_hand():
    # from token 0 above: 0.6 reaches token 0 and 0.4 token 1; below, token 0 sends 0.3 and 0.7, token 1 0.9 and 0.1
    upper, lower = [[0.6, 0.4], [0.5, 0.5]], [[0.3, 0.7], [0.9, 0.1]]
    # to 0: min(0.6, 0.3) + min(0.4, 0.9);  to 1: min(0.6, 0.7) + min(0.4, 0.1)
    np.testing.assert_allclose(flows_down(np.array([lower, upper]), np.array([True, False])), [0.7, 0.7], atol=1e-8)
    # with both as sources: to 0 at most 0.3 + 0.9, to 1 at most 0.7 + 0.1; half of each
    np.testing.assert_allclose(flows_down(np.array([lower, upper]), np.array([True, True])), [0.6, 0.4], atol=1e-8)


@pytest.mark.parametrize("read", [[0], [2], [1, 3], [0, 1, 2, 3]])
def test_it_is_the_optimum_of_a_linear_programme(read):
    layers, reads = stochastic(3, 4, 4, seed=2), np.zeros(4, bool)
    reads[read] = True
    np.testing.assert_allclose(flows_down(layers, reads), slowly(layers, reads), atol=1e-7)


@pytest.mark.parametrize("read", [(0,), (0, 5)])
def test_a_whole_network(read):
    net = seeded(Glimpse(read=read), 3)
    pipes = torch.stack([(m.mean(1) + torch.eye(13)) / 2 for m in followed(net, X)[0]], 1).detach().numpy()
    reads = np.zeros(13, bool)
    reads[list(read)] = True
    expected = np.stack([slowly(layers, reads) for layers in pipes])
    answer = explained(net, X, "attention-flow", 1)
    np.testing.assert_allclose(answer.arrays["layer_map"].reshape(2, 12), expected[:, 1:], atol=1e-7)
    assert expected.std() > 0.01


def test_an_answer_that_reads_nothing_gets_nothing():
    assert flows_down(stochastic(2, 3, 3, seed=1), np.zeros(3, bool)).tolist() == [0, 0, 0]


def test_many_tokens_do_not_overflow():
    # 600 tokens that are all read look at the first alone: what arrives there is 600 times the largest capacity
    layers = np.zeros((1, 600, 600))
    layers[0, :, 0] = 1
    flows = flows_down(layers, np.ones(600, bool))
    np.testing.assert_allclose(flows, np.eye(600)[0], atol=1e-6)
