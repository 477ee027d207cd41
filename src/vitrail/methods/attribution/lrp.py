"""Layer-wise relevance propagation: the answer handed back layer by layer, by a rule for each operation."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.settings import Bound, Preset, Spread
from vitrail.model import Model
from vitrail.rules import Applied, preset
from vitrail.target import Target


@dataclass(frozen=True)
class LRP:
    """Layer-wise relevance propagation   [1].

        R_j = sum over k of  z_jk / (sum over j of z_jk) * R_k,   R at the output = the target's value

    Settings    preset   what counts as a contribution z_jk, by kind of layer: 'epsilon', 'epsilon-plus',
                         'epsilon-plus-flat', 'epsilon-alpha2-beta1', 'epsilon-alpha2-beta1-flat',
                         'epsilon-gamma-box', or a table of rules of your own
                epsilon  how far sums are moved away from zero; larger values give fewer, stronger features
                gamma    'epsilon-gamma-box': how much more a positive contribution counts; larger values are nearer z+
                low      'epsilon-gamma-box': the least value that x can have; None for that of each example
                high     'epsilon-gamma-box': the largest value that x can have; None for that of each example
    Laws        dummy: other values depend on how the network is written, not only on what it computes
    Cost        about two forwards and one way back
    Beware      biases take their share, so values add up to less than the target: read checks["conservation_gap"].
                LRP is patented in some countries (US 12,061,966, EP 3 271 863 among them): see docs/rules.md

    [1] Bach, Binder, Montavon, Klauschen, Mueller, Samek, "On Pixel-wise Explanations for Non-linear Classifier
        Decisions by Layer-wise Relevance Propagation", 2015, eq. 2 and 56
    """

    laws: ClassVar[frozenset[str]] = frozenset({"dummy"})
    conserves: ClassVar[bool] = True
    preset: Preset = "epsilon-plus-flat"
    epsilon: Spread = 1e-6
    gamma: Spread = 0.25
    low: Bound = None
    high: Bound = None

    def __call__(self, model: Model, x: Tensor, target: Target) -> Tensor:
        given = self.preset
        table = preset(given, self.epsilon, self.gamma, self.low, self.high) if isinstance(given, str) else given
        return model.under(Applied(table)).gradient(x, target)  # type: ignore[no-any-return]
