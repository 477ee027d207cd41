"""AttnLRP: its rules as matrices and loops; conservation, but for what softmax keeps, on many transformers."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from biasless import Encoder, Products, tokens, transformers
from known import Function, Glimpse, normal, rectified, seeded, values
from vitrail.errors import BadInput, NoRule
from vitrail.rules import CONSTANT, Applied
from vitrail.rules.attention import attn_lrp, softmax

close = torch.testing.assert_close


def under(table, net, x, target=0):
    """The relevance of x under a table."""
    model = vitrail.open(net)
    with model.asking(x) as bound:
        return bound.under(Applied(table)).gradient(bound.question.packed.x, vitrail.Output(target))


# -- the rules --------------------------------------------------------------------------------------------


def softmaxed(scores, relevance):
    """R_i = sum over k of x_i J_ki R_k / s_k, J the matrix of slopes: Taylor's shares, one row at a time."""
    found = torch.zeros_like(scores)
    s = torch.softmax(scores, -1)
    for i in range(len(scores)):
        jacobian = torch.diag(s[i]) - torch.outer(s[i], s[i])
        for j in range(scores.shape[1]):
            shares = [jacobian[k, j] / s[i, k] * relevance[i, k] for k in range(scores.shape[1])]
            found[i, j] = scores[i, j] * sum(shares)
    return found


def test_softmax_by_matrices():
    """f = sum w softmax(x): relevance w s arrives."""
    x, w = normal(4, 5), normal(5, seed=1)
    found = values(Function(lambda x: (torch.softmax(x, 1) * w).sum(1)), x, "attn-lrp", epsilon=0.0)
    close(found, softmaxed(x, torch.softmax(x, 1) * w))


def test_softmax_along_another_axis():
    x, w = normal(4, 5, 3), normal(5, 3, seed=1)
    net = Function(lambda x: (torch.softmax(x, 1) * w).sum((1, 2)))
    relevance = torch.softmax(x, 1) * w
    expected = torch.stack([softmaxed(x[:, :, i], relevance[:, :, i]) for i in range(3)], 2)
    close(values(net, x, "attn-lrp", epsilon=0.0), expected)


def test_products_by_loops():
    """f = sum w (a b): half of a_ij b_jk w_ik to a_ij, and half to b_jk."""
    x, w = normal(3, 2, 3, 3), normal(3, 3, seed=2)
    expected = torch.zeros_like(x)
    for n, (a, b) in enumerate(x):
        for i in range(3):
            for j in range(3):
                for k in range(3):
                    part = a[i, j] * b[j, k] * w[i, k] / 2
                    expected[n, 0, i, j] += part
                    expected[n, 1, j, k] += part
    net = Function(lambda x: ((x[:, 0] @ x[:, 1]) * w).sum((1, 2)))
    close(values(net, x, "attn-lrp", epsilon=0.0), expected)


def test_epsilon_takes_a_share_of_a_product():
    x, by = normal(6, 2), 0.3
    y = x.prod(1)
    share = y * y / (y + torch.where(y < 0, -by, by)) / 2
    close(values(Function(lambda x: x[:, 0] * x[:, 1]), x, "attn-lrp", epsilon=by), share[:, None].expand(6, 2))


def test_all_relevance_of_a_division_goes_to_what_is_divided():
    x = normal(4, 6)
    net = Function(lambda x: (x / (x.square().mean(1, keepdim=True) + 1).sqrt()).sum(1))
    close(values(net, x, "attn-lrp", epsilon=0.0), x / (x.square().mean(1, keepdim=True) + 1).sqrt())


def test_a_gated_unit_is_a_product():
    x = normal(4, 6)
    made = F.glu(x, 1) / 2
    close(values(Function(lambda x: F.glu(x, 1).sum(1)), x, "attn-lrp", epsilon=0.0), torch.cat([made, made], 1))


def test_a_position_takes_its_share():
    """x + p, before and behind the first weight: x gets x / (x + p) of what arrives."""
    x, p, w = normal(4, 5), normal(5, seed=1), normal(5, seed=2)
    close(values(Function(lambda x: ((x + p) * w).sum(1)), x, "attn-lrp", epsilon=0.0), x * w)
    close(values(Function(lambda x: ((w * x + p) * w).sum(1)), x, "attn-lrp", epsilon=0.0), x * w * w)


