"""Which maps there are, in which shape, what is refused; and which tokens the target reads."""

import pytest
import torch
from torch import nn

import vitrail
from known import Functional, Glimpse, Look, explained, followed, normal, seeded
from vitrail.methods.attention.maps import (
    alike,
    by_head,
    chained,
    listed,
    read_at,
    sizes,
    with_gradients,
    with_residual,
)
from vitrail.model import Layer
from vitrail.target import Output

close = torch.testing.assert_close
CHAINING = ["attention-rollout", "attention-flow", "attention-relevance", "legrad"]
X = normal(2, 2, 8, 6, seed=13)


class Crossing(nn.Module):
    """Three tokens of its own look at those of x."""

    def __init__(self):
        super().__init__()
        self.asking, self.look = nn.Parameter(torch.zeros(3, 8)), nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.look(self.asking.expand(len(x), -1, -1), x, x)[0].mean(1))


class Shrinking(nn.Module):
    """Two layers of attention; the second sees every other token, or has fewer heads."""

    def __init__(self, skip=2, heads=2):
        super().__init__()
        self.one, self.two, self.head = Look(8, 2, "eager"), Look(8, heads, "eager"), nn.Linear(8, 2)
        self.skip = skip

    def forward(self, x):
        return self.head(self.two(self.one(x)[:, :: self.skip]).mean(1))


class Windows(nn.Module):
    """Attention inside windows of three tokens."""

    def __init__(self):
        super().__init__()
        self.look, self.head = Look(8, 2, "eager"), nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.look(x.reshape(-1, 3, 8)).reshape(len(x), -1, 8).mean(1))


def inside(net, x, ask):
    with vitrail.open(net).asking(x) as model:
        return ask(model, model.question.packed.x)


def test_maps_are_listed_in_the_order_of_the_network():
    names = [m.name for m in inside(seeded(Glimpse(depth=3), 3), X, listed)]
    assert names == [f"blocks.{i}.look/attention#1" for i in range(3)]


@pytest.mark.parametrize("name", ["attention", *CHAINING])
def test_a_network_without_attention_is_told_what_to_use(name):
    with pytest.raises(vitrail.VitrailError, match="no attention in Functional.*Use grad-cam") as error:
        explained(seeded(Functional(), 3), X, name)
    assert error.value.code == "wrong-layer"


def test_a_layer_that_is_no_map_is_refused_with_those_that_are():
    with pytest.raises(vitrail.VitrailError, match=r"'head' is a Linear.*Try layer='blocks.1.look/attention#1'"):
        explained(seeded(Glimpse(), 3), X, "attention", layer="head")
    with pytest.raises(vitrail.VitrailError, match="no layer named 'haed'"):
        explained(seeded(Glimpse(), 3), X, "attention", layer="haed")


@pytest.mark.parametrize("name", CHAINING)
def test_cross_attention_cannot_be_chained(name):
    with pytest.raises(vitrail.VitrailError, match="3 queries and 6 keys.*Use method='attention'"):
        explained(seeded(Crossing(), 1), normal(2, 6, 8), name)


@pytest.mark.parametrize("name", ["attention", *CHAINING])
def test_tokens_that_become_fewer_are_refused_with_both_shapes(name):
    with pytest.raises(vitrail.VitrailError, match=r"\(2, 6, 6\).*\(2, 3, 3\).*layer='two/attention#1'"):
        explained(seeded(Shrinking(), 1), normal(2, 6, 8), name)


@pytest.mark.parametrize("name", ["attention", *CHAINING])
def test_windows_are_refused(name):
    with pytest.raises(vitrail.VitrailError, match=r"\(2, 2, 3, 3\) for one example: its attention works in windows"):
        explained(seeded(Windows(), 1), normal(2, 6, 8), name)


