"""Rollout: the paper's product by slow loops, fusion and discard by hand, a network where the answer is known."""

import pytest
import torch
from torch import nn

import vitrail
from known import Glimpse, Look, explained, followed, normal, seeded
from vitrail.methods.attention.attention_rollout import fused, without_lowest

close = torch.testing.assert_close
X = normal(2, 2, 8, 6, seed=13)
EIGHTH = torch.tensor([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [0.0, 8.0, 9.0]]])


def slowly(maps, read):
    """Abnar and Zuidema, eq. 1 and 2, number by number; the mean over heads and over the tokens that are read."""
    examples, count = len(maps[0]), maps[0].shape[-1]
    values = torch.zeros(examples, count, dtype=maps[0].dtype)
    for n in range(examples):
        rolled = None
        for a in maps:
            layer = torch.zeros(count, count, dtype=a.dtype)
            for i in range(count):
                for j in range(count):
                    layer[i, j] = 0.5 * sum(head[i, j] for head in a[n]) / len(a[n]) + 0.5 * (i == j)
            rolled = layer if rolled is None else layer @ rolled
        for i in read:
            values[n] += rolled[i] / len(read)
    return values


@pytest.mark.parametrize("read", [(0,), (0, 13), ()])
@pytest.mark.parametrize("way", ["eager", "sdpa"])
def test_it_is_the_product_of_the_paper(read, way):
    net = seeded(Glimpse(depth=3, front=1, back=1, read=read, way=way), 3)
    maps = [m.detach() for m in followed(net, X)[0]]
    answer = explained(net, X, "attention-rollout", 1)
    expected = slowly(maps, read or range(14))
    assert (answer.checks["row_sum_error"] < 1e-12).all()
    close(torch.as_tensor(answer.arrays["layer_map"]).flatten(1), expected[:, 1:13])
    rows = torch.as_tensor(answer.arrays["token_matrix"])
    close(rows.sum(-1), torch.ones(2, 14, dtype=X.dtype))
    assert expected.std() > 0.005


def test_a_vit(a_vit, photographs):
    answer = vitrail.explain(vitrail.open(a_vit), photographs, "attention-rollout")
    a_vit.set_attn_implementation("eager")
    maps = [m.detach().double() for m in a_vit(photographs, output_attentions=True).attentions]
    close(torch.as_tensor(answer.arrays["layer_map"]).flatten(1), slowly(maps, [0])[:, 1:], rtol=0, atol=1e-6)