def test_dense_layers_go_by_epsilon():
    net, x = rectified(), normal(4, 5)
    for by in (0.0, 0.1):
        close(values(net, x, "attn-lrp", epsilon=by), values(net, x, "lrp", preset="epsilon", epsilon=by))


# -- the whole --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", transformers())
def test_what_is_missing_is_what_softmax_kept(name):
    net, x = transformers()[name], tokens()
    kept = torch.zeros(len(x), dtype=torch.float64)

    def counting(call, inputs, relevance):
        (found,) = softmax(call, inputs, relevance)
        kept.add_((relevance - found).flatten(1).sum(1))
        return [found]

    found = under(attn_lrp(0.0) | {"softmax": counting}, net, x).flatten(1).sum(1)
    close(found + kept, net(x)[:, 0].detach())
    assert kept.abs().max() > 0.05


@pytest.mark.parametrize("name", transformers())
def test_with_attention_held_still_it_adds_up(name):
    net, x = transformers()[name], tokens()
    close(under(attn_lrp(0.0) | {"softmax": CONSTANT}, net, x).flatten(1).sum(1), net(x)[:, 0].detach())
    gaps = [
        abs(vitrail.explain(vitrail.open(net), x, vitrail.AttnLRP(by), 0).checks["conservation_gap"]) for by in (0, 1)
    ]
    assert all((gap > 1e-3).any() for gap in gaps)


def test_without_softmax_it_is_libragrad():
    """Two routes: relevance with attention held still, and x times the libra gradient, where no gate is a product."""
    net, x = seeded(Encoder(), 4), tokens()
    close(under(attn_lrp(0.0) | {"softmax": CONSTANT}, net, x), values(net, x, "libragrad"))


def test_masks_leave_no_trace():
    nets, x = transformers(), tokens()
    whole = values(nets["eager"], x, "attn-lrp", epsilon=0.0)
    assert whole.isfinite().all()
    assert whole.abs().max() > 0.1
    for name in ("masked", "low", "sdpa"):
        nets[name].load_state_dict(nets["eager"].state_dict())
        close(values(nets[name], x, "attn-lrp", epsilon=0.0), whole)


@pytest.mark.parametrize("way", ["sdpa", "einsum", "side by side"])
def test_however_attention_is_written(way):
    x = normal(3, 2, 8, 6, seed=13)
    settings = {"front": 1, "back": 2}  # with registers
    whole = values(seeded(Glimpse(**settings), 3), x, "attn-lrp", epsilon=0.0)
    assert whole.abs().max() > 1e-3
    close(values(seeded(Glimpse(way=way, **settings), 3), x, "attn-lrp", epsilon=0.0), whole)


def test_an_unknown_operation_is_refused():
    with pytest.raises(NoRule, match="AttnLRP has no rule for cumprod"):
        values(Function(lambda x: x.cumprod(1).sum(1)), normal(3, 4), "attn-lrp")


def test_products_powers_and_divisions_are_shared_out_completely():
    """A power hands on to its base, and a division to what is divided: nothing is lost, nothing made."""
    net, x = seeded(Products(), 3), tokens()
    close(values(net, x, "attn-lrp", epsilon=0.0).flatten(1).sum(1), net(x)[:, 0].detach())
    power = Function(lambda x: ((x.pow(3) + x.abs() ** x.detach()) / 2).sum(1))
    close(values(power, x[:, 0], "attn-lrp", epsilon=0.0).sum(1), power(x[:, 0])[:, 0])
    close(values(Function(lambda x: (x.abs() ** x).sum(1)), x[:, 0], "attn-lrp", epsilon=0.0), x[:, 0].abs() ** x[:, 0])