def test_different_heads_matter_only_where_heads_are_shown():
    net, x = seeded(Shrinking(skip=1, heads=4), 1), normal(2, 6, 8)
    with pytest.raises(vitrail.VitrailError, match=r"\(2, 6, 6\).*\(4, 6, 6\)"):
        explained(net, x, "attention")
    assert explained(net, x, "attention", layer="two/attention#1").values.shape == (2, 1, 4, 6, 6)
    assert explained(net, x, "attention-rollout").values.shape == (2, 6)
    layers = [Layer("a", "attention", (1, 2, 6, 6)), Layer("b", "attention", (1, 4, 6, 6))]
    alike(layers)
    with pytest.raises(vitrail.VitrailError):
        alike(layers, heads=True)


def test_heads_beside_the_batch_come_apart():
    layer = Layer("a", "attention", (3, 4, 5))
    weights = normal(6, 4, 5)
    assert sizes(layer) == (3, 4, 5)
    close(by_head(weights, layer)[1, 2], weights[5])
    single = Layer("a", "attention", (1, 4, 5))
    close(by_head(weights, single), weights[:, None])


@pytest.mark.parametrize("way", ["sdpa", "rope", "einsum", "side by side"])
def test_however_attention_is_written_its_maps_and_gradients_are_found(way):
    net, eager = seeded(Glimpse(way=way), 3), seeded(Glimpse(), 3)
    pairs = inside(net, X, lambda m, x: with_gradients(m, x, Output(1), chained(m, x)))
    assert [a.shape for a, _ in pairs] == [(2, 2, 13, 13)] * 2
    if way != "rope":  # which gives other weights
        maps, _, answers = followed(eager, X)
        for (weights, gradient), expected in zip(pairs, maps, strict=True):
            close(weights, expected.detach())
            close(gradient, torch.autograd.grad(answers[-1][:, 1].sum(), expected, retain_graph=True)[0])
    else:
        close(sum(g.abs().sum() for _, g in pairs) > 0, torch.tensor(True))


def test_rope_turns_the_weights_only():
    net = seeded(Glimpse(way="rope"), 3)
    kept = []
    net.blocks[0].look.o.register_forward_pre_hook(lambda _, given: kept.append(given[0]))
    ((weights, _), _) = inside(net, X, lambda m, x: with_gradients(m, x, Output(1), chained(m, x)))
    front, _ = net.own.expand(2, -1, -1).split([1, 8], 1)
    state = net.blocks[0].norm(torch.cat([front, net.patch(X).flatten(2).mT], 1) + net.places)
    values = net.blocks[0].look.v(state).unflatten(-1, (2, 4)).transpose(1, 2)
    close((weights @ values).transpose(1, 2).flatten(2), kept[-1])


# -- what the target reads ---------------------------------------------------------------------------------


def test_a_token_is_read_when_any_head_has_a_gradient_in_its_row():
    gradient = torch.zeros(3, 2, 4, 4)
    gradient[0, 1, 2, 3] = -1e-9
    gradient[1, 0, 0, 0], gradient[1, 1, 3, 1] = 1, 1
    close(read_at(gradient), torch.tensor([[0, 0, 1, 0], [0.5, 0, 0, 0.5], [0, 0, 0, 0]]))


@pytest.mark.parametrize("read", [(0,), (2,), (0, 5), ()])
def test_the_tokens_that_the_head_averages_are_those_that_are_read(read):
    net = seeded(Glimpse(read=read), 3)
    gradient = inside(net, X, lambda m, x: with_gradients(m, x, Output(1), chained(m, x)))[-1][1]
    expected = torch.zeros(13, dtype=X.dtype)
    expected[list(read) if read else slice(None)] = 1 / (len(read) or 13)
    close(read_at(gradient), expected.expand(2, -1))


def test_the_residual_is_half_by_hand():
    fused = torch.tensor([[[0.5, 0.5], [0.2, 0.8]]])
    close(with_residual(fused), torch.tensor([[[0.75, 0.25], [0.1, 0.9]]]))
    close(with_residual(torch.tensor([[[1.0, 2.0], [0.0, 0.0]]])), torch.tensor([[[0.5, 0.5], [0.0, 1.0]]]))


