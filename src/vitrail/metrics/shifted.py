"""The same function of shifted examples: x + shift goes in, and the network begins by taking the shift away."""

import copy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from vitrail.errors import BadInput
from vitrail.inputs.packing import pack
from vitrail.methods.answer import Method
from vitrail.metrics.again import Same, answer, once
from vitrail.metrics.near import check_numeric
from vitrail.metrics.subject import Subject
from vitrail.model import Model
from vitrail.model.callable import CallableNetwork
from vitrail.model.torch import TorchNetwork

WHY = (
    "Input invariance adds a constant to every number of x, which means nothing for tokens, categories, or several "
    "inputs side by side. Leave it out for this model."
)


def answer_shifted(subject: Subject, recipe: Method, shift: float) -> Tensor:
    """(batch, numbers) what a recipe says of x + shift, for the network that takes the shift away.

    Raises BadInput for what is no plain numbers, and for networks that cannot be given another first step.
    """
    check_numeric(subject, WHY)

    def ask() -> Tensor:
        question = subject.model.question
        moved = replace(question.packed, x=question.packed.x + shift)
        return answer(shifted(subject, shift), moved, recipe, Same(subject.target, subject.model), question)

    return once(subject, recipe, ("shifted", shift), ask)


def shifted(subject: Subject, shift: float) -> Model:
    """The network, with a first step that takes a constant off its input. Its modules and weights are the same ones."""
    # not a new first bias, as in the paper: a convolution that pads with zeros pads with something else then
    model, original = subject.model, subject.model.network
    if not isinstance(original, TorchNetwork | CallableNetwork):
        raise BadInput(
            f"{model.name} is a network of kind {original.framework!r}, which takes no step before its first. Input "
            "invariance puts one there, into torch modules and functions. Open such a one, or leave input invariance "
            "out for this model."
        )

    def run(x: Tensor, *rest: Any, **named: Any) -> Any:
        # rsub(s, x) = x - s: the rules that go back through a network see it, and no layer is named after it
        return original.run(torch.rsub(torch.full_like(x[:1], shift), x), *rest, **named)

    network = copy.copy(original)
    network.run = run  # type: ignore[method-assign]
    return Model(network, classes=model.classes, output=model.output, modality=model.modality, pack=pack)
