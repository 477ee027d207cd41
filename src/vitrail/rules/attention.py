"""AttnLRP: relevance through attention, for transformers.

    softmax        R_i = x_i (R_i - s_i sum_j R_j)      its Taylor expansion at x; what is constant in that is lost
    product        half to each factor, in proportion to what it contributes
    norm           the spread is held still
    one to one     relevance goes on unchanged

[1] Achtibat, Hatefi, Dreyer, Jain, Wiegand, Lapuschkin, Samek, "AttnLRP: Attention-Aware Layer-Wise Relevance
    Propagation for Transformers", 2024, propositions 3.1 to 3.4
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from vitrail.rules.call import Call
from vitrail.rules.deeplift import glu
from vitrail.rules.libra import ATTENTION, SPREADS
from vitrail.rules.lrp import epsilon, shared
from vitrail.rules.operations import ACTIVATIONS, ELEMENTWISE
from vitrail.rules.presets import lrp_table
from vitrail.rules.table import CONSTANT, Steps, Table


def softmax(call: Call, inputs: Sequence[Tensor], relevance: Tensor) -> Sequence[Tensor]:
    """R_i = x_i (R_i - s_i sum_j R_j) [1, proposition 3.1]; nothing to a score of -inf, whose weight is zero.

    The gradient takes R / s to s (R / s - sum_j R_j): the axis of the sum is its business.
    """
    (found,) = call.gradient(shared(relevance, call.output))
    return [torch.where(found == 0, 0.0, inputs[0] * found)]


def to_the_first(call: Call, inputs: Sequence[Tensor], relevance: Tensor) -> Sequence[Tensor]:
    """All goes to what is divided by a spread, or raised to a power; one number in and one out is the same case."""
    return [relevance.sum_to_size(inputs[0].shape), *(torch.zeros_like(t) for t in inputs[1:])]


def attn_lrp(by: float = 1e-6) -> Table:
    """AttnLRP [1]; `by` is epsilon.

    A constant added before the first weight is a position embedding here, not a rescaling of pictures: it takes its
    share.
    """
    near_zero = epsilon(by)
    table = lrp_table("AttnLRP", near_zero, near_zero, by) | ATTENTION
    table |= dict.fromkeys(ELEMENTWISE - ACTIVATIONS | {"quotient"}, to_the_first)
    table |= dict.fromkeys(SPREADS, CONSTANT)
    table |= {"softmax": softmax, "glu": Steps(glu)}
    return replace(table, first={**table.first, "shift": near_zero}, advice="")