# -- chunks, batches, and networks of several kinds --------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 7])
@pytest.mark.parametrize("name", ["attention", *CHAINING])
@pytest.mark.parametrize("way", ["sdpa", "rope", "side by side"])
def test_neither_chunks_nor_batches_matter(way, name, size, monkeypatch):
    net, x = seeded(Glimpse(way=way, front=2, read=()), 3), normal(3, 2, 8, 6, seed=1)
    whole = torch.as_tensor(explained(net, x, name, [0, 2, 1]).values)
    monkeypatch.setattr("vitrail.model.handle.chunk_size", lambda *_: size)
    close(torch.as_tensor(explained(net, x, name, [0, 2, 1]).values), whole)
    for i, target in enumerate([0, 2, 1]):
        close(torch.as_tensor(explained(net, x[i : i + 1], name, target).values[0]), whole[i])
    assert whole.std() > 1e-4


@pytest.mark.parametrize("name", ["attention", *CHAINING])
def test_tokens_before_the_batch_are_the_same_as_behind_it(name):
    class Either(nn.Module):
        def __init__(self, first):
            super().__init__()
            self.first, self.head = first, nn.Linear(8, 2)
            self.look = nn.MultiheadAttention(8, 2, batch_first=first)

        def forward(self, x):
            x = x if self.first else x.transpose(0, 1)
            mixed = x + self.look(x, x, x)[0]
            return self.head(mixed.mean(1 if self.first else 0))

    one, other = (seeded(Either(first), 4) for first in (True, False))
    other.load_state_dict(one.state_dict())
    x = normal(3, 5, 8, seed=2)
    first, second = (torch.as_tensor(explained(net, x, name, 1).values) for net in (one, other))
    close(first, second)
    assert first.std() > 1e-4


@pytest.mark.parametrize("name", ["attention", *CHAINING])
def test_one_token_of_many_may_be_asked_about(name):
    class Tagger(nn.Module):
        def __init__(self):
            super().__init__()
            self.look, self.head = Look(8, 2, "sdpa"), nn.Linear(8, 3)

        def forward(self, x):
            return self.head(x + self.look(x)).mT

    answer = explained(seeded(Tagger(), 1), normal(2, 5, 8), name, Output((1, 3)))
    if name in CHAINING[:3]:
        assert answer.checks["tokens_read"].tolist() == [1, 1]
    assert abs(answer.values).max() > 1e-3


def language_model(kind):
    import transformers

    torch.manual_seed(1)
    if kind == "gpt2":
        config = transformers.GPT2Config(vocab_size=60, n_embd=16, n_layer=2, n_head=2, bos_token_id=1, eos_token_id=2)
        return transformers.GPT2LMHeadModel(config).double().eval()
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 32, "num_attention_heads": 4}
    config = transformers.LlamaConfig(vocab_size=60, **sizes, num_key_value_heads=2)
    return transformers.LlamaForCausalLM(config).double().eval()


@pytest.mark.parametrize("name", CHAINING)
@pytest.mark.parametrize("kind", ["gpt2", "llama with fewer key heads"])
def test_a_language_model_reads_the_token_that_is_asked_and_nothing_behind_it(kind, name):
    ids = torch.randint(3, 60, (2, 7), generator=torch.Generator().manual_seed(0))
    values = explained(language_model(kind), ids, name, Output((4, 9))).values
    assert values.shape == (2, 7)
    assert (values[:, 5:] == 0).all()
    assert (values[:, :5] > 0).sum() >= 8  # LeGrad gives its lowest token 0


def test_a_swin_transformer_is_refused():
    import transformers

    config = transformers.SwinConfig(
        image_size=32, patch_size=2, embed_dim=8, depths=[1, 1], num_heads=[2, 2], window_size=4
    )
    net = transformers.SwinForImageClassification(config).double().eval()
    with pytest.raises(
        vitrail.VitrailError, match=r"\(16, 2, 16, 16\) for one example: its attention works in windows"
    ):
        explained(net, normal(1, 3, 32, 32), "attention-rollout")
