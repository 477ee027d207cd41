"""Positive and negative parts of changes, and what each operation makes of them: the rules of reveal-cancel.

    weights      [1, section 3.5.1]  a contribution w_i dx_i goes to the part of its sign; where dx_i is zero, half to
                 each, so that parts which cancel in it are seen
    functions of one number  [1, section 3.5.3]
                 dy+ = (f(r + dx+) - f(r)) / 2 + (f(r + dx- + dx+) - f(r + dx-)) / 2,  dy- the other way round
    constants behind weights (bias, scale, batch norm)  belong to them: both parts are scaled
    the largest  as with the rescale rule: the winner's parts, scaled

Parts always add up to the change. Products of activations, normalisations and softmax have none in the paper.

[1] Shrikumar, Greenside, Kundaje, "Learning Important Features Through Propagating Activation Differences", 2017
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vitrail.errors import BadInput
from vitrail.model.ops import tensors_in
from vitrail.rules.asked import Asked
from vitrail.rules.call import refilled
from vitrail.rules.deeplift import over
from vitrail.rules.linear import linear_of
from vitrail.rules.operations import AVERAGES, CONVOLUTIONS, DENSE, ELEMENTWISE, LARGEST, MOVING, SUMS
from vitrail.rules.record import Pair

Parts = tuple[Tensor, Tensor]  #: the positive and the negative part of a change


@dataclass(frozen=True, eq=False)
class Step:
    """One operation at x and at the reference.

    asked   what the network asked for
    made    its result at x
    parts   those of each input
    before  (inputs, output) at the reference
    """

    asked: Asked
    made: Any
    parts: Sequence[Parts]
    before: Pair

    def run(self, inputs: Sequence[Tensor]) -> Any:
        """The operation again, on other inputs."""
        args, kwargs = refilled((self.asked.args, self.asked.kwargs), self.asked.positions, inputs)
        return apart(self.asked, args, kwargs)

    def pushed(self, changes: Sequence[Tensor], at: Sequence[Tensor] | None = None) -> list[Tensor]:
        """What the derivative at x, or elsewhere, makes of changes of the inputs: the gradient of a gradient."""
        points = [t.detach().requires_grad_() for t in at or self.asked.inputs]
        outputs = [t for t in tensors_in(self.run(points)) if t.requires_grad]
        weights = [torch.zeros_like(t).requires_grad_() for t in outputs]
        found = torch.autograd.grad(outputs, points, weights, create_graph=True, materialize_grads=True)
        whole = torch.stack([(g * c).sum() for g, c in zip(found, changes, strict=True)]).sum()
        return list(torch.autograd.grad(whole, weights, create_graph=True, materialize_grads=True))

    @property
    def differences(self) -> list[Tensor]:
        """Of the inputs themselves, at x and at the reference."""
        return [t.detach() - r for t, r in zip(self.asked.inputs, self.before[0], strict=True)]

    @property
    def ups(self) -> list[Tensor]:
        return [up for up, _ in self.parts]

    @property
    def downs(self) -> list[Tensor]:
        return [down for _, down in self.parts]


def apart(asked: Asked, args: Any, kwargs: Any) -> Any:
    """The result in a tensor of its own; also of what returns nothing, as x[places] = y."""
    if asked.target is None:
        return asked.func(*args, **kwargs)
    target, *rest = args
    copy = target.clone()
    made = asked.func(copy, *rest, **kwargs)
    return copy if made is None else made


def split(parts: Parts, difference: Tensor) -> Parts:
    """A change as parts of one sign, that of the difference itself, where parts may have cancelled up to rounding.

    Where it is zero, half belongs to each.
    """
    change = parts[0] + parts[1]
    half = torch.where(difference == 0, 0.5 * change, 0.0)
    return torch.where(difference > 0, change, half), torch.where(difference < 0, change, half)


# -- what operations make of parts --------------------------------------------------------------------------


def moved(step: Step) -> list[Parts]:
    """Both parts go where the values go."""
    return list(zip(step.pushed(step.ups), step.pushed(step.downs), strict=True))


def scaled(step: Step) -> list[Parts]:
    """Both parts times a constant, which makes the one the other where it is negative."""
    (up,), (down,) = step.pushed(step.ups), step.pushed(step.downs)
    (factor,) = step.pushed([torch.ones_like(t) for t in step.asked.inputs])
    return [(torch.where(factor < 0, down, up), torch.where(factor < 0, up, down))]


def added(step: Step) -> list[Parts]:
    """Each summand goes to the part of its sign."""
    zeros = [torch.zeros_like(t) for t in step.asked.inputs]
    summands = []
    for i, three in enumerate(zip(step.ups, step.downs, step.differences, strict=True)):
        up, down, difference = (step.pushed([*zeros[:i], t, *zeros[i + 1 :]])[0] for t in three)
        summands.append(split((up, down), difference.detach()))
    return [(_total([up for up, _ in summands]), _total([down for _, down in summands]))]


def _total(tensors: Sequence[Tensor]) -> Tensor:
    return torch.stack(list(tensors)).sum(0)


def averaged(step: Step) -> list[Parts]:
    """Weights that are all positive."""
    ups, downs = zip(*map(split, step.parts, step.differences), strict=True)
    return list(zip(step.pushed(ups), step.pushed(downs), strict=True))


def weighted(step: Step) -> list[Parts]:
    """Each contribution goes to the part of its sign; as sums of all do where the weights are not known."""
    asked = step.asked
    linear = linear_of(asked.name, asked.func, asked.args, asked.kwargs, asked.inputs[0])
    if linear is None:
        return added(step)
    raised, lowered = split(step.parts[0], step.differences[0])
    plus, minus = linear.weight.clamp(min=0), linear.weight.clamp(max=0)

    def both(one: Tensor, other: Tensor) -> Tensor:
        return linear.run(raised, one, None) + linear.run(lowered, other, None)

    return [(both(plus, minus), both(minus, plus))]


def squashed(step: Step) -> list[Parts]:
    """Each part is let in before and after the other, and counts by the mean of the two changes that it makes.

    Where a function has no value for one of the parts alone, as log of a negative number, both go by the whole change.
    """
    if len(step.parts) > 1:
        raise BadInput(
            f"{step.asked.name} reads {len(step.parts)} tensors that depend on x. Reveal-cancel has a rule for one of "
            "them. Write it with exp, log and products, and use rule='rescale'."
        )
    (up, down), ((r,), y_r), y = step.parts[0], step.before, step.made
    x, p, m = (t.detach() for t in (step.asked.inputs[0], up, down))
    with torch.no_grad():
        with_up, with_down = step.run([r + p]), step.run([r + m])
        by_up = over((with_up - y_r + y - with_down) / 2, p)
        by_down = over((with_down - y_r + y - with_up) / 2, m)
        known, whole = by_up.isfinite() & by_down.isfinite(), over(y - y_r, x - r)
        by_up, by_down = (torch.where(known, factor, whole) for factor in (by_up, by_down))
    (raised, falls), (rises, lowered) = split_by(by_up, up), split_by(by_down, down)[::-1]
    return [(raised + rises, falls + lowered)]


def split_by(factor: Tensor, part: Tensor) -> Parts:
    """A part times a factor: (where the factor keeps its sign, where it changes it)."""
    made = factor * part
    return torch.where(factor < 0, 0.0, made), torch.where(factor < 0, made, 0.0)


def largest(step: Step) -> list[Parts]:
    """The winner's parts, those at x for a rise and those at the reference for a fall, scaled to the whole change."""
    before, y_r = step.before
    output = next(tensors_in(step.made))
    change = output - y_r
    here = change < 0 if "min" in step.asked.key else change > 0

    def won(changes: Sequence[Tensor]) -> Tensor:
        return torch.where(here, step.pushed(changes)[0], step.pushed(changes, before)[0])

    share = over(change, won(step.differences).detach())
    return [(share * won(step.ups), share * won(step.downs))]


PARTS: Mapping[str, Callable[[Step], list[Parts]]] = {
    **dict.fromkeys(MOVING - {"sort", "topk"}, moved),
    **dict.fromkeys(("shift", "scale", "batch_norm", "neg"), scaled),
    **dict.fromkeys(SUMS - {"neg"}, added),
    **dict.fromkeys(AVERAGES - {"grid_sample", "lerp"}, averaged),
    **dict.fromkeys(CONVOLUTIONS | DENSE, weighted),
    **dict.fromkeys(ELEMENTWISE, squashed),
    **dict.fromkeys(LARGEST, largest),
}
