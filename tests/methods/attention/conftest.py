"""Transformers, from libraries and written by hand."""

from pathlib import Path

import pytest
import torch
from torch import nn

import vitrail
from known import normal

MINILM = Path(__file__).resolve().parents[3] / ".data/minilm/model"
TEXTS = ["a truly wonderful film", "dull", "I would not see this long and tedious film again, whatever they pay"]


class Judge(nn.Module):
    """A text encoder under a small head: the mean over the real tokens, or the first token."""

    def __init__(self, encoder, mean=True):
        super().__init__()
        self.encoder, self.mean = encoder, mean
        self.head = nn.Linear(encoder.config.hidden_size, 2)

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        hidden = self.encoder(input_ids, attention_mask, token_type_ids).last_hidden_state
        real = attention_mask[..., None].to(hidden)
        return self.head((hidden * real).sum(1) / real.sum(1) if self.mean else hidden[:, 0])


@pytest.fixture(scope="session")
def judges():
    """(reading the first token, reading the mean): MiniLM under both heads."""
    if not MINILM.is_dir():
        pytest.skip("run tests/data/fetch.py first")
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(MINILM)
    opened = []
    for mean in (False, True):
        net = Judge(transformers.AutoModel.from_pretrained(MINILM), mean).double().eval()
        net.head.weight.data = normal(*net.head.weight.shape)
        opened.append(vitrail.open(net, tokenizer=tokenizer, classes=["bad", "good"]))
    return opened


@pytest.fixture
def texts():
    return list(TEXTS)


def vit(way):
    import transformers

    torch.manual_seed(5)
    sizes = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
    config = transformers.ViTConfig(
        **sizes, image_size=(32, 24), patch_size=8, initializer_range=0.4, attn_implementation=way
    )
    return transformers.ViTForImageClassification(config).double().eval()


@pytest.fixture(params=["eager", "sdpa"])
def a_vit(request):
    return vit(request.param)


@pytest.fixture
def photographs():
    return normal(2, 3, 32, 24, seed=6)
