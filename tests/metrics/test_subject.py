import numpy as np
import pytest
import torch
from torch import nn

from judging import subject_of
from vitrail.metrics.subject import judged


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)).double()


def test_the_worth_of_each_example_s_own_coalitions(net):
    x = torch.randn(3, 4, dtype=torch.float64)
    here = torch.rand(3, 5, 4, generator=torch.Generator().manual_seed(1)) > 0.5
    with subject_of(net, x, 1) as subject:
        found = subject.worth(here)
    for i in range(3):
        for k in range(5):
            expected = net(torch.where(here[i, k], x[i], 0.0)[None])[0, 1].detach()
            torch.testing.assert_close(found[i, k], expected)


def test_players_may_be_there_in_part(net):
    x = torch.randn(2, 4, dtype=torch.float64)
    part = torch.rand(2, 1, 4, dtype=torch.float64)
    with subject_of(net, x, 1) as subject:
        torch.testing.assert_close(subject.worth(part)[:, 0], net(x * part[:, 0])[:, 1].detach())


def test_several_references_are_averaged_over(net):
    x, references = torch.randn(2, 4, dtype=torch.float64), np.random.default_rng(0).normal(size=(3, 4))
    here = torch.tensor([[[True, False, True, False]]]).expand(2, 1, 4)
    with subject_of(net, x, 0, baseline=references) as subject:
        found = subject.worth(here)[:, 0]
    each = [net(torch.where(here[:, 0], x, torch.tensor(row)))[:, 0] for row in references]
    torch.testing.assert_close(found, torch.stack(each).mean(0).detach())


def test_what_a_player_is_given_is_the_sum_of_its_elements():
    net = nn.Sequential(nn.Flatten(), nn.Linear(32, 2)).double()
    with subject_of(net, torch.rand(2, 2, 4, 4, dtype=torch.float64), players="patches", patch=2) as subject:
        values = torch.randn(2, 2, 4, 4, dtype=torch.float64)
        shares = judged(subject, values).shares
        blocks = values.reshape(2, 2, 2, 2, 2, 2).sum((1, 3, 5)).reshape(2, 4)
        torch.testing.assert_close(shares, blocks)
        assert subject.most == 4


def test_once_is_once(net):
    calls = []
    with subject_of(net, torch.rand(1, 4, dtype=torch.float64)) as subject:
        for _ in range(3):
            assert subject.once("key", lambda: calls.append(1) or "made") == "made"
    assert calls == [1]
