"""LeGrad: how the target, asked after every layer, reacts to that layer's attention."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.methods.attention.blocks import blocks_of
from vitrail.methods.attention.maps import by_head, chained
from vitrail.methods.attention.places import at_places
from vitrail.methods.attention.tokens import tokens_of
from vitrail.model import Layer, Model, Sweep
from vitrail.target import Target


@dataclass(frozen=True)
class LeGrad:
    """Where attention would form what the target asks for, all layers together   [1].

        E_j = sum over layers l of  mean over heads, queries i of  relu(d f_l / d A_l,ij)
        a_j = (E_j - min E) / (max E - min E),   f_l: the target when the classifier reads the output of block l

    Settings    none
    Laws        none: the values are scaled to [0, 1] for every example
    Cost        for every layer, one forward and the way back to that layer; two forwards of one example for the layout
                of the tokens, three for the blocks
    Beware      it needs blocks, modules side by side with one attention each, and refuses networks without them (flat
                Keras graphs, layers used twice); weights that a mask holds at zero are no connection and get nothing

    [1] Bousselham, Boggust, Chaybouti, Strobelt, Kuehne, "LeGrad: An Explainability Method for Vision Transformers
        via Feature Formation Sensitivity", 2024, section 3
    """

    laws: ClassVar[frozenset[str]] = frozenset()

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        maps = chained(model, x)
        tokens, blocks = tokens_of(model, x, maps[0]), blocks_of(model, x, maps)

        def ask(part: Model, rows: Tensor, steps: Tensor) -> Tensor:
            found = x.new_zeros(len(rows), 2, tokens.own.numel())
            for layer in set(steps.tolist()):
                here, after = (steps == layer).nonzero()[:, 0], (blocks[layer], blocks[-1])
                found[here] = formation(part.at(here), x[rows[here]], target, maps[layer], after)
            return found

        sweep = Sweep(len(x), len(maps), lambda rows, _: x[rows], x.new_ones(len(maps)))
        formed, connected = model.over(sweep, ask).unbind(1)
        return at_places(scaled(formed, (connected > 0) & ~tokens.own), tokens, model, x, maps[-1])


def formation(model: Model, x: Tensor, target: Target, layer: Layer, block: tuple[str, str]) -> Tensor:
    """(batch, 2, key): the mean of relu(gradient at the map), and how many queries look at the key at all.

    The target is asked after `block[0]` instead of `block[1]`, the last one.
    """
    after: list[Tensor] = []

    def remember(state: Tensor) -> Tensor:
        after.append(state)
        return state

    edit = {} if block[0] == block[1] else {block[0]: remember, block[1]: lambda _: after[0]}
    with torch.enable_grad():
        trace = model.trace(x.detach().clone().requires_grad_(), (layer.name, *target.layers), edit)
        score, weights = target(trace), trace.layers[layer.name]
        (gradient,) = torch.autograd.grad(score.sum(), weights, allow_unused=True, materialize_grads=True)
    model.question.spend(backwards=len(x))
    connected = (by_head(weights.detach(), layer) > 0).to(x.dtype)
    formed = (by_head(gradient, layer).relu() * connected).mean((1, 2)).to(x.dtype)
    return torch.stack([formed, connected.sum((1, 2))], 1)


def scaled(formed: Tensor, wanted: Tensor) -> Tensor:
    """From 0 to 1 over the wanted tokens of each example; 0 at the others."""
    low = formed.masked_fill(~wanted, torch.inf).amin(1, keepdim=True)
    span = formed.masked_fill(~wanted, 0).amax(1, keepdim=True) - low
    return torch.where(wanted, (formed - low) / torch.where(span > 0, span, 1), 0)
