"""Attention relevance: attention weighed by its gradient, collected from layer to layer."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.methods.attention.maps import chained, read_at, with_gradients
from vitrail.methods.attention.places import at_places, facts
from vitrail.methods.attention.tokens import tokens_of
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True)
class AttentionRelevance:
    """Which tokens spoke for the target, through attention that it reacts to   [1].

        R <- R + A^ R,   A^ = mean over heads of relu(d f / d A * A),   R = I at the beginning
        a_j = mean over the tokens i that the target reads of (R - I)_ij

    Settings    none
    Laws        none: it sees what goes through attention only
    Cost        one forward and one way back per example, and two forwards of one example for the layout of the tokens
    Beware      what speaks against the target is dropped; the identity is left out of the values, so that a token that
                is read gets nothing for being itself

    [1] Chefer, Gur, Wolf, "Generic Attention-model Explainability for Interpreting Bi-Modal and Encoder-Decoder
        Transformers", 2021, eq. 5 and 6
    """

    laws: ClassVar[frozenset[str]] = frozenset()

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        maps = chained(model, x)
        tokens = tokens_of(model, x, maps[0])
        pairs = with_gradients(model, x, target, maps)
        reads = read_at(pairs[-1][1])
        identity = torch.eye(reads.shape[1], dtype=x.dtype, device=x.device)
        relevance = identity.expand(len(x), -1, -1)
        for weights, gradient in pairs:
            relevance = relevance + (gradient * weights).relu().mean(1) @ relevance
        values = (reads[:, None] @ (relevance - identity))[:, 0]
        answer = at_places(values, tokens, model, x, maps[-1], relevance)
        return replace(answer, checks={**answer.checks, **facts(reads)})
