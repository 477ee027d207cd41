"""Attention maps are found however attention is written, and small steps give what fused calls give."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.overrides import TorchFunctionMode

import vitrail
from known import Glimpse, normal, seeded
from vitrail.model.attention import dot_product, multi_head

close = torch.testing.assert_close


def maps_of(net, x, **kwargs):
    """(names, maps, output) of a network with everything kept."""
    model = vitrail.open(net, **kwargs)
    model(x)
    names = [layer.name for layer in model.layers if layer.kind == "attention"]
    trace = model.trace(x, keep=names)
    return names, [trace.layers[name] for name in names], trace.output


class Applied(nn.Module):
    """A function of x as a network; a parameter keeps it in float64."""

    def __init__(self, function):
        super().__init__()
        self.function, self.one = function, nn.Parameter(torch.ones(1, dtype=torch.float64))

    def forward(self, x):
        return self.function(x * self.one)


# -- scaled_dot_product_attention --------------------------------------------------------------------------

QUERY, KEY, VALUE = normal(2, 4, 5, 6, seed=1), normal(2, 4, 7, 6, seed=2), normal(2, 4, 7, 3, seed=3)
FLAGS = normal(5, 7, seed=4) > -0.5
FLAGS[:, 0] = True


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"scale": 0.3},
        {"is_causal": True},
        {"attn_mask": FLAGS},
        {"attn_mask": normal(2, 1, 5, 7, seed=5)},
        {"attn_mask": torch.zeros(5, 7, dtype=torch.float64).masked_fill(~FLAGS, -torch.inf), "scale": 1.0},
    ],
)
def test_small_steps_are_the_fused_call(settings):
    seen = []

    def reach(weights):
        seen.append(weights)
        return weights

    close(
        dot_product(QUERY, KEY, VALUE, **settings, reach=reach),
        F.scaled_dot_product_attention(QUERY, KEY, VALUE, **settings),
    )
    close(seen[0].sum(-1), torch.ones(2, 4, 5, dtype=torch.float64))


@pytest.mark.parametrize("heads", [1, 2])
def test_fewer_key_heads_than_query_heads(heads):
    key, value = KEY[:, :heads], VALUE[:, :heads]
    close(
        dot_product(QUERY, key, value, enable_gqa=True),
        F.scaled_dot_product_attention(QUERY, key, value, enable_gqa=True),
    )


@pytest.mark.parametrize("as_numbers", [False, True])
def test_a_query_that_may_look_at_nothing_gets_zeros_and_spoils_no_gradient(as_numbers):
    flags = FLAGS.clone()
    flags[2] = False
    mask = torch.zeros(5, 7, dtype=torch.float64).masked_fill(~flags, -torch.inf) if as_numbers else flags
    query = QUERY.clone().requires_grad_()
    mixed = dot_product(query, KEY, VALUE, mask)
    close(mixed, F.scaled_dot_product_attention(QUERY, KEY, VALUE, mask))
    assert (mixed[:, :, 2] == 0).all()
    (gradient,) = torch.autograd.grad(mixed.sum(), query)
    assert gradient.isfinite().all()
    assert gradient[:, :, [0, 1, 3, 4]].abs().max() > 1e-3
    assert dot_product(QUERY, KEY, VALUE, mask, none_is_zero=False)[:, :, 2].isnan().all()


@pytest.mark.parametrize("by_name", [False, True])
def test_arguments_by_name_in_any_order(by_name):
    def ask(x):
        q, k, v = x[:, :, :5], x, x[..., :3]
        if by_name:
            return F.scaled_dot_product_attention(value=v, key=k, query=q, is_causal=True).flatten(1)
        return F.scaled_dot_product_attention(q, k, v, None, 0.0, True).flatten(1)

    model = vitrail.open(Applied(ask))
    model(KEY)
    (name,), (weights,), output = maps_of(Applied(ask), KEY)
    assert model.layers[name].shape == (1, *weights.shape[1:]) == (1, 4, 5, 7)
    close(output, ask(KEY))
    assert (weights.triu(1) == 0).all()


# -- nn.MultiheadAttention ---------------------------------------------------------------------------------


class Stepped(TorchFunctionMode):
    """Every multi-head attention in small steps; its maps are kept."""

    def __init__(self):
        super().__init__()
        self.maps = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func is F.multi_head_attention_forward:
            return multi_head(*args, **kwargs, reach=lambda weights: self.maps.append(weights) or weights)
        return func(*args, **(kwargs or {}))


X = normal(2, 5, 8, seed=6)
PADDED = torch.tensor([[False] * 5, [False] * 3 + [True] * 2])
BLOCKED = torch.ones(5, 5, dtype=torch.bool).triu(1)
AS_NUMBERS = torch.zeros(2, 5, dtype=torch.float64).masked_fill(PADDED, -torch.inf)
CASES = {
    "plain": {},
    "no bias": {"bias": False},
    "bias_k": {"add_bias_kv": True},
    "zero": {"add_zero_attn": True},
    "bias_k and zero": {"add_bias_kv": True, "add_zero_attn": True},
}
MASKS = {
    "none": {},
    "padding": {"key_padding_mask": PADDED},
    "blocked": {"attn_mask": BLOCKED},
    "both": {"key_padding_mask": PADDED, "attn_mask": BLOCKED},
    "numbers": {"key_padding_mask": AS_NUMBERS, "attn_mask": normal(5, 5, seed=7)},
    "each head": {"attn_mask": normal(4, 5, 5, seed=8), "key_padding_mask": AS_NUMBERS},
}


def compared(net, inputs, **given):
    """(in small steps, by torch, the map); torch's own weights are those of every head."""
    with Stepped() as steps:
        mine = net(*inputs, **given)
    own = net(*inputs, **given)
    close(mine[0], own[0])
    assert (mine[1] is None) == (own[1] is None)
    if own[1] is not None:
        close(mine[1], own[1])
    return mine, own, steps.maps[0]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("case", CASES)
