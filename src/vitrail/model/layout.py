"""Pictures with their channels last in memory: the same numbers in an order that convolutions on a CPU read faster.

A network that reshapes with `view` may not run on them. So they are tried on one example first, beside the plain order,
and used for inputs of that shape if the network says the same.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from vitrail.errors import NetworkFailed

if TYPE_CHECKING:
    from vitrail.model.handle import Model

AGREE = {torch.float64: 1e-10, torch.float32: 1e-4}  #: largest difference of outputs, as a share of the largest


def laid_out(model: "Model", x: Tensor) -> Tensor:
    """x with its channels last in memory, where a way back of one's own gains from it; else x itself."""
    convolves = x.ndim == 4 and x.shape[1] > 1 and model.network.framework in ("torch", "huggingface")
    if not convolves or x.device.type != "cpu" or model.question.speed == "plain":
        return x
    difference = model.remembered(x, "channels-last", lambda: _difference(model, x[:1].detach()))
    used = difference <= AGREE.get(x.dtype, 0.0)
    model.question.speedups = {"plan": ["channels-last"], "target_difference": difference, "used": used}
    return _last(x) if used else x


def _difference(model: "Model", x: Tensor) -> float:
    """How far the output of one example is from the plain one; infinite where the network does not run."""
    plain = model.plainly().at(torch.zeros(1, dtype=torch.long, device=x.device))
    with model.question.uncounted(), torch.no_grad():
        try:
            first, last = (plain.trace(some).output for some in (x.clone(), _last(x)))
        except NetworkFailed:
            return torch.inf
    return float((first - last).abs().max() / first.abs().max().clamp(min=1e-30))


def _last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)
