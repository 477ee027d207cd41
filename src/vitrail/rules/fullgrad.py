"""FullGrad: what each operation adds that none of its inputs carries, weighed by how the answer reacts to it.

For y = op(x) with slopes J at x, the bias is b = y - J x: the bias of a convolution, the shift of a batch norm,
nothing for a ReLU, y - y'(x) x for a smooth activation. Over all operations, with g = d f / d y:

    f(x) = sum x * d f / d x  +  sum over operations of  sum b * g

[1] Srinivas, Fleuret, "Full-Gradient Representation for Neural Network Visualization", 2019, eq. 2 to 7
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from vitrail.rules.call import Call
from vitrail.rules.libra import ATTENTION
from vitrail.rules.operations import AVERAGES, CONVOLUTIONS, DENSE, ELEMENTWISE, KNOWN, MOVING, SUMS
from vitrail.rules.table import Entry, Table

#: They move values, and may put constants beside them.
JOINING = frozenset(
    "cat concat concatenate stack hstack vstack dstack column_stack where masked_fill pad constant_pad_nd".split()
)
MORE = frozenset("var std norm prod cumprod logaddexp sinc logit glu cosine_similarity outer inner dot".split())
#: y at x = 0 is the bias.
AFFINE = CONVOLUTIONS | DENSE | SUMS | JOINING | {"shift", "scale"} | (AVERAGES - {"lerp", "grid_sample"})
ROUNDING = 16  #: differences of so many units in the last place are no bias


def fullgrad(found: Callable[[Tensor], None]) -> Table:
    """The gradient; `found` gets b * g, shaped like y, of every operation that the way back comes through."""

    def rule(call: Call, inputs: Sequence[Tensor], relevance: Tensor) -> Sequence[Tensor]:
        found(torch.where(relevance == 0, 0.0, bias(call) * relevance).detach())  # 0 * -inf behind a mask is nothing
        return call.gradient(relevance)

    entries: dict[str, Entry] = dict.fromkeys((KNOWN - MOVING) | JOINING | MORE, rule)
    return Table("FullGrad", entries | ATTENTION, otherwise="gradient", relevance=False, groups=False, precise=False)


def bias(call: Call) -> Tensor:
    """y - J x."""
    if call.name in AFFINE:
        return call(*(torch.zeros_like(t) for t in call.inputs)).detach()
    y = call.output
    found = y - _slopes_times_inputs(call)
    return torch.where(found.abs() <= ROUNDING * torch.finfo(y.dtype).eps * y.abs(), 0.0, found)


def _slopes_times_inputs(call: Call) -> Tensor:
    """J x: one to one by the slope at each place, else as the gradient of u -> sum (J^T u) x, which is linear in u."""
    inputs = [t.detach().nan_to_num(posinf=0, neginf=0) for t in call.inputs]  # -inf behind a mask: J is 0 there
    if call.name in ELEMENTWISE and len(inputs) == 1:
        return inputs[0] * call.gradient(torch.ones_like(call.output))[0]
    leaves = [t.detach().requires_grad_() for t in call.inputs]
    made = call(*leaves)
    u = torch.zeros_like(made, requires_grad=True)
    back: Sequence[Tensor | None] = torch.autograd.grad(made, leaves, u, create_graph=True, allow_unused=True)
    along = [(g * x).sum() for g, x in zip(back, inputs, strict=True) if g is not None and g.requires_grad]
    return torch.autograd.grad(torch.stack(along).sum(), u)[0] if along else torch.zeros_like(made)
