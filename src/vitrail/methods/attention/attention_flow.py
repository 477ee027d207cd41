"""Attention flow: the most that can run from a token to the answer, the layers being pipes."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from vitrail.explanation import Array
from vitrail.methods.answer import Answer
from vitrail.methods.attention.maps import chained, with_reads, with_residual
from vitrail.methods.attention.places import at_places, facts
from vitrail.methods.attention.tokens import tokens_of
from vitrail.model import Model
from vitrail.target import Target

WHOLE = 2**30  #: the capacity that stands for 1; capacities are 32-bit integers, their sum is wider


@dataclass(frozen=True)
class AttentionFlow:
    """The maximum flow from the answer down to each token, attention weights being capacities   [1].

        a_j = max flow from the tokens that the target reads, above layer L, to token j, below layer 1
        capacity of the pipe (l, i) -> (l - 1, j) = A~_l,ij,   A~ = (mean over heads of A + I) / 2

    Settings    none
    Laws        none: it does not look at what the values say
    Cost        one forward and one way back per example; then one maximum flow per token through a graph of
                layers * tokens^2 pipes on the CPU: 0.1 s for 50 tokens, 5 s for 197 and 12 layers
    Beware      tokens share pipes, so the values do not add up; several tokens that are read are one source, and the
                flow is divided by their number

    [1] Abnar, Zuidema, "Quantifying Attention Flow in Transformers", 2020, section 4
    """

    laws: ClassVar[frozenset[str]] = frozenset()

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        maps = chained(model, x)
        tokens = tokens_of(model, x, maps[0])
        weights, reads = with_reads(model, x, target, maps)
        pipes = torch.stack([with_residual(a.mean(1)) for a in weights], 1).double().cpu().numpy()
        flows = [flows_down(layers, read > 0) for layers, read in zip(pipes, reads.cpu().numpy(), strict=True)]
        answer = at_places(torch.as_tensor(np.stack(flows)).to(x), tokens, model, x, maps[-1])
        return replace(answer, checks={**answer.checks, **facts(reads)})


def flows_down(layers: Array, read: Array) -> Array:
    """(token,): the flow from the tokens that are read to each token. layers (layer, query, key), lowest first."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    depth, count = layers.shape[:2]
    starts, top = read.nonzero()[0], (depth + 1) * count
    queries, keys = np.indices((count, count)).reshape(2, -1)
    above = np.concatenate([*(queries + level * count for level in range(1, depth + 1)), np.full(len(starts), top)])
    below = np.concatenate([*(keys + level * count for level in range(depth)), starts + depth * count])
    sizes = np.concatenate([np.rint(np.nan_to_num(layers) * WHOLE).ravel(), np.full(len(starts), WHOLE)]).astype(
        np.int32
    )
    graph = csr_array((sizes, (above, below)), shape=(top + 1, top + 1))
    graph.eliminate_zeros()
    flows = [maximum_flow(graph, top, token).flow_value for token in range(count)]
    return np.array(flows, np.float64) / (WHOLE * max(len(starts), 1))
