"""Layer-wise relevance propagation: rules for linear operations, and what goes through the others.

All of them share relevance R_k of an output among its inputs j in proportion to contributions z_jk:

    R_j = sum over k of  z_jk / (sum over j of z_jk) * R_k

They differ in what counts as a contribution. The bias is part of the sum, and takes its share (it goes nowhere).

[1] Bach, Binder, Montavon, Klauschen, Mueller, Samek, "On Pixel-wise Explanations for Non-linear Classifier Decisions
    by Layer-wise Relevance Propagation", 2015, eq. 56 (LRP-0), 58 (epsilon), 60 (alpha-beta)
[2] Montavon, Lapuschkin, Binder, Samek, Mueller, "Explaining NonLinear Classification Decisions with Deep Taylor
    Decomposition", 2017, eq. 14 (w-square), 17 (z+), 19 (z-B)
[3] Montavon, Binder, Lapuschkin, Samek, Mueller, "Layer-Wise Relevance Propagation: An Overview", 2019, section 10.2
    (gamma)
[4] Lapuschkin, Waeldchen, Binder, Montavon, Samek, Mueller, "Unmasking Clever Hans Predictors and Assessing What
    Machines Really Learn", 2019, methods (flat)
[5] Andeol, Kawakami, Wada, Kanamori, Mueller, Montavon, "Learning Domain Invariant Representations by Joint
    Wasserstein Distance Minimization", 2021 (gamma for inputs of both signs)
[6] Ali, Schnake, Eberle, Montavon, Mueller, Wolf, "XAI for Transformers: Better Explanations through Conservative
    Propagation", 2022, section 3.3 (layer norm)
"""

from collections.abc import Callable, Sequence
from functools import reduce

import torch
from torch import Tensor

from vitrail.errors import BadSetting, NoRule
from vitrail.rules.call import Call
from vitrail.rules.linear import Linear
from vitrail.rules.normalising import LINEAR
from vitrail.rules.table import Rule

Relevances = Sequence[Tensor]
Change = Callable[[Tensor], Tensor]
Pair = tuple[Tensor, Linear]  #: an input and the operation that it is put through


def nudge(z: Tensor, by: float) -> Tensor:
    """z moved away from zero by `by`, keeping its sign; zero counts as positive."""
    return z + torch.where(z < 0, -by, by).to(z.dtype)


def shared(relevance: Tensor, z: Tensor) -> Tensor:
    """relevance / z; nothing where z is zero."""
    return (relevance / z).masked_fill_(z == 0, 0.0)


def through(call: Call, inputs: Relevances, relevance: Tensor) -> Relevances:
    """Hand the relevance on unchanged: for operations with one number in and one out, and for scaling."""
    return [relevance.sum_to_size(inputs[0].shape)]


def epsilon(by: float = 1e-6) -> Rule:
    """LRP-epsilon [1, eq. 58]: z_jk = x_j w_jk, the sum moved away from zero by `by`. LRP-0 for by = 0."""

    def rule(call: Call, inputs: Relevances, relevance: Tensor) -> Relevances:
        z = call.output
        found = call.gradient(shared(relevance, z) if by == 0 else relevance / nudge(z, by))
        return [x * g for x, g in zip(inputs, found, strict=True)]

    return rule


def halved(by: float = 1e-6) -> Rule:
    """A product of two activations: half to each, in proportion to what they contribute."""
    whole = epsilon(by)

    def rule(call: Call, inputs: Relevances, relevance: Tensor) -> Relevances:
        return whole(call, inputs, relevance / 2)

    return rule


def _back(parts: Sequence[Pair], relevance: Tensor, by: float = 0.0) -> Tensor:
    """Share relevance over the contributions of all parts together."""
    made = [(x, x.detach().requires_grad_(), linear) for x, linear in parts]
    outputs = [linear(leaf) for _, leaf, linear in made]
    z = total([output.detach() for output in outputs])
    s = shared(relevance, z) if by == 0 else relevance / nudge(z, by)
    found = [torch.autograd.grad(o, leaf, s)[0] for o, (_, leaf, _) in zip(outputs, made, strict=True)]
    return total([g.mul_(x) for (x, _, _), g in zip(made, found, strict=True)])


def total(parts: Sequence[Tensor]) -> Tensor:
    """The sum of tensors of one shape, without stacking them first."""
    return reduce(torch.add, parts)


def with_weights(linear: Linear, change: Change, bias: bool = True) -> Linear:
    """The operation with every weight, and the bias or none, changed."""
    changed = change(linear.bias) if bias and linear.bias is not None else None
    return Linear(linear.run, change(linear.weight), changed, linear.features, None)


def positive(t: Tensor) -> Tensor:
    return t.clamp(min=0)


def negative(t: Tensor) -> Tensor:
    return t.clamp(max=0)


def _signed(
    x: Tensor, linear: Linear, same: Callable[[Tensor], Tensor], other: Callable[[Tensor], Tensor]
) -> list[Pair]:
    """Positive inputs through weights changed by `same`, negative ones through `other`; the bias once, by `same`."""
    if not x.numel() or float(x.amin()) >= 0:
        return [(x, with_weights(linear, same))]
    return [(positive(x), with_weights(linear, same)), (negative(x), with_weights(linear, other, bias=False))]


