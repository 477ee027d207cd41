"""Own tokens inferred wherever they stand, and the grid of the others."""

import pytest
import torch
from torch import nn

import vitrail
from known import Block, Glimpse, Look, explained, normal, seeded
from vitrail.methods.attention.maps import listed
from vitrail.methods.attention.tokens import Tokens, tokens_of

X = normal(2, 2, 8, 6, seed=13)


def layout(net, x):
    with vitrail.open(net).asking(x) as model:
        return tokens_of(model, model.question.packed.x, listed(model, model.question.packed.x)[0])


def own(net, x):
    return layout(net, x).own.nonzero().flatten().tolist()


class Sliced(nn.Module):
    """Patches cut without a convolution, of any size; the tokens first, as (token, batch, unit), if `first`."""

    def __init__(self, patch=(2, 2), cls=True, first=False, extra=0):
        super().__init__()
        self.patch, self.cls, self.first, self.extra = patch, cls, first, extra
        self.embed, self.one = nn.Linear(2 * patch[0] * patch[1], 8), nn.Parameter(torch.zeros(1, 8))
        self.look, self.head = nn.MultiheadAttention(8, 2, batch_first=not first), nn.Linear(8, 3)

    def forward(self, x):
        high, wide = self.patch
        cut = x.unfold(2, high, high).unfold(3, wide, wide).permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)
        tokens = self.embed(cut)
        mean = tokens.mean(1, keepdim=True)  # an own token that does depend on x
        tokens = torch.cat([self.one.expand(len(x), 1, -1)] * self.cls + [tokens] + [mean] * self.extra, 1)
        tokens = tokens.transpose(0, 1) if self.first else tokens
        mixed = self.look(tokens, tokens, tokens)[0]
        return self.head(mixed.mean(0 if self.first else 1))


@pytest.mark.parametrize(("front", "back"), [(0, 0), (1, 0), (2, 0), (0, 1), (1, 3), (0, 4)])
def test_own_tokens_are_found_in_front_and_behind(front, back):
    net = seeded(Glimpse(front=front, back=back, read=()), 3)
    assert own(net, X) == [*range(front), *range(front + 12, front + 12 + back)]
    assert layout(net, X).grid == (4, 3)


def test_a_vit_has_a_class_token(a_vit, photographs):
    assert own(a_vit, photographs) == [0]
    assert layout(a_vit, photographs).grid == (4, 3)


def test_deit_has_two_and_registers_stand_behind_them(photographs):
    import transformers

    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    more = {"image_size": (32, 24), "patch_size": 8}
    deit = transformers.DeiTForImageClassificationWithTeacher(transformers.DeiTConfig(**sizes, **more))
    assert own(deit.double().eval(), photographs) == [0, 1]
    assert explained(deit, photographs, "attention-rollout").checks["tokens_read"].tolist() == [2, 2]
    config = transformers.Dinov2WithRegistersConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, num_register_tokens=3, image_size=32, patch_size=8
    )
    dino = transformers.Dinov2WithRegistersForImageClassification(config).double().eval()
    assert own(dino, normal(2, 3, 32, 32)) == [0, 1, 2, 3]


@pytest.mark.parametrize("first", [False, True])
def test_without_a_patch_layer_the_grid_has_the_proportions_of_the_picture(first):
    net = seeded(Sliced(first=first), 2)
    assert own(net, X) == [0]
    assert layout(net, X).grid == (4, 3)
    assert layout(net, normal(1, 2, 4, 12)).grid == (2, 6)
    assert layout(net, normal(1, 2, 12, 4)).grid == (6, 2)


@pytest.mark.parametrize("net", [Sliced(patch=(2, 3)), Sliced(extra=1)])
def test_tokens_that_form_no_grid_are_refused(net):
    with pytest.raises(vitrail.VitrailError, match="places of a picture of 8 x 6, and form no grid") as error:
        explained(seeded(net, 2), X, "attention-rollout")
    assert error.value.code == "wrong-layer"


def test_the_grid_is_that_of_the_last_layer_with_as_many_places():
    stretched = nn.Sequential(nn.Conv2d(2, 8, (1, 4), (1, 4)), Flat(), Block(8, 2, "eager"), Mean(), nn.Linear(8, 3))
    assert layout(seeded(stretched, 2), normal(2, 2, 3, 16)).grid == (3, 4)


