"""Expected gradients: integrated gradients over random points of random paths from a background."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.inputs.baselines import Baseline, Noise
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.moments import moments
from vitrail.methods.settings import Count, Seed
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True)
class ExpectedGradients:
    """Integrated gradients averaged over a background, estimated by sampling   [1].

        a_i = E over b ~ background, t ~ U(0, 1) of  (x_i - b_i) * d f(b + t (x - b)) / d x_i

    Settings    samples   pairs (b, t); t is stratified: one draw from each of `samples` equal intervals
                baseline  the background, (count, ...) examples; each is used equally often, or once more
                seed      start of the random numbers
    Laws        dummy, linearity, implementation invariance
    Cost        `samples` gradients per example
    Beware      an estimate: its completeness gap shrinks with samples; checks["standard_error"] is that of independent
                pairs, an upper bound: what the strata gain is left out

    [1] Erion, Janizek, Sturmfels, Lundberg, Lee, "Improving performance of deep learning models with axiomatic
        attribution priors and expected gradients", 2021, eq. 3
    """

    laws: ClassVar[frozenset[str]] = frozenset({"dummy", "linearity", "implementation invariance"})
    samples: Count = 100
    baseline: Baseline = Noise()
    seed: Seed = 0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        background = self.baseline(x, model.axes)  # (count, batch, ...)
        generator = torch.Generator().manual_seed(self.seed)
        jitter = torch.rand(self.samples, generator=generator, dtype=torch.float64)
        t = ((torch.arange(self.samples) + jitter) / self.samples).to(x)
        order = torch.randperm(len(background), generator=generator)  # whose turn comes once more is left to chance
        turn = order[torch.randperm(self.samples, generator=generator) % len(background)].to(x.device)

        def share(part: Model, rows: Tensor, k: Tensor) -> Tensor:
            b = background[turn[k], rows]
            step = x[rows] - b
            gradient: Tensor = part.gradient(b + t[k].reshape(-1, *[1] * (x.ndim - 1)) * step, target)
            return step * gradient

        return moments(model, x, self.samples, share).as_mean()
