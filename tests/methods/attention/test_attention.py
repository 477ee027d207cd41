"""The maps as they are: those of transformers, of torch, of Keras, and of attention by hand."""

import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from known import Glimpse, explained, followed, normal, seeded

close = torch.testing.assert_close
X = normal(2, 2, 8, 6, seed=13)


def maps(model, x, **settings):
    return torch.as_tensor(vitrail.explain(model, x, "attention", **settings).values)


def test_they_are_those_that_transformers_gives(a_vit, photographs):
    found = maps(vitrail.open(a_vit), photographs)
    a_vit.set_attn_implementation("eager")  # the only one that gives maps; it rounds them to single precision
    given = a_vit(photographs, output_attentions=True).attentions
    close(found, torch.stack(given, 1).detach().double(), rtol=0, atol=1e-6)
    assert found.std() > 0.01


def test_they_are_those_of_a_real_text_encoder(judges, texts):
    found = maps(judges[0], texts)
    net, tokenizer = judges[0].network.module.encoder, judges[0].modality.tokenizer
    net.set_attn_implementation("eager")
    try:
        given = net(**tokenizer(texts, padding=True, return_tensors="pt"), output_attentions=True).attentions
    finally:
        net.set_attn_implementation("sdpa")
    assert found.shape == (3, 6, 12, 17, 17)
    close(found, torch.stack(given, 1).detach().double(), rtol=0, atol=1e-6)


def test_axes_rows_and_one_layer():
    net = seeded(Glimpse(depth=3), 3)
    answer, expected = explained(net, X, "attention"), torch.stack(followed(net, X)[0], 1).detach()
    assert answer.kind == "attention"
    assert answer.axes["values"] == ("batch", "layer", "head", "query", "key")
    close(torch.as_tensor(answer.values), expected)
    assert answer.checks["row_sum_error"].max() < 1e-14
    assert answer.checks["layer"] == [f"blocks.{i}.look/attention#1" for i in range(3)]
    one = explained(net, X, "attention", layer="blocks.1.look/attention#1")
    close(torch.as_tensor(one.values), expected[:, 1:2])


def test_rows_that_do_not_sum_to_one_are_told():
    class Dropped(Glimpse):
        """Its attention may look at nothing but a token that is masked."""

        def forward(self, x):
            q = self.patch(x).flatten(2).mT[:, None]
            mask = torch.ones(12, 12, dtype=torch.bool)
            mask[3] = False
            seen = nn.functional.scaled_dot_product_attention(q, q, q, attn_mask=mask)
            return self.head(seen[:, 0].mean(1))

    error = explained(seeded(Dropped(), 3), X, "attention").checks["row_sum_error"]
    close(torch.as_tensor(error), torch.ones(2, dtype=X.dtype))


def test_cross_attention_is_shown():
    class Asking(nn.Module):
        def __init__(self):
            super().__init__()
            self.asking, self.look = nn.Parameter(torch.zeros(3, 8)), nn.MultiheadAttention(8, 2, batch_first=True)
            self.head = nn.Linear(8, 2)

        def forward(self, x):
            return self.head(self.look(self.asking.expand(len(x), -1, -1), x, x)[0].mean(1))

    net, x = seeded(Asking(), 1), normal(2, 6, 8)
    answer = explained(net, x, "attention")
    assert answer.values.shape == (2, 1, 2, 3, 6)
    expected = net.look(net.asking.expand(2, -1, -1), x, x, average_attn_weights=False)[1]
    close(torch.as_tensor(answer.values[:, 0]), expected.detach())


@pytest.mark.parametrize("scores", [False, True])
def test_keras_gives_the_same_maps_with_and_without_scores(scores):
    from vitrail.model.keras import on_torch

    keras = on_torch()
    keras.utils.set_random_seed(3)
    given, layer = keras.Input((6, 8)), keras.layers.MultiHeadAttention(2, 4)
    seen = layer(given, given, return_attention_scores=scores)
    net = keras.Model(given, keras.layers.Dense(3)(seen[0] if scores else seen))
    x = normal(2, 6, 8).float()
    expected = layer(x, x, return_attention_scores=True)[1].detach()
    found = vitrail.explain(vitrail.open(net), x, "attention", lambda trace: trace.output[:, 0, 0])
    close(torch.as_tensor(found.values[:, 0]), expected, rtol=1e-5, atol=1e-6)
    assert np.std(found.values) > 0.01


def test_it_costs_one_forward():
    answer = explained(seeded(Glimpse(), 3), X, "attention")
    assert answer.checks["evaluations"] == 2
    assert answer.checks["gradients"] == 0