@pytest.mark.parametrize("method", [vitrail.AttnLRP(epsilon=0.0), vitrail.LibraGrad()])
def test_padding_behind_a_mask_gets_nothing_and_changes_nothing(method):
    """Torch's attention with a mask of places to leave out: the same as without those places."""
    look, head, x = seeded(nn.MultiheadAttention(8, 2, batch_first=True), 4), seeded(nn.Linear(8, 3), 5), tokens()
    out = torch.tensor([False, False, False, True, True])

    def padded(x):
        return head(look(x, x, x, key_padding_mask=out.expand(len(x), -1))[0][:, :3].mean(1))[:, 0]

    def short(x):
        return head(look(x, x, x)[0].mean(1))[:, 0]

    whole = values(Function(padded), x, method)
    close(whole[:, :3], values(Function(short), x[:, :3], method))
    close(whole[:, 3:], torch.zeros(3, 2, 8).double())
    assert whole.abs().max() > 0.01


def test_half_precision_is_refused():
    with pytest.raises(BadInput, match="computes in bfloat16"):
        values(rectified().bfloat16(), normal(4, 5).bfloat16(), "attn-lrp")


# -- transformers of others -------------------------------------------------------------------------------

MINILM = Path(__file__).resolve().parents[2] / ".data/minilm/model"


def vision_transformer(way):
    from transformers import ViTConfig, ViTForImageClassification

    config = ViTConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12, image_size=8, patch_size=4,
        num_labels=3, attn_implementation=way,
    )  # fmt: skip
    return seeded(ViTForImageClassification(config), 3)


def test_eager_and_fused_agree_on_a_vision_transformer():
    x = normal(2, 3, 8, 8)
    one, other = (values(vision_transformer(way), x, "attn-lrp", 1) for way in ("eager", "sdpa"))
    assert one.abs().max() > 1e-3
    close(one, other, rtol=1e-4, atol=1e-6)  # the eager one takes its softmax in single precision


def test_torch_and_keras_attention_agree():
    """The same weights in torch's attention, which arrives as one call, and in Keras', which arrives as many."""
    from vitrail.model.keras import on_torch

    keras = on_torch()
    ours = seeded(Looking(), 5).float()
    entry = keras.Input((5, 8))
    look = keras.layers.MultiHeadAttention(2, 4, use_bias=False)
    norm, head = keras.layers.LayerNormalization(epsilon=1e-5), keras.layers.Dense(3)
    mixed = norm(entry + look(entry, entry))
    theirs = keras.Model(entry, head(keras.layers.GlobalAveragePooling1D()(mixed)))
    q, k, v = ours.look.in_proj_weight.detach().split(8)
    look.set_weights(
        [*(w.T.reshape(8, 2, 4) for w in (q, k, v)), ours.look.out_proj.weight.detach().T.reshape(2, 4, 8)]
    )
    norm.set_weights([ours.norm.weight.detach(), ours.norm.bias.detach()])
    head.set_weights([ours.head.weight.detach().T, ours.head.bias.detach()])
    x = tokens().float()
    for method in ("attn-lrp", "libragrad"):
        one, other = values(ours, x, method), values(theirs, x, method)
        assert one.abs().max() > 0.05
        close(other, one, rtol=1e-3, atol=1e-4)


class Looking(nn.Module):
    def __init__(self):
        super().__init__()
        self.look = nn.MultiheadAttention(8, 2, bias=False, batch_first=True)
        self.norm, self.head = nn.LayerNorm(8), nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.norm(x + self.look(x, x, x)[0]).mean(1))


@pytest.mark.skipif(not MINILM.is_dir(), reason="MiniLM is not fetched: python tests/data/fetch.py")
def test_minilm_gives_numbers_and_measures_what_is_missing():
    model = vitrail.open(f"hf:{MINILM}", output="pooler_output")
    answer = vitrail.explain(model, ["the film was wonderful, all of it", "rain"], "attn-lrp", vitrail.Output(3))
    total = torch.as_tensor(answer.values).nan_to_num().flatten(1).sum(1)
    gap = (total - torch.as_tensor(answer.checks["target_value"])).abs()
    close(torch.as_tensor(answer.checks["conservation_gap"]), gap, rtol=1e-3, atol=1e-5)
    assert answer.checks["finite"].all()
    assert total.abs().min() > 1e-3
