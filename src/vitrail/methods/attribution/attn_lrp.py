"""AttnLRP: layer-wise relevance propagation for transformers, through attention as well."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.settings import Spread
from vitrail.model import Model
from vitrail.rules import Applied
from vitrail.rules.attention import attn_lrp
from vitrail.target import Target


@dataclass(frozen=True)
class AttnLRP:
    """The answer handed back through a transformer, by a rule for each operation   [1].

        softmax   R_i = x_i (R_i - s_i sum_j R_j)
        product   half to each factor,  a_ji v_ip R_jp / (2 (sum_i a_ji v_ip)),  moved away from zero by epsilon
        norm      its spread counts as a constant; activations hand relevance on; the rest by epsilon

    Settings    epsilon  how far sums are moved away from zero; larger values give fewer, stronger features
    Laws        dummy; no other: values depend on how the network is written, not only on what it computes
    Cost        about two forwards and one way back
    Beware      biases, position embeddings and the constant part of softmax take their share: read
                checks["conservation_gap"]. LRP is patented in some countries; `libragrad` stands beside it

    [1] Achtibat, Hatefi, Dreyer, Jain, Wiegand, Lapuschkin, Samek, "AttnLRP: Attention-Aware Layer-Wise Relevance
        Propagation for Transformers", 2024, propositions 3.1 to 3.4
    """

    laws: ClassVar[frozenset[str]] = frozenset({"dummy"})
    conserves: ClassVar[bool] = True
    epsilon: Spread = 1e-6

    def __call__(self, model: Model, x: Tensor, target: Target) -> Tensor:
        return model.under(Applied(attn_lrp(self.epsilon))).gradient(x, target)  # type: ignore[no-any-return]
