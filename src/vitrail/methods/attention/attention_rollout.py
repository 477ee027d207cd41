"""Attention rollout: the maps of all layers multiplied, half of every token going around each of them."""

from dataclasses import dataclass, replace
from functools import reduce
from typing import ClassVar, Literal

import torch
from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.methods.attention.maps import chained, with_reads, with_residual
from vitrail.methods.attention.places import at_places, facts
from vitrail.methods.attention.tokens import tokens_of
from vitrail.methods.settings import Portion
from vitrail.model import Model
from vitrail.target import Target

Fusion = Literal["mean", "max", "min"]


@dataclass(frozen=True)
class AttentionRollout:
    """How much of each token arrives at the answer, if attention mixes tokens and nothing else does   [1].

        R = A~_L ... A~_2 A~_1,   A~ = (A + I) / 2 with rows that sum to 1,   A: the heads fused
        a_j = mean over the tokens i that the target reads of R_ij

    Settings    fusion   of the heads: "mean" as in the paper, "max" or "min"
                discard  the share of each map that is dropped, its lowest weights, in [0, 1); tokens that the network
                         adds itself, and the only token that is read, keep their columns
    Laws        none: it does not look at what the values say
    Cost        one forward and one way back per example, and two forwards of one example for the layout of the tokens
    Beware      it is nearly the same for every class: the target only tells which tokens are read

    [1] Abnar, Zuidema, "Quantifying Attention Flow in Transformers", 2020, eq. 1 and 2
    """

    laws: ClassVar[frozenset[str]] = frozenset()
    fusion: Fusion = "mean"
    discard: Portion = 0.0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        maps = chained(model, x)
        tokens = tokens_of(model, x, maps[0])
        weights, reads = with_reads(model, x, target, maps)
        safe = tokens.own | (reads == 1)
        kept = [without_lowest(fused(a, self.fusion), safe, self.discard) for a in weights]
        rolled = reduce(lambda below, a: with_residual(a) @ below, kept[1:], with_residual(kept[0]))
        values = (reads[:, None] @ rolled)[:, 0]
        answer = at_places(values, tokens, model, x, maps[-1], rolled)
        off = (rolled.sum(-1) - 1).abs().amax(1)  # every token is made of all tokens: its row is shared out whole
        return replace(answer, checks={**answer.checks, **facts(reads), "row_sum_error": off})


def fused(weights: Tensor, fusion: Fusion) -> Tensor:
    """(batch, query, key) out of (batch, head, query, key)."""
    return weights.mean(1) if fusion == "mean" else weights.amax(1) if fusion == "max" else weights.amin(1)


def without_lowest(weights: Tensor, safe: Tensor, discard: float) -> Tensor:
    """The lowest share of the weights set to zero; masked ones do not count, columns that are `safe` never go."""
    if not discard:
        return weights
    free = (weights > 0) & ~safe[:, None]
    order = weights.masked_fill(~free, torch.inf).flatten(1).argsort(dim=1, stable=True)
    rank = torch.empty_like(order).scatter_(
        1, order, torch.arange(order.shape[1], device=order.device).expand_as(order)
    )
    gone = rank < (discard * free.flatten(1).sum(1, keepdim=True)).floor()
    return weights.masked_fill(gone.reshape(weights.shape), 0)