@pytest.mark.parametrize("method", ["attention-rollout", "attention-flow", "attention-relevance"])
def test_attention_that_only_looks_at_one_token_by_hand(method):
    # every token looks at token 2 alone: half of token 2 arrives at each answer, half of the answer token itself
    class Pointing(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(3, 2)

        def forward(self, x):
            scores = torch.full((len(x), 1, 4, 4), -100.0, dtype=x.dtype)
            scores[..., 2] = 100
            scores = scores + 0 * x.sum()  # a map that does not depend on x at all has no gradient
            return self.head((x + (scores.softmax(-1) @ x[:, None])[:, 0])[:, 0])

    net, x = seeded(Pointing(), 1), normal(2, 4, 3)
    values = torch.as_tensor(explained(net, x, method, 1).values)
    if method != "attention-relevance":
        close(values, torch.tensor([[0.5, 0, 0.5, 0]], dtype=x.dtype).expand(2, -1), atol=1e-8, rtol=1e-8)
    else:  # the gradient at A_0,2 is what the values of token 2 say, and A_0,2 is 1
        says = (x[:, 2] @ net.head.weight[1]).relu().detach()
        close(values, torch.stack([0 * says, 0 * says, says, 0 * says], 1))


def test_heads_are_fused_by_hand():
    heads = torch.tensor([[[[0.25, 0.75]], [[0.75, 0.25]], [[0.5, 0.5]]]])
    close(fused(heads, "mean"), torch.tensor([[[0.5, 0.5]]]))
    close(fused(heads, "max"), torch.tensor([[[0.75, 0.75]]]))
    close(fused(heads, "min"), torch.tensor([[[0.25, 0.25]]]))


@pytest.mark.parametrize("fusion", ["max", "min"])
def test_other_fusions_are_made_to_sum_to_one_again(fusion):
    net = seeded(Glimpse(), 3)
    answer = explained(net, X, "attention-rollout", 1, fusion=fusion)
    first, second = ((m.amax(1) if fusion == "max" else m.amin(1)).detach() for m in followed(net, X)[0])
    one, two = ((m + torch.eye(13)) / (m.sum(-1, keepdim=True) + 1) for m in (first, second))
    close(torch.as_tensor(answer.arrays["token_matrix"]), two @ one)
    mean = explained(net, X, "attention-rollout", 1).values
    assert abs(answer.values - mean).max() > 1e-3


@pytest.mark.parametrize(
    ("discard", "gone"),
    [(0.0, []), (0.3, [0]), (0.34, [0, 1]), (0.5, [0, 1, 3, 4]), (0.99, [0, 1, 2, 3, 4, 5, 7])],
)
def test_the_lowest_share_is_dropped_and_zeros_do_not_count(discard, gone):
    # eight weights are not zero; 0.3 of them are 2.4
    gone = {0.0: [], 0.3: [0, 1], 0.34: [0, 1], 0.5: [0, 1, 2, 3], 0.99: [0, 1, 2, 3, 4, 5, 7]}[discard]
    expected = EIGHTH.flatten().clone()
    expected[gone] = 0
    none = torch.zeros(1, 3, dtype=torch.bool)
    close(without_lowest(EIGHTH, none, discard), expected.reshape(1, 3, 3))


def test_safe_columns_stay():
    safe = torch.tensor([[True, False, False]])
    expected = torch.tensor([[[1.0, 0.0, 0.0], [4.0, 0.0, 6.0], [0.0, 8.0, 9.0]]])
    close(without_lowest(EIGHTH, safe, 0.5), expected)  # three of 2, 3, 5, 6, 8, 9


@pytest.mark.parametrize("read", [(0,), (4,)])
def test_columns_of_own_tokens_and_of_the_only_one_read_are_never_dropped(read):
    net = seeded(Glimpse(depth=1, front=1, read=read), 3)
    answer = explained(net, X, "attention-rollout", 1, discard=0.95)
    kept = torch.as_tensor(answer.arrays["token_matrix"])
    assert (kept[:, :, [0, *read]] > 0).all()
    off = kept.masked_fill(torch.eye(13, dtype=torch.bool), 0)
    others = [i for i in range(13) if i not in (0, *read)]
    assert (off[:, :, others] > 0).float().mean() < 0.06


def test_discard_at_every_layer_by_loops():
    net = seeded(Glimpse(), 3)
    answer = explained(net, X, "attention-rollout", 1, discard=0.6)
    rolled = []
    for n in range(2):
        product = torch.eye(13, dtype=X.dtype)
        for a in followed(net, X)[0]:
            mean = a[n].mean(0).detach()
            free = sorted(float(mean[i, j]) for i in range(13) for j in range(1, 13))
            limit = free[int(0.6 * len(free))]
            mean[:, 1:] = mean[:, 1:] * (mean[:, 1:] >= limit)
            mixed = mean + torch.eye(13)
            product = mixed / mixed.sum(1, keepdim=True) @ product
        rolled.append(product)
    close(torch.as_tensor(answer.arrays["token_matrix"]), torch.stack(rolled))


@pytest.mark.parametrize("discard", [1.0, -0.1, "half"])
def test_a_share_that_leaves_nothing_is_refused(discard):
    with pytest.raises(vitrail.VitrailError, match="discard.*does not fit"):
        explained(seeded(Glimpse(), 3), X, "attention-rollout", 1, discard=discard)


def test_the_class_changes_nothing():
    net = seeded(Glimpse(), 3)
    one, other = (explained(net, X, "attention-rollout", target).values for target in (0, 2))
    close(one, other)


def test_torch_and_keras_agree():
    from vitrail.model.keras import on_torch

    keras = on_torch()
    given, layer = keras.Input((6, 8)), keras.layers.MultiHeadAttention(2, 4)
    look, head = seeded(Look(8, 2, "eager"), 1).float(), seeded(nn.Linear(8, 3), 2).float()
    net = keras.Model(given, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling1D()(layer(given, given))))
    weights = []
    for part in (look.q, look.k, look.v):
        weights += [part.weight.T.reshape(8, 2, 4), part.bias.reshape(2, 4)]
    weights += [look.o.weight.T.reshape(2, 4, 8), look.o.bias, head.weight.T, head.bias]
    net.set_weights([w.detach().numpy() for w in weights])

    class Same(nn.Module):
        def __init__(self):
            super().__init__()
            self.look, self.head = look, head

        def forward(self, x):
            return self.head(self.look(x).mean(1))

    x = normal(2, 6, 8).float()
    for name in ("attention", "attention-rollout", "attention-flow", "attention-relevance", "legrad"):
        one, other = (explained(each, x, name, 1).values for each in (Same(), net))
        close(other, one, rtol=1e-4, atol=1e-6)
        assert abs(one).max() > 1e-4
