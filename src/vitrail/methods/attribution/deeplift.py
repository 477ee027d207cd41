"""DeepLIFT: the change from a reference, handed back through every operation in one go."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor

from vitrail.inputs.baselines import Baseline, Constant
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.compared import changes
from vitrail.model import Model, Sweep
from vitrail.target import Target


@dataclass(frozen=True)
class DeepLIFT:
    """DeepLIFT: contributions to the change from a reference   [1].

        a_i = m_i (x_i - b_i),  m the product of  (y - y_b) / (x - b)  over the operations in between

    Settings    baseline  b, the reference; averaged over several
                rule      'rescale', or 'reveal-cancel', which looks at what raises and what lowers a unit one after the
                          other, so that they cannot cancel out of sight; for networks of layers and activations
    Laws        completeness, dummy, linearity, symmetry
    Cost        two forwards and one way back per example and baseline
    Beware      values depend on how the network is written, and a network that takes another path at the reference is
                refused

    [1] Shrikumar, Greenside, Kundaje, "Learning Important Features Through Propagating Activation Differences", 2017,
        eq. 3, sections 3.5.2 and 3.5.3
    """

    laws: ClassVar[frozenset[str]] = frozenset({"completeness", "dummy", "linearity", "symmetry"})
    baseline: Baseline = Constant(0.0)
    rule: Literal["rescale", "reveal-cancel"] = "rescale"

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        starts = self.baseline(x, model.axes)  # (count, batch, ...)
        scores = x.new_empty(len(x), len(starts))

        def share(part: Model, rows: Tensor, k: Tensor) -> Tensor:
            shares, scores[rows, k] = changes(part, x, rows, starts[k, rows], target, self.rule)
            return shares

        values = model.over(Sweep(len(x), len(starts), lambda rows, k: starts[k, rows]), share)
        return Answer(values, start=scores.mean(1))
