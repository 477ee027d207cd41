import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from vitrail.errors import WrongLayer
from vitrail.model import Layer
from vitrail.signatures.pool import pool_of, pooled

PICTURE = Layer("c", "Conv2d", (1, 3, 4, 5), 1)
LAST = Layer("k", "Conv2D", (1, 4, 5, 3), 3)
TOKENS = Layer("t", "Block", (1, 6, 3), 2)
SERIES = Layer("s", "Conv1d", (1, 3, 6), 1)
DENSE = Layer("d", "Linear", (1, 3), 1)


def values_of(layer, count=2):
    return torch.arange(float(np.prod((count, *layer.shape[1:])))).reshape(count, *layer.shape[1:]).double()


@pytest.mark.parametrize(("layer", "axes"), [(PICTURE, (2, 3)), (LAST, (1, 2)), (TOKENS, (1,)), (SERIES, (2,))])
def test_means_and_maxima_are_per_channel(layer, axes):
    values = values_of(layer)
    torch.testing.assert_close(pooled(values, layer, "mean"), values.mean(axes))
    torch.testing.assert_close(pooled(values, layer, "max"), values.amax(axes))


def test_raw_is_everything_and_cls_the_first_token():
    values = values_of(TOKENS)
    torch.testing.assert_close(pooled(values, TOKENS, "raw"), values.reshape(2, 18))
    torch.testing.assert_close(pooled(values, TOKENS, "cls"), values[:, 0])


def test_only_words_count():
    values = values_of(TOKENS)
    words = torch.tensor([[False, True, True, False, False, False], [True] * 6])
    expected = torch.stack([values[0, 1:3].mean(0), values[1].mean(0)])
    torch.testing.assert_close(pooled(values, TOKENS, "mean", words), expected)
    torch.testing.assert_close(pooled(values, TOKENS, "max", words)[0], values[0, 1:3].amax(0))
    none = torch.zeros(2, 6, dtype=torch.bool)  # a text of special tokens only: all of them count
    torch.testing.assert_close(pooled(values, TOKENS, "mean", none), values.mean(1))
    torch.testing.assert_close(pooled(values, TOKENS, "mean", words[:, :4]), values.mean(1))  # other tokens than these


def chosen(net, x, layer, asked="auto"):
    with vitrail.open(net).asking(x) as bound:
        return pool_of(bound, bound.question.packed.x, layer, asked)


def test_auto_is_raw_for_dense_and_the_mean_over_places():
    net, x = nn.Linear(3, 2), torch.rand(2, 3)
    assert [chosen(net, x, layer) for layer in (DENSE, PICTURE, LAST, SERIES, TOKENS)] == ["raw", *["mean"] * 4]
    assert chosen(net, x, DENSE, "max") == "raw"
    assert chosen(net, x, PICTURE, "raw") == "raw"


def test_cls_needs_a_class_token():
    for layer in (TOKENS, PICTURE):
        with pytest.raises(WrongLayer, match="without a class token"):
            chosen(nn.Linear(3, 2), torch.rand(2, 3), layer, "cls")


def test_a_vision_transformer_has_one():
    from transformers import ViTConfig, ViTForImageClassification

    config = ViTConfig(
        image_size=8, patch_size=4, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=8
    )
    torch.manual_seed(0)
    model = vitrail.open(ViTForImageClassification(config).eval())
    x = torch.rand(6, 3, 8, 8)
    answer = vitrail.signatures(model, x, clusters=2, held_out=0.0)
    assert answer.target["pool"][:2] == ["cls", "cls"]
    name = answer.labels["layer"][0]
    first = model.trace(x, keep=(name,)).layers[name][:, 0]
    mean = np.stack([first[answer.values[:, 0] == c].detach().numpy().mean(0) for c in range(2)])
    np.testing.assert_allclose(answer.arrays[f"centroid/{name}"], mean, atol=2e-3)


def test_texts_begin_with_their_class_token_and_padding_does_not_matter():
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = ".data/minilm/model"
    torch.manual_seed(0)
    net = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    model = vitrail.open(net, tokenizer=AutoTokenizer.from_pretrained(folder))
    texts = ["a good film", "bad", "the worst thing that anybody has ever put on a screen, by far", "fine"] * 2
    for pool in ("auto", "mean"):
        answer = vitrail.signatures(model, texts, clusters=2, pool=pool, held_out=0.0, layers="bert.encoder.layer.2")
        assert answer.target["pool"] == ["cls" if pool == "auto" else "mean"]
        alone = [answer.assign([text]) for text in texts[:4]]
        np.testing.assert_array_equal(np.concatenate([each.values for each in alone]), answer.values[:4])
        np.testing.assert_allclose(
            np.concatenate([each.arrays["distance"] for each in alone]), answer.arrays["distance"][:4], atol=0.02
        )
