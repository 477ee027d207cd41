"""Attention: the maps themselves, layer by layer and head by head."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.methods.attention.maps import alike, by_head, listed
from vitrail.model import Model
from vitrail.target import Target

AXES = ("batch", "layer", "head", "query", "key")


@dataclass(frozen=True)
class Attention:
    """At which tokens every token looks, in every layer and head   [1].

        A = softmax(Q K^T / sqrt(d)),   a row for each query, a column for each key

    Settings    layer  "auto" for all maps, or the name of one
    Laws        none: it does not look at the target
    Cost        one forward per example
    Beware      where a token looks is not what the answer depends on: see attention-relevance and legrad

    [1] Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser, Polosukhin, "Attention Is All You Need", 2017, eq. 1
    """

    laws: ClassVar[frozenset[str]] = frozenset()
    layer: str = "auto"

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        maps = listed(model, x, self.layer)
        alike(maps, heads=True)
        kept = model.trace(x, keep=[layer.name for layer in maps]).layers
        values = torch.stack([by_head(kept[layer.name].detach().to(x.dtype), layer) for layer in maps], 1)
        off = (values.sum(-1) - 1).abs().flatten(1).amax(1)
        return Answer(values, AXES, "attention", checks={"layer": [layer.name for layer in maps], "row_sum_error": off})
