"""A value for every token becomes a map, tokens, steps or columns."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from known import Glimpse, Look, explained, normal, seeded
from vitrail.methods.attention.places import at_places, facts
from vitrail.methods.attention.tokens import Tokens
from vitrail.model import Layer

close = torch.testing.assert_close
METHODS = ["attention-rollout", "attention-flow", "attention-relevance", "legrad"]
X = normal(2, 2, 8, 6, seed=13)


class Series(nn.Module):
    """Attention over (batch, step, feature); `stride` joins steps."""

    def __init__(self, stride=1):
        super().__init__()
        self.stride, self.look, self.head = stride, Look(4 * stride, 2, "sdpa"), nn.Linear(4 * stride, 2)

    def forward(self, x):
        x = x.reshape(len(x), -1, 4 * self.stride)
        return self.head((x + self.look(x)).mean(1))


class Columns(nn.Module):
    """A token for every column, and a class token behind them."""

    def __init__(self):
        super().__init__()
        self.scale, self.own = nn.Parameter(torch.zeros(5, 8)), nn.Parameter(torch.zeros(1, 8))
        self.look, self.head = Look(8, 2, "eager"), nn.Linear(8, 2)

    def forward(self, x):
        tokens = torch.cat([x[..., None] * self.scale, self.own.expand(len(x), -1, -1)], 1)
        return self.head((tokens + self.look(tokens))[:, -1])


@pytest.mark.parametrize("name", METHODS)
def test_a_picture_gets_a_map_of_its_own_size_and_the_grid_is_kept(name):
    answer = explained(seeded(Glimpse(front=2, back=1), 3), X, name, 1)
    coarse = torch.as_tensor(answer.arrays["layer_map"])
    assert answer.kind == "map"
    assert coarse.shape == (2, 4, 3)
    assert answer.axes["values"] == answer.axes["layer_map"] == ("batch", "height", "width")
    large = F.interpolate(coarse[:, None], size=(8, 6), mode="bilinear", align_corners=False)[:, 0]
    close(torch.as_tensor(answer.values), large)
    assert answer.checks["own_tokens"] == "0, 1, 14"


def test_a_patch_that_speaks_alone_lights_up_its_own_place():
    values, own = torch.zeros(1, 14), torch.zeros(14, dtype=torch.bool)
    own[[0, 13]] = True
    values[0, 1 + 5] = 1  # row 1, column 2 of a grid of 4 x 3
    with vitrail.open(seeded(Glimpse(), 3)).asking(X[:1]) as model:
        last = Layer("a", "attention", (1, 2, 14, 14))
        answer = at_places(values, Tokens(own, (4, 3)), model, model.question.packed.x, last, values[:, :, None])
    assert answer.arrays["layer_map"][0].nonzero().tolist() == [[0, 1, 2]]
    assert answer.arrays["token_matrix"][1] == ("batch", "query", "key")


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(("stride", "axis", "count"), [(1, "step", 6), (2, "token", 3)])
def test_series_get_a_value_for_every_step_where_tokens_are_steps(name, stride, axis, count):
    answer = explained(seeded(Series(stride), 1), normal(2, 6, 4), name, 1)
    assert answer.kind == "attribution"
    assert answer.values.shape == (2, count)
    assert answer.axes["values"] == ("batch", axis)


@pytest.mark.parametrize("name", METHODS)
def test_columns_get_a_value_each_wherever_the_class_token_stands(name):
    answer = explained(seeded(Columns(), 1), normal(2, 5), name, 1)
    assert answer.values.shape == (2, 5)
    assert answer.axes["values"] == ("batch", "feature")
    assert answer.checks["own_tokens"] == "5"


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("reading", [0, 1], ids=["first", "mean"])
def test_texts_get_a_value_for_every_token_and_padding_gets_nothing(name, reading, judges, texts):
    answer = vitrail.explain(judges[reading], texts, name, "good")
    assert answer.axes["values"] == ("batch", "token")
    tokens = answer.labels["token"]
    for row, words in zip(torch.as_tensor(answer.values), tokens, strict=True):
        assert (row[: len(words)] > 0).sum() >= len(words) - 1  # LeGrad gives its lowest token 0
        close(row[len(words) :], torch.zeros_like(row[len(words) :]))
    read = [1, 1, 1] if reading == 0 else [len(words) for words in tokens]
    if name != "legrad":
        assert answer.checks["tokens_read"].tolist() == read


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("reading", [0, 1], ids=["first", "mean"])
def test_a_text_gets_the_same_alone_and_beside_longer_ones(name, reading, judges, texts):
    together = vitrail.explain(judges[reading], texts, name, "good").values
    for row, text in zip(together, texts, strict=True):
        alone = vitrail.explain(judges[reading], text, name, "good").values[0]
        close(row[: len(alone)], alone, rtol=1e-6, atol=1e-8)


def test_how_many_tokens_are_read():
    assert facts(torch.tensor([[0.5, 0, 0.5], [1, 0, 0]]))["tokens_read"].tolist() == [2, 1]
