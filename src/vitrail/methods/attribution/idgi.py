"""IDGI: integrated gradients that count only the part of each step along the gradient."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.inputs.baselines import Baseline, Constant
from vitrail.methods.settings import Count
from vitrail.model import Model, Sweep
from vitrail.target import Target


@dataclass(frozen=True)
class IDGI:
    """Important direction gradient integration, along the straight path   [1].

        a_i = sum over steps k of  g_i^2 / |g|^2 * (f(x_{k+1}) - f(x_k)),   g = gradient of f at x_k

    Settings    steps     steps on the path
                baseline  b, the input that stands for "nothing there"; averaged over several
    Laws        completeness, dummy, symmetry, implementation invariance
    Cost        `steps` gradients and `steps` + 1 forwards per example and baseline
    Beware      values are never opposed within a step: a pixel against the answer shows only where f falls

    [1] Yang, Wang, Bilgic, "IDGI: A Framework to Eliminate Explanation Noise from Integrated Gradients", 2023, alg. 1
    """

    laws: ClassVar[frozenset[str]] = frozenset({"completeness", "dummy", "symmetry", "implementation invariance"})
    steps: Count = 50
    baseline: Baseline = Constant(0.0)

    def __call__(self, model: Model, x: Tensor, target: Target) -> Tensor:
        starts = self.baseline(x, model.axes)

        def at(rows: Tensor, path: Tensor, step: Tensor) -> Tensor:
            b, t = starts[path, rows], step.to(x) / self.steps
            return b + t.reshape(-1, *[1] * (x.ndim - 1)) * (x[rows] - b)

        ends = self.steps + 1
        along = Sweep(len(x), len(starts) * ends, lambda rows, k: at(rows, k // ends, k % ends))
        rises = model(along, target).reshape(len(x), len(starts), ends).diff(dim=2).flatten(1)

        def point(rows: Tensor, k: Tensor) -> Tensor:
            return at(rows, k // self.steps, k % self.steps)

        def share(part: Model, rows: Tensor, k: Tensor) -> Tensor:
            squares = part.gradient(point(rows, k), target).square()
            whole = squares.flatten(1).sum(1)
            scale = torch.where(whole > 0, rises[rows, k] / whole, 0.0)
            return squares * scale.reshape(-1, *[1] * (x.ndim - 1))  # type: ignore[no-any-return]

        weights = torch.full((len(starts) * self.steps,), 1 / len(starts), dtype=x.dtype)
        return model.over(Sweep(len(x), len(weights), point, weights), share)