def alpha_beta(alpha: float = 2.0, beta: float = 1.0) -> Rule:
    """LRP-alpha-beta [1, eq. 60]: alpha times the positive contributions' share, less beta times the negative ones'.

    With alpha - beta = 1 the sum stays where an output has contributions of both signs, or beta is 0. Where all are
    positive it grows alpha times: nothing is taken from it.
    """

    def rule(call: Call, inputs: Relevances, relevance: Tensor) -> Relevances:
        x, linear = _weighted(call)
        found = alpha * _back(_signed(x, linear, positive, negative), relevance)
        return [found - beta * _back(_signed(x, linear, negative, positive), relevance) if beta else found]

    return rule


def z_plus(call: Call, inputs: Relevances, relevance: Tensor) -> Relevances:
    """The z+ rule [2, eq. 17]: only positive contributions count. The same as alpha = 1, beta = 0."""
    x, linear = _weighted(call)
    return [_back(_signed(x, linear, positive, negative), relevance)]


def gamma(by: float = 0.25, stabiliser: float = 1e-6) -> Rule:
    """LRP-gamma [3, section 10.2]: positive contributions count 1 + `by` times.

    For inputs of both signs [5]: where an output is negative, its negative contributions count more.
    """

    def favouring(part: Change) -> Change:
        return lambda w: w + by * part(w)

    def rule(call: Call, inputs: Relevances, relevance: Tensor) -> Relevances:
        x, linear = _weighted(call)
        z, more, less = call.output, favouring(positive), favouring(negative)
        up = _back(_signed(x, linear, more, less), torch.where(z > 0, relevance, 0.0), stabiliser)
        return [up + _back(_signed(x, linear, less, more), torch.where(z < 0, relevance, 0.0), stabiliser)]

    return rule


def flat(call: Call, inputs: Relevances, relevance: Tensor) -> Relevances:
    """The flat rule [4]: every input that an output reads gets the same share of it, whatever its value and weight."""
    x, linear = _weighted(call)
    return [_back([(torch.ones_like(x), with_weights(linear, torch.ones_like, bias=False))], relevance)]


def w_square(call: Call, inputs: Relevances, relevance: Tensor) -> Relevances:
    """The w-square rule [2, eq. 14]: shares go by the squares of the weights, whatever the values."""
    x, linear = _weighted(call)
    return [_back([(torch.ones_like(x), with_weights(linear, torch.square, bias=False))], relevance)]


def z_box(low: float | None = None, high: float | None = None) -> Rule:
    """The z-B rule [2, eq. 19], for inputs between `low` and `high`: z_jk = x_j w_jk - low w_jk^+ - high w_jk^-.

    Written as (x_j - low) w_jk^+ + (x_j - high) w_jk^-, which is exactly zero where x is at a bound: black pictures
    have many such places. By default the bounds are the least and the largest value of each example.
    """

    def rule(call: Call, inputs: Relevances, relevance: Tensor) -> Relevances:
        x, linear = _weighted(call)
        _check_inside(x, low, high)
        above = x - _bound(x, low, torch.amin), with_weights(linear, positive, bias=False)
        below = x - _bound(x, high, torch.amax), with_weights(linear, negative, bias=False)
        return [_back([above, below], relevance)]

    return rule


def _check_inside(x: Tensor, low: float | None, high: float | None) -> None:
    least, largest = x.min().item(), x.max().item()
    rounding = 1e-5 * (largest - least)
    if (low is not None and least < low - rounding) or (high is not None and largest > high + rounding):
        raise BadSetting(
            f"low={low}, high={high} do not hold all of x: the first layer reads values from {least:.6g} to "
            f"{largest:.6g}. Bounds on what it reads were expected, after any rescaling inside the network. "
            "Widen them, or leave them out: then each example's own are taken.",
            low=low,
            high=high,
        )


def _bound(x: Tensor, value: float | None, pick: Callable[..., Tensor]) -> Tensor:
    if value is not None:
        return torch.full_like(x, value)
    return pick(x, dim=tuple(range(1, x.ndim)), keepdim=True)


def _weighted(call: Call) -> tuple[Tensor, Linear]:
    """The input and the weights that go with it."""
    if call.linear is None:
        raise NoRule(
            f"this rule needs the weights of {call.name} in {call.place or 'the network itself'}, and cannot tell "
            "which they are. Operations with one input and one weight were expected. "
            f"Use epsilon there: rules | {{{call.name!r}: vitrail.rules.epsilon()}}.",
            operation=call.name,
            place=call.place,
        )
    return call.inputs[0].detach(), call.linear


def norm(by: float = 1e-6) -> Rule:
    """Normalisation [6, section 3.3]: the spread counts as a constant; the linear rest is shared out by epsilon."""

    def rule(call: Call, inputs: Relevances, relevance: Tensor) -> Relevances:
        found = call.gradient_of(LINEAR[call.name], relevance / nudge(call.output, by))
        return [x * g for x, g in zip(inputs, found, strict=True)]

    return rule


def largest(call: Call, inputs: Relevances, relevance: Tensor) -> Relevances:
    """The largest takes all: relevance goes where the value came from."""
    return call.gradient(relevance)
