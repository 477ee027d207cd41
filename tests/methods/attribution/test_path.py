"""The straight path: its points, its weights, and the target where it starts."""

import numpy as np
import torch

import vitrail
from known import normal, smooth
from vitrail.methods.attribution.path import start_scores, straight

close = torch.testing.assert_close


def test_the_weights_of_the_path_sum_to_one_and_the_points_lie_inside():
    x, starts = normal(2, 3), normal(2, 2, 3, seed=1)
    sweep = straight(x, starts, 6)
    assert sweep.count == 12
    close(sweep.weights.sum(), torch.tensor(1.0, dtype=x.dtype))
    k = torch.arange(12)
    t = (sweep.point(torch.zeros_like(k), k) - starts[k // 6, 0]) / (x[0] - starts[k // 6, 0])
    nodes = (np.polynomial.legendre.leggauss(6)[0] + 1) / 2
    close(t, torch.as_tensor(np.tile(nodes, 2))[:, None].expand(12, 3))


def test_the_target_at_the_start_is_averaged_over_the_baselines():
    net, x, starts = smooth(), normal(4, 5), normal(3, 4, 5, seed=1)
    with vitrail.open(net).asking(x) as model:
        got = start_scores(model, model.question.packed.x, vitrail.Output(1), starts)
    expected = torch.stack([net(start)[:, 1].detach() for start in starts])
    assert expected.std() > 0.1
    close(got, expected.mean(0))