def test_torch_gives_the_same_output_and_weights(case, mask, first):
    net = seeded(nn.MultiheadAttention(8, 2, batch_first=first, **CASES[case]), 2)
    inputs = [X if first else X.transpose(0, 1)] * 3
    for asked in ({"need_weights": False}, {"need_weights": True}, {"average_attn_weights": False}):
        _, own, weights = compared(net, inputs, **MASKS[mask], **asked)
    close(weights, own[1])
    assert weights.shape == (2, 2, 5, 5 + case.count("bias_k") + case.count("zero"))


@pytest.mark.parametrize("case", CASES)
def test_other_sizes_of_keys_and_values(case):
    net = seeded(nn.MultiheadAttention(8, 4, batch_first=True, kdim=3, vdim=6, **CASES[case]), 2)
    inputs = [X, normal(2, 7, 3, seed=1), normal(2, 7, 6, seed=2)]
    _, own, weights = compared(net, inputs, average_attn_weights=False)
    close(weights, own[1])


@pytest.mark.parametrize("mask", ["none", "padding", "blocked", "each head"])
def test_one_example_without_a_batch(mask):
    net = seeded(nn.MultiheadAttention(8, 2), 2)
    given = {name: value[1] if name == "key_padding_mask" else value for name, value in MASKS[mask].items()}
    given |= {"attn_mask": given["attn_mask"][:2]} if mask == "each head" else {}
    for asked in ({"need_weights": False}, {"need_weights": True}, {"average_attn_weights": False}):
        _, own, weights = compared(net, [X[1]] * 3, **given, **asked)
    close(weights[0], own[1])


def test_a_query_that_may_look_at_nothing_is_nan_only_where_torch_says_so():
    net, blocked = seeded(nn.MultiheadAttention(8, 2, batch_first=True), 2), BLOCKED.clone()
    blocked[3] = True
    with Stepped():
        without, with_weights = (net(X, X, X, attn_mask=blocked, need_weights=n)[0] for n in (False, True))
    close(without, net(X, X, X, attn_mask=blocked, need_weights=False)[0])
    close(with_weights, net(X, X, X, attn_mask=blocked)[0], equal_nan=True)
    assert with_weights[:, 3].isnan().all()


class Attending(nn.Module):
    """A multi-head attention inside a network, on (batch, step, unit)."""

    def __init__(self, first, **settings):
        super().__init__()
        self.inner, self.first, self.given = nn.MultiheadAttention(8, 2, batch_first=first, **settings), first, {}

    def forward(self, x):
        x = x if self.first else x.transpose(0, 1)
        mixed = self.inner(x, x, x, **self.given)[0]
        return (mixed if self.first else mixed.transpose(0, 1)).flatten(1)


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_its_map_is_a_layer_of_the_network(case, first, size, monkeypatch):
    monkeypatch.setattr("vitrail.model.handle.chunk_size", lambda *_: size)
    net = seeded(Attending(first, **CASES[case]), 2)
    inputs = [X if first else X.transpose(0, 1)] * 3
    (name,), (weights,), output = maps_of(net, X)
    assert name == "inner/attention#1"
    close(weights, net.inner(*inputs, average_attn_weights=False)[1].detach())
    close(output, net(X).detach())


