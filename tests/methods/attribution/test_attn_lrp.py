"""AttnLRP as a method: its setting and what it measures. The rules are tested in rules/test_attention.py."""

import pytest
import torch

import vitrail
from biasless import tokens, transformers
from known import explained, values
from vitrail.errors import BadSetting

close = torch.testing.assert_close


def test_epsilon_moves_sums_away_from_zero():
    net, x = transformers()["eager"], tokens()
    exact = values(net, x, "attn-lrp", epsilon=0.0)
    close(values(net, x, "attn-lrp", epsilon=1e-12), exact)
    assert (values(net, x, "attn-lrp", epsilon=0.5) - exact).abs().max() > 0.01
    assert values(net, x, "attn-lrp", epsilon=0.5).abs().sum() < exact.abs().sum()


def test_the_gap_to_the_target_is_measured():
    net, x = transformers()["sdpa"], tokens()
    answer = explained(net, x, "attn-lrp", 2)
    gap = (torch.as_tensor(answer.values).sum((1, 2)) - net(x)[:, 2].detach()).abs()
    close(torch.as_tensor(answer.checks["conservation_gap"]), gap)
    assert gap.max() > 0.05


def test_relevance_is_twice_as_much_for_twice_the_target():
    """Softmax, norms and products hand on shares: what starts as 2 f ends as twice the values."""
    net, x = transformers()["masked"], tokens()
    once, twice = values(net, x, "attn-lrp", 1), values(net, x, "attn-lrp", 2 * vitrail.Output(1))
    close(twice, 2 * once)
    assert once.abs().max() > 0.01


def test_a_negative_epsilon_is_refused():
    with pytest.raises(BadSetting, match="epsilon=-1"):
        explained(transformers()["eager"], tokens(), "attn-lrp", epsilon=-1)