class Flat(nn.Module):
    def forward(self, x):
        return x.flatten(2).mT


class Mean(nn.Module):
    def forward(self, x):
        return x.mean(1)


class Bare(nn.Module):
    """Attention on x itself; with `turned`, on the other axis, so that its tokens are nowhere seen."""

    def __init__(self, turned=False):
        super().__init__()
        self.look, self.turned, self.head = nn.MultiheadAttention(6, 2, batch_first=True), turned, nn.Linear(6, 2)

    def forward(self, x):
        x = x.unfold(1, 6, 2) if self.turned else x
        return self.head(self.look(x, x, x)[0].mean(1))


def test_attention_on_x_itself_has_no_own_tokens():
    assert own(seeded(Bare(), 1), normal(2, 5, 6)) == []


def test_tokens_that_are_nowhere_seen_are_refused():
    with pytest.raises(vitrail.VitrailError, match="3 tokens of Bare are not seen before its first attention"):
        explained(seeded(Bare(turned=True), 1), normal(2, 10), "attention-rollout")


def test_as_many_tokens_as_steps_may_hide_an_own_one():
    # a convolution takes one step away and a class token is added: 6 tokens for 6 steps
    class Tricky(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.one = nn.Conv1d(3, 8, 2), nn.Parameter(torch.zeros(1, 8))
            self.look, self.head = Look(8, 2, "eager"), nn.Linear(8, 2)

        def forward(self, x):
            own = self.one.expand(len(x), 1, -1)
            return self.head(self.look(torch.cat([self.conv(x).mT, own], 1))[:, -1])

    assert own(seeded(Tricky(), 1), normal(2, 3, 6)) == [5]


def test_the_padding_of_a_text_is_no_own_token(judges, texts):
    assert judges[0].trace(texts).output.shape == (3, 2)
    answer = vitrail.explain(judges[0], texts, "attention-rollout")
    assert answer.checks["own_tokens"] == "none"


def test_own_tokens_are_left_out_of_values():
    tokens = Tokens(torch.tensor([True, False, False, True]), (1, 2))
    values = torch.arange(8).reshape(2, 4)
    torch.testing.assert_close(tokens.without_own(values), torch.tensor([[1, 2], [5, 6]]))


def test_a_dark_picture_has_places_too():
    assert own(seeded(Glimpse(), 3), torch.zeros_like(X)) == [0]


class Single(nn.Module):
    """One head without an axis of its own: its scores (batch, query, key) look like tokens, and know all of them."""

    def __init__(self, units):
        super().__init__()
        self.conv, self.one = nn.Conv2d(2, units, 2, 2), nn.Parameter(torch.zeros(1, units))
        self.q, self.k, self.v, self.head = (nn.Linear(units, units) for _ in range(4))

    def forward(self, x):
        x = torch.cat([self.conv(x).flatten(2).mT, self.one.expand(len(x), -1, -1)], 1)
        return self.head(torch.bmm((torch.bmm(self.q(x), self.k(x).mT) / 3).softmax(-1), self.v(x))[:, -1])


@pytest.mark.parametrize("units", [8, 13])
def test_scores_are_not_taken_for_tokens(units):
    assert own(seeded(Single(units), 3), X) == [12]
    assert explained(seeded(Single(units), 3), X, "attention").values.shape == (2, 1, 1, 13, 13)


def test_a_larger_layer_on_the_way_does_not_give_the_grid():
    class Branched(nn.Module):
        """The whole picture is looked at once more between the patches and the attention."""

        def __init__(self):
            super().__init__()
            self.patch, self.whole = nn.Conv2d(2, 8, (1, 4), (1, 4)), nn.Conv2d(2, 8, 1)
            self.look, self.head = Look(8, 2, "eager"), nn.Linear(8, 3)

        def forward(self, x):
            tokens = self.patch(x).flatten(2).mT
            return self.head(self.look(tokens + self.whole(x).mean((2, 3))[:, None]).mean(1))

    assert layout(seeded(Branched(), 2), normal(2, 2, 3, 16)).grid == (3, 4)
