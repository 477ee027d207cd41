"""Deep SHAP: DeepLIFT averaged over a background of references."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.inputs.baselines import Baseline, Noise
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.compared import changes
from vitrail.methods.attribution.moments import moments
from vitrail.methods.settings import Count, Seed
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True)
class DeepSHAP:
    """Deep SHAP: the mean of DeepLIFT over references from a background   [1].

        a_i = mean over b of  m_i(b) (x_i - b_i)

    Settings    samples   references, drawn from the background without repetition; all of it if that is fewer
                baseline  the background, (count, ...) examples
                seed      start of the random numbers
    Laws        dummy, linearity
    Cost        two forwards and one way back per example and reference
    Beware      it approximates Shapley values, and is not one of them [2]: networks written otherwise get other values;
                checks["standard_error"] is that of the mean over the whole background, 0 when all of it is used

    [1] Lundberg, Lee, "A Unified Approach to Interpreting Model Predictions", 2017, section 4.2
    [2] Chen, Lundberg, Lee, "Explaining a series of models by propagating Shapley values", 2022
    """

    laws: ClassVar[frozenset[str]] = frozenset({"dummy", "linearity"})
    samples: Count = 100
    baseline: Baseline = Noise()
    seed: Seed = 0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        background = self.baseline(x, model.axes)  # (count, batch, ...)
        order = torch.randperm(len(background), generator=torch.Generator().manual_seed(self.seed))
        drawn = order[: self.samples].to(x.device)

        def share(part: Model, rows: Tensor, k: Tensor) -> Tensor:
            return changes(part, x, rows, background[drawn[k], rows], target, "rescale")[0]

        return moments(model, x, len(drawn), share).as_mean(of=len(background))