def test_the_encoder_of_torch_takes_no_short_cut_past_its_maps():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    net = seeded(nn.Sequential(nn.TransformerEncoder(layer, 2), nn.Flatten()), 1)
    names, maps, output = maps_of(net, X)
    assert names == ["0.layers.0.self_attn/attention#1", "0.layers.1.self_attn/attention#1"]
    close(maps[0], net[0].layers[0].self_attn(X, X, X, average_attn_weights=False)[1].detach())
    close(output, net(X).detach())


# -- attention by hand -------------------------------------------------------------------------------------


def softmaxes(x):
    """What is, and what is no attention; all on one (batch, head, query, key) map."""
    heads = x.unflatten(-1, (2, 4)).transpose(1, 2)
    scores = heads @ heads.mT
    fixed = nn.Parameter(torch.ones(5, 3, dtype=x.dtype))
    return {
        "matmul": lambda: scores.softmax(-1) @ heads,
        "function": lambda: torch.matmul(F.softmax(scores, dim=-1), heads),
        "fourth axis": lambda: torch.softmax(scores, 3) @ heads,
        "dropout": lambda: F.dropout(scores.softmax(-1), 0.5, False) @ heads,
        "cast": lambda: scores.softmax(-1, dtype=torch.float32).to(x.dtype) @ heads,
        "bmm": lambda: torch.bmm(scores.softmax(-1).flatten(0, 1), heads.flatten(0, 1)),
        "baddbmm": lambda: torch.baddbmm(x[:1, :5, :4] * 0, scores.softmax(-1).flatten(0, 1), heads.flatten(0, 1)),
        "einsum": lambda: torch.einsum("bhqk,bhkd->bqhd", scores.softmax(-1), heads),
        "einsum turned": lambda: torch.einsum("bhkd,bhqk->bqhd", heads, scores.softmax(-1)),
        "no: scores": lambda: scores @ heads,
        "no: other axis": lambda: scores.softmax(1) @ heads,
        "no: a weight": lambda: scores.softmax(-1) @ fixed,
        "no: unused": lambda: scores.softmax(-1),
        "no: by itself": lambda: torch.einsum("bhqk,bhqk->bhq", weights := scores.softmax(-1), weights),
    }


@pytest.mark.parametrize("way", softmaxes(X))
def test_a_softmax_that_is_multiplied_with_values_is_attention(way):
    names, maps, output = maps_of(Applied(lambda x: softmaxes(x)[way]().reshape(len(x), -1)), X)
    expected = softmaxes(X)[way]().reshape(len(X), -1)
    close(output, expected.detach())
    assert len(names) == (not way.startswith("no"))
    if names:
        heads = X.unflatten(-1, (2, 4)).transpose(1, 2)
        close(maps[0].to(X.dtype), (heads @ heads.mT).softmax(-1), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("way", ["eager", "sdpa"])
def test_an_edited_map_changes_what_the_network_says(way):
    net, x = seeded(Glimpse(depth=1, way=way), 3), normal(2, 2, 8, 6, seed=13)
    model, name = vitrail.open(net), "blocks.0.look/attention#1"
    to_itself = model.trace(x, edit={name: lambda a: torch.eye(13, dtype=a.dtype).expand_as(a)}).output
    block = net.blocks[0]
    state = torch.cat([net.own[:1].expand(2, 1, 8), net.patch(x).flatten(2).mT], 1) + net.places
    state = state + block.look.o(block.look.v(block.norm(state)))
    close(to_itself, net.head((state + torch.tanh(block.mix(state)))[:, 0]).detach())
    assert (to_itself - model(x)).abs().max() > 1e-3


@pytest.mark.parametrize("fused", [False, True])
def test_a_map_and_the_call_that_makes_it_are_both_kept(fused):
    def function(x):
        if fused:
            return F.scaled_dot_product_attention(x, x, x).mean(1)
        return (torch.softmax(x @ x.transpose(1, 2), -1) @ x).mean(1)

    net, x = Applied(function), normal(2, 4, 3)
    model = vitrail.open(net)
    model(x)
    call = "/scaled_dot_product_attention#1" if fused else "/softmax#1"
    for names in (call, "/attention#1"), ("/attention#1", call):
        trace = model.trace(x, keep=names)
        weights = trace.layers["/attention#1"].reshape(2, 4, 4)
        close(trace.layers[call].reshape(2, 4, -1), weights @ x if fused else weights)
        close(weights.sum(-1), torch.ones_like(weights[..., 0]))
