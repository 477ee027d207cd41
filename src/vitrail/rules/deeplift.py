"""DeepLIFT: what goes back through an operation is how much its output changed from a reference, per input.

A rule gives multipliers m_i of the inputs, from those m of the outputs, such that for the values x and y = f(x) that
an operation reads and gives, and r and y_r = f(r) at the reference,

    sum over inputs of  m_i (x_i - r_i)  =  sum over outputs of  m (y - y_r)

exactly, whatever m is. Chained over a network, the multipliers of its input share out f(x) - f(r) without a rest.

Beyond [1], which has rules for linear operations and for functions of one number: products, quotients, the largest
and softmax are done exactly as well, each by the mean of its gradient along a path from r to x.

[1] Shrikumar, Greenside, Kundaje, "Learning Important Features Through Propagating Activation Differences", 2017,
    eq. 1 (what adds up), eq. 3 (the chain rule), section 3.5.1 (linear), 3.5.2 (rescale)
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vitrail.errors import BadInput
from vitrail.model import attention
from vitrail.model.ops import tensors_in
from vitrail.rules.call import Call
from vitrail.rules.normalising import IN_STEPS
from vitrail.rules.operations import AVERAGES, CONVOLUTIONS, DENSE, ELEMENTWISE, LARGEST, SUMS
from vitrail.rules.record import Pair, linear
from vitrail.rules.table import Entry, Steps, Table

Multipliers = Sequence[Tensor]
HIGHEST = 32  #: factors of one product; each two cost a gradient


def reference(call: Call) -> Pair:
    assert call.record is not None, "these rules are used with Applied(table, Record(table).of(model, reference))"
    return call.record


# -- functions of one number ------------------------------------------------------------------------------


def rescale(call: Call, inputs: Multipliers, multiplier: Tensor) -> Multipliers:
    """The rescale rule [1, section 3.5.2]: (y - y_r) / (x - r); where x is r, the derivative.

    A quotient of two roundings says nothing. So where x is near r, or y near y_r, the derivative in the middle between
    x and r takes its place if it explains y - y_r to within rounding: the sum is then as exact as with the quotient,
    which stays where the derivative does not explain it, as at a kink.
    """
    if len(inputs) > 1:
        raise BadInput(
            f"{call.name} in {call.place or 'the network itself'} reads {len(inputs)} tensors that depend on x. "
            "DeepLIFT has a rule for one of them. Write it with exp, log and products."
        )
    (r,), y_r = reference(call)
    x, r = (t.detach().expand_as(call.output) for t in (inputs[0], r))
    dx, dy = x - r, call.output - y_r
    slope = torch.where((dx == 0) | ~dx.isfinite(), 0.0, dy / dx)
    share = torch.finfo(dx.dtype).eps ** (1 / 3)
    near = dx.abs() <= share * (x.abs() + r.abs())
    near |= dy.abs() < share * (call.output.abs() + y_r.abs())  # not where both are zero, as half of all ReLUs
    if bool(near.any()):
        slope = torch.where(near, _smooth(call, x, r, dy, slope), slope)
    return [(multiplier * slope).sum_to_size(inputs[0].shape)]


def cut(call: Call, inputs: Multipliers, multiplier: Tensor) -> Multipliers:
    """The rescale rule for what copies a number or cuts it off: differences of copies are exact, so the quotient is."""
    if len(inputs) > 1:
        return rescale(call, inputs, multiplier)
    (r,), y_r = reference(call)
    dx = inputs[0].detach() - r
    slope = (call.output - y_r).div_(dx)
    level = dx == 0
    if bool(level.any()):
        slope = torch.where(level, call.gradient(torch.ones_like(slope))[0], slope)
    return [slope.mul_(multiplier)]


def _smooth(call: Call, x: Tensor, r: Tensor, dy: Tensor, slope: Tensor) -> Tensor:
    """The derivative between x and r where it explains dy to within rounding; elsewhere the slope."""
    middle = ((x + r) / 2).requires_grad_()
    with torch.enable_grad():
        (found,) = torch.autograd.grad(call(middle).sum(), middle)
    size = call.output.abs() + (call.output - dy).abs() + found.abs() * (x.abs() + r.abs())
    explained = (dy - found * (x - r)).abs() <= 4 * torch.finfo(dy.dtype).eps * size
    return torch.where(explained & found.isfinite(), found, slope)


def exponential(call: Call, inputs: Multipliers, multiplier: Tensor) -> Multipliers:
    """(e^x - e^r) / (x - r) = e^larger * (1 - e^-d) / d with d = |x - r|: without a difference of near numbers."""
    (r,), y_r = reference(call)
    return [multiplier * torch.maximum(call.output, y_r) * fading(inputs[0].detach() - r)]


def fading(d: Tensor) -> Tensor:
    """(1 - e^-|d|) / |d|, 1 where d is zero; also where it is no number: minus infinity on both sides."""
    d = d.nan_to_num(0.0, torch.inf, -torch.inf).abs()
    return torch.where(d == 0, 1.0, -torch.expm1(-d) / torch.where(d == 0, 1.0, d))


# -- functions of several numbers -------------------------------------------------------------------------


def product(call: Call, inputs: Multipliers, multiplier: Tensor) -> Multipliers:
    """The mean of the gradient on the straight line from r to x: (b + b_r) / 2 for a in a * b.

    Along a line a product of k factors is a polynomial of degree k, its derivative one of degree k - 1, whose integral
    Gauss's quadrature with n >= k / 2 points gives exactly; the sum is that integral.
    """
    first, _ = reference(call)
    found = [torch.zeros_like(t) for t in first]
    for t, weight in zip(*np.polynomial.legendre.leggauss(-(-factors(call) // 2)), strict=True):
        points = [(r + (1 + t) / 2 * (x.detach() - r)).requires_grad_() for x, r in zip(inputs, first, strict=True)]
        with torch.enable_grad():
            made = call(*points)
        shares = torch.autograd.grad(made, points, multiplier)
        found = [f + weight / 2 * s for f, s in zip(found, shares, strict=True)]
    return found


def factors(call: Call) -> int:
    """How many numbers are multiplied with each other.

    Raises BadInput for more than HIGHEST.
    """
    args, kwargs = call.arguments(call.inputs)
    many = call.inputs[0].numel() // max(call.output.numel(), 1) if call.func.__name__ == "prod" else 2
    if call.func.__name__ == "einsum":
        many = len(list(tensors_in((args, kwargs))))
    if many > HIGHEST:
        raise BadInput(
            f"{call.name} in {call.place or 'the network itself'} multiplies {many} numbers with each other. DeepLIFT "
            f"does so for at most {HIGHEST}. Sum their logarithms instead."
        )
    return many


def quotient(call: Call, inputs: Multipliers, multiplier: Tensor) -> Multipliers:
    """The product of a and 1 / b, and 1 / b by the rescale rule.

    (1/b + 1/b_r) / 2 for a,  -(a + a_r) / (2 b b_r) for b.
    """
    now, before = (_fraction(call, read) for read in ([t.detach() for t in inputs], reference(call)[0]))
    upper, lower = (1 / now[1] + 1 / before[1]) / 2, -(now[0] + before[0]) / 2 / (now[1] * before[1])
    return call.gradient_of(lambda a, b, **_: a * upper + b * lower, multiplier)


def _fraction(call: Call, inputs: Multipliers) -> tuple[Any, Any]:
    args, kwargs = call.arguments(inputs)
    if kwargs.get("rounding_mode") is not None:
        raise BadInput(
            f"div in {call.place or 'the network itself'} rounds its result. A quotient without rounding_mode was "
            "expected. Take the rounding out of what is explained."
        )
    return args[0], args[1]


def largest(call: Call, inputs: Multipliers, multiplier: Tensor) -> Multipliers:
    """A rise of the largest goes to the winner at x, a fall to the winner at the reference.

    That is exact, and no multiplier is larger than m. Let y = x_a rise above y_r. The winner a at x was at most the
    largest at the reference, r_a <= y_r, so x_a - r_a >= y - y_r > 0: with m (y - y_r) / (x_a - r_a) as its multiplier
    a contributes m (y - y_r). For a fall let r_b = y_r be the winner there: x_b <= y, and r_b - x_b >= y_r - y > 0.
    Winners that are level share, and what holds for one holds for each. The smallest is the same with signs changed.
    """
    before, y_r = reference(call)
    change = call.output - y_r
    rise, fall = change.clamp(min=0), change.clamp(max=0)
    here, there = (fall, rise) if "min" in call.name else (rise, fall)
    leaves = [r.detach().requires_grad_() for r in before]
    with torch.enable_grad():
        made = call(*leaves)
    others = torch.autograd.grad(made, leaves, multiplier * there)
    shares = zip(call.gradient(multiplier * here), others, inputs, before, strict=True)
    return [over(own + other, x.detach() - r) for own, other, x, r in shares]


def over(share: Tensor, difference: Tensor) -> Tensor:
    """share / difference; nothing where there is no difference."""
    return torch.where(difference == 0, 0.0, share / torch.where(difference == 0, 1.0, difference))


def logsumexp(call: Call, inputs: Multipliers, multiplier: Tensor) -> Multipliers:
    """e^x by the rescale rule, their sum, and its logarithm by the rescale rule.

    With L = log sum e^x and the larger of L and L_r called M, that is  e^(larger of x_i and r_i, less M)
    f(x_i - r_i) / f(L - L_r)  with  f(d) = (1 - e^-|d|) / |d|: no sum of exponentials that could vanish.
    """
    (r,), before = reference(call)
    x, many, few = inputs[0].detach(), call.output, before
    for axis in _gone(call, x.ndim):
        many, few, multiplier = (t.unsqueeze(axis) for t in (many, few, multiplier))
    size = torch.exp(torch.maximum(x, r) - torch.maximum(many, few))
    return [multiplier * size * fading(x - r) / fading(many - few)]


def _gone(call: Call, axes: int) -> list[int]:
    """The axes that a logsumexp has summed away."""
    args, kwargs = call.arguments(call.inputs)
    dim = kwargs.get("dim", args[1] if len(args) > 1 else ())
    if kwargs.get("keepdim", args[2] if len(args) > 2 else False):
        return []
    return sorted(d % axes for d in ([dim] if isinstance(dim, int) else dim))


def ordered(call: Call, inputs: Multipliers, multiplier: Tensor) -> Multipliers:
    """The gradient, where x and the reference are in the same order.

    Raises BadInput where they are not: a difference of two places is no difference of one.
    """
    (r,), y_r = reference(call)
    leaf = r.detach().requires_grad_()
    weights = torch.arange(1.0, y_r.numel() + 1).to(y_r).reshape(y_r.shape)
    with torch.enable_grad():
        (there,) = torch.autograd.grad(call(leaf), leaf, weights)
    if not torch.equal(there, call.gradient(weights)[0]):
        raise BadInput(
            f"{call.name} in {call.place or 'the network itself'} puts x into another order than the reference. "
            "The same order was expected, since places are compared one by one. Choose another baseline."
        )
    return call.gradient(multiplier)


# -- in smaller steps -------------------------------------------------------------------------------------


def log_softmax(
    input: Tensor, dim: int | None = None, *more: Any, dtype: torch.dtype | None = None, **_: Any
) -> Tensor:
    kind = next((each for each in (dtype, *more) if isinstance(each, torch.dtype)), input.dtype)
    axis = (0 if input.ndim in (0, 1, 3) else 1) if dim is None else dim  # what torch takes, with a warning
    x = input.to(kind)
    return x - torch.logsumexp(x, axis, keepdim=True)


def softmax(input: Tensor, *more: Any, **settings: Any) -> Tensor:
    return torch.exp(log_softmax(input, *more, **settings))


def softmin(input: Tensor, *more: Any, **settings: Any) -> Tensor:
    return softmax(-input, *more, **settings)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    value, gate = input.chunk(2, dim)
    return value * torch.sigmoid(gate)


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    around = [0, 0] * (input.ndim - 2) + [size // 2, (size - 1) // 2]
    near = F.pad(torch.square(input), around).unfold(1, size, 1).mean(-1)
    return input / torch.pow(near * alpha + k, beta)


STEPS: dict[str, Callable[..., Any]] = {
    "softmax": softmax,
    "log_softmax": log_softmax,
    "softmin": softmin,
    "glu": glu,
} | IN_STEPS
STEPS |= {"local_response_norm": local_response_norm}
FUSED: Mapping[str, Callable[..., Any]] = {
    "scaled_dot_product_attention": attention.dot_product,
    "multi_head_attention_forward": attention.multi_head,
}
LINEAR = CONVOLUTIONS | DENSE | AVERAGES | SUMS | {"shift", "scale", "batch_norm"}
ENTRIES: Mapping[str, Entry] = {
    **dict.fromkeys(LINEAR - {"grid_sample"}, linear),
    **dict.fromkeys(ELEMENTWISE, rescale),
    **dict.fromkeys("relu relu6 hardtanh clamp clip clamp_min clamp_max".split(), cut),
    **dict.fromkeys(LARGEST, largest),
    **dict.fromkeys(("product", "prod", "lerp"), product),
    **dict.fromkeys(("sort", "topk"), ordered),
    "exp": exponential,
    "quotient": quotient,
    "logsumexp": logsumexp,
    **{name: Steps(function) for name, function in {**STEPS, **FUSED}.items()},
}
DEEPLIFT = Table(
    "DeepLIFT",
    ENTRIES,
    relevance=False,
    groups=False,
    advice="Use 'integrated-gradients', which needs no rules, or 'attn-lrp' for transformers.",
)
