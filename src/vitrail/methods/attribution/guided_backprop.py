"""Guided backpropagation: the gradient, with all that is negative cut at every rectifier."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.model import Model
from vitrail.rules import Applied
from vitrail.rules.guided import guided, said
from vitrail.target import Target


@dataclass(frozen=True)
class GuidedBackprop:
    """Sharp pictures of what a network with rectifiers reacts to   [1].

        g_in = relu'(x) * max(g_out, 0)  at every rectifier, the gradient elsewhere

    Settings    none
    Laws        dummy; no other: values depend on how the network is written, not only on what it computes
    Cost        about two forwards and one way back
    Beware      it draws edges much like those of the input, whatever the class; without rectifiers it is the
                gradient: read checks["rectifiers"]. One written out, as x * (x > 0), is not seen

    [1] Springenberg, Dosovitskiy, Brox, Riedmiller, "Striving for Simplicity: The All Convolutional Net", 2014,
        section 3.4
    """

    laws: ClassVar[frozenset[str]] = frozenset({"dummy"})

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        met: set[str] = set()
        values = model.under(Applied(guided(met))).gradient(x, target)
        return Answer(values, checks={"rectifiers": said(met)})
